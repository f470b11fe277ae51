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

/** Days in a row with an answer, up to today; a day that is not over yet does not break it. `days` latest first. */
export function streak(days: readonly Pick<Activity, 'day'>[], today: string): number {
  const active = new Set(days.map((d) => d.day));
  let day = active.has(today) ? today : dayBefore(today);
  let length = 0;
  while (active.has(day)) {
    length++;
    day = dayBefore(day);
  }
  return length;
}
