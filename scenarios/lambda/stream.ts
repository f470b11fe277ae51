import { durable } from '../../src/sim/durable.ts';
import {
  become,
  type Effect,
  type Here,
  later,
  note,
  type Protocol,
  type Step,
  sample,
  send,
  set,
} from '../../src/sim/protocol.ts';
import { type Dice, dice } from './dice.ts';
import type { P } from './params.ts';

/**
 * Stream mapping (Kinesis, DynamoDB Streams): one batch of a shard at a time, in order.
 *
 *    Batch    shard → function   records from..to of the shard
 *    Ok       function → shard   the shard moves on
 *    Failed   function → shard   the same batch again, or its halves, until it works, is given up, or expires
 *    Discard  shard → dlq        given up: where it was, not what it said
 */
export type StreamMessage =
  | {
      readonly type: 'Batch';
      readonly shard: string;
      readonly from: number;
      readonly to: number;
      readonly attempt: number;
    }
  | { readonly type: 'Ok'; readonly from: number; readonly to: number }
  | { readonly type: 'Failed'; readonly from: number; readonly to: number }
  | { readonly type: 'Discard'; readonly shard: string; readonly from: number; readonly to: number };

export interface ShardState {
  readonly dice: Dice;
  /** when record n (from 1) came, µs, at index n - 1 */
  readonly came: readonly number[];
  /** records dealt with, as far as they go without a gap */
  readonly done: number;
  readonly batch: { readonly from: number; readonly to: number; readonly attempt: number } | undefined;
  /** where a bisected batch ends: until then its parts are taken one by one */
  readonly cutTo: number;
  readonly discarded: readonly number[];
  readonly lost: number;
}

type ShardTimer = 'arrive' | 'poll' | 'again' | 'unanswered' | 'report';
type ShardStep = Step<ShardState, StreamMessage, ShardTimer>;

/** The rules a broken twin breaks. */
export interface ShardRules {
  readonly retries: boolean;
}
export const SHARD: ShardRules = { retries: true };

/** Stream retention, so that "until it expires" has an end: 24 h by default for Kinesis Data Streams. */
const RETENTION_US = 24 * 3600 * 1e6;

export const shardNumber = (id: string): number => Number(id.replace('shard', ''));

export function shard(rules: ShardRules): Protocol<ShardState, StreamMessage, ShardTimer, P> {
  /** a shard gets its share of the records: every n-th arrival of the common process is thinned by its own dice */
  const nextRecord = (d: Dice, here: Here<P>): Effect<never, ShardTimer>[] => {
    let us = 0;
    for (let i = 0; i < here.params.shards; i++) {
      const gap = d.gap();
      if (gap === undefined) return [];
      us += gap;
    }
    return [set('arrive', us)];
  };

  const ask = (b: NonNullable<ShardState['batch']>, here: Here<P>): Effect<StreamMessage, ShardTimer>[] => [
    send(
      'function',
      { type: 'Batch', shard: here.self, from: b.from, to: b.to, attempt: b.attempt },
      b.to > b.from ? `#${b.from}–${b.to}` : `#${b.from}`,
    ),
    later('unanswered', Math.round(here.params.timeout * 1000) + 1_000_000, b),
  ];

  const bar = (s: ShardState): Effect<never, never> => {
    const b = s.batch;
    return b && b.attempt > 1
      ? become('blocked', b.to > b.from ? `records #${b.from}–${b.to}` : `record #${b.from}`)
      : become('reading');
  };

  const take = (s: ShardState, to: number, here: Here<P>): ShardStep => {
    const batch = { from: s.done + 1, to, attempt: 1 };
    const next = { ...s, batch };
    return [next, bar(next), ...ask(batch, here)];
  };

  const moveOn = (
    s: ShardState,
    to: number,
    here: Here<P>,
    said: Effect<StreamMessage, ShardTimer>[],
  ): ShardStep => {
    const next: ShardState = { ...s, done: to, batch: undefined };
    // The rest of a bisected batch follows at once.
    if (next.cutTo > to) {
      const [after, ...effects] = take(next, next.cutTo, here);
      return [after, ...said, ...effects];
    }
    return [{ ...next, cutTo: 0 }, bar(next), ...said];
  };

  const tooOld = (s: ShardState, here: Here<P>): 'age' | 'expired' | undefined => {
    const first = s.batch && s.came[s.batch.from - 1];
    if (first === undefined) return undefined;
    const age = here.uptime - first;
    if (age > RETENTION_US) return 'expired';
    return here.params.recordAge >= 0 && age > here.params.recordAge * 1000 ? 'age' : undefined;
  };

  const giveUp = (s: ShardState, here: Here<P>, why: string): ShardStep => {
    const b = s.batch;
    if (!b) return [s];
    const kept = here.params.deadLetters && why !== 'expired';
    const records = Array.from({ length: b.to - b.from + 1 }, (_, i) => b.from + i);
    const next: ShardState = {
      ...s,
      discarded: kept ? [...s.discarded, ...records] : s.discarded,
      lost: s.lost + (kept ? 0 : records.length),
    };
    const what = b.to > b.from ? `records #${b.from}–${b.to}` : `record #${b.from}`;
    return moveOn(next, b.to, here, [
      note(`gives up on ${what}: ${why}${kept ? '' : ', and they are lost'}`),
      ...(kept
        ? [send('dlq', { type: 'Discard', shard: here.self, from: b.from, to: b.to } as const, `#${b.from}`)]
        : []),
    ]);
  };

  return durable({
    start(here, disk): ShardStep {
      const state: ShardState = (disk as ShardState | undefined) ?? {
        dice: dice(here),
        came: [],
        done: 0,
        batch: undefined,
        cutTo: 0,
        discarded: [],
        lost: 0,
      };
      return [
        state,
        bar(state),
        ...(state.batch ? ask(state.batch, here) : []),
        ...nextRecord(state.dice, here),
        set('poll', here.between(1, Math.round(here.params.pollEvery * 1000))),
        set('report', 500_000),
      ];
    },
    on: {
      Ok(state, m, _from, here) {
        const b = state.batch;
        if (!b || b.from !== m.from || b.to !== m.to) return [state];
        return moveOn(state, b.to, here, b.attempt > 1 ? [note(`gets past record #${b.to}`)] : []);
      },
      Failed(state, m, _from, here) {
        const b = state.batch;
        if (!b || b.from !== m.from || b.to !== m.to) return [state];
        const p = here.params;
        if (!rules.retries) return moveOn(state, b.to, here, []);
        const old = tooOld(state, here);
        if (old) return giveUp(state, here, old === 'age' ? 'older than the limit' : 'expired');
        if (p.bisect && b.to > b.from) {
          const half = { from: b.from, to: b.from + ((b.to - b.from) >> 1), attempt: 1 };
          const next = { ...state, batch: half, cutTo: Math.max(state.cutTo, b.to) };
          return [next, note(`cuts batch #${b.from}–${b.to} in two`), bar(next), ...ask(half, here)];
        }
        if (p.streamRetries >= 0 && b.attempt > p.streamRetries)
          return giveUp(state, here, `${b.attempt} failed tries`);
        const next = { ...state, batch: { ...b, attempt: b.attempt + 1 } };
        return [
          next,
          ...(b.attempt === 1
            ? [
                note(
                  b.to > b.from
                    ? `is blocked by batch #${b.from}–${b.to}`
                    : `is blocked by record #${b.from}`,
                ),
              ]
            : []),
          bar(next),
          later('again', Math.round(p.streamBackoff * 1000), next.batch),
        ];
      },
      Batch: (state) => [state],
      Discard: (state) => [state],
    },
    after: {
      arrive(state, here) {
        const next = { ...state, came: [...state.came, here.uptime] };
        return [next, ...nextRecord(state.dice, here)];
      },
      poll(state, here) {
        const again = set('poll', Math.round(here.params.pollEvery * 1000));
        if (state.batch || state.came.length === state.done) return [state, again];
        const to = Math.min(state.came.length, state.done + here.params.batchSize);
        const [next, ...effects] = take(state, to, here);
        return [next, ...effects, again];
      },
      again(state, here, data) {
        const b = state.batch;
        if (!b || b !== data) return [state];
        return [state, ...ask(b, here)];
      },
      /** The function died with the batch: it is tried again. */
      unanswered(state, here, data) {
        const b = state.batch;
        if (!b || b !== data) return [state];
        const next = { ...state, batch: { ...b, attempt: b.attempt + 1 } };
        return [next, bar(next), ...ask(next.batch, here)];
      },
      report(state, here) {
        const first = state.came[state.done];
        const age = first === undefined ? 0 : (here.uptime - first) / 1e6;
        return [state, sample(`age ${here.self}`, Math.round(age * 100) / 100), set('report', 500_000)];
      },
    },
  });
}

/** What the function has worked off, in order, by shard. */
export interface ConsumerState {
  readonly dice: Dice;
  readonly processed: readonly { readonly shard: string; readonly from: number; readonly to: number }[];
  /** the shard everybody waits for (a broken twin) */
  readonly held: string | undefined;
}

export interface ConsumerRules {
  readonly shardsApart: boolean;
}
export const CONSUMER: ConsumerRules = { shardsApart: true };

export function consumer(rules: ConsumerRules): Protocol<ConsumerState, StreamMessage, 'done', P> {
  return {
    start: (here) => [{ dice: dice(here), processed: [], held: undefined }, become('ready')],
    on: {
      Batch(state, m, _from, here) {
        const us = Math.min(state.dice.work(), Math.round(here.params.timeout * 1000));
        return [state, later('done', us, m)];
      },
      Ok: (state) => [state],
      Failed: (state) => [state],
      Discard: (state) => [state],
    },
    after: {
      done(state, here, data) {
        const m = data as Extract<StreamMessage, { type: 'Batch' }>;
        const { poison } = here.params;
        const bad = m.shard === 'shard1' && poison >= m.from && poison <= m.to && poison > 0;
        const waits = !rules.shardsApart && state.held !== undefined && state.held !== m.shard;
        const answer = { from: m.from, to: m.to };
        if (bad || waits) {
          const next = { ...state, held: bad ? m.shard : state.held };
          return [
            next,
            ...(bad && m.attempt === 1 ? [note(`fails on record #${poison} of ${m.shard}`)] : []),
            send(m.shard, { type: 'Failed', ...answer }, bad ? 'error' : 'busy'),
          ];
        }
        const next: ConsumerState = {
          ...state,
          held: state.held === m.shard ? undefined : state.held,
          processed: [...state.processed, { shard: m.shard, from: m.from, to: m.to }],
        };
        return [next, send(m.shard, { type: 'Ok', ...answer }, '')];
      },
    },
  };
}
