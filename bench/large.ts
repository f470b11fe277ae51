import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadSimulations, projectRoot } from '../src/content.ts';
import { layoutTimeline } from '../src/draw/layout.ts';
import { toPng } from '../src/draw/png.ts';
import { createDraw } from '../src/draw/pool.ts';
import { toSvg } from '../src/draw/svg.ts';
import { type TimelineView, timelineView } from '../src/draw/view.ts';
import { recipe } from '../src/sim/run.ts';
import type { Row } from './row.ts';

const RATE = 500;
const FEW_SECONDS = 1;
const MANY_SECONDS = 200;
const ROUNDS = 25;
const WARM_UP = 15;

/** Runs under load, at one rate, for a second and for two hundred. */
const LOADS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  lambda: { arrivals: `poisson:${RATE}`, duration: 'exp:100', concurrencyLimit: '1000' },
  bulkhead: { arrivals: `poisson:${RATE}`, service: 'exp:20', servers: '15', otherRate: '0' },
};

/**
 * A picture of 100,000 requests beside one of 500: from view data to PNG, in pairs, so that what else the machine does
 * falls on both; then the whole command with its start, simulation and drawing.
 */
export async function benchLarge(): Promise<Row[]> {
  // it sets the fonts up
  const draw = await createDraw();
  try {
    const sims = await loadSimulations();
    const rows: Row[] = [];
    for (const [id, load] of Object.entries(LOADS)) {
      const viewOf = (seconds: number) =>
        timelineView(
          sims.run(recipe(sims.get(id), undefined, { set: { ...load, simSeconds: String(seconds) } })),
        );
      const many = viewOf(MANY_SECONDS);
      rows.push(...(await compared(id, viewOf(FEW_SECONDS), many)), saysSo(id, many));
      rows.push(...(await command(id, load)));
    }
    return rows;
  } finally {
    await draw.close();
  }
}

async function compared(id: string, few: TimelineView, many: TimelineView): Promise<Row[]> {
  const times: { few: number; many: number }[] = [];
  for (let i = -WARM_UP; i < ROUNDS; i++) {
    const pair = { few: await drawn(few), many: await drawn(many) };
    if (i >= 0) times.push(pair);
  }
  const ratio = median(times.map((t) => t.many / t.few));
  return [
    {
      name: `${id}: picture of 100,000 requests, from view data to PNG, median`,
      value: median(times.map((t) => t.many)),
      unit: 'ms',
    },
    {
      name: `${id}: the same over a picture of 500 requests`,
      value: ratio,
      unit: 'x',
      target: '<= 1.25',
      ok: ratio <= 1.25,
    },
  ];
}

function saysSo(id: string, { footer }: TimelineView): Row {
  const says = footer.some((line) => /aggregated: about 100,000 /i.test(line));
  return {
    name: `${id}: the picture says that it is aggregated`,
    value: says ? 1 : 0,
    unit: '',
    target: '1',
    ok: says,
  };
}

async function command(id: string, load: Readonly<Record<string, string>>): Promise<Row[]> {
  const whole = async (seconds: number) => {
    const set = Object.entries({ ...load, simSeconds: seconds }).flatMap(([k, v]) => ['--set', `${k}=${v}`]);
    const args = [join(projectRoot, 'dist/src/cli/simulate.js'), id, ...set, '--format', 'png'];
    const began = performance.now();
    await promisify(execFile)(process.execPath, args, { encoding: 'buffer', maxBuffer: 1e8 });
    return performance.now() - began;
  };
  const times: { few: number; many: number }[] = [];
  for (let i = 0; i < 5; i++) times.push({ few: await whole(FEW_SECONDS), many: await whole(MANY_SECONDS) });
  return [
    {
      name: `${id}: the whole command for 100,000 requests, simulation and start included, median`,
      value: median(times.map((t) => t.many)),
      unit: 'ms',
    },
    {
      name: `${id}: the same over the command for 500 requests`,
      value: median(times.map((t) => t.many / t.few)),
      unit: 'x',
    },
  ];
}

async function drawn(view: TimelineView): Promise<number> {
  const began = performance.now();
  await toPng(await toSvg(layoutTimeline(view)));
  return performance.now() - began;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
