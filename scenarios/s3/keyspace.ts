/**
 * The key space of a bucket, cut into partitions by ranges of keys: each serves so many writes and reads a second, and
 * one that stays hot is cut in two where half of its recent keys lie on either side. How S3 does it is not published;
 * that it does, by prefix and not at once, is (Best practices design patterns: optimizing Amazon S3 performance).
 */
export interface SpaceRules {
  /** a request beyond the limit gets 503 */
  readonly limits: boolean;
  /** the two halves of a split meet without a gap */
  readonly cutsClean: boolean;
}

/** Recent keys remembered of a partition, to find where its middle is. */
const SAMPLES = 64;
/** A bucket of tokens lasts so long: assumed, to let chance clumps of arrivals pass. */
const DEPTH_S = 0.25;
/** A partition is hot when it is asked for more than this share of a limit. */
const HOT = 0.92;
export const MOST_PARTITIONS = 4096;

interface Partition {
  /** lowest key; the next partition's lowest is where it ends */
  from: number;
  to: number;
  writeTokens: number;
  readTokens: number;
  filledAt: number;
  /** asked for since the last look */
  writes: number;
  reads: number;
  /** since when it has been asked for more than it may serve, µs, and what it served since */
  pressedSince: number;
  servedWrites: number;
  servedReads: number;
  hotUs: number;
  readonly recent: Float64Array;
  seen: number;
}

export class KeySpace {
  readonly partitions: Partition[];
  readonly #writeLimit: number;
  readonly #readLimit: number;
  readonly #rules: SpaceRules;
  /** requests served beyond what the limits allow over a look; a finding for the audit */
  overServed: string | undefined;

  constructor(writeLimit: number, readLimit: number, rules: SpaceRules) {
    this.#writeLimit = writeLimit;
    this.#readLimit = readLimit;
    this.#rules = rules;
    this.partitions = [this.#partition(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0)];
  }

  #partition(from: number, to: number, now: number): Partition {
    return {
      from,
      to,
      // A fresh half has saved nothing up.
      writeTokens: 0,
      readTokens: 0,
      filledAt: now,
      writes: 0,
      reads: 0,
      pressedSince: now,
      servedWrites: 0,
      servedReads: 0,
      hotUs: 0,
      recent: new Float64Array(SAMPLES),
      seen: 0,
    };
  }

  /** the partition that owns a key, -1 if none does */
  find(key: number): number {
    const list = this.partitions;
    let low = 0;
    let high = list.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (list[middle]!.from <= key) low = middle;
      else high = middle - 1;
    }
    const found = list[low]!;
    return key >= found.from && key < found.to ? low : -1;
  }

  /** true if the request is served, false for 503 */
  ask(now: number, key: number, reads: boolean): boolean {
    const p = this.partitions[this.find(key)];
    if (!p) return false;
    const seconds = (now - p.filledAt) / 1e6;
    p.filledAt = now;
    p.writeTokens = Math.min(this.#writeLimit * DEPTH_S, p.writeTokens + seconds * this.#writeLimit);
    p.readTokens = Math.min(this.#readLimit * DEPTH_S, p.readTokens + seconds * this.#readLimit);
    p.recent[p.seen++ % SAMPLES] = key;
    if (reads) p.reads++;
    else p.writes++;
    const enough = (reads ? p.readTokens : p.writeTokens) >= 1;
    if (!enough && this.#rules.limits) return false;
    if (reads) {
      p.readTokens -= 1;
      p.servedReads++;
    } else {
      p.writeTokens -= 1;
      p.servedWrites++;
    }
    return true;
  }

  /**
   * Looks at what each partition was asked for over `us`; splits those hot for `splitAfter` µs. Returns the number of
   * partitions that were asked for anything, and how many were split.
   */
  look(now: number, us: number, splitAfter: number): { active: number; split: number } {
    let active = 0;
    const hot: number[] = [];
    this.partitions.forEach((p, i) => {
      const writes = (p.writes * 1e6) / us / this.#writeLimit;
      const reads = (p.reads * 1e6) / us / this.#readLimit;
      if (p.writes + p.reads > 0) active++;
      const seconds = (now - p.pressedSince) / 1e6 + DEPTH_S;
      if (p.servedWrites > this.#writeLimit * seconds + 1)
        this.overServed ??= over(p.servedWrites, 'writes', now - p.pressedSince, this.#writeLimit);
      if (p.servedReads > this.#readLimit * seconds + 1)
        this.overServed ??= over(p.servedReads, 'reads', now - p.pressedSince, this.#readLimit);
      if (writes <= 1 && reads <= 1) {
        p.pressedSince = now;
        p.servedWrites = 0;
        p.servedReads = 0;
      }
      p.hotUs = writes > HOT || reads > HOT ? p.hotUs + us : 0;
      p.writes = 0;
      p.reads = 0;
      if (p.hotUs >= splitAfter && this.partitions.length + hot.length < MOST_PARTITIONS) hot.push(i);
    });
    // From the last, so that the places of the others stay.
    for (const i of hot.reverse()) this.#split(i, now);
    return { active, split: hot.length };
  }

  #split(i: number, now: number): void {
    const p = this.partitions[i]!;
    const recent = [...p.recent.subarray(0, Math.min(SAMPLES, p.seen))].sort((a, b) => a - b);
    const middle = recent[recent.length >> 1]!;
    if (!(middle > p.from && middle < p.to)) return;
    const gap = this.#rules.cutsClean ? 0 : (recent.at(-1)! - recent[0]!) / 50;
    this.partitions.splice(
      i,
      1,
      this.#partition(p.from, middle - gap, now),
      this.#partition(middle, p.to, now),
    );
  }

  /** where two neighbours do not meet, in words */
  hole(): string | undefined {
    const i = this.partitions.findIndex((p, k) => k > 0 && p.from !== this.partitions[k - 1]!.to);
    return i < 0 ? undefined : `keys between partitions ${i} and ${i + 1} belong to none`;
  }
}

const over = (served: number, what: string, us: number, limit: number) =>
  `a partition served ${served} ${what} in ${Math.round(us / 1000)} ms; it may serve ${limit} a second`;
