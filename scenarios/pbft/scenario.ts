import { NO_LIES, scenario, type World } from '../../src/sim/scenario.ts';
import { behaviours } from './behaviours.ts';
import { client } from './client.ts';
import { generators } from './generators.ts';
import { footer, headline, span } from './headline.ts';
import { meter, metrics } from './meter.ts';
import { check, params } from './params.ts';
import { presets } from './presets.ts';
import { properties } from './properties.ts';
import { replica } from './protocol.ts';
import { rules } from './rules.ts';
import type { State } from './state.ts';
import { twins } from './twins.ts';
import { isReplica } from './watch.ts';

const replicas = (world: World) =>
  world.actors.flatMap(({ id }) => {
    const state: unknown = world.state(id);
    return isReplica(state) ? [{ id, state }] : [];
  });

/** Who leads the highest view that has begun. */
function primary(world: World): string | undefined {
  const all = world.actors.filter((a) => a.part === 'replica').map((a) => a.id);
  const view = Math.max(0, ...replicas(world).map(({ state }) => (state.mode === 'normal' ? state.view : 0)));
  const id = all[view % all.length]!;
  return world.up(id) ? id : undefined;
}

const holdsBack = (s: State): boolean => Object.values(s.certificates).some((c) => c.seq > s.executed);

export default scenario({
  id: 'pbft',
  title: 'PBFT: agreement among traitors',
  summary: 'Byzantine fault tolerance in three phases: 3f + 1 replicas, quorums of 2f + 1, view changes.',
  topic: 'consensus',
  sources: [
    'Castro & Liskov, Practical Byzantine Fault Tolerance (OSDI 1999)',
    'Castro & Liskov, Practical Byzantine Fault Tolerance and Proactive Recovery (ACM TOCS 20(4), 2002)',
    'Lamport, Shostak & Pease, The Byzantine Generals Problem (ACM TOPLAS 4(3), 1982)',
  ],
  params,
  check,
  presets,
  parts: { replica: replica(), client: client(rules) },
  actors: (p) => [
    ...Array.from({ length: p.replicas }, (_, i) => ({ id: `r${i}`, part: 'replica' })),
    ...Array.from({ length: p.clients }, (_, i) => ({ id: `c${i + 1}`, part: 'client' })),
  ],
  length: (p) => p.duration,
  network: (p) => ({ latency: p.latency, loss: p.loss, duplicate: p.duplicate }),
  targets: {
    primary,
    backup: (world) => {
      const lead = primary(world);
      return replicas(world).flatMap(({ id }) => (id === lead ? [] : [id]));
    },
    /** the primary, at a moment when a backup has something prepared that nobody has executed */
    exposed: (world) => {
      const all = replicas(world);
      const done = Math.max(0, ...all.map(({ state }) => state.executed));
      const lead = primary(world);
      const held = all.some(({ id, state }) => id !== lead && holdsBack(state) && state.executed === done);
      return held ? lead : undefined;
    },
  },
  behaviours,
  withstands: NO_LIES,
  properties,
  twins,
  metrics,
  meter,
  look: {
    lanes: ['replica'],
    states: {
      primary: { tone: 'strong', legend: 'primary', stale: 'replaced primary' },
      backup: { tone: 'quiet', legend: 'backup' },
      changing: { tone: 'warm', legend: 'changing view' },
    },
    messages: {
      PrePrepare: { ink: 'data', legend: 'pre-prepare' },
      Prepare: { ink: 'grant', legend: 'prepare' },
      Commit: { ink: 'decide', legend: 'commit' },
      ViewChange: { ink: 'bad', legend: 'view change' },
      NewView: { ink: 'ask', legend: 'new view' },
      Checkpoint: { ink: 'quiet', legend: 'checkpoint' },
      Request: { ink: 'reply', legend: 'request' },
      Reply: { ink: 'reply', legend: 'reply' },
      Fetch: { ink: 'ask', legend: 'fetch state' },
      State: { ink: 'reply', legend: 'state' },
    },
    headline,
    span,
    footer,
  },
  generators,
});
