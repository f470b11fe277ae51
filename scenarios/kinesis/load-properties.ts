import type { Meter, Monitor, Property, World } from '../../src/sim/scenario.ts';
import type { LogState } from './kcl-stream.ts';
import type { ConsumerState } from './load-consumer.ts';
import type { ProducersState } from './load-producers.ts';
import { ageOf, type StreamState } from './load-stream.ts';
import { detailed, type P } from './params.ts';
import { flaw } from './shards.ts';
import { nextSequence, writtenAt } from './store.ts';

const storeOf = (world: World) => (world.state('stream') as StreamState | undefined)?.store;
const producersOf = (world: World) =>
  world.actors
    .filter((a) => a.part === 'producers' || a.part === 'crowd')
    .map((a) => (world.state(a.id) as ProducersState | undefined)?.producers)[0];
const consumersOf = (world: World, ...parts: string[]) =>
  world.actors
    .filter((a) => parts.includes(a.part))
    .flatMap((a) => (world.state(a.id) as ConsumerState | undefined)?.consumer ?? []);

const load = (p: P) => p.source === 'load';
const audited = (name: string) => (): Monitor => {
  const look = (world: World) => storeOf(world)?.audit.breaches.get(name);
  return { listens: ['sample'], event: (_e, world) => look(world), end: look };
};

export const loadProperties: Readonly<Record<string, Property<P>>> = {
  'hash ranges partition the key space': {
    kind: 'always',
    what: 'the open shards cover all 2^128 hash keys, each once, at all times (Merge two shards)',
    monitor: () => ({
      changed(node, _before, after) {
        const shards = node === 'stream' ? (after as LogState | undefined)?.shards : undefined;
        return shards && flaw(shards);
      },
      listens: ['sample'],
      event: (_e, world) => storeOf(world)?.broken,
      end: (world) => storeOf(world)?.broken,
    }),
  },
  'within the write limit': {
    kind: 'always',
    what: 'no shard takes more than 1,000 records or 1 MiB in a second (Quotas and limits)',
    judged: load,
    monitor: audited('within the write limit'),
  },
  'within the read limit': {
    kind: 'always',
    what: 'no shard answers more than five GetRecords calls in a second, all shared consumers together',
    judged: (p) => load(p) && p.consumers > 0,
    monitor: audited('within the read limit'),
  },
  'what is acknowledged is stored': {
    kind: 'always',
    what: 'every record a producer counts as sent is in a shard: PutRecords is not all or nothing (PutRecords API)',
    judged: load,
    monitor() {
      const look = (world: World) => {
        const [store, producers] = [storeOf(world), producersOf(world)];
        if (!store || !producers) return undefined;
        const stored = store.shards.reduce((n, s) => n + nextSequence(s), 0);
        return producers.acknowledged > stored
          ? `the producers count ${producers.acknowledged} records as sent by ${(world.now / 1e6).toFixed(0)} s, the shards have taken ${stored}`
          : undefined;
      };
      return { listens: ['sample'], event: (_e, world) => look(world), end: look };
    },
  },
  'the age is that of the last record read': {
    kind: 'always',
    what: 'iterator age = now − time of the last record read, 0 at the tip (GetRecords.IteratorAgeMilliseconds)',
    judged: (p) => load(p) && p.consumers > 0 && !detailed(p),
    monitor: (p) => ({
      listens: ['sample'],
      event(e, world) {
        if (e.kind !== 'sample' || !e.series.startsWith('age')) return undefined;
        const store = storeOf(world);
        const consumer = world.actors.find((a) => a.part === 'consumer' || a.part === 'reader')?.id;
        if (!store || !consumer) return undefined;
        let worst = 0;
        for (const shard of store.shards) {
          const next = store.positions.get(consumer)?.get(shard.id)?.next ?? 0;
          if (next >= nextSequence(shard)) continue;
          // Of a record that has expired only this is known: it is older than the oldest one kept.
          const at = writtenAt(shard, next - 1) ?? writtenAt(shard, shard.book.first) ?? e.at;
          worst = Math.max(worst, e.at - at);
        }
        const right = ageOf(worst, p);
        return Math.abs(e.value - right) > 0.01 * right + 0.005
          ? `at ${(e.at / 1e6).toFixed(0)} s the age is told as ${e.value}, but the last record read is ${right} old`
          : undefined;
      },
    }),
  },
  'nothing expires unread': {
    kind: 'always',
    what: 'a consumer reads every record before its retention period is over',
    judged: (p) => load(p) && p.consumers > 0 && p.simSeconds > p.retentionPeriodHours * 3600,
    promised: () => false,
    monitor() {
      const look = (world: World) => {
        const store = storeOf(world);
        if (!store) return undefined;
        for (const a of world.actors) {
          if (a.part !== 'consumer' && a.part !== 'reader') continue;
          const n = store.expired(a.id);
          if (n > 0)
            return `records expired before ${a.id} read them, the first at ${(world.now / 3.6e9).toFixed(1)} h`;
        }
        return undefined;
      };
      return { listens: ['sample'], event: (_e, world) => look(world), end: look };
    },
  },
  'a shard refuses records': {
    kind: 'sometimes',
    what: 'a PutRecords call is taken in part',
    judged: load,
    monitor: () => ({
      end: (w) =>
        (storeOf(w)?.calm.refused ?? 0) + (storeOf(w)?.resharded.refused ?? 0) > 0 ? 'refused' : undefined,
    }),
  },
  'a retry is overtaken': {
    kind: 'sometimes',
    what: 'a refused record is stored behind a later one of its key: PutRecords does not keep order',
    judged: load,
    monitor: () => ({ end: (w) => ((storeOf(w)?.reorders ?? 0) > 0 ? 'overtaken' : undefined) }),
  },
};

export const loadMetrics = {
  records: { unit: 'records', what: 'records that came to the producers' },
  throttled_share: { unit: 'share', what: 'records refused, of all sent, retries included' },
  taken_before: { unit: 'records/s', what: 'records taken before the split or merge' },
  taken_after: { unit: 'records/s', what: 'records taken after it' },
  hot_key_before: {
    unit: 'records/s',
    what: 'records of the most frequent key taken before the split or merge',
  },
  hot_key_after: { unit: 'records/s', what: 'the same after it' },
  offered_peak: { unit: 'records/s', what: 'most records that came in a second' },
  given_up_share: { unit: 'share', what: 'records given up after recordTtl' },
  overtaken: { unit: 'records', what: 'records stored behind a later one of their key' },
  put_p50_ms: { unit: 'ms', what: 'median time until a record is taken (within 1 %)' },
  put_p99_ms: { unit: 'ms', what: '99th percentile of it (within 1 %)' },
  capacity_used_share: { unit: 'share', what: 'records taken, of what all shards together could take' },
  shards_open: { unit: 'shards', what: 'open shards at the end' },
  propagation_mean_ms: { unit: 'ms', what: 'polling: mean time from the shard to the consumer' },
  propagation_max_ms: { unit: 'ms', what: 'polling: longest such time' },
  pushed_mean_ms: { unit: 'ms', what: 'enhanced fan-out: mean time from the shard to the consumer' },
  pushed_max_ms: { unit: 'ms', what: 'enhanced fan-out: longest such time' },
  reads_exceeded: { unit: 'calls', what: 'GetRecords calls refused' },
  iterator_age_max_s: { unit: 's', what: 'highest iterator age (load) or age of a shard (workers)' },
  expired_unread: { unit: 'records', what: 'records that expired before the first consumer read them' },
} as const;

export function loadMeter(p: P): Meter {
  let oldest = 0;
  let peak = 0;
  return {
    listens: ['sample'],
    event(e) {
      if (e.kind === 'sample' && e.series.startsWith('age'))
        oldest = Math.max(oldest, e.series === 'age in hours' ? e.value * 3600 : e.value);
      if (e.kind === 'sample' && e.series === 'offered') peak = Math.max(peak, e.value);
      return undefined;
    },
    end(world) {
      const [store, producers] = [storeOf(world), producersOf(world)];
      if (!store || !producers) return {};
      const share = (n: number, of: number) => (of > 0 ? n / of : 0);
      const { calm, resharded } = store;
      const taken = store.shards.reduce((n, s) => n + nextSequence(s), 0);
      const seconds = world.now / 1e6;
      const before = store.wasResharded ? Math.min(seconds, p.reshardAt) : seconds;
      const could = p.recordsPerSecond * (p.shards * before + store.open.length * (seconds - before));
      const polled = consumersOf(world, 'consumer', 'reader');
      const pushed = consumersOf(world, 'enhanced', 'enhanced reader');
      const name = world.actors.find((a) => a.part === 'consumer' || a.part === 'reader')?.id;
      const delays = (list: typeof polled, what: string): Record<string, number> => {
        const count = list.reduce((n, c) => n + c.delay.count, 0);
        if (count === 0) return {};
        return {
          [`${what}_mean_ms`]: list.reduce((n, c) => n + c.delay.sum, 0) / count / 1000,
          [`${what}_max_ms`]: Math.max(...list.map((c) => c.longest)) / 1000,
        };
      };
      return {
        records: producers.offered,
        throttled_share: share(calm.refused + resharded.refused, calm.attempts + resharded.attempts),
        ...(store.wasResharded && {
          taken_before: (calm.attempts - calm.refused) / before,
          taken_after: (resharded.attempts - resharded.refused) / (seconds - before),
          hot_key_before: calm.hot / before,
          hot_key_after: resharded.hot / (seconds - before),
        }),
        ...(peak > 0 && { offered_peak: peak }),
        given_up_share: share(producers.givenUp, producers.offered),
        overtaken: store.reorders,
        put_p50_ms: producers.latency.quantile(0.5) / 1000,
        put_p99_ms: producers.latency.quantile(0.99) / 1000,
        capacity_used_share: share(taken, could),
        shards_open: store.open.length,
        ...delays(polled, 'propagation'),
        ...delays(pushed, 'pushed'),
        ...(polled.length > 0 && { reads_exceeded: store.refusedReads }),
        ...(name !== undefined && !detailed(p) && { iterator_age_max_s: oldest }),
        ...(name !== undefined &&
          p.simSeconds > p.retentionPeriodHours * 3600 && { expired_unread: store.expired(name) }),
      };
    },
  };
}
