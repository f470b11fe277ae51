import { arrivals, choice, distribution, int, number, type Values } from '../../src/sim/params.ts';

export const params = {
  servers: int({
    what: 'permits for calls to catalogue: calls in flight at once (Hystrix thread pool: 10; resilience4j semaphore: 25)',
    unit: 'permits',
    default: 20,
    min: 1,
    max: 10_000,
  }),
  queue: int({
    what: 'calls to catalogue that may wait for a permit (Hystrix: none; resilience4j thread pool: 100)',
    unit: 'calls',
    default: 0,
    min: 0,
    max: 1_000_000,
  }),
  arrivals: arrivals({ what: 'calls to catalogue', default: 'poisson:100' }),
  service: distribution({ what: 'time a call to catalogue takes', default: 'exp:100' }),
  simSeconds: number({ what: 'length of the run', unit: 's', default: 30, min: 0.1, max: 10_000_000 }),
  warmup: number({
    what: 'calls that come before this time are left out of the figures',
    unit: 'ms',
    default: 0,
    min: 0,
    max: 1e10,
  }),
  pool: choice({
    what: 'permits of their own for each dependency, or one pool for both',
    choices: ['isolated', 'shared'],
    default: 'isolated',
  }),
  otherRate: number({
    what: 'calls to reports, Poisson; 0 for none',
    unit: 'per second',
    default: 50,
    min: 0,
    max: 100_000,
  }),
  otherServers: int({
    what: 'permits for calls to reports',
    unit: 'permits',
    default: 10,
    min: 1,
    max: 10_000,
  }),
  otherQueue: int({
    what: 'calls to reports that may wait for a permit',
    unit: 'calls',
    default: 0,
    min: 0,
    max: 1_000_000,
  }),
  otherService: distribution({ what: 'time a call to reports takes when it is well', default: 'exp:80' }),
  slowService: distribution({ what: 'time a call to reports takes while it is slow', default: 'exp:4000' }),
  slowFrom: number({ what: 'reports turns slow', unit: 's', default: 8, min: 0, max: 10_000_000 }),
  slowUntil: number({ what: 'reports is well again', unit: 's', default: 18, min: 0, max: 10_000_000 }),
  errors: number({
    what: 'share of calls that fail; a failed call gives its permit back as well',
    unit: 'share',
    default: 0.01,
    min: 0,
    max: 1,
  }),
};

export type P = Values<typeof params>;
export const CATALOGUE = 0;
export const REPORTS = 1;
export const calls = (p: P): number => (p.arrivals.rate + p.otherRate) * p.simSeconds;
