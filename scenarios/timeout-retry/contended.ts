import {
  become,
  invoke,
  later,
  note,
  type Protocol,
  returned,
  sample,
  send,
  set,
} from '../../src/sim/protocol.ts';
import { wait } from './backoff.ts';
import type { P } from './params.ts';

/**
 * Everybody writes one row — the model of the AWS Architecture Blog's backoff simulator: optimistic concurrency.
 *
 *   Read     client → table   what is the row's version?
 *   Row      table → client   the version and the count in it
 *   Write    client → table   count + 1, if the version is still the one read
 *   Written  table → client   it was
 *   Conflict table → client   it was not: somebody else's write came first
 */
export type Msg =
  | { readonly type: 'Read' }
  | { readonly type: 'Row'; readonly version: number; readonly count: number }
  | { readonly type: 'Write'; readonly version: number; readonly count: number }
  | { readonly type: 'Written' }
  | { readonly type: 'Conflict' };

export interface Table {
  readonly version: number;
  readonly count: number;
  readonly written: number;
  readonly conflicts: number;
  readonly sliced: { readonly written: number; readonly conflicts: number };
}

const SLICES = 60;

export const table = (checksVersion: boolean): Protocol<Table, Msg, 'slice', P> => ({
  start: (here) => [
    { version: 0, count: 0, written: 0, conflicts: 0, sliced: { written: 0, conflicts: 0 } },
    become('serving'),
    set('slice', slice(here.params)),
  ],
  on: {
    Read: (s, _m, from) => [s, send<Msg>(from, { type: 'Row', version: s.version, count: s.count })],
    Write(s, m, from) {
      if (m.version !== s.version && checksVersion)
        return [{ ...s, conflicts: s.conflicts + 1 }, send<Msg>(from, { type: 'Conflict' })];
      return [
        { ...s, version: s.version + 1, count: m.count, written: s.written + 1 },
        send<Msg>(from, { type: 'Written' }),
      ];
    },
    Row: (s) => [s],
    Written: (s) => [s],
    Conflict: (s) => [s],
  },
  after: {
    slice: (s, here) => [
      { ...s, sliced: { written: s.written, conflicts: s.conflicts } },
      sample('writes that took', s.written - s.sliced.written),
      sample('conflicts', s.conflicts - s.sliced.conflicts),
      set('slice', slice(here.params)),
    ],
  },
});

const slice = (p: P) => Math.max(1000, Math.floor((p.simSeconds * 1e6) / SLICES));

export interface Client {
  readonly op: number;
  /** attempts begun */
  readonly attempt: number;
  /** ms waited last */
  readonly waited: number;
  readonly done: boolean;
  readonly gaveUp: boolean;
}

/** `capped`: the twin without it doubles for ever. */
export const client = (capped: boolean): Protocol<Client, Msg, 'try', P> => ({
  start(here) {
    const op = here.unique();
    return [
      { op, attempt: 1, waited: 0, done: false, gaveUp: false },
      invoke(op, 'write', 'row'),
      ...ask(here.part('table')[0]!),
    ];
  },
  on: {
    Row: (s, m, from) => [s, send<Msg>(from, { type: 'Write', version: m.version, count: m.count + 1 })],
    Written: (s) => [
      { ...s, done: true },
      returned(s.op, 'ok'),
      note(`is done after ${s.attempt} attempt${s.attempt > 1 ? 's' : ''}`),
    ],
    Conflict(s, _m, _from, here) {
      const p = here.params;
      if (p.attempts > 0 && s.attempt >= p.attempts)
        return [{ ...s, gaveUp: true }, returned(s.op, 'fail'), note(`gives up after ${s.attempt} attempts`)];
      const waited = wait(p, s.attempt, s.waited, () => here.random(), capped);
      return [{ ...s, waited }, later('try', Math.round(waited * 1000))];
    },
    Read: (s) => [s],
    Write: (s) => [s],
  },
  after: {
    try: (s, here) => [{ ...s, attempt: s.attempt + 1 }, ...ask(here.part('table')[0]!)],
  },
});

const ask = (to: string) => [send<Msg>(to, { type: 'Read' })];
