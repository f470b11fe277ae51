import { become } from '../../src/sim/protocol.ts';
import type { Value } from '../../src/sim/trace.ts';

/**
 * One key-value store, three ways of keeping its copies. Client and store:
 *
 *    Request  client → replica   a put or a get, with what the session has seen
 *    Answer   replica → client   the result, with what the session has now seen
 *
 * A replica that is behind the session lets the request wait until it has caught up: that is how guarantees follow a
 * client from replica to replica (Terry et al., Session guarantees for weakly consistent replicated data, PDIS 1994).
 *
 * linearizable — Attiya, Bar-Noy & Dolev (J. ACM 1995), several writers as Lynch & Shvartsman (FTCS 1997); majority.ts
 *    Query    coordinator → all   "your newest version of this key?"
 *    Newest   replica → coordinator
 *    Store    coordinator → all   a put; or once more what a get has seen, so that it cannot be unseen
 *    Stored   replica → coordinator, once durable
 *
 * sequential — total order by a sequencer, local reads: Attiya & Welch, Sequential consistency versus linearizability
 * (ACM TOCS 1994), §4; ordered.ts
 *    Forward  replica → sequencer   "give this put its place"
 *    Log      sequencer → replica   what comes next, in order
 *    Have     replica → sequencer   how far it has got
 *
 * causal, eventual and the session guarantees — each write is mailed to every replica after a while, and again until it
 * is confirmed (Demers et al., PODC 1987, direct mail); the larger stamp wins. Causal (Ahamad et al. 1995; Lloyd et al.,
 * COPS, SOSP 2011): a write waits until all it depends on is there; mailed.ts
 *    Update   replica → replica   one write, with its stamp and its causes
 *    Got      replica → replica
 */
export interface Request {
  readonly type: 'Request';
  readonly serial: number;
  readonly f: 'put' | 'get';
  readonly key: string;
  readonly value: Value;
  readonly after: Past;
}

export interface Answer {
  readonly type: 'Answer';
  readonly serial: number;
  readonly value: Value;
  /** of the version written or read */
  readonly stamp: Stamp;
  readonly past: Partial<Pick<Past, 'position' | 'causes'>>;
}

/** What a session carries from one replica to the next. */
export interface Past {
  /** Lamport's clock: the largest count it has met */
  readonly count: number;
  /** sequential: how much of the order it has seen */
  readonly position: number;
  /** causal: of each replica, how many of its writes it has seen or rests on */
  readonly causes: Causes;
  /** session guarantees: the least version of this key it may be shown */
  readonly floor: Stamp;
}

export type Causes = Readonly<Record<string, number>>;

/** Newer by count, then by name. */
export interface Stamp {
  readonly count: number;
  readonly by: string;
}

export const NEVER: Stamp = { count: 0, by: '' };
export const later = (a: Stamp, b: Stamp): boolean =>
  a.count > b.count || (a.count === b.count && a.by > b.by);

export interface Version {
  readonly stamp: Stamp;
  readonly value: Value;
}
export const UNWRITTEN: Version = { stamp: NEVER, value: null };

export type Store = Readonly<Record<string, Version>>;

/** `x=3 y=1`, keys in order */
export const contents = (store: Readonly<Record<string, { readonly value: Value }>>): string =>
  Object.keys(store)
    .sort()
    .map((key) => `${key}=${store[key]!.value}`)
    .join(' ');

/** The replica's bar in the picture: what it holds. */
export const HOLDS = 'a replica holding';
export const posture = (store: Readonly<Record<string, { readonly value: Value }>>) => {
  const held = contents(store);
  return held === '' ? become('empty') : become(HOLDS, held);
};
