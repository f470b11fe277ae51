import { type Draft, px } from '../sheet.ts';
import { textWidth } from '../text.ts';
import { ticks } from '../view/time.ts';
import type { Columns } from './place.ts';

export const AXIS = 44;

/** A moment named on the axis itself, where a label would stand. */
export interface Plate {
  readonly text: string;
  readonly width: number;
  readonly middle: number;
}

export function plateAt(at: number, text: string, { x, left, right }: Columns): Plate {
  const width = textWidth(text, 20, 600) + 20;
  return { text, width, middle: Math.min(Math.max(x(at), left + width / 2), right - width / 2) };
}

export function layoutPlate(draft: Draft, plate: Plate, axisTop: number): void {
  draft.plates.push({
    x: px(plate.middle - plate.width / 2),
    y: axisTop + 2,
    width: px(plate.width),
    height: 28,
    radius: 14,
    fill: 'step',
  });
  draft.tag(plate.text, plate.middle, axisTop + 16, { paint: 'background', weight: 600, align: 'center' });
}

/** Labels under `top`, and lines through each of the stretches above it. */
export function layoutAxis(
  draft: Draft,
  columns: Columns,
  { from, to }: { readonly from: number; readonly to: number },
  stretches: readonly (readonly [number, number])[],
  top: number,
  plate: Plate | undefined,
): void {
  const { x, left, right } = columns;
  const { at, label } = ticks(from, to, 11);
  const every = ticks(from, to, 6.5);
  let grid = '';
  for (const [y1, y2] of stretches) for (const us of at) grid += `M${x(us).toFixed(1)},${px(y1)}V${px(y2)}`;
  if (grid !== '') draft.lines.push({ path: grid, stroke: 'grid', strokeWidth: 2 });
  let free = Number.NEGATIVE_INFINITY;
  for (const us of every.at) {
    const text = every.label(us) ?? label(us);
    const width = textWidth(text, 20);
    const start = Math.min(Math.max(x(us) - width / 2, left), right - width);
    const covered = plate && Math.abs(start + width / 2 - plate.middle) < (width + plate.width) / 2 + 8;
    if (start < free || covered) continue;
    draft.word(text, start, top + 16, { paint: 'muted' });
    free = start + width + 16;
  }
}
