import type { Judgement, Op } from '../history.ts';
import { culpritOf, until } from './culprit.ts';
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
    const invented = fromNowhere(part, model);
    if (invented) return { holds: false, culprit: culpritOf([invented], model, () => true, 'real-time') };
    const { holds, stuck } = search(part, model, budget);
    if (holds === undefined)
      return { holds, gaveUp: `no decision after ${steps} placements of operations on ${name(part)}` };
    if (holds) continue;
    const left = { steps };
    const fails = (some: readonly Op[]) => search(relevant(some, model), model, left).holds === false;
    // Linearizability of a whole implies that of each prefix (Herlihy & Wing 1990, §3.3), so the part up to the return
    // that no order got past is to blame by itself.
    return { holds, culprit: culpritOf(until(part, stuck, model), model, fails, 'real-time') };
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

/** A read of what nobody had begun to write by then: no search is needed. */
function fromNowhere(part: readonly Op[], model: Model): Op | undefined {
  const writes = part.filter((op) => model.mark(op) !== undefined);
  return part.find((read) => {
    if (!model.reads(read) || model.step(model.initial, read) !== undefined) return false;
    const end = read.return ?? Number.POSITIVE_INFINITY;
    return !writes.some((write) => write.invoke <= end && model.notices(read, model.mark(write)!));
  });
}

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

interface Found {
  /** undefined when the budget is used up */
  readonly holds: boolean | undefined;
  /** the latest return that was reached and not got past */
  readonly stuck: number;
}

/** One key's operations. */
function search(ops: readonly Op[], model: Model, budget: { steps: number }): Found {
  const sure = ops.filter((op) => op.outcome === 'ok').sort((a, b) => a.invoke - b.invoke);
  const open = ops.filter((op) => op.outcome === 'unknown');
  const all = [...sure, ...open];
  const head = entries(all);
  const states = new States(model);
  const tried: Tried = new Map();
  let stuck = Number.NEGATIVE_INFINITY;
  const done = new Uint8Array(all.length);
  const stack: { entry: Entry; state: number; low: number; high: number; free: boolean }[] = [];
  let state = states.id(model.initial);
  let low = 0;
  let high = -1;
  let left = sure.length;
  let entry = head.next;
  while (left > 0) {
    if (entry?.call) {
      if (budget.steps-- <= 0) return { holds: undefined, stuck };
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
    if (entry && entry.at > stuck) stuck = entry.at;
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
    if (!last) return { holds: false, stuck };
    entry = last.entry.next;
  }
  return { holds: true, stuck };
}

/** By state and by how far everything is placed: which later operations are placed too, as bits. */
type Tried = Map<number, Set<number | string>>;

/** true if this set of placed operations was not yet met with this state */
function remember(
  tried: Tried,
  done: Uint8Array,
  low: number,
  high: number,
  sure: number,
  state: number,
): boolean {
  const group = state * 2 ** 20 + low;
  let known = tried.get(group);
  if (known === undefined) {
    known = new Set();
    tried.set(group, known);
  }
  // A leading one keeps sets of different width apart.
  let bits = 1;
  let words = '';
  let width = 0;
  const open = done.length - sure;
  for (let i = low; i <= high + open; i++) {
    if (i === high + 1 && open > 0) bits = bits * 2 + 1;
    bits = bits * 2 + done[i <= high ? i : sure + (i - high - 1)]!;
    if (++width % 48 === 0) {
      words += `${bits} `;
      bits = 1;
    }
  }
  const key = width < 48 ? bits : `${words}${bits} ${high - low}`;
  if (known.has(key)) return false;
  known.add(key);
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
