import { arrivals, choice, distribution, flag, int, number, type Values } from '../../src/sim/params.ts';
import { ASSUMED, LAMBDA } from './constants.ts';

const documented = (name: keyof typeof LAMBDA) => `${LAMBDA[name].what} (${LAMBDA[name].source})`;

export const params = {
  source: choice({
    what: 'who calls: requests that wait, events queued by Lambda, or a stream of records',
    choices: ['request', 'async', 'stream'],
    default: 'request',
  }),
  arrivals: arrivals({ what: 'requests, events or records as they come', default: 'poisson:1' }),
  duration: distribution({ what: 'time the handler runs', default: 'exp:250' }),
  coldStart: distribution({
    what: `INIT of a new environment: ${ASSUMED.coldStart.why}`,
    default: ASSUMED.coldStart.value,
  }),
  idleLifetime: distribution({
    what: `time an idle environment is kept: ${ASSUMED.idleLifetime.why}, so this is an assumption`,
    default: ASSUMED.idleLifetime.value,
  }),
  concurrencyLimit: int({
    what: documented('concurrencyLimit'),
    unit: 'requests in flight',
    default: LAMBDA.concurrencyLimit.value,
    min: 1,
    max: 100_000,
  }),
  reserved: int({
    what: 'reserved concurrency of this function, both its guarantee and its cap; -1 for none, 0 stops it',
    unit: 'requests in flight',
    default: -1,
    min: -1,
    max: 100_000,
  }),
  provisioned: int({
    what: 'provisioned concurrency: environments initialised beforehand and kept',
    unit: 'environments',
    default: 0,
    min: 0,
    max: 100_000,
  }),
  neighbour: number({
    what: 'requests per second to another function of the account, Poisson, with the same durations',
    unit: 'per second',
    default: 0,
    min: 0,
    max: 100_000,
  }),
  unreservedFloor: int({
    what: documented('unreservedFloor'),
    unit: 'requests in flight',
    default: LAMBDA.unreservedFloor.value,
    min: 0,
    max: 100_000,
  }),
  scalingRate: int({
    what: documented('scalingRate'),
    unit: 'environments per 10 s',
    default: LAMBDA.scalingRate.value,
    min: 1,
    max: 1_000_000_000,
  }),
  requestsPerConcurrency: number({
    what: documented('requestsPerConcurrency'),
    unit: 'per second',
    default: LAMBDA.requestsPerConcurrency.value,
    min: 0.1,
    max: 1_000_000,
  }),
  timeout: number({
    what: documented('timeout'),
    unit: 'ms',
    default: LAMBDA.timeout.value,
    min: 1,
    max: LAMBDA.timeout.value,
  }),
  simSeconds: number({ what: 'length of the run', unit: 's', default: 60, min: 0.1, max: 10_000_000 }),
  warmup: number({
    what: 'requests that come before this time are left out of the figures',
    unit: 'ms',
    default: 0,
    min: 0,
    max: 1e10,
  }),
  errors: number({
    what: 'share of invocations that end in a function error (async)',
    unit: 'share',
    default: 0,
    min: 0,
    max: 1,
  }),
  poison: int({
    what: 'number of the event or record that always fails; 0 for none',
    unit: '',
    default: 0,
    min: 0,
    max: 1_000_000,
  }),
  retries: int({ what: documented('retries'), unit: 'tries', default: LAMBDA.retries.value, min: 0, max: 2 }),
  retryFirst: number({
    what: documented('retryFirst'),
    unit: 'ms',
    default: LAMBDA.retryFirst.value,
    min: 1,
    max: 1e7,
  }),
  retrySecond: number({
    what: documented('retrySecond'),
    unit: 'ms',
    default: LAMBDA.retrySecond.value,
    min: 1,
    max: 1e7,
  }),
  throttleBackoff: number({
    what: documented('throttleBackoff'),
    unit: 'ms',
    default: LAMBDA.throttleBackoff.value,
    min: 1,
    max: 1e7,
  }),
  throttleBackoffMax: number({
    what: documented('throttleBackoffMax'),
    unit: 'ms',
    default: LAMBDA.throttleBackoffMax.value,
    min: 1,
    max: 1e7,
  }),
  eventAge: number({
    what: documented('eventAge'),
    unit: 'ms',
    default: LAMBDA.eventAge.value,
    min: 1000,
    max: LAMBDA.eventAge.value,
  }),
  deadLetters: flag({
    what: 'a dead-letter queue or failure destination for what is given up; without it that is lost',
    default: true,
  }),
  shards: int({ what: 'shards of the stream', unit: 'shards', default: 3, min: 1, max: 6 }),
  batchSize: int({
    what: documented('batchSize'),
    unit: 'records',
    default: LAMBDA.batchSize.value,
    min: 1,
    max: 10_000,
  }),
  pollEvery: number({
    what: documented('pollEvery'),
    unit: 'ms',
    default: LAMBDA.pollEvery.value,
    min: 10,
    max: 60_000,
  }),
  bisect: flag({ what: 'a failing batch is split in two before it is tried again', default: false }),
  streamRetries: int({
    what: documented('streamRetries'),
    unit: 'tries',
    default: LAMBDA.streamRetries.value,
    min: -1,
    max: 10_000,
  }),
  recordAge: number({
    what: documented('recordAge'),
    unit: 'ms',
    default: LAMBDA.recordAge.value,
    min: -1,
    max: 1e9,
  }),
  streamBackoff: number({
    what: `wait before a failing batch is tried again: ${ASSUMED.streamBackoff.why}`,
    unit: 'ms',
    default: 500,
    min: 1,
    max: 600_000,
  }),
};

export type P = Values<typeof params>;

/** Environments that get a lane of their own in a small run. */
export const LANES = 6;

/**
 * Small runs are simulated message by message, with a lane for each environment; larger ones by one actor that
 * keeps the whole pool and tells it as tracks. The decisions are the same code in both.
 */
export function detailed(p: P): boolean {
  const load = (p.arrivals.rate * p.duration.mean) / 1000;
  return p.source === 'request' && p.neighbour === 0 && requests(p) <= 250 && load <= 4;
}

/** requests expected in the whole run */
export const requests = (p: P): number => (p.arrivals.rate + p.neighbour) * p.simSeconds;
