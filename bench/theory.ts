import bulkhead from '../scenarios/bulkhead/scenario.ts';
import dynamodb from '../scenarios/dynamodb/scenario.ts';
import lambda from '../scenarios/lambda/scenario.ts';
import sqs from '../scenarios/sqs/scenario.ts';
import timeoutRetry from '../scenarios/timeout-retry/scenario.ts';
import { recipe, simulate } from '../src/sim/run.ts';
import type { Scenario } from '../src/sim/scenario.ts';
import {
  burstSeconds,
  coldShare,
  erlangB,
  erlangC,
  little,
  mmck,
  mmcWait,
  nestedCalls,
  redeliveryShare,
} from '../src/sim/theory.ts';
import type { Row } from './row.ts';

/**
 * Theory against simulation: each line is a run, a figure of it, the closed form, and how far they may differ.
 * The same table is the test and what is printed for a reader.
 */
export interface TheoryCase {
  readonly name: string;
  readonly assumes: string;
  readonly scenario: Scenario;
  readonly preset: string;
  readonly set: Readonly<Record<string, string>>;
  readonly metric: string;
  readonly theory: number;
  /** greatest difference allowed, as a share of the theory */
  readonly tolerance: number;
  /** runs, with seeds from 1, of which the mean counts; default 1 */
  readonly runs?: number;
}

export interface TheoryRow extends TheoryCase {
  readonly simulated: number;
  readonly off: number;
  readonly agrees: boolean;
}

export function compare(c: TheoryCase, seed = 1): TheoryRow {
  const runs = c.runs ?? 1;
  let sum = 0;
  for (let i = 0; i < runs; i++) {
    const chosen = recipe(c.scenario, c.preset, { seed: seed + i, set: c.set });
    sum += simulate(c.scenario, chosen, { traceLimit: 0 }).metrics[c.metric] ?? Number.NaN;
  }
  const simulated = sum / runs;
  const off = c.theory === 0 ? Math.abs(simulated) : Math.abs(simulated - c.theory) / c.theory;
  return { ...c, simulated, off, agrees: off <= c.tolerance };
}

const queue = (o: {
  rate: number;
  meanMs: number;
  servers: number;
  queue: number;
  seconds: number;
  service?: string;
}) => ({
  arrivals: `poisson:${o.rate}`,
  service: o.service ?? `exp:${o.meanMs}`,
  servers: String(o.servers),
  queue: String(o.queue),
  simSeconds: String(o.seconds),
  warmup: '60000',
  otherRate: '0',
});

const pool = { scenario: bulkhead, preset: 'isolated' } as const;

const fn = (o: Record<string, string>) => ({
  coldStart: 'fixed:0',
  scalingRate: '1000000',
  requestsPerConcurrency: '100000',
  ...o,
});
const service = { scenario: lambda, preset: 'cold-start' } as const;

/** Token buckets: the load and the refill per second, and the tokens of a full one. */
const bucket = { rate: 300, refill: 100, tokens: 300 * 100 };
const scaling = { rate: 1000, refill: 100, tokens: 1000, seconds: 40 };

/** A work time that often outlasts the timeout, and consumers enough that nothing else is lost. */
const outlasting = (meanMs: number, visibilityMs: number) => ({
  scenario: sqs,
  preset: 'visibility-timeout',
  assumes: 'exponential processing, no heartbeat, no dead-letter queue in the way',
  set: {
    messages: '400',
    consumers: '5',
    arrivals: 'poisson:0.2',
    work: `exp:${meanMs}`,
    visibility: String(visibilityMs),
    latency: 'fixed:0.1',
    maxReceives: '1000',
  },
  metric: 'redelivered_share',
  theory: redeliveryShare(meanMs, visibilityMs),
});

const nested = (layers: number, attempts: number, failure: number, requests: number) => ({
  scenario: timeoutRetry,
  preset: 'nested-retries',
  assumes: 'each call at the bottom fails by itself, nothing is slow, no wait between attempts',
  set: {
    layers: String(layers),
    attempts: String(attempts),
    errors: String(failure),
    timeout: '0',
    triggerUntil: '0',
    service: 'fixed:1',
    servers: '100',
    arrivals: `poisson:${requests / 100}`,
    simSeconds: '100',
  },
  metric: 'amplification',
  theory: nestedCalls(layers, attempts, failure),
});

const mm = mmck(18, 0.5, 10, 10 + 6);

export const THEORY: readonly TheoryCase[] = [
  {
    ...pool,
    name: 'bulkhead, no queue: refused = Erlang B (8 Erlang, 10 permits)',
    assumes: 'Poisson calls, exponential times',
    set: queue({ rate: 80, meanMs: 100, servers: 10, queue: 0, seconds: 10_000 }),
    metric: 'rejected_share',
    theory: erlangB(8, 10),
    tolerance: 0.02,
  },
  {
    ...pool,
    name: 'bulkhead, no queue: Erlang B does not mind the service distribution',
    assumes: 'Poisson calls, a mix of short and long calls of the same mean',
    set: queue({
      rate: 80,
      meanMs: 100,
      servers: 10,
      queue: 0,
      seconds: 10_000,
      service: 'mix:0.9*fixed:50+0.1*exp:550',
    }),
    metric: 'rejected_share',
    theory: erlangB(8, 10),
    tolerance: 0.03,
  },
  {
    ...pool,
    name: 'bulkhead, long queue: waited = Erlang C (8 Erlang, 10 permits)',
    assumes: 'Poisson calls, exponential times, queue never full',
    set: queue({ rate: 80, meanMs: 100, servers: 10, queue: 100_000, seconds: 10_000 }),
    metric: 'waited_share',
    theory: erlangC(8, 10),
    tolerance: 0.03,
  },
  {
    ...pool,
    name: 'bulkhead, long queue: mean wait (ms) of M/M/c',
    assumes: 'as above',
    set: queue({ rate: 80, meanMs: 100, servers: 10, queue: 100_000, seconds: 10_000 }),
    metric: 'wait_mean_ms',
    theory: mmcWait(80, 0.1, 10) * 1000,
    tolerance: 0.06,
  },
  {
    ...pool,
    name: 'bulkhead, M/M/10/16: refused',
    assumes: 'Poisson calls, exponential times',
    set: queue({ rate: 18, meanMs: 500, servers: 10, queue: 6, seconds: 40_000 }),
    metric: 'rejected_share',
    theory: mm.rejected,
    tolerance: 0.04,
  },
  {
    ...pool,
    name: 'bulkhead, M/M/10/16: waited, of all calls',
    assumes: 'as above',
    set: queue({ rate: 18, meanMs: 500, servers: 10, queue: 6, seconds: 40_000 }),
    metric: 'waited_share',
    theory: mm.waited,
    tolerance: 0.02,
  },
  {
    ...pool,
    name: 'bulkhead, M/M/10/16: mean in system',
    assumes: 'as above',
    set: queue({ rate: 18, meanMs: 500, servers: 10, queue: 6, seconds: 40_000 }),
    metric: 'mean_in_system',
    theory: mm.meanInSystem,
    tolerance: 0.01,
  },
  {
    ...service,
    name: 'lambda at its limit: throttled = Erlang B (18 Erlang, limit 20)',
    assumes: 'Poisson requests, no cold starts, no scaling limit; any duration',
    set: fn({
      arrivals: 'poisson:60',
      duration: 'lognormal:5.578:0.5',
      concurrencyLimit: '20',
      unreservedFloor: '0',
      simSeconds: '20000',
      warmup: '60000',
    }),
    metric: 'throttled_share',
    theory: erlangB((60 * Math.exp(5.578 + 0.125)) / 1000, 20),
    tolerance: 0.03,
  },
  {
    ...service,
    name: 'lambda: mean concurrency = rate × duration (Little)',
    assumes: 'no limit reached, no cold starts',
    set: fn({ arrivals: 'poisson:60', duration: 'exp:300', simSeconds: '20000', warmup: '60000' }),
    metric: 'concurrency_mean',
    theory: little(60, 0.3),
    tolerance: 0.01,
  },
  {
    ...service,
    name: 'lambda, requests that never overlap: cold = exp(-rate × idle)',
    assumes: 'Poisson requests, fixed idle lifetime, load 0.0002 Erlang',
    set: fn({
      arrivals: 'poisson:0.02',
      duration: 'fixed:10',
      idleLifetime: 'fixed:60000',
      simSeconds: '10000000',
      warmup: '600000',
    }),
    metric: 'cold_share',
    theory: Math.exp(-0.02 * 60),
    tolerance: 0.01,
  },
  {
    ...service,
    name: 'lambda, most recently used first: cold share (2 Erlang, idle 5 s)',
    assumes: 'Poisson requests, exponential durations, fixed idle lifetime, cold starts take no time',
    set: fn({
      arrivals: 'poisson:2',
      duration: 'exp:1000',
      idleLifetime: 'fixed:5000',
      simSeconds: '400000',
      warmup: '600000',
    }),
    metric: 'cold_share',
    theory: coldShare({ rate: 2, meanService: 1, idle: 5 }),
    tolerance: 0.02,
  },
  {
    ...service,
    name: 'lambda, most recently used first: cold share (20 Erlang, idle 60 s)',
    assumes: 'as above',
    set: fn({
      arrivals: 'poisson:20',
      duration: 'exp:1000',
      idleLifetime: 'fixed:60000',
      simSeconds: '100000',
      warmup: '2000000',
    }),
    metric: 'cold_share',
    theory: coldShare({ rate: 20, meanService: 1, idle: 60 }),
    tolerance: 0.06,
  },
  {
    ...service,
    name: 'lambda with a limit of 4: cold share of what is served',
    assumes: 'as above, M/M/4/4',
    set: fn({
      arrivals: 'poisson:2',
      duration: 'exp:1000',
      idleLifetime: 'fixed:3000',
      concurrencyLimit: '4',
      unreservedFloor: '0',
      simSeconds: '400000',
      warmup: '600000',
    }),
    metric: 'cold_share',
    theory: coldShare({ rate: 2, meanService: 1, idle: 3, limit: 4 }),
    tolerance: 0.02,
  },
  {
    scenario: dynamodb,
    preset: 'burst-then-throttle',
    name: 'dynamodb: 300 writes/s on 100 provisioned, 300 s saved: burst lasts tokens / (rate - refill)',
    assumes: 'a full token bucket, Poisson writes of one unit',
    set: {
      arrivals: `poisson:${bucket.rate}`,
      keys: '500',
      itemSize: 'fixed:1',
      writeCapacity: String(bucket.refill),
      burstAtStart: '300',
      simSeconds: '300',
    },
    metric: 'first_throttle_s',
    theory: burstSeconds(bucket.tokens, bucket.refill, bucket.rate),
    tolerance: 0.02,
    runs: 5,
  },
  {
    ...service,
    preset: 'scaling-rate',
    name: 'lambda: 1,000 new environments/s wanted, 1,000 at once and 100/s granted: share refused',
    assumes: 'a full token bucket, requests that never end, no other limit',
    set: fn({
      arrivals: `poisson:${scaling.rate}`,
      duration: 'fixed:900000',
      concurrencyLimit: '100000',
      scalingRate: String(scaling.tokens),
      simSeconds: String(scaling.seconds),
    }),
    metric: 'throttled_share',
    theory: 1 - (scaling.tokens + scaling.refill * scaling.seconds) / (scaling.rate * scaling.seconds),
    tolerance: 0.005,
  },
  {
    ...outlasting(20_000, 30_000),
    name: 'sqs: receives that outlast the timeout = exp(-visibility / mean), mean 20 s, timeout 30 s',
    tolerance: 0.06,
    runs: 16,
  },
  {
    ...outlasting(10_000, 10_000),
    name: 'sqs: the same, mean 10 s, timeout 10 s',
    tolerance: 0.04,
    runs: 16,
  },
  {
    ...nested(5, 3, 1, 2000),
    name: 'timeout-retry, five layers of three attempts, all calls fail: 3^5 calls a request',
    // the last requests are still at it when the run ends
    tolerance: 0.005,
  },
  {
    ...nested(3, 3, 0.7, 20_000),
    name: 'timeout-retry, three layers of three attempts, 70 % of calls fail: calls a request',
    tolerance: 0.03,
  },
  {
    ...nested(1, 3, 0.5, 20_000),
    name: 'timeout-retry, one layer of three attempts, half of the calls fail: calls a request',
    tolerance: 0.02,
  },
];

/** The table of theory against simulation, a row a case: `npm run bench -- theory`. */
export async function benchTheory(): Promise<Row[]> {
  return THEORY.map((c) => {
    const row = compare(c);
    return {
      name: c.name,
      value: row.simulated,
      unit: c.scenario.metrics[c.metric]?.unit ?? '',
      target: `${c.theory.toPrecision(4)} ± ${c.tolerance * 100} %`,
      ok: row.agrees,
    };
  });
}
