import type { Meter, MetricInfo } from '../../src/sim/scenario.ts';
import type { P } from './params.ts';
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
} satisfies Record<string, MetricInfo>;

export function regionMeter(p: P): Meter {
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
