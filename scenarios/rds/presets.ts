import type { Preset } from '../../src/sim/scenario.ts';
import type { params } from './params.ts';

const crash = { at: 15_000, fault: 'crash', nodes: ['db1'] } as const;

export const presets = {
  'multi-az-failover': {
    title: 'The primary dies; its standby takes over',
    what: 'No acknowledged commit is lost, and nothing is written for over a minute: noticing, starting the database on the standby, DNS.',
    faults: [crash, { at: 104_000, fault: 'restart', nodes: ['db1'] }],
  },
  'cluster-failover': {
    title: 'The writer dies; the reader with the newest record takes over',
    what: 'The readers run already, so this is a matter of seconds. Compare with against=multi-az-failover.',
    set: { mode: 'cluster', reads: 'reader' },
    faults: [crash, { at: 104_000, fault: 'restart', nodes: ['db1'] }],
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
      simSeconds: 80,
      clients: 1,
    },
  },
  'promote-replica-loss': {
    title: 'A replica is promoted, and the tail is gone',
    what: 'The link to the replica carries less than is written. What it had not received when the primary died was acknowledged, and is lost.',
    set: { mode: 'replica', replicas: 1, arrivals: 'poisson:40', link: 30, simSeconds: 120 },
    faults: [{ at: 40_000, fault: 'crash', nodes: ['db1'] }],
  },
} as const satisfies Record<string, Preset<typeof params>>;
