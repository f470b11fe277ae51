import type { Preset } from '../../src/sim/scenario.ts';
import type { params } from './params.ts';

const crash = { at: 15_000, fault: 'crash', nodes: ['db1'] } as const;
const back = (at: number) => ({ at, fault: 'restart', nodes: ['db1'] }) as const;

export const presets = {
  'multi-az-failover': {
    title: 'The primary dies; its standby takes over',
    what: 'No acknowledged commit is lost, and nothing is written for over a minute: noticing, starting the database on the standby, DNS.',
    faults: [crash, back(104_000)],
  },
  'cluster-failover': {
    title: 'The writer dies; the reader with the newest record takes over',
    what: 'The readers run already, so this is a matter of seconds. Compare with multi-az-failover.',
    set: { mode: 'cluster', reads: 'reader' },
    faults: [crash, back(104_000)],
  },
  'replica-lag': {
    title: 'A read replica cannot keep up',
    what: 'A burst of writes is more than one thread can apply: reads from the replica fall behind by many seconds.',
    set: {
      mode: 'replica',
      replicas: 1,
      reads: 'reader',
      arrivals: 'burst:20:4:15',
      apply: 'fixed:25',
      simSeconds: 72,
    },
  },
  'promote-replica-loss': {
    title: 'A replica is promoted, and the tail is gone',
    what: 'The link to the replica carries less than is written. What it had not received when the primary died was acknowledged, and is lost.',
    set: { mode: 'replica', replicas: 1, link: 30, simSeconds: 110 },
    faults: [{ at: 40_000, fault: 'crash', nodes: ['db1'] }],
  },
  'promote-split-brain': {
    title: 'The old source comes back, and somebody still writes to it',
    what: 'Promoting a read replica fences nobody. app2 caches the address: once db1 is back, two databases take writes.',
    set: { mode: 'replica', replicas: 1, apps: 2, clientTtl: 600, clients: 0, simSeconds: 110 },
    faults: [{ at: 20_000, fault: 'crash', nodes: ['db1'] }, back(80_000)],
  },
  partition: {
    title: 'Cut off, and still believing it is the primary',
    what: 'db1 and app1 are cut off from the rest. db1 can commit nothing without its standby, and stops by itself before RDS fails over.',
    set: { apps: 2 },
    faults: [
      { at: 15_000, fault: 'partition', groups: [['db1', 'app1'], ['@rest']] },
      { at: 100_000, fault: 'heal' },
    ],
  },
  'cached-dns': {
    title: 'The database is back, one client is not',
    what: 'app2 caches the address for 90 s. The failover took half a minute; app2’s outage is its own.',
    set: { mode: 'cluster', apps: 2, clientTtl: 90, clients: 0, reads: 'reader' },
    faults: [crash],
  },
  'rds-proxy': {
    title: 'A proxy in between: waiting instead of failing',
    what: 'It finds the new writer without DNS, and requests wait for it. Only what was under way is in doubt. Compare with proxy=off.',
    set: { mode: 'cluster', proxy: true, clients: 1, simSeconds: 70 },
    faults: [crash],
  },
  aurora: {
    title: 'Six copies: one zone and one more',
    what: 'Without a zone writes go on with four of six. One copy more is lost: nothing can be written, and nothing is lost either.',
    set: { mode: 'aurora', replicas: 1, tick: 3000, simSeconds: 90, clients: 0 },
    faults: [
      { at: 13_000, fault: 'crash', nodes: ['s5', 's6'] },
      { at: 28_000, fault: 'crash', nodes: ['s4'] },
      { at: 42_000, fault: 'restart', nodes: ['s4'] },
      { at: 58_000, fault: 'crash', nodes: ['db1'] },
    ],
  },
  'aurora-split': {
    title: 'Three copies on each side',
    what: 'The writer keeps three of six, a read quorum but no write quorum; so does the other side. Nobody writes until the cut heals.',
    set: { mode: 'aurora', replicas: 1, tick: 3000, simSeconds: 70, clients: 0 },
    faults: [
      {
        at: 13_000,
        fault: 'partition',
        groups: [
          ['app', 'db1', 's1', 's2', 's3'],
          ['@rest', 'rds', 'dns'],
        ],
      },
      { at: 43_000, fault: 'heal' },
    ],
  },
} as const satisfies Record<string, Preset<typeof params>>;
