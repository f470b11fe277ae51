import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, periodKey, type Store } from '../src/store/index.ts';
import { storeContract } from './contracts/store.ts';

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
