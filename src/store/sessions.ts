import { and, eq, sql } from 'drizzle-orm';
import type { Ask, Session, Sessions } from './index.ts';
import type { Db } from './open.ts';
import * as schema from './schema.ts';

export function sessions(db: Db): Sessions {
  const { asks, sessions: table } = schema;
  const asked = db
    .select()
    .from(asks)
    .innerJoin(table, eq(table.id, asks.session))
    .where(and(eq(asks.session, sql.placeholder('session')), eq(asks.position, sql.placeholder('position'))))
    .prepare();
  const byId = db
    .select({ questions: table.questions })
    .from(table)
    .where(eq(table.id, sql.placeholder('session')))
    .prepare();
  const show = db
    .insert(asks)
    .values({
      session: sql.placeholder('session'),
      position: sql.placeholder('position'),
      at: sql.placeholder('at'),
    })
    .onConflictDoNothing()
    .prepare();
  const find = (session: number, position: number): Ask | undefined => {
    const row = asked.get({ session, position });
    const question = row?.sessions.questions[position];
    if (row === undefined || question === undefined) return undefined;
    return {
      session: row.sessions satisfies Session,
      position,
      question,
      at: row.asks.at,
      hinted: row.asks.hinted,
      draft: row.asks.draft ?? undefined,
    };
  };
  const change = (session: number, position: number, set: { hinted?: boolean; draft?: string }) =>
    db
      .update(asks)
      .set(set)
      .where(and(eq(asks.session, session), eq(asks.position, position)))
      .run();
  return {
    async open(session) {
      return db.insert(table).values(session).returning().get();
    },
    async ask(session, position, now) {
      const known = find(session, position);
      if (known !== undefined) return known;
      if (byId.get({ session })?.questions[position] === undefined) return undefined;
      show.run({ session, position, at: now });
      return find(session, position);
    },
    async get(session, position) {
      return find(session, position);
    },
    async hinted(session, position) {
      change(session, position, { hinted: true });
    },
    async draft(session, position, words) {
      change(session, position, { draft: words });
    },
  };
}
