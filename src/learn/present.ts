/**
 * A question, its answer and what follows, as chat blocks. Everything a button needs is the ask it belongs to, by its
 * numbers in the store: it works after a restart. One message is changed in place from question to answer to next
 * question, and stays within what every platform shows as one message.
 */
import { aside, type Block, type Button, buttons, code, text } from '../chat.ts';
import type { Grade } from '../store/index.ts';
import { found, hintFor } from './hints.ts';
import type { Answered, Asked, Result } from './index.ts';
import { LETTERS, type NumberAnswer, type Option, type Question } from './question.ts';
import { cut, span, until } from './words.ts';

/** longest words of one message that no platform splits, with room for the small print */
const FITS = 1800;
/** of the prompt and the explanation, whatever else there is to say */
const LEAST = 150;

/** an action on an ask; the command `quiz` handles all of them */
export const on = (asked: Asked, verb: string, ...more: readonly (string | number)[]): string =>
  ['quiz', verb, asked.ask.session.id, asked.ask.position, ...more].join(':');

export function questionBlocks(asked: Asked, notice?: string): Block[] {
  const { question, ask, shown } = asked;
  const hint = ask.hinted ? hintFor(question, shown) : undefined;
  const blocks: Block[] = [aside(headline(asked)), ...prose(question.prompt)];
  const listed = shown.map((place, i) => `**${LETTERS[i]}** ${label(question, place)}`);
  if (listed.length > 0) blocks.push(text(listed.join('\n')));
  if (hint) blocks.push(text(`Hint: ${hint.text}`));
  if (notice !== undefined) blocks.push(text(`**${notice}**`));
  const rest: Button[] = [
    { action: on(asked, 'hint'), label: 'Hint', disabled: ask.hinted },
    ask.session.mode === 'review' && question.kind !== 'choice'
      ? { action: on(asked, 'show'), label: 'Show the answer' }
      : { action: on(asked, 'skip'), label: 'I don’t know' },
  ];
  if (question.kind === 'choice')
    blocks.push(
      buttons(
        ...shown.map((place, i) => ({
          action: on(asked, 'answer', place),
          label: LETTERS[i]!,
          disabled: hint?.ruledOut === place,
        })),
      ),
      buttons(...rest),
    );
  else
    blocks.push(
      buttons({ action: on(asked, 'write', question.id), label: 'Answer', style: 'primary' }, ...rest),
    );
  return blocks;
}

/** After a free text: its points beside it. The learner decides what was covered; words found are only shown. */
export function draftBlocks(asked: Asked): Block[] {
  const { question, ask } = asked;
  if (question.kind !== 'text') return questionBlocks(asked);
  const words = ask.draft ?? '';
  const list = question.points.map((point, i) => {
    const quoted = found(point, question.prompt, words);
    const mark = quoted.length > 0 ? `\nyou wrote: ${quoted.map((w) => `*${w}*`).join(', ')}` : '';
    return `**${i + 1}** ${point.weight === 'trap' ? 'trap: ' : `${point.weight}: `}${point.text}${mark}`;
  });
  return [
    aside(headline(asked)),
    text(quote(cut(words, 600))),
    text(list.join('\n\n')),
    aside('Words found in your text are only a help; you judge whether the point was made.'),
    buttons(
      { action: on(asked, 'mark', question.id), label: 'Mark what I covered', style: 'primary' },
      { action: on(asked, 'write', question.id), label: 'Write it again' },
    ),
  ];
}

export interface Around {
  /** the question's run, kept under this id */
  readonly run?: string;
  readonly result?: Result;
  /** still due */
  readonly due?: number;
  /** the grades are offered for correction */
  readonly correcting?: boolean;
  readonly notice?: string;
}

const HANDED_OVER =
  '  No points this time: most of your last answers came minutes after the same person here answered the same question.';

export function resultBlocks(answered: Answered, now: number, around: Around = {}): Block[] {
  const { question, review, outcome } = answered;
  if (review.undone !== undefined) return undoneBlocks(answered, around);
  const earned = review.points > 0 ? `  +${review.points} points` : answered.handedOver ? HANDED_OVER : '';
  const verdict = { right: 'Right.', partial: 'In part.', wrong: 'Not this time.' }[outcome];
  const said = [`**${verdict}**${earned}`, ...reasons(answered, 'own')];
  const blocks: Block[] = [];
  let left = FITS - said.join('\n').length;
  // What a message has no room for goes in this order: the other choices, the sources, the prompt's end, the
  // explanation's.
  const room = (words: string): boolean => {
    if (words.length > left) return false;
    left -= words.length;
    return true;
  };
  const explanation = cut(question.explanation, Math.max(LEAST, left - LEAST));
  left -= explanation.length;
  const prompt = room(question.prompt) ? question.prompt : cut(question.prompt, Math.max(LEAST, left));
  const sources = question.sources.map(source).join(' · ');
  const sourced = room(sources);
  const quoted = question.kind === 'choice' || question.kind === 'multi';
  const others = reasons(answered, 'others');
  const all = others.length > 0 && room(others.join('\n'));
  blocks.push(aside(headline(answered)), ...(prompt.includes('```') ? prose(prompt) : [text(quote(prompt))]));
  // A quote ends at a blank line only.
  blocks.push(text([said[0], ...reasons(answered, all ? 'all' : 'own')].join(quoted ? '\n\n' : '\n')));
  if (explanation !== '') blocks.push(...prose(explanation));
  blocks.push(...followUps(answered, left));
  if (sourced) blocks.push(aside(sources));
  if (around.notice !== undefined) blocks.push(text(`**${around.notice}**`));
  const back = until(answered.due[review.grade] - now);
  blocks.push(
    aside([`Graded *${GRADES[review.grade]}*: back ${back}`, ...summary(answered, around)].join(' · ')),
  );
  const run =
    around.run === undefined ? [] : [{ action: `simulate:open:${around.run}`, label: 'Show the run' }];
  if (around.correcting) blocks.push(grades(answered.due, now, (grade) => on(answered, 'grade', grade)));
  blocks.push(
    buttons(
      ...onward(answered, around),
      ...run,
      ...(around.correcting ? [] : [{ action: on(answered, 'correct'), label: 'Correct my grade' }]),
      { action: on(answered, 'undo'), label: 'Undo' },
    ),
  );
  return blocks;
}

function undoneBlocks(answered: Answered, around: Around): Block[] {
  return [
    aside(headline(answered)),
    text('Taken back. Your memory of it and your points are as they were before.'),
    buttons(...onward(answered, around), { action: on(answered, 'again'), label: 'Answer it again' }),
  ];
}

/** A review answered in the head: the answer, and how it went. */
export function revealedBlocks(asked: Asked, due: Readonly<Record<Grade, number>>, now: number): Block[] {
  const { question } = asked;
  const answer = answerOf(question, asked.shown).join('\n');
  const left = FITS - question.prompt.length - answer.length;
  const blocks: Block[] = [aside(headline(asked)), text(quote(question.prompt)), text(answer)];
  if (question.explanation !== '') blocks.push(...prose(cut(question.explanation, Math.max(LEAST, left))));
  blocks.push(
    aside('How did it go in your head? What was only remembered earns no points.'),
    grades(due, now, (grade) => on(asked, 'recall', grade)),
  );
  return blocks;
}

/** One line above the next question, for an answer that was not shown a second time. */
export function recalledBlocks(answered: Answered, now: number): Block[] {
  const { review } = answered;
  return [
    aside(`Last one graded *${GRADES[review.grade]}*: back ${until(answered.due[review.grade] - now)}`),
    buttons({ action: on(answered, 'undo'), label: 'Undo that' }),
  ];
}

export function finishedBlocks(asked: Asked, result: Result, due: number): Block[] {
  return [
    text(`**${outOf(result)}** ${dueLine(due)}`.trim()),
    buttons({ action: on(asked, 'more'), label: more(asked, due), style: 'primary' }),
  ];
}

const GRADES: Record<Grade, string> = { 1: 'again', 2: 'hard', 3: 'good', 4: 'easy' };

function headline({ question, ask, worth, review }: Asked): string {
  const { questions } = ask.session;
  const earn = review !== undefined ? '' : worth > 0 ? ` · ${worth} points` : ' · practice, no points';
  const place = questions.length > 1 ? ` · ${ask.position + 1} of ${questions.length}` : '';
  return `${question.topic} · level ${question.level}${place}${earn}`;
}

function label(question: Question, place: number): string {
  if (question.kind === 'choice' || question.kind === 'multi') return question.options[place]!.text;
  return question.kind === 'order' ? question.items[place]! : '';
}

/** What was given and what is right, with the reasons; `others` is what neither was. */
function reasons(answered: Answered, which: 'own' | 'others' | 'all'): string[] {
  const { question, given, shown } = answered;
  switch (question.kind) {
    case 'choice':
    case 'multi': {
      const chosen = new Set(
        given.kind === 'choice' ? [given.option] : given.kind === 'multi' ? given.options : [],
      );
      // Of several, every mark that was wrong either way is the learner's own affair.
      const own = (option: Option, place: number) =>
        question.kind === 'choice' ? option.right || chosen.has(place) : option.right !== chosen.has(place);
      return shown.flatMap((place, i) => {
        const option = question.options[place]!;
        if (which !== 'all' && own(option, place) !== (which === 'own')) return [];
        const missed = question.kind === 'multi' && option.right && given.kind === 'multi';
        const yours = chosen.has(place) ? ' (yours)' : missed ? ' (missed)' : '';
        return [`${option.right ? '✓' : '✗'} **${LETTERS[i]}**${yours} ${option.text}\n> ${option.why}`];
      });
    }
    default:
      if (which === 'others') return [];
      return [
        ...givenLine(answered),
        ...answerOf(question, answered.shown, given.kind === 'text' ? given.covered : undefined),
      ];
  }
}

function givenLine({ question, given, shown, outcome }: Answered): string[] {
  if (outcome === 'right') return [];
  if (given.kind === 'number') return [`You said ${given.written.slice(0, 60)}.`];
  if (given.kind === 'order' && question.kind === 'order') {
    const wrong = given.order.findIndex((item, i) => item !== i);
    const letters = given.order.map((item) => LETTERS[shown.indexOf(item)]).join(' ');
    return [`You said ${letters}; it goes wrong at step ${wrong + 1}.`];
  }
  return [];
}

/** The right answer in words, by the letters under which it was shown. */
function answerOf(question: Question, shown: readonly number[], covered?: readonly number[]): string[] {
  switch (question.kind) {
    case 'choice':
    case 'multi':
      return question.options.filter((o) => o.right).map((o) => `✓ ${o.text}\n> ${o.why}`);
    case 'order':
      return orderLines(question.items, shown);
    case 'number':
      return [`The answer is ${exactly(question.answer)}.`];
    case 'text':
      return question.points.map((point, i) => {
        const made = covered?.includes(i) ?? false;
        const sign =
          covered === undefined ? '•' : point.weight === 'trap' ? (made ? '✗' : '•') : made ? '✓' : '○';
        return `${sign} ${point.weight}: ${point.text}`;
      });
  }
}

/** The items in the right order, each with its letter. */
export const orderLines = (items: readonly string[], shown: readonly number[]): string[] =>
  items.map((item, i) => `${i + 1}. **${LETTERS[shown.indexOf(i)]}** ${item}`);

/** `**270 s**`, or `**287 ms** (± 10 % accepted)` */
export function exactly({ written, tolerance }: NumberAnswer): string {
  const [value = '', margin = ''] = written.split(/\s*(?:±|\+\/?-)\s*/);
  return tolerance === 0 ? `**${value}**` : `**${value}** (± ${margin} accepted)`;
}

/** What an interviewer would ask next: on the points that were missed first. */
function followUps({ question, given }: Answered, room: number): Block[] {
  if (question.kind !== 'text' || given.kind !== 'text') return [];
  const ranked = question.points
    .map((point, i) => ({ point, missed: !given.covered.includes(i) }))
    .sort((a, b) => Number(b.missed) - Number(a.missed))
    .flatMap(({ point }) => (point.followUp === undefined ? [] : [point.followUp]));
  const first = ranked[0];
  return first === undefined || first.length + 40 > room ? [] : [text(`They would ask next: *${first}*`)];
}

/** the four grades, each with when the question would come back */
const grades = (due: Readonly<Record<Grade, number>>, now: number, action: (grade: Grade) => string): Block =>
  buttons(
    ...([1, 2, 3, 4] as const).map((grade) => ({
      action: action(grade),
      label: `${GRADES[grade]} · ${span(due[grade] - now)}`,
    })),
  );

function onward(asked: Answered, around: Around): Button[] {
  if (!asked.last) return [{ action: on(asked, 'next'), label: 'Next', style: 'primary' }];
  return [{ action: on(asked, 'more'), label: more(asked, around.due ?? 0), style: 'primary' }];
}

function more({ ask: { session } }: Asked, due: number): string {
  if (due > 0 && session.mode === 'review') return `Review ${due} more`;
  return session.mode === 'quiz' && session.questions.length > 1
    ? `${session.questions.length} more`
    : 'Another question';
}

function summary({ last, ask }: Answered, { result, due }: Around): string[] {
  if (!last || result === undefined) return [];
  return [
    ...(ask.session.questions.length > 1 ? [outOf(result)] : []),
    ...(due !== undefined && due > 0 ? [dueLine(due)] : []),
  ];
}

const outOf = ({ right, answered, points }: Result): string =>
  `${right} of ${answered} right${points > 0 ? `, ${points} points` : ''}.`;

const dueLine = (due: number): string => (due === 0 ? 'Nothing is due.' : `${due} due for review.`);

/** Sources as they are, addresses as links. */
const source = (words: string): string =>
  words.replace(/https?:\/\/([^\s/]+)[^\s,;]*/g, (address, host: string) => `[${host}](${address})`);

/** Markdown in which code fences have become code. */
export function prose(markdown: string): Block[] {
  return markdown
    .split(/^(```[^\n]*\n[\s\S]*?\n```)\s*$/m)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const fence = /^```(\S*)[^\n]*\n([\s\S]*?)\n```$/.exec(part);
      return fence ? code(fence[2]!, fence[1] || undefined) : text(part);
    });
}

const quote = (words: string): string =>
  words
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');
