import { arrivals, choice, distribution, int, number, type Values } from '../../src/sim/params.ts';

/**
 * Defaults follow resilience4j's rules with smaller figures, so that a breaker opens and closes within a picture:
 * resilience4j itself has a window of 100 calls, a minimum of 100, 60 s open and 10 calls when half-open
 * (CircuitBreakerConfig, read 2026).
 */
export const params = {
  arrivals: arrivals({ what: 'calls the web service makes', default: 'poisson:30' }),
  service: distribution({ what: 'time a healthy dependency takes for a call', default: 'uniform:10:30' }),
  servers: int({
    what: 'calls the dependency works on at once; the others queue there',
    unit: 'calls',
    min: 1,
    max: 1000,
    default: 8,
  }),
  timeout: int({
    what: 'time after which the caller gives a call up',
    unit: 'ms',
    min: 1,
    max: 60_000,
    default: 250,
  }),
  breaker: choice({ what: 'whether there is a breaker', choices: ['on', 'off'], default: 'on' }),
  window: int({ what: 'calls the breaker looks back on', unit: 'calls', min: 1, max: 1000, default: 20 }),
  minimumCalls: int({ what: 'calls seen before it may open', unit: 'calls', min: 1, max: 1000, default: 10 }),
  failureThreshold: number({
    what: 'share of failed calls from which it opens',
    unit: 'share',
    min: 0.01,
    max: 1,
    default: 0.5,
  }),
  slowCall: int({
    what: 'time from which a call counts as slow',
    unit: 'ms',
    min: 1,
    max: 60_000,
    default: 150,
  }),
  slowThreshold: number({
    what: 'share of slow calls from which it opens',
    unit: 'share',
    min: 0.01,
    max: 1,
    default: 1,
  }),
  openFor: int({ what: 'how long it stays open at least', unit: 'ms', min: 1, max: 600_000, default: 700 }),
  halfOpenCalls: int({
    what: 'probes it lets through when half-open',
    unit: 'calls',
    min: 1,
    max: 100,
    default: 4,
  }),
  sickFrom: int({ what: 'the dependency is sick from', unit: 'ms', min: 0, max: 600_000, default: 1500 }),
  sickUntil: int({ what: 'and well again from', unit: 'ms', min: 0, max: 600_000, default: 3600 }),
  sickFailures: number({
    what: 'share of calls a sick dependency fails',
    unit: 'share',
    min: 0,
    max: 1,
    default: 0.95,
  }),
  sickService: distribution({ what: 'time a sick dependency takes', default: 'uniform:10:30' }),
  flapEvery: int({
    what: 'while sick, it is well and sick in turn for so long; 0 for sick throughout',
    unit: 'ms',
    min: 0,
    max: 60_000,
    default: 0,
  }),
  clientErrors: number({
    what: 'share of calls refused because the request was wrong; no failure of the dependency',
    unit: 'share',
    min: 0,
    max: 1,
    default: 0.03,
  }),
  latency: distribution({ what: 'one-way delay', default: 'uniform:1:3' }),
  simSeconds: number({ what: 'length of the run', unit: 's', min: 0.5, max: 600, default: 7 }),
};
export type P = Values<typeof params>;

export const MOST_CALLS = 200_000;
