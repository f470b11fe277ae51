import type { Monitor, Property } from '../../src/sim/scenario.ts';
import { durations, halfRoundTrip, isLease, oneHolder } from './judge-lease.ts';
import { agree, beatsSeen, external, isRegister, laterWins, lostWrites, waits } from './judge-register.ts';
import {
  badClockOut,
  causeFirst,
  isHybrid,
  monotone,
  notAhead,
  notBehind,
  onlyCause,
} from './judge-stamps.ts';
import type { P } from './params.ts';
import { isState } from './states.ts';

const seen = (what: string, judged: (p: P) => boolean, monitor: (p: P) => Monitor): Property<P> => ({
  kind: 'sometimes',
  what,
  judged,
  monitor,
});

const tie = seen(
  'A hybrid stamp needs its counter: more happened than its clock could tell apart.',
  isHybrid,
  () => ({
    changed: (node, _before, after: unknown) =>
      isState(after) && after.kind === 'process' && (after.stamp[1] ?? 0) > 0 ? `${node} counts` : undefined,
  }),
);

const stepped = seen('NTP sets a clock at once.', isLease, () => ({
  changed: (node, _before, after: unknown) =>
    isState(after) && after.kind === 'holder' && after.correction.from !== 0
      ? `${node} steps its clock`
      : undefined,
}));

const lost = seen(
  'An acknowledged write is given up for an older one.',
  (p) => isRegister(p) && !waits(p),
  (p) => lostWrites(p, (text) => text),
);

export const properties = {
  'a cause is stamped before its effect': causeFirst,
  'a smaller stamp means a cause': onlyCause,
  'stamps never go back': monotone,
  'not behind the wall clock': notBehind,
  'not ahead of every clock': notAhead,
  'a bad clock is kept out': badClockOut,
  'external consistency': external,
  'the later write wins': laterWins,
  'a write beats what its client saw': beatsSeen,
  converged: agree,
  'one holder at a time': oneHolder,
  'durations are true': durations,
  'NTP errs by half a round trip at most': halfRoundTrip,
  'the counter breaks a tie': tie,
  'a clock is set': stepped,
  'a later write loses': lost,
};
