import { historyMonitor } from '../../src/sim/histories/monitor.ts';
import type { Finding, Monitor, Property, World } from '../../src/sim/scenario.ts';
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
export const servers = (
  watch: (node: string, before: State | undefined, after: State | undefined, world: World) => Finding,
): Monitor => ({
  changed: (node, before, after, world) =>
    isServerName(node) ? watch(node, before, after, world) : undefined,
});

/** The same as a fold, so that the explorer checks it on every order of events. Crashes leave no trace in it. */
const folded = <G>(
  what: string,
  start: G,
  changed: (seen: G, node: string, before: State | undefined, after: State) => G | string,
): Property<P> => ({
  kind: 'always',
  what,
  fold: () => ({
    start,
    changed: (seen, node, before, after) =>
      after !== undefined && isServerName(node) ? changed(seen, node, before, after) : seen,
  }),
});

/** n1, n2, …: asked of every change of any node, so by the name and not by the state */
const isServerName = (node: string): boolean => node.charCodeAt(0) === 110;

export const isServer = (state: unknown): state is State =>
  typeof state === 'object' && state !== null && 'disk' in state;

const oneLeader = folded<Readonly<Record<number, string>>>(
  'Election Safety: at most one server is elected leader in a term (Ongaro 2014, figure 3.2).',
  {},
  (leaders, node, before, after) => {
    if (!takesOffice(before, after)) return leaders;
    const { term } = after.disk;
    const other = leaders[term];
    if (other === node) return leaders;
    return other === undefined
      ? { ...leaders, [term]: node }
      : `${other} and ${node} were both elected in term ${term}`;
  },
);

const takesOffice = (before: State | undefined, after: State): boolean =>
  after.role.is === 'leader' && !(before?.role.is === 'leader' && before.disk.term === after.disk.term);

const appendOnly = folded<null>(
  'Leader Append-Only: a leader never overwrites or removes an entry of its own log (figure 3.2).',
  null,
  (_seen, node, before, after) => {
    if (before?.role.is !== 'leader' || after.role.is !== 'leader') return null;
    const [old, log] = [before.disk.log, after.disk.log];
    if (old === log || before.disk.term !== after.disk.term) return null;
    const kept = agreement(old, log);
    return kept < old.lastIndex
      ? `${node}, leader of term ${after.disk.term}, lost its own entry ${kept + 1}`
      : null;
  },
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

interface Known {
  readonly entry: Entry;
  /** the term in which it was committed */
  readonly term: number;
}

/**
 * Entries known to be committed, from index 1 on, as servers come to know it. Immutable from outside like a log:
 * sequences that continue each other share one array.
 */
class Committed {
  readonly length: number;
  readonly #all: Known[];

  constructor(all: Known[] = [], length = 0) {
    this.#all = all;
    this.length = length;
  }

  at(index: number): Known | undefined {
    return index <= this.length ? this.#all[index - 1] : undefined;
  }

  /** what this server newly knows to be committed, or how it contradicts what others know */
  learn(node: string, before: State | undefined, after: State): Committed | string {
    const { log, term } = after.disk;
    if (after.commit <= (before?.commit ?? 0)) return this;
    let all = this.#all;
    let length = this.length;
    for (let i = Math.max(before?.commit ?? 0, log.base.index) + 1; i <= after.commit; i++) {
      const entry = log.at(i) ?? before?.disk.log.at(i);
      if (!entry) continue;
      const known = this.at(i);
      if (known && !sameEntry(known.entry, entry))
        return `${node} applies ${words(entry)} as entry ${i}; another server applied ${words(known.entry)} there`;
      if (i !== length + 1) continue;
      if (all.length > length) all = all.slice(0, length);
      all.push({ entry, term });
      length++;
    }
    return length === this.length ? this : new Committed(all, length);
  }

  /** the first entry committed before this term that the log does not have */
  missing(log: Log, term: number): number | undefined {
    for (let i = log.base.index + 1; i <= this.length; i++) {
      const known = this.#all[i - 1]!;
      const held = log.at(i);
      if (known.term < term && !(held && sameEntry(held, known.entry))) return i;
    }
    return undefined;
  }

  toJSON() {
    return this.#all.slice(0, this.length);
  }
}

const stateMachineSafety = folded<Committed>(
  'State Machine Safety: no two servers apply different entries at the same index (figure 3.2).',
  new Committed(),
  (committed, node, before, after) => committed.learn(node, before, after),
);

const leaderCompleteness = folded<Committed>(
  'Leader Completeness: an entry committed in one term is in the log of every leader of a later one (figure 3.2).',
  new Committed(),
  (committed, node, before, after) => {
    const learnt = committed.learn(node, before, after);
    // A contradiction between two servers is state machine safety's finding.
    const known = typeof learnt === 'string' ? committed : learnt;
    if (!takesOffice(before, after)) return known;
    const lost = known.missing(after.disk.log, after.disk.term);
    return lost === undefined
      ? known
      : `${node} leads term ${after.disk.term} without entry ${lost} (${words(known.at(lost)!.entry)}), which was committed before`;
  },
);

const durable = always(
  'A committed entry stays in the logs of a majority, through crashes and restarts (§3.8).',
  () => {
    let committed = new Committed();
    const logs = new Map<string, Log>();
    return servers((node, before, after) => {
      if (!after) return undefined;
      const { log } = after.disk;
      const last = logs.get(node);
      const learnt = committed.learn(node, before, after);
      if (typeof learnt !== 'string') committed = learnt;
      if (last === log) return undefined;
      logs.set(node, log);
      // Only a member's log that lost something can take a majority away.
      const kept = last ? agreement(last, log) : log.lastIndex;
      if (!last || kept >= last.lastIndex || !log.members.includes(node)) return undefined;
      for (let i = Math.max(kept, log.base.index) + 1; i <= Math.min(last.lastIndex, committed.length); i++) {
        const { entry } = committed.at(i)!;
        const { members } = log;
        const holders = members.filter((id) => {
          const other = logs.get(id);
          const held = other?.at(i);
          return other && (i <= other.base.index || (held && sameEntry(held, entry)));
        }).length;
        if (holders * 2 <= members.length)
          return `entry ${i} (${words(entry)}) was committed and is now in ${holders} of ${members.length} logs, after ${node} ${before ? 'removed it' : 'restarted'}`;
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

/** How far the newer log is the older one: the last index up to which they agree, snapshots taken as agreeing. */
export function agreement(old: Log, log: Log): number {
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

export const safety = {
  'one leader per term': oneLeader,
  'leader append-only': appendOnly,
  'log matching': logMatching,
  'leader completeness': leaderCompleteness,
  'state machine safety': stateMachineSafety,
  'committed entries survive': durable,
  'each command once': once,
  linearizable,
} satisfies Record<string, Property<P>>;
