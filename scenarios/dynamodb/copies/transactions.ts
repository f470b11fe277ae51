import type { Value } from '../../../src/sim/trace.ts';
import type { AppMessage } from './wire.ts';

/**
 * Transactions — Idziorek et al., Distributed Transactions at Scale in Amazon DynamoDB (USENIX ATC 2023), §4–5.
 * One-shot: all items are named in one call. The coordinator gives it a timestamp from its own clock and a line in a
 * durable ledger, and runs two phases; nobody waits for a lock, a conflict cancels at once.
 *
 *   Prepare    coordinator → item   may you, at this timestamp?
 *   Prepared   item → coordinator   yes: condition true, timestamp newer than my last, no other transaction under way
 *   Refused    item → coordinator   no, and which of these it was
 *   Commit     coordinator → item   the ledger says yes: apply it. Repeated until acknowledged
 *   Cancel     coordinator → item   the ledger says no: forget it
 *   Ended      item → coordinator
 *   Look       coordinator → item   for TransactGetItems: value and version, if no transaction is under way. Twice;
 *   Looked     item → coordinator   the same versions both times mean one moment. No write is needed to read
 */
export type TransactionMessage =
  | {
      readonly type: 'Prepare';
      readonly tx: string;
      readonly stamp: Stamp;
      readonly delta: number;
      /** a twin without phases: apply it at once */
      readonly atOnce: boolean;
    }
  | { readonly type: 'Prepared'; readonly tx: string }
  | { readonly type: 'Refused'; readonly tx: string; readonly why: 'conflict' | 'condition' | 'timestamp' }
  | { readonly type: 'Commit'; readonly tx: string }
  | { readonly type: 'Cancel'; readonly tx: string }
  | { readonly type: 'Ended'; readonly tx: string }
  | { readonly type: 'Look'; readonly tx: string; readonly phase: 1 | 2 }
  | {
      readonly type: 'Looked';
      readonly tx: string;
      readonly phase: 1 | 2;
      readonly busy: boolean;
      readonly version: number;
      readonly balance: number;
    }
  | AppMessage;

/** A coordinator’s clock in µs and its name, so that no two transactions share one. */
export interface Stamp {
  readonly us: number;
  readonly by: string;
}
export const before = (a: Stamp, b: Stamp): boolean => a.us < b.us || (a.us === b.us && a.by < b.by);
export const DAWN: Stamp = { us: Number.MIN_SAFE_INTEGER, by: '' };

export const accountsOf = (key: string): string[] => key.split(/[→+]/);

export const ignored = {
  Prepare: <S>(s: S): readonly [S] => [s],
  Prepared: <S>(s: S): readonly [S] => [s],
  Refused: <S>(s: S): readonly [S] => [s],
  Commit: <S>(s: S): readonly [S] => [s],
  Cancel: <S>(s: S): readonly [S] => [s],
  Ended: <S>(s: S): readonly [S] => [s],
  Look: <S>(s: S): readonly [S] => [s],
  Looked: <S>(s: S): readonly [S] => [s],
  Request: <S>(s: S): readonly [S] => [s],
  Answer: <S>(s: S): readonly [S] => [s],
  Refusal: <S>(s: S): readonly [S] => [s],
};

/** `A→B` by 10: A loses it, B gains it. */
export function deltas(key: string, value: Value): Readonly<Record<string, number>> {
  const [from, to] = accountsOf(key);
  return { [from!]: -Number(value), [to!]: Number(value) };
}
