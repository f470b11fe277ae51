import type { Twin } from '../../src/sim/scenario.ts';
import type { params } from './params.ts';
import { parts } from './protocol.ts';
import { type Rules, rules } from './rules.ts';

/** Paxos with one rule removed. Each is a mistake that somebody has made. */
const broken = (changes: Partial<Rules>) => parts({ ...rules, ...changes });

export const twins: Readonly<Record<string, Twin<typeof params>>> = {
  'forgets-promises': {
    what: 'a restarted acceptor remembers what it accepted, but not what it promised',
    breaks: 'promises survive restarts',
    parts: broken({
      recall: ({ accepted }) => ({
        accepted,
        promised: Math.max(0, ...Object.values(accepted).map((v) => v.ballot)),
      }),
    }),
    preset: 'acceptor-crash',
    set: { gap: 0 },
  },
  'forgets-all': {
    what: 'an acceptor keeps nothing on disk: it restarts as new',
    breaks: 'only one value is chosen',
    parts: broken({ recall: () => ({ promised: 0, accepted: {} }) }),
    preset: 'acceptor-crash',
  },
  'answers-before-writing': {
    what: 'answers leave before what they tell is on disk',
    breaks: 'promises survive restarts',
    parts: broken({ persistFirst: false }),
    preset: 'acceptor-crash',
    set: { fsync: 'fixed:60', timeout: 400, duration: 600 },
  },
  'own-value': {
    what: 'a proposer proposes its own value, whatever acceptors report',
    breaks: 'a chosen value stays chosen',
    parts: broken({ propose: (_reported, own) => own }),
    preset: 'acceptor-crash',
  },
  'any-reported-value': {
    what: 'a proposer takes the first value reported, not the one with the highest ballot',
    breaks: 'only one value is chosen',
    parts: broken({ propose: (reported, own) => reported[0]?.command ?? own }),
    preset: 'dueling',
    set: { proposers: 3, backoff: 'random', latency: 'exp:15', loss: 0.15, duration: 3000 },
  },
  'same-numbers': {
    what: 'proposers number their ballots 1, 2, 3 … each for itself',
    breaks: 'one value per ballot',
    parts: broken({ ballot: (above) => above + 1, mayPromise: (ballot, promised) => ballot >= promised }),
    preset: 'dueling',
    set: { gap: 5, latency: 'uniform:5:15' },
  },
  'accepts-anything': {
    what: 'an acceptor accepts a ballot lower than it promised',
    breaks: 'a chosen value stays chosen',
    parts: broken({ mayAccept: () => true }),
    preset: 'dueling',
    set: { latency: 'uniform:5:25', backoff: 'random' },
  },
  'half-is-enough': {
    what: 'half of the acceptors counts as a quorum in both phases',
    breaks: 'only one value is chosen',
    parts: broken({
      phase1: (p) => Math.ceil(p.acceptors / 2),
      phase2: (p) => Math.ceil(p.acceptors / 2),
    }),
    preset: 'dueling',
    set: { acceptors: 4, phase2: 2, phase1: 3, latency: 'exp:15' },
  },
  'no-intersection': {
    what: 'phase 1 asks two of five and phase 2 two of five: the quorums need not meet',
    breaks: 'only one value is chosen',
    parts: {},
    preset: 'dueling',
    set: { acceptors: 5, phase1: 2, phase2: 2, unsafe: true, latency: 'exp:15' },
  },
  'counts-across-ballots': {
    what: 'a learner adds up equal values that were accepted under different ballots',
    breaks: 'learned means chosen',
    parts: broken({ together: () => true }),
    preset: 'dueling',
    set: { proposers: 3, acceptors: 5, backoff: 'random', latency: 'exp:15', loss: 0.2, duration: 2000 },
  },
  'makes-one-up': {
    what: 'a proposer that hears of a value joins its own to it, to please both',
    breaks: 'only what was proposed',
    parts: broken({
      propose: (reported, own) => (reported[0] ? { id: `${reported[0].command.id}+${own.id}` } : own),
    }),
    preset: 'acceptor-crash',
  },
  'applies-as-it-comes': {
    what: 'a slot is applied as soon as it is chosen',
    breaks: 'applied in order',
    parts: broken({ inOrder: false }),
    preset: 'multi',
  },
  'leaves-gaps': {
    what: 'a new leader does not fill the slots nobody reported',
    breaks: 'operations succeed again',
    parts: broken({ fillsGaps: false }),
    preset: 'multi',
    set: { duration: 2500 },
  },
  'local-reads': {
    what: 'a leader answers reads from its own copy',
    breaks: 'linearizable',
    parts: broken({ readsThroughLog: false }),
    preset: 'multi',
    set: { retry: 60 },
  },
  'never-asks': {
    what: 'a learner waits to be told and never asks for what it missed',
    breaks: 'learners catch up',
    parts: broken({ catchesUp: false }),
    preset: 'learner-lag',
    set: { duration: 2500 },
  },
  'never-waits': {
    what: 'a refused proposer tries again at once, though it was told to wait a random time',
    breaks: 'a value is chosen and learned',
    parts: broken({ wait: () => 0 }),
    preset: 'dueling',
    set: { backoff: 'random', duration: 2500 },
  },
};
