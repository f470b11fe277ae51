import { type P, phase1, phase2 } from './params.ts';
import type { AcceptorDisk, Command, Vote } from './state.ts';

/**
 * The rules that Paxos's safety hangs on, each small enough to read, to quote, and to break: a twin of the protocol
 * is the same handlers with one of these replaced. Sections are of Lamport, Paxos Made Simple (2001).
 */
export interface Rules {
  /** Different proposers draw from disjoint sets of numbers (§2.4). Ballots start from 1. */
  ballot(above: number, index: number, proposers: number): number;
  /** A promise only for a number above every one promised (§2.2, phase 1b). */
  mayPromise(ballot: number, promised: number): boolean;
  /** Accepted unless a higher number was promised (§2.2, phase 2b). */
  mayAccept(ballot: number, promised: number): boolean;
  /** The value of the highest-numbered proposal reported; one's own only if none was (§2.2, phase 2a). */
  propose(reported: readonly Vote[], own: Command): Command;
  /** Promises needed: each phase-1 quorum meets each phase-2 quorum (Howard et al. 2016). */
  phase1(p: P): number;
  /** Acceptances that choose. */
  phase2(p: P): number;
  /** Whether two acceptances count towards the same choice: only under the same ballot (§2.2). */
  together(a: Vote, b: Vote): boolean;
  /** Nothing is answered before it is durable (§2.5). */
  readonly persistFirst: boolean;
  /** What a restarted acceptor remembers: its promise and what it accepted (§2.5). */
  recall(disk: AcceptorDisk): AcceptorDisk;
  /** A refused proposer waits a random time before its next ballot (§2.4 leaves it to a leader election). */
  wait(drawnUs: number): number;
  /** A slot is applied only after all slots before it (§3). */
  readonly inOrder: boolean;
  /** A new leader puts no-ops into the slots it hears nothing of (§3). */
  readonly fillsGaps: boolean;
  /** A read takes a slot like every other command; a leader's own copy may be stale. */
  readonly readsThroughLog: boolean;
  /** A learner asks for what it missed (§2.3). */
  readonly catchesUp: boolean;
}

export const rules: Rules = {
  ballot(above, index, proposers) {
    const round = Math.max(0, Math.ceil((above - index) / proposers));
    return round * proposers + index + 1;
  },
  mayPromise: (ballot, promised) => ballot > promised,
  mayAccept: (ballot, promised) => ballot >= promised,
  propose: (reported, own) =>
    reported.reduce<Vote | null>((best, v) => (best === null || v.ballot > best.ballot ? v : best), null)
      ?.command ?? own,
  phase1,
  phase2,
  together: (a, b) => a.ballot === b.ballot,
  persistFirst: true,
  recall: (disk) => disk,
  wait: (drawnUs) => drawnUs,
  inOrder: true,
  fillsGaps: true,
  readsThroughLog: true,
  catchesUp: true,
};
