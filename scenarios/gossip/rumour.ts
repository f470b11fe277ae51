import {
  become,
  type Effect,
  type Here,
  invoke,
  note,
  type Protocol,
  returned,
  save,
  send,
  set,
} from '../../src/sim/protocol.ts';
import type { P } from './params.ts';
import type { Item, RumourMessage as Msg } from './protocol.ts';

export interface RumourState {
  readonly item: Item | null;
  /** still tells it */
  readonly keen: boolean;
  /** the newest version it has had, deleted or not; for the checks */
  readonly newest: number;
  /** the last write taken: a copy of it is not taken again */
  readonly op: number;
}

/** The rules a broken twin breaks. */
export interface RumourRules {
  /** only a newer version replaces what a node has */
  readonly compares: boolean;
  /** a deletion is kept as a death certificate, not as nothing */
  readonly certificates: boolean;
  /** a version number is taken together with its value only */
  readonly whole: boolean;
  /** who is told tells others */
  readonly retells: boolean;
}

export const RUMOUR_RULES: RumourRules = { compares: true, certificates: true, whole: true, retells: true };

type Timer = 'round';
type Out = Effect<Msg, Timer>;
type Next = readonly [RumourState, ...Out[]];

const words = (item: Item) =>
  item.value === null ? `v${item.version}: deleted` : `v${item.version}: ${item.value}`;
const shown = (item: Item | null): Out => {
  if (item === null) return become('ignorant');
  if (item.value === null) return become('deleted', `v${item.version}`);
  return item.version > 1 ? become('knows the second', `v${item.version}`) : become('knows');
};

export function rumour(rules: RumourRules = RUMOUR_RULES): Protocol<RumourState, Msg, Timer, P> {
  const untilNext = (here: Here<P>): Out => {
    const interval = here.params.interval * 1000;
    // A restart must not put a node out of step.
    return set('round', here.params.together ? interval - (here.uptime % interval) : interval);
  };

  const learn = (s: RumourState, item: Item, from: string): Next => {
    const news = rules.compares ? item.version > (s.item?.version ?? 0) : item.version !== s.item?.version;
    if (!news) return [s];
    const kept = item.value === null && !rules.certificates ? null : item;
    const next = { ...s, item: kept, keen: rules.retells, newest: Math.max(s.newest, item.version) };
    return [next, save(kept), shown(kept), note(`hears ${words(item)} from ${from}`)];
  };

  return {
    start(here, disk) {
      const item = (disk as Item | null | undefined) ?? null;
      const state = { item, keen: item !== null, newest: item?.version ?? 0, op: 0 };
      const first: Out = here.params.together
        ? untilNext(here)
        : set('round', here.between(1, here.params.interval * 1000));
      return [state, shown(item), first];
    },
    on: {
      Write(s, { op, value }, from) {
        if (op <= s.op) return [s, send<Msg>(from, { type: 'Done', op })];
        const item: Item = { version: s.newest + 1, value };
        const kept = value === null && !rules.certificates ? null : item;
        const next = { item: kept, keen: true, newest: item.version, op };
        return [
          next,
          save(kept),
          shown(kept),
          note(value === null ? 'deletes the item' : `takes ${words(item)}`),
          send<Msg>(from, { type: 'Done', op }),
        ];
      },
      Push(s, { item }, from, here) {
        const [next, ...effects] = learn(s, item, from);
        const known = effects.length === 0 && here.params.interest > 0;
        return [
          next,
          ...effects,
          ...(known ? [send<Msg>(from, { type: 'Known', version: item.version })] : []),
        ];
      },
      Pull(s, { version }, from) {
        if (s.item && s.item.version > version)
          return [s, send<Msg>(from, { type: 'News', item: s.item }, `v${s.item.version}`)];
        if (rules.whole || version <= (s.item?.version ?? 0)) return [s];
        const torn: Item = { version, value: s.item?.value ?? null };
        return [{ ...s, item: torn, keen: true, newest: version }, shown(torn)];
      },
      Swap(s, { item }, from) {
        const [next, ...effects] = item ? learn(s, item, from) : ([s] as Next);
        const newer = next.item && next.item.version > (item?.version ?? 0) ? next.item : undefined;
        return [
          next,
          ...effects,
          ...(newer ? [send<Msg>(from, { type: 'News', item: newer }, `v${newer.version}`)] : []),
        ];
      },
      News: (s, { item }, from) => learn(s, item, from),
      Known(s, { version }, _from, here) {
        if (!s.keen || s.item?.version !== version || here.between(1, here.params.interest) > 1) return [s];
        return [{ ...s, keen: false }, become('lost interest'), note('loses interest')];
      },
      Done: (s) => [s],
    },
    after: {
      round(s, here) {
        const to = here.peers[here.between(0, here.peers.length - 1)]!;
        const again = untilNext(here);
        switch (here.params.exchange) {
          case 'push':
            return s.item && s.keen
              ? [s, send<Msg>(to, { type: 'Push', item: s.item }, `v${s.item.version}`), again]
              : [s, again];
          case 'pull':
            return [s, send<Msg>(to, { type: 'Pull', version: s.item?.version ?? 0 }), again];
          case 'push-pull':
            return [s, send<Msg>(to, { type: 'Swap', item: s.item }), again];
        }
      },
    },
  };
}

export interface WriterState {
  readonly writes: number;
  readonly open: number | null;
}

/** Writes at the first node: a value, and later another one or a deletion. */
export const writer: Protocol<WriterState, Msg, 'write', P> = {
  start: (here) => [{ writes: 0, open: null }, set('write', here.params.interval * 600)],
  on: {
    Done(s, { op }) {
      return s.open === op ? [{ ...s, open: null }, returned(op, 'ok')] : [s];
    },
    Write: (s) => [s],
    Push: (s) => [s],
    Pull: (s) => [s],
    Swap: (s) => [s],
    News: (s) => [s],
    Known: (s) => [s],
  },
  after: {
    write(s, here) {
      const { story, gap } = here.params;
      const op = here.unique();
      const value = s.writes === 0 ? 'a' : story === 'delete' ? null : 'b';
      const more: Effect<Msg, 'write'>[] =
        s.writes === 0 && story !== 'write' ? [set('write', gap * 1000)] : [];
      return [
        { writes: s.writes + 1, open: op },
        invoke(op, value === null ? 'delete' : 'put', 'x', value),
        send<Msg>(here.part('node')[0]!, { type: 'Write', op, value }, value ?? 'delete'),
        ...more,
      ];
    },
  },
};
