/** Answers to a channel's question: private, in one tap where the question allows it, changeable until it closes. */
import { aside, type Block, buttons, moment, privately, type Reply, text } from '../chat.ts';
import { questionOf } from '../learn/daily/post.ts';
import { givenWords, keptBlocks, orderOf } from '../learn/daily/present.ts';
import { dayIn } from '../learn/days.ts';
import { formOf } from '../learn/forms.ts';
import { type Given, readNumber, readOrder, shuffled } from '../learn/judge.ts';
import { draftBlocks, resultBlocks } from '../learn/present.ts';
import type { Question } from '../learn/question.ts';
import { wholeBlocks } from '../learn/show.ts';
import type { Slot } from '../store/index.ts';
import { type Action, type Context, type Press, Refusal } from './command.ts';

export const answerActions: Readonly<Record<string, Action>> = {
  /** daily:answer:<slot>:<option> */
  answer: onSlot((slot, question, press, context) => {
    const option = Number(press.words[1]);
    if (question.kind !== 'choice' || question.options[option] === undefined) throw gone();
    return keep(slot, question, { kind: 'choice', option }, context);
  }),
  /** daily:choose:<slot>, a list */
  choose: onSlot((slot, question, { values }, context) => {
    const options = values
      .map(Number)
      .filter((place) => question.kind === 'multi' && question.options[place]);
    if (options.length === 0) throw new Refusal('Choose at least one.');
    return keep(slot, question, { kind: 'multi', options: options.sort((a, b) => a - b) }, context);
  }),
  /** daily:write:<slot>:<question> opens a form, made from these words alone */
  write: {
    how: 'form',
    form({ words: [slot = '', id = ''] }, { learning }) {
      const question = learning.bank.get(id);
      return question && formOf(question, shuffled(question, orderOf(Number(slot))), `daily:written:${slot}`);
    },
    run() {
      throw gone();
    },
  },
  written: onSlot((slot, question, press, context) =>
    keep(slot, question, read(slot, question, press), context),
  ),
  /** daily:mine:<slot> */
  mine: onSlot(async (slot, _question, _press, context) => privately(...(await mineBlocks(slot, context)))),
};

const gone = () => new Refusal('I no longer have that question. `/daily now` shows today’s.');

function onSlot(
  run: (slot: Slot, question: Question, press: Press, context: Context) => Promise<Reply> | Reply,
): Action {
  return {
    how: 'private',
    async run(press, context) {
      const id = Number(press.words[0]);
      const slot = Number.isSafeInteger(id) ? await context.store.slots.get(id) : undefined;
      const question = slot && (await questionOf(slot, context.learning));
      if (slot === undefined || question === undefined) throw gone();
      return run(slot, question, press, context);
    },
  };
}

/** What was written, or a Refusal with what would be accepted. */
function read(slot: Slot, question: Question, { fields }: Press): Given {
  const line = (name: string) => [fields[name] ?? ''].flat().join(' ');
  switch (question.kind) {
    case 'order': {
      const order = readOrder(line('order'), shuffled(question, orderOf(slot.id)));
      if (typeof order === 'string') throw new Refusal(order);
      return { kind: 'order', order };
    }
    case 'number': {
      const typed = line('number');
      const value = readNumber(typed, question);
      if (typeof value === 'string') throw new Refusal(value);
      return { kind: 'number', value, written: typed.trim().slice(0, 60) };
    }
    case 'text': {
      const words = line('words').trim().slice(0, 3000);
      if (words === '') throw new Refusal('Write what you would say, in a few sentences.');
      return { kind: 'text', words, covered: [] };
    }
    default:
      throw gone();
  }
}

async function keep(slot: Slot, question: Question, given: Given, context: Context): Promise<Reply> {
  const { store, learner, now } = context;
  const at = now();
  const before = await store.slots.given(slot.id, learner.id);
  const held = await store.slots.answer(
    { slot: slot.id, learner: learner.id, given, at, day: dayIn(learner.timezone, at) },
    at,
  );
  if (held === undefined) {
    const closed = await mineBlocks(slot, context);
    return privately(
      text(`This question closed ${moment(slot.closes ?? slot.at)}: that answer was not taken.`),
      ...closed,
    );
  }
  const others = (await store.slots.count(slot.id)) - 1;
  return privately(...keptBlocks(slot, question, given, held.changes > (before?.changes ?? 0), others));
}

/** A learner's own answer: as it stands while the question is open, how it went once it has closed. */
export async function mineBlocks(slot: Slot, context: Context): Promise<Block[]> {
  const { store, learner, learning, now } = context;
  const [mine, question] = await Promise.all([
    store.slots.given(slot.id, learner.id),
    questionOf(slot, learning),
  ]);
  if (question === undefined) throw gone();
  const open = slot.closes !== undefined && slot.closes > now();
  if (mine === undefined)
    return open
      ? [text(`You have not answered it yet. It is open until ${moment(slot.closes!)}.`)]
      : [
          text('You did not answer that one.'),
          buttons(
            learning.bank.get(question.id)
              ? { action: `quiz:drill:${question.id}`, label: 'Answer it now', style: 'primary' }
              : { action: 'quiz:start', label: 'A question now', style: 'primary' },
          ),
        ];
  if (open)
    return [
      text(`Your answer: ${givenWords(question, mine.given as Given, slot.id)}`),
      aside(`You can change it until ${moment(slot.closes!)}.`),
    ];
  const asked = mine.session === undefined ? undefined : await learning.find(mine.session, 0, now());
  if (asked === undefined) return [text('It has just closed: how it went is shown in a moment.')];
  if (asked.review === undefined) return draftBlocks(asked);
  return [
    ...(await wholeBlocks(question, context)),
    ...resultBlocks(learning.answered({ ...asked, review: asked.review }), now(), {
      result: await learning.result(asked.ask.session),
    }),
  ];
}
