/**
 * Which partition an item lives in. A key is hashed to a place in 0..1 and each partition begins with an equal range of
 * places. A partition that is hot for long is split at the middle of its load, not of its range; an item that makes up
 * half of it or more is given a partition of its own (Elhemali et al. 2022, §4: splits for consumption). Partitions are
 * never merged. An item here is a partition key (with its suffix): a collection of items under one key is not split.
 */
export const MOST_PARTITIONS = 256;

export interface Split {
  readonly from: number;
  readonly to: number;
  /** the item now alone in `to`, -1 if the load was halved */
  readonly alone: number;
}

export class Partitions {
  count: number;
  /** partition of each item */
  readonly owner: Uint16Array;
  /** units asked for, by item */
  readonly heat: Float64Array;
  readonly #place: Float64Array;
  readonly #seconds = new Float64Array(MOST_PARTITIONS);

  constructor(count: number, items: number, random: () => number) {
    this.count = count;
    this.owner = new Uint16Array(items);
    this.heat = new Float64Array(items);
    this.#place = Float64Array.from({ length: items }, random);
    for (let i = 0; i < items; i++) this.owner[i] = Math.floor(this.#place[i]! * count);
  }

  /** A second is over in which the partition was at its ceiling or not; the seconds of the former, less the latter. */
  hotFor(partition: number, hot: boolean): number {
    const seconds = Math.max(0, this.#seconds[partition]! + (hot ? 1 : -1));
    this.#seconds[partition] = seconds;
    return seconds;
  }

  /** Undefined if it cannot be split: one item, or no room. */
  split(partition: number): Split | undefined {
    this.#seconds[partition] = 0;
    if (this.count >= MOST_PARTITIONS) return undefined;
    const items: number[] = [];
    let load = 0;
    let hottest = -1;
    for (let i = 0; i < this.owner.length; i++) {
      if (this.owner[i] !== partition) continue;
      items.push(i);
      load += this.heat[i]!;
      if (hottest < 0 || this.heat[i]! > this.heat[hottest]!) hottest = i;
    }
    if (items.length < 2) return undefined;
    const to = this.count++;
    if (load > 0 && this.heat[hottest]! * 2 >= load) {
      this.owner[hottest] = to;
      return { from: partition, to, alone: hottest };
    }
    items.sort((a, b) => this.#place[a]! - this.#place[b]!);
    let below = 0;
    for (const [i, item] of items.entries()) {
      // Without any load the items are halved by number.
      const upper = load > 0 ? below * 2 >= load : i * 2 >= items.length;
      if (upper || i === items.length - 1) this.owner[item] = to;
      below += this.heat[item]!;
    }
    return { from: partition, to, alone: -1 };
  }
}
