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
import { Audit } from './audit.ts';
import { type Dice, dice } from './dice.ts';
import { Figures } from './figures.ts';
import type { P } from './params.ts';
import { OURS, POOL, Pool } from './pool.ts';

/**
 * Asynchronous invocation: Lambda keeps the event in a queue of its own and calls the function.
 *
 *    Run     queue → function   "Here is an event."
 *    Ok      function → queue   done, the event is deleted
 *    Error   function → queue   function error: again after 1 and after 2 minutes, then given up
 *    Refused function → queue   429: again after 1 s, doubling to 5 min, until the event is 6 h old
 *    Dead    queue → dlq        given up: to the dead-letter queue, or lost
 */
export type AsyncMessage =
  | { readonly type: 'Run'; readonly event: number; readonly attempt: number }
  | { readonly type: 'Ok'; readonly event: number }
  | { readonly type: 'Error'; readonly event: number }
  | { readonly type: 'Refused'; readonly event: number }
  | { readonly type: 'Dead'; readonly event: number };

export interface QueuedEvent {
  readonly id: number;
  readonly at: number;
  /** runs that ended in a function error */
  readonly errors: number;
  readonly throttles: number;
  readonly outcome: 'waiting' | 'done' | 'dead' | 'lost';
  /** what the function was called with, errors or not */
  readonly runs: number;
}

export interface QueueState {
  readonly dice: Dice;
  readonly events: readonly QueuedEvent[];
}

/** The rules a broken twin breaks. */
export interface QueueRules {
  readonly retriesErrors: boolean;
  readonly usesDeadLetters: boolean;
}
export const QUEUE: QueueRules = { retriesErrors: true, usesDeadLetters: true };

type QueueTimer = 'arrive' | 'again' | 'unanswered';
type QueueStep = Step<QueueState, AsyncMessage, QueueTimer>;

export function queue(rules: QueueRules): Protocol<QueueState, AsyncMessage, QueueTimer, P> {
  const put = (state: QueueState, e: QueuedEvent): QueueState => ({
    ...state,
    events: state.events.map((x) => (x.id === e.id ? e : x)),
  });
  const find = (state: QueueState, id: number) => state.events.find((e) => e.id === id);
  const bar = (state: QueueState): Effect<never, never>[] => {
    const open = state.events.filter((e) => e.outcome === 'waiting');
    const again = open.filter((e) => e.errors + e.throttles > 0).map((e) => `e${e.id}`);
    const detail = again.length > 3 ? `${again.length} events` : again.join(' ');
    return [become(detail ? 'retrying' : 'empty', detail), sample('queued', open.length)];
  };
  const run = (e: QueuedEvent, here: Here<P>): Effect<AsyncMessage, QueueTimer>[] => [
    send('function', { type: 'Run', event: e.id, attempt: e.runs }, `e${e.id} try ${e.runs}`),
    later('unanswered', Math.round(here.params.timeout * 1000) + 20_000_000, { id: e.id, runs: e.runs }),
  ];
  const close = (state: QueueState, e: QueuedEvent, here: Here<P>, why: string): QueueStep => {
    const kept = here.params.deadLetters && rules.usesDeadLetters;
    const next = put(state, { ...e, outcome: kept ? 'dead' : 'lost' });
    return [
      next,
      note(
        kept
          ? `gives up on e${e.id} after ${why} and puts it in the dead-letter queue`
          : `gives up on e${e.id} after ${why}: the event is lost`,
      ),
      ...(kept ? [send('dlq', { type: 'Dead', event: e.id } as const, `e${e.id}`)] : []),
      ...bar(next),
    ];
  };
  const again = (state: QueueState, e: QueuedEvent, ms: number, here: Here<P>, why: string): QueueStep => {
    if ((here.uptime - e.at) / 1000 + ms > here.params.eventAge)
      return close(state, e, here, `${why}, too old`);
    const next = put(state, e);
    return [
      next,
      ...bar(next),
      note(`puts e${e.id} back for ${ms >= 1000 ? `${Math.round(ms / 1000)} s` : `${ms} ms`}: ${why}`),
      later('again', Math.round(ms * 1000), e.id),
    ];
  };

  return durable({
    start(here, disk): QueueStep {
      const stored = disk as QueueState | undefined;
      const drawn = stored?.dice ?? dice(here);
      // What was with the function when the queue went down may have run: it is tried again, at least once.
      const events = (stored?.events ?? []).map((e) =>
        e.outcome === 'waiting' ? { ...e, runs: e.runs + 1 } : e,
      );
      const state: QueueState = { dice: drawn, events };
      const gap = drawn.gap();
      return [
        state,
        ...bar(state),
        ...events.filter((e) => e.outcome === 'waiting').flatMap((e) => run(e, here)),
        ...(gap === undefined ? [] : [set('arrive', gap)]),
      ];
    },
    on: {
      Ok(state, m) {
        const e = find(state, m.event);
        if (e?.outcome !== 'waiting') return [state];
        const next = put(state, { ...e, outcome: 'done' });
        return [next, ...bar(next)];
      },
      Error(state, m, _from, here) {
        const e = find(state, m.event);
        if (e?.outcome !== 'waiting') return [state];
        const failed = { ...e, errors: e.errors + 1 };
        const p = here.params;
        if (!rules.retriesErrors || failed.errors > p.retries)
          return close(
            state,
            failed,
            here,
            `${failed.errors} failed ${failed.errors === 1 ? 'try' : 'tries'}`,
          );
        return again(
          state,
          failed,
          failed.errors === 1 ? p.retryFirst : p.retrySecond,
          here,
          'function error',
        );
      },
      Refused(state, m, _from, here) {
        const e = find(state, m.event);
        if (e?.outcome !== 'waiting') return [state];
        const p = here.params;
        const ms = Math.min(p.throttleBackoffMax, p.throttleBackoff * 2 ** Math.min(e.throttles, 30));
        return again(state, { ...e, throttles: e.throttles + 1 }, ms, here, 'throttled');
      },
      Run: (state) => [state],
      Dead: (state) => [state],
    },
    after: {
      arrive(state, here) {
        const gap = state.dice.gap();
        const e: QueuedEvent = {
          id: state.events.length + 1,
          at: here.uptime,
          errors: 0,
          throttles: 0,
          outcome: 'waiting',
          runs: 1,
        };
        const next = { ...state, events: [...state.events, e] };
        return [next, ...bar(next), ...run(e, here), ...(gap === undefined ? [] : [set('arrive', gap)])];
      },
      again(state, here, data) {
        const e = find(state, data as number);
        if (e?.outcome !== 'waiting') return [state];
        const next = { ...e, runs: e.runs + 1 };
        return [put(state, next), ...run(next, here)];
      },
      /** The function died with the event: a system error, so it is tried again. */
      unanswered(state, here, data) {
        const { id, runs } = data as { id: number; runs: number };
        const e = find(state, id);
        if (e?.outcome !== 'waiting' || e.runs !== runs) return [state];
        return again(state, e, here.params.throttleBackoff, here, 'no answer');
      },
    },
  });
}

export class Account {
  readonly audit: Audit;
  readonly figures: Figures;
  readonly pool: Pool;
  readonly dice: Dice;
  constructor(here: Here<P>) {
    this.audit = new Audit(here.params);
    this.figures = new Figures(here.params);
    this.pool = new Pool(here.params, POOL, this.audit);
    this.dice = dice(here);
  }
}

export interface FunctionState {
  readonly account: Account;
}

interface Running {
  readonly env: number;
  readonly event: number;
  readonly fails: boolean;
  readonly timedOut: boolean;
  readonly from: string;
}

/** The function behind the queue: its own pool, its own errors. */
export const asyncFunction: Protocol<FunctionState, AsyncMessage, 'done', P> = {
  start: (here) => [{ account: new Account(here) }, become('ready')],
  on: {
    Run(state, m, from, here) {
      const a = state.account;
      const p = here.params;
      const now = here.uptime;
      a.audit.arrive();
      a.figures.offer(now, OURS);
      const work = a.dice.work();
      const env = a.pool.take(now, OURS);
      if (env < 0) {
        a.audit.refuse();
        a.figures.throttle(now, OURS, a.pool.why);
        return [
          { account: a },
          become('throttling', `429: ${a.pool.why}`),
          send(from, { type: 'Refused', event: m.event }, '429'),
        ];
      }
      const { cold } = a.pool;
      a.pool.keep(env, a.dice.idle());
      a.audit.start(now, env, OURS, cold);
      a.figures.level(now, a.audit.inFlight);
      const limit = Math.round(p.timeout * 1000);
      const takes = Math.min(work, limit) + (cold ? a.dice.init() : 0);
      a.figures.serve(now, OURS, cold, !a.pool.isProvisioned(env), takes, work > limit);
      const unlucky = a.dice.luck() < p.errors;
      const running: Running = {
        env,
        event: m.event,
        fails: m.event === p.poison || unlucky,
        timedOut: work > limit,
        from,
      };
      return [{ account: a }, ...busy(a), later('done', takes, running)];
    },
    Ok: (state) => [state],
    Error: (state) => [state],
    Refused: (state) => [state],
    Dead: (state) => [state],
  },
  after: {
    done(state, here, data): Step<FunctionState, AsyncMessage, 'done'> {
      const a = state.account;
      const r = data as Running;
      a.pool.finish(here.uptime, r.env);
      a.audit.finish(here.uptime, r.env, OURS);
      a.audit.balance(here.uptime);
      a.figures.level(here.uptime, a.audit.inFlight);
      const bad = r.fails || r.timedOut;
      const label = bad ? `e${r.event} ${r.timedOut ? 'timed out' : 'error'}` : '';
      return [
        { account: a },
        ...busy(a),
        send(r.from, { type: bad ? 'Error' : 'Ok', event: r.event }, label),
      ];
    },
  },
};

function busy(a: Account): Effect<never, never>[] {
  const n = a.pool.busy[OURS]!;
  return [become(n === 0 ? 'ready' : 'running', n < 2 ? '' : `${n} at once`)];
}

export interface DeadLetters {
  readonly held: readonly string[];
}

/** Keeps what was given up, for a person or a program to look at. */
export const deadLetters: Protocol<DeadLetters, DeadLetter, never, P> = durable<
  DeadLetters,
  DeadLetter,
  never,
  P
>({
  start: (_here, disk) => {
    const state = (disk as DeadLetters | undefined) ?? { held: [] };
    return [state, dlqBar(state)];
  },
  on: {
    Dead: (state, m) => hold(state, `e${m.event}`),
    Discard: (state, m) => hold(state, `${m.shard} #${m.from}${m.to > m.from ? `–${m.to}` : ''}`),
  },
  after: {},
});

export type DeadLetter =
  | { readonly type: 'Dead'; readonly event: number }
  | { readonly type: 'Discard'; readonly shard: string; readonly from: number; readonly to: number };

const hold = (state: DeadLetters, what: string): Step<DeadLetters, DeadLetter, never> => {
  const next = { held: [...state.held, what] };
  return [next, dlqBar(next)];
};

function dlqBar({ held }: DeadLetters): Effect<never, never> {
  if (held.length === 0) return become('empty');
  return become('holds', held.length > 2 ? `${held.length} items` : held.join(' '));
}
