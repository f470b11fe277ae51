import type { Register, Type } from './kinds.ts';
import type { Made } from './protocol.ts';

/** An update with what its replica had seen when it was made. */
export interface Known extends Made {
  readonly knew: readonly number[];
}
export type Registry = Readonly<Record<number, Known>>;

/**
 * What a type means, said of a set of updates and without any merging (RR-7506, §3): a replica that has seen them
 * must show this.
 */
export function specified(type: Type, seen: readonly number[], all: Registry): string {
  const made = seen.flatMap((op) => all[op] ?? []);
  switch (type) {
    case 'g-counter':
    case 'pn-counter':
      return String(made.reduce((total, u) => total + (u.f === 'inc' ? 1 : -1) * Number(u.arg), 0));
    case 'or-set': {
      // Add wins: an add counts unless a remove of its element knew of it.
      const removes = made.filter((u) => u.f === 'remove');
      const live = made.filter(
        (u) => u.f === 'add' && !removes.some((r) => r.arg === u.arg && r.knew.includes(u.op)),
      );
      return `{${[...new Set(live.map((u) => String(u.arg)))].sort().join(' ')}}`;
    }
    case 'lww-register': {
      const last = made.reduce<Known | undefined>(
        (best, u) => (best && !beats(u, best) ? best : u),
        undefined,
      );
      return last ? String(last.arg) : 'nothing';
    }
  }
}

const beats = (a: Known, b: Known) => a.time > b.time || (a.time === b.time && a.by > b.by);

export const concurrent = (a: Known, b: Known): boolean => !a.knew.includes(b.op) && !b.knew.includes(a.op);

/** The write that a replica gave up for another which had not seen it, with that other; undefined where all is well. */
export function dropped(
  all: Registry,
  before: Register,
  after: Register,
): readonly [Known, Known] | undefined {
  if (!before.latest || !after.latest || before.latest.dot === after.latest.dot) return undefined;
  const made = Object.values(all);
  const old = made.find((u) => u.dot === before.latest?.dot);
  const next = made.find((u) => u.dot === after.latest?.dot);
  return old && next && concurrent(old, next) ? [old, next] : undefined;
}

/** adds that no remove had seen, although one of the same element was concurrent with them */
export function survivors(all: Registry): Known[] {
  const made = Object.values(all);
  const removesOf = (a: Known) => made.filter((r) => r.f === 'remove' && r.arg === a.arg);
  return made.filter(
    (a) =>
      a.f === 'add' &&
      removesOf(a).some((r) => concurrent(a, r)) &&
      !removesOf(a).some((r) => r.knew.includes(a.op)),
  );
}
