import type { Finding, Fold, Property } from '../../src/sim/scenario.ts';
import { Undisturbed } from '../../src/sim/undisturbed.ts';
import type { ClientState } from './client.ts';
import { type Account, euros, evolve, NOBODY, name, type Stored, upcast } from './domain.ts';
import type { HandlerState } from './handler.ts';
import { lengthOf, type P } from './params.ts';
import type { ProjectionState, Row } from './projection.ts';
import { POST, SNAPSHOTS, STORE } from './protocol.ts';
import { type CacheState, type PostState, type StoreState, streamOf } from './store.ts';

/**
 * An auditor who reads the log himself, with an upcaster and a fold of his own, and holds everybody else's words
 * against it. His log survives the store's crashes; what the store loses in one, nobody has seen.
 */
type Log = readonly Stored[];

export function accountAt(log: Log, stream: string, version: number): Account {
  let account = NOBODY;
  for (const e of log) if (e.stream === stream && e.version <= version) account = evolve(account, upcast(e));
  return account;
}

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

interface Seen {
  readonly log: Log;
}

/** What each new event in the log must be like. */
const appended = (each: (e: Stored, log: Log) => Finding) => (): Fold<Seen> => ({
  start: { log: [] },
  changed(seen, node, _before, after) {
    const log = node === STORE && after ? (after as StoreState).log : seen.log;
    if (log === seen.log) return seen;
    for (const e of log) {
      const found = seen.log.includes(e) ? undefined : each(e, log);
      if (found) return found;
    }
    return { log };
  },
});

/** What everybody else’s states must be like, the log given. */
const against =
  (judge: (log: Log, node: string, after: unknown, before: unknown) => Finding) => (): Fold<Seen> => ({
    start: { log: [] },
    changed(seen, node, before, after) {
      if (after === undefined) return seen;
      if (node === STORE) {
        const { log } = after as StoreState;
        return log === seen.log ? seen : { log };
      }
      return judge(seen.log, node, after, before) ?? seen;
    },
  });

const handlerOf = (state: unknown) => (state as Partial<HandlerState>).work;
const keptOf = (state: unknown) => (state as Partial<ProjectionState> | undefined)?.kept;

/** The highest position a node has seen events of. */
function seenBy(state: unknown): number {
  const { inbox, handled } = state as Partial<ProjectionState>;
  if (handled !== undefined) return Math.max(handled, inbox?.at(-1)?.position ?? 0);
  const { told } = state as Partial<ClientState>;
  if (told) return told.position;
  return handlerOf(state)?.tail.at(-1)?.position ?? 0;
}

interface Visible extends Seen {
  /** positions up to this one have been seen outside the store */
  readonly upTo: number;
}

const appendOnly = (): Fold<Visible> => ({
  start: { log: [], upTo: 0 },
  changed(seen, node, before, after) {
    if (after === undefined) return seen;
    if (node !== STORE) {
      const upTo = Math.max(seen.upTo, seenBy(after));
      return upTo === seen.upTo ? seen : { ...seen, upTo };
    }
    const { log } = after as StoreState;
    if (log === seen.log) return seen;
    // After a crash only what somebody has seen must still be there.
    const fixed = before === undefined ? seen.log.slice(0, seen.upTo) : seen.log;
    for (const [i, was] of fixed.entries()) {
      const is = log[i];
      if (is === undefined) return `${name(was)}, which others have seen, is gone from the store`;
      if (!same(was, is))
        return was.command === is.command
          ? `${name(was)} was changed in the store`
          : `${name(was)} of ${was.command || 'the history'} was overwritten by ${is.command}: a lost update`;
    }
    const heads: Record<string, number> = {};
    for (const [i, e] of log.entries()) {
      const version = (heads[e.stream] ?? 0) + 1;
      if (e.position !== i + 1 || e.version !== version)
        return `${name(e)} stands where version ${version} belongs`;
      heads[e.stream] = version;
    }
    return { ...seen, log };
  },
});

/** A row in a reader's words; whatever may differ between two folds is in them. */
const told = ({ cents, declined, at }: Row): string =>
  `${euros(cents)} (${declined} declined, last event at ${Math.round(at / 1000)} ms)`;

/** Each row a projection has ever had at a version: the second time it must be the same. */
const deterministic = (): Fold<Readonly<Record<string, Row>>> => ({
  start: {},
  changed(seen, node, before, after) {
    const view = keptOf(after)?.view;
    if (!view || view === keptOf(before)?.view) return seen;
    let next = seen;
    for (const [stream, row] of Object.entries(view)) {
      const key = `${node} ${stream}@${row.version}`;
      const first = seen[key];
      if (first === undefined) next = { ...next, [key]: row };
      else if (!same(first, row))
        return `${node} folded ${stream}@${row.version} to ${told(first)} and now to ${told(row)}`;
    }
    return next;
  },
});

/** Time after which everything lost has been asked for again several times, µs. */
const CALM = 1_200_000;

export const properties: Record<string, Property<P>> = {
  'append-only, without gaps': {
    kind: 'always',
    what: 'versions of a stream are 1, 2, 3 …; an event that somebody has seen never changes and never goes (Kurrent docs)',
    fold: appendOnly,
  },
  'no account below zero': {
    kind: 'always',
    what: 'whatever commands run side by side, the balance after every event is at least zero',
    fold: appended((e, log) => {
      const { cents } = accountAt(log, e.stream, e.version);
      return cents < 0
        ? `${name(e)} takes ${e.stream} to ${euros(cents)}: decided on a state that was no longer true`
        : undefined;
    }),
  },
  'a command takes effect once': {
    kind: 'always',
    what: 'however often a command is sent and tried, one event at most carries its id',
    fold: appended((e, log) => {
      const first = log.find((x) => x.command === e.command);
      return e.command !== '' && first !== e && first
        ? `${e.command} took effect as ${name(first)} and again as ${name(e)}`
        : undefined;
    }),
  },
  'snapshot and tail equal all events': {
    kind: 'always',
    what: 'a state folded from a snapshot and what follows is the state folded from the first event on (Fowler 2005; Young 2010)',
    fold: against((log, node, after) => {
      const { held } = after as Partial<CacheState>;
      for (const [stream, it] of Object.entries(node === SNAPSHOTS ? (held ?? {}) : {}))
        if (accountAt(log, stream, it.version).cents !== it.cents)
          return `the snapshot of ${stream}@${it.version} says ${euros(it.cents)}, the events say ${euros(accountAt(log, stream, it.version).cents)}`;
      const work = handlerOf(after);
      if (!work?.account) return undefined;
      const { version, cents } = work.account;
      const right = accountAt(log, work.order.account, version).cents;
      return right === cents
        ? undefined
        : `${node} takes ${work.order.account}@${version} for ${euros(cents)}, its events say ${euros(right)}`;
    }),
  },
  'a projection is the fold of its events': {
    kind: 'always',
    what: 'each row of a read model equals the fold of its stream up to the row’s version: nothing missing, nothing twice',
    fold: against((log, node, after, before) => {
      const view = keptOf(after)?.view;
      if (!view || view === keptOf(before)?.view) return undefined;
      for (const [stream, row] of Object.entries(view)) {
        const { cents } = accountAt(log, stream, row.version);
        if (row.cents !== cents)
          return `${node} shows ${euros(row.cents)} for ${stream}@${row.version}, its events say ${euros(cents)}`;
      }
      return undefined;
    }),
  },
  'nothing before the checkpoint is missing': {
    kind: 'always',
    what: 'a checkpoint never runs ahead of the view: a crash at any moment loses no event',
    fold: against((log, node, after, before) => {
      const kept = keptOf(after);
      if (!kept || kept === keptOf(before)) return undefined;
      const lost = log.find(
        (e) => e.position <= kept.checkpoint && e.version > (kept.view[e.stream]?.version ?? 0),
      );
      return lost
        ? `the checkpoint of ${node} is ${kept.checkpoint}, but ${name(lost)} is not in its view: a crash now loses it`
        : undefined;
    }),
  },
  'a replay gives the same view': {
    kind: 'always',
    what: 'folding is deterministic: the same events give the same rows whenever they are folded',
    fold: deterministic,
  },
  'a replay mails nothing': {
    kind: 'always',
    what: 'folding old events again has no side effects: a receipt that has gone out is never ordered anew',
    judged: (p) => p.mailer,
    fold: () => ({
      start: [] as readonly string[],
      changed(gone: readonly string[], node, before, after) {
        const [was, is] = [keptOf(before)?.outbox, keptOf(after)?.outbox];
        if (!was || !is || was === is) return gone;
        const again = is.find((about) => !was.includes(about) && gone.includes(about));
        if (again) return `${node} orders the receipt for ${again} anew, which had gone out long ago`;
        return [...new Set([...gone, ...was.filter((about) => !is.includes(about))])];
      },
    }),
  },
  'nobody is mailed twice': {
    kind: 'always',
    what: 'a mail that is tried again carries the same key, so that the provider sends one receipt an event',
    judged: (p) => p.mailer,
    // A provider that forgets keys before a retry comes cannot tell it from a new mail.
    promised: (p) => p.remember >= lengthOf(p),
    fold: () => ({
      start: null,
      changed(seen, node, _before, after) {
        if (node !== POST || !after) return seen;
        const { sent } = after as PostState;
        const twice = sent.find((mail, i) => sent.findIndex((x) => x.about === mail.about) < i);
        return twice ? `the receipt for ${twice.about} went out twice` : seen;
      },
    }),
  },
  'every schema is understood': {
    kind: 'always',
    what: 'upcasting is total: each event a handler reads, however old, arrives in today’s form (Young, Versioning in an Event Sourced System)',
    fold: against((log, node, after) => {
      const work = handlerOf(after);
      if (!work?.account || work.phase === 'load' || work.phase === 'cache') return undefined;
      const skipped = streamOf(log, work.order.account).find(
        (e) =>
          e.version > work.base.version &&
          e.version <= (work.account?.version ?? 0) &&
          !work.tail.some((f) => f.version === e.version),
      );
      return skipped
        ? `${node} skips ${name(skipped)}, written in schema v${skipped.schema}, and decides without it`
        : undefined;
    }),
  },
  'the answer is true': {
    kind: 'always',
    what: 'what a client is told of its command stands in the stream, at the version it was told',
    fold: against((log, node, after) => {
      const { told } = after as Partial<ClientState>;
      if (!told) return undefined;
      const event = log.find((e) => e.stream === told.account && e.version === told.version);
      if (event?.command === told.id && upcast(event).type === told.kind) return undefined;
      const there = event ? `there is ${event.command || 'the history'}` : 'nothing is there';
      return `${node} was told that ${told.id} is ${told.account}@${told.version}: ${there}`;
    }),
  },
  'clients see their own writes': {
    kind: 'always',
    what: 'a client that reads the view after its command finds at least the version the command returned',
    judged: (p) => p.reads,
    promised: (p) => p.wait,
    fold: () => ({
      start: null,
      changed(seen, node, before, after) {
        const read = (after as Partial<ClientState> | undefined)?.read;
        if (!read || read === (before as Partial<ClientState> | undefined)?.read || read.version >= read.need)
          return seen;
        return `${node} wrote ${read.account}@${read.need} and then reads ${read.account}@${read.version}`;
      },
    }),
  },
  'projections catch up': {
    kind: 'eventually',
    what: 'once faults are over and nothing is written, every read model stands at the head of the log and every receipt is out',
    monitor(p) {
      const calm = new Undisturbed(p.loss > 0.3);
      let written = 0;
      let log: Log = [];
      return {
        listens: ['fault'],
        event(e) {
          calm.hear(e);
          return undefined;
        },
        changed(node, _before, after, world) {
          if (node === STORE && after && (after as StoreState).log !== log) {
            log = (after as StoreState).log;
            written = world.now;
          }
          return undefined;
        },
        end(world) {
          const since = calm.since(world);
          const work = log.length * p.apply.mean * 2000 + p.ask * 4000 + p.disk.mean * log.length * 2000;
          if (since === undefined || world.now - Math.max(since, written, p.rebuildAt * 1000) < CALM + work)
            return undefined;
          for (const { id, part } of world.actors) {
            const kept = keptOf(world.state(id));
            if (!kept) continue;
            const late = log.find((e) => (kept.view[e.stream]?.version ?? 0) < e.version);
            if (late) return `${id} never gets to ${name(late)}`;
            const unsent = part === 'mailer' ? kept.outbox[0] : undefined;
            if (unsent) return `the receipt for ${unsent} never goes out`;
          }
          return undefined;
        },
      };
    },
  },
  'a conflict is refused': {
    kind: 'sometimes',
    what: 'two commands decide on the same version and one of them is refused',
    monitor: () => ({
      changed: (_node, _before, after) =>
        (handlerOf(after ?? {})?.tries ?? 0) > 0 ? 'a second try' : undefined,
    }),
  },
  'an event is delivered twice': {
    kind: 'sometimes',
    what: 'a projection is given an event it has had',
    monitor: () => ({
      changed: (_node, _before, after) =>
        ((after as Partial<ProjectionState> | undefined)?.absorbed ?? 0) > 0 ? 'absorbed' : undefined,
    }),
  },
  'a decision changes after a conflict': {
    kind: 'sometimes',
    what: 'what was possible at the version first read is declined after reloading',
    monitor: () => ({
      changed(_node, _before, after) {
        const work = handlerOf(after ?? {});
        return work?.draft?.type === 'Declined' && work.tries > 0 ? work.order.id : undefined;
      },
    }),
  },
};
