import { stream } from '../sim/chance.ts';
import { LETTERS, type NumberQuestion, type Question, type Text } from './question.ts';
import { convert, parseQuantity } from './units.ts';

/** What a learner gave, as it is kept in the log. Options, items and points are named by their place in the file. */
export type Given =
  | { readonly kind: 'choice'; readonly option: number }
  | { readonly kind: 'multi'; readonly options: readonly number[] }
  | { readonly kind: 'order'; readonly order: readonly number[] }
  | { readonly kind: 'number'; readonly value: number; readonly written: string }
  /** a free text and the points its writer found in it: the grade follows from the marks alone */
  | { readonly kind: 'text'; readonly words: string; readonly covered: readonly number[] }
  /** "I don't know" */
  | { readonly kind: 'none' }
  /** a review answered in the head: the learner looked and said how it went */
  | { readonly kind: 'recalled' };

export type Outcome = 'right' | 'partial' | 'wrong';

export interface Judged {
  readonly outcome: Outcome;
  /** 0..1 */
  readonly score: number;
}

const RIGHT: Judged = { outcome: 'right', score: 1 };
const WRONG: Judged = { outcome: 'wrong', score: 0 };

export function judge(question: Question, given: Given): Judged {
  switch (question.kind) {
    case 'choice':
      return given.kind === 'choice' && question.options[given.option]?.right ? RIGHT : WRONG;
    case 'multi': {
      if (given.kind !== 'multi') return WRONG;
      const chosen = new Set(given.options);
      return question.options.every((option, i) => option.right === chosen.has(i)) ? RIGHT : WRONG;
    }
    case 'order':
      return given.kind === 'order' &&
        given.order.length === question.items.length &&
        given.order.every((item, i) => item === i)
        ? RIGHT
        : WRONG;
    case 'number': {
      if (given.kind !== 'number') return WRONG;
      const { value, tolerance } = question.answer;
      // Rounding in the last binary digit must not cost an answer on the very edge.
      const slack = 1e-9 * Math.max(1, Math.abs(value));
      return Math.abs(given.value - value) <= tolerance + slack ? RIGHT : WRONG;
    }
    case 'text':
      return given.kind === 'text' ? judgeMarks(question, given.covered) : WRONG;
  }
}

/** All musts and no trap is right; half of the musts is a part. A trap costs the full mark, not all of it. */
function judgeMarks(question: Text, covered: readonly number[]): Judged {
  const marked = new Set(covered);
  const count = (weight: string, all: boolean) =>
    question.points.filter((p, i) => p.weight === weight && (all || marked.has(i))).length;
  const musts = count('must', true);
  const share = count('must', false) / musts;
  const trapped = count('trap', false) > 0;
  if (share === 1 && !trapped) return RIGHT;
  if (share >= 0.5) return { outcome: 'partial', score: Math.min(share, 0.99) };
  return { outcome: 'wrong', score: share };
}

/** What a form's line means: the answer to be judged, or in words what would be accepted. */
export function readOrder(typed: string, shown: readonly number[]): readonly number[] | string {
  const letters = LETTERS.slice(0, shown.length);
  const found = [...typed.toUpperCase()].filter((c) => /[A-Z]/.test(c));
  const wanted = `all ${shown.length} letters once, such as ${[...letters].reverse().join(' ')}`;
  const stray = found.find((c) => !letters.includes(c));
  if (stray !== undefined) return `There is no ${stray}; write ${wanted}.`;
  const twice = found.find((c, i) => found.indexOf(c) !== i);
  if (twice !== undefined) return `${twice} is there twice; write ${wanted}.`;
  if (found.length !== shown.length) return `Write ${wanted}.`;
  return found.map((c) => shown[letters.indexOf(c)]!);
}

/** A typed number in the answer's unit, or in words what would be accepted. A bare number is in that unit. */
export function readNumber(typed: string, { answer }: NumberQuestion): number | string {
  const example = `${answer.value >= 100 ? '100' : '1'}${answer.unit ? ` ${answer.unit}` : ''}`;
  try {
    const quantity = parseQuantity(typed, example);
    const value = quantity.unit === '' ? quantity.value : convert(quantity, answer.unit);
    if (value !== undefined) return value;
    return `Give the answer ${answer.unit ? `in ${answer.unit}` : 'as a plain number'}; \`${quantity.unit.slice(0, 20)}\` is something else.`;
  } catch (error) {
    return `${capital((error as Error).message)}.`;
  }
}

const capital = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

/**
 * The order in which options or items are shown: drawn from what names the ask, so it is the same after a restart
 * and another one the next time. Never the right order itself where order is the question.
 */
export function shuffled(question: Question, seed: string): readonly number[] {
  const count =
    question.kind === 'choice' || question.kind === 'multi'
      ? question.options.length
      : question.kind === 'order'
        ? question.items.length
        : 0;
  const order = Array.from({ length: count }, (_, i) => i);
  const random = stream(0, `${seed} ${question.id}`);
  const shuffle = () => {
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
  };
  do shuffle();
  while (question.kind === 'order' && order.every((item, i) => item === i));
  return order;
}
