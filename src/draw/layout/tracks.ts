import type { Paint } from '../palette.ts';
import { type Draft, line, px } from '../sheet.ts';
import { shorten, textWidth } from '../text.ts';
import { figure } from '../view/time.ts';
import type { LimitView, SeriesView, TrackView } from '../view/tracks.ts';
import type { Columns } from './place.ts';

/** of one track, in px */
export const TRACK = { least: 116, most: 160 };
const TITLE = 34;
const FOOT = 14;
/** Lines of one run differ in their dashes too; of two runs the first is solid and the second dashed. */
export const DASHES: readonly (readonly number[] | undefined)[] = [undefined, [9, 5], [3, 4], [12, 4, 3, 4]];
const LIMIT_DASH = [6, 4];
/** A limit further away than so many times what was reached is named, not drawn: to scale it would flatten the figures. */
const FAR = 3;

interface Context {
  readonly draft: Draft;
  readonly columns: Columns;
  /** the last line ends here, px */
  readonly end: number;
}

export function layoutTracks(
  draft: Draft,
  columns: Columns,
  { to, until }: { readonly to: number; readonly until?: number },
  tracks: readonly TrackView[],
  top: number,
  height: number,
): void {
  const context: Context = { draft, columns, end: columns.x(Math.min(until ?? to, to)) };
  tracks.forEach((track, i) => {
    layoutTrack(context, track, top + i * height, height);
  });
}

function layoutTrack(context: Context, track: TrackView, top: number, height: number): void {
  const { draft, columns, end } = context;
  const { left, right, x } = columns;
  const y1 = top + TITLE;
  const y0 = top + height - FOOT;
  const values = track.series.flatMap((series) => series.points.map(([, value]) => value));
  const reached = Math.max(...values);
  const near = track.limits.filter((limit) => limit.value <= FAR * reached);
  values.push(...near.map((limit) => limit.value));
  const most = Math.max(...values, 0);
  const least = Math.min(...values, 0);
  const room = most - least || 1;
  const y = (value: number) => y0 - ((value - least) / room) * (y0 - y1);
  const axis = { paint: 'muted', size: 17, align: 'right' } as const;
  draft.lines.push({
    path: line(left, y0, right, y0) + line(left, y1, right, y1),
    stroke: 'grid',
    strokeWidth: 1.5,
  });
  draft.word(short(most), left - 10, y1, axis);
  if (y0 - y1 > 24) draft.word(short(least), left - 10, y0, axis);

  const title = `${track.title}${track.unit === '' ? '' : ` (${track.unit})`}`;
  const keys = new Keys(draft, top + 16, right);
  keys.at = left + draft.word(shorten(title, 520, 19, 600), left, top + 16, { size: 19, weight: 600 }) + 22;
  const named = new Set<string>();
  track.series.forEach((series, i) => {
    const dash = series.run === undefined ? DASHES[i % DASHES.length] : DASHES[series.run];
    const path = pathOf(series, x, y, Math.min(end, x(series.end ?? Number.POSITIVE_INFINITY)));
    // two filled areas would hide each other
    if (series.as === 'area' && series.run !== 1)
      draft.links.push({
        path: closed(path, series, x, y(Math.max(least, 0))),
        fill: series.tone,
        fillOpacity: 0.3,
      });
    draft.links.push({ path, stroke: series.tone, strokeWidth: 2.6, ...(dash && { dash }) });
    if (series.run === undefined) keys.add(series.legend, series.tone, dash);
    else if (!named.has(series.legend)) keys.add(series.legend, series.tone);
    named.add(series.legend);
  });
  for (const limit of near) {
    draft.marks.push({
      path: line(left, y(limit.value), right, y(limit.value)),
      stroke: 'lost',
      strokeWidth: 2,
      dash: limit.run === 1 ? [2, 3] : LIMIT_DASH,
    });
    keys.add(words(limit), 'lost', limit.run === 1 ? [2, 3] : LIMIT_DASH);
  }
  for (const limit of track.limits.filter((l) => !near.includes(l))) keys.say(`${words(limit)} ↑`);
}

const words = (limit: LimitView): string => `${limit.legend} ${short(limit.value)}`;

/** The line beside a track's title that says what is what. */
class Keys {
  at = 0;
  readonly #draft: Draft;
  readonly #y: number;
  readonly #right: number;

  constructor(draft: Draft, y: number, right: number) {
    this.#draft = draft;
    this.#y = y;
    this.#right = right;
  }

  add(legend: string, paint: Paint, dash?: readonly number[]): void {
    const text = shorten(legend, this.#right - this.at - 34, 18);
    if (text === '') return;
    const { at } = this;
    this.#draft.lines.push({
      path: line(at, this.#y, at + 26, this.#y),
      stroke: paint,
      strokeWidth: 3,
      ...(dash && { dash }),
    });
    this.#draft.word(text, at + 34, this.#y, { paint: 'muted', size: 18 });
    this.at += 34 + textWidth(text, 18) + 20;
  }

  say(legend: string): void {
    const text = shorten(legend, this.#right - this.at, 18);
    this.at += this.#draft.word(text, this.at, this.#y, { paint: 'lost', size: 18 }) + 20;
  }
}

/** A step holds its value until the next; so does the last one, to the end of what is drawn. */
function pathOf(
  series: SeriesView,
  x: (us: number) => number,
  y: (value: number) => number,
  end: number,
): string {
  let path = '';
  for (const [us, value] of series.points) {
    const py = px(y(value));
    if (path === '') path = `M${px(x(us))},${py}`;
    else path += series.as === 'step' ? `H${px(x(us))}V${py}` : `L${px(x(us))},${py}`;
  }
  return series.as === 'step' ? `${path}H${px(end)}` : path;
}

function closed(path: string, series: SeriesView, x: (us: number) => number, base: number): string {
  const first = series.points[0]!;
  const last = series.points.at(-1)!;
  return `${path}L${px(x(last[0]))},${px(base)}L${px(x(first[0]))},${px(base)}Z`;
}

/** `12`, `3.4`, `1.2k` */
function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1_000_000) return `${figure(value / 1_000_000, 1)}M`;
  if (size >= 10_000) return `${figure(value / 1000, 0)}k`;
  return figure(value, size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
