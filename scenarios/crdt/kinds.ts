import type { P } from './params.ts';

/**
 * The data types, state-based (Shapiro, Preguiça, Baquero & Zawirski, INRIA RR-7506, 2011). Each is a join semilattice:
 * updates only move a state upwards, `merge` is the least upper bound, so order, repetition and delay do not matter.
 *
 *   g-counter     slot a replica, merge takes the greater, value is the sum (spec. 6)
 *   pn-counter    two of them, value is the difference (spec. 7)
 *   or-set        unique tags; remove deletes the tags it has seen, so a concurrent add survives (§3.3.5)
 *   lww-register  (time, replica) with the greater kept (spec. 8)
 *
 * `part` is the piece of a state that somebody lacks who has seen `base`; it is a state too (delta-state CRDTs:
 * Almeida, Shoker & Baquero 2018).
 */
export type Type = P['type'];

/** How many updates of each replica identity have been seen. */
export type Versions = Readonly<Record<string, number>>;

export interface Counts {
  readonly inc: Readonly<Record<string, number>>;
  readonly dec?: Readonly<Record<string, number>>;
}
export interface Tags {
  /** tag -> element; a tag is the add’s own dot */
  readonly adds: Readonly<Record<string, string>>;
  /** tag -> dot of the remove that deleted it */
  readonly gone: Readonly<Record<string, string>>;
}
export interface Latest {
  readonly value: string;
  /** ms */
  readonly time: number;
  /** identity of the replica that took the write, and its dot */
  readonly by: string;
  readonly dot: string;
}
export type Register = { readonly latest: Latest | null };
export type Data = Counts | Tags | Register;

/** An update where it is made. `dot` is (identity, count): unique as long as no identity is used twice. */
export interface Update {
  readonly f: string;
  readonly arg: string | number;
  readonly dot: string;
  readonly by: string;
  /** ms by the replica’s wall clock */
  readonly time: number;
}

export interface Kind<D> {
  readonly empty: D;
  update(data: D, u: Update): D;
  merge(mine: D, theirs: D): D;
  part(data: D, base: Versions, have: Versions): D;
  /** what a client sees, as text */
  value(data: D): string;
  /** what must be equal where the same updates were seen; leaves out what may be forgotten */
  visible(data: D): unknown;
}

export const dot = (by: string, n: number) => `${by}:${n}`;
export function seenIn(versions: Versions, of: string): boolean {
  const colon = of.lastIndexOf(':');
  return (versions[of.slice(0, colon)] ?? 0) >= Number(of.slice(colon + 1));
}
export const covers = (a: Versions, b: Versions): boolean =>
  Object.entries(b).every(([by, n]) => (a[by] ?? 0) >= n);
export function joined(a: Versions, b: Versions): Versions {
  if (covers(a, b)) return a;
  const all: Record<string, number> = { ...a };
  for (const [by, n] of Object.entries(b)) all[by] = Math.max(all[by] ?? 0, n);
  return all;
}

type Slots = Readonly<Record<string, number>>;
const sum = (slots: Slots = {}) => Object.values(slots).reduce((total, n) => total + n, 0);
const raise = (slots: Slots = {}, by: string, n: number): Slots => ({ ...slots, [by]: (slots[by] ?? 0) + n });
const newer = <T>(slots: Readonly<Record<string, T>>, keep: (key: string) => boolean): Record<string, T> =>
  Object.fromEntries(Object.entries(slots).filter(([key]) => keep(key)));
/** keys in order, so that equal states are equal as text */
const ordered = <T>(record: Readonly<Record<string, T>> = {}) =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

const gCounter: Kind<Counts> = {
  empty: { inc: {} },
  update: (data, u) => ({ ...data, inc: raise(data.inc, u.by, Number(u.arg)) }),
  merge: (mine, theirs) => ({ inc: joined(mine.inc, theirs.inc) }),
  part: (data, base, have) => ({ inc: newer(data.inc, (by) => (have[by] ?? 0) > (base[by] ?? 0)) }),
  value: (data) => String(sum(data.inc)),
  visible: (data) => ordered(data.inc),
};

const pnCounter: Kind<Counts> = {
  empty: { inc: {}, dec: {} },
  update: (data, u) =>
    u.f === 'inc'
      ? { ...data, inc: raise(data.inc, u.by, Number(u.arg)) }
      : { ...data, dec: raise(data.dec, u.by, Number(u.arg)) },
  merge: (mine, theirs) => ({
    inc: joined(mine.inc, theirs.inc),
    dec: joined(mine.dec ?? {}, theirs.dec ?? {}),
  }),
  part(data, base, have) {
    const lacks = (by: string) => (have[by] ?? 0) > (base[by] ?? 0);
    return { inc: newer(data.inc, lacks), dec: newer(data.dec ?? {}, lacks) };
  },
  value: (data) => String(sum(data.inc) - sum(data.dec)),
  visible: (data) => [ordered(data.inc), ordered(data.dec)],
};

const elements = (data: Tags): string[] =>
  [
    ...new Set(Object.entries(data.adds).flatMap(([tag, e]) => (data.gone[tag] === undefined ? [e] : []))),
  ].sort();

const orSet: Kind<Tags> = {
  empty: { adds: {}, gone: {} },
  update(data, u) {
    if (u.f === 'add') return { ...data, adds: { ...data.adds, [u.dot]: String(u.arg) } };
    const gone: Record<string, string> = { ...data.gone };
    for (const [tag, element] of Object.entries(data.adds))
      if (element === u.arg && gone[tag] === undefined) gone[tag] = u.dot;
    return { ...data, gone };
  },
  merge(mine, theirs) {
    const gone: Record<string, string> = { ...mine.gone };
    // Two removes may have hit one tag: all keep the same one of them.
    for (const [tag, by] of Object.entries(theirs.gone))
      gone[tag] = gone[tag] === undefined || by < gone[tag] ? by : gone[tag];
    return { adds: { ...mine.adds, ...theirs.adds }, gone };
  },
  part: (data, base) => ({
    adds: newer(data.adds, (tag) => !seenIn(base, tag)),
    gone: newer(data.gone, (tag) => !seenIn(base, data.gone[tag]!)),
  }),
  value: (data) => `{${elements(data).join(' ')}}`,
  visible: (data) => ordered(newer(data.adds, (tag) => data.gone[tag] === undefined)),
};

/** By time, then by identity, so that all replicas choose alike. */
export const later = (a: Latest, b: Latest): boolean =>
  a.time === b.time ? (a.by === b.by ? a.dot > b.dot : a.by > b.by) : a.time > b.time;

const lwwRegister: Kind<Register> = {
  empty: { latest: null },
  update: (_data, u) => ({ latest: { value: String(u.arg), time: u.time, by: u.by, dot: u.dot } }),
  merge: (mine, theirs) =>
    theirs.latest && (!mine.latest || later(theirs.latest, mine.latest)) ? theirs : mine,
  part: (data, base) => (data.latest && !seenIn(base, data.latest.dot) ? data : { latest: null }),
  value: (data) => data.latest?.value ?? 'nothing',
  visible: (data) => data.latest,
};

/** Whoever takes a kind out by its type hands it only data that it made itself. */
const anyKind = <D extends Data>(kind: Kind<D>): Kind<Data> => kind as unknown as Kind<Data>;

export const kinds: Readonly<Record<Type, Kind<Data>>> = {
  'g-counter': anyKind(gCounter),
  'pn-counter': anyKind(pnCounter),
  'or-set': anyKind(orSet),
  'lww-register': anyKind(lwwRegister),
};

/** A set without the tags whose removal everybody has: nobody can bring them back any more. */
export function collected(data: Data, stable: (dot: string) => boolean): Data {
  if (!('gone' in data)) return data;
  const dead = Object.entries(data.gone).filter(([, by]) => stable(by));
  if (dead.length === 0) return data;
  const adds: Record<string, string> = { ...data.adds };
  const gone: Record<string, string> = { ...data.gone };
  for (const [tag] of dead) {
    delete adds[tag];
    delete gone[tag];
  }
  return { adds, gone };
}
