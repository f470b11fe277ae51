import { Allowance } from './allowance.ts';
import type { CapacityP } from './params.ts';

/**
 * A global secondary index with write capacity of its own. Updates reach it after the table has taken the write; what
 * does not fit into its capacity waits. When too much waits, writes to the table are refused: back-pressure.
 */
export interface IndexRules {
  /** applies no more than its capacity */
  readonly limitsIndex: boolean;
  /** writes are refused when the index is too far behind */
  readonly heedsIndex: boolean;
}

export class SecondaryIndex {
  /** units that wait */
  backlog = 0;
  readonly allowance: Allowance;
  readonly #buffer: number;
  readonly #rules: IndexRules;

  constructor(p: CapacityP, rules: IndexRules) {
    this.allowance = new Allowance(p.indexCapacity, p.burstSeconds, p.burstAtStart);
    this.#buffer = p.indexBuffer;
    this.#rules = rules;
  }

  takes(units: number): boolean {
    return (
      !this.#rules.heedsIndex ||
      this.allowance.has(this.backlog + units) ||
      this.backlog + units <= this.#buffer
    );
  }

  /** The table took a write. Returns the units applied now. */
  update(units: number): number {
    this.backlog += units;
    return this.work();
  }

  /** A new second begins. Returns the units applied. */
  tick(): number {
    this.allowance.tick();
    return this.work();
  }

  /** As much of the backlog as there is capacity for. */
  work(): number {
    const units = this.#rules.limitsIndex
      ? Math.min(this.backlog, this.allowance.left + this.allowance.saved)
      : this.backlog;
    if (units > 0) {
      if (this.allowance.has(units)) this.allowance.take(units);
      this.backlog -= units;
    }
    return units;
  }
}
