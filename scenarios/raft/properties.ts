import { historyMonitor } from '../../src/sim/histories/monitor.ts';
import type { Finding, Fold, Monitor, Property, World } from '../../src/sim/scenario.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import { type Entry, type Log, sameEntry } from './log.ts';
import type { P } from './params.ts';
import type { State } from './state.ts';

/**
 * What must hold of Raft, watched event by event. Figure 3.2 of Ongaro's dissertation names the first five. Each monitor
 * looks only at what a handler changed (logs share their entries, so an append is seen without reading the rest).
 */

const always = (what: string, monitor: (params: P) => Monitor): Property<P> => ({
  kind: 'always',
  what,
  monitor,
});

/** A monitor of servers: what they were and became; `before` undefined on a start, `after` on a crash. */
const servers = (
  watch: (node: string, before: State | undefined, after: State | undefined, world: World) => Finding,
): Monitor => ({
  changed(node, before, after, world) {
    if (!isServer(before ?? after)) return undefined;
    return watch(node, before, after, world);
  },
});

export const isServer = (state: unknown): state is State =>
  typeof state === 'object' && state !== null && 'disk' in state;

/** The leader of each term so far. A fold, so that the explorer checks it in every order. */
const oneLeader: Property<P> = {
  kind: 'always',
  what: 'Election Safety: at most one server is elected leader in a term (Ongaro 2014, figure 3.2).',
  fold: (): Fold<Readonly<Record<number, string>>> => ({
    start: {},
    changed(leaders, node, _before, after) {
      if (!isServer(after) || after.role.is !== 'leader') return leaders;
      const { term } = after.disk;
      const other = leaders[term];
      if (other === node) return leaders;
      if (other !== undefined) return `${other} and ${node} were both elected in term ${term}`;
      return { ...leaders, [term]: node };
    },
  }),
};

const appendOnly = always(
  'Leader Append-Only: a leader never overwrites or removes an entry of its own log (figure 3.2).',
  () =>
    servers((node, before, after) => {
      if (before?.role.is !== 'leader' || after?.role.is !== 'leader') return undefined;
      const [old, log] = [before.disk.log, after.disk.log];
      if (old === log || before.disk.term !== after.disk.term) return undefined;
      const kept = agreement(old, log);
      return kept < old.lastIndex
        ? `${node}, leader of term ${after.disk.term}, lost its own entry ${kept + 1}`
        : undefined;
    }),
);

/**
 * Induction over entries instead of comparing logs: if every entry of an index and term stands on one and the same
 * term before it and holds one command, two logs that share an entry are equal up to it.
 */
const logMatching = always(
  'Log Matching: two logs with an entry of the same index and term are identical up to it (figure 3.2).',
  () => {
    const known = new Map<number, { entry: Entry; before: number; node: string }>();
    return servers((node, before, after) => {
      if (!after || before?.disk.log === after.disk.log) return undefined;
      const { log } = after.disk;
      for (
        let i = before ? agreement(before.disk.log, log) + 1 : log.base.index + 1;
        i <= log.lastIndex;
        i++
      ) {
        const entry = log.at(i);
        if (!entry) continue;
        const previous = log.term(i - 1) ?? -1;
        const key = entry.term * 2 ** 32 + i;
        const first = known.get(key);
        if (!first) known.set(key, { entry, before: previous, node });
        else if (!sameEntry(first.entry, entry) || (first.before !== previous && previous >= 0))
          return `entry ${i} of term ${entry.term} is not the same on ${first.node} and ${node}, or stands on different entries`;
      }
      return undefined;
    });
  },
);

/** Entries known to be committed, by index, as servers come to know it. */
class Committed {
  readonly entries: (Entry | undefined)[] = [];

  /** what this server newly knows to be committed; a finding where it contradicts what others know */
  learn(
    node: string,
    before: State | undefined,
    after: State,
    each?: (index: number, entry: Entry) => Finding,
  ): Finding {
    const { log } = after.disk;
    for (let i = Math.max(before?.commit ?? 0, log.base.index) + 1; i <= after.commit; i++) {
      const entry = log.at(i) ?? before?.disk.log.at(i);
      if (!entry) continue;
      const known = this.entries[i];
      if (known && !sameEntry(known, entry))
        return `${node} applies ${words(entry)} as entry ${i}; another server applied ${words(known)} there`;
      if (!known) {
        this.entries[i] = entry;
        const finding = each?.(i, entry);
        if (finding !== undefined) return finding;
      }
    }
    return undefined;
  }

  /** the first committed entry that this log does not have */
  missing(log: Log): number | undefined {
    for (let i = log.base.index + 1; i < this.entries.length; i++) {
      const entry = this.entries[i];
      if (!entry) continue;
      const held = log.at(i);
      if (!held || !sameEntry(held, entry)) return i;
    }
    return undefined;
  }
}

/**
 * What was applied at each index, by whoever applied it first. A fold; the entries seen are shared between its states as
 * those of logs are.
 */
const stateMachineSafety: Property<P> = {
  kind: 'always',
  what: 'State Machine Safety: no two servers apply different entries at the same index (figure 3.2).',
  fold: (): Fold<Applied> => ({
    start: new Applied([], 0),
    changed(applied, node, before, after) {
      if (!isServer(after) || after.commit <= (isServer(before) ? before.commit : 0)) return applied;
      const { log } = after.disk;
      let next = applied;
      for (
        let i = Math.max(isServer(before) ? before.commit : 0, log.base.index) + 1;
        i <= after.commit;
        i++
      ) {
        const entry = log.at(i) ?? (isServer(before) ? before.disk.log.at(i) : undefined);
        if (!entry) continue;
        const known = next.at(i);
        if (known && !sameEntry(known, entry))
          return `${node} applies ${words(entry)} as entry ${i}; another server applied ${words(known)} there`;
        if (!known) next = next.with(i, entry);
      }
      return next;
    },
  }),
};

/** Entries by index, immutable as seen from outside; see Log. */
class Applied {
  readonly #entries: (Entry | undefined)[];
  readonly #length: number;

  constructor(entries: (Entry | undefined)[], length: number) {
    this.#entries = entries;
    this.#length = length;
  }
  at(index: number): Entry | undefined {
    return index < this.#length ? this.#entries[index] : undefined;
  }
  with(index: number, entry: Entry): Applied {
    const entries = this.#entries.length <= index ? this.#entries : this.#entries.slice(0, this.#length);
    entries[index] = entry;
    return new Applied(entries, Math.max(this.#length, index + 1));
  }
  toJSON() {
    return this.#entries.slice(0, this.#length);
  }
}

const leaderCompleteness = always(
  'Leader Completeness: a committed entry is in the log of every leader of a later term (figure 3.2).',
  () => {
    const committed = new Committed();
    return servers((node, before, after, world) => {
      if (!after) return undefined;
      if (after.commit > (before?.commit ?? 0)) {
        const finding = committed.learn(node, before, after, (i, entry) => {
          for (const actor of world.actors) {
            const other: unknown = world.state(actor.id);
            if (!isServer(other) || other.role.is !== 'leader' || other.disk.term <= after.disk.term)
              continue;
            const held = other.disk.log.at(i);
            if (i > other.disk.log.base.index && (!held || !sameEntry(held, entry)))
              return `${node} commits ${words(entry)} as entry ${i}, which ${actor.id}, leader of term ${other.disk.term}, does not have`;
          }
          return undefined;
        });
        // A contradiction between two servers is state machine safety's finding.
        if (finding?.includes('leader of term')) return finding;
      }
      if (after.role.is !== 'leader' || before?.role.is === 'leader') return undefined;
      const lost = committed.missing(after.disk.log);
      return lost === undefined
        ? undefined
        : `${node} leads term ${after.disk.term} without entry ${lost} (${words(committed.entries[lost]!)}), which was committed before`;
    });
  },
);

const durable = always(
  'A committed entry stays in the logs of a majority, through crashes and restarts (§3.8).',
  () => {
    const committed = new Committed();
    const logs = new Map<string, Log>();
    return servers((node, before, after, world) => {
      if (!after) return undefined;
      const { log } = after.disk;
      const last = logs.get(node);
      if (after.commit > (before?.commit ?? 0)) committed.learn(node, before, after);
      if (last === log) return undefined;
      logs.set(node, log);
      // Only a log that lost something can take a majority away.
      const kept = last ? agreement(last, log) : log.lastIndex;
      if (!last || kept >= last.lastIndex) return undefined;
      for (let i = kept + 1; i <= last.lastIndex; i++) {
        const entry = committed.entries[i];
        if (!entry || i <= log.base.index) continue;
        let holders = 0;
        const { members } = log;
        for (const id of members) {
          const other = logs.get(id);
          const held = other?.at(i);
          if (other && (i <= other.base.index || (held && sameEntry(held, entry)))) holders++;
        }
        if (holders * 2 <= members.length)
          return `entry ${i} (${words(entry)}) was committed and is now in ${holders} of ${members.length} logs, after ${
            world.now > 0 && !before ? `${node} restarted` : `${node} removed it`
          }`;
      }
      return undefined;
    });
  },
);

const once = always('A client’s command takes effect once, however often it was sent (§6.3).', () => {
  const ids: Set<string> = new Set();
  /** different commands among the committed entries up to an index */
  const distinct: number[] = [0];
  return servers((node, before, after) => {
    if (!after || after.commit <= (before?.commit ?? 0)) return undefined;
    for (let i = distinct.length; i <= after.commit; i++) {
      const command = (after.disk.log.at(i) ?? before?.disk.log.at(i))?.command;
      if (command?.kind === 'put') ids.add(`${command.client} ${command.serial}`);
      distinct[i] = ids.size;
    }
    const { executed } = after.machine;
    return executed > distinct[after.commit]!
      ? `${node} executed ${executed} commands; its clients sent only ${distinct[after.commit]} different ones`
      : undefined;
  });
});

const linearizable: Property<P> = {
  kind: 'always',
  what: 'Linearizable: the clients’ operations fit one order in which each takes effect between its call and its return (Herlihy & Wing 1990).',
  promised: (p) => p.reads === 'read-index' || (p.reads === 'lease' && p.lease < 1),
  monitor: () => historyMonitor('map', 'linearizable', (f) => f === 'put' || f === 'get'),
};

/** The network as it is: undisturbed since when, and is a majority up? */
class Calm {
  #since = 0;
  #cut = false;
  #loss = false;
  readonly #paused = new Set<string>();

  constructor(params: P) {
    this.#loss = params.loss > 0;
  }

  hear(event: TraceEvent): void {
    if (event.kind !== 'fault') return;
    this.#since = event.at;
    if (event.fault === 'partition' || event.fault === 'cut') this.#cut = true;
    if (event.fault === 'heal') this.#cut = false;
    if (event.fault === 'loss') this.#loss = event.rate > 0;
    if (event.fault === 'delay' || event.fault === 'slow-disk' || event.fault === 'byzantine')
      this.#loss = true;
    if (event.fault === 'pause') for (const id of event.nodes) this.#paused.add(id);
    if (event.fault === 'resume') for (const id of event.nodes) this.#paused.delete(id);
  }

  /** µs since when nothing is in the way of the members' majority, or undefined */
  since(world: World): number | undefined {
    const up = world.actors.filter((a) => a.part === 'server' && world.up(a.id)).length;
    const all = world.actors.filter((a) => a.part === 'server').length;
    return this.#cut || this.#loss || this.#paused.size > 0 || up < all ? undefined : this.#since;
  }
}

/** Election timeouts that a calm cluster may need before the absence of a leader is called a failure. */
const PATIENCE = 20;
const longEnough = (p: P) => p.duration >= PATIENCE * p.electionTimeout.mean;

const leaderAgain: Property<P> = {
  kind: 'eventually',
  what: `Once faults have ended, a leader is elected (judged ${PATIENCE} mean election timeouts later).`,
  judged: longEnough,
  monitor(p) {
    const calm = new Calm(p);
    return {
      event(event) {
        calm.hear(event);
        return undefined;
      },
      end(world) {
        const since = calm.since(world);
        if (since === undefined || world.now - since < PATIENCE * p.electionTimeout.mean * 1000)
          return undefined;
        const leads = world.actors.some((a) => {
          const state: unknown = world.state(a.id);
          return isServer(state) && state.role.is === 'leader';
        });
        return leads
          ? undefined
          : `no server leads ${Math.round((world.now - since) / 1000)} ms after the last fault`;
      },
    };
  },
};

const served: Property<P> = {
  kind: 'eventually',
  what: 'Once faults have ended, clients’ operations succeed again.',
  judged: (p) => longEnough(p) && p.clients > 0,
  monitor(p) {
    const calm = new Calm(p);
    let lastOk = 0;
    return {
      event(event) {
        calm.hear(event);
        if (event.kind === 'return' && event.outcome === 'ok') lastOk = event.at;
        return undefined;
      },
      end(world) {
        const since = calm.since(world);
        const long = (PATIENCE * p.electionTimeout.mean + 4 * p.think.mean + 10 * p.latency.mean) * 1000;
        if (since === undefined || world.now - since < long || lastOk > since) return undefined;
        return `no operation succeeded in the ${Math.round((world.now - since) / 1000)} ms since the last fault`;
      },
    };
  },
};

const sometimes = (what: string, monitor: () => Monitor): Property<P> => ({
  kind: 'sometimes',
  what,
  monitor,
});

const splitVote = sometimes('A term passes in which two or more stand and nobody wins.', () => {
  const standing = new Map<number, Set<string>>();
  const won = new Set<number>();
  return servers((node, before, after) => {
    if (!after) return undefined;
    const { term } = after.disk;
    if (after.role.is === 'leader') won.add(term);
    if (after.role.is === 'candidate' && !after.role.pre && before?.disk.term !== term) {
      standing.set(term, (standing.get(term) ?? new Set()).add(node));
      if ((standing.get(term - 1)?.size ?? 0) > 1 && !won.has(term - 1))
        return `term ${term - 1} ended without a leader`;
    }
    return undefined;
  });
});

const twoLeaders = sometimes('Two servers believe that they lead, in different terms.', () =>
  servers((node, before, after, world) => {
    if (after?.role.is !== 'leader' || before?.role.is === 'leader') return undefined;
    const other = world.actors.find((a) => {
      const state: unknown = a.id === node ? undefined : world.state(a.id);
      return isServer(state) && state.role.is === 'leader';
    });
    return other && `${other.id} still believes it leads when ${node} takes term ${after.disk.term}`;
  }),
);

const conflict = sometimes('A follower removes entries that conflict with the leader’s.', () =>
  servers((node, before, after) => {
    if (!before || !after || before.disk.log === after.disk.log) return undefined;
    const kept = agreement(before.disk.log, after.disk.log);
    return kept < before.disk.log.lastIndex && kept >= after.disk.log.base.index
      ? `${node} removed its entries from ${kept + 1} on`
      : undefined;
  }),
);

/** How far the newer log is the older one: the last index up to which they agree, snapshots taken as agreeing. */
function agreement(old: Log, log: Log): number {
  const end = Math.min(old.lastIndex, log.lastIndex);
  if (old.sharesWith(log)) return end;
  let index = Math.max(old.base.index, log.base.index);
  while (index < end && sameEntry(old.at(index + 1)!, log.at(index + 1)!)) index++;
  return index;
}

function words(entry: Entry): string {
  const { command } = entry;
  const what =
    command.kind === 'put'
      ? `${command.key}=${command.value}`
      : command.kind === 'members'
        ? `members ${command.members.join(' ')}`
        : 'no-op';
  return `${what} of term ${entry.term}`;
}

export const properties = {
  'one leader per term': oneLeader,
  'leader append-only': appendOnly,
  'log matching': logMatching,
  'leader completeness': leaderCompleteness,
  'state machine safety': stateMachineSafety,
  'committed entries survive': durable,
  'each command once': once,
  linearizable,
  'a leader is elected': leaderAgain,
  'operations succeed again': served,
  'a vote is split': splitVote,
  'two leaders, in different terms': twoLeaders,
  'conflicting entries removed': conflict,
} satisfies Record<string, Property<P>>;
