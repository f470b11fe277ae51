/** What the question of the day and reminders keep. `day` is a local date, `2026-11-22`; times are epoch ms. */
import type { Person, Place, Platform } from '../chat.ts';

/** a channel's question of the day, a learner's own, a reminder of due reviews */
export type ScheduleKind = 'channel' | 'personal' | 'reminder';

export interface ScheduleSettings {
  readonly kind: ScheduleKind;
  readonly place: Place;
  /** the learner it is for, and who that is where it is sent; undefined for a channel's */
  readonly owner?: number;
  readonly person?: Person;
  /** who set up a channel's */
  readonly maker?: number;
  /** minutes after local midnight */
  readonly minute: number;
  /** IANA zone */
  readonly timezone: string;
  /** 1 Monday … 7 Sunday */
  readonly weekdays: readonly number[];
  /** `2026-12-25`, or `12-25` for every year */
  readonly holidays: readonly string[];
  /** first date on which it goes on */
  readonly pausedUntil?: string;
  readonly topic?: string;
  readonly lowest: number;
  readonly highest: number;
  /** easier at the beginning of the week, harder towards its end */
  readonly rising: boolean;
  /** share of questions made from fresh runs, 0..100 */
  readonly runs: number;
  /** minutes after the post; undefined for the next post */
  readonly closeAfter?: number;
  /** when it was set up or changed: nothing from before is caught up on */
  readonly since: number;
}

export interface Schedule extends ScheduleSettings {
  readonly id: number;
  /** when it is due; undefined when stopped */
  readonly next?: number;
  /** why the last post was not possible */
  readonly flagged?: string;
}

export interface Use {
  readonly question: string;
  readonly count: number;
  /** local date */
  readonly last: string;
}

export interface Schedules {
  /** Sets up or replaces the one schedule of that channel, or of that kind and learner; what was posted stays known. */
  put(settings: ScheduleSettings, next: number | undefined): Promise<Schedule>;
  get(id: number): Promise<Schedule | undefined>;
  /** the channel's */
  at(place: Place): Promise<Schedule | undefined>;
  /** the learner's own */
  of(owner: number, kind: 'personal' | 'reminder'): Promise<Schedule | undefined>;
  /** channels of a server, workspace or page; stopped ones left out */
  list(platform: Platform, space: string): Promise<readonly Schedule[]>;
  /** due at that time, longest due first */
  due(platform: Platform, now: number, limit: number): Promise<readonly Schedule[]>;
  /** everything that is not stopped */
  running(): Promise<readonly Schedule[]>;
  /** when each is due next, in one transaction; undefined stops it */
  move(moves: readonly { readonly id: number; readonly next: number | undefined }[]): Promise<void>;
  /** `until` is the first date on which it goes on; undefined ends a pause. Nothing from before `since` is caught up on. */
  pause(
    id: number,
    pause: {
      readonly until: string | undefined;
      readonly since: number;
      readonly next: number | undefined;
    },
  ): Promise<void>;
  /** false if it was flagged with the same words before */
  flag(id: number, why: string | undefined): Promise<boolean>;
  /** who set it up, on the schedule's platform; undefined where they are gone */
  maker(schedule: Schedule): Promise<Person | undefined>;
  /** what it has put so far */
  uses(id: number): Promise<readonly Use[]>;
}

export interface NewSlot {
  readonly schedule: number;
  readonly day: string;
  readonly at: number;
  readonly closes?: number;
  readonly question?: string;
  /** counted as a use of this */
  readonly use?: string;
  readonly made?: unknown;
  readonly session?: number;
  readonly lease: number;
}

/** One post: claimed, then posted or dropped; a channel's is graded and shown once it has closed. */
export interface Slot extends Omit<NewSlot, 'use'> {
  readonly id: number;
  /** attempts so far */
  readonly tries: number;
  readonly message?: string;
  readonly dropped?: string;
  readonly graded?: number;
  readonly shown?: number;
}

export interface DailyAnswer {
  readonly slot: number;
  readonly learner: number;
  readonly given: unknown;
  readonly at: number;
  /** the learner's own date */
  readonly day: string;
  /** how often it was changed to something else */
  readonly changes: number;
  readonly session?: number;
}

export interface DailyAnswerBy extends DailyAnswer {
  readonly name: string;
  readonly hidden: boolean;
}

export interface Slots {
  /**
   * The claims that were not taken before, and for each schedule when it is due next, in one transaction: a schedule
   * and local date is claimed once for ever.
   */
  claim(
    claims: readonly { readonly slot: NewSlot; readonly next: number | undefined }[],
  ): Promise<readonly Slot[]>;
  get(id: number): Promise<Slot | undefined>;
  on(schedule: number, day: string): Promise<Slot | undefined>;
  /** dates from `day` on that are claimed */
  days(schedule: number, day: string): Promise<ReadonlySet<string>>;
  /** the last one posted before that date */
  before(schedule: number, day: string): Promise<Slot | undefined>;
  /** claimed, not posted, and nobody is at work on them any more */
  expired(platform: Platform, now: number, limit: number): Promise<readonly Slot[]>;
  /** takes over a claim or prolongs it; false if somebody else did. Counts an attempt. */
  lease(slot: Pick<Slot, 'id' | 'lease'>, until: number): Promise<boolean>;
  /** completes claims, in one transaction */
  posted(posts: readonly { readonly id: number; readonly message: string }[]): Promise<void>;
  drop(id: number, why: string): Promise<void>;
  /** posted, over, and not shown as closed yet */
  closing(platform: Platform, now: number, limit: number): Promise<readonly Slot[]>;
  graded(id: number, now: number): Promise<void>;
  shown(id: number, now: number): Promise<void>;
  /** Keeps or replaces a learner's answer. Undefined if it is closed: nothing was changed. */
  answer(given: Omit<DailyAnswer, 'changes' | 'session'>, now: number): Promise<DailyAnswer | undefined>;
  given(slot: number, learner: number): Promise<DailyAnswer | undefined>;
  /** everybody's, in the order in which they answered */
  answers(slot: number): Promise<readonly DailyAnswerBy[]>;
  count(slot: number): Promise<number>;
  /** the session in which a learner's answer was graded */
  gradedIn(slot: number, learner: number, session: number): Promise<void>;
  /** local dates of a learner's answers that are not in the log yet */
  ungraded(learner: number): Promise<readonly string[]>;
  /** has every closed post with an answer of theirs shown anew: before they are erased, after they were hidden */
  redraw(learner: number): Promise<void>;
}
