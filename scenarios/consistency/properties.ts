import { type Consistency, historyMonitor } from '../../src/sim/histories/monitor.ts';
import type { Monitor, Property, World } from '../../src/sim/scenario.ts';
import { Undisturbed } from '../../src/sim/undisturbed.ts';
import type { MailedState } from './mailed.ts';
import type { MajorityState } from './majority.ts';
import type { OrderedState } from './ordered.ts';
import { type Model, type P, promises } from './params.ts';
import { contents } from './protocol.ts';

export type ReplicaState = MajorityState | OrderedState | MailedState;

const KINDS: readonly unknown[] = ['majority', 'ordered', 'mailed'];
export const isReplica = (state: unknown): state is ReplicaState =>
  typeof state === 'object' && state !== null && 'kind' in state && KINDS.includes(state.kind);

export function holds(state: ReplicaState): string {
  if (state.kind !== 'ordered') return contents(state.disk.store);
  return contents(Object.fromEntries(state.log.map(({ key, value }) => [key, { value }])));
}

/** Beyond so many operations a history is judged once, at the end. */
const SHORT = 60;

/** One rung: judged in every run, whatever the store promises. */
const rung = (name: Model, consistency: Consistency, what: string): Property<P> => ({
  kind: 'always',
  what,
  promised: (p) => promises[p.level].includes(name),
  monitor: () => historyMonitor('map', consistency, undefined, SHORT),
});

const converged: Property<P> = {
  kind: 'eventually',
  what: 'Converged: once puts and faults have ended, all replicas hold the same (Vogels 2009).',
  // A majority store promises the newest to whoever reads, not to every copy.
  promised: (p) => p.level !== 'linearizable',
  monitor(p) {
    const calm = new Undisturbed();
    let lastPut = 0;
    return {
      listens: ['fault', 'invoke'],
      event(event) {
        calm.hear(event);
        if (event.kind === 'invoke' && event.f === 'put') lastPut = event.at;
        return undefined;
      },
      end(world) {
        // Shipped after the lag, or by the second repetition; then some delays of the network.
        const needed = (2 * p.sync + 12 * p.latency.mean + 4 * p.lag.mean) * 1000;
        const since = calm.since(world);
        if (since === undefined || world.now - Math.max(since, lastPut) < needed) return undefined;
        const copies = copiesOf(world);
        const first = copies[0];
        const other = copies.find((c) => c.words !== first?.words);
        return first && other
          ? `${first.id} holds ${first.words || 'nothing'} and ${other.id} ${other.words || 'nothing'}, ${Math.round((world.now - lastPut) / 1000)} ms after the last put`
          : undefined;
      },
    };
  },
};

export const copiesOf = (world: World) =>
  world.actors.flatMap(({ id }) => {
    const state: unknown = world.state(id);
    return isReplica(state) ? [{ id, words: holds(state) }] : [];
  });

const sometimes = (what: string, monitor: () => Monitor): Property<P> => ({
  kind: 'sometimes',
  what,
  monitor,
});

const apart = sometimes('Two replicas hold different things at once.', () => ({
  changed: (_node, _before, _after, world) => {
    const copies = copiesOf(world);
    return copies.some((c) => c.words !== copies[0]!.words) ? 'copies differ' : undefined;
  },
}));

const waits = sometimes('A request waits until its replica has caught up with the session.', () => ({
  changed: (node, _before, after) =>
    isReplica(after) &&
    ((after.kind === 'ordered' && after.gets.length > 0) ||
      (after.kind === 'mailed' && after.requests.length > 0))
      ? `${node} lets a client wait`
      : undefined,
}));

/** From the weaker models to the strongest: the first that is broken says most. */
export const properties = {
  'monotonic reads': rung(
    'monotonic reads',
    'monotonic-reads',
    'Monotonic reads: a client’s later get never goes back behind an earlier one (Terry et al. 1994).',
  ),
  'read-your-writes': rung(
    'read-your-writes',
    'read-your-writes',
    'Read your writes: a client’s get sees its own earlier puts (Terry et al. 1994).',
  ),
  'monotonic writes': rung(
    'monotonic writes',
    'monotonic-writes',
    'Monotonic writes: whoever sees a client’s later put does not miss its earlier ones (Terry et al. 1994).',
  ),
  'writes-follow-reads': rung(
    'writes-follow-reads',
    'writes-follow-reads',
    'Writes follow reads: whoever sees a put does not miss what its client had read before it (Terry et al. 1994).',
  ),
  causal: rung(
    'causal',
    'causal',
    'Causal: nobody sees an effect without its causes; concurrent puts may come in any order (Ahamad et al. 1995).',
  ),
  sequential: rung(
    'sequential',
    'sequential',
    'Sequentially consistent: one order of all operations that keeps each client’s own; real time plays no part (Lamport 1979).',
  ),
  linearizable: rung(
    'linearizable',
    'linearizable',
    'Linearizable: one order of all operations, each between its call and its return (Herlihy & Wing 1990).',
  ),
  converged,
  'copies differ for a while': apart,
  'a session waits': waits,
} satisfies Record<string, Property<P>>;
