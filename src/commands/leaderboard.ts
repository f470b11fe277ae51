import { z } from 'zod';
import { aside, buttons, type Reply, reply, text } from '../chat.ts';
import { channelScope, type Period, periodKey, periods, type Standing } from '../store/index.ts';
import { type Context, command, Refusal } from './command.ts';
import { scopeOf, topicOf } from './quiz.ts';

const SHOWN = 10;
const DAY = 86_400_000;
const TITLES: Record<Period, string> = {
  day: 'today',
  week: 'this week',
  season: 'this season',
  all: 'all time',
};

export default command({
  name: 'leaderboard',
  summary: 'Who has earned most here, by first attempts and reviews that were due.',
  input: z.object({
    period: z.enum(periods).default('week').describe('A season is three months; days begin at 00:00 UTC'),
    topic: z.string().optional().describe('One topic; all if left out').meta({ completes: true }),
    of: z
      .enum(['all', 'channel'])
      .default('all')
      .describe('The whole server, workspace or page, or this channel alone'),
  }),
  examples: ['/leaderboard', '/leaderboard all consensus', '/leaderboard week of=channel'],
  run: ({ period, topic, of }, context) =>
    ranking(period, topic === undefined ? undefined : topicOf(topic, context), of === 'channel', context),
  complete(option, typed, { learning }) {
    if (option !== 'topic') return [];
    return learning.bank.topics
      .filter((t) => `${t.id} ${t.title}`.toLowerCase().includes(typed.toLowerCase()))
      .map((t) => ({ value: t.id, label: t.id, description: t.title }));
  },
});

async function ranking(
  period: Period,
  topic: string | undefined,
  channel: boolean,
  context: Context,
): Promise<Reply> {
  const { store, learning, learner, draw, now, place } = context;
  if (channel && place.direct === true)
    throw new Refusal('Here is no channel: ask in the one you mean, or leave `of` out.');
  const at = now();
  const scope = channel ? channelScope(scopeOf(context), place.channel) : scopeOf(context);
  const board = { scope, period: periodKey(period, at), topic };
  const [top, own, size] = await Promise.all([
    store.ranking.top(board, SHOWN),
    store.ranking.place(board, learner.id),
    store.ranking.size(board),
  ]);
  const where = `${TITLES[period]}${topic === undefined ? '' : ` in ${topic}`}${channel ? ', this channel' : ''}`;
  if (top.length === 0)
    return reply(
      text(`Nobody has earned points ${where} yet.`),
      buttons({ action: 'quiz:start', label: 'Be the first', style: 'primary' }),
    );
  const listed = own === undefined || top.some((row) => row.learner === own.learner) ? top : [...top, own];
  const rows = await Promise.all(
    listed.map(async (row) => {
      const { length: days } = await learning.streak(
        { id: row.learner, name: row.name, ...(await zone(row, context)) },
        at,
      );
      return {
        rank: row.rank,
        name: row.name,
        points: row.points,
        ...(days > 1 && { note: `${days}-day streak` }),
        ...(row.learner === learner.id && { you: true }),
      };
    }),
  );
  const title = `Leaderboard, ${where}`;
  const subtitle = `${spanOf(period, at)} · ${size} ${size === 1 ? 'learner' : 'learners'} with points`;
  const picture = await draw.ranking({ title, subtitle, rows });
  const alt = [
    `${title}.`,
    ...rows.map((r) => `${r.rank}. ${r.name}, ${r.points} points${r.note ? `, ${r.note}` : ''}.`),
  ].join(' ');
  return reply(
    {
      kind: 'image',
      name: `leaderboard-${board.period}${topic === undefined ? '' : `-${topic}`}.png`,
      bytes: picture.bytes,
      mime: picture.mime,
      alt: alt.slice(0, 1000),
      title,
    },
    aside(
      '10 points a level for a first right answer, 5 for a review that was due. Answers handed over between two accounts earn nothing.',
    ),
    buttons({ action: 'quiz:start', label: 'Answer questions', style: 'primary' }),
  );
}

/** `24 November 2026`, `23 to 29 November 2026`, `October to December 2026` (UTC, as the periods are) */
function spanOf(period: Period, at: number): string {
  const date = new Date(at);
  const monday = at - ((date.getUTCDay() + 6) % 7) * DAY;
  const quarter = Math.floor(date.getUTCMonth() / 3) * 3;
  const words = (fields: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-GB', { ...fields, timeZone: 'UTC' });
  const range = (format: Intl.DateTimeFormat, from: number, to: number) =>
    format.formatRange(from, to).replace(/\s*–\s*/, ' to ');
  const day = words({ day: 'numeric', month: 'long', year: 'numeric' });
  switch (period) {
    case 'day':
      return day.format(at);
    case 'week':
      return range(day, monday, monday + 6 * DAY);
    case 'season': {
      const month = (of: number) => Date.UTC(date.getUTCFullYear(), of, 1);
      return range(words({ month: 'long', year: 'numeric' }), month(quarter), month(quarter + 2));
    }
    case 'all':
      return 'since the beginning';
  }
}

/** A streak follows its owner's own midnight. */
async function zone({ learner }: Standing, { store }: Context): Promise<{ timezone?: string }> {
  const held = await store.learners.get(learner);
  return held?.timezone === undefined ? {} : { timezone: held.timezone };
}
