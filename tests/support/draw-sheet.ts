import type { Sheet } from '../../src/draw/sheet.ts';
import { textWidth } from '../../src/draw/text.ts';

type Words = Sheet['words'][number];

export function extent(word: Words): [number, number] {
  const width = textWidth(word.text, word.size, word.weight);
  const left = word.align === 'left' ? word.x : word.align === 'right' ? word.x - width : word.x - width / 2;
  return [left, left + width];
}

/** Words that are not all on the picture. */
export function outside(sheet: Sheet): string[] {
  return sheet.words
    .filter((word) => {
      const [left, right] = extent(word);
      return left < 0 || right > sheet.width + 1 || word.y < 0 || word.y > sheet.height;
    })
    .map((word) => word.text);
}

/** Words of one line that overlap. */
export function collisions(sheet: Sheet): string[] {
  const found: string[] = [];
  sheet.words.forEach((a, i) => {
    for (const b of sheet.words.slice(i + 1)) {
      if (Math.abs(a.y - b.y) > Math.min(a.size, b.size) * 0.6) continue;
      const [a1, a2] = extent(a);
      const [b1, b2] = extent(b);
      if (a1 < b2 - 1 && b1 < a2 - 1 && a.text !== '?' && b.text !== '?') found.push(`${a.text} | ${b.text}`);
    }
  });
  return found;
}
