import type { Judgement, Op } from '../history.ts';
import { culpritOf, shortestPrefix } from './culprit.ts';
import { type Model, States } from './models.ts';

/** Placements tried, over all keys, before the search is given up. */
export const STEPS = 3_000_000;

/**
 * Is there one order of the operations, each between its call and its return, that the object could have executed?
 * The search of Wing & Gong (1993) with Lowe's memory of failed states (2017), key by key. Operations that failed are
 * left out; those of unknown outcome may take effect at any time after their call, or never; equal end points overlap.
 */
export function linearizable(ops: readonly Op[], model: Model, steps = STEPS): Judgement {
  const budget = { steps };
  for (const whole of byKey(ops)) {
    const part = relevant(whole, model);
    const holds = search(part, model, budget);
    if (holds === undefined)
      return { holds, gaveUp: `no decision after ${steps} placements of operations on ${name(part)}` };
    if (holds) continue;
    const left = { steps };
    const fails = (some: readonly Op[]) => search(relevant(some, model), model, left) === false;
    const prefix = shortestPrefix(part, model, fails);
    return { holds, culprit: culpritOf(prefix, model, fails, 'real-time') };
  }
  return { holds: true };
}

/**
 * What a checker has to place. Failed operations never happened, and a read whose result nobody knows says nothing. Nor
 * does a write of unknown outcome that nobody noticed: in an order where it took effect nobody read before the next
 * write, so the order without it is as good.
 */
export function relevant(ops: readonly Op[], model: Model): Op[] {
  const sure = ops.filter((op) => op.outcome === 'ok');
  const open = ops.filter((op) => op.outcome === 'unknown' && !model.reads(op));
  if (open.length === 0) return sure;
  const noticed = new Set<Op>(sure);
  let watching = sure.filter((op) => model.mayNotice(op));
  for (let more = true; more; ) {
    more = false;
    for (const op of open) {
      if (noticed.has(op)) continue;
      const mark = model.mark(op);
      const seen = (by: Op) => by !== op && by.key === op.key && model.notices(by, mark!);
      if (mark !== undefined && !watching.some(seen)) continue;
      noticed.add(op);
      if (model.mayNotice(op)) watching = [...watching, op];
      more = true;
    }
  }
  return ops.filter((op) => noticed.has(op));
}

function byKey(ops: readonly Op[]): Op[][] {
  const parts = new Map<string, Op[]>();
  for (const op of ops) {
    const part = parts.get(op.key);
    if (part) part.push(op);
    else parts.set(op.key, [op]);
  }
  return [...parts.values()];
}

const name = (part: readonly Op[]) => (part[0]!.key === '' ? 'the object' : part[0]!.key);

interface Entry {
  readonly index: number;
  readonly op: Op;
  readonly call: boolean;
  readonly at: number;
  next: Entry | null;
  prev: Entry | null;
  /** of a call: its return, none while the outcome is unknown */
  match: Entry | null;
}

/** One key's operations. undefined when the budget is used up. */
function search(ops: readonly Op[], model: Model, budget: { steps: number }): boolean | undefined {
  const sure = ops.filter((op) => op.outcome === 'ok').sort((a, b) => a.invoke - b.invoke);
  const open = ops.filter((op) => op.outcome === 'unknown');
  const all = [...sure, ...open];
  const head = entries(all);
  const states = new States(model);
  const tried = new Set<string>();
  const done = new Uint8Array(all.length);
  const stack: { entry: Entry; state: number; low: number; high: number; free: boolean }[] = [];
  let state = states.id(model.initial);
  let low = 0;
  let high = -1;
  let left = sure.length;
  let entry = head.next;
  while (left > 0) {
    if (entry?.call) {
      if (budget.steps-- <= 0) return undefined;
      const { index, op } = entry;
      const after = states.step(state, op, index);
      const sureOp = index < sure.length;
      // An operation nobody waits for, that changes nothing here, is as good as not happening yet.
      if (after >= 0 && (sureOp || after !== state)) {
        const free = sureOp && after === state && model.reads(op);
        done[index] = 1;
        const before = { entry, state, low, high, free };
        if (sureOp) {
          while (low < sure.length && done[low] === 1) low++;
          if (index > high) high = index;
        }
        if (free || remember(tried, done, low, high, sure.length, after)) {
          stack.push(before);
          state = after;
          lift(entry);
          if (sureOp) left--;
          entry = head.next;
          continue;
        }
        done[index] = 0;
        low = before.low;
        high = before.high;
      }
      entry = entry.next;
      continue;
    }
    // Every operation that could come next was tried, and this return cannot wait: take the last placement back. A
    // read is placed as soon as it fits; had another place for it helped, this one would not have hurt.
    let last = stack.pop();
    while (last) {
      state = last.state;
      low = last.low;
      high = last.high;
      done[last.entry.index] = 0;
      unlift(last.entry);
      if (last.entry.index < sure.length) left++;
      if (!last.free) break;
      last = stack.pop();
    }
    if (!last) return false;
    entry = last.entry.next;
  }
  return true;
}

/** true if this set of placed operations was not yet met with this state */
function remember(
  tried: Set<string>,
  done: Uint8Array,
  low: number,
  high: number,
  sure: number,
  state: number,
): boolean {
  let key = `${state} ${low}`;
  let bits = 0;
  let width = 0;
  const add = (bit: number) => {
    bits = bits * 2 + bit;
    if (++width === 48) {
      key += ` ${bits}`;
      bits = 0;
      width = 0;
    }
  };
  for (let i = low; i <= high; i++) add(done[i]!);
  key += ` ${bits}.${width}`;
  bits = 0;
  width = 0;
  for (let i = sure; i < done.length; i++) add(done[i]!);
  key += ` ${bits}`;
  if (tried.has(key)) return false;
  tried.add(key);
  return true;
}

/** Calls and returns in time order; of equal times, calls first, so that equal end points overlap. */
function entries(ops: readonly Op[]): Entry {
  const list: Entry[] = [];
  ops.forEach((op, index) => {
    const call: Entry = { index, op, call: true, at: op.invoke, next: null, prev: null, match: null };
    list.push(call);
    if (op.outcome !== 'ok') return;
    call.match = { ...call, call: false, at: op.return ?? Number.POSITIVE_INFINITY };
    list.push(call.match);
  });
  list.sort((a, b) => a.at - b.at || Number(b.call) - Number(a.call) || a.index - b.index);
  const head: Entry = { ...list[0]!, index: -1, prev: null, next: null };
  let last = head;
  for (const entry of list) {
    last.next = entry;
    entry.prev = last;
    last = entry;
  }
  return head;
}

function lift(call: Entry): void {
  unlink(call);
  if (call.match) unlink(call.match);
}

function unlift(call: Entry): void {
  if (call.match) relink(call.match);
  relink(call);
}

function unlink(entry: Entry): void {
  entry.prev!.next = entry.next;
  if (entry.next) entry.next.prev = entry.prev;
}

function relink(entry: Entry): void {
  entry.prev!.next = entry;
  if (entry.next) entry.next.prev = entry;
}
