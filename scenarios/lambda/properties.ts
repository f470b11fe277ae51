import type { Meter, Monitor, Property, World } from '../../src/sim/scenario.ts';
import type { DeadLetters, QueueState } from './async.ts';
import type { Account } from './fleet.ts';
import type { P } from './params.ts';
import type { ConsumerState, ShardState } from './stream.ts';

const accountOf = (world: World): Account | undefined => {
  const state = (world.state('lambda') ?? world.state('function')) as { account?: Account } | undefined;
  return state?.account;
};

/** What the audit noted: looked at whenever the run reports something, and at its end. */
const audited = (name: string): (() => Monitor) => {
  const look = (world: World) => accountOf(world)?.audit.breaches.get(name);
  return () => ({
    event: (e, world) => (e.kind === 'sample' || e.kind === 'state' ? look(world) : undefined),
    end: look,
  });
};

const calls = (p: P) => p.source !== 'stream';

export const properties: Record<string, Property<P>> = {
  'within the concurrency limit': {
    kind: 'always',
    what: 'never more requests in flight, nor environments of a function, than the concurrency limit (Lambda quotas)',
    judged: calls,
    monitor: audited('within the concurrency limit'),
  },
  'one request at a time': {
    kind: 'always',
    what: 'an environment never has two requests (Understanding Lambda function scaling)',
    judged: calls,
    monitor: audited('one request at a time'),
  },
  'every request is accounted for': {
    kind: 'always',
    what: 'each request is over, in flight, or was answered with 429',
    judged: calls,
    monitor: audited('every request is accounted for'),
  },
  'no faster than the scaling rate': {
    kind: 'always',
    what: 'new environments keep within the scaling rate, refilled continuously (Lambda scaling behavior)',
    judged: calls,
    monitor: audited('no faster than the scaling rate'),
  },
  'reserved concurrency is kept': {
    kind: 'always',
    what: 'the function stays within its reserved concurrency, and others stay out of it (Configuring reserved concurrency)',
    judged: (p) => calls(p) && p.reserved >= 0,
    monitor: audited('reserved concurrency is kept'),
  },
  'provisioned environments stay ready': {
    kind: 'always',
    what: 'no request starts cold while a provisioned environment is free (Configuring provisioned concurrency)',
    judged: (p) => calls(p) && p.provisioned > 0,
    monitor: audited('provisioned environments stay ready'),
  },
  'errors are retried before giving up': {
    kind: 'always',
    what: 'an event is given up only after the configured tries, or when it is too old (asynchronous invocation)',
    judged: (p) => p.source === 'async',
    monitor: (p) => ({
      changed(node, _before, after, world) {
        if (node !== 'queue' || !after) return undefined;
        const e = (after as QueueState).events.find(
          (x) =>
            (x.outcome === 'dead' || x.outcome === 'lost') &&
            x.errors <= p.retries &&
            (world.now - x.at) / 1000 + p.throttleBackoffMax < p.eventAge,
        );
        return e && `e${e.id} was given up after ${e.errors} of ${p.retries + 1} tries`;
      },
    }),
  },
  'nothing is lost': {
    kind: 'always',
    what: 'what is given up is kept in a dead-letter queue or failure destination',
    judged: (p) => p.source !== 'request',
    promised: (p) => p.deadLetters,
    monitor: () => ({
      changed(node, _before, after, world) {
        const lost = (after as QueueState | undefined)?.events?.find((e) => e.outcome === 'lost');
        if (lost) return `e${lost.id} was given up at ${seconds(world.now)} and kept nowhere`;
        const n = (after as ShardState | undefined)?.lost ?? 0;
        return n > 0
          ? `${n} records of ${node} were given up by ${seconds(world.now)} and kept nowhere`
          : undefined;
      },
    }),
  },
  'records in order, none skipped': {
    kind: 'always',
    what: 'a shard moves past a record only when the function has processed it or it was given up openly',
    judged: (p) => p.source === 'stream',
    monitor() {
      const processed = new Map<string, Set<number>>();
      let seen: ConsumerState['processed'] = [];
      return {
        changed(node, before, after) {
          const consumed = (after as ConsumerState | undefined)?.processed;
          if (consumed) {
            for (const r of consumed.slice(seen.length)) {
              const set = processed.get(r.shard) ?? new Set();
              for (let i = r.from; i <= r.to; i++) set.add(i);
              processed.set(r.shard, set);
            }
            seen = consumed;
          }
          if (after === undefined && (before as ConsumerState | undefined)?.processed) seen = [];
          const was = (before as ShardState | undefined)?.done;
          const now = (after as ShardState | undefined)?.done;
          if (was === undefined || now === undefined) return undefined;
          const gone = new Set((after as ShardState).discarded);
          for (let i = was + 1; i <= now; i++)
            if (!processed.get(node)?.has(i) && !gone.has(i) && (after as ShardState).lost === 0)
              return `${node} moved past record #${i}, which was never processed`;
          return undefined;
        },
      };
    },
  },
  'a poison pill blocks only its shard': {
    kind: 'always',
    what: 'while one shard is blocked the others keep up',
    judged: (p) => p.source === 'stream' && p.shards > 1,
    monitor(p) {
      const bound = Math.max(10, (3 * p.pollEvery + 20 * p.duration.mean) / 1000);
      let disturbed = false;
      return {
        event(e) {
          if (e.kind === 'fault') disturbed = true;
          if (disturbed || e.kind !== 'sample' || !e.series.startsWith('age ') || e.series === 'age shard1')
            return undefined;
          return e.value > bound
            ? `${e.series.slice(4)} has no bad record and is ${e.value} s behind at ${seconds(e.at)}`
            : undefined;
        },
      };
    },
  },
  'a request starts cold': {
    kind: 'sometimes',
    what: 'no idle environment is left for a request',
    judged: calls,
    monitor: () => ({ end: (w) => ((accountOf(w)?.figures.cold ?? 0) > 0 ? 'cold' : undefined) }),
  },
  'a request is refused': {
    kind: 'sometimes',
    what: 'a request is answered with 429',
    judged: calls,
    monitor: () => ({ end: (w) => ((accountOf(w)?.figures.throttled ?? 0) > 0 ? '429' : undefined) }),
  },
};

const seconds = (us: number) => `${(us / 1e6).toFixed(1)} s`;

export const metrics = {
  cold_share: { unit: 'share', what: 'served requests that started a new environment' },
  throttled_share: { unit: 'share', what: 'requests answered with 429' },
  requests: { unit: 'requests', what: 'requests after the warm-up' },
  served: { unit: 'requests', what: 'requests an environment took' },
  cold_starts: { unit: 'requests', what: 'requests that met a cold start' },
  throttled_concurrency: { unit: 'requests', what: 'refused: concurrency limit or reserved concurrency' },
  throttled_scaling: { unit: 'requests', what: 'refused: environments could not be added fast enough' },
  throttled_rate: {
    unit: 'requests',
    what: 'refused: more requests per second than ten times the concurrency',
  },
  latency_mean_ms: { unit: 'ms', what: 'mean time of a served request, cold start included' },
  latency_p50_ms: { unit: 'ms', what: 'median time of a served request (within 1 %)' },
  latency_p90_ms: { unit: 'ms', what: '90th percentile (within 1 %)' },
  latency_p99_ms: { unit: 'ms', what: '99th percentile (within 1 %)' },
  latency_p999_ms: { unit: 'ms', what: '99.9th percentile (within 1 %)' },
  concurrency_peak: { unit: 'requests in flight', what: 'highest concurrency, other functions included' },
  concurrency_mean: { unit: 'requests in flight', what: 'time average of the concurrency' },
  spillover_share: { unit: 'share', what: 'served requests beyond the provisioned environments' },
  neighbour_throttled_share: { unit: 'share', what: 'requests to the other function answered with 429' },
  timed_out: { unit: 'requests', what: 'requests cut off by the function timeout' },
  events_done: { unit: 'events', what: 'events that succeeded in the end' },
  events_dead: { unit: 'events', what: 'events in the dead-letter queue' },
  events_lost: { unit: 'events', what: 'events given up and kept nowhere' },
  events_waiting: { unit: 'events', what: 'events still to be tried' },
  runs: { unit: 'invocations', what: 'invocations made for the events' },
  records: { unit: 'records', what: 'records that came' },
  behind: { unit: 'records', what: 'records not yet dealt with' },
  bad_shard_age_s: { unit: 's', what: 'highest age of the shard with the bad record' },
  other_shards_age_s: { unit: 's', what: 'highest age of the other shards' },
  discarded: { unit: 'records', what: 'records given up and kept at the failure destination' },
} as const;

export function meter(p: P): Meter {
  const ages = new Map<string, number>();
  return {
    ...(p.source === 'stream' && {
      event(e) {
        if (e.kind === 'sample' && e.series.startsWith('age '))
          ages.set(e.series, Math.max(ages.get(e.series) ?? 0, e.value));
        return undefined;
      },
    }),
    end(world) {
      const account = accountOf(world);
      const base = account ? account.figures.metrics(world.now, account.audit.peak) : {};
      if (p.source === 'async') {
        const events = (world.state('queue') as QueueState | undefined)?.events ?? [];
        const count = (outcome: string) => events.filter((e) => e.outcome === outcome).length;
        return {
          ...base,
          events_done: count('done'),
          events_dead: count('dead'),
          events_lost: count('lost'),
          events_waiting: count('waiting'),
          runs: events.reduce((n, e) => n + e.runs, 0),
        };
      }
      if (p.source === 'stream') {
        const shards = world.actors
          .filter((a) => a.part === 'shard')
          .flatMap((a) => (world.state(a.id) as ShardState | undefined) ?? []);
        const others = [...ages].filter(([name]) => name !== 'age shard1').map(([, age]) => age);
        return {
          records: shards.reduce((n, s) => n + s.came.length, 0),
          behind: shards.reduce((n, s) => n + s.came.length - s.done, 0),
          bad_shard_age_s: ages.get('age shard1') ?? 0,
          other_shards_age_s: Math.max(0, ...others),
          discarded: (world.state('dlq') as DeadLetters | undefined)?.held.length ?? 0,
        };
      }
      return base;
    },
  };
}
