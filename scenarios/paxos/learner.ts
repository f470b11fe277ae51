import { become, cancel, note, send, set } from '../../src/sim/protocol.ts';
import { phase2 } from './params.ts';
import { due, emptyReplica, highest, learn, type Replica } from './replica.ts';
import type { Rules } from './rules.ts';
import {
  type Decision,
  type Effects,
  type Hand,
  type Heard,
  ignore,
  type LearnerState,
  type Next,
  type Part,
  toAcceptors,
} from './state.ts';

/**
 * A learner counts acceptances of one ballot itself (a single decree), or is told by the leader what was chosen (a
 * log). It knows nothing after a restart and asks; where all its messages were lost it asks as well (Lamport 2001, §2.3).
 */
export function learner(rules: Rules): Part<LearnerState> {
  return {
    start: (here) => [
      { is: 'learner', votes: [], replica: emptyReplica, leader: null, upTo: 0 },
      become('learning', here.params.multi ? 'slot 1 next' : ''),
      ...asking(here),
    ],
    on: {
      Accepted(s, m, from, here) {
        if (s.replica.log[m.slot]) return [s];
        const { slot, ballot, command } = m;
        const same = (h: Heard) =>
          h.slot === slot && h.command.id === command.id && rules.together({ ballot, command }, h);
        const known = s.votes.find(same) ?? { slot, ballot, command, by: [] };
        if (known.by.includes(from)) return [s];
        const heard: Heard = { slot, ballot, command, by: [...known.by, from] };
        const next = { ...s, votes: [...s.votes.filter((h) => h !== known), heard] };
        if (heard.by.length < phase2(here.params)) return [next];
        return know(next, [{ slot, command }], here, rules);
      },
      Chosen: (s, m, from, here) => know({ ...s, leader: from }, m.decisions, here, rules),
      Heartbeat(s, m, from, here) {
        const next = { ...s, leader: from, upTo: Math.max(s.upTo, m.upTo) };
        if (!behind(next) || behind(s)) return [next];
        return [
          next,
          become('gap', `slot ${due(s.replica)}`),
          note(`hears that the log reaches slot ${m.upTo}; it has ${due(s.replica) - 1 || 'none'}`),
          ...asking(here),
        ];
      },
      Prepare: ignore,
      Promise: ignore,
      Accept: ignore,
      Refused: ignore,
      Missing: ignore,
      Request: ignore,
      Answer: ignore,
      Refusal: ignore,
    },
    after: {
      ask(s, here, asked) {
        const from = due(s.replica);
        if (here.params.multi) {
          if (!behind(s)) return [s];
          const to = s.leader ?? here.part('leader')[0]!;
          const told = to === asked ? [] : [note(`asks ${to} for what was chosen from slot ${from} on`)];
          return [
            s,
            ...told,
            send(to, { type: 'Missing', from } as const, `from ${from}`),
            ...asking(here, to),
          ];
        }
        if (s.replica.applied.length > 0) return [s];
        return [s, ...toAcceptors(here, { type: 'Missing', from }, 'accepted?'), ...asking(here)];
      },
      begin: ignore,
      round: ignore,
      election: ignore,
      heartbeat: ignore,
    },
  };

  function asking(here: Hand, asked?: string): Effects {
    return rules.catchesUp ? [set('ask', Math.round(here.params.catchUp * 1000), asked)] : [];
  }
}

/** It knows of choices that it cannot apply, or that it has not been told. */
const behind = (s: LearnerState) => Math.max(s.upTo, highest(s.replica)) >= due(s.replica);

function know(s: LearnerState, decisions: readonly Decision[], here: Hand, rules: Rules): Next<LearnerState> {
  const replica = decisions.reduce<Replica>((r, decision) => learn(r, decision, rules), s.replica);
  if (replica === s.replica) return [s];
  const votes = s.votes.filter((h) => !replica.log[h.slot]);
  const next: LearnerState = { ...s, replica, votes };
  if (!here.params.multi) {
    const { id } = decisions[0]!.command;
    return [next, become('knows', id), note(`learns that ${id} is chosen`), cancel('ask')];
  }
  const effects: Effects = [];
  const news = replica.applied.length - s.replica.applied.length;
  if (news > 1) effects.push(note(`applies slots ${due(s.replica)} to ${replica.applied.length}, in order`));
  if (!behind(next)) effects.push(become('learning', `slot ${due(replica)} next`), cancel('ask'));
  else if (news > 0 || !behind(s)) effects.push(become('gap', `slot ${due(replica)}`));
  if (behind(next) && !behind(s))
    effects.push(
      note(`knows slot ${highest(replica)}, but must wait for slot ${due(replica)}`),
      ...(rules.catchesUp ? [set('ask' as const, Math.round(here.params.catchUp * 1000))] : []),
    );
  return [next, ...effects];
}
