import type { P } from './params.ts';

/**
 * The clocks themselves, as pure functions of a stamp and of what a node can see.
 *
 *   wall     [ms]     the node’s own wall clock: no rule at all
 *   lamport  [n]      +1 on every event; on receive max(own, theirs) + 1 — Lamport, CACM 1978, IR1 and IR2
 *   vector   [n, …]   own slot +1 on every event, after the element-wise maximum on receive — Fidge 1988, Mattern 1988
 *   hybrid   [l, c]   l the largest wall clock heard of, c counts within it — Kulkarni et al., OPODIS 2014, fig. 5
 *   truetime [ms]     end of the interval that contains the true time — Corbett et al., OSDI 2012, §3 and §4.1.2
 */
export type Stamp = readonly number[];
export type ClockName = P['clock'];

/** What a node sees when it stamps. */
export interface Sight {
  /** its wall clock in whole ms */
  readonly pt: number;
  /** its place among the nodes, from 0 */
  readonly slot: number;
}

export interface Scheme {
  first(slots: number): Stamp;
  /** the node does something or sends */
  tick(own: Stamp, see: Sight): Stamp;
  /** it receives a message with this stamp */
  receive(own: Stamp, theirs: Stamp, see: Sight): Stamp;
}

const wall: Scheme = {
  first: () => [0],
  tick: (_own, see) => [see.pt],
  receive: (_own, _theirs, see) => [see.pt],
};

const lamport: Scheme = {
  first: () => [0],
  tick: (own) => [own[0]! + 1],
  receive: (own, theirs) => [Math.max(own[0]!, theirs[0]!) + 1],
};

export const bump = (stamp: Stamp, slot: number): Stamp => stamp.map((n, i) => (i === slot ? n + 1 : n));

const vector: Scheme = {
  first: (slots) => new Array<number>(slots).fill(0),
  tick: (own, see) => bump(own, see.slot),
  receive: (own, theirs, see) =>
    bump(
      own.map((n, i) => Math.max(n, theirs[i]!)),
      see.slot,
    ),
};

const hybrid: Scheme = {
  first: () => [0, 0],
  tick(own, see) {
    const [l, c] = own as readonly [number, number];
    const next = Math.max(l, see.pt);
    return [next, next === l ? c + 1 : 0];
  },
  receive(own, theirs, see) {
    const [l, c] = own as readonly [number, number];
    const [lm, cm] = theirs as readonly [number, number];
    const next = Math.max(l, lm, see.pt);
    if (next === l && next === lm) return [next, Math.max(c, cm) + 1];
    if (next === l) return [next, c + 1];
    return [next, next === lm ? cm + 1 : 0];
  },
};

/** TrueTime stamps are made by the register, which has to wait for them. */
export const schemes: Readonly<Record<ClockName, Scheme>> = { wall, lamport, vector, hybrid, truetime: wall };

/** Whether the first stamp says "before": every slot at most and one less for vectors, else the first difference. */
export function less(a: Stamp, b: Stamp, clock: ClockName): boolean {
  if (clock === 'vector') return a.every((n, i) => n <= b[i]!) && a.some((n, i) => n < b[i]!);
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]!;
  return false;
}

/** As bars and arrows show it, without loss: `142`, `7`, `[2,0,1]`, `142.2`. */
export function format(stamp: Stamp, clock: ClockName): string {
  if (clock === 'vector') return `[${stamp.join(',')}]`;
  return stamp.join('.');
}

export const parse = (text: string): Stamp => text.replace(/[[\]]/g, '').split(/[,.]/).map(Number);

export const sameStamp = (a: Stamp, b: Stamp): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i]);
