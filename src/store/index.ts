/**
 * What is kept, behind small async interfaces: SQLite today, another engine when it must grow. `now` is always an
 * argument (epoch milliseconds).
 */
import type { Person } from '../chat.ts';
import type { Recipe } from '../sim/scenario.ts';

export interface Learner {
  readonly id: number;
  readonly name: string;
}

export interface Learners {
  /** the learner behind an identity, made on first sight; keeps the shown name up to date */
  of(person: Person, now: number): Promise<Learner>;
}

export interface Runs {
  /** a short id, the same for the same recipe */
  keep(recipe: Recipe, now: number): Promise<string>;
  get(id: string): Promise<Recipe | undefined>;
}

/**
 * Deliveries already handled, so that a repeated one is recognised after a restart. A delivery is marked when its
 * work is done, never before: one cut short by a crash is handled when the platform sends it again.
 */
export interface Deliveries {
  done(key: string): Promise<boolean>;
  finish(key: string, now: number): Promise<void>;
}

export interface Store {
  readonly learners: Learners;
  readonly runs: Runs;
  readonly deliveries: Deliveries;
  close(): Promise<void>;
}
