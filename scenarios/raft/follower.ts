import { answer } from '../../src/sim/client.ts';
import { note, send } from '../../src/sim/protocol.ts';
import type { Log } from './log.ts';
import { execute } from './machine.ts';
import type { Rules } from './rules.ts';
import {
  type Append,
  type Appended,
  durably,
  type Effects,
  type Hand,
  leave,
  type Msg,
  type Next,
  patience,
  type State,
  stateOf,
  withDisk,
} from './state.ts';

/** What a follower does with the leader's messages: §3.5, §3.6, §5. */

export function append(s: State, m: Append, from: string, here: Hand, rules: Rules): Next {
  const { term, log } = s.disk;
  if (rules.outdated(m.term, term))
    return [s, ...durably(s, [appended(from, term, false, m.prevIndex, 0, m.at)], rules)];
  const effects: Effects = [];
  let next = follow(s, from, here, rules, effects);
  if (!rules.fits(log, m.prevIndex, m.prevTerm)) {
    const hint = departure(log, m.prevIndex, here);
    effects.push(...durably(next, [appended(from, term, false, m.prevIndex, hint, m.at)], rules));
    return [next, ...effects];
  }
  const agreed = m.prevIndex + m.entries.length;
  const merged = rules.merge(log, m.prevIndex, m.entries);
  if (merged !== log) {
    const kept = Math.min(log.lastIndex, firstDifference(log, merged));
    if (kept < log.lastIndex)
      effects.push(
        note(
          log.lastIndex - kept === 1
            ? `removes entry ${log.lastIndex} of term ${log.lastTerm}, which conflicts with the leader’s`
            : `removes entries ${kept + 1} to ${log.lastIndex}, from term ${log.term(kept + 1)} on, which conflict with the leader’s`,
        ),
      );
    next = withDisk(next, { term, votedFor: next.disk.votedFor, log: merged });
  }
  const commit = rules.covered(m.commit, agreed);
  if (commit > next.commit) next = commitTo(next, commit, here, rules, effects);
  effects.push(...durably(next, [appended(from, term, true, agreed, agreed, m.at)], rules));
  return [next, ...effects];
}

/** The sender leads this term: it is heard, and no election is due for a while. */
function follow(s: State, from: string, here: Hand, rules: Rules, effects: Effects): State {
  const heard = here.uptime;
  effects.push(patience(here, rules));
  if (s.role.is === 'follower' && s.role.leader === from)
    return stateOf(s.disk, s.role, s.commit, s.machine, heard, s.seen);
  let next = s;
  if (s.role.is !== 'follower') {
    const [left, ...more] = leave(s, here, rules);
    next = left;
    effects.push(...more);
  }
  const role = { is: 'follower', leader: from } as const;
  return stateOf(next.disk, role, next.commit, next.machine, heard, next.seen);
}

export function installSnapshot(
  s: State,
  m: Extract<Msg, { type: 'InstallSnapshot' }>,
  from: string,
  here: Hand,
  rules: Rules,
): Next {
  const { term, log } = s.disk;
  const { snapshot } = m;
  if (rules.outdated(m.term, term))
    return [s, ...durably(s, [appended(from, term, false, snapshot.index, 0, m.at)], rules)];
  const effects: Effects = [];
  let next = follow(s, from, here, rules, effects);
  if (snapshot.index > s.commit) {
    const disk = { term, votedFor: next.disk.votedFor, log: log.after(snapshot) };
    const machine = rules.restore(snapshot.machine);
    next = stateOf(disk, next.role, snapshot.index, machine, next.heard, next.seen);
    effects.push(note(`takes the leader’s snapshot in place of entries up to ${snapshot.index}`));
  }
  const agreed = appended(from, term, true, snapshot.index, snapshot.index, m.at);
  effects.push(...durably(next, [agreed], rules));
  return [next, ...effects];
}

/** Applies what is newly committed; a leader answers its clients. A log beyond its limit becomes a snapshot. */
export function commitTo(s: State, index: number, here: Hand, rules: Rules, effects: Effects): State {
  let { machine } = s;
  let commit = s.commit;
  for (; commit < index; commit++) {
    const command = s.disk.log.at(commit + 1)?.command;
    if (!command) break;
    if (command.kind !== 'put') continue;
    const { client, serial } = command;
    if (!rules.repeated(machine, client, serial)) machine = execute(machine, command);
    const session = machine.sessions[client];
    if (s.role.is === 'leader' && session?.serial === serial)
      effects.push(answer(client, serial, session.reply));
  }
  const next = stateOf(s.disk, s.role, commit, machine, s.heard, s.seen);
  const { log } = s.disk;
  const every = here.params.snapshotEvery;
  if (every === 0 || commit - log.base.index < every) return next;
  const { term, votedFor } = s.disk;
  const compacted = withDisk(next, { term, votedFor, log: log.compact(commit, machine) });
  effects.push(note(`replaces its log up to entry ${commit} by a snapshot`));
  effects.push(...durably(compacted, [], rules));
  return compacted;
}

const appended = (to: string, term: number, ok: boolean, index: number, hint: number, at: number) =>
  send<Appended>(to, { type: 'Appended', term, ok, index, hint, at }, ok ? undefined : 'no');

/** Where the leader should try next: one entry back, or before the whole term that does not fit (§3.5, end). */
function departure(log: Log, prevIndex: number, here: Hand): number {
  if (log.lastIndex < prevIndex) return log.lastIndex;
  if (here.params.backtrack === 'entry') return prevIndex - 1;
  const term = log.term(prevIndex);
  let index = prevIndex - 1;
  while (index > log.base.index && log.term(index) === term) index--;
  return index;
}

function firstDifference(before: Log, after: Log): number {
  let index = Math.min(before.lastIndex, after.lastIndex);
  while (index > before.base.index && before.at(index) !== after.at(index)) index--;
  return index;
}
