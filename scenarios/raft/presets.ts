import type { Preset } from '../../src/sim/scenario.ts';
import type { params } from './params.ts';

/** Situations, made by parameters and planned faults alone; the seeds were chosen among many for a readable picture. */
export const presets: Readonly<Record<string, Preset<typeof params>>> = {
  election: {
    title: 'Electing a leader',
    seed: 2,
    what: 'The first server whose patience ends asks for votes, wins a majority and proves it is alive by heartbeats.',
  },
  'split-vote': {
    title: 'A split vote',
    seed: 11,
    what: 'Servers stand at almost the same moment and nobody gets a majority; a random wait breaks the tie in a new term.',
    set: { electionTimeout: 'uniform:150:165' },
  },
  'leader-crash': {
    title: 'The leader crashes',
    seed: 22,
    what: 'Heartbeats stop, somebody’s patience ends, a new leader takes over with every committed entry.',
    faults: [
      { at: 430, fault: 'crash', nodes: ['@leader'] },
      { at: 830, fault: 'restart', nodes: ['@crashed'] },
    ],
  },
  partition: {
    title: 'A partition',
    seed: 16,
    what: 'The leader is cut off with a minority: it cannot commit, the majority elects another, and the old one yields.',
    faults: [
      { at: 430, fault: 'partition', groups: [['@leader', '@follower'], ['@rest']] },
      { at: 760, fault: 'heal' },
    ],
  },
  'log-repair': {
    title: 'Repairing logs',
    seed: 7,
    what: 'A leader cut off with two clients collects entries nobody else has. The next leader but one finds, one step back at a time, where the logs part, and overwrites the rest.',
    set: { duration: 1300, think: 'uniform:10:40', patience: 120, retry: 120, writes: 0.9, clients: 3 },
    faults: [
      {
        at: 360,
        fault: 'partition',
        groups: [
          ['@leader', '@follower', 'c1', 'c2'],
          ['@rest', 'c3'],
        ],
      },
      { at: 720, fault: 'crash', nodes: ['@leader'] },
      { at: 730, fault: 'heal' },
    ],
  },
  'figure-8': {
    title: 'On a majority, yet not committed (figure 8)',
    seed: 4,
    what: 'An old leader’s entry reaches four of five servers in a later term, and is overwritten all the same: only an entry of the new term would have committed it.',
    set: { duration: 1450, batch: 1, think: 'uniform:20:60', patience: 150, writes: 1 },
    faults: [
      { at: 350, fault: 'partition', groups: [['@leader', '@follower'], ['@rest']] },
      { at: 400, fault: 'crash', nodes: ['@leader'] },
      { at: 410, fault: 'partition', groups: [['@leader'], ['@rest']] },
      { at: 420, fault: 'restart', nodes: ['@crashed'] },
      { at: 430, fault: 'partition', groups: [['@exposed', '@partner'], ['@rest']] },
      { at: 1250, fault: 'heal' },
    ],
  },
  'stale-leader-read': {
    title: 'A deposed leader answers',
    seed: 26,
    what: 'Reads are served without asking anybody: the client left with the old leader sees a value that was overwritten.',
    set: { reads: 'local', think: 'uniform:10:50', patience: 130, readers: 1, writes: 0.7 },
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
    seed: 2,
    what: 'Cut off, it would have raised its term again and again; asking first, it comes back without disturbing anyone.',
    set: { preVote: true, duration: 1200 },
    faults: [
      { at: 350, fault: 'partition', groups: [['@follower'], ['@rest']] },
      { at: 800, fault: 'heal' },
    ],
  },
  membership: {
    title: 'Growing from three to five',
    seed: 2,
    what: 'Two servers join one at a time, each brought up to date first; then two of five can no longer decide alone.',
    set: { nodes: 3, spare: 2, change: 'grow', duration: 1400 },
    faults: [
      { at: 1000, fault: 'partition', groups: [['@leader', '@follower'], ['@rest']] },
      { at: 1300, fault: 'heal' },
    ],
  },
  snapshot: {
    title: 'Catching up by a snapshot',
    seed: 9,
    what: 'While a follower is away the leader compacts its log: what the follower lacks is no longer there to be sent.',
    set: { snapshotEvery: 5, duration: 1200, think: 'uniform:20:60', writes: 0.9 },
    faults: [
      { at: 300, fault: 'crash', nodes: ['@follower'] },
      { at: 850, fault: 'restart', nodes: ['@crashed'] },
    ],
  },
  'distinct-logs': {
    title: 'Only an up-to-date server can win',
    seed: 8,
    what: 'Each log is one entry longer than the last: servers refuse their vote to a candidate whose log ends before theirs.',
    set: { logs: 'distinct' },
  },
  'voter-restart': {
    title: 'Voters restart in the middle of an election',
    seed: 1,
    what: 'A server that voted crashes and is back at once. It knows from its disk that this term’s vote is spent.',
    set: { electionTimeout: 'uniform:150:165' },
    faults: [
      { at: 0, fault: 'crash', nodes: ['@voter'] },
      { at: 1, fault: 'restart', nodes: ['@crashed'] },
      { at: 2, fault: 'crash', nodes: ['@voter'] },
      { at: 3, fault: 'restart', nodes: ['@crashed'] },
    ],
  },
  'fresh-leader-read': {
    title: 'A new leader does not know yet what is committed',
    seed: 33,
    what: 'It has every committed entry, not the knowledge. Reads wait until a no-op of its own term is committed.',
    set: { nodes: 3, batch: 1, heartbeat: 80, think: 'uniform:5:30', clients: 4, readers: 2, writes: 1 },
    faults: [
      { at: 330, fault: 'partition', groups: [['@follower'], ['@rest']] },
      { at: 480, fault: 'heal' },
      { at: 480, fault: 'crash', nodes: ['@leader'] },
    ],
  },
  'power-cut': {
    title: 'The whole cluster loses power',
    seed: 2,
    what: 'Every server crashes at once. What was acknowledged is on the disks of a majority, and that is where it comes back from.',
    set: { duration: 1400, nodes: 3 },
    faults: [
      { at: 450, fault: 'crash', nodes: ['n1', 'n2', 'n3'] },
      { at: 600, fault: 'restart', nodes: ['n1', 'n2', 'n3'] },
    ],
  },
  'lease-too-long': {
    title: 'A lease that outlives its promise',
    seed: 74,
    what: 'Reads under a lease need no round trip. Trusted for longer than followers keep still, it serves what was overwritten.',
    set: { reads: 'lease', lease: 3, think: 'uniform:10:50', patience: 130, readers: 1, writes: 0.7 },
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
};
