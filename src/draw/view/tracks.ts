import type { Tone } from '../../sim/scenario.ts';
import { clean } from '../text.ts';
import type { Frame } from '../view.ts';

/** A figure over time under the lanes. */
export interface TrackView {
  /** what it was made of: `sample` events, or operations counted because they are too many to draw */
  readonly kind: 'samples' | 'operations';
  readonly title: string;
  readonly unit: string;
  readonly series: readonly SeriesView[];
  readonly limits: readonly LimitView[];
}

export interface LimitView {
  readonly legend: string;
  readonly value: number;
  /** of two runs, the one it belongs to; both if absent */
  readonly run?: 0 | 1;
}

export interface SeriesView {
  readonly legend: string;
  readonly tone: Tone;
  readonly as: 'line' | 'area' | 'step';
  /** [µs, value], in order of time */
  readonly points: readonly (readonly [number, number])[];
  /** of two runs, the one it belongs to, and when that ends */
  readonly run?: 0 | 1;
  readonly end?: number;
}

/** Columns a series is thinned to; of each the extremes stay, so that no peak is lost. */
const COLUMNS = 400;

export function tracksOf(frame: Frame): TrackView[] {
  const { run, from, to, end } = frame;
  const tracks = run.scenario.look.tracks ?? [];
  if (tracks.length === 0) return [];
  const names = new Set(tracks.flatMap((track) => track.series.map((series) => series.name)));
  const points = new Map<string, [number, number][]>([...names].map((name) => [name, []]));
  for (const event of run.events) {
    if (event.at > end) break;
    if (event.kind !== 'sample' || !Number.isFinite(event.value)) continue;
    const list = points.get(event.series);
    if (list === undefined) continue;
    // the last value before the window is where a step stands when it opens
    if (event.at < from) list[0] = [from, event.value];
    else list.push([event.at, event.value]);
  }
  return tracks
    .map((track): TrackView => {
      const value = track.limit?.value ?? (track.limit?.param && Number(run.params[track.limit.param]));
      return {
        kind: 'samples',
        title: clean(track.title, 60),
        unit: clean(track.unit, 30),
        series: track.series
          .map((series) => ({
            legend: clean(series.legend, 40),
            tone: series.tone,
            as: series.as ?? 'line',
            points: thin(
              series.states ? countedIn(frame, series.states) : (points.get(series.name) ?? []),
              from,
              to,
            ),
          }))
          .filter((series) => series.points.length > 0),
        limits:
          track.limit && typeof value === 'number' && Number.isFinite(value)
            ? [{ legend: clean(track.limit.legend, 40), value }]
            : [],
      };
    })
    .filter((track) => track.series.length > 0);
}

/** How many nodes are in one of these states, whenever it changes; nothing if none ever is. */
function countedIn({ run, from, end }: Frame, states: readonly string[]): [number, number][] {
  const inside = new Set<string>();
  const found: [number, number][] = [[from, 0]];
  const count = (node: string, at: number, is: boolean) => {
    if (inside.has(node) === is) return;
    if (is) inside.add(node);
    else inside.delete(node);
    if (at <= from) found[0] = [from, inside.size];
    else if (found.at(-1)![0] === at) found[found.length - 1] = [at, inside.size];
    else found.push([at, inside.size]);
  };
  for (const event of run.events) {
    if (event.at > end) break;
    if (event.kind === 'state') count(event.node, event.at, states.includes(event.state));
    else if (event.kind === 'fault' && event.fault === 'crash')
      for (const node of event.nodes) count(node, event.at, false);
  }
  return found.length > 1 || found[0]![1] > 0 ? found : [];
}

function thin(points: readonly (readonly [number, number])[], from: number, to: number) {
  if (points.length <= 2 * COLUMNS) return points;
  const kept: (readonly [number, number])[] = [];
  let column = -1;
  let low = points[0]!;
  let high = points[0]!;
  const flush = () => {
    if (column < 0) return;
    const pair = low[0] <= high[0] ? [low, high] : [high, low];
    for (const point of pair) if (point !== kept.at(-1)) kept.push(point);
  };
  for (const point of points) {
    const here = Math.floor(((point[0] - from) / (to - from)) * COLUMNS);
    if (here !== column) {
      flush();
      column = here;
      low = point;
      high = point;
    } else if (point[1] < low[1]) low = point;
    else if (point[1] > high[1]) high = point;
  }
  flush();
  return kept;
}
