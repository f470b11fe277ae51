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
  // The plus keeps SQLite from walking the platform's schedules and with them every slot there ever was.
  const onPlatform = sql`+${schedules.platform} = ${given('platform')}`;
  const expired = db
    .select({ slot: table })
    .from(table)
    .innerJoin(schedules, eq(schedules.id, table.schedule))
    .where(and(lte(table.lease, given('now')), isNull(table.message), isNull(table.dropped), onPlatform))
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
        onPlatform,
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
  const complete = db.$client.transaction((posts: Parameters<Slots['posted']>[0]) => {
    for (const { id, message } of posts) posted.run({ id, message });
  });
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
        return answerOf(held);
      const set = { given: reply.given, at, day, changes: held === undefined ? 0 : held.changes + 1 };
      return answerOf(
        db
          .insert(replies)
          .values({ slot, learner, ...set })
          .onConflictDoUpdate({ target: [replies.slot, replies.learner], set })
          .returning()
          .get(),
      );
    },
  );
  const on = db
    .select()
    .from(table)
    .where(and(eq(table.schedule, given('schedule')), eq(table.day, given('day'))))
    .prepare();
  const before = db
    .select()
    .from(table)
    .where(and(eq(table.schedule, given('schedule')), lt(table.day, given('day')), isNotNull(table.message)))
    .orderBy(desc(table.day))
    .limit(1)
    .prepare();
  const lease = db.$client.prepare(
    'update slots set lease = @until, tries = tries + 1 where id = @id and lease = @lease',
  );
  const drop = db.$client.prepare('update slots set dropped = @why, lease = 0 where id = @id');
  const graded = db.$client.prepare('update slots set graded = @now where id = @id');
  const shown = db.$client.prepare('update slots set shown = @now, lease = 0 where id = @id');
  const gradedIn = db.$client.prepare(
    'update replies set session = @session where slot = @slot and learner = @learner',
  );
  const answers = db
    .select({ reply: replies, name: learners.name, hidden: learners.hidden })
    .from(replies)
    .innerJoin(learners, eq(learners.id, replies.learner))
    .where(eq(replies.slot, given('slot')))
    .orderBy(asc(replies.at), asc(replies.learner))
    .prepare();
  const counted = db
    .select({ count: count() })
    .from(replies)
    .where(eq(replies.slot, given('slot')))
    .prepare();
  const ungraded = db
    .select({ day: replies.day })
    .from(replies)
    .where(and(eq(replies.learner, given('learner')), isNull(replies.session)))
    .prepare();
  return {
    async claim(claims) {
      return claim.immediate(claims);
    },
    async get(id) {
      return maybe(byId.get({ id }));
    },
    async on(schedule, day) {
      return maybe(on.get({ schedule, day }));
    },
    async days(schedule, day) {
      return new Set(claimed.all({ schedule, day }).map((row) => row.day));
    },
    async before(schedule, day) {
      return maybe(before.get({ schedule, day }));
    },
    async expired(platform, now, limit) {
      return expired.all({ platform, now, limit }).map((row) => told(row.slot));
    },
    async lease(slot, until) {
      return lease.run({ id: slot.id, lease: slot.lease, until }).changes > 0;
    },
    async posted(posts) {
      complete.immediate(posts);
    },
    async drop(id, why) {
      drop.run({ id, why });
    },
    async closing(platform, now, limit) {
      return closing.all({ platform, now, limit }).map((row) => told(row.slot));
    },
    async graded(id, now) {
      graded.run({ id, now });
    },
    async shown(id, now) {
      shown.run({ id, now });
    },
    async answer(reply, now) {
      return answer.immediate(reply, now);
    },
    async given(slot, learner) {
      const row = mine.get({ slot, learner });
      return row === undefined ? undefined : answerOf(row);
    },
    async answers(slot) {
      return answers.all({ slot }).map(({ reply, name, hidden }) => ({ ...answerOf(reply), name, hidden }));
    },
    async count(slot) {
      return counted.get({ slot })?.count ?? 0;
    },
    async gradedIn(slot, learner, session) {
      gradedIn.run({ slot, learner, session });
    },
    async ungraded(learner) {
      return ungraded.all({ learner }).map((row) => row.day);
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

function answerOf({ session, ...rest }: typeof replies.$inferSelect): DailyAnswer {
  return { ...rest, ...(session !== null && { session }) };
}
