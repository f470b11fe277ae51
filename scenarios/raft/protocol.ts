import { firstSight } from '../../src/sim/client.ts';
import { become, save } from '../../src/sim/protocol.ts';
import { electedAlone, hearsLeader, preVote, preVoteAnswer, requestVote, timeout, vote } from './election.ts';
import { append, installSnapshot } from './follower.ts';
import { advance, appended, checkQuorum, heartbeat, request } from './leader.ts';
import { type Entry, Log } from './log.ts';
import { emptyMachine } from './machine.ts';
import { rules as allRules, type Rules } from './rules.ts';
import { adopt, type Disk, type Effects, type Hand, patience, type Raft, stateOf } from './state.ts';

/**
 * Raft — Ongaro, "Consensus: Bridging Theory and Practice" (2014), figure 3.1 and chapters 3 to 6.
 *
 *   RequestVote      candidate → all        "I stand for this term; my log ends here."      §3.4, §3.6.1
 *   Vote             voter → candidate      yes or no; one a term, remembered               §3.4
 *   PreVote          would-be → all         "Would I win?" No term is spent                 §9.6
 *   PreVoteAnswer    server → would-be
 *   AppendEntries    leader → all           entries, and what must come just before them    §3.5
 *   Heartbeat        leader → all           the same without entries
 *   Appended         follower → leader      agreed and durable up to here, or where not     §3.5
 *   InstallSnapshot  leader → straggler     in place of entries the leader no longer has    §5
 *   Request          client → any           put, get, add or remove a server                §6, §4
 *   Answer, Refusal  server → client
 */
export function raft(rules: Rules = allRules): Raft {
  return {
    start(here, disk) {
      const kept = disk === undefined ? blank(here) : rules.recall(disk as Disk);
      const { base } = kept.log;
      // A lease rests on what voters promised: one that restarted keeps what it may have forgotten (§6.4.1).
      const heard = disk !== undefined && here.params.reads === 'lease' ? here.uptime : null;
      const state = stateOf(kept, { is: 'follower', leader: null }, base.index, base.machine, heard, {});
      return [state, save(kept, 0), become('follower', `term ${kept.term}`), patience(here, rules)];
    },

    first(s, m, _from, here) {
      if (!('term' in m) || m.term <= s.disk.term || m.type === 'PreVote') return [s];
      if (m.type === 'RequestVote' && hearsLeader(s, here)) return [s];
      return adopt(s, m.term, here, rules);
    },

    on: {
      RequestVote: (s, m, from, here) => requestVote(s, m, from, here, rules),
      Vote: (s, m, from, here) => vote(s, from, m, here, rules),
      PreVote: (s, m, from, here) => preVote(s, m, from, here, rules),
      PreVoteAnswer: (s, m, from, here) => preVoteAnswer(s, from, m, here, rules),
      AppendEntries: (s, m, from, here) => append(s, m, from, here, rules),
      Heartbeat: (s, m, from, here) => append(s, m, from, here, rules),
      Appended: (s, m, from, here) => appended(s, m, from, here, rules),
      InstallSnapshot: (s, m, from, here) => installSnapshot(s, m, from, here, rules),
      Request(s, m, from, here) {
        const seen = firstSight(s.seen, from, m);
        if (!seen) return [s];
        const { disk, role, commit, machine, heard } = s;
        return request(stateOf(disk, role, commit, machine, heard, seen), m, from, here, rules);
      },
      Answer: (s) => [s],
      Refusal: (s) => [s],
    },

    after: {
      election: (s, here) => timeout(s, here, rules),
      heartbeat: (s, here) => heartbeat(s, here, rules),
      quorum: (s, here) => checkQuorum(s, here, rules),
      written(s, here, index) {
        if (s.role.is !== 'leader') return electedAlone(s, here, rules);
        const effects: Effects = [];
        return [advance(s, here, rules, effects, index as number), ...effects];
      },
    },
  };
}

/** A disk before the first boot. `logs=distinct`: an earlier leader of term 1 got one entry further with each server. */
function blank(here: Hand): Disk {
  const servers = here.part('server');
  const first = servers.slice(0, here.params.nodes);
  const members = first.includes(here.self) ? first : [];
  const base = { index: 0, term: 0, members, machine: emptyMachine };
  if (here.params.logs === 'equal' || members.length === 0)
    return { term: 0, votedFor: null, log: new Log(base) };
  const entries = first
    .slice(0, first.indexOf(here.self) + 1)
    .map((): Entry => ({ term: 1, command: { kind: 'noop' } }));
  return { term: 1, votedFor: first.at(-1)!, log: new Log(base).append(entries) };
}
