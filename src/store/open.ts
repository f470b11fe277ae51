import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { answers, told } from './answers.ts';
import { cards } from './cards.ts';
import type { Store } from './index.ts';
import { learners } from './learners.ts';
import { links } from './links.ts';
import { memories } from './memories.ts';
import { ranking } from './ranking.ts';
import { deliveries, runs } from './runs.ts';
import { schedules } from './schedules.ts';
import { sessions } from './sessions.ts';
import { slots } from './slots.ts';
import { standings } from './standings.ts';

/** The store cannot be opened: one line for whoever starts the bot, to stand after the name of the setting. */
export class StoreError extends Error {}

export type Db = ReturnType<typeof connect>;

/** `file:./data/quorum.db` (a path from the working folder), `file:/var/lib/quorum.db` or `file::memory:`. */
export async function openStore(url: string): Promise<Store> {
  const path = pathOf(url);
  const db = open(path);
  const boards = standings(db);
  const log = answers(db, boards);
  return {
    learners: learners(db, boards),
    runs: runs(db),
    deliveries: deliveries(db),
    sessions: sessions(db),
    answers: log,
    cards: cards(db),
    ranking: ranking(db, boards),
    schedules: schedules(db),
    slots: slots(db),
    memories: memories(db),
    links: links(db, boards, { flush: log.flush, told }),
    async close() {
      log.flush();
      db.$client.close();
    },
  };
}

function pathOf(url: string): string {
  if (/^postgres(ql)?:/.test(url))
    throw new StoreError(
      'Postgres is not supported by this version; use a file, such as file:./data/quorum.db',
    );
  const path = /^file:(.+)$/.exec(url)?.[1];
  if (path === undefined)
    throw new StoreError(`must be file:<path>, such as file:./data/quorum.db; got \`${url.slice(0, 60)}\``);
  if (path === ':memory:') return path;
  return resolve(path.startsWith('//') ? fileURLToPath(url) : path);
}

function open(path: string): Db {
  let client: Database.Database | undefined;
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
    client = new Database(path);
    // The answer a person was told is kept must survive power loss: WAL alone syncs at checkpoints only.
    client.pragma('busy_timeout = 5000');
    client.pragma('journal_mode = WAL');
    client.pragma('synchronous = FULL');
    // 32 MB: in a large store an answer changes pages of its own, and copying them one by one costs half the throughput.
    client.pragma('wal_autocheckpoint = 8000');
    // What a savepoint would restore is kept in memory: a file for it would be written with every answer.
    client.pragma('temp_store = MEMORY');
    client.pragma('cache_size = -65536');
    client.pragma('foreign_keys = ON');
    const db = connect(client);
    upgrade(db);
    return db;
  } catch (error) {
    client?.close();
    if (error instanceof StoreError) throw error;
    throw new StoreError(`cannot open ${path}: ${reason(error)}`);
  }
}

const connect = (client: Database.Database) => drizzle({ client });

function upgrade(db: Db): void {
  const migrationsFolder = folder();
  const newest = Math.max(...readMigrationFiles({ migrationsFolder }).map((m) => m.folderMillis));
  const applied = db.$client
    .prepare("select 1 from sqlite_master where type = 'table' and name = '__drizzle_migrations'")
    .get();
  if (applied) {
    const last = db.$client.prepare('select max(created_at) as at from __drizzle_migrations').get() as {
      at: number | null;
    };
    if ((last.at ?? 0) > newest)
      throw new StoreError(
        'this database was written by a newer version of Quorum; start that version or use another file',
      );
  }
  migrate(db, { migrationsFolder });
}

/** The migrations stand with the sources: above the code that runs, whether that is src/, dist/ or a bundle. */
function folder(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    const candidate = join(at, 'src/store/drizzle');
    if (existsSync(join(candidate, 'meta/_journal.json'))) return candidate;
    if (at === dirname(at)) throw new StoreError('the migrations (src/store/drizzle) are missing');
  }
}

function reason(error: unknown): string {
  const code = (error as { code?: string }).code ?? '';
  const words: Record<string, string> = {
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the file system is read-only',
    ENOTDIR: 'a part of the path is a file, not a folder',
    EEXIST: 'a part of the path is a file, not a folder',
    ENOSPC: 'the disk is full',
    SQLITE_CANTOPEN: 'it is a folder or may not be written',
    SQLITE_NOTADB: 'the file is not an SQLite database',
    SQLITE_READONLY: 'the file may not be written',
    SQLITE_BUSY: 'another process holds it',
    SQLITE_FULL: 'the disk is full',
  };
  return words[code] ?? (error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
}
