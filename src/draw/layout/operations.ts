import type { Paint } from '../palette.ts';
import { cross, type Draft, px } from '../sheet.ts';
import { fitting, shorten, textWidth } from '../text.ts';
import type { OperationView } from '../view/operations.ts';
import type { RunView } from '../view.ts';
import type { Place } from './place.ts';

const ROW = 38;
/** between the lanes and the first row */
const GAP = 16;
const HALF = 15;
const SMALLEST = 26;
/** radius of the sign on a blamed operation, and the height of the line that says why */
const SIGN = 10;
const BLAMED = 34;

export const OUTCOMES: Readonly<
  Record<OperationView['outcome'], { sign: string; paint: Paint; word: string }>
> = {
  ok: { sign: '✓', paint: 'good', word: 'ok' },
  fail: { sign: '×', paint: 'bad', word: 'failed' },
  unknown: { sign: '?', paint: 'odd', word: 'unknown' },
  open: { sign: '', paint: 'quiet', word: 'under way' },
};

export const operationsHeight = (view: RunView): number =>
  view.processes.length > 0 ? GAP + view.processes.length * ROW + (view.blame === undefined ? 0 : BLAMED) : 0;

export function layoutOperations(place: Place): void {
  const { view, draft, left } = place;
  const top = place.bottom + GAP;
  view.processes.forEach((row, i) => {
    const y = top + (i + 0.5) * ROW;
    draft.word(shorten(row.process, left - 30, 22), left - 16, y, {
      paint: 'muted',
      size: 22,
      align: 'right',
    });
    let taken = left;
    row.operations.forEach((operation, j) => {
      const next = row.operations[j + 1];
      const free = next ? place.x(next.from) : place.right;
      taken = layoutOperation(place, operation, y, taken, free);
    });
  });
  if (view.blame === undefined) return;
  const y = top + view.processes.length * ROW + BLAMED / 2 - 1;
  layoutSign(draft, left - 26, y);
  const size = [20, 18].find((s) => textWidth(view.blame!, s) <= place.right - left) ?? 18;
  draft.word(shorten(view.blame, place.right - left, size), left, y, { paint: 'lost', size });
}

/**
 * The call and its sign within the bar; else the sign within and the call beside it; else the sign alone. `taken`
 * and `free` bound the room in px; returns where this one ends.
 */
function layoutOperation(
  { draft, x, right }: Place,
  op: OperationView,
  y: number,
  taken: number,
  free: number,
): number {
  const { sign, paint } = OUTCOMES[op.outcome];
  const x1 = x(op.from);
  const room = Math.min(free - 4, right) - x1;
  const real = Math.max(3, x(op.to) - x1);
  // a bar too short to hold its sign is made as long as the sign, if nothing stands there
  const width = px(real >= SMALLEST || room < SMALLEST || op.outcome === 'open' ? real : SMALLEST);
  const ring = op.blamed ? ({ stroke: 'step', strokeWidth: 3 } as const) : {};
  const open = op.outcome === 'open';
  draft.boxes.push({
    x: px(x1),
    y: y - HALF,
    width,
    height: 2 * HALF,
    radius: 4,
    ...(open
      ? { fill: 'background', stroke: 'quiet', strokeWidth: 2, dash: [2, 3] }
      : { fill: paint, ...ring }),
  });
  if (op.blamed) layoutSign(draft, x1 + width, y - HALF);
  const style = { weight: 600, paint: open ? 'muted' : (`on ${paint}` as Paint), align: 'center' } as const;
  const within = fitting(
    op.words.map((words) => `${words} ${sign}`.trim()),
    width - 12,
    20,
    600,
  );
  if (within !== undefined) {
    draft.word(within, x1 + width / 2, y, style);
    return x1 + width;
  }
  if (width >= SMALLEST) draft.word(sign, x1 + width / 2, y, style);
  else if (op.outcome === 'fail')
    draft.marks.push({ path: cross(x1 + width / 2, y, 6), stroke: 'text', strokeWidth: 2 });
  // a bare `put` beside its bar says less than nothing
  const calls = op.words.slice(0, -1);
  const beside = fitting(calls, Math.min(free - 12, right) - (x1 + width + 8), 20);
  if (beside !== undefined) return x1 + width + 8 + draft.word(beside, x1 + width + 8, y, { paint: 'muted' });
  const before = fitting(calls, x1 - 8 - taken - 12, 20);
  if (before !== undefined) draft.word(before, x1 - 8, y, { paint: 'muted', align: 'right' });
  return x1 + width;
}

/** The sign of an operation a verdict speaks of: a disc on its corner, so that the bar's own words stay. */
function layoutSign(draft: Draft, x: number, y: number): void {
  draft.plates.push({
    x: px(x - SIGN),
    y: px(y - SIGN),
    width: 2 * SIGN,
    height: 2 * SIGN,
    radius: SIGN,
    fill: 'lost',
    stroke: 'background',
    strokeWidth: 2,
  });
  draft.tag('!', x, y, { paint: 'background', size: 17, weight: 700, align: 'center' });
}
