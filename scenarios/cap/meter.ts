import type { Meter, MetricInfo } from '../../src/sim/scenario.ts';
import type { Value } from '../../src/sim/trace.ts';
import type { P } from './params.ts';
import { contents, isReplica, Writes } from './properties.ts';

export const metrics: Readonly<Record<string, MetricInfo>> = {
  ops_ok: { unit: 'operations', what: 'operations that succeeded' },
  ops_failed: { unit: 'operations', what: 'operations refused: they certainly did not happen' },
  ops_unknown: { unit: 'operations', what: 'operations nobody can say of whether they happened' },
  put_ms: { unit: 'ms', what: 'what a client waited for a successful write, mean' },
  get_ms: { unit: 'ms', what: 'what a client waited for a successful read, mean' },
  stale_reads: {
    unit: 'operations',
    what: 'reads that returned a value although a later write had been acknowledged before the read began',
  },
  lost_writes: {
    unit: 'operations',
    what: 'acknowledged writes overwritten by writes that knew nothing of them (ap)',
  },
  siblings: { unit: 'versions', what: 'versions of one key that were left for a client to resolve, at most' },
  converged_ms: { unit: 'ms', what: 'from the last healing until all replicas held the same, if they did' },
  messages: { unit: 'messages', what: 'all messages sent' },
};

export function meter(params: P): Meter {
  const figures: Record<string, number> = {
    ops_ok: 0,
    ops_failed: 0,
    ops_unknown: 0,
    stale_reads: 0,
    messages: 0,
  };
  const calls = new Map<number, { f: string; key: string; value: Value; at: number }>();
  /** acknowledged writes of each key by the time they began; what each value's write was */
  const writes = new Map<string, { value: string; begun: number; done: number }[]>();
  const waited = { put: { sum: 0, n: 0 }, get: { sum: 0, n: 0 } };
  const versions = new Writes();
  let healed: number | undefined;
  return {
    changed(_node, _before, after, world) {
      versions.changed(after);
      if (!isReplica(after)) return undefined;
      if (after.kind === 'eventual')
        for (const copies of Object.values(after.data))
          if (copies.length > 1) figures.siblings = Math.max(figures.siblings ?? 0, copies.length);
      if (healed === undefined || figures.converged_ms !== undefined) return undefined;
      const all = world.actors.flatMap(({ id }) => {
        const state: unknown = world.state(id);
        return isReplica(state) ? [contents(state)] : [];
      });
      if (all.every((words) => words === all[0])) figures.converged_ms = (world.now - healed) / 1000;
      return undefined;
    },
    event(event) {
      versions.event(event);
      switch (event.kind) {
        case 'send':
          figures.messages = (figures.messages ?? 0) + 1;
          break;
        case 'fault':
          if (event.fault === 'heal') {
            healed = event.at;
            delete figures.converged_ms;
          }
          break;
        case 'invoke':
          calls.set(event.op, event);
          break;
        case 'return': {
          const call = calls.get(event.op);
          calls.delete(event.op);
          if (!call) break;
          const name =
            event.outcome === 'ok' ? 'ops_ok' : event.outcome === 'fail' ? 'ops_failed' : 'ops_unknown';
          figures[name] = (figures[name] ?? 0) + 1;
          if (event.outcome !== 'ok') break;
          const mean = call.f === 'put' ? waited.put : waited.get;
          mean.sum += event.at - call.at;
          mean.n++;
          const known = writes.get(call.key) ?? [];
          writes.set(call.key, known);
          if (call.f === 'put')
            known.push({ value: JSON.stringify(call.value), begun: call.at, done: event.at });
          else {
            const got = JSON.stringify(event.value);
            const from = known.find((w) => w.value === got);
            const since = from ? from.done : event.value === null ? 0 : undefined;
            if (since !== undefined && known.some((w) => w !== from && w.begun >= since && w.done < call.at))
              figures.stale_reads = (figures.stale_reads ?? 0) + 1;
          }
          break;
        }
      }
      return undefined;
    },
    end(world) {
      if (params.mode === 'ap') figures.lost_writes = versions.lost(world).length;
      for (const [name, { sum, n }] of Object.entries(waited))
        if (n > 0) figures[`${name}_ms`] = sum / n / 1000;
      return figures;
    },
  };
}
