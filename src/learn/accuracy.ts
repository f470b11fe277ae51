/** How good the forecasts were that a learner was given, beside what would have been said without knowing anything. */
import type { MemoryReport, Review, Store } from '../store/index.ts';
import { createMemory, STEPS } from './memory.ts';
import { foresee, logLoss } from './training.ts';

export interface Accuracy {
  /** answers that were foreseen a day or more ahead */
  readonly held: number;
  /** mean log loss of what was said at the time; less is better */
  readonly said: number;
  /** of FSRS-6 as published, had it been used throughout */
  readonly published: number;
  /** of saying each time the share recalled so far */
  readonly naive: number;
  /** where this much was said, how much was true */
  readonly calibration: readonly { readonly said: number; readonly was: number; readonly held: number }[];
  /** of the last training, on answers it had not seen */
  readonly training?: MemoryReport;
}

/** fewer foreseen answers say nothing about a forecast */
export const FORESEEN = 20;
const EDGES = [0, 0.7, 0.8, 0.9, 0.95, 1.01];
/** of one bin */
const FEW = 5;

/** Undefined where too few answers were foreseen. */
export async function accuracyOf(learner: number, store: Store): Promise<Accuracy | undefined> {
  const [log, memory] = await Promise.all([store.answers.log(learner), store.memories.get(learner)]);
  return accuracy(log, memory?.report);
}

export function accuracy(log: readonly Review[], training?: MemoryReport): Accuracy | undefined {
  const published = foresee(log, createMemory(STEPS));
  if (published.length < FORESEEN) return undefined;
  const told = toldOf(log);
  let right = 0;
  const naive = told.map(({ recalled }, i) => {
    // The rule of succession (Laplace 1774): nothing is impossible before it was seen.
    const said = (right + 1) / (i + 2);
    if (recalled) right++;
    return { said, recalled };
  });
  return {
    held: told.length,
    said: logLoss(told),
    published: logLoss(published),
    naive: logLoss(naive),
    calibration: EDGES.slice(1).flatMap((end, i) => {
      const bin = told.filter(({ said }) => said >= EDGES[i]! && said < end);
      if (bin.length < FEW) return [];
      const mean = (of: (f: (typeof bin)[number]) => number) =>
        bin.reduce((sum, f) => sum + of(f), 0) / bin.length;
      return [{ said: mean((f) => f.said), was: mean((f) => Number(f.recalled)), held: bin.length }];
    }),
    ...(training !== undefined && { training }),
  };
}

const day = (at: number): number => Math.floor(at / 86_400_000);

/** What was said at the time, of the same answers. */
const toldOf = (log: readonly Review[]) =>
  log.flatMap(({ undone, predicted, before, at, grade }) =>
    undone === undefined && predicted !== undefined && day(at) > day(before?.lastReview ?? at)
      ? [{ said: predicted, recalled: grade > 1 }]
      : [],
  );
