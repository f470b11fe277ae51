import { readFileSync } from 'node:fs';
import * as hb from 'harfbuzzjs';
import { fontFiles } from '../../src/draw/fonts.ts';

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i));

/** Latin, Greek, Cyrillic, punctuation, arrows, mathematics, geometric signs, ticks and crosses. */
const CHARS = [
  ...range(0x20, 0x7e),
  ...range(0xa0, 0x17f),
  ...range(0x391, 0x3c9),
  ...range(0x410, 0x44f),
  ...range(0x2010, 0x2026),
  ...range(0x2190, 0x2199),
  ...range(0x2200, 0x2265),
  ...range(0x25a0, 0x25cf),
  ...['\u2030', '\u2032', '\u2033', '\u20ac', '\u2212', '\u2260', '\u2713', '\u2717', '\u21d2', '\u26a0'],
];

/** Advances of single characters and kerning of ASCII pairs, by weight, as HarfBuzz shapes them. */
export function measureFonts(): string {
  const weights = Object.entries(fontFiles()).map(([weight, file]) => {
    const font = new hb.Font(new hb.Face(new hb.Blob(readFileSync(file)), 0));
    const shape = (text: string) => {
      const buffer = new hb.Buffer();
      buffer.addText(text);
      buffer.guessSegmentProperties();
      hb.shape(font, buffer);
      return buffer.getGlyphInfosAndPositions();
    };
    const width = (text: string) => shape(text).reduce((sum, glyph) => sum + (glyph.xAdvance ?? 0), 0);
    const advances: Record<string, number> = {};
    for (const char of CHARS)
      if (shape(char).every((glyph) => glyph.codepoint !== 0)) advances[char] = width(char);
    const kerning: Record<string, number> = {};
    const ascii = range(0x20, 0x7e);
    for (const a of ascii)
      for (const b of ascii) {
        const kern = width(a + b) - advances[a]! - advances[b]!;
        // two letters that become one sign have no kerning to speak of
        if (Math.abs(kern) >= 10 && shape(a + b).length === 2) kerning[a + b] = kern;
      }
    return `"${weight}": {\n"advances": ${JSON.stringify(advances)},\n"kerning": ${JSON.stringify(kerning)}\n}`;
  });
  return `{\n${weights.join(',\n')}\n}\n`;
}
