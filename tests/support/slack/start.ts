import { readFileSync } from 'node:fs';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { parse } from 'yaml';
import { EVENTS_PATH, startSlack } from '../../../adapters/slack/index.ts';
import type { Bot, Log } from '../../../src/chat.ts';
import { type SlackChat, slackChat } from './driver.ts';
import { APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, SlackServer } from './server.ts';

/** The adapter against a local Slack whose token is allowed what the manifest asks for, and no more. */

export const manifest = parse(
  readFileSync(new URL('../../../adapters/slack/manifest.yaml', import.meta.url), 'utf8'),
);
export const scopes: readonly string[] = manifest.oauth_config.scopes.bot;

export const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export async function bySocket(bot: Bot, log = quiet): Promise<SlackChat> {
  const server = await SlackServer.start(scopes);
  const adapter = await startSlack({
    bot,
    log,
    botToken: BOT_TOKEN,
    appToken: APP_TOKEN,
    apiUrl: server.apiUrl,
    secondSocketAfter: 0,
  });
  return slackChat(server, adapter, async () => {});
}

/** Mounted on a hono server, as on the page's. */
export async function byHttp(bot: Bot, log = quiet): Promise<SlackChat> {
  const server = await SlackServer.start(scopes);
  const adapter = await startSlack({
    bot,
    log,
    botToken: BOT_TOKEN,
    signingSecret: SIGNING_SECRET,
    apiUrl: server.apiUrl,
  });
  const page = new Hono();
  page.use(async (c, next) => (await adapter.handle?.(c.req.raw)) ?? next());
  let close = async () => {};
  const port = await new Promise<number>((done) => {
    const http = serve({ fetch: page.fetch, port: 0, hostname: '127.0.0.1' }, (at) => done(at.port));
    close = () => new Promise((closed) => http.close(() => closed()));
  });
  server.endpoint = `http://127.0.0.1:${port}${EVENTS_PATH}`;
  return slackChat(server, adapter, () => close());
}
