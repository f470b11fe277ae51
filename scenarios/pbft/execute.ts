import { cancel, note, send } from '../../src/sim/protocol.ts';
import type { Value } from '../../src/sim/trace.ts';
import { checkpointAt, settle, stableFrom } from './checkpoint.ts';
import { quorum } from './params.ts';
import {
  count,
  leads,
  type Machine,
  machineDigest,
  type Order,
  patience,
  type State,
  type Tools,
} from './state.ts';

/** Executing in order, answering, and the patience with a primary that gets nothing done (§4.2, §4.4). */

/** Executes what is committed, strictly in order of the numbers. */
export function execute(s: State, t: Tools): State {
  let next = s;
  for (let entry = s.log[s.executed + 1]; entry?.committed; entry = next.log[next.executed + 1])
    next = run(next, entry.order, t);
  if (next === s) return s;
  return rest({ ...next, tries: 0 }, t);
}

function run(s: State, order: Order | null, t: Tools): State {
  const seq = s.executed + 1;
  let next: State = { ...s, executed: seq };
  if (order === null) {
    next = { ...next, done: [...s.done, { seq, order, value: null, again: false }] };
  } else if (t.rules.once && (s.machine.last[order.client]?.serial ?? 0) >= order.serial) {
    // A later view may give a request a second number: it counts once.
    next = { ...next, done: [...s.done, { seq, order, value: null, again: true }] };
  } else {
    const { machine, value } = perform(s.machine, order);
    const { [order.client]: waiting, ...others } = s.pending;
    next = {
      ...next,
      machine,
      done: [...s.done, { seq, order, value, again: false }],
      pending: waiting && waiting.serial <= order.serial ? others : s.pending,
    };
    reply(next, order, value, t);
  }
  return seq % t.here.params.checkpoint === 0 ? checkpointAt(next, t) : next;
}

function perform(m: Machine, order: Order): { machine: Machine; value: Value } {
  const value = order.f === 'get' ? (m.data[order.key] ?? null) : null;
  const data = order.f === 'put' ? { ...m.data, [order.key]: order.value } : m.data;
  return { machine: { data, last: { ...m.last, [order.client]: { serial: order.serial, value } } }, value };
}

export function reply(s: State, order: Order, value: Value, t: Tools): void {
  const said = value === null ? 'ok' : String(value);
  t.effects.push(
    send(order.client, { type: 'Reply', view: s.view, serial: order.serial, value } as const, said),
  );
}

/** Something got done: the timer runs on only for what is still waiting, from now. */
function rest(s: State, t: Tools): State {
  if (s.suspecting) t.effects.push(cancel('suspect'));
  return s.mode === 'normal' ? suspect({ ...s, suspecting: false }, t) : { ...s, suspecting: false };
}

/** A backup that knows of a request waits for it only so long. */
export function suspect(s: State, t: Tools): State {
  if (s.suspecting || leads(s, t.here) || Object.keys(s.pending).length === 0 || !t.rules.suspects) return s;
  t.effects.push(patience(s, t.here));
  return { ...s, suspecting: true };
}

/** A copy of the state is as good as the signatures under its digest, whoever sent it. */
export function install(s: State, seq: number, machine: Machine, from: string, t: Tools): State {
  if (seq <= s.executed) return s;
  const digest = machineDigest(machine);
  const vouched =
    (s.stable.seq === seq && s.stable.digest === digest) ||
    count(s.checkpoints[seq] ?? {}, (v) => v.digest === digest) >= quorum(t.here.params);
  if (!vouched) return s;
  const stable = s.stable.seq >= seq ? s.stable : stableFrom(s, seq, digest);
  const pending = Object.fromEntries(
    Object.entries(s.pending).filter(([client, order]) => (machine.last[client]?.serial ?? 0) < order.serial),
  );
  t.effects.push(note(`takes its state at #${seq} from ${from}, as a quorum vouches for it`));
  const next: State = {
    ...s,
    executed: seq,
    machine,
    pending,
    snapshots: { ...s.snapshots, [seq]: machine },
  };
  return execute(rest(settle(next, stable), t), t);
}
