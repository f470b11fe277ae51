/**
 * Pictures: view data -> Vega view -> SVG -> PNG. A run is a recipe, so a worker thread is handed the recipe,
 * simulates it, and gives back the picture with a plain summary: the caller's event loop waits for neither.
 */
import type { Generated } from '../sim/generated.ts';
import type { Recipe } from '../sim/scenario.ts';
import type { Summary } from '../sim/summary.ts';

export interface Picture {
  readonly bytes: Uint8Array;
  readonly mime: 'image/png' | 'image/gif';
  readonly width: number;
  readonly height: number;
}

export type Theme = 'dark' | 'light';

export interface TimelineOptions {
  readonly theme?: Theme;
  /** draw only what happened up to this time (µs); what follows stays blank */
  readonly until?: number;
  /** the trace event (index) to highlight, with a playhead at its time */
  readonly step?: number;
  /** a second run under the first on the same time axis, the first difference marked; `until` and `step` then do not show */
  readonly against?: Recipe;
}

export interface RankingRow {
  readonly rank: number;
  readonly name: string;
  readonly points: number;
  /** shown beside the bar, such as `7-day streak` */
  readonly note?: string;
  /** the reader's own row */
  readonly you?: boolean;
}

export interface RankingView {
  readonly title: string;
  readonly subtitle: string;
  readonly rows: readonly RankingRow[];
}

/** How the answers to one question fell. */
export interface SpreadView {
  readonly title: string;
  readonly subtitle: string;
  readonly rows: readonly {
    /** a letter, or empty */
    readonly mark: string;
    readonly text: string;
    readonly count: number;
    readonly right: boolean;
  }[];
  /** who answered; a row is drawn as a share of it */
  readonly people: number;
}

/** How far somebody is, or a group. */
export interface ProgressView {
  readonly title: string;
  readonly subtitle: string;
  readonly topics: readonly {
    readonly name: string;
    /** 0..1 recalled now; undefined where nothing was learnt yet */
    readonly share?: number;
    readonly note?: string;
  }[];
  /** dates with answers or frozen ones; the last entry is today, even without answers */
  readonly days?: readonly { readonly day: string; readonly count: number; readonly frozen?: boolean }[];
  /** what comes due, today (with what is overdue) first */
  readonly coming?: readonly number[];
  readonly weakestTitle?: string;
  readonly weakest?: readonly { readonly text: string; readonly note: string }[];
}

/** The load of every day up to a date. */
export interface ForecastView {
  readonly title: string;
  readonly subtitle: string;
  /** the date of the first day, `2026-11-22` */
  readonly from: string;
  /** up to the day before the date */
  readonly days: readonly { readonly reviews: number; readonly fresh: number; readonly easy: boolean }[];
  /** most of an ordinary day */
  readonly level: number;
}

export interface Draw {
  /** Simulates and draws. Throws ParamError (bad recipe) as the simulator does; anything else is a bug. */
  timeline(
    recipe: Recipe,
    options?: TimelineOptions,
  ): Promise<{ readonly picture: Picture; readonly summary: Summary }>;
  /** The same picture revealed from left to right, as a GIF that pauses where something happens. */
  animation(
    recipe: Recipe,
    options?: Pick<TimelineOptions, 'theme'>,
  ): Promise<{ readonly picture: Picture; readonly summary: Summary }>;
  /** Simulates only. */
  summary(recipe: Recipe, options?: TimelineOptions): Promise<Summary>;
  ranking(view: RankingView, theme?: Theme): Promise<Picture>;
  spread(view: SpreadView, theme?: Theme): Promise<Picture>;
  progress(view: ProgressView, theme?: Theme): Promise<Picture>;
  forecast(view: ForecastView, theme?: Theme): Promise<Picture>;
  /** No picture: the question a generator makes of a run, simulated where pictures are. */
  generated(scenario: string, generator: string, seed: number): Promise<Generated | undefined>;
  close(): Promise<void>;
}
