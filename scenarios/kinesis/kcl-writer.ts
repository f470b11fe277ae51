import { stream as dice } from '../../src/sim/chance.ts';
import {
  become,
  type Here,
  later,
  type Protocol,
  type Step,
  save,
  send,
  set,
} from '../../src/sim/protocol.ts';
import type { KclMessage } from './kcl-messages.ts';
import type { P } from './params.ts';
import { keyName } from './shards.ts';

/** One producer that keeps the order of its records: one at a time, repeated until it is stored. */
export interface WriterState {
  readonly plan: readonly { readonly at: number; readonly key: string; readonly nth: number }[];
  readonly stored: number;
  readonly asking: boolean;
}

const AGAIN_US = 500_000;
type WriterTimer = 'due' | 'again';
type WriterStep = Step<WriterState, KclMessage, WriterTimer>;

export const writer: Protocol<WriterState, KclMessage, WriterTimer, P> = {
  start(here, disk): WriterStep {
    const state = (disk as WriterState | undefined) ?? { plan: plan(here), stored: 0, asking: false };
    const [next, ...effects] = go({ ...state, asking: false }, here);
    return [next, save(next), become('producing'), ...effects];
  },
  on: {
    Stored(state, m, _from, here) {
      if (m.serial !== state.stored) return [state];
      const [next, ...effects] = go({ ...state, stored: state.stored + 1, asking: false }, here);
      return [next, save(next), ...effects];
    },
    PutRecord: (state) => [state],
    ListShards: (state) => [state],
    Shards: (state) => [state],
    GetRecords: (state) => [state],
    Records: (state) => [state],
    Exceeded: (state) => [state],
    Scan: (state) => [state],
    Rows: (state) => [state],
    Create: (state) => [state],
    Take: (state) => [state],
    Renew: (state) => [state],
    Checkpoint: (state) => [state],
    Written: (state) => [state],
    Refused: (state) => [state],
  },
  after: {
    due: (state, here) => go(state, here),
    again: (state, here, serial) =>
      serial === state.stored && state.asking ? go({ ...state, asking: false }, here) : [state],
  },
};

/** Sends the next record if its time has come. */
function go(state: WriterState, here: Here<P>): WriterStep {
  const record = state.plan[state.stored];
  if (!record || state.asking) return [state];
  if (record.at > here.uptime) return [state, set('due', record.at - here.uptime)];
  const { key, nth } = record;
  return [
    { ...state, asking: true },
    send('stream', { type: 'PutRecord', key, nth, serial: state.stored }, `${key} ${nth}`),
    later('again', AGAIN_US, state.stored),
  ];
}

function plan(here: Here<P>): WriterState['plan'] {
  const p = here.params;
  const seed = here.between(0, 2 ** 31 - 1);
  const gap = p.arrivals.start(dice(seed, 'arrivals'));
  const keys = dice(seed, 'keys');
  const pick = p.skew.start(p.keys);
  const nths = new Map<number, number>();
  const records: { at: number; key: string; nth: number }[] = [];
  let at = 0;
  for (;;) {
    const us = gap();
    at += us ?? Number.POSITIVE_INFINITY;
    if (at > p.simSeconds * 1e6 || records.length >= 2000) return records;
    const key = pick(keys);
    const nth = (nths.get(key) ?? 0) + 1;
    nths.set(key, nth);
    records.push({ at, key: keyName(key), nth });
  }
}
