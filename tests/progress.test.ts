import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Incoming } from '../src/chat.ts';
import progress from '../src/commands/progress.ts';
import quiz from '../src/commands/quiz.ts';
import review from '../src/commands/review.ts';
import { layoutForecast } from '../src/draw/forecast.ts';
import { layoutProgress } from '../src/draw/progress.ts';
import type { Sheet } from '../src/draw/sheet.ts';
import { toSvg } from '../src/draw/svg.ts';
import { accuracy } from '../src/learn/accuracy.ts';
import { dayBefore, streakOf } from '../src/learn/days.ts';
import { createMemory, STEPS } from '../src/learn/memory.ts';
import { accuracyWords } from '../src/learn/progress-view.ts';
import { ENOUGH, foresee, logLoss, train } from '../src/learn/training.ts';
import { stream } from '../src/sim/chance.ts';
import type { CardState, Grade, Review } from '../src/store/index.ts';
import { openSite, type Site, Somebody } from './support/people.ts';

const NOON = Date.UTC(2026, 10, 22, 12);
const DAY = 86_400_000;

let folder: string;
let site: Site;
let now: number;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorum-progress-'));
  now = NOON;
  site = await openSite(`file:${join(folder, 'q.db')}`, [quiz, review, progress], () => now);
});
afterEach(async () => {
  await site.store.close();
  rmSync(folder, { recursive: true, force: true });
  expect(site.broken).toEqual([]);
});
const somebody = (name: string) => new Somebody(() => site, name);

describe('/progress', () => {
  it('draws topics, calendar, what is due and the weakest, and says the same in words', async () => {
    const ana = somebody('Ana');
    await ana.says('/progress');
    expect(ana.sees).toMatch(/^You have not answered a question yet; there are 5\./);
    await ana.answers(true);
    await ana.says('/quiz clocks level=4 count=1');
    await ana.press('I don’t know');
    now += DAY;
    await ana.says('/progress');
    expect(ana.reply?.private).toBe(true);
    const view = site.drawn.progress.at(-1)!;
    expect(view.subtitle).toBe('1-day streak · 2 of 5 questions met · 1 due now');
    expect(view.topics.map(({ name, note }) => [name, note])).toEqual([
      ['Clocks', 'still to learn'],
      ['Consensus', '1 of 3 met'],
    ]);
    expect(view.topics[1]!.share).toBeGreaterThan(0.9);
    expect(view.days).toEqual([
      { day: '2026-11-22', count: 2 },
      { day: '2026-11-23', count: 0 },
    ]);
    expect(view.coming).toEqual([1, 1, ...Array(12).fill(0)]);
    expect(view.weakest).toMatchObject([{ note: 'not recalled yet' }]);
    expect(ana.sees).toContain('Due today and in the next 13 days: 1, 1, 0');
    expect(ana.sees).toContain('How good that forecast is can be told after 20 answers');
    await ana.press('Drill the weakest');
    expect(ana.sees).toContain('clocks · level 4');
  });

  it('is what stands on the bot’s own page', async () => {
    const ana = somebody('Ana');
    await ana.answers(true);
    const home = { ...ana.last!, id: 'home1', kind: 'home' } as Incoming;
    const reply = await site.bot.handle(home);
    await ana.says('/progress');
    expect(reply?.private).toBe(true);
    expect(reply?.blocks).toEqual(ana.reply?.blocks);
  });

  it('tells what a group forgets, without those who are hidden, and not of fewer than three', async () => {
    const all = ['Ana', 'Ben', 'Cleo', 'Dev'].map(somebody);
    for (const [i, who] of all.entries()) {
      await who.answers(true);
      await who.says('/quiz consensus level=3 count=1');
      if (i < 2) await who.press('I don’t know');
    }
    const [ana, ben, , dev] = all as [Somebody, Somebody, Somebody, Somebody];
    await site.store.learners.setHidden((await dev.learner()).id, true);
    now += 2 * DAY;
    await ana.says('/progress group');
    expect(ana.reply?.private).toBeUndefined();
    const view = site.drawn.progress.at(-1)!;
    expect(view.subtitle).toMatch(/^3 members/);
    // Met by two only: it would tell of them and not of the group.
    expect(view.weakest?.map((w) => [w.text.slice(0, 14), w.note.slice(-4)])).toEqual([
      ['How many votes', 'of 3'],
    ]);
    expect(view.days).toBeUndefined();
    expect(ana.sees).toContain('What this group of 3 members would recall today:');
    await ana.press('Drill these');
    expect(ana.sees).toContain('How many votes');
    await site.store.learners.setHidden((await ben.learner()).id, true);
    await ana.says('/progress group');
    expect(ana.sees).toContain(
      'A group begins with 3 members who stand on the leaderboard here; there are 2.',
    );
    expect(await ana.says('/progress grup')).toContain('did you mean group?');
  });
});

describe('a streak', () => {
  /** `x` a day with an answer, `.` without; the last one is today */
  const of = (pattern: string) => {
    const today = '2026-11-22';
    const days = [...pattern].flatMap((sign, i) =>
      sign === 'x' ? [{ day: dayBefore(today, pattern.length - 1 - i) }] : [],
    );
    const { length, frozen, freezes } = streakOf(days.reverse(), today);
    return [length, frozen.length, freezes];
  };
  it.each([
    ['', 0, 0, 0],
    ['x', 1, 0, 0],
    ['xx.', 2, 0, 0],
    ['xx.x', 1, 0, 0],
    ['xx..', 0, 0, 0],
    ['xxxxxxx', 7, 0, 1],
    ['xxxxxxx.x', 8, 1, 0],
    ['xxxxxxx.', 7, 0, 1],
    ['xxxxxxx..', 7, 1, 0],
    ['xxxxxxx...', 0, 0, 0],
    ['xxxxxxx..x', 1, 0, 0],
    [`${'x'.repeat(28)}..x`, 29, 2, 0],
    [`${'x'.repeat(28)}...x`, 1, 0, 0],
    ['xxxxxxx.xxxxxxx.x', 15, 2, 0],
  ])('%s: %i days, %i frozen, %i freeze days left', (pattern, length, frozen, freezes) => {
    expect(of(pattern)).toEqual([length, frozen, freezes]);
  });

  it('follows the learner’s own midnight', async () => {
    const ana = somebody('Ana');
    await ana.says('/progress');
    const { id } = await ana.learner();
    await site.store.learners.setTimezone(id, 'Pacific/Auckland');
    // 10:00 and 11:30 UTC on one date are two dates in Auckland, which is 13 hours ahead.
    now = Date.UTC(2026, 10, 22, 10);
    await ana.answers(true);
    now = Date.UTC(2026, 10, 22, 11, 30);
    await ana.answers(true);
    expect(await site.learning.streak(await ana.learner(), now)).toMatchObject({ length: 2 });
  });
});

/** A log of somebody whose memory follows these FSRS weights, reviewing what is due by those. */
function logOf(cards: number, days: number, w: readonly number[] | undefined, seed = 1): Review[] {
  const random = stream(seed, 'reviews');
  const truth = createMemory(w === undefined ? STEPS : { ...STEPS, w: [...w] });
  const scheduler = createMemory(STEPS);
  const log: Review[] = [];
  const planned = Array.from({ length: cards }, (_, i) => ({
    question: `q${i}`,
    at: NOON + Math.floor((i * days) / cards / 2) * DAY,
    shown: undefined as CardState | undefined,
    real: undefined as CardState | undefined,
  }));
  for (let day = 0; day < days; day++)
    for (const card of planned) {
      const at = NOON + day * DAY;
      if (card.at > at) continue;
      const right = card.real === undefined ? random() < 0.7 : random() < truth.recall(card.real, at);
      const grade: Grade = right ? 3 : 1;
      const predicted = card.shown && scheduler.recall(card.shown, at);
      log.push({
        ...{
          id: log.length + 1,
          learner: 1,
          question: card.question,
          topic: 't',
          level: 2,
          event: `e${log.length}`,
        },
        ...{ mode: 'review', scope: 's', day: '', at, hinted: false, given: null, score: right ? 1 : 0 },
        ...{ grade, derived: grade, points: 0 },
        ...(predicted !== undefined && { predicted }),
        ...(card.shown !== undefined && { before: card.shown }),
      });
      card.real = truth.next(card.real, at, grade);
      card.shown = scheduler.next(card.shown, at, grade);
      card.at = Math.max(card.shown.due, at + DAY);
    }
  return log;
}

/** forgets what it learnt several times as fast as most */
const QUICK = [
  0.05, 0.2, 0.4, 1.5, 6.4, 0.83, 3.0, 0.001, 1.2, 0.17, 0.5, 1.5, 0.06, 0.26, 1.6, 0.6, 1.9, 0.5, 0.09, 0.07,
  0.5,
];

describe('parameters of one’s own', () => {
  it('are kept where they predict held-out answers better, and only then', async () => {
    const quick = logOf(60, 120, QUICK);
    const trained = (await train(quick, NOON))!;
    expect(trained.report.kept).toBe(true);
    expect(trained.parameters).toHaveLength(21);
    expect(trained.report.trained!).toBeLessThan(trained.report.published);
    expect(trained.report.held).toBeGreaterThan(50);
    for (let seed = 1; seed <= 4; seed++) {
      const { report, parameters } = (await train(logOf(40, 90, undefined, seed), NOON))!;
      expect(report.kept).toBe(report.trained! < report.published);
      expect(parameters !== undefined).toBe(report.kept);
    }
  });

  it('never see what they are judged on', async () => {
    const log = logOf(60, 120, QUICK);
    const held = foresee(log, createMemory(STEPS));
    const cut = held[Math.floor(held.length * 0.75)]!.at;
    const turned = log.map((r) => (r.at >= cut ? { ...r, grade: (r.grade === 1 ? 3 : 1) as Grade } : r));
    const [one, other] = [await train(log, NOON), await train(turned, NOON)];
    const own = createMemory({ ...STEPS, w: [...one!.parameters!] });
    // The same weights, judged on turned answers, give exactly the loss that was reported for them.
    expect(logLoss(foresee(turned, own).filter((f) => f.at >= cut))).toBeCloseTo(other!.report.trained!, 12);
  });

  it('wait for enough answers', async () => {
    const log = logOf(20, 10, QUICK);
    expect(foresee(log, createMemory(STEPS)).length).toBeLessThan(ENOUGH);
    expect(await train(log, NOON)).toBeUndefined();
  });

  it('are used from then on, and trained again only when the log has grown', async () => {
    const ana = somebody('Ana');
    await ana.answers(true);
    const learner = await ana.learner();
    for (const r of logOf(60, 120, QUICK)) {
      const { question, topic, level, event, mode, scope, at, hinted, given, score, grade } = r;
      await site.store.answers.record(
        {
          learner: learner.id,
          question,
          topic,
          level,
          event,
          mode,
          scope,
          day: '2026-11-22',
          at,
          hinted,
          given,
          score,
        },
        ({ card }) => ({ grade, card: createMemory(STEPS).next(card, at, grade), points: 0 }),
      );
    }
    now = NOON + 120 * DAY;
    const before = await dueIfGood(ana);
    expect(await site.learning.train(learner, now)).toBe(true);
    expect(await site.learning.train(learner, now)).toBe(false);
    expect((await site.store.memories.get(learner.id))?.report.kept).toBe(true);
    expect(await dueIfGood(ana)).toBeLessThan(before);
    expect(await ana.says('/progress')).toContain('yours are in use');
  });

  async function dueIfGood(who: Somebody): Promise<number> {
    const asked = await site.learning.drill(await who.learner(), ['one-vote'], now);
    return (await site.learning.preview(asked!, now))[3];
  }
});

describe('how good the forecast is', () => {
  it('stands beside baselines, whoever does better', () => {
    const good = accuracy(logOf(60, 120, undefined))!;
    expect(good.said).toBeCloseTo(good.published, 3);
    expect(good.said).toBeLessThan(good.naive);
    for (const { said, was } of good.calibration) expect(Math.abs(said - was)).toBeLessThan(0.15);
    const bad = accuracy(logOf(60, 120, QUICK))!;
    expect(bad.said).toBeGreaterThan(bad.naive);
    expect(accuracyWords(bad)).toContain('so far the plain share does better');
    expect(accuracyWords(good)).toMatch(
      /^Over \d+ answers it foresaw: log loss \*\*0\.\d{3}\*\*, against 0\.\d{3}/,
    );
    expect(accuracy(logOf(5, 4, undefined))).toBeUndefined();
  });
});

describe('the pictures', () => {
  const hostile = '\u202eX\u0000<b>&"'.repeat(400);
  const cases: [string, () => Sheet][] = [
    ['nothing', () => layoutProgress({ title: '', subtitle: '', topics: [], days: [], coming: [] })],
    [
      'too much of everything',
      () =>
        layoutProgress({
          title: hostile,
          subtitle: hostile,
          topics: Array.from({ length: 40 }, (_, i) => ({ name: hostile, share: i / 39, note: hostile })),
          days: Array.from({ length: 400 }, (_, i) => ({ day: dayBefore('2026-11-22', 399 - i), count: i })),
          coming: Array.from({ length: 14 }, (_, i) => i * 1e6),
          weakest: Array.from({ length: 20 }, () => ({ text: hostile, note: hostile })),
        }),
    ],
    [
      'no days left',
      () => layoutForecast({ title: 'x', subtitle: '', from: '2026-11-22', days: [], level: 0 }),
    ],
    [
      'a year ahead',
      () =>
        layoutForecast({
          title: hostile,
          subtitle: hostile,
          from: '2026-11-22',
          days: Array.from({ length: 366 }, (_, i) => ({ reviews: i, fresh: i % 3, easy: i % 7 === 0 })),
          level: 368,
        }),
    ],
  ];
  it.each(cases)('take %s, and keep every word and bar inside', async (_name, layout) => {
    const sheet = layout();
    for (const { x, y, width, height } of [...sheet.areas, ...sheet.boxes]) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + width).toBeLessThanOrEqual(sheet.width);
      expect(y + height).toBeLessThanOrEqual(sheet.height);
      expect(Math.min(y, width, height)).toBeGreaterThanOrEqual(0);
    }
    for (const { y } of sheet.words) expect(y).toBeLessThanOrEqual(sheet.height);
    const svg = await toSvg(sheet);
    expect(svg).not.toMatch(/ opacity="0?\.\d/);
    expect(await toSvg(layout())).toBe(svg);
  });
});
