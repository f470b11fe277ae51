import { and, asc, desc, eq, gt, sql } from 'drizzle-orm';
import type { Ranking } from './index.ts';
import type { Db } from './open.ts';
import * as schema from './schema.ts';
import type { Standings } from './standings.ts';

export function ranking(db: Db, standings: Standings): Ranking {
  const { learners, standings: table, tallies } = schema;
  const columns = { learner: table.learner, name: learners.name, points: table.points };
  const top = db
    .select(columns)
    .from(table)
    .innerJoin(learners, eq(learners.id, table.learner))
    .where(eq(table.board, sql.placeholder('board')))
    .orderBy(desc(table.points), asc(table.learner))
    .limit(sql.placeholder('limit'))
    .prepare();
  const one = db
    .select(columns)
    .from(table)
    .innerJoin(learners, eq(learners.id, table.learner))
    .where(and(eq(table.board, sql.placeholder('board')), eq(table.learner, sql.placeholder('learner'))))
    .prepare();
  const count = sql<number>`coalesce(sum(${tallies.learners}), 0)`;
  const above = db
    .select({ learners: count })
    .from(tallies)
    .where(and(eq(tallies.board, sql.placeholder('board')), gt(tallies.points, sql.placeholder('points'))))
    .prepare();
  const size = db
    .select({ learners: count })
    .from(tallies)
    .where(eq(tallies.board, sql.placeholder('board')))
    .prepare();
  const rebuild = db.$client.transaction(() => {
    db.$client.exec(`
      delete from activity;
      insert into activity (learner, day, answers, right, points)
        select learner, day, count(*), sum(score >= 1), sum(points)
        from reviews where undone is null group by learner, day;`);
    standings.rebuild();
  });
  return {
    async top(board, limit) {
      const id = standings.find(board);
      if (id === undefined) return [];
      let rank = 0;
      let held = -1;
      return top.all({ board: id, limit }).map((row, i) => {
        if (row.points !== held) rank = i + 1;
        held = row.points;
        return { ...row, rank };
      });
    },
    async place(board, learner) {
      const id = standings.find(board);
      const row = id === undefined ? undefined : one.get({ board: id, learner });
      if (row === undefined) return undefined;
      return { ...row, rank: 1 + (above.get({ board: id, points: row.points })?.learners ?? 0) };
    },
    async size(board) {
      const id = standings.find(board);
      return id === undefined ? 0 : (size.get({ board: id })?.learners ?? 0);
    },
    async rebuild() {
      standings.forget();
      // Millions of reviews are sorted: not in memory.
      db.$client.pragma('temp_store = FILE');
      try {
        rebuild.immediate();
        const count = db.$client.prepare<[], { answers: number; standings: number }>(
          'select (select count(*) from reviews) as answers, (select count(*) from standings) as standings',
        );
        return count.get()!;
      } finally {
        db.$client.pragma('temp_store = MEMORY');
      }
    },
  };
}
