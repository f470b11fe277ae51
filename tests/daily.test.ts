import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBot } from '../src/bot.ts';
import {
  type Block,
  type Bot,
  type Button,
  type Form,
  type Incoming,
  plain,
  type Reply,
} from '../src/chat.ts';
import type { Clock } from '../src/clock.ts';
import daily from '../src/commands/daily.ts';
import quiz from '../src/commands/quiz.ts';
import review from '../src/commands/review.ts';
import { loadSimulations } from '../src/content.ts';
import type { Draw, SpreadView } from '../src/draw/index.ts';
import { schedulePersonal } from '../src/learn/daily/personal.ts';
import { upcoming } from '../src/learn/daily/timing.ts';
import { createBank } from '../src/learn/index.ts';
import { parseQuestion } from '../src/learn/parse.ts';
import { catalogue } from '../src/sim/catalogue.ts';
import { openStore, type Store } from '../src/store/index.ts';
import { channelOf, everyDay, FakePlatform, fakeDraw, keptLog, startClock } from './support/daily.ts';
import { written } from './support/questions.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** a Sunday, 12:00 UTC */
const NOON = Date.UTC(2026, 10, 22, 12);
const bank = createBank(Object.values(written).map((source) => parseQuestion(source, 'q.md')));

let folder: string;
let store: Store;
let now: number;
let platform: FakePlatform;
let clock: Clock;
let bot: Bot;
let draw: Draw & { readonly spreads: SpreadView[] };
let log: ReturnType<typeof keptLog>;
let sims = catalogue([]);
let only = bank;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorum-daily-'));
  now = NOON;
  platform = new FakePlatform(() => now);
  log = keptLog();
  sims = catalogue([]);
  only = bank;
  store = await openStore(`file:${join(folder, 'q.db')}`);
  await start();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
  expect(log.errors).toEqual([]);
});

async function start(): Promise<void> {
  draw = fakeDraw(sims);
  const started = startClock({ store, platform, bank: only, sims, log, draw, now: () => now });
  clock = started.clock;
  bot = createBot(
    [daily, quiz, review],
    {
      store,
      sims,
      learning: started.learning,
      draw,
      lessons: () => [],
      now: () => now,
      random: Math.random,
      outbox: () => platform,
    },
    log,
  );
  await clock.wake();
}

async function restart(): Promise<void> {
  await store.close();
  store = await openStore(`file:${join(folder, 'q.db')}`);
  await start();
}

const at = async (time: number) => {
  now = time;
  await clock.tick();
};

let events = 0;
class Somebody {
  readonly name: string;
  readonly manages: boolean;
  direct = false;
  reply: Reply | undefined;
  constructor(name: string, manages = false) {
    this.name = name;
    this.manages = manages;
  }
  async hear(what: object): Promise<string> {
    const channel = this.direct ? `@${this.name}` : 'general';
    const place = { ...channelOf(channel), ...(this.direct && { direct: true }) };
    const person = { platform: 'page', space: 'page', id: this.name, name: this.name, manages: this.manages };
    this.reply = await bot.handle({ id: `e${++events}`, place, person, ...what } as Incoming);
    return plain(this.reply?.blocks ?? []);
  }
  says = (line: string) => {
    const [name = '', ...rest] = line.slice(1).split(' ');
    return this.hear({ kind: 'command', name, line: rest.join(' ') });
  };
  press = (action: string) => this.hear({ kind: 'press', action });
  form(action: string): Form {
    const plan = bot.plan({
      kind: 'press',
      action,
      id: 'p',
      place: channelOf('general'),
      person: {},
    } as Incoming);
    if (plan.how !== 'form') throw new Error('no form');
    return plan.form;
  }
  fill = (action: string, fields: object) =>
    this.hear({ kind: 'submit', action: this.form(action).action, fields });
}
const buttonsOf = (blocks: readonly Block[]): readonly Button[] =>
  blocks.flatMap((b) => (b.kind === 'buttons' ? b.buttons : []));
const last = () => platform.posts.at(-1)!;
/** the button under the post whose option has these words */
const option = (words: string): string => {
  const { blocks } = last().reply;
  const listed = plain(blocks)
    .split('\n')
    .find((l) => /^\*\*[A-J]\*\* /.test(l) && l.slice(6) === words);
  return buttonsOf(blocks).find((b) => b.label === listed?.charAt(2))!.action;
};
const logOf = async (name: string) => {
  const learner = await store.learners.find({ platform: 'page', space: 'page', id: name });
  return store.answers.log(learner!.id);
};
const boss = () => new Somebody('Bo', true);

describe('/daily', () => {
  it('is set up, posted at its hour, answered in one tap, changed, closed with how it went', async () => {
    only = createBank([parseQuestion(written.choice, 'q.md')]);
    await restart();
    const said = await boss().says('/daily post 13:00 Europe/Lisbon');
    expect(said).toContain('**every day at 13:00** Europe/Lisbon');
    expect(said).toContain('The next one is 2026-11-22 13:00 UTC.');
    await at(NOON + 59 * MINUTE);
    expect(platform.posts).toEqual([]);
    await at(NOON + HOUR);
    await at(NOON + HOUR + MINUTE);
    expect(platform.posts).toHaveLength(1);
    const post = last();
    expect(plain(post.reply.blocks)).toContain(
      'Question of the day · consensus · level 2 · closes 2026-11-23 13:00 UTC',
    );
    expect(post.reply.marker).toBe('d2026-11-22-1');

    const [ana, ben, cy] = [new Somebody('Ana'), new Somebody('Be*n'), new Somebody('Cy')];
    const right = option('One');
    const wrong = option('As many as it likes, until a leader is known');
    const kept = await ana.press(wrong);
    expect(ana.reply?.private).toBe(true);
    expect(kept).toMatch(/^Your answer: \*\*[A-C]\*\* As many/);
    expect(kept).not.toMatch(/right|wrong|✓/i);
    await restart();
    expect(await ana.press(right)).toMatch(/^Changed to: \*\*[A-C]\*\* One/);
    expect(await ana.press(right)).toMatch(/^Your answer/);
    await ben.press(right);
    expect(await cy.press(wrong)).toContain('2 others have answered.');
    expect(await logOf('Ana')).toEqual([]);
    const hidden = new Somebody('Hid');
    await hidden.press(right);
    await store.learners.setHidden(
      (await store.learners.find({ platform: 'page', space: 'page', id: 'Hid' }))!.id,
      true,
    );

    await at(NOON + DAY + HOUR);
    expect(platform.posts).toHaveLength(2);
    expect(plain(last().reply.blocks)).toContain('The last one: 3 of 4 got it.');
    const closed = plain(post.edits.at(-1)!.blocks);
    expect(closed).toContain('level 2 · closed');
    expect(closed).toContain('A vote is a promise.');
    expect(closed).toContain('**3 of 4 got it**: Ana, Be\\*n and 1 more.');
    expect(post.edits.at(-1)!.marker).toBe(post.reply.marker);
    expect(draw.spreads.at(-1)).toMatchObject({ people: 4, title: 'How the answers fell' });
    expect(draw.spreads.at(-1)?.rows.find((r) => r.right)).toMatchObject({ text: 'One', count: 3 });

    const [mine] = await logOf('Ana');
    expect(mine).toMatchObject({
      mode: 'daily',
      score: 1,
      grade: 2,
      at: NOON + HOUR + MINUTE,
      day: '2026-11-22',
      points: 20,
    });
    expect((await logOf('Be*n'))[0]).toMatchObject({ grade: 3 });
    expect((await logOf('Cy'))[0]).toMatchObject({ grade: 1, points: 0 });

    const own = await ana.press(buttonsOf(post.edits.at(-1)!.blocks)[0]!.action);
    expect(own).toContain('**Right.**  +20 points');
    expect(own).toContain('(yours) One');
    expect(await cy.press(wrong.replace(/\d+$/, '0'))).toContain('This question closed 2026-11-23 13:00 UTC');
    // who hides later is on no post any more
    await store.learners.setHidden(
      (await store.learners.find({ platform: 'page', space: 'page', id: 'Ana' }))!.id,
      true,
    );
    await at(now + MINUTE);
    expect(plain(post.edits.at(-1)!.blocks)).toContain('**3 of 4 got it**: Be\\*n and 2 more.');
    expect(await logOf('Ana')).toHaveLength(1);
  });

  it('takes every kind, and each closes with its own spread', async () => {
    await boss().says('/daily post at=13:00 timezone=UTC');
    const ana = new Somebody('Ana');
    const kinds = new Set<string>();
    const views: (SpreadView | undefined)[] = [];
    for (let day = 0; day < 5; day++) {
      await at(NOON + HOUR + day * DAY);
      const { blocks } = last().reply;
      const action = buttonsOf(blocks)[0]?.action ?? '';
      const id = action.split(':')[3] ?? '';
      const select = blocks.find((b) => b.kind === 'select');
      const question = bank.get(id);
      if (select?.kind === 'select') {
        expect(select.max).toBe(4);
        await ana.hear({ kind: 'choose', action: select.action, values: ['0', '2'] });
        kinds.add('multi');
      } else if (question?.kind === 'order') {
        const letters = question.items.map((item) => {
          const line = plain(blocks)
            .split('\n')
            .find((l) => l.endsWith(`** ${item}`));
          return line!.charAt(2);
        });
        expect(await ana.fill(action, { order: 'A B' })).toContain('Write all 3 letters');
        expect(await ana.fill(action, { order: letters.join(' ') })).toContain(`**${letters.join(' ')}**`);
        kinds.add('order');
      } else if (question?.kind === 'number') {
        expect(await ana.fill(action, { number: 'many' })).toContain('A number was expected');
        await ana.fill(action, { number: '2 s' });
        kinds.add('number');
      } else if (question?.kind === 'text') {
        await ana.fill(action, { words: 'A split vote; they wait randomly.' });
        kinds.add('text');
      } else {
        await ana.press(option('One'));
        kinds.add('choice');
      }
      await at(now + DAY - MINUTE);
      views.push(draw.spreads.at(-1));
    }
    await at(NOON + HOUR + 5 * DAY);
    expect([...kinds].sort()).toEqual(['choice', 'multi', 'number', 'order', 'text']);
    const reviews = await logOf('Ana');
    expect(reviews.map((r) => `${r.question} ${r.score}`).sort()).toEqual([
      'longest-wait 0',
      'one-vote 1',
      'what-persists 1',
      'write-path 1',
    ]);
    expect(draw.spreads).toHaveLength(4);
    // the text waits for its writer to mark it
    const text = platform.posts.find((p) => plain(p.reply.blocks).includes('nobody wins'))!;
    const button = buttonsOf(text.edits.at(-1)!.blocks)[0]!;
    expect(await ana.press(button.action)).toContain('> A split vote; they wait randomly.');
    const marks = buttonsOf(ana.reply!.blocks).find((b) => b.label === 'Mark what I covered')!;
    expect(await ana.fill(marks.action, { covered: ['0', '1'] })).toContain('**Right.**');
    expect(await logOf('Ana')).toHaveLength(5);
  });

  it('catches up once after downtime while the day lasts, and not the day after', async () => {
    await boss().says('/daily post at=13:00 timezone=UTC');
    now = NOON + 9 * HOUR;
    await restart();
    expect(platform.posts).toHaveLength(1);
    now = NOON + 3 * DAY;
    await restart();
    expect(platform.posts).toHaveLength(1);
    await at(NOON + 3 * DAY + HOUR);
    expect(platform.posts.map((p) => p.reply.marker?.slice(1, 11))).toEqual(['2026-11-22', '2026-11-25']);
  });

  it('keeps to one a date when the clock is set forward and back', async () => {
    await boss().says('/daily post at=13:00 timezone=UTC');
    await at(NOON + HOUR);
    await at(NOON + 400 * DAY + HOUR);
    await at(NOON + 2 * HOUR);
    await at(NOON + DAY + HOUR);
    expect(platform.posts.map((p) => p.reply.marker?.slice(1, 11))).toEqual([
      '2026-11-22',
      '2027-12-27',
      '2026-11-23',
    ]);
  });

  it('says which permission is missing, keeps the schedule, tells its maker once, and posts when it may', async () => {
    platform.closed.set('general', 'In #general I lack the permission Send Messages.');
    const bo = boss();
    expect(await bo.says('/daily post at=13:00 timezone=UTC')).toContain(
      '⚠ **I cannot post there yet.** In #general I lack the permission Send Messages. The schedule is kept',
    );
    platform.closed.clear();
    await at(NOON + HOUR);
    expect(platform.posts).toHaveLength(1);
    expect(await bo.says('/daily list')).not.toContain('⚠');
    platform.closed.set('general', 'In #general I lack the permission Send Messages.');
    for (let hour = 1; hour < 5; hour++) await at(NOON + DAY + hour * HOUR);
    expect(platform.told.map((t) => t.person.id)).toEqual(['Bo']);
    expect(plain(platform.told[0]!.reply.blocks)).toContain('I lack the permission Send Messages');
    expect(await bo.says('/daily list')).toContain('⚠ I could not post: In #general I lack');
    platform.closed.clear();
    for (let hour = 5; hour < 8; hour++) await at(NOON + DAY + hour * HOUR);
    const inChannel = platform.posts.filter((p) => p.place.channel === 'general');
    expect(inChannel.map((p) => p.reply.marker?.slice(1, 11))).toEqual(['2026-11-22', '2026-11-23']);
    expect(await bo.says('/daily list')).not.toContain('⚠');
  });

  it('refuses in words', async () => {
    const bo = boss();
    expect(await bo.says('/daily post at=13:00 timezone=Europe/Lisbn')).toMatch(
      /no time zone `Europe\/Lisbn`; did you mean Europe\/Lisbon\?/,
    );
    expect(await bo.says('/daily post at=25:70')).toMatch(/`25:70` is no time of day: write it as 09:00/);
    expect(await bo.says('/daily post')).toMatch(/^Say when/);
    expect(await bo.says('/daily post at=9 topic=consensu')).toMatch(/did you mean consensus/);
    expect(await bo.says('/daily post at=9 topic=clocks level=1')).toBe(
      'There is no question on clocks of level 1.',
    );
    expect(await bo.says('/daily pause 2020-01-01')).toMatch(/^No question is posted here/);
    expect(await new Somebody('Ana').says('/daily post at=13:00')).toMatch(/set up by whoever manages/);
    expect(await store.schedules.list('page', 'page')).toEqual([]);
  });

  it('pauses, goes on, stops, starts again; today’s is today’s even when the time is moved', async () => {
    const bo = boss();
    await bo.says('/daily post at=13:00 timezone=UTC');
    expect(await bo.says('/daily pause 2026-11-25')).toBe(
      'Paused until 2026-11-25: the next one is 2026-11-25 13:00 UTC.',
    );
    await at(NOON + DAY + HOUR + MINUTE);
    expect(platform.posts).toEqual([]);
    expect(await bo.says('/daily resume')).toContain('the next one is 2026-11-24 13:00 UTC');
    await at(NOON + 2 * DAY + HOUR);
    expect(platform.posts).toHaveLength(1);
    expect(await bo.says('/daily post at=16:00')).toContain('The next one is 2026-11-25 16:00 UTC.');
    expect(await bo.says('/daily stop')).toContain('No more questions');
    await at(NOON + 4 * DAY);
    expect(platform.posts).toHaveLength(1);
    expect(await bo.says('/daily post')).toContain('**every day at 16:00** UTC');
    await at(NOON + 4 * DAY + 4 * HOUR);
    expect(platform.posts).toHaveLength(2);
  });

  it('is set up by a form, too, and posted early by who manages the channel', async () => {
    const bo = boss();
    await bo.says('/daily');
    const action = buttonsOf(bo.reply!.blocks).find((b) => b.label === 'Set it up here')!.action;
    const said = await bo.fill(action, {
      at: '18:30',
      timezone: 'Asia/Kolkata',
      days: ['1', '2', '7'],
      topic: 'any',
      level: '1-3',
    });
    expect(said).toContain('**Mon, Tue, Sun at 18:30** Asia/Kolkata · all topics, levels 1 to 3');
    expect(await new Somebody('Ana').says('/daily now')).toContain(
      'has not come yet: next 2026-11-22 13:00 UTC',
    );
    expect(await bo.says('/daily now')).toMatch(/^Posted/);
    await at(NOON + 2 * HOUR);
    expect(platform.posts).toHaveLength(1);
    expect(await new Somebody('Ana').says('/daily now')).toContain('You have not answered it yet');
  });

  it('takes the rest by a second form, for the channel it was opened for, showing what holds', async () => {
    const bo = boss();
    const button = (label: string) => buttonsOf(bo.reply!.blocks).find((b) => b.label === label)!.action;
    const shown = (label: string) => {
      return Object.fromEntries(bo.form(button(label)).fields.map((f) => [f.name, f.value]));
    };
    await bo.says('/daily post channel=#quiet at=13:00 timezone=UTC');
    expect(
      await bo.fill(button('Days off and more'), {
        off: '12-25, 2026-12-30..2027-01-01',
        close: '8h',
        order: ['rising'],
        runs: ['50'],
        until: '2026-12-01',
      }),
    ).toMatch(
      /harder towards the end of the week · 50 % from fresh runs · open for 8 h · not on 12-25, 2026-12-30\.\.2027-01-01 · paused until 2026-12-01/,
    );
    const all = await store.schedules.list('page', 'page');
    expect(all.map((s) => s.place.channel)).toEqual(['quiet']);
    expect(shown('Days off and more')).toEqual({
      off: '12-25, 2026-12-30..2027-01-01',
      close: '8 h',
      order: ['rising'],
      runs: ['50'],
      until: '2026-12-01',
    });
    // too many to show: left empty, they stay
    const every = (of: string) =>
      Array.from({ length: 13 }, (_, i) => `${of}-${String(2 * i + 1).padStart(2, '0')}`);
    await bo.says(`/daily post channel=#quiet off=${every('2026-12').join(' ')}`);
    expect(shown('Days off and more').off).toBe('');
    const rest = { close: '', order: ['even'], runs: ['25'], until: '' };
    expect(await bo.fill(button('Days off and more'), { off: '', ...rest })).toMatch(
      /from fresh runs · open until the next one · not on 2026-12-01, .* and 8 more\./,
    );
    expect(await bo.fill(button('Days off and more'), { off: 'none', ...rest })).not.toContain('not on');
    const refused = await bo.fill(button('Days off and more'), { off: 'xmas', ...rest, close: '8h' });
    expect(refused).toContain('`xmas` is no date: write 2026-12-25');
    expect(refused).toContain('You wrote:\n**off** xmas\n**close** 8h');
    await bo.says('/daily post channel=#quiet at=14:00');
    expect(shown('Change')).toMatchObject({ at: '14:00', timezone: 'UTC' });
    const form = { timezone: 'UTC', days: ['1'], topic: 'any', level: '1-5' };
    expect(await bo.fill(button('Change'), { at: '15:00', ...form })).toContain('**Mon at 15:00** UTC');
    expect(await store.schedules.list('page', 'page')).toHaveLength(1);
    await bo.press(button('Stop'));
    await bo.says('/daily list');
  });
});

describe('of one’s own', () => {
  const person = { platform: 'page', space: 'page', id: 'Ana', name: 'Ana' } as const;
  const tools = () => ({ store, now: () => now, outbox: () => platform });

  it('a private question at the learner’s hour, with the quiz’s own buttons', async () => {
    const ana = new Somebody('Ana');
    ana.direct = true;
    expect(await ana.says('/daily post at=13:00 timezone=UTC level=2')).toContain(
      'Your own question: **every day at 13:00** UTC',
    );
    await at(NOON + HOUR);
    await restart();
    await at(NOON + HOUR + 5 * MINUTE);
    expect(platform.posts).toHaveLength(1);
    expect(last().place).toMatchObject({ channel: '@Ana', direct: true });
    expect(plain(last().reply.blocks)).toMatch(/^Your question of the day\nconsensus · level 2/);
    expect(await ana.press(option('One'))).toContain('**Right.**');
    expect(await logOf('Ana')).toHaveLength(1);
    const quiet = buttonsOf(last().reply.blocks).find((b) => b.label === 'Stop these')!;
    expect(await ana.press(quiet.action)).toContain('No more questions');
    await at(NOON + DAY + HOUR);
    expect(platform.posts).toHaveLength(1);
  });

  it('reminds of what is due, once a day, never at night, and not when told so', async () => {
    const learner = await store.learners.of(person, now);
    const who = { learner, person, place: channelOf('general') };
    expect(await schedulePersonal('reminder', { minute: 23 * 60 }, who, tools())).toMatch(/is at night/);
    platform.deaf.add('Ana');
    expect(await schedulePersonal('reminder', { minute: 19 * 60 }, who, tools())).toMatch(
      /cannot write to you/,
    );
    platform.deaf.clear();
    expect(await schedulePersonal('reminder', { minute: 19 * 60 }, who, tools())).toMatchObject({
      kind: 'reminder',
    });
    platform.posts.splice(0);
    const evening = NOON + 7 * HOUR;
    // nothing is due yet
    await at(evening);
    expect(platform.posts).toEqual([]);
    const ana = new Somebody('Ana');
    await ana.says('/quiz count=1 level=2');
    await ana.press(buttonsOf(ana.reply!.blocks).find((b) => b.label === 'I don’t know')!.action);
    for (let minute = 0; minute < 3; minute++) await at(evening + DAY + minute * MINUTE);
    expect(platform.posts).toHaveLength(1);
    expect(plain(last().reply.blocks)).toMatch(/^\*\*1 review is due\.\*\*/);
    const press = (label: string) =>
      ana.press(buttonsOf(last().reply.blocks).find((b) => b.label === label)!.action);
    expect(await press('Review now')).toContain('How many votes');
    // down over the evening: at night nobody is reminded
    now = evening + 2 * DAY + 4 * HOUR;
    await restart();
    expect(platform.posts).toHaveLength(1);
    // pressed in the morning, it holds for the evening
    now = evening + 3 * DAY - 9 * HOUR;
    expect(await press('Not today')).toContain('Not today, then.');
    await at(evening + 3 * DAY);
    expect(platform.posts).toHaveLength(1);
    await at(evening + 4 * DAY);
    expect(platform.posts).toHaveLength(2);
    expect(await press('Stop these')).toContain('No more reminders.');
    await at(evening + 5 * DAY);
    expect(platform.posts).toHaveLength(2);
  });
});

describe('questions made from runs', () => {
  it('are put with the picture up to their moment, survive a restart, and come back as another run', async () => {
    sims = await loadSimulations();
    only = createBank([]);
    await restart();
    const ana = new Somebody('Ana');
    expect(await ana.says('/quiz from=runs count=1')).toMatch(/up to [\d.]+ m?s/);
    const shown = plain(ana.reply!.blocks);
    const skip = buttonsOf(ana.reply!.blocks).find((b) => b.label === 'I don’t know')!.action;
    await restart();
    const answered = await ana.press(skip);
    const prompt = shown.split('\n').find((l) => l.endsWith('?'))!;
    expect(answered).toContain(prompt.slice(0, 60));
    expect(answered).toContain('**Not this time.**');
    expect(buttonsOf(ana.reply!.blocks).map((b) => b.label)).toContain('Show the run');
    const [first] = await logOf('Ana');
    expect(first?.question).toMatch(/^gen\/[a-z-]+\/[a-z0-9-]+$/);
    now += DAY;
    await ana.says('/review');
    await ana.press(buttonsOf(ana.reply!.blocks).find((b) => b.label.startsWith('I don’t'))!.action);
    const both = await logOf('Ana');
    expect(both.map((r) => r.question)).toEqual([first!.question, first!.question]);
  });

  it('are a channel’s question, too: the same run in every channel of a date, whatever becomes of the simulator', async () => {
    sims = await loadSimulations();
    await restart();
    const all = sims.ids.flatMap((id) => sims.get(id).generators ?? []);
    const { topic, level } = all.find(
      (g) => all.filter((o) => o.topic === g.topic && o.level === g.level).length === 1,
    )!;
    const alone = { topic, lowest: level, highest: level };
    for (const channel of ['general', 'raft']) {
      const settings = everyDay(channel, 13 * 60, 'UTC', now, { runs: 100, ...alone });
      await store.schedules.put(settings, upcoming(settings, now, new Set())?.at);
    }
    await at(NOON + HOUR);
    const [one, two] = platform.posts.map((p) => p.reply.blocks.find((b) => b.kind === 'image'));
    expect(one?.kind === 'image' && one.alt).toBe(two?.kind === 'image' && two.alt);
    const ana = new Somebody('Ana');
    await ana.press(buttonsOf(last().reply.blocks)[0]!.action);
    // the scenario is gone: what was posted is still closed and counted
    sims = catalogue([]);
    await restart();
    await at(NOON + DAY + HOUR);
    expect(plain(platform.posts[1]!.edits.at(-1)!.blocks)).toContain('· closed');
    expect(await logOf('Ana')).toHaveLength(1);
  });
});
