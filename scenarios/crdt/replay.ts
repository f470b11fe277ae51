import type { Run } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import type { P } from './params.ts';
import { MERGED, OWN } from './protocol.ts';

/** An update as the trace tells it. */
export interface Told {
  readonly op: number;
  readonly f: string;
  readonly arg: string;
  /** the replica that took it */
  readonly at: string;
  readonly knew: readonly number[];
}

/** One replica’s state reaches another and changes what it shows. */
export interface Merge {
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly before: string;
  readonly after: string;
  /** what the receiver had seen, and what the message carried */
  readonly mine: readonly number[];
  readonly theirs: readonly number[];
}

/** Follows who has seen which updates, from messages alone; for runs with whole states and without crashes. */
export function replayed(run: Run<P>): { updates: Map<number, Told>; merges: Merge[] } {
  const updates = new Map<number, Told>();
  const merges: Merge[] = [];
  const seen = new Map<string, readonly number[]>();
  const shown = new Map<string, string>();
  const calls = new Map<string, EventOf<'invoke'>>();
  const flying = new Map<number, EventOf<'send'> & { seen: readonly number[] }>();
  let arrived: (EventOf<'send'> & { seen: readonly number[] }) | undefined;
  for (const e of run.events) {
    if (e.kind === 'invoke') calls.set(e.process, e);
    else if (e.kind === 'send') flying.set(e.id, { ...e, seen: seen.get(e.from) ?? [] });
    else if (e.kind === 'deliver') {
      arrived = flying.get(e.id);
      if (arrived?.type !== 'State') continue;
      const mine = seen.get(arrived.to) ?? [];
      seen.set(arrived.to, [...new Set([...mine, ...arrived.seen])]);
      merges.push({
        at: e.at,
        from: arrived.from,
        to: arrived.to,
        before: shown.get(arrived.to) ?? '',
        after: '',
        mine,
        theirs: arrived.seen,
      });
    } else if (e.kind === 'state' && e.state === OWN && arrived) {
      const call = calls.get(arrived.from);
      if (!call) continue;
      const knew = seen.get(e.node) ?? [];
      updates.set(call.op, { op: call.op, f: call.f, arg: String(call.value), at: e.node, knew });
      seen.set(e.node, [...knew, call.op]);
      shown.set(e.node, e.detail);
    } else if (e.kind === 'state' && e.state === MERGED) {
      const last = merges.at(-1);
      if (last && last.at === e.at && last.to === e.node)
        merges[merges.length - 1] = { ...last, after: e.detail };
      shown.set(e.node, e.detail);
    }
  }
  return { updates, merges: merges.filter((m) => m.after !== '') };
}
