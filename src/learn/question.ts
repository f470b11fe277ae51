import type { Recipe } from '../sim/scenario.ts';

/** A question as the bank holds it (the written form is described in `parse.ts`), or made from a run. */
export type Question = Choice | Multi | Order | NumberQuestion | Text;
export type Kind = Question['kind'];
export const kinds = ['choice', 'multi', 'order', 'number', 'text'] as const satisfies readonly Kind[];

interface Head {
  /** for ever: review history hangs on it */
  readonly id: string;
  readonly topic: string;
  readonly level: Level;
  /** Markdown */
  readonly prompt: string;
  /** Markdown; empty only for `text`, whose points explain themselves */
  readonly explanation: string;
  readonly sources: readonly string[];
  readonly run?: RunLine;
  readonly shows: readonly Show[];
  /** made from this run: shown up to `until` (µs) while it is asked, whole when it is answered */
  readonly moment?: { readonly recipe: Recipe; readonly until: number };
  /** the id of the question whose place this one takes */
  readonly replaces?: string;
  /** where it is written, from the project's folder */
  readonly file: string;
}

/** 1 recall … 5 design judgement */
export type Level = 1 | 2 | 3 | 4 | 5;

export interface Option {
  readonly text: string;
  readonly right: boolean;
  /** why it is right, or the misconception behind it */
  readonly why: string;
}

export interface Choice extends Head {
  readonly kind: 'choice';
  /** exactly one is right */
  readonly options: readonly Option[];
}

export interface Multi extends Head {
  readonly kind: 'multi';
  /** one or more are right, not all */
  readonly options: readonly Option[];
}

export interface Order extends Head {
  readonly kind: 'order';
  /** in the right order */
  readonly items: readonly string[];
}

export interface NumberQuestion extends Head {
  readonly kind: 'number';
  readonly answer: NumberAnswer;
}

export interface NumberAnswer {
  readonly value: number;
  /** as written; empty for a bare number */
  readonly unit: string;
  /** largest accepted distance from the value, in the same unit */
  readonly tolerance: number;
  /** the line as written, shown to the learner afterwards */
  readonly written: string;
}

export interface Text extends Head {
  readonly kind: 'text';
  readonly points: readonly Point[];
}

export interface Point {
  readonly weight: 'must' | 'should' | 'trap';
  readonly text: string;
  /** other wordings, for hints only */
  readonly also: readonly string[];
  /** what an interviewer would ask next */
  readonly followUp?: string;
}

/** `raft/figure-8 seed=3 nodes=5`: a recipe whose gaps the scenario fills. */
export interface RunLine {
  readonly scenario: string;
  readonly preset: string;
  readonly seed?: number;
  readonly twin?: string;
  readonly set: Readonly<Record<string, string>>;
}

/** What the run of a question must show, so that the question stays true when the simulator changes. */
export type Show =
  | { readonly what: 'verdict'; readonly property: string; readonly holds: boolean }
  | { readonly what: 'metric'; readonly name: string; readonly op: Comparison; readonly value: number }
  | { readonly what: 'event'; readonly text: string };

export const comparisons = ['<=', '>=', '<', '>', '='] as const;
export type Comparison = (typeof comparisons)[number];

export const LETTERS = 'ABCDEFGHIJ';
