import type { ClientMessage, Seen } from '../../src/sim/client.ts';
import { type Effect, type Here, type Protocol, save, sendAll } from '../../src/sim/protocol.ts';
import type { Value } from '../../src/sim/trace.ts';
import type { P } from './params.ts';
import type { Replica } from './replica.ts';
import type { Rules } from './rules.ts';

/** What Paxos decides on. Two commands are the same if their ids are. */
export interface Command {
  readonly id: string;
  /** what it does to the state machine; a single decree's value and a no-op do nothing */
  readonly op?: Operation;
}

export interface Operation {
  readonly client: string;
  readonly serial: number;
  readonly f: string;
  readonly key: string;
  readonly value: Value;
}

export const NO_OP: Command = { id: 'no-op' };

/** A proposal an acceptor has accepted. */
export interface Vote {
  readonly ballot: number;
  readonly command: Command;
}

export interface Decision {
  readonly slot: number;
  readonly command: Command;
}

export type Msg =
  | { readonly type: 'Prepare'; readonly ballot: number; readonly from: number }
  | {
      readonly type: 'Promise';
      readonly ballot: number;
      /** what this acceptor has accepted, from the slot asked for on */
      readonly votes: readonly (Vote & { readonly slot: number })[];
    }
  | { readonly type: 'Accept'; readonly ballot: number; readonly slot: number; readonly command: Command }
  | { readonly type: 'Accepted'; readonly ballot: number; readonly slot: number; readonly command: Command }
  | { readonly type: 'Refused'; readonly ballot: number; readonly promised: number }
  | { readonly type: 'Chosen'; readonly decisions: readonly Decision[] }
  | { readonly type: 'Heartbeat'; readonly ballot: number; readonly upTo: number }
  | { readonly type: 'Missing'; readonly from: number }
  | ClientMessage;

/** What an acceptor must never forget: written before anything is answered that rests on it. */
export interface AcceptorDisk {
  readonly promised: number;
  /** the newest proposal accepted in each slot */
  readonly accepted: Readonly<Record<number, Vote>>;
}

export interface AcceptorState {
  readonly is: 'acceptor';
  readonly disk: AcceptorDisk;
}

/** Ballots up to here may have been used: a proposer that restarts goes on above. */
export interface BallotDisk {
  readonly reserved: number;
}

export interface ProposerState {
  readonly is: 'proposer';
  readonly disk: BallotDisk;
  readonly own: Command;
  readonly phase: 'idle' | 'prepare' | 'accept' | 'waiting' | 'done';
  readonly ballot: number;
  /** highest ballot heard of */
  readonly heard: number;
  readonly promises: readonly { readonly from: string; readonly vote: Vote | null }[];
  /** what this ballot proposes, from phase 2 on */
  readonly command: Command | null;
  readonly accepted: readonly string[];
  /** ballots given up */
  readonly lost: number;
}

export interface LeaderState {
  readonly is: 'leader';
  readonly disk: BallotDisk;
  readonly role: 'standby' | 'preparing' | 'leading';
  readonly ballot: number;
  readonly heard: number;
  /** who leads, as far as this proposer knows */
  readonly leader: string | null;
  /** first slot its Prepare asks about */
  readonly from: number;
  readonly promises: readonly {
    readonly from: string;
    readonly votes: readonly (Vote & { slot: number })[];
  }[];
  /** first slot never proposed in */
  readonly next: number;
  readonly flight: Readonly<Record<number, Proposal>>;
  readonly replica: Replica;
  readonly seen: Seen;
}

export interface Proposal {
  readonly command: Command;
  readonly acks: readonly string[];
  /** heartbeats since it was sent */
  readonly age: number;
}

export interface LearnerState {
  readonly is: 'learner';
  /** acceptances heard of, while a slot is not decided */
  readonly votes: readonly Heard[];
  readonly replica: Replica;
  /** whom to ask for what was missed */
  readonly leader: string | null;
  /** the log is known to reach this far */
  readonly upTo: number;
}

export interface Heard {
  readonly slot: number;
  readonly ballot: number;
  readonly command: Command;
  readonly by: readonly string[];
}

export type State = AcceptorState | ProposerState | LeaderState | LearnerState;
export type Timer = 'begin' | 'round' | 'election' | 'heartbeat' | 'ask';
export type Hand = Here<P>;
export type Part<S extends State> = Protocol<S, Msg, Timer, P>;
export type Effects = Effect<Msg, Timer>[];
export type Next<S extends State> = readonly [S, ...Effects];

/** These effects tell others of what is on the disk: they wait until it is (Lamport 2001, §2.5). */
export const durably = (disk: unknown, effects: Effects, rules: Rules): Effects =>
  rules.persistFirst ? [save(disk), ...effects] : [...effects, save(disk)];

export const toAcceptors = (here: Hand, message: Msg, label: string): Effects =>
  sendAll(here.part('acceptor'), message, label);

/** What a part does not answer to. */
export const ignore = <S>(state: S): readonly [S] => [state];

/** Ballots reserved at a time, so that the disk is seldom in the way of a new one. */
const RESERVE = 1000;

/** A proposer's first ballots. */
export const firstBallots: BallotDisk = { reserved: RESERVE };

/** The next ballot of this proposer above all it has heard of, and the disk that covers it. */
export function nextBallot(
  s: { readonly disk: BallotDisk; readonly ballot: number; readonly heard: number },
  here: Hand,
  rules: Rules,
): { ballot: number; disk: BallotDisk } {
  const all = [...here.peers, here.self].sort();
  const ballot = rules.ballot(Math.max(s.ballot, s.heard), all.indexOf(here.self), all.length);
  const disk = ballot <= s.disk.reserved ? s.disk : { reserved: ballot + RESERVE };
  return { ballot, disk };
}
