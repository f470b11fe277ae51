import { z } from 'zod';
import { aside, type Block, type Button, buttons, heading, privately, text } from '../chat.ts';
import { dayBefore, dayIn } from '../learn/days.ts';
import type { Progress } from '../learn/progress.ts';
import { cut } from '../learn/words.ts';
import type { Learner } from '../store/index.ts';
import { type Context, command, Refusal } from './command.ts';
import { scopeOf } from './quiz.ts';

export default command({
  name: 'progress',
  summary: 'What you would still remember today, what is due, and where you are weakest.',
  private: true,
  input: z.object({
    member: z
      .string()
      .optional()
      .describe('Somebody else here; yourself if left out')
      .meta({ chat: 'member' }),
  }),
  examples: ['/progress'],
  async run({ member }, context) {
    const { learning, learner, now } = context;
    const scope = scopeOf(context);
    if (member === undefined || member === context.person.id)
      return privately(...ownBlocks(await learning.progress(learner, scope, now()), learner, now()));
    const other = await find(member, context);
    return privately(...othersBlocks(await learning.progress(other, scope, now()), other));
  },
});

/** A member as the platform hands it over: an id, or a mention around one. Throws Refusal. */
async function find(member: string, { store, person }: Context): Promise<Learner> {
  const id = /^<@!?([^>|]+)(?:\|[^>]*)?>$/.exec(member.trim())?.[1] ?? member.trim();
  const other = await store.learners.find({ platform: person.platform, space: person.space, id });
  if (other === undefined || other.hidden)
    throw new Refusal(
      'I know of no progress of that member: they have not answered here, or keep it to themselves.',
    );
  return other;
}

function ownBlocks(progress: Progress, learner: Learner, now: number): Block[] {
  if (progress.met === 0)
    return [
      text(`You have not answered a question yet; there are ${progress.of}.`),
      buttons({ action: 'quiz:start', label: 'Begin', style: 'primary' }),
    ];
  const { points, weakest } = progress;
  const blocks: Block[] = [
    heading('Your progress'),
    text(
      [
        `You have met **${progress.met} of ${progress.of}** questions. ${dueWords(progress)}`,
        streakWords(progress.streak),
        `Points here: **${points.week}** this week, **${points.all}** in all.`,
      ].join('\n'),
    ),
    text(['**What you would recall today**', ...topicLines(progress)].join('\n')),
    text(['**The last seven days**', week(progress, dayIn(learner.timezone, now))].join('\n')),
  ];
  if (weakest.length > 0) blocks.push(text(['**Weakest**', ...weakest.map(weakLine)].join('\n')));
  const actions: Button[] = [];
  if (progress.due > 0)
    actions.push({ action: 'review:start', label: `Review ${progress.due} due`, style: 'primary' });
  const drill = drillAction(weakest.map((w) => w.question.id));
  if (drill !== undefined) actions.push({ action: drill, label: 'Drill the weakest' });
  actions.push({ action: 'quiz:start', label: 'New questions' });
  blocks.push(buttons(...actions));
  blocks.push(
    aside('Recall is the forgetting curve of FSRS over your own answers, not the share you got right.'),
  );
  return blocks;
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

const percent = (share: number): string => `${Math.round(share * 100)} %`;

const topicLines = ({ topics }: Progress): string[] =>
  topics.map(({ topic, of, met, learnt, recall }) => {
    const parts = [
      ...(recall === undefined ? [] : [`**${percent(recall)}** of ${learnt} learnt`]),
      ...(met > learnt ? [`${met - learnt} still to learn`] : []),
      ...(of > met ? [`${of - met} not met`] : []),
    ];
    return `- ${topic.title}: ${parts.join(', ')}`;
  });

function weakLine({ question, recall, learnt, lapses }: Progress['weakest'][number]): string {
  const forgotten = lapses === 1 ? ', forgotten once' : lapses > 1 ? `, forgotten ${lapses} times` : '';
  const known = learnt ? percent(recall) : 'not recalled yet';
  const opening = cut(question.prompt.split('\n')[0] ?? question.id, 110);
  return `- ${opening} (${question.topic}, ${known}${forgotten})`;
}

function dueWords({ due, week }: Progress): string {
  if (due === 0)
    return week === 0 ? 'Nothing is due this week.' : `Nothing is due now, **${week}** within 7 days.`;
  return `**${due}** due now, **${week}** within 7 days.`;
}

const streakWords = (days: number): string =>
  days === 0
    ? 'No streak at the moment; one answer starts it.'
    : `Streak: **${days} ${days === 1 ? 'day' : 'days'}**.`;

function week({ days }: Progress, today: string): string {
  const byDay = new Map(days.map((d) => [d.day, d]));
  return [6, 5, 4, 3, 2, 1, 0]
    .map((back) => {
      const day = dayBefore(today, back);
      const name = new Date(`${day}T00:00:00Z`).toLocaleDateString('en', {
        weekday: 'short',
        timeZone: 'UTC',
      });
      return `${name} ${byDay.get(day)?.answers ?? '–'}`;
    })
    .join(' · ');
}

/** As many questions as an action has room for. */
function drillAction(ids: readonly string[]): string | undefined {
  let found: string | undefined;
  for (let count = 1; count <= ids.length; count++) {
    const id = `quiz:drill:${ids.slice(0, count).join(':')}`;
    if (id.length <= 100) found = id;
  }
  return found;
}
