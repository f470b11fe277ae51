import type { TraceEvent } from '../../src/sim/trace.ts';

/**
 * What the clients saw of the register, in real time. A value is older than another if its write had been committed
 * before the other's began; the first value is older than all. A read is stale if it returns a value older than one
 * that had been committed when the read began.
 */
export class Register {
  readonly #writes = new Map<number, { begun: number; committed: number | undefined }>();
  readonly #open = new Map<number, Open>();

  /** a read or write that has just returned well */
  hear(event: TraceEvent): Finished | undefined {
    if (event.kind === 'invoke') {
      const { op, process, f, at } = event;
      const value = Number(event.value);
      if (f === 'write') this.#writes.set(value, { begun: at, committed: undefined });
      this.#open.set(op, { process, f, value, begun: at, known: this.committed() });
      return undefined;
    }
    if (event.kind !== 'return') return undefined;
    const open = this.#open.get(event.op);
    this.#open.delete(event.op);
    if (!open || event.outcome !== 'ok') return undefined;
    const { process, f, begun } = open;
    if (f === 'write') {
      this.#writes.get(open.value)!.committed = event.at;
      return { process, f, value: open.value, begun, ended: event.at, missed: undefined };
    }
    const value = Number(event.value);
    const missed = open.known.find((known) => this.older(value, known));
    return { process, f: 'read', value, begun, ended: event.at, missed };
  }

  /** values of committed writes, the newest commit first */
  committed(): number[] {
    return [...this.#writes]
      .filter(([, w]) => w.committed !== undefined)
      .sort((a, b) => b[1].committed! - a[1].committed!)
      .map(([value]) => value);
  }

  committedAt(value: number): number | undefined {
    return this.#writes.get(value)?.committed;
  }

  older(a: number, b: number): boolean {
    if (a === b) return false;
    const [first, then] = [this.#writes.get(a), this.#writes.get(b)];
    if (then === undefined) return false;
    if (first === undefined) return true;
    return first.committed !== undefined && first.committed < then.begun;
  }
}

interface Open {
  readonly process: string;
  readonly f: string;
  readonly value: number;
  readonly begun: number;
  readonly known: readonly number[];
}

export interface Finished {
  readonly process: string;
  readonly f: 'read' | 'write';
  readonly value: number;
  readonly begun: number;
  readonly ended: number;
  /** of a stale read: the committed value it missed */
  readonly missed: number | undefined;
}
