import type { Preset } from '../../src/sim/scenario.ts';
import type { params } from './params.ts';

/** Delays of a coordinator and three replicas in one building. */
const lan = {
  writeLatency: 'uniform:4:16',
  ackLatency: 'uniform:3:8',
  readLatency: 'uniform:3:8',
  replyLatency: 'uniform:3:8',
};

/** A write that reaches some replicas at once and others much later, with somebody reading all the while. */
const slow = {
  r: 2,
  w: 2,
  writeLatency: 'mix:0.4*uniform:5:10+0.6*uniform:85:110',
  ackLatency: 'uniform:3:8',
  readLatency: 'uniform:6:15',
  replyLatency: 'uniform:6:15',
  readers: 1,
  reads: 3,
  readEvery: 6,
  readAfter: 10,
};

/** The fits of Bailis et al. 2012, table 3, to LinkedIn's and Yammer's production latencies. */
const ssd = 'mix:0.9122*pareto:0.235:10+0.0878*exp:0.602';

export const presets: Readonly<Record<string, Preset<typeof params>>> = {
  r1w1: {
    title: 'One answer is enough: fast, and perhaps stale',
    what: 'The write is committed by the first replica that has it; the read asks all and takes the first answer. Did it come from one that knew?',
  },
  r2w2: {
    title: 'Two and two of three: the sets must meet',
    what: 'Two replicas have the write when it is committed, two answer the read: one of them is the same.',
    set: { r: 2, w: 2 },
  },
  sloppy: {
    title: 'A sloppy quorum: R+W > N, and yet stale',
    what: 'Cut off from every replica, the client writes to stand-ins: two acknowledge, as asked. After healing it reads from the real replicas, which know nothing of it.',
    set: { ...lan, r: 2, w: 2, sloppy: true, spares: 2, handoff: 110, readAfter: 60, settle: 250 },
    faults: [
      { at: 2, fault: 'partition', groups: [['n1', 'n2', 'n3'], ['@rest']] },
      { at: 90, fault: 'heal' },
    ],
  },
  'read-repair': {
    title: 'A read finds a stale replica and mends it',
    what: 'n3 missed the write. The first read is stale, but the later answers show it: n3 is given what the others hold, and the next read is fresh.',
    set: { ...lan, w: 2, readRepair: true, reads: 2, readEvery: 45, readAfter: 25 },
    faults: [
      { at: 2, fault: 'cut', from: ['c1'], to: ['n3'] },
      { at: 30, fault: 'heal' },
    ],
  },
  'hinted-handoff': {
    title: 'Stand-ins keep what two replicas missed',
    what: 'Two of three replicas are down, yet the write is acknowledged by two nodes. When they return, the stand-ins bring them the write.',
    set: { ...lan, r: 2, w: 2, sloppy: true, spares: 2, handoff: 70, readAfter: 160, settle: 150 },
    faults: [
      { at: 2, fault: 'crash', nodes: ['n2', 'n3'] },
      { at: 130, fault: 'restart', nodes: ['n2', 'n3'] },
    ],
  },
  'last-writer-wins-loss': {
    title: 'A fast clock swallows a later write',
    what: 'c1’s clock is 120 ms ahead. c2 writes after c1, is told so by every replica, and reads back the value it replaced.',
    set: { ...lan, r: 2, w: 2, writers: 2, writes: 2, writeEvery: 50, readAfter: 20 },
    faults: [{ at: 0, fault: 'clock', nodes: ['c1'], offsetMs: 120 }],
  },
  'ask-first': {
    title: 'The same clocks, but writers ask first',
    what: 'A write takes one round more: r replicas are asked for their stamp, and one more than the highest cannot be beaten by what was committed before.',
    set: { ...lan, r: 2, w: 2, writers: 2, writes: 2, writeEvery: 60, readAfter: 20, versions: 'ask' },
    faults: [{ at: 0, fault: 'clock', nodes: ['c1'], offsetMs: 120 }],
  },
  'new-then-old': {
    title: 'R+W > N is not linearizable',
    what: 'A write is under way for a while. c2 asks two replicas and sees it; asks two others and sees the old value again. No read was stale: nothing was committed yet.',
    set: slow,
    seed: 11,
  },
  'write-back': {
    title: 'A reader stores what it saw',
    what: 'The same reader, made atomic: before it returns a value it stores it at w replicas, so that nobody who reads later can miss it (Attiya, Bar-Noy & Dolev).',
    set: { ...slow, writeBack: true },
    seed: 11,
  },
  'power-cut': {
    title: 'All replicas lose power after the acknowledgement',
    what: 'An acknowledgement means: on the disks of w replicas. All crash, all return, and the write is there.',
    set: { ...lan, r: 2, w: 2, readAfter: 90 },
    faults: [
      { at: 50, fault: 'crash', nodes: ['n1', 'n2', 'n3'] },
      { at: 80, fault: 'restart', nodes: ['n1', 'n2', 'n3'] },
    ],
  },
  'lnkd-ssd': {
    title: 'LinkedIn, flash disks: R=W=1 is nearly always fresh',
    what: 'Delays fitted to production. Over many runs 97 of 100 reads are fresh at once, and after 5 ms practically all.',
    set: { writeLatency: ssd, ackLatency: ssd, readLatency: ssd, replyLatency: ssd, readAfter: 0, settle: 5 },
  },
  'lnkd-disk': {
    title: 'LinkedIn, spinning disks: half of the reads miss it',
    what: 'The disk sits in the write’s way, and its tail is long. At once 44 of 100 reads are fresh, after 10 ms 93.',
    set: {
      writeLatency: 'mix:0.38*pareto:1.05:1.51+0.62*exp:5.464',
      ackLatency: ssd,
      readLatency: ssd,
      replyLatency: ssd,
      readAfter: 0,
      settle: 5,
    },
  },
  ymmr: {
    title: 'Yammer: fresh at once in 89 of 100 reads, but what a tail',
    what: 'Most writes arrive within milliseconds, one in sixteen takes a third of a second: it is more than a second until 999 of 1,000 reads are fresh.',
    set: {
      writeLatency: 'mix:0.939*pareto:3:3.35+0.061*exp:357.1',
      ackLatency: 'mix:0.982*pareto:1.5:3.8+0.018*exp:46.08',
      readLatency: 'mix:0.982*pareto:1.5:3.8+0.018*exp:46.08',
      replyLatency: 'mix:0.982*pareto:1.5:3.8+0.018*exp:46.08',
      readAfter: 0,
      settle: 5,
    },
  },
};
