import type { Draft } from '../sheet.ts';
import { shorten, textWidth } from '../text.ts';
import type { RunView, SheetView, TimelineView } from '../view.ts';

/** A picture is 1200 px wide; chats show it at 550. */
export const WIDTH = 1200;
export const TALLEST = 2000;
const RIGHT = 26;

/** The frame all parts of one run share. */
export interface Place {
  readonly view: RunView & Pick<TimelineView, 'until' | 'step'>;
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

/** From left to right: names, then time. */
export type Columns = Pick<Place, 'x' | 'left' | 'right'>;

export function columnsOf(
  runs: readonly RunView[],
  tracks: SheetView['tracks'],
  { from, to }: { readonly from: number; readonly to: number },
): Columns {
  const names = runs.flatMap((run) => [
    ...run.lanes.map((lane) => lane.node),
    ...run.processes.map((p) => p.process),
  ]);
  const widest = Math.max(0, ...names.map((name) => textWidth(shorten(name, 150, 24, 600), 24, 600)));
  const left = Math.max(tracks.length > 0 ? 88 : 74, Math.ceil(widest) + 42);
  const right = WIDTH - RIGHT;
  return { left, right, x: (us) => left + ((us - from) / (to - from)) * (right - left) };
}

/** The lanes of a run between two heights. */
export function placeOf(
  view: Place['view'],
  draft: Draft,
  columns: Columns,
  top: number,
  laneHeight: number,
): Place {
  return {
    view,
    draft,
    ...columns,
    top,
    bottom: top + view.lanes.length * laneHeight,
    laneHeight,
    y: (lane) => top + (lane + 0.5) * laneHeight,
  };
}
