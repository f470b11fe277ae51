import { PERCENTILES } from '../../src/sim/load.ts';
import { type Meter, type Run, scenario } from '../../src/sim/scenario.ts';
import { thousands } from '../../src/sim/words.ts';
import { type Client, client, table } from './contended.ts';
import { generators } from './generators.ts';
import { MOST_CALLS, MOST_REQUESTS, mostAttempts, type P, params } from './params.ts';
import { properties, worldOf } from './properties.ts';
import { backend, RULES, service } from './service.ts';

export default scenario({
  id: 'timeout-retry',
  title: 'Timeouts and retries',
  summary: 'Timeouts, retries, backoff, jitter, budgets and deadlines: how help turns into a storm.',
  topic: 'patterns',
  sources: [
    'M. Brooker: Exponential Backoff and Jitter, AWS Architecture Blog, 2015, and aws-arch-backoff-simulator',
    'M. Brooker: Timeouts, retries, and backoff with jitter, Amazon Builders’ Library',
    'N. Bronson, A. Aghayev, A. Charapko, T. Zhu: Metastable Failures in Distributed Systems, HotOS 2021',
  ],
  params,
  check(p) {
    const requests = p.arrivals.rate * p.simSeconds;
    if (p.workload === 'service' && requests > MOST_REQUESTS)
      return `arrivals × simSeconds is about ${Math.round(requests)} requests; at most ${MOST_REQUESTS} are simulated in a run. Shorten simSeconds or lower the rate.`;
    if (p.base > p.cap)
      return `base (${p.base} ms) must be at most cap (${p.cap} ms): the first wait would already be cut.`;
    if (p.timeout === 0 && p.deadline)
      return 'deadline=on needs a timeout above 0: without one there is no deadline to pass on.';
    if (p.layers > 1 && (p.workload !== 'service' || p.attempts === 0))
      return `layers (${p.layers}) multiply a bounded number of attempts of a request: use workload=service and attempts of at least 1.`;
    if (p.layers > 1 && requests * mostAttempts(p) > MOST_CALLS)
      return `layers and attempts may make ${mostAttempts(p)} calls of each of about ${Math.round(requests)} requests; at most ${MOST_CALLS} are simulated in a run. Lower attempts, layers, arrivals or simSeconds.`;
    if (p.workload === 'service' && p.attempts === 0 && p.backoff === 'none' && p.budget === 0)
      return 'attempts=0 (for ever) with backoff=none and no budget would not end: bound the attempts, wait between them, or give a budget.';
    return undefined;
  },
  presets: {
    'no-timeout': {
      title: 'Waiting for ever',
      what: 'The service turns slow and every caller waits: nothing fails, nothing is answered in time, the queue grows.',
      set: { timeout: 0, attempts: 1 },
    },
    storm: {
      title: 'A retry storm',
      what: 'Three attempts, no wait: a slow spell triples the load just when there is least room for it.',
      set: { attempts: 3 },
    },
    'backoff-no-jitter': {
      title: 'Everybody waits, and comes back together',
      what: 'Clients that lost the same race wait equally long and race again. Compare with full-jitter.',
      set: {
        workload: 'contended',
        clients: 10,
        backoff: 'exponential',
        base: 5,
        cap: 400,
        attempts: 0,
        simSeconds: 5,
      },
    },
    'full-jitter': {
      title: 'A random wait spreads them out',
      what: 'The same clients, each waiting a random part of the same time: fewer attempts, sooner done.',
      set: {
        workload: 'contended',
        clients: 10,
        backoff: 'full-jitter',
        base: 5,
        cap: 400,
        attempts: 0,
        simSeconds: 5,
      },
    },
    'retry-budget': {
      title: 'A budget keeps retries in proportion',
      what: 'Retries may be a tenth of requests: when everything fails they stop by themselves. Compare with storm.',
      set: { attempts: 3, budget: 0.1, deadline: true },
    },
    'deadline-propagation': {
      title: 'Nobody works for nobody',
      what: 'The deadline travels with the request and the service drops what is too late, so its work counts.',
      set: { attempts: 3, deadline: true, backoff: 'full-jitter', base: 100, slowdown: 2 },
    },
    'nested-retries': {
      title: 'Three layers, each with its own retries',
      what: 'Each layer makes three attempts, and so one click up to 27 calls at the bottom. Compare with layers=1.',
      set: { layers: 3, attempts: 3, timeout: 250, simSeconds: 15 },
    },
    metastable: {
      title: 'The trigger is gone, the failure stays',
      what: 'A spell of three seconds starts it; retries keep the queue full of work nobody waits for, long after.',
      set: { attempts: 4, arrivals: 'poisson:160', simSeconds: 25, triggerFrom: 4000, triggerUntil: 7000 },
    },
  },
  parts: { service: service(RULES), backend, table: table(true), client: client(true) },
  actors: (p) =>
    p.workload === 'service'
      ? [
          { id: 'service', part: 'service' },
          { id: 'backend', part: 'backend' },
        ]
      : [
          { id: 'row', part: 'table' },
          ...Array.from({ length: p.clients }, (_, i) => ({ id: `c${i + 1}`, part: 'client' })),
        ],
  pointless: (p) =>
    p.workload === 'service'
      ? 'One actor plays the service and its callers in this run: a fault has nothing to act on. Change the slow spell with slowdown, triggerFrom and triggerUntil, or the callers with attempts and timeout.'
      : undefined,
  length: (p) => p.simSeconds * 1000,
  network: (p) => ({ latency: p.latency }),
  properties,
  twins: {
    'blind-write': {
      what: 'The table writes without comparing versions.',
      breaks: 'no lost update',
      parts: { table: table(false) },
      preset: 'backoff-no-jitter',
    },
    'ignores-budget': {
      what: 'Retries are made whether or not there is a token.',
      breaks: 'the budget is kept',
      parts: { service: service({ ...RULES, keepsBudget: false }) },
      preset: 'retry-budget',
    },
    'forgets-deadline': {
      what: 'The deadline travels, but the service does not look at it.',
      breaks: 'no work for nobody',
      parts: { service: service({ ...RULES, dropsExpired: false }) },
      preset: 'deadline-propagation',
      set: { slowdown: 4 },
    },
    'retries-for-ever': {
      what: 'The bound on attempts is not kept.',
      breaks: 'attempts are bounded',
      parts: { service: service({ ...RULES, boundsAttempts: false }) },
      preset: 'storm',
      set: { backoff: 'full-jitter', base: 200 },
    },
    'no-cap': {
      what: 'The wait doubles without end.',
      breaks: 'waits keep to the formula',
      parts: { service: service({ ...RULES, capsWaits: false }) },
      preset: 'storm',
      set: { backoff: 'exponential', base: 50, cap: 60, attempts: 5 },
    },
    'counts-late-answers': {
      what: 'An answer that came too late still counts as one.',
      breaks: 'each request ends once',
      parts: { service: service({ ...RULES, endsOnce: false }) },
      preset: 'storm',
    },
  },
  metrics: {
    calls: { unit: 'calls', what: 'attempts made in all' },
    completion_ms: { unit: 'ms', what: 'until the last request or client was done' },
    amplification: { unit: 'calls per request', what: 'attempts for each request' },
    answered_share: { unit: 'share', what: 'requests answered before their caller gave up' },
    failed_share: { unit: 'share', what: 'requests that failed after all attempts' },
    wasted_share: { unit: 'share', what: 'attempts worked on although nobody waited' },
    latency_p99_ms: {
      unit: 'ms',
      what: '99th percentile of answered requests, all attempts included (within 1 %)',
    },
    recovered_ms: {
      unit: 'ms',
      what: 'from the end of the slow spell until requests are answered in time again',
    },
  },
  meter,
  look: {
    window: (run) =>
      run.params.workload === 'contended'
        ? { from: 0, to: Math.min(run.durationUs, (run.metrics.completion_ms ?? 0) * 1080 + 20_000) }
        : undefined,
    lanes: ['service', 'backend', 'table'],
    states: {
      calm: { tone: 'good', legend: 'answers in time' },
      struggling: { tone: 'warm', legend: 'struggling' },
      collapsed: { tone: 'bad', legend: 'collapsed' },
      serving: { tone: 'quiet', legend: 'serving' },
      'as ever': { tone: 'quiet' },
      slow: { tone: 'odd', legend: 'slow' },
    },
    messages: {
      Read: { ink: 'quiet', legend: 'read' },
      Row: { ink: 'reply', legend: 'row' },
      Write: { ink: 'ask', legend: 'write' },
      Written: { ink: 'decide', legend: 'written' },
      Conflict: { ink: 'bad', legend: 'conflict' },
    },
    tracks: [
      {
        title: 'calls',
        unit: 'per second',
        series: [
          { name: 'attempts', legend: 'attempts', tone: 'warm', as: 'line' },
          { name: 'requests', legend: 'requests', tone: 'strong', as: 'line' },
          { name: 'answered in time', legend: 'answered in time', tone: 'good', as: 'area' },
        ],
      },
      {
        title: 'queue',
        unit: 'attempts',
        series: [{ name: 'queue', legend: 'waiting at the service', tone: 'second', as: 'area' }],
      },
      {
        title: 'callers wait for an answer, or give up',
        unit: 'ms',
        series: PERCENTILES,
      },
      {
        title: 'writes',
        unit: 'in each slice',
        series: [
          { name: 'conflicts', legend: 'conflicts', tone: 'bad', as: 'line' },
          { name: 'writes that took', legend: 'took', tone: 'good', as: 'area' },
        ],
      },
    ],
    headline,
    span,
    footer: (p) =>
      p.workload === 'service'
        ? `Aggregated: about ${thousands(p.arrivals.rate * p.simSeconds)} requests. One service, one queue, first come, first served; callers without number.`
        : 'All clients begin at once and write one row; the table itself takes no time.',
  },
  generators,
});

function meter(p: P): Meter {
  let done: number | undefined;
  return {
    end(run): Record<string, number> {
      if (p.workload === 'contended') {
        const clients = run.actors.filter((a) => a.part === 'client').map((a) => run.state(a.id) as Client);
        const calls = clients.reduce((sum, c) => sum + c.attempt, 0);
        const finished = done ?? run.now;
        return {
          calls,
          completion_ms: finished / 1000,
          amplification: calls / clients.length,
          answered_share: clients.filter((c) => c.done).length / clients.length,
          failed_share: clients.filter((c) => c.gaveUp).length / clients.length,
        };
      }
      const w = worldOf(run);
      if (!w || w.came === 0) return {};
      return {
        calls: w.attempts,
        completion_ms: w.lastEnd / 1000,
        amplification: w.attempts / w.came,
        answered_share: w.ok / w.came,
        failed_share: w.failed / w.came,
        wasted_share: w.wasted / w.attempts,
        ...(w.latency.count > 0 && { latency_p99_ms: w.latency.quantile(0.99) / 1000 }),
        ...(w.recovered !== undefined && { recovered_ms: w.recovered / 1000 - p.triggerUntil }),
      };
    },
    changed(_node, before: Client | undefined, after: Client | undefined, run) {
      // The run is over for its clients when the last of them is done.
      if (after && 'done' in after && ((after.done && !before?.done) || (after.gaveUp && !before?.gaveUp)))
        done = run.now;
      return undefined;
    },
  };
}
const percent = (x: number) => `${Math.round(x * 100)} %`;

function headline(run: Run<P>): string {
  const m = (name: string) => run.metrics[name] ?? 0;
  if (run.params.workload === 'contended')
    return `${m('calls')} attempts for ${run.params.clients} writes, done after ${Math.round(m('completion_ms'))} ms`;
  const answered = `${percent(m('answered_share'))} answered in time`;
  if (run.params.timeout === 0) return `Nobody gives up: p99 is ${(m('latency_p99_ms') / 1000).toFixed(1)} s`;
  if (run.params.layers > 1)
    return `${run.params.layers} layers of ${run.params.attempts} attempts: ${Math.round(m('amplification'))} calls a request, ${answered}`;
  if (run.verdicts.some((v) => v.property === 'recovers after the trigger' && !v.holds))
    return `It does not recover: ${answered}`;
  return `${answered}, ${m('amplification').toFixed(1)} attempts a request`;
}

function span(run: Run<P>) {
  const recovered = run.metrics.recovered_ms;
  const from = run.params.triggerUntil * 1000;
  if (run.params.workload === 'contended') {
    const to = (run.metrics.completion_ms ?? 0) * 1000;
    return { from: 0, to, label: `${Math.round(to / 1000)} ms until all are done` };
  }
  if (run.params.triggerUntil <= run.params.triggerFrom) return undefined;
  if (recovered === undefined)
    return { from, to: run.durationUs, label: 'as fast as before, and still failing' };
  return { from, to: from + recovered * 1000, label: `${(recovered / 1000).toFixed(1)} s to recover` };
}
