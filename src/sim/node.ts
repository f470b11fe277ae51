import { stream } from './chance.ts';
import type { AnyParams, Values } from './params.ts';
import type { Here, Sampler } from './protocol.ts';
import type { Pending } from './queue.ts';
import type { Actor, AnyProtocol, Network, Scenario } from './scenario.ts';

/** What a node needs of the kernel that runs it. */
export interface Clockwork {
  readonly now: number;
  /** timers fired, in a run by schedule; undefined in a run by time */
  readonly fired: number | undefined;
  readonly parts: ReadonlyMap<string, readonly string[]>;
  readonly options: {
    readonly params: Values<AnyParams>;
    readonly network: Network;
    readonly schedule?: readonly unknown[];
  };
  unique(): number;
}

/** In a schedule a timer that fires means that this much time has passed, µs: longer than any wait for a leader. */
const SCHEDULE_TIMER = 1_000_000;

export class Node implements Here<Values<AnyParams>> {
  readonly self: string;
  readonly index: number;
  /** the part it plays in the scenario */
  readonly role: string;
  readonly params: Values<AnyParams>;
  readonly peers: readonly string[];
  protocol: AnyProtocol;
  state: unknown;
  up = false;
  paused = false;
  epoch = 0;
  disk: unknown;
  /** the newest image written or being written */
  writing: unknown;
  diskFree = 0;
  diskTime: Sampler | undefined;
  behaviour: NonNullable<Scenario['behaviours']>[string] | undefined;
  readonly timers = new Map<string, Pending<Node>>();
  /** what came while paused, in order */
  backlog: Pending<Node>[] = [];
  readonly random: () => number;
  readonly #kernel: Clockwork;
  #offset = 0;
  #rate = 1;
  #since = 0;
  #uptime = 0;

  constructor(
    kernel: Clockwork,
    actor: Actor,
    index: number,
    protocol: AnyProtocol,
    peers: readonly string[],
    seed: number,
  ) {
    this.#kernel = kernel;
    this.self = actor.id;
    this.index = index;
    this.role = actor.part;
    this.protocol = protocol;
    this.peers = peers;
    this.params = kernel.options.params;
    this.random = kernel.options.schedule ? () => 0.5 : stream(seed, `node:${actor.id}`);
    this.diskTime = kernel.options.network.disk;
  }

  part(name: string): readonly string[] {
    return this.#kernel.parts.get(name) ?? [];
  }
  get uptime(): number {
    if (this.#kernel.fired !== undefined) return this.#kernel.fired * SCHEDULE_TIMER;
    return Math.round(this.#uptime + (this.#kernel.now - this.#since) * this.#rate);
  }
  get clock(): number {
    return this.uptime + this.#offset;
  }
  between(low: number, high: number): number {
    return low + Math.floor(this.random() * (high - low + 1));
  }
  draw(ms: Sampler): number {
    return Math.max(0, Math.round(ms.sample(this.random) * 1000));
  }
  unique(): number {
    return this.#kernel.unique();
  }

  skew(offsetMs: number, driftPpm: number): void {
    this.#uptime += (this.#kernel.now - this.#since) * this.#rate;
    this.#since = this.#kernel.now;
    this.#rate = 1 + driftPpm / 1e6;
    this.#offset += Math.round(offsetMs * 1000);
  }
  /** a duration by this node's oscillator, as true time */
  trueDuration(us: number): number {
    return this.#rate === 1 ? Math.max(0, Math.round(us)) : Math.max(0, Math.round(us / this.#rate));
  }
}
