import { md5 } from './md5.ts';

/**
 * The shard map. A partition key is hashed to 128 bits and belongs to the open shard whose hash key range holds it.
 * Ranges are 32 hex digits, both ends included, so that text order is number order.
 */
export interface Range {
  readonly lo: string;
  readonly hi: string;
}

export interface ShardInfo extends Range {
  readonly id: string;
  /** one for a child of a split, two for the child of a merge */
  readonly parents: readonly string[];
  readonly open: boolean;
}

export const keyName = (index: number): string => `user-${index + 1}`;
export const hashKey = (key: string): string => md5(key);

const SPACE = 2n ** 128n;
const hex = (n: bigint): string => n.toString(16).padStart(32, '0');
const number = (text: string): bigint => BigInt(`0x${text}`);
const shardId = (n: number): string => `shard${n}`;

/** `n` shards of equal ranges, as CreateStream makes them. */
export function even(n: number): ShardInfo[] {
  return Array.from({ length: n }, (_, i) => ({
    id: shardId(i),
    lo: hex((SPACE * BigInt(i)) / BigInt(n)),
    hi: hex((SPACE * BigInt(i + 1)) / BigInt(n) - 1n),
    parents: [],
    open: true,
  }));
}

/** How a twin spoils the map. */
export interface MapRules {
  /** the second child of a split starts where the first one ends */
  readonly noGap: boolean;
  /** both parents of a merge are closed */
  readonly closesBoth: boolean;
}
export const MAP: MapRules = { noGap: true, closesBoth: true };

/** SplitShard in the middle: the parent is closed and its range given to two children. */
export function split<S extends ShardInfo>(
  shards: readonly S[],
  id: string,
  fresh: (info: ShardInfo) => S,
  rules: MapRules,
): S[] {
  const parent = shards.find((s) => s.id === id)!;
  const middle = (number(parent.lo) + number(parent.hi)) / 2n;
  const child = (n: number, lo: string, hi: string) =>
    fresh({ id: shardId(shards.length + n), lo, hi, parents: [id], open: true });
  return [
    ...shards.map((s) => (s.id === id ? { ...s, open: false } : s)),
    child(0, parent.lo, hex(middle)),
    child(1, hex(middle + (rules.noGap ? 1n : 2n ** 120n)), parent.hi),
  ];
}

/** MergeShards of a shard and its neighbour above: both are closed, one child has the joined range. */
export function merge<S extends ShardInfo>(
  shards: readonly S[],
  id: string,
  fresh: (info: ShardInfo) => S,
  rules: MapRules,
): S[] {
  const low = shards.find((s) => s.id === id)!;
  const high = shards.find((s) => s.open && s.lo === hex(number(low.hi) + 1n));
  if (!high) return [...shards];
  const closed = (s: S) => s.id === id || (s.id === high.id && rules.closesBoth);
  const child = {
    id: shardId(shards.length),
    lo: low.lo,
    hi: high.hi,
    parents: [id, high.id],
    open: true,
  };
  return [...shards.map((s) => (closed(s) ? { ...s, open: false } : s)), fresh(child)];
}

export const covers = (range: Range, hash: string): boolean => range.lo <= hash && hash <= range.hi;

export const owner = <S extends ShardInfo>(shards: readonly S[], hash: string): S | undefined =>
  shards.find((s) => s.open && covers(s, hash));

/** What is wrong with the open shards as a partition of all 2^128 hash keys; undefined if nothing. */
export function flaw(shards: readonly ShardInfo[]): string | undefined {
  const open = shards.filter((s) => s.open).sort((a, b) => (a.lo < b.lo ? -1 : 1));
  let next = 0n;
  for (const s of open) {
    if (number(s.lo) > next) return `no open shard has the hash keys below ${s.id} (${short(hex(next))}…)`;
    if (number(s.lo) < next) return `${s.id} and its neighbour below both have hash key ${short(s.lo)}…`;
    next = number(s.hi) + 1n;
  }
  return next === SPACE ? undefined : 'no open shard has the highest hash keys';
}

export const short = (hash: string): string => hash.slice(0, 6);
