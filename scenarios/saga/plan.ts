/**
 * The order, as four local transactions in three services:
 *
 *    T1 reserve stock   compensatable   C1 release stock
 *    T2 charge card     compensatable   C2 refund card
 *    T3 book courier    pivot           the point of no return: it may refuse, but once done the order goes through
 *    T4 confirm stock   retriable       cannot refuse, so it is repeated until it succeeds
 *
 * Compensatable, pivot and retriable are Richardson's terms (Microservices Patterns, ch. 4).
 */
export interface PlanStep {
  readonly service: ServiceName;
  readonly name: string;
  readonly undo: string;
  readonly done: EventName;
  readonly refused: EventName | undefined;
  readonly undone: EventName | undefined;
}

export type ServiceName = 'stock' | 'payment' | 'shipping';
export const SERVICES: readonly ServiceName[] = ['stock', 'payment', 'shipping'];

export type EventName =
  | 'OrderPlaced'
  | 'StockReserved'
  | 'StockRefused'
  | 'StockReleased'
  | 'CardCharged'
  | 'CardRefused'
  | 'CardRefunded'
  | 'CourierBooked'
  | 'CourierRefused'
  | 'StockConfirmed';

export const STEPS: readonly PlanStep[] = [
  {
    service: 'stock',
    name: 'reserve stock',
    undo: 'release stock',
    done: 'StockReserved',
    refused: 'StockRefused',
    undone: 'StockReleased',
  },
  {
    service: 'payment',
    name: 'charge card',
    undo: 'refund card',
    done: 'CardCharged',
    refused: 'CardRefused',
    undone: 'CardRefunded',
  },
  {
    service: 'shipping',
    name: 'book courier',
    undo: 'cancel courier',
    done: 'CourierBooked',
    refused: 'CourierRefused',
    undone: undefined,
  },
  {
    service: 'stock',
    name: 'confirm stock',
    undo: 'unconfirm stock',
    done: 'StockConfirmed',
    refused: undefined,
    undone: undefined,
  },
];

export const RESERVE = 0;
export const PIVOT = 2;
export const LAST = STEPS.length - 1;

export const step = (index: number): PlanStep => {
  const found = STEPS[index];
  if (!found) throw new RangeError(`no step ${index}`);
  return found;
};

/** `T2 charge card`, `C2 refund card` */
export const title = (index: number, kind: 'do' | 'undo'): string =>
  `${kind === 'do' ? 'T' : 'C'}${index + 1} ${kind === 'do' ? step(index).name : step(index).undo}`;

export type Result = 'done' | 'undone' | 'stuck';

/** Customer and whoever takes the order. */
export type CustomerMessage =
  | { readonly type: 'Place'; readonly saga: string }
  | { readonly type: 'Accepted'; readonly saga: string }
  | { readonly type: 'Ask'; readonly saga: string }
  | { readonly type: 'Outcome'; readonly saga: string; readonly result: Result };

/** Orchestrator and services: every request is keyed by (saga, step), so a repeat is recognised. */
export type Command =
  | { readonly type: 'Do'; readonly saga: string; readonly step: number }
  | { readonly type: 'Undo'; readonly saga: string; readonly step: number };
export type Answer =
  | { readonly type: 'Done'; readonly saga: string; readonly step: number }
  | { readonly type: 'Refused'; readonly saga: string; readonly step: number; readonly why: string }
  | { readonly type: 'Busy'; readonly saga: string; readonly step: number }
  | { readonly type: 'Undone'; readonly saga: string; readonly step: number };

export interface DomainEvent {
  /** the same for every copy, so that a second delivery is recognised */
  readonly id: string;
  readonly name: EventName;
  readonly saga: string;
}

/** Choreography: outbox to broker, broker to subscribers, both at least once. */
export type BrokerMessage =
  | { readonly type: 'Publish'; readonly event: DomainEvent }
  | { readonly type: 'Stored'; readonly id: string }
  | { readonly type: 'Event'; readonly event: DomainEvent }
  | { readonly type: 'Ack'; readonly id: string };

export const event = (name: EventName, saga: string): DomainEvent => ({ id: `${saga}/${name}`, name, saga });

/** What a service does when it hears of an event. Without a centre, this table is the whole plan. */
export const REACTIONS: readonly {
  readonly on: EventName;
  readonly step: number;
  readonly kind: 'do' | 'undo';
}[] = [
  { on: 'OrderPlaced', step: 0, kind: 'do' },
  { on: 'StockReserved', step: 1, kind: 'do' },
  { on: 'CardCharged', step: 2, kind: 'do' },
  { on: 'CourierBooked', step: 3, kind: 'do' },
  { on: 'CourierRefused', step: 1, kind: 'undo' },
  { on: 'CardRefused', step: 0, kind: 'undo' },
  { on: 'CardRefunded', step: 0, kind: 'undo' },
];
export const ENDINGS: Readonly<Partial<Record<EventName, Result>>> = {
  StockConfirmed: 'done',
  StockRefused: 'undone',
  StockReleased: 'undone',
};

/** The nodes that must hear of an event. */
export const subscribers = (name: EventName): readonly string[] => [
  ...REACTIONS.filter((r) => r.on === name).map((r) => step(r.step).service),
  ...(ENDINGS[name] ? ['orders'] : []),
];
