import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { projectRoot } from '../src/content.ts';
import { createMemory } from '../src/learn/memory.ts';
import type { Store } from '../src/store/index.ts';
import { openStore, periodKey, periods } from '../src/store/index.ts';
import type { Row } from './row.ts';

const ANSWERS = 6000;
const LEARNERS = 300;
const QUERIES = 2000;
const LARGE = 1_000_000;
/** reviews a learner, on the average */
const EACH = 10;
const SCOPE = 'discord:1';
const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 22);

/** On the disk the bot's own data would lie on: a sync in memory costs nothing and says nothing. */
export async function benchStore(): Promise<Row[]> {
  const data = join(projectRoot, 'data');
  mkdirSync(data, { recursive: true });
  const folder = mkdtempSync(join(data, 'bench-'));
  try {
    return [...(await answering(folder)), ...(await ranking(folder))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function answering(folder: string): Promise<Row[]> {
  const bare = syncs(join(folder, 'bare.db'));
  const store = await openStore(`file:${join(folder, 'answers.db')}`);
  const ids: number[] = [];
  for (let i = 0; i < LEARNERS; i++) {
    const person = { platform: 'page', space: 'page', id: String(i), name: `Learner ${i}` } as const;
    ids.push((await store.learners.of(person, START)).id);
  }
  const rate = recorder(store, (i) => ids[i % LEARNERS]!);
  await rate(1, ANSWERS / 10);
  const alone = await rate(1, ANSWERS / 2);
  const busy = await rate(32, ANSWERS);
  await store.close();
  return [
    { name: 'bare synced commits (one row, WAL, FULL)', value: bare, unit: '/s' },
    {
      name: 'answers by 32 learners at once (log, card, streak, 8 leaderboards; WAL, FULL)',
      value: busy,
      unit: '/s',
      target: '>= 2000',
      ok: busy >= 2000,
    },
    { name: 'answers one after the other, each with a sync of its own', value: alone, unit: '/s' },
  ];
}

/** answers a second with so many learners answering at once */
function recorder(store: Store, who: (i: number) => number, scope?: string) {
  const memory = createMemory();
  const record = (i: number) => {
    const now = START + i * 1000;
    return store.answers.record(
      {
        learner: who(i),
        question: `q${Math.floor(i / LEARNERS) % 80}`,
        topic: ['consensus', 'aws', 'clocks', 'state'][i % 4]!,
        level: 3,
        event: `e${i}`,
        session: 1e9 + i,
        position: 0,
        mode: 'quiz',
        scope: scope ?? `page:${i % 5}`,
        day: new Date(now).toISOString().slice(0, 10),
        at: now,
        took: 9000,
        hinted: false,
        given: { kind: 'choice', option: i % 4 },
        score: 1,
      },
      ({ card }) => ({ grade: 3, card: memory.next(card, now, 3), points: 30 }),
    );
  };
  let next = 0;
  return async (atOnce: number, count: number): Promise<number> => {
    const last = next + count;
    const from = process.hrtime.bigint();
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        while (next < last) await record(next++);
      }),
    );
    return count / seconds(from);
  };
}

/** what the disk gives: the smallest durable transaction there is */
function syncs(path: string): number {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('create table t (id integer primary key, words text)');
  const insert = db.prepare('insert into t (words) values (?)');
  const count = 2000;
  const from = process.hrtime.bigint();
  for (let i = 0; i < count; i++) insert.run('an answer');
  const rate = count / seconds(from);
  db.close();
  return rate;
}

/** The leaderboards of a whole log: written as answers, ranked by the product's own rebuild, then asked. */
async function ranking(folder: string): Promise<Row[]> {
  const small = await loaded(folder, LARGE / 10);
  const large = await loaded(folder, LARGE);
  const grows = large.median / small.median;
  const records = large.recording / small.recording;
  const of = `${LARGE.toLocaleString('en')} learners and ${(LARGE * EACH).toLocaleString('en')} reviews`;
  return [
    {
      name: `leaderboard over ${of} (top 10, own rank, size), p99`,
      value: large.p99,
      unit: 'ms',
      target: '<= 10',
      ok: large.p99 <= 10,
    },
    { name: 'the same, median', value: large.median, unit: 'ms' },
    {
      name: 'ten times the learners and reviews, median',
      value: grows,
      unit: 'x',
      target: '<= 1.5',
      ok: grows <= 1.5,
    },
    {
      name: `answers by 32 learners at once, recorded into ${of}`,
      value: large.recording,
      unit: '/s',
    },
    { name: 'the same, over a tenth of them', value: records, unit: 'x' },
    { name: `every rollup of ${of} rebuilt`, value: large.rebuilding, unit: 's' },
    { name: 'the file', value: large.bytes / 1e9, unit: 'GB' },
  ];
}

async function loaded(folder: string, learners: number) {
  const path = join(folder, `${learners}.db`);
  await (await openStore(`file:${path}`)).close();
  fill(path, learners);
  const filled = await openStore(`file:${path}`);
  const from = process.hrtime.bigint();
  await filled.ranking.rebuild();
  const rebuilding = seconds(from);
  // Closed, so that what comes does not pay for gigabytes still on their way to the disk.
  await filled.close();
  const file = openSync(path, 'r+');
  fsyncSync(file);
  closeSync(file);
  const store = await openStore(`file:${path}`);
  const boards = periods.flatMap((period) =>
    [undefined, 'aws'].map((topic) => ({ scope: SCOPE, period: periodKey(period, START - DAY), topic })),
  );
  const ask = async (i: number) => {
    const board = boards[i % boards.length]!;
    await store.ranking.top(board, 10);
    await store.ranking.place(board, 1 + ((i * 104_723) % learners));
    await store.ranking.size(board);
  };
  for (let i = 0; i < 50; i++) await ask(i);
  const times: number[] = [];
  for (let i = 0; i < QUERIES; i++) {
    const before = process.hrtime.bigint();
    await ask(i);
    times.push(seconds(before) * 1000);
  }
  times.sort((a, b) => a - b);
  const answering = recorder(store, (i) => 1 + ((i * 7919) % learners), SCOPE);
  await answering(32, ANSWERS / 10);
  const recording = await answering(32, ANSWERS);
  await store.close();
  const bytes = statSync(path).size;
  rmSync(path);
  return {
    median: times[QUERIES / 2]!,
    p99: times[Math.floor(QUERIES * 0.99)]!,
    recording,
    rebuilding,
    bytes,
  };
}

/**
 * A log as a year leaves it: ten answers a learner on the average, a few learners hundreds and many one or none, three
 * answers of five earning points. The indexes are made afterwards, which is how one loads a table.
 */
function fill(path: string, learners: number): void {
  const db = new Database(path);
  db.pragma('synchronous = OFF');
  db.pragma('cache_size = -400000');
  const indexes = db
    .prepare<[], { name: string; sql: string }>(
      "select name, sql from sqlite_master where type = 'index' and tbl_name = 'reviews' and sql is not null",
    )
    .all();
  db.exec(`
    begin;
    with recursive c(i) as (select 1 union all select i + 1 from c where i < ${learners})
      insert into learners (id, name, since) select i, 'Learner ' || i, 0 from c;
    ${indexes.map(({ name }) => `drop index ${name};`).join('\n')}
    with recursive c(i) as (select 0 union all select i + 1 from c where i < ${learners * EACH - 1})
      insert into reviews (learner, question, topic, level, event, session, position, mode, scope, day, at, hinted,
          given, score, grade, derived, predicted, points, before)
        select 1 + (i * 7919) % ${learners} * ((i * 104729) % 1000) / 1000, 'question-' || i % 160,
          (values_of.topics ->> (i % 160 % 6)), 1 + i % 5, 'answer:' || i, i, 0, 'quiz', '${SCOPE}',
          date(at / 1000, 'unixepoch'), at, 0, '{"kind":"choice","option":1}', 1, 3, 3, 0.9,
          iif(i % 5 < 3, 5 + i % 10 * 5, 0), '{"due":1795305600000,"stability":3.2,"difficulty":5.5}'
        from (select i, ${START - 365 * DAY} + i * ${365 * DAY} / ${learners * EACH} as at from c),
          (select '["aws","clocks","consensus","consistency","patterns","state"]' as topics) values_of;
    ${indexes.map(({ sql }) => `${sql};`).join('\n')}
    commit;`);
  db.close();
}

const seconds = (from: bigint): number => Number(process.hrtime.bigint() - from) / 1e9;
