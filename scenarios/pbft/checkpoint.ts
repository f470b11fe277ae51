import { send } from '../../src/sim/protocol.ts';
import { sign, signed } from './authentic.ts';
import { quorum } from './params.ts';
import {
  type Checkpoint,
  checkpointText,
  count,
  machineDigest,
  multicast,
  type Stable,
  type State,
  type Tools,
} from './state.ts';

/** Checkpoints: how a log is cut, and how a replica that missed too much catches up (§4.3). */

/** It has executed up to a checkpoint and says what its state is. */
export function checkpointAt(s: State, t: Tools): State {
  const seq = s.executed;
  const digest = machineDigest(s.machine);
  const signature = sign(t.here.self, checkpointText(seq, digest));
  multicast(t, { type: 'Checkpoint', seq, digest, signature }, `#${seq}`);
  const next: State = { ...s, snapshots: { ...s.snapshots, [seq]: s.machine } };
  return vote(next, { type: 'Checkpoint', seq, digest, signature }, t.here.self, t);
}

export function checkpoint(s: State, m: Checkpoint, from: string, t: Tools): State {
  if (!signed(from, checkpointText(m.seq, m.digest), m.signature)) return s;
  return vote(s, m, from, t);
}

function vote(s: State, m: Checkpoint, from: string, t: Tools): State {
  if (m.seq <= s.stable.seq) return s;
  const { digest, signature } = m;
  const votes = { ...s.checkpoints[m.seq], [from]: { digest, signature } };
  const next: State = { ...s, checkpoints: { ...s.checkpoints, [m.seq]: votes } };
  if (count(votes, (v) => v.digest === digest) < quorum(t.here.params)) return next;
  const own = s.snapshots[m.seq];
  if (own && machineDigest(own) === digest) return settle(next, stableFrom(next, m.seq, digest));
  if (s.executed < m.seq) fetch(m.seq, t);
  return next;
}

/** The proof of a checkpoint that a quorum has voted for. */
export const stableFrom = (s: State, seq: number, digest: string): Stable => ({
  seq,
  digest,
  proof: Object.entries(s.checkpoints[seq] ?? {})
    .filter(([, v]) => v.digest === digest)
    .map(([by, { signature }]) => ({ by, signature })),
});

/** Everything up to a stable checkpoint may be forgotten. */
export function settle(s: State, stable: Stable): State {
  if (stable.seq <= s.stable.seq) return s;
  const after = <V>(of: Readonly<Record<number, V>>, from: number): Readonly<Record<number, V>> =>
    Object.fromEntries(Object.entries(of).filter(([seq]) => Number(seq) >= from));
  return {
    ...s,
    stable,
    log: after(s.log, stable.seq + 1),
    certificates: after(s.certificates, stable.seq + 1),
    checkpoints: after(s.checkpoints, stable.seq + 1),
    snapshots: after(s.snapshots, stable.seq),
  };
}

export const fetch = (seq: number, t: Tools): void => multicast(t, { type: 'Fetch', seq }, `#${seq}`);

export function fetched(s: State, seq: number, from: string, t: Tools): State {
  const machine = s.snapshots[seq];
  if (machine) t.effects.push(send(from, { type: 'State', seq, machine } as const, `#${seq}`));
  return s;
}
