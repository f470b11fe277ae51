import { and, eq, gt, sql } from 'drizzle-orm';
import type { Board } from './index.ts';
import type { Db } from './open.ts';
import { type Period, periodKey, periods } from './periods.ts';
import * as schema from './schema.ts';

/**
 * The rollups behind leaderboards, changed only inside a transaction of the caller. `standings` keeps the order,
 * `tallies` how many learners have exactly so many points, so a rank never counts learners one by one.
 */
export interface Standings {
  /** points earned (or, negative, taken back) on every board the answer counts for */
  earn(learner: number, scope: string, topic: string, at: number, points: number): void;
  /** takes a learner off every board */
  leave(learner: number): void;
  /** puts a learner back on every board from the log */
  rejoin(learner: number): void;
  rebuild(): void;
  find(board: Board): number | undefined;
  /** forgets what it remembers of boards: after a rollback their numbers may not exist */
  forget(): void;
}

/** boards remembered by name; small beside what SQLite's own cache takes */
const REMEMBERED = 20_000;

export function standings(db: Db): Standings {
  const { boards, standings: table, tallies } = schema;
  const client = db.$client;
  client.function('period_key', { deterministic: true }, (period, at) =>
    periodKey(period as Period, at as number),
  );

  const findBoard = db
    .select({ id: boards.id })
    .from(boards)
    .where(
      and(
        eq(boards.scope, sql.placeholder('scope')),
        eq(boards.period, sql.placeholder('period')),
        eq(boards.topic, sql.placeholder('topic')),
      ),
    )
    .prepare();
  const makeBoard = db
    .insert(boards)
    .values({
      scope: sql.placeholder('scope'),
      period: sql.placeholder('period'),
      topic: sql.placeholder('topic'),
    })
    .returning({ id: boards.id })
    .prepare();
  const here = and(eq(table.board, sql.placeholder('board')), eq(table.learner, sql.placeholder('learner')));
  const add = db
    .insert(table)
    .values({
      board: sql.placeholder('board'),
      learner: sql.placeholder('learner'),
      points: sql.placeholder('delta'),
    })
    .onConflictDoUpdate({
      target: [table.board, table.learner],
      set: { points: sql`points + excluded.points` },
    })
    .returning({ points: table.points })
    .prepare();
  const remove = db.delete(table).where(here).prepare();
  const tally = and(
    eq(tallies.board, sql.placeholder('board')),
    eq(tallies.points, sql.placeholder('points')),
  );
  const fewer = db
    .update(tallies)
    .set({ learners: sql`learners - 1` })
    .where(and(tally, gt(tallies.learners, 1)))
    .prepare();
  const none = db.delete(tallies).where(tally).prepare();
  const more = db
    .insert(tallies)
    .values({ board: sql.placeholder('board'), points: sql.placeholder('points'), learners: 1 })
    .onConflictDoUpdate({ target: [tallies.board, tallies.points], set: { learners: sql`learners + 1` } })
    .prepare();

  const remembered = new Map<string, number>();
  const find = (scope: string, period: string, topic: string): number | undefined => {
    const key = `${period} ${topic} ${scope}`;
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const id = findBoard.get({ scope, period, topic })?.id;
    if (id !== undefined) {
      if (remembered.size >= REMEMBERED) remembered.clear();
      remembered.set(key, id);
    }
    return id;
  };
  const number = (scope: string, period: string, topic: string): number =>
    find(scope, period, topic) ?? makeBoard.get({ scope, period, topic }).id;

  const move = (board: number, learner: number, delta: number) => {
    if (delta === 0) return;
    const now = add.get({ board, learner, delta }).points;
    const old = now - delta;
    if (old > 0) {
      const counted = { board, points: old };
      if (fewer.run(counted).changes === 0) none.run(counted);
    }
    if (now > 0) more.run({ board, points: now });
    else remove.run({ board, learner });
  };

  // One row a learner, scope, period and topic; the period's name comes from the same function as above.
  const sums = (whose: string) => `
    select iif(c.column1, r.scope || '/' || r.channel, r.scope) as scope, period_key(p.column1, r.at) as period, iif(t.column1, r.topic, '') as topic,
           r.learner, sum(r.points) as points
    from reviews r join learners l on l.id = r.learner,
         (values ${periods.map((p) => `('${p}')`).join(', ')}) p, (values (0), (1)) t,
         (values (0), (1)) c
    where (not c.column1 or r.channel <> '') and r.undone is null and r.points > 0 and l.hidden = 0 ${whose}
    group by 1, 2, 3, 4`;
  const sumsOf = client.prepare(sums('and r.learner = ?'));
  const standingOf = db
    .select({ board: table.board, points: table.points })
    .from(table)
    .where(eq(table.learner, sql.placeholder('learner')))
    .prepare();

  return {
    earn(learner, scope, topic, at, delta) {
      for (const period of periods)
        for (const of of ['', topic]) move(number(scope, periodKey(period, at), of), learner, delta);
    },
    leave(learner) {
      for (const { board, points: held } of standingOf.all({ learner })) move(board, learner, -held);
    },
    rejoin(learner) {
      for (const row of sumsOf.all(learner) as Sum[])
        move(number(row.scope, row.period, row.topic), learner, row.points);
    },
    rebuild() {
      client.exec(`
        delete from standings;
        delete from tallies;
        create temp table sums as ${sums('')};
        insert or ignore into boards (scope, period, topic) select distinct scope, period, topic from sums;
        insert into standings (board, learner, points)
          select b.id, s.learner, s.points from sums s join boards b using (scope, period, topic);
        insert into tallies (board, points, learners)
          select board, points, count(*) from standings group by board, points;
        drop table sums;`);
    },
    find: ({ scope, period, topic = '' }) => find(scope, period, topic),
    forget: () => remembered.clear(),
  };
}

interface Sum {
  readonly scope: string;
  readonly period: string;
  readonly topic: string;
  readonly points: number;
}
