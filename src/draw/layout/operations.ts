import type { Paint } from '../palette.ts';
import { cross, px } from '../sheet.ts';
import { fitting, shorten } from '../text.ts';
import type { OperationView } from '../view/operations.ts';
import type { RunView } from '../view.ts';
import type { Place } from './place.ts';

const ROW = 38;
/** between the lanes and the first row */
const GAP = 16;
const HALF = 15;
const SMALLEST = 26;

export const OUTCOMES: Readonly<
  Record<OperationView['outcome'], { sign: string; paint: Paint; word: string }>
> = {
  ok: { sign: '✓', paint: 'good', word: 'ok' },
  fail: { sign: '×', paint: 'bad', word: 'failed' },
  unknown: { sign: '?', paint: 'odd', word: 'unknown' },
  open: { sign: '', paint: 'quiet', word: 'under way' },
};

export const operationsHeight = (view: RunView): number =>
  view.processes.length > 0 ? GAP + view.processes.length * ROW : 0;

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
  const ring = op.marked ? ({ stroke: 'step', strokeWidth: 3 } as const) : {};
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
