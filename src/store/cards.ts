import { and, asc, eq, lte, sql } from 'drizzle-orm';
import type { Cards } from './index.ts';
import type { Db } from './open.ts';
import * as schema from './schema.ts';

const { cards: table } = schema;

/** an FSRS card without whose it is */
export const state = {
  due: table.due,
  stability: table.stability,
  difficulty: table.difficulty,
  elapsedDays: table.elapsedDays,
  scheduledDays: table.scheduledDays,
  learningSteps: table.learningSteps,
  reps: table.reps,
  lapses: table.lapses,
  state: table.state,
  lastReview: table.lastReview,
};

export function cards(db: Db): Cards {
  const columns = { question: table.question, topic: table.topic, ...state };
  const mine = eq(table.learner, sql.placeholder('learner'));
  const one = db
    .select(columns)
    .from(table)
    .where(and(mine, eq(table.question, sql.placeholder('question'))))
    .prepare();
  const all = db.select(columns).from(table).where(mine).orderBy(asc(table.question)).prepare();
  const due = db
    .select(columns)
    .from(table)
    .where(and(mine, lte(table.due, sql.placeholder('by'))))
    .orderBy(asc(table.due), asc(table.question))
    .prepare();
  return {
    async get(learner, question) {
      return one.get({ learner, question });
    },
    async all(learner) {
      return all.all({ learner });
    },
    async due(learner, by) {
      return due.all({ learner, by });
    },
  };
}
