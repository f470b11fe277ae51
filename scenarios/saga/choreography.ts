import {
  become,
  type Effect,
  later,
  note,
  type Protocol,
  type Step,
  save,
  send,
  set,
} from '../../src/sim/protocol.ts';
import { compensate, emptyLedger, type Ledger, type LedgerRules, perform, RULES } from './ledger.ts';
import type { P } from './params.ts';
import {
  type BrokerMessage,
  type CustomerMessage,
  type DomainEvent,
  ENDINGS,
  type EventName,
  event,
  REACTIONS,
  type Result,
  step,
  subscribers,
  title,
} from './plan.ts';
import { serviceBar, tell } from './protocol.ts';

/**
 * Choreographed saga — Richardson, Microservices Patterns, ch. 4 and the transactional outbox (ch. 3).
 *
 *    Publish  service → broker      from the outbox, again and again until Stored
 *    Stored   broker → service      "It is on my disk."
 *    Event    broker → subscriber   again and again until Ack: at least once
 *    Ack      subscriber → broker   sent only once the reaction is on disk
 *
 * Nobody knows the plan: it is the sum of who reacts to what.
 */
type Outbox = readonly DomainEvent[];

const publish = (outbox: Outbox): Effect<BrokerMessage, never>[] =>
  outbox.map((e) => send('broker', { type: 'Publish', event: e }, e.name));

const quiet = {
  Publish: <S>(state: S): readonly [S] => [state],
  Stored: <S>(state: S): readonly [S] => [state],
  Event: <S>(state: S): readonly [S] => [state],
  Ack: <S>(state: S): readonly [S] => [state],
};

/** Takes orders and hears how they end. */
export interface OrdersState {
  readonly orders: Readonly<
    Record<string, { readonly customer: string; readonly result: Result | undefined }>
  >;
  readonly outbox: Outbox;
}

type OrdersMessage = CustomerMessage | BrokerMessage;

export const orders: Protocol<OrdersState, OrdersMessage, 'relay', P> = {
  start(here, disk) {
    const state = (disk as OrdersState | undefined) ?? { orders: {}, outbox: [] };
    return [state, ordersBar(state), ...publish(state.outbox), set('relay', here.params.redeliver * 1000)];
  },
  on: {
    ...quiet,
    Place(state, m, from) {
      const accepted = send(from, { type: 'Accepted', saga: m.saga } as const, 'accepted');
      if (state.orders[m.saga]) return [state, accepted];
      const placed = event('OrderPlaced', m.saga);
      const next: OrdersState = {
        orders: { ...state.orders, [m.saga]: { customer: from, result: undefined } },
        outbox: [...state.outbox, placed],
      };
      return [next, save(next), accepted, ordersBar(next), ...publish([placed])];
    },
    Ask(state, m) {
      const order = state.orders[m.saga];
      return order?.result
        ? [state, send(order.customer, { type: 'Outcome', saga: m.saga, result: order.result }, order.result)]
        : [state];
    },
    Stored(state, m) {
      const next = { ...state, outbox: state.outbox.filter((e) => e.id !== m.id) };
      return next.outbox.length === state.outbox.length ? [state] : [next, save(next)];
    },
    Event(state, m, from) {
      const ack = send(from, { type: 'Ack', id: m.event.id } as const, '');
      const result = ENDINGS[m.event.name];
      const order = state.orders[m.event.saga];
      if (!order || !result || order.result) return [state, ack];
      const next: OrdersState = {
        ...state,
        orders: { ...state.orders, [m.event.saga]: { ...order, result } },
      };
      return [
        next,
        save(next),
        ordersBar(next),
        note(`hears ${m.event.name}: ${m.event.saga} is ${result}`),
        ack,
        send(order.customer, { type: 'Outcome', saga: m.event.saga, result } as const, result),
      ];
    },
    Accepted: (state) => [state],
    Outcome: (state) => [state],
  },
  after: {
    relay: (state, here) => [state, ...publish(state.outbox), set('relay', here.params.redeliver * 1000)],
  },
};

function ordersBar(state: OrdersState): Effect<never, never> {
  const all = Object.entries(state.orders);
  const open = all.filter(([, o]) => !o.result).map(([id]) => id);
  if (open.length > 0) return become('running', open.join(' '));
  const last = all[all.length - 1];
  return last ? become(last[1].result === 'done' ? 'done' : 'undone', last[0]) : become('idle');
}

/** Keeps every event and who has not acknowledged it yet. */
export interface BrokerState {
  readonly stored: Readonly<Record<string, true>>;
  readonly pending: readonly { readonly event: DomainEvent; readonly to: string }[];
}

export const broker: Protocol<BrokerState, BrokerMessage, 'redeliver', P> = {
  start(here, disk) {
    const state = (disk as BrokerState | undefined) ?? { stored: {}, pending: [] };
    return [state, become('idle'), ...deliver(state.pending), set('redeliver', here.params.redeliver * 1000)];
  },
  on: {
    ...quiet,
    Publish(state, m, from) {
      const stored = send(from, { type: 'Stored', id: m.event.id } as const, '');
      if (state.stored[m.event.id]) return [state, stored];
      const fresh = subscribers(m.event.name).map((to) => ({ event: m.event, to }));
      const next: BrokerState = {
        stored: { ...state.stored, [m.event.id]: true },
        pending: [...state.pending, ...fresh],
      };
      return [next, save(next), stored, ...deliver(fresh)];
    },
    Ack(state, m, from) {
      const pending = state.pending.filter((p) => !(p.event.id === m.id && p.to === from));
      if (pending.length === state.pending.length) return [state];
      const next = { ...state, pending };
      return [next, save(next)];
    },
  },
  after: {
    redeliver: (state, here) => [
      state,
      ...deliver(state.pending),
      set('redeliver', here.params.redeliver * 1000),
    ],
  },
};

const deliver = (pending: BrokerState['pending']): Effect<BrokerMessage, never>[] =>
  pending.map((p) => send(p.to, { type: 'Event', event: p.event }, p.event.name));

export interface MemberState {
  readonly ledger: Ledger;
  readonly outbox: Outbox;
}

interface Reaction {
  readonly kind: 'do' | 'undo';
  readonly step: number;
  readonly event: DomainEvent;
  readonly from: string;
}

/** The rules a broken twin breaks. */
export interface MemberRules extends LedgerRules {
  /** change and event in one durable write; without it the event is sent once, from memory */
  readonly outbox: boolean;
  /** an event nobody thought of */
  readonly deafTo: EventName | undefined;
}

export const MEMBER: MemberRules = { ...RULES, outbox: true, deafTo: undefined };

export function member(rules: MemberRules): Protocol<MemberState, BrokerMessage, 'commit' | 'relay', P> {
  return {
    start(here, disk) {
      const state = (disk as MemberState | undefined) ?? { ledger: emptyLedger, outbox: [] };
      return [
        state,
        serviceBar(state.ledger),
        ...publish(state.outbox),
        set('relay', here.params.redeliver * 1000),
      ];
    },
    on: {
      ...quiet,
      Stored(state, m) {
        const next = { ...state, outbox: state.outbox.filter((e) => e.id !== m.id) };
        return next.outbox.length === state.outbox.length ? [state] : [next, save(next)];
      },
      Event(state, m, from, here): Step<MemberState, BrokerMessage, 'commit' | 'relay'> {
        const found = REACTIONS.find(
          (r) => r.on === m.event.name && step(r.step).service === here.self && r.on !== rules.deafTo,
        );
        if (!found) return [state, send(from, { type: 'Ack', id: m.event.id }, '')];
        const reaction: Reaction = { kind: found.kind, step: found.step, event: m.event, from };
        return [
          state,
          become('working', title(found.step, found.kind)),
          later('commit', here.draw(here.params.work), reaction),
        ];
      },
    },
    after: {
      commit(state, here, data) {
        const w = data as Reaction;
        const { saga } = w.event;
        const plan = step(w.step);
        const c =
          w.kind === 'do'
            ? perform(state.ledger, here.self, saga, w.step, here.params, rules)
            : compensate(state.ledger, saga, w.step, rules);
        const told = note(tell(c, { kind: w.kind, saga, step: w.step }));
        // A locked item: no acknowledgement, so the broker brings the event again.
        if (c.answer === 'busy') return [state, serviceBar(state.ledger), told];
        const name = c.answer === 'done' ? plan.done : c.answer === 'refused' ? plan.refused : plan.undone;
        const says = c.fresh && name ? [event(name, saga)] : [];
        const next: MemberState = {
          ledger: c.ledger,
          outbox: rules.outbox ? [...state.outbox, ...says] : state.outbox,
        };
        return [
          next,
          save(next),
          serviceBar(next.ledger),
          told,
          send(w.from, { type: 'Ack', id: w.event.id }, ''),
          ...publish(says),
        ];
      },
      relay: (state, here) => [state, ...publish(state.outbox), set('relay', here.params.redeliver * 1000)],
    },
  };
}
