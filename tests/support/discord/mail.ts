import { type APIMessage, GatewayIntentBits, MessageFlags } from 'discord.js';
import type { Gateway } from './gateway.ts';
import type { Call } from './http.ts';
import { checkNotEmpty, invalidForm } from './rules.ts';
import { wrongWithMessage, wrongWithRequest } from './schema.ts';
import { type Channel, type Json, type StoredMessage, type World, withIds } from './world.ts';

const SENDABLE = MessageFlags.SuppressEmbeds | MessageFlags.IsComponentsV2;

/** @throws Refused where schema or rules say no */
export function checked(operation: string, { body }: Call, rules?: (body: Json) => void): Json {
  const errors = wrongWithRequest(operation, body);
  if (errors) throw invalidForm(errors);
  rules?.(body);
  return body;
}

export type Mail = ReturnType<typeof createMail>;

/** Messages of the bot: made, changed, and told to the gateway. */
export function createMail(world: World, gateway: Gateway) {
  /** the local server's own answers are held to the published schema */
  const fitting = (message: APIMessage): APIMessage => {
    const errors = wrongWithMessage(JSON.parse(JSON.stringify(message)));
    if (errors) throw new Error(`the local server made a bad message: ${JSON.stringify(errors)}`);
    return message;
  };
  const announce = (event: string, { message, only }: StoredMessage, more: Json = {}) => {
    if (only) return;
    const guild = world.channels.get(message.channel_id)?.guild;
    const intent = guild ? GatewayIntentBits.GuildMessages : GatewayIntentBits.DirectMessages;
    gateway.dispatch(event, { ...message, guild_id: guild, ...more } as Json, { guild, intent });
  };

  const edit = async (
    stored: StoredMessage,
    { files }: Call,
    body: Json,
    quiet = false,
  ): Promise<APIMessage> => {
    const { message } = stored;
    const next = {
      content: body.content === undefined ? message.content : String(body.content ?? '').trim(),
      components: body.components === undefined ? message.components : withIds(body.components),
      attachments: world.attach(message, body, files),
      embeds: message.embeds,
    };
    checkNotEmpty(next);
    await world.keepFiles(next.attachments, files);
    Object.assign(message, next, quiet ? {} : { edited_timestamp: new Date().toISOString() });
    announce('MESSAGE_UPDATE', stored);
    return fitting(message);
  };

  const create = async (
    channel: Channel,
    { files }: Call,
    body: Json,
    more: { only?: string; nonce?: string; [key: string]: unknown } = {},
  ): Promise<APIMessage> => {
    checkNotEmpty({ ...body, attachments: files });
    const flags = Number(body.flags ?? 0) & SENDABLE;
    const stored = world.addMessage(channel, world.bot, { ...body, flags }, { ...more, files });
    await world.keepFiles(stored.message.attachments, files);
    announce('MESSAGE_CREATE', stored, body.nonce ? { nonce: body.nonce } : {});
    return fitting(stored.message);
  };

  return { edit, create };
}
