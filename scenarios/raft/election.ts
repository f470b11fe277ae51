import { become, cancel, later, note, send, sendAll, set } from '../../src/sim/protocol.ts';
import { broadcast } from './leader.ts';
import type { Log } from './log.ts';
import { minimumTimeout } from './params.ts';
import type { Rules } from './rules.ts';
import {
  type Candidate,
  durably,
  type Effects,
  type Hand,
  leaderOfTerm,
  type Next,
  type PreVote,
  patience,
  progressOf,
  type RequestVote,
  type State,
} from './state.ts';

/** Electing a leader: §3.4, §3.6.1, and the two guards against disturbance of §4.2.3 and §9.6. */

/** The election timer ran out. */
export function timeout(s: State, here: Hand, rules: Rules): Next {
  if (s.role.is === 'leader') return [s];
  if (!everMember(s.disk.log, here.self)) return [s, patience(here, rules)];
  return here.params.preVote ? canvass(s, here, rules) : stand(s, here, rules);
}

function canvass(s: State, here: Hand, rules: Rules): Next {
  const term = s.disk.term + 1;
  const role: Candidate = { is: 'candidate', pre: true, votes: [here.self] };
  const next: State = { ...s, role };
  if (elected(next, role, rules)) return stand(s, here, rules);
  const question: PreVote = {
    type: 'PreVote',
    term,
    lastIndex: s.disk.log.lastIndex,
    lastTerm: s.disk.log.lastTerm,
  };
  return [
    next,
    ...(s.role.is === 'candidate' && !s.role.pre ? [become('follower', `term ${s.disk.term}`)] : []),
    note(`asks whether it would win term ${term}`),
    patience(here, rules),
    ...sendAll(others(s, here), question, `T${term}?`),
  ];
}

function stand(s: State, here: Hand, rules: Rules): Next {
  const { log } = s.disk;
  const term = s.disk.term + 1;
  const alone: Candidate = { is: 'candidate', pre: false, votes: [here.self] };
  const next: State = {
    ...s,
    disk: { term, votedFor: here.self, log },
    role: alone,
    heard: null,
  };
  const question: RequestVote = {
    type: 'RequestVote',
    term,
    lastIndex: log.lastIndex,
    lastTerm: log.lastTerm,
  };
  const questions = sendAll(others(s, here), question, `T${term}`);
  return [
    next,
    become('candidate', `term ${term}`),
    note(`stands for term ${term}`),
    patience(here, rules),
    ...durably(next, elected(next, alone, rules) ? [later('written', 0)] : questions, rules),
  ];
}

/**
 * A server that hears from a leader neither adopts a candidate's term nor votes: a removed server, or one that was cut
 * off, cannot depose a healthy leader (§4.2.3).
 */
export function hearsLeader(s: State, here: Hand): boolean {
  if (s.role.is === 'leader') return true;
  return s.heard !== null && here.uptime - s.heard < minimumTimeout(here.params);
}

export function requestVote(s: State, m: RequestVote, from: string, here: Hand, rules: Rules): Next {
  if (m.term > s.disk.term) return [s];
  const { term, votedFor, log } = s.disk;
  const granted =
    m.term === term && rules.mayVote(votedFor, from) && rules.upToDate(log, m.lastTerm, m.lastIndex);
  const answer = send(from, { type: 'Vote', term, granted } as const, granted ? 'yes' : 'no');
  if (!granted) return [s, ...durably(s, [answer], rules)];
  const next: State = votedFor === from ? s : { ...s, disk: { term, votedFor: from, log } };
  return [
    next,
    note(`votes for ${from} in term ${term}`),
    patience(here, rules),
    ...durably(next, [answer], rules, here.draw(here.params.voteDelay)),
  ];
}

export function vote(
  s: State,
  voter: string,
  m: { term: number; granted: boolean },
  here: Hand,
  rules: Rules,
) {
  if (s.role.is !== 'candidate' || s.role.pre || m.term !== s.disk.term || !m.granted) return [s] as const;
  const role: Candidate = { ...s.role, votes: rules.tally(s.role.votes, voter) };
  const next: State = { ...s, role };
  return elected(next, role, rules) ? lead(next, here, rules) : ([next] as const);
}

export function preVote(s: State, m: PreVote, from: string, here: Hand, rules: Rules): Next {
  const granted =
    m.term > s.disk.term && !hearsLeader(s, here) && rules.upToDate(s.disk.log, m.lastTerm, m.lastIndex);
  const answer = { type: 'PreVoteAnswer', term: s.disk.term, to: m.term, granted } as const;
  return [s, ...durably(s, [send(from, answer, granted ? 'would' : 'would not')], rules)];
}

export function preVoteAnswer(
  s: State,
  voter: string,
  m: { to: number; granted: boolean },
  here: Hand,
  rules: Rules,
): Next {
  if (s.role.is !== 'candidate' || !s.role.pre || m.to !== s.disk.term + 1 || !m.granted) return [s];
  const role: Candidate = { ...s.role, votes: rules.tally(s.role.votes, voter) };
  const next: State = { ...s, role };
  return elected(next, role, rules) ? stand(next, here, rules) : [next];
}

/** A cluster of one has its majority as soon as its own vote is durable. */
export function electedAlone(s: State, here: Hand, rules: Rules): Next {
  if (s.role.is !== 'candidate' || s.role.pre) return [s];
  return elected(s, s.role, rules) ? lead(s, here, rules) : [s];
}

function elected(s: State, role: Candidate, rules: Rules): boolean {
  const members = rules.members(s.disk.log);
  let count = 0;
  for (const voter of role.votes) if (members.includes(voter)) count++;
  return count >= rules.majority(members.length);
}

/** It took office: a no-op of its own term goes out at once, which is also how the others learn of it (§6.4). */
function lead(s: State, here: Hand, rules: Rules): Next {
  const { term } = s.disk;
  const log = s.disk.log.append([{ term, command: { kind: 'noop' } }]);
  const last = log.lastIndex;
  const peers = others(s, here).map((id) => progressOf(id, last, 0, 0, -1));
  const next: State = {
    ...s,
    disk: { ...s.disk, log },
    role: leaderOfTerm(last, peers, [], here.uptime, null),
  };
  const effects: Effects = [
    become('leader', `term ${term}`),
    note(`leads term ${term}`),
    cancel('election'),
    set('quorum', here.draw(here.params.electionTimeout)),
  ];
  return [broadcast(next, here, rules, effects), ...effects];
}

const others = (s: State, here: Hand): readonly string[] =>
  s.disk.log.members.filter((id) => id !== here.self);

/** A server that waits to be added does not stand; one that was removed may still be needed to commit its removal (§4.2.2). */
function everMember(log: Log, id: string): boolean {
  for (let m: Log['membership'] | null = log.membership; m; m = m.before)
    if (m.members.includes(id)) return true;
  return false;
}
