import { LETTERS, type Point, type Question } from './question.ts';

/** One hint for any question, made from the question itself. `ruledOut` is an option that is no longer to be chosen. */
export interface Hint {
  readonly text: string;
  readonly ruledOut?: number;
}

export function hintFor(question: Question, shown: readonly number[]): Hint {
  switch (question.kind) {
    case 'choice': {
      const place = shown.findIndex((option) => !question.options[option]!.right);
      return { text: `It is not **${LETTERS[place]}**.`, ruledOut: shown[place]! };
    }
    case 'multi': {
      const right = question.options.filter((o) => o.right).length;
      return { text: right === 1 ? 'Only one of them is right.' : `**${right}** of them are right.` };
    }
    case 'order':
      return { text: `It begins with **${LETTERS[shown.indexOf(0)]}**.` };
    case 'number': {
      const { value, unit } = question.answer;
      const size = Math.abs(value);
      if (size === 0) return { text: 'It is below 1.' };
      const low = 10 ** Math.floor(Math.log10(size));
      const sign = value < 0 ? '−' : '';
      return { text: `It lies between ${sign}${low} and ${sign}${low * 10}${unit ? ` ${unit}` : ''}.` };
    }
    case 'text': {
      const musts = question.points.filter((p) => p.weight === 'must');
      const words = [...concepts(musts[0]!, question.prompt).values()].slice(0, 3);
      const about =
        words.length > 0 ? ` One of them is about: ${words.map((w) => `*${w}*`).join(', ')}.` : '';
      return { text: `**${musts.length}** points have to be made.${about}` };
    }
  }
}

/**
 * Words of a learner's text that belong to a point, as they wrote them: a help to find one's own points, never a
 * score. Words the prompt already has say nothing and are left out.
 */
export function found(point: Point, prompt: string, words: string): string[] {
  const wanted = concepts(point, prompt);
  const quoted = new Map<string, string>();
  const lower = words.toLowerCase();
  for (const phrase of point.also)
    if (phrase.includes(' ') && lower.includes(phrase.toLowerCase())) quoted.set(phrase, phrase);
  for (const word of tokens(words)) {
    const stem = stemOf(word);
    if (wanted.has(stem) && !quoted.has(stem) && ![...quoted.values()].some((q) => q.includes(word)))
      quoted.set(stem, word);
  }
  return [...quoted.values()].slice(0, 6);
}

/** stem -> the word as the point has it */
function concepts(point: Point, prompt: string): Map<string, string> {
  const known = new Set(tokens(prompt).map(stemOf));
  const all = new Map<string, string>();
  for (const word of tokens([point.text, ...point.also].join(' '))) {
    const stem = stemOf(word);
    if (!COMMON.has(word) && !known.has(stem) && !all.has(stem)) all.set(stem, word);
  }
  return all;
}

const tokens = (words: string): string[] =>
  (words.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}-]*/gu) ?? []).filter(
    (w) => w.length > 2 || /\d/.test(w),
  );

/** Enough of a stemmer to meet "elections" with "election" and "retried" with "retry". */
const stemOf = (word: string): string =>
  word
    .replace(/(?:ies|ied)$/, 'y')
    .replace(/(?:ations?|ings?|ments?|ers?|ed|es|s|ly)$/, '')
    .replace(/e$/, '')
    .replace(/(.)\1$/, '$1') || word;

const COMMON = new Set(
  `a about above after again all also always an and another any are as at be because been before being below between
  both but by can cannot come could did do does done down each either else even ever every first for from get gets
  give given gives had has have how however if in into is it its itself just keep last later least less let like
  made make makes many may might more most much must need needs never next no nor not nothing now of off on once one
  only or other others our out over own rather same say says see set shall she should since so some still such take
  than that the their them then there these they thing things this those though through thus time too two under
  until up upon use used uses very was way well were what when where whether which while who whole whose why will
  with within without would yes yet you your`.split(/\s+/),
);
