/** What a schedule is set up from, and how it is told. */
import { moment, type Place } from '../chat.ts';
import {
  ALL_DAYS,
  clock,
  rangesOf,
  readDate,
  readHolidays,
  readLevels,
  readSpan,
  readTime,
  readWeekdays,
  upcoming,
  weekdayWords,
} from '../learn/daily/timing.ts';
import { dayAfter, dayOf, nearestZone, wallAt, zoneOf } from '../learn/daily/zone.ts';
import type { Schedule, ScheduleSettings } from '../store/index.ts';
import { type Context, Refusal, type Tools } from './command.ts';
import { topicOf } from './quiz.ts';

/** As typed; what is left out stays as it is, or is the default. */
export interface Typed {
  readonly at?: string;
  readonly timezone?: string;
  readonly topic?: string;
  readonly level?: string;
  readonly days?: string;
  readonly off?: string;
  readonly close?: string;
  readonly rising?: boolean;
  readonly runs?: number;
  /** a pause's date; empty for none */
  readonly until?: string;
}

/** Throws Refusal with the nearest zone. */
export function timezoneOf(typed: string): string {
  const zone = zoneOf(typed);
  if (zone !== undefined) return zone;
  const hint = nearestZone(typed);
  throw new Refusal(
    `There is no time zone \`${typed.trim().slice(0, 40)}\`${hint ? `; did you mean ${hint}?` : '.'} Zones are named like Europe/Lisbon or America/New_York.`,
  );
}

/** The value, or a Refusal with what was said instead of it. */
function must<T>(read: T | string): T {
  if (typeof read === 'string') throw new Refusal(read);
  return read;
}

/** Settings of a place from what was typed over what it had. Throws Refusal. */
export function settingsOf(
  typed: Typed,
  place: Place,
  held: Schedule | undefined,
  context: Context,
): ScheduleSettings {
  const { learner, learning, now } = context;
  const minute = typed.at === undefined ? held?.minute : must(readTime(typed.at));
  if (minute === undefined)
    throw new Refusal('Say when, such as `/daily post at=09:00 timezone=Europe/Lisbon`.');
  const timezone =
    typed.timezone === undefined ? (held?.timezone ?? learner.timezone ?? 'UTC') : timezoneOf(typed.timezone);
  const anyTopic = typed.topic !== undefined && /^(all|any)$/i.test(typed.topic.trim());
  const topic = anyTopic
    ? undefined
    : typed.topic === undefined
      ? held?.topic
      : topicOf(typed.topic, context);
  const [lowest, highest] =
    typed.level === undefined
      ? [held?.lowest ?? 1, held?.highest ?? 5]
      : /^(all|any)$/i.test(typed.level.trim())
        ? [1, 5]
        : must(readLevels(typed.level));
  const weekdays = typed.days === undefined ? (held?.weekdays ?? ALL_DAYS) : must(readWeekdays(typed.days));
  const holidays = typed.off === undefined ? (held?.holidays ?? []) : must(readHolidays(typed.off));
  const closeAfter =
    typed.close === undefined ? held?.closeAfter : must<{ minutes?: number }>(readSpan(typed.close)).minutes;
  const runs = typed.runs ?? held?.runs ?? 25;
  const pausedUntil =
    typed.until === undefined || typed.until === held?.pausedUntil
      ? held?.pausedUntil
      : typed.until === ''
        ? undefined
        : pauseDate(typed.until, dayOf(wallAt(timezone, now())));
  const there = [
    ...learning.bank.of({ topic }),
    ...(runs > 0 ? learning.generators.of({ topic }) : []),
  ].filter((q) => q.level >= lowest && q.level <= highest);
  if (there.length === 0)
    throw new Refusal(
      `There is no question${topic ? ` on ${topic}` : ''} of level ${lowest === highest ? lowest : `${lowest} to ${highest}`}.`,
    );
  return {
    kind: 'channel',
    place,
    maker: learner.id,
    minute,
    timezone,
    weekdays,
    holidays,
    ...(pausedUntil !== undefined && { pausedUntil }),
    ...(topic !== undefined && { topic }),
    lowest,
    highest,
    rising: typed.rising ?? held?.rising ?? false,
    runs,
    ...(closeAfter !== undefined && { closeAfter }),
    since: now(),
  };
}

/** Keeps settings; what was posted today stays today's post. */
export async function put(
  settings: ScheduleSettings,
  held: Schedule | undefined,
  tools: Tools,
): Promise<Schedule> {
  const { store, now } = tools;
  const yesterday = dayAfter(dayOf(wallAt(settings.timezone, now())), -1);
  const taken = held ? await store.slots.days(held.id, yesterday) : new Set<string>();
  const next = upcoming(settings, now(), taken)?.at;
  if (next === undefined)
    throw new Refusal('Every day of the coming year is a day off: nothing would be posted.');
  return store.schedules.put(settings, next);
}

/** `Mon–Fri at 09:00 Europe/Lisbon · consensus, levels 2 to 4 · …`; of a reminder, when alone. */
export function told(schedule: Schedule, now: number): string {
  const {
    kind,
    weekdays,
    minute,
    timezone,
    topic,
    lowest,
    highest,
    rising,
    runs,
    holidays,
    closeAfter,
    pausedUntil,
  } = schedule;
  const today = dayOf(wallAt(timezone, now));
  const levels = lowest === highest ? `level ${lowest}` : `levels ${lowest} to ${highest}`;
  const off = rangesOf(holidays.filter((day) => day.length === 5 || day >= today));
  const what = [
    `${topic ?? 'all topics'}, ${lowest === 1 && highest === 5 ? 'all levels' : levels}${rising ? ', harder towards the end of the week' : ''}`,
    runs === 0
      ? 'no questions from runs'
      : runs === 100
        ? 'all from fresh runs'
        : `${runs} % from fresh runs`,
    ...(kind === 'channel'
      ? [closeAfter === undefined ? 'open until the next one' : `open for ${hours(closeAfter)}`]
      : []),
  ];
  const parts = [
    `**${weekdayWords(weekdays)} at ${clock(minute)}** ${timezone}`,
    ...(kind === 'reminder' ? [] : what),
    ...(off.length > 0
      ? [`not on ${off.slice(0, 5).join(', ')}${off.length > 5 ? ` and ${off.length - 5} more` : ''}`]
      : []),
    ...(pausedUntil !== undefined && pausedUntil > today ? [`paused until ${pausedUntil}`] : []),
  ];
  return parts.join(' · ');
}

export const nextWords = ({ next }: Schedule): string =>
  next === undefined ? 'stopped' : `next ${moment(next)}`;

/** as `readSpan` reads it */
export const hours = (minutes: number): string =>
  minutes % 1440 === 0 && minutes >= 1440
    ? `${minutes / 1440} d`
    : minutes % 60 === 0
      ? `${minutes / 60} h`
      : `${minutes} min`;

/** A pause's date. Throws Refusal. */
export function pauseDate(typed: string, today: string): string {
  const { day } = must<{ readonly day: string }>(readDate(typed));
  if (day <= today) throw new Refusal(`A pause lasts until a date to come; ${day} is not after ${today}.`);
  if (day > dayAfter(today, 366)) throw new Refusal('A pause lasts a year at most; `/daily stop` stops it.');
  return day;
}
