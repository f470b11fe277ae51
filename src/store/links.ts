import { and, asc, eq, gt, inArray, lte } from 'drizzle-orm';
import type { Review } from './index.ts';
import type { Db } from './open.ts';
import type { Links, Replayed } from './personal.ts';
import * as schema from './schema.ts';
import { REDRAW } from './slots.ts';
import type { Standings } from './standings.ts';

const { cards, guesses, learners, links: table, memories, reviews, schedules } = schema;

/** wrong codes within an hour; of 33 million codes, few exist at a time */
const GUESSES = 5;
const HOUR = 3_600_000;

export interface Log {
  /** answers that wait for the disk are written */
  flush(): void;
  told(row: typeof reviews.$inferSelect): Review;
}

export function links(db: Db, standings: Standings, { flush, told }: Log): Links {
  const { $client } = db;

  const offer = $client.transaction(
    (learner: number, code: string, expires: number, now: number): boolean => {
      db.delete(table).where(lte(table.expires, now)).run();
      db.delete(table).where(eq(table.learner, learner)).run();
      const { changes } = db.insert(table).values({ code, learner, expires }).onConflictDoNothing().run();
      return changes > 0;
    },
  );

  const guessed = (learner: number, now: number) => {
    const held = db.select().from(guesses).where(eq(guesses.learner, learner)).get();
    const again = held !== undefined && held.since > now - HOUR;
    const set = again ? { count: held.count + 1, since: held.since } : { count: 1, since: now };
    db.insert(guesses)
      .values({ learner, ...set })
      .onConflictDoUpdate({ target: guesses.learner, set })
      .run();
  };

  const take = $client.transaction(
    (
      learner: number,
      code: string,
      now: number,
      replay: (log: readonly Review[]) => Replayed,
    ): number | 'unknown' | 'own' | 'guesses' => {
      const tries = db.select().from(guesses).where(eq(guesses.learner, learner)).get();
      if (tries !== undefined && tries.count >= GUESSES && tries.since > now - HOUR) return 'guesses';
      const offered = db
        .select()
        .from(table)
        .where(and(eq(table.code, code), gt(table.expires, now)))
        .get();
      if (offered === undefined) {
        guessed(learner, now);
        return 'unknown';
      }
      if (offered.learner === learner) return 'own';
      // Who joined first keeps their place among equals.
      const [kept, gone] = [Math.min(learner, offered.learner), Math.max(learner, offered.learner)];
      join(kept, gone, replay);
      return kept;
    },
  );

  const join = (kept: number, gone: number, replay: (log: readonly Review[]) => Replayed) => {
    const both = { kept, gone };
    const run = (sql: string) => $client.prepare(sql).run(both);
    const [into, from] = [kept, gone].map(
      (id) => db.select().from(learners).where(eq(learners.id, id)).get()!,
    ) as [typeof learners.$inferSelect, typeof learners.$inferSelect];
    for (const id of [kept, gone]) {
      $client.prepare(REDRAW).run(id);
      standings.leave(id);
    }

    const met = db.select({ question: reviews.question }).from(reviews);
    const shared = met
      .where(eq(reviews.learner, kept))
      .intersect(db.select({ question: reviews.question }).from(reviews).where(eq(reviews.learner, gone)))
      .all()
      .map((row) => row.question);
    run('update reviews set learner = @kept where learner = @gone');
    run('update or ignore cards set learner = @kept where learner = @gone');
    for (const question of shared) mend(kept, question, replay);

    run('update identities set learner = @kept where learner = @gone');
    run('update sessions set learner = @kept where learner = @gone');
    // One question of a channel, one answer: of two, the one that was graded or given first stays.
    run(`delete from replies where learner in (@kept, @gone) and exists (
      select 1 from replies o where o.slot = replies.slot and o.learner in (@kept, @gone) and o.learner <> replies.learner
        and (o.session is null, o.at, o.learner) < (replies.session is null, replies.at, replies.learner))`);
    run('update replies set learner = @kept where learner = @gone');
    for (const kind of ['personal', 'reminder'] as const) {
      const targets = [kept, gone].map((id) => `${kind} ${id}`);
      const held = db.select().from(schedules).where(inArray(schedules.target, targets)).all();
      const best = held.find((s) => s.owner === kept && s.next !== null) ?? held.find((s) => s.next !== null);
      const rest = held.filter((s) => s !== (best ?? held[0]));
      for (const { id } of rest) db.delete(schedules).where(eq(schedules.id, id)).run();
      db.update(schedules)
        .set({ owner: kept, target: targets[0]! })
        .where(inArray(schedules.target, targets))
        .run();
    }
    run('update schedules set maker = @kept where maker = @gone');

    run('delete from activity where learner in (@kept, @gone)');
    run(`insert into activity (learner, day, answers, right, points)
      select learner, day, count(*), sum(score >= 1), sum(points)
      from reviews where undone is null and learner = @kept group by day`);

    // Parameters trained on half of a log say nothing of the whole.
    db.delete(memories)
      .where(inArray(memories.learner, [kept, gone]))
      .run();
    db.delete(table)
      .where(inArray(table.learner, [kept, gone]))
      .run();
    db.update(learners)
      .set({
        timezone: into.timezone === 'UTC' ? from.timezone : into.timezone,
        // Whoever asked for it anywhere is hidden everywhere.
        hidden: into.hidden || from.hidden,
        interview: into.interview ?? from.interview,
        retention: into.interview === null ? from.retention : into.retention,
        easyDays: into.easyDays.length > 0 ? into.easyDays : from.easyDays,
        since: Math.min(into.since, from.since),
      })
      .where(eq(learners.id, kept))
      .run();
    db.delete(learners).where(eq(learners.id, gone)).run();
    if (!into.hidden && !from.hidden) standings.rejoin(kept);
    $client.prepare(REDRAW).run(kept);
  };

  /** What both had answered: points, card and what undoing goes back to follow from the one log. */
  const mend = (learner: number, question: string, replay: (log: readonly Review[]) => Replayed) => {
    const mine = and(eq(reviews.learner, learner), eq(reviews.question, question));
    const rows = db.select().from(reviews).where(mine).orderBy(asc(reviews.id)).all();
    const { card, reviews: changed } = replay(rows.map(told));
    for (const { id, points, predicted, before } of changed)
      $client
        .prepare('update reviews set points = ?, predicted = ?, before = ? where id = ?')
        .run(points, predicted ?? null, before === undefined ? null : JSON.stringify(before), id);
    const here = and(eq(cards.learner, learner), eq(cards.question, question));
    db.delete(cards).where(here).run();
    const topic = rows.at(-1)?.topic;
    if (card !== undefined && topic !== undefined)
      db.insert(cards)
        .values({ ...card, learner, question, topic })
        .run();
  };

  return {
    async offer(learner, code, expires, now) {
      return offer.immediate(learner, code, expires, now);
    },
    async take(learner, code, now, replay) {
      flush();
      try {
        return take.immediate(learner, code, now, replay);
      } catch (error) {
        standings.forget();
        throw error;
      }
    },
  };
}
