import {
  type APIInteraction,
  Client,
  DiscordAPIError,
  Events,
  GatewayDispatchEvents,
  GatewayIntentBits,
  type GatewayMessageCreateDispatchData,
  Options,
  REST,
  Status,
} from 'discord.js';
import type { Adapter, Bot, Log } from '../../src/chat.ts';
import { createAnswers, isInteraction } from './answer.ts';
import { createApi, isCode, why } from './api.ts';
import { manages, type Surroundings } from './decode.ts';
import { CODES } from './limits.ts';
import { createOutbox } from './outbox.ts';
import { registerCommands } from './register.ts';

export interface DiscordOptions {
  readonly bot: Bot;
  readonly log: Log;
  readonly token: string;
  /** REST base ending in `/api`; Discord's own where not given. The gateway's address comes from there. */
  readonly apiUrl?: string;
  /** commands are registered in this server only, else everywhere */
  readonly guildId?: string;
  readonly shards?: 'auto' | { readonly ids: readonly number[]; readonly total: number };
  /** epoch ms */
  readonly now?: () => number;
}

/** Answers under way get this long to be shown before the connection closes, ms. */
const GRACE_MS = 5_000;

/**
 * Connects to Discord and answers there until closed. The client reconnects and resumes by itself.
 *
 * @throws Error in one line that names the setting at fault: the token, the server, the address
 */
export async function startDiscord(options: DiscordOptions): Promise<Adapter> {
  const { bot, log, token, guildId, shards } = options;
  const rest = options.apiUrl ? { api: options.apiUrl } : {};
  const client: Client = new Client({
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages],
    rest,
    shards: shards === undefined || shards === 'auto' ? shards : [...shards.ids],
    ...(typeof shards === 'object' ? { shardCount: shards.total } : {}),
    // events are read as they come from the wire: of the caches only servers, channels and ourselves are used
    makeCache: Options.cacheWithLimits({
      ...Options.DefaultMakeCacheSettings,
      MessageManager: 0,
      ReactionManager: 0,
      GuildMemberManager: { maxSize: 0, keepOverLimit: (m) => m.id === client.user?.id },
      UserManager: { maxSize: 0, keepOverLimit: (u) => u.id === client.user?.id },
    }),
  });
  const once = new REST({ ...rest, version: '10', retries: 0 });
  const api = createApi(client.rest, once, () => client.application!.id);
  const outbox = createOutbox(client, api, log);
  const answers = createAnswers(bot, api, outbox, log, options.now ?? Date.now);

  const pending = new Set<Promise<void>>();
  let closing = false;
  const track = (work: Promise<void>) => {
    pending.add(work);
    void work.finally(() => pending.delete(work));
  };
  client.ws.on(GatewayDispatchEvents.InteractionCreate, (raw: APIInteraction) => {
    if (!closing && isInteraction(raw)) track(answers.interaction(raw));
  });
  client.ws.on(GatewayDispatchEvents.MessageCreate, (raw: GatewayMessageCreateDispatchData) => {
    if (!closing && client.user) track(answers.message(raw, surroundings(client)));
  });
  logConnection(client, log);

  const close = async () => {
    closing = true;
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise((done) => {
      timer = setTimeout(done, GRACE_MS);
    });
    await Promise.race([Promise.allSettled(pending), grace]);
    clearTimeout(timer);
    once.clearHashSweeper();
    once.clearHandlerSweeper();
    await client.destroy();
  };

  try {
    await connect(client, token, options.apiUrl);
    await register(client, options, log);
  } catch (error) {
    await close();
    throw error;
  }
  log.info({ guilds: client.guilds.cache.size, guildId }, 'Discord is connected');
  return {
    ...outbox,
    ready: () => client.isReady() && client.ws.shards.every((s) => s.status === Status.Ready),
    close,
  };
}

async function connect(client: Client, token: string, apiUrl: string | undefined): Promise<void> {
  const ready = new Promise<void>((resolve, reject) => {
    client.once(Events.ClientReady, () => resolve());
    client.once(Events.ShardDisconnect, ({ code }) => reject(refused(code)));
  });
  ready.catch(() => undefined);
  try {
    await Promise.race([client.login(token), ready]);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'TokenInvalid') throw refused(4004);
    if (error instanceof DiscordAPIError || code === undefined) throw error;
    throw new Error(`Discord cannot be reached at ${apiUrl ?? 'discord.com'} (${code}).`);
  }
  await ready;
}

/** https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes */
function refused(code: number): Error {
  if (code === 4004)
    return new Error(
      'DISCORD_TOKEN is not accepted by Discord. Copy it again from your application, page “Bot”, “Reset Token”.',
    );
  if (code === 4010 || code === 4011)
    return new Error('DISCORD_SHARDS is not accepted by Discord: give `auto`, or shards such as `0-3/16`.');
  return new Error(`Discord closed the connection for good (code ${code}).`);
}

async function register(client: Client, { bot, guildId }: DiscordOptions, log: Log): Promise<void> {
  try {
    await registerCommands(client.rest, client.application!.id, guildId, bot.commands, log);
  } catch (error) {
    if (
      guildId &&
      error instanceof DiscordAPIError &&
      (isCode(error, CODES.missingAccess) || error.status === 404)
    )
      throw new Error(
        `DISCORD_GUILD_ID ${guildId}: the bot is not in that server, or was invited without the scope applications.commands.`,
      );
    // what was registered before still works, so this is no reason not to serve
    log.error(why(error), 'Discord commands could not be registered');
  }
}

function surroundings(client: Client): Surroundings {
  return {
    me: client.user!.id,
    async parent(id) {
      const channel = client.channels.cache.get(id) ?? (await client.channels.fetch(id).catch(() => null));
      return channel?.isThread() ? (channel.parentId ?? undefined) : undefined;
    },
    manages(guildId, person, roles) {
      const guild = client.guilds.cache.get(guildId);
      if (!guild) return false;
      const bits = [guildId, ...roles].map((r) => guild.roles.cache.get(r)?.permissions.bitfield ?? 0n);
      return guild.ownerId === person || bits.some(manages);
    },
  };
}

function logConnection(client: Client, log: Log): void {
  client.on(Events.ShardReady, (shard) => log.info({ shard }, 'Discord shard is ready'));
  client.on(Events.ShardReconnecting, (shard) =>
    log.info({ shard }, 'Discord connection lost, reconnecting'),
  );
  client.on(Events.ShardResume, (shard, replayed) =>
    log.info({ shard, replayed }, 'Discord connection resumed'),
  );
  client.on(Events.ShardError, (error, shard) =>
    log.warn({ shard, ...why(error) }, 'Discord connection failed'),
  );
  client.on(Events.ShardDisconnect, ({ code }, shard) =>
    log.error({ shard, code, reason: refused(code).message }, 'Discord connection closed for good'),
  );
  client.on(Events.Error, (error) => log.error(why(error), 'Discord client error'));
  client.on(Events.Warn, (words) => log.warn({ reason: words }, 'Discord client warning'));
  client.rest.on('rateLimited', ({ route, method, timeToReset, global }) =>
    log.info({ route, method, waitMs: timeToReset, global }, 'Discord asks to slow down'),
  );
}
