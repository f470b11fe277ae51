/**
 * Spaced repetition: FSRS-6 by ts-fsrs, over the store's cards.
 *
 * One learning step of ten minutes instead of two: a right answer goes straight to days, because nobody in a chat
 * answers the same question again after ten minutes; a wrong one comes back in ten minutes.
 */
import { type CardInput, createEmptyCard, type FSRSParameters, fsrs } from 'ts-fsrs';
import type { CardState, Grade } from '../store/index.ts';

export interface Memory {
  /** the card after an answer of that grade at `now`; undefined for a question never answered */
  next(card: CardState | undefined, now: number, grade: Grade): CardState;
  /** probability (0..1) that it would be recalled now */
  recall(card: CardState, now: number): number;
}

const DAY = 86_400_000;
export const STEPS: Partial<FSRSParameters> = { learning_steps: ['10m'], relearning_steps: ['10m'] };

export function createMemory(parameters: Partial<FSRSParameters> = STEPS): Memory {
  const scheduler = fsrs(parameters);
  return {
    next(card, now, grade) {
      const at = new Date(now);
      const { card: after } = scheduler.next(card ? toFsrs(card) : createEmptyCard(at), at, grade);
      return {
        due: after.due.getTime(),
        stability: after.stability,
        difficulty: after.difficulty,
        elapsedDays: after.elapsed_days,
        scheduledDays: after.scheduled_days,
        learningSteps: after.learning_steps,
        reps: after.reps,
        lapses: after.lapses,
        state: after.state,
        lastReview: after.last_review?.getTime() ?? null,
      };
    },
    // The library counts whole days; within a day the order of the most forgotten first would be lost.
    recall: (card, now) =>
      card.lastReview === null
        ? 0
        : scheduler.forgetting_curve(Math.max(0, now - card.lastReview) / DAY, card.stability),
  };
}

const toFsrs = (card: CardState): CardInput => ({
  due: card.due,
  stability: card.stability,
  difficulty: card.difficulty,
  elapsed_days: card.elapsedDays,
  scheduled_days: card.scheduledDays,
  learning_steps: card.learningSteps,
  reps: card.reps,
  lapses: card.lapses,
  state: card.state,
  last_review: card.lastReview,
});
