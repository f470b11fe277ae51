import { and, asc, desc, eq, gt, gte, isNull, lte, ne, sql } from 'drizzle-orm';
import { state } from './cards.ts';
import {
  type Answers,
  type Before,
  type CardState,
  channelScope,
  type Decision,
  ECHO,
  type NewAnswer,
  type Review,
} from './index.ts';
import type { Db } from './open.ts';
import * as schema from './schema.ts';
import type { Standings } from './standings.ts';

const { activity, cards, learners, reviews } = schema;
type Row = typeof reviews.$inferSelect;
const given = sql.placeholder;

/** answers written in one transaction at most: about 50 ms, in which nothing else is answered */
const TOGETHER = 200;

export function answers(db: Db, standings: Standings): Answers & { flush(): void } {
  const byId = db
    .select()
    .from(reviews)
    .where(eq(reviews.id, given('id')))
    .prepare();
  const byEvent = db
    .select()
    .from(reviews)
    .where(eq(reviews.event, given('event')))
    .prepare();
  const byAsk = db
    .select()
    .from(reviews)
    .where(and(eq(reviews.session, given('session')), eq(reviews.position, given('position'))))
    .prepare();
  const bySession = db
    .select()
    .from(reviews)
    .where(eq(reviews.session, given('session')))
    .orderBy(asc(reviews.position))
    .prepare();
  const latest = db
    .select({ undone: reviews.undone })
    .from(reviews)
    .where(and(eq(reviews.learner, given('learner')), eq(reviews.question, given('question'))))
    .orderBy(desc(reviews.id))
    .limit(1)
    .prepare();
  const standing = db
    .select({ id: reviews.id })
    .from(reviews)
    .where(
      and(
        eq(reviews.learner, given('learner')),
        eq(reviews.question, given('question')),
        isNull(reviews.undone),
      ),
    )
    .orderBy(desc(reviews.id))
    .limit(1)
    .prepare();
  const log = db
    .select()
    .from(reviews)
    .where(and(eq(reviews.learner, given('learner')), gte(reviews.at, given('since'))))
    .orderBy(asc(reviews.at), asc(reviews.id))
    .prepare();
  const ahead = db
    .select({ learner: reviews.learner })
    .from(reviews)
    .where(
      and(
        eq(reviews.question, given('question')),
        gt(reviews.at, sql`${given('at')} - ${ECHO.within}`),
        lte(reviews.at, given('at')),
        eq(reviews.scope, given('scope')),
        ne(reviews.learner, given('learner')),
        ne(reviews.mode, 'daily'),
      ),
    )
    .orderBy(desc(reviews.at))
    .limit(1)
    .prepare();
  const followed = db.$client
    .prepare<{ learner: number; after: number }, number>(`
      select count(*) from (select after from reviews where learner = :learner order by at desc limit ${ECHO.of - 1})
      where after = :after`)
    .pluck();
  const follows = ({ learner, question, scope, at, mode }: NewAnswer): number | undefined =>
    mode === 'daily' ? undefined : ahead.get({ learner, question, scope, at })?.learner;
  const thisCard = and(eq(cards.learner, given('learner')), eq(cards.question, given('question')));
  const card = db.select(state).from(cards).where(thisCard).prepare();
  const dropCard = db.delete(cards).where(thisCard).prepare();
  const putCard = db
    .insert(cards)
    .values({
      learner: given('learner'),
      question: given('question'),
      topic: given('topic'),
      due: given('due'),
      stability: given('stability'),
      difficulty: given('difficulty'),
      elapsedDays: given('elapsedDays'),
      scheduledDays: given('scheduledDays'),
      learningSteps: given('learningSteps'),
      reps: given('reps'),
      lapses: given('lapses'),
      state: given('state'),
      lastReview: given('lastReview'),
    })
    .onConflictDoUpdate({
      target: [cards.learner, cards.question],
      set: Object.fromEntries(
        ['topic', ...Object.keys(state)].map((name) => [name, sql.raw(`excluded."${name}"`)]),
      ),
    })
    .prepare();
  const insert = db
    .insert(reviews)
    .values({
      learner: given('learner'),
      question: given('question'),
      topic: given('topic'),
      level: given('level'),
      event: given('event'),
      session: given('session'),
      position: given('position'),
      mode: given('mode'),
      scope: given('scope'),
      channel: given('channel'),
      day: given('day'),
      at: given('at'),
      took: given('took'),
      hinted: given('hinted'),
      given: given('given'),
      score: given('score'),
      grade: given('grade'),
      derived: given('grade'),
      predicted: given('predicted'),
      points: given('points'),
      after: given('after'),
      // already text: the column's own encoding would write a JSON null for a card that was not there
      before: sql`${given('before')}`,
    })
    .prepare();
  const act = db
    .insert(activity)
    .values({
      learner: given('learner'),
      day: given('day'),
      answers: given('answers'),
      right: given('right'),
      points: given('points'),
    })
    .onConflictDoUpdate({
      target: [activity.learner, activity.day],
      set: {
        answers: sql`answers + excluded.answers`,
        right: sql`"right" + excluded."right"`,
        points: sql`points + excluded.points`,
      },
    })
    .prepare();
  const idle = db
    .delete(activity)
    .where(
      and(eq(activity.learner, given('learner')), eq(activity.day, given('day')), eq(activity.answers, 0)),
    )
    .prepare();
  const hidden = db
    .select({ hidden: learners.hidden })
    .from(learners)
    .where(eq(learners.id, given('learner')))
    .prepare();
  const days = db
    .select({
      day: activity.day,
      answers: activity.answers,
      right: activity.right,
      points: activity.points,
    })
    .from(activity)
    .where(eq(activity.learner, given('learner')))
    .orderBy(desc(activity.day))
    .limit(given('limit'))
    .prepare();

  /** adds a review to the rollups, or takes it off again */
  const count = (review: Pick<Row, Counted>, sign: 1 | -1) => {
    const { learner, day, scope, channel, topic, at, points } = review;
    const right = review.score >= 1 ? sign : 0;
    act.run({ learner, day, answers: sign, right, points: sign * points });
    if (sign < 0) idle.run({ learner, day });
    if (points > 0 && hidden.get({ learner })?.hidden === false)
      for (const board of channel === '' ? [scope] : [scope, channelScope(scope, channel)])
        standings.earn(learner, board, topic, at, sign * points);
  };

  const before = (learner: number, question: string): Omit<Before, 'echoes'> => {
    const last = latest.get({ learner, question });
    return {
      card: card.get({ learner, question }),
      first: last === undefined,
      undone: last !== undefined && last.undone !== null,
    };
  };

  const record = db.$client.transaction((answer: NewAnswer, decide: (before: Before) => Decision) => {
    const { learner, question, event, session, position } = answer;
    const known =
      byEvent.get({ event }) ?? (session === undefined ? undefined : byAsk.get({ session, position }));
    if (known !== undefined) return { review: told(known), fresh: false };
    const start = before(learner, question);
    const { card: held } = start;
    const after = follows(answer);
    const { card: next, ...decision } = decide({
      ...start,
      echoes: after === undefined ? 0 : 1 + followed.get({ learner, after })!,
    });
    const row = {
      ...answer,
      session: session ?? null,
      position: position ?? null,
      took: answer.took ?? null,
      channel: answer.channel ?? '',
      grade: decision.grade,
      predicted: decision.predicted ?? null,
      points: decision.points,
      after: after ?? null,
      before: held === undefined ? null : JSON.stringify(held),
    };
    const { lastInsertRowid } = insert.run(row);
    putCard.run({ ...next, learner, question, topic: answer.topic });
    count(row, 1);
    const review: Review = { ...answer, ...decision, derived: decision.grade, id: Number(lastInsertRowid) };
    return { review: held === undefined ? review : { ...review, before: held }, fresh: true };
  });

  /** the review if it is the one the card now rests on */
  const current = (id: number): Row | undefined => {
    const row = byId.get({ id });
    if (row === undefined || row.undone !== null) return undefined;
    return standing.get({ learner: row.learner, question: row.question })?.id === id ? row : undefined;
  };

  const regrade = db.$client.transaction(
    (id: number, decide: Parameters<Answers['regrade']>[1]): Review | 'stale' => {
      const row = current(id);
      if (row === undefined) return 'stale';
      const { grade, card: next } = decide(told(row));
      db.update(reviews).set({ grade }).where(eq(reviews.id, id)).run();
      putCard.run({ ...next, learner: row.learner, question: row.question, topic: row.topic });
      return told({ ...row, grade });
    },
  );

  const undo = db.$client.transaction((id: number, now: number): Review | 'stale' => {
    const row = current(id);
    if (row === undefined) return 'stale';
    const { learner, question, topic } = row;
    db.update(reviews).set({ undone: now }).where(eq(reviews.id, id)).run();
    if (row.before === null) dropCard.run({ learner, question });
    else putCard.run({ ...row.before, learner, question, topic });
    count(row, -1);
    return told({ ...row, undone: now });
  });

  // A sync to the disk costs more than all the rows of an answer. So answers that arrive in one turn of the event loop
  // share a transaction, each in a savepoint of its own: one that fails takes none of the others with it.
  const waiting: Waiting[] = [];
  const together = db.$client.transaction((batch: readonly Waiting[]) =>
    batch.map(({ answer, decide }): (() => Recorded) => {
      try {
        const recorded = record(answer, decide);
        return () => recorded;
      } catch (error) {
        // The savepoint is gone, the numbers of boards made in it with it.
        standings.forget();
        return () => {
          throw error;
        };
      }
    }),
  );
  const flush = () => {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, TOGETHER);
      try {
        const done = together.immediate(batch);
        for (const [i, { settle }] of batch.entries()) settle(done[i]!);
      } catch (error) {
        standings.forget();
        for (const { settle } of batch)
          settle(() => {
            throw error;
          });
      }
    }
  };

  /** a board made in a transaction that failed must not be remembered */
  const safely = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      standings.forget();
      throw error;
    }
  };

  return {
    flush,
    record(answer, decide) {
      return new Promise((resolve, reject) => {
        const settle = (result: () => Recorded) => {
          try {
            resolve(result());
          } catch (error) {
            reject(error);
          }
        };
        if (waiting.push({ answer, decide, settle }) === 1) setImmediate(flush);
      });
    },
    async get(id) {
      return maybe(byId.get({ id }));
    },
    async before(learner, question) {
      return before(learner, question);
    },
    async to(session, position) {
      return maybe(byAsk.get({ session, position }));
    },
    async session(session) {
      return bySession.all({ session }).map(told);
    },
    async regrade(id, decide) {
      return safely(() => regrade.immediate(id, decide));
    },
    async undo(id, now) {
      return safely(() => undo.immediate(id, now));
    },
    async log(learner, since = 0) {
      return log.all({ learner, since }).map(told);
    },
    async activity(learner, limit) {
      return days.all({ learner, limit });
    },
  };
}

type Recorded = Awaited<ReturnType<Answers['record']>>;

interface Waiting {
  readonly answer: NewAnswer;
  readonly decide: (before: Before) => Decision;
  settle(result: () => Recorded): void;
}

type Counted = 'learner' | 'day' | 'scope' | 'channel' | 'topic' | 'at' | 'points' | 'score';

const maybe = (row: Row | undefined): Review | undefined => (row === undefined ? undefined : told(row));

/** SQL knows null, the interfaces leave out. */
export function told(row: Row): Review {
  const { session, position, took, predicted, before, undone, channel, after: _, ...rest } = row;
  return {
    ...rest,
    ...(session !== null && { session }),
    ...(position !== null && { position }),
    ...(took !== null && { took }),
    ...(predicted !== null && { predicted }),
    ...(before !== null && { before: before satisfies CardState }),
    ...(undone !== null && { undone }),
    ...(channel !== '' && { channel }),
  };
}
