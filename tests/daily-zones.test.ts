import { describe, expect, it } from 'vitest';
import { upcoming } from '../src/learn/daily/timing.ts';
import { dayAfter, instantOf, nearestZone, wallAt, zoneOf, zones } from '../src/learn/daily/zone.ts';
import { createBank } from '../src/learn/index.ts';
import { parseQuestion } from '../src/learn/parse.ts';
import { catalogue } from '../src/sim/catalogue.ts';
import { openStore, type ScheduleSettings } from '../src/store/index.ts';
import { everyDay, FakePlatform, keptLog, startClock } from './support/daily.ts';
import { written } from './support/questions.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const FROM = Date.UTC(2026, 0, 1);
const TO = Date.UTC(2036, 0, 1);

/** The wall clock by another way than the one under test. */
const formats = new Map<string, Intl.DateTimeFormat>();
const wall = (zone: string, at: number): string => {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
    formats.set(zone, format);
  }
  return format.format(at);
};

interface Zone {
  readonly zone: string;
  /** when its clocks change, found to the minute */
  readonly changes: readonly number[];
  /** zones of the same signature show the same time at every instant */
  readonly signature: string;
}

/** Every zone with its changes; no zone changes twice within a week. */
const all: readonly Zone[] = zones().map((zone) => {
  const changes: number[] = [];
  let signature = '';
  let offset = Number.NaN;
  for (let at = FROM - DAY; at < TO + 7 * DAY; at += 7 * DAY) {
    const now = wallAt(zone, at) - at;
    if (now === offset) continue;
    signature += `${at}:${now} `;
    if (!Number.isNaN(offset)) {
      let [low, high] = [at - 7 * DAY, at];
      while (high - low > MINUTE) {
        const middle = Math.floor((low + high) / 2 / MINUTE) * MINUTE;
        if (wallAt(zone, middle) - middle === offset) low = middle;
        else high = middle;
      }
      changes.push(high);
    }
    offset = now;
  }
  return { zone, changes, signature };
});
const changing = all.filter((z) => z.changes.length > 0);
const fixed = [
  'UTC',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
  'Africa/Lagos',
];

/** The worst time of day a zone has: within what is skipped in spring; else nine o'clock. */
const worst = ({ zone, changes }: Zone): number => {
  const spring = changes.find((at) => wallAt(zone, at) - wallAt(zone, at - MINUTE) > MINUTE);
  if (spring === undefined) return 9 * 60;
  const skipped = wallAt(zone, spring) - 17 * MINUTE;
  return (((skipped / MINUTE) % 1440) + 1440) % 1440;
};

describe('local time', () => {
  const cases: readonly [zone: string, day: string, minute: number, at: string | undefined, why: string][] = [
    ['Europe/Lisbon', '2026-03-29', 90, '2026-03-29T01:00Z', 'skipped: 02:00 is the next minute'],
    ['Europe/Lisbon', '2026-10-25', 90, '2026-10-25T00:30Z', 'twice: the first'],
    ['America/New_York', '2026-03-08', 150, '2026-03-08T07:00Z', 'skipped'],
    ['America/New_York', '2026-11-01', 90, '2026-11-01T05:30Z', 'twice'],
    ['Australia/Lord_Howe', '2026-10-04', 135, '2026-10-03T15:30Z', 'half an hour is skipped'],
    ['Asia/Kolkata', '2026-03-29', 540, '2026-03-29T03:30Z', 'a zone that never changes'],
    ['Asia/Beirut', '2026-03-29', 10, '2026-03-28T22:00Z', 'midnight itself is skipped'],
    ['Pacific/Auckland', '2026-09-27', 150, '2026-09-26T14:00Z', 'south of the equator'],
    ['America/Nuuk', '2026-03-28', 1410, '2026-03-29T00:59Z', 'the gap ends the day: its last minute'],
    ['Pacific/Apia', '2011-12-30', 540, undefined, 'a date that never was'],
  ];
  it.each(cases)('%s %s minute %i: %s (%s)', (zone, day, minute, at) => {
    const found = instantOf(zone, day, minute);
    expect(found === undefined ? undefined : `${new Date(found).toISOString().slice(0, 16)}Z`).toBe(at);
  });

  it('knows zones by name, and guesses what was meant', () => {
    expect(zoneOf('europe/lisbon')).toBe('Europe/Lisbon');
    expect(zoneOf('America/New York')).toBe('America/New_York');
    expect(zoneOf('Asia/Kolkata')).toBe('Asia/Kolkata');
    expect(zoneOf('utc')).toBe('UTC');
    expect(zoneOf('EST')).toBeUndefined();
    expect(zoneOf('GMT+2')).toBeUndefined();
    expect(nearestZone('Europe/Lisbn')).toBe('Europe/Lisbon');
    expect(nearestZone('lisbon')).toBe('Europe/Lisbon');
    expect(nearestZone('America/London')).toBe('Europe/London');
    expect(nearestZone('PST')).toBe('America/Los_Angeles');
    expect(nearestZone('new york')).toBe('America/New_York');
  });
});

/** One of each kind of change: at two, at midnight, at a day's end, half an hour, backwards for Ramadan, none. */
const kinds = [
  'America/New_York',
  'Asia/Beirut',
  'America/Nuuk',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'Asia/Kathmandu',
];

/** The clock over a store, from minute to minute in which something is due. `each` sees every post; true ends that channel. */
async function run(
  schedules: readonly ScheduleSettings[],
  until: number,
  each: (channel: string, at: number) => boolean,
): Promise<void> {
  const store = await openStore('file::memory:');
  const bank = createBank([parseQuestion(written.choice, 'q.md'), parseQuestion(written.multi, 'q.md')]);
  let now = FROM;
  const platform = new FakePlatform(() => now);
  const log = keptLog();
  const { clock } = startClock({ store, platform, bank, sims: catalogue([]), log, now: () => now });
  for (const s of schedules) await store.schedules.put(s, upcoming(s, s.since, new Set())?.at);
  for (let posted = 0; ; ) {
    const [first] = await store.schedules.due('page', Number.MAX_SAFE_INTEGER, 1);
    if (!first?.next || first.next >= until) break;
    // The tick comes with the minute.
    now = Math.ceil(first.next / MINUTE) * MINUTE;
    await clock.tick();
    for (; posted < platform.posts.length; posted++) {
      const { place, at } = platform.posts[posted]!;
      if (!each(place.channel, at)) continue;
      const ended = (await store.schedules.at(place))!;
      await store.schedules.move([{ id: ended.id, next: undefined }]);
    }
  }
  expect(log.errors).toEqual([]);
  await store.close();
}

describe('ten years', () => {
  it('in every zone there is one instant a local date, on that date: the first minute that has come', () => {
    expect(changing.length).toBeGreaterThan(100);
    for (const { zone, ...rest } of [...changing, ...all.filter((z) => fixed.includes(z.zone))]) {
      const settings = everyDay(zone, worst({ zone, ...rest }), zone, FROM);
      const clock = inWords(settings.minute);
      let taken = new Set<string>();
      let last = dayAfter(wall(zone, FROM).slice(0, 10), -1);
      let at = FROM;
      while (at < TO) {
        const due = upcoming(settings, at, taken)!;
        const shown = wall(zone, due.at);
        const broken = `${zone} ${due.day} ${clock} is ${shown}`;
        if (shown.slice(0, 10) !== due.day || (due.day !== dayAfter(last) && taken.size > 0))
          throw new Error(broken);
        if (shown !== `${due.day} ${clock}`) {
          // Later than wished: then the minute before was earlier. Earlier: then the next minute is another date.
          const late = shown.slice(11) > clock;
          const beside = wall(zone, late ? due.at - MINUTE : due.at + MINUTE);
          if (late ? beside >= `${due.day} ${clock}` : beside.slice(0, 10) === due.day)
            throw new Error(broken);
        }
        taken = new Set([due.day, last]);
        last = due.day;
        at = due.at;
      }
    }
  });

  it('the clock posts once a local date in every kind of zone', async () => {
    const chosen = all.filter((z) => kinds.includes(z.zone));
    expect(chosen).toHaveLength(kinds.length);
    const seen = new Map<string, string>();
    const minutes = new Map(chosen.map((z) => [z.zone, worst(z)]));
    await run(
      chosen.map((z) => everyDay(z.zone, worst(z), z.zone, FROM)),
      TO,
      (zone, at) => {
        const day = wall(zone, at).slice(0, 10);
        const last = seen.get(zone);
        if (last !== undefined && day !== dayAfter(last)) throw new Error(`${zone}: ${last}, then ${day}`);
        if (at !== instantOf(zone, day, minutes.get(zone)!))
          throw new Error(`${zone} ${day}: at another time`);
        seen.set(zone, day);
        return false;
      },
    );
    for (const zone of kinds) expect(`${zone} ${seen.get(zone)! >= '2035-12-30'}`).toBe(`${zone} true`);
  }, 60_000);

  it('the clock posts once a local date around every change of every zone that has its own', async () => {
    const once = new Map(changing.map((z) => [z.signature, z]));
    const around = [...once.values()].flatMap((z) => z.changes.map((change) => ({ ...z, change })));
    expect(around.length).toBeGreaterThan(300);
    const days = new Map<string, string[]>();
    await run(
      around.map((z) => {
        // Schedules of later changes wait for them.
        const since = z.change - 2 * DAY;
        return everyDay(`${z.zone} ${z.change}`, worst(z), z.zone, since);
      }),
      TO,
      (channel, at) => {
        const [zone = '', change] = channel.split(' ');
        days.set(channel, [...(days.get(channel) ?? []), wall(zone, at).slice(0, 10)]);
        return at > Number(change) + 2 * DAY;
      },
    );
    expect(days.size).toBe(around.length);
    for (const [channel, found] of days) {
      const wanted = found.map((_, i) => dayAfter(found[0]!, i));
      expect(`${channel}: ${found}`).toBe(`${channel}: ${wanted}`);
      expect(found.length).toBeGreaterThanOrEqual(4);
    }
  }, 60_000);
});

const inWords = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
