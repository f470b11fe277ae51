import type { Effect } from '../../src/sim/protocol.ts';
import type { Value } from '../../src/sim/trace.ts';

/**
 * One Region of S3, simplified from W. Vogels, "Diving Deep on S3 Consistency" (All Things Distributed, April 2021): a
 * persistence tier that knows the order of writes to each key, front ends that cache its metadata, and, since December
 * 2020, a witness which is told of every write and acts as a read barrier.
 *
 *   Read     client → front      GET, HEAD or LIST
 *   Write    client → front      PUT or DELETE, perhaps with If-Match or If-None-Match
 *   Reply    front → client      200, or 404 as a value
 *   Refused  front → client      412 Precondition Failed or 409 Conflict
 *
 *   Load, Loaded     front ↔ index      what the persistence tier has
 *   List, Listed     front ↔ index      every key
 *   Store, Stored    front ↔ index      a write; 200, 412 or 409
 *   Check, Checked   front ↔ witness    "is version 3 of this key the newest you heard of?"
 *   Wrote, Noted     index ↔ witness    before a version can be read, the witness knows of it
 *   Hello            witness → index    it has started, and remembers nothing
 *   Changed          index → front      a write, some time later
 */
export type RegionMessage =
  | Read
  | Write
  | Reply
  | Refused
  | { readonly type: 'Load'; readonly id: number; readonly key: string }
  | { readonly type: 'Loaded'; readonly id: number; readonly key: string; readonly entry: Entry }
  | { readonly type: 'List'; readonly id: number }
  | { readonly type: 'Listed'; readonly id: number; readonly contents: Contents }
  | Store
  | {
      readonly type: 'Stored';
      readonly id: number;
      readonly key: string;
      readonly status: Status;
      readonly entry: Entry;
    }
  | { readonly type: 'Check'; readonly id: number; readonly key: string; readonly version: number }
  | { readonly type: 'Checked'; readonly id: number; readonly says: Says }
  | { readonly type: 'Wrote'; readonly key: string; readonly version: number; readonly epoch: number }
  | { readonly type: 'Noted'; readonly key: string; readonly version: number; readonly epoch: number }
  | { readonly type: 'Hello'; readonly epoch: number }
  | Changed;

export interface Read {
  readonly type: 'Read';
  readonly serial: number;
  readonly f: 'get' | 'head' | 'list';
  readonly key: string;
}

export interface Write {
  readonly type: 'Write';
  readonly serial: number;
  readonly key: string;
  /** null deletes */
  readonly value: Value;
  readonly condition: Condition;
}

export interface Store {
  readonly type: 'Store';
  readonly id: number;
  readonly key: string;
  readonly value: Value;
  readonly condition: Condition;
}

export interface Reply {
  readonly type: 'Reply';
  readonly serial: number;
  /** what was read: contents, 404, or a listing */
  readonly value: Value;
  readonly etag: number;
}

export interface Refused {
  readonly type: 'Refused';
  readonly serial: number;
  readonly status: 412 | 409;
}

export interface Changed {
  readonly type: 'Changed';
  readonly key: string;
  readonly entry: Entry;
  /** ms it took */
  readonly after: number;
}

/** `unknown`: the key was not written since the witness began. */
export type Says = 'newest' | 'behind' | 'unknown';

export type Status = 200 | 412 | 409;

/** If-None-Match: *, If-Match: an ETag (here the version's number), or none. */
export type Condition = null | 'absent' | number;

export interface Entry {
  /** order of writes to this key; 0 before the first */
  readonly version: number;
  /** null: there is no such object, or no longer */
  readonly value: Value;
}
export const ABSENT: Entry = { version: 0, value: null };
export type Contents = Readonly<Record<string, Entry>>;

export const NOT_FOUND = '404';
export const NOTHING = 'empty';
export const shown = (entry: Entry): Value => entry.value ?? NOT_FOUND;

/** `a=v3 b=404`: what a node believes */
export const label = (contents: Contents): string =>
  Object.entries(contents)
    .filter(([, entry]) => entry.version > 0 || entry.value === null)
    .map(([key, entry]) => (key === LOG ? `v${entry.version}` : `${key}=${shown(entry)}`))
    .sort()
    .join(' ');

/** The one object of workload=conditional: long, so it is shown by the number of its version. */
export const LOG = 'log';

/** LIST gives the ETag of each key, so it says as much as a HEAD of each. */
export const listing = (contents: Contents): string =>
  Object.entries(contents)
    .filter(([, entry]) => entry.value !== null)
    .map(([key, entry]) => `${key}=${entry.value}`)
    .sort()
    .join(' ') || NOTHING;

export type RegionTimer = 'check' | 'uploaded' | 'resend' | 'changed';
export type Effects = Effect<RegionMessage, RegionTimer>[];
export const INDEX = 'index';
export const WITNESS = 'witness';
