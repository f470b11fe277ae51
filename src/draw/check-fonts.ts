import { toPixels } from './png.ts';
import { Draft } from './sheet.ts';
import { toSvg } from './svg.ts';
import { textWidth } from './text.ts';

const SIZE = 40;

/**
 * Draws two words and measures their ink. Without its fonts a machine draws boxes, all of one width, or another
 * font's letters; either is found out here, at the start, and not by the first reader.
 */
export async function checkFonts(): Promise<void> {
  for (const [text, weight] of [
    ['illicit', 400],
    ['MWMW', 700],
  ] as const) {
    const draft = new Draft(300);
    draft.word(text, 20, 30, { size: SIZE, weight });
    const { rgba, width } = await toPixels(await toSvg(draft.done(60)));
    const background = rgba[0]!;
    let left = width;
    let right = 0;
    for (let i = 0; i < rgba.length; i += 4) {
      if (Math.abs(rgba[i]! - background) < 40) continue;
      const x = (i / 4) % width;
      left = Math.min(left, x);
      right = Math.max(right, x);
    }
    const expected = textWidth(text, SIZE, weight);
    if (Math.abs(right - left - expected) > 0.1 * expected)
      throw new Error(
        `pictures cannot be drawn: “${text}” is ${right - left} px wide and should be ${Math.round(expected)}. The fonts are read from node_modules/@expo-google-fonts/inter through fontconfig (FONTCONFIG_FILE); is that folder complete?`,
      );
  }
}
