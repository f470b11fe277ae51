import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outbox } from '../src/chat.ts';
import leaderboard from '../src/commands/leaderboard.ts';
import quiz from '../src/commands/quiz.ts';
import review from '../src/commands/review.ts';
import settings from '../src/commands/settings.ts';
import { openSite, type Site, Somebody } from './support/people.ts';

const NOON = Date.UTC(2026, 10, 22, 12);
const MINUTE = 60_000;
const DAY = 86_400_000;
const commands = [quiz, review, settings, leaderboard];

let folder: string;
let site: Site;
let now: number;
let told: string[];

const outbox: Partial<Outbox> = {
  async direct(person) {
    told.push(person.id);
    return {
      place: { platform: 'page', space: 'page', channel: `@${person.id}`, direct: true },
      message: 'm',
    };
  },
};

const open = async () => {
  site = await openSite(
    `file:${join(folder, 'q.db')}`,
    commands,
    () => now,
    () => outbox as Outbox,
  );
};
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorum-settings-'));
  now = NOON;
  told = [];
  await open();
});
afterEach(async () => {
  await site.store.close();
  rmSync(folder, { recursive: true, force: true });
  expect(site.broken).toEqual([]);
});
const restart = async () => {
  await site.store.close();
  await open();
};

const somebody = (name: string, platform: 'page' | 'discord' | 'slack' = 'page') =>
  new Somebody(() => site, name, platform);

describe('/settings', () => {
  it.each([
    ['Asia/Kolkata', 'Asia/Kolkata'],
    ['Mars/Olympus', 'UTC'],
  ])('begins with the zone %s the platform tells, and keeps one that is set', async (timezone, begun) => {
    const ana = somebody('Ana');
    const asks = () => ana.hear({ kind: 'command', name: 'settings', line: '', timezone });
    expect(await asks()).toContain(`Time zone: **${begun}**`);
    await ana.says('/settings timezone=UTC');
    expect(await asks()).toContain('Time zone: **UTC**');
  });

  it('shows what is set and changes what is named, kept over a restart', async () => {
    const ana = somebody('Ana');
    expect(await ana.says('/settings')).toContain('Time zone: **UTC**');
    expect(ana.reply?.private).toBe(true);
    await ana.says('/settings timezone=europe/lisbon remind=8:30 easy=sat sun daily=mon-fri 9 am');
    await restart();
    expect(await ana.says('/settings')).toContain('Time zone: **Europe/Lisbon**');
    expect(ana.sees).toContain('Reminder of due reviews: **08:30 (Europe/Lisbon)**');
    expect(ana.sees).toContain('each day: **Mon–Fri at 09:00 (Europe/Lisbon)**');
    expect(ana.sees).toContain('Easy days: **Saturday, Sunday**');
    expect(told).toEqual(['Ana', 'Ana']);
    await ana.says('/settings timezone=Asia/Kolkata');
    expect(ana.sees).toContain('Reminder of due reviews: **08:30 (Asia/Kolkata)**');
    expect(ana.sees).toContain('Mon–Fri at 09:00 (Asia/Kolkata)');
    await ana.says('/settings remind=off');
    expect(ana.sees).toContain('Reminder of due reviews: **off**');
  });

  it('opens a form that begins with what is set, and changes only what was changed', async () => {
    const ana = somebody('Ana');
    await ana.says('/settings timezone=America/Argentina/ComodRivadavia interview=2027-03-14');
    await ana.says('/settings easy=sun');
    const { fields } = ana.form('Change');
    expect(fields.map((f) => f.value)).toEqual(['America/Catamarca', 'off', 'off', '2027-03-14', ['7']]);
    now = Date.UTC(2027, 2, 20);
    await ana.says('/settings');
    expect(ana.sees).toContain('that was in the past');
    await ana.fill('Change', { remind: '07:15', easy: [] });
    expect(ana.sees).toContain('Reminder of due reviews: **07:15');
    expect(ana.sees).toContain('Easy days: **none**');
    expect(await ana.fill('Change', { interview: 'soon' })).toContain('`soon` is no date');
  });

  it.each([
    ['timezone=Europe/Lissabon', '`Europe/Lissabon`; did you mean `Europe/Lisbon`?'],
    ['timezone=EST', 'did you mean `America/New_York`?'],
    ['timezone=Mars', 'There is no time zone `Mars`'],
    ['remind=25:00', '`25:00` is no time of day'],
    ['remind=23:30', 'is at night'],
    ['daily="someday 9:00"', 'is no day of the week'],
    ['interview=14.3.2027', '`14.3.2027` is no date: write year-month-day'],
    ['interview=2027-02-30', 'is no date'],
    ['interview=2026-11-22', '22 November 2026 is not in the future'],
    ['interview=2031-01-01', 'more than a year away'],
    ['easy=mon-sun', 'Not every day can be an easy one'],
    ['public=maybe', 'public must be on or off'],
    ['timezone=Europe/Lisbon interview=never-ever', 'is no date'],
  ])('says what %s should have been, and changes nothing', async (line, says) => {
    const ana = somebody('Ana');
    await ana.says('/settings');
    const before = await ana.learner();
    expect(await ana.says(`/settings ${line}`)).toContain(says);
    expect(await ana.learner()).toEqual(before);
  });

  it('hides from every board at once', async () => {
    const [ana, ben] = [somebody('Ana'), somebody('Ben')];
    await ana.answers(true);
    await ben.answers(true);
    await ana.says('/settings public=off');
    expect(ana.sees).toContain('no, you are on no leaderboard');
    for (const line of ['/leaderboard', '/leaderboard all consensus', '/leaderboard all of=channel'])
      expect(await ben.says(line)).not.toContain('Ana');
    await ana.says('/settings');
    await ana.press('Show me');
    expect(await ben.says('/leaderboard all of=channel')).toContain('1. Ana, 20 points');
    ben.channel = 'elsewhere';
    expect(await ben.says('/leaderboard all of=channel')).toContain('Nobody has earned points');
  });

  it('plans backwards from an interview', async () => {
    const ana = somebody('Ana');
    await ana.answers(true);
    await ana.says('/settings interview=2027-03-14 easy=sun');
    const view = site.drawn.forecast.at(-1)!;
    expect(view.title).toBe('16 weeks to your interview on 14 March 2027');
    expect(view.from).toBe('2026-11-22');
    expect(view.days).toHaveLength(112);
    // 22 November 2026 is a Sunday.
    expect(view.days.map((d) => d.easy).slice(0, 8)).toEqual([true, ...Array(6).fill(false), true]);
    expect(view.days.reduce((sum, d) => sum + d.fresh, 0)).toBe(4);
    expect((await ana.learner()).retention).toBe(0.97);
    expect(ana.sees).toContain('reviews aim at 97 % recall');
    // Aimed higher, a card comes back sooner than at 90 %.
    const { id } = await ana.learner();
    now += 3 * DAY;
    await ana.answers(true);
    const card = await site.store.cards.get(id, 'one-vote');
    expect((card!.due - now) / DAY).toBeLessThan(card!.stability);
    await ana.says('/settings interview=off');
    expect((await ana.learner()).interview).toBeUndefined();
  });
});

describe('/review before an interview', () => {
  it('asks what the plan puts on today although it is not due yet, once', async () => {
    const ana = somebody('Ana');
    await ana.answers(true);
    now += DAY;
    expect(await ana.says('/review')).toContain('Nothing is due.');
    await ana.says('/settings interview=2026-11-24');
    expect(ana.sees).toContain('today 1 to review');
    expect(await ana.says('/review')).toContain('consensus · level 2 · practice, no points');
    await ana.press('I don’t know');
    now += MINUTE;
    expect(await ana.says('/review')).toContain('Nothing is due.');
  });
});

describe('/settings link', () => {
  const code = (who: Somebody) => /\*\*([0-9A-Z]{4}-[0-9A-Z]{4})\*\*/.exec(who.sees)![1]!;

  it('joins two histories without losing or doubling anything', async () => {
    const [page, discord] = [somebody('ana'), somebody('Ana D', 'discord')];
    await page.says('/settings timezone=Europe/Lisbon');
    await page.answers(true);
    now += DAY;
    await discord.answers(true);
    await discord.says('/quiz clocks level=4 count=1');
    await discord.press('I don’t know');
    now += DAY;
    await page.says('/settings link');
    await restart();
    await discord.says(`/settings link ${code(page).toLowerCase()}`);
    expect(discord.sees).toContain(
      'Linked. You have one history now: **3** answers, a streak of **2 days**.',
    );
    const one = await page.learner();
    expect(await discord.learner()).toEqual(one);
    expect(one.timezone).toBe('Europe/Lisbon');
    const log = await site.store.answers.log(one.id);
    // The first attempt was paid on the page; a day later, on Discord, the card was not due.
    expect(log.map((r) => [r.scope, r.question, r.points])).toEqual([
      ['page:page', 'one-vote', 20],
      ['discord:g1', 'one-vote', 0],
      ['discord:g1', 'longest-wait', 0],
    ]);
    expect(log[1]!.before).toMatchObject({ reps: 1, lastReview: NOON });
    const card = await site.store.cards.get(one.id, 'one-vote');
    expect(card).toMatchObject({ reps: 2, lastReview: NOON + DAY });
    expect(await site.store.cards.all(one.id)).toHaveLength(2);
    expect(await site.store.ranking.top({ scope: 'discord:g1', period: 'all' }, 9)).toEqual([]);
    expect(await site.store.ranking.place({ scope: 'page:page', period: 'all' }, one.id)).toMatchObject({
      points: 20,
    });
    expect((await site.store.answers.activity(one.id, 9)).map((d) => d.answers)).toEqual([2, 1]);
    // Undoing goes back to what the joined log says.
    await site.store.answers.undo(log[1]!.id, now);
    expect(await site.store.cards.get(one.id, 'one-vote')).toMatchObject({ reps: 1, lastReview: NOON });
    await site.store.ranking.rebuild();
    expect(await site.store.ranking.size({ scope: 'page:page', period: 'all' })).toBe(1);
  });

  it('joins a third identity, each code once', async () => {
    const all = [somebody('ana'), somebody('Ana D', 'discord'), somebody('U1', 'slack')] as const;
    const [page, discord, slack] = all;
    await page.says('/settings link');
    const used = code(page);
    await discord.says(`/settings link ${used}`);
    expect(await slack.says(`/settings link ${used}`)).toContain('unknown or over');
    await discord.says('/settings link');
    await slack.says(`/settings link ${code(discord)}`);
    expect(await slack.says('/settings')).toContain('Discord, this page, Slack');
    expect(new Set(await Promise.all(all.map(async (who) => (await who.learner()).id))).size).toBe(1);
    await page.says('/settings link');
    expect(await slack.says(`/settings link ${code(page)}`)).toContain('the code of this very chat');
  });

  it('is over after ten minutes, replaced by a newer code, and not to be guessed', async () => {
    const [ana, eve] = [somebody('Ana'), somebody('Eve')];
    await ana.says('/settings link');
    const first = code(ana);
    await ana.says('/settings link');
    const second = code(ana);
    expect(await eve.says(`/settings link ${first}`)).toContain('unknown or over');
    now += 10 * MINUTE;
    expect(await eve.says(`/settings link ${second}`)).toContain('unknown or over');
    expect(await eve.says('/settings link hello')).toContain('`hello` is no code');
    await ana.says('/settings link');
    for (let i = 0; i < 3; i++) await eve.says('/settings link 0000-0000');
    expect(await eve.says(`/settings link ${code(ana)}`)).toContain('Too many codes were wrong');
    now += 61 * MINUTE;
    await ana.says('/settings link');
    expect(await eve.says(`/settings link ${code(ana)}`)).toContain('Linked.');
  });

  it('stays hidden everywhere if either was', async () => {
    const [ana, dee] = [somebody('ana'), somebody('Ana D', 'discord')];
    await ana.answers(true);
    await dee.says('/settings public=off');
    await dee.says('/settings link');
    await ana.says(`/settings link ${code(dee)}`);
    expect(await site.store.ranking.size({ scope: 'page:page', period: 'all' })).toBe(0);
  });
});
