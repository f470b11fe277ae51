import { historyMonitor } from '../../src/sim/histories/monitor.ts';
import type { Fold, Monitor, Property, World } from '../../src/sim/scenario.ts';
import { Undisturbed } from '../../src/sim/undisturbed.ts';
import type { ClientState } from './coordinator.ts';
import { inOrder, meet, type P } from './params.ts';
import { newer, newest, type Version, words } from './protocol.ts';
import { Register } from './register.ts';
import type { ReplicaState } from './replica.ts';

export const isReplica = (state: unknown): state is ReplicaState => kindOf(state) === 'replica';
export const isClient = (state: unknown): state is ClientState => kindOf(state) === 'client';
const kindOf = (state: unknown) =>
  typeof state === 'object' && state !== null && 'kind' in state ? state.kind : undefined;

const ms = (us: number) => `${Math.round(us / 1000)} ms`;

/** What each node holds or last held: a crash does not wipe a disk, and the restart shows what was on it. */
type Held = Readonly<Record<string, readonly Version[]>>;
const heldBy = (s: ReplicaState): readonly Version[] => [
  s.disk.version,
  ...s.disk.hints.map((h) => h.version),
];

const fresh: Property<P> = {
  kind: 'always',
  what: 'A read returns the newest write committed before it began, or a later one (r + w > n makes the sets meet).',
  promised: (p) => meet(p) && !p.sloppy && inOrder(p),
  monitor() {
    const register = new Register();
    return {
      listens: ['invoke', 'return'],
      event(event) {
        const done = register.hear(event);
        if (done?.missed === undefined) return undefined;
        const since = register.committedAt(done.missed)!;
        return `${done.process} reads x=${done.value} at ${ms(done.ended)}, ${ms(done.begun - since)} after x=${done.missed} was committed`;
      },
    };
  },
};

const copies: Property<P> = {
  kind: 'always',
  what: 'When a write is acknowledged, w nodes hold it or a version with a later stamp.',
  fold: (p): Fold<{ readonly held: Held }> => ({
    start: { held: {} },
    changed(seen, node, before, after) {
      if (isReplica(after)) return { held: { ...seen.held, [node]: heldBy(after) } };
      if (!isClient(after) || !isClient(before)) return seen;
      const version = after.committed[before.committed.length];
      if (version === undefined) return seen;
      const holders = Object.values(seen.held).filter((held) => held.some((v) => !newer(version, v)));
      if (holders.length >= p.w) return seen;
      return `${node} was told that ${words(version)} is committed while ${holders.length} of the ${p.w} nodes needed held it`;
    },
  }),
};

interface Kept {
  readonly held: Held;
  /** of each write begun: the values committed before it */
  readonly before: Readonly<Record<number, readonly number[]>>;
  readonly committed: readonly number[];
}

const notLost: Property<P> = {
  kind: 'always',
  what: 'An acknowledged write is held somewhere, as itself or replaced by one that had not been committed before it began.',
  promised: inOrder,
  fold: (): Fold<Kept> => ({
    start: { held: {}, before: {}, committed: [] },
    changed(seen, node, before, after) {
      let next = seen;
      if (isReplica(after)) next = { ...seen, held: { ...seen.held, [node]: heldBy(after) } };
      else if (isClient(after)) {
        const op = after.op;
        if (op?.f === 'write' && seen.before[op.value] === undefined)
          next = { ...next, before: { ...next.before, [op.value]: next.committed } };
        const known = isClient(before) ? before.committed.length : 0;
        const more = after.committed.slice(known).map((v) => v.value);
        if (more.length > 0) next = { ...next, committed: [...next.committed, ...more] };
      }
      if (next === seen) return seen;
      const all = Object.values(next.held).flat();
      const lost = next.committed.find(
        (value) =>
          !all.some((v) => v.value === value || (v.value !== 0 && !next.before[value]?.includes(v.value))),
      );
      if (lost === undefined) return next;
      const left = newest(all);
      return `x=${lost} was acknowledged, and no node holds it: ${words(left)} has ${left.value === 0 ? 'never changed' : 'the later stamp, though it was committed before'}`;
    },
  }),
};

const forward: Property<P> = {
  kind: 'always',
  what: 'A replica never replaces a version by an older one.',
  fold: (): Fold<null> => ({
    start: null,
    changed(seen, node, before, after) {
      if (!isReplica(before) || !isReplica(after)) return seen;
      const [old, now] = [before.disk.version, after.disk.version];
      return newer(old, now) ? `${node} went from ${words(old)} back to ${words(now)}` : seen;
    },
  }),
};

export const homesOf = (world: World) => world.actors.filter((a) => a.part === 'replica').map((a) => a.id);

const converged: Property<P> = {
  kind: 'eventually',
  what: 'Converged: in the end all replicas hold the same version (promised with read repair after a read, or hinted handoff).',
  promised: (p) => p.readRepair || p.handoff > 0,
  monitor(p) {
    const calm = new Undisturbed();
    let lastRead = -1;
    return {
      listens: ['fault', 'invoke'],
      event(event) {
        calm.hear(event);
        if (event.kind === 'invoke' && event.f === 'read') lastRead = event.at;
        return undefined;
      },
      end(world) {
        const held = homesOf(world).flatMap((id) => {
          const state: unknown = world.state(id);
          return isReplica(state) ? [{ id, version: state.disk.version }] : [];
        });
        const best = newest(held.map((h) => h.version));
        const stale = held.find((h) => newer(best, h.version));
        if (!stale) return undefined;
        const since = calm.since(world);
        const mended =
          since !== undefined && (p.handoff > 0 ? world.now - since > 3000 * p.handoff : lastRead > since);
        if ((p.readRepair || p.handoff > 0) && !mended) return undefined;
        return `${stale.id} still holds ${words(stale.version)} while the newest is ${words(best)}`;
      },
    };
  },
};

const linearizable: Property<P> = {
  kind: 'always',
  what: 'Linearizable: all operations fit one order, each between its call and its return (r + w > n alone is not enough).',
  promised: (p) => p.writeBack && meet(p) && !p.sloppy && inOrder(p),
  monitor: () => historyMonitor('register', 'linearizable', undefined, 60),
};

const seen = (what: string, monitor: () => Monitor): Property<P> => ({ kind: 'sometimes', what, monitor });

const missed = seen(
  'A read returns before the newest committed write has reached the replicas it heard.',
  () => {
    const register = new Register();
    return {
      listens: ['invoke', 'return'],
      event: (event) => (register.hear(event)?.missed === undefined ? undefined : 'a stale read'),
    };
  },
);

const early = seen('A read sees a write that is not committed yet.', () => {
  const register = new Register();
  return {
    listens: ['invoke', 'return'],
    event(event) {
      const done = register.hear(event);
      const dirty = done?.f === 'read' && done.value !== 0 && register.committedAt(done.value) === undefined;
      return dirty ? 'a write under way is seen' : undefined;
    },
  };
});

const standIn = seen('A stand-in holds a hint.', () => ({
  changed: (node, _before, after) =>
    isReplica(after) && after.disk.hints.length > 0 ? `${node} holds a hint` : undefined,
}));

export const properties = {
  'fresh reads': fresh,
  'w copies before the ack': copies,
  'no acknowledged write lost': notLost,
  'a replica never goes back': forward,
  linearizable,
  converged,
  'a stale read': missed,
  'a write under way is seen': early,
  'a stand-in holds a hint': standIn,
} satisfies Record<string, Property<P>>;
