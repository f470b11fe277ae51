import { and, asc, eq, isNotNull, lte, sql } from 'drizzle-orm';
import type { Person, Place } from '../chat.ts';
import type { Schedule, ScheduleSettings, Schedules } from './index.ts';
import type { Db } from './open.ts';
import * as schema from './schema.ts';

const { schedules: table, uses, identities, learners } = schema;
type Row = typeof table.$inferSelect;

export function schedules(db: Db): Schedules {
  const given = sql.placeholder;
  const byId = db
    .select()
    .from(table)
    .where(eq(table.id, given('id')))
    .prepare();
  const byTarget = db
    .select()
    .from(table)
    .where(eq(table.target, given('target')))
    .prepare();
  const due = db
    .select()
    .from(table)
    .where(and(eq(table.platform, given('platform')), lte(table.next, given('now'))))
    .orderBy(asc(table.next), asc(table.id))
    .limit(given('limit'))
    .prepare();
  const used = db
    .select({ question: uses.question, count: uses.count, last: uses.last })
    .from(uses)
    .where(eq(uses.schedule, given('id')))
    .prepare();
  const move = db.$client.prepare('update schedules set next = ? where id = ?');
  const moveAll = db.$client.transaction((moves: Parameters<Schedules['move']>[0]) => {
    for (const { id, next } of moves) move.run(next ?? null, id);
  });
  return {
    async put(settings, next) {
      const row = {
        ...settings,
        target: targetOf(settings),
        platform: settings.place.platform,
        space: settings.place.space,
        owner: settings.owner ?? null,
        person: settings.person ?? null,
        maker: settings.maker ?? null,
        pausedUntil: settings.pausedUntil ?? null,
        topic: settings.topic ?? null,
        closeAfter: settings.closeAfter ?? null,
        next: next ?? null,
        flagged: null,
      };
      return told(
        db.insert(table).values(row).onConflictDoUpdate({ target: table.target, set: row }).returning().get(),
      );
    },
    async get(id) {
      return maybe(byId.get({ id }));
    },
    async at(place) {
      return maybe(byTarget.get({ target: targetOf({ kind: 'channel', place }) }));
    },
    async of(owner, kind) {
      return maybe(byTarget.get({ target: `${kind} ${owner}` }));
    },
    async list(platform, space) {
      return db
        .select()
        .from(table)
        .where(
          and(
            eq(table.platform, platform),
            eq(table.space, space),
            eq(table.kind, 'channel'),
            isNotNull(table.next),
          ),
        )
        .orderBy(asc(table.id))
        .all()
        .map(told);
    },
    async due(platform, now, limit) {
      return due.all({ platform, now, limit }).map(told);
    },
    async running() {
      return db.select().from(table).where(isNotNull(table.next)).all().map(told);
    },
    async move(moves) {
      moveAll.immediate(moves);
    },
    async pause(id, { until, since, next }) {
      db.update(table)
        .set({ pausedUntil: until ?? null, since, next: next ?? null })
        .where(eq(table.id, id))
        .run();
    },
    async flag(id, why) {
      const { changes } = db
        .update(table)
        .set({ flagged: why ?? null })
        .where(and(eq(table.id, id), sql`${table.flagged} is not ${why ?? null}`))
        .run();
      return changes > 0;
    },
    async maker({ id, place }) {
      const row = db
        .select({ id: identities.person, name: learners.name })
        .from(table)
        .innerJoin(learners, eq(learners.id, table.maker))
        .innerJoin(
          identities,
          and(eq(identities.learner, learners.id), eq(identities.platform, table.platform)),
        )
        .where(eq(table.id, id))
        .get();
      if (row === undefined) return undefined;
      return { platform: place.platform, space: place.space, ...row } satisfies Person;
    },
    async uses(id) {
      return used.all({ id });
    },
  };
}

function targetOf({ kind, place, owner }: Pick<ScheduleSettings, 'kind' | 'place' | 'owner'>): string {
  if (kind !== 'channel') return `${kind} ${owner}`;
  const { platform, space, channel, thread }: Place = place;
  return [platform, space, channel, ...(thread === undefined ? [] : [thread])].join(' ');
}

const maybe = (row: Row | undefined): Schedule | undefined => (row === undefined ? undefined : told(row));

function told(row: Row): Schedule {
  const {
    target: _target,
    platform: _platform,
    space: _space,
    owner,
    person,
    maker,
    pausedUntil,
    topic,
    closeAfter,
    next,
    flagged,
    ...rest
  } = row;
  return {
    ...rest,
    ...(owner !== null && { owner }),
    ...(person !== null && { person }),
    ...(maker !== null && { maker }),
    ...(pausedUntil !== null && { pausedUntil }),
    ...(topic !== null && { topic }),
    ...(closeAfter !== null && { closeAfter }),
    ...(next !== null && { next }),
    ...(flagged !== null && { flagged }),
  };
}
