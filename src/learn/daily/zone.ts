/**
 * Local time in IANA zones, over the rules that come with Node (Intl). A day is a local date, `2026-11-22`; a minute
 * is counted from local midnight as a clock on the wall shows it, so 02:30 is 150 on every day.
 */
import { nearest } from '../../sim/words.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const formats = new Map<string, Intl.DateTimeFormat>();
const WALL = /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+):(\d+)$/;

function formatOf(timezone: string): Intl.DateTimeFormat {
  let format = formats.get(timezone);
  if (format === undefined) {
    const two = '2-digit';
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: two,
      day: two,
      hour: two,
      minute: two,
      second: two,
    });
    formats.set(timezone, format);
  }
  return format;
}

/** What a clock on the wall shows at that instant, as if it were UTC: epoch ms, whole seconds. */
export const wallAt = (timezone: string, at: number): number =>
  Math.floor(at / 1000) * 1000 + offsetAt(timezone, at);

const WEEK = 7 * DAY;
const offsets = new Map<string, Map<number, number>>();

/** ms east of UTC. No zone changes its clocks twice within a week, so a week that begins and ends alike has one. */
function offsetAt(timezone: string, at: number): number {
  const week = Math.floor(at / WEEK);
  const start = offsetOn(timezone, week);
  return start === offsetOn(timezone, week + 1) ? start : exactly(timezone, at);
}

/** as that week begins; asking Intl costs microseconds, and a schedule asks for the same weeks again and again */
function offsetOn(timezone: string, week: number): number {
  let known = offsets.get(timezone);
  if (known === undefined) {
    known = new Map();
    offsets.set(timezone, known);
  }
  let offset = known.get(week);
  if (offset === undefined) {
    offset = exactly(timezone, week * WEEK);
    known.set(week, offset);
  }
  return offset;
}

function exactly(timezone: string, at: number): number {
  const [, month, day, year, hour, minute, second] = WALL.exec(formatOf(timezone).format(at))!;
  const wall = Date.UTC(+year!, +month! - 1, +day!, +hour!, +minute!, +second!);
  return wall - Math.floor(at / 1000) * 1000;
}

export const dayOf = (wall: number): string => new Date(wall).toISOString().slice(0, 10);
export const dayAfter = (day: string, days = 1): string => dayOf(Date.parse(day) + days * DAY);
/** 1 Monday … 7 Sunday */
export const weekdayOf = (day: string): number => new Date(day).getUTCDay() || 7;

/**
 * The instant at which a local date shows that time. A time that occurs twice is its first occurrence. A time that is
 * skipped is the next minute that exists, or the last one of that date where the gap reaches into the next date.
 * Undefined for a date that a zone never had (Samoa, 30 December 2011).
 */
export function instantOf(timezone: string, day: string, minute: number): number | undefined {
  const wall = Date.parse(day) + minute * MINUTE;
  // Offsets lie between -12 and +14 hours, and no zone changes its own twice within these days.
  const before = offsetAt(timezone, wall - 26 * HOUR);
  const after = offsetAt(timezone, wall + 26 * HOUR);
  if (before === after) return wall - before;
  const first = wall - Math.max(before, after);
  const second = wall - Math.min(before, after);
  if (wallAt(timezone, first) === wall) return first;
  if (wallAt(timezone, second) === wall) return second;
  // Skipped: between the two lies the change, the first instant whose wall clock is past the wanted time.
  let low = first;
  let high = second;
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000;
    if (wallAt(timezone, middle) > wall) high = middle;
    else low = middle;
  }
  if (dayOf(wallAt(timezone, high)) === day) return high;
  const last = high - MINUTE;
  return dayOf(wallAt(timezone, last)) === day ? last : undefined;
}

/** names people use that Node lists under an older one, or not at all */
const ALSO = [
  'UTC',
  'Africa/Asmara',
  'America/Nuuk',
  'America/Argentina/Buenos_Aires',
  'Asia/Ho_Chi_Minh',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Asia/Yangon',
  'Atlantic/Faroe',
  'Europe/Kyiv',
  'Pacific/Chuuk',
  'Pacific/Kanton',
  'Pacific/Pohnpei',
];

/** An abbreviation means several zones, or half of one; this is the zone most who write it mean. */
const ABBREVIATED: Readonly<Record<string, string>> = {
  aest: 'Australia/Sydney',
  bst: 'Europe/London',
  brt: 'America/Sao_Paulo',
  cest: 'Europe/Berlin',
  cet: 'Europe/Berlin',
  cst: 'America/Chicago',
  cdt: 'America/Chicago',
  ct: 'America/Chicago',
  eet: 'Europe/Helsinki',
  est: 'America/New_York',
  edt: 'America/New_York',
  et: 'America/New_York',
  hkt: 'Asia/Hong_Kong',
  ist: 'Asia/Kolkata',
  jst: 'Asia/Tokyo',
  kst: 'Asia/Seoul',
  mst: 'America/Denver',
  mdt: 'America/Denver',
  msk: 'Europe/Moscow',
  nzst: 'Pacific/Auckland',
  pst: 'America/Los_Angeles',
  pdt: 'America/Los_Angeles',
  pt: 'America/Los_Angeles',
  sgt: 'Asia/Singapore',
  wet: 'Europe/Lisbon',
};

let listed: readonly string[] | undefined;
/** every zone a person may choose */
export function zones(): readonly string[] {
  listed ??= [...new Set([...Intl.supportedValuesOf('timeZone'), ...ALSO])].sort();
  return listed;
}

const cityOf = (zone: string) => zone.slice(zone.lastIndexOf('/') + 1);

/** The zone a person means by what they typed, spelt as IANA does; undefined if there is none of that name. */
export function zoneOf(typed: string): string | undefined {
  const name = typed.trim().replace(/\s+/g, '_');
  const known = zones().find((zone) => zone.toLowerCase() === name.toLowerCase());
  if (known !== undefined) return known;
  // Names from before, such as US/Eastern, mean the same zone. `EST` means a zone without summer time: not taken.
  if (!name.includes('/')) return /^(z|gmt)$/i.test(name) ? 'UTC' : undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** The zone they may have meant: by abbreviation, by city, else by spelling. */
export function nearestZone(typed: string): string | undefined {
  const word = typed.trim().replace(/\s+/g, '_').toLowerCase();
  const known = ABBREVIATED[word] ?? zones().find((zone) => cityOf(zone).toLowerCase() === word);
  if (known !== undefined) return known;
  if (word.includes('/')) {
    // Right city, wrong continent, is nearer than the other way round.
    const city = cityOf(word);
    const there = zones().find((zone) => cityOf(zone).toLowerCase() === city);
    return there ?? nearest(word, zones());
  }
  const city = nearest(word, zones().map(cityOf));
  return city === undefined ? undefined : zones().find((zone) => cityOf(zone) === city);
}

/** What of the list goes on with what was typed: cities by their beginning first. */
export function completeZone(typed: string, most = 25): readonly string[] {
  const word = typed.trim().replace(/\s+/g, '_').toLowerCase();
  const starts = zones().filter((zone) => cityOf(zone).toLowerCase().startsWith(word));
  const has = zones().filter((zone) => zone.toLowerCase().includes(word));
  return [...new Set([...starts, ...has])].slice(0, most);
}
