/** Periods of a leaderboard. Their edges are UTC: members of one space live in many zones. A season is a quarter. */
export const periods = ['day', 'week', 'season', 'all'] as const;
export type Period = (typeof periods)[number];

/** ms */
export const DAY = 86_400_000;

/** `2026-11-22`, `2026-W47` (ISO 8601), `2026-Q4` or `all`. */
export function periodKey(period: Period, at: number): string {
  const date = new Date(at);
  switch (period) {
    case 'day':
      return date.toISOString().slice(0, 10);
    case 'week': {
      // ISO 8601: a week belongs to the year of its Thursday.
      const midnight = Math.floor(at / DAY) * DAY;
      const weekday = (date.getUTCDay() + 6) % 7;
      const thursday = new Date(midnight + (3 - weekday) * DAY);
      const year = thursday.getUTCFullYear();
      const week = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / DAY / 7) + 1;
      return `${year}-W${String(week).padStart(2, '0')}`;
    }
    case 'season':
      return `${date.getUTCFullYear()}-Q${Math.floor(date.getUTCMonth() / 3) + 1}`;
    case 'all':
      return 'all';
  }
}
