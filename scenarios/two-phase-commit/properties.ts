import type { Finding, Fold, Property, World } from '../../src/sim/scenario.ts';
import { Undisturbed } from '../../src/sim/undisturbed.ts';
import type { CoordinatorState } from './coordinator.ts';
import type { P } from './params.ts';
import type { ParticipantState, Stage } from './participant.ts';
import { COORDINATOR, START_BALANCE } from './protocol.ts';

type Decided = 'committed' | 'aborted';

/** What has been decided so far, where, and whether a crash can undo it. Plain data: the explorer keeps many. */
interface Seen {
  readonly decided: Readonly<Record<string, Readonly<Record<string, Decided>>>>;
  /** participants whose yes, or more, is on their disk */
  readonly yes: Readonly<Record<string, readonly string[]>>;
  /** participants whose commit is on their disk */
  readonly done: Readonly<Record<string, readonly string[]>>;
}

const NOTHING: Seen = { decided: {}, yes: {}, done: {} };

export const isParticipant = (state: unknown): state is ParticipantState =>
  typeof state === 'object' && state !== null && 'branches' in state;
export const isCoordinator = (state: unknown): state is CoordinatorState =>
  typeof state === 'object' && state !== null && 'transactions' in state;

function decisionsOf(state: ParticipantState | CoordinatorState): Record<string, Decided> {
  const found: Record<string, Decided> = {};
  if (isParticipant(state)) {
    for (const [tx, b] of Object.entries(state.branches))
      if (b.is === 'committed' || b.is === 'aborted') found[tx] = b.is;
  } else
    for (const [tx, t] of Object.entries(state.transactions))
      if (t.phase === 'committed' || t.phase === 'aborted') found[tx] = t.phase;
  return found;
}

function onDisk(
  known: Seen['yes'],
  node: string,
  state: ParticipantState,
  kinds: readonly string[],
): Seen['yes'] {
  let next = known;
  for (const [tx, record] of Object.entries(state.disk.records))
    if (kinds.includes(record.is) && !next[tx]?.includes(node))
      next = { ...next, [tx]: [...(next[tx] ?? []), node].sort() };
  return next;
}

/**
 * Takes one state change into what is known. An abort that was not forced and is lost in a crash was no decision yet:
 * nobody may rely on it. A commit is for good.
 */
function take(seen: Seen, node: string, before: unknown, after: unknown): Seen {
  const own = seen.decided[node] ?? {};
  if (after === undefined) {
    if (!isParticipant(before)) return seen;
    const kept = Object.entries(own).filter(
      ([tx, d]) => d === 'committed' || before.disk.records[tx]?.is === 'aborted',
    );
    if (kept.length === Object.keys(own).length) return seen;
    return { ...seen, decided: { ...seen.decided, [node]: Object.fromEntries(kept) } };
  }
  if (!isParticipant(after) && !isCoordinator(after)) return seen;
  let { decided, yes, done } = seen;
  const fresh = Object.entries(decisionsOf(after)).filter(([tx, d]) => own[tx] !== d);
  if (fresh.length > 0) decided = { ...decided, [node]: { ...own, ...Object.fromEntries(fresh) } };
  if (isParticipant(after)) {
    yes = onDisk(yes, node, after, ['prepared', 'committed']);
    done = onDisk(done, node, after, ['committed']);
  }
  return decided === seen.decided && yes === seen.yes && done === seen.done ? seen : { decided, yes, done };
}

type Check = (before: Seen, after: Seen, node: string, from: unknown, to: unknown) => Finding;

const fold =
  (check: (participants: readonly string[]) => Check) =>
  (p: P): Fold<Seen> => {
    const test = check(Array.from({ length: p.participants }, (_, i) => `p${i + 1}`));
    return {
      start: NOTHING,
      changed(seen, node, before, after) {
        const next = take(seen, node, before, after);
        return test(seen, next, node, before, after) ?? next;
      },
    };
  };

/** what `node` has newly decided in this step */
const news = (before: Seen, after: Seen, node: string): [string, Decided][] =>
  before.decided[node] === after.decided[node]
    ? []
    : Object.entries(after.decided[node] ?? {}).filter(([tx, d]) => before.decided[node]?.[tx] !== d);

const atomicity: Property<P> = {
  kind: 'always',
  what: 'no participant commits a transaction that another aborts (BHG 1987, AC1)',
  fold: fold((all) => (before, after, node) => {
    if (!all.includes(node)) return undefined;
    for (const [tx, decision] of news(before, after, node)) {
      const other = all.find((p) => p !== node && (after.decided[p]?.[tx] ?? decision) !== decision);
      if (other) return `${node} has ${decision} ${tx}, and ${other} has ${after.decided[other]![tx]} it`;
    }
    return undefined;
  }),
};

const final: Property<P> = {
  kind: 'always',
  what: 'a node that has committed or durably aborted never changes its mind (AC2)',
  fold: fold((all) => (before, after, node) => {
    if (!all.includes(node)) return undefined;
    for (const [tx, decision] of news(before, after, node)) {
      const was = before.decided[node]?.[tx];
      if (was) return `${node} had ${was} ${tx} and has now ${decision} it`;
    }
    return undefined;
  }),
};

const unanimous: Property<P> = {
  kind: 'always',
  what: 'nobody commits unless every participant’s yes is on its disk (AC3)',
  fold: fold((all) => (before, after, node) => {
    for (const [tx, decision] of news(before, after, node)) {
      if (decision !== 'committed') continue;
      const missing = all.filter((p) => !after.yes[tx]?.includes(p));
      if (missing.length > 0)
        return `${node} has committed ${tx}, and there is no yes on the disk of ${missing.join(', ')}`;
    }
    return undefined;
  }),
};

const UNCERTAIN: readonly Stage[] = ['preparing', 'prepared'];

const bound: Property<P> = {
  kind: 'always',
  what: 'a participant that voted yes aborts only after the coordinator, or one that had not voted, has aborted',
  fold: fold((all) => (before, after, node, from) => {
    if (!all.includes(node) || !isParticipant(from)) return undefined;
    for (const [tx, decision] of news(before, after, node)) {
      if (decision !== 'aborted' || from.branches[tx]?.is !== 'prepared') continue;
      const decided = [COORDINATOR, ...all].some((n) => n !== node && before.decided[n]?.[tx] === 'aborted');
      if (!decided) return `${node} aborts ${tx} alone, after it had voted yes`;
    }
    return undefined;
  }),
};

const remembered: Property<P> = {
  kind: 'always',
  what: 'the coordinator forgets a commit only when it is on every participant’s disk',
  fold: fold((all) => (_before, after, node, from, to) => {
    if (node !== COORDINATOR || !isCoordinator(from) || !isCoordinator(to)) return undefined;
    for (const [tx, t] of Object.entries(from.transactions)) {
      if ((t.phase !== 'committed' && t.phase !== 'committing') || to.transactions[tx]) continue;
      const missing = all.filter((p) => !after.done[tx]?.includes(p));
      if (missing.length > 0)
        return `the coordinator forgets ${tx} before it is on the disk of ${missing.join(', ')}`;
    }
    return undefined;
  }),
};

const ms = (us: number) => `${Math.round(us / 1000)} ms`;
const participantsOf = (world: World) =>
  world.actors.filter((a) => a.part === 'participant').map((a) => a.id);

const truth: Property<P> = {
  kind: 'always',
  what: 'a client that is told “committed” or “aborted” is told the truth, for ever',
  monitor() {
    const asked = new Map<number, string>();
    const told = new Map<string, Decided>();
    const decided = new Map<string, Map<string, Decided>>();
    const check = (): Finding => {
      for (const [tx, answer] of told)
        for (const [node, d] of decided.get(tx) ?? [])
          if (d !== answer) return `the client was told that ${tx} is ${answer}, and ${node} has ${d} it`;
      return undefined;
    };
    return {
      listens: ['invoke', 'return'],
      changed(node, before, after) {
        if (!isParticipant(after)) return undefined;
        for (const [tx, b] of Object.entries(after.branches)) {
          if ((b.is !== 'committed' && b.is !== 'aborted') || before?.branches?.[tx] === b) continue;
          if (!decided.has(tx)) decided.set(tx, new Map());
          decided.get(tx)!.set(node, b.is);
        }
        return check();
      },
      event(e) {
        if (e.kind === 'invoke' && e.f === 'transfer') asked.set(e.op, e.key);
        if (e.kind !== 'return' || !asked.has(e.op)) return undefined;
        // A request seen in a later life of the coordinator is another transaction, under another name.
        if (e.outcome === 'ok') told.set(String(e.value ?? asked.get(e.op)), 'committed');
        if (e.outcome === 'fail') told.set(asked.get(e.op)!, 'aborted');
        return check();
      },
    };
  },
};

const clean: Property<P> = {
  kind: 'always',
  what: 'a local read sees committed data only: the row stays locked until the decision (strict two-phase locking)',
  monitor() {
    const asked = new Map<number, string>();
    const values = new Map<string, Set<number>>();
    return {
      listens: ['invoke', 'return'],
      changed(node, before, after) {
        if (!isParticipant(after)) return undefined;
        if (!values.has(node)) values.set(node, new Set([START_BALANCE]));
        if (before?.disk !== after.disk) values.get(node)!.add(after.disk.balance);
        return undefined;
      },
      event(e) {
        if (e.kind === 'invoke' && e.f === 'get') asked.set(e.op, e.key);
        if (e.kind !== 'return' || e.outcome !== 'ok') return undefined;
        const key = asked.get(e.op);
        if (key === undefined || values.get(key)?.has(e.value as number)) return undefined;
        return `a client read ${e.value} at ${key}, which no committed transaction has written`;
      },
    };
  },
};

/** Everything that can still be waited for once the network is quiet, µs. */
function patience(p: P): number {
  const once = p.timeout + p.doubt + p.resend + 8 * p.latency.mean + 6 * p.disk.mean + p.work.mean;
  return once * 1000 * (p.loss > 0 ? 4 : 1);
}

const decidedAtLast: Property<P> = {
  kind: 'eventually',
  what: 'once every node is up and the network whole, every transaction is decided everywhere (AC5)',
  monitor(p) {
    const calm = new Undisturbed(p.loss > 0.3);
    const begun = new Map<string, number>();
    return {
      listens: ['fault'],
      event(e) {
        calm.hear(e);
        return undefined;
      },
      changed(_node, _before, after, world) {
        if (isParticipant(after))
          for (const tx of Object.keys(after.branches)) if (!begun.has(tx)) begun.set(tx, world.now);
        return undefined;
      },
      end(world) {
        const since = calm.since(world);
        if (since === undefined) return undefined;
        const coordinator = world.state(COORDINATOR);
        for (const node of participantsOf(world)) {
          const state = world.state(node);
          if (!isParticipant(state) || !isCoordinator(coordinator)) return undefined;
          for (const [tx, at] of begun) {
            if (world.now - Math.max(at, since) < patience(p)) continue;
            const is = state.branches[tx]?.is;
            if (coordinator.log.records[tx] === 'committed' && is !== 'committed')
              return `${tx} was committed, and ${node} has not done it`;
            if (is !== undefined && is !== 'committed' && is !== 'aborted')
              return `${node} still does not know at ${ms(world.now)} what became of ${tx}`;
          }
        }
        return undefined;
      },
    };
  },
};

/** How long each participant has been in doubt, µs. */
export class Doubts {
  readonly since = new Map<string, { node: string; tx: string; at: number }>();

  /** returns how long each doubt lasted that ends here; a crashed node waits for nothing */
  see(node: string, after: unknown, now: number): { node: string; tx: string; us: number }[] {
    const ended: { node: string; tx: string; us: number }[] = [];
    const doubtful = isParticipant(after)
      ? Object.keys(after.branches).filter((tx) => after.branches[tx]!.is === 'prepared')
      : [];
    for (const [key, d] of this.since)
      if (d.node === node && !doubtful.includes(d.tx)) {
        this.since.delete(key);
        ended.push({ node, tx: d.tx, us: now - d.at });
      }
    for (const tx of doubtful)
      if (!this.since.has(`${node} ${tx}`)) this.since.set(`${node} ${tx}`, { node, tx, at: now });
    return ended;
  }
}

const nonBlocking: Property<P> = {
  kind: 'always',
  what: 'no running participant waits in doubt for longer than twice its timeout. Two-phase commit cannot promise it: nobody but the coordinator knows (Skeen 1981; BHG 1987, section 7.4)',
  promised: () => false,
  monitor(p) {
    const doubts = new Doubts();
    const limit = 2 * p.doubt * 1000;
    const late = (now: number): Finding => {
      for (const d of doubts.since.values())
        if (now - d.at > limit)
          return `${d.node} has been in doubt about ${d.tx} for ${ms(limit)} and keeps its row locked`;
      return undefined;
    };
    return {
      changed(node, _before, after, world) {
        doubts.see(node, after, world.now);
        return late(world.now);
      },
      event: (e) => late(e.at),
      end: (world) => late(world.now),
    };
  },
};

const orphaned: Property<P> = {
  kind: 'sometimes',
  what: 'a participant is in doubt while the coordinator is down',
  monitor: () => ({
    changed(node, _before, after, world) {
      if (node !== COORDINATOR || after !== undefined) return undefined;
      return participantsOf(world).find((p) => {
        const state = world.state(p);
        return isParticipant(state) && Object.values(state.branches).some((b) => UNCERTAIN.includes(b.is));
      });
    },
  }),
};

const hearsay: Property<P> = {
  kind: 'sometimes',
  what: 'a participant in doubt learns the decision from another participant',
  monitor: () => ({
    listens: ['send'],
    event: (e) =>
      e.kind === 'send' && (e.type === 'Commit' || e.type === 'Abort') && e.from !== COORDINATOR
        ? `${e.from} tells ${e.to}`
        : undefined,
  }),
};

export const properties: Record<string, Property<P>> = {
  atomicity,
  'no decision is reversed': final,
  'commit needs every yes': unanimous,
  'a yes-voter never aborts alone': bound,
  'a commit is remembered until it is everywhere': remembered,
  'clients are told the truth': truth,
  'only committed data is read': clean,
  'decided once everybody is up': decidedAtLast,
  'nobody is blocked in doubt': nonBlocking,
  'in doubt without a coordinator': orphaned,
  'told by another participant': hearsay,
};
