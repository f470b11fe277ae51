import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startDiscord } from '../adapters/discord/index.ts';
import type { Log } from '../src/chat.ts';
import { adapterContract } from './contracts/adapter.ts';
import { startDiscordServer } from './support/discord/index.ts';

const quiet: Log = { debug() {}, info() {}, warn: console.log, error: console.log };

adapterContract({
  name: 'discord',
  async start(bot) {
    const server = await startDiscordServer();
    const { apiUrl, token, guildId } = server;
    const adapter = await startDiscord({ bot, log: quiet, token, apiUrl, guildId });
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
