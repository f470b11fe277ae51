import { z } from 'zod';
import {
  aside,
  type Block,
  type Button,
  buttons,
  heading,
  privately,
  type Reply,
  reply,
  text,
} from '../chat.ts';
import { dayIn } from '../learn/days.ts';
import { forecastBlocks, percent } from '../learn/forecast.ts';
import { LEAST } from '../learn/group.ts';
import type { Progress } from '../learn/progress.ts';
import { accuracyWords, groupAlt, groupView, progressAlt, progressView } from '../learn/progress-view.ts';
import type { Learner } from '../store/index.ts';
import { type Context, commandWithVerbs, Refusal, verb } from './command.ts';
import { scopeOf } from './quiz.ts';

/** words that every platform accepts as alt text */
const ALT = 1900;

export default commandWithVerbs({
  name: 'progress',
  summary: 'What you would still remember today, what is due, and where you are weakest.',
  private: true,
  default: 'me',
  examples: ['/progress', '/progress group'],
  verbs: {
    me: verb({
      summary: 'Where you stand, or how far somebody else here is',
      private: true,
      input: z.object({
        member: z
          .string()
          .optional()
          .describe('Somebody else here; yourself if left out')
          .meta({ chat: 'member' }),
      }),
      async run({ member }, context) {
        const { learning, now } = context;
        if (member === undefined || member === context.person.id) return own(context);
        const other = await find(member, context);
        return privately(...othersBlocks(await learning.progress(other, scopeOf(context), now()), other));
      },
    }),
    group: verb({
      summary: 'What this study group forgets, over its members on the leaderboard',
      input: z.object({}),
      run: (_input, context) => group(context),
    }),
  },
});

async function own(context: Context): Promise<Reply> {
  const { learning, learner, draw, now } = context;
  const at = now();
  const progress = await learning.progress(learner, scopeOf(context), at);
  if (progress.met === 0)
    return privately(
      text(
        `You have not answered a question yet; there are ${progress.of}. Each one you answer comes back shortly before you would forget it, and here you see how that goes.`,
      ),
      buttons({ action: 'quiz:start', label: 'Begin', style: 'primary' }),
      aside(
        '`/settings` plans towards an interview date and brings you a question each day; `/help` tells what else I do.',
      ),
    );
  const today = dayIn(learner.timezone, at);
  const view = progressView(progress, today);
  const [{ bytes, mime }, accuracy, plan] = await Promise.all([
    draw.progress(view),
    learning.accuracy(learner),
    learning.plan(learner, at),
  ]);
  const { points, weakest } = progress;
  const blocks: Block[] = [
    {
      kind: 'image',
      name: `progress-${today}.png`,
      bytes,
      mime,
      alt: progressAlt(progress, today).slice(0, ALT),
      title: view.title,
    },
    text(`Points here: **${points.week}** this week, **${points.all}** in all.`),
  ];
  if (plan !== undefined) blocks.push(...(await forecastBlocks(plan, learner, at, context)));
  const actions: Button[] = [];
  if (progress.due > 0)
    actions.push({ action: 'review:start', label: `Review ${progress.due} due`, style: 'primary' });
  const drill = drillAction(weakest.map((w) => w.question.id));
  if (drill !== undefined) actions.push({ action: drill, label: 'Drill the weakest' });
  actions.push({ action: 'quiz:start', label: 'New questions' });
  blocks.push(
    buttons(...actions),
    aside(
      `Recall is the forgetting curve of FSRS over your own answers, not the share you got right. ${accuracyWords(accuracy)}`,
    ),
  );
  return privately(...blocks);
}

async function group(context: Context): Promise<Reply> {
  const { learning, draw, now } = context;
  const found = await learning.group(scopeOf(context), now());
  if (found.members < LEAST)
    return privately(
      text(
        `A group begins with ${LEAST} members who stand on the leaderboard here; there ${found.members === 1 ? 'is' : 'are'} ${found.members}. With fewer, the figures would tell of single people.`,
      ),
      buttons({ action: 'quiz:start', label: 'Answer questions', style: 'primary' }),
    );
  const view = groupView(found);
  const { bytes, mime } = await draw.progress(view);
  const drill = drillAction(found.forgotten.map((f) => f.question.id));
  return reply(
    {
      kind: 'image',
      name: 'group.png',
      bytes,
      mime,
      alt: groupAlt(found).slice(0, ALT),
      title: view.title,
    },
    aside(
      `Over ${found.members} members on the leaderboard here; who is hidden is not counted. Only questions that ${LEAST} or more have met are named.`,
    ),
    buttons(
      ...(drill === undefined ? [] : [{ action: drill, label: 'Drill these', style: 'primary' as const }]),
      { action: 'quiz:start', label: 'Answer questions' },
    ),
  );
}

/** on a leaderboard, looked through for a name */
const NAMED = 500;

/** A member as the platform hands it over: an id, or a mention around one; a name where there are no ids to type. */
async function find(member: string, context: Context): Promise<Learner> {
  const { store, person } = context;
  const id = /^<@!?([^>|]+)(?:\|[^>]*)?>$/.exec(member.trim())?.[1] ?? member.trim();
  const other =
    (await store.learners.find({ platform: person.platform, space: person.space, id })) ??
    (await named(id.replace(/^@/, ''), context));
  if (other === undefined || other.hidden)
    throw new Refusal(
      'I know of no progress of that member: they have no points here yet, or keep it to themselves. `/leaderboard` shows who has.',
    );
  return other;
}

/** The one of that name on the leaderboard here. Throws Refusal where there are several. */
async function named(name: string, context: Context): Promise<Learner | undefined> {
  const scope = scopeOf(context);
  const rows = await context.store.ranking.top({ scope, period: 'all', topic: undefined }, NAMED);
  const found = rows.filter((row) => row.name.toLowerCase() === name.toLowerCase());
  if (found.length > 1) throw new Refusal(`There are ${found.length} of that name here.`);
  return found[0] && context.store.learners.get(found[0].learner);
}

/** Of somebody else: how far they are, not what they get wrong. */
function othersBlocks(progress: Progress, { name }: Learner): Block[] {
  return [
    heading(`${name}’s progress`),
    text(
      [
        `**${progress.met} of ${progress.of}** questions met. ${streakWords(progress.streak)}`,
        `Points here: **${progress.points.week}** this week, **${progress.points.all}** in all.`,
        ...topicLines(progress),
      ].join('\n'),
    ),
  ];
}

const topicLines = ({ topics }: Progress): string[] =>
  topics.map(({ topic, of, met, learnt, recall }) => {
    const parts = [
      ...(recall === undefined ? [] : [`**${percent(recall)}** of ${learnt} learnt`]),
      ...(met > learnt ? [`${met - learnt} still to learn`] : []),
      ...(of > met ? [`${of - met} not met`] : []),
    ];
    return `- ${topic.title}: ${parts.join(', ')}`;
  });

const streakWords = ({ length }: Progress['streak']): string =>
  length === 0 ? 'No streak at the moment.' : `Streak: **${length} ${length === 1 ? 'day' : 'days'}**.`;

/** As many questions as an action has room for. */
function drillAction(ids: readonly string[]): string | undefined {
  let found: string | undefined;
  for (let count = 1; count <= ids.length; count++) {
    const id = `quiz:drill:${ids.slice(0, count).join(':')}`;
    if (id.length <= 100) found = id;
  }
  return found;
}
