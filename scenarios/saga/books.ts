import type { CustomerState } from './customer.ts';
import type { Entry, Ledger } from './ledger.ts';
import { type Result, STEPS, title } from './plan.ts';

/**
 * What the services have committed, across all of them and in order, and what customers were told: the books an
 * auditor would keep, read from the ledgers and from nothing the orchestrator says. Plain data, never changed.
 */
export interface Books {
  readonly log: readonly Effected[];
  readonly told: Readonly<Record<string, Result>>;
}

export interface Effected extends Entry {
  readonly node: string;
}

export const NO_BOOKS: Books = { log: [], told: {} };

/** The books after a node's state has become `after`. A write lost in a crash leaves again when the node is back. */
export function read(books: Books, node: string, after: unknown): Books {
  const state = after as Partial<CustomerState> & { ledger?: Ledger };
  if (state?.order !== undefined) {
    const { order, phase, result } = after as CustomerState;
    if (phase !== 'told' || !result || books.told[order] === result) return books;
    return { ...books, told: { ...books.told, [order]: result } };
  }
  if (!state?.ledger) return books;
  const { entries } = state.ledger;
  const known = books.log.reduce((n, e) => n + (e.node === node ? 1 : 0), 0);
  if (entries.length === known) return books;
  if (entries.length > known)
    return { ...books, log: [...books.log, ...entries.slice(known).map((e) => ({ ...e, node }))] };
  let kept = 0;
  return { ...books, log: books.log.filter((e) => e.node !== node || kept++ < entries.length) };
}

/** how often a step's effect stands: 1 done, 0 never or undone, 2 twice, -1 undone twice */
export function balance(books: Books, saga: string, index: number): number {
  let n = 0;
  for (const e of books.log)
    if (e.saga === saga && e.step === index) n += e.kind === 'do' ? 1 : e.kind === 'undo' ? -1 : 0;
  return n;
}

export const standing = (books: Books, saga: string): number[] =>
  STEPS.flatMap((_, i) => (balance(books, saga, i) > 0 ? [i] : []));
export const whole = (books: Books, saga: string): boolean =>
  STEPS.every((_, i) => balance(books, saga, i) === 1);
export const clean = (books: Books, saga: string): boolean =>
  STEPS.every((_, i) => balance(books, saga, i) === 0);

/** `T1 reserve stock and T2 charge card stand` */
export function left(books: Books, saga: string): string {
  const names = standing(books, saga).map((i) => title(i, 'do'));
  return names.length === 0
    ? 'an effect was undone twice'
    : `${names.join(' and ')} ${names.length > 1 ? 'stand' : 'stands'}`;
}
