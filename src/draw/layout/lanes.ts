import { line, px } from '../sheet.ts';
import { fitting, shorten, textWidth } from '../text.ts';
import type { BarView, LaneView } from '../view/lanes.ts';
import type { Place } from './place.ts';

/** Half the height of a quiet bar, and of one with a label. */
const THIN = 5;
const TALL = 13;

export const halfHeight = (bar: BarView | undefined): number =>
  bar === undefined || (bar.kind === 'state' && bar.tone === 'quiet') ? THIN : TALL;

/** The bar of a lane at a time. */
export function barAt(lane: LaneView, us: number): BarView | undefined {
  const { bars } = lane;
  let low = 0;
  let high = bars.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bars[middle]!.to > us) high = middle;
    else low = middle + 1;
  }
  return bars[low];
}

export function layoutLanes(place: Place): void {
  const { view, draft, left } = place;
  view.lanes.forEach((lane, i) => {
    const y = place.y(i);
    draft.word(shorten(lane.node, left - 30, 24, 600), left - 16, y, {
      size: 24,
      weight: 600,
      align: 'right',
    });
    for (const bar of lane.bars) layoutBar(place, bar, y);
  });
  for (const fault of view.faults) {
    const path = fault.cuts
      .map((lane) => line(place.x(fault.from), cutY(place, lane), place.x(fault.to), cutY(place, lane)))
      .join('');
    if (path !== '') draft.lines.push({ path, stroke: 'fault', strokeWidth: 3, dash: [10, 7] });
  }
}

const cutY = (place: Place, lane: number) => place.y(lane) - place.laneHeight / 2;

function layoutBar({ draft, x, laneHeight }: Place, bar: BarView, y: number): void {
  const x1 = x(bar.from);
  const x2 = Math.max(x(bar.to), x1 + 3);
  const width = px(x2 - x1);
  const tall = halfHeight(bar) === TALL;
  if (!tall) {
    draft.boxes.push({ x: px(x1), y: px(y - THIN), width, height: 2 * THIN, fill: bar.tone });
    return;
  }
  const down = bar.kind !== 'state';
  if (down)
    draft.areas.push({
      x: px(x1),
      y: px(y - laneHeight / 2 + 2),
      width,
      height: px(laneHeight - 4),
      fill: 'fault',
      fillOpacity: bar.kind === 'crashed' ? 0.16 : 0.09,
    });
  draft.boxes.push({
    x: px(x1),
    y: px(y - TALL),
    width,
    height: 2 * TALL,
    radius: down ? 3 : 5,
    ...(down
      ? {
          fill: 'background',
          stroke: bar.kind === 'crashed' ? 'lost' : 'warm',
          strokeWidth: 2,
          dash: bar.kind === 'crashed' ? [5, 4] : [2, 3],
        }
      : { fill: bar.tone, stroke: 'background', strokeWidth: 2 }),
  });
  const room = x2 - x1 - 6;
  const usual = fitting(bar.words, room, 20, 600);
  const text = usual ?? fitting(bar.words, x2 - x1 - 2, 17, 600);
  if (text === undefined) return;
  const size = usual === undefined ? 17 : 20;
  const tight = textWidth(text, size, 600) + 22 > x2 - x1;
  const paint =
    bar.kind === 'crashed' ? 'lost' : bar.kind === 'paused' ? 'warm' : (`on ${bar.tone}` as const);
  if (tight) draft.word(text, (x1 + x2) / 2, y, { paint, size, weight: 600, align: 'center' });
  else draft.word(text, x1 + 10, y, { paint, size, weight: 600 });
}
