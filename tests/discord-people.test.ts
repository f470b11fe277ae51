import { PermissionFlagsBits } from 'discord.js';
import { afterEach, describe, expect, it } from 'vitest';
import { startDiscord } from '../adapters/discord/index.ts';
import { privately, reply, text } from '../src/chat.ts';
import { type DiscordServer, startDiscordServer } from './support/discord/index.ts';
import { closeAll, here, listen, open, says, scripted, setUp, withWords } from './support/discord/script.ts';

afterEach(closeAll);

describe('being spoken to', () => {
  it('hears mentions and direct messages without the Message Content intent, and nothing else', async () => {
    const { ana, bot, server } = await setUp({
      handle: (i) => ({
        blocks: [text(`heard ${i.kind === 'say' && i.text}`)],
        thread: { title: 'A talk', first: [text('go on')] },
      }),
    });
    await ana.says('hint, not to you');
    await ana.mention('hint');
    const seen = await ana.sees(says('go on'));
    const thread = withWords(seen, 'go on')[0]!.thread!;
    await ana.mention('more', thread);
    await ana.sees(says('heard more'));
    await ana.direct('between us');
    await ana.sees(says('heard between us'));
    expect(bot.heard.map((h) => [h.kind === 'say' && h.text, h.place])).toEqual([
      ['hint', here(server)],
      ['more', { ...here(server), thread }],
      [
        'between us',
        { platform: 'discord', space: 'dm', channel: server.world.direct(ana.id).id, direct: true },
      ],
    ]);
  });

  it.each([
    ['takes a private answer to direct messages', false, /secret/],
    ['says so where those are closed', true, /direct messages are closed to me/],
  ])('%s', async (_, closed, words) => {
    const { ana, ben, server } = await setUp({ handle: () => privately(text('secret')) });
    if (closed) server.world.closedDoors.add(ana.id);
    await ana.mention('tell me');
    await ana.sees((s) => s.some((m) => words.test(m.text)));
    expect(withWords(await ben.sees(() => true), 'secret')).toEqual([]);
  });

  it('explains in a direct message why it may not answer', async () => {
    const { ana, server } = await setUp();
    server.deny(PermissionFlagsBits.SendMessages);
    await ana.mention('hello');
    const [seen] = await ana.sees((s) => s.length > 0);
    expect(seen).toMatchObject({ private: true });
    expect(seen!.text).toMatch(/In #general I lack the permission Send Messages\..*answer to say/s);
  });
});

describe('permissions and settings', () => {
  const { SendMessages, AttachFiles, CreatePublicThreads, ViewChannel } = PermissionFlagsBits;
  it.each([
    [[], undefined],
    [[SendMessages], /In #general I lack the permission Send Messages\./],
    [[AttachFiles, CreatePublicThreads], /permissions Attach Files, Create Public Threads\./],
    [[ViewChannel], /View Channel/],
  ])('obstacle %#', async (denied, words) => {
    const { adapter, server } = await setUp();
    server.deny(...denied);
    await expect
      .poll(() => adapter.obstacle(here(server)))
      .toEqual(words === undefined ? undefined : expect.stringMatching(words));
  });

  it('posts below where it may open no thread', async () => {
    const { ana, server, lines } = await setUp({
      handle: () => ({ blocks: [text('under it')], thread: { title: 'T', first: [text('no thread')] } }),
    });
    server.deny(CreatePublicThreads);
    await ana.command('/ask away');
    expect(withWords(await ana.sees(says('no thread')), 'no thread')[0]!.thread).toBeUndefined();
    expect(lines.some((l) => l.startsWith('warn no thread may be used here'))).toBe(true);
  });

  it.each([
    ['token', { token: 'wrong' }, /^DISCORD_TOKEN is not accepted/],
    ['server', { guildId: '123456789012345678' }, /^DISCORD_GUILD_ID 123456789012345678: the bot is not in/],
    [
      'address',
      { apiUrl: 'http://127.0.0.1:9/api' },
      /^Discord cannot be reached at http:\/\/127\.0\.0\.1:9/,
    ],
    ['shards', { shards: { ids: [3], total: 2 } }, /^DISCORD_SHARDS/],
  ])('a wrong %s stops the start with a line that names it', async (_, wrong, words) => {
    const server = await startDiscordServer();
    open.push(server);
    const { log, lines } = listen();
    const { token, apiUrl, guildId } = server;
    await expect(startDiscord({ bot: scripted(), log, token, apiUrl, guildId, ...wrong })).rejects.toThrow(
      words,
    );
    expect(lines.join()).not.toContain(server.token);
  });

  it('no secret is logged', async () => {
    const { ana, server, lines } = await setUp({
      handle: () => ({ blocks: [text('x')], thread: { title: 'T', first: [] } }),
    });
    server.fail({ method: 'PATCH', path: /original$/, status: 500, times: 9 });
    await ana.command('/ask away');
    await expect.poll(() => lines.some((l) => l.startsWith('error'))).toBe(true);
    expect(lines.join('\n')).not.toMatch(/local-secret|local\.discord\.token/);
  });
});

describe('the local Discord refuses what Discord refuses', () => {
  const send = async (server: DiscordServer, path: string, body: unknown, token = server.token) => {
    const headers = { authorization: `Bot ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${server.apiUrl}/v10${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return { status: response.status, ...((await response.json()) as { code: number; errors?: object }) };
  };
  const button = (custom_id: string) => ({ type: 2, style: 1, label: 'x', custom_id });
  it.each<[string, unknown, number, number]>([
    ['an empty message', { content: ' ' }, 400, 50006],
    ['2,001 characters', { content: 'x'.repeat(2001) }, 400, 50035],
    ['a twin custom_id', { components: [{ type: 1, components: [button('a'), button('a')] }] }, 400, 50035],
    [
      'six rows',
      { components: [...'abcdef'].map((c) => ({ type: 1, components: [button(c)] })) },
      400,
      50035,
    ],
    [
      'a long label',
      { components: [{ type: 1, components: [{ ...button('a'), label: 'x'.repeat(81) }] }] },
      400,
      50035,
    ],
    [
      'long alt text',
      { content: 'x', attachments: [{ id: '0', description: 'x'.repeat(1025) }] },
      400,
      50035,
    ],
    ['a number for words', { content: 5 }, 400, 50035],
  ])('%s', async (_, body, status, code_) => {
    const server = await startDiscordServer();
    open.push(server);
    const path = `/channels/${server.channelId}/messages`;
    expect(await send(server, path, body)).toMatchObject({ status, code: code_ });
    expect(await send(server, path, { content: 'x' }, 'wrong')).toMatchObject({ status: 401 });
  });

  it('a second or a late acknowledgement', async () => {
    const { ana, server } = await setUp({ handle: () => reply(text('first')) });
    await ana.command('/ask first');
    await ana.sees(says('first'));
    const [first] = [...server.world.interactions.values()];
    const path = `/interactions/${first!.raw.id}/${first!.raw.token}/callback`;
    expect(await send(server, path, { type: 5 })).toMatchObject({ status: 400, code: 40060 });
    const late = { ...first!, acked: undefined, at: Date.now() - 3_001 };
    server.world.interactions.set(first!.raw.token, late);
    expect(await send(server, path, { type: 5 })).toMatchObject({ status: 404, code: 10062 });
  });
});
