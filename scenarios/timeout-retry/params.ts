import { arrivals, choice, distribution, flag, int, number, type Values } from '../../src/sim/params.ts';

export const params = {
  workload: choice({
    what: 'service: requests to a service with a queue; contended: clients that all write one row by compare-and-set',
    choices: ['service', 'contended'],
    default: 'service',
  }),
  clients: int({
    what: 'contended: clients that want to write the row once each',
    unit: 'clients',
    min: 1,
    max: 500,
    default: 12,
  }),
  backoff: choice({
    what: 'wait before the next attempt, in the formulas of the AWS Architecture Blog',
    choices: ['none', 'exponential', 'full-jitter', 'equal-jitter', 'decorrelated'],
    default: 'none',
  }),
  base: number({ what: 'first wait', unit: 'ms', min: 0.1, max: 60_000, default: 20 }),
  cap: number({ what: 'longest wait', unit: 'ms', min: 0.1, max: 600_000, default: 2000 }),
  attempts: int({
    what: 'attempts a request may make, the first included; 0 for as many as it takes',
    unit: 'attempts',
    min: 0,
    max: 100,
    default: 3,
  }),
  layers: int({
    what: 'service: layers of callers above each other, each of which makes so many attempts of its own',
    unit: 'layers',
    min: 1,
    max: 6,
    default: 1,
  }),
  errors: number({
    what: 'service: share of attempts that the service answers with an error',
    unit: 'share',
    min: 0,
    max: 1,
    default: 0,
  }),
  timeout: int({
    what: 'service: time after which the caller gives an attempt up; 0 for never',
    unit: 'ms',
    min: 0,
    max: 600_000,
    default: 250,
  }),
  budget: number({
    what: 'retry budget: retries allowed as a share of requests (a token bucket); 0 for no budget',
    unit: 'share',
    min: 0,
    max: 1,
    default: 0,
  }),
  deadline: flag({
    what: 'the caller’s deadline travels with the request and the service drops what nobody waits for',
    default: false,
  }),
  arrivals: arrivals({ what: 'requests', default: 'poisson:150' }),
  servers: int({
    what: 'requests the service works on at once',
    unit: 'requests',
    min: 1,
    max: 1000,
    default: 10,
  }),
  service: distribution({ what: 'time the service takes for a request', default: 'exp:50' }),
  triggerFrom: int({ what: 'the service is slow from', unit: 'ms', min: 0, max: 600_000, default: 4000 }),
  triggerUntil: int({
    what: 'until; before triggerFrom for not at all',
    unit: 'ms',
    min: 0,
    max: 600_000,
    default: 7000,
  }),
  slowdown: number({
    what: 'how many times slower it is then',
    unit: 'times',
    min: 1,
    max: 1000,
    default: 3,
  }),
  latency: distribution({ what: 'one-way delay', default: 'uniform:4:6' }),
  simSeconds: number({ what: 'length of the run', unit: 's', min: 0.1, max: 3600, default: 20 }),
};
export type P = Values<typeof params>;

export const MOST_REQUESTS = 500_000;
export const MOST_CALLS = 1_000_000;

/** Attempts one request may make at the bottom: every layer repeats all that is below it. 0 for as many as it takes. */
export const mostAttempts = (p: P): number => p.attempts ** p.layers;

/**
 * After `failed` attempts at the bottom one of the layers tries again: which attempt of its own has just failed, from 1.
 * The innermost layer with attempts left does, as digits of a number are counted up.
 */
export function failedAtItsLayer(p: P, failed: number): number {
  if (p.layers === 1 || p.attempts === 0) return failed;
  let rest = failed;
  while (rest > 0 && rest % p.attempts === 0) rest /= p.attempts;
  return rest % p.attempts;
}
