import { z } from 'zod';
import { privately, type Reply, reply, text } from '../chat.ts';
import { answerForm, marksForm } from '../learn/forms.ts';
import type { Answered, Asked } from '../learn/index.ts';
import { type Given, readNumber, readOrder } from '../learn/judge.ts';
import {
  type Around,
  draftBlocks,
  finishedBlocks,
  recalledBlocks,
  resultBlocks,
  revealedBlocks,
} from '../learn/present.ts';
import { recipeOf } from '../learn/recipe.ts';
import { asking, wholeBlocks } from '../learn/show.ts';
import { ParamError } from '../sim/words.ts';
import type { Grade } from '../store/index.ts';
import { type Action, type Context, command, type Press, Refusal, type Tools } from './command.ts';

/**
 * Asks now. The buttons of every question, whichever command put it, are handled here: `quiz:<verb>:<session>:<place>`,
 * both numbers of the store, so that a message from before a restart still works.
 */
export default command({
  name: 'quiz',
  summary: 'Questions to answer now: what you have not met yet, easier ones first.',
  private: true,
  input: z.object({
    topic: z.string().optional().describe('One topic; all if left out').meta({ completes: true }),
    level: z.coerce
      .number()
      .int()
      .min(1)
      .max(5)
      .optional()
      .describe('1 recall, 2 understand, 3 apply, 4 analyse, 5 design judgement'),
    count: z.coerce.number().int().min(1).max(20).default(5).describe('How many questions'),
    from: z
      .enum(['all', 'bank', 'runs'])
      .default('all')
      .describe('Written questions, ones made from fresh runs, or all'),
  }),
  examples: ['/quiz', '/quiz consensus level=3', '/quiz from=runs'],
  async run({ topic: typed, level, count, from }, context) {
    const topic = typed === undefined ? undefined : topicOf(typed, context);
    const { learning, learner, now, random } = context;
    const filter = { topic, level, count, ...(from !== 'all' && { source: from }) };
    const asked = await learning.quiz(learner, filter, now(), random);
    if (asked) return privately(...(await asking(asked, context)));
    const there = [
      ...(from === 'runs' ? [] : learning.bank.of({ topic })),
      ...(from === 'bank' ? [] : learning.generators.of({ topic })),
    ];
    const levels = [...new Set(there.map((q) => q.level))].sort();
    throw new Refusal(
      levels.length === 0
        ? `There are no questions${from === 'runs' ? ' made from runs' : ''}${topic ? ` on ${topic}` : ''} yet.`
        : `There is no question of level ${level} on ${topic ?? 'any topic'}; there are levels ${levels.join(', ')}.`,
    );
  },
  complete(option, typed, { learning }) {
    if (option !== 'topic') return [];
    const word = typed.toLowerCase();
    return learning.bank.topics
      .filter((t) => `${t.id} ${t.title}`.toLowerCase().includes(word))
      .map((t) => ({ value: t.id, label: t.id, description: t.title }));
  },
  actions: {
    answer: onAsk(async (asked, press, context) => {
      const option = Number(press.words[2]);
      return settle(asked, { kind: 'choice', option }, context);
    }),
    skip: onAsk((asked, _press, context) => settle(asked, { kind: 'none' }, context)),
    hint: onAsk(async (asked, _press, context) => question(await context.learning.hint(asked), context)),
    write: {
      how: 'form',
      form: (press, { learning }) => answerForm(press.words, learning.bank),
      run: gone,
    },
    written: onAsk(written),
    mark: {
      how: 'form',
      form: (press, { learning }) => marksForm(press.words, learning.bank),
      run: gone,
    },
    marked: onAsk((asked, press, context) => {
      const covered = several(press, 'covered').map(Number);
      return settle(asked, { kind: 'text', words: asked.ask.draft ?? '', covered }, context);
    }),
    show: onAsk(async (asked, _press, context) => {
      if (asked.review) return result(asked, context);
      const now = context.now();
      return reply(...revealedBlocks(asked, await context.learning.preview(asked, now), now));
    }),
    recall: onAsk(async (asked, press, context) => {
      const grade = gradeIn(press.words[2]);
      if (asked.review) return next(asked, context);
      const answered = await answer(asked, { kind: 'recalled' }, context, grade);
      const following = await next(answered, context);
      // Undo stands last: the buttons of the question itself come first under the thumb.
      return { ...following, blocks: [...following.blocks, ...recalledBlocks(answered, context.now())] };
    }),
    correct: onAsk((asked, _press, context) => result(asked, context, { correcting: true })),
    grade: onAsk(async (asked, press, context) => {
      const held = reviewed(asked, context);
      const changed = await context.learning.regrade(held, gradeIn(press.words[2]));
      return changed === 'stale'
        ? result(held, context, {
            notice: 'You have answered it again since: correct that answer instead.',
          })
        : result(changed, context);
    }),
    undo: onAsk(async (asked, _press, context) => {
      const held = reviewed(asked, context);
      const undone = await context.learning.undo(held, context.now());
      const fresh = undone === 'stale' ? held : undone;
      return undone === 'stale' && held.review.undone === undefined
        ? result(fresh, context, { notice: 'You have answered it again since: take that answer back first.' })
        : result(fresh, context);
    }),
    again: onAsk(async ({ question: { id }, ask: { session, position } }, _press, context) => {
      // What was still to come comes after it.
      const rest = session.questions.slice(position + 1);
      const asked = await context.learning.drill(context.learner, [id, ...rest], context.now());
      return asked ? question(asked, context) : gone();
    }),
    next: onAsk((asked, _press, context) => next(asked, context)),
    more: onAsk((asked, _press, context) => more(asked, context)),
    /** quiz:start, under what is no question itself */
    start: {
      how: 'private',
      async run(_press, { learning, learner, now, random, draw }) {
        const asked = await learning.quiz(learner, { count: 5 }, now(), random);
        return asked ? privately(...(await asking(asked, { draw }))) : gone();
      },
    },
    /** quiz:drill:<question>… from a list of weak points */
    drill: {
      how: 'private',
      async run({ words }, { learning, learner, now, draw }) {
        const asked = await learning.drill(learner, words, now());
        return asked ? privately(...(await asking(asked, { draw }))) : gone();
      },
    },
  },
});

/** Names the topic a person typed. Throws Refusal with the nearest one. */
export function topicOf(typed: string, { learning: { bank } }: Tools): string {
  const topic = bank.topic(typed);
  if (topic) return topic.id;
  const hint = bank.nearest(typed);
  throw new Refusal(
    `There is no topic \`${typed.slice(0, 40)}\`${hint ? `; did you mean ${hint}?` : '.'} There are ${bank.topics.map((t) => t.id).join(', ')}.`,
  );
}

/** An action on an ask of the person who pressed. */
function onAsk(run: (asked: Asked, press: Press, context: Context) => Promise<Reply> | Reply): Action {
  return {
    how: 'update',
    async run(press, context) {
      const [session, position] = press.words.map(Number);
      const asked =
        Number.isSafeInteger(session) && Number.isSafeInteger(position)
          ? await context.learning.find(session!, position!, context.now())
          : undefined;
      if (asked === undefined) return gone();
      if (asked.ask.session.learner !== context.learner.id)
        throw new Refusal('This question was put to somebody else. `/quiz` gives you your own.');
      return run(asked, press, context);
    },
  };
}

async function written(asked: Asked, press: Press, context: Context): Promise<Reply> {
  if (asked.review) return result(asked, context);
  const { question: of, shown } = asked;
  switch (of.kind) {
    case 'multi': {
      const options = several(press, 'options').map(Number);
      if (options.length === 0) return question(asked, context, 'Choose at least one.');
      return settle(asked, { kind: 'multi', options }, context);
    }
    case 'order': {
      const order = readOrder(line(press, 'order'), shown);
      if (typeof order === 'string') return question(asked, context, order);
      return settle(asked, { kind: 'order', order }, context);
    }
    case 'number': {
      const typed = line(press, 'number');
      const value = readNumber(typed, of);
      if (typeof value === 'string') return question(asked, context, value);
      return settle(asked, { kind: 'number', value, written: typed.trim().slice(0, 60) }, context);
    }
    case 'text': {
      const words = line(press, 'words').trim();
      if (words === '') return question(asked, context, 'Write what you would say, in a few sentences.');
      return reply(...draftBlocks(await context.learning.draft(asked, words.slice(0, 3000))));
    }
    case 'choice':
      return question(asked, context);
  }
}

const question = async (asked: Asked, context: Context, notice?: string): Promise<Reply> =>
  asked.review ? result(asked, context) : reply(...(await asking(asked, context, notice)));

async function settle(asked: Asked, given: Given, context: Context): Promise<Reply> {
  return result(asked.review ? asked : await answer(asked, given, context), context);
}

const answer = (asked: Asked, given: Given, context: Context, grade?: Grade): Promise<Answered> =>
  context.learning.answer(asked, given, {
    learner: context.learner,
    scope: scopeOf(context),
    ...(context.place.direct !== true && { channel: context.place.channel }),
    event: context.event,
    now: context.now(),
    ...(grade !== undefined && { grade }),
  });

/** Whose leaderboard counts: the server, workspace or page where it is said. */
export const scopeOf = ({ place }: Pick<Context, 'place'>): string => `${place.platform}:${place.space}`;

function reviewed(asked: Asked, { learning }: Context): Answered {
  if (asked.review === undefined) throw new Refusal('Answer the question first.');
  return learning.answered({ ...asked, review: asked.review });
}

async function result(
  asked: Asked,
  context: Context,
  more: Pick<Around, 'notice' | 'correcting'> = {},
): Promise<Reply> {
  const answered = reviewed(asked, context);
  const { learning, learner, now } = context;
  const [run, whole, ...end] = await Promise.all([
    runOf(answered, context),
    wholeBlocks(answered.question, context),
    ...(answered.last
      ? ([learning.result(answered.ask.session), learning.due(learner, now())] as const)
      : []),
  ]);
  return reply(
    ...whole,
    ...resultBlocks(answered, now(), {
      ...(run !== undefined && { run }),
      ...(end[0] !== undefined && { result: end[0], due: end[1] }),
      ...more,
    }),
  );
}

/** The id under which the question's run can be opened; a run that is no longer possible is simply not offered. */
async function runOf(
  { question: { run, moment } }: Asked,
  { sims, store, now }: Context,
): Promise<string | undefined> {
  if (moment !== undefined) return store.runs.keep(moment.recipe, now());
  if (run === undefined) return undefined;
  try {
    return await store.runs.keep(recipeOf(run, sims), now());
  } catch (error) {
    if (error instanceof ParamError) return undefined;
    throw error;
  }
}

async function next(asked: Asked, context: Context): Promise<Reply> {
  const { learning, learner, now } = context;
  const { session, position } = asked.ask;
  for (let place = position + 1; place < session.questions.length; place++) {
    const following = await learning.put(session.id, place, now());
    // A question that left the bank since the session began is passed over.
    if (following) return question(following, context);
  }
  return reply(...finishedBlocks(asked, await learning.result(session), await learning.due(learner, now())));
}

async function more(asked: Asked, context: Context): Promise<Reply> {
  const { learning, learner, now, random } = context;
  const { mode, filter } = asked.ask.session;
  const following =
    (mode === 'review' ? await learning.review(learner, filter.count ?? 20, now()) : undefined) ??
    (await learning.quiz(learner, mode === 'quiz' ? filter : {}, now(), random));
  return following ? question(following, context) : reply(text('There are no questions left to put.'));
}

function gone(): Reply {
  return privately(text('I no longer have that question. `/quiz` puts a new one.'));
}

function gradeIn(word: string | undefined): Grade {
  const grade = Number(word);
  if (grade === 1 || grade === 2 || grade === 3 || grade === 4) return grade;
  throw new Refusal('A grade is one of again, hard, good, easy.');
}

const line = ({ fields }: Press, name: string): string => [fields[name] ?? ''].flat().join(' ');
const several = ({ fields }: Press, name: string): readonly string[] =>
  [fields[name] ?? []].flat().filter((value) => /^\d+$/.test(value));
