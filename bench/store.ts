import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { projectRoot } from '../src/content.ts';
import { createMemory } from '../src/learn/memory.ts';
import type { Store } from '../src/store/index.ts';
import { openStore } from '../src/store/index.ts';
import type { Row } from './row.ts';

const ANSWERS = 6000;
const LEARNERS = 300;
const QUERIES = 2000;
const LARGE = 1_000_000;
const SMALL = LARGE / 10;
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
  const memory = createMemory();
  const ids: number[] = [];
  for (let i = 0; i < LEARNERS; i++) {
    const person = { platform: 'page', space: 'page', id: String(i), name: `Learner ${i}` } as const;
    ids.push((await store.learners.of(person, START)).id);
  }
  const record = (i: number) => {
    const now = START + i * 1000;
    return store.answers.record(
      {
        learner: ids[i % LEARNERS]!,
        question: `q${Math.floor(i / LEARNERS) % 80}`,
        topic: ['consensus', 'aws', 'clocks', 'state'][i % 4]!,
        level: 3,
        event: `e${i}`,
        session: i,
        position: 0,
        mode: 'quiz',
        scope: `page:${i % 5}`,
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
  /** answers a second with so many learners answering at once */
  const rate = async (atOnce: number, count: number): Promise<number> => {
    const last = next + count;
    const from = process.hrtime.bigint();
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        while (next < last) await record(next++);
      }),
    );
    return count / seconds(from);
  };
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

async function ranking(folder: string): Promise<Row[]> {
  const url = `file:${join(folder, 'ranking.db')}`;
  await (await openStore(url)).close();
  fill(url.slice('file:'.length));
  const store = await openStore(url);
  const small = await latency(store, SMALL, 'small');
  const large = await latency(store, LARGE, 'large');
  await store.close();
  const grows = large.median / small.median;
  return [
    {
      name: `leaderboard over ${LARGE.toLocaleString('en')} learners (top 10, own rank, size), p99`,
      value: large.p99,
      unit: 'ms',
      target: '<= 10',
      ok: large.p99 <= 10,
    },
    { name: 'the same, median', value: large.median, unit: 'ms' },
    {
      name: `ten times the learners (${SMALL.toLocaleString('en')} to ${LARGE.toLocaleString('en')}), median`,
      value: grows,
      unit: 'x',
      target: '<= 1.5',
      ok: grows <= 1.5,
    },
  ];
}

/** Two leaderboards written as the rollup would leave them: points in steps of 5 up to 6,000, most of them low. */
function fill(path: string): void {
  const db = new Database(path);
  db.pragma('synchronous = OFF');
  db.exec(`
    begin;
    create temp table n (i integer primary key);
    with recursive c(i) as (select 1 union all select i + 1 from c where i < ${LARGE}) insert into n select i from c;
    insert into learners (id, name, since) select i, 'Learner ' || i, 0 from n;
    insert into boards (id, scope, period, topic) values (1, 'small', 'all', ''), (2, 'large', 'all', '');
    insert into standings (board, learner, points)
      select 1, i, 5 + 5 * (((i * 7919) % 1201) * ((i * 104729) % 1000) / 1000) from n where i <= ${SMALL};
    insert into standings (board, learner, points)
      select 2, i, 5 + 5 * (((i * 7919) % 1201) * ((i * 104729) % 1000) / 1000) from n;
    insert into tallies (board, points, learners) select board, points, count(*) from standings group by 1, 2;
    commit;`);
  db.close();
}

async function latency(store: Store, learners: number, scope: string) {
  const board = { scope, period: 'all' };
  const ask = async (learner: number) => {
    await store.ranking.top(board, 10);
    await store.ranking.place(board, learner);
    await store.ranking.size(board);
  };
  for (let i = 0; i < 50; i++) await ask(1 + ((i * 7907) % learners));
  const times: number[] = [];
  for (let i = 0; i < QUERIES; i++) {
    const from = process.hrtime.bigint();
    await ask(1 + ((i * 104_723) % learners));
    times.push(seconds(from) * 1000);
  }
  times.sort((a, b) => a - b);
  return { median: times[QUERIES / 2]!, p99: times[Math.floor(QUERIES * 0.99)]! };
}

const seconds = (from: bigint): number => Number(process.hrtime.bigint() - from) / 1e9;
