import type { Meter, MetricInfo } from '../../src/sim/scenario.ts';
import { loadOf } from './judge-load.ts';
import { vaultOf } from './judge-multipart.ts';
import { Tail } from './judge-replication.ts';
import { billed, OBJECTS, type VaultState } from './multipart.ts';
import type { P } from './params.ts';
import { REPLICA, type SiteState, SOURCE } from './replication.ts';
import { anomalyOf, missed, Sights } from './seen.ts';
import type { WriterState } from './writer.ts';

export const metrics = {
  operations: { unit: 'operations', what: 'operations that were answered' },
  readings: { unit: 'operations', what: 'GET, HEAD and LIST that were answered' },
  unanswered: { unit: 'operations', what: 'operations given up without an answer, or that failed' },
  stale_reads: {
    unit: 'readings',
    what: 'GET or HEAD of an old version, although a newer had been acknowledged',
  },
  false_404: { unit: 'readings', what: 'GET or HEAD that found nothing, although the key had been put' },
  wrong_lists: { unit: 'listings', what: 'LIST that missed a key, showed an old version or a deleted key' },
  deleted_reads: { unit: 'readings', what: 'GET or HEAD that found a deleted key' },
  stale_copies: { unit: 'copies', what: 'cached copies the witness knew to be behind' },
  read_ms: { unit: 'ms', what: 'what a client waited for a GET, HEAD or LIST, mean' },
  write_ms: { unit: 'ms', what: 'what a client waited for a PUT or DELETE, mean' },
  updates: { unit: 'updates', what: 'updates whose writer was told of success' },
  refused_412: { unit: 'answers', what: '412: the object had changed since it was read' },
  refused_409: { unit: 'answers', what: '409: another write of the object was under way' },
  lost_updates: { unit: 'updates', what: 'updates acknowledged, and not in the object at the end' },
  versions: { unit: 'versions', what: 'versions written in the source Region and acknowledged' },
  replicated: { unit: 'versions', what: 'versions that reached the replica Region' },
  lag_p50_s: { unit: 's', what: 'from a write to its copy in the replica Region, median' },
  lag_max_s: { unit: 's', what: 'the same, longest' },
  missed_threshold: { unit: 'versions', what: 'versions not replicated within the threshold' },
  lost_writes: { unit: 'versions', what: 'acknowledged versions lost with their Region' },
  rpo_s: { unit: 's', what: 'age of the oldest lost version when its Region was lost: the recovery point' },
  stale_remote_reads: {
    unit: 'readings',
    what: 'GETs in the replica Region that missed a write acknowledged in the source',
  },
  requests: { unit: 'requests', what: 'requests that came, retries not counted' },
  attempts: { unit: 'attempts', what: 'attempts made, retries included' },
  refused_share: { unit: 'share', what: 'attempts answered with 503 Slow Down' },
  failed_share: { unit: 'share', what: 'requests that failed after their last attempt' },
  late_refused_share: { unit: 'share', what: 'attempts answered with 503 in the last third of the run' },
  served_rate: { unit: 'per second', what: 'requests served, mean over the run' },
  splits: { unit: 'splits', what: 'partitions that were split' },
  partitions: { unit: 'partitions', what: 'partitions at the end' },
  most_active: { unit: 'partitions', what: 'partitions that were asked at the same time, at most' },
  visible_ms: { unit: 'ms', what: 'from the start of the first upload until its object could be read' },
  parts_repeated: { unit: 'parts', what: 'parts sent again' },
  invalid_parts: {
    unit: 'answers',
    what: '400 InvalidPart: completion asked for before every part was there',
  },
  billed_mib_s: {
    unit: 'MiB × s',
    what: 'what parts without an object cost: their size times how long they were stored',
  },
  aborted: { unit: 'uploads', what: 'uploads aborted by the lifecycle rule' },
} satisfies Record<string, MetricInfo>;

export function meter(p: P): Meter {
  switch (p.workload) {
    case 'replication':
      return replicationMeter();
    case 'load':
      return loadMeter(p);
    case 'multipart':
      return multipartMeter();
    default:
      return regionMeter(p);
  }
}

function replicationMeter(): Meter {
  const tail = new Tail();
  const sights = new Sights();
  const written = new Map<number, number>();
  const lags: number[] = [];
  let acknowledged = 0;
  const puts = new Set<number>();
  return {
    listens: ['invoke', 'return'],
    changed(node, before, after, world) {
      tail.changed(node, before, after, world.now);
      if (node === SOURCE)
        for (const v of (after as SiteState | undefined)?.queue ?? []) written.set(v.id, v.at);
      const was = (before as SiteState | undefined)?.received?.length ?? 0;
      if (node === REPLICA)
        for (const id of (after as SiteState | undefined)?.received.slice(was) ?? [])
          if (written.has(id)) lags.push(world.now - written.get(id)!);
      return undefined;
    },
    event(event) {
      sights.hear(event);
      if (event.kind === 'invoke' && event.f === 'put') puts.add(event.op);
      if (event.kind === 'return' && event.outcome === 'ok' && puts.has(event.op) && written.has(event.op))
        acknowledged++;
      return undefined;
    },
    end(world): Record<string, number> {
      const all = sights.all;
      const lost = tail.lost(world);
      const oldest = lost?.versions[0];
      const source = world.state(SOURCE) as SiteState | undefined;
      const sorted = [...lags].sort((a, b) => a - b);
      return {
        versions: acknowledged,
        replicated: lags.length,
        ...(sorted.length > 0 && {
          lag_p50_s: sorted[sorted.length >> 1]! / 1e6,
          lag_max_s: sorted.at(-1)! / 1e6,
        }),
        ...(source && { missed_threshold: source.missed }),
        ...(lost && { lost_writes: lost.versions.length }),
        ...(lost && oldest && { rpo_s: (lost.at - oldest.at) / 1e6 }),
        stale_remote_reads: all.filter((read) => missed(read, all)).length,
      };
    },
  };
}

function loadMeter(p: P): Meter {
  return {
    end(world): Record<string, number> {
      const l = loadOf(world);
      if (!l || l.came === 0) return {};
      return {
        requests: l.came,
        attempts: l.attempts,
        refused_share: l.refused / l.attempts,
        failed_share: l.failed / l.came,
        ...(l.late.came > 0 && { late_refused_share: l.late.refused / l.late.came }),
        served_rate: l.served / p.simSeconds,
        splits: l.splits,
        partitions: l.space.partitions.length,
        most_active: l.mostActive,
      };
    },
  };
}

function multipartMeter(): Meter {
  let begun: number | undefined;
  let visible: number | undefined;
  let repeated = 0;
  let invalid = 0;
  let cost = 0;
  let since = 0;
  let level = 0;
  const account = (now: number, next: number) => {
    cost += ((now - since) / 1e6) * level;
    since = now;
    level = next;
  };
  return {
    listens: ['invoke', 'note', 'send'],
    changed(node, _before, after, world) {
      const s = node === 'bucket' ? (after as VaultState | undefined) : undefined;
      if (!s) return undefined;
      account(world.now, billed(s));
      if (visible === undefined && begun !== undefined && s.objects[OBJECTS[0]!]) visible = world.now - begun;
      return undefined;
    },
    event(event) {
      if (event.kind === 'invoke' && event.f === 'upload' && event.key === OBJECTS[0]) begun = event.at;
      else if (event.kind === 'note' && event.text.startsWith('sends part')) repeated++;
      else if (event.kind === 'send' && event.type === 'Invalid') invalid++;
      return undefined;
    },
    end(world) {
      account(world.now, 0);
      const s = vaultOf(world);
      return {
        ...(visible !== undefined && { visible_ms: visible / 1000 }),
        parts_repeated: repeated,
        invalid_parts: invalid,
        billed_mib_s: cost,
        ...(s && { aborted: s.aborted }),
      };
    },
  };
}

function regionMeter(p: P): Meter {
  const sights = new Sights();
  const calls = new Map<number, { f: string; at: number; value: unknown; by: string }>();
  const waited = { read: { sum: 0, n: 0 }, write: { sum: 0, n: 0 } };
  const acknowledged = new Map<string, string>();
  let answered = 0;
  let unanswered = 0;
  let copies = 0;
  return {
    listens: ['invoke', 'return', 'note'],
    event(event) {
      sights.hear(event);
      if (event.kind === 'invoke')
        calls.set(event.op, { f: event.f, at: event.at, value: event.value, by: event.process });
      else if (event.kind === 'note' && event.text.includes('is behind, and reads')) copies++;
      else if (event.kind === 'return') {
        const call = calls.get(event.op);
        if (!call) return undefined;
        if (event.outcome !== 'ok') {
          unanswered++;
          return undefined;
        }
        answered++;
        const mean = call.f === 'put' || call.f === 'delete' ? waited.write : waited.read;
        if (call.f === 'append') acknowledged.set(String(call.value), call.by);
        else {
          mean.sum += event.at - call.at;
          mean.n++;
        }
      }
      return undefined;
    },
    end(world) {
      const figures: Record<string, number> = { operations: answered, unanswered };
      const all = sights.all;
      const lists = new Set<number>();
      const found = { old: 0, missing: 0, ghost: 0 };
      for (const read of all) {
        const write = missed(read, all);
        if (!write) continue;
        if (read.f === 'list') lists.add(read.of);
        else found[anomalyOf(read, write)]++;
      }
      if (p.workload === 'objects') {
        figures.readings = new Set(all.filter((x) => x.op.f === 'get').map((x) => x.of)).size;
        figures.stale_reads = found.old;
        figures.false_404 = found.missing;
        figures.deleted_reads = found.ghost;
        figures.wrong_lists = lists.size;
        figures.stale_copies = copies;
      } else {
        const content = String(world.state('index')?.objects.log?.value ?? '');
        const writers = world.actors.flatMap((a) =>
          a.part === 'writer' ? ((world.state(a.id) as WriterState | undefined) ?? []) : [],
        );
        figures.updates = acknowledged.size;
        figures.refused_412 = writers.reduce((n, w) => n + w.refusals[412], 0);
        figures.refused_409 = writers.reduce((n, w) => n + w.refusals[409], 0);
        if (world.up('index'))
          figures.lost_updates = [...acknowledged.keys()].filter((line) => !content.includes(line)).length;
      }
      for (const [name, { sum, n }] of Object.entries(waited))
        if (n > 0) figures[`${name}_ms`] = sum / n / 1000;
      return figures;
    },
  };
}
