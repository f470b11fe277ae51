import { startDiscord } from '../../../adapters/discord/index.ts';
import type { Bot, CommandSpec, Incoming, Log, Plan, Reply } from '../../../src/chat.ts';
import { reply, text } from '../../../src/chat.ts';
import type { Seen } from '../../contracts/adapter.ts';
import { type DiscordServer, startDiscordServer } from './index.ts';

/** What tests of the Discord adapter share: a bot that does as told, connected to a Discord of its own. */

/** A log that can be read afterwards. */
export function listen(): { log: Log; lines: string[] } {
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
export const COMMANDS: readonly CommandSpec[] = [
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

export interface Script {
  readonly commands?: readonly CommandSpec[];
  readonly plan?: (incoming: Incoming) => Plan;
  readonly handle?: (incoming: Incoming) => Promise<Reply | undefined> | Reply | undefined;
  readonly complete?: Bot['complete'];
}

/** A bot that does as told, once for each event. */
export function scripted({
  commands = COMMANDS,
  plan,
  handle,
  complete,
}: Script = {}): Bot & { heard: Incoming[] } {
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

export const open: { close(): Promise<void> }[] = [];
/** For `afterEach`: closes what a test has opened, last first. */
export async function closeAll(): Promise<void> {
  while (open.length > 0) await open.pop()!.close();
}

export async function setUp(script: Script = {}, options: Parameters<typeof startDiscordServer>[0] = {}) {
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

export const says = (words: string) => (seen: readonly Seen[]) => seen.some((m) => m.text.includes(words));
export const withWords = (seen: readonly Seen[], words: string) => seen.filter((m) => m.text.includes(words));
export const still = () => new Promise((r) => setTimeout(r, 120));
export const here = (server: DiscordServer) =>
  ({ platform: 'discord', space: server.guildId, channel: server.channelId }) as const;
