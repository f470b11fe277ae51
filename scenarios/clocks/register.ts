import {
  become,
  type Effect,
  type Here,
  note,
  type Protocol,
  type Step,
  save,
  send,
  sendAll,
  set,
} from '../../src/sim/protocol.ts';
import type { P } from './params.ts';
import { sight } from './process.ts';
import { format, less, type Scheme, type Stamp, sameStamp, schemes } from './stamps.ts';

/**
 * A register on several replicas, each of which takes writes: the last writer wins, by stamp (Johnson & Thomas, RFC 677,
 * 1975). What "last" means is what the stamps are made of. With clock=truetime a write is acknowledged, and shown to
 * anybody, only after its commit wait (Corbett et al., Spanner, OSDI 2012, §4.1.2 and §4.2.1).
 *
 *   Write    client → replica    with the largest stamp the client has seen (lamport, hybrid)
 *   Written  replica → client    durable here; its stamp
 *   Read     client → replica
 *   Value    replica → client    what this replica holds, and its stamp
 *   Share    replica → replica   after a write at once, and from time to time
 */
export type RegisterMessage =
  | { readonly type: 'Write'; readonly op: number; readonly value: number; readonly seen: Stamp | null }
  | { readonly type: 'Written'; readonly op: number; readonly stamp: Stamp }
  | { readonly type: 'Read'; readonly op: number }
  | { readonly type: 'Value'; readonly op: number; readonly version: Version | null }
  | { readonly type: 'Share'; readonly version: Version };

export interface Version {
  readonly value: number;
  readonly stamp: Stamp;
  /** the replica that took the write: breaks ties, so that all replicas agree */
  readonly at: string;
  /** the operation that wrote it */
  readonly op: number;
}

interface Waiting {
  readonly version: Version;
  readonly client: string;
  readonly since: number;
}

export interface ReplicaState {
  readonly kind: 'replica';
  readonly held: Version | null;
  /** the newest stamp this replica has given or heard of */
  readonly stamp: Stamp;
  /** last write taken of each client: a copy the network made is not carried out again */
  readonly taken: Readonly<Record<string, number>>;
  /** given a stamp and not yet acknowledged: gone in a crash, as nobody was told */
  readonly waiting: readonly Waiting[];
  /** µs that the last commit waited, by the oscillator */
  readonly waited: number;
}

/** What a twin may break. */
export interface RegisterRules {
  readonly scheme: Scheme | undefined;
  /** a replica heeds the stamp that a client has seen */
  readonly heedsClient: boolean;
  /** of two versions the one with the greater stamp is kept */
  wins(theirs: Version, mine: Version, clock: P['clock']): boolean;
  /** µs from now, when a stamp has certainly passed, given the own clock and the uncertainty */
  waits(stampMs: number, clockUs: number, uncertaintyUs: number): number;
  /** µs: the stamp must not lie before the true time */
  stampOf(clockUs: number, uncertaintyUs: number): number;
}

/** By stamp, then by replica, then by operation: never undecided. */
export function wins(theirs: Version, mine: Version, clock: P['clock']): boolean {
  if (!sameStamp(theirs.stamp, mine.stamp)) return less(mine.stamp, theirs.stamp, clock);
  return theirs.at === mine.at ? theirs.op > mine.op : theirs.at > mine.at;
}

export const registerRules: RegisterRules = {
  scheme: undefined,
  heedsClient: true,
  wins,
  // earliest = clock − uncertainty must be beyond the stamp
  waits: (stampMs, clockUs, uncertaintyUs) => stampMs * 1000 - (clockUs - uncertaintyUs) + 1,
  stampOf: (clockUs, uncertaintyUs) => clockUs + uncertaintyUs,
};

type Timer = 'sync' | 'passed';
type Next = Step<ReplicaState, RegisterMessage, Timer>;
type Effects = Effect<RegisterMessage, Timer>[];

export const HOLDS = 'winning write';
export const LOSES = 'loses a write';
export const WAITS = 'commit wait';

export function register(
  rules: RegisterRules = registerRules,
): Protocol<ReplicaState, RegisterMessage, Timer, P> {
  const show = (stamp: Stamp, here: Here<P>) => `@${format(stamp, here.params.clock)}`;
  const words = (v: Version, here: Here<P>) => `x=${v.value} ${show(v.stamp, here)}`;
  const share = (s: ReplicaState, here: Here<P>): Effects =>
    s.held ? sendAll(here.peers, { type: 'Share', version: s.held }, words(s.held, here)) : [];
  const bar = (s: ReplicaState, here: Here<P>): Effects => {
    const first = s.waiting[0];
    if (first) return [become(WAITS, `x=${first.version.value} ${show(first.version.stamp, here)}`)];
    return s.held ? [become(HOLDS, words(s.held, here))] : [become('empty')];
  };
  const disk = (s: ReplicaState) => save({ ...s, waiting: [] });

  const stampFor = (s: ReplicaState, seen: Stamp | null, here: Here<P>): Stamp => {
    const { clock, uncertainty } = here.params;
    if (clock === 'truetime') {
      const latest = Math.ceil(rules.stampOf(here.clock, uncertainty * 1000) / 1000);
      return [Math.max(latest, s.stamp[0]! + 1)];
    }
    const scheme = rules.scheme ?? schemes[clock];
    const heard = seen && rules.heedsClient ? scheme.receive(s.stamp, seen, sight(here)) : s.stamp;
    return scheme.tick(heard, sight(here));
  };

  /** it takes its place among the writes, and may find that a "later" one is there already */
  const commit = (s: ReplicaState, version: Version, client: string, here: Here<P>): Next => {
    const kept = !s.held || rules.wins(version, s.held, here.params.clock);
    const next: ReplicaState = { ...s, held: kept ? version : s.held };
    const answer = send<RegisterMessage>(
      client,
      { type: 'Written', op: version.op, stamp: version.stamp },
      show(version.stamp, here),
    );
    if (kept) return [next, disk(next), ...bar(next, here), answer, ...share(next, here)];
    const held = s.held!;
    const story = note(
      `acknowledges ${words(version, here)} and keeps ${words(held, here)}: by these stamps that one is later`,
    );
    return [next, disk(next), become(LOSES, words(held, here)), story, answer];
  };

  const pass = (s: ReplicaState, here: Here<P>): Next => {
    const { uncertainty } = here.params;
    const left = (w: Waiting) => rules.waits(w.version.stamp[0]!, here.clock, uncertainty * 1000);
    const due = s.waiting.find((w) => left(w) <= 0);
    // The clock may have been set meanwhile: then there is more to wait.
    if (!due) {
      const least = Math.min(...s.waiting.map(left));
      return s.waiting.length > 0 ? [s, set('passed', Math.max(1, least))] : [s];
    }
    const rest: ReplicaState = {
      ...s,
      waiting: s.waiting.filter((w) => w !== due),
      waited: here.uptime - due.since,
    };
    const [next, ...effects] = commit(rest, due.version, due.client, here);
    return rest.waiting.length > 0 ? [next, ...effects, set('passed', 1)] : [next, ...effects];
  };

  return {
    start(here, disk) {
      const scheme = rules.scheme ?? schemes[here.params.clock];
      const empty: ReplicaState = {
        kind: 'replica',
        held: null,
        stamp: scheme.first(here.peers.length + 1),
        taken: {},
        waiting: [],
        waited: 0,
      };
      const state = (disk as ReplicaState | undefined) ?? empty;
      return [state, ...bar(state, here), set('sync', here.between(500, 1500) * here.params.sync)];
    },
    on: {
      Write(s, m, from, here) {
        if ((s.taken[from] ?? 0) >= m.op) return [s];
        const stamp = stampFor(s, m.seen, here);
        const version: Version = { value: m.value, stamp, at: here.self, op: m.op };
        const taken: ReplicaState = { ...s, stamp, taken: { ...s.taken, [from]: m.op } };
        if (here.params.clock !== 'truetime' || !here.params.wait) return commit(taken, version, from, here);
        const waiting = [...s.waiting, { version, client: from, since: here.uptime }];
        const [next, ...effects] = pass({ ...taken, waiting }, here);
        return [next, ...bar(next, here), ...effects];
      },
      Read: (s, m, from, here) => [
        s,
        send(
          from,
          { type: 'Value', op: m.op, version: s.held } as const,
          s.held ? words(s.held, here) : 'nothing',
        ),
      ],
      Share(s, m, _from, here) {
        const { version } = m;
        const scheme = rules.scheme ?? schemes[here.params.clock];
        const logical = here.params.clock === 'lamport' || here.params.clock === 'hybrid';
        const stamp = logical ? scheme.receive(s.stamp, version.stamp, sight(here)) : s.stamp;
        const heard: ReplicaState = { ...s, stamp };
        if (s.held?.op === version.op || (s.held && !rules.wins(version, s.held, here.params.clock)))
          return [heard, disk(heard)];
        const next: ReplicaState = { ...heard, held: version };
        return [next, disk(next), ...bar(next, here)];
      },
      Written: (s) => [s],
      Value: (s) => [s],
    },
    after: {
      passed: (s, here) => pass(s, here),
      sync: (s, here) => [s, ...share(s, here), set('sync', here.between(500, 1500) * here.params.sync)],
    },
  };
}
