import { stream } from '../../src/sim/chance.ts';
import {
  become,
  type Effect,
  type Here,
  later,
  note,
  type Protocol,
  sample,
  send,
  set,
} from '../../src/sim/protocol.ts';
import type { P } from './params.ts';

/**
 * Circuit breaker — Nygard, Release It! (2nd ed., 2018), ch. 5; the rules are resilience4j's count-based breaker.
 *
 *   Call    caller → dependency   only while closed, or as one of a few probes while half-open
 *   Answer  dependency → caller   done, failed, or refused because the request itself was wrong
 *
 * closed    → open       enough calls were seen and the share of failed (or slow) ones reaches its threshold
 * open      → half-open  at the first call after `openFor`; until then calls are rejected at once
 * half-open → closed     the probes, judged together by the same thresholds, are good; else → open
 *
 * A call that times out is a failure. A rejected call is none, and neither is one whose request was wrong.
 */
export type Breaker =
  | { readonly is: 'closed'; readonly window: readonly Outcome[] }
  | { readonly is: 'open'; readonly until: number }
  | { readonly is: 'half-open'; readonly admitted: number; readonly results: readonly Outcome[] };

export interface Outcome {
  readonly failed: boolean;
  readonly slow: boolean;
}

export type Msg =
  | { readonly type: 'Call'; readonly id: number }
  | { readonly type: 'Answer'; readonly id: number; readonly result: 'done' | 'failed' | 'wrong' };

export interface Caller {
  readonly breaker: Breaker;
  /** times the breaker changed its state: a result of an earlier state is not this one's */
  readonly turn: number;
  readonly open: Readonly<Record<number, { readonly at: number; readonly turn: number }>>;
  readonly calls: number;
  /** results so far; the newest is what a monitor reads */
  readonly results: number;
  readonly last: Outcome | null;
  readonly tally: Tally;
  /** the tally at the last slice of the tracks */
  readonly sliced: Tally;
  /** µs to the next call; holds the place in the arrivals */
  readonly gap: () => number | undefined;
}

export interface Tally {
  readonly ok: number;
  readonly failed: number;
  readonly rejected: number;
  readonly wrong: number;
  /** waited in vain until the timeout */
  readonly timedOut: number;
}

/** What a broken twin does otherwise. */
export interface Rules {
  readonly halfOpens: boolean;
  readonly waitsForMinimum: boolean;
  readonly limitsProbes: boolean;
  readonly countsTimeouts: boolean;
  readonly rejectsWhileOpen: boolean;
  readonly countsRejections: boolean;
  readonly returnsProbes: boolean;
}
export const RULES: Rules = {
  halfOpens: true,
  waitsForMinimum: true,
  limitsProbes: true,
  countsTimeouts: true,
  rejectsWhileOpen: true,
  countsRejections: false,
  returnsProbes: true,
};

export const SLICE_US = 150_000;
type Timer = 'arrive' | 'timeout' | 'slice';
type Effects = Effect<Msg, Timer>[];
type Hand = Here<P>;

export const reaches = (results: readonly Outcome[], p: P): boolean =>
  results.length > 0 &&
  (results.filter((r) => r.failed).length >= p.failureThreshold * results.length ||
    results.filter((r) => r.slow).length >= p.slowThreshold * results.length);

export function caller(rules: Rules): Protocol<Caller, Msg, Timer, P> {
  const arriving = (s: Caller): Effects => {
    const us = s.gap();
    return us === undefined ? [] : [set('arrive', us)];
  };

  const settle = (
    s: Caller,
    id: number,
    outcome: Outcome | null,
    tally: Tally,
    here: Hand,
  ): [Caller, ...Effects] => {
    const call = s.open[id];
    if (!call) return [s];
    const { [id]: _, ...open } = s.open;
    const next: Caller = { ...s, open, tally };
    if (outcome !== null) return record(next, outcome, call.turn, here);
    // A probe that says nothing gives its place back, or a half-open breaker would wait for it for ever.
    const { breaker } = s;
    if (breaker.is !== 'half-open' || call.turn !== s.turn || !rules.returnsProbes) return [next];
    return [{ ...next, breaker: { ...breaker, admitted: breaker.admitted - 1 } }];
  };

  const record = (s: Caller, outcome: Outcome, turn: number, here: Hand): [Caller, ...Effects] => {
    const p = here.params;
    const seen: Caller = { ...s, results: s.results + 1, last: outcome };
    const { breaker } = s;
    if (p.breaker === 'off' || turn !== s.turn) return [seen];
    if (breaker.is === 'closed') {
      const window = [...breaker.window, outcome].slice(-p.window);
      const enough = window.length >= Math.min(p.minimumCalls, p.window) || !rules.waitsForMinimum;
      if (!enough || !reaches(window, p)) return [{ ...seen, breaker: { is: 'closed', window } }];
      return open(seen, here, `opens: ${worst(window)}`);
    }
    if (breaker.is === 'half-open') {
      const results = [...breaker.results, outcome];
      if (results.length < p.halfOpenCalls) return [{ ...seen, breaker: { ...breaker, results } }];
      if (reaches(results, p)) return open(seen, here, `opens again: ${worst(results)}`);
      return [
        { ...seen, turn: s.turn + 1, breaker: { is: 'closed', window: [] } },
        become('closed'),
        note(`closes: ${results.length} probes were answered well`),
      ];
    }
    return [seen];
  };

  const open = (s: Caller, here: Hand, why: string): [Caller, ...Effects] => [
    { ...s, turn: s.turn + 1, breaker: { is: 'open', until: here.uptime + here.params.openFor * 1000 } },
    become('open'),
    note(why),
  ];

  /** what the breaker makes of one more call */
  const admit = (s: Caller, here: Hand): [Caller, boolean, ...Effects] => {
    const { breaker } = s;
    if (here.params.breaker === 'off' || breaker.is === 'closed') return [s, true];
    if (breaker.is === 'open') {
      if (!rules.rejectsWhileOpen) return [s, true];
      if (here.uptime < breaker.until || !rules.halfOpens) return [s, false];
      const half: Caller = { ...s, turn: s.turn + 1, breaker: { is: 'half-open', admitted: 1, results: [] } };
      return [
        half,
        true,
        become('half-open'),
        note(`is half-open: lets ${here.params.halfOpenCalls} probes through`),
      ];
    }
    if (breaker.admitted >= here.params.halfOpenCalls && rules.limitsProbes) return [s, false];
    return [{ ...s, breaker: { ...breaker, admitted: breaker.admitted + 1 } }, true];
  };

  return {
    start(here) {
      // The gaps between calls come from a stream of their own: every policy meets the same calls.
      const gap = here.params.arrivals.start(stream(here.between(0, 2 ** 31 - 1), 'arrivals'));
      const none: Tally = { ok: 0, failed: 0, rejected: 0, wrong: 0, timedOut: 0 };
      const s: Caller = {
        breaker: { is: 'closed', window: [] },
        turn: 0,
        open: {},
        calls: 0,
        results: 0,
        last: null,
        tally: none,
        sliced: none,
        gap,
      };
      return [
        s,
        become(here.params.breaker === 'off' ? 'no breaker' : 'closed'),
        ...arriving(s),
        set('slice', SLICE_US),
      ];
    },
    on: {
      Call: (s) => [s],
      Answer(s, { id, result }, _from, here) {
        const call = s.open[id];
        if (!call) return [s];
        const slow = here.uptime - call.at >= here.params.slowCall * 1000;
        if (result === 'wrong') return settle(s, id, null, { ...s.tally, wrong: s.tally.wrong + 1 }, here);
        const failed = result === 'failed';
        const tally = failed
          ? { ...s.tally, failed: s.tally.failed + 1 }
          : { ...s.tally, ok: s.tally.ok + 1 };
        return settle(s, id, { failed, slow }, tally, here);
      },
    },
    after: {
      arrive(s, here) {
        const [admitted, goes, ...said] = admit(s, here);
        const id = s.calls + 1;
        if (!goes) {
          const tally = { ...s.tally, rejected: s.tally.rejected + 1 };
          const rejected: Caller = { ...admitted, calls: id, tally };
          if (!rules.countsRejections) return [rejected, ...said, ...arriving(s)];
          // The twin: a rejection taken for a failure keeps an open breaker open for ever.
          const until = here.uptime + here.params.openFor * 1000;
          return [{ ...rejected, breaker: { is: 'open', until } }, ...said, ...arriving(s)];
        }
        const dependency = here.part('dependency')[0]!;
        return [
          {
            ...admitted,
            calls: id,
            open: { ...admitted.open, [id]: { at: here.uptime, turn: admitted.turn } },
          },
          ...said,
          send(dependency, { type: 'Call', id }),
          later('timeout', here.params.timeout * 1000, id),
          ...arriving(s),
        ];
      },
      timeout(s, here, data) {
        const tally = { ...s.tally, failed: s.tally.failed + 1, timedOut: s.tally.timedOut + 1 };
        const outcome = rules.countsTimeouts ? { failed: true, slow: true } : { failed: false, slow: false };
        return settle(s, data as number, outcome, tally, here);
      },
      slice(s) {
        const rate = (of: (t: Tally) => number) => ((of(s.tally) - of(s.sliced)) * 1e6) / SLICE_US;
        return [
          { ...s, sliced: s.tally },
          sample(
            'answered well',
            rate((t) => t.ok),
          ),
          sample(
            'failed',
            rate((t) => t.failed),
          ),
          sample(
            'rejected',
            rate((t) => t.rejected),
          ),
          sample('waiting', Object.keys(s.open).length),
          set('slice', SLICE_US),
        ];
      },
    },
  };
}

const worst = (results: readonly Outcome[]): string => {
  const failed = results.filter((r) => r.failed).length;
  const slow = results.filter((r) => r.slow).length;
  return failed >= slow || failed === results.length
    ? `${failed} of the last ${results.length} calls failed`
    : `${slow} of the last ${results.length} calls were slow`;
};
