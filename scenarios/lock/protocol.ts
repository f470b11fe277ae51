import type { Here, Message } from '../../src/sim/protocol.ts';
import type { P } from './params.ts';

/**
 * A lock service with leases, and the storage the lock protects — Gray & Cheriton, Leases (SOSP 1989); Burrows, The
 * Chubby Lock Service (OSDI 2006), section 2.4 on sequencers; Kleppmann, How to do distributed locking (2016).
 *
 *    Acquire  client → server    "I want the lock." Counted from when it was sent
 *    Granted  server → client    the lock, with a fencing token that is larger than any before
 *    Busy     server → client    somebody has it
 *    Renew    client → server    "Another term, please."
 *    Renewed  server → client
 *    Lost     server → client    that token is not the lock’s any more
 *    Release  client → server
 *    Elsewhere  server → client  not here; perhaps with the name of the leader
 *    Read     client → storage   carries the token, as every request does
 *    Value    storage → client
 *    Write    client → storage
 *    Written  storage → client
 *    Fenced   storage → client   a newer token has been here
 *
 * Servers keep one small register, the lock, by Paxos with a leader (Lamport 2001): a ballot is won by a majority of
 * promises, each change is accepted by a majority before it is answered.
 *
 *    Prepare, Promise, Accept, Accepted, Nack, Heartbeat
 */
export interface Lock {
  /** of the last grant; 0 before the first */
  readonly token: number;
  readonly holder: string | null;
  /** the request it was granted to */
  readonly n: number;
}

export interface Accepted {
  readonly ballot: number;
  readonly seq: number;
  readonly lock: Lock;
}

type M<T extends string, B = unknown> = Message & { readonly type: T } & Readonly<B>;

export type Acquire = M<'Acquire', { n: number }>;
export type Renew = M<'Renew', { n: number; token: number }>;
export type Release = M<'Release', { n: number; token: number }>;
export type ToServer =
  | Acquire
  | Renew
  | Release
  | M<'Prepare', { ballot: number }>
  | M<'Promise', { ballot: number; accepted: Accepted }>
  | M<'Accept', { accepted: Accepted }>
  | M<'Accepted', { ballot: number; seq: number }>
  | M<'Nack', { promised: number }>
  | M<'Heartbeat', { ballot: number }>;
export type ToClient =
  | M<'Granted', { n: number; token: number }>
  | M<'Busy', { n: number }>
  | M<'Renewed', { n: number; token: number }>
  | M<'Lost', { token: number }>
  | M<'Elsewhere', { n: number; leader: string | null }>
  | M<'Value', { n: number; version: number; value: number }>
  | M<'Written', { n: number }>
  | M<'Fenced', { n: number }>;
export type ToStorage =
  | M<'Read', { n: number; token: number }>
  /** `base`, the version it was computed from, is there for the checks; the storage does not look at it */
  | M<'Write', { n: number; token: number; base: number; value: number }>;
export type Msg = ToServer | ToClient | ToStorage;

export const STORAGE = 'storage';

/** A node's monotonic clock, µs: `drift` makes servers' run fast and clients' slow. */
export const ticks = (here: Here<P>, role: 'server' | 'client'): number =>
  Math.round(here.uptime * pace(here.params, role));

/** µs of the node's timer for a stretch of its clock */
export const wait = (here: Here<P>, role: 'server' | 'client', us: number): number =>
  Math.ceil(Math.max(0, us) / pace(here.params, role));

const pace = (p: P, role: 'server' | 'client') => 1 + (role === 'server' ? p.drift : -p.drift) / 1e6;

export const TO_SERVER = [
  'Acquire',
  'Renew',
  'Release',
  'Prepare',
  'Promise',
  'Accept',
  'Accepted',
  'Nack',
  'Heartbeat',
] as const satisfies readonly ToServer['type'][];
export const TO_CLIENT = [
  'Granted',
  'Busy',
  'Renewed',
  'Lost',
  'Elsewhere',
  'Value',
  'Written',
  'Fenced',
] as const satisfies readonly ToClient['type'][];
export const TO_STORAGE = ['Read', 'Write'] as const satisfies readonly ToStorage['type'][];

/** Handlers for what a part never gets. */
export const ignore = <K extends string>(...types: readonly K[]) =>
  Object.fromEntries(types.map((type) => [type, <S>(s: S) => [s] as const])) as {
    readonly [T in K]: <S>(s: S) => readonly [S];
  };
