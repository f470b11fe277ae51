import { NO_LIES, scenario, type World } from '../../src/sim/scenario.ts';
import { generators } from './generators.ts';
import { footer, headline, span, window } from './headline.ts';
import { meter, metrics } from './meter.ts';
import { check, params } from './params.ts';
import { presets } from './presets.ts';
import { properties } from './properties.ts';
import { clients, parts } from './protocol.ts';
import { isPart } from './seen.ts';
import { twins } from './twins.ts';

/** Whoever leads with the highest ballot. */
function leader(world: World): string | undefined {
  let best: { id: string; ballot: number } | undefined;
  for (const { id } of world.actors) {
    const state: unknown = world.state(id);
    if (isPart(state, 'leader') && state.role === 'leading' && state.ballot > (best?.ballot ?? 0))
      best = { id, ballot: state.ballot };
  }
  return best?.id;
}

export default scenario({
  id: 'paxos',
  title: 'Paxos',
  summary: 'Consensus by ballots and quorums: one value, duelling proposers, and a log (Multi-Paxos).',
  topic: 'consensus',
  sources: [
    'Lamport, Paxos Made Simple (ACM SIGACT News 32(4), 2001)',
    'Howard, Malkhi & Spiegelman, Flexible Paxos: Quorum Intersection Revisited (OPODIS 2016)',
    'Fischer, Lynch & Paterson, Impossibility of Distributed Consensus with One Faulty Process (JACM 32(2), 1985)',
  ],
  params,
  check,
  presets,
  parts: { ...parts(), client: clients },
  actors: (p) => {
    const named = (letter: string, part: string, count: number) =>
      Array.from({ length: count }, (_, i) => ({ id: `${letter}${i + 1}`, part }));
    return [
      ...named('p', p.multi ? 'leader' : 'proposer', p.proposers),
      ...named('a', 'acceptor', p.acceptors),
      ...named('l', 'learner', p.learners),
      ...(p.multi ? named('c', 'client', p.clients) : []),
    ];
  },
  length: (p) => p.duration,
  network: (p) => ({ latency: p.latency, loss: p.loss, duplicate: p.duplicate, disk: p.fsync }),
  targets: {
    leader,
    standby: (world) => {
      const lead = leader(world);
      return world.actors.filter((a) => a.part === 'leader' && a.id !== lead).map((a) => a.id);
    },
    acceptor: (world) => world.actors.filter((a) => a.part === 'acceptor' && world.up(a.id)).map((a) => a.id),
  },
  withstands: NO_LIES,
  properties,
  twins,
  metrics,
  meter,
  look: {
    lanes: ['proposer', 'leader', 'acceptor', 'learner'],
    states: {
      'phase 1': { tone: 'warm', legend: 'phase 1' },
      preparing: { tone: 'warm', legend: 'phase 1' },
      'phase 2': { tone: 'strong', legend: 'phase 2' },
      waits: { tone: 'quiet', legend: 'backs off' },
      done: { tone: 'good', legend: 'knows the choice' },
      leader: { tone: 'strong', legend: 'leader', stale: 'stale leader' },
      standby: { tone: 'quiet', legend: 'idle' },
      idle: { tone: 'quiet', legend: 'idle' },
      promised: { tone: 'faded', legend: 'promised' },
      accepted: { tone: 'second', legend: 'accepted' },
      learning: { tone: 'quiet', legend: 'idle' },
      gap: { tone: 'second', legend: 'a slot is missing' },
      knows: { tone: 'good', legend: 'knows the choice' },
    },
    messages: {
      Prepare: { ink: 'ask', legend: 'prepare' },
      Promise: { ink: 'grant', legend: 'promise' },
      Accept: { ink: 'data', legend: 'accept' },
      Accepted: { ink: 'decide', legend: 'accepted' },
      Refused: { ink: 'bad', legend: 'refused' },
      Chosen: { ink: 'reply', legend: 'chosen' },
      Missing: { ink: 'ask', legend: 'what did I miss?' },
      Heartbeat: { ink: 'quiet', legend: 'heartbeat' },
      Request: { ink: 'reply', legend: 'client' },
      Answer: { ink: 'reply', legend: 'client' },
      Refusal: { ink: 'reply', legend: 'client' },
    },
    headline,
    span,
    footer,
    window,
  },
  generators,
});
