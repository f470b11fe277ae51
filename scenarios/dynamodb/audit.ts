import { thousands } from '../../src/sim/words.ts';
import type { CapacityP } from './params.ts';
import { readUnits, writeUnits } from './units.ts';

/** Sums of halves and wholes are exact; sums of other sizes are rounded. */
const SLACK = 1e-6;

/** Units one limit has granted, kept by the rule of the guide and not by the table's own books. */
class Book {
  left: number;
  saved: number;
  readonly rate: number;
  readonly #most: number;

  constructor(rate: number, p: CapacityP) {
    this.rate = rate;
    this.left = rate;
    this.#most = rate * p.burstSeconds;
    this.saved = rate * Math.min(p.burstSeconds, p.burstAtStart);
  }
  roll(seconds: number): void {
    this.saved = Math.min(this.#most, this.saved + this.left + (seconds - 1) * this.rate);
    this.left = this.rate;
  }
  spend(units: number): number {
    const now = Math.min(units, this.left);
    this.left -= now;
    this.saved -= units - now;
    return this.saved;
  }
  get room(): number {
    return this.left + this.saved;
  }
}

/**
 * An independent account of requests and units: told of each, it keeps books of its own and notes the first breach of
 * each rule. It never asks the table what it has left.
 */
export class Audit {
  readonly breaches = new Map<string, string>();
  came = 0;
  served = 0;
  throttled = 0;
  writes = 0;
  units = 0;
  readonly #p: CapacityP;
  readonly #provisioned: boolean;
  readonly #reads: Book;
  readonly #writes: Book;
  readonly #index: Book;
  /** units of this second by partition: reads, writes */
  readonly #used = [new Float64Array(256), new Float64Array(256)] as const;
  readonly #table = [0, 0];
  /** of the index, by its partitions: units that wait, and units of this second */
  readonly #waits = new Float64Array(64);
  readonly #indexUsed = new Float64Array(64);
  #waitsAll = 0;
  #second = 0;

  constructor(p: CapacityP, now: number) {
    this.#p = p;
    this.#provisioned = p.mode === 'provisioned';
    this.#reads = new Book(p.readCapacity, p);
    this.#writes = new Book(p.writeCapacity, p);
    this.#index = new Book(p.indexCapacity, p);
    this.#second = Math.floor(now / 1e6);
  }

  #roll(now: number): void {
    const second = Math.floor(now / 1e6);
    const passed = second - this.#second;
    if (passed <= 0) return;
    this.#second = second;
    this.#reads.roll(passed);
    this.#writes.roll(passed);
    this.#index.roll(passed);
    this.#indexUsed.fill(0);
    this.#used[0].fill(0);
    this.#used[1].fill(0);
    this.#table[0] = 0;
    this.#table[1] = 0;
  }

  arrive(): void {
    this.came++;
  }

  serve(now: number, partition: number, isWrite: boolean, sizeKb: number, units: number): void {
    const p = this.#p;
    this.#roll(now);
    this.served++;
    if (isWrite) this.writes++;
    const due = isWrite ? writeUnits(sizeKb, p.writes) : readUnits(sizeKb, p.reads);
    this.units += due;
    if (Math.abs(units - due) > SLACK)
      this.#breach(
        'units are rounded up',
        now,
        `a ${isWrite ? `${p.writes} write` : `${p.reads} read`} of ${sizeKb.toFixed(2)} KB took ${units} units, not ${due}`,
      );
    const kind = isWrite ? 1 : 0;
    const name = isWrite ? 'write' : 'read';
    this.#used[kind][partition]! += units;
    const used = this.#used[kind][partition]!;
    const ceiling = isWrite ? p.partitionWrites : p.partitionReads;
    if (used > ceiling + SLACK)
      this.#breach(
        'no partition above its ceiling',
        now,
        `p${partition + 1} serves ${thousands(used)} ${name} units in one second, at most ${ceiling}`,
      );
    this.#table[kind]! += units;
    const all = this.#table[kind]!;
    if (!this.#provisioned && all > p.tableQuota + SLACK)
      this.#breach(
        'the table keeps to its quota',
        now,
        `${thousands(all)} ${name} units in one second, quota ${p.tableQuota}`,
      );
    if (this.#provisioned) {
      const saved = (isWrite ? this.#writes : this.#reads).spend(units);
      if (saved < -SLACK)
        this.#breach(
          'no more than capacity and what was saved',
          now,
          `${thousands(-saved)} ${name} units more were served than provisioned and saved in ${p.burstSeconds} s`,
        );
    }
  }

  refuse(now: number, partition: number, isWrite: boolean, sizeKb: number, indexPartition: number): void {
    const p = this.#p;
    this.#roll(now);
    this.throttled++;
    const units = isWrite ? writeUnits(sizeKb, p.writes) : readUnits(sizeKb, p.reads);
    const kind = isWrite ? 1 : 0;
    const ceiling = isWrite ? p.partitionWrites : p.partitionReads;
    if (this.#used[kind][partition]! + units > ceiling) return;
    const room = this.#provisioned
      ? (isWrite ? this.#writes : this.#reads).room
      : p.tableQuota - this.#table[kind]!;
    if (room < units - SLACK) return;
    if (isWrite && p.indexes > 0 && this.#indexIsFull(indexPartition, units)) return;
    this.#breach(
      'nothing is refused that could be served',
      now,
      `p${partition + 1} refuses a request at ${thousands(this.#used[kind][partition]!)} of ${ceiling} units while the table has ${thousands(room)} left`,
    );
  }

  /** Too much waits already, and this update could not be applied at once either. */
  #indexIsFull(partition: number, units: number): boolean {
    const p = this.#p;
    const due = this.#waits[partition]! + units;
    const ceiling = p.indexKeys > 0 ? p.partitionWrites : Number.POSITIVE_INFINITY;
    return (
      this.#waitsAll + units > p.indexBuffer &&
      (due > this.#index.room || due + this.#indexUsed[partition]! > ceiling)
    );
  }

  /** The table took a write; of its update, and of those before it in its partition, `applied` units are done. */
  indexTakes(now: number, partition: number, units: number, applied: number): void {
    this.#roll(now);
    this.#waits[partition]! += units;
    this.#waitsAll += units;
    if (applied > 0) this.indexApplies(now, partition, applied);
    if (this.#waitsAll > this.#p.indexBuffer + SLACK)
      this.#breach(
        'the index falls no further behind than allowed',
        now,
        `${thousands(this.#waitsAll)} units wait for the index, ${this.#p.indexBuffer} may`,
      );
  }

  indexApplies(now: number, partition: number, units: number): void {
    const p = this.#p;
    this.#roll(now);
    this.#waits[partition]! -= units;
    this.#waitsAll -= units;
    this.#indexUsed[partition]! += units;
    const used = this.#indexUsed[partition]!;
    const saved = this.#index.spend(units);
    if (saved < -SLACK)
      this.#breach(
        'the index keeps to its capacity',
        now,
        `the index takes ${thousands(-saved)} units more than provisioned and saved`,
      );
    if (p.indexKeys > 0 && used > p.partitionWrites + SLACK)
      this.#breach(
        'the index keeps to its capacity',
        now,
        `a partition of the index takes ${thousands(used)} units in one second, at most ${p.partitionWrites}`,
      );
  }

  /** Between two seconds: every try was answered, and only what was served was charged and applied. */
  balance(now: number, charged: number, applied: number): void {
    if (this.came !== this.served + this.throttled)
      this.#breach(
        'every request is answered',
        now,
        `${this.came} came, ${this.served} were served and ${this.throttled} refused: ${this.came - this.served - this.throttled} are missing`,
      );
    if (
      Math.abs(charged - this.units) > SLACK * Math.max(1, this.units) &&
      !this.breaches.has('units are rounded up')
    )
      this.#breach(
        'a refused request costs and changes nothing',
        now,
        `${thousands(charged)} units were charged for ${thousands(this.units)} served`,
      );
    if (applied !== this.writes)
      this.#breach(
        'a refused request costs and changes nothing',
        now,
        `${applied} writes took effect, ${this.writes} were accepted`,
      );
  }

  #breach(property: string, now: number, text: string): void {
    if (!this.breaches.has(property)) this.breaches.set(property, `at ${(now / 1e6).toFixed(2)} s ${text}`);
  }
}
