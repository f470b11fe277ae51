import { type Answer, answer, type Refusal, type Request, refuse } from '../../src/sim/client.ts';
import {
  become,
  type Effect,
  type Here,
  note,
  type Protocol,
  sample,
  save,
  send,
  set,
} from '../../src/sim/protocol.ts';
import {
  collected,
  covers,
  type Data,
  dot,
  joined,
  type Kind,
  kinds,
  seenIn,
  type Update,
  type Versions,
} from './kinds.ts';
import type { P } from './params.ts';

/**
 * Replicas that take updates alone and tell each other what they have (Shapiro et al., INRIA RR-7506, 2011, §2.2).
 *
 *   State   replica → replica   all of it (sync=state), or what the other lacks by its own last word (sync=delta)
 *   Digest  replica → replica   delta only: nothing new; what has been seen
 *   Request, Answer, Refusal    see src/sim/client.ts: inc, dec, add, remove, write, read
 *
 * An update is on disk before it is answered or told. Whoever comes back with an empty disk takes a new identity:
 * slots and tags of the old one may still be on their way.
 */
export type ReplicaMessage =
  | {
      readonly type: 'State';
      readonly id: string;
      readonly versions: Versions;
      /** what the receiver was known to have, and this is only the rest; null for all of it */
      readonly base: Versions | null;
      readonly data: Data;
      /** for the checkers alone: the updates in it */
      readonly seen: readonly number[];
    }
  | { readonly type: 'Digest'; readonly id: string; readonly versions: Versions }
  | Request
  | Answer
  | Refusal;

export interface ReplicaState {
  readonly kind: 'replica';
  readonly id: string;
  readonly data: Data;
  /** updates seen of each identity; its own count names its next update */
  readonly versions: Versions;
  /** what each other replica has said that it has seen */
  readonly heard: Readonly<Record<string, { readonly id: string; readonly versions: Versions }>>;
  /** last operation taken of each client: a copy the network made is not carried out again */
  readonly taken: Readonly<Record<string, number>>;
  /** whose turn it is to be told */
  readonly turn: number;
  /** for the checkers alone: operations whose effect is in `data`, ascending, and the last one made here */
  readonly seen: readonly number[];
  readonly last: Made | null;
}

export interface Made extends Update {
  readonly op: number;
}

/** What a twin may break. */
export interface Rules {
  kindOf(type: P['type']): Kind<Data>;
  identity(here: Here<P>): string;
  /** the dot of a remove is one that every replica has seen */
  stable(s: ReplicaState, here: Here<P>, dot: string): boolean;
  /** what a replica has is told again and again */
  readonly repeats: boolean;
  /** what was sent counts as received */
  readonly trusting: boolean;
}

export const rules: Rules = {
  kindOf: (type) => kinds[type],
  identity: (here) => (here.uptime === 0 ? here.self : `${here.self}~${here.unique()}`),
  stable: (s, here, of) =>
    here.peers.every((peer) => {
      const heard = s.heard[peer];
      return heard !== undefined && seenIn(heard.versions, of);
    }),
  repeats: true,
  trusting: false,
};

type Hand = Here<P>;
type Effects = Effect<ReplicaMessage, 'gossip'>[];

export const EMPTY = 'empty';
export const OWN = 'own update';
export const MERGED = 'merged state';

/** ghosts are no part of what is sent */
const bytes = (...parts: readonly unknown[]) =>
  parts.reduce<number>((total, part) => total + JSON.stringify(part ?? null).length, 0);

export function replica(r: Rules = rules): Protocol<ReplicaState, ReplicaMessage, 'gossip', P> {
  const again = (here: Hand) => set('gossip', here.between(500, 1500) * here.params.gossip);
  const bar = (s: ReplicaState, state: string, here: Hand) =>
    become(state, r.kindOf(here.params.type).value(s.data));
  const collects = (here: Hand) => here.params.type === 'or-set' && here.params.collect;
  const swept = (s: ReplicaState, here: Hand): ReplicaState => {
    if (!collects(here)) return s;
    const data = collected(s.data, (of) => r.stable(s, here, of));
    return data === s.data ? s : { ...s, data };
  };
  /** an older word of the same replica: with tombstones dropped it could bring back what they held down */
  const isStale = (s: ReplicaState, from: string, id: string, versions: Versions, here: Hand) => {
    const before = s.heard[from];
    return collects(here) && before?.id === id && !covers(versions, before.versions);
  };
  const heard = (s: ReplicaState, from: string, id: string, said: Versions): ReplicaState => {
    const versions = r.trusting ? joined(s.heard[from]?.versions ?? {}, said) : said;
    return { ...s, heard: { ...s.heard, [from]: { id, versions } } };
  };

  return {
    start(here, disk) {
      const kept = disk as ReplicaState | undefined;
      const state: ReplicaState = kept ?? {
        kind: 'replica',
        id: r.identity(here),
        data: r.kindOf(here.params.type).empty,
        versions: {},
        heard: {},
        taken: {},
        turn: 0,
        seen: [],
        last: null,
      };
      const effects: Effects = kept ? [] : [save(state)];
      return [state, ...effects, kept ? bar(state, MERGED, here) : become(EMPTY), again(here)];
    },
    on: {
      Request(s, m, from, here) {
        if ((s.taken[from] ?? 0) >= m.serial) return [s];
        const kind = r.kindOf(here.params.type);
        const known: ReplicaState = { ...s, taken: { ...s.taken, [from]: m.serial } };
        if (m.f === 'read') return [known, save(known), answer(from, m.serial, kind.value(s.data))];
        if (here.params.floor && m.f === 'dec' && Number(kind.value(s.data)) < Number(m.value))
          return [known, save(known), refuse(from, m, null)];
        const n = (s.versions[s.id] ?? 0) + 1;
        const made: Made = {
          op: m.serial,
          f: m.f,
          arg: m.f === 'inc' || m.f === 'dec' ? Number(m.value) : String(m.value),
          dot: dot(s.id, n),
          by: s.id,
          time: stamp(s, here),
        };
        const next: ReplicaState = {
          ...known,
          data: kind.update(s.data, made),
          versions: { ...s.versions, [s.id]: n },
          seen: [...s.seen, m.serial].sort((a, b) => a - b),
          last: made,
        };
        return [next, save(next), bar(next, OWN, here), answer(from, m.serial, null)];
      },
      State(s, m, from, here) {
        if (isStale(s, from, m.id, m.versions, here)) return [s];
        // A piece fits only on what it was cut for.
        if (m.base && !covers(s.versions, m.base)) return [s];
        const kind = r.kindOf(here.params.type);
        const before = kind.value(s.data);
        const merged: ReplicaState = {
          ...heard(s, from, m.id, m.versions),
          data: kind.merge(s.data, m.data),
          versions: joined(s.versions, m.versions),
          seen: union(s.seen, m.seen),
        };
        const next = swept(merged, here);
        const after = kind.value(next.data);
        if (after === before) return [next, save(next)];
        return [
          next,
          save(next),
          bar(next, MERGED, here),
          note(`hears from ${from}: ${before} becomes ${after}`),
        ];
      },
      Digest(s, m, from, here) {
        if (isStale(s, from, m.id, m.versions, here)) return [s];
        const next = swept(heard(s, from, m.id, m.versions), here);
        return [next, save(next)];
      },
      Answer: (s) => [s],
      Refusal: (s) => [s],
    },
    after: {
      gossip(s, here) {
        const to = here.peers[s.turn % here.peers.length]!;
        const kind = r.kindOf(here.params.type);
        const turned: ReplicaState = { ...s, turn: s.turn + 1 };
        const known = s.heard[to]?.versions ?? {};
        const { id, versions, seen } = s;
        if (here.params.sync === 'delta' && covers(known, versions)) {
          const digest = send<ReplicaMessage>(to, { type: 'Digest', id, versions });
          return [turned, save(turned), digest, sample('bytes', bytes(versions)), again(here)];
        }
        const base = here.params.sync === 'delta' ? known : null;
        const data = base ? kind.part(s.data, base, versions) : s.data;
        const next: ReplicaState =
          r.trusting && s.heard[to]
            ? {
                ...turned,
                heard: { ...s.heard, [to]: { ...s.heard[to], versions: joined(known, versions) } },
              }
            : turned;
        const message: ReplicaMessage = { type: 'State', id, versions, base, data, seen };
        const effects: Effects = [
          save(next),
          send(to, message, kind.value(s.data)),
          sample('bytes', bytes(versions, base, data)),
        ];
        if (r.repeats || s.turn + 1 < here.peers.length) effects.push(again(here));
        return [next, ...effects];
      },
    },
  };
}

/** Wall clock in steps, and never before what it replaces: a write comes after what its replica held. */
function stamp(s: ReplicaState, here: Hand): number {
  const step = here.params.resolution;
  const now = Math.floor(here.clock / 1000 / step) * step;
  const held = 'latest' in s.data ? s.data.latest : null;
  return held ? Math.max(now, held.time + step) : now;
}

function union(a: readonly number[], b: readonly number[]): readonly number[] {
  const more = b.filter((op) => !a.includes(op));
  return more.length === 0 ? a : [...a, ...more].sort((x, y) => x - y);
}
