import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemory, STEPS } from '../src/learn/memory.ts';
import { BEARABLE, capacity, choosePlan, levelled, planAt, type Task, tasksOf } from '../src/learn/plan.ts';
import type { CardState } from '../src/store/index.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 22, 12);
const memoryFor = (left: number) => (target: number) =>
  createMemory({ ...STEPS, request_retention: target, maximum_interval: left });

/** a card as answers leave it: reviewed some days ago with some grades */
const cardArb = fc
  .array(fc.record({ gap: fc.integer({ min: 0, max: 40 }), grade: fc.constantFrom(1, 2, 3, 4) }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((reviews): CardState => {
    const memory = createMemory();
    let at = NOW - reviews.reduce((sum, r) => sum + r.gap, 0) * DAY;
    let card: CardState | undefined;
    for (const { gap, grade } of reviews) {
      at += gap * DAY;
      card = memory.next(card, at, grade as 1 | 2 | 3 | 4);
    }
    return card!;
  });

const situationArb = fc
  .record({
    left: fc.integer({ min: 1, max: 120 }),
    easyDays: fc.subarray([0, 1, 2, 3, 4, 5, 6]),
    cards: fc.array(cardArb, { maxLength: 25 }),
    unmet: fc.nat(25),
  })
  .map(({ left, easyDays, cards, unmet }) => ({
    now: NOW,
    left,
    easy: (day: number) => easyDays.includes(day % 7),
    known: cards.map((card, i) => ({ id: `c${i}`, card })),
    unmet: Array.from({ length: unmet }, (_, i) => `u${i}`),
  }));

describe('a plan', () => {
  it('has every card due before the date, each review in its own days and in order', () => {
    fc.assert(
      fc.property(situationArb, (s) => {
        const memory = memoryFor(s.left)(0.9);
        for (const { id, card } of s.known) {
          const tasks = tasksOf(id, card, Math.max(0, Math.ceil((card.due - NOW) / DAY)), s, memory);
          expect(tasks.length).toBeGreaterThan(0);
          let free = 0;
          for (const { from, to } of tasks) {
            expect(from).toBeGreaterThanOrEqual(free);
            expect(to).toBeGreaterThanOrEqual(from);
            expect(to).toBeLessThan(s.left);
            free = to + 1;
          }
        }
        const plan = planAt(s, memory, 0.9);
        const fresh = plan.days.reduce((sum, d) => sum + d.fresh, 0);
        expect(fresh).toBe(s.unmet.length);
        const reviews = plan.days.reduce((sum, d) => sum + d.reviews, 0);
        expect(reviews).toBeGreaterThanOrEqual(s.known.length);
        expect(new Set(plan.today).size).toBe(plan.today.length);
        if (s.known.length + s.unmet.length > 0) expect(plan.kept).toBeGreaterThanOrEqual(plan.idle);
      }),
      { numRuns: 60 },
    );
  });

  it('puts no more on a day than its level, half on an easy one', () => {
    fc.assert(
      fc.property(situationArb, (s) => {
        const plan = planAt(s, memoryFor(s.left)(0.9), 0.9);
        for (const [day, { reviews, fresh }] of plan.days.entries())
          expect(reviews + fresh).toBeLessThanOrEqual(capacity(plan.level, s.easy(day)));
      }),
      { numRuns: 60 },
    );
  });

  it('finds the lowest level there is', () => {
    const taskArb = fc
      .tuple(fc.nat(9), fc.nat(9))
      .map(([a, b]): Task => ({ id: `${a}-${b}`, from: Math.min(a, b), to: Math.max(a, b), fresh: false }));
    fc.assert(
      fc.property(fc.array(taskArb, { maxLength: 30 }), fc.subarray([0, 3, 6, 9]), (tasks, easyDays) => {
        const easy = (day: number) => easyDays.includes(day);
        const { level, days } = levelled(tasks, 10, easy);
        expect(days.flat()).toHaveLength(tasks.length);
        for (const [day, list] of days.entries())
          for (const { from, to } of list) {
            expect(from).toBeLessThanOrEqual(day);
            expect(to).toBeGreaterThanOrEqual(day);
          }
        if (level === 0) {
          expect(tasks).toEqual([]);
          return;
        }
        // Some span of days has more that must be done within it than fits one level lower (Hall).
        let tight = false;
        for (let from = 0; from < 10; from++)
          for (let to = from, room = 0; to < 10; to++) {
            room += capacity(level - 1, easy(to));
            tight ||= tasks.filter((t) => t.from >= from && t.to <= to).length > room;
          }
        expect(tight).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('aims as high as a bearable day allows', async () => {
    const unmet = (count: number) => Array.from({ length: count }, (_, i) => `u${i}`);
    const plan = (left: number, count: number) =>
      choosePlan({ now: NOW, left, easy: () => false, known: [], unmet: unmet(count) }, memoryFor(left));
    const roomy = await plan(112, 80);
    const tight = await plan(14, 160);
    expect(roomy.target).toBe(0.97);
    expect(roomy.level).toBeLessThanOrEqual(BEARABLE);
    expect(tight.target).toBeLessThan(roomy.target);
    expect(roomy.idle).toBe(0);
    expect(roomy.kept).toBeGreaterThan(0.95);
    expect(await plan(1, 300)).toMatchObject({ level: 300, target: 0.8 });
  });
});
