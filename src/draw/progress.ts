import type { ProgressView } from './index.ts';
import { Draft, px, type Sheet } from './sheet.ts';
import { clean, shorten, textWidth } from './text.ts';

const WIDTH = 1200;
const EDGE = 24;
const TOP = 104;
/** between the columns */
const GUTTER = 56;
const RIGHT = 616;
const HEAD = 24;
const WORDS = 22;
const TOPIC = 56;
/** More are not read off a picture. */
const TOPICS = 10;
const WEEKS = 17;
const CELL = 27;
const STEP = 31;
const BARS = 120;
const WEAK = 44;
const WEAKEST = 5;
const DAY = 86_400_000;

/** answers from which a day is a step brighter */
const STEPS = [1, 5, 10, 20] as const;
const SHADES = [0.35, 0.55, 0.8, 1] as const;

/**
 * Progress: recall by topic on the left, on the right the calendar of answers and what comes due, under both what is
 * weakest. What the view leaves out (a group has no calendar) leaves its room to the rest.
 */
export function layoutProgress(view: ProgressView): Sheet {
  const draft = new Draft(WIDTH);
  draft.word(shorten(clean(view.title), WIDTH - 2 * EDGE, 30, 700), EDGE, 33, { size: 30, weight: 700 });
  draft.word(shorten(clean(view.subtitle), WIDTH - 2 * EDGE, WORDS), EDGE, 68, {
    size: WORDS,
    paint: 'muted',
  });
  const right = view.days !== undefined || view.coming !== undefined;
  const leftEnd = topics(draft, view, right ? RIGHT - GUTTER : WIDTH - EDGE);
  let rightEnd = TOP;
  if (view.days !== undefined) rightEnd = calendar(draft, view.days, rightEnd);
  if (view.coming !== undefined) rightEnd = dues(draft, view.coming, rightEnd);
  const end = weakest(draft, view, Math.max(leftEnd, rightEnd));
  return draft.done(end + 4);
}

function topics(draft: Draft, view: ProgressView, end: number): number {
  draft.word('Recalled today, by topic', EDGE, TOP + 10, { size: HEAD, weight: 600 });
  let y = TOP + 34;
  for (const { name, share, note } of view.topics.slice(0, TOPICS)) {
    // Without a figure the note stands in its place.
    const figure = share === undefined ? clean(note ?? '–', 30) : `${Math.round(share * 100)} %`;
    const look = share === undefined ? { size: 19 } : { size: WORDS, weight: 600 as const };
    const room = end - EDGE - textWidth(figure, look.size, look.weight) - 16;
    // How much of the topic a figure covers is worth more than the end of its name.
    const side = share === undefined || note === undefined ? '' : clean(note, 30);
    const width = side === '' ? 0 : textWidth(side, 19) + 14;
    const title = shorten(clean(name), room - width, WORDS);
    const used = draft.word(title, EDGE, y + 14, { size: WORDS });
    if (side !== '') draft.word(side, EDGE + used + 14, y + 15, { size: 19, paint: 'muted' });
    draft.word(figure, end, y + 14, {
      ...look,
      align: 'right',
      ...(share === undefined && { paint: 'muted' as const }),
    });
    draft.areas.push({ x: EDGE, y: y + 30, width: px(end - EDGE), height: 12, radius: 6, fill: 'grid' });
    if (share !== undefined && share > 0)
      draft.boxes.push({
        x: EDGE,
        y: y + 30,
        width: px(Math.max(12, share * (end - EDGE))),
        height: 12,
        radius: 6,
        fill: share >= 0.9 ? 'good' : share >= 0.7 ? 'strong' : 'warm',
      });
    y += TOPIC;
  }
  const more = view.topics.length - TOPICS;
  if (more > 0) {
    draft.word(`and ${more} more`, EDGE, y + 12, { size: 19, paint: 'muted' });
    y += 30;
  }
  return y + 8;
}

function calendar(draft: Draft, days: NonNullable<ProgressView['days']>, top: number): number {
  const last = days.at(-1)?.day;
  if (last === undefined) return top;
  const byDay = new Map(days.map((d) => [d.day, d]));
  draft.word(`Answers in the last ${WEEKS} weeks`, RIGHT, top + 10, { size: HEAD, weight: 600 });
  const y0 = top + 66;
  const monday = Date.parse(last) - ((new Date(last).getUTCDay() + 6) % 7) * DAY;
  let named = '';
  for (let week = 0; week < WEEKS; week++) {
    const start = monday - (WEEKS - 1 - week) * 7 * DAY;
    const month = new Date(start).toLocaleDateString('en', { month: 'short', timeZone: 'UTC' });
    // The first column may hold a month's last days: its name would run into the next one.
    const next = new Date(start + 14 * DAY).toLocaleDateString('en', { month: 'short', timeZone: 'UTC' });
    if (month !== named && (week > 0 || next === month))
      draft.word(month, RIGHT + week * STEP, top + 48, { size: 19, paint: 'muted' });
    named = month;
    for (let row = 0; row < 7; row++) {
      const day = new Date(start + row * DAY).toISOString().slice(0, 10);
      if (day > last) continue;
      const { count = 0, frozen = false } = byDay.get(day) ?? {};
      const shade = SHADES[STEPS.findLastIndex((from) => count >= from)];
      draft.boxes.push({
        x: RIGHT + week * STEP,
        y: y0 + row * STEP,
        width: CELL,
        height: CELL,
        radius: 5,
        fill: shade === undefined ? 'grid' : 'strong',
        ...(shade !== undefined && { fillOpacity: shade }),
        ...(frozen && { stroke: 'ink data' as const, strokeWidth: 2.5 }),
      });
      // A missed day that was frozen is told by a sign, too.
      if (frozen)
        draft.tag('✻', RIGHT + week * STEP + CELL / 2, y0 + row * STEP + CELL / 2, {
          size: 17,
          align: 'center',
        });
    }
  }
  return y0 + 7 * STEP + 20;
}

function dues(draft: Draft, coming: readonly number[], top: number): number {
  draft.word(`Due in the next ${coming.length} days`, RIGHT, top + 10, { size: HEAD, weight: 600 });
  const most = Math.max(1, ...coming);
  const base = top + 56 + BARS;
  const step = (WIDTH - EDGE - RIGHT) / Math.max(1, coming.length);
  draft.lines.push({ path: `M${RIGHT},${base}H${WIDTH - EDGE}`, stroke: 'grid', strokeWidth: 2 });
  coming.forEach((count, day) => {
    const x = RIGHT + day * step;
    const height = (count / most) * BARS;
    if (count > 0) {
      draft.boxes.push({
        x: px(x + 3),
        y: px(base - height),
        width: px(step - 6),
        height: px(height),
        radius: 4,
        fill: day === 0 ? 'warm' : 'strong',
      });
      draft.word(String(count), x + step / 2, base - height - 14, { size: 19, weight: 600, align: 'center' });
    }
    if (day === 0 || (day % 7 === 0 && day < coming.length) || day === coming.length - 1)
      draft.word(day === 0 ? 'today' : `+${day}`, x + step / 2, base + 18, {
        size: 19,
        paint: 'muted',
        align: 'center',
      });
  });
  return base + 40;
}

function weakest(draft: Draft, view: ProgressView, top: number): number {
  const rows = (view.weakest ?? []).slice(0, WEAKEST);
  if (rows.length === 0) return top;
  draft.word(view.weakestTitle ?? 'Weakest', EDGE, top + 14, { size: HEAD, weight: 600 });
  rows.forEach(({ text, note }, i) => {
    const y = top + 52 + i * WEAK;
    const side = clean(note, 40);
    const width = textWidth(side, WORDS, 600);
    draft.areas.push({ x: EDGE, y: y - 19, width: WIDTH - 2 * EDGE, height: 38, radius: 8, fill: 'grid' });
    draft.word(shorten(clean(text), WIDTH - 2 * EDGE - width - 48, WORDS), EDGE + 14, y, { size: WORDS });
    draft.word(side, WIDTH - EDGE - 14, y, { size: WORDS, weight: 600, align: 'right' });
  });
  return top + 52 + rows.length * WEAK - 4;
}
