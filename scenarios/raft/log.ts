import type { Value } from '../../src/sim/trace.ts';
import type { Machine } from './machine.ts';

export type Command =
  /** a leader's first entry: with it, all before it can be committed (§6.4) */
  | { readonly kind: 'noop' }
  /** the members from this entry on, committed or not (§4.1) */
  | { readonly kind: 'members'; readonly members: readonly string[] }
  | {
      readonly kind: 'put';
      readonly key: string;
      readonly value: Value;
      readonly client: string;
      readonly serial: number;
    };

export interface Entry {
  readonly term: number;
  readonly command: Command;
}

/** What replaces the entries up to `index` (§5): the state machine with its client sessions, and the members. */
export interface Snapshot {
  readonly index: number;
  readonly term: number;
  readonly members: readonly string[];
  readonly machine: Machine;
}

/** The newest membership in a log, with those before it in case the log is cut. */
interface Membership {
  readonly index: number;
  readonly members: readonly string[];
  readonly before: Membership | null;
}

/**
 * A log after its snapshot. Immutable as seen from outside: a log is the first `length` of its entries, and logs that
 * continue each other share one array. Appending to the newest of them writes behind everyone's end and copies
 * nothing; appending to an older one (after a conflict, or in another branch of an exploration) copies first.
 */
export class Log {
  readonly base: Snapshot;
  readonly length: number;
  readonly membership: Membership;
  readonly #entries: Entry[];

  constructor(base: Snapshot, entries: Entry[] = [], length = 0, membership?: Membership) {
    this.base = base;
    this.#entries = entries;
    this.length = length;
    this.membership = membership ?? { index: base.index, members: base.members, before: null };
  }

  get lastIndex(): number {
    return this.base.index + this.length;
  }

  get lastTerm(): number {
    return this.length > 0 ? this.#entries[this.length - 1]!.term : this.base.term;
  }

  get members(): readonly string[] {
    return this.membership.members;
  }

  /** undefined where the log has no entry, or no longer has it */
  at(index: number): Entry | undefined {
    const i = index - this.base.index - 1;
    return i >= 0 && i < this.length ? this.#entries[i] : undefined;
  }

  /** the term at an index; undefined beyond the end or before the snapshot */
  term(index: number): number | undefined {
    return index === this.base.index ? this.base.term : this.at(index)?.term;
  }

  /** at most `most` entries from `index` on */
  from(index: number, most: number): readonly Entry[] {
    const i = Math.max(0, index - this.base.index - 1);
    return i >= this.length ? none : this.#entries.slice(i, Math.min(this.length, i + most));
  }

  append(more: readonly Entry[]): Log {
    if (more.length === 0) return this;
    const entries =
      this.#entries.length === this.length ? this.#entries : this.#entries.slice(0, this.length);
    let membership = this.membership;
    let index = this.lastIndex;
    for (const entry of more) {
      index++;
      entries.push(entry);
      if (entry.command.kind === 'members')
        membership = { index, members: entry.command.members, before: membership };
    }
    return new Log(this.base, entries, this.length + more.length, membership);
  }

  /** without the entries after `index` */
  cut(index: number): Log {
    if (index >= this.lastIndex) return this;
    let membership = this.membership;
    while (membership.index > index && membership.before) membership = membership.before;
    return new Log(this.base, this.#entries, Math.max(0, index - this.base.index), membership);
  }

  /** with everything up to `index` replaced by a snapshot */
  compact(index: number, machine: Machine): Log {
    let membership: Membership = this.membership;
    while (membership.index > index && membership.before) membership = membership.before;
    return this.after({ index, term: this.term(index)!, members: membership.members, machine });
  }

  /** on top of a snapshot: the entries that follow it if this log agrees with it, else none (§5, figure 5.3) */
  after(base: Snapshot): Log {
    if (this.term(base.index) !== base.term) return new Log(base);
    return new Log(base).append(this.from(base.index + 1, this.length));
  }

  /** the entries that two logs share one array for, so that comparing them can stop there */
  sharesWith(other: Log): boolean {
    return this.#entries === other.#entries && this.base.index === other.base.index;
  }

  toJSON() {
    return { base: this.base, entries: this.#entries.slice(0, this.length) };
  }
}

const none: readonly Entry[] = [];

export const sameEntry = (a: Entry, b: Entry): boolean =>
  a === b || (a.term === b.term && sameCommand(a.command, b.command));

function sameCommand(a: Command, b: Command): boolean {
  if (a.kind === 'members' && b.kind === 'members') return a.members.join() === b.members.join();
  if ('serial' in a && 'serial' in b) return a.client === b.client && a.serial === b.serial;
  return a.kind === b.kind;
}
