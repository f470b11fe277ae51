import type { Preset } from '../../src/sim/scenario.ts';
import type { params } from './params.ts';

/** Situations, made by parameters and planned faults alone; the seeds were chosen among many for a readable picture. */
export const presets: Readonly<Record<string, Preset<typeof params>>> = {
  election: {
    title: 'Electing a leader',
    what: 'The first server whose patience ends asks for votes, wins a majority and proves it is alive by heartbeats.',
  },
  'split-vote': {
    title: 'A split vote',
    what: 'Servers stand at almost the same moment and nobody gets a majority; a random wait breaks the tie in a new term.',
    set: { electionTimeout: 'uniform:150:165' },
  },
  'leader-crash': {
    title: 'The leader crashes',
    what: 'Heartbeats stop, somebody’s patience ends, a new leader takes over with every committed entry.',
    faults: [
      { at: 430, fault: 'crash', nodes: ['@leader'] },
      { at: 830, fault: 'restart', nodes: ['@crashed'] },
    ],
  },
  partition: {
    title: 'A partition',
    what: 'The leader is cut off with a minority: it cannot commit, the majority elects another, and the old one yields.',
    faults: [
      { at: 430, fault: 'partition', groups: [['@leader', '@follower'], ['@rest']] },
      { at: 760, fault: 'heal' },
    ],
  },
  'log-repair': {
    title: 'Repairing logs',
    what: 'A leader alone with a client collects entries nobody else has; after healing they are removed, one step back at a time.',
    set: { duration: 1200, think: 'uniform:20:60', patience: 150, retry: 150, writes: 0.9 },
    faults: [
      {
        at: 380,
        fault: 'partition',
        groups: [
          ['@leader', '@follower', 'c1'],
          ['@rest', 'c2'],
        ],
      },
      { at: 800, fault: 'heal' },
    ],
  },
  'figure-8': {
    title: 'On a majority, yet not committed (figure 8)',
    what: 'An old leader’s entry reaches a majority under a new leader’s term. Only an entry of the new term commits it.',
    set: { duration: 1600, batch: 1, think: 'uniform:15:40', writes: 1, clients: 3, heartbeat: 40 },
    faults: [
      { at: 350, fault: 'partition', groups: [['@leader', '@follower'], ['@rest']] },
      { at: 400, fault: 'crash', nodes: ['@leader'] },
      { at: 410, fault: 'heal' },
    ],
  },
  'stale-leader-read': {
    title: 'A deposed leader answers',
    what: 'Reads are served without asking anybody: the client left with the old leader sees yesterday’s value.',
    set: { reads: 'local', duration: 1100, think: 'uniform:30:70' },
    faults: [
      {
        at: 400,
        fault: 'partition',
        groups: [
          ['@leader', 'c1'],
          ['@rest', 'c2'],
        ],
      },
    ],
  },
  'pre-vote': {
    title: 'A server returns from isolation',
    what: 'Cut off, it would have raised its term again and again; asking first, it comes back without disturbing anyone.',
    set: { preVote: true, duration: 1200 },
    faults: [
      { at: 350, fault: 'partition', groups: [['@follower'], ['@rest']] },
      { at: 900, fault: 'heal' },
    ],
  },
  membership: {
    title: 'Growing from three to five',
    what: 'Two servers join one at a time, each brought up to date first; then two of five can no longer decide alone.',
    set: { nodes: 3, spare: 2, change: 'grow', duration: 1400 },
    faults: [
      { at: 1000, fault: 'partition', groups: [['@leader', '@follower'], ['@rest']] },
      { at: 1300, fault: 'heal' },
    ],
  },
  snapshot: {
    title: 'Catching up by a snapshot',
    what: 'While a follower is away the leader compacts its log: what the follower lacks is no longer there to be sent.',
    set: { snapshotEvery: 5, duration: 1200, think: 'uniform:20:60', writes: 0.9 },
    faults: [
      { at: 300, fault: 'crash', nodes: ['@follower'] },
      { at: 850, fault: 'restart', nodes: ['@crashed'] },
    ],
  },
  'distinct-logs': {
    title: 'Only an up-to-date server can win',
    what: 'Each log is one entry longer than the last: servers refuse their vote to a candidate whose log ends before theirs.',
    set: { logs: 'distinct' },
  },
  'power-cut': {
    title: 'The whole cluster loses power',
    what: 'Every server crashes at once. What was acknowledged is on the disks of a majority, and that is where it comes back from.',
    set: { duration: 1400, nodes: 3 },
    faults: [
      { at: 450, fault: 'crash', nodes: ['n1', 'n2', 'n3'] },
      { at: 600, fault: 'restart', nodes: ['n1', 'n2', 'n3'] },
    ],
  },
  'lease-drift': {
    title: 'A lease and a slow clock',
    what: 'Reads under a lease need no round trip, until the leader’s clock runs at half speed and its lease outlives it.',
    set: { reads: 'lease', duration: 1100, think: 'uniform:30:70' },
    faults: [
      { at: 0, fault: 'clock', nodes: ['n1', 'n2'], driftPpm: -500_000 },
      {
        at: 400,
        fault: 'partition',
        groups: [
          ['@leader', 'c1'],
          ['@rest', 'c2'],
        ],
      },
    ],
  },
};
