import { note, send } from '../../src/sim/protocol.ts';
import { sign, signed } from './authentic.ts';
import { execute, reply, suspect } from './execute.ts';
import {
  count,
  digestOf,
  type Entry,
  emptyEntry,
  inWindow,
  leads,
  multicast,
  type Order,
  orderText,
  type Phase,
  type PrePrepare,
  phaseText,
  primaryOf,
  type State,
  type Tools,
} from './state.ts';

/** The normal case: pre-prepare, prepare, commit, execute (§4.2). */

export const authentic = (order: Order, t: Tools): boolean =>
  !t.rules.checksClients || signed(order.client, orderText(order), order.signature);

/** A request, from its client or passed on by a replica. */
export function request(s: State, order: Order, from: string, t: Tools): State {
  if (!authentic(order, t)) return s;
  const last = s.machine.last[order.client];
  if (last && last.serial >= order.serial) {
    if (last.serial === order.serial && from === order.client) reply(s, order, last.value, t);
    return s;
  }
  const next: State = { ...s, pending: { ...s.pending, [order.client]: order } };
  if (s.mode === 'changing') return next;
  if (leads(s, t.here)) return propose(next, order, t);
  if (from === order.client)
    t.effects.push(send(primaryOf(s.view, t.here), { type: 'Request', ...order } as const, 'passed on'));
  return suspect(next, t);
}

/** The primary gives a request its number. */
export function propose(s: State, order: Order, t: Tools): State {
  const digest = digestOf(order);
  if (t.rules.once && Object.values(s.log).some((entry) => entry.digest === digest)) return s;
  const seq = s.next + 1;
  // Beyond the high watermark it waits for the next stable checkpoint.
  if (!inWindow(s, seq, t.here.params)) return s;
  const signature = sign(t.here.self, phaseText('PrePrepare', s.view, seq, digest));
  t.effects.push(note(`gives ${order.client}’s ${order.f} number ${seq}`));
  multicast(t, { type: 'PrePrepare', view: s.view, seq, digest, order, signature }, `#${seq}`);
  const entry: Entry = { ...(s.log[seq] ?? emptyEntry), digest, order, prePrepare: signature };
  return advance({ ...s, next: seq, log: { ...s.log, [seq]: entry } }, seq, t);
}

export function prePrepare(s: State, m: PrePrepare, from: string, t: Tools): State {
  const { here, rules } = t;
  const primary = primaryOf(rules.heedsView ? s.view : m.view, here);
  if (from !== primary || from === here.self || !inWindow(s, m.seq, here.params)) return s;
  if (m.order === null || !authentic(m.order, t) || digestOf(m.order) !== m.digest) {
    t.effects.push(note(`refuses #${m.seq} of ${from}: no client signed that request`));
    return s;
  }
  if (!signed(from, phaseText('PrePrepare', m.view, m.seq, m.digest), m.signature)) return s;
  const old = s.log[m.seq] ?? emptyEntry;
  if (old.digest !== null && old.digest !== m.digest) {
    t.effects.push(note(`has another request as #${m.seq} from ${from} already and refuses this one`));
    return s;
  }
  if (old.digest === m.digest) return s;
  const next = accept(s, m.seq, m.digest, m.order, m.signature, t);
  const { client, serial } = m.order;
  if ((s.machine.last[client]?.serial ?? 0) >= serial) return advance(next, m.seq, t);
  return advance(suspect({ ...next, pending: { ...next.pending, [client]: m.order } }, t), m.seq, t);
}

/** A backup takes a number's request from the primary and tells all others. */
export function accept(
  s: State,
  seq: number,
  digest: string,
  order: Order | null,
  prePrepare: string,
  t: Tools,
): State {
  const old = s.log[seq] ?? emptyEntry;
  const signature = sign(t.here.self, phaseText('Prepare', s.view, seq, digest));
  multicast(t, { type: 'Prepare', view: s.view, seq, digest, signature }, `#${seq}`);
  const prepares = { ...old.prepares, [t.here.self]: { digest, signature } };
  const entry: Entry = { ...emptyEntry, commits: old.commits, digest, order, prePrepare, prepares };
  return { ...s, log: { ...s.log, [seq]: entry } };
}

export function prepare(s: State, m: Phase, from: string, t: Tools): State {
  // The pre-prepare is the primary's only say.
  if (from === primaryOf(m.view, t.here) || !acceptable(s, m, from, t)) return s;
  const old = s.log[m.seq] ?? emptyEntry;
  if (old.prepares[from]) return s;
  const { digest, signature } = m;
  const entry: Entry = { ...old, prepares: { ...old.prepares, [from]: { digest, signature } } };
  return advance({ ...s, log: { ...s.log, [m.seq]: entry } }, m.seq, t);
}

export function commit(s: State, m: Phase, from: string, t: Tools): State {
  if (!acceptable(s, m, from, t)) return s;
  const old = s.log[m.seq] ?? emptyEntry;
  if (old.commits[from]) return s;
  const entry: Entry = { ...old, commits: { ...old.commits, [from]: m.digest } };
  return advance({ ...s, log: { ...s.log, [m.seq]: entry } }, m.seq, t);
}

const acceptable = (s: State, m: Phase, from: string, t: Tools): boolean =>
  inWindow(s, m.seq, t.here.params) && signed(from, phaseText(m.type, m.view, m.seq, m.digest), m.signature);

/** Looks whether a number is now prepared, or committed. */
export function advance(s: State, seq: number, t: Tools): State {
  const { here, rules } = t;
  let entry = s.log[seq];
  if (!entry || entry.digest === null) return s;
  const { digest, order, prePrepare } = entry;
  let next = s;
  if (!entry.prepared && count(entry.prepares, (v) => v.digest === digest) >= rules.prepares(here.params)) {
    const prepares = Object.entries(entry.prepares)
      .filter(([, vote]) => vote.digest === digest)
      .map(([by, { signature }]) => ({ by, signature }));
    const certificate = { view: s.view, seq, digest, order, prePrepare, prepares };
    entry = { ...entry, prepared: true, commits: { ...entry.commits, [here.self]: digest } };
    next = {
      ...s,
      log: { ...s.log, [seq]: entry },
      certificates: { ...s.certificates, [seq]: certificate },
    };
    const signature = sign(here.self, phaseText('Commit', s.view, seq, digest));
    if (rules.commitPhase) multicast(t, { type: 'Commit', view: s.view, seq, digest, signature }, `#${seq}`);
  }
  if (!entry.prepared || entry.committed) return next;
  if (rules.commitPhase && count(entry.commits, (d) => d === digest) < rules.commits(here.params))
    return next;
  return execute({ ...next, log: { ...next.log, [seq]: { ...entry, committed: true } } }, t);
}

/** The primary turns to requests that could not get a number before. */
export const proposeWaiting = (s: State, t: Tools): State =>
  leads(s, t.here) ? Object.values(s.pending).reduce((next, order) => propose(next, order, t), s) : s;
