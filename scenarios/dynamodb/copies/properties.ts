import type { Monitor } from '../../../src/sim/scenario.ts';
import {
  history,
  inTheEnd,
  isAccount,
  isBase,
  isIndex,
  isRegion,
  isReplica,
  isStrong,
  only,
  type Prop,
  Puts,
  sameEntry,
  statesOf,
} from './judge.ts';
import type { P } from './params.ts';
import { ACCOUNTS } from './params.ts';
import type { Entry } from './partition.ts';

const strongReads: Prop = {
  kind: 'always',
  what: 'Strong reads are linearizable: writes and strongly consistent reads fit one order in which each takes effect between its call and its return.',
  judged: only('partition', 'regions'),
  promised: (p) => p.copies === 'partition' || p.globalMode === 'mrsc',
  monitor: () => history('get', 'linearizable'),
};

const eventualReads: Prop = {
  kind: 'always',
  what: 'Eventual reads see the latest write: nobody promises that.',
  judged: (p) => p.copies === 'partition' && p.consistency !== 'strong',
  promised: () => false,
  monitor: () => history('read', 'linearizable'),
};

const monotonic: Prop = {
  kind: 'always',
  what: 'Eventual reads never go back behind what the same application has seen (Terry et al. 1994): nobody promises that.',
  judged: (p) => p.copies === 'partition' && p.consistency !== 'strong',
  promised: () => false,
  monitor: () => history('read', 'monotonic-reads'),
};

const replicasAgree: Prop = {
  kind: 'always',
  what: 'Replicas agree: no two ever have different entries committed at one place of the log.',
  judged: only('partition'),
  fold: () => ({
    start: [] as readonly Entry[],
    changed(seen: readonly Entry[], node, _before, after) {
      if (!isReplica(after)) return seen;
      const committed = after.disk.log.slice(0, after.commit);
      const i = committed.findIndex((entry, at) => seen[at] && !sameEntry(entry, seen[at]));
      if (i >= 0)
        return `${node} has committed ${said(committed[i]!)} as entry ${i + 1}, another replica ${said(seen[i]!)}`;
      return committed.length > seen.length ? committed : seen;
    },
  }),
};
const said = (e: Entry) => (e.op === 0 ? `the beginning of term ${e.term}` : `${e.key}=${e.value}`);

const survive: Prop = {
  kind: 'always',
  what: 'Acknowledged writes survive: whoever leads and serves has every one of them in its log.',
  judged: only('partition'),
  monitor() {
    const puts = new Puts();
    return {
      listens: ['invoke', 'return'],
      event(event) {
        puts.hear(event);
        return undefined;
      },
      changed(node, before, after) {
        if (!isReplica(after) || !after.ready || (isReplica(before) && before.ready)) return undefined;
        const ops = new Set(after.disk.log.map((e) => e.op));
        for (const [op, { process }] of puts.acknowledged)
          if (!ops.has(op)) return `${node} leads without ${process}’s acknowledged write of ${op}`;
        return undefined;
      },
    };
  },
};

const indexReads: Prop = {
  kind: 'always',
  what: 'Queries of the index see the latest writes of the table: nobody promises that.',
  judged: only('index'),
  promised: () => false,
  monitor: () => stale(),
};

/** A query is stale where it lacks an item, or still has one, whose last write was over before the query began. */
export function stale(found?: (missing: boolean) => void): Monitor {
  const items = new Map<string, { value: unknown; open: number }>();
  const puts = new Map<number, { key: string; value: unknown }>();
  const queries = new Map<number, { process: string; key: string; sure: Map<string, unknown> }>();
  return {
    listens: ['invoke', 'return'],
    event(event) {
      if (event.kind === 'invoke' && event.f === 'put') {
        puts.set(event.op, event);
        const item = items.get(event.key) ?? { value: undefined, open: 0 };
        items.set(event.key, { ...item, open: item.open + 1 });
        for (const query of queries.values()) query.sure.delete(event.key);
      } else if (event.kind === 'invoke' && event.f === 'query') {
        const sure = new Map([...items].flatMap(([id, i]) => (i.open === 0 ? [[id, i.value] as const] : [])));
        queries.set(event.op, { process: event.process, key: event.key, sure });
      } else if (event.kind === 'return') {
        const put = puts.get(event.op);
        if (put && event.outcome === 'ok')
          items.set(put.key, { value: put.value, open: (items.get(put.key)?.open ?? 1) - 1 });
        const query = queries.get(event.op);
        queries.delete(event.op);
        if (!query || event.outcome !== 'ok') return undefined;
        const got = new Set(String(event.value).split(' '));
        for (const [id, value] of query.sure) {
          const missing = value === query.key && !got.has(id);
          const phantom = value !== query.key && got.has(id);
          if (!missing && !phantom) continue;
          found?.(missing);
          return missing
            ? `${query.process} asks the index what is ${query.key} and misses ${id}, which the table has as ${value}`
            : `${query.process} asks the index what is ${query.key} and gets ${id}, which the table has as ${value}`;
        }
      }
      return undefined;
    },
  };
}

const indexForward: Prop = {
  kind: 'always',
  what: 'The index never goes back: what it has of an item only becomes newer.',
  judged: only('index'),
  fold: () => ({
    start: null,
    changed(seen, node, before, after) {
      if (!isIndex(before) || !isIndex(after)) return seen;
      for (const [id, item] of Object.entries(before.items)) {
        const now = after.items[id];
        if (now && now.version < item.version)
          return `${node} goes back from ${id} ${item.value} (version ${item.version}) to ${now.value} (version ${now.version})`;
      }
      return seen;
    },
  }),
};

const indexCatchesUp: Prop = {
  kind: 'eventually',
  what: 'The index catches up: once writes and faults have ended it has what the table has.',
  judged: only('index'),
  monitor: inTheEnd(
    // Sent after the lag, and 40 ms after that again if it was lost; an exponential lag has a tail.
    (p) => 8 * p.indexLag.mean + 130 + 8 * p.azDelay.mean,
    (world) => {
      const table = statesOf(world, isBase)[0]?.state;
      const index = statesOf(world, isIndex)[0]?.state;
      if (!table || !index) return undefined;
      for (const [id, item] of Object.entries(table.items))
        if (index.items[id]?.version !== item.version)
          return `the table has ${id} ${item.value}, the index ${index.items[id]?.value ?? 'nothing'}, long after the last write`;
      return undefined;
    },
  ),
};

type Ends = Readonly<Record<string, Readonly<Record<string, number>>>>;
const allOrNothing: Prop = {
  kind: 'always',
  what: 'All or nothing: no transaction is applied to one of its items and cancelled at another.',
  judged: only('transactions'),
  fold: () => ({
    start: {} as Ends,
    changed(seen: Ends, node, before, after) {
      if (!isAccount(after) || (isAccount(before) && before.ended === after.ended)) return seen;
      for (const [tx, delta] of Object.entries(after.ended))
        for (const [other, ended] of Object.entries(seen))
          if (other !== node && tx in ended && (ended[tx] === 0) !== (delta === 0)) {
            const [yes, no] = delta === 0 ? [other, node] : [node, other];
            return `${tx} is applied to ${yes} and cancelled at ${no}: the money is half-way`;
          }
      return { ...seen, [node]: after.ended };
    },
  }),
};

const noLostUpdate: Prop = {
  kind: 'always',
  what: 'No update is lost: an item is what it was at first plus what the transactions applied to it come to.',
  judged: only('transactions'),
  fold: () => ({
    start: null,
    changed(seen, node, _before, after) {
      if (!isAccount(after)) return seen;
      const sum = Object.values(after.ended).reduce((total, delta) => total + delta, after.opening);
      return sum === after.balance
        ? seen
        : `${node} is ${after.balance}, its transactions come to ${sum}: one overwrote another`;
    },
  }),
};

const once: Prop = {
  kind: 'always',
  what: 'A retry is applied once: tries of one transfer with the same client token are one transaction.',
  judged: only('transactions'),
  promised: (p) => p.tokens === 'same' && p.tokenMinutes * 60_000 > p.copiesMs,
  fold: () => ({
    start: null,
    changed(seen, node, _before, after) {
      if (!isAccount(after)) return seen;
      const applied = Object.entries(after.ended).flatMap(([tx, delta]) =>
        delta === 0 ? [] : [tx.split('.')[0]!],
      );
      const twice = applied.find((tx, i) => applied.indexOf(tx) < i);
      return twice ? `${twice} is applied to ${node} twice: the retry was taken for another transfer` : seen;
    },
  }),
};

const addsUp = (f: 'transact-get' | 'get-each', what: string, promised: boolean): Prop => ({
  kind: 'always',
  what,
  judged: only('transactions'),
  promised: () => promised,
  monitor(p) {
    const total = p.opening * ACCOUNTS.length;
    const asked = new Map<number, string>();
    return {
      listens: ['invoke', 'return'],
      event(event) {
        if (event.kind === 'invoke' && event.f === f) asked.set(event.op, event.process);
        if (event.kind !== 'return' || event.outcome !== 'ok') return undefined;
        const process = asked.get(event.op);
        return process === undefined || event.value === total
          ? undefined
          : `${process} adds up ${event.value} instead of ${total}: half of a transfer`;
      },
    };
  },
});

const ends: Prop = {
  kind: 'eventually',
  what: 'Transactions end: no item stays prepared once faults and calls have ended.',
  judged: only('transactions'),
  monitor: inTheEnd(
    (p) => 60 + 20 * p.azDelay.mean,
    (world) => {
      const stuck = statesOf(world, isAccount).find(({ state }) => state.pending.length > 0);
      return stuck && `${stuck.id} is still prepared for ${stuck.state.pending[0]!.tx}`;
    },
  ),
};

const twoRegions: Prop = {
  kind: 'always',
  what: 'Acknowledged writes are in two Regions (RPO 0): losing one Region loses none of them.',
  judged: (p) => p.copies === 'regions' && p.globalMode === 'mrsc',
  monitor() {
    const puts = new Puts();
    const stored = new Map<number, Set<string>>();
    return {
      listens: ['invoke', 'return'],
      changed(node, _before, after) {
        const ops = isStrong(after)
          ? Object.values(after.slots).flatMap((slot) => slot.held.ops)
          : isRegion(after)
            ? Object.values(after.items).flatMap((v) => [v.op, ...v.knew])
            : [];
        for (const op of ops) {
          const where = stored.get(op) ?? new Set();
          stored.set(op, where.add(node));
        }
        return undefined;
      },
      event(event) {
        const op = puts.hear(event);
        if (op === undefined || (stored.get(op)?.size ?? 0) >= 2) return undefined;
        return `the write of ${op} is acknowledged and in ${[...(stored.get(op) ?? [])][0] ?? 'no Region'} alone`;
      },
    };
  },
};

const noWriteLost: Prop = {
  kind: 'always',
  what: 'No acknowledged write is lost: in the end it is held, or what replaced it knew of it.',
  judged: only('regions'),
  promised: (p) => p.globalMode === 'mrsc',
  monitor() {
    const puts = new Puts();
    return {
      listens: ['invoke', 'return'],
      event(event) {
        puts.hear(event);
        return undefined;
      },
      end(world) {
        // A Region that is down may hold what the others miss; it is asked when it is back.
        if (world.actors.some((a) => !world.up(a.id))) return undefined;
        const lost = lostWrites(puts, world);
        const [first] = lost;
        return first === undefined
          ? undefined
          : `${first[1].process}’s write of ${first[0]} was acknowledged and overwritten by one that knew nothing of it${lost.length > 1 ? ` (and ${lost.length - 1} more)` : ''}`;
      },
    };
  },
};

export function lostWrites(puts: Puts, world: Parameters<typeof statesOf>[0]) {
  const kept = new Set([
    ...statesOf(world, isRegion).flatMap(({ state }) =>
      [...Object.values(state.items), ...state.outbox.map((p) => p.version)].flatMap((v) => [
        v.op,
        ...v.knew,
      ]),
    ),
    ...statesOf(world, isStrong).flatMap(({ state }) =>
      Object.values(state.slots).flatMap((slot) => slot.held.ops),
    ),
  ]);
  return [...puts.acknowledged].filter(([op]) => !kept.has(op));
}

const ownWrites: Prop = {
  kind: 'always',
  what: 'Strong reads see the Region’s own writes: what an application wrote there is seen there, or something later.',
  judged: only('regions'),
  monitor: () => history('get', 'read-your-writes'),
};

const converge: Prop = {
  kind: 'eventually',
  what: 'Regions converge: once writes and faults have ended all Regions have the same version of every item.',
  judged: (p) => p.copies === 'regions' && p.globalMode === 'mrec',
  monitor: inTheEnd(
    // Shipped after the lag, and again every 120 ms; an exponential lag has a tail.
    (p) => 8 * p.regionLag.mean + 380 + 4 * p.regionDelay.mean,
    (world) => {
      const regions = statesOf(world, isRegion);
      const words = regions.map(({ id, state }) => ({
        id,
        text: JSON.stringify(Object.values(state.items).map((v) => v.op)),
        shown: Object.values(state.items).map((v) => v.value),
      }));
      const other = words.find((w) => w.text !== words[0]!.text);
      return other && `${words[0]!.id} has ${words[0]!.shown} and ${other.id} ${other.shown}, for good`;
    },
  ),
};

const seen = (what: string, judged: (p: P) => boolean, monitor: () => Monitor): Prop => ({
  kind: 'sometimes',
  what,
  judged,
  monitor,
});

export const properties = {
  'strong reads are linearizable': strongReads,
  'eventual reads never go back': monotonic,
  'eventual reads see the latest write': eventualReads,
  'replicas agree': replicasAgree,
  'acknowledged writes survive': survive,
  'index queries see the latest write': indexReads,
  'the index never goes back': indexForward,
  'the index catches up': indexCatchesUp,
  'all or nothing': allOrNothing,
  'no update is lost': noLostUpdate,
  'a retry is applied once': once,
  'transactional reads add up': addsUp(
    'transact-get',
    'Transactional reads add up: TransactGetItems sees all of a transaction or nothing.',
    true,
  ),
  'item by item reads add up': addsUp(
    'get-each',
    'Item by item reads add up: strong reads of several items are one moment. Nobody promises that.',
    false,
  ),
  'transactions end': ends,
  'strong reads see the Region’s own writes': ownWrites,
  'acknowledged writes are in two Regions': twoRegions,
  'no acknowledged write is lost': noWriteLost,
  'Regions converge': converge,
  'a new leader waits for the lease': seen(
    'A new leader is elected while the lease of the old one still runs.',
    only('partition'),
    () => ({
      changed: (node, _before, after) =>
        isReplica(after) && after.role === 'leader' && !after.ready ? `${node} waits` : undefined,
    }),
  ),
  'a transaction is cancelled by another': seen(
    'An item refuses a transaction because another is under way.',
    only('transactions'),
    () => ({
      event: (event) =>
        event.kind === 'note' && event.text.startsWith('has a transaction') ? event.text : undefined,
    }),
  ),
} satisfies Record<string, Prop>;
