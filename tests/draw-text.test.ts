import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { FAMILY, useFonts, type Weight } from '../src/draw/fonts.ts';
import { clean, fitting, shorten, textWidth } from '../src/draw/text.ts';
import { measureFonts } from './support/measure-fonts.ts';

beforeAll(() => {
  useFonts();
});

/** Ink of a text as sharp draws it: left and right edge in px. */
async function ink(text: string, size: number, weight: Weight) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1400" height="100"><rect width="1400" height="100" fill="#fff"/><text x="20" y="60" font-family="${FAMILY}" font-size="${size}" font-weight="${weight}">${text}</text></svg>`;
  const { data, info } = await sharp(Buffer.from(svg))
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const columns: number[] = [];
  for (let x = 0; x < info.width; x++) {
    let dark = 0;
    for (let y = 0; y < info.height; y++) dark += 255 - data[(y * info.width + x) * info.channels]!;
    columns.push(dark);
  }
  const left = columns.findIndex((d) => d > 0);
  const right = columns.findLastIndex((d) => d > 0);
  return { left, right, width: right - left, dark: columns.reduce((a, b) => a + b, 0) };
}

describe('text', () => {
  it('has a table made from the fonts that draw', async () => {
    await expect(measureFonts()).toMatchFileSnapshot('../src/draw/advances.json');
  });

  it.each<[string, number, Weight]>([
    ['Raft under 3 % packet loss: the leader crashes', 30, 700],
    ['leader · term 1', 20, 600],
    ['AVATAR To Ty: 11/7 kerning', 32, 700],
    ['seed 5 · 7 nodes · 268 messages, 26 lost · n2 leads, n5 leads', 22, 400],
    ['put x=1 × get x ? get y ✓', 20, 600],
    ['Ελληνικά и кириллица, façade', 26, 400],
  ])('knows the width of “%s” at %i px, weight %i, within 2 per cent', async (text, size, weight) => {
    // the same text with a bar before and after: the distance of two bars is free of side bearings
    const bar = textWidth('|', size, weight);
    const drawn = (await ink(`|${text}|`, size, weight)).width - (await ink('|', size, weight)).width;
    expect(Math.abs(drawn - bar - textWidth(text, size, weight))).toBeLessThan(0.02 * drawn);
  });

  it('draws letters, not the boxes of a missing font', async () => {
    const narrow = await ink('illi', 40, 600);
    const wide = await ink('MWMW', 40, 600);
    expect(wide.width / narrow.width).toBeGreaterThan(3);
    const regular = await ink('Mississippi', 40, 400);
    const bold = await ink('Mississippi', 40, 700);
    expect(bold.dark / regular.dark).toBeGreaterThan(1.2);
  });

  it.each([
    ['a\u0000b\u0007c\nd\te', 'a b c d e'],
    ['\ud800lone\udc00 surrogates', 'lone surrogates'],
    ['\u202eevil\u202c', 'evil'],
    ['<script>alert(1)</script>', '<script>alert(1)</script>'],
    ['  many   spaces  ', 'many spaces'],
    ['\ufffe\uffff\ufeff', ''],
  ])('cleans %j', (raw, plain) => {
    expect(clean(raw)).toBe(plain);
  });

  it('bounds what is too long, by characters and not by their halves', () => {
    expect([...clean('x'.repeat(10_000))]).toHaveLength(200);
    expect(clean('😀'.repeat(300), 5)).toBe('😀😀😀😀…');
    expect(clean('e\u0301'.repeat(3))).toBe('ééé');
    expect(clean(`a${'\u0301'.repeat(500)}`).length).toBeLessThan(6);
  });

  it('shortens to the room there is', () => {
    const text = 'the majority elects a new leader';
    const short = shorten(text, 150, 20);
    expect(short).toMatch(/^the major.*…$/);
    expect(textWidth(short, 20)).toBeLessThanOrEqual(150);
    expect(shorten(text, 1000, 20)).toBe(text);
    expect(shorten(text, 4, 20)).toBe('');
    expect(fitting(['leader · term 1', 'leader T1', 'T1'], 60, 20, 600)).toBe('T1');
    expect(fitting(['leader · term 1', 'T1'], 10, 20, 600)).toBeUndefined();
  });
});
