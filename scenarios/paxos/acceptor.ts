import { become, note, send, sendAll } from '../../src/sim/protocol.ts';
import type { Rules } from './rules.ts';
import { type AcceptorDisk, type AcceptorState, durably, ignore, type Part, type Vote } from './state.ts';

/** An acceptor is the memory of Paxos: two comparisons, and a disk (Lamport 2001, §2.2 and §2.5). */
export function acceptor(rules: Rules): Part<AcceptorState> {
  return {
    start(here, kept) {
      const disk: AcceptorDisk =
        kept === undefined ? { promised: 0, accepted: {} } : rules.recall(kept as AcceptorDisk);
      const state: AcceptorState = { is: 'acceptor', disk };
      if (kept === undefined) return [state, become('idle')];
      return [state, label(disk, here.params.multi), note(`is back, and ${memory(disk, here.params.multi)}`)];
    },
    on: {
      Prepare(s, m, from, here) {
        const { promised, accepted } = s.disk;
        if (!rules.mayPromise(m.ballot, promised)) return refuse(s, from, m.ballot);
        const disk: AcceptorDisk = { promised: m.ballot, accepted };
        const votes = Object.entries(accepted)
          .map(([slot, vote]) => ({ slot: Number(slot), ...vote }))
          .filter((vote) => vote.slot >= m.from);
        const answer = { type: 'Promise', ballot: m.ballot, votes } as const;
        const told = here.params.multi ? '' : (votes[0] && says(votes[0])) || 'none yet';
        return [
          { ...s, disk },
          label(disk, here.params.multi),
          ...durably(disk, [send(from, answer, told)], rules),
        ];
      },
      Accept(s, m, from, here) {
        const { promised, accepted } = s.disk;
        if (!rules.mayAccept(m.ballot, promised)) return refuse(s, from, m.ballot);
        const { type: _, slot, ...vote } = m;
        const answer = { type: 'Accepted', slot, ...vote } as const;
        // In a log the leader alone counts and tells; a single value is told to every learner at once (§2.3).
        const others = here.params.multi ? [] : here.part('learner');
        const answers = sendAll([from, ...others], answer, here.params.multi ? `${slot}` : says(vote));
        if (
          promised === m.ballot &&
          accepted[slot]?.ballot === m.ballot &&
          accepted[slot].command.id === m.command.id
        )
          return [s, ...durably(s.disk, answers, rules)];
        const disk: AcceptorDisk = {
          promised: Math.max(promised, m.ballot),
          accepted: { ...accepted, [slot]: vote },
        };
        const changed = here.params.multi && promised === m.ballot ? [] : [label(disk, here.params.multi)];
        return [{ ...s, disk }, ...changed, ...durably(disk, answers, rules)];
      },
      Missing(s, m, from) {
        const vote = s.disk.accepted[m.from];
        if (!vote) return [s];
        return [
          s,
          ...durably(
            s.disk,
            [send(from, { type: 'Accepted', slot: m.from, ...vote } as const, says(vote))],
            rules,
          ),
        ];
      },
      Promise: ignore,
      Accepted: ignore,
      Refused: ignore,
      Chosen: ignore,
      Heartbeat: ignore,
      Request: ignore,
      Answer: ignore,
      Refusal: ignore,
    },
    after: { begin: ignore, round: ignore, election: ignore, heartbeat: ignore, ask: ignore },
  };
}

/** A courtesy, not a promise: it needs no disk, and tells a proposer that it may stop waiting. */
const refuse = (s: AcceptorState, to: string, ballot: number) =>
  [
    s,
    send(to, { type: 'Refused', ballot, promised: s.disk.promised } as const, `promised ${s.disk.promised}`),
  ] as const;

const says = (vote: Vote) => `${vote.command.id} at ${vote.ballot}`;

/** A single decree's lane says what was accepted; a log's says whose ballot it is. */
function label(disk: AcceptorDisk, multi: boolean) {
  const vote = disk.accepted[1];
  if (multi || !vote)
    return disk.promised === 0 ? become('idle') : become('promised', `ballot ${disk.promised}`);
  return disk.promised > vote.ballot
    ? become('promised', `ballot ${disk.promised}`)
    : become('accepted', says(vote));
}

function memory(disk: AcceptorDisk, multi: boolean): string {
  if (disk.promised === 0) return 'had promised nothing';
  const vote = disk.accepted[1];
  const had = vote && !multi ? ` and that it accepted ${says(vote)}` : '';
  return `remembers its promise to ballot ${disk.promised}${had}`;
}
