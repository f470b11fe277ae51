import { and, eq, sql } from 'drizzle-orm';
import type { Person } from '../chat.ts';
import type { Learner, Learners } from './index.ts';
import type { Db } from './open.ts';
import * as schema from './schema.ts';
import { REDRAW } from './slots.ts';
import type { Standings } from './standings.ts';

const { identities, learners: table } = schema;

export function learners(db: Db, standings: Standings): Learners {
  const columns = {
    id: table.id,
    name: table.name,
    timezone: table.timezone,
    hidden: table.hidden,
  };
  const byIdentity = db
    .select(columns)
    .from(identities)
    .innerJoin(table, eq(table.id, identities.learner))
    .where(
      and(
        eq(identities.platform, sql.placeholder('platform')),
        eq(identities.realm, sql.placeholder('realm')),
        eq(identities.person, sql.placeholder('person')),
      ),
    )
    .prepare();
  const byId = db
    .select(columns)
    .from(table)
    .where(eq(table.id, sql.placeholder('id')))
    .prepare();
  const create = db.$client.transaction((key: Key, name: string, now: number): Learner => {
    const row = db.insert(table).values({ name, since: now }).returning(columns).get();
    db.insert(identities)
      .values({ ...key, learner: row.id })
      .run();
    return row;
  });
  const hide = db.$client.transaction((id: number, hidden: boolean) => {
    if (byId.get({ id })?.hidden === hidden) return;
    db.update(table).set({ hidden }).where(eq(table.id, id)).run();
    if (hidden) standings.leave(id);
    else standings.rejoin(id);
    db.$client.prepare(REDRAW).run(id);
  });
  return {
    async of(person, now) {
      const key = keyOf(person);
      const name = shown(person.name);
      const known = byIdentity.get(key);
      if (known === undefined) return create(key, name, now);
      if (known.name === name) return known;
      db.update(table).set({ name }).where(eq(table.id, known.id)).run();
      return { ...known, name };
    },
    async find(person) {
      return byIdentity.get(keyOf(person));
    },
    async get(id) {
      return byId.get({ id });
    },
    async setTimezone(id, timezone) {
      db.update(table).set({ timezone }).where(eq(table.id, id)).run();
    },
    async setHidden(id, hidden) {
      try {
        hide.immediate(id, hidden);
      } catch (error) {
        standings.forget();
        throw error;
      }
    },
  };
}

interface Key {
  readonly platform: string;
  readonly realm: string;
  readonly person: string;
  [name: string]: unknown;
}

/** A Discord user has one id in every server: one history. A Slack id means something in its workspace alone. */
const keyOf = (person: Pick<Person, 'platform' | 'space' | 'id'>): Key => ({
  platform: person.platform,
  realm: person.platform === 'discord' ? '' : person.space,
  person: person.id,
});

/** Names come from anywhere: no line breaks or control characters, and short enough for a picture. */
const shown = (name: string): string =>
  [...name.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()].slice(0, 80).join('') || 'someone';
