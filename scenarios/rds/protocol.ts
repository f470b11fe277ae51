import type { Effect, Here, Step } from '../../src/sim/protocol.ts';
import type { P } from './params.ts';

/**
 * Amazon RDS and Aurora: how a write is made durable, and who is asked once the writer is gone.
 *
 *   Write, Read      caller → instance         one group of transactions, or one row
 *   Done, Value      instance → caller         committed, as this configuration understands it; or the row
 *   Refused          instance → caller         not here, or (`unsure`) it cannot say
 *   Ship             writer → the others       log records from a position on; checked as in Raft's AppendEntries
 *   Ack              the others → writer       on disk up to this position
 *   Renew, Lease     writer ↔ rds              "I serve." "You may, for so long from when you asked."
 *   Ask, View        writer ↔ rds              mode=instance: may I go on without the standby / it is in step again
 *   Hello, Assign    restarted instance ↔ rds  "Who am I?"
 *   Fence, Position  rds or writer ↔ the rest  "Nothing older than generation g counts." "So far I have come."
 *   Promote(d)       rds ↔ instance            become writer of generation g
 *   Point(ed)        rds ↔ dns                 what the endpoints stand for
 *   Resolve(d)       caller ↔ dns              with a time to live
 *   Who, Role        proxy ↔ instance          are you open for writes?
 *
 * Sources: RDS User Guide (Concepts.MultiAZ.Failover, multi-az-db-clusters-concepts, USER_ReadRepl); AWS Database Blog, Amazon
 * RDS Under the Hood: Multi-AZ (an external observer decides) and Multi-AZ with two readable standbys: Under the hood;
 * Verbitski et al., Amazon Aurora, SIGMOD 2017, §2 and §4. Generations, the lease and the record that opens a generation are
 * how a correct implementation can be built (Gray & Cheriton 1989; Ongaro & Ousterhout 2014, §5.4.2); AWS does not publish its own.
 */
export interface Rec {
  /** position in the log, from 1 without gaps */
  readonly lsn: number;
  /** generation of the writer that wrote it */
  readonly gen: number;
  /** who asked; 0 for the record that opens a generation */
  readonly op: number;
  /** transactions in it */
  readonly n: number;
  /** the row it sets, and to what; empty for a group of the application's transactions */
  readonly key: string;
  readonly value: number;
  /** writer's uptime, µs */
  readonly at: number;
}

export interface Endpoints {
  readonly version: number;
  readonly writer: string;
  readonly readers: readonly string[];
}

export type Msg =
  | {
      readonly type: 'Write';
      readonly op: number;
      readonly n: number;
      readonly key: string;
      readonly value: number;
    }
  | { readonly type: 'Done'; readonly op: number }
  | { readonly type: 'Read'; readonly op: number; readonly key: string }
  | { readonly type: 'Value'; readonly op: number; readonly value: number | null; readonly lsn: number }
  | { readonly type: 'Refused'; readonly op: number; readonly unsure: boolean }
  | {
      readonly type: 'Ship';
      readonly gen: number;
      readonly prev: number;
      readonly prevGen: number;
      readonly records: readonly Rec[];
      /** where the writer itself stands: a copy knows by it that it is behind */
      readonly end: number;
    }
  | { readonly type: 'Ack'; readonly gen: number; readonly lsn: number; readonly fits: boolean }
  | { readonly type: 'Renew'; readonly gen: number; readonly n: number; readonly live: readonly string[] }
  | { readonly type: 'Lease'; readonly gen: number; readonly n: number }
  | { readonly type: 'Ask'; readonly gen: number; readonly view: number; readonly sync: boolean }
  | {
      readonly type: 'View';
      readonly gen: number;
      readonly view: number;
      readonly inSync: readonly string[];
    }
  | { readonly type: 'Hello'; readonly gen: number }
  | {
      readonly type: 'Assign';
      readonly gen: number;
      readonly writer: string;
      readonly view: number;
      readonly inSync: readonly string[];
    }
  | { readonly type: 'Fence'; readonly gen: number }
  | {
      readonly type: 'Position';
      readonly gen: number;
      readonly lastGen: number;
      readonly log: readonly Rec[];
    }
  | {
      readonly type: 'Promote';
      readonly gen: number;
      readonly view: number;
      readonly inSync: readonly string[];
    }
  | { readonly type: 'Promoted'; readonly gen: number }
  | { readonly type: 'Point'; readonly record: Endpoints }
  | { readonly type: 'Pointed'; readonly version: number }
  | { readonly type: 'Who' }
  | { readonly type: 'Role'; readonly writable: boolean }
  | { readonly type: 'Resolve'; readonly reader: boolean }
  | { readonly type: 'Resolved'; readonly reader: boolean; readonly addresses: readonly string[] };

export type Hand = Here<P>;
export type Effects<T extends string> = Effect<Msg, T>[];
export type Out<S, T extends string> = Step<S, Msg, T>;

type Name = Msg['type'];

/** Handlers for messages that mean nothing to this part. */
export function ignore<const N extends readonly Name[]>(
  ...names: N
): { [K in N[number]]: <S>(state: S) => readonly [S] } {
  return Object.fromEntries(names.map((name) => [name, <S>(state: S) => [state] as const])) as {
    [K in N[number]]: <S>(state: S) => readonly [S];
  };
}

export const TO_CALLER = ['Done', 'Value', 'Refused', 'Resolved', 'Role'] as const;
export const TO_WRITER = ['Write', 'Read', 'Ack', 'Lease', 'View', 'Assign', 'Promote', 'Who'] as const;
export const TO_COPY = ['Ship', 'Fence', 'Position'] as const;
export const TO_RDS = ['Renew', 'Ask', 'Hello', 'Promoted', 'Pointed'] as const;
export const TO_DNS = ['Point', 'Resolve'] as const;

export const MS = 1000;
export const RDS_NODE = 'rds';
export const DNS_NODE = 'dns';
export const PROXY_NODE = 'proxy';

export const plural = (n: number, word: string): string =>
  `${n.toLocaleString('en-US')} ${word}${n === 1 ? '' : 's'}`;
