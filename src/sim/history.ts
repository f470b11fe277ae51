import type { Outcome, TraceEvent, Value } from './trace.ts';

/** Histories of client operations and the checkers that judge them. */
export { type Causes, causal } from './histories/causal.ts';
export { linearizable } from './histories/linearizable.ts';
export { type Model, type ModelName, modelNames, models } from './histories/models.ts';
export { parseHistory } from './histories/parse.ts';
export { sequential } from './histories/sequential.ts';
export { guarantees, type SessionGuarantee, sessionGuarantee } from './histories/sessions.ts';

/** One operation as its process saw it. */
export interface Op {
  /** its number in the trace, or its line in a file */
  readonly op: number;
  readonly process: string;
  /** read, write, cas, enqueue, dequeue, get, put, append */
  readonly f: string;
  readonly key: string;
  /** what was written, or what was read; `[expected, new]` for cas */
  readonly value: Value;
  readonly outcome: Outcome;
  /** µs, or whatever unit the file has */
  readonly invoke: number;
  /** null for never; what `unknown` returned at does not matter, it stays open for ever */
  readonly return: number | null;
}

export interface Judgement {
  /** undefined: the search was given up at its limit */
  readonly holds: boolean | undefined;
  readonly culprit?: Culprit;
  /** why it was given up */
  readonly gaveUp?: string;
}

/** The smallest offending part: without any one of these operations the rest could be explained. */
export interface Culprit {
  readonly ops: readonly number[];
  readonly keys: readonly string[];
  /** one sentence */
  readonly detail: string;
}

/** How values come back: from the return where the operation reads, from the call where it writes. */
const reading = new Set(['read', 'get', 'dequeue']);

/** The operations of a trace, in the order they were called. */
export function historyOf(events: readonly TraceEvent[], keep?: (f: string) => boolean): Op[] {
  const ops = new Map<number, Op>();
  for (const event of events) hear(ops, event, keep);
  return [...ops.values()];
}

/** Takes one more event into a history; others are ignored. */
export function hear(ops: Map<number, Op>, event: TraceEvent, keep?: (f: string) => boolean): void {
  if (event.kind === 'invoke') {
    if (keep && !keep(event.f)) return;
    const { op, process, f, key, value } = event;
    ops.set(op, { op, process, f, key, value, outcome: 'unknown', invoke: event.at, return: null });
  } else if (event.kind === 'return') {
    const open = ops.get(event.op);
    if (!open) return;
    const value = reading.has(open.f) ? event.value : open.value;
    ops.set(event.op, { ...open, value, outcome: event.outcome, return: event.at });
  }
}

/** `c1 get x → 3 (412–440 ms)` */
export function words(op: Op): string {
  const what = op.key === '' ? op.f : `${op.f} ${op.key}`;
  const value = op.value === null && !reading.has(op.f) ? '' : JSON.stringify(op.value);
  const said = reading.has(op.f)
    ? ` → ${op.value === null ? 'nil' : value}`
    : value === ''
      ? ''
      : ` ${value}`;
  return `${op.process} ${what}${said}${op.outcome === 'unknown' ? ' (outcome unknown)' : ''}`;
}
