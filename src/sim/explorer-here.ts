import type { Here, Sampler } from './protocol.ts';
import type { Actor } from './scenario.ts';

/** A second passes with every timer; dice always show the middle. */
export class ExplorerHere implements Here {
  readonly self: string;
  readonly peers: readonly string[];
  readonly params: unknown;
  readonly #actors: readonly Actor[];
  #timers = 0;
  #record = 0;
  #drawn = 0;

  constructor(actor: Actor, actors: readonly Actor[], params: unknown) {
    this.self = actor.id;
    this.params = params;
    this.#actors = actors;
    this.peers = actors.filter((a) => a.part === actor.part && a.id !== actor.id).map((a) => a.id);
  }

  at(timers: number, record: number): Here {
    this.#timers = timers;
    this.#record = record;
    this.#drawn = 0;
    return this;
  }
  part(name: string): readonly string[] {
    return this.#actors.filter((a) => a.part === name).map((a) => a.id);
  }
  get clock(): number {
    return this.#timers * 1_000_000;
  }
  get uptime(): number {
    return this.#timers * 1_000_000;
  }
  random(): number {
    return 0.5;
  }
  between(low: number, high: number): number {
    return Math.floor((low + high) / 2);
  }
  draw(ms: Sampler): number {
    return Math.round(ms.sample(() => 0.5) * 1000);
  }
  /** differs from one handler of a node to the next, and is the same whenever the same state is reached again */
  unique(): number {
    return this.#record * 8 + this.#drawn++ + 1;
  }
}
