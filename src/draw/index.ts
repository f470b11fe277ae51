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
  /** a second run under the first on the same time axis, the first difference marked */
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
  /** No picture: the question a generator makes of a run, simulated where pictures are. */
  generated(scenario: string, generator: string, seed: number): Promise<Generated | undefined>;
  close(): Promise<void>;
}
