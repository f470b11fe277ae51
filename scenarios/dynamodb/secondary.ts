import { Allowance } from './allowance.ts';
import type { Refusal } from './figures.ts';
import type { CapacityP } from './params.ts';

/**
 * A global secondary index: partitions and write capacity of its own, by a key of its own. Updates reach it after the
 * table has taken the write; what does not fit waits. When too much waits, writes to the table are refused:
 * back-pressure (GSI write throttling and back-pressure).
 */
export interface IndexRules {
  /** applies no more than its capacity */
  readonly limitsIndex: boolean;
  /** writes are refused when the index is too far behind */
  readonly heedsIndex: boolean;
}

export class SecondaryIndex {
  /** units that wait, in all */
  backlog = 0;
  readonly allowance: Allowance;
  readonly partitionOf: Uint16Array;
  readonly #ceiling: number;
  readonly #waits: Float64Array;
  readonly #used: Float64Array;
  readonly #buffer: number;
  readonly #rules: IndexRules;
  #first = 0;

  constructor(p: CapacityP, rules: IndexRules, place: () => number) {
    this.allowance = new Allowance(p.indexCapacity, p.burstSeconds, p.burstAtStart);
    // Where updates spread evenly no partition is short before the capacity is.
    const parts = p.indexKeys > 0 ? p.indexPartitions : 1;
    this.#ceiling = p.indexKeys > 0 ? p.partitionWrites : Number.POSITIVE_INFINITY;
    this.partitionOf = Uint16Array.from({ length: Math.max(1, p.indexKeys) }, () =>
      Math.floor(place() * parts),
    );
    this.#waits = new Float64Array(parts);
    this.#used = new Float64Array(parts);
    this.#buffer = p.indexBuffer;
    this.#rules = rules;
  }

  /** Why the table must wait, if it must. */
  refuses(partition: number, units: number): Refusal | undefined {
    if (!this.#rules.heedsIndex || this.backlog + units <= this.#buffer) return undefined;
    const due = this.#waits[partition]! + units;
    if (due > this.#ceiling - this.#used[partition]!) return 'indexPartition';
    return this.allowance.has(due) ? undefined : 'index';
  }

  /** The table took a write. Returns the units applied now. */
  update(partition: number, units: number): number {
    this.#waits[partition]! += units;
    this.backlog += units;
    return this.#work(partition);
  }

  /** A new second begins: as much of what waits as there is room for, each second another partition first. */
  tick(applied: (partition: number, units: number) => void): void {
    this.allowance.tick();
    this.#used.fill(0);
    const parts = this.#waits.length;
    this.#first = (this.#first + 1) % parts;
    for (let i = 0; i < parts; i++) {
      const partition = (this.#first + i) % parts;
      const units = this.#work(partition);
      if (units > 0) applied(partition, units);
    }
  }

  #work(partition: number): number {
    const waits = this.#waits[partition]!;
    const room = Math.min(this.allowance.left + this.allowance.saved, this.#ceiling - this.#used[partition]!);
    const units = this.#rules.limitsIndex ? Math.min(waits, room) : waits;
    if (units <= 0) return 0;
    if (this.allowance.has(units)) this.allowance.take(units);
    this.#used[partition]! += units;
    this.#waits[partition]! -= units;
    this.backlog -= units;
    return units;
  }
}
