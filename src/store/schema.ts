/**
 * The tables. Times are epoch milliseconds. `npx drizzle-kit generate` writes the migration after a change here.
 *
 * `reviews` is the log: one row an answer, from the first one on, never deleted, so memory parameters can be
 * trained, grades undone and every rollup computed again. `cards`, `activity` and `standings` are rollups of it,
 * written in the same transaction.
 */
import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { Person, Place } from '../chat.ts';
import type { Recipe } from '../sim/scenario.ts';
import type { CardState, Filter, MemoryReport, ScheduleKind } from './index.ts';

export const learners = sqliteTable('learners', {
  id: integer().primaryKey(),
  name: text().notNull(),
  /** IANA zone; their days and streaks follow it */
  timezone: text().notNull().default('UTC'),
  /** appears on no leaderboard: has no rows in `standings` */
  hidden: integer({ mode: 'boolean' }).notNull().default(false),
  /** local date of the interview they prepare for */
  interview: text(),
  /** 0..1, what they want to recall until then; follows from the plan when the date is set */
  retention: real(),
  /** 1 Monday … 7 Sunday: days of half the load */
  easyDays: text({ mode: 'json' }).$type<readonly number[]>().notNull().default([]),
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
    mode: text({ enum: ['quiz', 'review', 'drill', 'daily'] }).notNull(),
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
    /** the channel of that scope, for its own leaderboard; empty in a direct message */
    channel: text().notNull().default(''),
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
    /** the latest other learner of that space who was shown the answer within `ECHO.within` before; null if nobody */
    after: integer().references(() => learners.id, { onDelete: 'set null' }),
    /** the card as it was; null if there was none */
    before: text({ mode: 'json' }).$type<CardState>(),
    undone: integer(),
  },
  (t) => [
    uniqueIndex('reviews_event').on(t.event),
    uniqueIndex('reviews_ask').on(t.session, t.position).where(sql`session is not null`),
    index('reviews_card').on(t.learner, t.question),
    // with whom an answer followed: the last twenty are counted from the index alone
    index('reviews_at').on(t.learner, t.at, t.after),
    index('reviews_question').on(t.question, t.at),
    index('reviews_after').on(t.after).where(sql`after is not null`),
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

/** Memory parameters trained from a learner's own log, and how they did on reviews they had not seen. */
export const memories = sqliteTable('memories', {
  learner: integer()
    .primaryKey()
    .references(() => learners.id, { onDelete: 'cascade' }),
  /** null where the published ones predicted better */
  parameters: text({ mode: 'json' }).$type<readonly number[]>(),
  report: text({ mode: 'json' }).$type<MemoryReport>().notNull(),
});

/** Codes that join two identities, each good for a few minutes. */
export const links = sqliteTable(
  'links',
  {
    code: text().primaryKey(),
    learner: integer()
      .notNull()
      .references(() => learners.id, { onDelete: 'cascade' }),
    expires: integer().notNull(),
  },
  (t) => [index('links_learner').on(t.learner), index('links_expires').on(t.expires)],
);

/** Wrong codes typed by a learner since the first of them: guessing is not worth it. */
export const guesses = sqliteTable('guesses', {
  learner: integer()
    .primaryKey()
    .references(() => learners.id, { onDelete: 'cascade' }),
  count: integer().notNull(),
  since: integer().notNull(),
});

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

/**
 * WITHOUT ROWID, as is `tallies` (written into the migration by hand, drizzle cannot say it), and a learner's rows
 * side by side: an answer counts for eight boards, and each page it touches is a page to sync.
 */
export const standings = sqliteTable(
  'standings',
  {
    learner: integer()
      .notNull()
      .references(() => learners.id, { onDelete: 'cascade' }),
    board: integer()
      .notNull()
      .references(() => boards.id, { onDelete: 'cascade' }),
    points: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.learner, t.board] }),
    index('standings_order').on(t.board, sql`points desc`, t.learner),
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

/** What is sent at a local time: a channel's question of the day, a learner's own, or a reminder of due reviews. */
export const schedules = sqliteTable(
  'schedules',
  {
    id: integer().primaryKey(),
    kind: text().$type<ScheduleKind>().notNull(),
    /** `discord g1 c1` for a channel, `personal 7` or `reminder 7` for a learner: one schedule each */
    target: text().notNull(),
    platform: text().$type<Place['platform']>().notNull(),
    space: text().notNull(),
    place: text({ mode: 'json' }).$type<Place>().notNull(),
    /** whom it is for; null for a channel's */
    owner: integer().references(() => learners.id, { onDelete: 'cascade' }),
    /** the owner on that platform */
    person: text({ mode: 'json' }).$type<Person>(),
    /** who set it up; told when the bot may no longer post */
    maker: integer().references(() => learners.id, { onDelete: 'set null' }),
    /** minutes after local midnight */
    minute: integer().notNull(),
    timezone: text().notNull(),
    /** 1 Monday … 7 Sunday */
    weekdays: text({ mode: 'json' }).$type<readonly number[]>().notNull(),
    /** `2026-12-25`, or `12-25` for every year */
    holidays: text({ mode: 'json' }).$type<readonly string[]>().notNull(),
    /** first date on which it goes on */
    pausedUntil: text(),
    topic: text(),
    lowest: integer().notNull(),
    highest: integer().notNull(),
    /** easier at the beginning of the week, harder towards its end */
    rising: integer({ mode: 'boolean' }).notNull(),
    /** share of questions made from fresh runs, 0..100 */
    runs: integer().notNull(),
    /** minutes after the post; null for the next post */
    closeAfter: integer(),
    /** when it was set up or changed: nothing from before is caught up on */
    since: integer().notNull(),
    /** when it is due; null when stopped */
    next: integer(),
    /** why the last post was not possible, in words */
    flagged: text(),
  },
  (t) => [
    uniqueIndex('schedules_target').on(t.target),
    index('schedules_next').on(t.platform, t.next),
    index('schedules_space').on(t.platform, t.space),
    index('schedules_owner').on(t.owner),
  ],
);

/**
 * One row a schedule and local date, written before anything is sent and completed with the message's id after it: the
 * claim that makes it one post. Never deleted.
 */
export const slots = sqliteTable(
  'slots',
  {
    id: integer().primaryKey(),
    schedule: integer()
      .notNull()
      .references(() => schedules.id, { onDelete: 'cascade' }),
    /** the local date */
    day: text().notNull(),
    at: integer().notNull(),
    closes: integer(),
    /** a question of the bank or one made from a run; null for a reminder */
    question: text(),
    /** a made question as it was posted, so that it stays the same when the simulator changes */
    made: text({ mode: 'json' }).$type<unknown>(),
    /** of a learner's own question */
    session: integer(),
    /** until then somebody is at work on it */
    lease: integer().notNull(),
    tries: integer().notNull().default(0),
    message: text(),
    /** why there is no post and will be none */
    dropped: text(),
    /** every answer is in the log */
    graded: integer(),
    /** the explanation is shown */
    shown: integer(),
  },
  (t) => [
    uniqueIndex('slots_day').on(t.schedule, t.day),
    index('slots_claimed').on(t.lease).where(sql`message is null and dropped is null`),
    index('slots_open').on(t.closes).where(sql`shown is null and message is not null`),
  ],
);

/** How often a schedule has put a question: no table that grows with the years is read to choose the next. */
export const uses = sqliteTable(
  'uses',
  {
    schedule: integer()
      .notNull()
      .references(() => schedules.id, { onDelete: 'cascade' }),
    question: text().notNull(),
    count: integer().notNull(),
    last: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.schedule, t.question] })],
);

/** Answers to a channel's question, one a learner, changeable until it closes; then each becomes a review. */
export const replies = sqliteTable(
  'replies',
  {
    slot: integer()
      .notNull()
      .references(() => slots.id, { onDelete: 'cascade' }),
    learner: integer()
      .notNull()
      .references(() => learners.id, { onDelete: 'cascade' }),
    given: text({ mode: 'json' }).$type<unknown>().notNull(),
    /** of the answer that stands */
    at: integer().notNull(),
    day: text().notNull(),
    changes: integer().notNull(),
    /** the session in which it was graded */
    session: integer(),
  },
  (t) => [primaryKey({ columns: [t.slot, t.learner] }), index('replies_learner').on(t.learner)],
);
