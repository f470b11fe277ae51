import { createRequire } from 'node:module';
import type Gifenc from 'gifenc';
import type { Run } from '../sim/scenario.ts';
import type { Picture } from './index.ts';
import { layoutTimeline } from './layout.ts';
import { PALETTES } from './palette.ts';
import { toPixels } from './png.ts';
import { toSvg } from './svg.ts';
import { type TimelineView, timelineView, type ViewOptions } from './view.ts';

// a CommonJS package whose `default` tools unwrap differently
const gifenc: typeof Gifenc = createRequire(import.meta.url)('gifenc');
const { applyPalette, GIFEncoder, quantize } = gifenc;

const WIDTH = 900;
export const FRAMES = 40;
const COLOURS = 64;
/** ms */
const STEP = 80;
const PAUSE = 700;
const END = 3500;
/** width of the playhead in px */
const HEAD = 3;

/**
 * The picture of a run revealed from left to right. Time is the x axis, so a later frame differs from the one before
 * only in the columns between two playheads: each frame stores just those, in the one palette of the whole picture.
 */
export async function renderAnimation(run: Run, options: ViewOptions = {}): Promise<Picture> {
  const theme = options.theme ?? 'dark';
  const view = timelineView(run, { ...options, step: undefined });
  const sheet = layoutTimeline(view);
  const { rgba, width, height } = await toPixels(await toSvg(sheet, theme), WIDTH);
  const palette = paletteOf(rgba, PALETTES[theme].background, PALETTES[theme].step);
  const whole = applyPalette(rgba, palette, 'rgb565');

  const scale = width / sheet.width;
  const plot = sheet.plot ?? { x: 0, y: 0, width: sheet.width, height: sheet.height };
  const left = Math.floor(plot.x * scale);
  const right = width;
  const top = Math.ceil(plot.y * scale);
  const bottom = Math.floor((plot.y + plot.height) * scale);
  const column = (us: number) =>
    Math.round((plot.x + ((us - view.from) / (view.to - view.from)) * plot.width) * scale);

  const gif = GIFEncoder({ auto: false, initialCapacity: 1 << 18 });
  const depth = Math.log2(COLOURS);
  const blank = whole.slice();
  for (let y = top; y < bottom; y++) blank.fill(0, y * width + left, y * width + right);
  gif.writeHeader();
  gif.writeFrame(blank, width, height, {
    first: true,
    palette,
    delay: STEP * 4,
    repeat: 0,
    colorDepth: depth,
  });

  const stops = stopsOf(view, column, left, Math.round((plot.x + plot.width) * scale));
  let from = left;
  stops.forEach((stop, i) => {
    const last = i === stops.length - 1;
    const to = last ? right : Math.min(right, stop.x + HEAD);
    const patch = new Uint8Array((to - from) * (bottom - top));
    for (let y = top; y < bottom; y++) {
      const row = (y - top) * (to - from);
      patch.set(whole.subarray(y * width + from, y * width + to), row);
      if (!last) patch.fill(1, row + stop.x - from, row + to - from);
    }
    const start = gif.bytesView().length;
    gif.writeFrame(patch, to - from, bottom - top, { delay: last ? END : stop.delay, colorDepth: depth });
    place(gif.bytesView(), start, from, top);
    from = stop.x;
  });
  gif.finish();
  return { bytes: gif.bytes(), mime: 'image/gif', width, height };
}

/** Background and playhead first, then what represents the rest best; always COLOURS entries. */
function paletteOf(rgba: Uint8Array, background: string, head: string): number[][] {
  const palette = [rgbOf(background), rgbOf(head), ...quantize(rgba, COLOURS - 2, { format: 'rgb565' })];
  while (palette.length < COLOURS) palette.push([0, 0, 0]);
  return palette;
}

const rgbOf = (hex: string): number[] => [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));

/** Where the playhead stands in each frame, evenly but for telling moments, which it meets and stays at. */
function stopsOf(
  view: TimelineView,
  column: (us: number) => number,
  left: number,
  right: number,
): { x: number; delay: number }[] {
  const telling = [...new Set(tellingMoments(view).map(column))].sort((a, b) => a - b);
  const count = FRAMES - 1;
  return Array.from({ length: count }, (_, i) => {
    const before = left + ((right - left) * i) / count;
    const x = left + ((right - left) * (i + 1)) / count;
    const moment = telling.findLast((m) => m > before && m <= x);
    return { x: Math.round(moment ?? x), delay: moment === undefined ? STEP : PAUSE };
  });
}

/** Faults, takeovers, what the key figure measures, violations. */
function tellingMoments(view: TimelineView): number[] {
  return [
    ...view.faults.map((fault) => fault.from),
    ...view.lanes.flatMap((lane) =>
      lane.bars
        .filter((bar) => bar.kind !== 'state' || bar.tone === 'strong' || bar.tone === 'bad')
        .map((bar) => bar.from),
    ),
    ...(view.span ? [view.span.from, view.span.to] : []),
    ...view.violations.map((violation) => violation.at),
  ].filter((at) => at > view.from);
}

/**
 * The encoder puts every frame at the corner. A frame is 8 bytes of graphic control and then the image descriptor:
 * a byte 0x2C, left and top as 16 bits each (GIF89a, section 20).
 */
function place(bytes: Uint8Array, start: number, x: number, y: number): void {
  const at = start + 8;
  if (bytes[at] !== 0x2c) throw new Error('the GIF encoder has changed its layout');
  new DataView(bytes.buffer, bytes.byteOffset + at + 1, 4).setUint16(0, x, true);
  new DataView(bytes.buffer, bytes.byteOffset + at + 1, 4).setUint16(2, y, true);
}
