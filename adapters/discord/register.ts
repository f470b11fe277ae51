import {
  type APIApplicationCommandBasicOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  ChannelType,
  InteractionContextType,
  type REST,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
  Routes,
} from 'discord.js';
import type { CommandSpec, Log, OptionSpec } from '../../src/chat.ts';
import { LIMITS } from './limits.ts';
import { shorten } from './text.ts';

type CommandBody = RESTPostAPIChatInputApplicationCommandsJSONBody;

const TYPES = {
  string: ApplicationCommandOptionType.String,
  integer: ApplicationCommandOptionType.Integer,
  number: ApplicationCommandOptionType.Number,
  boolean: ApplicationCommandOptionType.Boolean,
  file: ApplicationCommandOptionType.Attachment,
  channel: ApplicationCommandOptionType.Channel,
  member: ApplicationCommandOptionType.User,
} as const satisfies Record<OptionSpec['type'], ApplicationCommandOptionType>;

/** A command as Discord registers it. Contexts belong to global commands only; in a guild they are refused. */
export function encodeCommand(spec: CommandSpec, guild: boolean): CommandBody {
  return {
    type: ApplicationCommandType.ChatInput,
    name: spec.name,
    description: shorten(spec.summary, LIMITS.commandSummary),
    options: spec.verbs?.length
      ? spec.verbs.map((v) => ({
          type: ApplicationCommandOptionType.Subcommand as const,
          name: v.name,
          description: shorten(v.summary, LIMITS.commandSummary),
          options: optionsOf(v.options),
        }))
      : optionsOf(spec.options),
    ...(guild
      ? {}
      : {
          contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
          integration_types: [ApplicationIntegrationType.GuildInstall],
        }),
  };
}

/** Discord wants the required options first; beyond that the order stays. */
function optionsOf(options: readonly OptionSpec[]): APIApplicationCommandBasicOption[] {
  return [...options].sort((a, b) => Number(b.required) - Number(a.required)).map(optionOf);
}

function optionOf(o: OptionSpec): APIApplicationCommandBasicOption {
  const numeric = o.type === 'integer' || o.type === 'number';
  const body = {
    type: TYPES[o.type],
    name: o.name,
    description: shorten(o.summary || o.name, LIMITS.commandSummary),
    required: o.required,
    choices: o.choices?.slice(0, LIMITS.choices).map((c) => ({ name: c, value: numeric ? Number(c) : c })),
    // a list and completion exclude each other
    autocomplete: o.completes && !o.choices && (numeric || o.type === 'string') ? true : undefined,
    min_value: numeric ? o.min : undefined,
    max_value: numeric ? o.max : undefined,
    min_length: o.type === 'string' ? o.min : undefined,
    max_length: o.type === 'string' ? o.max : undefined,
    channel_types: o.type === 'channel' ? [ChannelType.GuildText, ChannelType.GuildAnnouncement] : undefined,
  };
  return body as APIApplicationCommandBasicOption;
}

/**
 * Registers by difference: what is there is fetched and compared, and only a difference is written, all at once. A
 * bulk overwrite keeps the ids of commands whose names stay, and with them what server owners have set for them.
 * https://docs.discord.com/developers/interactions/application-commands#bulk-overwrite-global-application-commands
 *
 * @returns whether anything was written
 * @throws DiscordAPIError, HTTPError where Discord refuses
 */
export async function registerCommands(
  rest: REST,
  application: string,
  guild: string | undefined,
  specs: readonly CommandSpec[],
  log: Log,
): Promise<boolean> {
  const route = guild
    ? Routes.applicationGuildCommands(application, guild)
    : Routes.applicationCommands(application);
  const wanted = specs.map((s) => encodeCommand(s, guild !== undefined));
  const there = (await rest.get(route)) as readonly Record<string, unknown>[];
  const scope = guild ? `server ${guild}` : 'all servers';
  if (comparable(there, guild) === comparable(wanted, guild)) {
    log.info({ commands: wanted.length, scope }, 'Discord commands are up to date');
    return false;
  }
  await rest.put(route, { body: wanted });
  log.info({ commands: wanted.length, scope }, 'Discord commands registered');
  return true;
}

/** Only what we write, in a fixed order, defaults left out: Discord adds ids, versions, contexts and nulls of its own. */
function comparable(commands: readonly object[], guild: string | undefined): string {
  const ours = (key: string) => KEYS.has(key) && !(guild && GLOBAL_ONLY.has(key));
  const keep = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(keep);
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value)
      .filter(([key, v]) => ours(key) && v !== undefined && v !== null && v !== false && !isEmpty(v))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, v]) => [key, SETS.has(key) ? [...(v as number[])].sort() : keep(v)]);
    return Object.fromEntries(entries);
  };
  const named = commands as readonly { name: string }[];
  return JSON.stringify([...named].sort((a, b) => (a.name < b.name ? -1 : 1)).map(keep));
}

const isEmpty = (v: unknown) => Array.isArray(v) && v.length === 0;
const GLOBAL_ONLY = new Set(['contexts', 'integration_types']);
const SETS = new Set([...GLOBAL_ONLY, 'channel_types']);
const KEYS = new Set([
  ...['type', 'name', 'description', 'options', 'required', 'choices', 'value', 'autocomplete'],
  ...['min_value', 'max_value', 'min_length', 'max_length', ...SETS],
]);
