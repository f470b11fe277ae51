import { PERCENTILES } from '../../src/sim/load.ts';
import { type Run, scenario } from '../../src/sim/scenario.ts';
import { thousands } from '../../src/sim/words.ts';
import { asyncFunction, deadLetters, QUEUE, queue } from './async.ts';
import { fleet } from './fleet.ts';
import { generators } from './generators.ts';
import { detailed, LANES, type P, params, requests } from './params.ts';
import { meter, metrics, properties } from './properties.ts';
import { broken, environment, front, HONEST, lanes } from './protocol.ts';
import { CONSUMER, consumer, SHARD, shard } from './stream.ts';

const MOST_REQUESTS = 20_000_000;
const MOST_EVENTS = 3000;

export default scenario({
  id: 'lambda',
  title: 'Lambda',
  summary: 'Cold starts, concurrency, scaling rate, provisioned and reserved concurrency, async and streams.',
  topic: 'aws',
  sources: [
    'AWS Lambda Developer Guide: Understanding Lambda function scaling, https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html',
    'AWS Lambda Developer Guide: Lambda scaling behavior, https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html',
    'AWS Lambda Developer Guide: How Lambda handles errors and retries with asynchronous invocation, https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html',
    'AWS Lambda Developer Guide: Lambda quotas, https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
  ],
  params,
  check(p) {
    const n = requests(p);
    if (n > MOST_REQUESTS)
      return `arrivals × simSeconds is about ${Math.round(n)} requests; at most ${MOST_REQUESTS} are simulated in a run. Shorten simSeconds or lower the rate.`;
    if (p.source !== 'request' && n > MOST_EVENTS)
      return `source=${p.source} is simulated event by event, at most ${MOST_EVENTS} of them; arrivals × simSeconds is about ${Math.round(n)}.`;
    if (p.warmup >= p.simSeconds * 1000)
      return `warmup (${p.warmup} ms) must be shorter than the run (simSeconds=${p.simSeconds}): nothing would be left to measure.`;
    if (p.reserved > 0 && p.reserved > p.concurrencyLimit - p.unreservedFloor)
      return `reserved (${p.reserved}) must leave unreservedFloor (${p.unreservedFloor}) of concurrencyLimit (${p.concurrencyLimit}) to other functions: at most ${Math.max(0, p.concurrencyLimit - p.unreservedFloor)}.`;
    const most = p.reserved >= 0 ? p.reserved : p.concurrencyLimit;
    if (p.provisioned > most)
      return `provisioned (${p.provisioned}) cannot exceed ${p.reserved >= 0 ? 'reserved' : 'concurrencyLimit'} (${most}).`;
    if (p.neighbour > 0 && p.source !== 'request')
      return 'neighbour works with source=request: the other function is called by requests.';
    if (p.source === 'stream' && p.provisioned > 0)
      return 'provisioned works with source=request or async; a stream keeps one environment a shard busy.';
    if (p.throttleBackoffMax < p.throttleBackoff)
      return `throttleBackoffMax (${p.throttleBackoffMax} ms) must be at least throttleBackoff (${p.throttleBackoff} ms).`;
    return undefined;
  },
  presets: {
    'cold-start': {
      title: 'Who starts cold?',
      what: 'Each lane is an environment. A request starts cold when no lane is idle; an idle one is given up after a while.',
      set: {
        arrivals: 'poisson:1.4',
        duration: 'exp:600',
        coldStart: 'uniform:700:1300',
        idleLifetime: 'fixed:4000',
        simSeconds: 20,
      },
    },
    'concurrency-limit': {
      title: 'A burst meets the account limit',
      what: 'Four times the traffic needs more than 1,000 environments: what does not fit is refused, not queued.',
      set: {
        arrivals: 'burst:2000:4:10',
        duration: 'exp:200',
        coldStart: 'lognormal:5.7:0.4',
        simSeconds: 40,
      },
    },
    'scaling-rate': {
      title: 'The quota is high, the ramp is not',
      what: 'The account may have 10,000 environments, but a function adds only 1,000 in ten seconds.',
      set: {
        arrivals: 'burst:500:8:30',
        duration: 'exp:1000',
        coldStart: 'lognormal:5.7:0.4',
        concurrencyLimit: 10_000,
        simSeconds: 90,
      },
    },
    provisioned: {
      title: 'Warm up to a number, cold beyond it',
      what: 'Provisioned environments take the burst at once; what spills over starts cold.',
      set: {
        arrivals: 'burst:40:10:10',
        duration: 'exp:250',
        coldStart: 'uniform:800:1600',
        idleLifetime: 'fixed:5000',
        provisioned: 80,
        simSeconds: 40,
      },
    },
    'async-retries-dlq': {
      title: 'Three tries, then the dead-letter queue',
      what: 'The bad event comes back after one and after two minutes; the good ones pass it by.',
      set: {
        source: 'async',
        arrivals: 'constant:0.05',
        duration: 'uniform:4000:9000',
        coldStart: 'uniform:700:1300',
        poison: 2,
        simSeconds: 270,
      },
    },
    'stream-poison-pill': {
      title: 'One bad record stops a shard',
      what: 'The batch is tried again and again: its shard falls behind, the others do not. Try bisect=on streamRetries=3.',
      set: {
        source: 'stream',
        arrivals: 'poisson:6',
        duration: 'uniform:150:350',
        batchSize: 10,
        poison: 18,
        streamBackoff: 2000,
        simSeconds: 40,
      },
    },
    'noisy-neighbour': {
      title: 'Another function takes the account',
      what: 'Reserved concurrency keeps 200 for us while the other function is refused. Compare with reserved=-1.',
      set: {
        arrivals: 'poisson:100',
        neighbour: 1500,
        duration: 'exp:1000',
        coldStart: 'lognormal:5.7:0.4',
        reserved: 200,
        simSeconds: 30,
      },
    },
  },
  parts: {
    front: front(HONEST),
    fleet: fleet(HONEST),
    env: environment,
    queue: queue(QUEUE),
    function: asyncFunction,
    shard: shard(SHARD),
    consumer: consumer(CONSUMER),
    dlq: deadLetters,
  },
  actors(p) {
    const dlq = p.deadLetters ? [{ id: 'dlq', part: 'dlq' }] : [];
    if (p.source === 'async')
      return [{ id: 'queue', part: 'queue' }, { id: 'function', part: 'function' }, ...dlq];
    if (p.source === 'stream')
      return [
        ...Array.from({ length: p.shards }, (_, i) => ({ id: `shard${i + 1}`, part: 'shard' })),
        { id: 'function', part: 'consumer' },
        ...dlq,
      ];
    if (!detailed(p)) return [{ id: 'lambda', part: 'fleet' }];
    return [
      { id: 'lambda', part: 'front' },
      ...Array.from({ length: lanes(p) }, (_, i) => ({ id: `env${i + 1}`, part: 'env' })),
    ];
  },
  length: (p) => p.simSeconds * 1000,
  pointless(p, { fault, nodes = [] }) {
    if (p.source !== 'request') return undefined;
    if (!detailed(p))
      return 'One actor plays Lambda and its callers in a run this large: a fault has nothing to act on. Change the load with arrivals=burst:500:10:10, or what is left to it with concurrencyLimit=200 or scalingRate=500.';
    return fault === 'crash' && nodes.includes('lambda')
      ? 'Here `lambda` is the service itself and keeps the figures: it does not crash. Crash an environment, such as env1.'
      : undefined;
  },
  withstands: ['crash', 'restart', 'pause', 'resume', 'duplicate', 'reorder'],
  properties,
  twins: {
    overcommits: {
      what: 'environments in INIT do not count against the limit',
      breaks: 'within the concurrency limit',
      parts: broken({ countsInit: false }),
      preset: 'concurrency-limit',
    },
    'shares-environments': {
      what: 'an environment stays on the idle list while it serves',
      breaks: 'one request at a time',
      parts: broken({ exclusive: false }),
      preset: 'concurrency-limit',
    },
    'forgets-the-429': {
      what: 'a refused request gets no answer',
      breaks: 'every request is accounted for',
      parts: broken({ answersRefused: false }),
      preset: 'concurrency-limit',
    },
    'scales-at-once': {
      what: 'environments are added as fast as they are asked for',
      breaks: 'no faster than the scaling rate',
      parts: broken({ heedsScalingRate: false }),
      preset: 'scaling-rate',
    },
    'takes-the-reserve': {
      what: 'other functions may use reserved concurrency that is free',
      breaks: 'reserved concurrency is kept',
      parts: broken({ keepsReserve: false }),
      preset: 'noisy-neighbour',
    },
    'gives-up-provisioned': {
      what: 'provisioned environments are given up like idle ones',
      breaks: 'provisioned environments stay ready',
      parts: broken({ keepsProvisioned: false }),
      preset: 'provisioned',
    },
    'one-try': {
      what: 'a function error is not tried again',
      breaks: 'errors are retried before giving up',
      parts: { queue: queue({ ...QUEUE, retriesErrors: false }) },
      preset: 'async-retries-dlq',
    },
    'drops-the-dead': {
      what: 'what is given up is dropped although there is a dead-letter queue',
      breaks: 'nothing is lost',
      parts: { queue: queue({ ...QUEUE, usesDeadLetters: false }) },
      preset: 'async-retries-dlq',
    },
    'skips-the-batch': {
      what: 'a failing batch is skipped',
      breaks: 'records in order, none skipped',
      parts: { shard: shard({ ...SHARD, retries: false }) },
      preset: 'stream-poison-pill',
    },
    'one-line': {
      what: 'all shards wait in one line behind the failing batch',
      breaks: 'a poison pill blocks only its shard',
      parts: { consumer: consumer({ ...CONSUMER, shardsApart: false }) },
      preset: 'stream-poison-pill',
    },
  },
  metrics,
  meter,
  look: {
    lanes: ['front', 'fleet', 'env', 'queue', 'shard', 'function', 'consumer', 'dlq'],
    states: {
      none: { tone: 'quiet', legend: 'no environment' },
      INIT: { tone: 'warm', legend: 'INIT (cold start)' },
      running: { tone: 'strong', legend: 'running' },
      idle: { tone: 'faded', legend: 'idle' },
      serving: { tone: 'good', legend: 'serving' },
      'warming up': { tone: 'warm', legend: 'many cold starts' },
      throttling: { tone: 'bad', legend: 'throttling' },
      ready: { tone: 'quiet', legend: 'ready' },
      empty: { tone: 'quiet', legend: 'nothing held' },
      retrying: { tone: 'warm', legend: 'waits for another try' },
      reading: { tone: 'good', legend: 'keeps up' },
      blocked: { tone: 'bad', legend: 'blocked' },
      holds: { tone: 'odd', legend: 'given up, kept', says: 'holds' },
    },
    messages: {
      Invoke: { ink: 'ask', legend: 'request' },
      Result: { ink: 'reply', legend: 'result' },
      Run: { ink: 'ask', legend: 'event' },
      Ok: { ink: 'reply', legend: 'done' },
      Error: { ink: 'bad', legend: 'function error' },
      Refused: { ink: 'bad', legend: '429' },
      Dead: { ink: 'decide', legend: 'given up' },
      Batch: { ink: 'quiet', legend: 'batch' },
      Failed: { ink: 'bad', legend: 'failed batch' },
      Discard: { ink: 'decide', legend: 'given up' },
    },
    tracks: [
      {
        title: 'requests',
        unit: 'per second',
        series: [
          { name: 'served', legend: 'served', tone: 'good', as: 'area' },
          { name: 'offered', legend: 'offered', tone: 'strong', as: 'line' },
          { name: 'throttled', legend: 'throttled (429)', tone: 'bad', as: 'line' },
        ],
      },
      {
        title: 'concurrency',
        unit: 'in flight',
        series: [
          { name: 'in use', legend: 'in use', tone: 'strong', as: 'area' },
          { name: 'environments', legend: 'environments', tone: 'second', as: 'step' },
          { name: 'neighbour', legend: 'other function', tone: 'odd', as: 'line' },
        ],
        limit: { legend: 'concurrency limit', param: 'concurrencyLimit' },
      },
      {
        title: 'cold starts',
        unit: 'per second',
        series: [{ name: 'cold starts', legend: 'cold starts', tone: 'warm', as: 'area' }],
      },
      {
        // A cold start shows in the one long before it shows in the other.
        title: 'INIT and run',
        unit: 'ms',
        series: PERCENTILES,
      },
      {
        title: 'events waiting',
        unit: 'events',
        series: [{ name: 'queued', legend: 'waiting', tone: 'second', as: 'step' }],
      },
      {
        title: 'iterator age',
        unit: 's',
        series: Array.from({ length: 6 }, (_, i) => ({
          name: `age shard${i + 1}`,
          legend: `shard${i + 1}`,
          tone: (['bad', 'good', 'second', 'strong', 'odd', 'warm'] as const)[i] ?? 'quiet',
          as: 'line' as const,
        })),
      },
    ],
    headline,
    span,
    footer,
  },
  generators,
});

const share = (x: number) => `${(x * 100).toFixed(x > 0 && x < 0.1 ? 1 : 0)} %`;

function headline(run: Run<P>): string {
  const m = (name: string) => run.metrics[name] ?? 0;
  const p = run.params;
  if (p.source === 'async') {
    const given = m('events_dead') + m('events_lost');
    return given > 0
      ? `${given} event${given === 1 ? '' : 's'} given up after ${p.retries + 1} tries, ${m('events_done')} done`
      : `${m('events_done')} events done in ${m('runs')} tries`;
  }
  if (p.source === 'stream')
    return m('discarded') > 0
      ? `Bad record set aside: shard1 was ${m('bad_shard_age_s').toFixed(0)} s behind`
      : `shard1 is ${m('bad_shard_age_s').toFixed(0)} s behind, the others ${m('other_shards_age_s').toFixed(0)} s`;
  if (p.neighbour > 0)
    return `${share(m('throttled_share'))} of ours refused, ${share(m('neighbour_throttled_share'))} of the neighbour's`;
  if (m('throttled_share') > 0) {
    const why = m('throttled_scaling') > m('throttled_concurrency') ? 'scaling rate' : 'concurrency limit';
    const named = m('throttled_rate') > m('requests') * 0.5 * m('throttled_share') ? 'request rate' : why;
    return `${share(m('throttled_share'))} refused with 429: ${named}`;
  }
  if (p.provisioned > 0)
    return m('cold_starts') > 0
      ? `${share(m('spillover_share'))} spill over, ${share(m('cold_share'))} start cold`
      : 'No cold start: provisioned is enough';
  return `${m('cold_starts')} of ${m('served')} requests start cold (${share(m('cold_share'))})`;
}

function span(run: Run<P>) {
  const states = run.events.flatMap((e) => (e.kind === 'state' ? [e] : []));
  const bad = states.find((e) => e.state === 'throttling' || e.state === 'blocked');
  if (bad) {
    const end = states.find((e) => e.node === bad.node && e.at > bad.at && e.state !== bad.state);
    const to = end?.at ?? run.durationUs;
    const what = bad.state === 'throttling' ? 'of 429s' : 'blocked';
    return to - bad.at > 50_000
      ? { from: bad.at, to, label: `${((to - bad.at) / 1e6).toFixed(1)} s ${what}` }
      : undefined;
  }
  const back = run.events.flatMap((e) =>
    e.kind === 'note' && e.text.startsWith('gives up on e') ? [e] : [],
  )[0];
  if (back) {
    const id = /e(\d+)/.exec(back.text)?.[1];
    const first = run.events.find((e) => e.kind === 'send' && e.type === 'Run' && e.label === `e${id} try 1`);
    if (first)
      return {
        from: first.at,
        to: back.at,
        label: `${Math.round((back.at - first.at) / 1e6)} s until e${id} is given up`,
      };
  }
  const inits = states.flatMap((e) => {
    if (e.state !== 'INIT') return [];
    const ready = states.find((x) => x.node === e.node && x.at > e.at);
    return ready ? [{ from: e.at, to: ready.at }] : [];
  });
  const worst = inits.sort((a, b) => b.to - b.from - (a.to - a.from))[0];
  return worst && { ...worst, label: `${Math.round((worst.to - worst.from) / 1000)} ms cold start` };
}

function footer(p: P): string {
  if (p.source === 'stream')
    return 'Polling once a second is documented, the wait between tries is not: a parameter. One batch a shard.';
  if (p.source === 'async')
    return 'Waits of 1 and 2 minutes as documented. Duplicates by the queue itself are left out.';
  const idle = `Idle lifetime ${p.idleLifetime.text} ms is an assumption (AWS documents none)`;
  return detailed(p)
    ? `${idle}; environments beyond ${LANES} have no lane.`
    : `${idle}. Aggregated: about ${thousands(requests(p))} requests.`;
}
