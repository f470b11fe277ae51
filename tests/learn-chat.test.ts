import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBot } from '../src/bot.ts';
import { type Bot, type Button, type Form, type Incoming, type Log, plain, type Reply } from '../src/chat.ts';
import type { Tools } from '../src/commands/command.ts';
import leaderboard from '../src/commands/leaderboard.ts';
import progress from '../src/commands/progress.ts';
import quiz from '../src/commands/quiz.ts';
import review from '../src/commands/review.ts';
import type { Draw, RankingView } from '../src/draw/index.ts';
import { createBank, createLearning } from '../src/learn/index.ts';
import { parseQuestion } from '../src/learn/parse.ts';
import { catalogue } from '../src/sim/catalogue.ts';
import { openStore, type Store } from '../src/store/index.ts';
import { written } from './support/questions.ts';

/** The commands as people use them, through the bot, on a real store that is closed and opened again. */
const NOON = Date.UTC(2026, 10, 22, 12);
const MINUTE = 60_000;
const DAY = 86_400_000;

const bank = createBank(
  Object.entries(written).map(([kind, source]) => parseQuestion(source, `questions/x/${kind}.md`)),
);

let folder: string;
let store: Store;
let bot: Bot;
let now: number;
let rankings: RankingView[];
const broken: string[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorum-learn-'));
  now = NOON;
  rankings = [];
  await start();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
  expect(broken.splice(0)).toEqual([]);
});

async function start(): Promise<void> {
  store = await openStore(`file:${join(folder, 'q.db')}`);
  const draw: Partial<Draw> = {
    async ranking(view) {
      rankings.push(view);
      return { bytes: new Uint8Array([1]), mime: 'image/png', width: 1, height: 1 };
    },
    async progress() {
      return { bytes: new Uint8Array([1]), mime: 'image/png', width: 1, height: 1 };
    },
  };
  const tools: Tools = {
    store,
    sims: catalogue([]),
    learning: createLearning({ store, bank }),
    draw: draw as Draw,
    now: () => now,
    random: () => 0.5,
    outbox: () => undefined,
    lessons: () => [],
  };
  const quiet = () => {};
  const log: Log = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (details) => broken.push(String((details as { err?: Error }).err?.stack)),
  };
  bot = createBot([quiz, review, leaderboard, progress], tools, log);
}

async function restart(): Promise<void> {
  await store.close();
  await start();
}

let events = 0;

/** Somebody in front of one private message that changes in place. */
class Somebody {
  readonly name: string;
  readonly space: string;
  reply: Reply | undefined;
  last: Incoming | undefined;
  constructor(name: string, space = 'page') {
    this.name = name;
    this.space = space;
  }

  async hear(what: object): Promise<string> {
    const place = { platform: 'page' as const, space: this.space, channel: 'general' };
    const who = { platform: 'page' as const, space: this.space, id: this.name, name: this.name };
    this.last = { id: `e${++events}`, place, person: who, ...what } as Incoming;
    this.reply = await bot.handle(this.last);
    return this.sees;
  }

  get sees(): string {
    return plain(this.reply?.blocks ?? []);
  }

  get buttons(): readonly Button[] {
    return (this.reply?.blocks ?? []).flatMap((b) => (b.kind === 'buttons' ? b.buttons : []));
  }

  says = (line: string) => {
    const [name = '', ...rest] = line.slice(1).split(' ');
    return this.hear({ kind: 'command', name, line: rest.join(' ') });
  };

  button(label: string): Button {
    const found = this.buttons.find((b) => b.label === label || b.label.startsWith(`${label} ·`));
    if (!found) throw new Error(`no button ${label} in\n${this.sees}`);
    return found;
  }

  press = (label: string) => this.hear({ kind: 'press', action: this.button(label).action });

  /** the form a button opens, which must be ready at once */
  form(label: string): Form {
    const incoming = { ...this.last!, kind: 'press', action: this.button(label).action } as Incoming;
    const plan = bot.plan(incoming);
    if (plan.how !== 'form') throw new Error(`${label} opens no form`);
    return plan.form;
  }

  async fill(label: string, fields: Record<string, string | string[]>): Promise<string> {
    const { action } = this.form(label);
    const incoming = { kind: 'submit', action, fields };
    expect(bot.plan({ ...this.last!, ...incoming } as Incoming)).toEqual({ how: 'update' });
    return this.hear(incoming);
  }

  again = async () => bot.handle(this.last!);

  /** the letter beside these words */
  letter(words: string): string {
    const lines = this.sees.split('\n').filter((l) => /^\*\*[A-E]\*\* /.test(l));
    const line = lines.find((l) => l.slice(6) === words) ?? lines.find((l) => l.includes(words));
    return line?.charAt(2) ?? `(no “${words}”)`;
  }
}

const ana = () => new Somebody('Ana');
const learnerOf = async (who: Somebody) =>
  (await store.learners.find({ platform: 'page', space: who.space, id: who.name }))!;
const log = async (who: Somebody) => store.answers.log((await learnerOf(who)).id);

describe('/quiz', () => {
  it('asks privately, says why each answer is right or wrong, and goes on in the same message', async () => {
    const a = ana();
    expect(await a.says('/quiz consensus level=2')).toMatch(
      /^consensus · level 2 · 20 points\nHow many votes/,
    );
    expect(a.reply?.private).toBe(true);
    const wrong = a.letter('As many as it likes');
    await a.press(wrong);
    expect(a.sees).toContain('**Not this time.**');
    expect(a.sees).toContain(`✗ **${wrong}** (yours) As many as it likes`);
    expect(a.sees).toContain('> A restart would forget');
    expect(a.sees).toContain('✓ **');
    expect(a.sees).toContain('> The vote is remembered on disk.');
    expect(a.sees).toContain('A vote is a promise.');
    expect(a.sees).toContain('Ongaro & Ousterhout 2014, §5.2');
    expect(a.sees).toContain('Graded *again*: back in 10 minutes');
  });

  it('takes every kind, through restarts between question and answer', async () => {
    const a = ana();
    await a.says('/quiz');
    expect(a.sees).toContain('1 of 5');
    // From the easier to the harder: order, choice, multi, number, text.
    await restart();
    const order = ['append', 'replicate', 'commit'].map((w) => a.letter(w)).join(' ');
    await a.fill('Answer', { order });
    expect(a.sees).toMatch(/\*\*Right\.\*\* {2}\+10 points/);
    await a.press('Next');
    await restart();
    await a.press(a.letter('One'));
    expect(a.sees).toMatch(/\*\*Right\.\*\* {2}\+20 points/);
    await a.press('Next');
    const { fields } = a.form('Answer');
    const options = fields[0]?.kind === 'several' ? fields[0].options : [];
    const right = options.filter((o) => /The (term|vote)/.test(o.label)).map((o) => o.value);
    await restart();
    await a.fill('Answer', { options: right });
    expect(a.sees).toMatch(/\*\*Right\.\*\* {2}\+30 points/);
    await a.press('Next');
    await a.fill('Answer', { number: 'a while' });
    expect(a.sees).toContain('**A number was expected, such as 100 ms; got `a while`.**');
    await a.fill('Answer', { number: '0.3 s' });
    expect(a.sees).toMatch(/\*\*Right\.\*\* {2}\+40 points/);
    await a.press('Next');
    await a.fill('Answer', { words: 'A split vote. They wait randomly,\nthen stand in later terms.' });
    await restart();
    expect(a.sees).toContain('> A split vote. They wait randomly,\n> then stand');
    expect(a.sees).toContain('**1** must: No majority in this term.\nyou wrote: *split vote*');
    expect(a.form('Mark what I covered').fields[0]).toMatchObject({ kind: 'several', required: false });
    await a.fill('Mark what I covered', { covered: ['0'] });
    expect(a.sees).toMatch(/\*\*In part\.\*\* {2}\+25 points/);
    expect(a.sees).toContain('They would ask next: *Why random?*');
    expect(a.sees).toContain('4 of 5 right, 125 points.');
    expect((await log(a)).map((r) => [r.question, r.grade, r.points])).toEqual([
      ['write-path', 3, 10],
      ['one-vote', 3, 20],
      ['what-persists', 3, 30],
      ['longest-wait', 3, 40],
      ['split-vote', 2, 25],
    ]);
  });

  it('counts two taps on one button once, and the same delivery once', async () => {
    const a = ana();
    await a.says('/quiz consensus level=2');
    const shown = a.reply;
    await a.press(a.letter('One'));
    const first = a.sees;
    expect(await a.again()).toBeUndefined();
    a.reply = shown;
    expect(await a.press('I don’t know')).toBe(first);
    expect(await log(a)).toHaveLength(1);
    const other = new Somebody('Ben');
    other.reply = shown;
    expect(await other.press('A')).toMatch(/put to somebody else/);
  });

  it('gives a hint, which costs half and grades hard', async () => {
    const a = ana();
    await a.says('/quiz consensus level=2');
    await a.press('Hint');
    const ruledOut = /It is not \*\*(.)\*\*/.exec(a.sees)?.[1];
    expect(a.button(ruledOut!).disabled).toBe(true);
    await a.press(a.letter('One'));
    expect(a.sees).toMatch(/\*\*Right\.\*\* {2}\+10 points/);
    expect(a.sees).toContain('Graded *hard*');
  });

  it('lets a grade be corrected and an answer be taken back; neither earns twice', async () => {
    const a = ana();
    await a.says('/quiz consensus level=2');
    await a.press(a.letter('One'));
    await a.press('Correct my grade');
    expect(a.buttons.map((b) => b.label)).toEqual([
      'again · 10 minutes',
      'hard · 15 minutes',
      'good · 2 days',
      'easy · 8 days',
      'Another question',
      'Undo',
    ]);
    await a.press('easy');
    expect(a.sees).toContain('Graded *easy*: back in 8 days');
    const { id } = await learnerOf(a);
    expect((await store.cards.get(id, 'one-vote'))?.due).toBe(NOON + 8 * DAY);
    await a.press('Undo');
    expect(a.sees).toContain('Taken back.');
    expect(await store.cards.all(id)).toEqual([]);
    await restart();
    await a.press('Answer it again');
    expect(a.sees).toContain('practice, no points');
    await a.press(a.letter('One'));
    expect(a.sees).toContain('**Right.**');
    expect(a.sees).not.toContain('points');
    expect((await log(a)).map((r) => [r.points, r.derived, r.grade, r.undone !== undefined])).toEqual([
      [20, 3, 4, true],
      [0, 3, 3, false],
    ]);
    expect(await store.ranking.top({ scope: 'page:page', period: 'all' }, 9)).toEqual([]);
  });

  it('goes on with the rest of a quiz after an answer taken back is given again', async () => {
    const a = ana();
    await a.says('/quiz consensus count=3');
    await a.press('I don’t know');
    await a.press('Undo');
    await a.press('Answer it again');
    expect(a.sees).toContain('1 of 3');
    await a.press('I don’t know');
    await a.press('Next');
    expect(a.sees).toContain('2 of 3');
  });

  it.each([
    ['/quiz consensu', 'There is no topic `consensu`; did you mean consensus? There are clocks, consensus.'],
    ['/quiz clocks level=2', 'There is no question of level 2 on clocks; there are levels 4, 5.'],
    ['/quiz level=9', 'level must be a whole number from 1 to 5; got `9`.'],
    ['/quiz count=many', 'count must be a whole number from 1 to 20; got `many`.'],
  ])('says what %s should have been', async (line, says) => {
    const a = ana();
    expect(await a.says(line)).toContain(says);
    expect(a.reply?.private).toBe(true);
  });

  it('answers a button of a question it no longer has', async () => {
    const a = ana();
    expect(await a.hear({ kind: 'press', action: 'quiz:answer:77:0:1' })).toMatch(/no longer have/);
    expect(await a.hear({ kind: 'press', action: 'quiz:write:77:0:gone' })).toMatch(/no longer have/);
    expect(await a.hear({ kind: 'press', action: 'quiz:answer' })).toMatch(/no longer have/);
  });
});

describe('/review', () => {
  it('says when nothing is due, and what is, most at risk first, two taps a card', async () => {
    const a = ana();
    expect(await a.says('/review')).toMatch(/^Nothing to review yet/);
    await a.says('/quiz');
    for (let i = 0; i < 5; i++) {
      await a.press(i === 1 ? a.letter('One') : 'I don’t know');
      if (i < 4) await a.press('Next');
    }
    expect(await a.says('/review')).toMatch(/^Nothing is due. The next of your 5 comes back in 10 minutes/);
    now += 3 * DAY;
    await restart();
    await a.says('/review');
    expect(a.sees).toContain('1 of 5');
    const learner = await learnerOf(a);
    let taps = 0;
    for (let i = 0; i < 5; i++) {
      now += MINUTE;
      if (a.sees.includes('How many votes')) {
        expect(i).toBe(4);
        expect(a.sees).toContain('10 points');
        await a.press(a.letter('One'));
        expect(a.sees).toContain('Graded *good*');
        taps++;
        break;
      }
      await a.press('Show the answer');
      expect(a.sees).toContain('How did it go in your head?');
      await restart();
      await a.press('good');
      taps += 2;
    }
    expect(taps).toBe(9);
    expect(a.sees).toContain('5 of 5 right, 10 points.');
    expect(await store.cards.due(learner.id, now)).toEqual([]);
  });

  it('takes back what was only remembered', async () => {
    const a = ana();
    await a.says('/quiz consensus level=3 count=1');
    await a.press('I don’t know');
    now += DAY;
    await a.says('/review');
    await a.press('Show the answer');
    await a.press('easy');
    expect(a.sees).toContain('Last one graded *easy*');
    const { id } = await learnerOf(a);
    expect(await store.cards.due(id, now)).toEqual([]);
    await a.press('Undo that');
    expect(await store.cards.due(id, now)).toHaveLength(1);
  });
});

describe('/leaderboard', () => {
  it('ranks those who earned here, in picture and words, with the reader’s own row', async () => {
    const [a, b, far] = [ana(), new Somebody('Ben'), new Somebody('Far', 'elsewhere')];
    expect(await a.says('/leaderboard')).toContain('Nobody has earned points this week yet.');
    for (const [who, level] of [
      [a, 2],
      [b, 2],
      [far, 2],
      [b, 3],
    ] as const) {
      await who.says(`/quiz consensus level=${level} count=1`);
      if (level === 2) await who.press(who.letter('One'));
      else await who.press('I don’t know');
    }
    now += DAY - 12 * 60 * MINUTE - 1;
    await a.says('/leaderboard');
    expect(a.reply?.private).toBeUndefined();
    expect(rankings[0]).toEqual({
      title: 'Leaderboard, this week',
      subtitle: '16 to 22 November 2026 · 2 learners with points',
      rows: [
        { rank: 1, name: 'Ana', points: 20, you: true },
        { rank: 1, name: 'Ben', points: 20 },
      ],
    });
    expect(a.sees).toContain('Leaderboard, this week. 1. Ana, 20 points. 1. Ben, 20 points.');
    now += 1;
    expect(await a.says('/leaderboard week')).toContain('Nobody has earned points this week');
    expect(await a.says('/leaderboard all consensus')).toContain('Leaderboard, all time in consensus.');
    expect(await a.says('/leaderboard all clock')).toContain('did you mean clocks?');
    expect(await a.says('/leaderboard year')).toContain('one of day, week, season, all');
  });
});

describe('/progress', () => {
  it('tells mastery, load, streak and weakest in words, with a way to drill', async () => {
    const a = ana();
    expect(await a.says('/progress')).toMatch(
      /^You have not answered a question yet; there are 5\..*\n\[Begin\]/,
    );
    await a.says('/quiz');
    for (let i = 0; i < 5; i++) {
      await a.press(i === 1 ? a.letter('One') : 'I don’t know');
      if (i < 4) await a.press('Next');
    }
    now += DAY;
    await a.says('/quiz consensus level=2');
    await a.press('I don’t know');
    await a.says('/progress');
    expect(a.reply?.private).toBe(true);
    expect(a.sees).toContain('Your progress: 5 of 5 questions met, 4 due now, 2-day streak.');
    expect(a.sees).toContain('Points here: **0** this week, **20** in all.');
    expect(a.sees).toContain('- Consensus: 3 still to learn');
    expect(a.sees).toContain('In the last seven days 6 answers on 2 days.');
    await a.press('Drill the weakest');
    expect(a.sees).toContain('1 of 3');
    await a.says('/progress');
    await a.press('Review 4 due');
    expect(a.sees).toContain('1 of 4');
  });

  it('shows of others how far they are, not what they get wrong', async () => {
    const [a, b] = [ana(), new Somebody('Ben')];
    expect(await a.says('/progress member=Cleo')).toContain('I know of no progress of that member');
    await b.says('/quiz consensus level=2');
    await b.press(b.letter('One'));
    await a.says('/progress member=Ben');
    expect(a.sees).toContain('Ben’s progress\n**1 of 5** questions met.');
    expect(a.sees).not.toContain('Weakest');
    await store.learners.setHidden((await learnerOf(b)).id, true);
    expect(await a.says('/progress member=Ben')).toContain('keep it to themselves');
  });
});
