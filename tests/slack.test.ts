import { serve } from '@hono/node-server';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { Hono } from 'hono';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type SlackOptions, startSlack } from '../adapters/slack/index.ts';
import { EVENTS, SCOPES } from '../adapters/slack/register.ts';
import type { Bot, Log } from '../src/chat.ts';
import { adapterContract, echoBot } from './contracts/adapter.ts';
import { slackChat, type SlackChat } from './support/slack/driver.ts';
import manifestSchema from './support/slack/manifest.schema.json' with { type: 'json' };
import { APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, SlackServer } from './support/slack/server.ts';

const manifest = parse(readFileSync(new URL('../adapters/slack/manifest.yaml', import.meta.url), 'utf8'));
const scopes: readonly string[] = manifest.oauth_config.scopes.bot;

const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const log: Log = process.env.SLACK_TEST_LOG
  ? { ...quiet, warn: (d, m) => console.log('warn', m, d), error: (d, m) => console.log('error', m, d) }
  : quiet;

const ways = { 'Socket Mode': bySocket, HTTP: byHttp } as const;

async function bySocket(bot: Bot, options: Partial<SlackOptions> = {}): Promise<SlackChat> {
  const server = await SlackServer.start(scopes);
  const adapter = await startSlack({
    bot,
    log,
    botToken: BOT_TOKEN,
    appToken: APP_TOKEN,
    apiUrl: server.apiUrl,
    secondSocketAfter: 0,
    ...options,
  });
  return slackChat(server, adapter, async () => {});
}

async function byHttp(bot: Bot, options: Partial<SlackOptions> = {}): Promise<SlackChat> {
  const server = await SlackServer.start(scopes);
  const adapter = await startSlack({
    bot,
    log,
    botToken: BOT_TOKEN,
    signingSecret: SIGNING_SECRET,
    apiUrl: server.apiUrl,
    ...options,
  });
  const page = new Hono();
  page.use(async (c, next) => (await adapter.handle?.(c.req.raw)) ?? next());
  const port = await new Promise<number>((done) => {
    const http = serve({ fetch: page.fetch, port: 0, hostname: '127.0.0.1' }, (at) => done(at.port));
    closeHttp = () => new Promise((closed) => http.close(() => closed()));
  });
  const close = closeHttp;
  server.endpoint = `http://127.0.0.1:${port}/slack/events`;
  return slackChat(server, adapter, () => close());
}
let closeHttp = async () => {};

for (const [name, start] of Object.entries(ways)) adapterContract({ name: `Slack, ${name}`, start });
