import advances from './advances.json' with { type: 'json' };
import type { Weight } from './fonts.ts';

/**
 * How wide a text will be, without drawing it: advances and kerning of the very fonts that draw it, in units of
 * 1/2048 em. tests/draw-text.test.ts makes the table from the fonts and compares it with what is drawn.
 */
interface Table {
  readonly advances: Readonly<Record<string, number>>;
  readonly kerning: Readonly<Record<string, number>>;
}

const EM = 2048;
const tables: Readonly<Record<Weight, Table>> = advances;

/** in units, by weight and text: the same words stand on every picture */
const known = new Map<string, number>();
const MOST_KNOWN = 4000;

/** Width in px at a font size in px. */
export function textWidth(text: string, size: number, weight: Weight = 400): number {
  const key = weight + text;
  let units = known.get(key);
  if (units === undefined) {
    units = measure(text, tables[weight]);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(key, units);
  }
  return (units * size) / EM;
}

function measure(text: string, table: Table): number {
  let units = 0;
  let before = '';
  for (const char of text) {
    units += table.advances[char] ?? guess(char);
    if (before !== '') units += table.kerning[before + char] ?? 0;
    before = char;
  }
  return units;
}

/** Characters outside the table are drawn by the fallback fonts: wide ones by about an em and a quarter. */
function guess(char: string): number {
  const code = char.codePointAt(0)!;
  if (/\p{M}|\p{Cf}/u.test(char)) return 0;
  if (code >= 0x1100 && /\p{Emoji_Presentation}/u.test(char)) return 2600;
  return code >= 0x2e80 ? EM : 1300;
}

/** Nothing to clean: printable ASCII with single spaces between words. */
const ORDINARY = /^(?:[!-~]+(?: [!-~]+)*)?$/;

/** Beyond this no label is read, and some would cost more than the picture. */
const LONGEST = 200;

/**
 * A label fit to be drawn: control characters, line breaks, lone surrogates and direction overrides are gone
 * (librsvg refuses a whole picture for one of them), white space is one space, and its length is bounded.
 */
export function clean(label: string, longest = LONGEST): string {
  if (label.length <= longest && ORDINARY.test(label)) return label;
  const short = label.length > longest * 4 ? label.slice(0, longest * 4) : label;
  const plain = short
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\ufff9-\uffff\ufeff]/gu, ' ')
    .replace(/\p{M}{4,}/gu, (marks) => [...marks].slice(0, 3).join(''))
    .replace(/\s+/gu, ' ')
    .trim();
  const chars = [...plain];
  return chars.length <= longest ? plain : `${chars.slice(0, longest - 1).join('')}…`;
}

/** The text, cut with an ellipsis to be at most `room` px wide; empty if not even one character fits. */
export function shorten(text: string, room: number, size: number, weight: Weight = 400): string {
  if (textWidth(text, size, weight) <= room) return text;
  const chars = [...text];
  let low = 0;
  let high = chars.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const cut = `${chars.slice(0, middle).join('').trimEnd()}…`;
    if (textWidth(cut, size, weight) <= room) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${chars.slice(0, low).join('').trimEnd()}…`;
}

/** The first of the wordings that fits. */
export function fitting(
  wordings: readonly string[],
  room: number,
  size: number,
  weight: Weight = 400,
): string | undefined {
  return wordings.find((words) => textWidth(words, size, weight) <= room);
}
