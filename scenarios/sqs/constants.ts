/**
 * Every figure of Amazon SQS that a run uses, with its unit, source and the year of the text read. Each is the default
 * or the bound of a parameter, so a run can use another value.
 */
export interface Constant {
  readonly value: number;
  readonly unit: string;
  readonly what: string;
  readonly source: string;
  readonly url: string;
  /** year of the text read */
  readonly read: string;
}

const constant = (value: number, unit: string, what: string, source: string, page: string): Constant => ({
  value,
  unit,
  what,
  source,
  url: `https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/${page}.html`,
  read: '2026',
});

/** The defaults of the parameters of the same name. */
export const SQS = {
  visibility: constant(
    30_000,
    'ms',
    'default visibility timeout: how long a received message stays hidden',
    'Amazon SQS visibility timeout',
    'sqs-visibility-timeout',
  ),
  wait: constant(
    20_000,
    'ms',
    'longest wait of a long poll',
    'Amazon SQS short and long polling',
    'sqs-short-and-long-polling',
  ),
  inFlightLimit: constant(
    120_000,
    'messages',
    'messages received and not yet deleted, at most; standard (about) and, since late 2024, FIFO. Beyond it a long poll comes back empty',
    'Amazon SQS standard queue quotas; FIFO queue quotas',
    'quotas-queues',
  ),
  dedupWindow: constant(
    300_000,
    'ms',
    'FIFO: a send whose deduplication id was seen this recently is accepted and not stored again',
    'Using the message deduplication ID',
    'using-messagededuplicationid-property',
  ),
  noisyShare: constant(
    0.1,
    'share',
    'fair queue: a tenant is noisy above this share of recent processing time, or of the messages in flight; approximate',
    'How Amazon SQS fair queues work',
    'sqs-fair-queues-detailed',
  ),
  noisyInFlight: constant(
    30,
    'messages',
    'fair queue: the share in flight counts only with at least this many messages of the tenant in flight; approximate',
    'How Amazon SQS fair queues work',
    'sqs-fair-queues-detailed',
  ),
  noisySilence: constant(
    300_000,
    'ms',
    'fair queue: a noisy tenant that has sent nothing for this long is quiet again',
    'How Amazon SQS fair queues work',
    'sqs-fair-queues-detailed',
  ),
} as const satisfies Record<string, Constant>;

/** Bounds of parameters, and a rule without one. */
export const BOUNDS = {
  visibility: constant(
    43_200_000,
    'ms',
    'longest visibility timeout (12 h), counted from the receive however often it is extended',
    'Amazon SQS visibility timeout',
    'sqs-visibility-timeout',
  ),
  maxReceives: constant(
    1000,
    'receives',
    'largest maxReceiveCount of a redrive policy',
    'Using dead-letter queues in Amazon SQS',
    'sqs-dead-letter-queues',
  ),
  toTheBack: constant(
    3,
    'receives',
    'standard: a message received this often without a delete goes to the back of the queue and no longer counts for the age of the oldest',
    'Available CloudWatch metrics for Amazon SQS',
    'sqs-available-cloudwatch-metrics',
  ),
} as const satisfies Record<string, Constant>;

/** Quotas the lesson quotes and no run here comes near. */
export const QUOTED = {
  fifoCalls: constant(
    300,
    'calls per second and action',
    'FIFO: calls of one action (3,000 messages a second with batches of ten)',
    'Amazon SQS message quotas',
    'quotas-messages',
  ),
  fifoHighThroughput: constant(
    70_000,
    'calls per second and action',
    'FIFO in high-throughput mode, without batches, in the largest Regions',
    'Amazon SQS message quotas',
    'quotas-messages',
  ),
} as const satisfies Record<string, Constant>;

/** Figures AWS does not publish, or leaves to you: our assumptions, parameters all of them. */
export const ASSUMED = {
  maxReceives: {
    value: 3,
    unit: 'receives',
    why: 'a redrive policy has no default count; small here so that a picture holds all of it (AWS advises 5 or more before Lambda)',
  },
  copies: {
    value: 0,
    unit: 'share of deletes',
    why: 'how often a deleted message comes back from a server that missed the delete is documented only as rare',
  },
  noisyWindow: {
    value: 60_000,
    unit: 'ms',
    why: 'how far back a fair queue looks for processing time is documented only as recent',
  },
  latency: { value: 'uniform:5:25', unit: 'ms', why: 'no latency of an API call is documented' },
} as const;
