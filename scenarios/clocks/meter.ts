import type { Meter, MetricInfo } from '../../src/sim/scenario.ts';
import { lostWrites } from './judge-register.ts';
import { Causality, Clockwork } from './oracle.ts';
import type { P } from './params.ts';
import { less } from './stamps.ts';
import { CAUSAL, isState, nodesOf } from './states.ts';

export const metrics: Readonly<Record<string, MetricInfo>> = {
  skew_ms: { unit: 'ms', what: 'between the furthest and the hindmost wall clock, at most' },
  events: { unit: 'events', what: 'events stamped' },
  inversions: {
    unit: 'events',
    what: 'events stamped no later than the one before them in their process or the sending that they received',
  },
  concurrent_pairs: { unit: 'pairs', what: 'pairs of events of which neither happened before the other' },
  ahead_ms: { unit: 'ms', what: 'how far a hybrid stamp was ahead of its node’s wall clock, at most' },
  writes: { unit: 'operations', what: 'acknowledged writes' },
  write_ms: { unit: 'ms', what: 'what a client waited for a write, mean' },
  lost_writes: {
    unit: 'operations',
    what: 'acknowledged writes given up at once for one that was finished before they began',
  },
  commit_wait_ms: { unit: 'ms', what: 'time a write waited for its stamp to pass, mean' },
  grants: { unit: 'leases', what: 'leases granted' },
  overlap_ms: {
    unit: 'ms',
    what: 'how long a holder went on working after a newer lease was granted, at most',
  },
  false_durations: {
    unit: 'pieces',
    what: 'pieces of work whose measured duration was off by more than 1 ms',
  },
};

export function meter(p: P): Meter {
  const figures: Record<string, number> = {};
  const add = (name: string, n: number) => {
    figures[name] = (figures[name] ?? 0) + n;
  };
  const most = (name: string, n: number) => {
    figures[name] = Math.max(figures[name] ?? 0, n);
  };
  const oracle = new Causality();
  const lost = lostWrites(p, (text) => {
    add('lost_writes', 1);
    return text;
  });
  const begun = new Map<number, { f: string; at: number }>();
  const waits = { sum: 0, n: 0 };
  let clocks: Clockwork | undefined;
  let grant = { n: 0, at: 0 };
  const pieces = new Map<string, { piece: number; at: number }>();
  return {
    listens: [...CAUSAL, 'invoke', 'return'],
    event(event, world) {
      if (event.kind === 'fault') {
        clocks ??= new Clockwork(nodesOf(world));
        clocks.hear(event.at, event);
      }
      if (p.work === 'messages') {
        const b = oracle.hear(event);
        if (!b) return undefined;
        add('events', 1);
        for (const [node, count] of b.past) {
          const a = oracle.history.get(node)?.[(node === b.node ? b.index - 1 : count) - 1];
          if (!a || less(a.stamp, b.stamp, p.clock)) continue;
          add('inversions', 1);
          break;
        }
      }
      if (event.kind === 'invoke') begun.set(event.op, event);
      if (event.kind === 'return') {
        const call = begun.get(event.op);
        begun.delete(event.op);
        if (call?.f === 'put' && event.outcome === 'ok') {
          add('writes', 1);
          add('write_ms', (event.at - call.at) / 1000);
        }
      }
      if (event.kind === 'invoke' || event.kind === 'return') lost.event?.(event, world);
      return undefined;
    },
    changed(node, before: unknown, after: unknown, world) {
      if (!isState(after)) return undefined;
      if (after.kind === 'process' && p.clock === 'hybrid' && before !== undefined) {
        clocks ??= new Clockwork(nodesOf(world));
        most('ahead_ms', after.stamp[0]! - Math.floor(clocks.read(node, world.now) / 1000));
      } else if (after.kind === 'replica') {
        const was = isState(before) && before.kind === 'replica' ? before.waited : 0;
        if (after.waited === was || after.waited === 0) return undefined;
        waits.sum += after.waited;
        waits.n++;
      } else if (after.kind === 'lock' && after.grant > grant.n) {
        grant = { n: after.grant, at: world.now };
        figures.grants = after.grant;
      } else if (after.kind === 'holder') {
        const old = isState(before) && before.kind === 'holder' ? before : undefined;
        if (after.acted && after.acted !== old?.acted && after.acted.grant < grant.n)
          most('overlap_ms', (world.now - grant.at) / 1000);
        const start = pieces.get(node);
        if (after.took && after.took !== old?.took && start?.piece === after.took.piece)
          add('false_durations', Math.abs(after.took.us - (world.now - start.at)) > 1000 ? 1 : 0);
        if (after.work && start?.piece !== after.work.piece)
          pieces.set(node, { piece: after.work.piece, at: world.now });
      }
      return undefined;
    },
    end(world) {
      clocks ??= new Clockwork(nodesOf(world));
      clocks.look(world.now);
      const { writes = 0, write_ms = 0, ...rest } = figures;
      return {
        skew_ms: clocks.spread / 1000,
        ...(p.work === 'messages' && { inversions: 0, concurrent_pairs: oracle.concurrentPairs }),
        ...(p.work === 'register' && {
          writes,
          lost_writes: 0,
          ...(writes > 0 && { write_ms: write_ms / writes }),
        }),
        ...(waits.n > 0 && { commit_wait_ms: waits.sum / waits.n / 1000 }),
        ...(p.work === 'lease' && { overlap_ms: 0, false_durations: 0 }),
        ...rest,
      };
    },
  };
}
