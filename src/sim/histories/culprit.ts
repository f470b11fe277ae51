import { type Culprit, type Op, words } from '../history.ts';
import { type Model, same } from './models.ts';

/**
 * The smallest offending part of a history that broke a rule. What is left must convict by itself, so only what
 * cannot have helped is taken away: an operation that reads; a write whose value nobody who is left has seen; an
 * element of a queue together with its removal. If the whole fitted an order, the rest would fit the same order.
 */

/** Shrink attempts; a culprit is then small, if not the smallest. */
const ATTEMPTS = 2_000;

/** A history up to a time. What has not returned by then is open. */
export function until(ops: readonly Op[], end: number, model: Model): Op[] {
  const kept: Op[] = [];
  for (const op of ops) {
    if (op.invoke > end) continue;
    if (op.outcome === 'ok' && (op.return ?? Number.POSITIVE_INFINITY) <= end) kept.push(op);
    // A removal still under way may take the queue's head at any time, whatever it says later.
    else if (op.f === 'dequeue') kept.push({ ...op, outcome: 'unknown', value: null });
    else if (!model.reads(op)) kept.push({ ...op, outcome: 'unknown' });
  }
  return kept;
}

export function culpritOf(
  ops: readonly Op[],
  model: Model,
  fails: (ops: readonly Op[]) => boolean,
  order: 'real-time' | 'program',
): Culprit {
  const left = shrink(ops, model, fails);
  left.sort((a, b) => a.invoke - b.invoke || a.op - b.op);
  return {
    ops: left.map((op) => op.op),
    keys: [...new Set(left.map((op) => op.key))],
    detail: sentence(left, model, order),
  };
}

function shrink(ops: readonly Op[], model: Model, fails: (ops: readonly Op[]) => boolean): Op[] {
  let kept = [...ops];
  let attempts = ATTEMPTS;
  for (let size = Math.max(1, kept.length >> 1); ; size = Math.max(1, size >> 1)) {
    let removed = false;
    for (let i = 0; i < kept.length && attempts > 0; ) {
      const out = withCompanions(kept.slice(i, i + size), kept, model);
      const rest = kept.filter((op) => !out.has(op));
      attempts--;
      if (rest.length > 0 && removable(out, rest, model) && fails(rest)) {
        kept = rest;
        removed = true;
      } else i += size;
    }
    if (attempts <= 0 || (size === 1 && !removed)) return kept;
  }
}

/** In a queue an element goes with its removal. */
function withCompanions(out: readonly Op[], all: readonly Op[], model: Model): Set<Op> {
  if (model.name !== 'queue') return new Set(out);
  return new Set(
    all.filter((op) => out.some((o) => o === op || (o.value !== null && same(o.value, op.value)))),
  );
}

function removable(out: ReadonlySet<Op>, rest: readonly Op[], model: Model): boolean {
  for (const op of out) {
    if (model.reads(op)) continue;
    const mark = model.mark(op);
    if (mark === undefined || rest.some((other) => model.notices(other, mark))) return false;
  }
  return true;
}

function sentence(ops: readonly Op[], model: Model, order: 'real-time' | 'program'): string {
  const reads = ops.filter((op) => model.reads(op));
  const last = reads.at(-1);
  if (last && model.name !== 'queue' && order === 'real-time') {
    const writes = ops.filter((op) => model.mark(op) !== undefined);
    const written =
      same(last.value, model.initial) || writes.some((w) => model.notices(last, model.mark(w)!));
    if (!written) return `${words(last)}, which nobody had written.`;
    const newer = reads.find((r) => r !== last && r.outcome === 'ok' && before(r, last));
    const overwritten = writes.filter(
      (w) => w.outcome === 'ok' && before(w, last) && !model.notices(last, model.mark(w)!),
    );
    if (ops.length <= 4 && newer && !same(newer.value, last.value))
      return `${words(last)} after ${words(newer)}: the object went back in time${because(writes, last, model)}.`;
    if (ops.length <= 3 && overwritten.length > 0)
      return `${words(last)}, although ${overwritten.map(words).join(' and ')} had returned before: a stale read.`;
  }
  const what =
    order === 'real-time' ? 'each between its call and its return' : 'each process in its own order';
  return `No order of these operations, ${what}, explains their results: ${ops.map(words).join('; ')}.`;
}

function because(writes: readonly Op[], last: Op, model: Model): string {
  const older = writes.find((w) => model.notices(last, model.mark(w)!));
  const newer = writes.find((w) => w !== older);
  return older && newer && before(older, newer) ? ` (${words(newer)} came after ${words(older)})` : '';
}

const before = (a: Op, b: Op) => a.return !== null && a.outcome === 'ok' && a.return < b.invoke;
