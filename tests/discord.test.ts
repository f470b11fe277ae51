import { afterEach, describe, expect, it } from 'vitest';
import { startDiscord } from '../adapters/discord/index.ts';
import { LIMITS } from '../adapters/discord/limits.ts';
import type { CommandSpec, Reply } from '../src/chat.ts';
import { privately, reply, text } from '../src/chat.ts';
import { adapterContract, type Seen } from './contracts/adapter.ts';
import { type DiscordServer, startDiscordServer } from './support/discord/index.ts';
import {
  COMMANDS,
  closeAll,
  here,
  listen,
  open,
  says,
  scripted,
  setUp,
  still,
  withWords,
} from './support/discord/script.ts';
import type { OpenInteraction } from './support/discord/world.ts';

afterEach(closeAll);

adapterContract({
  name: 'discord',
  async start(bot) {
    const server = await startDiscordServer();
    const { apiUrl, token, guildId } = server;
    const adapter = await startDiscord({ bot, log: listen().log, token, apiUrl, guildId });
    return {
      adapter,
      person: (name) => server.person(name),
      async close() {
        await adapter.close();
        await server.close();
      },
    };
  },
});

describe('commands on Discord', () => {
  const puts = (server: DiscordServer) => server.requests.filter((r) => r.method === 'PUT');
  const run = async (server: DiscordServer, commands: readonly CommandSpec[], guildId?: string) => {
    const { apiUrl, token } = server;
    const adapter = await startDiscord({
      bot: scripted({ commands }),
      log: listen().log,
      token,
      apiUrl,
      guildId,
    });
    await adapter.close();
  };

  it.each(['guild', 'global'] as const)('are registered in the %s by difference', async (scope) => {
    const server = await startDiscordServer();
    open.push(server);
    const guildId = scope === 'guild' ? server.guildId : undefined;
    await run(server, COMMANDS, guildId);
    expect(puts(server)).toHaveLength(1);
    const [before] = server.commands(scope);
    expect(server.commands(scope).map((c) => c.name)).toEqual(['ask', 'tell']);
    expect(server.commands(scope === 'guild' ? 'global' : 'guild')).toEqual([]);

    await run(server, [...COMMANDS].reverse(), guildId);
    expect(puts(server), 'nothing has changed').toHaveLength(1);

    await run(server, [{ ...COMMANDS[0]!, summary: 'Asks anew.' }, COMMANDS[1]!], guildId);
    expect(puts(server)).toHaveLength(2);
    const [after] = server.commands(scope);
    expect(after).toMatchObject({ id: before!.id, description: 'Asks anew.' });
  });

  it('are completed, typed and handed in as Discord does it', async () => {
    const sources: string[] = [];
    const { ana, bot, server } = await setUp({
      complete: async ({ option: name, typed, sub }) =>
        Array.from({ length: 40 }, (_, i) => ({
          value: name === 'n' ? `${i}` : `${typed}${i}`,
          label: `${sub ?? ''}${typed}${'x'.repeat(200)}${i}`,
        })),
      handle: (incoming) => {
        if (incoming.kind === 'command')
          for (const f of Object.values(incoming.files ?? {})) sources.push(Buffer.from(f.bytes).toString());
        return reply(text('taken'));
      },
    });
    const words = await ana.completes('/ask raf');
    expect(words).toHaveLength(25);
    expect(words[3]!.value).toBe('raf3');
    expect(words.every((c) => c.name.length <= 100)).toBe(true);
    expect((await ana.completes('/tell number 1'))[7]!.value).toBe(7);

    await ana.command('/tell code to=@Ben', { files: { file: Buffer.from('let x = 1;') } });
    await ana.sees(says('taken'));
    expect(sources).toEqual(['let x = 1;']);
    expect(bot.heard[0]).toMatchObject({
      name: 'tell',
      sub: 'code',
      options: { to: server.person('Ben').id },
    });

    await ana.command('/tell code', { files: { file: Buffer.alloc(LIMITS.handedFileBytes + 1) } });
    await ana.sees((seen) => seen.some((m) => m.private && /1024 kB at most/.test(m.text)));
    expect(bot.heard).toHaveLength(1);
  });

  it('say who may manage, and where they were typed', async () => {
    const { ana, bot, server } = await setUp();
    await ana.command('/ask one');
    await ana.sees(says('answer to one'));
    const mia = server.person('Mia', { manager: true });
    await mia.command('/ask two');
    await mia.sees(says('answer to two'));
    await ana.command('/ask three', { direct: true });
    await ana.sees(says('answer to three'));
    expect(bot.heard.map((h) => [h.person.name, h.person.manages, h.place.space, h.place.direct])).toEqual([
      ['Ana', false, server.guildId, undefined],
      ['Mia', true, server.guildId, undefined],
      ['Ana', true, 'dm', true],
    ]);
  });
});

describe('one answer, whatever the line does', () => {
  const EDIT = { method: 'PATCH', path: /@original$|%40original$/ } as const;
  const ACK = { method: 'POST', path: /callback$/ } as const;
  const FOLLOW = { method: 'POST', path: /^\/webhooks\// } as const;
  const long = `${'words and words. '.repeat(150)}the end`;
  const failures: [
    string,
    Parameters<DiscordServer['fail']>[0],
    Reply,
    (seen: readonly Seen[]) => boolean,
  ][] = [
    ['429 on the edit', { ...EDIT, status: 429 }, reply(text('done')), says('done')],
    ['500 on the edit', { ...EDIT, status: 500 }, reply(text('done')), says('done')],
    [
      'a lost answer to the edit',
      { ...EDIT, status: 502, afterwards: true },
      reply(text('done')),
      says('done'),
    ],
    ['429 on the acknowledgement', { ...ACK, status: 429 }, reply(text('done')), says('done')],
    ['500 on the acknowledgement', { ...ACK, status: 500 }, reply(text('done')), says('done')],
    [
      'a lost answer to the acknowledgement',
      { ...ACK, status: 502, afterwards: true },
      reply(text('done')),
      says('done'),
    ],
    ['500 on a second message', { ...FOLLOW, status: 500 }, reply(text(long)), says('the end')],
    [
      'a lost answer to a second message',
      { ...FOLLOW, status: 502, afterwards: true },
      reply(text(long)),
      says('the end'),
    ],
    ['429 on a private answer', { ...FOLLOW, status: 429 }, privately(text('done')), says('done')],
  ];
  it.each(failures)('%s', async (_, failure, answer, there) => {
    const { server, ana, lines } = await setUp({ handle: () => answer });
    server.fail(failure);
    await ana.command('/ask anything');
    await ana.sees(there);
    await still();
    expect(
      withWords(
        await ana.sees(there),
        answer === failures[6]![2] || answer === failures[7]![2] ? 'the end' : 'done',
      ),
    ).toHaveLength(1);
    expect(ana.thinking()).toBe(0);
    expect(lines.filter((l) => l.startsWith('error'))).toEqual([]);
  });

  it('a lost answer to a post, told apart by its nonce, also across channels', async () => {
    const { server, adapter, ana } = await setUp();
    server.fail({ method: 'POST', path: /\/messages$/, status: 502, afterwards: true });
    await adapter.post(here(server), { blocks: [text('good morning')], marker: 'daily-1' });
    const direct = await adapter.direct(
      { platform: 'discord', space: 'dm', id: ana.id, name: 'Ana' },
      { blocks: [text('good morning')], marker: 'daily-1' },
    );
    expect(direct).toBeDefined();
    const seen = await ana.sees(says('good morning'));
    expect(withWords(seen, 'good morning').map((m) => m.private)).toEqual([false, true]);
  });

  it('a server that keeps failing: given up with a log, nothing twice', async () => {
    const { server, ana, lines } = await setUp();
    server.fail({ ...EDIT, status: 500, times: 100 });
    await ana.command('/ask anything');
    await expect.poll(() => lines.some((l) => l.startsWith('error an answer could not be shown'))).toBe(true);
    expect(withWords(await ana.sees(() => true), 'answer')).toEqual([]);
  });

  it('the gateway drops while the bot works, and a command comes meanwhile', async () => {
    let release = () => {};
    const work = new Promise<void>((done) => {
      release = done;
    });
    const { server, ana, ben, bot, adapter, lines } = await setUp({
      handle: async (incoming) => {
        await work;
        return reply(text(`answer to ${'options' in incoming && incoming.options?.words}`));
      },
    });
    await ana.command('/ask before');
    await expect.poll(() => bot.heard.length).toBe(1);
    server.gateway.drop();
    await ben.command('/ask meanwhile');
    release();
    const seen = await ana.sees((s) => says('to before')(s) && says('to meanwhile')(s));
    expect(seen).toHaveLength(2);
    expect(server.gateway.counts).toEqual({ identified: 1, resumed: 1 });
    await expect.poll(() => adapter.ready()).toBe(true);
    expect(lines.some((l) => l.startsWith('info Discord connection resumed'))).toBe(true);
  });

  it('a gateway that no longer answers heartbeats is left and resumed', async () => {
    const { server, ana } = await setUp({}, { heartbeatMs: 150 });
    server.gateway.zombie();
    await expect.poll(() => server.gateway.counts.resumed, { timeout: 5_000 }).toBeGreaterThan(0);
    server.gateway.zombie(false);
    await ana.command('/ask again');
    await ana.sees(says('answer to again'));
  });

  it('the same interaction is delivered three times', async () => {
    const { ana, bot } = await setUp();
    await ana.command('/ask once');
    await ana.redeliver();
    await ana.sees(says('answer to once'));
    await ana.redeliver();
    await still();
    expect(await ana.sees(() => true)).toHaveLength(1);
    expect(ana.thinking()).toBe(0);
    expect(bot.heard).toHaveLength(1);
  });

  it('work that takes longer than Discord waits is announced first', async () => {
    const { server, ana } = await setUp({
      handle: async () => {
        const [[token, i]] = [...server.world.interactions] as [[string, OpenInteraction]];
        await expect.poll(() => i.acked).toBe('loading');
        expect(ana.thinking()).toBe(1);
        server.world.interactions.set(token, Object.assign(i, { at: i.at - 60_000 }));
        return reply(text('worth the wait'));
      },
    });
    await ana.command('/ask slowly');
    expect(withWords(await ana.sees(says('worth the wait')), 'worth')).toHaveLength(1);
    expect(ana.thinking()).toBe(0);
  });

  it.each([
    ['where all see it', false, false],
    ['where one sees it', true, true],
    ['where one sees it, though all were told to wait', false, true],
  ])('work that outlives the interaction is shown %s', async (_, planned, secret) => {
    let release = () => {};
    const work = new Promise<void>((done) => {
      release = done;
    });
    const { server, ana, ben, bot } = await setUp({
      plan: () => ({ how: 'reply', private: planned }),
      handle: async () => {
        await work;
        return { blocks: [text('after all')], private: secret };
      },
    });
    await ana.command('/ask slowly');
    await expect.poll(() => bot.heard.length).toBe(1);
    server.expire();
    release();
    expect(withWords(await ana.sees(says('after all')), 'after all')).toMatchObject([{ private: secret }]);
    expect(withWords(await ben.sees(() => true), 'after all')).toHaveLength(secret ? 0 : 1);
  });

  it('an interaction that reached the bot too late', async () => {
    const { server, ana } = await setUp();
    await ana.command('/ask late');
    for (const [token, i] of server.world.interactions)
      server.world.interactions.set(token, { ...i, at: i.at - 4_000 });
    expect(withWords(await ana.sees(says('answer to late')), 'answer')).toHaveLength(1);
  });

  it('two processes, each with its shard', async () => {
    const server = await startDiscordServer();
    open.push(server);
    const bots = [0, 1].map(() => scripted());
    for (const [id, bot] of bots.entries()) {
      const { token, apiUrl, guildId } = server;
      const shards = { ids: [id], total: 2 };
      open.push(await startDiscord({ bot, log: listen().log, token, apiUrl, guildId, shards }));
    }
    const ana = server.person('Ana');
    await ana.command('/ask both');
    await ana.sees(says('answer to both'));
    await still();
    expect(bots.flatMap((b) => b.heard)).toHaveLength(1);
  });
});
