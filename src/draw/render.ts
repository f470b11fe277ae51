import type { Run } from '../sim/scenario.ts';
import type { Picture, Theme } from './index.ts';
import { layoutTimeline } from './layout.ts';
import { toPng } from './png.ts';
import { toSvg } from './svg.ts';
import { timelineView, type ViewOptions } from './view.ts';

export interface RenderOptions extends ViewOptions {
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

export const timelineSvg = (run: Run, options: ViewOptions = {}): Promise<string> =>
  toSvg(layoutTimeline(timelineView(run, options)), options.theme);

export const timelinePicture = async (run: Run, options: ViewOptions = {}): Promise<Picture> =>
  toPng(await timelineSvg(run, options));

export type { Theme };
