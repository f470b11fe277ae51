import { loadSimulations } from '../src/content.ts';
import { renderAnimation } from '../src/draw/gif.ts';
import { layoutTimeline } from '../src/draw/layout.ts';
import { toPng } from '../src/draw/png.ts';
import { createDraw } from '../src/draw/pool.ts';
import { toSvg } from '../src/draw/svg.ts';
import { timelineView } from '../src/draw/view.ts';
import { recipe } from '../src/sim/run.ts';
import type { Run } from '../src/sim/scenario.ts';
import type { Row } from './row.ts';

const ROUNDS = 25;
const PICTURES = 80;
/** pictures wished for at once */
const AT_ONCE = 8;

/**
 * Pictures: what Vega adds to sharp (one after the other in one run, so that the machine's other work falls on
 * both), how many a second come out of the pool, and how late the main thread's timers are meanwhile.
 */
export async function benchDraw(): Promise<Row[]> {
  // first: it sets the fonts up
  const draw = await createDraw();
  try {
    const sims = await loadSimulations();
    const raft = sims.get('raft');
    const leaderCrash = sims.run(recipe(raft, 'leader-crash', { seed: 7 }));
    return [
      ...(await overhead('5 nodes', leaderCrash)),
      ...(await overhead('7 nodes', sims.run(recipe(raft, 'leader-crash', { set: { nodes: '7' } })))),
      ...(await throughput((seed) => draw.timeline(recipe(raft, 'leader-crash', { seed })))),
      ...(await animation(leaderCrash)),
    ];
  } finally {
    await draw.close();
  }
}

async function overhead(name: string, run: Run): Promise<Row[]> {
  const view = timelineView(run);
  const svg = await toSvg(layoutTimeline(view));
  const whole: number[] = [];
  const alone: number[] = [];
  for (let i = -30; i < ROUNDS; i++) {
    const all = await timed(async () => toPng(await toSvg(layoutTimeline(view))));
    const sharp = await timed(() => toPng(svg));
    if (i < 0) continue;
    whole.push(all);
    alone.push(sharp);
  }
  // pair by pair: what else the machine does falls on both of a pair
  const ratio = median(whole.map((ms, i) => ms / alone[i]!));
  return [
    {
      name: `picture of ${view.messages.length} messages on ${name}, from view data to PNG, median`,
      value: median(whole),
      unit: 'ms',
    },
    { name: `the same SVG by sharp alone, ${name}, median`, value: median(alone), unit: 'ms' },
    {
      name: `the two, as a ratio, ${name}`,
      value: ratio,
      unit: 'x',
      target: 'at most 1.25',
      ok: ratio <= 1.25,
    },
  ];
}

async function throughput(picture: (seed: number) => Promise<unknown>): Promise<Row[]> {
  for (let seed = 1; seed <= 8; seed++) await picture(seed);
  const late: number[] = [];
  let due = performance.now() + 10;
  const timer = setInterval(() => {
    const now = performance.now();
    late.push(Math.max(0, now - due));
    due = now + 10;
  }, 10);
  let next = 1000;
  const before = process.cpuUsage();
  const took = await timed(() =>
    Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (next < 1000 + PICTURES) await picture(next++);
      }),
    ),
  );
  clearInterval(timer);
  const used = process.cpuUsage(before);
  const rate = (PICTURES * 1000) / took;
  const p99 = late.sort((a, b) => a - b)[Math.floor(late.length * 0.99)] ?? 0;
  return [
    {
      name: 'pictures simulated and drawn by the pool, none from the cache',
      value: rate,
      unit: 'a second',
      target: 'at least 25 on 2 cores',
      ok: rate >= 25,
    },
    {
      name: 'processor time a picture, all threads (two idle cores give 2000 ms of it a second)',
      value: (used.user + used.system) / 1000 / PICTURES,
      unit: 'ms',
    },
    {
      name: "the main thread's 10 ms timer meanwhile: lateness at p99",
      value: p99,
      unit: 'ms',
      target: 'at most 20',
      ok: p99 <= 20,
    },
  ];
}

async function animation(run: Run): Promise<Row[]> {
  const times: number[] = [];
  let bytes = 0;
  for (let i = 0; i < 8; i++)
    times.push(
      await timed(async () => {
        bytes = (await renderAnimation(run)).bytes.length;
      }),
    );
  const ms = median(times.slice(3));
  const kB = bytes / 1000;
  return [
    { name: 'animation of 40 frames, median', value: ms, unit: 'ms', target: 'at most 300', ok: ms <= 300 },
    { name: 'its size', value: kB, unit: 'kB', target: 'at most 200', ok: kB <= 200 },
  ];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
