import { choice, distribution, flag, int, number, type Values } from '../../src/sim/params.ts';

export const params = {
  multi: flag({
    what: 'a log of values for clients (Multi-Paxos) instead of a single value',
    default: false,
  }),
  proposers: int({
    what: 'proposers, each with a value of its own',
    default: 1,
    min: 1,
    max: 5,
    unit: 'nodes',
  }),
  acceptors: int({ what: 'acceptors, who decide by quorum', default: 3, min: 1, max: 9, unit: 'nodes' }),
  learners: int({
    what: 'learners, who want to know what was chosen',
    default: 1,
    min: 0,
    max: 4,
    unit: 'nodes',
  }),
  phase1: int({
    what: 'promises a proposer needs (phase 1); 0 for a majority of the acceptors',
    default: 0,
    min: 0,
    max: 9,
    unit: 'acceptors',
  }),
  phase2: int({
    what: 'acceptances that choose a value (phase 2); 0 for a majority of the acceptors',
    default: 0,
    min: 0,
    max: 9,
    unit: 'acceptors',
  }),
  unsafe: flag({
    what: 'allow phase-1 and phase-2 quorums that need not share an acceptor',
    default: false,
  }),
  backoff: choice({
    what: 'what a refused proposer does before its next ballot: nothing, or wait a random time that doubles',
    choices: ['none', 'random'],
    default: 'random',
  }),
  wait: distribution({ what: 'for backoff=random: the first wait', default: 'uniform:0:80' }),
  gap: number({
    what: 'pause between the first moves of one proposer and the next',
    default: 25,
    min: 0,
    max: 60_000,
    unit: 'ms',
  }),
  timeout: number({
    what: 'silence after which a proposer gives its ballot up and tries a higher one',
    default: 100,
    min: 1,
    max: 60_000,
    unit: 'ms',
  }),
  latency: distribution({ what: 'one-way delay of a message', default: 'uniform:8:14' }),
  fsync: distribution({
    what: 'time an acceptor takes to make a promise or an accepted value durable',
    default: 'fixed:2',
  }),
  loss: number({ what: 'share of messages lost', default: 0, min: 0, max: 1, unit: 'share' }),
  duplicate: number({ what: 'share of messages delivered twice', default: 0, min: 0, max: 1, unit: 'share' }),
  catchUp: number({
    what: 'how long a learner bears not knowing before it asks',
    default: 60,
    min: 1,
    max: 60_000,
    unit: 'ms',
  }),
  patience: distribution({
    what: 'for multi: silence of the leader after which another proposer takes over, drawn anew each time',
    default: 'uniform:120:220',
  }),
  heartbeat: number({
    what: 'for multi: pause between two signs of life of a leader',
    default: 40,
    min: 1,
    max: 60_000,
    unit: 'ms',
  }),
  clients: int({
    what: 'for multi: clients, one operation at a time each',
    default: 3,
    min: 0,
    max: 9,
    unit: 'clients',
  }),
  think: distribution({
    what: 'for multi: pause of a client between two operations',
    default: 'uniform:60:180',
  }),
  writes: number({
    what: 'for multi: share of the operations that write',
    default: 0.6,
    min: 0,
    max: 1,
    unit: 'share',
  }),
  retry: number({
    what: 'for multi: silence after which a client asks another proposer',
    default: 120,
    min: 1,
    max: 60_000,
    unit: 'ms',
  }),
  giveUp: number({
    what: 'for multi: time after which a client gives an operation up',
    default: 500,
    min: 1,
    max: 60_000,
    unit: 'ms',
  }),
  duration: number({ what: 'length of the run', default: 180, min: 10, max: 20_000, unit: 'ms' }),
} as const;

export type P = Values<typeof params>;

const majority = (n: number) => Math.floor(n / 2) + 1;
export const phase1 = (p: P): number => (p.phase1 === 0 ? majority(p.acceptors) : p.phase1);
export const phase2 = (p: P): number => (p.phase2 === 0 ? majority(p.acceptors) : p.phase2);

/** Every phase-1 quorum shares an acceptor with every phase-2 quorum: all that safety needs (Howard et al. 2016). */
export const intersects = (p: P): boolean => phase1(p) + phase2(p) > p.acceptors;

export function check(p: P): string | undefined {
  for (const [name, size] of [
    ['phase1', phase1(p)],
    ['phase2', phase2(p)],
  ] as const)
    if (size > p.acceptors)
      return `${name}=${size} asks for more than the ${p.acceptors} acceptors there are; set it to ${p.acceptors} at most, or acceptors to ${size}.`;
  if (!intersects(p) && !p.unsafe)
    return `phase1=${phase1(p)} and phase2=${phase2(p)} of ${p.acceptors} acceptors need not share one, so two values could be chosen: their sum must exceed ${p.acceptors}. Set unsafe=on to see it happen.`;
  if (p.multi && p.heartbeat * 2 > p.patience.mean)
    return `heartbeat (${p.heartbeat} ms) must be well below patience (${p.patience.text} ms), or a healthy leader is deposed; try heartbeat=${Math.max(1, Math.floor(p.patience.mean / 4))}.`;
  return undefined;
}
