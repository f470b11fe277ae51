/**
 * Amazon SQS as its callers see it — Amazon SQS Developer Guide: Visibility timeout; FIFO delivery logic; Dead-letter
 * queues; fair queues (read 2026).
 *
 *    Send      sender → queue      SendMessage, repeated until answered
 *    Sent      queue → sender      the message is stored
 *    Receive   consumer → queue    ReceiveMessage: one message, waiting for it if told to
 *    Delivery  queue → consumer    a message with the receipt of this receive; it is hidden from now on
 *    Empty     queue → consumer    nothing came in time
 *    Extend    consumer → queue    ChangeMessageVisibility: the timeout starts anew
 *    Delete    consumer → queue    DeleteMessage with the receipt
 *    Deleted   queue → consumer    success, which on a standard queue says little of an old receipt
 *    Expired   queue → consumer    FIFO: the receipt is too old
 *    Write     consumer → table    the effect of a message
 *    Written   table → consumer
 */
export type Msg =
  | { readonly type: 'Send'; readonly body: Body }
  | { readonly type: 'Sent'; readonly key: string }
  | { readonly type: 'Receive'; readonly serial: number; readonly waitUs: number }
  | {
      readonly type: 'Delivery';
      readonly serial: number;
      readonly id: number;
      readonly receipt: number;
      readonly receives: number;
      readonly body: Body;
    }
  | { readonly type: 'Empty'; readonly serial: number }
  | ({ readonly type: 'Extend' } & Held)
  | ({ readonly type: 'Delete' } & Held)
  | ({ readonly type: 'Deleted' } & Held)
  | ({ readonly type: 'Expired' } & Held)
  | { readonly type: 'Write'; readonly key: string; readonly receipt: number }
  | { readonly type: 'Written'; readonly key: string; readonly receipt: number };

/** What a sender sends; the key is also the deduplication id and names the effect. */
export interface Body {
  readonly key: string;
  /** message group of a FIFO queue, tenant of a standard one; empty for none */
  readonly group: string;
  readonly poison: boolean;
}

/** One receive of one message, as its receipt handle names it. */
export interface Held {
  readonly id: number;
  readonly receipt: number;
}

const unmoved = <S>(state: S): [S] => [state];

/** Handlers for the messages that are never addressed to a part: all parts speak one language. */
export const ignores = <K extends Msg['type']>(...types: readonly K[]): Record<K, typeof unmoved> =>
  Object.fromEntries(types.map((type) => [type, unmoved])) as Record<K, typeof unmoved>;

/** `30 s`, `2.5 s` */
export const seconds = (us: number): string => {
  const s = us / 1e6;
  return `${s >= 10 ? Math.round(s) : Number(s.toFixed(1))} s`;
};
