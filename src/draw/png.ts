import { isMainThread } from 'node:worker_threads';
import sharp from 'sharp';
import { useFonts } from './fonts.ts';
import type { Picture } from './index.ts';

// one picture keeps one core busy; libvips' own cache would only hold memory
sharp.cache(false);
sharp.concurrency(1);

const raster = (svg: string) => {
  if (isMainThread) useFonts();
  return sharp(Buffer.from(svg), { density: 72 }).removeAlpha();
};

export async function toPng(svg: string): Promise<Picture> {
  const { data, info } = await raster(svg).png({ compressionLevel: 3 }).toBuffer({ resolveWithObject: true });
  return { bytes: data, mime: 'image/png', width: info.width, height: info.height };
}

/** RGBA, four bytes a pixel. */
export async function toPixels(
  svg: string,
  width?: number,
): Promise<{ readonly rgba: Uint8Array; readonly width: number; readonly height: number }> {
  const scaled = width === undefined ? raster(svg) : raster(svg).resize({ width });
  const { data, info } = await scaled.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return {
    rgba: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    width: info.width,
    height: info.height,
  };
}
