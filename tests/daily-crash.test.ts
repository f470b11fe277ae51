import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plain } from '../src/chat.ts';
import { LEASE } from '../src/learn/daily/post.ts';
import { upcoming } from '../src/learn/daily/timing.ts';
import { instantOf } from '../src/learn/daily/zone.ts';
import { createBank } from '../src/learn/index.ts';
import { parseQuestion } from '../src/learn/parse.ts';
import { catalogue } from '../src/sim/catalogue.ts';
import { openStore, type Store } from '../src/store/index.ts';
import { everyDay, FakePlatform, keptLog, startClock } from './support/daily.ts';
import { written } from './support/questions.ts';

/** The bot dies at every step of posting and closing, before it took effect and after, and starts again. */
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ZONE = 'America/New_York';
/** 02:30: skipped on the second date */
const DAYS = ['2026-03-07', '2026-03-08'] as const;
const bank = createBank([parseQuestion(written.choice, 'q.md'), parseQuestion(written.multi, 'q.md')]);
const sims = catalogue([]);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorum-crash-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

class Crash extends Error {}

/** Counts every call to the store and the platform; at the wished one the process dies, and nothing works after it. */
function mortal(dies: { at: number; after: boolean } | undefined) {
  let steps = 0;
  let dead = false;
  const wrap = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(target, name) {
        const found = Reflect.get(target, name) as unknown;
        if (typeof found !== 'function') return found;
        return async (...given: unknown[]) => {
          if (dead) throw new Crash('dead');
          const now = steps++ === dies?.at;
          if (now && !dies?.after) {
            dead = true;
            throw new Crash('dies');
          }
          const result: unknown = await Reflect.apply(found, target, given);
          if (now) {
            dead = true;
            throw new Crash('dies');
          }
          return result;
        };
      },
    });
  return {
    store: (store: Store): Store => ({
      ...store,
      schedules: wrap(store.schedules),
      slots: wrap(store.slots),
      sessions: wrap(store.sessions),
      answers: wrap(store.answers),
    }),
    wrap,
    get dead() {
      return dead;
    },
    get steps() {
      return steps;
    },
  };
}

/**
 * Two days of a channel; the process dies at these steps, each counted from a start. Returns the steps of the first
 * life. What a file loses in a crash is proven elsewhere; a store in memory that outlives the process is quicker.
 */
async function live(
  name: string,
  deaths: readonly { at: number; after: boolean }[],
  onDisk: boolean,
): Promise<number> {
  const url = onDisk ? `file:${join(folder, `${name}.db`)}` : 'file::memory:';
  let store = await openStore(url);
  let now = Date.UTC(2026, 2, 7, 0);
  const platform = new FakePlatform(() => now);
  const log = keptLog();
  const settings = everyDay('general', 150, ZONE, now);
  await store.schedules.put(settings, upcoming(settings, now, new Set())?.at);
  const ana = await store.learners.of({ platform: 'page', space: 'page', id: 'ana', name: 'Ana' }, now);

  const left = [...deaths];
  let life = mortal(left.shift());
  const lives = [life];
  const start = () =>
    startClock({
      store: life.store(store),
      platform: life.wrap(platform),
      bank,
      sims,
      log,
      now: () => now,
    }).clock;
  let clock = start();
  await clock.wake();
  /** lets a while pass, in strides longer than a lease; who is dead is started again at once */
  const pass = async (until: number) => {
    for (; now < until; now += LEASE + MINUTE) {
      await clock.tick();
      if (!life.dead) continue;
      if (onDisk) {
        await store.close();
        store = await openStore(url);
      }
      life = mortal(left.shift());
      lives.push(life);
      clock = start();
      await clock.wake();
    }
  };

  for (const day of DAYS) {
    now = instantOf(ZONE, day, 150)!;
    await pass(now + 4 * LEASE);
    if (day === DAYS[0]) {
      const [slot] = [...(await Promise.all(DAYS.map((d) => store.slots.on(1, d))))];
      const given = { kind: 'choice', option: 0 };
      await store.slots.answer({ slot: slot!.id, learner: ana.id, given, at: now, day: DAYS[0] }, now);
    }
  }
  now += HOUR;
  await pass(now + LEASE);

  const story = `${name}: ${platform.posts.map((p) => `${new Date(p.at).toISOString()} ${p.reply.marker}`)}`;
  expect(
    platform.posts.map((p) => p.reply.marker?.slice(1, 11)),
    story,
  ).toEqual(DAYS);
  const closed = platform.posts[0]!.edits.map((edit) => plain(edit.blocks));
  expect(closed.at(-1), story).toContain('· closed');
  expect(platform.posts[1]!.edits, story).toEqual([]);
  expect(await store.answers.log(ana.id), story).toHaveLength(1);
  expect((await store.slots.on(1, DAYS[1]))?.message, story).toBe(platform.posts[1]!.id);
  await store.close();
  return lives[0]!.steps;
}

describe('one post a local date', () => {
  it('whichever step the process dies at, and when it dies again while it recovers', async () => {
    const steps = await live('whole', [], true);
    expect(steps).toBeGreaterThan(30);
    const all = Array.from({ length: steps }, (_, at) => at);
    for (const after of [false, true])
      for (const at of all) {
        const again = at % 3 === 0 ? [{ at: (at * 5) % 17, after: !after }] : [];
        await live(`${at}${after ? 'after' : 'before'}`, [{ at, after }, ...again], at % 8 === 0);
      }
  }, 120_000);
});
