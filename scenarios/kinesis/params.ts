import { arrivals, choice, distribution, int, number, skew, type Values } from '../../src/sim/params.ts';
import { ASSUMED, KINESIS } from './constants.ts';

const documented = (name: keyof typeof KINESIS) => `${KINESIS[name].what} (${KINESIS[name].source})`;
const limit = (name: keyof typeof KINESIS, min: number, max: number) =>
  int({ what: documented(name), unit: KINESIS[name].unit, default: KINESIS[name].value, min, max });

export const params = {
  source: choice({
    what: 'load: many records against the limits of shards; workers: a few records read by KCL workers under leases',
    choices: ['load', 'workers'],
    default: 'load',
  }),
  arrivals: arrivals({ what: 'records as they come to the producers', default: 'burst:600:3:10' }),
  keys: int({ what: 'different partition keys', unit: 'keys', default: 1000, min: 1, max: 10_000 }),
  skew: skew({ what: 'how often each partition key comes', default: 'uniform' }),
  recordSize: distribution({
    what: 'size of a record with its key (cut at maxRecordSize)',
    unit: 'B',
    default: 'fixed:500',
  }),
  shards: int({ what: 'shards the stream starts with', unit: 'shards', default: 1, min: 1, max: 8 }),
  reshard: choice({
    what: 'split: the shard with the most refusals (load) or the first (workers) is cut in the middle; merge: the first two are joined',
    choices: ['none', 'split', 'merge'],
    default: 'none',
  }),
  reshardAt: number({ what: 'time of the split or merge', unit: 's', default: 5, min: 0.1, max: 1_000_000 }),
  simSeconds: number({ what: 'length of the run', unit: 's', default: 40, min: 0.1, max: 1_000_000 }),
  latency: distribution({
    what: `network, ${ASSUMED.latency.why}`,
    default: ASSUMED.latency.value,
    max: 10_000,
  }),

  recordsPerSecond: limit('recordsPerSecond', 1, 1_000_000),
  bytesPerSecond: limit('bytesPerSecond', 1024, 1_000_000_000),
  readsPerSecond: limit('readsPerSecond', 1, 1000),
  readBytesPerSecond: limit('readBytesPerSecond', 1024, 1_000_000_000),
  maxRecordSize: limit('maxRecordSize', 1, 10_485_760),
  recordsPerPut: limit('recordsPerPut', 1, 500),
  maxRecords: limit('maxRecords', 1, 10_000),
  retentionPeriodHours: limit('retentionPeriodHours', 24, 8760),

  recordMaxBufferedTime: number({
    what: documented('recordMaxBufferedTime'),
    unit: 'ms',
    default: KINESIS.recordMaxBufferedTime.value,
    min: 1,
    max: 3_600_000,
  }),
  recordTtl: number({
    what: documented('recordTtl'),
    unit: 'ms',
    default: KINESIS.recordTtl.value,
    min: 0,
    max: 86_400_000,
  }),
  base: number({
    what: `first wait before refused records are sent again, doubled each time, with full jitter: ${ASSUMED.base.why}`,
    unit: 'ms',
    default: ASSUMED.base.value,
    min: 1,
    max: 600_000,
  }),
  cap: number({
    what: 'longest such wait',
    unit: 'ms',
    default: ASSUMED.cap.value,
    min: 1,
    max: 3_600_000,
  }),

  consumers: int({
    what: 'consumer applications that poll and share the limits of a shard',
    unit: 'applications',
    default: 1,
    min: 0,
    max: 10,
  }),
  enhancedConsumers: int({
    what: 'consumer applications with enhanced fan-out: records are pushed to them',
    unit: 'applications',
    default: 0,
    min: 0,
    max: 20,
  }),
  idleTimeBetweenReadsInMillis: number({
    what: documented('idleTimeBetweenReadsInMillis'),
    unit: 'ms',
    default: KINESIS.idleTimeBetweenReadsInMillis.value,
    min: 1,
    max: 3_600_000,
  }),
  pushLatency: distribution({
    what: `enhanced fan-out, from the shard to the consumer: ${ASSUMED.pushLatency.why}`,
    default: ASSUMED.pushLatency.value,
    max: 60_000,
  }),
  work: distribution({
    what: 'time a consumer works on a record, one record of a shard after another',
    default: 'fixed:0.1',
    max: 3_600_000,
  }),
  slowFrom: number({ what: 'consumers turn slow', unit: 's', default: 0, min: 0, max: 1_000_000 }),
  slowUntil: number({
    what: 'consumers are well again; not above slowFrom: they never turn slow',
    unit: 's',
    default: 0,
    min: 0,
    max: 1_000_000,
  }),
  slowWork: distribution({
    what: 'time a slow consumer works on a record',
    default: 'fixed:1',
    max: 3_600_000,
  }),

  workers: int({ what: 'KCL workers of the application', unit: 'workers', default: 2, min: 1, max: 4 }),
  failoverTimeMillis: number({
    what: documented('failoverTimeMillis'),
    unit: 'ms',
    default: KINESIS.failoverTimeMillis.value,
    min: 500,
    max: 600_000,
  }),
};

export type P = Values<typeof params>;

/** records expected in the whole run */
export const records = (p: P): number => p.arrivals.rate * p.simSeconds;

/** Few enough records to draw each message. */
export const detailed = (p: P): boolean => p.source === 'workers' || records(p) <= 80;

export const slows = (p: P): boolean => p.slowUntil > p.slowFrom && p.slowFrom < p.simSeconds;

const MOST_RECORDS = 2_000_000;
const MOST_WORKERS_RECORDS = 400;
const MOST_CALLS = 100_000;

/** contradictory parameters: which and why */
export function check(p: P): string | undefined {
  const n = Math.round(records(p));
  if (p.source === 'load' && n > MOST_RECORDS)
    return `arrivals × simSeconds is about ${n} records; at most ${MOST_RECORDS} are simulated in a run. Shorten simSeconds or lower the rate.`;
  if (p.source === 'workers' && n > MOST_WORKERS_RECORDS)
    return `source=workers is simulated record by record, at most ${MOST_WORKERS_RECORDS} of them; arrivals × simSeconds is about ${n}.`;
  const calls = p.simSeconds * 1000 * (p.source === 'load' ? 1 / p.recordMaxBufferedTime : 0);
  const polls = (p.simSeconds * 1000 * p.consumers * p.shards) / p.idleTimeBetweenReadsInMillis;
  if (calls + polls > MOST_CALLS)
    return `simSeconds=${p.simSeconds} means about ${Math.round(calls + polls)} PutRecords and GetRecords calls; at most ${MOST_CALLS} are simulated. Shorten it, or lengthen recordMaxBufferedTime and idleTimeBetweenReadsInMillis.`;
  if (p.maxRecordSize > p.bytesPerSecond)
    return `maxRecordSize (${p.maxRecordSize} B) may not exceed bytesPerSecond (${p.bytesPerSecond} B): larger records live on burst capacity, whose refill AWS does not publish and this model leaves out.`;
  if (p.recordSize.mean > p.maxRecordSize)
    return `recordSize is ${Math.round(p.recordSize.mean)} B on average and maxRecordSize ${p.maxRecordSize} B: such records would be refused whatever the number of shards.`;
  if (p.cap < p.base) return `cap (${p.cap} ms) must be at least base (${p.base} ms).`;
  if (p.reshard !== 'none' && p.reshardAt >= p.simSeconds)
    return `reshardAt (${p.reshardAt} s) must come before the run ends (simSeconds=${p.simSeconds}).`;
  if (p.reshard === 'merge' && p.shards < 2)
    return 'reshard=merge needs two adjacent shards: set shards to at least 2.';
  if (p.source === 'workers' && p.enhancedConsumers > 0)
    return 'enhancedConsumers works with source=load: the workers here poll.';
  if (p.source === 'workers' && p.simSeconds > 600)
    return `source=workers is simulated message by message, for at most 600 s; got simSeconds=${p.simSeconds}.`;
  return undefined;
}
