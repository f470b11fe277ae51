import type { Fold, Meter, Property, World } from '../../src/sim/scenario.ts';
import { Undisturbed } from '../../src/sim/undisturbed.ts';
import type { TableState } from './kcl-leases.ts';
import type { LogState } from './kcl-stream.ts';
import type { Processed, WorkerState } from './kcl-worker.ts';
import type { P } from './params.ts';

const workers = (p: P) => p.source === 'workers';
const seconds = (us: number) => `${(us / 1e6).toFixed(1)} s`;

/** What a worker has just done; nothing after a crash or a restart. */
export function news(before: unknown, after: unknown): readonly Processed[] {
  const was = (before as WorkerState | undefined)?.processed;
  const is = (after as WorkerState | undefined)?.processed;
  if (!is || was === is) return [];
  return was && is.length >= was.length ? is.slice(was.length) : is;
}

const tableOf = (state: unknown): TableState | undefined =>
  Array.isArray((state as TableState | undefined)?.rows) && 'by' in (state as TableState)
    ? (state as TableState)
    : undefined;

export const kclProperties: Readonly<Record<string, Property<P>>> = {
  'each key in order': {
    kind: 'always',
    what: 'records of a partition key are first processed in the order they were written (KCL concepts)',
    judged: workers,
    fold: (): Fold<Readonly<Record<string, number>>> => ({
      start: {},
      changed(seen, node, before, after) {
        let next = seen;
        for (const r of news(before, after)) {
          const known = next[r.key] ?? 0;
          // A repeat is no disorder: see `no record is skipped` for the gap it would take.
          if (r.nth === known + 1) next = { ...next, [r.key]: r.nth };
          else if (r.nth > known)
            return `${node} processes record ${r.nth} of ${r.key} before record ${known + 1}`;
        }
        return next;
      },
    }),
  },
  'no record is skipped': {
    kind: 'always',
    what: 'a record is processed only when all before it in its shard have been: at least once',
    judged: workers,
    fold: (): Fold<Readonly<Record<string, number>>> => ({
      start: {},
      changed(seen, node, before, after) {
        let next = seen;
        for (const r of news(before, after)) {
          const known = next[r.shard] ?? 0;
          if (r.sequence === known) next = { ...next, [r.shard]: known + 1 };
          else if (r.sequence > known)
            return `${node} processes #${r.sequence + 1} of ${r.shard}, but nobody has processed #${known + 1}`;
        }
        return next;
      },
    }),
  },
  'twice only after the lease moved': {
    kind: 'always',
    what: 'a record is processed once under each taking of its lease, so twice only when the lease has moved (Handle duplicate records)',
    judged: workers,
    fold: (): Fold<Readonly<Record<string, string>>> => ({
      start: {},
      changed(seen, node, before, after) {
        let next = seen;
        for (const r of news(before, after)) {
          const id = `${r.shard} #${r.sequence + 1} under lease ${r.epoch}`;
          if (next[id]) return `${node} processes ${id} a second time`;
          next = { ...next, [id]: node };
        }
        return next;
      },
    }),
  },
  'only the owner moves a checkpoint, forwards': {
    kind: 'always',
    what: 'a worker without the lease cannot checkpoint, and no checkpoint goes back (conditional writes of the lease table)',
    judged: workers,
    fold: (): Fold<Readonly<Record<string, number>>> => ({
      start: {},
      changed(seen, _node, _before, after) {
        const table = tableOf(after);
        if (!table) return seen;
        let next = seen;
        for (const r of table.rows) {
          const known = next[r.shard] ?? 0;
          if (r.checkpoint === known) continue;
          const by = table.by[r.shard];
          if (by !== r.owner)
            return `${by} moves the checkpoint of ${r.shard} to #${r.checkpoint}, but ${r.owner} has the lease`;
          if (r.checkpoint < known)
            return `the checkpoint of ${r.shard} goes back from #${known} to #${r.checkpoint}`;
          next = { ...next, [r.shard]: r.checkpoint };
        }
        return next;
      },
    }),
  },
  'children wait for their parents': {
    kind: 'always',
    what: 'the lease of a child is held only when all its parents have reached SHARD_END (KCL, Lease lifecycle)',
    judged: workers,
    fold: (): Fold<null> => ({
      start: null,
      changed(seen, _node, _before, after) {
        for (const row of tableOf(after)?.rows ?? []) {
          if (row.owner === null) continue;
          const open = row.parents.find((id) => !tableOf(after)!.rows.find((r) => r.shard === id)?.ended);
          if (open)
            return `${row.owner} holds the lease of ${row.shard} while ${open} is not read to its end`;
        }
        return seen;
      },
    }),
  },
  'a lease is taken only when it has run out': {
    kind: 'always',
    what: 'nobody takes a lease that was written to within failoverTimeMillis (LeaseManagementConfig)',
    judged: workers,
    monitor(p) {
      const last = new Map<string, { counter: number; at: number; owner: string | null; epoch: number }>();
      // A clock that drifts by up to 1 % is no breach.
      const least = p.failoverTimeMillis * 990;
      return {
        changed(_node, _before, after, world) {
          for (const row of tableOf(after)?.rows ?? []) {
            const was = last.get(row.shard);
            if (was?.counter === row.counter) continue;
            last.set(row.shard, { counter: row.counter, at: world.now, owner: row.owner, epoch: row.epoch });
            if (was && was.owner !== null && row.epoch > was.epoch && world.now - was.at < least)
              return `${row.owner} takes ${row.shard} from ${was.owner}, who wrote to the lease ${seconds(world.now - was.at)} before`;
          }
          return undefined;
        },
      };
    },
  },
  'every record is processed': {
    kind: 'eventually',
    what: 'once nothing is in the way, every record is processed after some failover times',
    judged: workers,
    promised: (p) =>
      p.arrivals.rate * p.work.mean < 400 * p.shards &&
      p.idleTimeBetweenReadsInMillis <= 2000 &&
      p.latency.mean <= 100,
    monitor(p) {
      const calm = new Undisturbed();
      const done = new Set<string>();
      const patience = 2 * p.failoverTimeMillis * 1000 + 5e6;
      return {
        listens: ['fault'],
        event(e) {
          calm.hear(e);
          return undefined;
        },
        changed(_node, before, after) {
          for (const r of news(before, after)) done.add(`${r.shard} #${r.sequence + 1}`);
          return undefined;
        },
        end(world) {
          const since = calm.since(world);
          const shards = (world.state('stream') as LogState | undefined)?.shards;
          if (since === undefined || !shards || world.now - since < patience + 5e6) return undefined;
          for (const s of shards)
            for (const [i, r] of s.records.entries())
              if (r.at < world.now - patience && !done.has(`${s.id} #${i + 1}`))
                return `#${i + 1} of ${s.id}, stored at ${seconds(r.at)}, was never processed`;
          return undefined;
        },
      };
    },
  },
  'a record is processed twice': {
    kind: 'sometimes',
    what: 'at least once is not exactly once',
    judged: workers,
    monitor() {
      const done = new Set<string>();
      let twice = false;
      return {
        changed(_node, before, after) {
          for (const r of news(before, after)) {
            const id = `${r.shard} ${r.sequence}`;
            twice ||= done.has(id);
            done.add(id);
          }
          return undefined;
        },
        end: () => (twice ? 'twice' : undefined),
      };
    },
  },
};

export const kclMetrics = {
  stored: { unit: 'records', what: 'records in the stream' },
  processed: { unit: 'records', what: 'records processed at least once' },
  processed_twice: { unit: 'records', what: 'times a record was processed again' },
  takeover_ms: {
    unit: 'ms',
    what: 'from the crash or pause of an owner until another worker has its lease',
  },
  child_wait_ms: {
    unit: 'ms',
    what: 'from the split or merge until the first record of a child is processed',
  },
  parent_unread: { unit: 'records', what: 'records of the parents not yet processed at the split or merge' },
} as const;

export function kclMeter(): Meter {
  const done = new Set<string>();
  const faults = new Map<string, number>();
  const owners = new Map<string, string | null>();
  const ages = { most: 0 };
  const found: { takeover?: number; childWait?: number; unread?: number; reshardAt?: number } = {};
  let repeats = 0;
  let children: ReadonlySet<string> = new Set();
  return {
    listens: ['fault', 'sample'],
    event(e) {
      if (e.kind === 'fault' && (e.fault === 'crash' || e.fault === 'pause'))
        for (const id of e.nodes) faults.set(id, e.at);
      if (e.kind === 'sample' && e.series.startsWith('age ')) ages.most = Math.max(ages.most, e.value);
      return undefined;
    },
    changed(node, before, after, world) {
      for (const r of news(before, after)) {
        const id = `${r.shard} ${r.sequence}`;
        if (done.has(id)) repeats++;
        done.add(id);
        if (children.has(r.shard) && found.reshardAt !== undefined)
          found.childWait ??= world.now - found.reshardAt;
      }
      for (const row of tableOf(after)?.rows ?? []) {
        const was = owners.get(row.shard);
        if (was && was !== row.owner && faults.has(was)) found.takeover ??= world.now - faults.get(was)!;
        owners.set(row.shard, row.owner);
      }
      const log = node === 'stream' ? (after as LogState | undefined) : undefined;
      if (log?.resharded && found.reshardAt === undefined) {
        found.reshardAt = world.now;
        const closed = log.shards.filter((s) => !s.open);
        children = new Set(log.shards.filter((s) => s.parents.length > 0).map((s) => s.id));
        found.unread = closed.reduce((n, s) => n + s.records.length, 0);
        for (const s of closed)
          for (const i of s.records.keys()) if (done.has(`${s.id} ${i}`)) found.unread--;
      }
      return undefined;
    },
    end(world: World) {
      const shards = (world.state('stream') as LogState | undefined)?.shards ?? [];
      return {
        stored: shards.reduce((n, s) => n + s.records.length, 0),
        processed: done.size,
        processed_twice: repeats,
        iterator_age_max_s: ages.most,
        shards_open: shards.filter((s) => s.open).length,
        ...(found.takeover !== undefined && { takeover_ms: found.takeover / 1000 }),
        ...(found.childWait !== undefined && { child_wait_ms: found.childWait / 1000 }),
        ...(found.unread !== undefined && { parent_unread: found.unread }),
      };
    },
  };
}
