import type { Preset } from '../../src/sim/scenario.ts';
import type { params } from './params.ts';

export const presets = {
  'shard-limits': {
    title: 'One shard, three times the records',
    what: 'A shard takes 1,000 records a second. What is refused is sent again and waits its turn. Compare with shards=4.',
    set: { consumers: 0 },
  },
  'hot-shard': {
    title: 'One key, one shard, however many there are',
    what: 'Half the capacity is free, yet a third is refused: one key wants more than a shard takes, and the split at 20 s gives it no more.',
    set: {
      arrivals: 'poisson:2000',
      skew: 'hot:0.75',
      shards: 4,
      recordTtl: 5000,
      reshard: 'split',
      reshardAt: 20,
      consumers: 0,
      simSeconds: 40,
    },
  },
  'enhanced-fan-out': {
    title: 'Five that poll, one that is pushed to',
    what: 'Five applications share five GetRecords calls a second; the sixth has enhanced fan-out and does not ask.',
    set: {
      arrivals: 'poisson:2.5',
      keys: 50,
      recordMaxBufferedTime: 5,
      consumers: 5,
      enhancedConsumers: 1,
      idleTimeBetweenReadsInMillis: 1000,
      work: 'fixed:1',
      simSeconds: 6,
    },
  },
  'iterator-age': {
    title: 'A slow consumer and a clock of 24 hours',
    what: 'The consumer turns slow at 4 h. Its iterator age climbs until it meets the retention period: then records expire unread.',
    set: {
      arrivals: 'poisson:1',
      keys: 50,
      recordMaxBufferedTime: 300_000,
      idleTimeBetweenReadsInMillis: 120_000,
      maxRecords: 500,
      work: 'fixed:100',
      slowFrom: 14_400,
      slowUntil: 144_000,
      slowWork: 'exp:10000',
      recordTtl: 3_600_000,
      simSeconds: 216_000,
    },
  },
} as const satisfies Record<string, Preset<typeof params>>;
