/** Questions, answers, memory and ranking, over the store. What is said of them is in `present.ts`. */
import type { FSRSParameters } from 'ts-fsrs';
import { stream } from '../sim/chance.ts';
import type {
  Ask,
  Card,
  CardState,
  Filter,
  Grade,
  Learner,
  Replayed,
  Review,
  Session,
  Store,
} from '../store/index.ts';
import { type Accuracy, accuracyOf } from './accuracy.ts';
import type { Bank } from './bank.ts';
import { dayIn, type Streak, streakOf } from './days.ts';
import { cardOf, type Generators, isGenerated, noGenerators } from './generated.ts';
import { type Group, groupOf } from './group.ts';
import { type Given, judge, type Outcome, shuffled } from './judge.ts';
import type { Memory } from './memory.ts';
import { createMinds } from './minds.ts';
import type { Plan } from './plan.ts';
import { activeDays, type Progress, progressOf } from './progress.ts';
import type { Question } from './question.ts';
import { choose, chooseGenerators, triage } from './select.ts';
import { createTrainer } from './training.ts';
import { gradeOf, handedOver, points, time, worth } from './worth.ts';

export { type Bank, createBank, loadBank } from './bank.ts';
export { createGenerators, type Generators } from './generated.ts';

/** A question put to a learner. */
export interface Asked {
  readonly ask: Ask;
  readonly question: Question;
  /** places of options or items in the order shown */
  readonly shown: readonly number[];
  /** points for a right answer now */
  readonly worth: number;
  /** the answer, once there is one */
  readonly review?: Review;
}

export interface Answered extends Asked {
  readonly review: Review;
  readonly given: Given;
  readonly outcome: Outcome;
  /** when it comes back with each grade, epoch ms; the review's own grade is what holds */
  readonly due: Readonly<Record<Grade, number>>;
  readonly last: boolean;
  /** no points, though it would have earned some: it came after the same partner once more */
  readonly handedOver?: boolean;
}

export interface Result {
  readonly answered: number;
  readonly right: number;
  readonly points: number;
  readonly of: number;
}

export interface Learning {
  readonly bank: Bank;
  /** questions made from fresh runs */
  readonly generators: Generators;
  /** a question by what was put: of the bank, or made again from its run; undefined if it is gone */
  question(put: string): Promise<Question | undefined>;
  /** whether a card can still be asked */
  knows(card: string): boolean;
  /** Puts a question that was posted elsewhere, as it was shown there: `shuffle` is what its order was drawn from. */
  posted(learner: number, put: string, question: Question, shuffle: string, at: number): Promise<Asked>;
  /** opens a quiz and puts its first question; undefined where the bank has none that fits */
  quiz(learner: Learner, filter: Filter, now: number, random: () => number): Promise<Asked | undefined>;
  /** what is due, most at risk first, at most `count`; undefined where nothing is */
  review(learner: Learner, count: number, now: number): Promise<Asked | undefined>;
  /** just these questions */
  drill(learner: Learner, questions: readonly string[], now: number): Promise<Asked | undefined>;
  /** puts the question at that place; the same one however often it is asked for; undefined past the end */
  put(session: number, position: number, now: number): Promise<Asked | undefined>;
  /** a question that was put before; undefined if there is none or its question left the bank */
  find(session: number, position: number, now: number): Promise<Asked | undefined>;
  hint(asked: Asked): Promise<Asked>;
  /** keeps a free text until its writer has marked it */
  draft(asked: Asked, words: string): Promise<Asked>;
  /** Once per event and once per ask; what was answered before comes back unchanged. */
  answer(asked: Asked, given: Given, how: Answering): Promise<Answered>;
  /** when it would come back with each grade, were it answered now */
  preview(asked: Asked, now: number): Promise<Readonly<Record<Grade, number>>>;
  /** how an answered question went */
  answered(asked: Asked & { readonly review: Review }): Answered;
  /** another grade; `stale` if the question was answered again since */
  regrade(answered: Answered, grade: Grade): Promise<Answered | 'stale'>;
  undo(answered: Answered, now: number): Promise<Answered | 'stale'>;
  result(session: Session): Promise<Result>;
  due(learner: Learner, now: number): Promise<number>;
  progress(learner: Learner, scope: string, now: number): Promise<Progress>;
  streak(learner: Learner, now: number): Promise<Streak>;
  /** what this server, workspace or page forgets */
  group(scope: string, now: number): Promise<Group>;
  /** how good the forecasts were; undefined where too few can be judged */
  accuracy(learner: Learner): Promise<Accuracy | undefined>;
  /** towards the learner's interview; `afresh` chooses the target anew. Undefined where none is ahead. */
  plan(learner: Learner, now: number, afresh?: boolean): Promise<Plan | undefined>;
  /** the log of a question that two histories share, for `store.links.take` */
  replay(log: readonly Review[]): Replayed;
  /** Trains the learner's memory if their log has grown enough; resolves to whether it did. */
  train(learner: Learner, now: number): Promise<boolean>;
}

export interface Answering {
  readonly learner: Learner;
  /** whose leaderboard it counts for */
  readonly scope: string;
  /** the channel, for its own leaderboard */
  readonly channel?: string;
  readonly event: string;
  readonly now: number;
  /** how it went, where only the learner knows */
  readonly grade?: Grade;
  /** of an answer that was given before and is only judged now */
  readonly kept?: {
    /** the learner's own date at that time */
    readonly day: string;
    /** it was changed before it was judged: right at the second go is remembered less well */
    readonly changed: boolean;
  };
}

/** days read for a streak */
const LONGEST = 1000;

export function createLearning({
  store,
  bank,
  generators = noGenerators,
  parameters,
  failed = () => {},
}: {
  readonly store: Store;
  readonly bank: Bank;
  readonly generators?: Generators;
  /** of the memory model; default FSRS-6 as published with one learning step */
  readonly parameters?: Partial<FSRSParameters>;
  /** is told why training beside the answers failed */
  failed?(error: unknown): void;
}): Learning {
  const questionOf = async (put: string): Promise<Question | undefined> =>
    bank.get(put) ?? (isGenerated(put) ? generators.question(put) : undefined);
  const knows = (card: string): boolean => bank.get(card) !== undefined || generators.get(card) !== undefined;
  const minds = createMinds(store, bank, knows, parameters);
  const trainer = createTrainer(store, failed);
  /** Cards as they are put: of a generator, a run nobody has seen. */
  const put = async (cards: readonly string[], random: () => number): Promise<string[]> => {
    const found = await Promise.all(
      cards.map((card) => (isGenerated(card) ? generators.fresh(card, random) : card)),
    );
    return found.filter((id) => id !== undefined);
  };

  const asked = async (ask: Ask | undefined, now: number): Promise<Asked | undefined> => {
    const question = ask && (await questionOf(ask.question));
    return ask === undefined || question === undefined ? undefined : asOf(ask, question, now);
  };

  const asOf = async (ask: Ask, question: Question, now: number): Promise<Asked> => {
    const learner = ask.session.learner;
    const [review, before] = await Promise.all([
      store.answers.to(ask.session.id, ask.position),
      store.answers.before(learner, question.id),
      // What is said of it later needs no waiting then.
      minds.of(learner, now),
    ]);
    const shown = shuffled(question, ask.session.filter.shuffle ?? `${ask.session.id}.${ask.position}`);
    return {
      ask,
      question,
      shown,
      worth: worth(question, before, now),
      ...(review !== undefined && { review }),
    };
  };

  const open = async (
    learner: Learner,
    mode: Session['mode'],
    questions: readonly string[],
    filter: Filter,
    now: number,
  ): Promise<Asked | undefined> => {
    if (questions.length === 0) return undefined;
    const session = await store.sessions.open({ learner: learner.id, mode, questions, filter, at: now });
    return asked(await store.sessions.ask(session.id, 0, now), now);
  };

  /** What is due, and what the plan towards an interview puts on today. */
  const dueOf = async (learner: Learner, now: number): Promise<readonly Card[]> => {
    const due = (await store.cards.due(learner.id, now)).filter((card) => knows(card.question));
    const today = await minds.today(learner, now);
    if (today.size === 0) return due;
    const all = await store.cards.all(learner.id);
    const done = (card: Card) => card.lastReview !== null && sameDay(learner, card.lastReview, now);
    const held = new Set(due.map((card) => card.question));
    return [...due, ...all.filter((c) => today.has(c.question) && !held.has(c.question) && !done(c))];
  };

  const dues = (memory: Memory, card: CardState | undefined, now: number): Record<Grade, number> => {
    const due = (grade: Grade) => memory.next(card, now, grade).due;
    return { 1: due(1), 2: due(2), 3: due(3), 4: due(4) };
  };

  const answered = (of: Asked & { readonly review: Review }): Answered => {
    const { review, ask, question } = of;
    const given = review.given as Given;
    const outcome: Outcome =
      given.kind === 'recalled' ? (review.derived === 1 ? 'wrong' : 'right') : judge(question, given).outcome;
    return {
      ...of,
      given,
      outcome,
      due: dues(minds.last(review.learner), review.before, review.at),
      last: ask.position === ask.session.questions.length - 1,
    };
  };

  return {
    bank,
    generators,
    question: questionOf,
    knows,
    async posted(learner, put, question, shuffle, at) {
      const session = await store.sessions.open({
        learner,
        mode: 'daily',
        questions: [put],
        filter: { shuffle },
        at,
      });
      const ask = (await store.sessions.ask(session.id, 0, at))!;
      return asOf(ask, question, at);
    },
    async quiz(learner, filter, now, random) {
      const { count = 1, source } = filter;
      const [cards, memory] = await Promise.all([store.cards.all(learner.id), minds.of(learner.id, now)]);
      const questions = source === 'runs' ? [] : bank.of(filter);
      const made = source === 'bank' ? [] : generators.of(filter);
      const share = made.length === 0 ? 0 : questions.length === 0 ? 1 : FROM_RUNS;
      const runs = Array.from({ length: count }, random).filter((x) => x < share).length;
      const chosen = [
        ...choose(questions, cards, count - runs, memory, now, random),
        ...chooseGenerators(made, cards, runs, memory, now, random),
      ].sort((a, b) => a.level - b.level);
      const ids = chosen.map((q) => q.id);
      return open(learner, 'quiz', await put(ids, random), filter, now);
    },
    async review(learner, count, now) {
      const [due, memory] = await Promise.all([dueOf(learner, now), minds.of(learner.id, now)]);
      const chosen = triage(due, memory, now).slice(0, count);
      const ids = chosen.map((card) => card.question);
      return open(learner, 'review', await put(ids, seeds(learner, now)), { count }, now);
    },
    async drill(learner, questions, now) {
      const known = questions.map(cardOf).filter(knows);
      return open(learner, 'drill', await put(known, seeds(learner, now)), {}, now);
    },
    async put(session, position, now) {
      return asked(await store.sessions.ask(session, position, now), now);
    },
    async find(session, position, now) {
      return asked(await store.sessions.get(session, position), now);
    },
    async hint(of) {
      if (of.review === undefined) await store.sessions.hinted(of.ask.session.id, of.ask.position);
      return { ...of, ask: { ...of.ask, hinted: true } };
    },
    async draft(of, words) {
      if (of.review === undefined) await store.sessions.draft(of.ask.session.id, of.ask.position, words);
      return { ...of, ask: { ...of.ask, draft: words } };
    },
    async answer(of, given, { learner, scope, channel, event, now, grade: said, kept }) {
      const { ask, question } = of;
      const memory = await minds.of(learner.id, now);
      const judged = given.kind === 'recalled' ? remembered(said ?? 1) : judge(question, given);
      // Nobody knows how long a question that was posted was thought about.
      const took = kept ? undefined : time(ask.at, now);
      let unpaid = false;
      const { review, fresh } = await store.answers.record(
        {
          learner: learner.id,
          question: question.id,
          topic: question.topic,
          level: question.level,
          event,
          session: ask.session.id,
          position: ask.position,
          mode: ask.session.mode,
          scope,
          ...(channel !== undefined && { channel }),
          day: kept?.day ?? dayIn(learner.timezone, now),
          at: now,
          hinted: ask.hinted,
          given,
          score: judged.score,
          ...(took !== undefined && { took }),
        },
        (before) => {
          const { card } = before;
          unpaid = handedOver(before) && judged.outcome !== 'wrong' && worth(question, before, now) > 0;
          const unsure = ask.hinted || kept?.changed === true;
          const grade = said ?? gradeOf(question, judged.outcome, took, unsure, card);
          // Answered elsewhere since it was given: memory knows no way back in time.
          const at = Math.max(now, card?.lastReview ?? 0);
          return {
            grade,
            card: memory.next(card, at, grade),
            points: points(question, given, judged.outcome, ask.hinted, before, now),
            ...(card !== undefined && { predicted: memory.recall(card, at) }),
          };
        },
      );
      if (fresh) trainer.consider(learner.id, now);
      return { ...answered({ ...of, review }), ...(fresh && unpaid ? { handedOver: true } : {}) };
    },
    async preview(of, now) {
      const { learner } = of.ask.session;
      const [{ card }, memory] = await Promise.all([
        store.answers.before(learner, of.question.id),
        minds.of(learner, now),
      ]);
      return dues(memory, card, now);
    },
    answered,
    async regrade(of, grade) {
      const memory = minds.last(of.review.learner);
      const review = await store.answers.regrade(of.review.id, (held) => ({
        grade,
        card: memory.next(held.before, held.at, grade),
      }));
      return review === 'stale' ? 'stale' : answered({ ...of, review });
    },
    async undo(of, now) {
      const review = await store.answers.undo(of.review.id, now);
      return review === 'stale' ? 'stale' : answered({ ...of, review });
    },
    async result(session) {
      const kept = (await store.answers.session(session.id)).filter((r) => r.undone === undefined);
      return {
        answered: kept.length,
        right: kept.filter((r) => r.score >= 1).length,
        points: kept.reduce((sum, r) => sum + r.points, 0),
        of: session.questions.length,
      };
    },
    async due(learner, now) {
      return (await dueOf(learner, now)).length;
    },
    async progress(learner, scope, now) {
      const memory = await minds.of(learner.id, now);
      return progressOf(learner, scope, now, { store, bank, memory, knows });
    },
    async streak(learner, now) {
      return streakOf(await activeDays(store, learner.id, LONGEST), dayIn(learner.timezone, now));
    },
    group: (scope, now) => groupOf(scope, now, { store, bank, memoryOf: minds.of }),
    accuracy: (learner) => accuracyOf(learner.id, store),
    plan: minds.plan,
    replay: minds.replay,
    train: (learner, now) => trainer.train(learner.id, now),
  };
}

const sameDay = ({ timezone }: Learner, a: number, b: number): boolean =>
  dayIn(timezone, a) === dayIn(timezone, b);

/** share of a quiz that is made from fresh runs */
const FROM_RUNS = 0.2;

/** seeds that differ from one time to the next; nothing is kept of how they were drawn */
const seeds = (learner: Learner, now: number) => stream(now, `seeds ${learner.id}`);

const remembered = (grade: Grade) =>
  grade === 1 ? ({ outcome: 'wrong', score: 0 } as const) : ({ outcome: 'right', score: 1 } as const);
