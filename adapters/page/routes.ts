import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { secureHeaders } from 'hono/secure-headers';
import { streamSSE } from 'hono/streaming';
import type { HandedFile, Person } from '../../src/chat.ts';
import { clientEvent, completionQuery, Unacceptable } from './decode.ts';
import type { PageHistory } from './history.ts';
import type { Hub } from './hub.ts';
import type { ClientFiles, PageOptions } from './index.ts';
import * as limits from './limits.ts';
import { admit, admitted, cleanName, isLoopback, pace, rightToken, sees, signIn, whoIs } from './people.ts';
import { channelName, direct, grammar } from './register.ts';
import type { Room } from './room.ts';
import type { Ack, History, Refused, Start } from './wire.ts';

interface Parts extends Omit<PageOptions, 'now' | 'client'> {
  readonly now: () => number;
  readonly client: ClientFiles;
  readonly history: PageHistory;
  readonly hub: Hub;
  readonly room: Room;
}

type App = { Variables: { person: Person } };

/** The page's endpoints, from the outermost guard to the innermost. */
export function routes(parts: Parts): Hono<App> {
  const { bot, log, host, token, secret, now, client, history, hub, room } = parts;
  const events = pace(limits.EVENTS, now);
  const lookups = pace(limits.COMPLETIONS, now);
  const wrongTokens = pace(limits.WRONG_TOKENS, now);
  const commands = grammar(bot);
  const app = new Hono<App>();

  app.onError((error, c) => {
    if (error instanceof Unacceptable) return refuse(c, error.status, error.message, error.retry);
    log.error({ err: error, path: c.req.path }, 'the page failed to answer');
    return refuse(c, 500, 'Something went wrong on the server. Please try again.');
  });
  app.notFound((c) => refuse(c, 404, 'There is nothing here.'));

  app.get('/healthz', (c) => c.json({ ok: true, ...parts.health?.() }));
  app.use(async (c, next) => (await parts.extra?.(c.req.raw)) ?? next());
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        requireTrustedTypesFor: ["'script'"],
      },
      referrerPolicy: 'no-referrer',
      xFrameOptions: 'DENY',
      strictTransportSecurity: false,
    }),
  );
  app.use(async (c, next) => {
    // without a token, another site's name pointed at this machine (DNS rebinding) must not open the page
    const name = (c.req.header('host') ?? '').replace(/:\d+$/, '');
    if (!token && !isLoopback(name))
      throw new Unacceptable(403, `This page answers on ${host} only; set WEB_TOKEN to open it to others.`);
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD' && !sameOrigin(c))
      throw new Unacceptable(403, 'This request came from another site.');
    await next();
  });

  app.get('/assets/:name', compress(), (c) => {
    const asset = client.assets.get(c.req.param('name'));
    if (!asset) return c.notFound();
    return c.body(asset.body, 200, {
      'content-type': asset.type,
      'cache-control': 'public, max-age=31536000, immutable',
    });
  });
  app.get('/icon.svg', (c) =>
    c.body(client.icon, 200, { 'content-type': 'image/svg+xml', 'cache-control': 'public, max-age=86400' }),
  );

  if (token) {
    const enter = async (c: Context, given: string) => {
      if (rightToken(given, token)) {
        await admit(c, secret, token);
        return c.redirect('/', 303);
      }
      const wait = wrongTokens('all');
      if (wait > 0) return gate(c, client, 'Too many wrong tokens. Please wait a minute.', 429);
      return gate(c, client, 'That is not the token of this page.', 401);
    };
    app.post('/gate', bodyLimit({ maxSize: limits.BODY }), async (c) => {
      const { token: given } = await c.req.parseBody();
      return enter(c, typeof given === 'string' ? given.trim() : '');
    });
    app.use(async (c, next) => {
      if (await admitted(c, secret, token)) return next();
      const bearer = c.req.header('authorization')?.replace(/^Bearer /i, '');
      if (c.req.path === '/metrics' && bearer && rightToken(bearer, token)) return next();
      const given = c.req.query('token');
      if (c.req.path === '/' && given !== undefined) return enter(c, given);
      if (c.req.path === '/') return gate(c, client, '', 401);
      throw new Unacceptable(403, 'This page needs its token: open it anew and enter it.');
    });
  }

  app.get('/', compress(), (c) =>
    // a token in the address would stay in the browser's history
    c.req.query('token') === undefined
      ? c.html(client.page, 200, { 'cache-control': 'no-cache' })
      : c.redirect('/', 303),
  );
  app.get('/metrics', async (c) => {
    const text = await parts.metrics?.();
    return text === undefined
      ? c.notFound()
      : c.body(text, 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  });

  app.use('/api/*', async (c, next) => {
    c.header('cache-control', 'no-store');
    await next();
  });
  app.get('/api/start', compress(), async (c) => {
    const me = await whoIs(c, secret);
    return c.json({
      me: me ? { id: me.id, name: me.name } : null,
      commands,
      channels: history.channels(),
      limits: { text: limits.TEXT, name: limits.NAME, file: limits.FILE },
    } satisfies Start);
  });
  app.post('/api/join', bodyLimit({ maxSize: limits.BODY, onError: tooLarge }), async (c) => {
    const { name: typed } = await body<{ name?: unknown }>(c);
    const name = typeof typed === 'string' ? cleanName(typed) : undefined;
    if (!name)
      throw new Unacceptable(
        400,
        `Please choose a name of 1 to ${limits.NAME} characters with a letter or a digit, other than the bot's.`,
      );
    const me = await signIn(c, secret, name);
    return c.json({ id: me.id, name: me.name });
  });

  const known = async (c: Context<App>, next: () => Promise<void>) => {
    const me = await whoIs(c, secret);
    if (!me) throw new Unacceptable(403, 'Please choose a name first: reload the page.');
    c.set('person', me);
    await next();
  };
  app.use('/api/*', known);
  app.use('/images/*', known);

  app.get('/api/stream', (c) => {
    const last = c.req.header('last-event-id') ?? c.req.query('after');
    c.header('x-accel-buffering', 'no');
    return streamSSE(
      c,
      (stream) => hub.serve(stream, c.var.person.id, last),
      async (error) => log.debug({ err: error }, 'an event stream broke'),
    );
  });
  app.get('/api/history', compress(), (c) => {
    const { channel = '', thread, before } = c.req.query();
    const { id } = c.var.person;
    if (!room.knows(channel, id)) throw new Unacceptable(404, 'There is no such channel on this page.');
    const root = thread === undefined ? undefined : history.get(thread);
    if (thread !== undefined && (!root || root.channel !== channel || !sees(id, root)))
      throw new Unacceptable(404, 'That thread is no longer kept here.');
    const found = history.recent({
      channel,
      viewer: id,
      ...(thread !== undefined && { thread }),
      ...(before !== undefined && /^\d{1,15}$/.test(before) && { before: Number(before) }),
    });
    // a thread is read with the message it hangs on
    const messages = root && !found.more ? [history.withOwn(root, id), ...found.messages] : found.messages;
    return c.json({ messages, more: found.more } satisfies History);
  });
  app.get('/images/:key', (c) => {
    const image = history.images.get(c.req.param('key'));
    // the same answer for what is another's and what is not there
    if (!image || (image.owner !== undefined && image.owner !== c.var.person.id))
      throw new Unacceptable(404, 'That picture is no longer kept here.');
    const shown = image.mime.startsWith('image/');
    return c.body(Uint8Array.from(image.bytes), 200, {
      'content-type': image.mime,
      'cache-control': 'private, max-age=31536000, immutable',
      'content-disposition': `${shown ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeURIComponent(image.name)}`,
    });
  });

  const limited = async (c: Context<App>, next: () => Promise<void>) => {
    const wait = Math.ceil(events(c.var.person.id) / 1000);
    if (wait > 0)
      throw new Unacceptable(
        429,
        `That was a lot at once. Nothing is lost: it goes on in ${wait} ${wait === 1 ? 'second' : 'seconds'}.`,
        wait,
      );
    await next();
  };
  app.post(
    '/api/event',
    limited,
    bodyLimit({ maxSize: limits.FILE + limits.BODY, onError: tooLarge }),
    async (c) => {
      const { event: json, files } = await handed(c);
      const event = clientEvent.safeParse(json);
      if (!event.success)
        throw new Unacceptable(400, `This event cannot be read: ${event.error.issues[0]?.message}.`);
      const locale = /^[a-z]{2,3}(-[a-z0-9]{2,8})*/i.exec(c.req.header('accept-language') ?? '')?.[0];
      const timezone = c.req.header('x-timezone')?.slice(0, 60);
      const hints = { files, ...(locale && { locale }), ...(timezone && { timezone }) };
      const ack: Ack = room.take(event.data, c.var.person, hints);
      return c.json(ack);
    },
  );
  app.post('/api/complete', bodyLimit({ maxSize: limits.BODY, onError: tooLarge }), async (c) => {
    const query = completionQuery.safeParse(await body(c));
    if (!query.success || !room.knows(query.data.channel, c.var.person.id) || lookups(c.var.person.id) > 0)
      return c.json([]);
    const { channel, thread, ...asked } = query.data;
    const options = await bot.complete({
      ...asked,
      person: c.var.person,
      place: {
        platform: 'page',
        space: 'page',
        channel,
        ...(thread !== undefined && { thread }),
        ...(channel === direct(c.var.person.id) && { direct: true }),
      },
    });
    return c.json(options);
  });
  app.post('/api/channels', limited, bodyLimit({ maxSize: limits.BODY, onError: tooLarge }), async (c) => {
    const { name: typed } = await body<{ name?: unknown }>(c);
    const name = typeof typed === 'string' ? channelName(typed, limits.CHANNEL) : undefined;
    if (!name)
      throw new Unacceptable(
        400,
        `A channel's name is 1 to ${limits.CHANNEL} letters, digits and dashes, such as system-design.`,
      );
    const all = history.channels();
    if (!all.includes(name)) {
      if (all.length >= limits.CHANNELS)
        throw new Unacceptable(
          400,
          `This page has ${limits.CHANNELS} channels, which is as many as it takes.`,
        );
      history.addChannel(name);
      hub.send('channel', { name });
    }
    return c.json({ name });
  });
  return app;
}

function refuse(c: Context, status: Unacceptable['status'] | 500, error: string, retry?: number) {
  if (retry !== undefined) c.header('retry-after', String(retry));
  return c.json({ error, ...(retry !== undefined && { retry }) } satisfies Refused, status);
}

const tooLarge = (c: Context) =>
  refuse(c, 413, `That is too large: a file may have ${limits.FILE / 1024} KB at most.`);

/** A browser says where a request comes from; who says nothing is no browser and holds no cookie by accident. */
function sameOrigin(c: Context): boolean {
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = c.req.header('origin');
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === c.req.header('host');
}

async function body<T extends object>(c: Context): Promise<T> {
  try {
    const parsed: unknown = await c.req.json();
    if (typeof parsed === 'object' && parsed !== null) return parsed as T;
  } catch {
    // said below
  }
  throw new Unacceptable(400, 'This request cannot be read: JSON is expected.');
}

/** An event alone as JSON, or as a form with the files handed in beside it. */
async function handed(c: Context): Promise<{ event: unknown; files: Readonly<Record<string, HandedFile>> }> {
  if (!c.req.header('content-type')?.startsWith('multipart/form-data'))
    return { event: await body(c), files: {} };
  const form = await c.req.parseBody();
  const files: Record<string, HandedFile> = {};
  for (const [field, part] of Object.entries(form)) {
    const option = /^file:([a-z][\w-]{0,31})$/.exec(field)?.[1];
    if (!option || typeof part === 'string') continue;
    if (part.size > limits.FILE)
      throw new Unacceptable(413, `A file may have ${limits.FILE / 1024} KB at most; this one is larger.`);
    files[option] = { name: part.name.slice(0, 100), bytes: new Uint8Array(await part.arrayBuffer()) };
  }
  try {
    return { event: JSON.parse(String(form.event)), files };
  } catch {
    throw new Unacceptable(400, 'This request cannot be read: its `event` is not JSON.');
  }
}

function gate(c: Context, client: ClientFiles, error: string, status: 401 | 429) {
  return c.html(client.gate.replace('<!--error-->', error), status, { 'cache-control': 'no-store' });
}
