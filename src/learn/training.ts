/**
 * Memory parameters from a learner's own log, by FSRS's own optimiser (fsrs-rs, prebuilt for Node). It runs on a thread
 * of its own beside the event loop. Trained on the first three quarters of what can be predicted, judged on the last:
 * kept only where they predict that better than the published ones do.
 */
import { dateDiffInDays } from 'ts-fsrs';
import type { CardState, MemoryReport, Review, Store } from '../store/index.ts';
import { createMemory, type Memory, STEPS } from './memory.ts';

/** answers that can be predicted before training says anything; fsrs-rs fits every weight from 64 on */
export const ENOUGH = 120;
/** share of them that training sees */
const SEEN = 0.75;
/** growth of the log after which parameters are trained anew */
const GROWN = 1.25;
/** poll interval (ms) of the binding, not a limit: with its default a training of 20 ms takes half a second */
const POLL = 10;

/** An answer that was foreseen: not the first to its question, and not within a day of the one before. */
export interface Foreseen {
  readonly at: number;
  /** probability of recall, 0..1 */
  readonly said: number;
  readonly recalled: boolean;
}

const standing = (log: readonly Review[]) => log.filter((review) => review.undone === undefined);

/** What a memory would have said before each answer of the log, oldest first. */
export function foresee(log: readonly Review[], memory: Memory): Foreseen[] {
  const cards = new Map<string, CardState>();
  const found: Foreseen[] = [];
  for (const { question, at: given, grade } of standing(log)) {
    const card = cards.get(question);
    const at = Math.max(given, card?.lastReview ?? 0);
    if (card?.lastReview != null && days(card.lastReview, at) >= 1)
      found.push({ at, said: memory.recall(card, at), recalled: grade > 1 });
    cards.set(question, memory.next(card, at, grade));
  }
  return found;
}

const days = (from: number, to: number): number => dateDiffInDays(new Date(from), new Date(to));

/** Mean log loss, natural logarithm; 0 for none. */
export function logLoss(list: readonly Pick<Foreseen, 'said' | 'recalled'>[]): number {
  const sum = list.reduce((total, { said, recalled }) => {
    const p = Math.min(1 - 1e-6, Math.max(1e-6, recalled ? said : 1 - said));
    return total - Math.log(p);
  }, 0);
  return list.length === 0 ? 0 : sum / list.length;
}

const share = (list: readonly Foreseen[]): number =>
  list.length === 0 ? 0.9 : list.filter((f) => f.recalled).length / list.length;

/** Parameters and how they did; undefined where there is too little to say. Rejects where the optimiser cannot run. */
export async function train(
  log: readonly Review[],
  now: number,
): Promise<{ readonly parameters?: readonly number[]; readonly report: MemoryReport } | undefined> {
  const published = foresee(log, createMemory(STEPS));
  if (published.length < ENOUGH) return undefined;
  const cut = published[Math.floor(published.length * SEEN)]!.at;
  const later = (list: readonly Foreseen[]) => list.filter((f) => f.at >= cut);
  const weights = await fitted(log.filter((review) => review.at < cut));
  const own = foresee(log, createMemory({ ...STEPS, w: [...weights] }));
  const naive = share(published.filter((f) => f.at < cut));
  const measured = {
    at: now,
    reviews: log.length,
    held: later(published).length,
    trained: logLoss(later(own)),
    published: logLoss(later(published)),
    naive: logLoss(later(published).map((f) => ({ ...f, said: naive }))),
  };
  const kept = measured.trained < measured.published;
  return { ...(kept && { parameters: weights }), report: { ...measured, kept } };
}

async function fitted(log: readonly Review[]): Promise<readonly number[]> {
  // Loaded when first needed: a machine for which none is prebuilt still answers, with the published parameters.
  const { computeParameters, FSRSBindingItem, FSRSBindingReview } = await import(
    '@open-spaced-repetition/binding'
  );
  const byCard = new Map<string, { last: number; reviews: InstanceType<typeof FSRSBindingReview>[] }>();
  const items: InstanceType<typeof FSRSBindingItem>[] = [];
  for (const { question, at, grade } of standing(log)) {
    const held = byCard.get(question);
    const gap = held === undefined ? 0 : Math.max(0, days(held.last, at));
    const reviews = [...(held?.reviews ?? []), new FSRSBindingReview(grade, gap)];
    byCard.set(question, { last: at, reviews });
    if (gap >= 1) items.push(new FSRSBindingItem(reviews));
  }
  return computeParameters(items, { enableShortTerm: true, numRelearningSteps: 1, timeout: POLL });
}

export interface Trainer {
  /** Trains a learner's parameters if the log has grown enough since; resolves to whether it did. */
  train(learner: number, now: number): Promise<boolean>;
  /** the same now and then, beside the answers; never rejects */
  consider(learner: number, now: number): void;
}

/** answers between two looks at a log */
const EVERY = 25;
/** learners whose answers are counted at a time */
const COUNTED = 10_000;

export function createTrainer(store: Store, failed: (error: unknown) => void): Trainer {
  const answers = new Map<number, number>();
  let last: Promise<unknown> = Promise.resolve();
  const trainNow: Trainer['train'] = async (learner, now) => {
    const [log, held] = await Promise.all([store.answers.log(learner), store.memories.get(learner)]);
    if (log.length < ENOUGH || log.length < GROWN * (held?.report.reviews ?? 0)) return false;
    const trained = await train(log, now);
    if (trained === undefined) return false;
    await store.memories.put(learner, trained);
    return true;
  };
  return {
    train: trainNow,
    consider(learner, now) {
      if (answers.size >= COUNTED) answers.clear();
      const count = (answers.get(learner) ?? 0) + 1;
      answers.set(learner, count % EVERY);
      // One after the other: training takes a processor of its own.
      if (count === EVERY) last = last.then(() => trainNow(learner, now)).catch(failed);
    },
  };
}
