import { cross, type Draft, line, px } from '../sheet.ts';
import { shorten, textWidth } from '../text.ts';
import type { SheetView } from '../view.ts';
import { headOf, INKS, tips } from './arrows.ts';
import { OUTCOMES } from './operations.ts';
import { DASHES } from './tracks.ts';

const ROW = 32;
const SIZE = 20;
const EDGE = 24;

interface Entry {
  readonly word: string;
  readonly width: number;
  draw(x: number, y: number): void;
}

/** What occurs, then what was simplified. Returns the bottom of the picture. */
export function layoutLegend(
  view: SheetView,
  draft: Draft,
  left: number,
  right: number,
  top: number,
): number {
  const { legend } = view;
  const swatch = (word: string, box: object): Entry => ({
    word,
    width: 25,
    draw: (x, y) => draft.boxes.push({ x: px(x), y: y - 7, width: 25, height: 14, radius: 4, ...box }),
  });
  const bars: Entry[] = [
    ...legend.states.map(({ word, tone }) => swatch(word, { fill: tone })),
    ...legend.down.map((word) =>
      swatch(word, {
        stroke: word === 'crashed' ? 'lost' : 'warm',
        strokeWidth: 2,
        dash: word === 'crashed' ? [5, 4] : [2, 3],
      }),
    ),
    ...(legend.fault && !legend.outcomes.includes('fail') ? [swatch('fault', { fill: 'fault' })] : []),
    ...legend.outcomes.map((outcome): Entry => {
      const { sign, paint, word } = OUTCOMES[outcome];
      if (outcome === 'open') return swatch(word, { stroke: 'quiet', strokeWidth: 2, dash: [2, 3] });
      const name = outcome === 'fail' && legend.fault ? 'fault / failed' : word;
      return {
        word: name,
        width: 25,
        draw: (x, y) => {
          draft.boxes.push({ x: px(x), y: y - 10, width: 25, height: 20, radius: 4, fill: paint });
          draft.word(sign, x + 12.5, y, {
            size: 16,
            weight: 600,
            align: 'center',
            paint: `on ${paint}` as 'on good',
          });
        },
      };
    }),
  ];
  const arrows: Entry[] = legend.messages.map(({ word, ink }) => ({
    word,
    width: 36,
    draw: (x, y) => {
      const way = { x1: x, y1: y, x2: x + 36, y2: y, ends: true };
      const { head, size, width } = INKS[ink];
      const { barbs, tip } = headOf(way, head, size + 2);
      const paint = `ink ${ink}` as const;
      draft.marks.push({
        path: line(x, y, x + 36, y) + barbs,
        stroke: paint,
        strokeWidth: Math.max(2, width),
      });
      if (tip !== '') draft.marks.push(tips(tip, head, size + 2, paint));
    },
  }));
  if (legend.lost)
    arrows.push({
      word: 'lost',
      width: 36,
      draw: (x, y) => {
        draft.marks.push({ path: line(x, y, x + 24, y), stroke: 'lost way', strokeWidth: 2.4 });
        draft.marks.push({ path: cross(x + 26, y, 6), stroke: 'lost', strokeWidth: 3 });
      },
    });
  legend.runs?.forEach((word, run) => {
    const dash = DASHES[run];
    arrows.push({
      word,
      width: 36,
      draw: (x, y) =>
        draft.marks.push({
          path: line(x, y, x + 36, y),
          stroke: 'text',
          strokeWidth: 2.6,
          ...(dash && { dash }),
        }),
    });
  });
  return footer(view, draft, right, rows(bars, arrows, draft, left, right, top));
}

/** Bars in one row and arrows in the next; where the bars need two, the arrows follow in the second. */
function rows(
  bars: readonly Entry[],
  arrows: readonly Entry[],
  draft: Draft,
  left: number,
  right: number,
  top: number,
): number {
  if (bars.length + arrows.length === 0) return top;
  let x = left;
  let y = top + ROW / 2;
  let broken = false;
  const put = (entry: Entry) => {
    const word = shorten(entry.word, 320, SIZE);
    const width = entry.width + 9 + textWidth(word, SIZE);
    if (x > left && x + width > right) {
      x = left;
      y += ROW;
      broken = true;
    }
    entry.draw(x, y);
    draft.word(word, x + entry.width + 9, y, { paint: 'muted' });
    x += width + 26;
  };
  bars.forEach(put);
  if (!broken && bars.length > 0 && arrows.length > 0) {
    x = left;
    y += ROW;
  }
  arrows.forEach(put);
  return y + ROW / 2;
}

/** Two lines at most, broken between words. */
function footer(view: SheetView, draft: Draft, right: number, top: number): number {
  const size = 17;
  const room = right - EDGE;
  let rest = view.footer.join(' · ');
  let lines = 0;
  for (; lines < 2 && rest !== ''; lines++) {
    let line = rest;
    if (lines === 0 && textWidth(rest, size) > room) {
      const cut = shorten(rest, room, size).slice(0, -1);
      line = cut.slice(0, Math.max(cut.lastIndexOf(' '), 40));
    } else line = shorten(rest, room, size);
    draft.word(line, EDGE, top + 14 + lines * 23, { paint: 'muted', size });
    rest = rest.slice(line.length).trim();
  }
  return top + lines * 23 + 12;
}
