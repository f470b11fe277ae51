import { become, cancel, note, send, set } from '../../src/sim/protocol.ts';
import { sign, signed } from './authentic.ts';
import { fetch, settle } from './checkpoint.ts';
import { suspect } from './execute.ts';
import { accept, advance, authentic } from './order.ts';
import { quorum } from './params.ts';
import {
  type Certificate,
  changeText,
  checkpointText,
  count,
  digestOf,
  type Entry,
  emptyEntry,
  type NewView,
  type Order,
  type Proposal,
  patience,
  phaseText,
  primaryOf,
  type Stable,
  type State,
  type Tools,
  type ViewChange,
} from './state.ts';

/** View changes: how a primary is replaced without losing what may have been executed (§4.4). */

/** Gives up every view below this one and says what it has prepared. */
export function changeTo(s: State, view: number, t: Tools): State {
  const { here, rules } = t;
  const prepared = rules.carries(Object.values(s.certificates).filter((c) => c.seq > s.stable.seq));
  const body = { view, stable: s.stable, prepared };
  const change: ViewChange = { type: 'ViewChange', ...body, signature: sign(here.self, changeText(body)) };
  if (s.suspecting) t.effects.push(cancel('suspect'));
  const blamed = primaryOf(view - 1, here);
  t.effects.push(
    become('changing', `view ${view}`),
    note(
      `${blamed === here.self ? 'hears that it is given up' : `gives up ${blamed}`} and asks for view ${view}${prepared.length > 0 ? `, with ${plural(prepared.length)} prepared` : ''}`,
    ),
  );
  say(change, t);
  const next: State = { ...s, view, mode: 'changing', tries: s.tries + 1, suspecting: false, newView: null };
  return consider({ ...next, changes: { ...s.changes, [here.self]: change } }, t);
}

const plural = (n: number) => `${n} request${n === 1 ? '' : 's'}`;

function say(change: ViewChange, t: Tools): void {
  const { here } = t;
  t.effects.push(
    ...here.peers.map((peer) => send(peer, change, `view ${change.view}`)),
    set('resend', Math.round(here.params.timeout * 1000)),
  );
}

/** Messages may be lost: who waits for a view repeats that it does. */
export function resend(s: State, t: Tools): State {
  const own = s.changes[t.here.self];
  if (s.mode === 'changing' && own) say(own, t);
  return s;
}

export function viewChange(s: State, m: ViewChange, from: string, t: Tools): State {
  if (!valid(m, from, t)) return s;
  if (m.view <= s.view && s.mode === 'normal') {
    if (s.newView) t.effects.push(send(from, s.newView, `view ${s.view}`));
    return s;
  }
  if ((s.changes[from]?.view ?? 0) >= m.view) return s;
  return consider({ ...s, changes: { ...s.changes, [from]: m } }, t);
}

/** What follows from the view changes heard so far. */
function consider(s: State, t: Tools): State {
  const { here, rules } = t;
  // f + 1 ask for a later view: one of them is honest, so there is a reason (§4.5.2).
  const later = Object.entries(s.changes).filter(([id, c]) => id !== here.self && c.view > s.view);
  if (later.length > here.params.f) return changeTo(s, Math.min(...later.map(([, c]) => c.view)), t);
  if (s.mode === 'normal') return s;
  const agreed = Object.entries(s.changes).filter(([, c]) => c.view === s.view);
  if (agreed.length < rules.changes(here.params)) return s;
  if (primaryOf(s.view, here) === here.self)
    return begin(
      s,
      agreed.map(([by, change]) => ({ by, change })),
      t,
    );
  if (s.suspecting) return s;
  t.effects.push(patience(s, here));
  return { ...s, suspecting: true };
}

/** The new primary proposes again whatever may have been executed, and nothing in the gaps between. */
function begin(s: State, changes: NewView['changes'], t: Tools): State {
  const { view } = s;
  const proposals = plan(changes.map((c) => c.change)).proposals.map((p) => ({
    ...p,
    signature: sign(t.here.self, phaseText('PrePrepare', view, p.seq, p.digest)),
  }));
  const message: NewView = { type: 'NewView', view, changes, proposals };
  t.effects.push(...t.here.peers.map((peer) => send(peer, message, `view ${view}`)));
  const again = proposals.filter((p) => p.order !== null).length;
  t.effects.push(
    note(`is primary of view ${view}${again > 0 ? ` and has ${plural(again)} to propose again` : ''}`),
  );
  return enter(s, message, t);
}

interface Plan {
  readonly stable: Stable;
  readonly proposals: readonly { seq: number; digest: string; order: Order | null }[];
}

/** A function of the view changes alone, so that every backup can check it. */
export function plan(changes: readonly ViewChange[]): Plan {
  const stable = changes.reduce((best, c) => (c.stable.seq > best.seq ? c.stable : best), changes[0]!.stable);
  const newest = new Map<number, Certificate>();
  for (const c of changes.flatMap((change) => change.prepared))
    if (c.seq > stable.seq && c.view >= (newest.get(c.seq)?.view ?? 0)) newest.set(c.seq, c);
  const last = Math.max(stable.seq, ...newest.keys());
  const proposals = Array.from({ length: last - stable.seq }, (_, i) => {
    const seq = stable.seq + 1 + i;
    const order = newest.get(seq)?.order ?? null;
    return { seq, digest: digestOf(order), order };
  });
  return { stable, proposals };
}

export function newView(s: State, m: NewView, t: Tools): State {
  const { here, rules } = t;
  const primary = primaryOf(m.view, here);
  if (m.view < s.view || (m.view === s.view && s.mode === 'normal') || m.view === 0) return s;
  const senders = new Set(m.changes.map((c) => c.by));
  const wellFormed =
    senders.size >= rules.changes(here.params) &&
    m.changes.every(({ by, change }) => change.view === m.view && valid(change, by, t)) &&
    m.proposals.every((p) => signed(primary, phaseText('PrePrepare', m.view, p.seq, p.digest), p.signature));
  if (!wellFormed) return s;
  const expected = plan(m.changes.map((c) => c.change)).proposals;
  const same =
    expected.length === m.proposals.length &&
    expected.every((p, i) => p.seq === m.proposals[i]!.seq && p.digest === m.proposals[i]!.digest);
  if (!same && rules.checksNewView) {
    if (s.refused === m.view) return s;
    t.effects.push(
      note(`refuses the new view of ${primary}: it does not follow from the view changes in it`),
    );
    return { ...s, refused: m.view };
  }
  return enter(s, m, t);
}

function enter(s: State, m: NewView, t: Tools): State {
  const { here } = t;
  const { stable } = plan(m.changes.map((c) => c.change));
  const leading = primaryOf(m.view, here) === here.self;
  if (s.suspecting) t.effects.push(cancel('suspect'));
  t.effects.push(become(leading ? 'primary' : 'backup', `view ${m.view}`), cancel('resend'));
  let next: State = {
    ...settle(s, stable),
    view: m.view,
    mode: 'normal',
    log: {},
    next: Math.max(stable.seq, ...m.proposals.map((p) => p.seq)),
    newView: m,
    suspecting: false,
  };
  if (stable.seq > s.executed) fetch(stable.seq, t);
  for (const p of m.proposals)
    next = leading ? own(next, p) : accept(next, p.seq, p.digest, p.order, p.signature, t);
  for (const p of m.proposals) next = advance(next, p.seq, t);
  return suspect(next, t);
}

function own(s: State, p: Proposal): State {
  const entry: Entry = { ...emptyEntry, digest: p.digest, order: p.order, prePrepare: p.signature };
  return { ...s, log: { ...s.log, [p.seq]: entry } };
}

/** Signed by its sender, with proof for all it claims. */
function valid(m: ViewChange, from: string, t: Tools): boolean {
  const { params } = t.here;
  if (!signed(from, changeText(m), m.signature)) return false;
  const { seq, digest, proof } = m.stable;
  const vouched = proof.filter((v) => signed(v.by, checkpointText(seq, digest), v.signature));
  if (seq > 0 && new Set(vouched.map((v) => v.by)).size < quorum(params)) return false;
  return m.prepared.every(
    (c) => c.view < m.view && c.seq > seq && c.seq <= seq + 2 * params.checkpoint && proven(c, t),
  );
}

function proven(c: Certificate, t: Tools): boolean {
  const { here, rules } = t;
  const primary = primaryOf(c.view, here);
  if (digestOf(c.order) !== c.digest || (c.order !== null && !authentic(c.order, t))) return false;
  if (!signed(primary, phaseText('PrePrepare', c.view, c.seq, c.digest), c.prePrepare)) return false;
  const votes = Object.fromEntries(c.prepares.map((v) => [v.by, v.signature]));
  const text = phaseText('Prepare', c.view, c.seq, c.digest);
  return (
    Object.keys(votes).every((id) => id !== primary && signed(id, text, votes[id]!)) &&
    count(votes, () => true) >= rules.prepares(here.params)
  );
}
