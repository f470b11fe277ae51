import { Audit } from './audit.ts';
import { type P, slows } from './params.ts';
import {
  even,
  flaw,
  hashKey,
  keyName,
  type MapRules,
  merge,
  owner,
  type ShardInfo,
  split,
} from './shards.ts';

/** The rules a broken twin breaks. */
export interface StoreRules extends MapRules {
  /** each record counts against the limit, not each call */
  readonly countsRecords: boolean;
  readonly countsReads: boolean;
  /** the age of a consumer is that of the last record it read */
  readonly ageOfRecord: boolean;
}

/** A shard under load: its records as times and sizes in flat lists, the oldest cut off when they expire. */
export interface Shard extends ShardInfo {
  readonly times: number[];
  readonly sizes: number[];
  readonly book: {
    /** index in the lists of the oldest record kept, and its sequence number */
    head: number;
    first: number;
    second: number;
    records: number;
    bytes: number;
    readSecond: number;
    reads: number;
    readBytes: number;
    /** since the last slice */
    taken: number;
    refused: number;
    refusedEver: number;
  };
}

export interface Read {
  /** sequence number of the first record, above the one asked for where records have expired */
  readonly from: number;
  /** when each record was written, µs */
  readonly at: readonly number[];
  /** the shard is closed and this was its end */
  readonly end: boolean;
}

const fresh = (info: ShardInfo): Shard => ({
  ...info,
  times: [],
  sizes: [],
  book: {
    head: 0,
    first: 0,
    second: -1,
    records: 0,
    bytes: 0,
    readSecond: -1,
    reads: 0,
    readBytes: 0,
    taken: 0,
    refused: 0,
    refusedEver: 0,
  },
});

export const nextSequence = (s: Shard): number => s.book.first + s.times.length - s.book.head;
/** when the record of this sequence number was written; undefined if it has expired or does not exist */
export const writtenAt = (s: Shard, sequence: number): number | undefined =>
  sequence < s.book.first ? undefined : s.times[s.book.head + sequence - s.book.first];

/** All shards of a stream under load. Mutable: millions of records pass through it. */
export class Store {
  readonly audit: Audit;
  shards: Shard[];
  /** next sequence number to read, by consumer and shard; and when it was last asked for */
  readonly positions = new Map<string, Map<string, { next: number; asked: number }>>();
  /** why the open shards do not partition the key space, if they ever did not */
  broken: string | undefined;
  /** before the split or merge, and after it; `hot` counts what was taken of the most frequent key */
  readonly calm = { attempts: 0, refused: 0, hot: 0 };
  readonly resharded = { attempts: 0, refused: 0, hot: 0 };
  refusedReads = 0;
  /** records that expired before this consumer read them, found by it so far */
  readonly #missed = new Map<string, number>();
  reorders = 0;
  wasResharded = false;
  readonly #p: P;
  readonly #rules: StoreRules;
  readonly #hashes: readonly string[];
  #owners: Shard[] = [];
  /** highest number stored of each key */
  readonly #latest: Int32Array;

  constructor(p: P, rules: StoreRules) {
    this.#p = p;
    this.#rules = rules;
    this.audit = new Audit(p);
    this.#hashes = Array.from({ length: p.keys }, (_, k) => hashKey(keyName(k)));
    this.#latest = new Int32Array(p.keys);
    this.shards = even(p.shards).map(fresh);
    this.#route();
  }

  get open(): readonly Shard[] {
    return this.shards.filter((s) => s.open);
  }
  shardOf(key: number): Shard {
    return this.#owners[key]!;
  }

  reshard(how: 'split' | 'merge'): { readonly parents: string[]; readonly children: string[] } {
    const known = this.shards.length;
    const before = new Set(this.open.map((s) => s.id));
    const busiest = [...this.open].sort((a, b) => b.book.refusedEver - a.book.refusedEver)[0]!;
    this.shards =
      how === 'split'
        ? split(this.shards, busiest.id, fresh, this.#rules)
        : merge(this.shards, this.shards[0]!.id, fresh, this.#rules);
    this.wasResharded = true;
    this.#route();
    return {
      parents: this.shards.filter((s) => before.has(s.id) && !s.open).map((s) => s.id),
      children: this.shards.slice(known).map((s) => s.id),
    };
  }

  #route(): void {
    this.broken ??= flaw(this.shards);
    // A key that no shard has goes to the last one, so that a broken map is seen and not felt as a crash.
    this.#owners = this.#hashes.map((h) => owner(this.shards, h) ?? this.shards.at(-1)!);
  }

  /** Takes what fits; gives back which records, by place in the call, were refused. */
  put(now: number, keys: readonly number[], sizes: readonly number[], nths: readonly number[]): number[] {
    const { recordsPerSecond, bytesPerSecond } = this.#p;
    const second = Math.floor(now / 1e6);
    const phase = this.wasResharded ? this.resharded : this.calm;
    const failed: number[] = [];
    const counted = new Set<Shard>();
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      const size = sizes[i]!;
      const shard = this.#owners[key]!;
      const { book } = shard;
      if (book.second !== second) {
        book.second = second;
        book.records = 0;
        book.bytes = 0;
      }
      phase.attempts++;
      if (book.records + 1 > recordsPerSecond || book.bytes + size > bytesPerSecond) {
        phase.refused++;
        book.refused++;
        book.refusedEver++;
        failed.push(i);
        continue;
      }
      if (this.#rules.countsRecords || !counted.has(shard)) {
        book.records++;
        book.bytes += size;
        counted.add(shard);
      }
      book.taken++;
      if (key === 0) phase.hot++;
      this.audit.took(now, shard.id, size);
      shard.times.push(now);
      shard.sizes.push(size);
      if (nths[i]! < this.#latest[key]!) this.reorders++;
      else this.#latest[key] = nths[i]!;
    }
    return failed;
  }

  /** undefined: one call or one byte too many in this second */
  get(now: number, consumer: string, id: string, from: number): Read | undefined {
    const shard = this.shards.find((s) => s.id === id);
    if (!shard) return { from, at: [], end: false };
    const { readsPerSecond, readBytesPerSecond, maxRecords } = this.#p;
    const { book } = shard;
    const second = Math.floor(now / 1e6);
    if (book.readSecond !== second) {
      // What a large answer took beyond one second's share is missing in the following ones.
      const over = Math.max(0, book.readBytes - readBytesPerSecond * (second - book.readSecond));
      book.readBytes = book.readSecond < 0 ? 0 : over;
      book.readSecond = second;
      book.reads = 0;
    }
    if (this.#rules.countsReads && (book.reads >= readsPerSecond || book.readBytes >= readBytesPerSecond)) {
      this.refusedReads++;
      return undefined;
    }
    book.reads++;
    this.audit.gave(now, id);
    this.trim(now);
    const start = Math.max(from, book.first);
    // A consumer that asks again for what it had read has missed nothing more.
    const known = this.positions.get(consumer)?.get(id)?.next ?? 0;
    const missed = Math.max(0, start - Math.max(from, known));
    this.#missed.set(consumer, (this.#missed.get(consumer) ?? 0) + missed);
    const at: number[] = [];
    let bytes = 0;
    for (let i = book.head + start - book.first; i < shard.times.length && at.length < maxRecords; i++) {
      if (bytes + shard.sizes[i]! > MOST_BYTES && at.length > 0) break;
      bytes += shard.sizes[i]!;
      at.push(shard.times[i]!);
    }
    book.readBytes += bytes;
    this.#reached(consumer, id, start + at.length, now);
    return { from: start, at, end: !shard.open && start + at.length >= nextSequence(shard) };
  }

  /** Records older than the retention period are gone, read or not. */
  trim(now: number): void {
    const oldest = now - this.#p.retentionPeriodHours * 3600e6;
    if (oldest <= 0) return;
    for (const { times, sizes, book } of this.shards) {
      while (book.head < times.length && times[book.head]! < oldest) {
        book.head++;
        book.first++;
      }
      if (book.head > 50_000) {
        times.splice(0, book.head);
        sizes.splice(0, book.head);
        book.head = 0;
      }
    }
  }

  #reached(consumer: string, shard: string, next: number, now: number): void {
    const mine = this.positions.get(consumer) ?? new Map<string, { next: number; asked: number }>();
    this.positions.set(consumer, mine);
    mine.set(shard, { next: Math.max(next, mine.get(shard)?.next ?? 0), asked: now });
  }

  /** records that expired unread by this consumer, whether it has noticed or not */
  expired(consumer: string): number {
    let sum = this.#missed.get(consumer) ?? 0;
    for (const shard of this.shards)
      sum += Math.max(0, shard.book.first - (this.positions.get(consumer)?.get(shard.id)?.next ?? 0));
    return sum;
  }

  pushed(consumer: string, shard: string, next: number, now: number): void {
    this.#reached(consumer, shard, next, now);
  }

  /** Iterator age of a consumer: now − time of the last record read, the worst of its shards; 0 at the tip. µs */
  age(now: number, consumer: string): number {
    let worst = 0;
    for (const shard of this.shards) {
      const at = this.positions.get(consumer)?.get(shard.id);
      if ((at?.next ?? 0) >= nextSequence(shard)) continue;
      const since = this.#rules.ageOfRecord
        ? (writtenAt(shard, (at?.next ?? 0) - 1) ?? writtenAt(shard, shard.book.first) ?? now)
        : (at?.asked ?? now);
      worst = Math.max(worst, now - since);
    }
    return worst;
  }
}

/** one GetRecords answer carries 10 MiB at most */
const MOST_BYTES = 10_485_760;

/** A long run is looked at less often: the picture has so many columns. */
export const sliceUs = (p: P): number => 1e6 * Math.max(1, Math.ceil(p.simSeconds / (slows(p) ? 240 : 120)));
