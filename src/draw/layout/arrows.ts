import type { Ink } from '../../sim/scenario.ts';
import type { Paint } from '../palette.ts';
import { px, type Stroke } from '../sheet.ts';

/** A message as a line in px, clipped to the window. */
export interface Way {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  /** its end is within the window */
  readonly ends: boolean;
}

/** How each ink is drawn. Heads differ in shape, for whom colours do not. */
export const INKS: Readonly<Record<Ink, { width: number; head: Head; size: number }>> = {
  quiet: { width: 1.6, head: 'open', size: 6 },
  reply: { width: 1.4, head: 'open', size: 5 },
  ask: { width: 2.6, head: 'hollow', size: 9 },
  grant: { width: 2.6, head: 'round', size: 9 },
  data: { width: 2.6, head: 'filled', size: 9 },
  decide: { width: 2.8, head: 'diamond', size: 10 },
  bad: { width: 2.8, head: 'filled', size: 9 },
};
export type Head = 'open' | 'hollow' | 'filled' | 'round' | 'diamond';

/** An arrow's head: `barbs` are stroked with its line, `tip` is a shape of its own. Paths, to be joined with others'. */
export interface HeadPaths {
  readonly barbs: string;
  readonly tip: string;
}

export function headOf(way: Way, head: Head, size: number): HeadPaths {
  const length = Math.hypot(way.x2 - way.x1, way.y2 - way.y1) || 1;
  const ux = (way.x2 - way.x1) / length;
  const uy = (way.y2 - way.y1) / length;
  const point = (back: number, side: number) =>
    `${px(way.x2 - ux * back - uy * side)},${px(way.y2 - uy * back + ux * side)}`;
  const tip = `${px(way.x2)},${px(way.y2)}`;
  const half = size * 0.5;
  switch (head) {
    case 'open':
      return { barbs: `M${point(size, half)}L${tip}L${point(size, -half)}`, tip: '' };
    case 'hollow':
    case 'filled':
      return { barbs: '', tip: `M${tip}L${point(size * 1.1, half)}L${point(size * 1.1, -half)}Z` };
    // a line of no length with a round cap: a dot as wide as the line
    case 'round':
      return { barbs: '', tip: `M${point(size * 0.45, 0)}h0` };
    case 'diamond':
      return {
        barbs: '',
        tip: `M${tip}L${point(half * 1.1, half * 0.8)}L${point(size * 1.1, 0)}L${point(half * 1.1, -half * 0.8)}Z`,
      };
  }
}

/** How the tips of one kind are painted. */
export function tips(path: string, head: Head, size: number, paint: Paint): Stroke {
  if (head === 'hollow') return { path, fill: 'background', stroke: paint, strokeWidth: 2 };
  if (head === 'round') return { path, stroke: paint, strokeWidth: px(size * 0.9), cap: 'round' };
  return { path, fill: paint };
}
