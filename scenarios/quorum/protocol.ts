/**
 * A Dynamo-style register: n replicas, of which w confirm a write and r answer a read — DeCandia et al. (SOSP 2007),
 * §4.5 (quorums), §4.6 (hinted handoff), §5 (read repair). The client coordinates its own operations (§6.4), so that
 * the four delays are those of WARS: Bailis et al., Probabilistically Bounded Staleness (VLDB 2012), §5.1.
 *
 *    Write      client → every replica     W   "x is 1, stamped so"
 *    Ack        replica → client           A   once it is durable, newer or not; the w-th commits the write
 *    Read       client → every replica     R
 *    Reply      replica → client           S   what it holds; the first r decide, the newest stamp wins
 *    Repair     client → stale replica     W   what the others held (read repair)
 *    WriteBack  client → replicas          W   a read's result, stored before it is returned (ABD 1995); answered by Ack
 *    Hint       client → stand-in          W   "keep this for n2", answered by Ack
 *    Handoff    stand-in → replica         W   the hint goes home; kept until it is Taken
 *    Taken      replica → stand-in         A
 *
 * Every replica gets every write; a read returns after the first r answers and the rest arrive in vain, or for repair.
 */
export type Message =
  | { readonly type: 'Write'; readonly op: number; readonly version: Version }
  | { readonly type: 'WriteBack'; readonly op: number; readonly version: Version }
  | { readonly type: 'Hint'; readonly op: number; readonly version: Version; readonly home: string }
  | { readonly type: 'Ack'; readonly op: number }
  | { readonly type: 'Read'; readonly op: number }
  | { readonly type: 'Reply'; readonly op: number; readonly version: Version }
  | { readonly type: 'Repair'; readonly version: Version }
  | { readonly type: 'Handoff'; readonly version: Version }
  | { readonly type: 'Taken'; readonly version: Version };

/** Newer by stamp, then by the writer's name, so that no two versions are equal. */
export interface Version {
  /** µs of the writer's wall clock, or a count */
  readonly stamp: number;
  readonly by: string;
  readonly value: number;
}

export const FIRST: Version = { stamp: 0, by: '', value: 0 };

export const newer = (a: Version, b: Version): boolean =>
  a.stamp > b.stamp || (a.stamp === b.stamp && a.by > b.by);
export const newest = (versions: readonly Version[]): Version =>
  versions.reduce((best, v) => (newer(v, best) ? v : best), FIRST);

/** The one item. */
export const KEY = 'x';
export const words = (version: Version): string => `${KEY}=${version.value}`;
