import { choice, distribution, int, number, type Values } from '../../src/sim/params.ts';

export const params = {
  mode: choice({
    what: 'cp: every operation needs a majority; ap: any replica answers by itself',
    choices: ['cp', 'ap'],
    default: 'cp',
  }),
  nodes: int({ what: 'replicas', default: 5, min: 1, max: 9, unit: 'nodes' }),
  merge: choice({
    what: 'for ap: what becomes of two versions that knew nothing of each other: the later clock wins, or both are kept',
    choices: ['lww', 'siblings'],
    default: 'lww',
  }),
  latency: distribution({ what: 'one-way delay of a message', default: 'uniform:5:15' }),
  near: distribution({
    what: 'one-way delay between a client and its replica',
    default: 'uniform:1:3',
  }),
  loss: number({ what: 'share of messages lost', default: 0, min: 0, max: 1, unit: 'share' }),
  sync: number({
    what: 'for ap: how often a replica sends what it has to the others',
    default: 120,
    min: 1,
    max: 600_000,
    unit: 'ms',
  }),
  quorumTimeout: number({
    what: 'for cp: time in which a majority must answer, else the request is refused',
    default: 80,
    min: 1,
    max: 60_000,
    unit: 'ms',
  }),
  clients: int({
    what: 'clients, each with a replica of its own',
    default: 3,
    min: 0,
    max: 9,
    unit: 'clients',
  }),
  think: distribution({ what: 'pause of a client between two operations', default: 'uniform:30:110' }),
  writes: number({ what: 'share of operations that write', default: 0.5, min: 0, max: 1, unit: 'share' }),
  keys: int({ what: 'registers', default: 1, min: 1, max: 3, unit: 'keys' }),
  patience: number({
    what: 'time after which a client gives up waiting',
    default: 150,
    min: 1,
    max: 60_000,
    unit: 'ms',
  }),
  settle: number({
    what: 'time before the end in which no operation begins',
    default: 300,
    min: 0,
    max: 600_000,
    unit: 'ms',
  }),
  duration: number({ what: 'length of the run', default: 1150, min: 10, max: 3_600_000, unit: 'ms' }),
} as const;

export type P = Values<typeof params>;
