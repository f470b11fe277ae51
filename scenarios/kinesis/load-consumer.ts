import { Histogram } from '../../src/sim/load.ts';
import {
  become,
  type Effect,
  type Here,
  later,
  note,
  type Protocol,
  type Step,
  sample,
  save,
  send,
  set,
} from '../../src/sim/protocol.ts';
import type { Delivery, LoadMessage } from './load-stream.ts';
import { detailed, type P, slows } from './params.ts';
import { even } from './shards.ts';

/** Position in one shard. One record of a shard after another: that keeps their order. */
interface Cursor {
  /** next sequence number to read, all before it processed */
  next: number;
  /** number of the call whose answer is waited for; an older answer is too late */
  ask: number;
  /** records in work */
  busy: number;
  ended: boolean;
  /** what was pushed while busy */
  readonly waiting: Delivery<'Push'>[];
}

/** A consumer application with all its shards, polling or pushed to. Mutable: for load. */
export class Consumer {
  readonly cursors = new Map<string, Cursor>();
  processed = 0;
  missed = 0;
  slow = false;
  readonly delay = new Histogram();
  longest = 0;
  exceeded = 0;
  /** when the last batch was done, µs */
  doneAt = 0;

  add(shard: string): Cursor {
    const cursor: Cursor = { next: 0, ask: 0, busy: 0, ended: false, waiting: [] };
    this.cursors.set(shard, cursor);
    return cursor;
  }
}

export interface ConsumerState {
  readonly consumer: Consumer;
}

type ConsumerTimer = 'poll' | 'unanswered' | 'done' | 'slow' | 'well';
type ConsumerStep = Step<ConsumerState, LoadMessage, ConsumerTimer>;
type Out = Effect<LoadMessage, ConsumerTimer>;

const ANSWER_US = 5_000_000;

export function consumer(
  kind: 'shared' | 'enhanced',
): Protocol<ConsumerState, LoadMessage, ConsumerTimer, P> {
  const ask = (shard: string, cursor: Cursor): Out[] => {
    if (kind === 'enhanced')
      return [send('stream', { type: 'Subscribe', shard, from: cursor.next }, `from #${cursor.next + 1}`)];
    cursor.ask++;
    return [
      send('stream', { type: 'GetRecords', shard, from: cursor.next, ask: cursor.ask }, ''),
      later('unanswered', ANSWER_US, { shard, ask: cursor.ask }),
    ];
  };
  const idle = (here: Here<P>) => Math.round(here.params.idleTimeBetweenReadsInMillis * 1000);
  const again = (shard: string, here: Here<P>): Out[] =>
    kind === 'shared' ? [later('poll', idle(here), shard)] : [];

  const take = (
    state: ConsumerState,
    cursor: Cursor,
    m: Delivery<'Records' | 'Push'>,
    here: Here<P>,
  ): ConsumerStep => {
    const c = state.consumer;
    const lost = m.from - cursor.next;
    const told: Out[] = [];
    if (lost > 0) {
      if (c.missed === 0) told.push(note(`finds a gap: records of ${m.shard} expired before they were read`));
      c.missed += lost;
    }
    cursor.next = m.from;
    cursor.busy = m.at.length;
    for (const at of m.at) {
      c.delay.add(here.uptime - at);
      c.longest = Math.max(c.longest, here.uptime - at);
    }
    if (m.at.length === 0) {
      if (m.end && !cursor.ended) {
        cursor.ended = true;
        for (const child of m.children) if (!c.cursors.has(child)) told.push(...ask(child, c.add(child)));
        return [state, ...told];
      }
      return [state, ...again(m.shard, here)];
    }
    if (detailed(here.params)) {
      if (cursor.next === 0) told.push(note(first(kind, m, here)));
      told.push(
        sample(
          kind === 'shared' ? 'polled delay' : 'pushed delay',
          Math.round((here.uptime - m.at[0]!) / 1000),
        ),
      );
    }
    const { work, slowWork } = here.params;
    const sampler = c.slow ? slowWork : work;
    let us = 0;
    for (let i = 0; i < m.at.length; i++) us += here.draw(sampler);
    return [state, ...told, later('done', us, m.shard)];
  };

  return {
    start(here, disk): ConsumerStep {
      const p = here.params;
      const state = (disk as ConsumerState | undefined) ?? { consumer: new Consumer() };
      const { consumer } = state;
      const now = here.uptime / 1e6;
      if (consumer.cursors.size === 0) for (const s of even(p.shards)) consumer.add(s.id);
      const effects: Out[] = [];
      for (const [shard, cursor] of consumer.cursors) {
        cursor.busy = 0;
        cursor.waiting.length = 0;
        if (cursor.ended) continue;
        // Applications do not poll in step.
        effects.push(later('poll', kind === 'shared' ? here.between(0, idle(here)) : 0, shard));
      }
      consumer.slow = slows(p) && now >= p.slowFrom && now < p.slowUntil;
      if (slows(p)) {
        if (now < p.slowFrom) effects.push(set('slow', (p.slowFrom - now) * 1e6));
        if (now < p.slowUntil) effects.push(set('well', (p.slowUntil - now) * 1e6));
      }
      return [
        state,
        save(state),
        become(consumer.slow ? 'slow' : kind === 'shared' ? 'polling' : 'subscribed'),
        ...effects,
      ];
    },
    on: {
      Records(state, m, _from, here) {
        const cursor = state.consumer.cursors.get(m.shard);
        if (!cursor || cursor.ask !== m.ask || cursor.busy > 0 || cursor.ended) return [state];
        cursor.ask++;
        return take(state, cursor, m, here);
      },
      Exceeded(state, m, _from, here) {
        const cursor = state.consumer.cursors.get(m.shard);
        if (!cursor || cursor.ask !== m.ask) return [state];
        cursor.ask++;
        state.consumer.exceeded++;
        return [state, ...again(m.shard, here)];
      },
      Push(state, m, _from, here) {
        const cursor = state.consumer.cursors.get(m.shard);
        if (!cursor || cursor.ended) return [state];
        if (cursor.busy > 0) {
          cursor.waiting.push(m);
          return [state];
        }
        // Something between was lost on the way: subscribe again from where this consumer is.
        if (m.from > cursor.next) return [state, ...ask(m.shard, cursor)];
        if (m.from + m.at.length <= cursor.next && !m.end) return [state];
        const skip = cursor.next - m.from;
        return take(state, cursor, { ...m, from: cursor.next, at: m.at.slice(skip) }, here);
      },
      PutRecords: (state) => [state],
      PutRecordsResult: (state) => [state],
      PartialFailure: (state) => [state],
      GetRecords: (state) => [state],
      Subscribe: (state) => [state],
    },
    after: {
      poll(state, _here, data) {
        const shard = data as string;
        const cursor = state.consumer.cursors.get(shard);
        if (!cursor || cursor.busy > 0 || cursor.ended) return [state];
        return [state, ...ask(shard, cursor)];
      },
      unanswered(state, _here, data) {
        const { shard, ask: number } = data as { shard: string; ask: number };
        const cursor = state.consumer.cursors.get(shard);
        if (!cursor || cursor.ask !== number || cursor.busy > 0) return [state];
        return [state, ...ask(shard, cursor)];
      },
      done(state, here, data) {
        const shard = data as string;
        const cursor = state.consumer.cursors.get(shard);
        if (!cursor || cursor.busy === 0) return [state];
        const { consumer } = state;
        const told: Out[] = [];
        if (slows(here.params)) {
          const seconds = (here.uptime - consumer.doneAt) / 1e6;
          told.push(sample('worked off', Math.round((100 * cursor.busy) / Math.max(1, seconds)) / 100));
          consumer.doneAt = here.uptime;
        }
        consumer.processed += cursor.busy;
        cursor.next += cursor.busy;
        cursor.busy = 0;
        const push = cursor.waiting.shift();
        if (push && push.from <= cursor.next) {
          const skip = Math.min(push.at.length, cursor.next - push.from);
          return take(state, cursor, { ...push, from: cursor.next, at: push.at.slice(skip) }, here);
        }
        if (push) return [state, ...ask(shard, cursor)];
        return [state, ...told, ...again(shard, here)];
      },
      slow(state, here) {
        state.consumer.slow = true;
        return [
          state,
          become('slow', `${each(here)} a record`),
          note(`turns slow: a record now takes ${each(here)} on average`),
        ];
      },
      well(state) {
        state.consumer.slow = false;
        return [state, become('polling'), note('is well again and catches up')];
      },
    },
  };
}

const each = (here: Here<P>): string => {
  const { mean } = here.params.slowWork;
  return mean >= 1000 ? `${Math.round(mean / 100) / 10} s` : `${Math.round(mean * 10) / 10} ms`;
};

function first(kind: 'shared' | 'enhanced', m: Delivery<'Records' | 'Push'>, here: Here<P>): string {
  const ms = Math.round((here.uptime - m.at[0]!) / 1000);
  return kind === 'shared'
    ? `has polled the first record of ${m.shard} ${ms} ms after it was written`
    : `is pushed the first record of ${m.shard} ${ms} ms after it was written`;
}
