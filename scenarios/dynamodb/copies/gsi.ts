import { become, later, note, type Protocol, sample, save, send, set } from '../../../src/sim/protocol.ts';
import type { Value } from '../../../src/sim/trace.ts';
import { MS, type P } from './params.ts';
import { type AppMessage, answer, firstSight, type Request, refuse, type Seen } from './wire.ts';

/**
 * A table and its global secondary index: a second table with its own partitions, kept up from the first one's changes
 * (Developer Guide, "Using Global Secondary Indexes": propagated asynchronously, reads are eventually consistent).
 * The table answers a write once the item is durable; what the index still lacks waits in an outbox, is sent after the
 * index lag, and again until the index has said that it has it. Each of the two actors stands for a replicated partition.
 *
 *   Change   table → index   item, version, new attribute
 *   Applied  index → table   I have this version or a later one
 */
export type IndexMessage =
  | { readonly type: 'Change'; readonly item: string; readonly version: number; readonly value: Value }
  | { readonly type: 'Applied'; readonly item: string; readonly version: number }
  | AppMessage;

export interface Item {
  readonly version: number;
  readonly value: Value;
}

export interface BaseState {
  readonly kind: 'base';
  readonly items: Readonly<Record<string, Item>>;
  /** versions of each item the index has not confirmed, with the µs they were written */
  readonly outbox: Readonly<Record<string, readonly (Item & { readonly at: number })[]>>;
  readonly seen: Seen;
}

export interface IndexState {
  readonly kind: 'index';
  readonly items: Readonly<Record<string, Item>>;
}

export interface IndexRules {
  /** a change older than what the index has is not applied */
  readonly heedsVersion: boolean;
  /** what was not confirmed is sent again */
  readonly repeats: boolean;
}
export const INDEX: IndexRules = { heedsVersion: true, repeats: true };

const AGAIN_MS = 40;
/** Both lanes show the order’s status by colour: what lags is seen as a shift. */
const bar = (items: BaseState['items']) => become(String(Object.values(items)[0]?.value ?? 'empty'));

const waiting = (outbox: BaseState['outbox']) =>
  Object.values(outbox).reduce((n, list) => n + list.length, 0);

/** How far the index is behind: the age of the oldest change it has not confirmed. */
const behind = (outbox: BaseState['outbox'], now: number) => {
  const oldest = Math.min(...Object.values(outbox).flatMap((list) => list.map((c) => c.at)));
  return Number.isFinite(oldest) ? (now - oldest) / MS : 0;
};
const SAMPLE_US = 5 * MS;

type Timer = 'ship' | 'again' | 'sample';
type Disk = Pick<BaseState, 'items' | 'outbox'>;

export function base(rules: IndexRules = INDEX): Protocol<BaseState, IndexMessage, Timer, P> {
  const change = (to: string, item: string, { version, value }: Item) =>
    send<IndexMessage>(to, { type: 'Change', item, version, value }, `${item} ${value}`);
  return {
    start(_here, saved) {
      const { items, outbox } = (saved as Disk | undefined) ?? { items: {}, outbox: {} };
      return [
        { kind: 'base', items, outbox, seen: {} },
        bar(items),
        set('sample', SAMPLE_US),
        ...(rules.repeats ? [set<Timer>('again', AGAIN_MS * MS)] : []),
      ];
    },
    on: {
      Request(s, m, from, here) {
        const seen = firstSight(s.seen, from, m);
        if (!seen) return [s];
        if (m.f !== 'put') return [{ ...s, seen }, answer(from, m, s.items[m.key]?.value ?? null)];
        const item = { version: (s.items[m.key]?.version ?? 0) + 1, value: m.value };
        const items = { ...s.items, [m.key]: item };
        const outbox = { ...s.outbox, [m.key]: [...(s.outbox[m.key] ?? []), { ...item, at: here.uptime }] };
        return [
          { ...s, seen, items, outbox },
          bar(items),
          save({ items, outbox }),
          answer(from, m, null),
          later('ship', here.draw(here.params.indexLag), [m.key, item]),
        ];
      },
      Applied(s, m) {
        const left = (s.outbox[m.item] ?? []).filter((c) => c.version > m.version);
        if (left.length === (s.outbox[m.item] ?? []).length) return [s];
        const outbox = { ...s.outbox, [m.item]: left };
        return [{ ...s, outbox }, save({ items: s.items, outbox })];
      },
      Change: (s) => [s],
      Answer: (s) => [s],
      Refusal: (s) => [s],
    },
    after: {
      ship(s, here, data) {
        const [item, changed] = data as [string, Item];
        return [s, ...here.part('gsi').map((to) => change(to, item, changed))];
      },
      again(s, here) {
        // What was written a moment ago is still on its way.
        const old = Object.entries(s.outbox).flatMap(([item, list]) =>
          list.filter((c) => here.uptime - c.at > 2 * AGAIN_MS * MS).map((c) => [item, c] as const),
        );
        return [
          s,
          ...here.part('gsi').flatMap((to) => old.map(([item, c]) => change(to, item, c))),
          set('again', AGAIN_MS * MS),
        ];
      },
      sample: (s, here) => [
        s,
        sample('index behind', behind(s.outbox, here.uptime)),
        sample('waiting for the index', waiting(s.outbox)),
        set('sample', SAMPLE_US),
      ],
    },
  };
}

export function index(rules: IndexRules = INDEX): Protocol<IndexState, IndexMessage, never, P> {
  return {
    start(_here, saved) {
      const items = (saved as IndexState['items'] | undefined) ?? {};
      return [{ kind: 'index', items }, bar(items)];
    },
    on: {
      Change(s, m, from) {
        const had = s.items[m.item]?.version ?? 0;
        const applied = send(from, { type: 'Applied', item: m.item, version: m.version } as const);
        if (m.version === had || (m.version < had && rules.heedsVersion)) return [s, save(s.items), applied];
        const items = { ...s.items, [m.item]: { version: m.version, value: m.value } };
        const story = m.version < had ? [note(`puts ${m.item} back to ${m.value}, which is older`)] : [];
        return [{ ...s, items }, bar(items), ...story, save(items), applied];
      },
      // A query by the indexed attribute: which items have this value, as far as the index knows.
      Request: (s, m, from) =>
        m.f === 'query' ? [s, answer(from, m, found(s, m))] : [s, refuse(from, m, 'unavailable')],
      Applied: (s) => [s],
      Answer: (s) => [s],
      Refusal: (s) => [s],
    },
    after: {},
  };
}

const found = (s: IndexState, m: Request): Value =>
  Object.entries(s.items)
    .filter(([, item]) => item.value === m.key)
    .map(([id]) => id)
    .sort()
    .join(' ') || 'none';
