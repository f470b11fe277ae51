import { become, save, set } from '../../src/sim/protocol.ts';
import { changeTo, newView, resend, viewChange } from './change.ts';
import { checkpoint, fetched } from './checkpoint.ts';
import { install } from './execute.ts';
import { commit, prePrepare, prepare, proposeWaiting, request } from './order.ts';
import { rules as allRules, type Rules } from './rules.ts';
import {
  type Effects,
  type Hand,
  leads,
  type Machine,
  machineDigest,
  type Phase,
  type PrePrepare,
  patience,
  primaryOf,
  type Replica,
  type State,
  type Tools,
} from './state.ts';

/**
 * Practical Byzantine Fault Tolerance — Castro & Liskov, OSDI 1999, §4 (signatures throughout, as in §4; not the MACs of §5).
 *
 *   Request      client → primary; after silence to all; backups pass it on   signed by the client     §4.1
 *   PrePrepare   primary → backups    "In view v, this request is number n."                            §4.2
 *   Prepare      backup → all         "I have that for v and n."  2f of them: nobody else can have another
 *   Commit       replica → all        "It is prepared here."  2f + 1: the order survives a view change
 *   Reply        replica → client     the result; f + 1 alike convince                                  §4.1
 *   Checkpoint   replica → all        "My state after number n has this digest."                        §4.3
 *   ViewChange   replica → all        "I give up; here is proof of all I have prepared."                §4.4
 *   NewView      new primary → all    2f + 1 view changes, and the pre-prepares that follow from them   §4.4
 *   Fetch, State between replicas     a state that a quorum's checkpoints vouch for                     §4.6
 */
export function replica(rules: Rules = allRules): Replica {
  /** What it says must survive a restart, or an honest replica would contradict itself: the disk comes first. */
  const step = (s: State, here: Hand, act: (t: Tools) => State): readonly [State, ...Effects] => {
    const t: Tools = { here, rules, effects: [] };
    const next = proposeWaiting(hearEarly(act(t), t), t);
    return next === s && t.effects.length === 0 ? [s] : [next, save(next), ...t.effects];
  };
  const phase = (s: State, m: PrePrepare | Phase, from: string, t: Tools): State => {
    if (m.view > s.view || s.mode === 'changing') return keep(s, m, from);
    if (m.view < s.view && rules.heedsView) return s;
    if (m.type === 'PrePrepare') return prePrepare(s, m, from, t);
    return m.type === 'Prepare' ? prepare(s, m, from, t) : commit(s, m, from, t);
  };
  /** What came before its view had begun is looked at again once it has. */
  const hearEarly = (s: State, t: Tools): State => {
    if (s.mode === 'changing' || !s.early.some((e) => e.message.view <= s.view)) return s;
    const due = s.early.filter((e) => e.message.view === s.view);
    const early = s.early.filter((e) => e.message.view > s.view);
    return due.reduce<State>((next, e) => phase(next, e.message, e.from, t), { ...s, early });
  };

  return {
    start(here, disk) {
      const state = (disk as State | undefined) ?? fresh;
      const role = primaryOf(state.view, here) === here.self ? 'primary' : 'backup';
      return [
        state,
        save(state),
        become(state.mode === 'changing' ? 'changing' : role, `view ${state.view}`),
        ...(state.mode === 'changing' ? [set('resend', Math.round(here.params.timeout * 1000))] : []),
        ...(state.suspecting ? [patience(state, here)] : []),
      ];
    },
    on: {
      Request: (s, { type: _, ...order }, from, here) => step(s, here, (t) => request(s, order, from, t)),
      PrePrepare: (s, m, from, here) => step(s, here, (t) => phase(s, m, from, t)),
      Prepare: (s, m, from, here) => step(s, here, (t) => phase(s, m, from, t)),
      Commit: (s, m, from, here) => step(s, here, (t) => phase(s, m, from, t)),
      ViewChange: (s, m, from, here) => step(s, here, (t) => viewChange(s, m, from, t)),
      NewView: (s, m, _from, here) => step(s, here, (t) => newView(s, m, t)),
      Checkpoint: (s, m, from, here) => step(s, here, (t) => checkpoint(s, m, from, t)),
      Fetch: (s, m, from, here) => step(s, here, (t) => fetched(s, m.seq, from, t)),
      State: (s, m, from, here) => step(s, here, (t) => install(s, m.seq, m.machine, from, t)),
      Reply: (s) => [s],
    },
    after: {
      suspect: (s, here) =>
        step(s, here, (t) => (leads(s, here) ? s : changeTo({ ...s, suspecting: false }, s.view + 1, t))),
      resend: (s, here) => step(s, here, (t) => resend(s, t)),
      pause: (s) => [s],
      retry: (s) => [s],
    },
  };
}

/** Messages kept for a view to come; a traitor could send any number. */
const MOST_EARLY = 400;

const keep = (s: State, message: PrePrepare | Phase, from: string): State =>
  message.view < s.view ? s : { ...s, early: [...s.early, { from, message }].slice(-MOST_EARLY) };

const empty: Machine = { data: {}, last: {} };
const fresh: State = {
  is: 'replica',
  view: 0,
  mode: 'normal',
  next: 0,
  log: {},
  certificates: {},
  executed: 0,
  machine: empty,
  done: [],
  stable: { seq: 0, digest: machineDigest(empty), proof: [] },
  snapshots: {},
  checkpoints: {},
  pending: {},
  changes: {},
  newView: null,
  refused: 0,
  early: [],
  tries: 0,
  suspecting: false,
};
