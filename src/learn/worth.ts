/** What an answer is worth: its grade for the memory, its points for the ranking. */
import type { Before, CardState, Grade } from '../store/index.ts';
import type { Given, Outcome } from './judge.ts';
import type { Question } from './question.ts';

const MINUTE = 60_000;
/** beyond this a person was away, and the time says nothing of the answer */
const AWAY = 30 * MINUTE;
/** reading, words a minute */
const READING = 200;
/** thinking, seconds for each level; a calculation or an order takes longer to give */
const THINKING = { choice: 8, multi: 10, order: 12, number: 15 } as const;

/** ms from shown to answered, undefined where it says nothing */
export function time(shown: number, answered: number): number | undefined {
  const took = answered - shown;
  return took >= 0 && took <= AWAY ? took : undefined;
}

/** ms an unhurried person needs; undefined where the writing itself takes the time */
export function pace(question: Question): number | undefined {
  if (question.kind === 'text') return undefined;
  const said = [
    question.prompt,
    ...('options' in question ? question.options.map((o) => o.text) : []),
    ...('items' in question ? question.items : []),
  ];
  const words = said.join(' ').split(/\s+/).length;
  return (words / READING) * MINUTE + THINKING[question.kind] * question.level * 1000;
}

/**
 * Wrong is again. A part, a hint or three times the usual pace is hard. Twice as fast as usual, on a question that
 * already has an interval of days, is easy. Everything else that is right is good.
 */
export function gradeOf(
  question: Question,
  outcome: Outcome,
  took: number | undefined,
  hinted: boolean,
  card: CardState | undefined,
): Grade {
  if (outcome === 'wrong') return 1;
  if (outcome === 'partial' || hinted) return 2;
  const usual = pace(question);
  if (usual === undefined || took === undefined) return 3;
  if (took > 3 * usual) return 2;
  return card?.state === 2 && took < usual / 2 ? 4 : 3;
}

/** a night has passed since: what is still being learnt is not repeated for its points */
const RESTED = 12 * 60 * MINUTE;

/** so many of the last answers as somebody's echo are no chance: the answers are being handed over */
const TOO_MANY_ECHOES = 8;

/** whether two learners take turns at looking up the answer and giving it */
export const handedOver = (before: Before): boolean => before.echoes >= TOO_MANY_ECHOES;

/**
 * A first attempt earns 10 points a level, a due review 5; a part or a hint half of that. What was missed and is still
 * being learnt is a review once a night has passed. Nothing else earns: not a repetition before its day, not an answer
 * given again after it was taken back, not one only remembered, since nobody saw it, and not one handed over. Two people
 * who study side by side share a question now and then; eight of the last twenty within minutes of the same partner are
 * two accounts answering for each other. Memory is not touched by it.
 */
export function points(
  question: Question,
  given: Given,
  outcome: Outcome,
  hinted: boolean,
  before: Before,
  now: number,
): number {
  if (outcome === 'wrong' || given.kind === 'recalled' || handedOver(before)) return 0;
  return Math.round(worth(question, before, now) * (outcome === 'partial' || hinted ? 0.5 : 1));
}

/** what a right answer earns now */
export function worth(
  { level }: Question,
  { card, first, undone }: Omit<Before, 'echoes'>,
  now: number,
): number {
  if (first) return 10 * level;
  if (undone || card === undefined || card.due > now) return 0;
  return card.state === 2 || now - (card.lastReview ?? now) >= RESTED ? 5 * level : 0;
}
