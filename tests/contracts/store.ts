import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Person } from '../../src/chat.ts';
import type { Recipe } from '../../src/sim/scenario.ts';
import type {
  Before,
  CardState,
  Decision,
  NewAnswer,
  NewSlot,
  ScheduleSettings,
  Store,
} from '../../src/store/index.ts';
import { periodKey, periods } from '../../src/store/index.ts';
import { personContract } from './store-person.ts';

/** One suite for every engine: what the bot relies on, in the bot's own terms. */
export interface StoreUnderTest {
  readonly name: string;
  /** an empty store */
  fresh(): Promise<StoreSite>;
}

export interface StoreSite {
  readonly store: Store;
  /** what a restart of the bot sees */
  reopen(): Promise<Store>;
  close(): Promise<void>;
}

/** 2026-11-22 12:00 UTC, a Sunday in ISO week 47 */
export const NOON = Date.UTC(2026, 10, 22, 12);
const DAY = 86_400_000;

export const person = (name: string, over: Partial<Person> = {}): Person => ({
  platform: 'page',
  space: 'page',
  id: name.toLowerCase(),
  name,
  ...over,
});

export const card = (over: Partial<CardState> = {}): CardState => ({
  due: NOON + 3 * DAY,
  stability: 3.25,
  difficulty: 5.5,
  elapsedDays: 0,
  scheduledDays: 3,
  learningSteps: 0,
  reps: 1,
  lapses: 0,
  state: 2,
  lastReview: NOON,
  ...over,
});

export const answer = (learner: number, event: string, over: Partial<NewAnswer> = {}): NewAnswer => ({
  learner,
  event,
  question: 'q1',
  topic: 'consensus',
  level: 2,
  mode: 'quiz',
  scope: 'page:page',
  day: '2026-11-22',
  at: NOON,
  hinted: false,
  given: ['a'],
  score: 1,
  ...over,
});

export const decide =
  (points: number, over: Partial<Decision> = {}) =>
  (): Decision => ({ grade: 3, card: card(), points, ...over });

const recipe = (over: Partial<Recipe> = {}): Recipe => ({
  scenario: 'raft',
  preset: 'leader-crash',
  seed: 7,
  set: { nodes: '5', loss: '0.1' },
  interventions: [],
  ...over,
});

export function storeContract(subject: StoreUnderTest): void {
  describe(`store contract: ${subject.name}`, () => {
    let site: StoreSite;
    let store: Store;
    beforeEach(async () => {
      site = await subject.fresh();
      store = site.store;
    });
    afterEach(async () => {
      await site.close();
    });

    describe('learners', () => {
      it('knows a person again, by the name shown last', async () => {
        const ana = await store.learners.of(person('Ana'), NOON);
        const renamed = await store.learners.of(person('Ana', { name: 'Ana\u0000 B.\n\u202e' }), NOON + 1);
        expect(renamed).toEqual({ ...ana, name: 'Ana B.' });
        expect(await (await site.reopen()).learners.get(ana.id)).toEqual(renamed);
      });

      it('is one learner in every Discord server, and one in each Slack workspace', async () => {
        const id = async (platform: Person['platform'], space: string) =>
          (await store.learners.of(person('Ana', { platform, space }), NOON)).id;
        expect(await id('discord', 'g1')).toBe(await id('discord', 'g2'));
        expect(await id('slack', 'T1')).not.toBe(await id('slack', 'T2'));
        expect(await id('slack', 'T1')).not.toBe(await id('discord', 'g1'));
      });

      it('finds only who was seen', async () => {
        expect(await store.learners.find(person('Ana'))).toBeUndefined();
        const ana = await store.learners.of(person('Ana'), NOON);
        await store.learners.setTimezone(ana.id, 'Europe/Lisbon');
        expect(await store.learners.find(person('Ana'))).toEqual({ ...ana, timezone: 'Europe/Lisbon' });
      });
    });

    describe('runs', () => {
      it('gives a recipe a short id that is the same however it was written down', async () => {
        const id = await store.runs.keep(recipe(), NOON);
        expect(id).toMatch(/^[0-9a-z]{7,}$/);
        expect(await store.runs.keep(recipe({ set: { loss: '0.1', nodes: '5' } }), NOON + 1)).toBe(id);
        expect(await store.runs.keep(recipe({ seed: 8 }), NOON)).not.toBe(id);
        const later = await site.reopen();
        expect(await later.runs.get(id)).toEqual(recipe());
        expect(await later.runs.get('zzzzzzz')).toBeUndefined();
      });
    });

    describe('deliveries', () => {
      it('remembers what is done across a restart, and forgets it after a week', async () => {
        expect(await store.deliveries.done('slack:Ev1')).toBe(false);
        await store.deliveries.finish('slack:Ev1', NOON);
        await store.deliveries.finish('slack:Ev1', NOON);
        const later = await site.reopen();
        expect(await later.deliveries.done('slack:Ev1')).toBe(true);
        await later.deliveries.finish('slack:Ev2', NOON + 8 * DAY);
        expect(await later.deliveries.done('slack:Ev1')).toBe(false);
        expect(await later.deliveries.done('slack:Ev2')).toBe(true);
      });
    });

    describe('sessions', () => {
      it('shows a question once, and knows hint and draft after a restart', async () => {
        const ana = await store.learners.of(person('Ana'), NOON);
        const opened = await store.sessions.open({
          learner: ana.id,
          mode: 'quiz',
          questions: ['q1', 'q2'],
          filter: { topic: 'consensus', count: 2 },
          at: NOON,
        });
        expect(await store.sessions.get(opened.id, 0)).toBeUndefined();
        const first = await store.sessions.ask(opened.id, 0, NOON + 10);
        expect(first).toEqual({ session: opened, position: 0, question: 'q1', at: NOON + 10, hinted: false });
        expect(await store.sessions.ask(opened.id, 0, NOON + 99)).toEqual(first);
        await store.sessions.hinted(opened.id, 0);
        await store.sessions.draft(opened.id, 0, 'my words');
        const later = await site.reopen();
        expect(await later.sessions.get(opened.id, 0)).toEqual({ ...first, hinted: true, draft: 'my words' });
        expect(await later.sessions.ask(opened.id, 2, NOON)).toBeUndefined();
        expect(await later.sessions.ask(999, 0, NOON)).toBeUndefined();
      });
    });

    describe('answers', () => {
      it('keeps log, card, activity and standing together, as given', async () => {
        const ana = await store.learners.of(person('Ana'), NOON);
        const seen: Before[] = [];
        const wanted = answer(ana.id, 'e1', {
          given: { order: [2, 1] },
          score: 0.5,
          hinted: true,
          took: 900,
        });
        const { review, fresh } = await store.answers.record(wanted, (before) => {
          seen.push(before);
          return { grade: 2, card: card(), points: 20, predicted: 0.875 };
        });
        expect(fresh).toBe(true);
        expect(review).toEqual({
          ...wanted,
          id: review.id,
          grade: 2,
          derived: 2,
          points: 20,
          predicted: 0.875,
        });
        expect(seen).toEqual([{ card: undefined, first: true, undone: false, echoes: 0 }]);
        const later = await site.reopen();
        expect(await later.answers.get(review.id)).toEqual(review);
        expect(await later.cards.get(ana.id, 'q1')).toEqual({
          ...card(),
          question: 'q1',
          topic: 'consensus',
        });
        expect(await later.answers.activity(ana.id, 9)).toEqual([
          { day: '2026-11-22', answers: 1, right: 0, points: 20 },
        ]);
        for (const period of periods)
          for (const topic of [undefined, 'consensus'])
            expect(
              await later.ranking.place(
                { scope: 'page:page', period: periodKey(period, NOON), topic },
                ana.id,
              ),
            ).toEqual({ learner: ana.id, name: 'Ana', points: 20, rank: 1 });
        await later.answers.record(answer(ana.id, 'e2', { at: NOON + DAY }), (before) => {
          seen.push(before);
          return decide(0)();
        });
        expect(seen[1]).toEqual({ card: card(), first: false, undone: false, echoes: 0 });
      });

      it('counts a repeated event once, and a second tap on the same ask once', async () => {
        const ana = await store.learners.of(person('Ana'), NOON);
        const ask = { session: 5, position: 0 };
        const tap = (event: string) => store.answers.record(answer(ana.id, event, ask), decide(20));
        const [first, ...others] = await Promise.all([tap('e1'), tap('e1'), tap('e2'), tap('e3')]);
        expect(first!.fresh).toBe(true);
        for (const other of others) expect(other).toEqual({ review: first!.review, fresh: false });
        expect(await store.answers.log(ana.id)).toEqual([first!.review]);
        expect(await store.answers.to(5, 0)).toEqual(first!.review);
        expect((await store.ranking.place({ scope: 'page:page', period: 'all' }, ana.id))?.points).toBe(20);
      });

      it('leaves nothing behind of an answer that failed half-way', async () => {
        const ana = await store.learners.of(person('Ana'), NOON);
        const broken = { ...decide(20)(), card: { ...card(), due: undefined as unknown as number } };
        const ben = await store.learners.of(person('Ben'), NOON);
        const [failed, beside] = await Promise.allSettled([
          store.answers.record(answer(ana.id, 'e1'), () => broken),
          store.answers.record(answer(ben.id, 'e0'), decide(10)),
        ]);
        expect([failed!.status, beside!.status]).toEqual(['rejected', 'fulfilled']);
        expect(await store.answers.log(ana.id)).toEqual([]);
        expect(await store.answers.activity(ana.id, 9)).toEqual([]);
        expect(await store.answers.log(ben.id)).toHaveLength(1);
        await store.answers.record(answer(ana.id, 'e1'), decide(20));
        expect((await store.ranking.top({ scope: 'page:page', period: 'all' }, 9))[0]?.points).toBe(20);
      });

      it('takes an answer back: card and points as before, the log row kept', async () => {
        const ana = await store.learners.of(person('Ana'), NOON);
        const one = await store.answers.record(answer(ana.id, 'e1'), decide(20));
        const two = await store.answers.record(
          answer(ana.id, 'e2', { at: NOON + DAY, day: '2026-11-23' }),
          decide(10, { card: card({ reps: 2, due: NOON + 9 * DAY }) }),
        );
        expect(await store.answers.undo(one.review.id, NOON)).toBe('stale');
        expect(await store.answers.undo(two.review.id, NOON + DAY + 5)).toMatchObject({
          undone: NOON + DAY + 5,
        });
        expect(await store.cards.get(ana.id, 'q1')).toMatchObject(card());
        expect(await store.answers.undo(two.review.id, NOON)).toBe('stale');
        expect(await store.answers.undo(one.review.id, NOON + DAY + 6)).toMatchObject({ id: one.review.id });
        expect(await store.cards.all(ana.id)).toEqual([]);
        expect(await store.answers.activity(ana.id, 9)).toEqual([]);
        expect(await store.ranking.top({ scope: 'page:page', period: 'all' }, 9)).toEqual([]);
        expect(await store.answers.log(ana.id)).toHaveLength(2);
        await store.answers.record(answer(ana.id, 'e3'), (before) => {
          expect(before).toEqual({ card: undefined, first: false, undone: true, echoes: 0 });
          return decide(0)();
        });
      });

      it('corrects a grade: the card follows, the points stay, what was derived is kept', async () => {
        const ana = await store.learners.of(person('Ana'), NOON);
        const { review } = await store.answers.record(answer(ana.id, 'e1'), decide(20));
        const easier = card({ due: NOON + 8 * DAY });
        expect(
          await store.answers.regrade(review.id, (held) => {
            expect(held).toEqual(review);
            return { grade: 4, card: easier };
          }),
        ).toEqual({ ...review, grade: 4 });
        expect(await store.cards.get(ana.id, 'q1')).toMatchObject(easier);
        await store.answers.record(answer(ana.id, 'e2', { at: NOON + DAY }), decide(0));
        expect(await store.answers.regrade(review.id, () => ({ grade: 1, card: card() }))).toBe('stale');
      });

      it('says what is due, longest overdue first', async () => {
        const ana = await store.learners.of(person('Ana'), NOON);
        const dues = { q1: NOON + 1, q2: NOON - 5, q3: NOON };
        for (const [question, due] of Object.entries(dues))
          await store.answers.record(
            answer(ana.id, question, { question }),
            decide(0, { card: card({ due }) }),
          );
        expect((await store.cards.due(ana.id, NOON)).map((c) => c.question)).toEqual(['q2', 'q3']);
      });
    });

    personContract(subject, () => site);

    describe('schedules and slots', () => {
      const daily = (over: Partial<ScheduleSettings> = {}): ScheduleSettings => ({
        kind: 'channel',
        place: { platform: 'page', space: 'page', channel: 'general' },
        minute: 540,
        timezone: 'Europe/Lisbon',
        weekdays: [1, 2, 3],
        holidays: ['12-25'],
        lowest: 1,
        highest: 5,
        rising: false,
        runs: 25,
        since: NOON,
        ...over,
      });
      const claim = (schedule: number, day: string, over: Partial<NewSlot> = {}) => ({
        slot: {
          schedule,
          day,
          at: NOON,
          closes: NOON + DAY,
          question: 'q1',
          use: 'q1',
          lease: NOON + 5,
          ...over,
        },
        next: NOON + DAY,
      });

      it('keeps one schedule a channel, and one of each kind a learner', async () => {
        const ana = await store.learners.of(person('Ana'), NOON);
        const first = await store.schedules.put(daily({ maker: ana.id, topic: 'aws' }), NOON);
        await store.schedules.flag(first.id, 'not allowed');
        const again = await store.schedules.put(daily({ maker: ana.id, minute: 600 }), NOON + 1);
        expect(again).toEqual({ ...daily({ maker: ana.id, minute: 600 }), id: first.id, next: NOON + 1 });
        const own = daily({ kind: 'reminder', owner: ana.id, person: person('Ana') });
        const mine = await store.schedules.put(own, NOON + 2);
        const later = await site.reopen();
        expect(await later.schedules.at(daily().place)).toEqual(again);
        expect(await later.schedules.of(ana.id, 'reminder')).toEqual(mine);
        expect(await later.schedules.list('page', 'page')).toEqual([again]);
        expect(await later.schedules.due('page', NOON + 2, 9)).toEqual([again, mine]);
        expect(await later.schedules.maker(again)).toEqual(person('Ana', { id: 'ana' }));
        expect(await later.schedules.flag(again.id, 'why')).toBe(true);
        expect(await later.schedules.flag(again.id, 'why')).toBe(false);
        await later.schedules.move([{ id: again.id, next: undefined }]);
        expect(await later.schedules.running()).toEqual([mine]);
        expect(await later.schedules.list('page', 'page')).toEqual([]);
      });

      it('lets a schedule and date be claimed once for ever, by whoever comes first', async () => {
        const { id } = await store.schedules.put(daily(), NOON);
        const [slot, ...more] = await store.slots.claim([claim(id, '2026-11-22'), claim(id, '2026-11-22')]);
        expect(more).toEqual([]);
        expect(slot).toMatchObject({ day: '2026-11-22', question: 'q1', tries: 0 });
        expect(await store.slots.claim([claim(id, '2026-11-22')])).toEqual([]);
        expect((await store.schedules.get(id))?.next).toBe(NOON + DAY);
        expect(await store.schedules.uses(id)).toEqual([{ question: 'q1', count: 1, last: '2026-11-22' }]);
        expect(await store.slots.expired('page', NOON + 4, 9)).toEqual([]);
        expect(await store.slots.expired('page', NOON + 5, 9)).toEqual([slot]);
        expect(await store.slots.lease(slot!, NOON + 9)).toBe(true);
        expect(await store.slots.lease(slot!, NOON + 9)).toBe(false);
        await store.slots.posted([{ id: slot!.id, message: 'm1' }]);
        const later = await site.reopen();
        expect(await later.slots.expired('page', NOON + DAY, 9)).toEqual([]);
        expect(await later.slots.on(id, '2026-11-22')).toMatchObject({ message: 'm1', tries: 0 });
        expect(await later.slots.before(id, '2026-11-23')).toMatchObject({ message: 'm1' });
        expect(await later.slots.days(id, '2026-11-01')).toEqual(new Set(['2026-11-22']));
        const [dropped] = await later.slots.claim([claim(id, '2026-11-23')]);
        await later.slots.drop(dropped!.id, 'stopped');
        expect(await later.slots.expired('page', NOON + DAY, 9)).toEqual([]);
        expect((await later.slots.before(id, '2026-11-24'))?.day).toBe('2026-11-22');
      });

      it('takes the answer that stands until it closes, and shows a closed one anew where somebody hides', async () => {
        const ana = await store.learners.of(person('Ana'), NOON);
        const { id } = await store.schedules.put(daily(), NOON);
        const [slot] = await store.slots.claim([claim(id, '2026-11-22')]);
        await store.slots.posted([{ id: slot!.id, message: 'm1' }]);
        const answer = (given: unknown, at: number) =>
          store.slots.answer({ slot: slot!.id, learner: ana.id, given, at, day: '2026-11-22' }, at);
        expect(await answer({ option: 1 }, NOON + 1)).toMatchObject({ changes: 0 });
        expect(await answer({ option: 2 }, NOON + 2)).toMatchObject({ changes: 1, at: NOON + 2 });
        expect(await answer({ option: 2 }, NOON + 3)).toMatchObject({ changes: 1, at: NOON + 2 });
        expect(await answer({ option: 1 }, NOON + DAY)).toBeUndefined();
        expect(await store.slots.ungraded(ana.id)).toEqual(['2026-11-22']);
        expect(await store.slots.answers(slot!.id)).toMatchObject([
          { given: { option: 2 }, name: 'Ana', hidden: false },
        ]);
        expect(await store.slots.closing('page', NOON + DAY - 1, 9)).toEqual([]);
        expect(await store.slots.closing('page', NOON + DAY, 9)).toHaveLength(1);
        await store.slots.graded(slot!.id, NOON + DAY);
        await store.slots.gradedIn(slot!.id, ana.id, 7);
        await store.slots.shown(slot!.id, NOON + DAY);
        expect(await answer({ option: 1 }, NOON + 4)).toBeUndefined();
        const later = await site.reopen();
        expect(await later.slots.ungraded(ana.id)).toEqual([]);
        expect(await later.slots.closing('page', NOON + 9 * DAY, 9)).toEqual([]);
        await later.learners.setHidden(ana.id, true);
        expect(await later.slots.closing('page', NOON + 9 * DAY, 9)).toMatchObject([
          { id: slot!.id, graded: NOON + DAY },
        ]);
      });
    });

    describe('ranking', () => {
      const board = { scope: 'page:page', period: 'all' };

      it('orders by points, equals by rank and by who joined first', async () => {
        const names = ['Ana', 'Ben', 'Cleo', 'Dev'];
        const points = [20, 50, 50, 10];
        for (const [i, name] of names.entries()) {
          const { id } = await store.learners.of(person(name), NOON);
          await store.answers.record(answer(id, name), decide(points[i]!));
        }
        const rows = await store.ranking.top(board, 3);
        expect(rows.map((r) => [r.rank, r.name, r.points])).toEqual([
          [1, 'Ben', 50],
          [1, 'Cleo', 50],
          [3, 'Ana', 20],
        ]);
        const dev = await store.learners.of(person('Dev'), NOON);
        expect(await store.ranking.place(board, dev.id)).toMatchObject({ rank: 4, points: 10 });
        expect(await store.ranking.size(board)).toBe(4);
        expect(await store.ranking.top({ scope: 'slack:T1', period: 'all' }, 9)).toEqual([]);
      });

      it('hides who asks for it at once, and brings back what the log says', async () => {
        const ana = await store.learners.of(person('Ana'), NOON);
        await store.answers.record(answer(ana.id, 'e1'), decide(20));
        await store.learners.setHidden(ana.id, true);
        await store.answers.record(answer(ana.id, 'e2', { question: 'q2' }), decide(30));
        expect(await store.ranking.top(board, 9)).toEqual([]);
        expect(await store.ranking.size(board)).toBe(0);
        expect(await store.ranking.place(board, ana.id)).toBeUndefined();
        await store.learners.setHidden(ana.id, false);
        await store.learners.setHidden(ana.id, false);
        expect(await store.ranking.place(board, ana.id)).toMatchObject({ points: 50, rank: 1 });
      });

      it('is what the log adds up to, whatever was answered, undone and hidden', async () => {
        const step = fc.oneof(
          fc.record({
            do: fc.constant('answer' as const),
            who: fc.nat(2),
            question: fc.constantFrom('q1', 'q2', 'q3'),
            topic: fc.constantFrom('aws', 'clocks'),
            scope: fc.constantFrom('discord:g1', 'page:page'),
            day: fc.nat(120),
            points: fc.constantFrom(0, 10, 20),
          }),
          fc.record({ do: fc.constant('undo' as const), which: fc.nat(30) }),
          fc.record({ do: fc.constant('hide' as const), who: fc.nat(2), hidden: fc.boolean() }),
        );
        let round = 0;
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
            const own = await subject.fresh();
            const s = own.store;
            round++;
            try {
              const who: number[] = [];
              for (const name of ['Ana', 'Ben', 'Cleo'])
                who.push((await s.learners.of(person(name), NOON)).id);
              const ids: number[] = [];
              for (const [i, now] of steps.entries()) {
                if (now.do === 'answer') {
                  const at = NOON + now.day * DAY;
                  const day = new Date(at).toISOString().slice(0, 10);
                  const { review } = await s.answers.record(
                    answer(who[now.who]!, `${round}-${i}`, {
                      ...now,
                      at,
                      day,
                      score: now.points > 0 ? 1 : 0,
                    }),
                    decide(now.points),
                  );
                  ids.push(review.id);
                } else if (now.do === 'undo') {
                  if (ids.length > 0) await s.answers.undo(ids[now.which % ids.length]!, NOON);
                } else await s.learners.setHidden(who[now.who]!, now.hidden);
              }
              const before = await everything(s, who);
              await s.ranking.rebuild();
              expect(await everything(s, who)).toEqual(before);
              // Ranks come from counts kept aside; they must agree with the order.
              for (const { rows, places, size } of before.boards) {
                expect(size).toBe(rows.length);
                for (const row of rows) expect(places.find((p) => p?.learner === row.learner)).toEqual(row);
              }
            } finally {
              await own.close();
            }
          }),
          { numRuns: 25 },
        );
      });
    });
  });
}

export async function everything(store: Store, learners: readonly number[]) {
  const boards = [];
  const keys = new Set(
    [...Array(121).keys()].flatMap((d) => periods.map((p) => periodKey(p, NOON + d * DAY))),
  );
  for (const scope of ['discord:g1', 'page:page'])
    for (const topic of [undefined, 'aws', 'clocks'])
      for (const period of keys) {
        const board = { scope, topic, period };
        const rows = await store.ranking.top(board, 10);
        const size = await store.ranking.size(board);
        if (rows.length + size === 0) continue;
        boards.push({
          board,
          rows,
          size,
          places: await Promise.all(learners.map((l) => store.ranking.place(board, l))),
        });
      }
  const activity = await Promise.all(learners.map((l) => store.answers.activity(l, 999)));
  return { boards, activity };
}
