import type { Message } from '../../src/sim/protocol.ts';

/**
 * Gossip, in two uses.
 *
 * A rumour — Demers et al., Epidemic Algorithms for Replicated Database Maintenance (PODC 1987). Every round each node
 * calls one other at random:
 *
 *    Write   client → node   a new version of the one item, or its deletion
 *    Push    who knows → anybody   "This is the newest I have."
 *    Pull    anybody → anybody     "I have version v; is there a newer one?"
 *    Swap    anybody → anybody     both at once (push-pull)
 *    News    the answer to Pull or Swap, where there is one
 *    Known   the answer to Push where the teller may lose interest (section 1.4, feedback and coin)
 *
 * A deleted item leaves a death certificate, a version without a value, or older copies would bring it back
 * (section 2).
 *
 * Membership — Das, Gupta & Motivala, SWIM (DSN 2002), with Lifeguard's local health (Dadgar, Phillips & Currey 2018).
 * Every period each node probes one other, in a shuffled order:
 *
 *    Ping    node → target          "Are you there?"
 *    Ack     target → node          also through a helper
 *    Ask     node → k helpers       "Try the target for me." (ping-req)
 *
 * Claims about members ride on all three. They are ordered by incarnation, then alive < suspect < dead; the larger one
 * wins wherever it arrives. Only a member itself raises its incarnation, to refute what is claimed of it. That a member
 * declared dead may come back with a higher incarnation is HashiCorp memberlist's rule; in the paper dead is final.
 */
export interface Item {
  readonly version: number;
  /** null: deleted */
  readonly value: string | null;
}

type M<T extends string, B = unknown> = Message & { readonly type: T } & Readonly<B>;

export type RumourMessage =
  | M<'Write', { op: number; value: string | null }>
  | M<'Push', { item: Item }>
  | M<'Pull', { version: number }>
  | M<'Swap', { item: Item | null }>
  | M<'News', { item: Item }>
  | M<'Known', { version: number }>
  | M<'Done', { op: number }>;

export type Status = 'alive' | 'suspect' | 'dead';

export interface Claim {
  readonly of: string;
  readonly status: Status;
  readonly incarnation: number;
}

export type MembershipMessage =
  | M<'Ping', { seq: number; claims: readonly Claim[] }>
  | M<'Ack', { seq: number; claims: readonly Claim[] }>
  | M<'Ask', { seq: number; target: string; claims: readonly Claim[] }>;

const RANK: Readonly<Record<Status, number>> = { alive: 0, suspect: 1, dead: 2 };

/** which of two claims about one member is the newer */
export const overrides = (a: Omit<Claim, 'of'>, b: Omit<Claim, 'of'>): boolean =>
  a.incarnation > b.incarnation || (a.incarnation === b.incarnation && RANK[a.status] > RANK[b.status]);
