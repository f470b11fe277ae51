/**
 * What is kept, behind small async interfaces: SQLite today, another engine when it must grow. `now` is always an
 * argument (epoch milliseconds). A promise that resolved is on the disk.
 */
import type { Person } from '../chat.ts';
import type { Recipe } from '../sim/scenario.ts';
import type { Schedules, Slots } from './daily.ts';
import type { Links, Memories } from './personal.ts';

export type * from './daily.ts';
export { openStore, StoreError } from './open.ts';
export { type Period, periodKey, periods } from './periods.ts';
export type * from './personal.ts';

export interface Learner {
  readonly id: number;
  readonly name: string;
  /** IANA zone */
  readonly timezone?: string;
  /** on no leaderboard */
  readonly hidden?: boolean;
  /** local date, `2027-03-14` */
  readonly interview?: string;
  /** 0..1, wanted until then */
  readonly retention?: number;
  /** 1 Monday … 7 Sunday: days of half the load */
  readonly easyDays?: readonly number[];
}

/** `realm` is where the id is unique: empty for Discord, the workspace for Slack, the page for the page */
export interface Identity {
  readonly platform: Person['platform'];
  readonly realm: string;
  readonly person: string;
}

export interface Learners {
  /** the learner behind an identity, made on first sight, which alone asks for a zone; keeps the shown name up to date */
  of(person: Person, now: number, zone?: () => string | undefined): Promise<Learner>;
  /** the learner behind an identity if ever seen */
  find(person: Pick<Person, 'platform' | 'space' | 'id'>): Promise<Learner | undefined>;
  get(id: number): Promise<Learner | undefined>;
  setTimezone(id: number, timezone: string): Promise<void>;
  /** leaves every leaderboard at once, or comes back with what the log says */
  setHidden(id: number, hidden: boolean): Promise<void>;
  /** what is left out stays as it is; null takes the date away */
  setPlan(
    id: number,
    plan: {
      readonly interview?: string | null;
      readonly retention?: number | null;
      readonly easyDays?: readonly number[];
    },
  ): Promise<void>;
  /** the platforms on which they are known */
  identities(id: number): Promise<readonly Identity[]>;
  /** every row that is held of a learner, by table */
  everything(id: number): Promise<Readonly<Record<string, readonly object[]>>>;
  /** Every row gone, leaderboards included; posts they appear on are shown anew without them. */
  erase(id: number): Promise<void>;
}

export interface Runs {
  /** a short id, the same for the same recipe */
  keep(recipe: Recipe, now: number): Promise<string>;
  get(id: string): Promise<Recipe | undefined>;
}

/**
 * Deliveries already handled, so that a repeated one is recognised after a restart. A delivery is marked when its
 * work is done, never before: one cut short by a crash is handled when the platform sends it again. Forgotten after
 * a week: no platform repeats itself for longer than a day.
 */
export interface Deliveries {
  done(key: string): Promise<boolean>;
  finish(key: string, now: number): Promise<void>;
}

export type Mode = 'quiz' | 'review' | 'drill' | 'daily';

/** What a session was asked for, kept so that it can go on with more of the same. */
export interface Filter {
  readonly topic?: string;
  readonly level?: number;
  readonly count?: number;
  /** where questions come from; both if left out */
  readonly source?: 'bank' | 'runs';
  /** of a question that was posted: what its options' order was drawn from */
  readonly shuffle?: string;
}

export interface Session {
  readonly id: number;
  readonly learner: number;
  readonly mode: Mode;
  readonly questions: readonly string[];
  readonly filter: Filter;
  readonly at: number;
}

/** A question of a session, once shown. */
export interface Ask {
  readonly session: Session;
  readonly position: number;
  readonly question: string;
  readonly at: number;
  readonly hinted: boolean;
  readonly draft?: string;
}

export interface Sessions {
  open(session: Omit<Session, 'id'>): Promise<Session>;
  /** shows the question at that position: the same ask however often it is called; undefined past the end */
  ask(session: number, position: number, now: number): Promise<Ask | undefined>;
  get(session: number, position: number): Promise<Ask | undefined>;
  hinted(session: number, position: number): Promise<void>;
  draft(session: number, position: number, words: string): Promise<void>;
}

/** 1 again, 2 hard, 3 good, 4 easy */
export type Grade = 1 | 2 | 3 | 4;

/** What is known of one learner's memory of one question; the fields of an FSRS card, times in epoch ms. */
export interface CardState {
  readonly due: number;
  readonly stability: number;
  readonly difficulty: number;
  readonly elapsedDays: number;
  readonly scheduledDays: number;
  readonly learningSteps: number;
  readonly reps: number;
  readonly lapses: number;
  /** 0 new, 1 learning, 2 review, 3 relearning */
  readonly state: 0 | 1 | 2 | 3;
  readonly lastReview: number | null;
}

export interface Card extends CardState {
  readonly question: string;
  readonly topic: string;
}

export interface NewAnswer {
  readonly learner: number;
  readonly question: string;
  readonly topic: string;
  readonly level: number;
  /** the delivery that brought it */
  readonly event: string;
  /** the ask it answers: one ask, one answer */
  readonly session?: number;
  readonly position?: number;
  readonly mode: string;
  /** whose leaderboard it counts for */
  readonly scope: string;
  /** the channel of that scope, for its own leaderboard: see `channelScope`; left out in a direct message */
  readonly channel?: string;
  /** the learner's own date */
  readonly day: string;
  readonly at: number;
  readonly took?: number;
  readonly hinted: boolean;
  readonly given: unknown;
  readonly score: number;
}

/** What a decision may depend on, read in the same transaction. */
export interface Before {
  readonly card?: CardState;
  /** this learner never answered the question, not even in an answer taken back */
  readonly first: boolean;
  /** the last answer to it was taken back */
  readonly undone: boolean;
  /**
   * Of this learner's last answers, this one included, how many came on the heels of the learner whom this one follows;
   * 0 where it follows nobody. See `ECHO`.
   */
  readonly echoes: number;
}

/**
 * An answer follows whoever of the same space was the last to be shown the answer to that question, up to `within` ms
 * earlier. Counted are the last `of` answers. A channel's question of the day follows nobody and is not followed: its
 * answer is not shown before it closes.
 */
export const ECHO = { within: 5 * 60_000, of: 20 } as const;

export interface Decision {
  readonly grade: Grade;
  readonly card: CardState;
  readonly points: number;
  readonly predicted?: number;
}

export interface Review extends NewAnswer {
  readonly id: number;
  readonly grade: Grade;
  readonly derived: Grade;
  readonly predicted?: number;
  readonly points: number;
  readonly before?: CardState;
  /** when it was taken back */
  readonly undone?: number;
}

export interface Answers {
  /**
   * Log row, card, activity and standings in one transaction. An event or ask that was answered before is not
   * written again: the review of then comes back with `fresh` false. `decide` is pure and may run more than once.
   */
  record(
    answer: NewAnswer,
    decide: (before: Before) => Decision,
  ): Promise<{ readonly review: Review; readonly fresh: boolean }>;
  get(id: number): Promise<Review | undefined>;
  /** what a decision on a question would depend on now, wherever it is answered */
  before(learner: number, question: string): Promise<Omit<Before, 'echoes'>>;
  /** the answer to an ask */
  to(session: number, position: number): Promise<Review | undefined>;
  /** every answer of a session, in order */
  session(session: number): Promise<readonly Review[]>;
  /**
   * Another grade, and the card that follows from it. Points stay. `stale` if the question was answered again since
   * or the answer was taken back: nothing was changed.
   */
  regrade(
    id: number,
    decide: (review: Review) => { readonly grade: Grade; readonly card: CardState },
  ): Promise<Review | 'stale'>;
  /** The card as it was before, the points taken off; the log row stays, marked. */
  undo(id: number, now: number): Promise<Review | 'stale'>;
  /** the log, oldest first */
  log(learner: number, since?: number): Promise<readonly Review[]>;
  /** days with answers, latest first */
  activity(learner: number, limit: number): Promise<readonly Activity[]>;
}

export interface Activity {
  readonly day: string;
  readonly answers: number;
  readonly right: number;
  readonly points: number;
}

export interface Cards {
  get(learner: number, question: string): Promise<Card | undefined>;
  all(learner: number): Promise<readonly Card[]>;
  /** due at or before that time, longest overdue first */
  due(learner: number, by: number): Promise<readonly Card[]>;
}

/** the scope of one channel's own leaderboard */
export const channelScope = (scope: string, channel: string): string => `${scope}/${channel}`;

export interface Board {
  /** of a server, workspace or page; or a `channelScope` */
  readonly scope: string;
  /** see `periodKey` */
  readonly period: string;
  readonly topic?: string;
}

export interface Standing {
  readonly learner: number;
  readonly name: string;
  readonly points: number;
  /** equal points, equal rank; among equals the order is that of joining */
  readonly rank: number;
}

export interface Ranking {
  top(board: Board, limit: number): Promise<readonly Standing[]>;
  place(board: Board, learner: number): Promise<Standing | undefined>;
  /** learners with points */
  size(board: Board): Promise<number>;
  /** Every standing and every activity row again from the log. How many answers there are, and standings. */
  rebuild(): Promise<{ readonly answers: number; readonly standings: number }>;
}

export interface Store {
  readonly learners: Learners;
  readonly runs: Runs;
  readonly deliveries: Deliveries;
  readonly sessions: Sessions;
  readonly answers: Answers;
  readonly cards: Cards;
  readonly ranking: Ranking;
  readonly schedules: Schedules;
  readonly slots: Slots;
  readonly memories: Memories;
  readonly links: Links;
  close(): Promise<void>;
}
