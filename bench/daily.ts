import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createBot } from '../src/bot.ts';
import type { Log, Outbox, Place, Posted, Reply } from '../src/chat.ts';
import { createClock } from '../src/clock.ts';
import quiz from '../src/commands/quiz.ts';
import { projectRoot } from '../src/content.ts';
import type { Draw } from '../src/draw/index.ts';
import { createLearning, loadBank } from '../src/learn/index.ts';
import { catalogue } from '../src/sim/catalogue.ts';
import { openStore } from '../src/store/index.ts';
import type { Row } from './row.ts';

const CHANNELS = 10_000;
/** posts a second; six times what Discord gives, so that the bench ends in half a minute */
const LIMIT = 300;
/** ms a post takes on its way */
const LATENCY = 40;
/** ms between two people's questions */
const ASKING = 20;
/** 09:00 UTC of a Monday */
const MORNING = Date.UTC(2026, 10, 23, 9);

/** 10,000 channels due in one minute, on the bot's own disk, while people go on asking for questions. */
export async function benchDaily(): Promise<Row[]> {
  const data = join(projectRoot, 'data');
  mkdirSync(data, { recursive: true });
  const folder = mkdtempSync(join(data, 'bench-'));
  const store = await openStore(`file:${join(folder, 'daily.db')}`);
  try {
    const quiet = () => {};
    const failed: string[] = [];
    const log: Log = {
      debug: quiet,
      info: quiet,
      warn: (_, message) => void failed.push(message),
      error: (_, message) => void failed.push(message),
    };
    const platform = limited();
    const learning = createLearning({ store, bank: await loadBank(join(projectRoot, 'questions')) });
    const sims = catalogue([]);
    // Nothing is drawn: nobody has answered, and no question is made from a run.
    const draw = {} as Draw;
    let now = MORNING - 60_000;
    const tools = { store, learning, sims, draw, now: () => now, outbox: () => platform.outbox };
    const bot = createBot([quiz], { ...tools, lessons: () => [], random: Math.random }, log);
    const clock = createClock({ ...tools, log, platforms: () => ['page'] });
    for (let i = 0; i < CHANNELS; i++)
      await store.schedules.put(
        {
          kind: 'channel',
          place: { platform: 'page', space: 'page', channel: `c${i}` },
          minute: 9 * 60,
          timezone: 'UTC',
          weekdays: [1, 2, 3, 4, 5, 6, 7],
          holidays: [],
          lowest: 1,
          highest: 5,
          rising: false,
          runs: 0,
          since: now,
        },
        MORNING,
      );

    let asked = 0;
    /** ms of every answer to a person while `busy` goes on */
    const answering = async (busy: () => boolean): Promise<number[]> => {
      const times: number[] = [];
      while (busy()) {
        const from = performance.now();
        await bot.handle({
          kind: 'command',
          name: 'quiz',
          line: '',
          id: `bench-${++asked}`,
          place: { platform: 'page', space: 'page', channel: 'general' },
          person: { platform: 'page', space: 'page', id: `p${asked % 50}`, name: 'Ana' },
        });
        times.push(performance.now() - from);
        await pause(ASKING);
      }
      return times.sort((a, b) => a - b);
    };

    const until = performance.now() + 2000;
    const calm = await answering(() => performance.now() < until);
    now = MORNING;
    let posting = true;
    const people = answering(() => posting);
    const from = performance.now();
    await clock.tick();
    const seconds = (performance.now() - from) / 1000;
    posting = false;
    const busy = await people;
    await clock.stop();
    if (failed.length > 0) throw new Error(`${failed.length} times: ${failed[0]}`);
    const share = CHANNELS / seconds / LIMIT;
    return [
      {
        name: 'channels due in one minute, posted',
        value: platform.posts(),
        unit: '',
        ok: platform.posts() === CHANNELS,
      },
      {
        name: `their rate of a limit of ${LIMIT}/s`,
        value: share,
        unit: '',
        target: '>= 0.9',
        ok: share >= 0.9,
      },
      {
        name: 'posts refused for going over the limit',
        value: platform.refused(),
        unit: '',
        target: '0',
        ok: platform.refused() === 0,
      },
      {
        name: 'answers to people beside it, p99',
        value: at(busy, 0.99),
        unit: 'ms',
        target: '<= 100',
        ok: at(busy, 0.99) <= 100,
      },
      { name: 'the same with nothing to post, p99', value: at(calm, 0.99), unit: 'ms' },
      {
        name: 'answers to people beside it, median over that of calm',
        value: at(busy, 0.5) / at(calm, 0.5),
        unit: 'x',
      },
    ];
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A platform that takes LIMIT posts in any second and refuses the rest, as Discord and Slack do. */
function limited() {
  const taken: number[] = [];
  let first = 0;
  let refused = 0;
  const outbox: Outbox = {
    platform: 'page',
    pace: LIMIT,
    async post(place: Place, _reply: Reply): Promise<Posted> {
      const now = performance.now();
      while (first < taken.length && taken[first]! <= now - 1000) first++;
      if (taken.length - first >= LIMIT) {
        refused++;
        throw new Error('429 Too Many Requests');
      }
      taken.push(now);
      await pause(LATENCY);
      return { place, message: String(taken.length) };
    },
    edit: async () => {},
    direct: async () => undefined,
    find: async () => undefined,
    obstacle: async () => undefined,
  };
  return { outbox, posts: () => taken.length, refused: () => refused };
}

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
