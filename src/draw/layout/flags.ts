import type { Paint } from '../palette.ts';
import { line, px } from '../sheet.ts';
import { fitting, shorten, textWidth } from '../text.ts';
import type { FaultView } from '../view/faults.ts';
import type { RunView } from '../view.ts';
import type { Place } from './place.ts';

const ROW = 32;
const BOX = 28;
const MOST_ROWS = 4;
/** a fault over nearly the whole window says so by its name alone: shading everything shows nothing */
const WHOLE = 0.85;

/** Something named above the lanes: its stretch, and where its name goes. */
interface Flag {
  readonly kind: 'fault' | 'violation';
  readonly x1: number;
  readonly x2: number;
  readonly text: string;
  readonly textX: number;
  readonly inside: boolean;
  readonly paint: Paint;
  readonly row: number;
  readonly fault?: FaultView;
}

interface Frame {
  x(us: number): number;
  readonly left: number;
  readonly right: number;
}

/** What stands above the lanes takes so much. */
export function flagsHeight(view: RunView, frame: Frame): number {
  return (rowsOf(flagsOf(view, frame)) + (view.span ? 1 : 0)) * ROW;
}

const rowsOf = (flags: readonly Flag[]) => flags.reduce((most, flag) => Math.max(most, flag.row + 1), 0);

/** Faults and violations by name, with what they cover of the lanes, and the measured span. */
export function layoutFlags(place: Place, start: number): void {
  const { view, draft, top, bottom } = place;
  const flags = flagsOf(view, place);
  const share = (view.to - view.from) * WHOLE;
  for (const flag of flags) {
    const y = start + flag.row * ROW;
    const width = Math.max(flag.x2 - flag.x1, 3);
    const { fault } = flag;
    if (flag.kind === 'violation') {
      draft.marks.push({
        path: line(flag.x1, y + 4, flag.x1, bottom),
        stroke: flag.paint,
        strokeWidth: 2,
        dash: [3, 4],
      });
      draft.word(flag.text, flag.textX, y + BOX / 2, { paint: flag.paint, weight: 600 });
      continue;
    }
    if (fault === undefined) continue;
    const everywhere = fault.lanes === undefined && fault.to - fault.from < share;
    // what cuts the picture in two stands out; a condition of some nodes, or of the whole run, does not
    const loud = everywhere ? {} : { fillOpacity: 0.3 };
    draft.boxes.push({ x: px(flag.x1), y, width: px(width), height: BOX, fill: 'fault', ...loud, radius: 3 });
    const paint = flag.inside && everywhere ? 'on bad' : 'fault text';
    draft.word(flag.text, flag.textX, y + BOX / 2, { paint, weight: 600 });
    if (fault.lanes !== undefined) {
      for (const lane of fault.lanes)
        draft.areas.push({
          x: px(flag.x1),
          y: px(place.y(lane) - place.laneHeight / 2 + 3),
          width: px(width),
          height: px(place.laneHeight - 6),
          fill: 'fault',
          fillOpacity: 0.16,
        });
    } else if (everywhere) {
      draft.areas.push({
        x: px(flag.x1),
        y: top,
        width: px(width),
        height: bottom - top,
        fill: 'fault',
        fillOpacity: 0.16,
      });
      const edges = line(flag.x1, y + BOX, flag.x1, bottom) + line(flag.x2, y + BOX, flag.x2, bottom);
      draft.lines.push({ path: edges, stroke: 'fault', strokeWidth: 2 });
    }
  }
  if (view.span) layoutSpan(place, start + rowsOf(flags) * ROW + BOX / 2);
}

function flagsOf(view: RunView, frame: Frame): Flag[] {
  const ends: number[] = [];
  const flags: Flag[] = [];
  const put = (flag: Omit<Flag, 'row'>, left: number, right: number) => {
    const free = ends.findIndex((end) => end + 10 <= left);
    const row = free >= 0 ? free : ends.length;
    if (row >= MOST_ROWS) return;
    ends[row] = right;
    flags.push({ ...flag, row });
  };
  for (const fault of view.faults) {
    const x1 = frame.x(fault.from);
    const x2 = Math.max(frame.x(fault.to), x1 + 3);
    const inside = fitting(fault.words, x2 - x1 - 18, 20, 600);
    const beside = inside ?? fitting(fault.words, frame.right - x2 - 8, 20, 600);
    const before = beside ?? fitting(fault.words, x1 - frame.left - 8, 20, 600);
    const text = before ?? '';
    const width = textWidth(text, 20, 600);
    const textX = inside !== undefined ? x1 + 10 : beside !== undefined ? x2 + 8 : x1 - 8 - width;
    const flag = {
      kind: 'fault',
      x1,
      x2,
      text,
      textX,
      inside: inside !== undefined,
      paint: 'fault',
      fault,
    } as const;
    put(flag, Math.min(x1, textX), Math.max(x2, textX + width));
  }
  for (const violation of view.violations) {
    const x1 = frame.x(violation.at);
    const text = shorten(`× ${violation.text}`, 420, 20, 600);
    const width = textWidth(text, 20, 600);
    const textX = x1 + 8 + width <= frame.right ? x1 + 8 : x1 - 8 - width;
    const paint = violation.promised ? 'lost' : 'warm';
    const flag = { kind: 'violation', x1, x2: x1, text, textX, inside: false, paint } as const;
    put(flag, Math.min(x1, textX), Math.max(x1, textX + width));
  }
  return flags;
}

/** The key figure, measured like a length in a drawing. */
function layoutSpan({ view, draft, x, left, right }: Place, y: number): void {
  const { from, to, label } = view.span!;
  const x1 = x(from);
  const x2 = x(to);
  const text = shorten(label, right - left, 20, 600);
  const width = textWidth(text, 20, 600);
  const style = { paint: 'span', weight: 600 } as const;
  const stops = line(x1, y - 10, x1, y + 10) + line(x2, y - 10, x2, y + 10);
  const within = width + 60 <= x2 - x1;
  const middle = (x1 + x2) / 2;
  const rule = within
    ? line(x1, y, middle - width / 2 - 8, y) + line(middle + width / 2 + 8, y, x2, y)
    : line(x1, y, x2, y);
  draft.marks.push({ path: stops + rule, stroke: 'span', strokeWidth: 2 });
  const afterwards = x2 + 10 + width <= right;
  const before = x1 - 10 - width >= left;
  const start = within
    ? middle - width / 2
    : afterwards
      ? x2 + 10
      : before
        ? x1 - 10 - width
        : Math.min(Math.max(middle - width / 2, left), right - width);
  // a fault's edge passes behind
  draft.boxes.push({ x: px(start - 6), y: y - 12, width: px(width + 12), height: 24, fill: 'background' });
  draft.word(text, start, y, style);
}
