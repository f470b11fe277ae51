import { choice, distribution, flag, int, number, type Values } from '../../src/sim/params.ts';

export const params = {
  mode: choice({
    what: 'what is gossiped about: a rumour that shall reach everybody, or who is alive (SWIM)',
    choices: ['rumour', 'membership'],
    default: 'rumour',
  }),
  nodes: int({ what: 'nodes; a picture draws the first 20', unit: 'nodes', default: 10, min: 3, max: 60 }),
  exchange: choice({
    what: 'rumour: who tells whom. push: those who know tell; pull: everybody asks; push-pull: both at once',
    choices: ['push', 'pull', 'push-pull'],
    default: 'push',
  }),
  interval: number({ what: 'rumour: length of a round', unit: 'ms', default: 60, min: 5, max: 60000 }),
  together: flag({
    what: 'rumour: rounds begin together at all nodes, as in the theory; off: each has a phase of its own',
    default: true,
  }),
  interest: int({
    what: 'rumour, push: after telling somebody who knew, a node loses interest with probability 1/k; 0 for never',
    default: 0,
    min: 0,
    max: 10,
  }),
  story: choice({
    what: 'rumour: one write, a second one that replaces it, or its deletion',
    choices: ['write', 'rewrite', 'delete'],
    default: 'write',
  }),
  gap: number({
    what: 'rumour: time from the first to the second write or the deletion',
    unit: 'ms',
    default: 600,
    min: 0,
    max: 60000,
  }),
  period: number({
    what: 'membership: each node probes one other in each period',
    unit: 'ms',
    default: 100,
    min: 10,
    max: 60000,
  }),
  ackTimeout: number({
    what: 'membership: after this long without an answer others are asked to try',
    unit: 'ms',
    default: 40,
    min: 1,
    max: 60000,
  }),
  helpers: int({
    what: 'membership: how many others are asked (k of SWIM)',
    unit: 'nodes',
    default: 2,
    min: 0,
    max: 10,
  }),
  suspicion: flag({
    what: 'membership: suspect first, so that the suspect can refute; off: no answer means dead',
    default: true,
  }),
  suspicionTimeout: number({
    what: 'membership: a suspect that has not refuted for this long is declared dead',
    unit: 'ms',
    default: 700,
    min: 10,
    max: 600000,
  }),
  lifeguard: flag({
    what: 'membership: a node whose own probes fail first doubts itself and waits longer (local health)',
    default: false,
  }),
  latency: distribution({ what: 'one-way network delay', default: 'uniform:4:12', max: 10000 }),
  loss: number({ what: 'share of messages lost', unit: 'share', default: 0, min: 0, max: 0.9 }),
  duplicate: number({ what: 'share of messages delivered twice', unit: 'share', default: 0, min: 0, max: 1 }),
  duration: number({ what: 'length of the run', unit: 'ms', default: 1900, min: 50, max: 120000 }),
};

export type P = Values<typeof params>;

/** Pittel 1987: rounds until a pushed rumour is everywhere, up to a constant. */
export const pushRounds = (nodes: number): number => Math.log2(nodes) + Math.log(nodes);
