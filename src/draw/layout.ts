import { headerHeight, layoutHeader, TITLE_END } from './layout/header.ts';
import { layoutLanes } from './layout/lanes.ts';
import { layoutLegend } from './layout/legend.ts';
import { layoutMessages } from './layout/messages.ts';
import { layoutOperations, OPERATION_ROW } from './layout/operations.ts';
import { layoutStep, plateOf } from './layout/step.ts';
import { layoutTracks } from './layout/tracks.ts';
import { Draft, type Sheet } from './sheet.ts';
import { shorten, textWidth } from './text.ts';
import { ticks } from './view/time.ts';
import type { TimelineView } from './view.ts';

/** Where things stand: a picture is 1200 px wide and, for five nodes, 675 high; chats show it at 550. */
export const WIDTH = 1200;
const HEIGHT = 675;
const TALLEST = 2000;
const RIGHT = 26;
/** lanes' distance: never closer than readable, never further than the eye jumps */
const LANE = { least: 44, most: 84 };
const TRACK = { least: 116, most: 160 };

/** The frame all parts share. */
export interface Place {
  readonly view: TimelineView;
  readonly draft: Draft;
  /** px of a time in µs */
  x(us: number): number;
  readonly left: number;
  readonly right: number;
  /** top and bottom of the lanes */
  readonly top: number;
  readonly bottom: number;
  readonly laneHeight: number;
  /** middle of a lane */
  y(lane: number): number;
}

export function layoutTimeline(view: TimelineView): Sheet {
  const draft = new Draft(WIDTH);
  const names = [...view.lanes.map((lane) => lane.node), ...view.processes.map((p) => p.process)];
  const widest = Math.max(0, ...names.map((name) => textWidth(shorten(name, 150, 24, 600), 24, 600)));
  const left = Math.max(view.tracks.length > 0 ? 88 : 74, Math.ceil(widest) + 42);
  const right = WIDTH - RIGHT;
  const x = (us: number) => left + ((us - view.from) / (view.to - view.from)) * (right - left);

  const top = headerHeight(view, { x, left, right }) + 14;
  const legend = layoutLegend(view, new Draft(WIDTH), Math.min(left, 74), right, 0);
  const operations = view.processes.length > 0 ? 16 + view.processes.length * OPERATION_ROW : 0;
  const axis = 44;
  const fixed = top + operations + axis + legend + view.tracks.length * TRACK.least;
  const lanes = view.lanes.length;
  const most = Math.max(LANE.least, Math.min(LANE.most, (TALLEST - fixed) / Math.max(lanes, 1)));
  const laneHeight =
    lanes === 0 ? 0 : Math.min(most, Math.max(LANE.least, lanes > 5 ? 52 : 49, (HEIGHT - fixed) / lanes));
  const bottom = top + lanes * laneHeight;
  const spare = HEIGHT - fixed - lanes * laneHeight;
  const trackHeight =
    view.tracks.length === 0
      ? 0
      : Math.min(TRACK.most, TRACK.least + Math.max(0, spare) / view.tracks.length);

  const place: Place = {
    view,
    draft,
    x,
    left,
    right,
    top,
    bottom,
    laneHeight,
    y: (lane) => top + (lane + 0.5) * laneHeight,
  };
  const operationsEnd = bottom + operations;
  const axisTop = operationsEnd + view.tracks.length * trackHeight;
  layoutAxis(place, axisTop);
  layoutHeader(place);
  layoutLanes(place);
  layoutMessages(place);
  if (view.processes.length > 0) layoutOperations(place, bottom + 16);
  layoutTracks(place, operationsEnd, trackHeight);
  layoutStep(place, axisTop);
  const end = layoutLegend(view, draft, Math.min(left, 74), right, axisTop + axis);
  const plot = { x: left, y: TITLE_END, width: right - left, height: axisTop - TITLE_END };
  return draft.done(Math.min(TALLEST, end), plot);
}

function layoutAxis(place: Place, axisTop: number): void {
  const { view, draft, x, left, right, top } = place;
  const plate = plateOf(place);
  const { at, label } = ticks(view.from, view.to, 11);
  const every = ticks(view.from, view.to, 6.5);
  let grid = '';
  for (const us of at) grid += `M${x(us).toFixed(1)},${top}V${axisTop}`;
  if (grid !== '') draft.lines.push({ path: grid, stroke: 'grid', strokeWidth: 2 });
  let free = Number.NEGATIVE_INFINITY;
  for (const us of every.at) {
    const text = every.label(us) ?? label(us);
    const width = textWidth(text, 20);
    const from = Math.min(Math.max(x(us) - width / 2, left), right - width);
    const covered = plate && Math.abs(from + width / 2 - plate.middle) < (width + plate.width) / 2 + 8;
    if (from < free || covered) continue;
    draft.word(text, from, axisTop + 16, { paint: 'muted' });
    free = from + width + 16;
  }
}
