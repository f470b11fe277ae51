import type { P } from './params.ts';
import { LAST, RESERVE, type ServiceName, step } from './plan.ts';

/**
 * What one service has committed, in order. A local transaction looks up its key, changes the ledger and
 * records the key in one durable write: that is what makes a repeated request harmless.
 */
export interface Ledger {
  readonly entries: readonly Entry[];
  readonly known: Readonly<Record<string, Fate>>;
  /** repeated requests answered from the record */
  readonly absorbed: number;
}

export interface Entry {
  readonly saga: string;
  readonly step: number;
  /** block: compensated before it ever ran, so that the late original finds the door shut */
  readonly kind: 'do' | 'undo' | 'block' | 'refuse';
  /** refuse: the unfinished orders that held what was missing */
  readonly because: readonly string[];
}

type Fate = 'done' | 'undone' | 'blocked' | 'refused';

/** The rules a broken twin breaks. */
export interface LedgerRules {
  readonly stepIdempotent: boolean;
  readonly undoIdempotent: boolean;
  readonly tombstone: boolean;
  readonly heedsLock: boolean;
}

export const RULES: LedgerRules = {
  stepIdempotent: true,
  undoIdempotent: true,
  tombstone: true,
  heedsLock: true,
};

export const emptyLedger: Ledger = { entries: [], known: {}, absorbed: 0 };

const keyOf = (saga: string, index: number) => `${saga}/${index}`;

export type Verdict = 'done' | 'refused' | 'busy' | 'undone';
export interface Committed {
  readonly ledger: Ledger;
  readonly answer: Verdict;
  /** false: a repeat, answered from the record */
  readonly fresh: boolean;
  readonly why: string;
}

const record = (ledger: Ledger, entry: Entry, fate: Fate | undefined): Ledger => ({
  ...ledger,
  entries: [...ledger.entries, entry],
  known: fate ? { ...ledger.known, [keyOf(entry.saga, entry.step)]: fate } : ledger.known,
});

const repeat = (ledger: Ledger, answer: Verdict, why: string): Committed => ({
  ledger: { ...ledger, absorbed: ledger.absorbed + 1 },
  answer,
  fresh: false,
  why,
});

/** Effects of a step that stand: done and not undone. */
export const standing = (ledger: Ledger, index: number): readonly string[] => {
  const count = new Map<string, number>();
  for (const e of ledger.entries) {
    if (e.step !== index) continue;
    if (e.kind === 'do') count.set(e.saga, (count.get(e.saga) ?? 0) + 1);
    if (e.kind === 'undo') count.set(e.saga, (count.get(e.saga) ?? 0) - 1);
  }
  return [...count].filter(([, n]) => n > 0).map(([saga]) => saga);
};

/** Runs step `index` of the saga as one local transaction. */
export function perform(
  ledger: Ledger,
  service: string,
  saga: string,
  index: number,
  p: P,
  rules: LedgerRules,
): Committed {
  const fate = ledger.known[keyOf(saga, index)];
  if (fate === 'done' && rules.stepIdempotent) return repeat(ledger, 'done', 'already done');
  if (fate === 'refused') return repeat(ledger, 'refused', 'already refused');
  if (fate === 'undone' || fate === 'blocked') return repeat(ledger, 'refused', 'already compensated');
  const refuse = (why: string, because: readonly string[]): Committed => ({
    ledger: record(ledger, { saga, step: index, kind: 'refuse', because }, 'refused'),
    answer: 'refused',
    fresh: true,
    why,
  });
  // A retriable step has no business reason left to refuse.
  if (index !== LAST && saga === 'o1' && service === p.refuse)
    return refuse(REASONS[step(index).service], []);
  if (index === RESERVE && standing(ledger, RESERVE).length >= p.items) {
    const confirmed = new Set(standing(ledger, LAST));
    const pending = standing(ledger, RESERVE).filter((s) => !confirmed.has(s));
    if (p.lock && rules.heedsLock && pending.length > 0)
      return { ledger, answer: 'busy', fresh: true, why: `${pending.join(', ')} still holds the item` };
    return refuse('out of stock', pending);
  }
  return {
    ledger: record(ledger, { saga, step: index, kind: 'do', because: [] }, 'done'),
    answer: 'done',
    fresh: true,
    why: '',
  };
}

const REASONS: Readonly<Record<ServiceName, string>> = {
  stock: 'item discontinued',
  payment: 'card declined',
  shipping: 'no courier',
};

/**
 * Undoes step `index`. A step that never ran has nothing to undo, but its original may still be on the way:
 * the key is remembered as blocked.
 */
export function compensate(ledger: Ledger, saga: string, index: number, rules: LedgerRules): Committed {
  const fate = ledger.known[keyOf(saga, index)];
  const undone = (next: Ledger, why: string): Committed => ({
    ledger: next,
    answer: 'undone',
    fresh: true,
    why,
  });
  if (fate === 'undone' && rules.undoIdempotent) return repeat(ledger, 'undone', 'already undone');
  if (fate === 'blocked') return repeat(ledger, 'undone', 'already blocked');
  if (fate === 'refused') return repeat(ledger, 'undone', 'it had refused');
  if (fate === undefined) {
    const entry: Entry = { saga, step: index, kind: 'block', because: [] };
    return undone(
      record(ledger, entry, rules.tombstone ? 'blocked' : undefined),
      'never ran: blocks the late original',
    );
  }
  return undone(record(ledger, { saga, step: index, kind: 'undo', because: [] }, 'undone'), '');
}
