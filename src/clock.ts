/**
 * What is due is found in the store, once a minute: questions of the day, reminders, questions that close. The clock
 * holds nothing that a restart would lose. Platforms do not wait for each other, and posting takes what a platform's
 * rate limit gives, less a share that is left to the answers people wait for.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { schedule as cron } from 'node-cron';
import type { Log, Platform } from './chat.ts';
import { type CloseTools, close } from './learn/daily/close.ts';
import { deliver, LEASE, nextOf, prepare } from './learn/daily/post.ts';
import type { Slot, Store } from './store/index.ts';

export interface Clock {
  /** Does what is due on every platform that is connected; resolves when it is done. Never rejects. */
  tick(): Promise<void>;
  /** looks at every schedule again and catches up, as after a start; otherwise as `tick` */
  wake(): Promise<void>;
  /** wakes, then ticks every minute */
  start(): void;
  /** no more ticks; resolves when nothing is under way, or after a few seconds */
  stop(): Promise<void>;
}

export interface ClockTools extends CloseTools {
  readonly log: Log;
  platforms(): readonly Platform[];
}

/** claims prepared and written at once: some ms, in which nobody else is answered */
const TOGETHER = 20;
/** posts under way on one platform */
const AT_ONCE = 64;
/** questions closing at once: each may draw pictures, for which people wait too */
const CLOSING = 2;
/** share of a platform's limit that posting takes */
const SHARE = 0.95;
/** ms that what is under way has when the process stops */
const PARTING = 5000;
/** a clock set back by more than this (ms) has every schedule looked at again */
const SET_BACK = 90_000;

export function createClock(tools: ClockTools): Clock {
  const { store, now, outbox, log } = tools;
  /** claims this process is at work on: a slow post is not taken for a dead one */
  const busy = new Set<number>();
  const pumps = new Map<Platform, { again: boolean; readonly done: Promise<void> }>();
  const pacers = new Map<Platform, () => Promise<void>>();
  let last = Number.NEGATIVE_INFINITY;
  let stopping = false;
  let task: ReturnType<typeof cron> | undefined;

  const paced = (platform: Platform) => {
    let turn = pacers.get(platform);
    if (turn === undefined) {
      const limit = outbox(platform)?.pace;
      turn = limit === undefined ? async () => {} : pacer(limit * SHARE);
      pacers.set(platform, turn);
    }
    return turn();
  };

  /** All schedules again from what is posted: after a start (zone rules may have changed) and a clock set back. */
  const realign = async () => {
    const moves: { id: number; next: number | undefined }[] = [];
    for (const schedule of await store.schedules.running()) {
      const next = await nextOf(schedule, tools);
      if (next !== undefined && next !== schedule.next) moves.push({ id: schedule.id, next });
    }
    if (moves.length > 0) await store.schedules.move(moves);
  };

  const send = (slot: Slot, complete: (id: number, message: string) => Promise<void>) =>
    deliver(slot, tools, complete)
      .catch((error) => log.error({ err: error, slot: slot.id }, 'a post failed; its claim will run out'))
      .finally(() => busy.delete(slot.id));

  /** Everything due on one platform, until nothing is. */
  const pump = async (platform: Platform): Promise<void> => {
    const posting = limited(AT_ONCE);
    const done = completions(store);
    const hand = async (slots: readonly Slot[]) => {
      for (const slot of slots) busy.add(slot.id);
      for (const slot of slots) {
        // What is left is a claim that runs out and is found again.
        if (stopping) return;
        await posting.room();
        await paced(platform);
        posting.run(() => send(slot, done.add));
      }
    };

    for (const slot of await store.slots.expired(platform, now(), TOGETHER)) {
      if (busy.has(slot.id)) continue;
      const lease = now() + LEASE;
      if (await store.slots.lease(slot, lease)) await hand([{ ...slot, lease, tries: slot.tries + 1 }]);
    }

    const failed = new Set<number>();
    while (!stopping) {
      const due = (await store.schedules.due(platform, now(), TOGETHER + failed.size)).filter(
        (s) => !failed.has(s.id),
      );
      if (due.length === 0) break;
      const claims: Parameters<typeof store.slots.claim>[0][number][] = [];
      const moves: { id: number; next: number | undefined }[] = [];
      for (const schedule of due) {
        try {
          const { slot, next } = await prepare(schedule, tools);
          if (slot !== undefined) claims.push({ slot, next });
          else moves.push({ id: schedule.id, next });
        } catch (error) {
          failed.add(schedule.id);
          log.error({ err: error, schedule: schedule.id }, 'a schedule could not be prepared');
        }
      }
      if (moves.length > 0) await store.schedules.move(moves);
      if (claims.length > 0) await hand(await store.slots.claim(claims));
      if (due.length < TOGETHER) break;
    }
    done.end();
    await posting.idle();

    const closing = limited(CLOSING);
    const tried = new Set<number>();
    while (!stopping) {
      const over = (await store.slots.closing(platform, now(), TOGETHER)).filter((s) => !tried.has(s.id));
      if (over.length === 0) break;
      for (const slot of over) {
        tried.add(slot.id);
        await closing.room();
        await paced(platform);
        closing.run(() =>
          close(slot, tools).catch((error) =>
            log.error({ err: error, slot: slot.id }, 'a question could not be closed'),
          ),
        );
      }
      await closing.idle();
      if (over.length < TOGETHER) break;
    }
  };

  /** One pump a platform; a tick during a long one has it look again when it is through. */
  const pumped = (platform: Platform): Promise<void> => {
    const running = pumps.get(platform);
    if (running) {
      running.again = true;
      return running.done;
    }
    const work = async () => {
      try {
        do {
          state.again = false;
          await pump(platform);
        } while (state.again && !stopping);
      } catch (error) {
        log.error({ err: error, platform }, 'what was due could not be looked up');
      } finally {
        pumps.delete(platform);
      }
    };
    const state: { again: boolean; done: Promise<void> } = { again: false, done: Promise.resolve() };
    pumps.set(platform, state);
    state.done = work();
    return state.done;
  };

  const tick = async () => {
    if (stopping) return;
    if (now() < last - SET_BACK) return wake();
    last = now();
    await Promise.all(tools.platforms().map(pumped));
  };

  const wake = async () => {
    last = now();
    try {
      await realign();
    } catch (error) {
      log.error({ err: error }, 'schedules could not be looked at again');
    }
    await tick();
  };

  return {
    tick,
    wake,
    start() {
      void wake();
      // Zones are the schedules' own: the tick only has to come.
      task = cron('* * * * *', () => void tick(), { name: 'minute' });
    },
    async stop() {
      stopping = true;
      await task?.destroy();
      // What does not end in time is a claim that runs out, and is found again after the next start.
      await Promise.race([Promise.all([...pumps.values()].map((p) => p.done)), pause(PARTING)]);
    },
  };
}

/** At most so many at once: `room` resolves when another may start. */
function limited(most: number) {
  const running = new Set<Promise<unknown>>();
  return {
    async room() {
      while (running.size >= most) await Promise.race(running);
    },
    run(work: () => Promise<unknown>) {
      const one: Promise<unknown> = work().finally(() => running.delete(one));
      running.add(one);
    },
    async idle() {
      await Promise.all(running);
    },
  };
}

/** ms a completion waits for others */
const GATHER = 40;

/** A sync to the disk costs more than many rows: posts that went out within a moment are completed together. */
function completions(store: Store) {
  const waiting: { id: number; message: string; settle: (done: Promise<void>) => void }[] = [];
  let ending = false;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const batch = waiting.splice(0);
    if (batch.length === 0) return;
    const done = store.slots.posted(batch.map(({ id, message }) => ({ id, message })));
    for (const { settle } of batch) settle(done);
  };
  return {
    add: (id: number, message: string) =>
      new Promise<void>((resolve) => {
        waiting.push({ id, message, settle: resolve });
        if (waiting.length >= TOGETHER) flush();
        else if (ending) setImmediate(flush);
        else timer ??= setTimeout(flush, GATHER);
      }),
    /** no more is coming: nothing is worth waiting for */
    end() {
      ending = true;
      flush();
    },
  };
}

/** ms of turns not taken that may be made up for; with the share above, no second holds more than the limit */
const SLACK = 50;

/** Turns at an even rate a second. */
function pacer(rate: number): () => Promise<void> {
  let next = performance.now();
  return async () => {
    next = Math.max(next, performance.now() - SLACK) + 1000 / rate;
    const wait = next - performance.now();
    if (wait > 1) await pause(wait);
  };
}
