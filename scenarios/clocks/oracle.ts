import type { Fault, TraceEvent } from '../../src/sim/trace.ts';
import { LOCAL, RECEIVE, REFUSE, SEND } from './process.ts';
import { parse, type Stamp } from './stamps.ts';

/** One event of a process with everything that truly happened before it. */
export interface Happened {
  readonly node: string;
  readonly kind: string;
  /** counts the events of its node from 1 */
  readonly index: number;
  readonly at: number;
  readonly text: string;
  readonly stamp: Stamp;
  /** how many events of each node happened before it, itself included for its own node */
  readonly past: ReadonlyMap<string, number>;
}

/**
 * True happens-before (Lamport 1978), read from what was sent and delivered and from nothing a process says of itself:
 * the order within a process, from a sending to its receipt, and what follows from the two. The past of an event is
 * closed under "before" in each process, so a count a process says it all.
 */
export class Causality {
  readonly #past = new Map<string, Map<string, number>>();
  readonly #flying = new Map<number, { to: string; past: ReadonlyMap<string, number> }>();
  /** delivered, and the receiver's event not seen yet (it may still be writing to its disk) */
  readonly #arrived = new Map<string, ReadonlyMap<string, number>[]>();
  readonly history = new Map<string, Happened[]>();
  /** pairs of events of which one happened before the other */
  #ordered = 0;
  #count = 0;

  /** the event that is complete with this line of the trace */
  hear(event: TraceEvent): Happened | undefined {
    switch (event.kind) {
      case 'send':
        if (event.type === 'Event')
          this.#flying.set(event.id, { to: event.to, past: new Map(this.#of(event.from)) });
        return undefined;
      case 'deliver': {
        const message = this.#flying.get(event.id);
        this.#flying.delete(event.id);
        if (message) this.#arrived.set(message.to, [...(this.#arrived.get(message.to) ?? []), message.past]);
        return undefined;
      }
      case 'drop':
        this.#flying.delete(event.id);
        return undefined;
      case 'fault':
        // What a process had not written to its disk never happened.
        if (event.fault === 'crash') for (const node of event.nodes) this.#arrived.delete(node);
        return undefined;
      case 'state':
        return this.#state(event.node, event.state, event.detail, event.at);
      default:
        return undefined;
    }
  }

  /** pairs of events of which neither happened before the other */
  get concurrentPairs(): number {
    return (this.#count * (this.#count - 1)) / 2 - this.#ordered;
  }

  #of(node: string): Map<string, number> {
    let past = this.#past.get(node);
    if (past === undefined) {
      past = new Map();
      this.#past.set(node, past);
    }
    return past;
  }

  #state(node: string, kind: string, text: string, at: number): Happened | undefined {
    if (kind !== LOCAL && kind !== SEND && kind !== RECEIVE && kind !== REFUSE) return undefined;
    const heard = kind === RECEIVE || kind === REFUSE ? this.#arrived.get(node)?.shift() : undefined;
    if (kind === REFUSE) return undefined;
    const past = this.#of(node);
    for (const [other, count] of heard ?? []) past.set(other, Math.max(past.get(other) ?? 0, count));
    const index = (past.get(node) ?? 0) + 1;
    past.set(node, index);
    const before = [...past.values()].reduce((sum, n) => sum + n, 0) - 1;
    this.#ordered += before;
    this.#count++;
    const happened = { node, kind, index, at, text, stamp: parse(text), past: new Map(past) };
    const mine = this.history.get(node);
    if (mine) mine.push(happened);
    else this.history.set(node, [happened]);
    return happened;
  }
}

/** Every node's wall clock as the faults made it: the truth against which stamps are held. */
export class Clockwork {
  readonly #clocks = new Map<string, { uptime: number; since: number; rate: number; offset: number }>();
  readonly #nodes: readonly string[];
  /** the furthest any clock has ever read, µs */
  #high = 0;
  #spread = 0;

  constructor(nodes: readonly string[]) {
    this.#nodes = nodes;
    for (const node of nodes) this.#clocks.set(node, { uptime: 0, since: 0, rate: 1, offset: 0 });
  }

  hear(at: number, fault: Fault): void {
    if (fault.fault !== 'clock') return;
    this.look(at);
    for (const node of fault.nodes) {
      const clock = this.#clocks.get(node);
      if (!clock) continue;
      clock.uptime += (at - clock.since) * clock.rate;
      clock.since = at;
      clock.rate = 1 + fault.driftPpm / 1e6;
      clock.offset += Math.round(fault.offsetMs * 1000);
    }
    this.look(at);
  }

  /** µs the node’s wall clock reads */
  read(node: string, now: number): number {
    const clock = this.#clocks.get(node);
    if (!clock) return now;
    return Math.round(clock.uptime + (now - clock.since) * clock.rate) + clock.offset;
  }

  /** takes note of all clocks; `high` and `spread` are as of the last look */
  look(now: number): void {
    const all = this.#nodes.map((node) => this.read(node, now));
    this.#high = Math.max(this.#high, ...all);
    this.#spread = Math.max(this.#spread, Math.max(...all) - Math.min(...all));
  }

  get high(): number {
    return this.#high;
  }
  /** µs between the furthest and the hindmost clock, at most so far */
  get spread(): number {
    return this.#spread;
  }
}
