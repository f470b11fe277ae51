import { and, eq, sql } from 'drizzle-orm';
import type { Board } from './index.ts';
import type { Db } from './open.ts';
import { DAY, type Period, periodKey, periods } from './periods.ts';
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
  const { boards, standings: table } = schema;
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
  // An answer counts for eight boards, so these run forty times an answer: straight on the driver.
  const add = client
    .prepare<[number, number, number], number>(`
      insert into standings (learner, board, points) values (?, ?, ?)
      on conflict (learner, board) do update set points = points + excluded.points returning points`)
    .pluck();
  const remove = client.prepare('delete from standings where learner = ? and board = ?');
  const fewer = client.prepare(
    'update tallies set learners = learners - 1 where board = ? and points = ? and learners > 1',
  );
  const none = client.prepare('delete from tallies where board = ? and points = ?');
  const more = client.prepare(`
    insert into tallies (board, points, learners) values (?, ?, 1)
    on conflict (board, points) do update set learners = learners + 1`);

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

  const move = (learner: number, board: number, delta: number) => {
    if (delta === 0) return;
    const now = add.get(learner, board, delta)!;
    const old = now - delta;
    if (old > 0 && fewer.run(board, old).changes === 0) none.run(board, old);
    if (now > 0) more.run(board, now);
    else remove.run(learner, board);
  };

  const sumsOf = client.prepare(`
    select board_scope as scope, board_period as period, board_topic as topic, sum(points) as points
    from (select points, ${BOARD}
      from (select scope, channel, topic, at / ${DAY} as day, points from reviews
        where learner = ? and undone is null and points > 0) p, ${BOARDS})
    group by 1, 2, 3`);
  const standingOf = db
    .select({ board: table.board, points: table.points })
    .from(table)
    .where(eq(table.learner, sql.placeholder('learner')))
    .prepare();

  return {
    earn(learner, scope, topic, at, delta) {
      for (const period of periods) {
        const key = periodKey(period, at);
        for (const of of ['', topic]) move(learner, number(scope, key, of), delta);
      }
    },
    leave(learner) {
      for (const { board, points } of standingOf.all({ learner })) move(learner, board, -points);
    },
    rejoin(learner) {
      for (const { scope, period, topic, points } of sumsOf.all(learner) as Sum[])
        move(learner, number(scope, period, topic), points);
    },
    rebuild() {
      // A review's boards depend on its scope, channel, topic and UTC day alone: they are named once for all reviews of
      // a day, not once a review. The rest is one sort of numbers, written in the order of the table; the second order
      // is made at the end, which takes a fraction of keeping it row by row.
      const order = client
        .prepare<[], string>("select sql from sqlite_master where name = 'standings_order'")
        .pluck()
        .get()!;
      client.exec(`
        delete from standings;
        delete from tallies;
        create temp table places as
          select distinct scope, channel, topic, at / ${DAY} as day from reviews where undone is null and points > 0;
        create temp table named as select p.*, ${BOARD} from places p, ${BOARDS};
        insert or ignore into boards (scope, period, topic) select distinct board_scope, board_period, board_topic from named;
        create temp table counted (scope, channel, topic, day, board, primary key (scope, channel, topic, day, board)) without rowid;
        insert into counted select n.scope, n.channel, n.topic, n.day, b.id
          from named n join boards b on b.scope = board_scope and b.period = board_period and b.topic = board_topic;
        drop index standings_order;
        insert into standings (learner, board, points)
          select r.learner, c.board, sum(r.points) from reviews r join learners l on l.id = r.learner
          join counted c on c.scope = r.scope and c.channel = r.channel and c.topic = r.topic and c.day = r.at / ${DAY}
          where r.undone is null and r.points > 0 and l.hidden = 0 group by 1, 2;
        ${order};
        insert into tallies (board, points, learners)
          select board, points, count(*) from standings group by board, points order by 1, 2;
        drop table places; drop table named; drop table counted;`);
    },
    find: ({ scope, period, topic = '' }) => find(scope, period, topic),
    forget: () => remembered.clear(),
  };
}

/** the boards an answer counts for, as SQL beside a row `p` of scope, channel, topic and UTC day */
const BOARDS = `(values ${periods.map((p) => `('${p}')`).join(', ')}) period, (values (0), (1)) topic,
  (values (0), (1)) channel where not (channel.column1 and p.channel = '')`;
const BOARD = `iif(channel.column1, p.scope || '/' || p.channel, p.scope) as board_scope,
  period_key(period.column1, p.day * ${DAY}) as board_period, iif(topic.column1, p.topic, '') as board_topic`;

interface Sum {
  readonly scope: string;
  readonly period: string;
  readonly topic: string;
  readonly points: number;
}
