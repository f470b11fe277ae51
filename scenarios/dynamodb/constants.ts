/**
 * Every figure of DynamoDB this scenario and its lesson use, with its unit, source and the date it was last read. A
 * limit is the default of the parameter of the same name, so a run can use another value; units and sizes are fixed.
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

const guide = (page: string) =>
  `https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/${page}.html`;

const constant = (
  value: number,
  unit: string,
  what: string,
  source: string,
  url: string,
  read = '2026-11',
): Constant => ({ value, unit, what, source, url, read });

const BURST = guide('burst-adaptive-capacity');
const ON_DEMAND = guide('on-demand-capacity-mode');
const UNITS = guide('read-write-operations');
const QUOTAS = guide('ServiceQuotas');
const SDK = 'https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html';

/** What a table can take: units, ceilings, bursts. */
export const CAPACITY = {
  partitionReads: constant(
    3000,
    'units per second',
    'read units one partition serves at most, whatever the table has',
    'Burst and adaptive capacity',
    BURST,
  ),
  partitionWrites: constant(
    1000,
    'units per second',
    'write units one partition serves at most, whatever the table has',
    'Burst and adaptive capacity',
    BURST,
  ),
  burstSeconds: constant(
    300,
    's',
    'unused capacity kept for later bursts, best effort',
    'Burst and adaptive capacity',
    BURST,
  ),
  readUnit: constant(
    4,
    'KB',
    'one read unit reads up to this, strongly; two eventual reads; half a transactional one',
    'Read and write operations',
    UNITS,
  ),
  writeUnit: constant(
    1,
    'KB',
    'one write unit writes up to this; a transactional write takes two',
    'Read and write operations',
    UNITS,
  ),
  itemMax: constant(400, 'KB', 'largest item', 'Quotas in Amazon DynamoDB', QUOTAS),
  warmReads: constant(
    12_000,
    'units per second',
    'read units a new on-demand table serves at once',
    'On-demand capacity mode',
    ON_DEMAND,
  ),
  warmWrites: constant(
    4000,
    'units per second',
    'write units a new on-demand table serves at once',
    'On-demand capacity mode',
    ON_DEMAND,
  ),
  peakFactor: constant(
    2,
    '',
    'an on-demand table serves this many times its previous peak at once',
    'On-demand capacity mode',
    ON_DEMAND,
  ),
  peakMinutes: constant(
    30,
    'minutes',
    'beyond twice the peak growth should be spread over this time, faster growth can be throttled',
    'On-demand capacity mode',
    ON_DEMAND,
  ),
  tableQuota: constant(
    40_000,
    'units per second',
    'default quota of a table, reads and writes apart',
    'Quotas in Amazon DynamoDB',
    QUOTAS,
  ),
  attempts: constant(
    4,
    'tries',
    'tries of a DynamoDB call by an AWS SDK in standard mode, the first included (the 2026 defaults)',
    'AWS SDKs and Tools: Retry behavior',
    SDK,
  ),
  throttleBase: constant(
    1000,
    'ms',
    'base of the exponential backoff after a throttled call (the 2026 defaults; 25 ms in older SDKs)',
    'AWS SDKs and Tools: Retry behavior',
    SDK,
  ),
  backoffCap: constant(20_000, 'ms', 'longest backoff', 'AWS SDKs and Tools: Retry behavior', SDK),
} as const;

/** Copies of the data: replicas, indexes, transactions, Regions. */
export const COPIES = {
  transactionItems: constant(
    100,
    'items',
    'distinct items in one transaction',
    'DynamoDB transactions: how it works',
    guide('transaction-apis'),
  ),
  transactionSize: constant(
    4,
    'MB',
    'all items of one transaction together',
    'DynamoDB transactions: how it works',
    guide('transaction-apis'),
  ),
  tokenMinutes: constant(
    10,
    'minutes',
    'a client token makes a transaction idempotent for this long',
    'DynamoDB transactions: how it works',
    guide('transaction-apis'),
  ),
  globalIndexes: constant(
    20,
    'indexes',
    'global secondary indexes of a table, default quota',
    'Quotas',
    QUOTAS,
  ),
  localIndexes: constant(5, 'indexes', 'local secondary indexes of a table', 'Quotas', QUOTAS),
  zones: constant(
    3,
    'replicas',
    'copies of a partition, one in each Availability Zone',
    'Elhemali et al., USENIX ATC 2022, §3',
    'https://www.usenix.org/conference/atc22/presentation/elhemali',
  ),
  strongRegions: constant(
    3,
    'Regions',
    'a global table with multi-Region strong consistency: three replicas, or two and a witness',
    'Global tables: consistency modes',
    guide('V2globaltables_HowItWorks'),
  ),
} as const;
