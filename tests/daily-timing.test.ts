import { describe, expect, it } from 'vitest';
import { toDiscord } from '../adapters/discord/text.ts';
import { markup } from '../adapters/page/encode.ts';
import { mrkdwn } from '../adapters/slack/mrkdwn.ts';
import { channelMark, moment, plain } from '../src/chat.ts';
import { layoutSpread } from '../src/draw/spread.ts';
import { toSvg } from '../src/draw/svg.ts';
import { inOrder } from '../src/learn/daily/pick.ts';
import {
  closesAt,
  levelOn,
  readHolidays,
  readLevels,
  readSpan,
  readTime,
  readWeekdays,
  upcoming,
  weekdayWords,
} from '../src/learn/daily/timing.ts';
import { createBank } from '../src/learn/index.ts';
import { parseQuestion } from '../src/learn/parse.ts';
import { everyDay } from './support/daily.ts';
import { written } from './support/questions.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** a Sunday, 12:00 UTC */
const NOON = Date.UTC(2026, 10, 22, 12);
const bank = createBank(Object.values(written).map((source) => parseQuestion(source, 'q.md')));

describe('what people type', () => {
  it.each([
    [readTime, '9', 540],
    [readTime, '09:05', 545],
    [readTime, '21.30', 1290],
    [readTime, '12am', 0],
    [readTime, '9 pm', 1260],
    [readTime, 'noon', 720],
    [readWeekdays, 'mon-fri', [1, 2, 3, 4, 5]],
    [readWeekdays, 'Fri – Mon', [1, 5, 6, 7]],
    [readWeekdays, 'weekends and wed', [3, 6, 7]],
    [readWeekdays, 'every day', [1, 2, 3, 4, 5, 6, 7]],
    [readHolidays, '12-25, 2026-12-30..2027-01-01', ['12-25', '2026-12-30', '2026-12-31', '2027-01-01']],
    [readLevels, '2-4', [2, 4]],
    [readLevels, '3', [3, 3]],
    [readSpan, '8h', { minutes: 480 }],
    [readSpan, 'next', {}],
  ] as const)('%o reads %s', (read, typed, found) => {
    expect((read as (typed: string) => unknown)(typed)).toEqual(found);
  });

  it.each([
    [readTime, '25:00', /no time of day: write it as 09:00/],
    [readTime, '9:75', /no time of day/],
    [readTime, '13pm', /no time of day/],
    [readWeekdays, 'mon-fun', /no day of the week/],
    [readHolidays, '2026-02-30', /no date/],
    [readHolidays, '13-40', /no day of the year/],
    [readHolidays, '2027-01-01..2026-12-01', /ends before it begins/],
    [readLevels, '4-2', /no range of levels/],
    [readSpan, '1m', /no time to answer in/],
  ] as const)('%o refuses %s', (read, typed, says) => {
    expect((read as (typed: string) => unknown)(typed)).toMatch(says);
  });

  it('shows a moment and a channel as each platform lets its readers see it', () => {
    const where = channelMark('123');
    expect([toDiscord(where), mrkdwn(channelMark('C12'))[0], markup(where)]).toEqual([
      '<#123>',
      '<#C12>',
      [{ tag: 'p', has: ['#123'] }],
    ]);
    const words = `closes ${moment(NOON)}, *not* <t:1:R>`;
    expect(toDiscord(words)).toBe('closes <t:1795348800:f> (<t:1795348800:R>), *not* \\<t:1:R>');
    expect(mrkdwn(words)).toEqual([
      'closes <!date^1795348800^{date_short_pretty} at {time}|2026-11-22 12:00 UTC>, _not_ &lt;t:1:R&gt;',
    ]);
    expect(markup(words)[0]).toMatchObject({
      tag: 'p',
      has: ['closes ', { tag: 'time', at: NOON }, ', ', {}, {}],
    });
    expect(plain([{ kind: 'aside', markdown: words }])).toContain('closes 2026-11-22 12:00 UTC');
  });
});

describe('the spread of answers', () => {
  it('is drawn whatever the options say, each bar its share, the right one by sign as well', async () => {
    const row = (mark: string, text: string, count: number, right = false) => ({ mark, text, count, right });
    const rows = [
      row('A', `\u202e${'long '.repeat(80)}\u0000`, 1),
      row('B', '<b>One</b>', 3, true),
      row('C', '', 0),
    ];
    const sheet = layoutSpread({ title: 'How the answers fell', subtitle: 'x', rows, people: 4 });
    const bars = sheet.boxes.filter((b) => b.height === 20);
    expect(bars).toHaveLength(2);
    expect(bars[1]!.width / bars[0]!.width).toBeCloseTo(3, 1);
    for (const word of sheet.words) expect(word.x).toBeLessThanOrEqual(sheet.width);
    const svg = await toSvg(sheet);
    expect(svg).toContain('✓ &lt;b&gt;One&lt;/b&gt;');
    expect(svg).not.toMatch(/ opacity="0?\.\d/);
  });
});

describe('what is due', () => {
  const timing = everyDay('c', 540, 'UTC', 0);
  const none = new Set<string>();
  const next = (over: object, now = NOON, taken: ReadonlySet<string> = none) => {
    const due = upcoming({ ...timing, ...over }, now, taken);
    return due && `${due.day} ${new Date(due.at).toISOString().slice(0, 16)}`;
  };

  it('is today’s if its time has passed, once, and nothing from before it was set up', () => {
    expect(next({})).toBe('2026-11-22 2026-11-22T09:00');
    expect(next({}, NOON, new Set(['2026-11-22']))).toBe('2026-11-23 2026-11-23T09:00');
    expect(next({ since: NOON - HOUR })).toBe('2026-11-23 2026-11-23T09:00');
  });
  it('keeps to weekdays, days off and pauses', () => {
    expect(next({ weekdays: [3] })).toBe('2026-11-25 2026-11-25T09:00');
    expect(next({ holidays: ['11-22', '2026-11-23'] })).toBe('2026-11-24 2026-11-24T09:00');
    expect(next({ pausedUntil: '2028-02-29' })).toBe('2028-02-29 2028-02-29T09:00');
    expect(next({ weekdays: [] })).toBeUndefined();
  });
  it('is still posted minutes after midnight where its time is just before', () => {
    const late = { minute: 23 * 60 + 59 };
    const midnight = Date.UTC(2026, 10, 23);
    expect(next(late, midnight + 5 * MINUTE)).toBe('2026-11-22 2026-11-22T23:59');
    expect(next(late, midnight + HOUR)).toBe('2026-11-23 2026-11-23T23:59');
  });
  it('closes at the next post or after the set time, and gets harder over the week', () => {
    expect(closesAt(NOON, undefined, NOON + DAY)).toBe(NOON + DAY);
    expect(closesAt(NOON, 60, NOON + DAY)).toBe(NOON + HOUR);
    expect(closesAt(NOON, undefined, undefined)).toBe(NOON + 7 * DAY);
    const week = { weekdays: [1, 2, 3, 4, 5], lowest: 1, highest: 5 };
    const days = [23, 24, 25, 26, 27].map((d) => levelOn(`2026-11-${d}`, week));
    expect(days).toEqual([1, 2, 3, 4, 5]);
    expect(weekdayWords([1, 2, 3, 4, 5])).toBe('Mon–Fri');
    expect(weekdayWords([1, 3])).toBe('Mon, Wed');
  });
  it('does not repeat a question before the bank is used up', () => {
    const all = bank.questions.map(({ id, level }) => ({ id, level }));
    const uses = new Map<string, number>();
    const order: string[] = [];
    for (let i = 0; i < 3 * all.length; i++) {
      const list = [...uses].map(([question, count]) => ({ question, count, last: '' }));
      const { id } = inOrder(all, list, (i % 5) + 1, `1 ${i}`)[0]!;
      uses.set(id, (uses.get(id) ?? 0) + 1);
      order.push(id);
    }
    for (let round = 0; round < 3; round++)
      expect(new Set(order.slice(round * all.length, (round + 1) * all.length)).size).toBe(all.length);
  });
});
