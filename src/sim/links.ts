import { parseDistribution, stream } from './chance.ts';
import type { Sampler } from './protocol.ts';
import type { Network } from './scenario.ts';
import type { Fault } from './trace.ts';

interface End {
  readonly index: number;
  readonly self: string;
  readonly role: string;
}

export interface Fate {
  /** µs on the way */
  latency: number;
  lost: boolean;
  /** latency of a second copy, if the network makes one */
  copy: number | undefined;
}

/** The network: delay, loss, duplication, reordering, partitions. A directed link has dice of its own. */
export class Links {
  readonly #seed: number;
  readonly #ends: readonly End[];
  readonly #dice: ((() => number) | undefined)[];
  readonly #delays: (Sampler | undefined)[];
  #latency: Sampler;
  /** delays by type of message, while the scenario's own delays rule */
  #legs: ReadonlyMap<string, Sampler> | undefined;
  #loss: number;
  #duplicate: number;
  #reorder: { rate: number; byUs: number } | undefined;
  /** group of each node, -1 for none; undefined while there is no partition */
  #groups: Int32Array | undefined;
  readonly #cuts = new Set<number>();
  readonly #fate: Fate = { latency: 0, lost: false, copy: undefined };

  constructor(seed: number, ends: readonly End[], network: Network) {
    this.#seed = seed;
    this.#ends = ends;
    this.#dice = new Array(ends.length * ends.length);
    this.#delays = ends.map((end) => network.near?.[end.role]);
    this.#latency = network.latency;
    this.#legs = network.legs && new Map(Object.entries(network.legs));
    this.#loss = network.loss ?? 0;
    this.#duplicate = network.duplicate ?? 0;
  }

  cut(from: End, to: End): boolean {
    if (this.#groups !== undefined) {
      const a = this.#groups[from.index]!;
      const b = this.#groups[to.index]!;
      if (a >= 0 && b >= 0 && a !== b) return true;
    }
    return this.#cuts.size > 0 && this.#cuts.has(from.index * this.#ends.length + to.index);
  }

  /** What becomes of the next message; the object is reused. A message to oneself always arrives at once. */
  fate(from: End, to: End, type: string): Fate {
    const fate = this.#fate;
    if (from === to) {
      fate.latency = 0;
      fate.lost = false;
      fate.copy = undefined;
      return fate;
    }
    const at = from.index * this.#ends.length + to.index;
    let random = this.#dice[at];
    if (random === undefined) {
      random = stream(this.#seed, `link:${from.self}>${to.self}`);
      this.#dice[at] = random;
    }
    const delay =
      this.#delays[from.index] ?? this.#delays[to.index] ?? this.#legs?.get(type) ?? this.#latency;
    // Both are drawn always, so that turning loss on leaves the delays of other messages as they were.
    const luck = random();
    fate.latency = us(delay, random);
    fate.lost = luck < this.#loss;
    fate.copy = this.#duplicate > 0 && random() < this.#duplicate ? us(delay, random) : undefined;
    if (this.#reorder !== undefined && random() < this.#reorder.rate)
      fate.latency += Math.round(random() * this.#reorder.byUs);
    return fate;
  }

  fault(fault: Fault): void {
    switch (fault.fault) {
      case 'partition': {
        const groups = new Int32Array(this.#ends.length).fill(-1);
        fault.groups.forEach((group, i) => {
          for (const id of group) groups[this.#index(id)] = i;
        });
        this.#groups = groups;
        break;
      }
      case 'cut':
        for (const a of fault.from)
          for (const b of fault.to)
            if (a !== b) this.#cuts.add(this.#index(a) * this.#ends.length + this.#index(b));
        break;
      case 'heal':
        this.#groups = undefined;
        this.#cuts.clear();
        break;
      case 'loss':
        this.#loss = fault.rate;
        break;
      case 'duplicate':
        this.#duplicate = fault.rate;
        break;
      case 'reorder':
        this.#reorder = fault.rate > 0 ? { rate: fault.rate, byUs: fault.byMs * 1000 } : undefined;
        break;
      case 'delay': {
        const delay = parseDistribution(fault.delay, 'delay');
        if (fault.nodes.length === 0) {
          this.#latency = delay;
          this.#legs = undefined;
        }
        for (const id of fault.nodes) this.#delays[this.#index(id)] = delay;
        break;
      }
    }
  }

  #index(id: string): number {
    return this.#ends.findIndex((end) => end.self === id);
  }
}

const us = (delay: Sampler, random: () => number) => Math.max(1, Math.round(delay.sample(random) * 1000));
