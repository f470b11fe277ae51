import type { Meter, MetricInfo, Monitor, Property, World } from '../../src/sim/scenario.ts';
import type { Table } from './engine.ts';
import type { P } from './params.ts';
import type { TableState } from './table.ts';

const tableOf = (world: World): Table | undefined => (world.state('table') as TableState | undefined)?.table;

/** What the audit noted: looked at whenever the table reports, and at the end. */
const audited = (name: string): Pick<Property<P>, 'monitor'> => {
  const look = (world: World) => tableOf(world)?.audit.breaches.get(name);
  return {
    monitor: (): Monitor => ({
      listens: ['sample'],
      event: (e, world) => (e.kind === 'sample' ? look(world) : undefined),
      end: look,
    }),
  };
};

const provisioned = (p: P) => p.mode === 'provisioned';

export const properties: Readonly<Record<string, Property<P>>> = {
  'no partition above its ceiling': {
    kind: 'always',
    what: 'no partition serves more than its read and write units in any second, whatever the table has (Burst and adaptive capacity)',
    ...audited('no partition above its ceiling'),
  },
  'no more than capacity and what was saved': {
    kind: 'always',
    what: 'a provisioned table serves its capacity each second and what it did not use in the last 300 s, no more (Burst and adaptive capacity)',
    judged: provisioned,
    ...audited('no more than capacity and what was saved'),
  },
  'nothing is refused that could be served': {
    kind: 'always',
    what: 'a request is refused only when its partition, the table or the index is out of units (adaptive capacity)',
    promised: (p) => p.adaptive || p.mode === 'on-demand',
    ...audited('nothing is refused that could be served'),
  },
  'a refused request costs and changes nothing': {
    kind: 'always',
    what: 'only what is served is charged, and only accepted writes take effect',
    ...audited('a refused request costs and changes nothing'),
  },
  'every request is answered': {
    kind: 'always',
    what: 'served and refused tries are all that came',
    ...audited('every request is answered'),
  },
  'units are rounded up': {
    kind: 'always',
    what: 'a request takes whole units: 4 KB read or 1 KB written, begun counts (Read and write operations)',
    ...audited('units are rounded up'),
  },
  'the table keeps to its quota': {
    kind: 'always',
    what: 'an on-demand table serves no more than its quota in any second (Quotas)',
    judged: (p) => p.mode === 'on-demand',
    ...audited('the table keeps to its quota'),
  },
  'the index keeps to its capacity': {
    kind: 'always',
    what: 'an index takes no more updates than its capacity and what it saved, and none of its partitions more than its ceiling',
    judged: (p) => p.indexes > 0,
    ...audited('the index keeps to its capacity'),
  },
  'the index falls no further behind than allowed': {
    kind: 'always',
    what: 'writes to the table are refused before the index falls further behind (GSI back-pressure)',
    judged: (p) => p.indexes > 0,
    ...audited('the index falls no further behind than allowed'),
  },
  'a request is refused': {
    kind: 'sometimes',
    what: 'something is throttled',
    monitor: () => ({
      end: (world) => ((tableOf(world)?.figures.throttled ?? 0) > 0 ? 'refused' : undefined),
    }),
  },
};

export const metrics: Readonly<Record<string, MetricInfo>> = {
  requests: { unit: 'requests', what: 'requests after the warm-up, each counted once' },
  throttled_share: { unit: 'share', what: 'tries that were throttled' },
  failed_share: { unit: 'share', what: 'requests given up after their last try was throttled' },
  tries_per_request: { unit: 'tries', what: 'tries for each request: above 1 where callers try again' },
  served_units: { unit: 'units per second', what: 'read and write units served, mean' },
  hottest_share: { unit: 'share', what: 'of the units asked for, those of the busiest partition' },
  partitions: { unit: 'partitions', what: 'partitions at the end' },
  throttled_partition: { unit: 'tries', what: 'refused: the partition was at its ceiling' },
  throttled_capacity: { unit: 'tries', what: 'refused: provisioned and saved capacity were used up' },
  throttled_quota: { unit: 'tries', what: 'refused: the table was at its quota' },
  throttled_index: { unit: 'tries', what: 'refused: the index was too far behind' },
  throttled_index_partition: { unit: 'tries', what: 'refused: a partition of the index was at its ceiling' },
  hot_throttled_share: { unit: 'share', what: 'of the throttled tries, those for the most popular key' },
  first_throttle_s: { unit: 's', what: 'time of the first refusal' },
  wait_mean_ms: { unit: 'ms', what: 'mean time from the first try to the one that was served' },
  index_waits_most: { unit: 'units', what: 'most units that waited for the index' },
};

export const meter = (p: P): Meter => ({
  end(world) {
    const t = tableOf(world);
    if (!t) return {};
    const f = t.figures;
    const share = (n: number, of: number) => (of > 0 ? n / of : 0);
    const seconds = (t.now - f.from) / 1e6;
    return {
      requests: f.requests,
      throttled_share: share(f.throttled, f.tries),
      failed_share: share(f.failed, f.requests),
      ...(p.retries === 'sdk' && {
        tries_per_request: share(f.tries, f.requests),
        wait_mean_ms: share(f.waited, f.served) / 1000,
      }),
      served_units: seconds > 0 ? f.servedUnits / seconds : 0,
      hottest_share: f.hottestShare,
      partitions: t.partitions.count,
      ...(f.why.partition > 0 && { throttled_partition: f.why.partition }),
      ...(f.why.capacity > 0 && { throttled_capacity: f.why.capacity }),
      ...(f.why.quota > 0 && { throttled_quota: f.why.quota }),
      ...(f.why.index > 0 && { throttled_index: f.why.index }),
      ...(f.why.indexPartition > 0 && { throttled_index_partition: f.why.indexPartition }),
      ...(f.throttled > 0 && {
        hot_throttled_share: share(f.hotThrottled, f.throttled),
        first_throttle_s: f.firstThrottle / 1e6,
      }),
      ...(t.index && { index_waits_most: f.indexMost }),
    };
  },
});
