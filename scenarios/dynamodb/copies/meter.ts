import type { Meter, MetricInfo } from '../../../src/sim/scenario.ts';
import type { Value } from '../../../src/sim/trace.ts';
import { isBase, isIndex, isRegion, Puts, statesOf } from './judge.ts';
import { stale } from './judge-index.ts';
import { lostWrites } from './judge-regions.ts';
import type { P } from './params.ts';

export const metrics: Readonly<Record<string, MetricInfo>> = {
  write_ms: { unit: 'ms', what: 'what an application waited for an acknowledged write, mean' },
  strong_read_ms: { unit: 'ms', what: 'what an application waited for a strongly consistent read, mean' },
  eventual_read_ms: {
    unit: 'ms',
    what: 'what an application waited for an eventually consistent read, mean',
  },
  stale_strong_reads: {
    unit: 'reads',
    what: 'strong reads that returned what had been overwritten before they began',
  },
  stale_reads: {
    unit: 'reads',
    what: 'eventual reads that returned what had been overwritten before they began',
  },
  staleness_ms: {
    unit: 'ms',
    what: 'the oldest answer: from the acknowledged write it misses until that read began, longest',
  },
  stale_queries: { unit: 'queries', what: 'queries of the index that missed an item or still had one' },
  index_lag_ms: { unit: 'ms', what: 'from a write of the table until the index had it, mean' },
  index_lag_max_ms: { unit: 'ms', what: 'from a write of the table until the index had it, longest' },
  replication_lag_ms: {
    unit: 'ms',
    what: 'from a write until the last other Region had it or a later one, mean',
  },
  replication_lag_max_ms: {
    unit: 'ms',
    what: 'from a write until the last other Region had it or a later one, longest',
  },
  committed: { unit: 'transactions', what: 'transactions that took effect' },
  conflicts: { unit: 'operations', what: 'transactions or writes refused because of a concurrent one' },
  lost_updates: {
    unit: 'writes',
    what: 'acknowledged writes overwritten by writes that knew nothing of them',
  },
  newer_lost: {
    unit: 'writes',
    what: 'acknowledged writes that lost to one acknowledged before they began',
  },
  not_in_two_regions: { unit: 'writes', what: 'writes acknowledged while only one Region had them' },
  sums_wrong: { unit: 'reads', what: 'sums over several items that no moment had' },
  failed: { unit: 'operations', what: 'operations that certainly did not happen' },
  unknown: { unit: 'operations', what: 'operations nobody can say of whether they happened' },
};

interface Call {
  readonly f: string;
  readonly key: string;
  readonly at: number;
}
interface Put {
  readonly value: Value;
  readonly began: number;
  readonly ended: number;
}

const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;

export function meter(params: P): Meter {
  const calls = new Map<number, Call & { readonly value: Value }>();
  const took: Record<string, number[]> = {};
  const done = new Map<string, Put[]>();
  const count: Record<string, number> = { failed: 0, unknown: 0 };
  const add = (name: string, n = 1) => {
    count[name] = (count[name] ?? 0) + n;
  };
  let staleness = 0;
  const puts = new Puts();
  /** writes that lost although they were newer; when a write began and when it was acknowledged */
  const beaten = new Set<string>();
  const began = new Map<number, number>();
  const since = (op: number) => began.get(op) ?? 0;
  const until = (op: number) => puts.acknowledged.get(op)?.at ?? Number.POSITIVE_INFINITY;
  const queries = stale(() => add('stale_queries'));
  const pending = new Map<string, { at: number; left: Set<string> }>();
  const lags: number[] = [];
  if (params.copies === 'partition') {
    if (params.consistency !== 'eventual') count.stale_strong_reads = 0;
    if (params.consistency !== 'strong') count.stale_reads = 0;
  } else if (params.copies === 'index') count.stale_queries = 0;
  else if (params.copies === 'transactions')
    Object.assign(count, { committed: 0, conflicts: 0, sums_wrong: 0 });
  else Object.assign(count, { stale_strong_reads: 0, lost_updates: 0, not_in_two_regions: 0, conflicts: 0 });
  /** who has which write: at first one Region */
  const homes = new Map<number, Set<string>>();

  const reached = (id: string, node: string, now: number) => {
    const wait = pending.get(id);
    if (!wait?.left.delete(node) || wait.left.size > 0) return;
    lags.push((now - wait.at) / 1000);
    pending.delete(id);
  };

  return {
    listens: ['invoke', 'return', 'note'],
    changed(node, _before, after, world) {
      if (isBase(after)) {
        for (const [id, { version }] of Object.entries(after.items))
          if (!homes.has(version * 100 + Number(id.slice(1)))) {
            homes.set(version * 100 + Number(id.slice(1)), new Set());
            pending.set(`${id} ${version}`, { at: world.now, left: new Set(['index']) });
          }
      } else if (isIndex(after)) {
        for (const [id, { version }] of Object.entries(after.items))
          for (let v = 1; v <= version; v++) reached(`${id} ${v}`, node, world.now);
      } else if (isRegion(after)) {
        const others = statesOf(world, isRegion).map(({ id }) => id);
        for (const version of Object.values(after.items)) {
          if (!homes.has(version.op)) {
            homes.set(version.op, new Set());
            pending.set(String(version.op), {
              at: world.now,
              left: new Set(others.filter((id) => id !== node)),
            });
          }
          for (const op of [version.op, ...version.knew]) reached(String(op), node, world.now);
        }
      }
      if (params.copies !== 'regions' || typeof after !== 'object') return undefined;
      const ops: number[] = isRegion(after)
        ? Object.values(after.items).map((v) => v.op)
        : 'slots' in (after ?? {})
          ? Object.values((after as { slots: Record<string, { held: { ops: number[] } }> }).slots).flatMap(
              (s) => s.held.ops,
            )
          : [];
      for (const op of ops) homes.set(op, (homes.get(op) ?? new Set()).add(node));
      return undefined;
    },
    event(event, world) {
      queries.event?.(event, world);
      const acknowledged = puts.hear(event);
      if (
        params.copies === 'regions' &&
        acknowledged !== undefined &&
        (homes.get(acknowledged)?.size ?? 0) < 2
      )
        add('not_in_two_regions');
      if (event.kind === 'invoke') {
        calls.set(event.op, event);
        began.set(event.op, event.at);
      } else if (event.kind === 'note') {
        const older = /^keeps \S+=(\d+): \S+=(\d+) from/.exec(event.text);
        if (older && !beaten.has(older[2]!) && since(Number(older[2])) > until(Number(older[1]))) {
          beaten.add(older[2]!);
          add('newer_lost');
        }
        if (/^(cancels T\d.*: conflict|gives up|refuses a write|cancels a TransactGet)/.test(event.text))
          add('conflicts');
      } else if (event.kind === 'return') {
        const call = calls.get(event.op);
        calls.delete(event.op);
        if (!call) return undefined;
        if (event.outcome !== 'ok') {
          add(event.outcome === 'fail' ? 'failed' : 'unknown');
          return undefined;
        }
        const { f } = call;
        const kind =
          f === 'put' || f === 'transfer'
            ? 'write_ms'
            : f === 'read' || f === 'query'
              ? 'eventual_read_ms'
              : 'strong_read_ms';
        const list = took[kind] ?? [];
        took[kind] = [...list, (event.at - call.at) / 1000];
        if (f === 'transfer') add('committed');
        if (f === 'transact-get' || f === 'get-each')
          add('sums_wrong', event.value === params.opening * 3 ? 0 : 1);
        if (f === 'put')
          done.set(call.key, [
            ...(done.get(call.key) ?? []),
            { value: call.value, began: call.at, ended: event.at },
          ]);
        if (f !== 'get' && f !== 'read') return undefined;
        const known = done.get(call.key) ?? [];
        const from = known.find((put) => put.value === event.value);
        const since = from ? from.ended : event.value === null ? 0 : undefined;
        const missed =
          since === undefined
            ? []
            : known.filter((put) => put !== from && put.began >= since && put.ended < call.at);
        if (missed.length === 0) return undefined;
        add(f === 'read' ? 'stale_reads' : 'stale_strong_reads');
        staleness = Math.max(staleness, (call.at - Math.min(...missed.map((put) => put.ended))) / 1000);
      }
      return undefined;
    },
    end(world) {
      if (params.copies === 'regions') count.lost_updates = lostWrites(puts, world).length;
      const name = params.copies === 'index' ? 'index_lag' : 'replication_lag';
      return {
        ...count,
        ...Object.fromEntries(Object.entries(took).map(([kind, list]) => [kind, mean(list)])),
        ...(staleness > 0 && { staleness_ms: staleness }),
        ...(lags.length > 0 && { [`${name}_ms`]: mean(lags), [`${name}_max_ms`]: Math.max(...lags) }),
      };
    },
  };
}
