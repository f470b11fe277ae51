import { choice, distribution, flag, int, number, type Values } from '../../src/sim/params.ts';

export const params = {
  type: choice({
    what: 'the replicated data type',
    choices: ['g-counter', 'pn-counter', 'or-set', 'lww-register'],
    default: 'g-counter',
  }),
  sync: choice({
    what: 'what a replica sends: its whole state, or only what the other lacks by its own last word (delta)',
    choices: ['state', 'delta'],
    default: 'state',
  }),
  nodes: int({ what: 'replicas', default: 4, min: 2, max: 8, unit: 'nodes' }),
  clients: int({
    what: 'clients, each at a replica of its own',
    default: 3,
    min: 0,
    max: 8,
    unit: 'clients',
  }),
  think: distribution({ what: 'pause of a client between two operations', default: 'uniform:70:170' }),
  reads: number({ what: 'share of operations that read', default: 0.2, min: 0, max: 1, unit: 'share' }),
  gossip: number({
    what: 'time between two messages of a replica, to one other after the other; drawn from half to one and a half of it',
    default: 40,
    min: 1,
    max: 600_000,
    unit: 'ms',
  }),
  latency: distribution({ what: 'one-way delay of a message', default: 'uniform:5:20' }),
  near: distribution({ what: 'one-way delay between a client and its replica', default: 'uniform:1:3' }),
  loss: number({ what: 'share of messages lost', default: 0, min: 0, max: 1, unit: 'share' }),
  duplicate: number({
    what: 'share of messages that arrive twice',
    default: 0,
    min: 0,
    max: 1,
    unit: 'share',
  }),
  floor: flag({
    what: 'for pn-counter: a replica refuses to go below zero, by what it knows itself',
    default: false,
  }),
  collect: flag({
    what: 'for or-set: tombstones are dropped once every replica is known to have them',
    default: true,
  }),
  resolution: number({
    what: 'for lww-register: the clock that stamps writes moves in steps of this',
    default: 1,
    min: 0.001,
    max: 60_000,
    unit: 'ms',
  }),
  settle: number({
    what: 'time before the end in which no operation begins',
    default: 650,
    min: 0,
    max: 600_000,
    unit: 'ms',
  }),
  duration: number({ what: 'length of the run', default: 1250, min: 10, max: 600_000, unit: 'ms' }),
} as const;

export type P = Values<typeof params>;

export function check(p: P): string | undefined {
  if (p.settle >= p.duration)
    return `settle (${p.settle} ms) must be shorter than duration (${p.duration} ms), or no operation ever begins.`;
  if (p.floor && p.type !== 'pn-counter')
    return `floor=on is about a counter that goes down and needs type=pn-counter; got ${p.type}.`;
  return undefined;
}
