import type { Preset } from '../../src/sim/scenario.ts';
import type { params } from './params.ts';

const log = { multi: true, proposers: 2, duration: 900, fsync: 'fixed:1', heartbeat: 60 } as const;

/** Situations, made by parameters and planned faults alone; the seeds were chosen among many for a readable picture. */
export const presets: Readonly<Record<string, Preset<typeof params>>> = {
  basic: {
    title: 'A single value, one proposer',
    what: 'Two round trips: a quorum promises, a quorum accepts, and the value is chosen before anybody knows it.',
    set: { learners: 2 },
  },
  dueling: {
    title: 'Two proposers kill each other’s ballots',
    what: 'Each Prepare arrives between the other’s Prepare and Accept, for ever. Compare with backoff=random.',
    set: {
      proposers: 2,
      backoff: 'none',
      gap: 25,
      latency: 'fixed:10',
      fsync: 'fixed:10',
      catchUp: 400,
      duration: 320,
    },
  },
  'acceptor-crash': {
    title: 'The acceptor that remembers',
    what: 'A is chosen while a3 is away; then a1 dies and a2 restarts. Only a2’s disk still tells p2 what was chosen.',
    set: { proposers: 2, gap: 190, duration: 340 },
    faults: [
      { at: 0, fault: 'crash', nodes: ['a3'] },
      { at: 80, fault: 'crash', nodes: ['a1'] },
      { at: 100, fault: 'crash', nodes: ['a2'] },
      { at: 150, fault: 'restart', nodes: ['a2', 'a3'] },
    ],
  },
  'learner-lag': {
    title: 'A learner catches up',
    what: 'Cut off, l2 misses choices. The next one it hears of is of no use until it has asked for those before.',
    set: { ...log, proposers: 1, learners: 2, duration: 800 },
    faults: [
      { at: 200, fault: 'partition', groups: [['l2'], ['@rest', 'c1', 'c2', 'c3']] },
      { at: 480, fault: 'heal' },
    ],
  },
  multi: {
    title: 'A log: Multi-Paxos',
    what: 'One phase 1 for all slots, then a round trip each. The next leader finds what was in flight and fills the gaps.',
    set: { ...log, latency: 'uniform:5:20', think: 'uniform:20:110' },
    faults: [
      { at: 315, fault: 'loss', rate: 0.65 },
      { at: 365, fault: 'crash', nodes: ['@leader'] },
      { at: 366, fault: 'loss', rate: 0 },
      { at: 700, fault: 'restart', nodes: ['@crashed'] },
    ],
  },
  flexible: {
    title: 'Two of five choose, four of five elect',
    what: 'Three acceptors fail and the leader goes on; when it fails too, nobody can lead until two are back.',
    set: {
      ...log,
      acceptors: 5,
      phase1: 4,
      phase2: 2,
      learners: 0,
      clients: 2,
      think: 'uniform:60:120',
      duration: 1400,
    },
    faults: [
      { at: 250, fault: 'crash', nodes: ['a3', 'a4', 'a5'] },
      { at: 500, fault: 'crash', nodes: ['@leader'] },
      { at: 900, fault: 'restart', nodes: ['a3', 'a4'] },
    ],
  },
};
