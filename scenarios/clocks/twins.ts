import type { Twin } from '../../src/sim/scenario.ts';
import { holder, holderRules } from './lease.ts';
import type { params } from './params.ts';
import { type ProcessRules, process, processRules } from './process.ts';
import { type RegisterRules, register, registerRules } from './register.ts';
import { bump, less, type Scheme, schemes } from './stamps.ts';

type T = Twin<typeof params>;

const processes = (changes: Partial<ProcessRules>) => ({ process: process({ ...processRules, ...changes }) });
const scheme = (base: Scheme, changes: Partial<Scheme>) => processes({ scheme: { ...base, ...changes } });
const registers = (changes: Partial<RegisterRules>) => ({
  replica: register({ ...registerRules, ...changes }),
});
const holders = (changes: Partial<typeof holderRules>) => ({
  holder: holder({ ...holderRules, ...changes }),
});

const { lamport, vector, hybrid } = schemes;
const cause = 'a cause is stamped before its effect';

export const twins: Readonly<Record<string, T>> = {
  'lamport-no-max': {
    what: 'on receive a process adds one to its own count and ignores the message’s',
    breaks: cause,
    parts: scheme(lamport, { receive: (own) => [own[0]! + 1] }),
    preset: 'lamport',
  },
  'lamport-max-only': {
    what: 'on receive a process takes the maximum and forgets to add one',
    breaks: cause,
    parts: scheme(lamport, { receive: (own, theirs) => [Math.max(own[0]!, theirs[0]!)] }),
    preset: 'lamport',
  },
  'lamport-forgets-own-events': {
    what: 'only receiving counts; an event of its own does not',
    breaks: cause,
    parts: scheme(lamport, { tick: (own) => own }),
    preset: 'lamport',
  },
  'lamport-not-persisted': {
    what: 'the count is kept in memory: after a restart it begins again',
    breaks: cause,
    parts: processes({ persists: false }),
    preset: 'restart',
  },
  'vector-overwrites': {
    what: 'on receive a process takes the message’s vector instead of the maximum of both',
    breaks: cause,
    parts: scheme(vector, {
      receive: (own, theirs, see) =>
        bump(
          theirs.map((n, i) => (i === see.slot ? own[i]! : n)),
          see.slot,
        ),
    }),
    preset: 'vector',
  },
  'vector-shared-slot': {
    what: 'two processes count in the same slot',
    breaks: 'a smaller stamp means a cause',
    parts: scheme(vector, {
      tick: (own, see) => bump(own, Math.min(see.slot, own.length - 2)),
      receive: (own, theirs, see) =>
        vector.receive(own, theirs, { ...see, slot: Math.min(see.slot, own.length - 2) }),
    }),
    preset: 'vector',
  },
  'hybrid-no-counter': {
    what: 'the counter is always 0',
    breaks: cause,
    parts: scheme(hybrid, {
      tick: (own, see) => [Math.max(own[0]!, see.pt), 0],
      receive: (own, theirs, see) => [Math.max(own[0]!, theirs[0]!, see.pt), 0],
    }),
    preset: 'hybrid',
  },
  'hybrid-resets-counter': {
    what: 'on receive the counter starts again at 0 although l stays the same',
    breaks: cause,
    parts: scheme(hybrid, { receive: (own, theirs, see) => [Math.max(own[0]!, theirs[0]!, see.pt), 0] }),
    preset: 'hybrid',
  },
  'hybrid-drops-l': {
    what: 'l is taken from the wall clock and the message, its own old value is forgotten',
    breaks: 'stamps never go back',
    parts: scheme(hybrid, {
      tick: (own, see) => [see.pt, see.pt === own[0] ? own[1]! + 1 : 0],
      receive: (own, theirs, see) => hybrid.receive([0, own[1]!], theirs, see),
    }),
    preset: 'hybrid',
  },
  'hybrid-ignores-clock': {
    what: 'on receive only the two stamps are looked at, not the wall clock',
    breaks: 'not behind the wall clock',
    parts: scheme(hybrid, { receive: (own, theirs, see) => hybrid.receive(own, theirs, { ...see, pt: 0 }) }),
    preset: 'hybrid',
  },
  'hybrid-ticks-l': {
    what: 'where the counter should grow, l does',
    breaks: 'not ahead of every clock',
    parts: scheme(hybrid, {
      tick: (own, see) => [Math.max(own[0]! + 1, see.pt), 0],
      receive: (own, theirs, see) => [Math.max(own[0]! + 1, theirs[0]! + 1, see.pt), 0],
    }),
    preset: 'hybrid',
  },
  'hybrid-believes-anything': {
    what: 'a stamp is taken over however far ahead it is',
    breaks: 'a bad clock is kept out',
    parts: processes({ refuses: false }),
    preset: 'hybrid',
    set: { maxAhead: 40 },
  },
  'session-forgotten': {
    what: 'a replica ignores the stamp its client has seen',
    breaks: 'a write beats what its client saw',
    parts: registers({ heedsClient: false }),
    preset: 'skew',
    set: { clock: 'hybrid', think: 'uniform:1:10' },
  },
  'no-tie-break': {
    what: 'of two versions with the same stamp each replica keeps its own: the order is not total',
    breaks: 'converged',
    parts: registers({ wins: (theirs, mine, clock) => less(mine.stamp, theirs.stamp, clock) }),
    preset: 'skew',
    set: { clock: 'lamport', think: 'uniform:5:20' },
  },
  'commits-at-once': {
    what: 'a write is acknowledged without waiting for its stamp to pass',
    breaks: 'external consistency',
    parts: registers({ waits: () => 0 }),
    preset: 'commit-wait',
  },
  'stamps-earliest': {
    what: 'the stamp is the earliest time it could be, not the latest',
    breaks: 'external consistency',
    parts: registers({ stampOf: (clockUs, uncertaintyUs) => clockUs - uncertaintyUs }),
    preset: 'commit-wait',
  },
  'waits-for-latest': {
    what: 'the wait ends when the latest time it could be has passed the stamp',
    breaks: 'the later write wins',
    parts: registers({
      waits: (stampMs, clockUs, uncertaintyUs) => stampMs * 1000 - (clockUs + uncertaintyUs) + 1,
    }),
    preset: 'commit-wait',
  },
  'counts-from-the-answer': {
    what: 'a holder counts its lease from when it hears of it',
    breaks: 'one holder at a time',
    parts: holders({ countsFromAsking: false }),
    preset: 'ntp-step',
    set: { timer: 'monotonic', margin: 0, think: 'uniform:1:4', latency: 'uniform:2:40' },
  },
  'never-looks-again': {
    what: 'a holder does not look at its clock before it works',
    breaks: 'one holder at a time',
    parts: holders({ looks: false }),
    preset: 'ntp-step',
    set: { timer: 'monotonic' },
  },
  'measures-by-the-time-of-day': {
    what: 'the lease is kept by the monotonic clock, but work is still timed by the wall clock',
    breaks: 'durations are true',
    parts: holders({ heedsTimer: false }),
    preset: 'ntp-step',
    set: { timer: 'monotonic' },
  },
  'ignores-the-way': {
    what: 'the offset is the server’s time minus the time the question left, with no account of the way',
    breaks: 'NTP errs by half a round trip at most',
    parts: holders({ offset: (t0, t1) => t1 - t0 }),
    preset: 'ntp-step',
  },
};
