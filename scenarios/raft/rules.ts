import type { Entry, Log } from './log.ts';
import { executed, type Machine } from './machine.ts';
import type { Disk } from './state.ts';

/**
 * The rules that Raft's safety hangs on, each small enough to read, to quote, and to break: a twin of the protocol is
 * the same handlers with one of these replaced. Sections are of Ongaro's dissertation (2014).
 */
export interface Rules {
  /** A wait drawn anew each time; with equal waits a split vote could repeat for ever (§3.4). In µs. */
  patience(drawn: number, least: number): number;
  /** Nothing is done for a leader of an older term (§3.3). */
  outdated(messageTerm: number, term: number): boolean;
  /** One vote a term, first come, first served (§3.4). */
  mayVote(votedFor: string | null, candidate: string): boolean;
  /** No vote for a log older than one's own: the last entry's term decides, then the length (§3.6.1). */
  upToDate(log: Log, lastTerm: number, lastIndex: number): boolean;
  /** More than half of all members, dead ones included (§3.4). */
  majority(members: number): number;
  /** Who votes and counts: the newest membership in the log, committed or not (§4.1). */
  members(log: Log): readonly string[];
  /** Whose vote has come. A second message from the same voter is the same vote. */
  tally(votes: readonly string[], voter: string): readonly string[];
  /** What a restarted server remembers: term, vote and log (§3.8). */
  recall(disk: Disk): Disk;
  /** Nothing is answered before it is durable (§3.8). */
  readonly persistFirst: boolean;
  /** A follower takes entries only where its log agrees with the leader's just before them (§3.5). */
  fits(log: Log, prevIndex: number, prevTerm: number): boolean;
  /** Entries are removed only where they conflict: an old, shorter message must not undo a newer one (§3.5). */
  merge(log: Log, prevIndex: number, entries: readonly Entry[]): Log;
  /** A follower commits no further than this message has shown its log to agree (figure 3.1). */
  covered(leaderCommit: number, agreed: number): number;
  /** Replicas are counted for entries of the leader's own term only; older ones follow indirectly (§3.6.2). */
  countable(entryTerm: number, currentTerm: number): boolean;
  /** A leader does not know what is committed before an entry of its own term is (§6.4). */
  readIndex(commit: number, noop: number): number;
  /** A repeated command is answered, not executed again (§6.3). */
  repeated(machine: Machine, client: string, serial: number): boolean;
  /** The snapshot holds all of the state machine, client sessions included (§6.3). */
  restore(machine: Machine): Machine;
  /** One membership change at a time, and the first only after an entry of the leader's own term (§4.1). */
  mayChange(commit: number, noop: number, lastChange: number): boolean;
  /** A leader that no majority answers leaves office (§6.2). */
  readonly checksQuorum: boolean;
}

export const rules: Rules = {
  patience: (drawn) => drawn,
  outdated: (messageTerm, term) => messageTerm < term,
  mayVote: (votedFor, candidate) => votedFor === null || votedFor === candidate,
  upToDate: (log, lastTerm, lastIndex) =>
    lastTerm > log.lastTerm || (lastTerm === log.lastTerm && lastIndex >= log.lastIndex),
  majority: (members) => Math.floor(members / 2) + 1,
  members: (log) => log.members,
  tally: (votes, voter) => (votes.includes(voter) ? votes : [...votes, voter]),
  recall: (disk) => disk,
  persistFirst: true,
  fits: (log, prevIndex, prevTerm) => prevIndex < log.base.index || log.term(prevIndex) === prevTerm,
  merge(log, prevIndex, entries) {
    for (let i = 0; i < entries.length; i++) {
      const index = prevIndex + 1 + i;
      if (index <= log.base.index) continue;
      const held = log.term(index);
      if (held === undefined) return log.append(entries.slice(i));
      if (held !== entries[i]!.term) return log.cut(index - 1).append(entries.slice(i));
    }
    return log;
  },
  covered: (leaderCommit, agreed) => Math.min(leaderCommit, agreed),
  countable: (entryTerm, currentTerm) => entryTerm === currentTerm,
  readIndex: (commit, noop) => Math.max(commit, noop),
  repeated: executed,
  restore: (machine) => machine,
  mayChange: (commit, noop, lastChange) => commit >= noop && commit >= lastChange,
  checksQuorum: true,
};
