import type { ForecastView } from './index.ts';
import { Draft, px, type Sheet } from './sheet.ts';
import { clean, shorten, textWidth } from './text.ts';

const WIDTH = 1200;
const EDGE = 24;
const TOP = 150;
const BASE = 480;
const LABEL = 20;
const DAY = 86_400_000;

/** The load of every day up to a date: reviews, new questions on top, easy days shaded, the level as a line. */
export function layoutForecast(view: ForecastView): Sheet {
  const draft = new Draft(WIDTH);
  draft.word(shorten(clean(view.title), WIDTH - 2 * EDGE, 30, 700), EDGE, 33, { size: 30, weight: 700 });
  draft.word(shorten(clean(view.subtitle), WIDTH - 2 * EDGE, 22), EDGE, 68, { size: 22, paint: 'muted' });
  const { days, level } = view;
  const most = Math.max(1, level, ...days.map((d) => d.reviews + d.fresh));
  const figures = textWidth(String(most), LABEL, 600) + 14;
  const left = EDGE + figures;
  const right = WIDTH - EDGE - 56;
  const step = (right - left) / Math.max(1, days.length);
  const gap = step > 8 ? 2 : step > 4 ? 1 : 0;
  const y = (count: number) => BASE - (count / most) * (BASE - TOP);
  draft.lines.push({ path: `M${px(left)},${BASE}H${px(right)}`, stroke: 'grid', strokeWidth: 2 });
  draft.word('0', left - 10, BASE, { size: LABEL, paint: 'muted', align: 'right' });
  days.forEach(({ reviews, fresh, easy }, i) => {
    const x = px(left + i * step);
    const width = px(Math.max(1, step - gap));
    if (easy) draft.areas.push({ x, y: TOP - 12, width, height: BASE - TOP + 12, fill: 'grid' });
    if (reviews > 0)
      draft.boxes.push({ x, y: px(y(reviews)), width, height: px(BASE - y(reviews)), fill: 'strong' });
    if (fresh > 0)
      draft.boxes.push({
        x,
        y: px(y(reviews + fresh)),
        width,
        height: px(y(reviews) - y(reviews + fresh)),
        fill: 'warm',
      });
  });
  if (level > 0) {
    draft.marks.push({
      path: `M${px(left)},${px(y(level))}H${px(right)}`,
      stroke: 'span',
      strokeWidth: 2,
      dash: [8, 6],
    });
    draft.word(String(level), left - 10, y(level), { size: LABEL, weight: 600, align: 'right' });
  }
  dates(draft, view, left, step, right);
  draft.marks.push({ path: `M${px(right)},${TOP - 12}V${BASE}`, stroke: 'good', strokeWidth: 4 });
  draft.word('the day', right, TOP - 28, { size: LABEL, weight: 600, align: 'center' });
  legend(draft, days, level);
  return draft.done(BASE + 100);
}

function dates(draft: Draft, { from, days }: ForecastView, left: number, step: number, right: number): void {
  const every = Math.max(1, Math.ceil(days.length / 8));
  const name = (i: number) =>
    new Date(Date.parse(from) + i * DAY).toLocaleDateString('en', {
      month: 'short',
      day: 'numeric',
      timeZone: 'UTC',
    });
  const end = name(days.length);
  const room = textWidth(end, LABEL) + 24;
  for (let i = 0; i < days.length; i += every) {
    const x = left + (i + 0.5) * step;
    const words = i === 0 ? 'today' : name(i);
    if (x + textWidth(words, LABEL) / 2 > right - room / 2) continue;
    draft.word(words, Math.max(x, EDGE + textWidth(words, LABEL) / 2), BASE + 22, {
      size: LABEL,
      paint: 'muted',
      align: 'center',
    });
  }
  draft.word(end, right, BASE + 22, { size: LABEL, weight: 600, align: 'center' });
}

function legend(draft: Draft, days: ForecastView['days'], level: number): void {
  let x = EDGE;
  const y = BASE + 68;
  const entry = (words: string, paint: 'strong' | 'warm' | 'grid') => {
    draft.boxes.push({ x: px(x), y: y - 11, width: 22, height: 22, radius: 4, fill: paint });
    x += 32 + draft.word(words, x + 32, y, { size: LABEL }) + 36;
  };
  if (days.some((d) => d.reviews > 0)) entry('reviews', 'strong');
  if (days.some((d) => d.fresh > 0)) entry('new questions', 'warm');
  if (days.some((d) => d.easy)) entry('easy days, half the load', 'grid');
  if (level > 0) {
    draft.marks.push({ path: `M${px(x)},${y}h30`, stroke: 'span', strokeWidth: 2, dash: [8, 6] });
    draft.word(`at most ${level} a day`, x + 40, y, { size: LABEL });
  }
}
