import { type Effect, type Here, type Protocol, sendAll, set } from '../../src/sim/protocol.ts';
import type { Value } from '../../src/sim/trace.ts';
import { hash } from './authentic.ts';
import type { P } from './params.ts';
import type { Rules } from './rules.ts';

/** A client's request, signed by it: no replica can make one up or alter it. */
export interface Order {
  readonly client: string;
  /** rises with each operation of the client */
  readonly serial: number;
  readonly f: string;
  readonly key: string;
  readonly value: Value;
  readonly signature: string;
}

export const orderText = (o: Omit<Order, 'signature'>): string =>
  JSON.stringify([o.client, o.serial, o.f, o.key, o.value]);
/** null is the request that does nothing: a new primary fills gaps with it. */
export const digestOf = (o: Order | null): string => (o === null ? 'null' : hash(orderText(o)));
export const idOf = (o: Order | null): string => (o === null ? 'nothing' : `${o.client}.${o.serial}`);

export interface Signature {
  readonly by: string;
  readonly signature: string;
}

/** Proof that a request was prepared: the primary's pre-prepare and the matching prepares of backups. */
export interface Certificate {
  readonly view: number;
  readonly seq: number;
  readonly digest: string;
  readonly order: Order | null;
  readonly prePrepare: string;
  readonly prepares: readonly Signature[];
}

/** A checkpoint that a quorum vouches for. */
export interface Stable {
  readonly seq: number;
  readonly digest: string;
  readonly proof: readonly Signature[];
}

export interface PrePrepare {
  readonly type: 'PrePrepare';
  readonly view: number;
  readonly seq: number;
  readonly digest: string;
  readonly order: Order | null;
  readonly signature: string;
}

export interface Phase {
  readonly type: 'Prepare' | 'Commit';
  readonly view: number;
  readonly seq: number;
  readonly digest: string;
  readonly signature: string;
}

export interface ViewChange {
  readonly type: 'ViewChange';
  /** the view it wants */
  readonly view: number;
  readonly stable: Stable;
  readonly prepared: readonly Certificate[];
  readonly signature: string;
}

export interface NewView {
  readonly type: 'NewView';
  readonly view: number;
  readonly changes: readonly { readonly by: string; readonly change: ViewChange }[];
  readonly proposals: readonly Proposal[];
}

/** A pre-prepare inside a NewView. */
export interface Proposal {
  readonly seq: number;
  readonly digest: string;
  readonly order: Order | null;
  readonly signature: string;
}

export interface Checkpoint {
  readonly type: 'Checkpoint';
  readonly seq: number;
  readonly digest: string;
  readonly signature: string;
}

export interface Reply {
  readonly type: 'Reply';
  readonly view: number;
  readonly serial: number;
  readonly value: Value;
}

export type Msg =
  | ({ readonly type: 'Request' } & Order)
  | PrePrepare
  | (Phase & { readonly type: 'Prepare' })
  | (Phase & { readonly type: 'Commit' })
  | Reply
  | ViewChange
  | NewView
  | Checkpoint
  | { readonly type: 'Fetch'; readonly seq: number }
  | { readonly type: 'State'; readonly seq: number; readonly machine: Machine };

/** The replicated service: registers, and of each client the last request executed with its reply. */
export interface Machine {
  readonly data: Readonly<Record<string, Value>>;
  readonly last: Readonly<Record<string, { readonly serial: number; readonly value: Value }>>;
}

export const machineDigest = (m: Machine): string => {
  const sorted = (o: object) => Object.entries(o).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash(JSON.stringify([sorted(m.data), sorted(m.last)]));
};

/** What a replica knows of one number in its current view. */
export interface Entry {
  /** of the pre-prepare it accepted; null before */
  readonly digest: string | null;
  readonly order: Order | null;
  readonly prePrepare: string;
  readonly prepares: Readonly<Record<string, { readonly digest: string; readonly signature: string }>>;
  readonly commits: Readonly<Record<string, string>>;
  readonly prepared: boolean;
  readonly committed: boolean;
}

export const emptyEntry: Entry = {
  digest: null,
  order: null,
  prePrepare: '',
  prepares: {},
  commits: {},
  prepared: false,
  committed: false,
};

export interface Done {
  readonly seq: number;
  readonly order: Order | null;
  readonly value: Value;
  /** it had been executed under an earlier number: this one changed nothing */
  readonly again: boolean;
}

export interface State {
  readonly is: 'replica';
  readonly view: number;
  /** `changing`: it has given up the view before and waits for this one to begin */
  readonly mode: 'normal' | 'changing';
  /** the primary's last number */
  readonly next: number;
  readonly log: Readonly<Record<number, Entry>>;
  /** newest certificate of each number, from whatever view */
  readonly certificates: Readonly<Record<number, Certificate>>;
  readonly executed: number;
  readonly machine: Machine;
  /** what it executed itself, oldest first */
  readonly done: readonly Done[];
  /** low watermark, with its proof */
  readonly stable: Stable;
  /** its own copies at checkpoints */
  readonly snapshots: Readonly<Record<number, Machine>>;
  readonly checkpoints: Readonly<
    Record<number, Readonly<Record<string, { readonly digest: string; readonly signature: string }>>>
  >;
  /** requests known and not executed, by client */
  readonly pending: Readonly<Record<string, Order>>;
  /** newest valid view change of each replica */
  readonly changes: Readonly<Record<string, ViewChange>>;
  /** what began the current view, for those who missed it */
  readonly newView: NewView | null;
  /** the last view whose beginning it did not accept; 0 for none */
  readonly refused: number;
  /** messages of a view not entered yet */
  readonly early: readonly { readonly from: string; readonly message: PrePrepare | Phase }[];
  /** view changes in a row without a request executed */
  readonly tries: number;
  /** the timer that suspects the primary runs */
  readonly suspecting: boolean;
}

export type Timer = 'suspect' | 'resend' | 'pause' | 'retry';
export type Hand = Here<P>;
export type Effects = Effect<Msg, Timer>[];
export type Replica = Protocol<State, Msg, Timer, P>;

/** What every step of a replica works with. */
export interface Tools {
  readonly here: Hand;
  readonly rules: Rules;
  readonly effects: Effects;
}

/** primary = view mod n */
export const primaryOf = (view: number, here: Hand): string => {
  const all = here.part('replica');
  return all[view % all.length]!;
};
export const leads = (s: State, here: Hand): boolean =>
  s.mode === 'normal' && primaryOf(s.view, here) === here.self;

/** Between the watermarks: above the stable checkpoint, and no further than the log reaches. */
export const inWindow = (s: State, seq: number, p: P): boolean =>
  seq > s.stable.seq && seq <= s.stable.seq + 2 * p.checkpoint;

export const phaseText = (
  type: 'PrePrepare' | 'Prepare' | 'Commit',
  view: number,
  seq: number,
  digest: string,
) => `${type} ${view} ${seq} ${digest}`;
export const checkpointText = (seq: number, digest: string) => `Checkpoint ${seq} ${digest}`;
export const changeText = (c: Pick<ViewChange, 'view' | 'stable' | 'prepared'>) =>
  `ViewChange ${c.view} ${c.stable.seq} ${c.stable.digest} ${hash(JSON.stringify(c.prepared))}`;

export const multicast = (t: Tools, message: Msg, label?: string): void => {
  t.effects.push(...sendAll(t.here.peers, message, label));
};

/** µs a replica waits before it gives the primary up: doubled for each view tried in vain. */
export const patience = (s: State, here: Hand) =>
  set('suspect' as const, Math.round(here.params.timeout * 1000 * 2 ** Math.min(s.tries, 6)));

export const count = <V>(votes: Readonly<Record<string, V>>, fits: (vote: V) => boolean): number => {
  let n = 0;
  for (const id in votes) if (fits(votes[id]!)) n++;
  return n;
};
