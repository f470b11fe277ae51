/**
 * The forms of an ask, made from the words of its button alone: a form must open at once, before any look into the
 * store. So the button names the question, and the order shown follows from the ask's numbers.
 */
import type { Form, Option } from '../chat.ts';
import type { Bank } from './bank.ts';
import { shuffled } from './judge.ts';
import { LETTERS, type Question } from './question.ts';
import { bare, cut } from './words.ts';

/** shortest of the platforms' labels on an option of a select */
const LABEL = 75;

/** undefined where the question left the bank, or is answered by a button */
export function answerForm(words: readonly string[], bank: Bank): Form | undefined {
  const [session = '', position = '', id = ''] = words;
  const question = bank.get(id);
  if (question === undefined) return undefined;
  return formOf(
    question,
    shuffled(question, `${session}.${position}`),
    `quiz:written:${session}:${position}`,
  );
}

/** The form in which a question is answered; undefined for a choice, which is one tap. */
export function formOf(question: Question, shown: readonly number[], action: string): Form | undefined {
  const common = { action, title: 'Your answer', submit: 'Answer' };
  switch (question.kind) {
    case 'choice':
      return undefined;
    case 'multi': {
      const options = shown.map((place, i) => ({
        value: String(place),
        ...split(`${LETTERS[i]}  ${bare(question.options[place]!.text)}`),
      }));
      return {
        ...common,
        fields: [{ kind: 'several', name: 'options', label: 'All that are right', options, required: true }],
      };
    }
    case 'order':
      return {
        ...common,
        fields: [
          {
            kind: 'line',
            name: 'order',
            label: `Letters ${LETTERS[0]} to ${LETTERS[shown.length - 1]}, first to last`,
            hint: `All ${shown.length} letters, such as ${[...LETTERS.slice(0, shown.length)].reverse().join(' ')}`,
            required: true,
            maxLength: 60,
          },
        ],
      };
    case 'number': {
      const { unit } = question.answer;
      return {
        ...common,
        fields: [
          {
            kind: 'line',
            name: 'number',
            label: unit ? `A number, in ${unit}`.slice(0, 45) : 'A number',
            hint: unit ? `With or without the unit, such as 12 ${unit}` : 'Such as 12 or 0.5',
            required: true,
            maxLength: 60,
          },
        ],
      };
    }
    case 'text':
      return {
        ...common,
        submit: 'Compare',
        fields: [
          {
            kind: 'paragraph',
            name: 'words',
            label: 'What you would say',
            hint: 'As in the interview: claims with their reasons. Only you see this.',
            required: true,
            maxLength: 3000,
          },
        ],
      };
  }
}

export function marksForm(words: readonly string[], bank: Bank): Form | undefined {
  const [session = '', position = '', id = ''] = words;
  const question = bank.get(id);
  if (question?.kind !== 'text') return undefined;
  const options = question.points.map((point, i) => ({
    value: String(i),
    ...split(`${i + 1} ${point.weight === 'trap' ? 'I fell for it' : point.weight}: ${bare(point.text)}`),
  }));
  return {
    action: `quiz:marked:${session}:${position}`,
    title: 'What did you cover?',
    submit: 'Done',
    fields: [
      {
        kind: 'several',
        name: 'covered',
        label: 'Points your answer made',
        hint: 'Leave it empty if none',
        options,
        required: false,
      },
    ],
  };
}

/** A label within every platform's limit; what does not fit goes on in the description. */
export function split(words: string): Omit<Option, 'value'> {
  if (words.length <= LABEL) return { label: words };
  const head = words.slice(0, LABEL - 1);
  const at = Math.max(head.lastIndexOf(' '), LABEL / 2);
  return { label: `${words.slice(0, at)}…`, description: cut(`…${words.slice(at)}`, LABEL) };
}
