import { type ClientMessage, type Request, refuse, type Seen } from '../../src/sim/client.ts';
import {
  become,
  cancel,
  type Effect,
  type Here,
  note,
  type Protocol,
  save,
  set,
} from '../../src/sim/protocol.ts';
import type { Entry, Log, Snapshot } from './log.ts';
import type { Machine } from './machine.ts';
import { minimumTimeout, type P } from './params.ts';
import type { Rules } from './rules.ts';

export type Msg =
  | RequestVote
  | { readonly type: 'Vote'; readonly term: number; readonly granted: boolean }
  | PreVote
  | { readonly type: 'PreVoteAnswer'; readonly term: number; readonly to: number; readonly granted: boolean }
  | Append
  | Appended
  | {
      readonly type: 'InstallSnapshot';
      readonly term: number;
      readonly snapshot: Snapshot;
      readonly at: number;
    }
  | ClientMessage;

export interface RequestVote {
  readonly type: 'RequestVote';
  readonly term: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
}

/** `term` is the one it would stand for */
export interface PreVote {
  readonly type: 'PreVote';
  readonly term: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
}

/** One RPC under two names, so that a reader sees which carry entries. */
export interface Append {
  readonly type: 'AppendEntries' | 'Heartbeat';
  readonly term: number;
  readonly prevIndex: number;
  readonly prevTerm: number;
  readonly entries: readonly Entry[];
  readonly commit: number;
  /** the leader's own clock when it sent this; comes back in the answer */
  readonly at: number;
}

export interface Appended {
  readonly type: 'Appended';
  readonly term: number;
  readonly ok: boolean;
  /** ok: the follower's log agrees with the leader's up to here, durably. Not ok: the `prevIndex` refused. */
  readonly index: number;
  /** not ok: no use in trying beyond this index */
  readonly hint: number;
  readonly at: number;
}

/** What must survive a crash (figure 3.1): written before anything is answered that rests on it. */
export interface Disk {
  readonly term: number;
  readonly votedFor: string | null;
  readonly log: Log;
}

export interface State {
  readonly disk: Disk;
  readonly role: Role;
  /** known to be committed, and applied */
  readonly commit: number;
  readonly machine: Machine;
  /** own time in µs when a leader of the current term was last heard; null for never */
  readonly heard: number | null;
  readonly seen: Seen;
}

export type Role = Follower | Candidate | Leader;

export interface Follower {
  readonly is: 'follower';
  readonly leader: string | null;
}

export interface Candidate {
  readonly is: 'candidate';
  /** still asking whether it would win (§9.6) */
  readonly pre: boolean;
  readonly votes: readonly string[];
}

export interface Leader {
  readonly is: 'leader';
  /** index of the no-op it began its term with */
  readonly noop: number;
  readonly peers: readonly Progress[];
  readonly reads: readonly Read[];
  /** own time when the leader last made sure that a majority answers it */
  readonly checked: number;
  readonly change: Change | null;
}

/** What the leader knows of another server. */
export interface Progress {
  readonly id: string;
  readonly next: number;
  readonly match: number;
  /** last index sent */
  readonly sent: number;
  /** own time at which the newest message this server has answered was sent */
  readonly contact: number;
}

/** A read that waits for proof that this server still leads (§6.4). */
export interface Read {
  readonly index: number;
  readonly at: number;
  readonly from: string;
  readonly request: Request;
}

/*
 * The hot handlers build states and what is in them here and not by spreading: one place that makes an object gives it
 * one shape, which is most of what a simulated message costs.
 */
export const stateOf = (
  disk: Disk,
  role: Role,
  commit: number,
  machine: Machine,
  heard: number | null,
  seen: Seen,
): State => ({ disk, role, commit, machine, heard, seen });

export const withRole = (s: State, role: Role): State =>
  stateOf(s.disk, role, s.commit, s.machine, s.heard, s.seen);

export const withDisk = (s: State, disk: Disk): State =>
  stateOf(disk, s.role, s.commit, s.machine, s.heard, s.seen);

export const leaderOfTerm = (
  noop: number,
  peers: readonly Progress[],
  reads: readonly Read[],
  checked: number,
  change: Change | null,
): Leader => ({ is: 'leader', noop, peers, reads, checked, change });

export const withPeers = (role: Leader, peers: readonly Progress[]): Leader =>
  leaderOfTerm(role.noop, peers, role.reads, role.checked, role.change);

export const progressOf = (
  id: string,
  next: number,
  match: number,
  sent: number,
  contact: number,
): Progress => ({ id, next, match, sent, contact });

/** One membership change under way (§4.2.1). */
export interface Change {
  readonly from: string;
  readonly request: Request;
  readonly server: string;
  /** catching up before it may vote: the round it is in, what that round must reach, when it began; null once appended */
  readonly round: { readonly number: number; readonly target: number; readonly since: number } | null;
}

export type Timer = 'election' | 'heartbeat' | 'quorum' | 'written';
export type Raft = Protocol<State, Msg, Timer, P>;
export type Hand = Here<P>;
export type Effects = Effect<Msg, Timer>[];
export type Next = readonly [State, ...Effects];

/** Every reset draws a fresh wait, so that two servers which once stood together seldom do so again (§3.4). */
export const patience = (here: Hand, rules: Rules): Effect<never, 'election'> =>
  set('election', rules.patience(here.draw(here.params.electionTimeout), minimumTimeout(here.params)));

/**
 * These effects rest on what must survive a crash: they wait until the disk holds it (§3.8). Where it does already, the
 * save costs nothing, so everything a server says goes through here. A leader's own log is thereby durable before any
 * other server can have answered for it.
 */
export const durably = (s: State, effects: Effects, rules: Rules, us?: number): Effects =>
  rules.persistFirst ? [save(s.disk, us), ...effects] : [...effects, save(s.disk, us)];

/** A higher term exists: whoever one was, one is a follower of it now (§3.3). */
export function adopt(s: State, term: number, here: Hand, rules: Rules): Next {
  const [next, ...effects] = leave(
    stateOf({ term, votedFor: null, log: s.disk.log }, s.role, s.commit, s.machine, null, s.seen),
    here,
    rules,
  );
  if (s.role.is === 'leader') effects.push(note(`hears of term ${term} and is no longer leader`));
  return [next, ...effects];
}

/** Back to being a follower, in whatever term it is. The election timer of a follower or candidate runs on. */
export function leave(s: State, here: Hand, rules: Rules): Next {
  const { role } = s;
  const next = withRole(s, { is: 'follower', leader: null });
  const effects: Effects = [become('follower', `term ${s.disk.term}`)];
  if (role.is === 'leader') {
    effects.push(cancel('heartbeat'), cancel('quorum'), patience(here, rules));
    // A read leaves no trace, so it can be refused for certain; a command in the log cannot.
    for (const read of role.reads) effects.push(refuse(read.from, read.request, null));
  }
  return [next, ...effects];
}
