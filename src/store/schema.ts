/**
 * The tables. Times are epoch milliseconds. `npx drizzle-kit generate` writes the migration after a change here.
 *
 * `reviews` is the log: one row an answer, from the first one on, never deleted, so memory parameters can be
 * trained, grades undone and every rollup computed again. `cards`, `activity` and `standings` are rollups of it,
 * written in the same transaction.
 */
import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { Recipe } from '../sim/scenario.ts';
import type { CardState, Filter } from './index.ts';

export const learners = sqliteTable('learners', {
  id: integer().primaryKey(),
  name: text().notNull(),
  /** IANA zone; their days and streaks follow it */
  timezone: text().notNull().default('UTC'),
  /** appears on no leaderboard: has no rows in `standings` */
  hidden: integer({ mode: 'boolean' }).notNull().default(false),
  since: integer().notNull(),
});

/** Who a learner is on a platform; one learner may have several. */
export const identities = sqliteTable(
  'identities',
  {
    platform: text().notNull(),
    /** where the id is unique: empty for Discord (ids are global), the workspace for Slack, the page for the page */
    realm: text().notNull(),
    person: text().notNull(),
    learner: integer()
      .notNull()
      .references(() => learners.id, { onDelete: 'cascade' }),
  },
  (t) => [
    primaryKey({ columns: [t.platform, t.realm, t.person] }),
    index('identities_learner').on(t.learner),
  ],
);

export const runs = sqliteTable('runs', {
  id: text().primaryKey(),
  /** canonical JSON */
  recipe: text({ mode: 'json' }).$type<Recipe>().notNull(),
  at: integer().notNull(),
});

export const deliveries = sqliteTable(
  'deliveries',
  { key: text().primaryKey(), at: integer().notNull() },
  (t) => [index('deliveries_at').on(t.at)],
);

/** A row of questions put to one learner: what a button needs after a restart. */
export const sessions = sqliteTable(
  'sessions',
  {
    id: integer().primaryKey(),
    learner: integer()
      .notNull()
      .references(() => learners.id, { onDelete: 'cascade' }),
    mode: text({ enum: ['quiz', 'review', 'drill'] }).notNull(),
    questions: text({ mode: 'json' }).$type<readonly string[]>().notNull(),
    filter: text({ mode: 'json' }).$type<Filter>().notNull(),
    at: integer().notNull(),
  },
  (t) => [index('sessions_learner').on(t.learner)],
);

/** One question of a session, once it was shown. */
export const asks = sqliteTable(
  'asks',
  {
    session: integer()
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    position: integer().notNull(),
    at: integer().notNull(),
    hinted: integer({ mode: 'boolean' }).notNull().default(false),
    /** a free-text answer, kept until its writer has marked it */
    draft: text(),
  },
  (t) => [primaryKey({ columns: [t.session, t.position] })],
);

export const reviews = sqliteTable(
  'reviews',
  {
    id: integer().primaryKey(),
    learner: integer()
      .notNull()
      .references(() => learners.id, { onDelete: 'cascade' }),
    question: text().notNull(),
    topic: text().notNull(),
    level: integer().notNull(),
    /** the delivery that brought it: a repeated one counts once */
    event: text().notNull(),
    session: integer(),
    position: integer(),
    mode: text().notNull(),
    /** whose leaderboard it counts for, `discord:1234` */
    scope: text().notNull(),
    /** the learner's own date, `2026-11-22` */
    day: text().notNull(),
    at: integer().notNull(),
    /** ms from shown to answered; null where it says nothing */
    took: integer(),
    hinted: integer({ mode: 'boolean' }).notNull(),
    given: text({ mode: 'json' }).$type<unknown>().notNull(),
    /** 0..1 */
    score: real().notNull(),
    /** 1 again … 4 easy; `derived` is what followed from the answer, before any correction */
    grade: integer().$type<1 | 2 | 3 | 4>().notNull(),
    derived: integer().$type<1 | 2 | 3 | 4>().notNull(),
    /** predicted probability of recall just before the answer; null for a new card */
    predicted: real(),
    points: integer().notNull(),
    /** the card as it was; null if there was none */
    before: text({ mode: 'json' }).$type<CardState>(),
    undone: integer(),
  },
  (t) => [
    uniqueIndex('reviews_event').on(t.event),
    uniqueIndex('reviews_ask').on(t.session, t.position).where(sql`session is not null`),
    index('reviews_card').on(t.learner, t.question),
    index('reviews_at').on(t.learner, t.at),
  ],
);

export const cards = sqliteTable(
  'cards',
  {
    learner: integer()
      .notNull()
      .references(() => learners.id, { onDelete: 'cascade' }),
    question: text().notNull(),
    topic: text().notNull(),
    due: integer().notNull(),
    /** days until recall falls to 90 % */
    stability: real().notNull(),
    difficulty: real().notNull(),
    elapsedDays: integer().notNull(),
    scheduledDays: integer().notNull(),
    learningSteps: integer().notNull(),
    reps: integer().notNull(),
    lapses: integer().notNull(),
    /** 0 new, 1 learning, 2 review, 3 relearning */
    state: integer().$type<0 | 1 | 2 | 3>().notNull(),
    lastReview: integer(),
  },
  (t) => [primaryKey({ columns: [t.learner, t.question] }), index('cards_due').on(t.learner, t.due)],
);

export const activity = sqliteTable(
  'activity',
  {
    learner: integer()
      .notNull()
      .references(() => learners.id, { onDelete: 'cascade' }),
    day: text().notNull(),
    answers: integer().notNull(),
    right: integer().notNull(),
    points: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.learner, t.day] })],
);

/** A leaderboard: scope × period × topic, by number so that `standings` stays small. */
export const boards = sqliteTable(
  'boards',
  {
    id: integer().primaryKey(),
    scope: text().notNull(),
    /** `2026-11-22`, `2026-W47`, `2026-Q4` or `all` */
    period: text().notNull(),
    /** empty for all topics */
    topic: text().notNull(),
  },
  (t) => [uniqueIndex('boards_key').on(t.scope, t.period, t.topic)],
);

export const standings = sqliteTable(
  'standings',
  {
    board: integer()
      .notNull()
      .references(() => boards.id, { onDelete: 'cascade' }),
    learner: integer()
      .notNull()
      .references(() => learners.id, { onDelete: 'cascade' }),
    points: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.board, t.learner] }),
    index('standings_order').on(t.board, sql`points desc`, t.learner),
    index('standings_learner').on(t.learner),
  ],
);

/** How many learners of a board have exactly so many points: a rank is a sum over few rows, however many learners. */
export const tallies = sqliteTable(
  'tallies',
  {
    board: integer()
      .notNull()
      .references(() => boards.id, { onDelete: 'cascade' }),
    points: integer().notNull(),
    learners: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.board, t.points] })],
);
