/**
 * For scenarios under load: millions of requests in one actor, without an object for each.
 */
import { sample } from './protocol.ts';
import type { Track } from './scenario.ts';

type SampleEffect = ReturnType<typeof sample>;

/** What ends when: a binary min-heap of (time in µs, number) in flat arrays. */
export class Ends {
  size = 0;
  #times = new Float64Array(256);
  #items = new Int32Array(256);

  /** time of the next, Infinity if there is none */
  get next(): number {
    return this.size > 0 ? this.#times[0]! : Number.POSITIVE_INFINITY;
  }
  /** number of the next */
  get top(): number {
    return this.#items[0]!;
  }

  push(at: number, item: number): void {
    if (this.size === this.#times.length) this.#grow();
    const times = this.#times;
    const items = this.#items;
    let i = this.size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = times[parent]!;
      if (above <= at) break;
      times[i] = above;
      items[i] = items[parent]!;
      i = parent;
    }
    times[i] = at;
    items[i] = item;
  }

  pop(): void {
    const times = this.#times;
    const items = this.#items;
    const size = --this.size;
    if (size <= 0) {
      this.size = 0;
      return;
    }
    const at = times[size]!;
    const item = items[size]!;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && times[child + 1]! < times[child]!) child++;
      const least = times[child]!;
      if (at <= least) break;
      times[i] = least;
      items[i] = items[child]!;
      i = child;
    }
    times[i] = at;
    items[i] = item;
  }

  #grow(): void {
    const times = new Float64Array(this.size * 2);
    times.set(this.#times);
    this.#times = times;
    const items = new Int32Array(this.size * 2);
    items.set(this.#items);
    this.#items = items;
  }
}

const STEP = Math.log(1.01);

/** Times in µs, each kept to within 1 %, in a table of one size however many there are. */
export class Histogram {
  readonly #counts = new Float64Array(2800);
  count = 0;
  sum = 0;

  add(us: number): void {
    const i = us <= 1 ? 0 : Math.min(this.#counts.length - 1, 1 + Math.floor(Math.log(us) / STEP));
    this.#counts[i]!++;
    this.count++;
    this.sum += us;
  }

  get mean(): number {
    return this.count > 0 ? this.sum / this.count : 0;
  }

  clear(): void {
    if (this.count > 0) this.#counts.fill(0);
    this.count = 0;
    this.sum = 0;
  }

  /** µs below which the share `q` of them lies */
  quantile(q: number): number {
    let left = q * this.count;
    for (let i = 0; i < this.#counts.length; i++) {
      const here = this.#counts[i]!;
      left -= here;
      if (left <= 0 && here > 0) return i === 0 ? 0 : Math.exp((i - 0.5) * STEP);
    }
    return 0;
  }
}

/** Half of the calls of a slice of time take at most p50, all but one in a hundred p99; in ms. None where none ended. */
export function percentiles(slice: Histogram): SampleEffect[] {
  if (slice.count === 0) return [];
  const effects = [0.5, 0.99].map((q) => sample(`p${q * 100}`, round(slice.quantile(q) / 1000)));
  slice.clear();
  return effects;
}

/** Those samples as the lines of a track. */
export const PERCENTILES: Track['series'] = [
  { name: 'p50', legend: 'p50', tone: 'good', as: 'line' },
  { name: 'p99', legend: 'p99', tone: 'warm', as: 'line' },
];

/** a percentile is known to within 1 %: more digits would say nothing */
const round = (ms: number): number => Number(ms.toPrecision(3));

/** The time average of a level that changes in steps, from a time on (µs). */
export class TimeAverage {
  readonly #from: number;
  #area = 0;
  #level = 0;
  #at = 0;

  constructor(from: number) {
    this.#from = from;
  }

  set(now: number, level: number): void {
    if (now > this.#from) this.#area += (now - Math.max(this.#at, this.#from)) * this.#level;
    this.#at = now;
    this.#level = level;
  }

  at(now: number): number {
    this.set(now, this.#level);
    return now > this.#from ? this.#area / (now - this.#from) : 0;
  }
}
