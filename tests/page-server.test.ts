import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileHistory, startPage } from '../adapters/page/index.ts';
import type { Message, OpenForm } from '../adapters/page/wire.ts';
import type { Adapter } from '../src/chat.ts';
import { echoBot } from './contracts/adapter.ts';
import { bundleClient } from './support/browser.ts';
import { quiet } from './support/page-driver.ts';

/** The page's endpoints as a program meets them, hostile ones included. */
const secret = 'a secret for tests';
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'quorum-server-'));
  await bundleClient(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Running = Adapter & { readonly url: string };
const serve = (more = {}) =>
  startPage({
    bot: echoBot(),
    log: quiet,
    host: '127.0.0.1',
    port: 0,
    secret,
    client: folder,
    ...more,
  });

/** A client that keeps its cookie. */
async function person(page: Running, name: string) {
  const joined = await fetch(`${page.url}/api/join`, { method: 'POST', body: JSON.stringify({ name }) });
  const cookie = joined.headers
    .getSetCookie()
    .map((c) => c.split(';')[0])
    .join('; ');
  let n = 0;
  const call = (at: string, init: RequestInit = {}) =>
    fetch(`${page.url}${at}`, { ...init, headers: { cookie, ...init.headers } });
  return {
    cookie,
    call,
    post: (event: object) => {
      n += 1;
      return call('/api/event', {
        method: 'POST',
        body: JSON.stringify({ id: `event-${name}-${n}`, ...event }),
      });
    },
    say: (words: string, more = {}) => ({ kind: 'write', channel: 'general', text: words, ...more }),
    async sees(words: string): Promise<Message> {
      for (let i = 0; i < 100; i++) {
        const { messages } = (await (await call('/api/history?channel=general')).json()) as {
          messages: Message[];
        };
        const found = messages.find((m) => JSON.stringify(m.blocks).includes(words));
        if (found) return found;
        await new Promise((r) => setTimeout(r, 20));
      }
      throw new Error(`nobody said ${words}`);
    },
  };
}

const reason = async (answer: Response) => ((await answer.json()) as { error: string }).error;

describe('the door', () => {
  it.each([
    ['0.0.0.0', 'WEB_TOKEN is required'],
    ['192.0.2.1', 'WEB_TOKEN is required'],
  ])('does not open on %s without a token', async (host, why) => {
    await expect(serve({ host })).rejects.toThrow(why);
  });

  it('says which port is taken', async () => {
    const page = await serve();
    const port = Number(new URL(page.url).port);
    await expect(serve({ port })).rejects.toThrow(`PORT ${port} is in use`);
    await page.close();
  });

  it('needs the token once, in the form or in the address, and slows down guessing', async () => {
    const page = await serve({ token: 'open-sesame', metrics: async () => 'up 1\n' });
    const at = (where: string, init: RequestInit = {}) =>
      fetch(`${page.url}${where}`, { redirect: 'manual', ...init });
    const enter = (token: string) => at('/gate', { method: 'POST', body: new URLSearchParams({ token }) });
    expect((await at('/')).status).toBe(401);
    expect(await (await at('/')).text()).toContain('This page’s token');
    expect((await at('/api/start')).status).toBe(403);
    expect((await at('/metrics')).status).toBe(403);
    expect((await at('/metrics', { headers: { authorization: 'Bearer open-sesame' } })).status).toBe(200);
    expect((await at('/healthz')).status).toBe(200);
    const wrong = await enter('open-barley');
    expect([wrong.status, wrong.headers.getSetCookie()]).toEqual([401, []]);
    expect(await wrong.text()).toContain('not the token');
    for (const way of [await enter('open-sesame'), await at('/?token=open-sesame')]) {
      expect([way.status, way.headers.get('location')]).toEqual([303, '/']);
      const cookie = way.headers.getSetCookie()[0]!;
      expect(cookie).toMatch(/HttpOnly; SameSite=Lax/);
      expect((await at('/', { headers: { cookie: cookie.split(';')[0]! } })).status).toBe(200);
      expect(
        (await at('/', { headers: { cookie: cookie.split(';')[0]!.replace(/.{4}$/, 'AAAA') } })).status,
      ).toBe(401);
    }
    for (let i = 0; i < 10; i++) await enter(`guess ${i}`);
    expect((await enter('another guess')).status).toBe(429);
    await page.close();
  });

  it('keeps out other sites, other names for this machine, and strangers', async () => {
    const page = await serve();
    const ana = await person(page, 'Ana');
    const post = (headers: Record<string, string>) =>
      ana.call('/api/event', {
        method: 'POST',
        headers,
        body: JSON.stringify({ id: 'event-12345', ...ana.say('hi') }),
      });
    expect((await post({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await post({ 'sec-fetch-site': 'same-site' })).status).toBe(403);
    expect((await post({ origin: 'https://evil.example' })).status).toBe(403);
    expect((await post({ origin: page.url })).status).toBe(200);
    const { request } = await import('node:http');
    const rebound = await new Promise<number | undefined>((resolve) =>
      request(`${page.url}/api/start`, { headers: { host: 'evil.example' } }, (r) =>
        resolve(r.statusCode),
      ).end(),
    );
    expect(rebound).toBe(403);
    for (const cookie of ['', ana.cookie.replace(/=./, '=g')])
      expect((await fetch(`${page.url}/api/history?channel=general`, { headers: { cookie } })).status).toBe(
        403,
      );
    const shown = await fetch(page.url);
    expect(shown.headers.get('content-security-policy')).toMatch(
      /script-src 'self';.*frame-ancestors 'none'/,
    );
    expect(shown.headers.get('x-content-type-options')).toBe('nosniff');
    await page.close();
  });

  it('hands requests of other endpoints on, before its own guards', async () => {
    const page = await serve({
      extra: (request: Request) =>
        new URL(request.url).pathname === '/slack/events'
          ? Promise.resolve(new Response('heard'))
          : undefined,
      health: () => ({ slack: true }),
      metrics: async () => 'up 1\n',
    });
    const slack = await fetch(`${page.url}/slack/events`, {
      method: 'POST',
      headers: { origin: 'https://slack.com' },
    });
    expect(await slack.text()).toBe('heard');
    expect(await (await fetch(`${page.url}/healthz`)).json()).toEqual({ ok: true, slack: true });
    expect(await (await fetch(`${page.url}/metrics`)).text()).toBe('up 1\n');
    await page.close();
  });
});

describe('what is posted', () => {
  let page: Running;
  beforeAll(async () => {
    page = await serve();
  });
  afterAll(() => page.close());

  it.each([
    ['an empty message', { text: '  ' }, 400, 'empty'],
    ['a message too long', { text: 'x'.repeat(4321) }, 400, 'at most 4000 characters; this one has 4321'],
    ['a slash alone', { text: '/' }, 400, 'A command follows the slash'],
    ['a foreign channel', { channel: '@0123456789abcdef' }, 404, 'no such channel'],
    ['an unknown channel', { channel: 'nowhere' }, 404, 'no such channel'],
    ['an unknown thread', { thread: 'no-such-thread' }, 404, 'no longer kept'],
    ['an event without sense', { kind: 'dance' }, 400, 'cannot be read'],
    ['an id that is none', { id: 'x' }, 400, 'cannot be read'],
  ])('refuses %s in words', async (_, wrong, status, why) => {
    const ana = await person(page, 'Ana');
    const answer = await ana.post(ana.say('hello', wrong));
    expect(answer.status).toBe(status);
    expect(await reason(answer)).toContain(why);
  });

  it('refuses what is not JSON, or too large', async () => {
    // a body refused half-way costs its connection: not the one the other tests use
    const own = await serve();
    const ana = await person(own, 'Ana');
    const send = (body: string) => ana.call('/api/event', { method: 'POST', body });
    expect((await send('{')).status).toBe(400);
    expect((await send('null')).status).toBe(400);
    expect((await send(`"${'x'.repeat(700_000)}"`)).status).toBe(413);
    await own.close();
  });

  it('takes only buttons, choices and forms that this person was given', async () => {
    const [ana, ben] = [await person(page, 'Ana'), await person(page, 'Ben')];
    await ana.post(ana.say('/show'));
    const shown = await ana.sees('A heading');
    const touch = { message: shown.id };
    const statuses = async (...events: object[]) =>
      Promise.all(events.map(async (e) => (await ana.post(e)).status));
    expect(
      await statuses(
        { kind: 'press', action: 'admin:everything', ...touch },
        { kind: 'press', action: 'echo:press:1', message: 'no-such-message' },
        { kind: 'choose', action: 'echo:select', values: ['forged'], ...touch },
        { kind: 'submit', action: 'echo:form', seal: 'forged', fields: {}, ...touch },
      ),
    ).toEqual([404, 404, 404, 404]);
    const { form } = (await (await ana.post({ kind: 'press', action: 'echo:form', ...touch })).json()) as {
      form: OpenForm;
    };
    const handIn = {
      kind: 'submit',
      action: 'echo:form',
      seal: form.seal,
      fields: { words: 'mine' },
      ...touch,
    };
    expect((await ben.post(handIn)).status).toBe(404);
    expect((await ana.post(handIn)).status).toBe(200);
    await ana.sees('wrote mine');
    await ana.post(ana.say('/whisper psst'));
    const secretive = await ana.sees('you said psst');
    expect((await ben.post({ kind: 'press', action: 'any', message: secretive.id })).status).toBe(404);
    expect(await reason(await ben.call(`/api/history?channel=general&thread=${secretive.id}`))).toContain(
      'no longer kept',
    );
  });

  it('slows down a flood, says for how long, and for nobody else', async () => {
    const [ana, ben] = [await person(page, 'Ana'), await person(page, 'Ben')];
    const answers = await Promise.all(Array.from({ length: 22 }, (_, i) => ana.post(ana.say(`flood ${i}`))));
    expect(answers.filter((a) => a.status === 200)).toHaveLength(20);
    const late = answers.find((a) => a.status === 429)!;
    expect(await reason(late)).toMatch(/Nothing is lost: it goes on in \d seconds?/);
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ben.post(ben.say('calm'))).status).toBe(200);
  });

  it('carries a file and the browser’s time zone to the command', async () => {
    const bot = echoBot();
    const own = await serve({ bot });
    const ana = await person(own, 'Ana');
    const form = new FormData();
    form.set('event', JSON.stringify({ id: 'event-with-file', ...ana.say('/echo this') }));
    form.set('file:file', new File(['let x = 1;'], 'answer.ts'));
    expect(
      (
        await ana.call('/api/event', {
          method: 'POST',
          body: form,
          headers: { 'x-timezone': 'Europe/Lisbon' },
        })
      ).status,
    ).toBe(200);
    await ana.sees('you said this');
    expect(bot.heard[0]?.timezone).toBe('Europe/Lisbon');
    const heard = bot.heard[0]!;
    const file = heard.kind === 'command' ? heard.files?.file : undefined;
    expect([file?.name, Buffer.from(file?.bytes ?? []).toString()]).toEqual(['answer.ts', 'let x = 1;']);
    await own.close();
  });
});

describe('the event stream', () => {
  it('goes on after the last event seen, and says when it cannot', async () => {
    const page = await serve();
    const ana = await person(page, 'Ana');
    const listen = async (last?: string) => {
      const stop = new AbortController();
      const response = await ana.call('/api/stream', {
        signal: stop.signal,
        headers: last === undefined ? {} : { 'last-event-id': last },
      });
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      let read = '';
      return {
        async until(words: string) {
          while (!read.includes(words)) {
            const { value, done } = await reader.read();
            if (done) break;
            read += value;
          }
          return read;
        },
        stop: () => stop.abort(),
      };
    };
    const first = await listen();
    const hello = await first.until('\n\n');
    expect(hello).toContain('"missed":true');
    const last = /id: (\S+)/.exec(hello)![1]!;
    first.stop();
    await ana.post(ana.say('/echo while away'));
    await ana.post(ana.say('/whisper to myself'));
    await ana.sees('you said to myself');
    const again = await listen(last);
    const missed = await again.until('you said to myself');
    expect(missed).toContain('"missed":false');
    expect(missed).toContain('you said while away');
    again.stop();
    const ben = await person(page, 'Ben');
    const other = await ben.call('/api/stream', { headers: { 'last-event-id': last } });
    const reader = other.body!.pipeThrough(new TextDecoderStream()).getReader();
    let heard = '';
    while (!heard.includes('you said while away')) heard += (await reader.read()).value ?? '';
    expect(heard).not.toContain('to myself');
    await reader.cancel();
    const stranger = await listen('0.1');
    expect(await stranger.until('\n\n')).toContain('"missed":true');
    await page.close();
  });
});

describe('history', () => {
  it('is there after a restart, and an event posted again says nothing twice', async () => {
    const file = path.join(folder, 'history.db');
    const bot = echoBot();
    const before = await serve({ bot, keep: fileHistory(file) });
    const ana = await person(before, 'Ana');
    const event = ana.say('/echo remember', { id: 'event-once-only' });
    await ana.post(event);
    await ana.sees('you said remember');
    await ana.call('/api/channels', { method: 'POST', body: JSON.stringify({ name: 'System Design!' }) });
    await before.close();
    const after = await serve({ bot, keep: fileHistory(file) });
    const call = (at: string, init: RequestInit = {}) =>
      fetch(`${after.url}${at}`, { ...init, headers: { cookie: ana.cookie } });
    expect((await call('/api/event', { method: 'POST', body: JSON.stringify(event) })).status).toBe(200);
    await new Promise((r) => setTimeout(r, 100));
    const { messages } = (await (await call('/api/history?channel=general')).json()) as {
      messages: Message[];
    };
    expect(messages.map((m) => [m.from.name, m.typed ?? ''])).toEqual([
      ['Ana', '/echo remember'],
      ['Quorum', ''],
    ]);
    expect(await (await call('/api/start')).text()).toContain('"system-design"');
    await after.close();
  });

  it('is bounded, and forgets a person', () => {
    const history = fileHistory(':memory:', { messages: 20, bytes: 1000 });
    const write = (n: number, from = 'ana', more = {}) =>
      history.append({
        channel: 'general',
        from: { id: from, name: from },
        at: n,
        blocks: [],
        typed: `m${n}`,
        ...more,
      })!;
    for (let n = 0; n < 100; n++) write(n);
    const kept = history.recent({ channel: 'general', viewer: 'ben', limit: 100 }).messages;
    expect(kept.length).toBeLessThanOrEqual(22);
    expect(kept.at(-1)?.typed).toBe('m99');
    for (let n = 0; n < 20; n++)
      history.images.put(`k${n}`, { name: 'x.png', mime: 'image/png', bytes: new Uint8Array(100), at: n });
    expect([history.images.get('k0'), history.images.get('k19')?.bytes.length]).toEqual([undefined, 100]);
    const root = write(200, 'ben');
    write(201, 'ana', { thread: root.id });
    write(202, 'ana', { thread: root.id, to: 'ana' });
    expect(history.get(root.id)?.replies?.count).toBe(1);
    expect(history.withOwn(history.get(root.id)!, 'ana').replies?.own).toBe(1);
    expect(history.about('ana').length).toBeGreaterThan(2);
    history.forget('ana');
    expect([history.about('ana'), history.get(root.id)?.replies]).toEqual([[], undefined]);
    history.close();
  });
});
