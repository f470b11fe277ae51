import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryHistory, type PageHistory } from '../adapters/page/history.ts';
import { hub } from '../adapters/page/hub.ts';
import { room } from '../adapters/page/room.ts';
import type { Outbox } from '../src/chat.ts';
import leaderboard from '../src/commands/leaderboard.ts';
import privacy from '../src/commands/privacy.ts';
import quiz from '../src/commands/quiz.ts';
import settings from '../src/commands/settings.ts';
import { openSite, type Site, Somebody } from './support/people.ts';

const NOON = Date.UTC(2026, 10, 22, 12);
/** ids as the page gives them */
const [ANA, BEN] = ['a'.repeat(16), 'b'.repeat(16)];

let folder: string;
let site: Site;
let history: PageHistory;
let page: Outbox;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorum-privacy-'));
  history = memoryHistory();
  history.addChannel('general');
  site = await openSite(
    `file:${join(folder, 'q.db')}`,
    [quiz, settings, leaderboard, privacy],
    () => NOON,
    (platform) => (platform === 'page' ? page : undefined),
  );
  const quiet = () => {};
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  const streams = hub(() => history.channels());
  page = room({ bot: site.bot, log, secret: 's', history, hub: streams, now: () => NOON }).outbox;
});
afterEach(async () => {
  await site.store.close();
  history.close();
  rmSync(folder, { recursive: true, force: true });
  expect(site.broken).toEqual([]);
});

const somebody = (id: string, platform: 'page' | 'discord' = 'page') =>
  new Somebody(() => site, id, platform);

/** every table with rows that have this text or learner in them */
function traces(learner: number, words: readonly string[]): string[] {
  const db = new Database(join(folder, 'q.db'), { readonly: true });
  const tables = db.prepare("select name from sqlite_master where type = 'table'").pluck().all() as string[];
  const found = tables.filter((table) =>
    (db.prepare(`select * from "${table}"`).all() as Record<string, unknown>[]).some(
      (row) =>
        row.learner === learner ||
        row.owner === learner ||
        row.maker === learner ||
        Object.values(row).some((value) => words.some((word) => String(value).includes(word))),
    ),
  );
  db.close();
  return found;
}

async function busy(id: string): Promise<Somebody> {
  const who = somebody(id);
  await who.says('/settings timezone=Europe/Lisbon interview=2027-03-14');
  who.channel = `@${id}`;
  who.direct = true;
  await who.says('/settings remind=08:00 daily=9:00');
  who.channel = 'general';
  who.direct = false;
  await who.answers(true);
  await who.says('/quiz clocks level=5 count=1');
  await who.fill('Answer', { words: `my secret thought, says ${id}` });
  await who.says('/settings link');
  history.append({
    channel: 'general',
    from: { id, name: id },
    at: NOON,
    blocks: [{ kind: 'text', html: 'hello' }] as never,
  });
  history.append({
    channel: 'general',
    from: { id: 'quorum', name: 'Quorum' },
    to: id,
    at: NOON,
    blocks: [],
  });
  return who;
}

describe('/privacy export', () => {
  it('hands out everything as JSON and cards for Anki, to the person alone', async () => {
    const ana = await busy(ANA);
    await busy(BEN);
    await ana.says('/privacy export');
    expect(ana.reply?.private).toBe(true);
    const held = JSON.parse(ana.file('.json'));
    expect(Object.keys(held.tables).sort()).toEqual([
      'activity',
      'asks',
      'cards',
      'identities',
      'learners',
      'links',
      'reviews',
      'schedules',
      'sessions',
      'standings',
    ]);
    expect(held.tables.asks.at(-1).draft).toContain('my secret thought');
    expect(held.tables.learners).toMatchObject([{ timezone: 'Europe/Lisbon', interview: '2027-03-14' }]);
    expect(held.page).toHaveLength(2);
    expect(ana.file('.json')).not.toContain(BEN);
    const anki = ana.file('.txt').trimEnd().split('\n');
    expect(anki.slice(0, -1)).toEqual([
      '#separator:tab',
      '#html:true',
      '#notetype:Basic',
      '#deck:Quorum',
      '#guid column:1',
      '#columns:Guid\tFront\tBack\tTags',
      '#tags column:4',
    ]);
    const [guid, front, back, tags] = anki.at(-1)!.split('\t');
    expect(guid).toBe('quorum-one-vote');
    expect(front).toMatch(/^How many votes.*<br>• /);
    expect(back).toMatch(/^One \(The vote is remembered on disk\.\)<br>/);
    expect(tags).toMatch(/quorum::topic::consensus quorum::level::2 .*quorum::due::2026-11-2\d/);
  });
});

describe('/privacy erase', () => {
  it('asks first, then leaves no trace in any table, on any board or on the page', async () => {
    const ana = await busy(ANA);
    const ben = await busy(BEN);
    const { id } = await ana.learner();
    await ana.says('/privacy erase');
    expect(ana.sees).toContain('It cannot be undone.');
    await ana.press('Keep it');
    expect(ana.sees).toBe('Nothing was removed.');
    expect(traces(id, [ANA])).toContain('reviews');
    await ana.says('/privacy erase');
    await ana.press('Erase everything');
    expect(ana.sees).toContain('Everything about you is gone.');
    expect(traces(id, [ANA, `personal ${id}`, 'says aaa'])).toEqual([]);
    expect(history.about(ANA)).toEqual([]);
    expect(history.about(BEN)).toHaveLength(2);
    expect(await ben.says('/leaderboard all')).not.toContain(ANA);
    expect(site.drawn.ranking.at(-1)?.subtitle).toContain('1 learner with points');
    const rest = { board: await site.store.ranking.top({ scope: 'page:page', period: 'all' }, 9) };
    await site.store.ranking.rebuild();
    expect(await site.store.ranking.top({ scope: 'page:page', period: 'all' }, 9)).toEqual(rest.board);
    expect(await site.store.ranking.size({ scope: 'page:page', period: 'all' })).toBe(1);
    // Who writes again begins as somebody new.
    await ana.says('/settings');
    expect(ana.sees).toContain('Time zone: **UTC**');
    await ana.says('/privacy export');
    expect(Object.keys(JSON.parse(ana.file('.json')).tables)).toEqual(['learners', 'identities']);
  });

  it('takes every linked identity with it', async () => {
    const ana = await busy(ANA);
    const dee = somebody('Dee', 'discord');
    const code = /\*\*([0-9A-Z-]{9})\*\*/.exec(await ana.says('/settings link'))![1];
    await dee.says(`/settings link ${code}`);
    const { id } = await ana.learner();
    await dee.says('/privacy erase');
    await dee.press('Erase everything');
    expect(traces(id, [ANA, 'Dee'])).toEqual([]);
    expect(history.about(ANA)).toEqual([]);
  });
});
