/**
 * Every figure of AWS Lambda this scenario uses, with its unit, source and the date it was last read. Each is the
 * default of a parameter of the same name, so a run can use another value. They describe the default kind of
 * function (the guide now says "Event Function"): one request at a time in an environment. Lambda Web Functions
 * and Managed Instances serve several at once and follow other rules.
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

const guide = (page: string) => `https://docs.aws.amazon.com/lambda/latest/dg/${page}.html`;

const constant = (
  value: number,
  unit: string,
  what: string,
  source: string,
  url: string,
  read: string,
): Constant => ({
  value,
  unit,
  what,
  source,
  url,
  read,
});

export const LAMBDA = {
  concurrencyLimit: constant(
    1000,
    'requests in flight',
    'default account concurrency in a Region; new accounts start lower',
    'Lambda quotas',
    guide('gettingstarted-limits'),
    '2026-09',
  ),
  unreservedFloor: constant(
    100,
    'requests in flight',
    'concurrency that must stay unreserved in an account',
    'Configuring reserved concurrency',
    guide('configuration-concurrency'),
    '2026',
  ),
  scalingRate: constant(
    1000,
    'environments per 10 s',
    'environments one function can add in ten seconds; refilled continuously, never more than this many saved up',
    'Lambda scaling behavior; Lambda quotas',
    guide('scaling-behavior'),
    '2026-09',
  ),
  requestsPerConcurrency: constant(
    10,
    'requests per second and unit of concurrency',
    'synchronous requests per second an environment, and so an account, can take',
    'Lambda quotas; Understanding Lambda function scaling',
    guide('lambda-concurrency'),
    '2026-09',
  ),
  timeout: constant(
    900_000,
    'ms',
    'longest a function may be configured to run (default 3 s; here the longest, so that it does not cut your distribution)',
    'Lambda quotas',
    guide('gettingstarted-limits'),
    '2026-09',
  ),
  retryFirst: constant(
    60_000,
    'ms',
    'asynchronous invocation: wait before the second try after a function error',
    'How Lambda handles errors and retries with asynchronous invocation',
    guide('invocation-async-error-handling'),
    '2026',
  ),
  retrySecond: constant(
    120_000,
    'ms',
    'asynchronous invocation: wait before the third and last try',
    'How Lambda handles errors and retries with asynchronous invocation',
    guide('invocation-async-error-handling'),
    '2026',
  ),
  retries: constant(
    2,
    'tries',
    'asynchronous invocation: further tries after a function error (0 to 2)',
    'Configuring error handling settings for Lambda asynchronous invocations',
    guide('invocation-async-configuring'),
    '2026',
  ),
  throttleBackoff: constant(
    1000,
    'ms',
    'asynchronous invocation: first wait after a throttle, doubling',
    'How Lambda handles errors and retries with asynchronous invocation',
    guide('invocation-async-error-handling'),
    '2026',
  ),
  throttleBackoffMax: constant(
    300_000,
    'ms',
    'asynchronous invocation: longest wait after a throttle',
    'How Lambda handles errors and retries with asynchronous invocation',
    guide('invocation-async-error-handling'),
    '2026',
  ),
  eventAge: constant(
    21_600_000,
    'ms',
    'asynchronous invocation: an event is kept this long at most (6 h)',
    'How Lambda handles errors and retries with asynchronous invocation',
    guide('invocation-async-error-handling'),
    '2026',
  ),
  batchSize: constant(
    100,
    'records',
    'stream mapping: records in a batch at most, by default',
    'CreateEventSourceMapping (Kinesis, DynamoDB Streams)',
    guide('API_CreateEventSourceMapping'),
    '2026',
  ),
  pollEvery: constant(
    1000,
    'ms',
    'stream mapping: a shard is polled once a second',
    'How Lambda processes records from stream and queue-based event sources (Kinesis)',
    guide('with-kinesis'),
    '2026',
  ),
  streamRetries: constant(
    -1,
    'tries',
    'stream mapping: further tries of a failing batch; -1 until the records expire',
    'CreateEventSourceMapping (MaximumRetryAttempts)',
    guide('API_CreateEventSourceMapping'),
    '2026',
  ),
  recordAge: constant(
    -1,
    'ms',
    'stream mapping: age at which a record is discarded; -1 for never',
    'CreateEventSourceMapping (MaximumRecordAgeInSeconds)',
    guide('API_CreateEventSourceMapping'),
    '2026',
  ),
} as const satisfies Record<string, Constant>;

/** Figures AWS does not publish: our assumptions, parameters all of them. */
export const ASSUMED = {
  idleLifetime: {
    value: 'fixed:300000',
    unit: 'ms',
    why: 'how long an idle environment is kept is documented only as a non-deterministic time',
  },
  coldStart: {
    value: 'lognormal:5.7:0.4',
    unit: 'ms',
    why: 'INIT depends on runtime, package and code; from under 100 ms to over a second (AWS compute blog, Operating Lambda)',
  },
  reuse: {
    value: 'most recently used first',
    unit: '',
    why: 'observed, not documented; it lets the surplus environments go idle and disappear',
  },
  streamBackoff: {
    value: '500',
    unit: 'ms',
    why: 'the wait between two tries of a failing batch is not documented',
  },
} as const;
