import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, periodKey, type Store } from '../src/store/index.ts';
import { answer, card, storeContract } from './contracts/store.ts';

let folder: string;
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorum-store-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

storeContract({
  name: 'SQLite',
  async fresh() {
    const url = `file:${join(folder, `${++files}.db`)}`;
    const opened: Store[] = [await openStore(url)];
    return {
      store: opened[0]!,
      async reopen() {
        await opened.at(-1)!.close();
        opened.push(await openStore(url));
        return opened.at(-1)!;
      },
      async close() {
        await opened.at(-1)!.close();
      },
    };
  },
});

describe('opening', () => {
  it('makes the folder, syncs every commit, and leaves one file when closed', async () => {
    const path = join(folder, 'deep/er/quorum.db');
    const store = await openStore(`file:${path}`);
    await store.deliveries.finish('x', 1);
    await store.close();
    const db = new Database(path, { readonly: true });
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('foreign_key_check')).toEqual([]);
    db.close();
  });

  it('brings a file of an older version up to date with all that is in it', async () => {
    const all = join(import.meta.dirname, '../src/store/drizzle');
    const { entries, ...journal } = JSON.parse(readFileSync(join(all, 'meta/_journal.json'), 'utf8'));
    const older = join(folder, 'older');
    cpSync(all, older, { recursive: true });
    writeFileSync(
      join(older, 'meta/_journal.json'),
      JSON.stringify({ ...journal, entries: entries.slice(0, 3) }),
    );
    const path = join(folder, 'older.db');
    const db = new Database(path);
    migrate(drizzle({ client: db }), { migrationsFolder: older });
    db.exec(`
      insert into learners (id, name, since) values (1, 'Ana', 0), (2, 'Ben', 0);
      insert into reviews (learner, question, topic, level, event, mode, scope, day, at, hinted, given, score, grade, derived, points)
        values (1, 'q', 'aws', 2, 'e1', 'quiz', 'page:page', '1970-01-02', 86400000, 0, '{}', 1, 3, 3, 20),
               (2, 'q', 'aws', 2, 'e2', 'quiz', 'page:page', '1970-01-02', 86400000, 0, '{}', 1, 3, 3, 20);
      insert into boards (id, scope, period, topic) values (7, 'page:page', 'all', '');
      insert into standings (board, learner, points) values (7, 1, 20), (7, 2, 20);
      insert into tallies (board, points, learners) values (7, 20, 2);`);
    db.close();
    const store = await openStore(`file:${path}`);
    const board = { scope: 'page:page', period: 'all' };
    expect(await store.ranking.top(board, 9)).toMatchObject([
      { name: 'Ana', points: 20, rank: 1 },
      { name: 'Ben', points: 20, rank: 1 },
    ]);
    expect(await store.ranking.size(board)).toBe(2);
    const paid = { grade: 3 as const, card: card(), points: 10 };
    await store.answers.record(answer(2, 'e3', { question: 'other' }), () => paid);
    const now = await store.ranking.top(board, 9);
    expect(now).toMatchObject([{ name: 'Ben', points: 30 }, { name: 'Ana' }]);
    expect(await store.ranking.place(board, 1)).toMatchObject({ rank: 2 });
    await store.ranking.rebuild();
    expect(await store.ranking.top(board, 9)).toEqual(now);
    await store.close();
    const after = new Database(path);
    expect(after.pragma('foreign_key_check')).toEqual([]);
    expect(after.pragma('integrity_check', { simple: true })).toBe('ok');
    after.close();
  });

  const cases: readonly [name: string, url: () => string, says: RegExp][] = [
    ['Postgres', () => 'postgres://localhost/q', /^Postgres is not supported/],
    ['no scheme', () => './data/quorum.db', /^must be file:<path>.*got `\.\/data\/quorum\.db`$/],
    ['a folder', () => `file:${folder}`, /cannot open .*: it is a folder or may not be written$/],
    [
      'a file where a folder should be',
      () => {
        writeFileSync(join(folder, 'plain'), 'x');
        return `file:${join(folder, 'plain/q.db')}`;
      },
      /a part of the path is a file, not a folder$/,
    ],
    [
      'another kind of file',
      () => {
        writeFileSync(join(folder, 'letter.db'), 'Dear reader, '.repeat(500));
        return `file:${join(folder, 'letter.db')}`;
      },
      /the file is not an SQLite database$/,
    ],
    [
      'a file of a newer version',
      () => {
        const path = join(folder, 'newer.db');
        const db = new Database(path);
        db.exec('create table __drizzle_migrations (id integer primary key, hash text, created_at numeric)');
        db.exec("insert into __drizzle_migrations values (1, 'x', 99999999999999)");
        db.close();
        return `file:${path}`;
      },
      /written by a newer version of Quorum/,
    ],
  ];
  it.each(cases)('refuses %s in one line', async (_name, url, says) => {
    const error = await openStore(url()).then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toMatch(says);
    expect((error as Error).message).not.toContain('\n');
  });

  it.skipIf(process.getuid?.() === 0)('says when a folder may not be written', async () => {
    const locked = join(folder, 'locked');
    mkdirSync(locked);
    chmodSync(locked, 0o500);
    await expect(openStore(`file:${locked}/a/q.db`)).rejects.toThrow(/permission denied$/);
  });
});

describe('periods', () => {
  it.each([
    ['2026-11-22T23:59:59.999Z', '2026-11-22', '2026-W47', '2026-Q4'],
    ['2026-11-23T00:00:00Z', '2026-11-23', '2026-W48', '2026-Q4'],
    ['2027-01-01T00:00:00Z', '2027-01-01', '2026-W53', '2027-Q1'],
    ['2024-12-30T12:00:00Z', '2024-12-30', '2025-W01', '2024-Q4'],
    ['2024-02-29T00:00:00Z', '2024-02-29', '2024-W09', '2024-Q1'],
  ])('names the day, ISO week and quarter of %s', (at, day, week, season) => {
    const time = Date.parse(at);
    expect([periodKey('day', time), periodKey('week', time), periodKey('season', time)]).toEqual([
      day,
      week,
      season,
    ]);
  });
});
