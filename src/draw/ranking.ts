import type { RankingView } from './index.ts';
import type { Paint } from './palette.ts';
import { Draft, px, type Sheet } from './sheet.ts';
import { clean, shorten, textWidth } from './text.ts';

const WIDTH = 1200;
const EDGE = 24;
const ROW = 52;
const TOP = 104;
/** More are not read off a picture. */
const MOST = 15;

/** A ranking as bars: place, name, points as length and figure, a note. Ties keep the order given. */
export function layoutRanking(view: RankingView): Sheet {
  const draft = new Draft(WIDTH);
  draft.word(shorten(clean(view.title), WIDTH - 2 * EDGE, 30, 700), EDGE, 33, { size: 30, weight: 700 });
  draft.word(shorten(clean(view.subtitle), WIDTH - 2 * EDGE, 22), EDGE, 68, { size: 22, paint: 'muted' });
  const rows = view.rows.slice(0, MOST).map((row) => ({
    ...row,
    name: clean(row.name, 60) || 'nameless',
    note: clean(row.note ?? '', 40),
  }));
  if (rows.length === 0) {
    draft.word('Nobody has earned points yet.', EDGE, TOP + ROW / 2, { size: 24, paint: 'muted' });
    return draft.done(TOP + ROW + 24);
  }
  const size = 22;
  const widest = (texts: readonly string[], most: number, weight: 400 | 600) =>
    Math.min(most, Math.max(...texts.map((text) => textWidth(text, size, weight))));
  const names = widest(
    rows.map((row) => row.name),
    330,
    600,
  );
  const notes = widest(
    rows.map((row) => row.note),
    260,
    400,
  );
  const nameX = EDGE + 64;
  const barX = nameX + names + 24;
  const barEnd = WIDTH - EDGE - (notes > 0 ? notes + 24 : 0);
  const figures = Math.max(...rows.map((row) => textWidth(points(row.points), size, 600))) + 14;
  const most = Math.max(...rows.map((row) => row.points), 1);
  rows.forEach((row, i) => {
    const y = TOP + (i + 0.5) * ROW;
    const length = Math.max(4, (Math.max(0, row.points) / most) * (barEnd - barX - figures));
    if (row.you)
      draft.areas.push({
        x: 12,
        y: y - ROW / 2 + 2,
        width: WIDTH - 24,
        height: ROW - 4,
        radius: 8,
        fill: 'grid',
      });
    const medal: Paint | undefined =
      row.rank === 1 ? 'second' : row.rank === 2 ? 'muted' : row.rank === 3 ? 'warm' : undefined;
    if (medal) draft.boxes.push({ x: EDGE, y: y - 18, width: 44, height: 36, radius: 18, fill: medal });
    draft.word(String(row.rank), EDGE + 22, y, {
      size,
      weight: 700,
      align: 'center',
      paint: medal === undefined ? 'muted' : medal === 'muted' ? 'background' : 'on second',
    });
    draft.word(shorten(row.name, names, size, 600), nameX, y, { size, weight: 600 });
    draft.boxes.push({
      x: px(barX),
      y: y - 13,
      width: px(length),
      height: 26,
      radius: 5,
      fill: row.you ? 'warm' : 'strong',
    });
    const figure = draft.word(points(row.points), barX + length + 10, y, { size, weight: 600 });
    const note = row.you && row.note === '' ? 'you' : row.note;
    const room = WIDTH - EDGE - (barX + length + 10 + figure + 16);
    draft.word(shorten(note, Math.max(room, 0), size), WIDTH - EDGE, y, {
      size,
      paint: 'muted',
      align: 'right',
    });
  });
  const left = view.rows.length - rows.length;
  if (left > 0)
    draft.word(`and ${left} more`, nameX, TOP + rows.length * ROW + 16, { paint: 'muted', size: 20 });
  return draft.done(TOP + rows.length * ROW + (left > 0 ? 44 : 20));
}

/** `1 234`: grouped by a thin space, the same in every locale. */
const points = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u2009');
