/** What is kept for one person: memory trained on their log, and how their identities are joined. */
import type { CardState, Review } from './index.ts';

/** How parameters did on the last part of the log, which training had not seen. */
export interface MemoryReport {
  /** epoch ms */
  readonly at: number;
  /** reviews in the log at that time */
  readonly reviews: number;
  /** reviews predicted: the first answer of a question and repetitions within a day are not */
  readonly held: number;
  /** mean log loss, natural logarithm: less is better; undefined where nothing was trained */
  readonly trained?: number;
  /** of FSRS-6 as published */
  readonly published: number;
  /** of saying every time the share that was recalled before */
  readonly naive: number;
  readonly kept: boolean;
}

export interface Memories {
  get(learner: number): Promise<Memory | undefined>;
  put(learner: number, memory: Memory): Promise<void>;
}

interface Memory {
  /** FSRS-6 weights; undefined where the published ones predicted better */
  readonly parameters?: readonly number[];
  readonly report: MemoryReport;
}

/** The log of one question as it stands when two histories have become one. */
export interface Replayed {
  readonly card?: CardState;
  /** every row that is not taken back */
  readonly reviews: readonly Pick<Review, 'id' | 'points' | 'before' | 'predicted'>[];
}

export interface Links {
  /** Replaces the code the learner had; false if somebody else holds the same one. */
  offer(learner: number, code: string, expires: number, now: number): Promise<boolean>;
  /**
   * Joins the learner with the one who was given that code: identities, log, cards, streak, standings and settings
   * become those of one learner, in one transaction. `replay` is pure; it is given the rows of one question that both
   * had answered, oldest first.
   * @returns the learner's id from now on; or why not: `unknown` (or over), `own` code, too many `guesses`
   */
  take(
    learner: number,
    code: string,
    now: number,
    replay: (log: readonly Review[]) => Replayed,
  ): Promise<number | 'unknown' | 'own' | 'guesses'>;
}
