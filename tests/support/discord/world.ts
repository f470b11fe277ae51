import { createHash } from 'node:crypto';
import {
  type APIAttachment,
  type APIInteraction,
  type APIMessage,
  type APIModalInteractionResponseCallbackData,
  type APIUser,
  ChannelType,
  MessageFlags,
  MessageType,
  PermissionFlagsBits,
} from 'discord.js';

/** What exists on the local server: one Discord as far as a bot and its people can tell. */

export type Json = Record<string, unknown>;

export interface Role {
  readonly id: string;
  readonly name: string;
  permissions: bigint;
}

export interface Guild {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly roles: Role[];
  /** user id -> role ids */
  readonly members: Map<string, string[]>;
}

export interface Channel {
  readonly id: string;
  readonly type: ChannelType;
  readonly name: string;
  readonly guild?: string;
  /** of a thread */
  readonly parent?: string;
  /** of a direct channel */
  readonly person?: string;
  /** denied to the bot here */
  denied: bigint;
  locked?: boolean;
}

export interface StoredMessage {
  readonly message: APIMessage;
  /** the only one who sees it, of an ephemeral message */
  readonly only?: string;
  /** asked for with enforce_nonce */
  readonly nonce?: string;
}

export interface OpenInteraction {
  readonly raw: APIInteraction;
  readonly person: string;
  /** ms */
  readonly at: number;
  acked?: 'loading' | 'message' | 'update' | 'modal' | 'choices';
  /** id of the message that @original means */
  original?: string;
  modal?: APIModalInteractionResponseCallbackData;
  choices?: readonly { name: string; value: string | number }[];
  /** its token has run out */
  expired?: boolean;
}

export const BOT_PERMISSIONS =
  PermissionFlagsBits.ViewChannel |
  PermissionFlagsBits.SendMessages |
  PermissionFlagsBits.SendMessagesInThreads |
  PermissionFlagsBits.AttachFiles |
  PermissionFlagsBits.EmbedLinks |
  PermissionFlagsBits.ReadMessageHistory |
  PermissionFlagsBits.CreatePublicThreads;
const MEMBER_PERMISSIONS = BOT_PERMISSIONS | PermissionFlagsBits.UseApplicationCommands;

const EPOCH = 1_420_070_400_000n;

export class World {
  readonly users = new Map<string, APIUser>();
  readonly guilds = new Map<string, Guild>();
  readonly channels = new Map<string, Channel>();
  readonly messages = new Map<string, StoredMessage>();
  readonly files = new Map<string, { readonly bytes: Buffer; readonly type: string }>();
  readonly interactions = new Map<string, OpenInteraction>();
  /** scope (guild id or 'global') -> commands as registered */
  readonly commands = new Map<string, Json[]>();
  /** people who take no direct messages */
  readonly closedDoors = new Set<string>();
  readonly bot: APIUser;
  readonly application: string;
  readonly home: Guild;
  readonly main: Channel;
  /** where attachments are served */
  cdn = '';
  #last = 0n;

  constructor() {
    this.bot = this.user('Quorum', true);
    // old applications have ids of their own; new ones share the bot's
    this.application = this.bot.id;
    this.home = this.guild('Study group');
    this.main = this.channel('general', this.home);
  }

  snowflake(): string {
    const now = (BigInt(Date.now()) - EPOCH) << 22n;
    this.#last = now > this.#last ? now : this.#last + 1n;
    return String(this.#last);
  }

  /** the same name, the same person */
  user(name: string, bot = false): APIUser {
    const id = fixedSnowflake(`user:${name}`);
    let user = this.users.get(id);
    if (!user) {
      const username = name.toLowerCase().replace(/[^a-z0-9_.]/g, '_');
      user = {
        id,
        username,
        global_name: bot ? null : name,
        discriminator: '0',
        avatar: null,
        bot,
        public_flags: 0,
        flags: 0,
        primary_guild: null,
      } satisfies Json as APIUser;
      this.users.set(id, user);
    }
    return user;
  }

  guild(name: string): Guild {
    const id = fixedSnowflake(`guild:${name}`);
    const everyone = { id, name: '@everyone', permissions: MEMBER_PERMISSIONS };
    const botRole = { id: fixedSnowflake(`role:${name}:bot`), name: 'Quorum', permissions: BOT_PERMISSIONS };
    const manager = {
      id: fixedSnowflake(`role:${name}:manager`),
      name: 'Manager',
      permissions: PermissionFlagsBits.ManageGuild,
    };
    const owner = this.user('Owner').id;
    const members = new Map([
      [owner, []],
      [this.bot.id, [botRole.id]],
    ]);
    const guild: Guild = { id, name, owner, roles: [everyone, botRole, manager], members };
    this.guilds.set(id, guild);
    return guild;
  }

  channel(name: string, guild: Guild, type: ChannelType = ChannelType.GuildText): Channel {
    const channel: Channel = {
      id: fixedSnowflake(`channel:${guild.id}:${name}`),
      type,
      name,
      guild: guild.id,
      denied: 0n,
    };
    this.channels.set(channel.id, channel);
    return channel;
  }

  join(name: string, guild: Guild, manager = false): APIUser {
    const user = this.user(name);
    const role = guild.roles.find((r) => r.name === 'Manager')!.id;
    if (!guild.members.has(user.id) || manager) guild.members.set(user.id, manager ? [role] : []);
    return user;
  }

  direct(person: string): Channel {
    const found = [...this.channels.values()].find((c) => c.person === person);
    if (found) return found;
    const id = fixedSnowflake(`dm:${person}`);
    const channel: Channel = { id, type: ChannelType.DM, name: 'direct', person, denied: 0n };
    this.channels.set(id, channel);
    return channel;
  }

  /** of a person, or of the bot with the channel's denials */
  permissions(user: string, channel: Channel): bigint {
    if (!channel.guild) return MEMBER_PERMISSIONS;
    const guild = this.guilds.get(channel.guild)!;
    if (guild.owner === user) return (1n << 53n) - 1n;
    const held = [guild.id, ...(guild.members.get(user) ?? [])];
    const bits = guild.roles.filter((r) => held.includes(r.id)).reduce((all, r) => all | r.permissions, 0n);
    const denied =
      user === this.bot.id ? channel.denied | (this.channels.get(channel.parent ?? '')?.denied ?? 0n) : 0n;
    return bits & ~denied;
  }

  addMessage(
    channel: Channel,
    author: APIUser,
    body: Json,
    more: { only?: string; nonce?: string; files?: readonly File[]; [key: string]: unknown } = {},
  ): StoredMessage {
    const { only, nonce, files, ...extra } = more;
    const id = this.snowflake();
    const content = String(body.content ?? '').trim();
    const message = {
      id,
      channel_id: channel.id,
      type: MessageType.Default,
      author,
      content,
      timestamp: new Date().toISOString(),
      edited_timestamp: null,
      tts: false,
      pinned: false,
      mention_everyone: /@(everyone|here)\b/.test(content) && mayPing(body, 'everyone'),
      mentions: mayPing(body, 'users')
        ? [...content.matchAll(/<@!?(\d+)>/g)].flatMap((m) => this.users.get(m[1]!) ?? [])
        : [],
      mention_roles: [],
      attachments: [],
      embeds: [],
      components: withIds(body.components),
      flags: Number(body.flags ?? 0) | (only ? MessageFlags.Ephemeral : 0),
      ...extra,
    } as unknown as APIMessage;
    const stored: StoredMessage = { message, only, nonce };
    this.messages.set(id, stored);
    if (files) message.attachments = this.attach(message, body, files);
    return stored;
  }

  /** Attachments after a request: those it keeps by id, and the files that came with it. */
  attach(message: APIMessage, body: Json, files: readonly File[]): APIAttachment[] {
    const listed = (body.attachments ?? []) as {
      id: string | number;
      filename?: string;
      description?: string;
    }[];
    const kept = body.attachments
      ? message.attachments.filter((a) => listed.some((l) => String(l.id) === a.id))
      : message.attachments;
    const added = files.map((file, i): APIAttachment => {
      const said = listed.find((l) => String(l.id) === String(i));
      const id = this.snowflake();
      const filename = (said?.filename ?? file.name).replace(/[^\w.-]/g, '_');
      return {
        id,
        filename,
        size: file.size,
        url: `${this.cdn}/attachments/${message.channel_id}/${id}/${filename}`,
        proxy_url: `${this.cdn}/attachments/${message.channel_id}/${id}/${filename}`,
        content_type: file.type || 'application/octet-stream',
        ...(said?.description ? { description: said.description } : {}),
        ...(file.type.startsWith('image/') ? { width: 1, height: 1 } : {}),
      };
    });
    return [...kept, ...added];
  }

  async keepFiles(attachments: readonly APIAttachment[], files: readonly File[]): Promise<void> {
    const fresh = files.length === 0 ? [] : attachments.slice(-files.length);
    for (const [i, a] of fresh.entries())
      this.files.set(a.id, { bytes: Buffer.from(await files[i]!.arrayBuffer()), type: a.content_type! });
  }

  /** a file a person hands in with a command */
  handIn(name: string, bytes: Uint8Array): APIAttachment {
    const id = this.snowflake();
    this.files.set(id, { bytes: Buffer.from(bytes), type: 'application/octet-stream' });
    const url = `${this.cdn}/ephemeral-attachments/${this.application}/${id}/${name}`;
    return { id, filename: name, size: bytes.length, url, proxy_url: url, content_type: 'text/plain' };
  }
}

/** Discord numbers the components of a message. */
export function withIds(components: unknown): unknown[] {
  let next = 0;
  const visit = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(visit);
    if (node === null || typeof node !== 'object' || !('type' in node)) return node;
    const out: Json = { ...node, id: ++next };
    for (const key of ['components', 'component', 'accessory']) if (key in out) out[key] = visit(out[key]);
    return out;
  };
  return visit(components ?? []) as unknown[];
}

function mayPing(body: Json, what: string): boolean {
  const allowed = body.allowed_mentions as { parse?: string[] } | undefined | null;
  return !allowed || (allowed.parse?.includes(what) ?? false);
}

export function fixedSnowflake(words: string): string {
  const hash = createHash('sha256').update(words).digest().readBigUInt64BE();
  return String(100_000_000_000_000_000n + (hash % 800_000_000_000_000_000n));
}
