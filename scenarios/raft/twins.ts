import type { Twin } from '../../src/sim/scenario.ts';
import type { params } from './params.ts';
import { raft } from './protocol.ts';
import { type Rules, rules } from './rules.ts';

/** Raft with one rule removed. Each is a mistake that somebody has shipped. */
const broken = (changes: Partial<Rules>) => ({ server: raft({ ...rules, ...changes }) });

export const twins: Readonly<Record<string, Twin<typeof params>>> = {
  'votes-twice': {
    what: 'a server votes for everyone who asks, several times a term',
    breaks: 'one leader per term',
    parts: broken({ mayVote: () => true }),
    preset: 'split-vote',
  },
  'forgets-vote': {
    what: 'the vote is not written to disk: after a restart it is given again',
    breaks: 'one leader per term',
    parts: broken({ recall: (disk) => ({ ...disk, votedFor: null }) }),
    preset: 'voter-restart',
  },
  'counts-messages': {
    what: 'votes are counted by message, so that one delivered twice counts twice',
    breaks: 'one leader per term',
    parts: broken({ tally: (votes, voter) => [...votes, voter] }),
    preset: 'split-vote',
    set: { duplicate: 0.5 },
  },
  'half-is-enough': {
    what: 'half of the members counts as a majority',
    breaks: 'one leader per term',
    parts: broken({ majority: (members) => Math.max(1, Math.floor(members / 2)) }),
    preset: 'split-vote',
    set: { nodes: 4 },
  },
  'equal-waits': {
    what: 'every server waits equally long before it stands',
    breaks: 'a leader is elected',
    parts: broken({ patience: (_drawn, least) => least }),
    preset: 'split-vote',
    set: { latency: 'fixed:10', duration: 5000 },
  },
  'any-log-may-lead': {
    what: 'a vote is given whatever the candidate’s log holds',
    breaks: 'leader completeness',
    parts: broken({ upToDate: () => true }),
    preset: 'pre-vote',
    set: { preVote: false },
  },
  'counts-old-terms': {
    what: 'an entry of an older term is committed once it is on a majority (figure 8)',
    breaks: 'leader completeness',
    parts: broken({ countable: () => true }),
    preset: 'figure-8',
  },
  'answers-before-writing': {
    what: 'answers leave before what they promise is on disk',
    breaks: 'committed entries survive',
    parts: broken({ persistFirst: false }),
    preset: 'power-cut',
    set: { fsync: 'fixed:40' },
  },
  'no-consistency-check': {
    what: 'a follower takes entries without comparing what comes before them',
    breaks: 'log matching',
    parts: broken({ fits: () => true }),
    preset: 'log-repair',
  },
  'keeps-conflicts': {
    what: 'a follower keeps its own entry where the leader has another',
    breaks: 'state machine safety',
    parts: broken({
      merge: (log, prevIndex, entries) => log.append(entries.slice(Math.max(0, log.lastIndex - prevIndex))),
    }),
    preset: 'log-repair',
  },
  'cuts-too-much': {
    what: 'a follower drops whatever comes after the entries of a message, even if it agrees',
    breaks: 'committed entries survive',
    parts: broken({
      merge: (log, prevIndex, entries) =>
        prevIndex < log.base.index ? log : log.cut(prevIndex).append(entries),
    }),
    set: { nodes: 3, latency: 'uniform:1:45', think: 'uniform:5:20', clients: 4 },
  },
  'obeys-old-leaders': {
    what: 'a follower takes entries from a leader of an older term',
    breaks: 'committed entries survive',
    parts: broken({ outdated: () => false }),
    preset: 'partition',
    set: { electionTimeout: 'uniform:150:450' },
  },
  'commits-what-it-has-not-compared': {
    what: 'a follower applies its log up to the leader’s commit index, agreed or not',
    breaks: 'state machine safety',
    parts: broken({ covered: (leaderCommit) => leaderCommit }),
    preset: 'log-repair',
    set: { batch: 1, backtrack: 'term' },
  },
  'no-sessions': {
    what: 'a command sent again is executed again',
    breaks: 'each command once',
    parts: broken({ repeated: () => false }),
    preset: 'leader-crash',
    set: { loss: 0.1, retry: 60 },
  },
  'snapshot-without-sessions': {
    what: 'a snapshot holds the data, not what each client had executed',
    breaks: 'each command once',
    parts: broken({ restore: (machine) => ({ ...machine, sessions: {} }) }),
    preset: 'snapshot',
    set: { loss: 0.1, retry: 40, clients: 4 },
  },
  'reads-before-no-op': {
    what: 'a new leader serves reads before an entry of its own term is committed',
    breaks: 'linearizable',
    parts: broken({ readIndex: (commit) => commit }),
    preset: 'fresh-leader-read',
  },
  'old-quorum': {
    what: 'after growing to five, two servers still decide',
    breaks: 'state machine safety',
    parts: broken({ majority: (members) => Math.floor(Math.min(members, 3) / 2) + 1 }),
    preset: 'membership',
  },
};
