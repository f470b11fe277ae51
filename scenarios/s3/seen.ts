import { type Culprit, linearizable, models, type Op } from '../../src/sim/history.ts';
import type { Monitor } from '../../src/sim/scenario.ts';
import type { EventOf, TraceEvent, Value } from '../../src/sim/trace.ts';
import { KEYS } from './client.ts';
import { NOT_FOUND, NOTHING } from './region.ts';

/**
 * What clients saw, as a history for the checkers. HEAD and LIST name ETags, which stand for contents, so each is a
 * reading of the keys it speaks of; a DELETE writes nothing. Each key is judged alone: S3 promises nothing across keys.
 */
export interface Sight {
  readonly op: Op;
  /** the client's operation this was part of */
  readonly of: number;
  /** what the client called it: get, head, list, put, delete, append */
  readonly f: string;
}

export class Sights {
  readonly #open = new Map<number, EventOf<'invoke'>>();
  readonly #byOp = new Map<number, readonly Sight[]>();
  #numbers = 0;

  /** what the event added, if it was the return of a reading */
  hear(event: TraceEvent): readonly Sight[] {
    if (event.kind === 'invoke') {
      this.#open.set(event.op, event);
      if (writes(event.f))
        this.#byOp.set(event.op, [this.#sight(event, event.key, event.value, 'unknown', null)]);
      return [];
    }
    if (event.kind !== 'return') return [];
    const call = this.#open.get(event.op);
    if (!call) return [];
    this.#open.delete(event.op);
    if (writes(call.f)) {
      this.#byOp.set(event.op, [this.#sight(call, call.key, call.value, event.outcome, event.at)]);
      return [];
    }
    if (event.outcome !== 'ok') return [];
    const read = readings(call, event.value).map(([key, value]) =>
      this.#sight(call, key, value, 'ok', event.at),
    );
    this.#byOp.set(event.op, read);
    return read;
  }

  #sight(
    call: EventOf<'invoke'>,
    key: string,
    value: Value,
    outcome: Op['outcome'],
    at: number | null,
  ): Sight {
    const f = call.f === 'append' ? 'append' : writes(call.f) ? 'put' : 'get';
    const op = { process: call.process, f, key, value, outcome, invoke: call.at, return: at };
    return { of: call.op, f: call.f, op: { ...op, op: ++this.#numbers } };
  }

  get all(): Sight[] {
    return [...this.#byOp.values()].flat();
  }
  get count(): number {
    return this.#byOp.size;
  }
}

const writes = (f: string) => f === 'put' || f === 'delete' || f === 'append';

/** What one operation read: of each key a value, null for none. */
function readings(call: EventOf<'invoke'>, value: Value): [string, Value][] {
  if (call.f !== 'list') return [[call.key, value === NOT_FOUND ? null : value]];
  const listed = new Map<string, Value>();
  if (value !== NOTHING)
    for (const word of String(value).split(' ')) listed.set(word.split('=')[0]!, Number(word.split('=')[1]));
  return KEYS.map((key) => [key, listed.get(key) ?? null]);
}

/** The newest write that this reading should not have missed; undefined where it is not stale in this simple way. */
export function missed(read: Sight, all: readonly Sight[]): Sight | undefined {
  const { op } = read;
  if (op.f !== 'get') return undefined;
  const puts = all.filter((s) => s.op.f === 'put' && s.op.key === op.key);
  const source = puts.filter((s) => s.op.value === op.value && s.op.invoke < op.return!);
  // The same value twice, such as two deletions: the latest of them may be the one that was seen.
  const since =
    op.value === null && source.length === 0
      ? 0
      : Math.max(-1, ...source.map((s) => s.op.return ?? Number.POSITIVE_INFINITY));
  if (since < 0) return undefined;
  return puts
    .filter(
      (s) =>
        s.op.outcome === 'ok' && s.op.invoke >= since && s.op.return! < op.invoke && s.op.value !== op.value,
    )
    .at(-1);
}

export type Anomaly = 'old' | 'missing' | 'ghost';
export const anomalyOf = (read: Sight, write: Sight): Anomaly =>
  write.op.value === null ? 'ghost' : read.op.value === null ? 'missing' : 'old';

/** `640 ms`, `48 s`, `12 min` */
export const spell = (us: number): string =>
  us < 10e6
    ? `${Math.round(us / 1000)} ms`
    : us < 120e6
      ? `${Math.round(us / 1e6)} s`
      : `${Math.round(us / 60e6)} min`;

function telling(read: Sight, write: Sight): string {
  const { process, key, value, invoke } = read.op;
  const ago = `${spell(invoke - write.op.return!)} before`;
  const list = read.f === 'list';
  switch (anomalyOf(read, write)) {
    case 'ghost':
      return `${process} still ${list ? 'finds' : 'reads'} ${key}=${value}${list ? ' in a listing' : ''}, deleted ${ago}.`;
    case 'missing':
      return `${process} ${list ? 'misses' : 'gets 404 for'} ${key}${list ? ' in a listing' : ''}, put ${ago}.`;
    default:
      return `${process} ${list ? 'lists' : 'reads'} ${key}=${value}, although ${key}=${write.op.value} was put ${ago}.`;
  }
}

/** Judges at every reading, so that the first violation has its time. */
export function sightsMonitor(): Monitor {
  const sights = new Sights();
  let culprit: { readonly ops: readonly number[]; readonly detail: string } | undefined;
  const blame = () => {
    const all = sights.all;
    const found = linearizable(
      all.map((s) => s.op),
      models('map'),
    ).culprit;
    culprit = found && explained(found, all);
    return culprit?.detail;
  };
  return {
    listens: ['invoke', 'return'],
    event: (event) => (sights.hear(event).length > 0 && sights.count <= 70 ? blame() : undefined),
    end: blame,
    culprit: () => culprit?.ops,
  };
}

function explained(culprit: Culprit, all: readonly Sight[]) {
  const blamed = all.filter((s) => culprit.ops.includes(s.op.op));
  const last = blamed.filter((s) => s.op.f === 'get').at(-1);
  const write = last && missed(last, all);
  if (last && write) return { ops: [write.of, last.of], detail: telling(last, write) };
  return { ops: [...new Set(blamed.map((s) => s.of))], detail: culprit.detail };
}
