import type { SpreadView } from './index.ts';
import { Draft, px, type Sheet } from './sheet.ts';
import { clean, shorten, textWidth } from './text.ts';

const WIDTH = 1200;
const EDGE = 24;
const TOP = 104;
const ROW = 84;
/** More are not read off a picture. */
const MOST = 10;
const MARK = 52;
const WORDS = 23;
const FIGURES = 22;

/** How answers fell: each option in words, under it a bar as long as its share; the right one by colour and sign. */
export function layoutSpread(view: SpreadView): Sheet {
  const draft = new Draft(WIDTH);
  draft.word(shorten(clean(view.title), WIDTH - 2 * EDGE, 30, 700), EDGE, 33, { size: 30, weight: 700 });
  draft.word(shorten(clean(view.subtitle), WIDTH - 2 * EDGE, 22), EDGE, 68, { size: 22, paint: 'muted' });
  const rows = view.rows.slice(0, MOST);
  const people = Math.max(1, view.people);
  const barX = EDGE + MARK + 20;
  const figures = Math.max(...rows.map((row) => textWidth(figure(row.count, people), FIGURES, 600)), 0);
  const barEnd = WIDTH - EDGE - figures - 16;
  rows.forEach((row, i) => {
    const y = TOP + i * ROW;
    const share = Math.min(1, row.count / people);
    const paint = row.right ? 'good' : 'quiet';
    draft.boxes.push({ x: EDGE, y: y + 4, width: MARK, height: MARK, radius: 10, fill: paint });
    const mark = clean(row.mark, 2);
    if (mark !== '')
      draft.word(mark, EDGE + MARK / 2, y + 4 + MARK / 2, {
        size: 26,
        weight: 700,
        align: 'center',
        paint: row.right ? 'on good' : 'on quiet',
      });
    const sign = row.right ? '✓ ' : '';
    draft.word(
      shorten(sign + clean(row.text), WIDTH - EDGE - barX, WORDS, row.right ? 600 : 400),
      barX,
      y + 16,
      {
        size: WORDS,
        weight: row.right ? 600 : 400,
      },
    );
    draft.areas.push({ x: barX, y: y + 36, width: px(barEnd - barX), height: 20, radius: 5, fill: 'grid' });
    if (row.count > 0)
      draft.boxes.push({
        x: barX,
        y: y + 36,
        width: px(Math.max(6, share * (barEnd - barX))),
        height: 20,
        radius: 5,
        fill: row.right ? 'good' : 'strong',
      });
    draft.word(figure(row.count, people), WIDTH - EDGE, y + 46, {
      size: FIGURES,
      weight: 600,
      align: 'right',
      paint: row.count > 0 ? 'text' : 'muted',
    });
  });
  return draft.done(TOP + rows.length * ROW + 4);
}

const figure = (count: number, people: number): string =>
  `${count} · ${Math.round((count / people) * 100)} %`;
