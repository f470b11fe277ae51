import type { Account, Draft, Kind, Order, Stored } from './domain.ts';

/**
 * Event sourcing with CQRS — G. Young, CQRS Documents (2010); M. Fowler, Event Sourcing (2005) and CQRS (2011);
 * Kurrent (EventStoreDB) docs: appending events, expected revision, catch-up subscriptions.
 *
 *    Command    client → handler       "Withdraw 40 €." Each try carries the same id.
 *    Get        handler → snapshots    "What do you have of A?" A cache: silence is an answer too.
 *    Cached     snapshots → handler    a state and the version it stands for, or nothing
 *    Read       handler → store        "All of A after version 3."
 *    Stream     store → handler        the events, in the form they were written in
 *    Append     handler → store        "This, if A is still at version 3."
 *    Appended   store → handler        on disk: its version and its position
 *    Conflict   store → handler        A has moved on: reload, decide again, try again
 *    Result     handler → client       done or declined, with the version
 *    Busy       handler → client       too many conflicts or no store: come back
 *    Put        handler → snapshots    a state and the version it stands for
 *
 *    Subscribe  projection → store     "What follows position 7, and go on." Asked again now and then.
 *    Events     store → projection     at least once: again after a crash, a loss, a repeated question
 *    Query      client → projection    "The balance of A, at version 4 or later."
 *    View       projection → client    the balance and its version
 *    Mail       mailer → post          the receipt for an event, under a key made of it
 *    Mailed     post → mailer          it has gone out
 *
 * The write side decides on events alone. The read side follows at its own pace and may be thrown away.
 */
export type CommandMessage =
  | { readonly type: 'Command'; readonly order: Order }
  | {
      readonly type: 'Result';
      readonly id: string;
      readonly kind: Kind;
      readonly version: number;
      readonly position: number;
    }
  | { readonly type: 'Busy'; readonly id: string };

export type StoreMessage =
  | { readonly type: 'Read'; readonly account: string; readonly after: number; readonly ask: string }
  | {
      readonly type: 'Stream';
      readonly account: string;
      readonly after: number;
      readonly events: readonly Stored[];
      readonly ask: string;
    }
  | { readonly type: 'Append'; readonly expected: number; readonly draft: Draft; readonly ask: string }
  | { readonly type: 'Appended'; readonly event: Stored; readonly ask: string }
  | { readonly type: 'Conflict'; readonly current: number; readonly ask: string };

export type CacheMessage =
  | { readonly type: 'Get'; readonly account: string; readonly ask: string }
  | { readonly type: 'Cached'; readonly snapshot: Account | null; readonly ask: string }
  | { readonly type: 'Put'; readonly account: string; readonly snapshot: Account };

export type FeedMessage =
  | { readonly type: 'Subscribe'; readonly after: number }
  | { readonly type: 'Events'; readonly events: readonly Stored[] };

export type QueryMessage =
  | { readonly type: 'Query'; readonly account: string; readonly min: number; readonly ask: number }
  | {
      readonly type: 'View';
      readonly account: string;
      readonly cents: number;
      readonly version: number;
      readonly ask: number;
    };

export type MailMessage =
  | { readonly type: 'Mail'; readonly about: string; readonly key: string }
  | { readonly type: 'Mailed'; readonly about: string };

export const STORE = 'store';
export const SNAPSHOTS = 'snapshots';
export const BALANCES = 'balances';
export const MAILER = 'mailer';
export const POST = 'post';

/** `7` or `7–9` */
export const span = (events: readonly Stored[]): string => {
  const [first, last] = [events[0]?.position, events.at(-1)?.position];
  return first === last ? `${first}` : `${first}–${last}`;
};
