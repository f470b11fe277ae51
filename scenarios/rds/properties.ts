import { historyMonitor } from '../../src/sim/histories/monitor.ts';
import type { Fold, Property, World } from '../../src/sim/scenario.ts';
import { Undisturbed } from '../../src/sim/undisturbed.ts';
import type { AppState } from './app.ts';
import type { DbState } from './instance.ts';
import type { Log } from './log.ts';
import { fenced, members, type P, replicas, stores } from './params.ts';
import { plural } from './protocol.ts';
import type { RdsState } from './rds.ts';
import type { StoreState } from './store.ts';

type Any = { readonly kind?: string } | undefined;
export const isDb = (s: unknown): s is DbState => (s as Any)?.kind === 'db';
export const isApp = (s: unknown): s is AppState => (s as Any)?.kind === 'app';
const isStore = (s: unknown): s is StoreState => (s as Any)?.kind === 'store';
const isRds = (s: unknown): s is RdsState => (s as Any)?.kind === 'rds';
export const serves = (s: unknown): s is DbState => isDb(s) && s.role === 'primary' && s.ready;

/** What has been acknowledged so far: the first `committed` records of the log of the primary that said so. */
export interface Acknowledged {
  readonly node: string;
  readonly gen: number;
  readonly log: Log;
  readonly committed: number;
}
export const NOBODY: Acknowledged = { node: '', gen: 0, log: [], committed: 0 };

/** The acknowledged records a primary does not have. */
export function missing(seen: Acknowledged, log: Log): Log {
  return seen.log.slice(0, seen.committed).filter((r, i) => {
    const mine = log[i];
    return r.n > 0 && (mine?.op !== r.op || mine.gen !== r.gen);
  });
}

export const sum = (log: Log): number => log.reduce((n, r) => n + r.n, 0);

const durable: Property<P> = {
  kind: 'always',
  what: 'No acknowledged commit is lost: whoever is open for writes has every commit that was acknowledged before (a recovery point objective of 0).',
  promised: (p) => p.mode !== 'replica',
  fold: (): Fold<Acknowledged> => ({
    start: NOBODY,
    changed(seen, node, before, after) {
      if (!serves(after)) return seen;
      const { gen, log } = after.disk;
      if (node === seen.node && gen === seen.gen && log.length >= seen.log.length) {
        if (after.committed === seen.committed && log === seen.log) return seen;
        return { node, gen, log, committed: Math.max(seen.committed, after.committed) };
      }
      if (gen < seen.gen && serves(before)) {
        // one that does not know of its successor may still hear of copies made before it was deposed
        const told = missing({ ...seen, log, committed: after.committed }, seen.log);
        const fresh = told.filter((r) => r.lsn > before.committed);
        return fresh.length > 0
          ? `${node} acknowledges ${plural(sum(fresh), 'commit')} that ${seen.node}, primary by now, does not have`
          : seen;
      }
      const gone = missing(seen, log);
      if (gone.length > 0)
        return `${node} opens for writes without ${plural(sum(gone), 'commit')} that ${seen.node} had acknowledged, from LSN ${gone[0]!.lsn} on`;
      return { node, gen, log, committed: after.committed };
    },
  }),
};

interface Reign {
  readonly node: string;
  readonly gen: number;
}
const oneWriter: Property<P> = {
  kind: 'always',
  what: 'One primary at a time: once another one is open for writes, the old one takes none (it is fenced).',
  promised: fenced,
  fold: (): Fold<Reign> => ({
    start: { node: 'db1', gen: 1 },
    changed(seen, node, before, after) {
      if (!serves(after)) return seen;
      const { gen, log } = after.disk;
      if (gen > seen.gen) return { node, gen };
      const wrote = isDb(before) && log.length > before.disk.log.length && log.at(-1)?.op !== 0;
      if (gen < seen.gen && wrote)
        return `${node} takes a write as primary of generation ${gen}, though ${seen.node} has been primary of generation ${seen.gen} since`;
      return seen;
    },
  }),
};

const standbySilent: Property<P> = {
  kind: 'always',
  what: 'The standby of a Multi-AZ instance answers no reads: it adds availability, not capacity.',
  judged: (p) => p.mode === 'instance',
  fold: (): Fold<null> => ({
    start: null,
    changed: (seen, node, before, after) =>
      isDb(after) &&
      after.read !== null &&
      after.read.as === 'standby' &&
      (!isDb(before) || before.read !== after.read)
        ? `${node} answers a read although it is the standby`
        : seen,
  }),
};

const inOrder: Property<P> = {
  kind: 'always',
  what: 'Every copy holds the log in order and without a gap: the record at position i is the i-th.',
  fold: (): Fold<null> => ({
    start: null,
    changed(seen, node, before, after) {
      if (!isDb(after) && !isStore(after)) return seen;
      const { log } = after.disk;
      const old = isDb(before) || isStore(before) ? before.disk.log : [];
      if (log === old) return seen;
      for (let i = Math.max(0, Math.min(old.length, log.length) - 1); i < log.length; i++)
        if (log[i]!.lsn !== i + 1) return `${node} has record ${log[i]!.lsn} at position ${i + 1}`;
      return seen;
    },
  }),
};

const ownWrites: Property<P> = {
  kind: 'always',
  what: 'Read your writes: a client’s read shows its own last acknowledged write, or a later one (Terry et al. 1994).',
  judged: (p) => p.clients > 0,
  promised: (p) => p.reads === 'writer' && p.mode !== 'replica',
  monitor: () => historyMonitor('map', 'read-your-writes', undefined, 160),
};

/** How long after the last fault, or after a new primary opened, callers may need to find it, µs. */
export const reconnect = (p: P): number =>
  (p.ttl * 1000 + 2 * p.timeout + 4 * p.tick + 2 * p.latency.mean + 2000) * 1000;

const callersReturn: Property<P> = {
  kind: 'eventually',
  what: 'Callers come back: soon after a primary is open and the faults are over, every application server commits again.',
  // a client that caches the address for longer is on its own until it looks again
  promised: (p) => p.clientTtl <= p.ttl || p.proxy,
  monitor(p) {
    const calm = new Undisturbed(p.loss > 0);
    const last = new Map<string, number>();
    let open = 0;
    return {
      event(event) {
        calm.hear(event);
        return undefined;
      },
      listens: ['fault'],
      changed(node, before, after, world) {
        if (isApp(after) && (!isApp(before) || after.total.committed > before.total.committed))
          last.set(node, world.now);
        if (serves(after) && !serves(before)) open = world.now;
        return undefined;
      },
      end(world) {
        const since = unbroken(calm, world, open);
        if (since === undefined || world.now - since < reconnect(p)) return undefined;
        const late = [...last].find(([, at]) => at < since && world.now - at > reconnect(p));
        return late
          ? `${late[0]} has committed nothing for ${Math.round((world.now - late[1]) / 1e6)} s, though a primary has been open for ${Math.round((world.now - since) / 1e6)} s`
          : undefined;
      },
    };
  },
};

/** The same world, where what stays down for good counts as no disturbance. */
const without = (world: World, spared: (id: string) => boolean): World => ({
  now: world.now,
  actors: world.actors.filter((a) => world.up(a.id) || !spared(a.id)),
  state: (id) => world.state(id),
  up: (id) => world.up(id),
  traffic: world.traffic,
});

/** Since when the faults are over and the primary RDS knows of is open; undefined while one of them is not so. */
function unbroken(calm: Undisturbed, world: World, open: number): number | undefined {
  const rds = world.state('rds');
  const writer = isRds(rds) ? rds.disk.writer : undefined;
  if (writer === undefined || !serves(world.state(writer))) return undefined;
  // an instance that stays down disturbs nobody once another one has taken over
  const since = calm.since(without(world, (id) => id.startsWith('db') || /^s\d/.test(id)));
  return since === undefined ? undefined : Math.max(since, open);
}

/** Enough is up for somebody to be promoted without losing a commit. */
function enough(world: World, p: P): boolean {
  const rds = world.state('rds');
  if (!isRds(rds)) return false;
  const up = (ids: readonly string[]) => ids.filter((id) => world.up(id)).length;
  switch (p.mode) {
    case 'instance':
      return up(rds.disk.inSync) > 0;
    case 'cluster':
      return up(members(p)) >= 2;
    case 'replica':
      return world.up(rds.disk.writer) || (p.operator > 0 && up(replicas(p)) === p.replicas);
    case 'aurora':
      return up(members(p)) > 0 && up(stores(p)) >= 4;
  }
}

const writesReturn: Property<P> = {
  kind: 'eventually',
  what: 'Writes come back: with faults over and enough copies up, somebody is open for writes or being promoted.',
  promised: (p) => p.mode !== 'replica' || p.operator > 0,
  monitor(p) {
    const calm = new Undisturbed(p.loss > 0);
    return {
      event(event) {
        calm.hear(event);
        return undefined;
      },
      listens: ['fault'],
      end(world) {
        const since = calm.since(without(world, (id) => id.startsWith('db') || /^s\d/.test(id)));
        if (since === undefined || world.now - since < decided(p) || !enough(world, p)) return undefined;
        const works = world.actors.some((a) => {
          const state: unknown = world.state(a.id);
          return isDb(state) && (state.role === 'promoting' || serves(state));
        });
        return works
          ? undefined
          : `nobody is open for writes, or becomes so, ${Math.round((world.now - since) / 1e6)} s after the last fault`;
      },
    };
  },
};

/** How long after the last fault somebody is being promoted at the latest, µs. */
const decided = (p: P): number =>
  (2 * p.deadAfter + 2 * p.heartbeat + (p.mode === 'replica' ? p.operator * 1000 : 0) + 12_000) * 1000;

const failover: Property<P> = {
  kind: 'sometimes',
  what: 'Another instance becomes the primary.',
  monitor: () => ({
    changed: (node, before, after) =>
      serves(after) && !serves(before) && after.disk.gen > 1 ? `${node} takes over` : undefined,
  }),
};

const doubt: Property<P> = {
  kind: 'sometimes',
  what: 'A commit ends in doubt: its caller never learns whether it was made.',
  monitor: () => ({
    changed: (node, _before, after) =>
      isApp(after) && after.total.unknown > 0 ? `${node} is in doubt` : undefined,
  }),
};

export const properties = {
  'no acknowledged commit is lost': durable,
  'one primary at a time': oneWriter,
  'the standby answers no reads': standbySilent,
  'logs in order, without gaps': inOrder,
  'read your writes': ownWrites,
  'callers come back': callersReturn,
  'writes come back': writesReturn,
  'a failover': failover,
  'a commit in doubt': doubt,
} satisfies Record<string, Property<P>>;

/** Nothing any of the checks and figures look at. */
export function quiet(before: unknown, after: unknown): boolean {
  if (isDb(before) && isDb(after))
    return (
      before.disk === after.disk &&
      before.committed === after.committed &&
      before.role === after.role &&
      before.ready === after.ready &&
      before.read === after.read
    );
  if (isApp(before) && isApp(after)) return before.total === after.total && before.out === after.out;
  return !isStore(after);
}
