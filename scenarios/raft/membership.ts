import { answer, type Request, refuse } from '../../src/sim/client.ts';
import { note } from '../../src/sim/protocol.ts';
import { propose, sendTo } from './leader.ts';
import { minimumTimeout } from './params.ts';
import type { Rules } from './rules.ts';
import {
  type Change,
  type Effects,
  type Hand,
  type Leader,
  leave,
  type Next,
  type Progress,
  progressOf,
  type State,
} from './state.ts';

/** Adding and removing one server at a time: any two majorities of the old and the new members share a server. §4.1, §4.2. */

/** Rounds in which a new server may catch up before the change is refused (§4.2.1). */
const ROUNDS = 10;

export function changeMembers(
  s: State,
  role: Leader,
  m: Request,
  from: string,
  here: Hand,
  rules: Rules,
): Next {
  const server = String(m.value);
  const { log } = s.disk;
  const done = log.members.includes(server) === (m.f === 'add');
  if (done && s.commit >= log.membership.index) return [s, answer(from, m.serial, server)];
  if (role.change || !rules.mayChange(s.commit, role.noop, log.membership.index))
    return [s, refuse(from, m, here.self)];
  if (m.f === 'remove') {
    const members = log.members.filter((id) => id !== server);
    return install(s, role, { from, request: m, server, round: null }, members, here, rules);
  }
  const round = { number: 1, target: log.lastIndex, since: here.uptime };
  const change: Change = { from, request: m, server, round };
  const effects: Effects = [note(`brings ${server} up to date before it may vote`)];
  const joining = progressOf(server, log.lastIndex + 1, 0, 0, -1);
  const sent = sendTo(s, joining, here, effects);
  return [{ ...s, role: { ...role, change, peers: [...role.peers, sent] } }, ...effects];
}

/** The new server caught up with this round's target: another round, or it joins (§4.2.1). */
export function progressed(s: State, p: Progress, here: Hand, rules: Rules, effects: Effects): State {
  if (s.role.is !== 'leader') return s;
  const { change } = s.role;
  if (!change?.round || change.server !== p.id || p.match < change.round.target) return s;
  const now = here.uptime;
  const quick = now - change.round.since < minimumTimeout(here.params);
  if (!quick) {
    if (change.round.number >= ROUNDS) {
      effects.push(refuse(change.from, change.request, here.self));
      effects.push(note(`gives up on ${change.server}: too slow to catch up`));
      const peers = s.role.peers.filter((peer) => peer.id !== change.server);
      return { ...s, role: { ...s.role, change: null, peers } };
    }
    const round = { number: change.round.number + 1, target: s.disk.log.lastIndex, since: now };
    return { ...s, role: { ...s.role, change: { ...change, round } } };
  }
  const members = [...s.disk.log.members, change.server];
  const [next, ...more] = install(s, s.role, { ...change, round: null }, members, here, rules);
  effects.push(...more);
  return next;
}

function install(
  s: State,
  role: Leader,
  change: Change,
  members: readonly string[],
  here: Hand,
  rules: Rules,
): Next {
  const [next, ...effects] = propose(
    { ...s, role: { ...role, change } },
    { kind: 'members', members },
    here,
    rules,
  );
  return [next, note(`proposes ${members.length} members: ${members.join(' ')}`), ...effects];
}

/** The change is committed: the operator hears of it, and a leader that is no longer a member leaves (§4.2.2). */
export function changed(s: State, here: Hand, rules: Rules, effects: Effects): State {
  if (s.role.is !== 'leader') return s;
  const { change } = s.role;
  const { members, index } = s.disk.log.membership;
  if (!change || change.round || s.commit < index) return s;
  effects.push(answer(change.from, change.request.serial, change.server));
  effects.push(note(`commits the change: ${members.length} members`));
  const peers = s.role.peers.filter((p) => members.includes(p.id));
  const next: State = { ...s, role: { ...s.role, change: null, peers } };
  if (members.includes(here.self)) return next;
  const [left, ...more] = leave(next, here, rules);
  effects.push(...more, note('is no longer a member and steps down'));
  return left;
}
