import { answer, type Request, refuse } from '../../src/sim/client.ts';
import { later, note, send, set } from '../../src/sim/protocol.ts';
import { commitTo } from './follower.ts';
import type { Command, Entry } from './log.ts';
import { changed, changeMembers, progressed } from './membership.ts';
import { minimumTimeout } from './params.ts';
import type { Rules } from './rules.ts';
import {
  type Append,
  type Appended,
  durably,
  type Effects,
  type Hand,
  type Leader,
  leaderOfTerm,
  leave,
  type Next,
  type Progress,
  progressOf,
  type State,
  withDisk,
  withPeers,
  withRole,
} from './state.ts';

/** What a leader does: replicate, commit, answer, and make sure it still leads. §3.5, §3.6, §6. */

/** To everyone, and no heartbeat is due for a while. Comes last among effects: it waits for the disk. */
export function broadcast(s: State, here: Hand, rules: Rules, effects: Effects): State {
  const role = s.role as Leader;
  const sends: Effects = [];
  const peers = role.peers.map((p) => sendTo(s, p, here, sends));
  // A cluster of one has nobody to tell it that its entry is durable.
  if (rules.majority(s.disk.log.members.length) === 1) sends.push(later('written', 0, s.disk.log.lastIndex));
  effects.push(set('heartbeat', here.params.heartbeat * 1000), ...durably(s, sends, rules));
  return withRole(s, withPeers(role, peers));
}

/** What this server lacks, as far as the leader knows: entries, a snapshot, or nothing but a sign of life. */
export function sendTo(s: State, p: Progress, here: Hand, effects: Effects): Progress {
  const { log, term } = s.disk;
  const at = here.uptime;
  if (p.next <= log.base.index) {
    const message = { type: 'InstallSnapshot', term, snapshot: log.base, at } as const;
    effects.push(send(p.id, message, `to ${log.base.index}`));
    return p.sent >= log.base.index ? p : progressOf(p.id, p.next, p.match, log.base.index, p.contact);
  }
  const prevIndex = p.next - 1;
  const entries = log.from(p.next, here.params.batch);
  const message: Append = {
    type: entries.length > 0 ? 'AppendEntries' : 'Heartbeat',
    term,
    prevIndex,
    prevTerm: log.term(prevIndex)!,
    entries,
    commit: s.commit,
    at,
  };
  effects.push(send(p.id, message, entries.length > 0 ? labelOf(entries) : undefined));
  const sent = prevIndex + entries.length;
  return p.sent >= sent ? p : progressOf(p.id, p.next, p.match, sent, p.contact);
}

export function heartbeat(s: State, here: Hand, rules: Rules): Next {
  if (s.role.is !== 'leader') return [s];
  const effects: Effects = [];
  return [broadcast(s, here, rules, effects), ...effects];
}

export function appended(s: State, m: Appended, from: string, here: Hand, rules: Rules): Next {
  if (s.role.is !== 'leader' || m.term < s.disk.term) return [s];
  const { peers } = s.role;
  let i = 0;
  while (i < peers.length && peers[i]!.id !== from) i++;
  if (i === peers.length) return [s];
  const before = peers[i]!;
  const effects: Effects = [];
  const sends: Effects = [];
  const contact = Math.max(before.contact, m.at);
  let p =
    contact === before.contact ? before : progressOf(from, before.next, before.match, before.sent, contact);
  if (m.ok) {
    if (m.index > p.match) p = progressOf(from, Math.max(p.next, m.index + 1), m.index, p.sent, contact);
    if (p.match < s.disk.log.lastIndex && p.sent <= p.match) p = sendTo(s, p, here, sends);
  } else if (m.index === p.next - 1 && m.index > p.match) {
    const next = Math.max(p.match, Math.min(m.index - 1, m.hint)) + 1;
    p = sendTo(s, progressOf(from, next, p.match, 0, contact), here, sends);
  }
  if (p === before) return [s];
  const others = peers.slice();
  others[i] = p;
  let next = withRole(s, withPeers(s.role, others));
  if (p.match > before.match) {
    next = progressed(next, p, here, rules, effects);
    if (p.match > next.commit) next = advance(next, here, rules, effects);
  }
  next = serve(next, here, rules, effects);
  if (sends.length > 0) effects.push(...durably(s, sends, rules));
  return [next, ...effects];
}

/**
 * Commits what a majority holds durably, if its newest entry is of this term (§3.6.2). What another server has answered
 * for, the leader's own disk holds too; `alone` is what the disk of a cluster of one is known to hold.
 */
export function advance(s: State, here: Hand, rules: Rules, effects: Effects, alone = 0): State {
  if (s.role.is !== 'leader') return s;
  const single = rules.majority(rules.members(s.disk.log).length) === 1;
  const index = majorityReach(s, s.role, here, rules, single ? alone : s.disk.log.lastIndex, 'match');
  const term = s.disk.log.term(index);
  if (index <= s.commit || term === undefined || !rules.countable(term, s.disk.term)) return s;
  return changed(commitTo(s, index, here, rules, effects), here, rules, effects);
}

/** The greatest value that a majority of the members has reached. */
function majorityReach(
  s: State,
  role: Leader,
  here: Hand,
  rules: Rules,
  own: number,
  field: 'match' | 'contact',
): number {
  const members = rules.members(s.disk.log);
  const reached: number[] = [];
  for (const id of members) {
    if (id === here.self) reached.push(own);
    else {
      const p = role.peers.find((peer) => peer.id === id);
      reached.push(p ? p[field] : 0);
    }
  }
  reached.sort(descending);
  return reached[rules.majority(members.length) - 1] ?? 0;
}

const descending = (a: number, b: number) => b - a;

/** A client's request, at whatever server it landed. */
export function request(s: State, m: Request, from: string, here: Hand, rules: Rules): Next {
  if (s.role.is !== 'leader') {
    const leader = s.role.is === 'follower' ? s.role.leader : null;
    return [s, refuse(from, m, leader)];
  }
  if (m.f === 'get') return read(s, s.role, m, from, here, rules);
  if (m.f === 'add' || m.f === 'remove') return changeMembers(s, s.role, m, from, here, rules);
  if (rules.repeated(s.machine, from, m.serial)) {
    const session = s.machine.sessions[from]!;
    return session.serial === m.serial ? [s, answer(from, m.serial, session.reply)] : [s];
  }
  const command: Command = { kind: 'put', key: m.key, value: m.value, client: from, serial: m.serial };
  return propose(s, command, here, rules);
}

/** A new entry: to the own disk, then to the others at once. */
export function propose(s: State, command: Command, here: Hand, rules: Rules): Next {
  const { term, votedFor, log } = s.disk;
  const effects: Effects = [];
  const longer = withDisk(s, { term, votedFor, log: log.append([{ term, command }]) });
  return [broadcast(longer, here, rules, effects), ...effects];
}

function read(s: State, role: Leader, m: Request, from: string, here: Hand, rules: Rules): Next {
  const { reads } = here.params;
  const at = here.uptime;
  if (reads === 'local') return [s, answer(from, m.serial, s.machine.data[m.key] ?? null)];
  if (reads === 'lease' && s.commit >= rules.readIndex(s.commit, role.noop)) {
    const since = majorityReach(s, role, here, rules, at, 'contact');
    if (since >= 0 && at < since + here.params.lease * minimumTimeout(here.params))
      return [s, answer(from, m.serial, s.machine.data[m.key] ?? null)];
  }
  const waiting = { index: rules.readIndex(s.commit, role.noop), at, from, request: m };
  const effects: Effects = [];
  const { noop, peers, checked, change } = role;
  const asking = withRole(s, leaderOfTerm(noop, peers, [...role.reads, waiting], checked, change));
  const next = broadcast(asking, here, rules, effects);
  return [serve(next, here, rules, effects), ...effects];
}

/** Answers the reads for which a majority has confirmed, since they came, that this server leads (§6.4). */
export function serve(s: State, here: Hand, rules: Rules, effects: Effects): State {
  if (s.role.is !== 'leader' || s.role.reads.length === 0) return s;
  const confirmed = majorityReach(s, s.role, here, rules, here.uptime, 'contact');
  const ready = s.role.reads.filter((r) => r.index <= s.commit && r.at <= confirmed);
  if (ready.length === 0) return s;
  for (const r of ready)
    effects.push(answer(r.from, r.request.serial, s.machine.data[r.request.key] ?? null));
  const { noop, peers, reads, checked, change } = s.role;
  const waiting = reads.filter((r) => !ready.includes(r));
  return withRole(s, leaderOfTerm(noop, peers, waiting, checked, change));
}

/** A leader that no majority answered for an election timeout leaves, so that its clients look elsewhere (§6.2). */
export function checkQuorum(s: State, here: Hand, rules: Rules): Next {
  if (s.role.is !== 'leader') return [s];
  const again = set('quorum', here.draw(here.params.electionTimeout));
  const now = here.uptime;
  if (!rules.checksQuorum || majorityReach(s, s.role, here, rules, now, 'contact') >= s.role.checked)
    return [withRole(s, leaderOfTerm(s.role.noop, s.role.peers, s.role.reads, now, s.role.change)), again];
  const [next, ...effects] = leave(s, here, rules);
  return [next, ...effects, note('is answered by no majority and steps down')];
}

function labelOf(entries: readonly Entry[]): string {
  const { command } = entries[entries.length - 1]!;
  const more = entries.length > 1 ? ` +${entries.length - 1}` : '';
  switch (command.kind) {
    case 'put':
      return `${command.key}=${command.value}${more}`;
    case 'members':
      return `${command.members.length} members${more}`;
    case 'noop':
      return `no-op${more}`;
  }
}
