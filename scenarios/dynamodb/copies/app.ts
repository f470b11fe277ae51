import {
  cancel,
  type Effect,
  type Here,
  invoke,
  later,
  type Protocol,
  returned,
  type Step,
  send,
  set,
} from '../../../src/sim/protocol.ts';
import type { Outcome, Value } from '../../../src/sim/trace.ts';
import { isOver, MS, type P } from './params.ts';
import { type Ask, plan } from './programs.ts';
import { accountsOf } from './transactions.ts';
import type { AppMessage, F, Refusal, Request } from './wire.ts';

/**
 * An application with the SDK in it, and the request router that knows who leads: one operation at a time. What was
 * refused is asked again where it was sent to. Of a write that was not answered nobody knows whether it took effect;
 * only a transaction is tried again, because its token makes that safe.
 */
export interface AppState {
  readonly kind: 'app';
  readonly leader: string | null;
  /** how often it waited in vain: the next operation begins with another replica */
  readonly silences: number;
  readonly begun: number;
  readonly busy: Busy | null;
  /** cancelled by a conflict: the same again as an operation of its own */
  readonly again: Ask | null;
}

interface Busy {
  readonly op: number;
  readonly ask: Ask;
  readonly attempt: number;
  readonly refused: boolean;
  /** an earlier try went unanswered */
  readonly doubt: boolean;
  /** get-each: what has been read so far */
  readonly parts: Readonly<Record<string, number>>;
}

type Timer = 'think' | 'silence' | 'retry' | 'giveUp';
type Next = Step<AppState, AppMessage, Timer>;
type Hand = Here<P>;

const BACKOFF_MS = 5;
const ATTEMPTS = 4;
const CHANGES: readonly F[] = ['put', 'transfer'];

export const app: Protocol<AppState, AppMessage, Timer, P> = {
  start(here) {
    const state: AppState = { kind: 'app', leader: null, silences: 0, begun: 0, busy: null, again: null };
    // An application that was stopped in the middle does not go on.
    return here.uptime > 0 ? [state] : [state, set('think', here.draw(here.params.think))];
  },
  on: {
    Request: (s) => [s],
    Answer(s, m, from, here) {
      const { busy } = s;
      if (busy?.op !== m.serial) return [s];
      if (busy.ask.f !== 'get-each') return end(leads(s, from, here), 'ok', m.value, here);
      if (from in busy.parts) return [s];
      // GetItem after GetItem: what is read first may have changed before the last is read.
      const parts = { ...busy.parts, [from]: Number(m.value) };
      const read = { ...busy, parts };
      if (Object.keys(parts).length < accountsOf(busy.ask.key).length) return attempt(s, read, here);
      const sum = Object.values(parts).reduce((a, b) => a + b, 0);
      return end({ ...s, busy: read }, 'ok', sum, here);
    },
    Refusal(s, m, _from, here) {
      const { busy } = s;
      if (busy?.op !== m.serial || busy.attempt !== m.attempt || busy.refused) return [s];
      return refused(s, busy, m, here);
    },
  },
  after: {
    think(s, here) {
      if (isOver(here.uptime, here.params)) return [s];
      const op = here.unique();
      const ask = s.again ? anew(s.again, op) : plan(here, s.begun, op);
      if (!ask) return [s];
      const busy: Busy = { op, ask, attempt: 0, refused: false, doubt: false, parts: {} };
      const [next, ...effects] = attempt({ ...s, again: null, begun: s.begun + 1 }, busy, here);
      return [
        next,
        invoke(op, ask.f, ask.key, ask.value),
        ...effects,
        later('giveUp', 4 * here.params.patience * MS, op),
      ];
    },
    silence(s, here) {
      const { busy } = s;
      if (!busy) return [s];
      const next = { ...s, leader: null, silences: s.silences + 1 };
      const safe = busy.ask.f !== 'put' && busy.attempt < ATTEMPTS;
      return safe
        ? attempt(next, { ...busy, doubt: true }, here)
        : end(next, CHANGES.includes(busy.ask.f) ? 'unknown' : 'fail', null, here);
    },
    retry: (s, here) => (s.busy ? attempt(s, s.busy, here) : [s]),
    giveUp(s, here, op) {
      const { busy } = s;
      if (!busy || busy.op !== op) return [s];
      const open = CHANGES.includes(busy.ask.f) && (busy.doubt || !busy.refused);
      return end(s, open ? 'unknown' : 'fail', null, here);
    },
  },
};

/** Values stay unique, so that a read names the write it saw. */
const anew = (ask: Ask, op: number): Ask => (ask.f === 'put' ? { ...ask, value: op } : ask);

const leads = (s: AppState, from: string, here: Hand): AppState =>
  here.params.copies === 'partition' && s.busy?.ask.f !== 'read' ? { ...s, leader: from } : s;

/** Whom to ask: for eventual reads anyone, else whoever led last, by what it knows. */
function servers(s: AppState, { ask, parts }: Busy, attempts: number, here: Hand): readonly string[] {
  const any = (part: string) => here.part(part);
  const number = Number(here.self.slice(3)) - 1;
  switch (here.params.copies) {
    case 'partition': {
      const all = any('replica');
      if (ask.f === 'read') return [all[here.between(0, all.length - 1)]!];
      // Where it does not know who leads it asks the replica of its own zone first.
      return [s.leader ?? all[(number + s.silences + attempts - 1) % all.length]!];
    }
    case 'index':
      return ask.f === 'query' ? any('gsi') : any('base');
    case 'transactions': {
      if (ask.f === 'get-each')
        return accountsOf(ask.key)
          .filter((id) => !(id in parts))
          .slice(0, 1);
      const all = any('coordinator');
      return [all[number % all.length]!];
    }
    case 'regions': {
      const all = [...any('region'), ...any('strong')];
      return [all[number % all.length]!];
    }
  }
}

function attempt(s: AppState, busy: Busy, here: Hand): Next {
  const next: Busy = { ...busy, attempt: busy.attempt + 1, refused: false };
  const { f, key, value } = busy.ask;
  const fresh = here.params.tokens === 'new' && next.attempt > 1;
  const request: Request = {
    type: 'Request',
    serial: busy.op,
    attempt: next.attempt,
    f,
    key,
    value,
    token: busy.op * 100 + (fresh ? next.attempt : 0),
  };
  return [
    { ...s, busy: next },
    ...servers(s, busy, next.attempt, here).map((to) =>
      send<AppMessage>(to, request, value === null ? `${f} ${key}` : `${f} ${key} ${value}`),
    ),
    set('silence', here.params.patience * MS),
  ];
}

function refused(s: AppState, busy: Busy, m: Refusal, here: Hand): Next {
  const next: AppState = { ...s, leader: m.leader, busy: { ...busy, refused: true } };
  switch (m.why) {
    case 'elsewhere':
    case 'unavailable':
      // A Region that is cut off says so, and its application lives with it.
      if (here.params.copies !== 'partition' || busy.attempt >= 3 * ATTEMPTS)
        return end(next, busy.doubt && CHANGES.includes(busy.ask.f) ? 'unknown' : 'fail', null, here);
      if (m.leader !== null) return attempt(next, next.busy!, here);
      return [next, cancel('silence'), set('retry', BACKOFF_MS * MS)];
    case 'unsure':
      return end(next, 'unknown', null, here);
    case 'conflict':
    case 'condition': {
      const again = m.why === 'conflict' && busy.ask.f !== 'get' ? busy.ask : null;
      return end(
        { ...next, again },
        busy.doubt && CHANGES.includes(busy.ask.f) ? 'unknown' : 'fail',
        null,
        here,
      );
    }
  }
}

function end(s: AppState, outcome: Outcome, value: Value, here: Hand): Next {
  const { op, ask } = s.busy!;
  const effects: Effect<AppMessage, Timer>[] = [
    returned(op, outcome, CHANGES.includes(ask.f) ? null : value),
    cancel('silence'),
    cancel('retry'),
    set('think', here.draw(here.params.think)),
  ];
  // What the outcome is unknown of must not be done a second time.
  return [{ ...s, busy: null, again: outcome === 'fail' ? s.again : null }, ...effects];
}
