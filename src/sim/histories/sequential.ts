import type { Judgement, Op } from '../history.ts';
import { culpritOf } from './culprit.ts';
import { relevant } from './linearizable.ts';
import { type Model, States } from './models.ts';

export const STEPS = 400_000;

/**
 * Sequentially consistent (Lamport 1979): one order of all operations on all objects that keeps each process's own
 * order and that the objects could have executed. Real time plays no part, and objects cannot be judged one by one.
 * An operation of unknown outcome may take effect any time after the ones its process finished before it, or never.
 */
export function sequential(ops: readonly Op[], model: Model, steps = STEPS): Judgement {
  const part = relevant(ops, model);
  const holds = search(part, model, { steps });
  if (holds === undefined) return { holds, gaveUp: `no decision after ${steps} placements of operations` };
  if (holds) return { holds };
  const left = { steps };
  return {
    holds,
    culprit: culpritOf(
      part,
      model,
      (some) => search(relevant(some, model), model, left) === false,
      'program',
    ),
  };
}

interface Chain {
  readonly ops: { readonly op: Op; readonly index: number }[];
  at: number;
}

interface Floating {
  readonly op: Op;
  readonly index: number;
  readonly chain: Chain;
  /** operations of its process that come before it */
  readonly after: number;
  used: boolean;
}

function search(ops: readonly Op[], model: Model, budget: { steps: number }): boolean | undefined {
  const keys = [...new Set(ops.map((op) => op.key))];
  const keyOf = new Map(keys.map((key, i) => [key, i]));
  const states = new States(model);
  const now = keys.map(() => states.id(model.initial));
  const chains = new Map<string, Chain>();
  const floating: Floating[] = [];
  [...ops]
    .sort((a, b) => a.invoke - b.invoke)
    .forEach((op, index) => {
      const chain = chains.get(op.process) ?? { ops: [], at: 0 };
      chains.set(op.process, chain);
      if (op.outcome === 'ok') chain.ops.push({ op, index });
      else floating.push({ op, index, chain, after: chain.ops.length, used: false });
    });
  const all = [...chains.values()];
  const tried = new Set<string>();
  /** what was placed, with what it replaced; `choice` is where to go on trying after taking it back */
  const stack: { choice: number; key: number; state: number; free: boolean }[] = [];
  let left = all.reduce((sum, chain) => sum + chain.ops.length, 0);
  let choice = 0;
  const take = (i: number): { op: Op; index: number } | undefined => {
    const chain = all[i];
    if (chain) return chain.ops[chain.at];
    const extra = floating[i - all.length]!;
    return !extra.used && extra.chain.at >= extra.after ? extra : undefined;
  };
  const place = (i: number, by: 1 | -1) => {
    const chain = all[i];
    if (chain) {
      chain.at += by;
      left -= by;
    } else floating[i - all.length]!.used = by === 1;
  };
  const choices = all.length + floating.length;
  while (left > 0) {
    // A read that fits can always go first: it changes nothing and what follows it becomes free.
    let free = -1;
    if (choice === 0)
      for (let i = 0; i < all.length && free < 0; i++) {
        const next = take(i);
        if (!next || !model.reads(next.op)) continue;
        const key = keyOf.get(next.op.key)!;
        if (states.step(now[key]!, next.op, next.index) === now[key]) free = i;
      }
    if (free >= 0) {
      place(free, 1);
      stack.push({ choice: free, key: 0, state: now[0]!, free: true });
      continue;
    }
    let placed = false;
    for (; choice < choices; choice++) {
      const next = take(choice);
      if (!next) continue;
      if (budget.steps-- <= 0) return undefined;
      const key = keyOf.get(next.op.key)!;
      const after = states.step(now[key]!, next.op, next.index);
      if (after < 0 || (choice >= all.length && after === now[key])) continue;
      const before = now[key]!;
      place(choice, 1);
      now[key] = after;
      const memory = `${now.join()} ${all.map((chain) => chain.at).join()} ${floating.map((f) => (f.used ? 1 : 0)).join('')}`;
      if (tried.has(memory)) {
        place(choice, -1);
        now[key] = before;
        continue;
      }
      tried.add(memory);
      stack.push({ choice, key, state: before, free: false });
      placed = true;
      break;
    }
    if (placed) {
      choice = 0;
      continue;
    }
    let last = stack.pop();
    while (last) {
      place(last.choice, -1);
      if (!last.free) {
        now[last.key] = last.state;
        break;
      }
      last = stack.pop();
    }
    if (!last) return false;
    choice = last.choice + 1;
  }
  return true;
}
