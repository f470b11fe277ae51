import { become, cancel, note, save, set } from '../../src/sim/protocol.ts';
import type { Rules } from './rules.ts';
import {
  type BallotDisk,
  durably,
  type Effects,
  firstBallots,
  type Hand,
  ignore,
  type Next,
  nextBallot,
  type Part,
  type ProposerState,
  toAcceptors,
} from './state.ts';

/** The slot of a single decree. */
const ONLY = 1;

/** A proposer of a single value: prepare, hear what may have been chosen, propose (Lamport 2001, §2.2). */
export function proposer(rules: Rules): Part<ProposerState> {
  return {
    start(here, kept) {
      const disk = (kept ?? firstBallots) as BallotDisk;
      const index = here.part('proposer').indexOf(here.self);
      const state: ProposerState = {
        is: 'proposer',
        disk,
        own: { id: 'ABCDE'[index]! },
        phase: 'idle',
        ballot: kept === undefined ? 0 : disk.reserved,
        heard: 0,
        promises: [],
        command: null,
        accepted: [],
        lost: 0,
      };
      const wait = kept === undefined ? index * here.params.gap : 0;
      return [
        state,
        become('idle', `wants ${state.own.id}`),
        save(disk),
        set('begin', Math.round(wait * 1000)),
      ];
    },
    on: {
      Promise(s, m, from, here) {
        if (s.phase !== 'prepare' || m.ballot !== s.ballot || s.promises.some((p) => p.from === from))
          return [s];
        const { slot: _, ...vote } = m.votes[0] ?? { slot: ONLY, ballot: 0, command: s.own };
        const promises = [...s.promises, { from, vote: m.votes.length > 0 ? vote : null }];
        if (promises.length < rules.phase1(here.params)) return [{ ...s, promises }];
        return propose({ ...s, promises }, here, rules);
      },
      Refused(s, m, _from, here) {
        const heard = Math.max(s.heard, m.promised);
        const active = s.phase === 'prepare' || s.phase === 'accept';
        if (!active || m.ballot !== s.ballot || m.promised <= s.ballot)
          return heard === s.heard ? [s] : [{ ...s, heard }];
        const what = s.phase === 'accept' ? `its Accept of ballot ${s.ballot}` : `its ballot ${s.ballot}`;
        return lose(
          { ...s, heard },
          here,
          rules,
          `finds ${what} refused: ballot ${m.promised} came in between`,
        );
      },
      Accepted(s, m, from, here) {
        if (s.phase !== 'accept' || m.ballot !== s.ballot || s.accepted.includes(from)) return [s];
        const accepted = [...s.accepted, from];
        if (accepted.length < rules.phase2(here.params)) return [{ ...s, accepted }];
        const { id } = s.command!;
        const news = id === s.own.id ? `its own ${id} is chosen` : `${id} is chosen, not its own ${s.own.id}`;
        return [
          { ...s, accepted, phase: 'done' },
          become('done', id),
          note(`sees ballot ${s.ballot} succeed: ${news}`),
          cancel('round'),
        ];
      },
      Prepare: ignore,
      Accept: ignore,
      Chosen: ignore,
      Heartbeat: ignore,
      Missing: ignore,
      Request: ignore,
      Answer: ignore,
      Refusal: ignore,
    },
    after: {
      begin: (s, here) => prepare(s, here, rules),
      round(s, here) {
        if (s.phase !== 'prepare' && s.phase !== 'accept') return [s];
        return lose(s, here, rules, `hears from too few acceptors and gives ballot ${s.ballot} up`);
      },
      election: ignore,
      heartbeat: ignore,
      ask: ignore,
    },
  };
}

/** Phase 1a. */
function prepare(s: ProposerState, here: Hand, rules: Rules): Next<ProposerState> {
  const { ballot, disk } = nextBallot(s, here, rules);
  const next: ProposerState = {
    ...s,
    disk,
    phase: 'prepare',
    ballot,
    promises: [],
    command: null,
    accepted: [],
  };
  return [
    next,
    become('phase 1', `ballot ${ballot}`),
    note(`prepares ballot ${ballot}`),
    set('round', Math.round(here.params.timeout * 1000)),
    ...durably(disk, toAcceptors(here, { type: 'Prepare', ballot, from: ONLY }, `ballot ${ballot}`), rules),
  ];
}

/** Phase 2a: what a quorum reports decides what may be proposed. */
function propose(s: ProposerState, here: Hand, rules: Rules): Next<ProposerState> {
  const reported = s.promises.flatMap((p) => (p.vote ? [p.vote] : []));
  const command = rules.propose(reported, s.own);
  const { ballot } = s;
  const adopts = command.id !== s.own.id;
  const effects: Effects = [
    become('phase 2', `ballot ${ballot}`),
    note(
      adopts
        ? `must propose ${command.id}, not its own ${s.own.id}: an acceptor of its quorum has accepted it`
        : `proposes ${command.id} with ballot ${ballot}`,
    ),
    set('round', Math.round(here.params.timeout * 1000)),
    ...toAcceptors(here, { type: 'Accept', ballot, slot: ONLY, command }, `${command.id} at ${ballot}`),
  ];
  return [{ ...s, phase: 'accept', command }, ...effects];
}

/** The ballot is given up. It may have chosen its value all the same: the next one will find out. */
function lose(s: ProposerState, here: Hand, rules: Rules, why: string): Next<ProposerState> {
  const next: ProposerState = { ...s, phase: 'waiting', lost: s.lost + 1 };
  if (here.params.backoff === 'none') {
    const [again, ...effects] = prepare(next, here, rules);
    return [again, note(why), ...effects];
  }
  const wait = rules.wait(here.draw(here.params.wait) * 2 ** Math.min(s.lost, 5));
  return [
    next,
    become('waits', `${Math.round(wait / 1000)} ms`),
    note(`${why}; waits ${Math.round(wait / 1000)} ms`),
    cancel('round'),
    set('begin', wait),
  ];
}
