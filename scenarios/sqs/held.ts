import { BOUNDS } from './constants.ts';
import type { Body } from './messages.ts';
import type { P } from './params.ts';

/** All that the queue keeps, on its disk before anybody hears of it. Times are µs since the start. */
export interface QueueState {
  readonly role: 'queue';
  /** neither deleted nor set aside, in the order of their sends */
  readonly messages: readonly Stored[];
  /** the dead-letter queue */
  readonly dead: readonly Stored[];
  /** open long polls */
  readonly waiting: readonly Waiting[];
  /** serial of the last poll of each consumer: one that comes twice is one poll */
  readonly polled: Readonly<Record<string, number>>;
  /** deduplication id to when it was first seen */
  readonly dedup: Readonly<Record<string, number>>;
  /** times each key was stored */
  readonly stored: Readonly<Record<string, number>>;
  readonly nextId: number;
  /** receives so far; the number of a receive is its receipt */
  readonly receipts: number;
  /** visibility timeouts that ran out before a delete */
  readonly expired: number;
  /** fair queue: tenants found noisy, who have a backlog */
  readonly noisy: readonly string[];
  /** fair queue: receives that ended within the window, and when a tenant last sent */
  readonly worked: readonly Span[];
  readonly sent: Readonly<Record<string, number>>;
  /** a message has had to wait: from then on ages are worth a track */
  readonly backlogged: boolean;
  readonly now: number;
}

export interface Stored {
  readonly id: number;
  readonly body: Body;
  readonly sentAt: number;
  readonly receives: number;
  /** of the last receive; 0 before the first */
  readonly receipt: number;
  readonly receivedAt: number;
  readonly hiddenUntil: number;
  readonly inFlight: boolean;
  /** who received it last */
  readonly holder: string;
  /** deleted on every server but one */
  readonly missed: boolean;
}

interface Waiting {
  readonly who: string;
  readonly serial: number;
  readonly until: number;
}

/** Time a consumer spent on a message of a tenant. */
export interface Span {
  readonly group: string;
  readonly from: number;
  readonly to: number;
}

export const EMPTY: QueueState = {
  role: 'queue',
  messages: [],
  dead: [],
  waiting: [],
  polled: {},
  dedup: {},
  stored: {},
  nextId: 1,
  receipts: 0,
  expired: 0,
  noisy: [],
  worked: [],
  sent: {},
  backlogged: false,
  now: 0,
};

/** A standard queue shows a message that was received again and again behind the others. */
export const atTheBack = (m: Stored, p: P): boolean =>
  p.kind === 'standard' && !m.inFlight && m.receives >= BOUNDS.toTheBack.value;

/**
 * Age of the oldest message, µs, as CloudWatch counts it: in flight or not, but no longer once it was moved to the back.
 * `of` looks at some tenants only.
 */
export function ageOfOldest(
  s: QueueState,
  now: number,
  p: P,
  of: (group: string) => boolean = () => true,
): number {
  const oldest = s.messages.find((m) => of(m.body.group) && !atTheBack(m, p));
  return oldest ? now - oldest.sentAt : 0;
}
