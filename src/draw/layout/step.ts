import { cross, line, px } from '../sheet.ts';
import { textWidth } from '../text.ts';
import { duration } from '../view/time.ts';
import { headOf, INKS, tips } from './arrows.ts';
import { layoutPlate, type Plate, plateAt } from './axis.ts';
import { wayOf } from './messages.ts';
import type { Place } from './place.ts';

/** The playhead with what is looked at, and the blank after a cut. */
export function layoutStep(place: Place, axisTop: number): void {
  const { view, draft, x, top, bottom, right } = place;
  if (view.until !== undefined && view.until < view.to) {
    const at = x(view.until);
    draft.pointers.push({ path: line(at, top, at, axisTop), stroke: 'muted', strokeWidth: 2, dash: [6, 6] });
    if (right - at > 60)
      draft.word('?', (at + right) / 2, (top + bottom) / 2, {
        paint: 'muted',
        size: 84,
        weight: 700,
        align: 'center',
      });
  }
  const { step } = view;
  if (step === undefined) return;
  const at = x(step.at);
  // what is yet to come steps back
  if (right - at > 4)
    draft.veils.push({
      x: px(at),
      y: top,
      width: px(right - at + 2),
      height: axisTop - top,
      fill: 'background',
      fillOpacity: 0.5,
    });
  draft.pointers.push({ path: line(at, top - 4, at, axisTop + 2), stroke: 'step', strokeWidth: 2 });
  layoutPlate(draft, plateOf(place)!, axisTop);
  if (step.lane !== undefined) {
    const y = place.y(step.lane);
    draft.pointers.push({ path: circle(at, y, 11), stroke: 'step', strokeWidth: 3 });
  }
  if (step.message !== undefined) highlight(place, step.message);
}

/** The time under the playhead. */
export function plateOf(place: Place): Plate | undefined {
  const { step } = place.view;
  return step && plateAt(step.at, duration(step.at), place);
}

function highlight(place: Place, index: number): void {
  const { draft, view, left, right } = place;
  const message = view.messages[index]!;
  const way = wayOf(place, message);
  if (way === undefined) return;
  const arrived = message.fate === 'arrived' && way.ends;
  const { head } = INKS[message.ink];
  const { barbs, tip } = arrived ? headOf(way, head, 15) : { barbs: '', tip: '' };
  draft.pointers.push({
    path: line(way.x1, way.y1, way.x2, way.y2) + barbs,
    stroke: 'step',
    strokeWidth: 4,
  });
  if (tip !== '') draft.pointers.push(tips(tip, head, 15, 'step'));
  if (message.fate === 'lost')
    draft.pointers.push({ path: cross(way.x2, way.y2, 8), stroke: 'lost', strokeWidth: 4 });
  const text = message.label === '' ? message.name : `${message.name} · ${message.label}`;
  const width = textWidth(text, 20, 600) + 20;
  const x = (way.x1 + way.x2) / 2;
  const y = (way.y1 + way.y2) / 2;
  const toRight = x + 14 + width <= right;
  const from = toRight ? x + 14 : Math.max(left, x - 14 - width);
  draft.plates.push({
    x: px(from),
    y: px(y - 15),
    width: px(width),
    height: 30,
    radius: 6,
    fill: 'background',
    stroke: 'step',
    strokeWidth: 2,
  });
  draft.tag(text, from + width / 2, y, { weight: 600, align: 'center' });
}

const circle = (x: number, y: number, r: number) =>
  `M${px(x - r)},${px(y)}A${r},${r},0,1,1,${px(x + r)},${px(y)}A${r},${r},0,1,1,${px(x - r)},${px(y)}Z`;
