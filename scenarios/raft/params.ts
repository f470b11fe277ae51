import { choice, distribution, flag, int, number, type Values } from '../../src/sim/params.ts';

export const params = {
  nodes: int({ what: 'servers in the cluster when it starts', default: 5, min: 1, max: 15, unit: 'nodes' }),
  electionTimeout: distribution({
    what: 'silence after which a follower stands for election, drawn anew at every reset',
    default: 'uniform:150:300',
  }),
  heartbeat: number({
    what: 'longest pause between two messages of a leader',
    default: 50,
    min: 1,
    max: 60_000,
    unit: 'ms',
  }),
  latency: distribution({ what: 'one-way delay of a message', default: 'uniform:5:15' }),
  voteDelay: distribution({ what: 'time to make a vote durable before it is answered', default: 'fixed:2' }),
  fsync: distribution({ what: 'time to make log entries or a new term durable', default: 'fixed:0.2' }),
  loss: number({ what: 'share of messages lost', default: 0, min: 0, max: 1, unit: 'share' }),
  duplicate: number({ what: 'share of messages delivered twice', default: 0, min: 0, max: 1, unit: 'share' }),
  preVote: flag({
    what: 'a would-be candidate first asks, without a new term, whether it would win',
    default: false,
  }),
  logs: choice({
    what: 'logs at the start: equal (empty), or each server one entry longer than the one before it',
    choices: ['equal', 'distinct'],
    default: 'equal',
  }),
  reads: choice({
    what: 'how a leader makes sure that a read is current',
    choices: ['read-index', 'lease', 'local'],
    default: 'read-index',
  }),
  lease: number({
    what: 'for reads=lease: how long a leader trusts its lease, as a share of the shortest election timeout; from 1 on it is not safe',
    default: 0.9,
    min: 0,
    max: 10,
    unit: 'share',
  }),
  backtrack: choice({
    what: 'how a leader finds where a follower’s log departs: one entry at a time, or one term at a time',
    choices: ['entry', 'term'],
    default: 'entry',
  }),
  batch: int({
    what: 'entries in one AppendEntries at most',
    default: 64,
    min: 1,
    max: 1000,
    unit: 'entries',
  }),
  snapshotEvery: int({
    what: 'entries applied before the log is replaced by a snapshot; 0 for never',
    default: 0,
    min: 0,
    max: 100_000,
    unit: 'entries',
  }),
  spare: int({
    what: 'further servers, outside the cluster until they are added',
    default: 0,
    min: 0,
    max: 4,
    unit: 'nodes',
  }),
  change: choice({
    what: 'what the operator does to the membership, one server at a time',
    choices: ['none', 'grow', 'remove-leader'],
    default: 'none',
  }),
  changeAt: number({ what: 'when the operator begins', default: 400, min: 0, max: 600_000, unit: 'ms' }),
  clients: int({
    what: 'clients, one operation at a time each',
    default: 2,
    min: 0,
    max: 9,
    unit: 'clients',
  }),
  think: distribution({ what: 'pause of a client between two operations', default: 'uniform:40:160' }),
  readers: int({ what: 'of the clients, those that only read', default: 0, min: 0, max: 9, unit: 'clients' }),
  writes: number({
    what: 'share of the other clients’ operations that write',
    default: 0.5,
    min: 0,
    max: 1,
    unit: 'share',
  }),
  keys: int({ what: 'registers the clients use', default: 1, min: 1, max: 5, unit: 'keys' }),
  retry: number({
    what: 'silence after which a client asks another server',
    default: 100,
    min: 1,
    max: 60_000,
    unit: 'ms',
  }),
  patience: number({
    what: 'time after which a client gives an operation up',
    default: 200,
    min: 1,
    max: 60_000,
    unit: 'ms',
  }),
  duration: number({ what: 'length of the run', default: 1000, min: 10, max: 3_600_000, unit: 'ms' }),
} as const;

export type P = Values<typeof params>;

/** µs a healthy leader is never silent for; the least of the election timeouts */
export const minimumTimeout = (p: P): number => Math.round(p.electionTimeout.sample(() => 0) * 1000);
