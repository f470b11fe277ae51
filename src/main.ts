import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import pino from 'pino';
import { collectDefaultMetrics, register } from 'prom-client';
import { fileHistory } from '../adapters/page/history.ts';
import { startPage } from '../adapters/page/index.ts';
import type { SlackAdapter } from '../adapters/slack/index.ts';
import { createBot } from './bot.ts';
import type { Adapter, Platform } from './chat.ts';
import { createClock } from './clock.ts';
import type { Command, Tools } from './commands/command.ts';
import { type Config, ConfigError, readConfig, readShards } from './config.ts';
import { lessonPages, loadFolder, loadSimulations, projectRoot } from './content.ts';
import { createDraw } from './draw/pool.ts';
import { createGenerators, createLearning, loadBank } from './learn/index.ts';
import { openStore } from './store/index.ts';

/** config -> store -> bot -> adapters -> clock; nothing else. */
try {
  const config = readConfig(process.env);
  const shards = readShards(config.DISCORD_SHARDS);
  await start(config, shards);
} catch (error) {
  // What stops the start is told in one line: an adapter's words are for who starts the bot, too.
  process.stderr.write(`${(error as Error).message.split('\n')[0]}\n`);
  if (process.env.LOG_LEVEL === 'debug') process.stderr.write(`${(error as Error).stack}\n`);
  process.exit(2);
}

async function start(config: Config, shards: ReturnType<typeof readShards>): Promise<void> {
  const log = pino({ level: config.LOG_LEVEL });
  const now = () => Date.now();
  const adapters = new Map<Platform, Adapter>();

  const store = await openStore(config.DATABASE_URL).catch((error: Error) => {
    throw new ConfigError(`DATABASE_URL: ${error.message.split('\n')[0]}`);
  });
  // Fonts are set up before any worker starts or text is drawn.
  const draw = await createDraw();
  const [sims, found] = await Promise.all([
    loadSimulations(),
    loadFolder<Command>('src/commands', ['command', 'grammar']),
  ]);
  const bank = await loadBank(join(projectRoot, 'questions'));
  for (const problem of bank.problems) log.warn({ problem }, 'a question was left out');
  const tools: Tools = {
    store,
    sims,
    draw,
    lessons: lessonPages,
    learning: createLearning({
      store,
      bank,
      generators: createGenerators(sims, draw.generated),
      failed: (err) => log.warn({ err }, 'a memory could not be trained; the one before stays in use'),
    }),
    now,
    random: Math.random,
    outbox: (platform) => adapters.get(platform),
  };
  const bot = createBot([...found.values()], tools, log);

  let slack: SlackAdapter | undefined;
  collectDefaultMetrics();
  const data = dataFolder(config.DATABASE_URL);
  const page = await startPage({
    bot,
    log,
    now,
    host: config.HOST,
    port: config.PORT,
    token: config.WEB_TOKEN,
    secret: pageSecret(data),
    keep: fileHistory(join(data, 'page.db')),
    metrics: () => register.metrics(),
    health: () => Object.fromEntries([...adapters].map(([name, adapter]) => [name, adapter.ready()])),
    // Slack connects after the page: until it has, its requests are not found and Slack sends them again.
    extra: (request) => slack?.handle?.(request),
  });
  adapters.set('page', page);

  log.info({ page: page.url, scenarios: sims.ids.length }, `ready at ${page.url}`);

  // A platform that is not asked for is not loaded: the page is up sooner.
  const connecting: Promise<void>[] = [];
  if (config.SLACK_BOT_TOKEN)
    connecting.push(
      (await import('../adapters/slack/index.ts'))
        .startSlack({
          bot,
          log,
          now,
          botToken: config.SLACK_BOT_TOKEN,
          appToken: config.SLACK_APP_TOKEN,
          signingSecret: config.SLACK_SIGNING_SECRET,
          apiUrl: config.SLACK_API_URL,
        })
        .then((adapter) => {
          slack = adapter;
          adapters.set('slack', adapter);
        }),
    );
  if (config.DISCORD_TOKEN)
    connecting.push(
      (await import('../adapters/discord/index.ts'))
        .startDiscord({
          bot,
          log,
          now,
          token: config.DISCORD_TOKEN,
          apiUrl: config.DISCORD_API_URL,
          guildId: config.DISCORD_GUILD_ID,
          shards,
        })
        .then((adapter) => void adapters.set('discord', adapter)),
    );
  await Promise.all(connecting);
  if (connecting.length > 0) log.info({ platforms: [...adapters.keys()] }, 'connected');

  const clock = createClock({ ...tools, log, platforms: () => [...adapters.keys()] });
  clock.start();

  let stopping = false;
  const stop = async () => {
    if (stopping) process.exit(1);
    stopping = true;
    await clock.stop();
    for (const adapter of adapters.values())
      await adapter.close().catch((err) => log.warn({ err }, 'closing'));
    await draw.close();
    await store.close();
    process.exit(0);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

function dataFolder(url: string): string {
  const folder = url.startsWith('file:') ? dirname(resolve(url.slice('file:'.length))) : resolve('data');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Signs the page's cookies; kept, so that nobody is a stranger after a restart. */
function pageSecret(folder: string): string {
  const file = join(folder, 'page-secret');
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  return readFileSync(file, 'utf8').trim();
}
