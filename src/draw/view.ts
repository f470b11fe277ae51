import type { Ink, Run, Tone } from '../sim/scenario.ts';
import { recipeLine } from '../sim/summary.ts';
import type { TraceEvent } from '../sim/trace.ts';
import type { TimelineOptions } from './index.ts';
import { clean } from './text.ts';
import type { FaultView } from './view/faults.ts';
import type { LaneView } from './view/lanes.ts';
import type { MessageView } from './view/messages.ts';
import { MOST_PROCESSES, type ProcessView } from './view/operations.ts';
import { footerOf, frameOf, type Most, partsOf, windowOf } from './view/run.ts';
import { duration } from './view/time.ts';
import type { TrackView } from './view/tracks.ts';

/** What a picture shows of one run, within the window drawn. */
export interface RunView {
  readonly badge?: BadgeView;
  readonly from: number;
  readonly to: number;
  readonly lanes: readonly LaneView[];
  readonly messages: readonly MessageView[];
  readonly faults: readonly FaultView[];
  readonly violations: readonly { readonly at: number; readonly text: string; readonly promised: boolean }[];
  readonly span?: { readonly from: number; readonly to: number; readonly label: string };
  readonly processes: readonly ProcessView[];
  /** what the operations marked as blamed did wrong together */
  readonly blame?: string;
}

export interface BadgeView {
  readonly text: string;
  readonly tone: 'good' | 'bad' | 'warm';
}

/** What a picture shows around its runs. */
export interface SheetView {
  readonly headline: string;
  readonly recipe: string;
  readonly tracks: readonly TrackView[];
  readonly legend: LegendView;
  readonly footer: readonly string[];
}

/**
 * What a picture of a run shows, as plain data: times in µs of virtual time, lanes by number from the top, words
 * already fit to be drawn. Nothing here knows about pixels, colours or Vega; a golden page prints it.
 */
export interface TimelineView extends RunView, SheetView {
  /** blank after this */
  readonly until?: number;
  /** the step looked at */
  readonly step?: StepView;
}

export interface StepView {
  readonly at: number;
  /** the lane something happened on, if it was not a message */
  readonly lane?: number;
  /** the number of its message in `messages` */
  readonly message?: number;
}

/** What occurs, in the scenario's order. */
export interface LegendView {
  readonly states: readonly { readonly word: string; readonly tone: Tone }[];
  readonly down: readonly ('crashed' | 'paused')[];
  readonly fault: boolean;
  readonly outcomes: readonly ('ok' | 'fail' | 'unknown' | 'open')[];
  readonly messages: readonly { readonly word: string; readonly ink: Ink }[];
  readonly lost: boolean;
  /** two runs in one track: the first has solid lines, the second dashed ones */
  readonly runs?: readonly [string, string];
}

export type ViewOptions = Omit<TimelineOptions, 'against'>;

export interface Frame {
  readonly run: Run;
  /** µs; [from, to] is drawn, of it only what happened by `end` */
  readonly from: number;
  readonly to: number;
  readonly end: number;
  /** lane number of a node */
  readonly lanes: ReadonlyMap<string, number>;
  /** the operations a verdict blames, by number */
  readonly blamed: ReadonlySet<number>;
  readonly options: ViewOptions;
  readonly most: Most;
}

/** Lanes drawn at most; a taller picture could not be read in a chat. */
export const MOST_LANES = 20;

/** Everything the picture of this run shows. Pure. */
export function timelineView(run: Run, options: ViewOptions = {}): TimelineView {
  const stepped = options.step === undefined ? undefined : run.events[options.step];
  const window = windowOf(run);
  const from = Math.min(window.from, stepped?.at ?? Number.POSITIVE_INFINITY);
  const to = Math.max(window.to, stepped?.at ?? 0);
  const frame = frameOf(run, { from, to }, options, { lanes: MOST_LANES, processes: MOST_PROCESSES });
  const { shown, tracks, legend, notices, marked } = partsOf(frame);
  const hidden = options.until !== undefined;
  return {
    headline: clean(hidden ? run.scenario.title : run.scenario.look.headline(run), 120),
    recipe: clean(hidden ? hiddenRecipe(run, frame.end) : recipeLine(run)),
    ...shown,
    ...(hidden && { until: frame.end }),
    ...(stepped && { step: stepOf(stepped, frame, marked) }),
    tracks,
    legend,
    footer: footerOf(run, notices),
  };
}

function stepOf(event: TraceEvent, frame: Frame, marked: number | undefined): StepView {
  const lane = 'node' in event ? frame.lanes.get(event.node) : undefined;
  return {
    at: event.at,
    ...(lane !== undefined && { lane }),
    ...(marked !== undefined && { message: marked }),
  };
}

/** Nothing of what comes after the cut may be read off its picture. */
function hiddenRecipe(run: Run, end: number): string {
  const preset = run.scenario.presets[run.recipe.preset]?.title ?? run.recipe.preset;
  return `${preset} · seed ${run.recipe.seed} · the first ${duration(end)}`;
}
