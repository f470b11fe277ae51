import { randomUUID } from 'node:crypto';
import { type APIMessage, type Client, DiscordAPIError, PermissionFlagsBits } from 'discord.js';
import type { Block, Log, Outbox, Person, Place, Posted, Reply } from '../../src/chat.ts';
import { type Api, isCode, why } from './api.ts';
import { DIRECT } from './decode.ts';
import { encode, readCustomId } from './encode.ts';
import { CODES, LIMITS } from './limits.ts';
import { shorten } from './text.ts';

export interface DiscordOutbox extends Outbox {
  /** `key` names the post: the same one tried again is shown once */
  say(channel: string, reply: Reply, key: string, replyTo?: string): Promise<APIMessage>;
  /** Posts under `message`, in a thread where Discord allows one there, else by `otherwise`. */
  thread(
    message: APIMessage,
    thread: NonNullable<Reply['thread']>,
    key: string,
    otherwise: (first: readonly Block[]) => Promise<void>,
  ): Promise<void>;
}

/** What the bot does in channels without an interaction behind it. */
export function createOutbox(client: Client, api: Api, log: Log): DiscordOutbox {
  const where = (place: Place) => place.thread ?? place.channel;

  async function say(channel: string, reply: Reply, key: string, replyTo?: string): Promise<APIMessage> {
    const { parts, main } = encode(reply.blocks, { extras: 'last', marker: reply.marker });
    const sent: APIMessage[] = [];
    for (const [i, part] of parts.entries())
      sent.push(await api.post(channel, part, key, i, i === 0 ? replyTo : undefined));
    const message = sent[main];
    if (!message) throw new Error('a reply without any block cannot be posted');
    return message;
  }

  async function thread(
    message: APIMessage,
    { title, first }: NonNullable<Reply['thread']>,
    key: string,
    otherwise: (first: readonly Block[]) => Promise<void>,
  ): Promise<void> {
    try {
      const channel = await api.thread(message.channel_id, message.id, shorten(title, LIMITS.threadTitle));
      if (first.length > 0) await say(channel, { blocks: first }, `${key}:thread`);
    } catch (error) {
      if (!(error instanceof DiscordAPIError)) throw error;
      log.warn(
        { ...why(error), channel: message.channel_id },
        'no thread may be used here; posted below instead',
      );
      await otherwise(first);
    }
  }

  async function post(place: Place, reply: Reply): Promise<Posted> {
    const key = reply.marker ?? randomUUID();
    const message = await say(where(place), reply, key);
    if (reply.thread) {
      const below = async (first: readonly Block[]) => {
        await say(where(place), { blocks: first }, `${key}:thread`);
      };
      if (place.thread || place.direct) await below(reply.thread.first);
      else await thread(message, reply.thread, key, below);
    }
    return { place, message: message.id };
  }

  async function edit({ place, message }: Posted, reply: Reply): Promise<void> {
    const channel = where(place);
    const marker = reply.marker ?? markerOf(await api.message(channel, message));
    const { parts } = encode(reply.blocks, { extras: 'first', marker });
    for (const [i, part] of parts.entries()) {
      if (i === 0) await api.edit(channel, message, part);
      else await api.post(channel, part, randomUUID(), i);
    }
  }

  async function direct(person: Person, reply: Reply): Promise<Posted | undefined> {
    const channel = await api.directChannel(person.id);
    if (!channel) return undefined;
    try {
      return await post({ platform: 'discord', space: DIRECT, channel, direct: true }, reply);
    } catch (error) {
      if (isCode(error, CODES.cannotMessagePerson, CODES.noSharedServer)) return undefined;
      throw error;
    }
  }

  async function find(place: Place, marker: string): Promise<Posted | undefined> {
    const me = client.user!.id;
    const found = (await api.recent(where(place))).find((m) => m.author.id === me && markerOf(m) === marker);
    return found && { place, message: found.id };
  }

  async function obstacle(place: Place): Promise<string | undefined> {
    const unseen =
      'I cannot see that channel: it does not exist, or I lack the permission View Channel there.';
    try {
      if (place.direct) {
        await api.channel(place.channel);
        return undefined;
      }
      const guild = await client.guilds.fetch(place.space);
      const channel = await guild.channels.fetch(where(place));
      if (!channel) return unseen;
      if (!channel.isTextBased()) return `#${channel.name} is not a text channel.`;
      if (channel.isThread() && channel.locked) return `The thread “${channel.name}” is locked.`;
      const has = channel.permissionsFor(await guild.members.fetchMe());
      const missing = needed(place).filter(([bit]) => !has.has(bit));
      if (missing.length === 0) return undefined;
      const names = missing.map(([, name]) => name).join(', ');
      const plural = missing.length > 1 ? 's' : '';
      return `In #${channel.name} I lack the permission${plural} ${names}. A server manager can grant it in the channel's settings.`;
    } catch (error) {
      if (isCode(error, CODES.unknownChannel, CODES.missingAccess)) return unseen;
      if (error instanceof DiscordAPIError && error.status === 404)
        return 'I am not a member of that server.';
      if (error instanceof Error && 'code' in error && error.code === 'GuildChannelUnowned')
        return 'That channel belongs to another server.';
      throw error;
    }
  }

  return { platform: 'discord', pace: LIMITS.perSecond, post, edit, direct, find, obstacle, say, thread };
}

function needed(place: Place): readonly (readonly [bigint, string])[] {
  const bit = PermissionFlagsBits;
  return [
    [bit.ViewChannel, 'View Channel'],
    place.thread
      ? [bit.SendMessagesInThreads, 'Send Messages in Threads']
      : [bit.SendMessages, 'Send Messages'],
    [bit.AttachFiles, 'Attach Files'],
    [bit.ReadMessageHistory, 'Read Message History'],
    ...(place.thread ? [] : [[bit.CreatePublicThreads, 'Create Public Threads'] as const]),
  ];
}

/** The marker a message of ours carries: on a component's custom_id, else as its last line of small print. */
export function markerOf(message: Pick<APIMessage, 'components' | 'content'>): string | undefined {
  for (const row of message.components ?? []) {
    for (const c of 'components' in row ? row.components : []) {
      const marker = 'custom_id' in c ? readCustomId(c.custom_id).marker : undefined;
      if (marker !== undefined) return marker;
    }
  }
  return /(?:^|\n)-# ref `([^`\n]+)`$/.exec(message.content)?.[1];
}
