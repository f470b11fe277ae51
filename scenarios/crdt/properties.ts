import type { Fold, Monitor, Property, World } from '../../src/sim/scenario.ts';
import { Undisturbed } from '../../src/sim/undisturbed.ts';
import { kinds } from './kinds.ts';
import type { P } from './params.ts';
import type { ReplicaState } from './protocol.ts';
import { dropped, type Registry, specified, survivors } from './spec.ts';

export const isReplica = (state: unknown): state is ReplicaState =>
  typeof state === 'object' && state !== null && (state as { kind?: unknown }).kind === 'replica';

/** Takes in an update where it is made, with what its replica had seen before. */
export function registered(all: Registry, before: unknown, after: ReplicaState): Registry {
  const { last } = after;
  if (!last || all[last.op] || (isReplica(before) && before.last === last)) return all;
  return { ...all, [last.op]: { ...last, knew: isReplica(before) ? before.seen : [] } };
}

interface Gathered {
  readonly all: Registry;
  /** the visible state of each replica as text, and the updates in it */
  readonly replicas: Readonly<Record<string, { readonly seen: string; readonly visible: string }>>;
}

/** A fold that knows of all updates made so far. */
function overUpdates(
  finding: (node: string, s: ReplicaState, seen: Gathered) => string | undefined,
  p: P,
): Fold<Gathered> {
  return {
    start: { all: {}, replicas: {} },
    changed(gathered, node, before: unknown, after: unknown) {
      if (!isReplica(after)) {
        if (!gathered.replicas[node]) return gathered;
        const { [node]: _gone, ...replicas } = gathered.replicas;
        return { ...gathered, replicas };
      }
      if (isReplica(before) && before.data === after.data && before.seen === after.seen) return gathered;
      const next: Gathered = {
        all: registered(gathered.all, before, after),
        replicas: {
          ...gathered.replicas,
          [node]: { seen: after.seen.join(' '), visible: JSON.stringify(kinds[p.type].visible(after.data)) },
        },
      };
      return finding(node, after, next) ?? next;
    },
  };
}

const sameState: Property<P> = {
  kind: 'always',
  what: 'Strong eventual consistency: replicas that have seen the same updates have equal states (Shapiro et al., SSS 2011).',
  fold: (p) =>
    overUpdates((node, s, { replicas }) => {
      const mine = replicas[node]!;
      for (const [other, theirs] of Object.entries(replicas))
        if (other !== node && theirs.seen === mine.seen && theirs.visible !== mine.visible)
          return `${node} and ${other} have seen the same ${s.seen.length} updates, and ${node} shows ${kinds[p.type].value(s.data)} and ${other} something else`;
      return undefined;
    }, p),
};

const asSpecified: Property<P> = {
  kind: 'always',
  what: 'The value is what the specification says of the updates seen: the sum of all counted; in a set each add that no remove had seen; of all writes the last by (time, replica).',
  fold: (p) =>
    overUpdates((node, s, { all }) => {
      const shown = kinds[p.type].value(s.data);
      const right = specified(p.type, s.seen, all);
      return shown === right
        ? undefined
        : `${node} has seen ${s.seen.length} updates and shows ${shown}; by its specification it is ${right}`;
    }, p),
};

const nothingInvented: Property<P> = {
  kind: 'always',
  what: 'Nothing is invented: no counter shows more than was ever counted, no set or register anything that was never put in.',
  fold: (p) =>
    overUpdates((node, s, { all }) => {
      const shown = kinds[p.type].value(s.data);
      const made = Object.values(all);
      if (p.type === 'or-set') {
        const alien = shown
          .slice(1, -1)
          .split(' ')
          .find((e) => e !== '' && !made.some((u) => u.f === 'add' && u.arg === e));
        return alien && `${node} shows ${alien}, which nobody ever added`;
      }
      if (p.type === 'lww-register')
        return shown === 'nothing' || made.some((u) => u.arg === shown)
          ? undefined
          : `${node} shows ${shown}, which nobody ever wrote`;
      const most = made.reduce((total, u) => total + (u.f === 'inc' ? Number(u.arg) : 0), 0);
      return Number(shown) > most
        ? `${node} shows ${shown}, and only ${most} were ever counted by anybody`
        : undefined;
    }, p),
};

const aboveZero: Property<P> = {
  kind: 'always',
  what: 'Never below zero, although each replica refuses to go there by itself: an invariant over all replicas, which no merge can keep.',
  judged: (p) => p.type === 'pn-counter' && p.floor,
  promised: () => false,
  fold: (p) =>
    overUpdates((node, s) => {
      const shown = Number(kinds[p.type].value(s.data));
      return shown < 0 ? `${node} shows ${shown} once it has heard what the others took` : undefined;
    }, p),
};

const nothingDropped: Property<P> = {
  kind: 'always',
  what: 'No write is overwritten by one that knew nothing of it. Last-writer-wins does not promise this: it picks one.',
  judged: (p) => p.type === 'lww-register',
  promised: () => false,
  fold: () => ({
    start: {},
    changed(all: Registry, node, before: unknown, after: unknown) {
      if (!isReplica(after)) return all;
      const lost = losing(all, before, after);
      return lost
        ? `${node} drops ${lost[0].arg} for ${lost[1].arg}, whose writer had not seen it`
        : registered(all, before, after);
    },
  }),
};

/** The write a replica gives up with this change although the new one had not seen it. */
export function losing(all: Registry, before: unknown, after: ReplicaState) {
  if (!isReplica(before) || !('latest' in before.data) || !('latest' in after.data)) return undefined;
  return dropped(all, before.data, after.data);
}

/** Everything the same everywhere: what was seen, and what is shown. */
export function agreed(world: World, p: P): boolean {
  const all = world.actors.flatMap(({ id, part }) => {
    const state: unknown = world.state(id);
    if (part !== 'replica') return [];
    return isReplica(state)
      ? [`${state.seen.join(' ')} ${JSON.stringify(kinds[p.type].visible(state.data))}`]
      : [id];
  });
  return all.every((text) => text === all[0]);
}

const converged: Property<P> = {
  kind: 'eventually',
  what: 'Converged: once updates and faults have ended, all replicas have seen all updates and are equal.',
  monitor(p) {
    const calm = new Undisturbed(p.loss > 0);
    let last = 0;
    return {
      listens: ['fault', 'invoke', 'return'],
      event(event) {
        calm.hear(event);
        if (event.kind !== 'fault') last = event.at;
        return undefined;
      },
      end(world) {
        // One round tells every other replica; a message on its way is given ten mean delays.
        const round = 1.5 * p.gossip * (p.nodes - 1);
        const needed = (round + 10 * p.latency.mean) * 1000;
        const since = calm.since(world);
        if (since === undefined || world.now - Math.max(since, last) < needed) return undefined;
        if (agreed(world, p)) return undefined;
        const shown = world.actors.flatMap(({ id }) => {
          const state: unknown = world.state(id);
          return isReplica(state) ? [`${id} shows ${kinds[p.type].value(state.data)}`] : [];
        });
        return `${Math.round((world.now - Math.max(since, last)) / 1000)} ms after the last update or fault ${shown.join(', ')}`;
      },
    };
  },
};

const seen = (what: string, judged: (p: P) => boolean, monitor: (p: P) => Monitor): Property<P> => ({
  kind: 'sometimes',
  what,
  judged,
  monitor,
});

/** Asked of all updates when the run is over. */
const inTheEnd = (finding: (all: Registry) => string | undefined): Monitor => {
  let all: Registry = {};
  return {
    changed(_node, before: unknown, after: unknown) {
      if (isReplica(after)) all = registered(all, before, after);
      return undefined;
    },
    end: () => finding(all),
  };
};

const addWins = seen(
  'An add survives a remove that had not seen it.',
  (p) => p.type === 'or-set',
  () => inTheEnd((all) => survivors(all)[0] && 'an add outlived a concurrent remove'),
);

const swept = seen(
  'A tombstone is dropped because everybody has it.',
  (p) => p.type === 'or-set' && p.collect,
  () => ({
    changed: (node, before: unknown, after: unknown) =>
      isReplica(before) && isReplica(after) && count(after) < count(before)
        ? `${node} drops tombstones`
        : undefined,
  }),
);

const count = (s: ReplicaState) => ('gone' in s.data ? Object.keys(s.data.gone).length : 0);

export const properties = {
  'same updates, same state': sameState,
  'value as specified': asSpecified,
  'nothing is invented': nothingInvented,
  'never below zero': aboveZero,
  'no write dropped unseen': nothingDropped,
  converged,
  'an add outlives a concurrent remove': addWins,
  'a tombstone is dropped': swept,
};
