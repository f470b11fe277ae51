import type { Value } from '../../../src/sim/trace.ts';
import type { AppMessage, Request, Seen } from './wire.ts';

/**
 * A global table with multi-Region strong consistency: three Regions, a write is in two of them before it is
 * acknowledged, a strong read anywhere returns the latest, and a write of an item that another Region is writing fails
 * with ReplicatedWriteConflictException (Developer Guide, "How DynamoDB global tables work"). How AWS does it is not
 * published; this is one protocol that does the same: an item is a Paxos register, changed by one round of two phases
 * over a majority of Regions (Rystsov, CASPaxos, 2018).
 *
 *   Claim     Region → all   may I write this item, under this number?
 *   Claimed   Region → it    yes, and this is what I have | no: another Region is writing it
 *   Accept    Region → all   the item is this now, under my number
 *   Accepted  Region → it    stored | no, a higher number was here
 *   Latest    Region → all   for a strong read: what do you have?
 *   Have      Region → it    two that agree are an answer
 */
export type MrscMessage =
  | {
      readonly type: 'Claim';
      readonly round: number;
      readonly key: string;
      readonly ballot: Ballot;
      readonly fixes: boolean;
    }
  | {
      readonly type: 'Claimed';
      readonly round: number;
      readonly ok: boolean;
      /** another Region's write is under way, and not just a higher number promised */
      readonly busy: boolean;
      readonly high: number;
      readonly held: Held;
    }
  | { readonly type: 'Accept'; readonly round: number; readonly key: string; readonly held: Held }
  | { readonly type: 'Accepted'; readonly round: number; readonly ok: boolean; readonly high: number }
  | { readonly type: 'Latest'; readonly round: number; readonly key: string }
  | { readonly type: 'Have'; readonly round: number; readonly held: Held }
  | AppMessage;

export interface Ballot {
  readonly n: number;
  readonly region: string;
}
export interface Held {
  readonly ballot: Ballot;
  readonly value: Value;
  /** the writes this value stands on, its own last */
  readonly ops: readonly number[];
}
const NONE: Ballot = { n: 0, region: '' };
const EMPTY: Held = { ballot: NONE, value: null, ops: [] };
export const above = (a: Ballot, b: Ballot): boolean => a.n > b.n || (a.n === b.n && a.region > b.region);

/** One item at one Region. */
export interface Slot {
  readonly promised: Ballot;
  readonly held: Held;
  /** since when (µs) a write of the promised number is under way; 0 for none */
  readonly since: number;
}
const FRESH: Slot = { promised: NONE, held: EMPTY, since: 0 };

export interface StrongState {
  readonly kind: 'strong';
  readonly slots: Readonly<Record<string, Slot>>;
  readonly rounds: readonly Round[];
  readonly seen: Seen;
  readonly alone: boolean;
}

export interface Round {
  readonly id: number;
  readonly from: string;
  readonly request: Request;
  readonly phase: 'claim' | 'accept' | 'read';
  readonly ballot: Ballot;
  /** after an uncertain end: finds out what became of the write instead of writing it */
  readonly fixes: boolean;
  readonly held: Held;
  readonly yes: readonly string[];
  readonly no: readonly string[];
  /** somebody refused because another write is under way */
  readonly busy: boolean;
  /** the highest number heard of in refusals */
  readonly high: number;
  /** read: what each Region has */
  readonly haves: readonly Held[];
  readonly tries: number;
}

export const slot = (s: StrongState, key: string): Slot => s.slots[key] ?? FRESH;
export const put = (s: StrongState, key: string, changed: Slot): StrongState => ({
  ...s,
  slots: { ...s.slots, [key]: changed },
});
export const withRound = (s: StrongState, round: Round): StrongState => ({
  ...s,
  rounds: [...s.rounds.filter((r) => r.id !== round.id), round],
});
export const without = (s: StrongState, id: number): StrongState => ({
  ...s,
  rounds: s.rounds.filter((r) => r.id !== id),
});

/** The write under this number is over here, unless a higher one has come. */
export function free(s: StrongState, round: Round): StrongState {
  const mine = slot(s, round.request.key);
  return above(mine.promised, round.ballot) ? s : put(s, round.request.key, { ...mine, since: 0 });
}

/** A refused number is too low: the next one must be higher than what refused it. */
export function raise(s: StrongState, key: string, high: number, self: string): StrongState {
  const mine = slot(s, key);
  return high > mine.promised.n ? put(s, key, { ...mine, promised: { n: high, region: self } }) : s;
}

/** What two Regions have in common was chosen, and nothing acknowledged since can be missing from it. */
export function agreeing(haves: readonly Held[]): Held | undefined {
  return haves.find((a, i) =>
    haves.some((b, j) => j > i && a.ballot.n === b.ballot.n && a.ballot.region === b.ballot.region),
  );
}
