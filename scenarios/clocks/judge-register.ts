import type { Monitor, Property } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import { Undisturbed } from '../../src/sim/undisturbed.ts';
import type { P } from './params.ts';
import { less, parse, type Stamp } from './stamps.ts';
import { isState } from './states.ts';

const ms = (us: number) => `${us < 10_000 ? Math.round(us / 100) / 10 : Math.round(us / 1000)} ms`;

/** `@142` or `7 @142` in what an operation returned */
export const stampIn = (value: unknown): Stamp | undefined => {
  const found = typeof value === 'string' ? /@([\d.]+)$/.exec(value) : null;
  return found ? parse(found[1]!) : undefined;
};

/** The writes that were acknowledged, and which of them had been when another began. */
export class Writes {
  readonly #calls = new Map<
    number,
    EventOf<'invoke'> & { at: number; greatest: { op: number; stamp: Stamp } | undefined }
  >();
  #greatest: { op: number; stamp: Stamp } | undefined;
  readonly #clock: P['clock'];
  /** when an acknowledged write returned */
  readonly returned = new Map<number, number>();

  constructor(clock: P['clock']) {
    this.#clock = clock;
  }
  begin(event: EventOf<'invoke'> & { at: number }): void {
    this.#calls.set(event.op, { ...event, greatest: this.#greatest });
  }
  /** the write, its stamp, and the write with the greatest stamp of those that had returned when it began */
  end(event: EventOf<'return'> & { at: number }) {
    const call = this.#calls.get(event.op);
    this.#calls.delete(event.op);
    const stamp = stampIn(event.value);
    if (call?.f !== 'put' || event.outcome !== 'ok' || !stamp) return undefined;
    this.returned.set(event.op, event.at);
    if (!this.#greatest || less(this.#greatest.stamp, stamp, this.#clock))
      this.#greatest = { op: event.op, stamp };
    return { op: event.op, process: call.process, begun: call.at, stamp, earlier: call.greatest };
  }
}

export const isRegister = (p: P) => p.work === 'register';
export const waits = (p: P) => p.clock === 'truetime' && p.wait;

export const external: Property<P> = {
  kind: 'always',
  what: 'External consistency: a write that begins after another was acknowledged has the greater stamp (Corbett et al. 2012).',
  judged: (p) => isRegister(p) && p.clock === 'truetime',
  promised: waits,
  monitor(p) {
    const writes = new Writes(p.clock);
    return {
      listens: ['invoke', 'return'],
      event(event) {
        if (event.kind === 'invoke') writes.begin(event);
        if (event.kind !== 'return') return undefined;
        const write = writes.end(event);
        if (!write?.earlier || less(write.earlier.stamp, write.stamp, p.clock)) return undefined;
        return `x=${write.op} began after x=${write.earlier.op} was acknowledged, and is stamped ${write.stamp} against ${write.earlier.stamp}`;
      },
    };
  },
};

/** Asked when a write is acknowledged, of the replica that took it: what it holds must not be older. */
export const laterWins: Property<P> = {
  kind: 'always',
  what: 'The later write wins: a write is never given up for one that was acknowledged before it began.',
  judged: isRegister,
  promised: waits,
  monitor: (p) => lostWrites(p, (text) => text),
};

/** Tells of each acknowledged write that its replica gave up for an older one. */
export function lostWrites(p: P, tell: (text: string) => string | undefined): Monitor {
  const writes = new Writes(p.clock);
  return {
    listens: ['invoke', 'return'],
    event(event, world) {
      if (event.kind === 'invoke') writes.begin(event);
      if (event.kind !== 'return') return undefined;
      const write = writes.end(event);
      const client: unknown = write && world.state(write.process);
      if (!write || !isState(client) || client.kind !== 'client' || client.answered?.op !== write.op)
        return undefined;
      const replica: unknown = world.state(client.answered.by);
      if (!isState(replica) || replica.kind !== 'replica' || !replica.held) return undefined;
      const { held } = replica;
      const ended = writes.returned.get(held.op);
      if (held.op === write.op || ended === undefined || ended >= write.begun) return undefined;
      return tell(
        `x=${write.op} was acknowledged at ${ms(event.at)} and is gone: ${client.answered.by} keeps x=${held.op}, which was finished ${ms(write.begun - ended)} before it began`,
      );
    },
  };
}

export const beatsSeen: Property<P> = {
  kind: 'always',
  what: 'A write is stamped greater than everything its client had read or written before.',
  judged: isRegister,
  promised: (p) => p.clock === 'lamport' || p.clock === 'hybrid' || waits(p),
  monitor(p) {
    const seen = new Map<string, Stamp>();
    const calls = new Map<number, { process: string; f: string }>();
    return {
      listens: ['invoke', 'return'],
      event(event) {
        if (event.kind === 'invoke') calls.set(event.op, event);
        if (event.kind !== 'return') return undefined;
        const call = calls.get(event.op);
        calls.delete(event.op);
        const stamp = stampIn(event.value);
        if (!call || !stamp) return undefined;
        const before = seen.get(call.process);
        if (!before || less(before, stamp, p.clock)) seen.set(call.process, stamp);
        if (call.f !== 'put' || !before || less(before, stamp, p.clock)) return undefined;
        return `${call.process} had seen stamp ${before.join('.')} and its next write x=${event.op} is stamped ${stamp.join('.')}`;
      },
    };
  },
};

export const agree: Property<P> = {
  kind: 'eventually',
  what: 'Converged: once writes and faults have ended, all replicas hold the same version.',
  judged: isRegister,
  monitor(p) {
    const calm = new Undisturbed(p.loss > 0);
    let last = 0;
    return {
      listens: ['fault', 'invoke', 'return'],
      event(event) {
        calm.hear(event);
        if (event.kind !== 'fault') last = event.at;
        return undefined;
      },
      end(world) {
        // A round comes within one and a half periods; a message on its way is given ten mean delays.
        const needed = (1.5 * p.sync + 10 * p.latency.mean + 2 * p.uncertainty) * 1000;
        const since = calm.since(world);
        if (since === undefined || world.now - Math.max(since, last) < needed) return undefined;
        const held = world.actors.flatMap(({ id }) => {
          const state: unknown = world.state(id);
          return isState(state) && state.kind === 'replica' ? [{ id, op: state.held?.op }] : [];
        });
        const other = held.find((h) => h.op !== held[0]?.op);
        return other
          ? `${held[0]?.id} holds x=${held[0]?.op} and ${other.id} holds x=${other.op} for good`
          : undefined;
      },
    };
  },
};
