import {
  type Answer,
  answer,
  firstSight,
  type Refusal,
  type Request,
  refuse,
  type Seen,
} from '../../src/sim/client.ts';
import {
  become,
  type Effect,
  type Here,
  note,
  type Protocol,
  save,
  sendAll,
  set,
} from '../../src/sim/protocol.ts';
import type { Value } from '../../src/sim/trace.ts';
import type { P } from './params.ts';

/**
 * The AP side: every replica answers from what it has, tells the others, and tells them again from time to time
 * (anti-entropy, Demers et al., PODC 1987; DeCandia et al., Dynamo, SOSP 2007, §4.4 and §4.7).
 *
 *   Share   replica → all   "This is what I have." After a write at once, and on a timer
 *
 * Each version says what its writer's replica had when it was written (a version vector, Parker et al. 1983), so that
 * versions which knew nothing of each other are recognised: the later clock wins, or both stay as siblings.
 */
export type EventualMessage =
  | { readonly type: 'Share'; readonly data: Readonly<Record<string, readonly Copy[]>> }
  | Request
  | Answer
  | Refusal;

export interface Copy {
  readonly value: Value;
  /** the operation that wrote it */
  readonly op: number;
  /** the replica that took the write */
  readonly at: string;
  /** that replica’s wall clock when it took it, µs */
  readonly clock: number;
  /** the last operation of each replica that this version rests on, its own included: they are numbered upwards */
  readonly vector: Readonly<Record<string, number>>;
}

export interface EventualState {
  readonly kind: 'eventual';
  /** versions that do not know of each other; one, or none, where there is no conflict */
  readonly data: Readonly<Record<string, readonly Copy[]>>;
  readonly seen: Seen;
}

/** What a twin may break. */
export interface EventualRules {
  /** of versions that knew nothing of each other */
  resolve(copies: readonly Copy[], merge: P['merge'], fresh: readonly Copy[]): readonly Copy[];
  /** what it has is told again and again, not only when it is written */
  readonly repeats: boolean;
  /** it answers without asking anybody */
  readonly answersAlone: boolean;
}

export const eventualRules: EventualRules = {
  resolve: (copies, merge) => (merge === 'siblings' ? copies : copies.slice(0, 1)),
  repeats: true,
  answersAlone: true,
};

type Effects = Effect<EventualMessage, 'sync'>[];
type Hand = Here<P>;

export function eventual(
  rules: EventualRules = eventualRules,
): Protocol<EventualState, EventualMessage, 'sync', P> {
  const share = (s: EventualState, here: Hand, words?: string) =>
    sendAll<EventualMessage>(here.peers, { type: 'Share', data: s.data }, words);
  // Not all at the same moment: replicas that start together would otherwise always talk at once.
  const again = (here: Hand) => set('sync', here.between(500, 1500) * here.params.sync);
  return {
    start(here, disk) {
      const data = (disk as EventualState['data'] | undefined) ?? {};
      const effects: Effects = [become('serving', label(data))];
      if (rules.repeats) effects.push(again(here));
      return [{ kind: 'eventual', data, seen: {} }, ...effects];
    },
    on: {
      Request(s, m, from, here) {
        const seen = firstSight(s.seen, from, m);
        if (!seen) return [s];
        const known = { ...s, seen };
        if (!rules.answersAlone) return [known, refuse(from, m, null)];
        const held = s.data[m.key] ?? [];
        if (m.f === 'get') return [known, answer(from, m.serial, shown(held))];
        const copy: Copy = {
          value: m.value,
          op: m.serial,
          at: here.self,
          // Never before what it replaces, or versions could win in a circle.
          clock: held.reduce((latest, c) => Math.max(latest, c.clock + 1), here.clock),
          vector: bump(held, here.self, m.serial),
        };
        const next: EventualState = { ...known, data: { ...s.data, [m.key]: [copy] } };
        return [
          next,
          become(...bar(next.data)),
          save(next.data),
          answer(from, m.serial, null),
          ...share(next, here, `${m.key}=${m.value}`),
        ];
      },
      Share(s, m, from, here) {
        const data = { ...s.data };
        let changed = false;
        for (const [key, theirs] of Object.entries(m.data)) {
          const mine = data[key] ?? [];
          const merged = rules.resolve(newest([...mine, ...theirs]), here.params.merge, theirs);
          if (equal(mine, merged)) continue;
          data[key] = merged;
          changed = true;
        }
        if (!changed) return [s];
        const next: EventualState = { ...s, data };
        return [next, become(...bar(data)), ...told(s.data, data, from), save(data)];
      },
      Answer: (s) => [s],
      Refusal: (s) => [s],
    },
    after: {
      sync: (s, here) => [s, again(here), ...share(s, here)],
    },
  };
}

/** The versions no other one knows of, the latest first: by clock, then by replica, so that all replicas agree. */
function newest(copies: readonly Copy[]): Copy[] {
  const kept: Copy[] = [];
  for (const copy of copies) {
    if (kept.some((k) => k.op === copy.op) || copies.some((c) => c.op !== copy.op && knows(c, copy)))
      continue;
    kept.push(copy);
  }
  return kept.sort((a, b) => b.clock - a.clock || (a.at < b.at ? 1 : -1) || b.op - a.op);
}

/** Was the other version there when this one was written? */
export const knows = (copy: Copy, other: Copy): boolean =>
  copy.op !== other.op && (copy.vector[other.at] ?? 0) >= (other.vector[other.at] ?? 0);

function bump(held: readonly Copy[], self: string, op: number): Record<string, number> {
  const vector: Record<string, number> = {};
  for (const copy of held)
    for (const [at, count] of Object.entries(copy.vector)) vector[at] = Math.max(vector[at] ?? 0, count);
  vector[self] = op;
  return vector;
}

const equal = (a: readonly Copy[], b: readonly Copy[]) =>
  a.length === b.length && a.every((copy, i) => copy.op === b[i]!.op);

/** Several values at once are a conflict the client has to resolve. */
const shown = (held: readonly Copy[]): Value =>
  held.length === 0 ? null : held.length === 1 ? held[0]!.value : held.map((copy) => copy.value);

function told(before: EventualState['data'], after: EventualState['data'], from: string): Effects {
  const effects: Effects = [];
  for (const [key, copies] of Object.entries(after)) {
    const had = before[key] ?? [];
    if (copies.length > had.length && copies.length > 1)
      effects.push(note(`keeps ${key}=${copies.map((c) => c.value).join(' and ')} as siblings`));
    for (const lost of had)
      if (!copies.some((c) => c.op === lost.op || knows(c, lost)))
        effects.push(
          note(
            `drops ${key}=${lost.value} for ${key}=${copies[0]?.value} from ${from}, whose clock is later`,
          ),
        );
  }
  return effects;
}

const bar = (data: EventualState['data']): [string, string] => [
  Object.values(data).some((copies) => copies.length > 1) ? 'siblings' : 'serving',
  label(data),
];

const label = (data: EventualState['data']): string =>
  Object.entries(data)
    .map(([key, copies]) => `${key}=${copies.map((c) => c.value).join('|')}`)
    .join(' ');
