import type { Ink } from '../../sim/scenario.ts';
import type { Paint } from '../palette.ts';
import { cross, line, px } from '../sheet.ts';
import { textWidth } from '../text.ts';
import type { MessageView } from '../view/messages.ts';
import { headOf, INKS, tips, type Way } from './arrows.ts';
import { barAt, halfHeight } from './lanes.ts';
import type { Place } from './place.ts';

/** Labels are written on arrows only where these are few enough to have one each. */
const FEW = 24;

export function layoutMessages(place: Place): void {
  const { view, draft } = place;
  const ways = view.messages.map((message) => wayOf(place, message));
  const lines = new Map<Ink, string>();
  const heads = new Map<Ink, string>();
  let lostWays = '';
  let crosses = '';
  view.messages.forEach((message, i) => {
    const way = ways[i];
    if (way === undefined) return;
    if (message.fate === 'lost') {
      lostWays += line(way.x1, way.y1, way.x2, way.y2);
      if (way.ends) crosses += cross(way.x2, way.y2, 5);
      return;
    }
    const { head, size } = INKS[message.ink];
    const arrives = message.fate === 'arrived' && way.ends;
    const { barbs, tip } = arrives ? headOf(way, head, size) : { barbs: '', tip: '' };
    lines.set(message.ink, (lines.get(message.ink) ?? '') + line(way.x1, way.y1, way.x2, way.y2) + barbs);
    if (tip !== '') heads.set(message.ink, (heads.get(message.ink) ?? '') + tip);
  });
  // the order of `messages`: the inks that matter last
  for (const [ink, path] of lines) {
    const paint: Paint = `ink ${ink}`;
    const { width, head, size } = INKS[ink];
    draft.links.push({ path, stroke: paint, strokeWidth: width });
    const heading = heads.get(ink);
    if (heading !== undefined) draft.links.push(tips(heading, head, size, paint));
  }
  if (lostWays !== '') draft.links.push({ path: lostWays, stroke: 'lost way', strokeWidth: 2 });
  if (crosses !== '') draft.marks.push({ path: crosses, stroke: 'lost', strokeWidth: 3 });
  if (view.messages.length <= FEW) labelMessages(place, ways);
}

export function wayOf(place: Place, message: MessageView): Way | undefined {
  const { view } = place;
  const down = Math.sign(message.to - message.from);
  const from = view.lanes[message.from]!;
  const to = view.lanes[message.to]!;
  const start = place.y(message.from) + down * (halfHeight(barAt(from, message.sent)) + 1);
  const room = message.fate === 'lost' ? 7 : 1;
  const goal = place.y(message.to) - down * (halfHeight(barAt(to, message.ended)) + room);
  // a cut lies between lanes' middles, so the way to it is measured from there
  const middle = place.y(message.from) + (place.y(message.to) - place.y(message.from)) * message.reach;
  const reach =
    message.fate === 'lost' && message.reach < 1 ? middle : start + (goal - start) * message.reach;
  const length = Math.max(1, message.ended - message.sent);
  const at = (us: number) => start + (reach - start) * ((us - message.sent) / length);
  const t1 = Math.max(view.from, message.sent);
  const t2 = Math.min(view.to, message.ended);
  if (t2 < t1) return undefined;
  const x2 = place.x(t2);
  return {
    x1: place.x(t1),
    y1: at(t1),
    x2,
    y2: message.ended > message.sent ? at(t2) : reach,
    ends: t2 === message.ended,
  };
}

interface Rect {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** Names on arrows, where they cover neither another arrow nor another name. */
function labelMessages(place: Place, ways: readonly (Way | undefined)[]): void {
  const { view, draft, left, right } = place;
  const taken: Rect[] = [];
  const lanes = view.lanes.map((_, i) => {
    const y = place.y(i);
    return { x1: left, x2: right, y1: y - 15, y2: y + 15 };
  });
  view.messages.forEach((message, i) => {
    const way = ways[i];
    if (way === undefined || message.label === '') return;
    const width = textWidth(message.label, 17) + 8;
    for (const { x, y } of spots(way, width)) {
      const box = { x1: x - width / 2, x2: x + width / 2, y1: y - 10, y2: y + 10 };
      const free =
        box.x1 >= left &&
        box.x2 <= right &&
        lanes.every((lane) => !overlap(box, lane)) &&
        !taken.some((other) => overlap(box, other)) &&
        !ways.some((other, j) => j !== i && other !== undefined && crosses(other, box));
      if (!free) continue;
      taken.push(box);
      draft.boxes.push({ x: px(box.x1), y: px(box.y1), width: px(width), height: 20, fill: 'background' });
      draft.word(message.label, x, y, { paint: 'muted', size: 17, align: 'center' });
      break;
    }
  });
}

/** On the arrow, in its middle if possible; beside it where the name would hide most of it. */
function* spots(way: Way, width: number): Generator<{ readonly x: number; readonly y: number }> {
  const dx = way.x2 - way.x1;
  const dy = way.y2 - way.y1;
  const hidden = Math.min(20 / Math.abs(dy || 1), width / Math.abs(dx || 1));
  // clear of the arrow over the name's whole height
  const beside = width / 2 + Math.abs((dx / (dy || 1)) * 10) + 4;
  for (const share of [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8]) {
    const x = way.x1 + dx * share;
    const y = way.y1 + dy * share;
    if (hidden < 0.5) yield { x, y };
    else if (beside < width) yield* [beside, -beside].map((aside) => ({ x: x + aside, y }));
  }
}

const overlap = (a: Rect, b: Rect) => a.x1 < b.x2 && b.x1 < a.x2 && a.y1 < b.y2 && b.y1 < a.y2;

/** Whether a line runs through a box (Liang & Barsky's clipping). */
function crosses(way: Way, box: Rect): boolean {
  let enter = 0;
  let leave = 1;
  const dx = way.x2 - way.x1;
  const dy = way.y2 - way.y1;
  for (const [p, q] of [
    [-dx, way.x1 - box.x1],
    [dx, box.x2 - way.x1],
    [-dy, way.y1 - box.y1],
    [dy, box.y2 - way.y1],
  ] as const) {
    if (p === 0) {
      if (q < 0) return false;
    } else if (p < 0) enter = Math.max(enter, q / p);
    else leave = Math.min(leave, q / p);
  }
  return enter <= leave;
}
