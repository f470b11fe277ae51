import { type Here, note, type Protocol, save, send, set } from '../../src/sim/protocol.ts';
import { type Body, ignores, type Msg } from './messages.ts';
import { GROUPS, type P } from './params.ts';

/**
 * Sends each message at its time and again every second until the queue has answered. A repeat carries the same
 * deduplication id; a standard queue stores it once more all the same.
 */
export interface ProducerState {
  readonly role: 'producer';
  /** µs since the start, and what is sent then */
  readonly plan: readonly Planned[];
  /** index of the next in the plan */
  readonly next: number;
  /** sent and not answered, by key */
  readonly open: Readonly<Record<string, Open>>;
  readonly confirmed: readonly string[];
}

interface Planned {
  readonly at: number;
  readonly body: Body;
}

interface Open {
  readonly body: Body;
  readonly tries: number;
}

const RETRY_US = 1_000_000;
/** Far less than the deduplication window: a repeat after it would be a new message. */
const MOST_TRIES = 30;

/** Message number `i` of those sent at the arrivals, from 0. */
function bodyOf(i: number, p: P): Body {
  const poison = i + 1 === p.poison;
  const groups = p.kind === 'fifo' ? p.groups : p.tenants;
  if (groups === 0) return { key: `m${i + 1}`, group: '', poison };
  const group = GROUPS[i % groups]!;
  return { key: `${group}${Math.floor(i / groups) + 1}`, group, poison };
}

function plan(here: Here<P>): Planned[] {
  const p = here.params;
  const gap = p.arrivals.start(here.random);
  const planned: Planned[] = [];
  let at = 0;
  for (let i = 0; i < p.messages; i++) {
    const us = gap();
    if (us === undefined) break;
    at += us;
    planned.push({ at, body: bodyOf(i, p) });
  }
  // The first comes at once: nothing is learnt from waiting for it.
  const lead = (planned[0]?.at ?? 0) - 1_000_000;
  const moved = planned.map((m) => ({ ...m, at: m.at - lead }));
  const before = moved.filter((m) => m.body.group === GROUPS[0]).length;
  const flood = Array.from({ length: p.flood }, (_, i) => ({
    at: Math.round(p.floodAt * 1000),
    body: { key: `${GROUPS[0]}${before + i + 1}`, group: GROUPS[0], poison: false },
  }));
  return [...moved, ...flood].sort((a, b) => a.at - b.at);
}

const schedule = (s: ProducerState, here: Here<P>) => {
  const due = s.plan[s.next];
  return [
    ...(due === undefined ? [] : [set('next', Math.max(1, Math.ceil(due.at - here.uptime)))]),
    ...(Object.keys(s.open).length > 0 ? [set('retry', RETRY_US)] : []),
  ];
};

const put = (body: Body, here: Here<P>, again = false) =>
  send<Msg>(here.part('queue')[0]!, { type: 'Send', body }, again ? `${body.key} again` : body.key);

export const producer: Protocol<ProducerState, Msg, 'next' | 'retry', P> = {
  start(here, disk) {
    const state: ProducerState = (disk as ProducerState | undefined) ?? {
      role: 'producer',
      plan: plan(here),
      next: 0,
      open: {},
      confirmed: [],
    };
    return [state, save(state), ...schedule(state, here)];
  },
  on: {
    Sent(state, m) {
      if (state.open[m.key] === undefined) return [state];
      const { [m.key]: _answered, ...open } = state.open;
      const next = { ...state, open, confirmed: [...state.confirmed, m.key] };
      return [next, save(next)];
    },
    ...ignores('Send', 'Receive', 'Delivery', 'Empty', 'Extend', 'Delete', 'Deleted', 'Expired'),
    ...ignores('Write', 'Written'),
  },
  after: {
    next(state, here) {
      const first = state.plan[state.next];
      if (first === undefined) return [state];
      const due = state.plan.slice(state.next).filter((m) => m.at <= first.at);
      const open = Object.fromEntries(due.map(({ body }) => [body.key, { body, tries: 1 }]));
      const next = { ...state, next: state.next + due.length, open: { ...state.open, ...open } };
      const flood = due.length > 1 ? [note(`sends ${due.length} messages of tenant A at once`)] : [];
      return [next, save(next), ...flood, ...due.map((m) => put(m.body, here)), ...schedule(next, here)];
    },
    retry(state, here) {
      const again = Object.values(state.open).filter((o) => o.tries < MOST_TRIES);
      if (Object.keys(state.open).length === 0) return [state];
      const next = {
        ...state,
        open: Object.fromEntries(again.map((o) => [o.body.key, { ...o, tries: o.tries + 1 }])),
      };
      return [
        next,
        save(next),
        ...again.flatMap(({ body }) => [
          note(`has no answer and sends ${body.key} again`),
          put(body, here, true),
        ]),
        ...(again.length > 0 ? [set('retry', RETRY_US)] : []),
      ];
    },
  },
};
