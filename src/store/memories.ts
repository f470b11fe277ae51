import { eq, sql } from 'drizzle-orm';
import type { Db } from './open.ts';
import type { Memories } from './personal.ts';
import { memories as table } from './schema.ts';

export function memories(db: Db): Memories {
  const one = db
    .select()
    .from(table)
    .where(eq(table.learner, sql.placeholder('learner')))
    .prepare();
  return {
    async get(learner) {
      const row = one.get({ learner });
      if (row === undefined) return undefined;
      return { report: row.report, ...(row.parameters !== null && { parameters: row.parameters }) };
    },
    async put(learner, { parameters = null, report }) {
      const set = { parameters, report };
      db.insert(table)
        .values({ learner, ...set })
        .onConflictDoUpdate({ target: table.learner, set })
        .run();
    },
  };
}
