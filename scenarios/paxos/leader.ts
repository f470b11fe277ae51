import { answer, firstSight, type Request, refuse } from '../../src/sim/client.ts';
import { become, cancel, note, save, send, sendAll, set } from '../../src/sim/protocol.ts';
import { decisions, due, emptyReplica, highest, learn } from './replica.ts';
import type { Rules } from './rules.ts';
import {
  type BallotDisk,
  type Command,
  type Decision,
  durably,
  type Effects,
  firstBallots,
  type Hand,
  ignore,
  type LeaderState,
  type Next,
  NO_OP,
  nextBallot,
  type Part,
  type Proposal,
  toAcceptors,
  type Vote,
} from './state.ts';

/**
 * A proposer of a log. It prepares once for every slot it does not know, brings what is reported to a choice, fills
 * the gaps, and then needs only phase 2 for each command: one round trip (Lamport 2001, §3).
 */
export function leader(rules: Rules): Part<LeaderState> {
  return {
    start(here, kept) {
      const disk = (kept ?? firstBallots) as BallotDisk;
      const state: LeaderState = {
        is: 'leader',
        disk,
        role: 'standby',
        ballot: kept === undefined ? 0 : disk.reserved,
        heard: 0,
        leader: null,
        from: 1,
        promises: [],
        next: 1,
        flight: {},
        replica: emptyReplica,
        seen: {},
      };
      const first = kept === undefined && here.part('leader')[0] === here.self;
      return [state, become('standby'), save(disk), first ? set('election', 10_000) : patience(here)];
    },
    on: {
      Promise(s, m, from, here) {
        if (s.role !== 'preparing' || m.ballot !== s.ballot || s.promises.some((p) => p.from === from))
          return [s];
        const promises = [...s.promises, { from, votes: m.votes }];
        if (promises.length < rules.phase1(here.params)) return [{ ...s, promises }];
        return lead({ ...s, promises }, here, rules);
      },
      Refused(s, m, _from, here) {
        const heard = Math.max(s.heard, m.promised);
        if (s.role === 'standby' || m.promised <= s.ballot) return [heard === s.heard ? s : { ...s, heard }];
        return stepDown({ ...s, heard }, null, here);
      },
      Accepted: (s, m, from, here) => accepted(s, m.ballot, m.slot, from, here, rules),
      Chosen(s, m) {
        const effects: Effects = [];
        return [
          m.decisions.reduce((next, decision) => decide(next, decision, rules, effects), s),
          ...effects,
        ];
      },
      Heartbeat(s, m, from, here) {
        if (m.ballot < s.heard || (s.role !== 'standby' && m.ballot < s.ballot)) return [s];
        const heard = Math.max(s.heard, m.ballot);
        const [next, ...effects] =
          s.role === 'standby'
            ? ([{ ...s, heard, leader: from }] as const)
            : stepDown({ ...s, heard }, from, here);
        const missing = m.upTo >= due(next.replica);
        return [
          next,
          ...effects,
          patience(here),
          ...(missing ? [send(from, { type: 'Missing', from: due(next.replica) } as const, 'missing')] : []),
        ];
      },
      Missing(s, m, from) {
        const found = decisions(s.replica, m.from);
        return found.length === 0
          ? [s]
          : [s, send(from, { type: 'Chosen', decisions: found } as const, slots(found))];
      },
      Request(s, m, from, here) {
        const seen = firstSight(s.seen, from, m);
        return seen ? request({ ...s, seen }, m, from, here, rules) : [s];
      },
      Prepare: ignore,
      Accept: ignore,
      Answer: ignore,
      Refusal: ignore,
    },
    after: {
      election: (s, here) => (s.role === 'leading' ? [s] : prepare(s, here, rules)),
      heartbeat(s, here) {
        if (s.role !== 'leading') return [s];
        const flight = Object.fromEntries(
          Object.entries(s.flight).map(([slot, p]): [string, Proposal] => [slot, { ...p, age: p.age + 1 }]),
        );
        const again = Object.entries(flight).flatMap(([slot, p]) =>
          p.age < 2
            ? []
            : sendAll(
                here.part('acceptor').filter((id) => !p.acks.includes(id)),
                { type: 'Accept', ballot: s.ballot, slot: Number(slot), command: p.command } as const,
                slot,
              ),
        );
        return [{ ...s, flight }, ...beat(s, here), ...again];
      },
      begin: ignore,
      round: ignore,
      ask: ignore,
    },
  };
}

/** Every wait is drawn anew, so that two standbys seldom take over together. */
const patience = (here: Hand) => set('election' as const, here.draw(here.params.patience));

const slots = (found: readonly Decision[]) =>
  found.length === 1 ? `${found[0]!.slot}` : `${found[0]!.slot}–${found.at(-1)!.slot}`;

const audience = (here: Hand) => [...here.peers, ...here.part('learner')];

const beat = (s: LeaderState, here: Hand): Effects => [
  ...sendAll(audience(here), { type: 'Heartbeat', ballot: s.ballot, upTo: highest(s.replica) } as const),
  set('heartbeat', Math.round(here.params.heartbeat * 1000)),
];

/** Phase 1 for all slots from the first one not known on. */
function prepare(s: LeaderState, here: Hand, rules: Rules): Next<LeaderState> {
  const { ballot, disk } = nextBallot(s, here, rules);
  const from = due(s.replica);
  return [
    { ...s, disk, role: 'preparing', ballot, leader: null, from, promises: [], flight: {} },
    become('preparing', `ballot ${ballot}`),
    note(`prepares ballot ${ballot} for every slot from ${from} on`),
    patience(here),
    ...durably(disk, toAcceptors(here, { type: 'Prepare', ballot, from }, `ballot ${ballot}`), rules),
  ];
}

/** A quorum has promised: bring its past to a choice before anything new. */
function lead(s: LeaderState, here: Hand, rules: Rules): Next<LeaderState> {
  const reported = s.promises.flatMap((p) => p.votes);
  const last = Math.max(highest(s.replica), ...reported.map((v) => v.slot), s.from - 1);
  const flight: Record<number, Proposal> = {};
  const adopted: number[] = [];
  const gaps: number[] = [];
  for (let slot = s.from; slot <= last; slot++) {
    if (s.replica.log[slot]) continue;
    const votes: Vote[] = reported.filter((v) => v.slot === slot);
    const command = rules.propose(votes, NO_OP);
    if (command === NO_OP && !rules.fillsGaps) continue;
    (command.id === NO_OP.id ? gaps : adopted).push(slot);
    flight[slot] = { command, acks: [], age: 0 };
  }
  const next: LeaderState = {
    ...s,
    role: 'leading',
    leader: here.self,
    promises: [],
    next: last + 1,
    flight,
  };
  return [
    next,
    become('leader', `ballot ${s.ballot}`),
    note(`leads with ballot ${s.ballot}, for all slots to come`),
    ...(adopted.length > 0 ? [note(`proposes again what was reported for ${list(adopted)}`)] : []),
    ...(gaps.length > 0 ? [note(`fills ${list(gaps)} with a no-op`)] : []),
    cancel('election'),
    ...Object.entries(flight).flatMap(([slot, p]) => accept(s.ballot, Number(slot), p.command, here)),
    ...beat(next, here),
  ];
}

const list = (found: readonly number[]) =>
  found.length === 1 ? `slot ${found[0]}` : `slots ${found.slice(0, -1).join(', ')} and ${found.at(-1)}`;

const accept = (ballot: number, slot: number, command: Command, here: Hand): Effects =>
  toAcceptors(here, { type: 'Accept', ballot, slot, command }, `${slot}`);

function request(s: LeaderState, m: Request, from: string, here: Hand, rules: Rules): Next<LeaderState> {
  if (s.role !== 'leading') return [s, refuse(from, m, s.leader)];
  const session = s.replica.sessions[from];
  if (session && session.serial >= m.serial)
    return session.serial === m.serial ? [s, answer(from, m.serial, session.reply)] : [s];
  if (m.f === 'get' && !rules.readsThroughLog)
    return [s, answer(from, m.serial, s.replica.data[m.key] ?? null)];
  const id = `${from}.${m.serial}`;
  if (Object.values(s.flight).some((p) => p.command.id === id)) return [s];
  const command: Command = { id, op: { client: from, serial: m.serial, f: m.f, key: m.key, value: m.value } };
  return [
    { ...s, next: s.next + 1, flight: { ...s.flight, [s.next]: { command, acks: [], age: 0 } } },
    ...accept(s.ballot, s.next, command, here),
  ];
}

function accepted(
  s: LeaderState,
  ballot: number,
  slot: number,
  from: string,
  here: Hand,
  rules: Rules,
): Next<LeaderState> {
  const proposal = s.flight[slot];
  if (s.role !== 'leading' || ballot !== s.ballot || !proposal || proposal.acks.includes(from)) return [s];
  const acks = [...proposal.acks, from];
  const counted: LeaderState = { ...s, flight: { ...s.flight, [slot]: { ...proposal, acks } } };
  if (acks.length < rules.phase2(here.params)) return [counted];
  const decision = { slot, command: proposal.command };
  const effects: Effects = sendAll(
    audience(here),
    { type: 'Chosen', decisions: [decision] } as const,
    `${slot}`,
  );
  const next = decide(counted, decision, rules, effects);
  if (due(next.replica) < slot)
    effects.push(note(`sees slot ${slot} chosen before slot ${due(next.replica)}`));
  return [next, ...effects];
}

/** Learns of a choice, applies what is due and answers the clients that wait for it. */
function decide(s: LeaderState, decision: Decision, rules: Rules, effects: Effects): LeaderState {
  const replica = learn(s.replica, decision, rules);
  if (replica === s.replica) return s;
  if (s.role === 'leading')
    for (const { command } of replica.applied.slice(s.replica.applied.length)) {
      const session = command.op && replica.sessions[command.op.client];
      if (session && session.serial === command.op!.serial)
        effects.push(answer(command.op!.client, command.op!.serial, session.reply));
    }
  const { [decision.slot]: _, ...flight } = s.flight;
  return { ...s, replica, flight };
}

/** A higher ballot exists. What is in flight may be chosen or not: whoever leads next finds out. */
function stepDown(s: LeaderState, leader: string | null, here: Hand): Next<LeaderState> {
  return [
    { ...s, role: 'standby', leader, promises: [], flight: {} },
    become('standby'),
    note(`hears of ballot ${s.heard} and stands back`),
    cancel('heartbeat'),
    patience(here),
  ];
}
