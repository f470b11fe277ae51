import type { Finding, Fold, Property, World } from '../../src/sim/scenario.ts';
import { Undisturbed } from '../../src/sim/undisturbed.ts';
import type { ClientState, Lease } from './client.ts';
import { neededMargin, oneAuthority, type P } from './params.ts';
import type { ServerState } from './server.ts';
import type { StorageState } from './storage.ts';

export const isServer = (s: unknown): s is ServerState => typeof s === 'object' && s !== null && 'role' in s;
export const isClient = (s: unknown): s is ClientState =>
  typeof s === 'object' && s !== null && 'asking' in s;
export const isStorage = (s: unknown): s is StorageState =>
  typeof s === 'object' && s !== null && 'disk' in s && !('role' in s);

const ms = (us: number) => `${Math.round(us / 1000)} ms`;

/** the grant that a server has just made, by authority of its quorum */
export function grantOf(before: unknown, after: unknown): Grant | undefined {
  if (!isServer(before) || !isServer(after)) return undefined;
  const was = before.role;
  const is = after.role;
  if (was.is !== 'leader' || is.is !== 'leader' || !was.ready || !is.ready) return undefined;
  const { token, holder, n } = is.lock;
  return holder !== null && token !== was.lock.token ? { token, holder, n, ballot: is.ballot } : undefined;
}

interface Grant {
  readonly token: number;
  readonly holder: string;
  readonly n: number;
  readonly ballot: number;
}

const tokensGrow: Property<P> = {
  kind: 'always',
  what: 'no token is given twice, and later terms give larger ones: the lock service has one holder at a time',
  promised: oneAuthority,
  fold: (): Fold<readonly Grant[]> => ({
    start: [],
    changed(given, node, before, after) {
      const grant = grantOf(before, after);
      if (!grant) return given;
      const { token, holder, n, ballot } = grant;
      for (const old of given) {
        if (old.token === token && old.n !== n)
          return `${node} gives ${holder} the lock with token ${token}, which ${old.holder} was given before`;
        // A leader that was replaced may learn late what was decided in its term; what counts is the order of terms.
        if (old.ballot <= ballot ? token < old.token : token > old.token)
          return `${node} gives ${holder} the lock with token ${token}, and ${old.holder} has had token ${old.token}`;
      }
      return [...given, grant];
    },
  }),
};

/** a write the storage has just accepted */
export function writeOf(before: unknown, after: unknown) {
  if (!isStorage(before) || !isStorage(after) || before.disk.version === after.disk.version) return undefined;
  return { ...after.disk.last!, over: before.disk };
}

const fenced: Property<P> = {
  kind: 'always',
  what: 'the storage never accepts a write with an older token than one it has seen (Kleppmann 2016; Chubby’s sequencers)',
  promised: (p) => p.fencing,
  fold: (): Fold<null> => ({
    start: null,
    changed(seen, _node, before, after) {
      const write = writeOf(before, after);
      if (!write || write.token >= write.over.fence) return seen;
      return `the storage accepts a write of ${write.client} with token ${write.token}, and has seen token ${write.over.fence}`;
    },
  }),
};

const nothingLost: Property<P> = {
  kind: 'always',
  what: 'no write undoes an update its writer has not seen: what the lock is there for',
  promised: (p) => p.fencing && oneAuthority(p),
  fold: (): Fold<null> => ({
    start: null,
    changed(seen, _node, before, after) {
      const write = writeOf(before, after);
      if (!write || write.base === write.over.version) return seen;
      const by = write.over.last?.client;
      return `${write.client} computed from version ${write.base} and overwrites version ${write.over.version}${by ? `, written by ${by}` : ''}: an update is lost`;
    },
  }),
};

const exclusion: Property<P> = {
  kind: 'always',
  what: 'no two clients believe at one moment that they have the lock. No lock service can promise it of clients that may be paused',
  promised: () => false,
  fold: (): Fold<Readonly<Record<string, number>>> => ({
    start: {},
    changed(holding, node, _before, after) {
      const token = isClient(after) ? after.lease?.token : undefined;
      if (holding[node] === token) return holding;
      const { [node]: _was, ...others } = holding;
      if (token === undefined) return others;
      const [other] = Object.entries(others);
      return other
        ? `${node} has the lock with token ${token}, and ${other[0]} believes to have it with token ${other[1]}`
        : { ...others, [node]: token };
    },
  }),
};

/** Who believes to have the lock, and who is asleep. */
export class Beliefs {
  readonly leases = new Map<string, Lease>();
  readonly asleep = new Set<string>();
  readonly #woke = new Map<string, number>();
  /** the client whose belief has just begun */
  see(node: string, before: unknown, after: unknown): boolean {
    const had = isClient(before) && before.lease !== null;
    if (isClient(after) && after.lease) this.leases.set(node, after.lease);
    else this.leases.delete(node);
    return !had && this.leases.has(node);
  }
  hear(e: { at: number; fault: string; nodes: readonly string[] }): void {
    for (const node of e.nodes) {
      if (e.fault === 'pause') this.asleep.add(node);
      if (e.fault === 'resume') this.#woke.set(node, e.at);
      if (e.fault === 'resume' || e.fault === 'crash') this.asleep.delete(node);
    }
  }
  /** In the instant it wakes it has not looked at its clock yet. */
  drowsy(node: string, now: number): boolean {
    return this.asleep.has(node) || this.#woke.get(node) === now;
  }
}

const leasesApart: Property<P> = {
  kind: 'always',
  what: 'one lease is over, by its holder’s clock, before the next begins; a holder that is asleep and cannot look at its clock is left out (Gray & Cheriton 1989)',
  promised: (p) => oneAuthority(p) && p.margin >= neededMargin(p),
  monitor() {
    const beliefs = new Beliefs();
    return {
      listens: ['fault'],
      event(e) {
        if (e.kind === 'fault') beliefs.hear(e);
        return undefined;
      },
      changed(node, before, after, world): Finding {
        if (!beliefs.see(node, before, after)) return undefined;
        for (const [other, lease] of beliefs.leases)
          if (other !== node && !beliefs.drowsy(other, world.now))
            return `${node} gets the lock with token ${beliefs.leases.get(node)!.token}, and ${other} is awake and has it with token ${lease.token}`;
        return undefined;
      },
    };
  },
};

/** How long a free lock may stay free while somebody wants it, µs. */
const patience = (p: P) =>
  (3 * p.lease +
    (p.servers > 1 ? 4 * p.election.mean + p.heartbeat : 0) +
    6 * p.retry +
    12 * p.latency.mean) *
  1000 *
  (p.loss > 0 ? 3 : 1);

const served: Property<P> = {
  kind: 'eventually',
  what: 'with every server up, a client that wants the lock does not wait for one that is gone: leases end',
  monitor(p) {
    const calm = new Undisturbed(p.loss > 0.3);
    const asking = new Map<string, number>();
    let last = 0;
    return {
      listens: ['fault'],
      event(e) {
        calm.hear(e);
        return undefined;
      },
      changed(node, before, after, world) {
        if (isClient(before ?? after)) {
          if (isClient(after) && after.asking) {
            if (!asking.has(node)) asking.set(node, world.now);
          } else asking.delete(node);
          if (isClient(after) && after.lease) last = world.now;
        }
        return undefined;
      },
      end(world: World) {
        const limit = patience(p);
        // Clients may stay down: that is what leases are for.
        const others = world.actors.filter((a) => a.part !== 'client');
        const since = calm.since({
          now: world.now,
          traffic: world.traffic,
          actors: others,
          up: (id) => world.up(id),
          state: (id) => world.state(id),
        });
        if (since === undefined || world.now - Math.max(since, last) < limit) return undefined;
        for (const [node, at] of asking)
          if (world.now - at >= limit)
            return `${node} has waited since ${ms(at)}, and nobody has had the lock since ${ms(last)}`;
        return undefined;
      },
    };
  },
};

const sleeper: Property<P> = {
  kind: 'sometimes',
  what: 'a lease runs out while its holder is asleep, and the next one begins',
  monitor() {
    const beliefs = new Beliefs();
    return {
      listens: ['fault'],
      event(e) {
        if (e.kind === 'fault') beliefs.hear(e);
        return undefined;
      },
      changed: (node, before, after) =>
        beliefs.see(node, before, after) && beliefs.leases.size > 1
          ? `${node} while another sleeps`
          : undefined,
    };
  },
};

const rivals: Property<P> = {
  kind: 'sometimes',
  what: 'two servers lead at the same moment, in different terms',
  monitor: () => ({
    changed(node, _before, after, world) {
      if (!isServer(after) || after.role.is !== 'leader') return undefined;
      return world.actors.find(({ id }) => {
        const other: unknown = id === node ? undefined : world.state(id);
        return isServer(other) && other.role.is === 'leader';
      })?.id;
    },
  }),
};

export const properties: Record<string, Property<P>> = {
  'tokens only grow': tokensGrow,
  'the storage refuses older tokens': fenced,
  'no update is lost': nothingLost,
  'leases do not overlap': leasesApart,
  'mutual exclusion at the clients': exclusion,
  'the lock becomes free again': served,
  'a lease ends in a sleep': sleeper,
  'two leaders, in different terms': rivals,
};
