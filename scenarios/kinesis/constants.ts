/**
 * Every figure of Kinesis Data Streams and of the Kinesis Client Library this scenario uses, with its unit, source and
 * the date it was last read. Each is the default of a parameter of the same name, so a run can use another value.
 */
export interface Constant {
  readonly value: number;
  readonly unit: string;
  readonly what: string;
  readonly source: string;
  readonly url: string;
  /** year and month of the text read */
  readonly read: string;
}

const page = (name: string) => `https://docs.aws.amazon.com/streams/latest/dev/${name}.html`;
const LIMITS = ['Quotas and limits', page('service-sizes-and-limits')] as const;
const KCL = ['KCL configurations', page('kcl-configuration')] as const;
const KPL =
  'https://github.com/awslabs/amazon-kinesis-producer/blob/master/java/amazon-kinesis-producer-sample/default_config.properties';

const constant = (
  value: number,
  unit: string,
  what: string,
  [source, url]: readonly [string, string],
): Constant => ({ value, unit, what, source, url, read: '2026-11' });

export const KINESIS = {
  recordsPerSecond: constant(1000, 'records/s', 'records a shard takes in a second', LIMITS),
  bytesPerSecond: constant(
    1_048_576,
    'B/s',
    'bytes a shard takes in a second: 1 MiB, on average, also with large records',
    ['Handle large records; PutRecords API', page('large-records')],
  ),
  readsPerSecond: constant(
    5,
    'calls/s',
    'GetRecords calls to a shard in a second, all shared consumers together',
    LIMITS,
  ),
  readBytesPerSecond: constant(
    2_097_152,
    'B/s',
    'bytes a shard gives in a second, all shared consumers together: 2 MiB',
    LIMITS,
  ),
  maxRecordSize: constant(
    1_048_576,
    'B',
    'largest record of a stream as created; UpdateMaxRecordSize raises it to 10 MiB (since October 2025)',
    ['Handle large records', page('large-records')],
  ),
  recordsPerPut: constant(500, 'records', 'records in one PutRecords call at most', [
    'PutRecords API',
    'https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html',
  ]),
  maxRecords: constant(10_000, 'records', 'records in one GetRecords answer at most', KCL),
  retentionPeriodHours: constant(24, 'h', 'how long a record is kept by default; up to 8,760 h', LIMITS),
  idleTimeBetweenReadsInMillis: constant(1500, 'ms', 'KCL: wait between two GetRecords calls', KCL),
  failoverTimeMillis: constant(
    10_000,
    'ms',
    'KCL: a lease not renewed for this long may be taken by another worker; it is renewed at a third of it',
    KCL,
  ),
  recordMaxBufferedTime: constant(
    100,
    'ms',
    'KPL: a record waits this long at most for others to share its PutRecords call',
    ['KPL default configuration', KPL],
  ),
  recordTtl: constant(30_000, 'ms', 'KPL: a record that was not taken by then is given up', [
    'KPL default configuration',
    KPL,
  ]),
} as const satisfies Record<string, Constant>;

/** Figures AWS does not publish, or publishes as an average only: our assumptions, parameters all of them. */
export const ASSUMED = {
  window: {
    value: 'calendar seconds',
    why: 'AWS says "per second" and not how it counts; burst capacity for records above 1 MiB is left out',
  },
  base: { value: 100, unit: 'ms', why: 'a producer chooses its own backoff' },
  cap: { value: 5000, unit: 'ms', why: 'a producer chooses its own backoff' },
  pushLatency: {
    value: 'normal:68:8',
    unit: 'ms',
    why: 'documented as an average of about 70 ms only (Develop enhanced fan-out consumers)',
  },
  latency: {
    value: 'uniform:1:3',
    unit: 'ms',
    why: 'one way between a program and the service in one Region',
  },
} as const;
