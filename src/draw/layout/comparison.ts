import { Draft, line, type Sheet } from '../sheet.ts';
import type { ComparedView, ComparisonView } from '../view/comparison.ts';
import { AXIS, layoutAxis, layoutPlate, plateAt } from './axis.ts';
import { flagsHeight, layoutFlags } from './flags.ts';
import { layoutLanes } from './lanes.ts';
import { layoutLegend } from './legend.ts';
import { layoutMessages } from './messages.ts';
import { layoutOperations, operationsHeight } from './operations.ts';
import { columnsOf, type Place, placeOf, TALLEST, WIDTH } from './place.ts';
import { layoutCaption, layoutTitle, TITLE_END } from './title.ts';
import { layoutTracks, TRACK } from './tracks.ts';

/** Two pictures of 675 less the words they share, if the lanes can be read at that. */
const HEIGHT = 1200;
const LANE = { least: 40, most: 54 };
const CAPTION = 48;
/** between the two runs */
const GAP = 12;

export function layoutComparison(view: ComparisonView): Sheet {
  const { runs, tracks } = view;
  const draft = new Draft(WIDTH);
  const columns = columnsOf(runs, tracks, view);
  const { left, right } = columns;
  const edge = Math.min(left, 74);
  const lanes = runs[0].lanes.length + runs[1].lanes.length;
  const above = runs.map((run) => CAPTION + flagsHeight(run, columns) + 10);
  const around = runs.reduce((sum, run, i) => sum + above[i]! + operationsHeight(run), GAP);
  const legend = layoutLegend(view, new Draft(WIDTH), edge, right, 0);
  const fixed = TITLE_END + around + tracks.length * TRACK.least + AXIS + legend;
  const laneHeight = Math.min(LANE.most, Math.max(LANE.least, (HEIGHT - fixed) / Math.max(lanes, 1)));

  let y = TITLE_END;
  const places = runs.map((run, i): { start: number; place: Place; end: number } => {
    const start = y + (i > 0 ? GAP : 0);
    const place = placeOf(run, draft, columns, start + above[i]!, laneHeight);
    y = place.bottom + operationsHeight(run);
    return { start, place, end: y };
  });
  const axisTop = y + tracks.length * TRACK.least;
  const stretches = places.map(({ place, end }) => [place.top, end] as const);
  if (tracks.length > 0) stretches.push([y, axisTop]);
  const { difference } = view;
  const plate = difference && plateAt(difference.at, difference.label, columns);
  layoutAxis(draft, columns, view, stretches, axisTop, plate);
  layoutTitle(draft, view);
  places.forEach(({ start, place }, i) => {
    layoutRun(place, runs[i]!, start);
  });
  layoutTracks(draft, columns, view, tracks, y, TRACK.least);
  if (difference && plate) {
    const x = columns.x(difference.at);
    draft.lines.push({
      path: stretches.map(([y1, y2]) => line(x, y1 - 4, x, y2 + 2)).join(''),
      stroke: 'step',
      strokeWidth: 2,
      dash: [2, 5],
    });
    layoutPlate(draft, plate, axisTop);
  }
  const end = layoutLegend(view, draft, edge, right, axisTop + AXIS);
  return draft.done(Math.min(TALLEST, end), {
    x: left,
    y: TITLE_END,
    width: right - left,
    height: axisTop - TITLE_END,
  });
}

function layoutRun(place: Place, run: ComparedView, start: number): void {
  const { draft } = place;
  draft.lines.push({ path: line(0, start, WIDTH, start), stroke: 'grid', strokeWidth: 2 });
  layoutCaption(draft, run, start + 26);
  layoutFlags(place, start + CAPTION);
  layoutLanes(place);
  layoutMessages(place);
  layoutOperations(place);
}
