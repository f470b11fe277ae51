import { and, asc, count, desc, eq, gte, isNotNull, isNull, lt, lte, sql } from 'drizzle-orm';
import type { DailyAnswer, Slot, Slots } from './index.ts';
import type { Db } from './open.ts';
import * as schema from './schema.ts';

const { slots: table, schedules, replies, learners } = schema;
type Row = typeof table.$inferSelect;

export function slots(db: Db): Slots {
  const given = sql.placeholder;
  const insert = db
    .insert(table)
    .values({
      schedule: given('schedule'),
      day: given('day'),
      at: given('at'),
      closes: given('closes'),
      question: given('question'),
      // already text: the column's own encoding would write a JSON null where nothing was made
      made: sql`${given('made')}`,
      session: given('session'),
      lease: given('lease'),
    })
    .onConflictDoNothing()
    .returning()
    .prepare();
  const move = db.$client.prepare('update schedules set next = ? where id = ?');
  const use = db.$client.prepare(
    `insert into uses (schedule, question, count, last) values (?, ?, 1, ?)
     on conflict do update set count = count + 1, last = excluded.last`,
  );
  const claim = db.$client.transaction((claims: Parameters<Slots['claim']>[0]): readonly Slot[] =>
    claims.flatMap(({ slot, next }) => {
      move.run(next ?? null, slot.schedule);
      const { closes = null, question = null, session = null, made, use: counted, ...rest } = slot;
      const row = insert.get({
        ...rest,
        closes,
        question,
        session,
        made: made === undefined ? null : JSON.stringify(made),
      });
      if (row === undefined) return [];
      if (counted !== undefined) use.run(slot.schedule, counted, slot.day);
      return [told(row)];
    }),
  );
  const byId = db
    .select()
    .from(table)
    .where(eq(table.id, given('id')))
    .prepare();
  const claimed = db
    .select({ day: table.day })
    .from(table)
    .where(and(eq(table.schedule, given('schedule')), gte(table.day, given('day'))))
    .prepare();
  const expired = db
    .select({ slot: table })
    .from(table)
    .innerJoin(schedules, eq(schedules.id, table.schedule))
    .where(
      and(
        lte(table.lease, given('now')),
        isNull(table.message),
        isNull(table.dropped),
        eq(schedules.platform, given('platform')),
      ),
    )
    .orderBy(asc(table.lease))
    .limit(given('limit'))
    .prepare();
  const closing = db
    .select({ slot: table })
    .from(table)
    .innerJoin(schedules, eq(schedules.id, table.schedule))
    .where(
      and(
        lte(table.closes, given('now')),
        isNull(table.shown),
        isNotNull(table.message),
        lte(table.lease, given('now')),
        eq(schedules.platform, given('platform')),
      ),
    )
    .orderBy(asc(table.closes))
    .limit(given('limit'))
    .prepare();
  const posted = db
    .update(table)
    .set({ message: sql`${given('message')}`, lease: 0, tries: 0 })
    .where(eq(table.id, given('id')))
    .prepare();
  const mine = db
    .select()
    .from(replies)
    .where(and(eq(replies.slot, given('slot')), eq(replies.learner, given('learner'))))
    .prepare();
  const answer = db.$client.transaction(
    (reply: Parameters<Slots['answer']>[0], now: number): DailyAnswer | undefined => {
      const { slot, learner, day, at } = reply;
      const open = byId.get({ id: slot });
      if (open?.closes == null || open.closes <= now || open.graded !== null) return undefined;
      const held = mine.get({ slot, learner });
      if (held !== undefined && JSON.stringify(held.given) === JSON.stringify(reply.given))
        return givenOf(held);
      const set = { given: reply.given, at, day, changes: held === undefined ? 0 : held.changes + 1 };
      return givenOf(
        db
          .insert(replies)
          .values({ slot, learner, ...set })
          .onConflictDoUpdate({ target: [replies.slot, replies.learner], set })
          .returning()
          .get(),
      );
    },
  );
  const change = (id: number, set: Partial<Row>) => db.update(table).set(set).where(eq(table.id, id)).run();
  return {
    async claim(claims) {
      return claim.immediate(claims);
    },
    async get(id) {
      return maybe(byId.get({ id }));
    },
    async on(schedule, day) {
      return maybe(
        db
          .select()
          .from(table)
          .where(and(eq(table.schedule, schedule), eq(table.day, day)))
          .get(),
      );
    },
    async days(schedule, day) {
      return new Set(claimed.all({ schedule, day }).map((row) => row.day));
    },
    async before(schedule, day) {
      return maybe(
        db
          .select()
          .from(table)
          .where(and(eq(table.schedule, schedule), lt(table.day, day), isNotNull(table.message)))
          .orderBy(desc(table.day))
          .limit(1)
          .get(),
      );
    },
    async expired(platform, now, limit) {
      return expired.all({ platform, now, limit }).map((row) => told(row.slot));
    },
    async lease({ id, lease }, until) {
      const { changes } = db
        .update(table)
        .set({ lease: until, tries: sql`${table.tries} + 1` })
        .where(and(eq(table.id, id), eq(table.lease, lease)))
        .run();
      return changes > 0;
    },
    async posted(id, message) {
      posted.run({ id, message });
    },
    async drop(id, why) {
      change(id, { dropped: why, lease: 0 });
    },
    async closing(platform, now, limit) {
      return closing.all({ platform, now, limit }).map((row) => told(row.slot));
    },
    async graded(id, now) {
      change(id, { graded: now });
    },
    async shown(id, now) {
      change(id, { shown: now, lease: 0 });
    },
    async answer(reply, now) {
      return answer.immediate(reply, now);
    },
    async given(slot, learner) {
      const row = mine.get({ slot, learner });
      return row === undefined ? undefined : givenOf(row);
    },
    async answers(slot) {
      return db
        .select({ reply: replies, name: learners.name, hidden: learners.hidden })
        .from(replies)
        .innerJoin(learners, eq(learners.id, replies.learner))
        .where(eq(replies.slot, slot))
        .orderBy(asc(replies.at), asc(replies.learner))
        .all()
        .map(({ reply, name, hidden }) => ({ ...givenOf(reply), name, hidden }));
    },
    async count(slot) {
      return db.select({ count: count() }).from(replies).where(eq(replies.slot, slot)).get()?.count ?? 0;
    },
    async gradedIn(slot, learner, session) {
      db.update(replies)
        .set({ session })
        .where(and(eq(replies.slot, slot), eq(replies.learner, learner)))
        .run();
    },
    async ungraded(learner) {
      return db
        .select({ day: replies.day })
        .from(replies)
        .where(and(eq(replies.learner, learner), isNull(replies.session)))
        .all()
        .map((row) => row.day);
    },
    async redraw(learner) {
      db.$client.prepare(REDRAW).run(learner);
    },
  };
}

/** closed posts with an answer of that learner are shown anew */
export const REDRAW =
  'update slots set shown = null where shown is not null and id in (select slot from replies where learner = ?)';

const maybe = (row: Row | undefined): Slot | undefined => (row === undefined ? undefined : told(row));

function told(row: Row): Slot {
  const { closes, question, made, session, message, dropped, graded, shown, ...rest } = row;
  return {
    ...rest,
    ...(closes !== null && { closes }),
    ...(question !== null && { question }),
    ...(made !== null && { made }),
    ...(session !== null && { session }),
    ...(message !== null && { message }),
    ...(dropped !== null && { dropped }),
    ...(graded !== null && { graded }),
    ...(shown !== null && { shown }),
  };
}

function givenOf({ session, ...rest }: typeof replies.$inferSelect): DailyAnswer {
  return { ...rest, ...(session !== null && { session }) };
}
