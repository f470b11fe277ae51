import type { Meter } from '../../src/sim/scenario.ts';
import type { ClientState, Read, Told } from './client.ts';
import { effect, type Stored, upcast } from './domain.ts';
import type { HandlerState } from './handler.ts';
import type { ProjectionState } from './projection.ts';
import { BALANCES, POST, STORE } from './protocol.ts';
import type { PostState, StoreState } from './store.ts';

export const metrics = {
  events_stored: { unit: 'events', what: 'events appended during the run' },
  declined: { unit: 'commands', what: 'withdrawals declined for want of money' },
  conflicts: { unit: 'appends', what: 'appends refused because the stream had moved on' },
  lowest_balance: { unit: '€', what: 'the lowest balance any account had after any event' },
  events_read: { unit: 'events', what: 'events handlers read to rebuild accounts' },
  most_read: { unit: 'events', what: 'the most a handler read at once' },
  tail_read: { unit: 'events', what: 'the most a handler read after starting from a snapshot' },
  command_ms: { unit: 'ms', what: 'mean time from a command to its answer' },
  lag_ms: { unit: 'ms', what: 'mean time from an event’s append to its place in the read model' },
  most_behind: { unit: 'events', what: 'the most events the read model was behind the store' },
  stale_reads: { unit: 'reads', what: 'reads that did not show the client’s own command' },
  delivered_again: { unit: 'events', what: 'deliveries of events a projection had already, without effect' },
  replayed: { unit: 'events', what: 'events folded once more in replays' },
  old_events: { unit: 'events', what: 'events in the log that were written in schema v1' },
  mails: { unit: 'mails', what: 'receipts that went out' },
  mailed_twice: { unit: 'mails', what: 'receipts that went out more than once' },
} as const;

export function meter(): Meter {
  let log: readonly Stored[] = [];
  let past = 0;
  const stored = new Map<number, number>();
  const shown = new Map<number, number>();
  const balances = new Map<string, number>();
  let lowest = Number.POSITIVE_INFINITY;
  let behind = 0;
  let handled = 0;
  let replayed = 0;
  const reads = new Map<number, Read>();
  const told = new Map<string, Told>();
  const loads: { cached: boolean; count: number }[] = [];
  let sent: PostState['sent'] = [];
  const absorbed = new Map<string, number>();
  const asked = new Map<number, number>();
  const answers: number[] = [];

  const hear = (state: StoreState, now: number) => {
    if (log.length === 0) past = state.log.length;
    log = state.log;
    balances.clear();
    for (const e of log) {
      const cents = (balances.get(e.stream) ?? 0) + effect(upcast(e));
      balances.set(e.stream, cents);
      lowest = Math.min(lowest, cents);
      if (!stored.has(e.position)) stored.set(e.position, now);
    }
  };

  return {
    listens: ['invoke', 'return'],
    changed(node, before, after, { now }) {
      if (after === undefined) return undefined;
      if (node === STORE && (after as StoreState).log !== log) hear(after as StoreState, now);
      else if (node === POST) ({ sent } = after as PostState);
      const work = (after as Partial<HandlerState>).work;
      const was = (before as Partial<HandlerState> | undefined)?.work;
      if (work && work.phase === 'decide' && was?.phase === 'load')
        loads.push({ cached: work.tries === 0 && work.base.version > 0, count: work.tail.length });
      const projection = after as Partial<ProjectionState>;
      if (projection.kept) {
        const earlier = before as ProjectionState | undefined;
        // What was absorbed before a crash still counts.
        const more = (projection.absorbed ?? 0) - (earlier?.absorbed ?? 0);
        absorbed.set(node, (absorbed.get(node) ?? 0) + Math.max(0, more));
        const at = projection.handled ?? 0;
        if (earlier && at > earlier.handled && earlier.replayTo > 0) replayed += at - earlier.handled;
        if (node === BALANCES) {
          handled = at;
          for (let p = past + 1; p <= at; p++) if (!shown.has(p)) shown.set(p, now);
        }
      }
      behind = Math.max(behind, log.length - handled);
      const client = after as Partial<ClientState>;
      if (client.read) reads.set(client.read.op, client.read);
      if (client.told) told.set(client.told.id, client.told);
      return undefined;
    },
    event(e) {
      if (e.kind === 'invoke' && e.f !== 'read') asked.set(e.op, e.at);
      if (e.kind === 'return' && e.outcome !== 'unknown') {
        const from = asked.get(e.op);
        if (from !== undefined) answers.push((e.at - from) / 1000);
      }
      return undefined;
    },
    end(world) {
      const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
      const lags = [...shown].flatMap(([p, at]) => {
        const from = stored.get(p);
        return from === undefined ? [] : [(at - from) / 1000];
      });
      const tails = loads.filter((l) => l.cached).map((l) => l.count);
      const twice = sent.filter((m, i) => sent.findIndex((x) => x.about === m.about) < i).length;
      return {
        events_stored: log.length - past,
        declined: [...told.values()].filter((t) => t.kind === 'Declined').length,
        conflicts: world.traffic.sent.get('Conflict') ?? 0,
        ...(Number.isFinite(lowest) && { lowest_balance: lowest / 100 }),
        events_read: loads.reduce((n, l) => n + l.count, 0),
        ...(loads.length > 0 && { most_read: Math.max(...loads.map((l) => l.count)) }),
        ...(tails.length > 0 && { tail_read: Math.max(...tails) }),
        ...(answers.length > 0 && { command_ms: mean(answers) }),
        ...(lags.length > 0 && { lag_ms: mean(lags) }),
        most_behind: behind,
        stale_reads: [...reads.values()].filter((r) => r.version < r.need).length,
        delivered_again: [...absorbed.values()].reduce((a, b) => a + b, 0),
        replayed,
        old_events: log.filter((e) => e.schema === 1).length,
        ...(world.actors.some((a) => a.id === POST) && { mails: sent.length, mailed_twice: twice }),
      };
    },
  };
}
