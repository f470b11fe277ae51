import { type Meter, type Run, scenario } from '../../src/sim/scenario.ts';
import { dependency } from './dependency.ts';
import { generators } from './generators.ts';
import { MOST_CALLS, type P, params } from './params.ts';
import { properties } from './properties.ts';
import { type Caller, caller, RULES } from './protocol.ts';

export default scenario({
  id: 'circuit-breaker',
  title: 'Circuit breaker',
  summary: 'Failing fast when a dependency is sick, and finding out when it is well.',
  topic: 'patterns',
  sources: [
    'M. Nygard: Release It!, 2nd ed., Pragmatic Bookshelf 2018, ch. 5 (Circuit Breaker)',
    'resilience4j, CircuitBreakerConfig (read 2026): window 100, minimum 100, 50 %, 60 s open, 10 calls half-open',
    'Netflix Hystrix, HystrixCommandProperties: 10 s window, 20 requests, 50 %, 5 s, one probe',
  ],
  params,
  check(p) {
    const calls = p.arrivals.rate * p.simSeconds;
    if (calls > MOST_CALLS)
      return `arrivals × simSeconds is about ${Math.round(calls)} calls; at most ${MOST_CALLS} are simulated in a run. Shorten simSeconds or lower the rate.`;
    if (p.minimumCalls > p.window)
      return `minimumCalls (${p.minimumCalls}) must be at most window (${p.window}): the breaker could never see enough calls to open.`;
    if (p.slowCall > p.timeout)
      return `slowCall (${p.slowCall} ms) must be at most timeout (${p.timeout} ms): a call is given up before it could count as slow.`;
    return undefined;
  },
  presets: {
    'trip-and-recover': {
      title: 'It opens, probes, and closes',
      what: 'The dependency fails for two seconds: a few calls fail, the rest are rejected at once, probes find out when it is well.',
    },
    flapping: {
      title: 'A dependency that comes and goes',
      what: 'Sick and well in turn: the breaker keeps opening and closing. Compare with window=60 minimumCalls=60.',
      set: {
        flapEvery: 350,
        sickUntil: 5000,
        openFor: 250,
        window: 8,
        minimumCalls: 5,
        halfOpenCalls: 2,
        simSeconds: 7,
      },
    },
    'half-open-probes': {
      title: 'Probes find it still sick',
      what: 'A long illness and a short wait: half-open again and again, a few probes each time and never a flood.',
      set: { openFor: 350, sickUntil: 4200, halfOpenCalls: 3 },
    },
    'slow-calls': {
      title: 'Slow is as bad as failed',
      what: 'Nothing fails, yet calls take longer than the caller can wait. The share of slow calls opens the breaker.',
      set: {
        sickFailures: 0,
        sickService: 'uniform:170:230',
        slowThreshold: 0.6,
        servers: 20,
        arrivals: 'poisson:40',
      },
    },
    'no-breaker': {
      title: 'Without a breaker',
      what: 'Slow and overloaded, the dependency gets every call all the same: they queue, time out, and go on long after it is well.',
      set: {
        breaker: 'off',
        sickFailures: 0,
        sickService: 'uniform:300:400',
        servers: 4,
        timeout: 250,
        sickUntil: 3600,
      },
    },
  },
  parts: { caller: caller(RULES), dependency },
  actors: () => [
    { id: 'web', part: 'caller' },
    { id: 'payments', part: 'dependency' },
  ],
  pointless: (_p, { fault, nodes = [] }) =>
    fault === 'crash' && nodes.includes('web')
      ? 'The breaker and all it has counted live in `web`: with it they are gone, and nothing is left to see. Crash or pause `payments` instead.'
      : undefined,
  length: (p) => p.simSeconds * 1000,
  network: (p) => ({ latency: p.latency }),
  properties,
  twins: {
    'never-half-opens': {
      what: 'An open breaker stays open: nothing ever tries again.',
      breaks: 'closes again',
      parts: { caller: caller({ ...RULES, halfOpens: false }) },
      preset: 'trip-and-recover',
    },
    'no-minimum': {
      what: 'It judges from the first call on.',
      breaks: 'opens only on evidence',
      parts: { caller: caller({ ...RULES, waitsForMinimum: false }) },
      preset: 'flapping',
    },
    'floods-when-half-open': {
      what: 'Half-open lets every call through.',
      breaks: 'few probes',
      parts: { caller: caller({ ...RULES, limitsProbes: false }) },
      preset: 'half-open-probes',
      set: { arrivals: 'poisson:150', sickService: 'uniform:60:120', sickFailures: 1 },
    },
    'ignores-timeouts': {
      what: 'A call without an answer is not counted as failed.',
      breaks: 'opens in time',
      parts: { caller: caller({ ...RULES, countsTimeouts: false }) },
      preset: 'no-breaker',
      set: { breaker: 'on' },
    },
    'does-not-reject': {
      what: 'Open is only a state on a dashboard: calls go out all the same.',
      breaks: 'lets nothing through while open',
      parts: { caller: caller({ ...RULES, rejectsWhileOpen: false }) },
      preset: 'trip-and-recover',
    },
    'loses-a-probe': {
      what: 'A probe whose request was wrong is neither judged nor given back: half-open waits for it for ever.',
      breaks: 'closes again',
      parts: { caller: caller({ ...RULES, returnsProbes: false }) },
      preset: 'trip-and-recover',
      set: { clientErrors: 0.3 },
    },
    'counts-rejections': {
      what: 'A rejected call counts as a failure and begins the wait anew.',
      breaks: 'closes again',
      parts: { caller: caller({ ...RULES, countsRejections: true }) },
      preset: 'trip-and-recover',
    },
  },
  metrics: {
    rejected_share: { unit: 'share', what: 'calls rejected at once by the breaker' },
    failed_share: { unit: 'share', what: 'calls that failed or timed out' },
    opened: { unit: 'times', what: 'how often the breaker opened' },
    open_ms: { unit: 'ms', what: 'time it was open or half-open' },
    recovered_ms: { unit: 'ms', what: 'from the dependency being well to the first good answer' },
    waited_ms: { unit: 'ms', what: 'mean time a caller waited for a call, rejections included' },
    calls: { unit: 'calls', what: 'calls the web service wanted to make' },
  },
  meter,
  look: {
    lanes: ['caller', 'dependency'],
    states: {
      closed: { tone: 'good', legend: 'closed' },
      open: { tone: 'bad', legend: 'open' },
      'half-open': { tone: 'warm', legend: 'half-open' },
      'no breaker': { tone: 'faded', legend: 'no breaker' },
      healthy: { tone: 'quiet', legend: 'healthy' },
      sick: { tone: 'odd', legend: 'sick' },
    },
    messages: { Call: { ink: 'quiet', legend: 'call' }, Answer: { ink: 'reply', legend: 'answer' } },
    tracks: [
      {
        title: 'calls',
        unit: 'per second',
        series: [
          { name: 'answered well', legend: 'answered well', tone: 'good', as: 'area' },
          { name: 'rejected', legend: 'rejected at once', tone: 'warm', as: 'line' },
          { name: 'failed', legend: 'failed', tone: 'bad', as: 'line' },
        ],
      },
      {
        title: 'callers waiting',
        unit: 'calls in flight',
        series: [{ name: 'waiting', legend: 'in flight', tone: 'second', as: 'area' }],
      },
    ],
    headline,
    span,
    footer:
      'Smaller figures than the libraries’ defaults, so that it opens and closes in seconds. Callers do not repeat calls.',
  },
  generators,
});

function meter(p: P): Meter {
  let opened = 0;
  let notClosed = 0;
  let since: number | undefined;
  let recovered: number | undefined;
  let waited = 0;
  return {
    changed(_node, before: Caller | undefined, after: Caller | undefined, world) {
      if (!before || !after || !('breaker' in after)) return undefined;
      if (before.breaker.is !== after.breaker.is) {
        if (after.breaker.is === 'open') opened++;
        if (before.breaker.is === 'closed') since = world.now;
        if (after.breaker.is === 'closed' && since !== undefined) {
          notClosed += world.now - since;
          since = undefined;
        }
      }
      if (after.tally.ok > before.tally.ok && recovered === undefined && world.now >= p.sickUntil * 1000)
        recovered = world.now - p.sickUntil * 1000;
      for (const [id, call] of Object.entries(before.open))
        if (!(id in after.open)) waited += world.now - call.at;
      return undefined;
    },
    end(world) {
      const web = world.state('web') as Caller | undefined;
      if (!web || web.calls === 0) return {};
      if (since !== undefined) notClosed += world.now - since;
      return {
        rejected_share: web.tally.rejected / web.calls,
        failed_share: web.tally.failed / web.calls,
        opened,
        open_ms: notClosed / 1000,
        ...(recovered !== undefined && { recovered_ms: recovered / 1000 }),
        waited_ms: waited / 1000 / web.calls,
        calls: web.calls,
      };
    },
  };
}

const percent = (x: number) => `${Math.round(x * 100)} %`;

function headline(run: Run<P>): string {
  const m = (name: string) => run.metrics[name] ?? 0;
  if (run.params.breaker === 'off')
    return `No breaker: ${percent(m('failed_share'))} of calls fail, callers wait ${Math.round(m('waited_ms'))} ms`;
  const often = m('opened') === 1 ? 'once' : `${m('opened')} times`;
  if (m('opened') === 0) return 'The breaker stays closed';
  return `Opens ${often}: ${percent(m('rejected_share'))} rejected at once, ${percent(m('failed_share'))} fail`;
}

/** from the illness to the first good answer after it */
function span(run: Run<P>) {
  const p = run.params;
  const recovered = run.metrics.recovered_ms;
  if (recovered === undefined || p.sickUntil <= p.sickFrom) return undefined;
  const from = p.sickUntil * 1000;
  return {
    from,
    to: from + recovered * 1000,
    label: `${Math.round(recovered)} ms until calls succeed again`,
  };
}
