import type { Value } from '../../src/sim/trace.ts';
import type { Rules } from './rules.ts';
import type { Command, Decision } from './state.ts';

/** The copy of the state machine that a leader or learner keeps: what it knows to be chosen, and what it has applied. */
export interface Replica {
  /** what is known to be chosen, by slot */
  readonly log: Readonly<Record<number, Command>>;
  /** slots applied, in the order they were */
  readonly applied: readonly Decision[];
  readonly data: Readonly<Record<string, Value>>;
  /** of each client the last command executed and its reply: a command chosen twice is executed once */
  readonly sessions: Readonly<Record<string, { readonly serial: number; readonly reply: Value }>>;
}

export const emptyReplica: Replica = { log: {}, applied: [], data: {}, sessions: {} };

/** First slot not applied. */
export const due = (r: Replica): number => r.applied.length + 1;

/** Learns of a choice and applies what can be applied now; the same object where nothing is new. */
export function learn(r: Replica, { slot, command }: Decision, rules: Rules): Replica {
  if (r.log[slot]) return r;
  const log = { ...r.log, [slot]: command };
  let next: Replica = { ...r, log };
  if (!rules.inOrder) return apply(next, { slot, command });
  for (let command = log[due(next)]; command; command = log[due(next)])
    next = apply(next, { slot: due(next), command });
  return next;
}

function apply(r: Replica, decision: Decision): Replica {
  const applied = [...r.applied, decision];
  const op = decision.command.op;
  if (!op || (r.sessions[op.client]?.serial ?? 0) >= op.serial) return { ...r, applied };
  const reply = op.f === 'get' ? (r.data[op.key] ?? null) : null;
  const data = op.f === 'put' ? { ...r.data, [op.key]: op.value } : r.data;
  return { ...r, applied, data, sessions: { ...r.sessions, [op.client]: { serial: op.serial, reply } } };
}

/** Decided slots from one on, at most `most`. */
export const decisions = (r: Replica, from: number, most = 50): Decision[] =>
  Object.entries(r.log)
    .map(([slot, command]) => ({ slot: Number(slot), command }))
    .filter(({ slot }) => slot >= from)
    .slice(0, most);

/** The highest slot known to be chosen; 0 for none. */
export const highest = (r: Replica): number =>
  Object.keys(r.log).reduce((most, slot) => Math.max(most, Number(slot)), 0);
