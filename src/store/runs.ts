import { createHash } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import type { Recipe } from '../sim/scenario.ts';
import type { Deliveries, Runs } from './index.ts';
import type { Db } from './open.ts';
import * as schema from './schema.ts';

/** Crockford's base32: no letter is mistaken for another when an id is read aloud or typed. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const SHORTEST = 7;

export function runs(db: Db): Runs {
  const { runs: table } = schema;
  const byId = db
    .select({ recipe: table.recipe })
    .from(table)
    .where(eq(table.id, sql.placeholder('id')))
    .prepare();
  const keep = db.$client.transaction((recipe: Recipe, now: number): string => {
    const wanted = canonical(recipe);
    const digits = digest(wanted);
    for (let length = SHORTEST; length <= digits.length; length++) {
      const id = digits.slice(0, length);
      const held = byId.get({ id });
      if (held !== undefined && canonical(held.recipe) !== wanted) continue;
      if (held === undefined)
        db.insert(table)
          .values({ id, recipe: JSON.parse(wanted) as Recipe, at: now })
          .run();
      return id;
    }
    throw new Error('two recipes with one SHA-256');
  });
  return {
    async keep(recipe, now) {
      return keep.immediate(recipe, now);
    },
    async get(id) {
      return byId.get({ id: id.toLowerCase() })?.recipe;
    },
  };
}

/** JSON with sorted keys: equal recipes are equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function digest(words: string): string {
  let bits = 0;
  let held = 0;
  let digits = '';
  for (const byte of createHash('sha256').update(words).digest()) {
    held = ((held & 31) << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      digits += ALPHABET[(held >> bits) & 31];
    }
  }
  return digits;
}

const KEPT = 7 * 86_400_000;
/** a sweep costs more than a mark, so only every so many marks, and never many rows at once */
const SWEEP_EVERY = 500;
const SWEEP_ROWS = 5_000;

export function deliveries(db: Db): Deliveries {
  const { deliveries: table } = schema;
  const byKey = db
    .select({ at: table.at })
    .from(table)
    .where(eq(table.key, sql.placeholder('key')))
    .prepare();
  const mark = db
    .insert(table)
    .values({ key: sql.placeholder('key'), at: sql.placeholder('at') })
    .onConflictDoNothing()
    .prepare();
  const sweep = db.$client.prepare(
    'delete from deliveries where key in (select key from deliveries where at < ? order by at limit ?)',
  );
  let marks = 0;
  return {
    async done(key) {
      return byKey.get({ key }) !== undefined;
    },
    async finish(key, now) {
      mark.run({ key, at: now });
      if (marks++ % SWEEP_EVERY === 0) sweep.run(now - KEPT, SWEEP_ROWS);
    },
  };
}
