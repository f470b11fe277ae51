/** When a schedule is due: pure arithmetic over local dates. Written forms and their errors for people are here too. */
import type { ScheduleSettings } from '../../store/index.ts';
import { dayAfter, dayOf, instantOf, wallAt, weekdayOf } from './zone.ts';

export type Timing = Pick<
  ScheduleSettings,
  'minute' | 'timezone' | 'weekdays' | 'holidays' | 'pausedUntil' | 'since'
>;

export interface Due {
  /** local date */
  readonly day: string;
  /** epoch ms; in the past where it has to be caught up on */
  readonly at: number;
}

const MINUTE = 60_000;
/** A post set for the last minutes of a day may come this late although the date has changed. */
const GRACE = 15 * MINUTE;
/** days looked ahead: beyond the longest time in which nothing can be due without a pause */
const AHEAD = 400;

/** the schedule is to run on that date */
function runsOn(timing: Timing, day: string): boolean {
  const { weekdays, holidays, pausedUntil } = timing;
  return (
    weekdays.includes(weekdayOf(day)) &&
    !holidays.includes(day) &&
    !holidays.includes(day.slice(5)) &&
    (pausedUntil === undefined || day >= pausedUntil)
  );
}

/**
 * The first date not taken yet whose time has come or will come: today's even if its time has passed, so that what was
 * missed is caught up on once while the day is not over; nothing from before the schedule was set up.
 */
export function upcoming(timing: Timing, now: number, taken: ReadonlySet<string>): Due | undefined {
  const today = dayOf(wallAt(timing.timezone, now));
  const paused = timing.pausedUntil;
  let day = dayAfter(today, -1);
  // A long pause is skipped at once instead of day by day.
  if (paused !== undefined && paused > today) day = paused;
  for (let i = 0; i < AHEAD; i++, day = dayAfter(day)) {
    if (taken.has(day) || !runsOn(timing, day)) continue;
    const at = instantOf(timing.timezone, day, timing.minute);
    if (at === undefined || at < timing.since) continue;
    if (day < today && at < now - GRACE) continue;
    return { day, at };
  }
  return undefined;
}

/** The date of a claim is over: what was not posted then no longer is. */
export function isOver(timing: Timing, { day, at }: Due, now: number): boolean {
  return dayOf(wallAt(timing.timezone, now)) > day && now > at + GRACE;
}

/** longest a question stays open */
const OPEN = 7 * 24 * 60 * MINUTE;

/** When a question closes: at the next post or after the set time, a week at most. */
export function closesAt(posted: number, closeAfter: number | undefined, next: number | undefined): number {
  return Math.min(
    posted + OPEN,
    next ?? Number.POSITIVE_INFINITY,
    closeAfter === undefined ? Number.POSITIVE_INFINITY : posted + closeAfter * MINUTE,
  );
}

/**
 * The level for a date in a week that gets harder: the lowest on the first of its weekdays, the highest on the last.
 */
export function levelOn(
  day: string,
  { weekdays, lowest, highest }: Pick<ScheduleSettings, 'weekdays' | 'lowest' | 'highest'>,
): number {
  const days = [...weekdays].sort((a, b) => a - b);
  const place = Math.max(0, days.indexOf(weekdayOf(day)));
  return days.length < 2 ? lowest : lowest + Math.round((place / (days.length - 1)) * (highest - lowest));
}

/** `9`, `9:30`, `09.30`, `9h30`, `9 pm`, `noon` as minutes after midnight, or in words what would be accepted. */
export function readTime(typed: string): number | string {
  const word = typed.trim().toLowerCase();
  if (word === 'noon') return 12 * 60;
  if (word === 'midnight') return 0;
  const wrong = `\`${typed.trim().slice(0, 20)}\` is no time of day: write it as 09:00 or 21:30.`;
  const match = /^(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm|a\.m\.|p\.m\.)?$/.exec(word);
  if (match === null) return wrong;
  const [, h = '', m = '0', half] = match;
  const minute = Number(m);
  let hour = Number(h);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return wrong;
    hour = (hour % 12) + (half.startsWith('p') ? 12 : 0);
  }
  return hour > 23 || minute > 59 ? wrong : hour * 60 + minute;
}

/** `540` as `09:00` */
export const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

const NAMES = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
export const ALL_DAYS: readonly number[] = [1, 2, 3, 4, 5, 6, 7];

/** `mon-fri`, `mon wed fri`, `weekdays`, `every day`, `1,3,5` as 1 Monday … 7 Sunday, or what would be accepted. */
export function readWeekdays(typed: string): readonly number[] | string {
  const word = typed.trim().toLowerCase();
  if (/^(all|daily|every ?day|always)?$/.test(word)) return ALL_DAYS;
  const wrong = (part: string) =>
    `\`${part.slice(0, 20)}\` is no day of the week: write them as mon-fri, as mon wed fri, or as every day.`;
  const found = new Set<number>();
  const one = (part: string): number => {
    if (/^[1-7]$/.test(part)) return Number(part);
    return part.length < 2
      ? 0
      : NAMES.findIndex((n) => part.startsWith(n.toLowerCase().slice(0, part.length))) + 1;
  };
  for (const part of word
    .replace(/\s*[-–]\s*/g, '-')
    .split(/[\s,;+]+|\band\b/)
    .filter((p) => p !== '')) {
    if (/^(weekdays?|workdays?)$/.test(part)) for (const d of [1, 2, 3, 4, 5]) found.add(d);
    else if (/^weekends?$/.test(part)) for (const d of [6, 7]) found.add(d);
    else {
      const [from = 0, to = from, ...more] = part.split('-').map(one);
      if (from === 0 || to === 0 || more.length > 0) return wrong(part);
      for (let d = from; ; d = (d % 7) + 1) {
        found.add(d);
        if (d === to) break;
      }
    }
  }
  return found.size === 0 ? wrong(word) : [...found].sort((a, b) => a - b);
}

/** `every day`, `Mon–Fri`, `Mon, Wed, Fri` */
export function weekdayWords(weekdays: readonly number[]): string {
  if (weekdays.length === 7) return 'every day';
  const first = weekdays[0]!;
  const last = weekdays.at(-1)!;
  if (weekdays.length > 2 && last - first === weekdays.length - 1)
    return `${NAMES[first - 1]}–${NAMES[last - 1]}`;
  return weekdays.map((d) => NAMES[d - 1]).join(', ');
}

/** A date as `2026-12-25`, or what would be accepted. */
export function readDate(typed: string): { readonly day: string } | string {
  const word = typed.trim();
  const match =
    /^\d{4}-\d{2}-\d{2}$/.test(word) && !Number.isNaN(Date.parse(word)) && dayOf(Date.parse(word));
  return match === word ? { day: word } : `\`${word.slice(0, 20)}\` is no date: write it as 2026-12-25.`;
}

/** dates of one schedule */
const HOLIDAYS = 200;

/** `2026-12-24..2027-01-02, 05-01`: dates, ranges, and days of every year. Sorted; or what would be accepted. */
export function readHolidays(typed: string): readonly string[] | string {
  const found = new Set<string>();
  for (const part of typed.split(/[\s,;]+/).filter((p) => p !== '' && !/^(none|off)$/i.test(p))) {
    const yearly = /^(\d{2}-\d{2})$/.exec(part)?.[1];
    if (yearly !== undefined) {
      // 2024 is a leap year: the 29th of February is a day of every year that has it
      if (typeof readDate(`2024-${yearly}`) === 'string')
        return `\`${part}\` is no day of the year: write month and day, such as 12-25.`;
      found.add(yearly);
      continue;
    }
    const [from = '', to = from, ...more] = part.split('..');
    const [start, end] = [readDate(from), readDate(to)];
    if (typeof start === 'string' || typeof end === 'string' || more.length > 0)
      return `\`${part.slice(0, 30)}\` is no date: write 2026-12-25, 2026-12-24..2027-01-02, or 12-25 for every year.`;
    if (end.day < start.day) return `\`${part}\` ends before it begins.`;
    for (let day = start.day; day <= end.day && found.size <= HOLIDAYS; day = dayAfter(day)) found.add(day);
    if (found.size > HOLIDAYS) return `That is more than ${HOLIDAYS} days off; pause until a date instead.`;
  }
  return [...found].sort();
}

/** The same days in the same words, those that follow each other as one range. */
export function rangesOf(days: readonly string[]): readonly string[] {
  const runs: { from: string; to: string }[] = [];
  for (const day of [...days].sort()) {
    const last = runs.at(-1);
    if (last !== undefined && day.length === 10 && last.to.length === 10 && dayAfter(last.to) === day)
      last.to = day;
    else runs.push({ from: day, to: day });
  }
  return runs.map(({ from, to }) => (from === to ? from : `${from}..${to}`));
}

/** `2-4`, `3` as a range of levels, or what would be accepted. */
export function readLevels(typed: string): readonly [number, number] | string {
  const match = /^([1-5])(?:\s*(?:-|–|\.\.|to)\s*([1-5]))?$/.exec(typed.trim());
  const low = Number(match?.[1]);
  const high = Number(match?.[2] ?? match?.[1]);
  if (match === null || low > high)
    return `\`${typed.trim().slice(0, 20)}\` is no range of levels: write 3 or 2-4; there are 1 to 5.`;
  return [low, high];
}

/** `30m`, `8h`, `1d`, `90` (minutes) as minutes, or what would be accepted; `next` is until the next post. */
export function readSpan(typed: string): { readonly minutes?: number } | string {
  const word = typed.trim().toLowerCase();
  if (/^(next|next post|none)?$/.test(word)) return {};
  const match = /^(\d{1,5})\s*(m|min|minutes?|h|hours?|d|days?)?$/.exec(word);
  const per = { m: 1, h: 60, d: 1440 }[match?.[2]?.charAt(0) ?? 'm'] ?? 1;
  const minutes = Number(match?.[1]) * per;
  if (match === null || minutes < 5 || minutes > 7 * 1440)
    return `\`${typed.trim().slice(0, 20)}\` is no time to answer in: write 30m, 8h or 2d (5 minutes to 7 days), or next.`;
  return { minutes };
}
