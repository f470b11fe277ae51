import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Adapter } from '../src/chat.ts';
import type { Chat, ChatPerson, Seen } from './contracts/adapter.ts';
import { type DiscordServer, startDiscordServer } from './support/discord/index.ts';
import { chat as pageChat, type Studio, studio } from './support/page-driver.ts';
import { freePort, Quorum } from './support/process.ts';
import { slackChat } from './support/slack/driver.ts';
import { APP_TOKEN, BOT_TOKEN, SlackServer } from './support/slack/server.ts';
import { scopes } from './support/slack/start.ts';

/** The whole bot as one process, in a browser, in Discord and in Slack at once, killed and started again. */
describe('one process on three platforms', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'quorum-spine-'));
  const database = path.join(folder, 'quorum.db');
  let discord: DiscordServer;
  let slack: SlackServer;
  let quorum: Quorum;
  let browser: Studio;
  const people: Record<string, ChatPerson> = {};
  const closing: Chat[] = [];

  beforeAll(async () => {
    [discord, slack, browser] = await Promise.all([
      startDiscordServer(),
      SlackServer.start(scopes),
      studio(),
    ]);
    quorum = new Quorum({
      PORT: String(await freePort()),
      DATABASE_URL: `file:${database}`,
      DISCORD_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
      DISCORD_GUILD_ID: discord.guildId,
      SLACK_BOT_TOKEN: BOT_TOKEN,
      SLACK_APP_TOKEN: APP_TOKEN,
      SLACK_API_URL: slack.apiUrl,
    });
    await quorum.start();
    // The drivers close what they drive; here that is the process, which is not theirs.
    const elsewhere = { url: quorum.url, async close() {} } as unknown as Adapter & { url: string };
    const page = pageChat(browser, elsewhere);
    const work = slackChat(slack, elsewhere, async () => {});
    closing.push(page, work);
    people.page = page.person('Ana');
    people.discord = discord.person('Ana');
    people.slack = work.person('Ana');
  }, 90_000);

  afterAll(async () => {
    await quorum?.kill('SIGTERM');
    for (const chat of closing) await chat.close();
    await browser?.close();
    await discord?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const platforms = ['page', 'discord', 'slack'] as const;
  const pictures = (seen: readonly Seen[]) => seen.flatMap((m) => m.images);
  const everybody = <T>(act: (person: ChatPerson, platform: string) => Promise<T>) =>
    Promise.all(platforms.map((p) => act(people[p]!, p)));
  const withButtons = (seen: readonly Seen[], label: string) =>
    seen.filter((m) => m.buttons.includes(label)).at(-1);

  it('answers /simulate with the same picture everywhere, its story as alt text, its verdicts in words', async () => {
    const shown = await everybody(async (person) => {
      await person.command('/simulate raft preset=leader-crash seed=7');
      return person.sees((s) => pictures(s).length === 1 && withButtons(s, 'Step ▶') !== undefined);
    });
    const [first, ...others] = shown.map((seen) => pictures(seen)[0]!);
    expect(Buffer.from(first!.bytes).subarray(1, 4).toString()).toBe('PNG');
    for (const other of others) {
      expect(Buffer.from(other.bytes).equals(Buffer.from(first!.bytes))).toBe(true);
      expect(other.alt.slice(0, 300)).toBe(first!.alt.slice(0, 300));
    }
    expect(first!.alt).toMatch(/stands for|crash/);
    for (const seen of shown)
      expect(seen.map((m) => m.text).join('\n')).toMatch(/holds: one leader per term/);
  }, 60_000);

  it('refuses what cannot run, privately and with the nearest that can', async () => {
    await everybody(async (person, platform) => {
      await person.command('/simulate rfat');
      const seen = await person.sees((s) => s.some((m) => m.text.includes('did you mean raft')));
      expect(seen.find((m) => m.text.includes('did you mean raft'))?.private, platform).toBe(true);
    });
  }, 60_000);

  it('steps and re-seeds from old messages after kill -9 and a new start', async () => {
    await quorum.kill();
    await quorum.start();
    await everybody(async (person, platform) => {
      const old = withButtons(await person.sees((s) => withButtons(s, 'Step ▶') !== undefined), 'Step ▶')!;
      const before = pictures([old])[0]!;
      await person.press(old, 'Step ▶');
      const stepped = await person.sees((s) =>
        s.some((m) => m.id === old.id && m.buttons.includes('Break something here')),
      );
      const after = pictures(stepped.filter((m) => m.id === old.id))[0]!;
      expect(Buffer.from(after.bytes).equals(Buffer.from(before.bytes)), platform).toBe(false);
      const now = stepped.find((m) => m.id === old.id)!;
      await person.press(now, 'New seed');
      await person.sees((s) => pictures(s).length === 2);
    });
  }, 90_000);

  it('turns the pages of a lesson in one private message', async () => {
    await everybody(async (person, platform) => {
      const run = withButtons(await person.sees((s) => withButtons(s, 'Lesson') !== undefined), 'Lesson')!;
      await person.press(run, 'Lesson');
      const page = (n: number) => (m: Seen) => m.text.includes(`Page ${n} of`);
      const first = (await person.sees((s) => s.some(page(1)))).find(page(1))!;
      expect(first.private, platform).toBe(true);
      await person.press(first, 'Next ▶');
      const seen = await person.sees((s) => s.some(page(2)));
      expect(seen.find(page(2))?.id, platform).toBe(first.id);
      expect(seen.some(page(1)), platform).toBe(false);
    });
  }, 90_000);

  it('keeps every acknowledged answer through kill -9, and none twice', async () => {
    const person = people.discord!;
    const acknowledged = () =>
      person
        .sees(() => true)
        .then(
          (s) =>
            s.filter((m) => /Right\.|In part\.|Not this time\./.test(m.text) && m.buttons.includes('Next'))
              .length,
        );
    for (let round = 0; round < 3; round++) {
      const until = Date.now() + 1500;
      const killer = setTimeout(() => void quorum.kill(), 700 + round * 300);
      while (Date.now() < until) {
        // A dead bot answers nothing; that is what the person sees, not a failure of the test.
        await person.command('/quiz level=1').catch(() => {});
        const open = (await person.sees(() => true)).filter((m) => m.buttons.includes('A')).at(-1);
        if (open) await person.press(open, 'A').catch(() => {});
        await new Promise((done) => setTimeout(done, 50));
      }
      clearTimeout(killer);
      await quorum.kill();
      await quorum.start();
    }
    const seen = await acknowledged();
    const db = new Database(database, { readonly: true });
    const rows = db.prepare('select count(*) as n, count(distinct event) as events from reviews').get() as {
      n: number;
      events: number;
    };
    db.close();
    expect(seen).toBeGreaterThan(0);
    expect(rows.n).toBeGreaterThanOrEqual(seen);
    expect(rows.events).toBe(rows.n);
  }, 90_000);

  it.each([
    [{ PORT: 'abc' }, /^PORT must be a port/],
    [{ DATABASE_URL: 'mysql://x' }, /^DATABASE_URL must be/],
    [{ HOST: '0.0.0.0' }, /^WEB_TOKEN is missing/],
    [{ SLACK_BOT_TOKEN: 'xoxb-secret' }, /^SLACK_BOT_TOKEN needs/],
    [{ DISCORD_SHARDS: '5-3/2' }, /^DISCORD_SHARDS must/],
    [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL must be one of/],
  ])('stops the start with one line for %j', (env, line) => {
    const main = path.join(import.meta.dirname, '../dist/src/main.js');
    const { status, stderr } = spawnSync(process.execPath, [main], {
      env: { PATH: process.env.PATH, ...env },
      encoding: 'utf8',
    });
    expect(status).toBe(2);
    expect(stderr).toMatch(line);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).not.toContain('secret');
  });
});
