import type { Activity, Learner, Store } from '../store/index.ts';
import { periodKey } from '../store/index.ts';
import type { Bank, Topic } from './bank.ts';
import { dayIn, type Streak, streakOf } from './days.ts';
import type { Memory } from './memory.ts';
import type { Question } from './question.ts';

export interface Progress {
  readonly topics: readonly {
    readonly topic: Topic;
    readonly of: number;
    readonly met: number;
    /** of those met: recalled when last asked */
    readonly learnt: number;
    /** mean probability (0..1) of recalling now what was learnt; undefined where nothing was */
    readonly recall?: number;
  }[];
  readonly met: number;
  readonly of: number;
  readonly due: number;
  /** due within the next seven days, those due now included */
  readonly week: number;
  readonly streak: Streak;
  /** cards that come due on each day from today on; the overdue ones are today's */
  readonly coming: readonly number[];
  /** latest first */
  readonly days: readonly Activity[];
  /** what would be forgotten first */
  readonly weakest: readonly {
    readonly question: Question;
    readonly recall: number;
    readonly learnt: boolean;
    readonly lapses: number;
  }[];
  readonly points: { readonly week: number; readonly all: number };
}

const WEEK = 7 * 86_400_000;
/** days read for a streak; longer ones are shown as at least this */
const LONGEST = 1000;
const WEAKEST = 3;

export async function progressOf(
  learner: Learner,
  scope: string,
  now: number,
  {
    store,
    bank,
    memory,
    knows,
  }: {
    readonly store: Store;
    readonly bank: Bank;
    readonly memory: Memory;
    knows(card: string): boolean;
  },
): Promise<Progress> {
  const [all, days, active, week, ever] = await Promise.all([
    store.cards.all(learner.id),
    store.answers.activity(learner.id, LONGEST),
    activeDays(store, learner.id, LONGEST),
    store.ranking.place({ scope, period: periodKey('week', now) }, learner.id),
    store.ranking.place({ scope, period: 'all' }, learner.id),
  ]);
  const held = all.flatMap((card) => {
    const question = bank.get(card.question);
    return question === undefined ? [] : [{ card, question, recall: memory.recall(card, now) }];
  });
  const topics = bank.topics.map((topic) => {
    const mine = held.filter((h) => h.question.topic === topic.id);
    // The curve starts at 1 once an answer was seen; what has not been recalled since is not learnt yet.
    const learnt = mine.filter((h) => !unlearnt(h.card));
    const recall = learnt.reduce((sum, h) => sum + h.recall, 0) / learnt.length;
    return {
      topic,
      of: bank.of({ topic: topic.id }).length,
      met: mine.length,
      learnt: learnt.length,
      ...(learnt.length > 0 && { recall }),
    };
  });
  const weakest = [...held]
    // What was got wrong last time and not right since is weaker than any forecast says.
    .sort((a, b) => Number(unlearnt(b.card)) - Number(unlearnt(a.card)) || a.recall - b.recall)
    .filter((h) => unlearnt(h.card) || h.recall < 0.9 || h.card.lapses > 0)
    .slice(0, WEAKEST)
    .map(({ question, recall, card }) => ({
      question,
      recall,
      learnt: !unlearnt(card),
      lapses: card.lapses,
    }));
  return {
    topics,
    met: held.length,
    of: bank.questions.length,
    due: all.filter((card) => card.due <= now && knows(card.question)).length,
    week: all.filter((card) => card.due <= now + WEEK && knows(card.question)).length,
    streak: streakOf(active, dayIn(learner.timezone, now)),
    coming: coming(
      all.filter((card) => knows(card.question)).map((card) => card.due),
      learner,
      now,
    ),
    days,
    weakest,
    points: { week: week?.points ?? 0, all: ever?.points ?? 0 },
  };
}

/** Days with an answer, those to a question of the day that is still open included. Latest first. */
export async function activeDays(
  store: Store,
  learner: number,
  limit: number,
): Promise<readonly { readonly day: string }[]> {
  const [days, open] = await Promise.all([
    store.answers.activity(learner, limit),
    store.slots.ungraded(learner),
  ]);
  return [...open.map((day) => ({ day })), ...days];
}

/** days of the due forecast */
const AHEAD = 14;

function coming(dues: readonly number[], { timezone }: Learner, now: number): number[] {
  const today = Date.parse(dayIn(timezone, now));
  const counts = Array.from({ length: AHEAD }, () => 0);
  for (const due of dues) {
    const day = due <= now ? 0 : Math.round((Date.parse(dayIn(timezone, due)) - today) / 86_400_000);
    if (day < AHEAD) counts[day]!++;
  }
  return counts;
}

const unlearnt = (card: { readonly state: number }): boolean => card.state === 1 || card.state === 3;
