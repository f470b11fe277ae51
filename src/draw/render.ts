import type { Run } from '../sim/scenario.ts';
import type { Picture, Theme } from './index.ts';
import { layoutComparison } from './layout/comparison.ts';
import { layoutTimeline } from './layout.ts';
import { toPng } from './png.ts';
import type { Sheet } from './sheet.ts';
import { toSvg } from './svg.ts';
import { comparisonView } from './view/comparison.ts';
import { timelineView, type ViewOptions } from './view.ts';

export interface DrawnOptions extends ViewOptions {
  /** a second run under the first, on the same axis of time; then `step` and `until` do not count */
  readonly against?: Run;
}

export interface RenderOptions extends DrawnOptions {
  readonly format: 'svg' | 'png';
}

/** The picture of a run, drawn in this thread: for the command line and tests. The bot draws through `createDraw`. */
export function renderTimeline(
  run: Run,
  options: RenderOptions & { readonly format: 'svg' },
): Promise<string>;
export function renderTimeline(
  run: Run,
  options: RenderOptions & { readonly format: 'png' },
): Promise<Uint8Array>;
export function renderTimeline(run: Run, options: RenderOptions): Promise<string | Uint8Array>;
export async function renderTimeline(run: Run, options: RenderOptions): Promise<string | Uint8Array> {
  const svg = await timelineSvg(run, options);
  return options.format === 'svg' ? svg : (await toPng(svg)).bytes;
}

export const timelineSvg = (run: Run, options: DrawnOptions = {}): Promise<string> =>
  toSvg(sheetOf(run, options), options.theme);

export const timelinePicture = async (run: Run, options: DrawnOptions = {}): Promise<Picture> =>
  toPng(await timelineSvg(run, options));

const sheetOf = (run: Run, { against, ...options }: DrawnOptions): Sheet =>
  against === undefined
    ? layoutTimeline(timelineView(run, options))
    : layoutComparison(comparisonView(run, against));

export type { Theme };
