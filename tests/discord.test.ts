import { PermissionFlagsBits } from 'discord.js';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { encode, readCustomId } from '../adapters/discord/encode.ts';
import { startDiscord } from '../adapters/discord/index.ts';
import { LIMITS } from '../adapters/discord/limits.ts';
import { pages, shorten } from '../adapters/discord/text.ts';
import type { Block, Bot, CommandSpec, Incoming, Log, Plan, Reply } from '../src/chat.ts';
import { aside, buttons, code, heading, privately, reply, text } from '../src/chat.ts';
import { adapterContract, type Seen } from './contracts/adapter.ts';
import { type DiscordServer, startDiscordServer } from './support/discord/index.ts';

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

/** A log that can be read afterwards. */
function listen(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (details: object, message: string) => {
    lines.push(`${level} ${message} ${JSON.stringify(details)}`);
  };
  return { lines, log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } };
}

const option = (name: string, type: CommandSpec['options'][number]['type'], more = {}) => ({
  ...{ name, type, summary: `The ${name}`, required: false, completes: false },
  ...more,
});
const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'ask',
    summary: 'Asks.',
    options: [option('words', 'string', { required: true, completes: true })],
  },
  {
    name: 'tell',
    summary: 'Tells.',
    options: [],
    verbs: [
      { name: 'number', summary: 'A number.', options: [option('n', 'integer', { completes: true })] },
      { name: 'code', summary: 'A file.', options: [option('file', 'file'), option('to', 'member')] },
    ],
  },
];

interface Script {
  readonly commands?: readonly CommandSpec[];
  readonly plan?: (incoming: Incoming) => Plan;
  readonly handle?: (incoming: Incoming) => Promise<Reply | undefined> | Reply | undefined;
  readonly complete?: Bot['complete'];
}

/** A bot that does as told, once for each event. */
function scripted({ commands = COMMANDS, plan, handle, complete }: Script = {}): Bot & { heard: Incoming[] } {
  const heard: Incoming[] = [];
  return {
    heard,
    commands,
    plan: plan ?? (() => ({ how: 'reply', private: false })),
    async handle(incoming) {
      if (heard.some((h) => h.id === incoming.id)) return undefined;
      heard.push(incoming);
      return handle
        ? handle(incoming)
        : reply(text(`answer to ${'options' in incoming ? incoming.options?.words : incoming.kind}`));
    },
    complete: complete ?? (async () => []),
  };
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  while (open.length > 0) await open.pop()!.close();
});

async function setUp(script: Script = {}, options: Parameters<typeof startDiscordServer>[0] = {}) {
  const server = await startDiscordServer(options);
  open.push(server);
  const bot = scripted(script);
  const { log, lines } = listen();
  const adapter = await startDiscord({
    bot,
    log,
    token: server.token,
    apiUrl: server.apiUrl,
    guildId: server.guildId,
  });
  open.push(adapter);
  return { server, bot, adapter, lines, ana: server.person('Ana'), ben: server.person('Ben') };
}

const says = (words: string) => (seen: readonly Seen[]) => seen.some((m) => m.text.includes(words));
const withWords = (seen: readonly Seen[], words: string) => seen.filter((m) => m.text.includes(words));
const still = () => new Promise((r) => setTimeout(r, 120));
const here = (server: DiscordServer) =>
  ({ platform: 'discord', space: server.guildId, channel: server.channelId }) as const;

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

  it('work that takes longer than Discord waits', async () => {
    const { ana } = await setUp({
      handle: async () => {
        await new Promise((r) => setTimeout(r, 3_400));
        return reply(text('worth the wait'));
      },
    });
    await ana.command('/ask slowly');
    expect(withWords(await ana.sees(says('worth the wait')), 'worth')).toHaveLength(1);
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

describe('what Discord shows', () => {
  it('nothing public of what turns out private', async () => {
    const { ana, ben } = await setUp({ handle: () => privately(text('for Ana alone')) });
    await ana.command('/ask for trouble');
    expect(withWords(await ana.sees(says('alone')), 'alone')).toMatchObject([{ private: true }]);
    expect(await ben.sees(() => true)).toEqual([]);
    expect(ben.thinking()).toBe(0);
  });

  it('hostile words ping nobody and are drawn as words', async () => {
    const { server, ana } = await setUp({
      handle: () =>
        reply(
          heading('# <@1> @everyone'),
          text('@everyone <@!42> <#7> ||x|| __y__\n# big\n-# small `@here <@42>`'),
          aside('@here'),
        ),
    });
    await ana.command('/ask nicely');
    const [seen] = await ana.sees((s) => s.length > 0);
    const { message } = server.world.messages.get(seen!.id)!;
    expect([message.mention_everyone, message.mentions]).toEqual([false, []]);
    const body = server.requests.find((r) => r.method === 'PATCH')!.body;
    expect(body.allowed_mentions).toEqual({ parse: [] });
    const outsideCode = seen!.text.replace(/`[^`]*`/g, '');
    expect(outsideCode).not.toMatch(/(?<!\\)<[@#]|@everyone|@here|(?<!\\)\|\||(?<!\\)__|^# /m);
    expect(seen!.text).toContain('`@here <@42>`');
  });

  it('long answers whole, in order, with pictures and buttons under the last words', async () => {
    const story = Array.from({ length: 300 }, (_, i) => `Sentence ${i} tells what node n${i % 5} did then.`);
    const source = Array.from({ length: 200 }, (_, i) => `    line(${i}); // deep`).join('\n');
    const image: Block = {
      kind: 'image',
      name: 'a.png',
      bytes: Buffer.from('png'),
      mime: 'image/png',
      alt: story.join(' '),
    };
    const { ana, server } = await setUp({
      handle: () =>
        reply(
          heading('Story'),
          text(story.slice(0, 150).join(' ')),
          text(story.slice(150).join(' ')),
          code(source, 'ts'),
          image,
          buttons({ action: 'a:b', label: 'Next' }),
        ),
    });
    await ana.command('/ask at-length');
    const seen = await ana.sees((s) => s.some((m) => m.buttons.length > 0));
    const all = seen.map((m) => m.text).join('\n');
    for (const s of story) expect(all).toContain(s);
    expect([...all.matchAll(/line\((\d+)\)/g)].map((m) => Number(m[1]))).toEqual(
      Array.from({ length: 200 }, (_, i) => i),
    );
    for (const m of seen) expect((m.text.match(/```/g) ?? []).length % 2, 'fences are closed').toBe(0);
    expect(seen.map((m) => [m.images.length, m.buttons.length])).toEqual([
      ...seen.slice(1).map(() => [0, 0]),
      [1, 1],
    ]);
    const { attachments } = server.world.messages.get(seen.at(-1)!.id)!.message;
    expect(attachments[0]!.description).toMatch(/^Sentence 0 .* then\. …$/);
    expect(attachments[0]!.description!.length).toBeLessThanOrEqual(LIMITS.altText);
  });

  it('more buttons, options and twins than one message takes', async () => {
    const many = Array.from({ length: 27 }, (_, i) => ({ action: 'same:action', label: `B${i}` }));
    const options = Array.from({ length: 30 }, (_, i) => ({ value: `v${i}`, label: `O${i}` }));
    const { ana, bot } = await setUp({
      handle: (i) =>
        i.kind === 'command'
          ? reply(buttons(...many), { kind: 'select', action: 'pick', placeholder: 'Pick', options })
          : privately(text(`did ${i.kind}`)),
    });
    await ana.command('/ask much');
    const seen = await ana.sees((s) => s.flatMap((m) => m.options).length === 30);
    expect(seen.flatMap((m) => m.buttons)).toEqual(many.map((b) => b.label));
    await ana.press(seen[0]!, 'B7');
    await ana.choose(seen.find((m) => m.options.includes('O29'))!, ['v29']);
    await ana.sees((s) => says('did press')(s) && says('did choose')(s));
    expect(bot.heard.slice(1)).toMatchObject([
      { action: 'same:action' },
      { action: 'pick', values: ['v29'] },
    ]);
  });

  it('forms with choices; a form that does not fit is refused in words', async () => {
    const options = [
      { value: 'a', label: 'First' },
      { value: 'b', label: 'Second' },
    ];
    const field = (name: string) => ({ kind: 'line', name, label: name }) as const;
    const { ana, bot } = await setUp({
      plan: (i) => {
        if (i.kind === 'press' && i.action === 'big')
          return { how: 'form', form: { action: 'big', title: 'Big', fields: [...'abcdef'].map(field) } };
        if (i.kind === 'press')
          return {
            how: 'form',
            form: {
              action: 'form',
              title: 'How is it? '.repeat(10),
              fields: [
                { kind: 'one', name: 'level', label: 'Level', options, required: true },
                { kind: 'several', name: 'topics', label: 'Topics', options, value: ['b'] },
                { kind: 'line', name: 'why', label: 'Why', hint: 'In a few words', maxLength: 20 },
              ],
            },
          };
        return { how: 'reply', private: false };
      },
      handle: (i) =>
        i.kind === 'submit'
          ? privately(text('thanks'))
          : reply(text('?'), buttons({ action: 'small', label: 'Small' }, { action: 'big', label: 'Big' })),
    });
    await ana.command('/ask me');
    const [message] = await ana.sees((s) => s.length > 0);
    await ana.press(message!, 'Small');
    expect(await ana.form()).toMatchObject({ fields: ['level', 'topics', 'why'] });
    await ana.submit({ level: 'a', why: 'because' });
    await ana.sees(says('thanks'));
    expect(bot.heard.at(-1)).toMatchObject({
      action: 'form',
      fields: { level: 'a', topics: ['b'], why: 'because' },
    });
    await ana.press(message!, 'Big');
    await ana.sees((s) => s.some((m) => m.private && m.text.includes('did not take this form')));
  });
});

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

describe('encoding', () => {
  it('gives every component back its action, whatever it is and however many share it', () => {
    const action = fc.string({ minLength: 1, maxLength: 80, unit: fc.constantFrom(...'ab:~01%') });
    fc.assert(
      fc.property(
        fc.array(action, { minLength: 1, maxLength: 25 }),
        fc.option(fc.string({ minLength: 1, maxLength: 25, unit: 'grapheme-ascii' }), { nil: undefined }),
        (actions, marker) => {
          const { parts, main } = encode([buttons(...actions.map((a) => ({ action: a, label: 'x' })))], {
            extras: 'last',
            marker,
          });
          const ids = parts.flatMap((p) =>
            p.body.components.flatMap((r) =>
              ('components' in r ? r.components : []).map((c) => ('custom_id' in c ? c.custom_id : '')),
            ),
          );
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids.every((id) => id.length <= LIMITS.customId)).toBe(true);
          expect(ids.map((id) => readCustomId(id).action)).toEqual(actions);
          const kept = ids.map((id) => readCustomId(id).marker).filter((m) => m !== undefined);
          expect(kept).toEqual(marker === undefined ? [] : [marker]);
          expect(main).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('loses no word and passes no limit', () => {
    const words = fc
      .array(fc.constantFrom('raft ', 'leader\n', 'n1. ', '\n\n', 'ünïcödé🙂 ', 'x'.repeat(700), '`code` '), {
        maxLength: 60,
      })
      .map((w) => w.join(''));
    const block = fc.oneof(
      words.map(text),
      words.map((w) => code(w)),
      words.map(aside),
    );
    fc.assert(
      fc.property(fc.array(block, { maxLength: 5 }), (blocks) => {
        const out = pages(blocks);
        expect(out.every((p) => p.length <= LIMITS.text && !/[\ud800-\udbff]$/.test(p))).toBe(true);
        const bare = (s: string) => s.replace(/-# |```|\s/g, '');
        expect(bare(out.join(''))).toBe(
          bare(blocks.map((b) => ('markdown' in b ? b.markdown : 'source' in b ? b.source : '')).join('')),
        );
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ['**b**, *i*, `a__b @here`, a_b', '**b**, *i*, `a__b @here`, a_b'],
    [
      '[the paper](https://x.org/a__b), https://y.org/~~z.',
      '[the paper](<https://x.org/a__b>), <https://y.org/~~z>.',
    ],
    ['- one\n> two\n# three', '- one\n> two\n\\# three'],
    ['<b> </b> <t:1:R> <https://x.org>', '<b> \\</b> \\<t:1:R> <https://x.org>'],
  ])('keeps our markup and escapes only Discord’s own: %s', (ours, theirs) => {
    expect(pages([text(ours)])).toEqual([theirs]);
  });

  it('shortens after a sentence, else after a word', () => {
    expect(shorten('One. Two three four five six.', 15)).toBe('One. Two…');
    expect(shorten('A first sentence here. And more.', 26)).toBe('A first sentence here. …');
    expect(shorten('short', 5)).toBe('short');
  });
});

describe('a message that must be found again', () => {
  it.each<[string, Block[]]>([
    ['with a button', [text('q'), buttons({ action: 'daily:1', label: 'Answer' })]],
    ['with words only', [text('q')]],
  ])('%s keeps its marker when changed', async (_, blocks) => {
    const { adapter, server } = await setUp();
    const posted = await adapter.post(here(server), { blocks, marker: 'daily-2026-11-22' });
    await adapter.edit(posted, { blocks });
    expect(await adapter.find(here(server), 'daily-2026-11-22')).toEqual(posted);
    expect(await adapter.find(here(server), 'daily-2026-11-23')).toBeUndefined();
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
