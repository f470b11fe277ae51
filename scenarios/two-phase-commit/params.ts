import { choice, distribution, flag, int, number, type Values } from '../../src/sim/params.ts';

export const params = {
  participants: int({ what: 'databases that take part', unit: 'nodes', default: 3, min: 1, max: 8 }),
  clients: int({
    what: 'applications that start transactions',
    unit: 'clients',
    default: 1,
    min: 1,
    max: 4,
  }),
  transactions: int({
    what: 'transactions of one application, one after another',
    default: 1,
    min: 1,
    max: 20,
  }),
  readers: int({
    what: 'local clients that read one row at one participant, the one every transaction writes',
    unit: 'clients',
    default: 1,
    min: 0,
    max: 4,
  }),
  refuse: int({
    what: 'number of the participant that votes no, 0 for none',
    default: 0,
    min: 0,
    max: 8,
  }),
  noRate: number({ what: 'share of votes that are no', unit: 'share', default: 0, min: 0, max: 1 }),
  presume: choice({
    what: 'what a coordinator without a record concludes: abort, so that aborts cost no forced write; or nothing, so that everything is forced and acknowledged',
    choices: ['abort', 'nothing'],
    default: 'abort',
  }),
  cooperative: flag({
    what: 'cooperative termination: a participant in doubt asks the other participants too',
    default: false,
  }),
  timeout: number({
    what: 'the coordinator aborts what is not fully voted for after this long',
    unit: 'ms',
    default: 130,
    min: 1,
    max: 60000,
  }),
  unasked: number({
    what: 'a participant that has not voted aborts alone after this long',
    unit: 'ms',
    default: 85,
    min: 1,
    max: 60000,
  }),
  doubt: number({
    what: 'a participant that voted yes asks for the decision after this long, again and again',
    unit: 'ms',
    default: 60,
    min: 1,
    max: 60000,
  }),
  resend: number({
    what: 'the coordinator repeats an unacknowledged decision after this long',
    unit: 'ms',
    default: 60,
    min: 1,
    max: 60000,
  }),
  latency: distribution({ what: 'one-way network delay', default: 'uniform:4:9', max: 10000 }),
  loss: number({ what: 'share of messages lost', unit: 'share', default: 0, min: 0, max: 0.9 }),
  duplicate: number({ what: 'share of messages delivered twice', unit: 'share', default: 0, min: 0, max: 1 }),
  disk: distribution({ what: 'time a forced log write takes', default: 'uniform:3:6', max: 10000 }),
  work: distribution({
    what: 'time a participant takes to execute its part before the vote',
    default: 'uniform:8:16',
    max: 10000,
  }),
  think: distribution({
    what: 'pause of an application before each transaction',
    default: 'uniform:10:25',
    max: 60000,
  }),
  readEvery: distribution({
    what: 'pause of a reader between two reads',
    default: 'uniform:40:90',
    max: 60000,
  }),
  patience: number({
    what: 'how long a client waits for an answer',
    unit: 'ms',
    default: 600,
    min: 1,
    max: 60000,
  }),
  duration: number({ what: 'length of the run', unit: 'ms', default: 260, min: 50, max: 60000 }),
};

export type P = Values<typeof params>;
