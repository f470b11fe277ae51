import {
  type APIApplicationCommandInteractionDataOption,
  type APIAttachment,
  type APIInteraction,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ChannelType,
  ComponentType,
  type GatewayMessageCreateDispatchData,
  InteractionType,
  MessageType,
  type ModalSubmitComponent,
  PermissionFlagsBits,
} from 'discord.js';
import type { Completion, Incoming, Person, Place } from '../../src/chat.ts';
import { readCustomId, SEVERAL } from './encode.ts';

/** A direct message belongs to no server. */
export const DIRECT = 'dm';

export type Heard = Exclude<APIInteraction, { type: InteractionType.Ping }>;

export interface Decoded {
  readonly incoming: Incoming;
  /** files to fetch before the command is handled, by option name */
  readonly files: Readonly<Record<string, APIAttachment>>;
}

const THREADS: readonly ChannelType[] = [
  ChannelType.AnnouncementThread,
  ChannelType.PublicThread,
  ChannelType.PrivateThread,
];

/** Undefined for what is neither a command, a component nor a form. */
export function decodeInteraction(raw: Heard): Decoded | undefined {
  const base = { id: raw.id, place: placeOf(raw), person: personOf(raw), locale: raw.locale };
  switch (raw.type) {
    case InteractionType.ApplicationCommand: {
      if (raw.data.type !== ApplicationCommandType.ChatInput) return undefined;
      const { sub, given } = unfold(raw.data.options);
      const files: Record<string, APIAttachment> = {};
      const options: Record<string, string | number | boolean> = {};
      for (const o of given) {
        if (o.type === ApplicationCommandOptionType.Attachment) {
          const file = raw.data.resolved?.attachments?.[o.value];
          if (file) files[o.name] = file;
        } else if ('value' in o) options[o.name] = o.value;
      }
      return { incoming: { ...base, kind: 'command', name: raw.data.name, sub, options }, files };
    }
    case InteractionType.MessageComponent: {
      const { action } = readCustomId(raw.data.custom_id);
      const message = raw.message.id;
      return raw.data.component_type === ComponentType.Button
        ? { incoming: { ...base, kind: 'press', action, message }, files: {} }
        : { incoming: { ...base, kind: 'choose', action, values: raw.data.values, message }, files: {} };
    }
    case InteractionType.ModalSubmit: {
      const fields: Record<string, string | readonly string[]> = {};
      for (const row of raw.data.components) {
        const parts = 'component' in row ? [row.component] : 'components' in row ? row.components : [];
        for (const c of parts) Object.assign(fields, fieldOf(c));
      }
      const { action } = readCustomId(raw.data.custom_id);
      return { incoming: { ...base, kind: 'submit', action, fields, message: raw.message?.id }, files: {} };
    }
    default:
      return undefined;
  }
}

function fieldOf(c: ModalSubmitComponent): Record<string, string | readonly string[]> {
  if ('values' in c)
    return c.custom_id.endsWith(SEVERAL)
      ? { [c.custom_id.slice(0, -SEVERAL.length)]: c.values }
      : { [c.custom_id]: c.values[0] ?? '' };
  return { [c.custom_id]: String(c.value ?? '') };
}

/** What is being typed into which option; `numeric` where Discord wants a number back. */
export function decodeCompletion(raw: Heard): { request: Completion; numeric: boolean } | undefined {
  if (raw.type !== InteractionType.ApplicationCommandAutocomplete) return undefined;
  const { sub, given } = unfold(raw.data.options);
  const focused = given.find((o) => 'focused' in o && o.focused);
  if (!focused || !('value' in focused)) return undefined;
  const numeric =
    focused.type === ApplicationCommandOptionType.Integer ||
    focused.type === ApplicationCommandOptionType.Number;
  return {
    request: {
      name: raw.data.name,
      sub,
      option: focused.name,
      typed: String(focused.value ?? ''),
      person: personOf(raw),
      place: placeOf(raw),
    },
    numeric,
  };
}

type Given = APIApplicationCommandInteractionDataOption<
  InteractionType.ApplicationCommand | InteractionType.ApplicationCommandAutocomplete
>;

function unfold(options: readonly Given[] = []): { sub?: string; given: readonly Given[] } {
  const first = options[0];
  return first?.type === ApplicationCommandOptionType.Subcommand
    ? { sub: first.name, given: first.options ?? [] }
    : { given: options };
}

function placeOf(raw: Heard): Place {
  const channel = raw.channel;
  const id = channel?.id ?? raw.channel_id ?? '';
  const inThread = channel !== undefined && THREADS.includes(channel.type);
  const parent = inThread && 'parent_id' in channel ? channel.parent_id : undefined;
  return {
    platform: 'discord',
    space: raw.guild_id ?? DIRECT,
    channel: parent ?? id,
    ...(inThread ? { thread: id } : {}),
    ...(raw.guild_id ? {} : { direct: true }),
  };
}

function personOf(raw: Heard): Person {
  const user = raw.member?.user ?? raw.user!;
  return {
    platform: 'discord',
    space: raw.guild_id ?? DIRECT,
    id: user.id,
    name: raw.member?.nick ?? user.global_name ?? user.username,
    manages: raw.member ? manages(BigInt(raw.member.permissions)) : true,
  };
}

/** Manage Server or Manage Channels; in a direct message everybody is at home. */
export function manages(permissions: bigint): boolean {
  const { Administrator, ManageGuild, ManageChannels } = PermissionFlagsBits;
  return (permissions & (Administrator | ManageGuild | ManageChannels)) !== 0n;
}

/** What the client knows of a server and the message itself does not say. */
export interface Surroundings {
  /** the bot's own user id */
  readonly me: string;
  /** the channel a thread hangs on; undefined where the message does not stand in a thread */
  parent(channel: string): Promise<string | undefined>;
  manages(guild: string, person: string, roles: readonly string[]): boolean;
}

/**
 * A message that mentions the bot, or any direct message; undefined for all others. Without the privileged Message
 * Content intent Discord sends the words of exactly these:
 * https://docs.discord.com/developers/events/gateway#message-content-intent
 */
export async function decodeMessage(
  raw: GatewayMessageCreateDispatchData,
  around: Surroundings,
): Promise<Incoming | undefined> {
  if (raw.author.bot || raw.webhook_id) return undefined;
  if (raw.type !== MessageType.Default && raw.type !== MessageType.Reply) return undefined;
  const guild = raw.guild_id;
  if (guild && !raw.mentions.some((u) => u.id === around.me)) return undefined;
  const words = raw.content.replace(new RegExp(`<@!?${around.me}>`, 'g'), ' ').trim();
  const parent = guild ? await around.parent(raw.channel_id) : undefined;
  return {
    id: raw.id,
    kind: 'say',
    text: words.replace(/[ \t]{2,}/g, ' '),
    place: {
      platform: 'discord',
      space: guild ?? DIRECT,
      channel: parent ?? raw.channel_id,
      ...(parent ? { thread: raw.channel_id } : {}),
      ...(guild ? {} : { direct: true }),
    },
    person: {
      platform: 'discord',
      space: guild ?? DIRECT,
      id: raw.author.id,
      name: raw.member?.nick ?? raw.author.global_name ?? raw.author.username,
      manages: guild ? around.manages(guild, raw.author.id, raw.member?.roles ?? []) : true,
    },
  };
}
