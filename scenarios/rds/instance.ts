import { become } from '../../src/sim/protocol.ts';
import { RDS } from './constants.ts';
import { COPY, type CopyRules, type Log, type Seen } from './log.ts';
import { type P, replicas } from './params.ts';
import type { Effects, Hand, Out } from './protocol.ts';

/** What an instance keeps through a crash. With mode=aurora the log is not here but on the storage nodes. */
export interface DbDisk {
  readonly gen: number;
  readonly view: number;
  /** mode=instance: who holds every acknowledged commit */
  readonly inSync: readonly string[];
  readonly log: Log;
  /** requests seen, as a connection would: a copy of a refused one must not be carried out later */
  readonly seen: Seen;
  readonly wrote: boolean;
}

export type Role = 'starting' | 'copy' | 'promoting' | 'primary' | 'fenced';

export interface DbState {
  readonly kind: 'db';
  readonly role: Role;
  readonly disk: DbDisk;
  /** on its own disk up to here (with mode=aurora: handed out) */
  readonly flushed: number;
  /** readers: applied up to here, so visible to reads */
  readonly applied: number;
  /** primary: acknowledged up to here */
  readonly committed: number;
  /** primary: the record that opens its time; nothing is answered before this is committed */
  readonly barrier: number;
  readonly ready: boolean;
  /** mode=instance: commits wait for the standby */
  readonly sync: boolean;
  readonly sent: Readonly<Record<string, number>>;
  readonly acked: Readonly<Record<string, number>>;
  /** transactions the link to each asynchronous replica may carry now; below 0 while one large group is under way */
  readonly credit: Readonly<Record<string, number>>;
  /** a copy: where the writer stood when last heard of */
  readonly end: number;
  /** a reader: how far behind it was when last measured, s */
  readonly lag: number;
  /** uptime of the last word from, and of the last try at, each copy */
  readonly heard: Readonly<Record<string, number>>;
  readonly tried: Readonly<Record<string, number>>;
  readonly pending: readonly { readonly op: number; readonly from: string; readonly lsn: number }[];
  readonly leaseUntil: number;
  readonly renewals: readonly { readonly n: number; readonly at: number }[];
  readonly stuckSince: number;
  readonly recovered: boolean;
  readonly positions: Readonly<Record<string, Log>>;
  /** the last read it answered, and as what; for the checks */
  readonly read: { readonly as: string; readonly op: number } | null;
}

export type DbTimer =
  | 'hello'
  | 'flushed'
  | 'resend'
  | 'stream'
  | 'renew'
  | 'lease'
  | 'apply'
  | 'lag'
  | 'promoted'
  | 'again';

/** The rules a broken twin breaks. */
export interface DbRules extends CopyRules {
  /** a commit is acknowledged only when the copies this configuration asks for have it */
  readonly waits: boolean;
  /** a primary that has not been answered lately serves no longer */
  readonly heedsLease: boolean;
  /** the standby answers no reads */
  readonly standbySilent: boolean;
  /** a reader opens for writes only when it has applied what it has received */
  readonly appliesFirst: boolean;
  /** copies that must acknowledge with mode=aurora */
  readonly writeQuorum: number;
}

export const DB: DbRules = {
  ...COPY,
  waits: true,
  heedsLease: true,
  standbySilent: true,
  appliesFirst: true,
  writeQuorum: RDS.auroraWrite.value,
};

export type DbOut = Out<DbState, DbTimer>;
export type DbEffects = Effects<DbTimer>;

/** What stands on this instance's disk: with mode=aurora everything but the log. */
export const image = (s: DbState, p: P): DbDisk => (p.mode === 'aurora' ? { ...s.disk, log: [] } : s.disk);

/** What a copy is called, and whether it may be read. */
export function nameOf(self: string, p: P): 'standby' | 'reader' | 'read replica' {
  if (replicas(p).includes(self)) return 'read replica';
  return p.mode === 'instance' ? 'standby' : 'reader';
}

export function label(s: DbState, here: Hand): DbEffects {
  const { gen } = s.disk;
  if (s.role === 'copy') return [become(nameOf(here.self, here.params))];
  if (s.role === 'primary' && s.ready)
    return [
      become(here.params.mode === 'instance' && !s.sync ? 'primary, alone' : 'primary', `generation ${gen}`),
    ];
  return [become(s.role === 'primary' ? 'promoting' : s.role)];
}

/** What an instance knows of its doings when it starts. */
export const NOTHING = {
  flushed: 0,
  applied: 0,
  committed: 0,
  barrier: 0,
  ready: false,
  sync: false,
  sent: {},
  acked: {},
  credit: {},
  end: 0,
  lag: 0,
  heard: {},
  tried: {},
  pending: [],
  leaseUntil: 0,
  renewals: [],
  stuckSince: 0,
  recovered: false,
  positions: {},
  read: null,
} as const;
