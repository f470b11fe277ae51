import type { Meter, MetricInfo } from '../../src/sim/scenario.ts';
import type { P } from './params.ts';
import { copiesOf, isReplica } from './properties.ts';

export const metrics: Readonly<Record<string, MetricInfo>> = {
  put_ms: { unit: 'ms', what: 'what a client waited for a put, mean' },
  get_ms: { unit: 'ms', what: 'what a client waited for a get, mean' },
  longest_get_ms: { unit: 'ms', what: 'the longest wait for a get' },
  stale_gets: {
    unit: 'operations',
    what: 'gets that returned a value whose key had been overwritten, and that acknowledged, before they began',
  },
  converged_ms: {
    unit: 'ms',
    what: 'from the last acknowledged put until all replicas hold the same for good',
  },
  operations: { unit: 'operations', what: 'operations that succeeded' },
  ops_failed: { unit: 'operations', what: 'gets that no replica answered' },
  ops_unknown: { unit: 'operations', what: 'puts of which nobody knows whether they took effect' },
  messages: { unit: 'messages', what: 'messages between replicas' },
};

interface Call {
  readonly f: string;
  readonly key: string;
  readonly value: unknown;
  readonly at: number;
  /** values of its key that had been overwritten when it began */
  readonly old: ReadonlySet<unknown>;
}

export function meter(_params: P): Meter {
  const calls = new Map<number, Call>();
  const waited: Record<'put' | 'get', number[]> = { put: [], get: [] };
  const outcomes = { ok: 0, fail: 0, unknown: 0 };
  /** acknowledged puts of each key, with when they began and ended */
  const puts = new Map<string, { value: unknown; began: number; ended: number }[]>();
  let stale = 0;
  let lastPut: number | undefined;
  let agreed: number | undefined;

  const overwritten = (key: string): ReadonlySet<unknown> => {
    const all = puts.get(key) ?? [];
    const old = all.filter((a) => all.some((b) => a.ended < b.began)).map((a) => a.value);
    return new Set(all.length > 0 ? [null, ...old] : []);
  };

  return {
    listens: ['invoke', 'return'],
    changed(_node, before, after, world) {
      if (!isReplica(before ?? after)) return undefined;
      const copies = copiesOf(world);
      if (copies.some((c) => c.words !== copies[0]!.words)) agreed = undefined;
      else agreed ??= world.now;
      return undefined;
    },
    event(event) {
      if (event.kind === 'invoke') {
        const { op, f, key, value, at } = event;
        calls.set(op, { f, key, value, at, old: f === 'get' ? overwritten(key) : new Set() });
      } else if (event.kind === 'return') {
        const call = calls.get(event.op);
        outcomes[event.outcome]++;
        if (!call || event.outcome !== 'ok') return undefined;
        waited[call.f === 'put' ? 'put' : 'get'].push((event.at - call.at) / 1000);
        if (call.f === 'put') {
          lastPut = event.at;
          const list = puts.get(call.key) ?? [];
          puts.set(call.key, [...list, { value: call.value, began: call.at, ended: event.at }]);
        } else if (call.old.has(event.value)) stale++;
      }
      return undefined;
    },
    end(world) {
      const mean = (list: readonly number[]) => list.reduce((sum, v) => sum + v, 0) / list.length;
      const traffic = [...world.traffic.sent]
        .filter(([type]) => type !== 'Request' && type !== 'Answer')
        .reduce((sum, [, count]) => sum + count, 0);
      return {
        ...(waited.put.length > 0 && { put_ms: mean(waited.put) }),
        ...(waited.get.length > 0 && { get_ms: mean(waited.get), longest_get_ms: Math.max(...waited.get) }),
        stale_gets: stale,
        ...(lastPut !== undefined &&
          agreed !== undefined && { converged_ms: Math.max(0, agreed - lastPut) / 1000 }),
        operations: outcomes.ok,
        ...(outcomes.fail > 0 && { ops_failed: outcomes.fail }),
        ...(outcomes.unknown > 0 && { ops_unknown: outcomes.unknown }),
        messages: traffic,
      };
    },
  };
}
