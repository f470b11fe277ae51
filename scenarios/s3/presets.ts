import type { Preset } from '../../src/sim/scenario.ts';
import type { params } from './params.ts';
import { REPLICA, SOURCE } from './replication.ts';

export const presets: Readonly<Record<string, Preset<typeof params>>> = {
  'strong-today': {
    title: 'Strong read-after-write consistency',
    what: 'Caches still fall behind; the witness tells them before they answer. Compare with eventual-before-2020.',
    seed: 6,
  },
  'eventual-before-2020': {
    title: 'S3 before December 2020',
    what: 'The same clients: a 404 is remembered, an overwrite is not yet seen, a deleted key is still listed.',
    set: { consistency: 'eventual' },
    seed: 6,
  },
  'conditional-write': {
    title: 'Compare and set on an object',
    what: 'Two writers add lines to one object. The slower one gets 412 and reads again. Compare with condition=off.',
    set: {
      workload: 'conditional',
      fronts: 1,
      clients: 1,
      think: 'uniform:120:350',
      upload: 'uniform:60:160',
      patience: 400,
      settle: 900,
      duration: 2600,
    },
    seed: 9,
  },
  'cross-region-replication': {
    title: 'A replica Region, and what is lost with the first',
    what: 'Copies are made after the writer was answered. Reads over there are behind, and a lost Region takes its tail with it.',
    set: {
      workload: 'replication',
      clients: 2,
      objects: 2,
      think: 'uniform:50000:75000',
      latency: 'uniform:30:50',
      patience: 5000,
      settle: 30_000,
      duration: 1_500_000,
    },
    faults: [{ at: 1_140_000, fault: 'crash', nodes: [SOURCE] }],
    seed: 10,
  },
  'replication-stall': {
    title: 'Replication stalls for a while',
    what: 'The Regions are cut off from each other. The oldest copy passes the 15 minutes of Replication Time Control; then all catch up.',
    set: {
      workload: 'replication',
      clients: 2,
      objects: 2,
      think: 'uniform:70000:110000',
      lag: 'exp:12000',
      latency: 'uniform:30:50',
      patience: 5000,
      settle: 120_000,
      duration: 2_100_000,
    },
    faults: [
      { at: 300_000, fault: 'partition', groups: [[SOURCE], [REPLICA]] },
      { at: 1_500_000, fault: 'heal' },
    ],
  },
  'prefix-throttle': {
    title: 'A bucket that scales, but not at once',
    what: 'Keys begin with the date: each new date falls into one partition, however many there are. Compare with keys=hashed.',
    set: { workload: 'load' },
  },
  multipart: {
    title: 'A multipart upload, and one nobody finishes',
    what: 'Parts come in any order; the object appears all at once. The parts of the crashed upload cost until a rule aborts it.',
    set: {
      workload: 'multipart',
      clients: 1,
      think: 'uniform:150:400',
      latency: 'uniform:5:15',
      patience: 500,
      settle: 600,
      duration: 6500,
    },
    faults: [{ at: 1900, fault: 'crash', nodes: ['u2'] }],
  },
};
