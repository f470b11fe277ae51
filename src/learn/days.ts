import type { Activity } from '../store/index.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

/** The date in a zone, `2026-11-22`. An unknown zone counts as UTC. */
export function dayIn(timezone: string | undefined, at: number): string {
  const zone = timezone ?? 'UTC';
  let format = formats.get(zone);
  if (format === undefined) {
    // en-CA writes a date as ISO 8601 does.
    const options = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
    try {
      format = new Intl.DateTimeFormat('en-CA', { ...options, timeZone: zone });
    } catch {
      format = new Intl.DateTimeFormat('en-CA', { ...options, timeZone: 'UTC' });
    }
    formats.set(zone, format);
  }
  return format.format(at);
}

export function dayBefore(day: string, days = 1): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10);
}

/** days of a streak that earn a freeze day, and how many are held at most */
const EARNS = 7;
const HELD = 2;

export interface Streak {
  /** days with an answer in a row; a frozen day keeps the row and does not count */
  readonly length: number;
  /** missed days that were frozen, earliest first */
  readonly frozen: readonly string[];
  /** freeze days left for the days to come */
  readonly freezes: number;
}

/**
 * Days in a row with an answer, up to today; a day that is not over yet does not break it. Every seventh day of a row
 * earns a freeze day, two are held at most, and a missed day takes one. It follows from the days alone, so nothing is
 * kept of it and two histories that become one need no rule of their own. `days` are the learner's own dates.
 */
export function streakOf(days: readonly Pick<Activity, 'day'>[], today: string): Streak {
  const active = [...new Set(days.map((d) => d.day))].filter((day) => day <= today).sort();
  let length = 0;
  let freezes = 0;
  let frozen: string[] = [];
  /** the days after `last` and before `next` were missed */
  const miss = (last: string, next: string) => {
    const missed = Math.round((Date.parse(next) - Date.parse(last)) / 86_400_000) - 1;
    if (missed <= freezes) {
      freezes -= missed;
      for (let i = missed; i > 0; i--) frozen.push(dayBefore(next, i));
    } else {
      length = 0;
      freezes = 0;
      frozen = [];
    }
  };
  for (const [i, day] of active.entries()) {
    if (i > 0) miss(active[i - 1]!, day);
    length++;
    if (length % EARNS === 0) freezes = Math.min(HELD, freezes + 1);
  }
  const last = active.at(-1);
  if (last !== undefined && last < today) miss(last, today);
  return { length, frozen, freezes };
}

export const streak = (days: readonly Pick<Activity, 'day'>[], today: string): number =>
  streakOf(days, today).length;
