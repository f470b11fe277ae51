import type { Msg, Rec } from './protocol.ts';

/** A log as every copy keeps it: positions from 1, no gaps, and the generation of whoever wrote each record. */
export type Log = readonly Rec[];
type Ship = Extract<Msg, { type: 'Ship' }>;

export const lastGen = (log: Log): number => log.at(-1)?.gen ?? 0;
export const transactions = (log: Log): number => log.reduce((sum, r) => sum + r.n, 0);

/** Which of two logs is further: the later generation wins, then the longer one (Ongaro & Ousterhout 2014, §5.4.1). */
export const further = (a: Log, b: Log): boolean =>
  lastGen(a) !== lastGen(b) ? lastGen(a) > lastGen(b) : a.length > b.length;

/** Of the copies a recovery could read. */
export const furthest = (logs: readonly Log[]): Log =>
  logs.reduce((best, log) => (further(log, best) ? log : best), [] as Log);

/** Rules a broken twin breaks. */
export interface CopyRules {
  /** a record that does not follow on what it has is not taken */
  readonly inOrder: boolean;
  /** every record is taken; else one of seven is passed over, as after an error that was skipped by hand */
  readonly takesAll: boolean;
  /** orders of an older generation are refused */
  readonly heedsGeneration: boolean;
}
export const COPY: CopyRules = { inOrder: true, takesAll: true, heedsGeneration: true };

/**
 * What a copy makes of a shipment: its log afterwards and the position it can vouch for, or where the writer has to begin
 * earlier. A tail that an older writer left and the newer one does not know is cut off.
 */
export function take(log: Log, ship: Ship, rules: CopyRules): { log: Log; lsn: number; fits: boolean } {
  const { prev, prevGen } = ship;
  if (rules.inOrder) {
    if (prev > log.length) return { log, lsn: log.length, fits: false };
    if (prev > 0 && log[prev - 1]!.gen !== prevGen) {
      const bad = log[prev - 1]!.gen;
      let start = prev - 1;
      while (start > 0 && log[start - 1]!.gen === bad) start--;
      return { log, lsn: start, fits: false };
    }
  }
  const records = rules.takesAll ? ship.records : ship.records.filter((r) => r.lsn % 7 !== 0);
  const end = prev + ship.records.length;
  const clash = records.findIndex((r) => r.lsn <= log.length && log[r.lsn - 1]?.gen !== r.gen);
  const fresh = records.filter((r) => r.lsn > log.length);
  if (clash >= 0)
    return { log: [...log.slice(0, records[clash]!.lsn - 1), ...records.slice(clash)], lsn: end, fits: true };
  return { log: fresh.length > 0 ? [...log, ...fresh] : log, lsn: end, fits: true };
}

/** The newest requests of each caller, by number: what a connection knows of its own. */
export type Seen = Readonly<Record<string, readonly number[]>>;
const REMEMBERED = 64;

/** undefined for a request that was seen, or is older than all that are remembered: a copy the network made. */
export function firstSight(seen: Seen, from: string, op: number): Seen | undefined {
  const mine = seen[from] ?? [];
  if (mine.includes(op) || (mine.length === REMEMBERED && op < mine[0]!)) return undefined;
  return { ...seen, [from]: [...mine, op].sort((a, b) => a - b).slice(-REMEMBERED) };
}
