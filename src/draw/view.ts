import type { Ink, Run, Tone } from '../sim/scenario.ts';
import { recipeLine } from '../sim/summary.ts';
import type { TraceEvent } from '../sim/trace.ts';
import type { TimelineOptions } from './index.ts';
import { clean } from './text.ts';
import { type FaultView, faultsOf } from './view/faults.ts';
import { type LaneView, lanesOf } from './view/lanes.ts';
import { type MessageView, MOST_MESSAGES, messagesOf } from './view/messages.ts';
import { MOST_PROCESSES, operationsOf, type ProcessView } from './view/operations.ts';
import { duration } from './view/time.ts';
import { type TrackView, tracksOf } from './view/tracks.ts';

/**
 * What a picture of a run shows, as plain data: times in µs of virtual time, lanes by number from the top, words
 * already fit to be drawn. Nothing here knows about pixels, colours or Vega; a golden page prints it.
 */
export interface TimelineView {
  readonly headline: string;
  readonly recipe: string;
  readonly badge?: { readonly text: string; readonly tone: 'good' | 'bad' | 'warm' };
  /** the window drawn */
  readonly from: number;
  readonly to: number;
  /** blank after this */
  readonly until?: number;
  /** the step looked at */
  readonly step?: StepView;
  readonly lanes: readonly LaneView[];
  readonly messages: readonly MessageView[];
  readonly faults: readonly FaultView[];
  readonly violations: readonly { readonly at: number; readonly text: string; readonly promised: boolean }[];
  readonly span?: { readonly from: number; readonly to: number; readonly label: string };
  readonly processes: readonly ProcessView[];
  readonly tracks: readonly TrackView[];
  readonly legend: LegendView;
  readonly footer: readonly string[];
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
}

export interface ViewOptions extends TimelineOptions {
  /** operations to mark, by number: the ones a verdict names */
  readonly marked?: readonly number[];
}

export interface Frame {
  readonly run: Run;
  /** µs; [from, to] is drawn, of it only what happened by `end` */
  readonly from: number;
  readonly to: number;
  readonly end: number;
  /** lane number of a node */
  readonly lanes: ReadonlyMap<string, number>;
  readonly options: ViewOptions;
}

/** Lanes drawn at most; a taller picture could not be read in a chat. */
export const MOST_LANES = 20;

/** Everything the picture of this run shows. Pure. */
export function timelineView(run: Run, options: ViewOptions = {}): TimelineView {
  const { look } = run.scenario;
  const stepped = options.step === undefined ? undefined : run.events[options.step];
  const { from, to } = windowOf(run, stepped);
  const end = Math.min(options.until ?? to, to);
  const nodes = look.lanes.flatMap((part) => run.actors.filter((actor) => actor.part === part));
  const drawn = nodes.slice(0, MOST_LANES);
  const frame: Frame = {
    run,
    from,
    to,
    end,
    lanes: new Map(drawn.map((actor, i) => [actor.id, i])),
    options,
  };
  const hidden = options.until !== undefined;
  const lanes = lanesOf(frame);
  const faults = faultsOf(frame);
  const sent = messagesOf(frame);
  const operations = operationsOf(frame);
  const tracks = [...tracksOf(frame), ...operations.tracks];
  const span = hidden ? undefined : spanOf(run, from, to);
  const step = stepped && stepOf(stepped, frame, sent.marked);
  const footer = footerOf(run, [
    sent.total > sent.messages.length && `${sent.messages.length} of ${sent.total} messages drawn`,
    nodes.length > MOST_LANES && `${MOST_LANES} of ${nodes.length} nodes drawn`,
    operations.total > operations.processes.length &&
      operations.processes.length > 0 &&
      `${MOST_PROCESSES} of ${operations.total} clients drawn`,
  ]);
  return {
    headline: clean(hidden ? run.scenario.title : look.headline(run), 120),
    recipe: clean(hidden ? hiddenRecipe(run, end) : recipeLine(run)),
    ...(!hidden && badgeOf(run)),
    from,
    to,
    ...(hidden && { until: end }),
    ...(step && { step }),
    lanes,
    messages: sent.messages,
    faults,
    violations: hidden ? [] : violationsOf(run, from, to),
    ...(span && { span }),
    processes: operations.processes,
    tracks,
    legend: {
      states: inOrder(
        lanes.flatMap((lane) => lane.bars.filter((bar) => bar.kind === 'state')),
        Object.entries(look.states).flatMap(([name, state]) => [state.legend ?? name, state.stale]),
      ),
      down: (['crashed', 'paused'] as const).filter((kind) =>
        lanes.some((lane) => lane.bars.some((bar) => bar.kind === kind)),
      ),
      fault: faults.length > 0,
      outcomes: (['ok', 'fail', 'unknown', 'open'] as const).filter((outcome) =>
        operations.processes.some((p) => p.operations.some((op) => op.outcome === outcome)),
      ),
      messages: sent.legend,
      lost: sent.messages.some((message) => message.fate === 'lost'),
    },
    footer,
  };
}

function windowOf(run: Run, stepped: TraceEvent | undefined): { from: number; to: number } {
  const wanted = run.scenario.look.window?.(run) ?? { from: 0, to: run.durationUs };
  const from = Math.max(0, Math.min(wanted.from, stepped?.at ?? Number.POSITIVE_INFINITY));
  const to = Math.max(wanted.to, stepped?.at ?? 0);
  return { from, to: Math.max(to, from + 1) };
}

function spanOf(run: Run, from: number, to: number): TimelineView['span'] {
  const span = run.scenario.look.span?.(run);
  if (span === undefined || span.to <= span.from || span.to <= from || span.from >= to) return undefined;
  return { from: Math.max(from, span.from), to: Math.min(to, span.to), label: clean(span.label, 80) };
}

function stepOf(event: TraceEvent, frame: Frame, marked: number | undefined): StepView {
  const lane = 'node' in event ? frame.lanes.get(event.node) : undefined;
  return {
    at: event.at,
    ...(lane !== undefined && { lane }),
    ...(marked !== undefined && { message: marked }),
  };
}

/** Safety is what always holds, liveness what eventually does (Alpern & Schneider 1985). */
function badgeOf(run: Run): Pick<TimelineView, 'badge'> {
  const { verdicts } = run;
  if (verdicts.length === 0) return {};
  const broken = verdicts.filter((verdict) => !verdict.holds);
  const worst = broken.find((verdict) => verdict.promised) ?? broken[0];
  if (worst === undefined) {
    const safety = verdicts.some((verdict) => verdict.kind === 'always');
    const liveness = verdicts.some((verdict) => verdict.kind === 'eventually');
    const text = safety && liveness ? 'safety and liveness hold' : `${safety ? 'safety' : 'liveness'} holds`;
    return { badge: { text: `${text} ✓`, tone: 'good' } };
  }
  const alike = broken.filter((verdict) => verdict.promised === worst.promised).length - 1;
  const name = clean(worst.property, 48) + (alike > 0 ? ` +${alike}` : '');
  return worst.promised
    ? { badge: { text: `${name}: violated ×`, tone: 'bad' } }
    : { badge: { text: `${name}: violated (not promised)`, tone: 'warm' } };
}

function violationsOf(run: Run, from: number, to: number): TimelineView['violations'] {
  // what only the whole history shows has no moment of its own: it is found when the run is over
  return run.verdicts
    .filter((v) => !v.holds && v.kind === 'always' && v.at !== undefined && v.at < run.durationUs)
    .filter((v) => v.at! >= from && v.at! <= to)
    .slice(0, 3)
    .map((v) => ({ at: v.at!, text: clean(v.property, 48), promised: v.promised }));
}

/** Nothing of what comes after the cut may be read off its picture. */
function hiddenRecipe(run: Run, end: number): string {
  const preset = run.scenario.presets[run.recipe.preset]?.title ?? run.recipe.preset;
  return `${preset} · seed ${run.recipe.seed} · the first ${duration(end)}`;
}

function footerOf(run: Run, notices: readonly (string | false)[]): string[] {
  const { footer } = run.scenario.look;
  const text = typeof footer === 'function' ? footer(run.params) : footer;
  return [text, ...notices, run.cut].filter((line): line is string => !!line).map((line) => clean(line, 240));
}

function inOrder(
  bars: readonly { readonly legend: string; readonly tone: Tone }[],
  wanted: readonly (string | undefined)[],
): LegendView['states'] {
  const found = new Map<string, Tone>();
  for (const bar of bars) if (bar.legend !== '' && !found.has(bar.legend)) found.set(bar.legend, bar.tone);
  const order = [...wanted, ...found.keys()];
  return [...found]
    .map(([word, tone]) => ({ word, tone }))
    .sort((a, b) => order.indexOf(a.word) - order.indexOf(b.word));
}

export { MOST_MESSAGES };
