import { NO_LIES, type Run, scenario, type World } from '../../src/sim/scenario.ts';
import { client } from './client.ts';
import { generators } from './generators.ts';
import { footer, headline, span } from './headline.ts';
import { mailed } from './mailed.ts';
import { majority } from './majority.ts';
import { meter, metrics } from './meter.ts';
import { ordered } from './ordered.ts';
import { check, type Level, type P, params, roams } from './params.ts';
import { presets } from './presets.ts';
import { isReplica, properties } from './properties.ts';
import { HOLDS } from './protocol.ts';
import { twins } from './twins.ts';

const STORES: Readonly<Partial<Record<Level, string>>> = { linearizable: 'majority', sequential: 'ordered' };

/** A replica with a write, answered for, that no other replica has heard of. */
function ahead(world: World): string | undefined {
  return world.actors.find(({ id }) => {
    const state: unknown = world.state(id);
    if (!isReplica(state) || state.kind !== 'mailed') return false;
    return state.disk.mine.some((w) =>
      world.actors.every((other) => {
        const there: unknown = world.state(other.id);
        return (
          other.id === id ||
          !isReplica(there) ||
          there.kind !== 'mailed' ||
          !there.disk.seen[`${id} ${w.seq}`]
        );
      }),
    );
  })?.id;
}

export default scenario({
  id: 'consistency',
  title: 'Consistency models',
  summary: 'One key-value store at six levels of consistency, each history judged by every model.',
  topic: 'consistency',
  sources: [
    'Herlihy & Wing, Linearizability: a correctness condition for concurrent objects (ACM TOPLAS 1990)',
    'Lamport, How to make a multiprocessor computer that correctly executes multiprocess programs (IEEE TC 1979)',
    'Attiya & Welch, Sequential consistency versus linearizability (ACM TOCS 1994)',
    'Ahamad et al., Causal memory: definitions, implementation and programming (Distributed Computing 1995)',
    'Terry et al., Session guarantees for weakly consistent replicated data (PDIS 1994)',
    'Vogels, Eventually consistent (CACM 2009)',
  ],
  params,
  check,
  presets,
  parts: { majority: majority(), ordered: ordered(), mailed: mailed(), client, visitor: client },
  actors: (p) => [
    ...Array.from({ length: p.nodes }, (_, i) => ({ id: `n${i + 1}`, part: STORES[p.level] ?? 'mailed' })),
    ...Array.from({ length: p.clients }, (_, i) => ({
      id: `c${i + 1}`,
      part: roams(p, i) ? 'visitor' : 'client',
    })),
  ],
  length: (p) => p.duration,
  network: (p) => ({ latency: p.latency, near: { client: p.near, visitor: p.near } }),
  targets: { ahead },
  withstands: NO_LIES,
  properties,
  twins,
  metrics,
  meter,
  look: {
    lanes: ['majority', 'ordered', 'mailed', 'visitor'],
    states: {
      [HOLDS]: { tone: 'strong', legend: 'what the replica holds' },
      'holding back': { tone: 'warm', legend: 'held back' },
    },
    messages: {
      Request: { ink: 'ask', legend: 'request' },
      Answer: { ink: 'grant', legend: 'answer' },
      Query: { ink: 'quiet', legend: 'question' },
      Newest: { ink: 'reply', legend: 'reply' },
      Store: { ink: 'data', legend: 'store' },
      Stored: { ink: 'reply', legend: 'reply' },
      Forward: { ink: 'ask', legend: 'to the sequencer' },
      Log: { ink: 'data', legend: 'next in the order' },
      Have: { ink: 'reply', legend: 'reply' },
      Update: { ink: 'data', legend: 'write' },
      Got: { ink: 'reply', legend: 'reply' },
    },
    headline,
    span,
    footer,
    window: (run: Run<P>) => {
      const last = run.events.findLast((e) => e.kind !== 'fault' && e.kind !== 'send')?.at ?? run.durationUs;
      return { from: 0, to: Math.min(run.durationUs, Math.round(last * 1.03) + 1000) };
    },
  },
  generators,
});
