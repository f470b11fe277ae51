import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { afterEach, describe, expect, it } from 'vitest';
import { startSlack } from '../adapters/slack/index.ts';
import { EVENTS, SCOPES } from '../adapters/slack/register.ts';
import { aside, buttons, code, heading, privately, type Reply, text } from '../src/chat.ts';
import { adapterContract, echoBot, type Seen } from './contracts/adapter.ts';
import type { SlackChat, SlackPerson } from './support/slack/driver.ts';
import manifestSchema from './support/slack/manifest.schema.json' with { type: 'json' };
import { options, picture, scripted, until } from './support/slack/scripted.ts';
import { APP_TOKEN, BOT_TOKEN, SlackServer } from './support/slack/server.ts';
import { byHttp, bySocket, manifest, quiet, scopes } from './support/slack/start.ts';

const ways = { 'Socket Mode': bySocket, HTTP: byHttp };

for (const [name, start] of Object.entries(ways)) adapterContract({ name: `Slack, ${name}`, start });

let chat: SlackChat | undefined;
afterEach(async () => {
  await chat?.close();
  chat = undefined;
});
const has = (words: string) => (seen: readonly Seen[]) => seen.some((m) => m.text.includes(words));
const counted = async (person: SlackPerson, words: string) => {
  await person.sees(has(words));
  // Long enough for a second answer, were there one.
  await new Promise((r) => setTimeout(r, 700));
  return (await person.sees(() => true)).filter((m) => m.text.includes(words)).length;
};
const later = (ms: number, reply: Reply) => () => new Promise<Reply>((r) => setTimeout(() => r(reply), ms));

describe.each(Object.entries(ways))('Slack’s own ways, %s', (_, start) => {
  const cases: Readonly<Record<string, (server: SlackServer) => void>> = {
    'an acknowledgement lost on its way': (server) => {
      server.loseAcks = 1;
    },
    'a post told to wait': (server) => server.failNext('chat.postMessage', { status: 429, retryAfter: 1 }),
    'a post that failed': (server) => server.failNext('chat.postMessage', { status: 500, done: false }),
    'a post that was taken and then failed': (server) =>
      server.failNext('chat.postMessage', { status: 500, done: true }),
    'a failed upload': (server) =>
      server.failNext('files.getUploadURLExternal', { status: 500, done: false }),
  };
  it.each(Object.entries(cases))('answers once after %s', async (_, breakIt) => {
    chat = await start(scripted({ run: { blocks: [text('it ran'), picture('what happened')] } }));
    const ana = chat.person('Ana');
    breakIt(chat.server);
    await ana.mention('run please');
    expect(await counted(ana, 'it ran')).toBe(1);
    expect((await ana.sees(() => true)).find((m) => m.text.includes('it ran'))?.images).toHaveLength(1);
  });

  it('is acknowledged before the work, and answers after longer than Slack would wait', async () => {
    chat = await start(scripted({ long: later(4000, { blocks: [text('done at last')] }) }));
    const ana = chat.person('Ana');
    await ana.command('/long'); // returns when acknowledged; the server gives it three seconds
    expect(chat.server.calls.some((c) => c.method === 'chat.postMessage')).toBe(false);
    expect(await counted(ana, 'done at last')).toBe(1);
  });

  it('opens forms, gives back their fields, and says so when Slack waited no longer', async () => {
    const bot = scripted({
      ask: { blocks: [buttons({ action: 'form:open', label: 'Open' })] },
      'form:sent': (i) => ({ blocks: [text(`got ${JSON.stringify(i.kind === 'submit' && i.fields)}`)] }),
    });
    chat = await start(bot);
    const ana = chat.person('Ana');
    await ana.command('/ask');
    const [message] = await ana.sees((s) => s.some((m) => m.buttons.length > 0));
    await ana.press(message!, 'Open');
    expect((await ana.form())?.fields).toEqual(['Short', 'One', 'Many']);
    await ana.submit({ short: 'words', one: 'a' });
    await ana.sees(has('got {"short":"words","one":"a","many":[]}'));

    chat.server.world.triggerLife = 0;
    await ana.press(message!, 'Open');
    const seen = await ana.sees(has('Please press again'));
    expect(seen.find((m) => m.text.includes('Please press again'))?.private).toBe(true);
  });

  it('changes a message only one person sees, and moves to a direct message when a picture comes', async () => {
    chat = await start(
      scripted({
        secret: privately(text('only you'), buttons({ action: 'update:words', label: 'Words' })),
        'update:words': {
          blocks: [text('changed words'), buttons({ action: 'update:picture', label: 'Picture' })],
        },
        'update:picture': { blocks: [text('with a picture'), picture('a secret story')] },
      }),
    );
    const [ana, ben] = [chat.person('Ana'), chat.person('Ben')];
    await ana.command('/secret');
    const [first] = await ana.sees(has('only you'));
    expect(first?.private).toBe(true);
    await ana.press(first!, 'Words');
    const [changed] = await ana.sees(has('changed words'));
    expect(changed).toMatchObject({ id: first!.id, private: true, edited: true });
    await ana.press(changed!, 'Picture');
    const seen = await ana.sees((s) => has('with a picture')(s) && has('Sent to you in a direct message')(s));
    expect(seen).toHaveLength(2);
    expect(seen.find((m) => m.text.includes('with a picture'))).toMatchObject({
      private: true,
      images: [{ alt: 'a secret story' }],
    });
    expect(await ben.sees(() => true)).toEqual([]);
  });
});

describe('Slack', () => {
  it('answers once across a renewed and a dropped connection, and goes on', async () => {
    chat = await bySocket(
      scripted({ slow: later(600, { blocks: [text('slowly')] }), run: { blocks: [text('it ran')] } }),
    );
    const ana = chat.person('Ana');
    for (const disturb of ['refresh', 'drop'] as const) {
      expect(chat.server.openSockets).toBe(2);
      const before = (await ana.sees(() => true)).length;
      await ana.command('/slow');
      chat.server[disturb]();
      await ana.command('/run'); // on the socket that is left
      await ana.sees((s) => s.length === before + 2);
      expect(chat.adapter.ready()).toBe(true);
      await until(() => chat?.server.openSockets === 2);
    }
    expect(await counted(ana, 'slowly')).toBe(2);
  });

  it('has no commands in threads, where a mention does the same', async () => {
    const bot = scripted({
      start: { blocks: [text('see below')], thread: { title: 'Mock', first: [text('ready?')] } },
      quiz: { blocks: [text('a question')] },
    });
    chat = await bySocket(bot);
    const ana = chat.person('Ana');
    await ana.command('/start');
    const thread = (await ana.sees(has('ready?'))).find((m) => m.text.includes('ready?'))!.thread!;
    await expect(ana.command('/quiz', { thread })).rejects.toThrow(
      '/quorum is not supported in threads. Sorry!',
    );
    expect(bot.heard).toHaveLength(1);
    await ana.mention('quiz topic=consensus', thread);
    const answer = (await ana.sees(has('a question'))).find((m) => m.text.includes('a question'));
    expect(answer?.thread).toBe(thread);
    expect(bot.heard.at(-1)).toMatchObject({ kind: 'say', text: 'quiz topic=consensus', place: { thread } });
  });

  it('knows who speaks, hears ids of channels, and asks for help where nothing is said', async () => {
    const bot = scripted({});
    chat = await bySocket(bot);
    await chat.person('Ana').command('/daily post #elsewhere at=09:00 <b>&amp;');
    await until(() => bot.heard.length === 1);
    await chat.person('Admin').command('');
    await until(() => bot.heard.length === 2);
    await chat.person('Ana').writes('hello there');
    await until(() => bot.heard.length === 3);
    expect(bot.heard.map((h) => ({ ...h, id: undefined, place: undefined }))).toMatchObject([
      {
        kind: 'command',
        name: 'daily',
        line: 'post C0OTHER0001 at=09:00 <b>&amp;',
        person: { name: 'Ana', manages: false },
        locale: 'en-US',
        timezone: 'Europe/Lisbon',
      },
      { kind: 'command', name: 'help', line: '', person: { name: 'Admin', manages: true } },
      { kind: 'say', text: 'hello there', person: { name: 'Ana', manages: true } },
    ]);
    expect(bot.heard[2]?.place.direct).toBe(true);
  });

  it('holds a choice of several until it is sent', async () => {
    const bot = scripted({
      ask: {
        blocks: [{ kind: 'select', action: 'pick', placeholder: 'Pick some', options: options(130), max: 3 }],
      },
    });
    chat = await bySocket(bot);
    const ana = chat.person('Ana');
    await ana.command('/ask');
    const [message] = await ana.sees((s) => s.some((m) => m.buttons.includes('Send')));
    await ana.choose(message!, ['v0', 'v129']);
    await until(() => bot.heard.length === 2);
    expect(bot.heard.slice(1)).toMatchObject([{ kind: 'choose', action: 'pick', values: ['v0', 'v129'] }]);
  });

  it('says why it may not post, before and after trying', async () => {
    chat = await bySocket(
      scripted({ run: { blocks: [text('it ran')], thread: { title: 'More', first: [text('more')] } } }),
    );
    const ana = chat.person('Ana');
    await ana.command('/run', { channel: 'C0OTHER0001' });
    const [told] = await ana.sees(has('it ran'));
    expect(told?.private).toBe(true);
    expect(told?.text).toMatch(
      /^I am not in this channel\. Invite me with `\/invite @quorum`\..*it ran.*more$/s,
    );
    const elsewhere = chat.server.world.between(ana.user, chat.person('Ben').user).id;
    await ana.command('/run', { channel: elsewhere });
    const [, alone] = await ana.sees((s) => s.length === 2);
    expect(alone?.text).toMatch(/^I am no part of this conversation\. Only you see this:\nit ran/);
    const at = (channel: string) => ({ platform: 'slack' as const, space: 'T0QUORUM01', channel });
    expect(await chat.adapter.obstacle(at('C0OTHER0001'))).toMatch(/not in this channel/);
    expect(await chat.adapter.obstacle(at('G0SECRET001'))).toMatch(/cannot see this channel/);
    expect(await chat.adapter.obstacle(at('C0OLD000001'))).toMatch(/archived/);
  });

  it('greets on App Home, and its buttons work', async () => {
    const bot = scripted({ quiz: { blocks: [text('a question')] } });
    chat = await bySocket(bot);
    const ana = chat.person('Ana');
    await ana.opensHome();
    await until(() => ana.home() !== undefined);
    expect(ana.home()?.text).toContain('/quorum simulate raft');
    expect(ana.home()?.buttons).toEqual(['Ask me something', 'Run a simulation', 'Everything I can do']);
    await ana.pressHome('Ask me something');
    expect((await ana.sees(has('a question')))[0]?.private).toBe(true);
    expect(bot.heard.at(-1)).toMatchObject({
      kind: 'command',
      name: 'quiz',
      place: { direct: true, channel: expect.stringMatching(/^D/) },
    });
  });

  it('shows on App Home what the bot has for it', async () => {
    chat = await bySocket(scripted({ home: { blocks: [text('your progress'), picture('three of four')] } }));
    const ana = chat.person('Ana');
    await ana.opensHome();
    await until(() => ana.home() !== undefined);
    expect(ana.home()?.text).toContain('your progress');
  });

  it('shares a picture in the thread when Slack never gets it ready for the message', async () => {
    chat = await bySocket(scripted({ run: { blocks: [text('it ran'), picture('the whole story')] } }));
    chat.server.world.processing = 60_000;
    const ana = chat.person('Ana');
    await ana.command('/run');
    const shared = (s: readonly Seen[]) => s.some((m) => m.images.length > 0);
    for (let tries = 0; tries < 6; tries++) if (shared(await ana.sees(shared))) break;
    const seen = await ana.sees(() => true);
    const message = seen.find((m) => m.text.includes('it ran'));
    expect(message?.text).toContain('the whole story');
    expect(seen.find((m) => m.images.length > 0)).toMatchObject({
      thread: message?.id,
      images: [{ alt: 'the whole story' }],
    });
  }, 60_000);

  it('finds its marked message among many, also after it was changed', async () => {
    chat = await bySocket(scripted({}));
    const place = { platform: 'slack' as const, space: 'T0QUORUM01', channel: 'C0STUDY0001' };
    const posted = await chat.adapter.post(place, { blocks: [text('question')], marker: 'daily-1' });
    for (let i = 0; i < 450; i++)
      chat.server.world.add({
        channel: place.channel,
        user: 'U0SOMEBODY',
        byBot: false,
        text: `chatter ${i}`,
        blocks: [],
      });
    await chat.adapter.edit(posted, { blocks: [text('closed')] });
    expect(await chat.adapter.find(place, 'daily-1')).toEqual(posted);
    const ana = chat.person('Ana').user;
    const person = { platform: 'slack' as const, space: place.space, id: ana.id, name: 'Ana' };
    expect((await chat.adapter.direct(person, { blocks: [text('psst')] }))?.place.direct).toBe(true);
    expect(
      await chat.adapter.direct({ ...person, id: 'U0NOBODY01' }, { blocks: [text('psst')] }),
    ).toBeUndefined();
  });

  it('rings nobody with hostile words, and loses none', async () => {
    const hostile =
      '<!channel> <@U0FOUNDER1> @here <https://evil.example|bank> &lt;!here&gt; ``` *_~ [x](javascript:alert(1)) \u202e';
    chat = await bySocket(
      scripted({
        say: {
          blocks: [
            text(hostile),
            heading(hostile),
            code(`${hostile}\n\`\`\`\n<!everyone>`),
            aside(hostile),
            buttons({ action: 'x', label: hostile }),
          ],
        },
      }),
    );
    const ana = chat.person('Ana');
    await ana.command('/say');
    const [message] = await ana.sees((s) => s.length > 0);
    expect(message?.text).not.toContain('MENTION');
    for (const word of ['<!channel>', '<@U0FOUNDER1>', '&lt;!here&gt;', '<!everyone>'])
      expect(message?.text).toContain(word);
    const raw = JSON.stringify(chat.server.world.messages.at(-1)?.blocks);
    expect(raw.match(/"type":"mrkdwn","text":"[^"]*<[!@#]/)).toBeNull();
  });

  it.each([
    ['SLACK_BOT_TOKEN', { botToken: 'xoxb-wrong' }],
    ['SLACK_APP_TOKEN', { appToken: 'xapp-wrong' }],
  ])('names %s when Slack refuses it', async (name, wrong) => {
    const server = await SlackServer.start(scopes);
    const options = {
      bot: echoBot(),
      log: quiet,
      botToken: BOT_TOKEN,
      appToken: APP_TOKEN,
      apiUrl: server.apiUrl,
    };
    await expect(startSlack({ ...options, ...wrong })).rejects.toThrow(
      new RegExp(`^${name} was refused by Slack \\(invalid_auth\\)`),
    );
    await server.close();
  });

  it('has a manifest Slack accepts, which asks for what is used', () => {
    const ajv = new Ajv({ strict: false });
    addFormats.default(ajv);
    const validate = ajv.compile(manifestSchema);
    expect(validate(manifest), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...manifest, settings: { ...manifest.settings, bad_param: true } })).toBe(false);
    expect(scopes).toEqual(Object.keys(SCOPES));
    expect(manifest.settings.event_subscriptions.bot_events).toEqual(EVENTS);
  });
});

describe('Slack over HTTP', () => {
  const body = JSON.stringify({ type: 'url_verification', token: 't', challenge: '3eZbrw1aB' });
  const ask = (
    server: SlackServer,
    headers: Record<string, string>,
    content = body,
    type = 'application/json',
  ) =>
    fetch(server.endpoint!, { method: 'POST', headers: { 'content-type': type, ...headers }, body: content });
  const secondsAgo = (s: number) => Math.floor(Date.now() / 1000) - s;

  it('listens to Slack alone', async () => {
    chat = await byHttp(echoBot());
    const { server } = chat;
    expect(await (await ask(server, server.sign(body))).text()).toBe('3eZbrw1aB');
    const refused: Readonly<Record<string, Record<string, string>>> = {
      unsigned: {},
      'another secret': server.sign(body, secondsAgo(0), 'guessed'),
      'another body': server.sign(`${body} `),
      'six minutes old': server.sign(body, secondsAgo(360)),
      'six minutes ahead': server.sign(body, secondsAgo(-360)),
      'no time': { 'x-slack-signature': server.sign(body)['x-slack-signature']! },
      'another version': {
        ...server.sign(body),
        'x-slack-signature': server.sign(body)['x-slack-signature']!.replace('v0', 'v1'),
      },
    };
    for (const [why, headers] of Object.entries(refused))
      expect((await ask(server, headers)).status, why).toBe(401);
    const check = 'token=t&ssl_check=1';
    expect((await ask(server, server.sign(check), check, 'application/x-www-form-urlencoded')).status).toBe(
      200,
    );
    expect((await ask(server, server.sign('{'), '{')).status).toBe(400);
    const huge = 'x'.repeat(1_100_000);
    expect((await ask(server, server.sign(huge), huge)).status).toBe(413);
    expect((await fetch(server.endpoint!.replace('events', 'other'))).status).toBe(404);
    expect((await fetch(server.endpoint!)).status).toBe(405);
  });
});
