import { and, eq, sql } from 'drizzle-orm';
import type { Person } from '../chat.ts';
import { everything } from './everything.ts';
import type { Identity, Learner, Learners } from './index.ts';
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
    interview: table.interview,
    retention: table.retention,
    easyDays: table.easyDays,
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
  const create = db.$client.transaction((key: Key, name: string, now: number, timezone?: string): Learner => {
    const row = db.insert(table).values({ name, since: now, timezone }).returning(columns).get();
    db.insert(identities)
      .values({ ...key, learner: row.id })
      .run();
    return told(row);
  });
  const hide = db.$client.transaction((id: number, hidden: boolean) => {
    if (byId.get({ id })?.hidden === hidden) return;
    db.update(table).set({ hidden }).where(eq(table.id, id)).run();
    if (hidden) standings.leave(id);
    else standings.rejoin(id);
    db.$client.prepare(REDRAW).run(id);
  });
  const erase = db.$client.transaction((id: number) => {
    db.$client.prepare(REDRAW).run(id);
    // Counts beside the standings know no owner: what they count has to leave before its owner does.
    standings.leave(id);
    db.delete(table).where(eq(table.id, id)).run();
  });
  return {
    async of(person, now, zone) {
      const key = keyOf(person);
      const name = shown(person.name);
      const row = byIdentity.get(key);
      if (row === undefined) return create(key, name, now, zone?.());
      const known = told(row);
      if (known.name === name) return known;
      db.update(table).set({ name }).where(eq(table.id, known.id)).run();
      return { ...known, name };
    },
    async find(person) {
      return maybe(byIdentity.get(keyOf(person)));
    },
    async get(id) {
      return maybe(byId.get({ id }));
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
    async setPlan(id, plan) {
      if (Object.keys(plan).length > 0) db.update(table).set(plan).where(eq(table.id, id)).run();
    },
    async identities(id) {
      return db
        .select({ platform: identities.platform, realm: identities.realm, person: identities.person })
        .from(identities)
        .where(eq(identities.learner, id))
        .orderBy(identities.platform, identities.realm, identities.person)
        .all() as Identity[];
    },
    async everything(id) {
      return everything(db, id);
    },
    async erase(id) {
      try {
        erase.immediate(id);
      } catch (error) {
        standings.forget();
        throw error;
      }
    },
  };
}

type Row = Pick<
  typeof table.$inferSelect,
  'id' | 'name' | 'timezone' | 'hidden' | 'interview' | 'retention' | 'easyDays'
>;

function told({ interview, retention, easyDays, ...rest }: Row): Learner {
  return {
    ...rest,
    ...(interview !== null && { interview }),
    ...(retention !== null && { retention }),
    ...(easyDays.length > 0 && { easyDays }),
  };
}

const maybe = (row: Row | undefined): Learner | undefined => (row === undefined ? undefined : told(row));

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
