import {
  cancel,
  type Here,
  invoke,
  type Protocol,
  returned,
  type Step,
  send,
  set,
} from '../../src/sim/protocol.ts';
import type { Value } from '../../src/sim/trace.ts';
import type { P } from './params.ts';
import type { Read, RegionMessage, Write } from './region.ts';

/**
 * Clients of one Region. The first writes: it puts a key, overwrites it, deletes it and looks whether it is gone, key
 * after key. The others read and list. A load balancer sends each request to any front end. Nothing is tried again:
 * whether an unanswered write took effect nobody knows.
 */
export interface ClientState {
  readonly kind: 'client';
  readonly begun: number;
  /** versions written */
  readonly wrote: number;
  readonly op: { readonly id: number; readonly f: Ask['f'] } | null;
}

export interface Ask {
  readonly f: 'get' | 'head' | 'list' | 'put' | 'delete';
  readonly key: string;
}

type Timer = 'think' | 'silence';
type Hand = Here<P>;

export const KEYS = ['a', 'b', 'c'];
const MS = 1000;

/** What the writer does with a key before it turns to the next. */
const CYCLE = ['put', 'put', 'delete', 'head'] as const;

function next(here: Hand, n: number): Ask {
  const keys = KEYS.slice(0, here.params.objects);
  const key = keys[here.between(0, keys.length - 1)]!;
  const dice = here.random();
  if (here.self === 'c1')
    return { f: CYCLE[n % CYCLE.length]!, key: keys[Math.floor(n / CYCLE.length) % keys.length]! };
  if (dice < 0.3) return { f: 'list', key: '' };
  return { f: dice < 0.4 ? 'head' : 'get', key };
}

function end(s: ClientState, outcome: 'ok' | 'fail' | 'unknown', value: Value, here: Hand) {
  return [
    { ...s, op: null },
    returned(s.op!.id, outcome, value),
    cancel<Timer>('silence'),
    set<Timer>('think', here.draw(here.params.think)),
  ] as const;
}

export const client: Protocol<ClientState, RegionMessage, Timer, P> = {
  start(here) {
    const s: ClientState = { kind: 'client', begun: 0, wrote: 0, op: null };
    return [s, set('think', here.draw(here.params.think))];
  },
  on: {
    Reply: (s, m, _from, here) => (s.op?.id === m.serial ? end(s, 'ok', m.value, here) : [s]),
    Refused: (s, m, _from, here) => (s.op?.id === m.serial ? end(s, 'fail', null, here) : [s]),
    ...deaf<ClientState, Timer>(),
  },
  after: {
    think(s, here) {
      const fronts = here.part('front');
      const to = fronts[here.between(0, fronts.length - 1)]!;
      const { f, key } = next(here, s.begun);
      if (here.uptime > (here.params.duration - here.params.settle) * MS) return [s];
      const id = here.unique();
      const writes = f === 'put' || f === 'delete';
      const wrote = f === 'put' ? s.wrote + 1 : s.wrote;
      const value = f === 'put' ? wrote : null;
      const request: Read | Write = writes
        ? { type: 'Write', serial: id, key, value, condition: null }
        : { type: 'Read', serial: id, f, key };
      return [
        { ...s, begun: s.begun + 1, wrote, op: { id, f } },
        invoke(id, f, key, value),
        send<RegionMessage>(to, request, value === null ? `${f} ${key}` : `put ${key}=${value}`),
        set('silence', here.params.patience * MS),
      ];
    },
    silence(s, here) {
      if (!s.op) return [s];
      return end(s, s.op.f === 'put' || s.op.f === 'delete' ? 'unknown' : 'fail', null, here);
    },
  },
};

/** What passes between the parts of the Region never reaches a client. */
export function deaf<S, T extends string>() {
  const ignore = (s: S): Step<S, RegionMessage, T> => [s];
  return {
    Read: ignore,
    Write: ignore,
    Load: ignore,
    Loaded: ignore,
    List: ignore,
    Listed: ignore,
    Store: ignore,
    Stored: ignore,
    Check: ignore,
    Checked: ignore,
    Wrote: ignore,
    Noted: ignore,
    Hello: ignore,
    Changed: ignore,
  };
}
