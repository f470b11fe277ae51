import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Replayed, Review, Store } from '../../src/store/index.ts';
import {
  answer,
  card,
  decide,
  everything,
  NOON,
  person,
  type StoreSite,
  type StoreUnderTest,
} from './store.ts';

const DAY = 86_400_000;

/** What is kept for one person: plan, trained memory, links, everything held and its removal. */
export function personContract(subject: StoreUnderTest, current: () => StoreSite): void {
  describe('one person', () => {
    let site: StoreSite;
    let store: Store;
    beforeEach(() => {
      site = current();
      store = site.store;
    });
    const board = { scope: 'page:page', period: 'all' };
    /** points of the first answer to a question stand, nothing else is paid; the card counts answers */
    const replay = (log: readonly Review[]): Replayed => {
      const kept = log.filter((r) => r.undone === undefined);
      return {
        card: card({ reps: kept.length }),
        reviews: kept.map((r, i) => ({ id: r.id, points: i === 0 ? r.points : 0, predicted: i / 10 })),
      };
    };

    it('keeps a plan, leaves what is not named, and takes a date away', async () => {
      const { id } = await store.learners.of(person('Ana'), NOON);
      await store.learners.setPlan(id, { interview: '2027-03-14', retention: 0.93, easyDays: [6, 7] });
      await store.learners.setPlan(id, { easyDays: [7] });
      await store.learners.setPlan(id, {});
      const later = await site.reopen();
      expect(await later.learners.get(id)).toMatchObject({
        interview: '2027-03-14',
        retention: 0.93,
        easyDays: [7],
      });
      await later.learners.setPlan(id, { interview: null, retention: null, easyDays: [] });
      const plain = await later.learners.get(id);
      expect([plain?.interview, plain?.retention, plain?.easyDays]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    });

    it('keeps trained parameters, and that none were better', async () => {
      const { id } = await store.learners.of(person('Ana'), NOON);
      expect(await store.memories.get(id)).toBeUndefined();
      const report = { at: NOON, reviews: 9, held: 3, published: 0.4, naive: 0.5, kept: true };
      await store.memories.put(id, { parameters: [0.1, 0.25], report });
      expect(await (await site.reopen()).memories.get(id)).toEqual({ parameters: [0.1, 0.25], report });
    });

    it('replaces parameters by the word that none were better', async () => {
      const { id } = await store.learners.of(person('Ana'), NOON);
      const report = { at: NOON, reviews: 9, held: 3, published: 0.4, naive: 0.5, kept: true };
      await store.memories.put(id, { parameters: [0.1], report });
      await store.memories.put(id, { report: { ...report, kept: false } });
      expect(await store.memories.get(id)).toEqual({ report: { ...report, kept: false } });
    });

    it('gives a code to one learner at a time, until it is over', async () => {
      const ana = (await store.learners.of(person('Ana'), NOON)).id;
      const ben = (await store.learners.of(person('Ben'), NOON)).id;
      expect(await store.links.offer(ana, 'AAAA', NOON + 10, NOON)).toBe(true);
      expect(await store.links.offer(ben, 'AAAA', NOON + 10, NOON)).toBe(false);
      expect(await store.links.take(ana, 'AAAA', NOON + 1, replay)).toBe('own');
      expect(await store.links.take(ben, 'AAAA', NOON + 10, replay)).toBe('unknown');
      expect(await store.links.offer(ben, 'AAAA', NOON + 30, NOON + 11)).toBe(true);
      for (let i = 0; i < 4; i++) expect(await store.links.take(ana, 'B', NOON + 12, replay)).toBe('unknown');
      for (let i = 0; i < 2; i++) await store.links.take(ben, 'B', NOON + 12, replay);
      expect(await store.links.take(ana, 'AAAA', NOON + 13, replay)).toBe(ana);
      expect(await store.links.take(ana, 'AAAA', NOON + 14, replay)).toBe('unknown');
    });

    it('joins two learners into what one log adds up to, whatever each had done', async () => {
      const doneArb = fc.record({
        who: fc.nat(2),
        question: fc.constantFrom('q1', 'q2', 'q3'),
        channel: fc.constantFrom(undefined, 'c1'),
        scope: fc.constantFrom('discord:g1', 'page:page'),
        day: fc.nat(9),
        points: fc.constantFrom(0, 10, 20),
        undone: fc.boolean(),
      });
      let round = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(doneArb, { maxLength: 20 }),
          fc.subarray([0, 1, 2]),
          fc.boolean(),
          async (steps, hidden, other) => {
            const own = await subject.fresh();
            const s = own.store;
            round++;
            try {
              const who: number[] = [];
              for (const name of ['Ana', 'Ben', 'Cleo'])
                who.push((await s.learners.of(person(name), NOON)).id);
              for (const [i, { undone, day, channel, ...step }] of steps.entries()) {
                const at = NOON + day * DAY;
                const { review } = await s.answers.record(
                  answer(who[step.who]!, `j${round}-${i}`, {
                    ...step,
                    ...(channel !== undefined && { channel }),
                    at,
                    day: new Date(at).toISOString().slice(0, 10),
                  }),
                  decide(step.points),
                );
                if (undone) await s.answers.undo(review.id, at);
              }
              for (const i of hidden) await s.learners.setHidden(who[i]!, true);
              const logs = await Promise.all(who.map((id) => s.answers.log(id)));
              const [ana, ben, cleo] = who as [number, number, number];
              const [by, to] = other ? [ana, ben] : [ben, ana];
              await s.links.offer(by, 'CODE', NOON + 10, NOON);
              expect(await s.links.take(to, 'CODE', NOON, replay)).toBe(ana);
              expect(await s.learners.get(ben)).toBeUndefined();
              expect((await s.learners.find(person('Ben')))?.id).toBe(ana);
              const log = await s.answers.log(ana);
              const events = (list: readonly Review[]) => list.map((r) => r.event).sort();
              expect(events(log)).toEqual(events([...logs[0]!, ...logs[1]!]));
              expect(await s.answers.log(cleo)).toEqual(logs[2]);
              for (const question of ['q1', 'q2', 'q3']) {
                const met = (list: readonly Review[]) => list.some((r) => r.question === question);
                const both = met(logs[0]!) && met(logs[1]!);
                const kept = log.filter((r) => r.question === question && r.undone === undefined);
                const held = await s.cards.get(ana, question);
                expect(held !== undefined).toBe(kept.length > 0 || both);
                if (both) expect(held?.reps).toBe(kept.length);
              }
              const before = await everything(s, [ana, cleo]);
              await s.ranking.rebuild();
              expect(await everything(s, [ana, cleo])).toEqual(before);
              const gone = hidden.includes(0) || hidden.includes(1);
              if (gone) expect(await s.ranking.place(board, ana)).toBeUndefined();
            } finally {
              await own.close();
            }
          },
        ),
        { numRuns: 20 },
      );
    });

    it('tells everything that is held and erases all of it, and nobody else', async () => {
      const ana = (await store.learners.of(person('Ana'), NOON)).id;
      const ben = (await store.learners.of(person('Ben'), NOON)).id;
      for (const id of [ana, ben]) {
        const mode = 'quiz' as const;
        const session = await store.sessions.open({
          learner: id,
          mode,
          questions: ['q1'],
          filter: {},
          at: NOON,
        });
        await store.sessions.ask(session.id, 0, NOON);
        await store.answers.record(answer(id, `e${id}`, { session: session.id, position: 0 }), decide(20));
        await store.links.offer(id, `CODE${id}`, NOON + 9, NOON);
      }
      const rest = await store.learners.everything(ben);
      expect(Object.keys(rest).sort()).toEqual([
        'activity',
        'asks',
        'cards',
        'identities',
        'learners',
        'links',
        'reviews',
        'sessions',
        'standings',
      ]);
      await store.learners.erase(ana);
      const later = await site.reopen();
      expect(await later.learners.everything(ana)).toEqual({});
      expect(await later.learners.find(person('Ana'))).toBeUndefined();
      expect(await later.learners.everything(ben)).toEqual(rest);
      expect(await later.ranking.size(board)).toBe(1);
      expect(await later.ranking.place(board, ben)).toMatchObject({ rank: 1 });
    });
  });
}
