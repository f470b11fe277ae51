/** Two histories of one question become one. */
import type { CardState, Replayed, Review } from '../store/index.ts';
import type { Memory } from './memory.ts';

/**
 * Replays the rows of one question, oldest first: the card is what FSRS makes of all of them, and what was paid for
 * twice, or for a review that was not due once everything is known, is paid once. Grades stay as they are.
 */
export const replayed =
  (memory: Memory) =>
  (log: readonly Review[]): Replayed => {
    let card: CardState | undefined;
    let undone = false;
    const reviews: Replayed['reviews'][number][] = [];
    for (const [i, review] of log.entries()) {
      if (review.undone !== undefined) {
        undone = true;
        continue;
      }
      const at = Math.max(review.at, card?.lastReview ?? 0);
      const due = !undone && card?.state === 2 && card.due <= at;
      const half = review.hinted || review.score < 1 ? 0.5 : 1;
      const fair = i === 0 ? review.points : due ? Math.round(5 * review.level * half) : 0;
      reviews.push({
        id: review.id,
        points: Math.min(review.points, fair),
        ...(card !== undefined && { before: card, predicted: memory.recall(card, at) }),
      });
      card = memory.next(card, at, review.grade);
      undone = false;
    }
    return { ...(card !== undefined && { card }), reviews };
  };
