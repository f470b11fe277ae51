import type { Place } from '../layout.ts';
import type { Paint } from '../palette.ts';
import { line, px } from '../sheet.ts';
import { shorten, textWidth } from '../text.ts';
import { figure } from '../view/time.ts';
import type { SeriesView, TrackView } from '../view/tracks.ts';

const TITLE = 34;
const FOOT = 14;
/** Lines of one track differ in their dashes too. */
const DASHES: readonly (readonly number[] | undefined)[] = [undefined, [9, 5], [3, 4], [12, 4, 3, 4]];

export function layoutTracks(place: Place, top: number, height: number): void {
  place.view.tracks.forEach((track, i) => {
    layoutTrack(place, track, top + i * height, height);
  });
}

function layoutTrack(place: Place, track: TrackView, top: number, height: number): void {
  const { draft, left, right, x, view } = place;
  const y1 = top + TITLE;
  const y0 = top + height - FOOT;
  const values = track.series.flatMap((series) => series.points.map(([, value]) => value));
  // a limit far away is named, not drawn: to scale it would flatten the figures
  const limited = track.limit !== undefined && track.limit.value <= 3 * Math.max(...values);
  if (limited) values.push(track.limit.value);
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
  let at = left + draft.word(shorten(title, 520, 19, 600), left, top + 16, { size: 19, weight: 600 }) + 22;
  track.series.forEach((series, i) => {
    const dash = DASHES[i % DASHES.length];
    const path = pathOf(series, x, y, x(Math.min(view.until ?? view.to, view.to)));
    if (series.as === 'area')
      draft.links.push({
        path: closed(path, series, x, y(Math.max(least, 0))),
        fill: series.tone,
        fillOpacity: 0.3,
      });
    draft.links.push({ path, stroke: series.tone, strokeWidth: 2.6, ...(dash && { dash }) });
    at = key(place, at, top + 16, series.legend, series.tone, dash);
  });
  if (!track.limit) return;
  const limit = `${track.limit.legend} ${short(track.limit.value)}`;
  if (limited) {
    draft.marks.push({
      path: line(left, y(track.limit.value), right, y(track.limit.value)),
      stroke: 'lost',
      strokeWidth: 2,
      dash: [6, 4],
    });
    key(place, at, top + 16, limit, 'lost', [6, 4]);
  } else
    draft.word(shorten(`(${limit}: far above)`, right - at, 18), at, top + 16, { paint: 'muted', size: 18 });
}

function key(
  place: Place,
  at: number,
  y: number,
  legend: string,
  paint: Paint,
  dash?: readonly number[],
): number {
  const { draft, right } = place;
  const text = shorten(legend, right - at - 34, 18);
  if (text === '') return at;
  draft.lines.push({ path: line(at, y, at + 26, y), stroke: paint, strokeWidth: 3, ...(dash && { dash }) });
  draft.word(text, at + 34, y, { paint: 'muted', size: 18 });
  return at + 34 + textWidth(text, 18) + 20;
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
