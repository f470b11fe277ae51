import { randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
import { KEPT, KEPT_BYTES, PAGE } from './limits.ts';
import type { Author, History, Message, WireBlock } from './wire.ts';

/** What was said on the page, so that a reload and a restart show it again. Bounded: the oldest goes first. */
export interface PageHistory {
  /** undefined when `once` was written before: the same event posted again */
  append(draft: Draft): Message | undefined;
  /** undefined when the message is no longer kept */
  update(id: string, change: Change): Message | undefined;
  get(id: string): Message | undefined;
  /** the message with the replies in its thread that only `viewer` sees */
  withOwn(message: Message, viewer: string): Message;
  /** what was written under this `once` */
  written(once: string): Message | undefined;
  /** what `viewer` may see, the newest `limit` before `before` (a message's seq) */
  recent(query: Query): History;
  /** the newest message the bot posted with that marker */
  find(channel: string, thread: string | undefined, marker: string): Message | undefined;
  channels(): readonly string[];
  addChannel(name: string): void;
  readonly images: {
    put(key: string, image: Kept): void;
    get(key: string): Kept | undefined;
  };
  /** everything this person wrote or was told alone; what `/privacy export` hands out */
  about(person: string): readonly Message[];
  /** removes it, with pictures and files only they could see */
  forget(person: string): void;
  close(): void;
}

export interface Draft {
  readonly channel: string;
  readonly thread?: string;
  readonly from: Author;
  readonly to?: string;
  readonly event?: string;
  /** unique for what may be written only once */
  readonly once?: string;
  readonly at: number;
  readonly blocks: readonly WireBlock[];
  readonly typed?: string;
  /** opens a thread of this title under the message */
  readonly title?: string;
  readonly marker?: string;
}

export interface Change {
  readonly blocks?: readonly WireBlock[];
  readonly title?: string;
  readonly to?: string;
  readonly marker?: string;
}

export interface Query {
  readonly channel: string;
  readonly thread?: string;
  readonly viewer: string;
  readonly before?: number;
  readonly limit?: number;
}

export interface Kept {
  readonly name: string;
  readonly mime: string;
  readonly bytes: Uint8Array;
  /** only this person may fetch it */
  readonly owner?: string;
  readonly at: number;
}

interface Row {
  seq: number;
  id: string;
  rev: number;
  channel: string;
  thread: string | null;
  owner: string | null;
  replies: number;
  body: string;
}

/** What a row holds besides its columns. */
interface Body {
  from: Author;
  at: number;
  blocks: readonly WireBlock[];
  event?: string;
  typed?: string;
  title?: string;
  edited?: boolean;
}

const TABLES = `
  create table if not exists page_messages (
    seq integer primary key autoincrement, id text not null unique, rev integer not null default 1,
    channel text not null, thread text, owner text, author text not null, once text unique, marker text,
    replies integer not null default 0, body text not null);
  create index if not exists page_messages_thread on page_messages (thread, owner) where thread is not null;
  create index if not exists page_messages_place on page_messages (channel, thread, seq);
  create index if not exists page_messages_marker on page_messages (marker) where marker is not null;
  create table if not exists page_channels (name text primary key, position integer not null);
  create table if not exists page_images (
    key text primary key, owner text, name text not null, mime text not null, bytes blob not null, at integer not null);
  create index if not exists page_images_at on page_images (at);
`;

export const memoryHistory = (): PageHistory => fileHistory(':memory:');

/** Kept in a SQLite file with tables of its own. `bounds` are for tests. */
export function fileHistory(file: string, bounds = { messages: KEPT, bytes: KEPT_BYTES }): PageHistory {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  // a killed process loses nothing; only a power cut may take the last moments of chat
  db.pragma('synchronous = NORMAL');
  db.pragma('busy_timeout = 5000');
  db.exec(TABLES);

  const insert = db.prepare(
    `insert into page_messages (id, channel, thread, owner, author, once, marker, body)
     values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (once) do nothing`,
  );
  const byId = db.prepare<[string], Row>('select * from page_messages where id = ?');
  const byOnce = db.prepare<[string], Row>('select * from page_messages where once = ?');
  const change = db.prepare(
    'update page_messages set rev = rev + 1, owner = ?, marker = coalesce(?, marker), body = ? where id = ?',
  );
  const replied = db.prepare(
    'update page_messages set rev = rev + 1, replies = replies + 1 where id = ? and owner is ?',
  );
  const page = db.prepare<[string, string | null, string, number, number], Row>(
    `select * from page_messages where channel = ? and thread is ? and (owner is null or owner = ?) and seq < ?
     order by seq desc limit ?`,
  );
  const marked = db.prepare<[string, string, string | null], Row>(
    'select * from page_messages where marker = ? and channel = ? and thread is ? order by seq desc limit 1',
  );
  const count = db.prepare<[string], { n: number }>(
    'select count(*) as n from page_messages where channel = ?',
  );
  const drop = db.prepare(
    `delete from page_messages where seq in (select seq from page_messages where channel = ? order by seq limit ?)`,
  );
  const orphans = db.prepare(
    `delete from page_messages where channel = ? and thread is not null
     and thread not in (select id from page_messages where channel = ?)`,
  );
  const putImage = db.prepare(
    `insert into page_images (key, owner, name, mime, bytes, at) values (?, ?, ?, ?, ?, ?)
     on conflict (key) do update set at = excluded.at`,
  );
  const getImage = db.prepare<[string], Omit<Kept, 'owner'> & { owner: string | null }>(
    'select owner, name, mime, bytes, at from page_images where key = ?',
  );
  const oldImages = db.prepare<[], { key: string; size: number }>(
    'select key, length(bytes) as size from page_images order by at, key limit 20',
  );
  const dropImage = db.prepare('delete from page_images where key = ?');
  const heldBytes = db.prepare<[], { n: number }>(
    'select coalesce(sum(length(bytes)), 0) as n from page_images',
  );

  const ownReplies = db.prepare<[string, string], { n: number }>(
    'select count(*) as n from page_messages where thread = ? and owner = ?',
  );

  const counts = new Map<string, number>();
  let held = heldBytes.get()?.n ?? 0;

  const get = (id: string) => {
    const row = byId.get(id);
    return row && message(row);
  };

  const withOwn = (root: Message, viewer: string): Message => {
    if (root.thread !== undefined || root.to !== undefined) return root;
    const own = ownReplies.get(root.id, viewer)?.n ?? 0;
    return own === 0 ? root : { ...root, replies: { count: 0, ...root.replies, own } };
  };

  const prune = (channel: string) => {
    const n = (counts.get(channel) ?? count.get(channel)?.n ?? 0) + 1;
    counts.set(channel, n);
    // a tenth at a time: cheap, and what is shown never jumps by one
    if (n <= bounds.messages * 1.1) return;
    drop.run(channel, n - bounds.messages);
    orphans.run(channel, channel);
    counts.set(channel, count.get(channel)?.n ?? 0);
  };

  return {
    append: db.transaction((draft: Draft) => {
      const { channel, thread, to, once, marker, from, at, blocks, event, typed, title } = draft;
      const body: Body = { from, at, blocks, event, typed, title };
      const id = randomBytes(9).toString('base64url');
      const done = insert.run(
        id,
        channel,
        thread ?? null,
        to ?? null,
        from.id,
        once ?? null,
        marker ?? null,
        JSON.stringify(body),
      );
      if (done.changes === 0) return undefined;
      // a private word in a public thread is nobody else's business, nor is that there is one
      if (thread !== undefined) replied.run(thread, to ?? null);
      prune(channel);
      return get(id);
    }),
    update(id, { blocks, title, to, marker }) {
      const row = byId.get(id);
      if (!row) return undefined;
      const body: Body = JSON.parse(row.body);
      if (blocks) Object.assign(body, { blocks, edited: true });
      if (title !== undefined) body.title = title;
      change.run(to ?? row.owner, marker ?? null, JSON.stringify(body), id);
      return get(id);
    },
    get,
    withOwn,
    written(once) {
      const row = byOnce.get(once);
      return row && message(row);
    },
    recent({ channel, thread, viewer, before = Number.MAX_SAFE_INTEGER, limit = PAGE }) {
      const rows = page.all(channel, thread ?? null, viewer, before, limit + 1);
      return {
        messages: rows
          .slice(0, limit)
          .reverse()
          .map((row) => withOwn(message(row), viewer)),
        more: rows.length > limit,
      };
    },
    find(channel, thread, marker) {
      const row = marked.get(marker, channel, thread ?? null);
      return row && message(row);
    },
    channels: () =>
      db
        .prepare<[], { name: string }>('select name from page_channels order by position, name')
        .all()
        .map((row) => row.name),
    addChannel(name) {
      db.prepare(
        `insert into page_channels (name, position)
         values (?, (select coalesce(max(position), 0) + 1 from page_channels)) on conflict do nothing`,
      ).run(name);
    },
    images: {
      put(key, { owner, name, mime, bytes, at }) {
        if (!getImage.get(key)) held += bytes.length;
        putImage.run(key, owner ?? null, name, mime, bytes, at);
        while (held > bounds.bytes) {
          const old = oldImages.all().filter((image) => image.key !== key);
          if (old.length === 0) break;
          for (const image of old) {
            if (held <= bounds.bytes) break;
            dropImage.run(image.key);
            held -= image.size;
          }
        }
      },
      get(key) {
        const row = getImage.get(key);
        return row && { ...row, owner: row.owner ?? undefined };
      },
    },
    about: (person) =>
      db
        .prepare<[string, string], Row>(
          'select * from page_messages where author = ? or owner = ? order by seq',
        )
        .all(person, person)
        .map(message),
    forget: db.transaction((person: string) => {
      db.prepare('delete from page_messages where author = ? or owner = ?').run(person, person);
      db.prepare('delete from page_images where owner = ?').run(person);
      db.exec(
        `update page_messages set rev = rev + 1, replies =
           (select count(*) from page_messages r where r.thread = page_messages.id and r.owner is page_messages.owner)
         where replies > 0`,
      );
      held = heldBytes.get()?.n ?? 0;
      counts.clear();
    }),
    close: () => {
      db.close();
    },
  };
}

function message(row: Row): Message {
  const { title, ...body }: Body = JSON.parse(row.body);
  return {
    ...body,
    id: row.id,
    seq: row.seq,
    rev: row.rev,
    channel: row.channel,
    ...(row.thread !== null && { thread: row.thread }),
    ...(row.owner !== null && { to: row.owner }),
    ...((title !== undefined || row.replies > 0) && { replies: { title, count: row.replies } }),
  };
}
