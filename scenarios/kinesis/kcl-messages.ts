/**
 * Workers of the Kinesis Client Library with leases in a DynamoDB table — KCL, "Lease lifecycle", and the developer
 * guide's "KCL concepts" (read 2026-11). Every write to the table is conditional.
 *
 *    PutRecord   producer → stream   one record of a key; the next one of the producer waits for its answer
 *    Stored      stream → producer   shard and sequence number
 *    ListShards  worker → stream     when the lease table is empty
 *    Shards      stream → worker     the shard map
 *    GetRecords  worker → stream     a shard from a position on
 *    Records     stream → worker     what there is; at the end of a closed shard, its children
 *    Exceeded    stream → worker     one GetRecords call too many in this second
 *    Scan        worker → leases     the whole table
 *    Rows        leases → worker
 *    Create      worker → leases     a lease, if there is none
 *    Take        worker → leases     own a lease, if its counter is still this
 *    Renew       worker → leases     raise the counter, if it is still this and the owner still me
 *    Checkpoint  worker → leases     the same, with a position
 *    Written     leases → worker     the row as it now is
 *    Refused     leases → worker     ConditionalCheckFailedException, and the row as it is
 */
export type KclMessage =
  | { readonly type: 'PutRecord'; readonly key: string; readonly nth: number; readonly serial: number }
  | { readonly type: 'Stored'; readonly serial: number }
  | { readonly type: 'ListShards' }
  | { readonly type: 'Shards'; readonly shards: readonly Kin[] }
  | { readonly type: 'GetRecords'; readonly shard: string; readonly from: number; readonly ask: number }
  | {
      readonly type: 'Records';
      readonly shard: string;
      readonly ask: number;
      readonly from: number;
      readonly records: readonly Rec[];
      readonly end: boolean;
      readonly children: readonly Kin[];
    }
  | { readonly type: 'Exceeded'; readonly shard: string; readonly ask: number }
  | { readonly type: 'Scan' }
  | { readonly type: 'Rows'; readonly rows: readonly Lease[] }
  | ({ readonly type: 'Create' } & Kin)
  | { readonly type: 'Take'; readonly shard: string; readonly counter: number }
  | { readonly type: 'Renew'; readonly shard: string; readonly counter: number }
  | {
      readonly type: 'Checkpoint';
      readonly shard: string;
      readonly counter: number;
      readonly checkpoint: number;
      /** SHARD_END, and who comes next */
      readonly ended: boolean;
      readonly children: readonly Kin[];
    }
  | { readonly type: 'Written'; readonly write: Write; readonly row: Lease }
  | { readonly type: 'Refused'; readonly write: Write; readonly row: Lease | null; readonly shard: string };

export type Write = 'Create' | 'Take' | 'Renew' | 'Checkpoint';

/** a shard and its parents */
export interface Kin {
  readonly id: string;
  readonly parents: readonly string[];
  readonly open: boolean;
}

export interface Rec {
  readonly key: string;
  /** how many records of this key were put before it, and it: 1, 2, … */
  readonly nth: number;
  /** when it was stored, µs of the stream */
  readonly at: number;
}

/** A row of the lease table. */
export interface Lease {
  readonly shard: string;
  readonly parents: readonly string[];
  readonly owner: string | null;
  /** raised by every write */
  readonly counter: number;
  /** raised whenever somebody takes the lease */
  readonly epoch: number;
  /** records of the shard that are done */
  readonly checkpoint: number;
  /** SHARD_END: all of them, and the shard is closed */
  readonly ended: boolean;
  readonly children: readonly Kin[];
}
