import type { Monitor } from '../../../src/sim/scenario.ts';
import { inTheEnd, isBase, isIndex, only, type Prop, statesOf } from './judge.ts';

/** What an index promises: to catch up, never to go back. Not to be current. */

export const indexReads: Prop = {
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

export const indexForward: Prop = {
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

export const indexCatchesUp: Prop = {
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
