import type { Run } from '../../sim/scenario.ts';
import { clean } from '../text.ts';
import type { LegendView, RunView, SheetView } from '../view.ts';
import { captionsOf, contrast, firstDifference, sharedLine } from './contrast.ts';
import { footerOf, frameOf, type Most, partsOf, windowOf } from './run.ts';
import { duration } from './time.ts';
import type { TrackView } from './tracks.ts';

/** Two runs on one axis of time, the first above. */
export interface ComparisonView extends SheetView {
  readonly from: number;
  readonly to: number;
  readonly runs: readonly [ComparedView, ComparedView];
  /** where the traces part, if that is within what is drawn */
  readonly difference?: { readonly at: number; readonly label: string };
}

export interface ComparedView extends RunView {
  /** what sets it apart */
  readonly caption: string;
  readonly headline: string;
}

const MOST_LANES = 10;

/** The more nodes, the fewer rows of operations: two runs must be read at the size of one picture. */
const mostFor = (lanes: number): Most => ({
  lanes: MOST_LANES,
  processes: lanes <= 3 ? 4 : lanes <= 5 ? 3 : 2,
});

/** Everything the picture of these two runs shows. Pure. A step and a cut belong to one run and do not show here. */
export function comparisonView(a: Run, b: Run): ComparisonView {
  const windows = [windowOf(a), windowOf(b)] as const;
  const from = Math.min(windows[0].from, windows[1].from);
  const to = Math.max(windows[0].to, windows[1].to);
  const lanes = Math.max(laneCount(a), laneCount(b));
  const parts = [a, b].map((run) => partsOf(frameOf(run, { from, to }, {}, mostFor(lanes))));
  const [above, below] = [parts[0]!, parts[1]!];
  const captions = captionsOf(a, b);
  const shown = (side: 0 | 1): ComparedView => {
    const run = side === 0 ? a : b;
    const { shown: view } = side === 0 ? above : below;
    return { caption: captions[side], headline: clean(run.scenario.look.headline(run), 120), ...view };
  };
  const at = firstDifference(a.events, b.events);
  // at the very edge a line shows nothing: then words say it
  const start = at !== undefined && at <= from + (to - from) / 200;
  const inside = at !== undefined && !start && at <= to;
  const elsewhere = start
    ? [at === 0 ? 'different from the start' : `different from ${duration(at)}`]
    : at !== undefined && !inside
      ? [`first difference at ${duration(at)}`]
      : [];
  return {
    headline: capital(clean(contrast(a, b, at), 120)),
    recipe: clean([sharedLine(a, b), ...elsewhere].filter(Boolean).join(' · ')),
    from,
    to,
    runs: [shown(0), shown(1)],
    ...(inside && { difference: { at, label: `first difference, ${duration(at)}` } }),
    tracks: together(above.tracks, below.tracks, [a.durationUs, b.durationUs]),
    legend: {
      ...bothLegends(above.legend, below.legend),
      ...(above.tracks.length + below.tracks.length > 0 && { runs: captions }),
    },
    footer: footers(a, b, above.notices, below.notices),
  };
}

/** What holds for both is said once. */
function footers(a: Run, b: Run, above: readonly string[], below: readonly string[]): string[] {
  const [left, right] = [footerOf(a, above), footerOf(b, below)];
  return [
    ...left.filter((line) => right.includes(line)),
    ...left.filter((line) => !right.includes(line)).map((line) => `above: ${line}`),
    ...right.filter((line) => !left.includes(line)).map((line) => `below: ${line}`),
  ];
}

const capital = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

const laneCount = (run: Run) =>
  run.actors.filter((actor) => run.scenario.look.lanes.includes(actor.part)).length;

/** Tracks of one title on one axis. */
function together(
  above: readonly TrackView[],
  below: readonly TrackView[],
  ends: readonly [number, number],
): TrackView[] {
  const mark = (track: TrackView, run: 0 | 1): TrackView => ({
    ...track,
    series: track.series.map((series) => ({ ...series, run, end: ends[run] })),
    limits: track.limits.map((limit) => ({ ...limit, run })),
  });
  const alike = (track: TrackView) => (other: TrackView) =>
    other.kind === track.kind && (track.kind === 'operations' || other.title === track.title);
  const joined = above.map((track): TrackView => {
    const other = below.find(alike(track));
    if (other === undefined) return mark(track, 0);
    const [mine, theirs] = [mark(track, 0), mark(other, 1)];
    const shared = track.limits.filter((limit) =>
      other.limits.some((l) => l.legend === limit.legend && l.value === limit.value),
    );
    return {
      ...mine,
      title: track.title === other.title ? track.title : 'operations',
      series: [...mine.series, ...theirs.series],
      limits: shared.length === track.limits.length ? track.limits : [...mine.limits, ...theirs.limits],
    };
  });
  return [...joined, ...below.filter((track) => !above.some(alike(track))).map((track) => mark(track, 1))];
}

function bothLegends(a: LegendView, b: LegendView): LegendView {
  const union = <T extends { readonly word: string }>(left: readonly T[], right: readonly T[]): T[] => [
    ...left,
    ...right.filter((entry) => !left.some((known) => known.word === entry.word)),
  ];
  return {
    states: union(a.states, b.states),
    down: (['crashed', 'paused'] as const).filter((kind) => a.down.includes(kind) || b.down.includes(kind)),
    fault: a.fault || b.fault,
    outcomes: (['ok', 'fail', 'unknown', 'open'] as const).filter(
      (outcome) => a.outcomes.includes(outcome) || b.outcomes.includes(outcome),
    ),
    messages: union(a.messages, b.messages),
    lost: a.lost || b.lost,
  };
}
