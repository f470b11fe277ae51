import {
  arrivals,
  choice,
  distribution,
  flag,
  int,
  number,
  skew,
  type Values,
} from '../../src/sim/params.ts';
import { CAPACITY } from './constants.ts';
import { copiesParams } from './copies/index.ts';

const documented = (name: keyof typeof CAPACITY) => `${CAPACITY[name].what} (${CAPACITY[name].source})`;

/** What a table can take. `view=copies` leaves all of these alone but `view` itself. */
export const capacityParams = {
  view: choice({
    what: 'what is looked at: the capacity of a table under load, or the copies of its data',
    choices: ['capacity', 'copies'],
    default: 'capacity',
  }),
  mode: choice({
    what: 'capacity mode of the table',
    choices: ['provisioned', 'on-demand'],
    default: 'provisioned',
  }),
  arrivals: arrivals({ what: 'requests to the table as they come', default: 'poisson:500' }),
  simSeconds: number({ what: 'length of the run', unit: 's', default: 60, min: 1, max: 1_000_000 }),
  warmup: number({
    what: 'requests that come before this time are left out of the figures',
    unit: 'ms',
    default: 0,
    min: 0,
    max: 1e9,
  }),
  writeShare: number({ what: 'share of requests that write', unit: 'share', default: 1, min: 0, max: 1 }),
  reads: choice({
    what: 'kind of read: eventual takes half the units, transactional twice',
    choices: ['eventual', 'strong', 'transactional'],
    default: 'eventual',
  }),
  writes: choice({
    what: 'kind of write: transactional takes twice the units',
    choices: ['standard', 'transactional'],
    default: 'standard',
  }),
  itemSize: distribution({
    what: 'size of an item, at most 400 KB',
    unit: 'KB',
    default: 'fixed:1',
    max: CAPACITY.itemMax.value,
  }),
  keys: int({ what: 'distinct partition keys', unit: 'keys', default: 1000, min: 1, max: 100_000 }),
  skew: skew({ what: 'which keys are asked for: uniform, zipf:1 or hot:0.5', default: 'uniform' }),
  suffixes: int({
    what: 'write sharding: each key is spread over this many suffixes (key#0, key#1, …), one of them for each request',
    unit: 'suffixes',
    default: 1,
    min: 1,
    max: 200,
  }),
  partitions: int({
    what: 'partitions of a provisioned table at the start; an on-demand table has as many as its warm throughput needs',
    unit: 'partitions',
    default: 4,
    min: 1,
    max: 64,
  }),
  readCapacity: number({
    what: 'provisioned read capacity of the table',
    unit: 'units per second',
    default: 12_000,
    min: 1,
    max: CAPACITY.tableQuota.value,
  }),
  writeCapacity: number({
    what: 'provisioned write capacity of the table',
    unit: 'units per second',
    default: 4000,
    min: 1,
    max: CAPACITY.tableQuota.value,
  }),
  partitionReads: number({
    what: documented('partitionReads'),
    unit: 'units per second',
    default: CAPACITY.partitionReads.value,
    min: 1,
    max: 1e6,
  }),
  partitionWrites: number({
    what: documented('partitionWrites'),
    unit: 'units per second',
    default: CAPACITY.partitionWrites.value,
    min: 1,
    max: 1e6,
  }),
  burstSeconds: number({
    what: `${documented('burstSeconds')}; 0 for none`,
    unit: 's',
    default: CAPACITY.burstSeconds.value,
    min: 0,
    max: CAPACITY.burstSeconds.value,
  }),
  burstAtStart: number({
    what: 'seconds of unused capacity saved before the run',
    unit: 's',
    default: 0,
    min: 0,
    max: CAPACITY.burstSeconds.value,
  }),
  adaptive: flag({
    what: 'adaptive capacity: a partition may use what the table has left, up to its ceiling; off gives each an equal part',
    default: true,
  }),
  splitAfter: number({
    what: `a partition at its ceiling for this long is split; no time is documented, so this is an assumption (on-demand: ${CAPACITY.peakMinutes.what}: ${CAPACITY.peakMinutes.value} minutes); 0 for never`,
    unit: 's',
    default: 0,
    min: 0,
    max: 1e6,
  }),
  warmReads: number({
    what: documented('warmReads'),
    unit: 'units per second',
    default: CAPACITY.warmReads.value,
    min: 1,
    max: 1e6,
  }),
  warmWrites: number({
    what: documented('warmWrites'),
    unit: 'units per second',
    default: CAPACITY.warmWrites.value,
    min: 1,
    max: 1e6,
  }),
  peakFactor: number({ what: documented('peakFactor'), default: CAPACITY.peakFactor.value, min: 1, max: 10 }),
  tableQuota: number({
    what: documented('tableQuota'),
    unit: 'units per second',
    default: CAPACITY.tableQuota.value,
    min: 1,
    max: 1e7,
  }),
  indexes: int({
    what: 'global secondary indexes that every write reaches',
    unit: 'indexes',
    default: 0,
    min: 0,
    max: 1,
  }),
  indexCapacity: number({
    what: 'provisioned write capacity of the index; a write takes as much there as in the table',
    unit: 'units per second',
    default: 4000,
    min: 1,
    max: CAPACITY.tableQuota.value,
  }),
  indexKeys: int({
    what: 'distinct values of the index key, such as a status; 0 where updates spread evenly over the index',
    unit: 'keys',
    default: 0,
    min: 0,
    max: 10_000,
  }),
  indexSkew: skew({
    what: 'which values of the index key are written: uniform, zipf:1 or hot:0.5',
    default: 'uniform',
  }),
  indexPartitions: int({ what: 'partitions of the index', unit: 'partitions', default: 4, min: 1, max: 64 }),
  indexBuffer: number({
    what: 'updates the index may be behind before writes to the table are throttled; no figure is documented, so this is an assumption',
    unit: 'units',
    default: 2000,
    min: 0,
    max: 1e9,
  }),
  retries: choice({
    what: 'what callers do when throttled: nothing, or what an AWS SDK does in standard mode (backoff with full jitter)',
    choices: ['none', 'sdk'],
    default: 'none',
  }),
  attempts: int({
    what: documented('attempts'),
    unit: 'tries',
    default: CAPACITY.attempts.value,
    min: 1,
    max: 20,
  }),
  throttleBase: number({
    what: documented('throttleBase'),
    unit: 'ms',
    default: CAPACITY.throttleBase.value,
    min: 1,
    max: 60_000,
  }),
  backoffCap: number({
    what: documented('backoffCap'),
    unit: 'ms',
    default: CAPACITY.backoffCap.value,
    min: 1,
    max: 600_000,
  }),
} as const;

export const params = { ...capacityParams, ...copiesParams };

export type CapacityP = Values<typeof capacityParams>;
export type P = Values<typeof params>;

/** Partitions that get a lane of their own; of a larger table the tracks show the first of them. */
export const LANES = 6;

/** requests expected in the whole run */
export const requests = (p: CapacityP): number => p.arrivals.rate * p.simSeconds;
