import { AXIS, layoutAxis } from './layout/axis.ts';
import { flagsHeight, layoutFlags } from './layout/flags.ts';
import { layoutLanes } from './layout/lanes.ts';
import { layoutLegend } from './layout/legend.ts';
import { layoutMessages } from './layout/messages.ts';
import { layoutOperations, operationsHeight } from './layout/operations.ts';
import { columnsOf, placeOf, TALLEST, WIDTH } from './layout/place.ts';
import { layoutStep, plateOf } from './layout/step.ts';
import { layoutTitle, TITLE_END } from './layout/title.ts';
import { layoutTracks, TRACK } from './layout/tracks.ts';
import { Draft, type Sheet } from './sheet.ts';
import type { TimelineView } from './view.ts';

/** For five nodes. */
const HEIGHT = 675;
/** lanes' distance: never closer than readable, never further than the eye jumps */
const LANE = { least: 44, most: 84 };

export function layoutTimeline(view: TimelineView): Sheet {
  const draft = new Draft(WIDTH);
  const columns = columnsOf([view], view.tracks, view);
  const { left, right } = columns;
  const top = TITLE_END + flagsHeight(view, columns) + 14;
  const legend = layoutLegend(view, new Draft(WIDTH), Math.min(left, 74), right, 0);
  const operations = operationsHeight(view);
  const fixed = top + operations + AXIS + legend + view.tracks.length * TRACK.least;
  const lanes = view.lanes.length;
  const most = Math.max(LANE.least, Math.min(LANE.most, (TALLEST - fixed) / Math.max(lanes, 1)));
  const laneHeight =
    lanes === 0 ? 0 : Math.min(most, Math.max(LANE.least, lanes > 5 ? 52 : 49, (HEIGHT - fixed) / lanes));
  const spare = HEIGHT - fixed - lanes * laneHeight;
  const trackHeight =
    view.tracks.length === 0
      ? 0
      : Math.min(TRACK.most, TRACK.least + Math.max(0, spare) / view.tracks.length);

  const place = placeOf(view, draft, columns, top, laneHeight);
  const operationsEnd = place.bottom + operations;
  const axisTop = operationsEnd + view.tracks.length * trackHeight;
  layoutAxis(draft, columns, view, [[top, axisTop]], axisTop, plateOf(place));
  layoutTitle(draft, view);
  layoutFlags(place, TITLE_END + 6);
  layoutLanes(place);
  layoutMessages(place);
  layoutOperations(place);
  layoutTracks(draft, columns, view, view.tracks, operationsEnd, trackHeight);
  layoutStep(place, axisTop);
  const end = layoutLegend(view, draft, Math.min(left, 74), right, axisTop + AXIS);
  const plot = { x: left, y: TITLE_END, width: right - left, height: axisTop - TITLE_END };
  return draft.done(Math.min(TALLEST, end), plot);
}
