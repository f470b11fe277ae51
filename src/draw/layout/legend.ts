import { cross, type Draft, line, px } from '../sheet.ts';
import { shorten, textWidth } from '../text.ts';
import type { TimelineView } from '../view.ts';
import { headOf, INKS } from './messages.ts';
import { OUTCOMES } from './operations.ts';

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
  view: TimelineView,
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
      const [stroke, fill] = headOf(way, head, size + 2);
      const paint = `ink ${ink}` as const;
      draft.marks.push({
        path: line(x, y, x + 36, y) + stroke,
        stroke: paint,
        strokeWidth: Math.max(2, width),
      });
      if (fill === '') return;
      const hollow =
        head === 'hollow'
          ? ({ fill: 'background', stroke: paint, strokeWidth: 2 } as const)
          : { fill: paint };
      draft.marks.push({ path: fill, ...hollow });
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
  let y = top;
  for (const entries of [bars, arrows]) y = rows(entries, draft, left, right, y);
  return footer(view, draft, right, y);
}

function rows(entries: readonly Entry[], draft: Draft, left: number, right: number, top: number): number {
  if (entries.length === 0) return top;
  let x = left;
  let y = top + ROW / 2;
  for (const entry of entries) {
    const word = shorten(entry.word, 320, SIZE);
    const width = entry.width + 9 + textWidth(word, SIZE);
    if (x > left && x + width > right) {
      x = left;
      y += ROW;
    }
    entry.draw(x, y);
    draft.word(word, x + entry.width + 9, y, { paint: 'muted' });
    x += width + 26;
  }
  return y + ROW / 2;
}

/** One line if it fits, two if it must. */
function footer(view: TimelineView, draft: Draft, right: number, top: number): number {
  const size = 17;
  const room = right - EDGE;
  const lines: string[] = [];
  for (const text of view.footer) {
    const joined = lines.length === 0 ? text : `${lines.at(-1)} · ${text}`;
    if (lines.length > 0 && textWidth(joined, size) <= room) lines[lines.length - 1] = joined;
    else lines.push(text);
  }
  lines.slice(0, 3).forEach((text, i) => {
    draft.word(shorten(text, room, size), EDGE, top + 14 + i * 23, { paint: 'muted', size });
  });
  return top + Math.min(3, lines.length) * 23 + 12;
}
