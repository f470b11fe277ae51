import type { Meter, MetricInfo } from '../../src/sim/scenario.ts';
import type { P } from './params.ts';
import { homesOf, isReplica } from './properties.ts';
import { Register } from './register.ts';

export const metrics: Readonly<Record<string, MetricInfo>> = {
  fresh: {
    unit: '',
    what: 'of the read that starts readAfter the newest commit: 1 if it saw that write, 0 if not; its mean over --runs is P(fresh)',
  },
  read_ms: { unit: 'ms', what: 'that read, from call to return' },
  write_ms: { unit: 'ms', what: 'the newest write, from call to commit' },
  window_ms: {
    unit: 'ms',
    what: 'from the commit of the newest write until every replica had it',
  },
  copies_at_read: { unit: 'replicas', what: 'replicas that held the newest write when that read started' },
  stale_reads: { unit: 'reads', what: 'reads that missed a write committed before they began' },
  lost_writes: { unit: 'writes', what: 'acknowledged writes that no replica holds at the end, nor a hint' },
  repairs: { unit: 'messages', what: 'stale replicas sent a newer version by a read' },
  hints: { unit: 'messages', what: 'writes given to a stand-in' },
  messages: { unit: 'messages', what: 'all messages sent' },
};

export function meter(params: P): Meter {
  const register = new Register();
  const last = params.writes;
  const figures: Record<string, number> = {};
  const holders = new Set<string>();
  let complete: number | undefined;
  let stale = 0;
  let writer: string | undefined;
  let copies: number | undefined;
  return {
    listens: ['invoke', 'return'],
    changed(node, before, after, world) {
      if (!isReplica(after)) return undefined;
      if (isReplica(before) && before.disk.version === after.disk.version) return undefined;
      if (after.disk.version.value === last && homesOf(world).includes(node)) holders.add(node);
      else holders.delete(node);
      if (complete === undefined && holders.size === params.n) complete = world.now;
      return undefined;
    },
    event(event) {
      if (event.kind === 'invoke' && event.f === 'read' && event.process === writer) copies ??= holders.size;
      const done = register.hear(event);
      if (!done) return undefined;
      const took = (done.ended - done.begun) / 1000;
      if (done.f === 'write') {
        if (done.value !== last) return undefined;
        figures.write_ms = took;
        writer = done.process;
        return undefined;
      }
      if (done.missed !== undefined) stale++;
      if (done.process !== writer || figures.fresh !== undefined) return undefined;
      const committed = register.committedAt(last);
      if (committed === undefined || done.begun < committed) return undefined;
      figures.fresh = done.missed === undefined ? 1 : 0;
      figures.read_ms = took;
      return undefined;
    },
    end(world) {
      const committed = register.committedAt(last);
      if (committed !== undefined && complete !== undefined)
        figures.window_ms = Math.max(0, complete - committed) / 1000;
      if (figures.fresh !== undefined && copies !== undefined) figures.copies_at_read = copies;
      figures.stale_reads = stale;
      const held = world.actors.flatMap(({ id }) => {
        const state: unknown = world.state(id);
        return isReplica(state)
          ? [state.disk.version.value, ...state.disk.hints.map((h) => h.version.value)]
          : [];
      });
      if (world.actors.every((a) => world.up(a.id)))
        figures.lost_writes = register
          .committed()
          .filter((value) => !held.some((h) => h === value || (h !== 0 && !register.older(h, value)))).length;
      figures.repairs = world.traffic.sent.get('Repair') ?? 0;
      figures.hints = world.traffic.sent.get('Hint') ?? 0;
      figures.messages = [...world.traffic.sent.values()].reduce((sum, count) => sum + count, 0);
      return figures;
    },
  };
}
