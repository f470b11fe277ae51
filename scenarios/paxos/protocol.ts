import { client } from '../../src/sim/client.ts';
import { acceptor } from './acceptor.ts';
import { leader } from './leader.ts';
import { learner } from './learner.ts';
import type { P } from './params.ts';
import { proposer } from './proposer.ts';
import { rules as allRules, type Rules } from './rules.ts';

/**
 * Paxos — Lamport, Paxos Made Simple, 2001: §2 a single decree, §3 a log of them (Multi-Paxos). Quorum sizes after
 * Howard, Malkhi & Spiegelman, Flexible Paxos, 2016. Ballots are whole numbers; of k proposers the i-th uses i, i+k, …
 *
 *   Prepare    proposer → acceptors   "Promise to refuse ballots below this one, from this slot on."      phase 1a
 *   Promise    acceptor → proposer    "Promised; and this is what I have accepted so far."                phase 1b
 *   Accept     proposer → acceptors   "Accept this value in this slot under this ballot."                 phase 2a
 *   Accepted   acceptor → proposer    "Accepted"; for a single decree to every learner as well            phase 2b
 *   Refused    acceptor → proposer    "I have promised a higher ballot."                                  a courtesy
 *   Chosen     leader → all who learn  a choice, or the choices somebody asked for                        §2.3
 *   Missing    learner → acceptors or leader   "What was accepted?" or "What was chosen from here on?"    §2.3
 *   Heartbeat  leader → proposers, learners    "I lead, and the log reaches this far."                    §3
 *   Request, Answer, Refusal   client ↔ proposer, for the log
 */
export const parts = (rules: Rules = allRules) => ({
  proposer: proposer(rules),
  leader: leader(rules),
  acceptor: acceptor(rules),
  learner: learner(rules),
});

export const clients = client<P>({
  servers: (here) => here.part('leader'),
  home: (here) => here.part('leader')[0]!,
  pause: (p) => p.think,
  retryMs: (p) => p.retry,
  patienceMs: (p) => p.giveUp,
  ask: (here, _n, op) =>
    here.random() < here.params.writes
      ? { f: 'put', key: 'x', value: op }
      : { f: 'get', key: 'x', value: null },
});
