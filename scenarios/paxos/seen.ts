import type { AcceptorState, Command, LeaderState, LearnerState, ProposerState, State } from './state.ts';

/**
 * What an all-seeing observer knows of a run, as plain data: who accepted what under which ballot, what was proposed,
 * what acceptors have told others. Checkers are folds over it.
 */
export interface Seen {
  /** proposals and who accepted them, by slot; an acceptance lost in a crash before it was durable leaves again */
  readonly votes: Readonly<Record<number, readonly Ballot[]>>;
  /** of each acceptor, what a proposer or learner has heard from it and it may therefore never forget */
  readonly told: Readonly<Record<string, Told>>;
}

export interface Ballot {
  readonly ballot: number;
  readonly id: string;
  /** a proposer sent Accept for it */
  readonly proposed: boolean;
  readonly by: readonly string[];
}

interface Told {
  /** highest ballot promised */
  readonly promised: number;
  /** highest ballot accepted, by slot */
  readonly accepted: Readonly<Record<number, number>>;
}

export const nothing: Seen = { votes: {}, told: {} };
const noTold: Told = { promised: 0, accepted: {} };

export const isPart = <K extends State['is']>(state: unknown, is: K): state is Extract<State, { is: K }> =>
  (state as { is?: string } | undefined)?.is === is;

/** The same object where nothing changed. */
export function observe(seen: Seen, node: string, before: unknown, after: unknown): Seen {
  if (isPart(after, 'acceptor')) return acceptor(seen, node, before as AcceptorState | undefined, after);
  if (isPart(after, 'proposer')) return proposer(seen, before as ProposerState | undefined, after);
  if (isPart(after, 'leader')) return leader(seen, before as LeaderState | undefined, after);
  if (isPart(after, 'learner')) return learner(seen, before as LearnerState | undefined, after);
  return seen;
}

function acceptor(seen: Seen, node: string, before: AcceptorState | undefined, after: AcceptorState): Seen {
  let next = seen;
  const { accepted } = after.disk;
  if (!before) {
    // Back from a crash. What it accepted, told nobody and lost was never durable, so it never counted.
    const told = seen.told[node] ?? noTold;
    for (const [slot, ballots] of Object.entries(seen.votes)) {
      const kept = accepted[Number(slot)]?.ballot ?? 0;
      const lost = (b: Ballot) =>
        b.by.includes(node) && b.ballot > kept && b.ballot > (told.accepted[Number(slot)] ?? 0);
      if (!ballots.some(lost)) continue;
      const left = ballots.map((b) => (lost(b) ? { ...b, by: b.by.filter((id) => id !== node) } : b));
      next = { ...next, votes: { ...next.votes, [slot]: left } };
    }
    return next;
  }
  if (before.disk.accepted === accepted) return next;
  for (const [slot, vote] of Object.entries(accepted)) {
    if (before.disk.accepted[Number(slot)] === vote) continue;
    next = enter(next, Number(slot), vote.ballot, vote.command, node);
  }
  return next;
}

/** One more acceptance, or the proposal itself. */
function enter(seen: Seen, slot: number, ballot: number, command: Command, voter: string | null): Seen {
  const ballots = seen.votes[slot] ?? [];
  const known = ballots.find((b) => b.ballot === ballot && b.id === command.id);
  const old: Ballot = known ?? { ballot, id: command.id, proposed: false, by: [] };
  if (voter === null ? old.proposed : old.by.includes(voter)) return seen;
  const entered = voter === null ? { ...old, proposed: true } : { ...old, by: [...old.by, voter].sort() };
  const others = ballots.filter((b) => b !== known);
  const sorted = [...others, entered].sort((a, b) => a.ballot - b.ballot || (a.id < b.id ? -1 : 1));
  return { ...seen, votes: { ...seen.votes, [slot]: sorted } };
}

function tell(seen: Seen, node: string, promised: number, slot?: number): Seen {
  const old = seen.told[node] ?? noTold;
  const accepted = slot !== undefined && (old.accepted[slot] ?? 0) < promised;
  if (old.promised >= promised && !accepted) return seen;
  const told: Told = {
    promised: Math.max(old.promised, promised),
    accepted: accepted ? { ...old.accepted, [slot]: promised } : old.accepted,
  };
  return { ...seen, told: { ...seen.told, [node]: told } };
}

function proposer(seen: Seen, before: ProposerState | undefined, after: ProposerState): Seen {
  let next = seen;
  if (after.promises !== before?.promises)
    for (const { from } of after.promises) next = tell(next, from, after.ballot);
  if (after.command && (after.command !== before?.command || after.ballot !== before.ballot))
    next = enter(next, 1, after.ballot, after.command, null);
  if (after.accepted !== before?.accepted)
    for (const from of after.accepted) next = tell(next, from, after.ballot, 1);
  return next;
}

function leader(seen: Seen, before: LeaderState | undefined, after: LeaderState): Seen {
  let next = seen;
  if (after.promises !== before?.promises)
    for (const { from } of after.promises) next = tell(next, from, after.ballot);
  if (after.flight !== before?.flight)
    for (const [slot, p] of Object.entries(after.flight)) {
      const old = before?.ballot === after.ballot ? before.flight[Number(slot)] : undefined;
      if (!old) next = enter(next, Number(slot), after.ballot, p.command, null);
      if (p.acks !== old?.acks)
        for (const from of p.acks) next = tell(next, from, after.ballot, Number(slot));
    }
  return next;
}

function learner(seen: Seen, before: LearnerState | undefined, after: LearnerState): Seen {
  let next = seen;
  if (after.votes !== before?.votes)
    for (const heard of after.votes)
      for (const from of heard.by) next = tell(next, from, heard.ballot, heard.slot);
  return next;
}

/** The ballot that chose a slot's value: the lowest that a quorum accepted. */
export const chosen = (seen: Seen, slot: number, quorum: number): Ballot | undefined =>
  seen.votes[slot]?.find((b) => b.by.length >= quorum);

/** The slots in which an observation changed something. */
export function changedSlots(before: Seen, after: Seen): number[] {
  if (before.votes === after.votes) return [];
  return Object.keys(after.votes)
    .map(Number)
    .filter((slot) => before.votes[slot] !== after.votes[slot]);
}
