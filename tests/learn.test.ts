import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dayIn, streak } from '../src/learn/days.ts';
import { found, hintFor } from '../src/learn/hints.ts';
import { createBank, createLearning } from '../src/learn/index.ts';
import { judge, readNumber, readOrder, shuffled } from '../src/learn/judge.ts';
import { parseQuestion } from '../src/learn/parse.ts';
import type { Question } from '../src/learn/question.ts';
import { missing, parseRun, parseShow } from '../src/learn/recipe.ts';
import { parseAnswer } from '../src/learn/units.ts';
import { gradeOf, points } from '../src/learn/worth.ts';
import type { Run } from '../src/sim/scenario.ts';
import type { Grade, Store } from '../src/store/index.ts';
import { openStore } from '../src/store/index.ts';
import { answer, card, person } from './contracts/store.ts';
import { written } from './support/questions.ts';

const parse = (source: string) => parseQuestion(source, 'questions/consensus/q.md');

describe('a question file', () => {
  it('is read whole, each kind', () => {
    expect(parse(written.choice)).toEqual({
      id: 'one-vote',
      topic: 'consensus',
      level: 2,
      kind: 'choice',
      prompt: 'How many votes does a server give in one term?\n\n- a list in the prompt\n- is no choice',
      options: [
        { text: 'One', right: true, why: 'The vote is remembered on disk.' },
        { text: 'One for each candidate', right: false, why: 'Then two could win the same term.' },
        {
          text: 'As many as it likes, until a leader is known',
          right: false,
          why: 'A restart would forget, and the majority would mean nothing.',
        },
      ],
      explanation: 'A vote is a promise.',
      sources: ['Ongaro & Ousterhout 2014, §5.2'],
      run: { scenario: 'raft', preset: 'split-vote', seed: 3, set: { nodes: '5' } },
      shows: [{ what: 'verdict', property: 'one leader per term', holds: true }],
      file: 'questions/consensus/q.md',
    });
    expect(parse(written.multi)).toMatchObject({ kind: 'multi', options: { length: 4 } });
    expect(parse(written.order)).toMatchObject({ kind: 'order', items: ['append', 'replicate', 'commit'] });
    expect(parse(written.number)).toMatchObject({
      answer: { value: 300, unit: 'ms', tolerance: 30, written: '300 ms ± 10 %' },
    });
    expect(parse(written.text)).toMatchObject({
      kind: 'text',
      explanation: '',
      points: [
        { weight: 'must', text: 'No majority in this term.', also: ['split vote'] },
        {
          weight: 'must',
          text: 'Each waits a random time, then stands in a new term.',
          also: ['randomised timeout', 'back-off (random)'],
          followUp: 'Why random?',
        },
        { weight: 'should', text: 'Almost surely, not certainly.', also: [] },
        { weight: 'trap', text: 'The highest id wins.', also: [] },
      ],
    });
  });

  const edit = (kind: keyof typeof written, from: string | RegExp, to: string) => {
    const changed = written[kind].replace(from, to);
    expect(changed).not.toBe(written[kind]);
    return changed;
  };
  const faults: readonly [name: string, source: () => string, says: string][] = [
    ['no header', () => 'Hello', ':1: a question begins with --- and its header'],
    ['an open header', () => '---\nid: x\n', ':1: the header has no closing ---'],
    [
      'a missing field',
      () => edit('choice', /sources:.*\n/, ''),
      ':2: sources: is missing; it must be a list',
    ],
    ['a level out of range', () => edit('choice', 'level: 2', 'level: 7'), ':4: level: must be'],
    [
      'an unknown kind',
      () => edit('choice', 'kind: choice', 'kind: chioce'),
      ':5: kind: must be one of choice,',
    ],
    [
      'a misspelt field',
      () => edit('choice', 'sources:', 'source:'),
      ':8: the header has no field source; did you mean sources?',
    ],
    [
      'an id with blanks',
      () => edit('choice', 'id: one-vote', 'id: One Vote'),
      ':2: id: must be lower-case words joined by -',
    ],
    ['YAML that is none', () => edit('choice', 'level: 2', 'level: [2'), ': the header is not YAML: '],
    [
      'two right choices',
      () => edit('choice', '- [ ] One for', '- [x] One for'),
      ':15: a choice has 3 to 5 choices, exactly one with [x]; here are 3, 2 with [x]',
    ],
    [
      'a choice without a reason',
      () => edit('choice', ' :: Then two could win the same term.', ''),
      ':16: each choice needs a reason after ` :: `',
    ],
    [
      'the same choice twice',
      () => edit('choice', 'One for each candidate', 'One'),
      ':16: "One" is listed twice',
    ],
    [
      'no explanation',
      () => edit('choice', /## Explanation[\s\S]*/, ''),
      'a part `## Explanation` must follow',
    ],
    [
      'words after the choices',
      () => edit('choice', '## Explanation', 'And so on.\n\n## Explanation'),
      'nothing may stand between',
    ],
    [
      'all of several right',
      () => edit('multi', /\[ \]/g, '[x]'),
      'multi has 3 to 8 choices, some but not all with [x]',
    ],
    [
      'an order of two',
      () => edit('order', '3. commit\n', ''),
      'order needs 3 to 10 numbered items in the right order; here are 2',
    ],
    [
      'a number without tolerance',
      () => edit('number', ' ± 10 %', ''),
      ':9: answer: must be a number with its tolerance',
    ],
    [
      'a tolerance in another unit',
      () => edit('number', '± 10 %', '± 1 GB'),
      ':9: answer: the tolerance must be in % or in ms',
    ],
    [
      'one must',
      () => edit('text', '- must: No majority', '- should: No majority'),
      'a text needs at least 2 points `- must:`; here is 1',
    ],
    [
      'shows without run',
      () => edit('choice', /run:.*\n/, ''),
      ':6: shows: says what a run must show, so run: must name one',
    ],
    [
      'a run without preset',
      () => edit('choice', 'raft/split-vote', 'raft'),
      ':6: run: must begin with a scenario and a preset',
    ],
    [
      'a show that is none',
      () => edit('choice', 'verdict one leader per term holds', 'verdict fine'),
      ':7: shows: must be `verdict',
    ],
  ];
  it.each(faults)('with %s is refused by file and line', (_name, source, says) => {
    expect(() => parse(source())).toThrow(`questions/consensus/q.md`);
    expect(() => parse(source())).toThrow(says);
  });
});

describe('grading', () => {
  const of = <K extends Question['kind']>(kind: K) => parse(written[kind]) as Extract<Question, { kind: K }>;

  it('takes a choice, exactly the right set, the right order', () => {
    expect([0, 1, 9].map((option) => judge(of('choice'), { kind: 'choice', option }).outcome)).toEqual([
      'right',
      'wrong',
      'wrong',
    ]);
    const multi = (options: number[]) => judge(of('multi'), { kind: 'multi', options }).outcome;
    expect([multi([2, 0]), multi([0]), multi([0, 1, 2]), multi([])]).toEqual([
      'right',
      'wrong',
      'wrong',
      'wrong',
    ]);
    const order = (list: number[]) => judge(of('order'), { kind: 'order', order: list }).outcome;
    expect([order([0, 1, 2]), order([0, 2, 1]), order([0, 1])]).toEqual(['right', 'wrong', 'wrong']);
    expect(judge(of('choice'), { kind: 'none' }).outcome).toBe('wrong');
  });

  it.each([
    ['300', 'right'],
    ['300ms', 'right'],
    ['0.3 s', 'right'],
    ['330 ms', 'right'],
    ['270', 'right'],
    ['331', 'wrong'],
    ['~ 0,29 seconds', 'right'],
    ['300 000 µs', 'right'],
    ['5 min', 'wrong'],
  ])('reads the number %s', (typed, outcome) => {
    const value = readNumber(typed, of('number'));
    expect(value).toBeTypeOf('number');
    expect(judge(of('number'), { kind: 'number', value: value as number, written: typed }).outcome).toBe(
      outcome,
    );
  });

  it.each([
    ['soon', 'A number was expected, such as 100 ms; got `soon`.'],
    ['300 MB', 'Give the answer in ms; `MB` is something else.'],
    ['', 'A number was expected, such as 100 ms; got ``.'],
    ['1 2', 'A number was expected, such as 100 ms; got `1 2`.'],
  ])('says what a number must be after %j', (typed, says) => {
    expect(readNumber(typed, of('number'))).toBe(says);
  });

  it.each([
    ['2 servers ± 0', { value: 2, unit: 'servers', tolerance: 0 }],
    ['99.95 % ± 0.01 %', { value: 99.95, unit: '%', tolerance: 0.01 }],
    ['1,000 requests/s +- 5 %', { value: 1000, unit: 'requests/s', tolerance: 50 }],
    ['10k ± 1k', { value: 10_000, unit: '', tolerance: 1000 }],
    ['2 s ± 100 ms', { value: 2, unit: 's', tolerance: 0.1 }],
    ['−3 ± 1', { value: -3, unit: '', tolerance: 1 }],
  ])('knows the answer %s', (line, wanted) => {
    const { value, unit, tolerance } = parseAnswer(line);
    expect({ value, unit, tolerance: Number(tolerance.toFixed(9)) }).toEqual(wanted);
  });

  it('accepts every order it can be given by letters, however they are set apart', () => {
    const q = of('order');
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 12 }),
        fc.constantFrom('', ' ', ', ', ' > ', ' → '),
        (seed, between) => {
          const shown = shuffled(q, seed);
          expect([...shown].sort()).toEqual([0, 1, 2]);
          expect(shown).not.toEqual([0, 1, 2]);
          const right = [0, 1, 2].map((item) => 'abc'[shown.indexOf(item)]).join(between);
          expect(readOrder(right, shown)).toEqual([0, 1, 2]);
        },
      ),
    );
    const shown = shuffled(q, 's');
    expect(readOrder('A B', shown)).toBe('Write all 3 letters once, such as C B A.');
    expect(readOrder('A A B', shown)).toMatch(/^A is there twice/);
    expect(readOrder('A B D', shown)).toMatch(/^There is no D/);
  });

  it('grades a free text by the marks alone, whatever words it has', () => {
    const marks = (covered: number[], words = '') =>
      judge(of('text'), { kind: 'text', words, covered }).outcome;
    expect(marks([0, 1])).toBe('right');
    expect(marks([0, 1, 3])).toBe('partial');
    expect(marks([1, 2])).toBe('partial');
    expect(marks([2])).toBe('wrong');
    expect(marks([], 'No majority in this term. Each waits a random time, then stands in a new term.')).toBe(
      'wrong',
    );
  });

  it('quotes a learner’s own words beside a point, not those of the prompt', () => {
    const { points: list, prompt } = of('text');
    const words = 'Nobody wins the election: a split vote. They wait randomly and stand in later terms.';
    expect(found(list[0]!, prompt, words)).toEqual(['split vote', 'terms']);
    expect(found(list[1]!, prompt, words)).toEqual(['wait', 'randomly', 'terms']);
    expect(found(list[3]!, prompt, words)).toEqual([]);
  });

  it('derives the grade from what happened', () => {
    const q = of('choice');
    const known = card({ state: 2 });
    const grade = (...args: [Parameters<typeof gradeOf>[1], number | undefined, boolean, typeof known?]) =>
      gradeOf(q, args[0], args[1], args[2], args[3]);
    expect(grade('wrong', 1000, false, known)).toBe(1);
    expect(grade('right', 20_000, true, known)).toBe(2);
    expect(grade('right', 600_000, false, known)).toBe(2);
    expect(grade('right', 20_000, false, known)).toBe(3);
    expect(grade('right', 2000, false, known)).toBe(4);
    expect(grade('right', 2000, false)).toBe(3);
    expect(grade('right', undefined, false, known)).toBe(3);
    expect(gradeOf(of('text'), 'partial', 2000, false, known)).toBe(2);
  });

  it('pays first attempts and due reviews only, and the harder more', () => {
    const q = of('choice');
    const given = { kind: 'choice', option: 0 } as const;
    const first = { first: true, undone: false, echoes: 0 };
    const now = 1_000_000;
    const held = (due: number, state: 1 | 2 = 2, undone = false) => ({
      card: card({ due, state }),
      first: false,
      undone,
      echoes: 0,
    });
    expect(points(q, given, 'right', false, first, now)).toBe(20);
    expect(points({ ...q, level: 5 }, given, 'right', false, first, now)).toBe(50);
    expect(points(q, given, 'right', true, first, now)).toBe(10);
    expect(points(q, given, 'wrong', false, first, now)).toBe(0);
    expect(points(q, given, 'right', false, held(now), now)).toBe(10);
    expect(points(q, given, 'right', false, held(now + 1), now)).toBe(0);
    expect(points(q, given, 'right', false, held(now, 1), now)).toBe(0);
    // what was missed is worth a review once a night has passed
    const missed = { ...held(now, 1), card: card({ due: now, state: 1, lastReview: now }) };
    expect(points(q, given, 'right', false, missed, now + 3_600_000)).toBe(0);
    expect(points(q, given, 'right', false, missed, now + 12 * 3_600_000)).toBe(10);
    expect(points(q, given, 'right', false, held(now, 2, true), now)).toBe(0);
    expect(points(q, given, 'right', false, { first: false, undone: true, echoes: 0 }, now)).toBe(0);
    expect(points(q, { kind: 'recalled' }, 'right', false, held(now), now)).toBe(0);
  });

  it('pays nobody for answers handed over, and both of two who only study side by side', async () => {
    const q = of('choice');
    const given = { kind: 'choice', option: 0 } as const;
    const minute = 60_000;
    const earned = async (plan: { together: number; apart?: number; elsewhere?: boolean; mode?: string }) => {
      const store = await openStore('file::memory:');
      const sums: number[] = [];
      for (const who of ['Ana', 'Ben']) {
        const { id } = await store.learners.of(person(who), 0);
        let sum = 0;
        for (let i = 0; i < 40; i++) {
          const mine = who === 'Ben' && i % 10 >= plan.together;
          const at = 1e9 + i * 10 * minute + (who === 'Ben' ? (plan.apart ?? 1) * minute : 0);
          const scope = who === 'Ben' && plan.elsewhere ? 'page:other' : 'page:page';
          const { review } = await store.answers.record(
            answer(id, `${who}${i}`, {
              question: `${mine ? who : ''}${i}`,
              scope,
              at,
              mode: plan.mode ?? 'quiz',
            }),
            (before) => ({ grade: 3, card: card({}), points: points(q, given, 'right', false, before, at) }),
          );
          sum += review.points / 20;
        }
        sums.push(sum);
      }
      await store.close();
      return sums;
    };
    expect(await earned({ together: 10 })).toEqual([40, 7]);
    // half of Ben's are Ana's first: they take turns
    expect((await earned({ together: 5 }))[1]).toBeLessThan(40);
    for (const honest of [
      { together: 3 },
      { together: 10, apart: 6 },
      { together: 10, elsewhere: true },
      { together: 10, mode: 'daily' },
    ])
      expect(await earned(honest)).toEqual([40, 40]);
  });

  it('gives a hint that does not give it away', () => {
    for (const kind of ['choice', 'multi', 'order', 'number', 'text'] as const) {
      const q = of(kind);
      const hint = hintFor(q, shuffled(q, 'x'));
      expect(hint.text).not.toBe('');
      if (q.kind === 'choice') expect(q.options[hint.ruledOut!]?.right).toBe(false);
      if (q.kind === 'number') expect(hint.text).toBe('It lies between 100 and 1000 ms.');
    }
  });
});

describe('what a run must show', () => {
  const run = {
    verdicts: [{ property: 'one leader per term', holds: true, detail: 'in 3 terms' }],
    metrics: { unavailable_ms: 197 },
    events: [{ at: 1, kind: 'note', node: 'n1', text: 'stands for term 2' }],
    scenario: { look: { messages: {} } },
  } as unknown as Run;
  it.each([
    ['verdict one leader per term holds', []],
    ['verdict one leader per term violated', ['one leader per term is kept: in 3 terms']],
    ['verdict no such holds', ['there is no verdict on no such; there are one leader per term']],
    ['metric unavailable_ms <= 197', []],
    ['metric unavailable_ms > 300', ['unavailable_ms is 197, not > 300']],
    ['metric terms = 1', ['there is no figure terms; there are unavailable_ms']],
    ['event stands for Term 2', []],
    ['event leads', ['no event says "leads"']],
  ])('%s', (line, wanted) => {
    expect(missing([parseShow(line)], run)).toEqual(wanted);
  });
  it('is written as a recipe', () => {
    expect(parseRun('raft/figure-8 nodes=5 twin=forgetful')).toEqual({
      scenario: 'raft',
      preset: 'figure-8',
      set: { nodes: '5' },
      twin: 'forgetful',
    });
    expect(() => parseRun('raft/figure-8 seed=x')).toThrow('seed must be a whole number');
    expect(() => parseRun('raft/figure-8 fast')).toThrow('takes name=value after the preset');
  });
});

describe('days', () => {
  it('follow the learner’s own midnight', () => {
    const at = Date.parse('2026-11-22T23:30:00Z');
    expect([
      dayIn('UTC', at),
      dayIn('Asia/Tokyo', at),
      dayIn('America/Lima', at),
      dayIn('No/Where', at),
    ]).toEqual(['2026-11-22', '2026-11-23', '2026-11-22', '2026-11-22']);
  });
  it.each([
    [['2026-03-01', '2026-02-28', '2026-02-27'], 3],
    [['2026-02-28', '2026-02-27'], 2],
    [['2026-02-27'], 0],
    [[], 0],
  ])('in a row: %j', (days, length) => {
    expect(
      streak(
        days.map((day) => ({ day })),
        '2026-03-01',
      ),
    ).toBe(length);
  });
});

describe('memory', () => {
  let folder: string;
  let store: Store;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'quorum-memory-'));
    store = await openStore(`file:${join(folder, 'q.db')}`);
  });
  afterAll(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const DAY = 86_400_000;
  const START = Date.UTC(2022, 11, 29, 12, 30);
  const bank = createBank([parse(written.choice)]);
  let learners = 0;

  /** Answers one question over and over through the store; `wait` says when, in days after the last, else when due. */
  async function history(parameters: object, ratings: readonly Grade[], waits?: readonly number[]) {
    const learning = createLearning({ store, bank, parameters });
    const learner = await store.learners.of(person(`m${++learners}`), START);
    const intervals: number[] = [];
    let now = START;
    for (const [i, grade] of ratings.entries()) {
      if (waits) now += waits[i]! * DAY;
      const asked = (await learning.drill(learner, ['one-vote'], now))!;
      const how = { learner, scope: 's', event: `${learner.id}-${i}`, now, grade };
      await learning.answer(asked, { kind: 'recalled' }, how);
      const held = (await store.cards.get(learner.id, 'one-vote'))!;
      intervals.push(held.scheduledDays);
      if (!waits) now = held.due;
    }
    return { intervals, held: (await store.cards.get(learner.id, 'one-vote'))! };
  }

  // The vectors ts-fsrs publishes with its tests (packages/fsrs/__tests__/FSRS-6.test.ts), and through it fsrs-rs.
  it('gives the published FSRS-6 intervals through the store', async () => {
    const ratings: Grade[] = [3, 3, 3, 3, 3, 3, 1, 1, 3, 3, 3, 3, 3];
    expect((await history({}, ratings)).intervals).toEqual([0, 2, 11, 46, 163, 498, 0, 0, 2, 4, 7, 12, 21]);
  });

  it.each([
    ['short-term', { enable_short_term: true }, 53.62691],
    ['long-term', { enable_short_term: false }, 53.335106],
  ])('gives the published memory state, %s', async (_name, parameters, stability) => {
    const { held } = await history(parameters, [1, 3, 3, 3, 3, 3], [0, 0, 1, 3, 8, 21]);
    expect(held.stability).toBeCloseTo(stability, 4);
    expect(held.difficulty).toBeCloseTo(6.3574867, 4);
  });

  it('sends a right answer to days and a wrong one back in ten minutes', async () => {
    const learning = createLearning({ store, bank });
    const learner = await store.learners.of(person('steps'), START);
    const asked = (await learning.drill(learner, ['one-vote'], START))!;
    const due = await learning.preview(asked, START);
    expect(due[1] - START).toBe(10 * 60_000);
    expect(due[3] - START).toBe(2 * DAY);
  });
});
