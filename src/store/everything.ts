import { asc, eq, getTableColumns, getTableName, inArray } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Db } from './open.ts';
import * as schema from './schema.ts';

const { asks, boards, learners, schedules, sessions, slots, standings, uses } = schema;

/**
 * Every row that is held of a learner. Tables that name one in a column are found by that column, so that a new table
 * is never forgotten; those that hang on another row are listed.
 */
export function everything(db: Db, id: number): Record<string, readonly object[]> {
  const found: Record<string, readonly object[]> = {};
  const keep = (name: string, rows: readonly object[]) => {
    if (rows.length > 0) found[name] = rows;
  };
  keep('learners', db.select().from(learners).where(eq(learners.id, id)).all());
  for (const table of personal()) {
    if (table === standings) continue;
    const columns = getTableColumns(table) as Record<string, SQLiteColumn>;
    const whose = columns.learner ?? columns.owner;
    if (whose === undefined) continue;
    // whom an answer followed is somebody else
    const { after: _, ...own } = columns;
    keep(getTableName(table), db.select(own).from(table).where(eq(whose, id)).all() as object[]);
  }
  keep(
    'standings',
    db
      .select({
        scope: boards.scope,
        period: boards.period,
        topic: boards.topic,
        points: standings.points,
      })
      .from(standings)
      .innerJoin(boards, eq(boards.id, standings.board))
      .where(eq(standings.learner, id))
      .all(),
  );
  const mine = db.select({ id: sessions.id }).from(sessions).where(eq(sessions.learner, id));
  keep(
    'asks',
    db
      .select()
      .from(asks)
      .where(inArray(asks.session, mine))
      .orderBy(asc(asks.session), asc(asks.position))
      .all(),
  );
  const own = db.select({ id: schedules.id }).from(schedules).where(eq(schedules.owner, id));
  keep('slots', db.select().from(slots).where(inArray(slots.schedule, own)).all());
  keep('uses', db.select().from(uses).where(inArray(uses.schedule, own)).all());
  keep(
    'madeForChannels',
    db
      .select({ platform: schedules.platform, space: schedules.space, place: schedules.place })
      .from(schedules)
      .where(eq(schedules.maker, id))
      .all(),
  );
  return found;
}

/** tables with a column that names a learner */
const personal = (): SQLiteTable[] =>
  Object.values(schema).filter((value): value is (typeof schema)['cards'] => {
    const columns = getTableColumns(value as SQLiteTable) as Record<string, SQLiteColumn>;
    return 'learner' in columns || 'owner' in columns;
  });
