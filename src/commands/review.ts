import { z } from 'zod';
import { buttons, privately, type Reply, text } from '../chat.ts';
import { asking } from '../learn/show.ts';
import { until } from '../learn/words.ts';
import { type Context, command } from './command.ts';

/** What spaced repetition says is due. The questions' own buttons are `quiz`'s. */
export default command({
  name: 'review',
  summary: 'What you are about to forget, most at risk first.',
  private: true,
  input: z.object({
    count: z.coerce.number().int().min(1).max(100).default(20).describe('At most how many'),
  }),
  examples: ['/review', '/review 10'],
  run: ({ count }, context) => review(count, context),
  actions: {
    /** review:start */
    start: { how: 'private', run: (_press, context) => review(20, context) },
  },
});

async function review(count: number, { learning, learner, store, now, draw }: Context): Promise<Reply> {
  const asked = await learning.review(learner, count, now());
  if (asked) return privately(...(await asking(asked, { draw })));
  const cards = (await store.cards.all(learner.id)).filter((card) => learning.knows(card.question));
  if (cards.length === 0)
    return privately(
      text('Nothing to review yet: every question you answer comes back here in time. Start with `/quiz`.'),
    );
  const first = Math.min(...cards.map((card) => card.due));
  return privately(
    text(`Nothing is due. The next of your ${cards.length} comes back ${until(first - now())}.`),
    buttons({ action: 'quiz:start', label: 'New questions' }),
  );
}
