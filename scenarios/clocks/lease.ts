import {
  become,
  type Effect,
  type Here,
  note,
  type Protocol,
  type Step,
  save,
  send,
  set,
} from '../../src/sim/protocol.ts';
import { type Correction, corrected, type Measured, offsetOf, uncorrected, wallClock } from './ntp.ts';
import type { P } from './params.ts';

/**
 * Taking turns with a lease (Gray & Cheriton, SOSP 1989), and what becomes of it when a clock is set.
 *
 *   Acquire  holder → lock     "I want it." Counted from here, so the holder’s lease ends before the lock’s
 *   Granted  lock → holder     number and length; on disk before it is said
 *   Busy     lock → holder     somebody has it
 *   Poll, Time                 see ntp.ts
 */
export type LeaseMessage =
  | { readonly type: 'Acquire'; readonly ask: number }
  | { readonly type: 'Granted'; readonly ask: number; readonly grant: number; readonly us: number }
  | { readonly type: 'Busy'; readonly ask: number }
  | { readonly type: 'Poll'; readonly t0: number }
  | { readonly type: 'Time'; readonly t0: number; readonly t1: number; readonly t2: number };

const deaf = {
  Acquire: <S>(s: S): readonly [S] => [s],
  Granted: <S>(s: S): readonly [S] => [s],
  Busy: <S>(s: S): readonly [S] => [s],
  Poll: <S>(s: S): readonly [S] => [s],
  Time: <S>(s: S): readonly [S] => [s],
};

export interface TimeState {
  readonly kind: 'time';
}

/** The clock everybody goes by. */
export const timeServer: Protocol<TimeState, LeaseMessage, never, P> = {
  start: () => [{ kind: 'time' }, become('true time')],
  on: {
    ...deaf,
    Poll: (s, m, from, here) => [
      s,
      send(from, { type: 'Time', t0: m.t0, t1: here.clock, t2: here.clock } as const, 'time'),
    ],
  },
  after: {},
};

export interface LockState {
  readonly kind: 'lock';
  /** number of the newest grant, from 1 */
  readonly grant: number;
  readonly holder: string | null;
}

/** Grants one lease at a time and measures it by its oscillator. */
export const lock: Protocol<LockState, LeaseMessage, 'over', P> = {
  start(here, disk) {
    const state = (disk as LockState | undefined) ?? { kind: 'lock', grant: 0, holder: null };
    if (!state.holder) return [state, become('free')];
    // How long it was down it cannot know: the lease it granted may have just begun.
    return [
      state,
      become('lease granted', `${state.holder} #${state.grant}`),
      set('over', here.params.lease * 1000),
    ];
  },
  on: {
    ...deaf,
    Acquire(s, m, from, here) {
      if (s.holder) return [s, send(from, { type: 'Busy', ask: m.ask } as const, 'busy')];
      const grant = s.grant + 1;
      const us = here.params.lease * 1000;
      const next: LockState = { ...s, grant, holder: from };
      return [
        next,
        set('over', us),
        save(next),
        become('lease granted', `${from} #${grant}`),
        send(from, { type: 'Granted', ask: m.ask, grant, us } as const, `#${grant}`),
      ];
    },
  },
  after: {
    over(s) {
      const next: LockState = { ...s, holder: null };
      return [next, save(next), become('free'), note(`lease #${s.grant} of ${s.holder} is over`)];
    },
  },
};

export interface HolderState {
  readonly kind: 'holder';
  readonly correction: Correction;
  /** the last question to the time server and what came of it */
  readonly polled: number | null;
  readonly measured: Measured | null;
  /** the question under way: its number, and both clocks when it left */
  readonly asked: { readonly ask: number; readonly wall: number; readonly mono: number } | null;
  /** the lease it believes to hold, and when it began by both clocks */
  readonly lease: {
    readonly grant: number;
    readonly wall: number;
    readonly mono: number;
    readonly us: number;
  } | null;
  /** the piece of work under way */
  readonly work: { readonly piece: number; readonly wall: number; readonly mono: number } | null;
  /** the last piece of work it finished, and under which lease */
  readonly acted: { readonly piece: number; readonly grant: number } | null;
  /** µs it measured for the last piece */
  readonly took: { readonly piece: number; readonly us: number } | null;
}

/** What a twin may break. */
export interface HolderRules {
  /** when a lease begins: when it was asked for */
  readonly countsFromAsking: boolean;
  /** it looks at its clock before each piece of work */
  readonly looks: boolean;
  /** a piece of work is measured by the clock that the parameter names */
  readonly heedsTimer: boolean;
  offset(t0: number, t1: number, t2: number, t3: number): number;
}

export const holderRules: HolderRules = {
  countsFromAsking: true,
  looks: true,
  heedsTimer: true,
  offset: offsetOf,
};

type Timer = 'ask' | 'work' | 'end' | 'poll';
type Next = Step<HolderState, LeaseMessage, Timer>;
type Effects = Effect<LeaseMessage, Timer>[];

const RETRY_US = 45_000;
const ms = (us: number) => `${Math.round(us / 1000)} ms`;

export function holder(rules: HolderRules = holderRules): Protocol<HolderState, LeaseMessage, Timer, P> {
  const clocks = (s: HolderState, here: Here<P>) => ({
    wall: wallClock(s.correction, here),
    mono: here.uptime,
  });
  /** µs of the lease left by the clock it trusts, the margin taken off */
  const left = (s: HolderState, here: Here<P>): number => {
    if (!s.lease) return 0;
    const now = clocks(s, here);
    const { timer, margin } = here.params;
    const gone = timer === 'wall' ? now.wall - s.lease.wall : now.mono - s.lease.mono;
    return s.lease.us - margin * 1000 - gone;
  };
  const stop = (s: HolderState): Next => [
    { ...s, lease: null, work: null },
    become('waiting for it'),
    ...(s.lease ? [note(`considers lease #${s.lease.grant} over`)] : []),
    set('ask', RETRY_US),
  ];
  const begin = (s: HolderState, here: Here<P>): Next => {
    const piece = here.unique();
    return [{ ...s, work: { piece, ...clocks(s, here) } }, set('work', here.draw(here.params.think), piece)];
  };
  const ends = (here: Here<P>) => here.uptime > (here.params.duration - here.params.settle) * 1000;

  return {
    start: (here) => [
      {
        kind: 'holder',
        correction: uncorrected,
        polled: null,
        measured: null,
        asked: null,
        lease: null,
        work: null,
        acted: null,
        took: null,
      },
      become('waiting for it'),
      set('ask', here.draw(here.params.think)),
      set('poll', here.params.poll * 1000),
    ],
    on: {
      ...deaf,
      Granted(s, m, _from, here) {
        if (s.asked?.ask !== m.ask) return [s];
        const since = rules.countsFromAsking ? { wall: s.asked.wall, mono: s.asked.mono } : clocks(s, here);
        const lease = { grant: m.grant, us: m.us, ...since };
        const [next, ...effects] = begin({ ...s, asked: null, lease }, here);
        const rest = left(next, here);
        if (rest <= 0) return stop({ ...s, asked: null });
        return [
          next,
          become('holds the lease', `#${m.grant}`),
          note(`takes lease #${m.grant}`),
          set('end', rest),
          ...effects,
        ];
      },
      Busy: (s, m) => (s.asked?.ask === m.ask ? [{ ...s, asked: null }, set('ask', RETRY_US)] : [s]),
      Time(s, m, _from, here) {
        if (s.polled !== m.t0) return [s];
        const t3 = clocks(s, here).wall;
        const offset = rules.offset(m.t0, m.t1, m.t2, t3);
        const roundTrip = t3 - m.t0 - (m.t2 - m.t1);
        const { next, steps } = corrected(s.correction, offset, here);
        const measured: Measured = { offset, roundTrip, correction: t3 - here.clock };
        const effects: Effects = [];
        if (steps) {
          const far = ms(Math.abs(offset));
          effects.push(note(`is ${far} ${offset < 0 ? 'ahead' : 'behind'} by NTP and steps its wall clock`));
          if (s.lease)
            effects.push(become('holds the lease', `#${s.lease.grant}, ${offset < 0 ? '−' : '+'}${far}`));
        }
        return [{ ...s, polled: null, measured, correction: next }, ...effects];
      },
    },
    after: {
      ask(s, here) {
        if (s.lease || ends(here)) return [s];
        const ask = here.unique();
        return [
          { ...s, asked: { ask, ...clocks(s, here) } },
          send<LeaseMessage>('lock', { type: 'Acquire', ask }, 'acquire'),
          // An answer that never comes must not stop it for good.
          set('ask', 4 * RETRY_US),
        ];
      },
      work(s, here, piece) {
        const { work, lease } = s;
        if (!work || work.piece !== piece || !lease) return [s];
        const now = clocks(s, here);
        const mono = now.mono - work.mono;
        const byWall = here.params.timer === 'wall' || !rules.heedsTimer;
        const us = byWall ? now.wall - work.wall : mono;
        const took = { piece: work.piece, us };
        const story: Effects =
          us < 0
            ? [
                note(
                  `measures ${ms(us)} for a piece of work by its wall clock, ${ms(mono)} by its oscillator`,
                ),
              ]
            : [];
        const done: HolderState = { ...s, work: null, took };
        if (rules.looks && left(done, here) <= 0) {
          const [next, ...effects] = stop(done);
          return [next, ...story, ...effects];
        }
        const acted: HolderState = { ...done, acted: { piece: work.piece, grant: lease.grant } };
        const [next, ...effects] = begin(acted, here);
        return [next, ...story, ...effects];
      },
      end(s, here) {
        if (!s.lease) return [s];
        const rest = left(s, here);
        if (!rules.looks) return [s];
        return rest > 0 ? [s, set('end', rest)] : stop(s);
      },
      poll(s, here) {
        if (ends(here)) return [s];
        const t0 = clocks(s, here).wall;
        return [
          { ...s, polled: t0 },
          send<LeaseMessage>('ntp', { type: 'Poll', t0 }, 'poll'),
          set('poll', here.params.poll * 1000),
        ];
      },
    },
  };
}
