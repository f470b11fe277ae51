import type { Meter, MetricInfo } from '../../src/sim/scenario.ts';
import { type P, replicas } from './params.ts';
import { type Acknowledged, isApp, NOBODY, serves } from './properties.ts';

export const metrics: Readonly<Record<string, MetricInfo>> = {
  downtime_ms: {
    unit: 'ms',
    what: 'longest time without an acknowledged commit, at the application server hit worst',
  },
  lost_commits: { unit: 'transactions', what: 'acknowledged, but missing on the newest primary' },
  stale_reads: {
    unit: 'reads',
    what: 'reads that showed an older row than the last acknowledged write of it',
  },
  reads: { unit: 'reads', what: 'reads that were answered' },
  replica_lag: {
    unit: 's',
    what: 'largest ReplicaLag: age of what a reader or read replica has applied, one that rejoins included',
  },
  least_downtime_ms: {
    unit: 'ms',
    what: 'the same at the application server hit least; with several servers',
  },
  committed: { unit: 'transactions', what: 'acknowledged to the application' },
  refused: { unit: 'transactions', what: 'failed for certain: no connection, or refused' },
  unknown: { unit: 'transactions', what: 'in doubt: nobody said whether they were made' },
  commit_ms: { unit: 'ms', what: 'mean time from sending a commit to its acknowledgement' },
  failovers: { unit: 'times', what: 'how often another generation of primary opened' },
};

export function meter(p: P): Meter {
  const last = new Map<string, number>();
  const gaps = new Map<string, number>();
  const totals = new Map<string, { committed: number; refused: number; unknown: number }>();
  /** rows: the last acknowledged value, by key */
  const rows = new Map<string, number>();
  const gets = new Map<number, { key: string; floor: number }>();
  const puts = new Map<number, string>();
  /** when each group of commits was sent */
  const sent = new Map<number, number>();
  const acked = new Map<number, number>();
  let seen: Acknowledged = NOBODY;
  let newest: Acknowledged = NOBODY;
  let failovers = 0;
  let lag = 0;
  let stale = 0;
  let reads = 0;
  let waited = 0;
  let answered = 0;

  return {
    listens: ['sample', 'invoke', 'return'],
    changed(node, before, after, world) {
      if (isApp(after)) {
        totals.set(node, after.total);
        for (const { op } of after.out) if (!sent.has(op)) sent.set(op, world.now);
        if (isApp(before) && after.total.committed > before.total.committed)
          for (const { op } of before.out)
            if (!after.out.some((o) => o.op === op)) {
              waited += world.now - sent.get(op)!;
              answered++;
            }
        if (!isApp(before) || after.total.committed > before.total.committed) {
          const gap = world.now - (last.get(node) ?? world.now);
          gaps.set(node, Math.max(gaps.get(node) ?? 0, gap));
          last.set(node, world.now);
        }
      }
      if (!serves(after)) return undefined;
      const { gen, log } = after.disk;
      if (gen > newest.gen) failovers += newest.gen > 0 ? 1 : 0;
      // of each primary, what it has acknowledged and no other one had
      if (node !== seen.node || gen !== seen.gen) seen = { ...NOBODY, node, gen };
      for (let i = seen.committed; i < after.committed; i++) acked.set(log[i]!.op, log[i]!.n);
      seen = { node, gen, log, committed: Math.max(seen.committed, after.committed) };
      if (gen >= newest.gen) newest = seen;
      return undefined;
    },
    event(event) {
      switch (event.kind) {
        case 'sample':
          if (event.series.startsWith('lag ')) lag = Math.max(lag, event.value);
          break;
        case 'invoke':
          if (event.f === 'put') puts.set(event.op, event.key);
          else gets.set(event.op, { key: event.key, floor: rows.get(event.key) ?? 0 });
          break;
        case 'return': {
          const key = puts.get(event.op);
          if (key !== undefined && event.outcome === 'ok') rows.set(key, event.op);
          const get = gets.get(event.op);
          if (get && event.outcome === 'ok') {
            reads++;
            if (Number(event.value ?? 0) < get.floor) stale++;
          }
          break;
        }
      }
      return undefined;
    },
    end(world) {
      for (const [node, at] of last) gaps.set(node, Math.max(gaps.get(node) ?? 0, world.now - at));
      const each = [...gaps.values()];
      const total = (name: 'committed' | 'refused' | 'unknown') =>
        [...totals.values()].reduce((n, t) => n + t[name], 0);
      const kept = new Set(newest.log.map((r) => r.op));
      let lost = 0;
      for (const [op, n] of acked) if (!kept.has(op)) lost += n;
      return {
        downtime_ms: Math.max(0, ...each) / 1000,
        ...(each.length > 1 && { least_downtime_ms: Math.min(...each) / 1000 }),
        lost_commits: lost,
        ...((lag > 0 || replicas(p).length > 0) && { replica_lag: lag }),
        stale_reads: stale,
        reads,
        committed: total('committed'),
        refused: total('refused'),
        unknown: total('unknown'),
        ...(answered > 0 && { commit_ms: waited / answered / 1000 }),
        failovers,
      };
    },
  };
}
