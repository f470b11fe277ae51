/** A channel's question as it is posted, answered and closed. Its buttons carry the slot's number in the store. */
import { aside, type Block, type Button, buttons, moment, text } from '../../chat.ts';
import type { Draw, SpreadView } from '../../draw/index.ts';
import type { DailyAnswerBy, Slot } from '../../store/index.ts';
import { split } from '../forms.ts';
import { type Given, judge, type Outcome, shuffled } from '../judge.ts';
import { exactly, orderLines, prose } from '../present.ts';
import { LETTERS, type Question } from '../question.ts';
import { momentBlocks, wholeBlocks } from '../show.ts';
import { bare, cut, safeName } from '../words.ts';

/** longest words of one message that no platform splits, with room for the small print */
const FITS = 1800;
/** names listed of those who got it */
const NAMED = 12;

/** kept with the post; unique over schedules and dates */
export const markerOf = ({ id, day }: Pick<Slot, 'id' | 'day'>): string => `d${day}-${id}`;

/** what the order of options is drawn from: the same for every reader, and after a restart */
export const orderOf = (slot: number): string => `daily ${slot}`;

const on = (slot: Pick<Slot, 'id'>, verb: string, ...more: readonly (string | number)[]): string =>
  ['daily', verb, slot.id, ...more].join(':');

const textOf = (question: Question, place: number): string =>
  question.kind === 'choice' || question.kind === 'multi'
    ? question.options[place]!.text
    : question.kind === 'order'
      ? question.items[place]!
      : '';

const headline = ({ topic, level }: Question, rest: string): Block =>
  aside(`Question of the day · ${topic} · level ${level} · ${rest}`);

/** How a question went that closed. */
export interface Tally {
  readonly answered: number;
  readonly right: number;
}

export async function postBlocks(
  slot: Slot,
  question: Question,
  last: { readonly slot: number; readonly tally: Tally } | undefined,
  tools: { readonly draw: Draw },
): Promise<Block[]> {
  const shown = shuffled(question, orderOf(slot.id));
  const blocks: Block[] = [
    ...(await momentBlocks(question, tools)),
    headline(question, `closes ${moment(slot.closes ?? slot.at)}`),
    ...prose(question.prompt),
  ];
  const listed = shown.map((place, i) => `**${LETTERS[i]}** ${textOf(question, place)}`);
  if (listed.length > 0) blocks.push(text(listed.join('\n')));
  const before: Button[] =
    last === undefined ? [] : [{ action: on({ id: last.slot }, 'mine'), label: 'The last answer' }];
  blocks.push(...answering(slot, question, shown, before));
  const note = 'Only you see your answer; you can change it until then.';
  blocks.push(aside(last === undefined ? note : `${note} The last one: ${tallyWords(last.tally)}.`));
  return blocks;
}

/** What one taps: letters for a choice, a list for several, a form for the rest. */
function answering(
  slot: Pick<Slot, 'id'>,
  question: Question,
  shown: readonly number[],
  more: readonly Button[],
): Block[] {
  switch (question.kind) {
    case 'choice':
      return [
        buttons(...shown.map((place, i) => ({ action: on(slot, 'answer', place), label: LETTERS[i]! }))),
        ...(more.length > 0 ? [buttons(...more)] : []),
      ];
    case 'multi':
      return [
        {
          kind: 'select',
          action: on(slot, 'choose'),
          placeholder: 'All that are right',
          options: shown.map((place, i) => ({
            value: String(place),
            ...split(`${LETTERS[i]}  ${bare(textOf(question, place))}`),
          })),
          max: shown.length,
        },
        ...(more.length > 0 ? [buttons(...more)] : []),
      ];
    default:
      return [
        buttons({ action: on(slot, 'write', question.id), label: 'Answer', style: 'primary' }, ...more),
      ];
  }
}

/** An answer in words, by the letters everybody sees. */
export function givenWords(question: Question, given: Given, slot: number): string {
  const shown = shuffled(question, orderOf(slot));
  const letter = (place: number) => LETTERS[shown.indexOf(place)] ?? '?';
  switch (given.kind) {
    case 'choice':
      return `**${letter(given.option)}** ${textOf(question, given.option)}`;
    case 'multi':
      return given.options
        .map(letter)
        .sort()
        .map((l) => `**${l}**`)
        .join(', ');
    case 'order':
      return `**${given.order.map(letter).join(' ')}**`;
    case 'number':
      return `**${given.written}**`;
    case 'text':
      return `“${cut(given.words, 300)}”`;
    default:
      return '';
  }
}

/** What the person who answered is told, alone. Nothing of it says whether it was right. */
export function keptBlocks(
  slot: Slot,
  question: Question,
  given: Given,
  changed: boolean,
  others: number,
): Block[] {
  const who =
    others === 0 ? 'You are the first.' : `${others} other${others === 1 ? ' has' : 's have'} answered.`;
  return [
    text(`${changed ? 'Changed to' : 'Your answer'}: ${givenWords(question, given, slot.id)}`),
    aside(
      `You can change it until ${moment(slot.closes ?? slot.at)}; then the explanation is shown, and it counts as a review. ${who}`,
    ),
  ];
}

const outcomeOf = (question: Question, { given }: { readonly given: unknown }): Outcome =>
  judge(question, given as Given).outcome;

export const tallyOf = (question: Question, answers: readonly DailyAnswerBy[]): Tally => ({
  answered: answers.length,
  right: answers.filter((a) => outcomeOf(question, a) === 'right').length,
});

const tallyWords = ({ answered, right }: Tally): string =>
  answered === 1
    ? right === 1
      ? 'the one who answered got it'
      : 'one answered and did not get it'
    : right === 0
      ? `none of ${answered} got it`
      : right === answered
        ? `all ${answered} got it`
        : `${right} of ${answered} got it`;

/** The post once it has closed: what is right and why, how the answers fell, who got it. Changed in place. */
export async function closedBlocks(
  slot: Slot,
  question: Question,
  answers: readonly DailyAnswerBy[],
  run: string | undefined,
  tools: { readonly draw: Draw },
): Promise<Block[]> {
  const result = resultWords(question, answers);
  const lines = rightLines(question, slot.id);
  let left = FITS - result.length - lines.own.length;
  const explanation = cut(question.explanation, Math.max(200, left - 200));
  left -= explanation.length;
  const prompt = cut(question.prompt, Math.max(200, left));
  left -= prompt.length;
  const others = lines.others !== '' && lines.others.length <= left ? lines.others : '';
  const blocks: Block[] = [headline(question, 'closed'), ...prose(prompt), text(lines.own)];
  if (others !== '') blocks.push(text(others));
  if (explanation !== '') blocks.push(...prose(explanation));
  blocks.push(text(result));
  const view = spreadOf(question, slot, answers);
  if (view !== undefined) {
    const picture = await tools.draw.spread(view);
    blocks.push({
      kind: 'image',
      name: `answers-${slot.day}.png`,
      bytes: picture.bytes,
      mime: picture.mime,
      alt: [
        `${view.title}.`,
        ...view.rows.map(
          (r) => `${r.mark} ${r.text}${r.right ? ' (right)' : ''}: ${r.count} of ${view.people}.`,
        ),
      ]
        .join(' ')
        .slice(0, 1000),
      title: view.title,
    });
  }
  blocks.push(...(await wholeBlocks(question, tools)));
  const actions: Button[] = [{ action: on(slot, 'mine'), label: 'My answer' }];
  if (run !== undefined) actions.push({ action: `simulate:open:${run}`, label: 'Show the run' });
  blocks.push(buttons(...actions));
  return blocks;
}

function resultWords(question: Question, answers: readonly DailyAnswerBy[]): string {
  if (answers.length === 0) return 'Nobody answered this one.';
  if (question.kind === 'text')
    return `**${answers.length} answered.** Press *My answer* to compare yours with the points.`;
  const right = answers.filter((a) => outcomeOf(question, a) === 'right');
  const tally = `**${capital(tallyWords({ answered: answers.length, right: right.length }))}**`;
  const seen = right.filter((a) => !a.hidden);
  const names = seen.slice(0, NAMED).map((a) => safeName(a.name));
  const more = right.length - names.length;
  if (names.length === 0) return `${tally}.`;
  return `${tally}: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
}

/** What is right, and apart from it what is not. */
function rightLines(question: Question, slot: number): { own: string; others: string } {
  switch (question.kind) {
    case 'choice':
    case 'multi': {
      const shown = shuffled(question, orderOf(slot));
      const line = (right: boolean) =>
        shown
          .flatMap((place, i) => {
            const option = question.options[place]!;
            if (option.right !== right) return [];
            return [`${right ? '✓' : '✗'} **${LETTERS[i]}** ${option.text}\n> ${option.why}`];
          })
          .join('\n\n');
      return { own: line(true), others: line(false) };
    }
    case 'order':
      return {
        own: orderLines(question.items, shuffled(question, orderOf(slot))).join('\n'),
        others: '',
      };
    case 'number':
      return { own: `The answer is ${exactly(question.answer)}.`, others: '' };
    case 'text':
      return {
        own: question.points
          .filter((p) => p.weight !== 'trap')
          .map((p) => `• ${p.weight}: ${p.text}`)
          .join('\n'),
        others: question.points
          .filter((p) => p.weight === 'trap')
          .map((p) => `✗ trap: ${p.text}`)
          .join('\n'),
      };
  }
}

/** Undefined where there is nothing to draw: no answers, or texts, which only their writers judge. */
function spreadOf(
  question: Question,
  slot: Pick<Slot, 'id' | 'day'>,
  answers: readonly DailyAnswerBy[],
): SpreadView | undefined {
  if (answers.length === 0 || question.kind === 'text') return undefined;
  const all = answers.map((a) => a.given as Given);
  const { right } = tallyOf(question, answers);
  const common = {
    title: 'How the answers fell',
    subtitle: `${slot.day} · ${question.topic}, level ${question.level} · ${tallyWords({ answered: answers.length, right })}`,
    people: answers.length,
  };
  const count = (fits: (given: Given) => boolean) => all.filter(fits).length;
  switch (question.kind) {
    case 'choice':
    case 'multi':
      return {
        ...common,
        rows: shuffled(question, orderOf(slot.id)).map((place, i) => ({
          mark: LETTERS[i]!,
          text: bare(question.options[place]!.text),
          count: count(
            (g) =>
              (g.kind === 'choice' && g.option === place) ||
              (g.kind === 'multi' && g.options.includes(place)),
          ),
          right: question.options[place]!.right,
        })),
      };
    case 'number': {
      const { value, tolerance, unit } = question.answer;
      const beyond = (sign: 1 | -1) => (g: Given) =>
        g.kind === 'number' && judge(question, g).outcome !== 'right' && (g.value - value) * sign > 0;
      const bound = (n: number) => `${Number(n.toPrecision(4))}${unit === '' ? '' : ` ${unit}`}`;
      return {
        ...common,
        rows: [
          { mark: '<', text: `below ${bound(value - tolerance)}`, count: count(beyond(-1)), right: false },
          { mark: '=', text: bare(exactly(question.answer)), count: right, right: true },
          { mark: '>', text: `above ${bound(value + tolerance)}`, count: count(beyond(1)), right: false },
        ],
      };
    }
    case 'order': {
      const wrongAt = (g: Given) => (g.kind === 'order' ? g.order.findIndex((item, i) => item !== i) : 0);
      const steps = [...new Set(all.map(wrongAt))].filter((i) => i >= 0).sort((a, b) => b - a);
      return {
        ...common,
        rows: [
          { mark: '✓', text: 'the whole order', count: right, right: true },
          ...steps.map((i) => ({
            mark: String(i + 1),
            text:
              i === 0
                ? 'wrong from the first step on'
                : `right up to step ${i}, then not “${bare(question.items[i]!)}”`,
            count: count((g) => wrongAt(g) === i),
            right: false,
          })),
        ],
      };
    }
  }
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
