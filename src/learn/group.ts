/** What a study group forgets, over the members who stand on its leaderboard: who is hidden is not among them. */
import type { Store } from '../store/index.ts';
import type { Bank, Topic } from './bank.ts';
import type { Memory } from './memory.ts';
import type { Question } from './question.ts';

export interface Group {
  readonly members: number;
  readonly topics: readonly { readonly topic: Topic; readonly recall: number; readonly cards: number }[];
  /** least recalled first; each met by several, so that it tells of the group and not of one of them */
  readonly forgotten: readonly {
    readonly question: Question;
    readonly recall: number;
    readonly members: number;
  }[];
}

/** fewer members, and a mean would tell of one person */
export const LEAST = 3;
/** members read */
const MOST = 200;
const LISTED = 5;

export async function groupOf(
  scope: string,
  now: number,
  {
    store,
    bank,
    memoryOf,
  }: { readonly store: Store; readonly bank: Bank; memoryOf(learner: number, now: number): Promise<Memory> },
): Promise<Group> {
  const members = await store.ranking.top({ scope, period: 'all' }, MOST);
  const byQuestion = new Map<string, number[]>();
  for (const { learner } of members) {
    const [cards, memory] = await Promise.all([store.cards.all(learner), memoryOf(learner, now)]);
    for (const card of cards) {
      const list = byQuestion.get(card.question) ?? [];
      // What was got wrong last time and not right since is not known, however short ago it was.
      list.push(card.state === 1 || card.state === 3 ? 0 : memory.recall(card, now));
      byQuestion.set(card.question, list);
    }
  }
  const met = [...byQuestion].flatMap(([id, list]) => {
    const question = bank.get(id);
    const recall = list.reduce((sum, r) => sum + r, 0) / list.length;
    return question === undefined ? [] : [{ question, recall, members: list.length }];
  });
  return {
    members: members.length,
    topics: bank.topics.flatMap((topic) => {
      const mine = met.filter((m) => m.question.topic === topic.id);
      const cards = mine.reduce((sum, m) => sum + m.members, 0);
      const recall = mine.reduce((sum, m) => sum + m.recall * m.members, 0) / cards;
      return cards === 0 ? [] : [{ topic, recall, cards }];
    }),
    forgotten: met
      .filter((m) => m.members >= LEAST)
      .sort((a, b) => a.recall - b.recall || (a.question.id < b.question.id ? -1 : 1))
      .slice(0, LISTED),
  };
}
