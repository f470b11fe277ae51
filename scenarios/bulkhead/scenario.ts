import { PERCENTILES } from '../../src/sim/load.ts';
import { type Monitor, type Run, scenario, type World } from '../../src/sim/scenario.ts';
import { thousands } from '../../src/sim/words.ts';
import { generators } from './generators.ts';
import { calls, type P, params } from './params.ts';
import { dependency, RULES, type ServiceState, service } from './protocol.ts';

const MOST_CALLS = 20_000_000;

const stateOf = (world: World) => (world.state('service') as ServiceState | undefined)?.service;
const audited = (name: string): (() => Monitor) => {
  const look = (world: World) => stateOf(world)?.audit.breaches.get(name);
  return () => ({ event: (e, world) => (e.kind === 'sample' ? look(world) : undefined), end: look });
};

export default scenario({
  id: 'bulkhead',
  title: 'Bulkhead',
  summary: 'Bounded concurrency and bounded queues: what a slow dependency does to a healthy one.',
  topic: 'patterns',
  sources: [
    'M. Nygard: Release It!, 2nd ed., Pragmatic Bookshelf 2018, ch. 5 (bulkheads)',
    'Netflix Hystrix, HystrixThreadPoolProperties: coreSize 10, maxQueueSize -1 (read 2026)',
    'resilience4j, BulkheadConfig: maxConcurrentCalls 25, maxWaitDuration 0 (read 2026)',
    'A. K. Erlang 1917; L. Kleinrock: Queueing Systems I, Wiley 1975, ch. 3 (M/M/c/K)',
  ],
  params,
  check(p) {
    if (calls(p) > MOST_CALLS)
      return `arrivals × simSeconds is about ${Math.round(calls(p))} calls; at most ${MOST_CALLS} are simulated in a run. Shorten simSeconds or lower the rate.`;
    if (p.warmup >= p.simSeconds * 1000)
      return `warmup (${p.warmup} ms) must be shorter than the run (simSeconds=${p.simSeconds}): nothing would be left to measure.`;
    return undefined;
  },
  presets: {
    isolated: {
      title: 'The leak stays in its compartment',
      what: 'reports turns slow and fills its own permits; calls to catalogue do not notice.',
    },
    'shared-pool-collapse': {
      title: 'One slow dependency takes every permit',
      what: 'The same 30 permits in one pool: the slow calls hold them all and healthy calls are refused.',
      set: { pool: 'shared' },
    },
    'queue-bound': {
      title: 'A burst against a short queue',
      what: 'What does not fit is refused at once and the rest stays fast. Compare with queue=5000.',
      set: {
        arrivals: 'burst:150:2.5:5',
        servers: 20,
        queue: 30,
        otherRate: 0,
        simSeconds: 20,
      },
    },
  },
  parts: { service: service(RULES), dependency },
  actors: (p) => [
    { id: 'service', part: 'service' },
    { id: 'catalogue', part: 'dependency' },
    ...(p.otherRate > 0 ? [{ id: 'reports', part: 'dependency' }] : []),
  ],
  length: (p) => p.simSeconds * 1000,
  pointless: () =>
    'One actor makes all calls of this run and keeps the permits: a fault has nothing to act on. Break `reports` with slowService=exp:8000, slowFrom=2 or slowUntil=28, or the load with arrivals=burst:150:3:5.',
  withstands: ['crash', 'restart', 'pause', 'resume'],
  properties: {
    'permits are bounded': {
      kind: 'always',
      what: 'never more calls in flight than permits',
      monitor: audited('permits are bounded'),
    },
    'every permit comes back': {
      kind: 'always',
      what: 'permits taken and calls in flight are the same number, whatever way a call ended',
      monitor: audited('every permit comes back'),
    },
    'the queue is bounded': {
      kind: 'always',
      what: 'never more calls wait than the queue holds',
      monitor: audited('the queue is bounded'),
    },
    'first come, first served': {
      kind: 'always',
      what: 'calls that wait start in the order they came, and nobody passes them',
      monitor: audited('first come, first served'),
    },
    'slow calls keep to their own permits': {
      kind: 'always',
      what: 'a call to catalogue is refused only when catalogue itself has all its permits in use',
      promised: (p) => p.pool === 'isolated',
      monitor: audited('slow calls keep to their own permits'),
    },
    'a call is refused': {
      kind: 'sometimes',
      what: 'all permits are in use and the queue is full',
      monitor: () => ({ end: (w) => ((stateOf(w)?.rejected ?? 0) > 0 ? 'refused' : undefined) }),
    },
  },
  twins: {
    'leaks-permits': {
      what: 'a call that fails keeps its permit',
      breaks: 'every permit comes back',
      parts: { service: service({ ...RULES, returnsOnError: false }) },
      preset: 'isolated',
    },
    'unbounded-queue': {
      what: 'the queue takes whatever comes',
      breaks: 'the queue is bounded',
      parts: { service: service({ ...RULES, boundsQueue: false }) },
      preset: 'queue-bound',
    },
    'newest-first': {
      what: 'a free permit goes to the call that came last',
      breaks: 'first come, first served',
      parts: { service: service({ ...RULES, inOrder: false }) },
      preset: 'queue-bound',
    },
    'one-pool': {
      what: 'the two bulkheads were given the same pool',
      breaks: 'slow calls keep to their own permits',
      parts: { service: service({ ...RULES, separates: false }) },
      preset: 'isolated',
    },
  },
  metrics: {
    rejected_share: { unit: 'share', what: 'calls to catalogue refused at once' },
    waited_share: { unit: 'share', what: 'calls to catalogue, of all that came, that waited for a permit' },
    mean_in_system: { unit: 'calls', what: 'time average of calls to catalogue waiting or in flight' },
    calls: { unit: 'calls', what: 'calls to catalogue after the warm-up' },
    other_rejected_share: { unit: 'share', what: 'calls to reports refused at once' },
    failed_share: { unit: 'share', what: 'finished calls to catalogue that failed' },
    latency_p50_ms: { unit: 'ms', what: 'median time of a call to catalogue, waiting included (within 1 %)' },
    latency_p99_ms: { unit: 'ms', what: '99th percentile (within 1 %)' },
    wait_mean_ms: { unit: 'ms', what: 'mean wait of an accepted call' },
    wait_p99_ms: { unit: 'ms', what: '99th percentile of the wait (within 1 %)' },
  },
  meter: () => ({
    end(world) {
      const s = stateOf(world);
      if (!s) return {};
      const share = (n: number, of: number) => (of > 0 ? n / of : 0);
      return {
        rejected_share: share(s.rejected, s.offered),
        waited_share: share(s.waited, s.offered),
        mean_in_system: s.inSystem.at(world.now),
        calls: s.offered,
        ...(s.otherOffered > 0 && { other_rejected_share: share(s.otherRejected, s.otherOffered) }),
        ...(s.latency.count > 0 && {
          failed_share: share(s.failed, s.latency.count),
          latency_p50_ms: s.latency.quantile(0.5) / 1000,
          latency_p99_ms: s.latency.quantile(0.99) / 1000,
          wait_mean_ms: s.waits.mean / 1000,
          wait_p99_ms: s.waits.quantile(0.99) / 1000,
        }),
      };
    },
  }),
  look: {
    lanes: ['service', 'dependency'],
    states: {
      serving: { tone: 'good', legend: 'serving' },
      shedding: { tone: 'warm', legend: 'refusing a few' },
      refusing: { tone: 'bad', legend: 'refusing catalogue' },
      healthy: { tone: 'quiet', legend: 'healthy' },
      slow: { tone: 'warm', legend: 'slow' },
    },
    messages: {},
    tracks: [
      {
        title: 'permits in use',
        unit: 'calls in flight',
        series: [
          { name: 'catalogue in use', legend: 'catalogue', tone: 'strong', as: 'line' },
          { name: 'reports in use', legend: 'reports', tone: 'warm', as: 'line' },
          { name: 'permits', legend: 'permits open to catalogue', tone: 'quiet', as: 'step' },
        ],
      },
      {
        title: 'calls',
        unit: 'per second',
        series: [
          { name: 'catalogue served', legend: 'catalogue served', tone: 'good', as: 'area' },
          { name: 'catalogue refused', legend: 'catalogue refused', tone: 'bad', as: 'line' },
          { name: 'reports refused', legend: 'reports refused', tone: 'odd', as: 'line' },
        ],
      },
      {
        title: 'time of a call to catalogue',
        unit: 'ms',
        series: PERCENTILES,
      },
      {
        title: 'waiting',
        unit: 'calls',
        series: [{ name: 'waiting', legend: 'waiting for catalogue', tone: 'second', as: 'area' }],
        limit: { legend: 'queue', param: 'queue' },
      },
    ],
    headline,
    span,
    footer: (p) =>
      `Aggregated: about ${thousands(calls(p))} calls. Calls are not repeated by their callers, and none times out.`,
  },
  generators,
});

const percent = (x: number) => `${(x * 100).toFixed(x > 0 && x < 0.1 ? 1 : 0)} %`;

function headline(run: Run<P>): string {
  const m = (name: string) => run.metrics[name] ?? 0;
  const p = run.params;
  if (p.otherRate > 0) {
    const both = `${percent(m('rejected_share'))} of catalogue refused`;
    return p.pool === 'shared'
      ? `${both}: reports held the permits`
      : `${both}, ${percent(m('other_rejected_share'))} of reports`;
  }
  return `${percent(m('rejected_share'))} refused, p99 wait ${Math.round(m('wait_p99_ms'))} ms`;
}

/** the longest stretch of refusing */
function span(run: Run<P>) {
  const states = run.events.flatMap((e) => (e.kind === 'state' && e.node === 'service' ? [e] : []));
  const first = states.find((e) => e.state === 'refusing');
  if (!first) return undefined;
  const last = [...states].reverse().find((e) => e.state === 'refusing');
  const end = states.find((e) => last !== undefined && e.at > last.at)?.at ?? run.durationUs;
  return {
    from: first.at,
    to: end,
    label: `${((end - first.at) / 1e6).toFixed(1)} s of refused calls`,
  };
}
