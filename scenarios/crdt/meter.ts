import type { Meter, MetricInfo } from '../../src/sim/scenario.ts';
import { kinds } from './kinds.ts';
import type { P } from './params.ts';
import { agreed, isReplica, losing, registered } from './properties.ts';
import { type Registry, specified, survivors } from './spec.ts';

export const metrics: Readonly<Record<string, MetricInfo>> = {
  updates: { unit: 'updates', what: 'updates made at some replica' },
  refused: { unit: 'operations', what: 'operations a replica refused' },
  lost: { unit: 'updates', what: 'updates that no replica has in the end, such as those lost with a disk' },
  converged_ms: { unit: 'ms', what: 'from the last update or healing until all replicas were equal' },
  messages: { unit: 'messages', what: 'messages between replicas' },
  state_bytes: { unit: 'bytes', what: 'states sent between replicas, as text' },
  overwritten: {
    unit: 'writes',
    what: 'writes that a replica gave up for one that had not seen them (lww-register)',
  },
  add_wins: { unit: 'adds', what: 'adds that outlived a remove which had not seen them (or-set)' },
  tombstones: { unit: 'tombstones', what: 'tombstones in one replica, at most (or-set)' },
  excess: { unit: '', what: 'how much the largest counter shown was above what the updates add up to' },
  lowest: { unit: '', what: 'the smallest value shown, if below zero (pn-counter)' },
};

export function meter(p: P): Meter {
  let all: Registry = {};
  let since = 0;
  let equal: number | undefined;
  let bytes = 0;
  let refused = 0;
  let tombstones = 0;
  let lowest = 0;
  const overwritten = new Set<number>();
  return {
    listens: ['fault', 'return', 'sample'],
    event(event) {
      if (event.kind === 'sample') bytes += event.value;
      else if (event.kind === 'return') refused += event.outcome === 'fail' ? 1 : 0;
      else if (event.kind === 'fault' && event.fault === 'heal') {
        since = event.at;
        equal = undefined;
      }
      return undefined;
    },
    changed(_node, before: unknown, after: unknown, world) {
      if (!isReplica(after)) return undefined;
      const lost = losing(all, before, after);
      if (lost) overwritten.add(lost[0].op);
      const more = registered(all, before, after);
      if (more !== all) {
        all = more;
        since = world.now;
        equal = undefined;
      }
      if ('gone' in after.data) tombstones = Math.max(tombstones, Object.keys(after.data.gone).length);
      if (p.type === 'pn-counter') lowest = Math.min(lowest, Number(kinds[p.type].value(after.data)));
      if (isReplica(before) && before.data === after.data && before.seen === after.seen) return undefined;
      if (equal === undefined && agreed(world, p)) equal = world.now;
      return undefined;
    },
    end(world) {
      const counter = p.type === 'g-counter' || p.type === 'pn-counter';
      const held = world.actors.flatMap(({ id }) => {
        const state: unknown = world.state(id);
        return isReplica(state) ? [state] : [];
      });
      const shown = held.map((s) => Number(kinds[p.type].value(s.data)));
      const updates = Object.keys(all).map(Number);
      const { sent } = world.traffic;
      return {
        updates: updates.length,
        ...(refused > 0 && { refused }),
        ...(held.length > 0 && {
          lost: updates.filter((op) => !held.some((s) => s.seen.includes(op))).length,
        }),
        ...(equal !== undefined && { converged_ms: Math.max(0, equal - since) / 1000 }),
        messages: (sent.get('State') ?? 0) + (sent.get('Digest') ?? 0),
        state_bytes: bytes,
        ...(p.type === 'lww-register' && { overwritten: overwritten.size }),
        ...(p.type === 'or-set' && { add_wins: survivors(all).length, tombstones }),
        ...(counter &&
          shown.length > 0 && { excess: Math.max(...shown) - Number(specified(p.type, updates, all)) }),
        ...(lowest < 0 && { lowest }),
      };
    },
  };
}
