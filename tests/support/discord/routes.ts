import { ChannelType, GatewayIntentBits, MessageFlags, MessageType, PermissionFlagsBits } from 'discord.js';
import type { Gateway } from './gateway.ts';
import type { Call, Route } from './http.ts';
import { interactionRoutes } from './interactions.ts';
import { checked, createMail } from './mail.ts';
import { channelPayload, guildPayload, memberPayload, rolePayload } from './payloads.ts';
import { checkCommands, checkMessage, Refused, unknown } from './rules.ts';
import type { Channel, Json, StoredMessage, World } from './world.ts';

const missing = () => new Refused(403, 50013, 'Missing Permissions');

/** method, path, what it does, whether the path's token authorises it */
export type Row = readonly [string, string, Route['run'], open?: boolean];

export function routes(world: World, gateway: Gateway): Route[] {
  const mail = createMail(world, gateway);
  const { edit, create } = mail;

  const channelOf = (id: string): Channel => {
    const channel = world.channels.get(id);
    if (!channel) throw unknown(10003, 'Channel');
    if ((world.permissions(world.bot.id, channel) & PermissionFlagsBits.ViewChannel) === 0n)
      throw new Refused(403, 50001, 'Missing Access');
    return channel;
  };
  const demand = (channel: Channel, bit: bigint) => {
    if ((world.permissions(world.bot.id, channel) & bit) === 0n) throw missing();
  };
  const messageOf = (channel: string, id: string): StoredMessage => {
    const stored = world.messages.get(id);
    if (!stored || stored.message.channel_id !== channel) throw unknown(10008, 'Message');
    return stored;
  };
  const guildOf = (id: string) => {
    const guild = world.guilds.get(id);
    if (!guild) throw unknown(10004, 'Guild');
    return guild;
  };

  const post = async (call: Call) => {
    const channel = channelOf(call.params[0]!);
    const body = checked('POST /channels/{channel_id}/messages', call, checkMessage);
    if (channel.person && world.closedDoors.has(channel.person))
      throw new Refused(403, 50007, 'Cannot send messages to this user');
    const thread = channel.parent !== undefined;
    demand(channel, thread ? PermissionFlagsBits.SendMessagesInThreads : PermissionFlagsBits.SendMessages);
    if (channel.locked) throw new Refused(400, 50083, 'Thread is archived');
    if (call.files.length > 0) demand(channel, PermissionFlagsBits.AttachFiles);
    const nonce = body.enforce_nonce && body.nonce ? String(body.nonce) : undefined;
    const before = nonce && [...world.messages.values()].find((m) => m.nonce === nonce);
    if (before) return { body: { ...before.message, nonce } };
    const reference = body.message_reference as
      | { message_id: string; fail_if_not_exists?: boolean }
      | undefined;
    const referenced = reference && world.messages.get(reference.message_id);
    if (reference && !referenced && reference.fail_if_not_exists !== false) throw unknown(10008, 'Message');
    const more = referenced
      ? {
          type: MessageType.Reply,
          message_reference: { type: 0, channel_id: channel.id, message_id: reference.message_id },
          referenced_message: referenced.message,
        }
      : {};
    const message = await create(channel, call, body, { nonce, ...more });
    return { body: { ...message, ...(body.nonce ? { nonce: body.nonce } : {}) } };
  };

  const history = (call: Call) => {
    const channel = channelOf(call.params[0]!);
    if ((world.permissions(world.bot.id, channel) & PermissionFlagsBits.ReadMessageHistory) === 0n)
      return { body: [] };
    const after = BigInt(call.query.get('after') ?? 0);
    const list = [...world.messages.values()]
      .filter((m) => m.message.channel_id === channel.id && !m.only && BigInt(m.message.id) > after)
      .map((m) => m.message)
      .reverse();
    return { body: list.slice(0, Number(call.query.get('limit') ?? 50)) };
  };

  const openThread = (call: Call) => {
    const channel = channelOf(call.params[0]!);
    const { message } = messageOf(channel.id, call.params[1]!);
    const body = checked('POST /channels/{channel_id}/messages/{message_id}/threads', call);
    if (channel.type !== ChannelType.GuildText)
      throw new Refused(400, 50024, 'Cannot execute action on this channel type');
    demand(channel, PermissionFlagsBits.CreatePublicThreads);
    if (world.channels.has(message.id))
      throw new Refused(400, 160004, 'A thread has already been created for this message');
    const thread: Channel = {
      id: message.id,
      type: ChannelType.PublicThread,
      name: String(body.name),
      guild: channel.guild,
      parent: channel.id,
      denied: 0n,
    };
    world.channels.set(thread.id, thread);
    message.flags = (message.flags ?? 0) | MessageFlags.HasThread;
    const payload = channelPayload(world, thread);
    gateway.dispatch(
      'THREAD_CREATE',
      { ...payload, newly_created: true },
      {
        guild: channel.guild,
        intent: GatewayIntentBits.Guilds,
      },
    );
    return { status: 201, body: payload };
  };

  const listCommands = (scope: string) => ({ body: world.commands.get(scope) ?? [] });
  const setCommands = (scope: string, operation: string, call: Call) => {
    checked(operation, call, (body) => checkCommands(body as unknown as Json[]));
    const before = world.commands.get(scope) ?? [];
    const list = (call.body as unknown as Json[]).map((c) => ({
      id: before.find((b) => b.name === c.name)?.id ?? world.snowflake(),
      application_id: world.application,
      version: world.snowflake(),
      default_member_permissions: null,
      type: 1,
      nsfw: false,
      name_localizations: null,
      description_localizations: null,
      integration_types: [0],
      contexts: null,
      ...(scope === 'global' ? {} : { guild_id: scope }),
      ...withoutDefaults(c),
    }));
    world.commands.set(scope, list);
    return { body: list };
  };
  const guildScope = (id: string) => {
    if (!world.guilds.has(id)) throw new Refused(403, 50001, 'Missing Access');
    return id;
  };
  const application = () => ({
    body: { id: world.application, name: 'Quorum', bot: world.bot, flags: 0, description: '', icon: null },
  });

  const table: readonly Row[] = [
    ['GET', '/users/@me', () => ({ body: world.bot })],
    ['GET', '/applications/@me', application],
    ['GET', '/oauth2/applications/@me', application],
    [
      'GET',
      '/gateway/bot',
      () => ({
        body: {
          url: gateway.url,
          shards: 1,
          session_start_limit: { total: 1000, remaining: 999, reset_after: 86_400_000, max_concurrency: 16 },
        },
      }),
    ],
    ['GET', '/applications/{}/commands', () => listCommands('global')],
    [
      'PUT',
      '/applications/{}/commands',
      (c) => setCommands('global', 'PUT /applications/{application_id}/commands', c),
    ],
    ['GET', '/applications/{}/guilds/{}/commands', (c) => listCommands(guildScope(c.params[1]!))],
    [
      'PUT',
      '/applications/{}/guilds/{}/commands',
      (c) =>
        setCommands(
          guildScope(c.params[1]!),
          'PUT /applications/{application_id}/guilds/{guild_id}/commands',
          c,
        ),
    ],
    ...interactionRoutes(world, mail),
    ['GET', '/channels/{}', (c) => ({ body: channelPayload(world, channelOf(c.params[0]!)) })],
    [
      'POST',
      '/channels/{}/typing',
      (c) => {
        demand(channelOf(c.params[0]!), PermissionFlagsBits.SendMessages);
        return {};
      },
    ],
    ['GET', '/channels/{}/messages', history],
    ['POST', '/channels/{}/messages', post],
    [
      'GET',
      '/channels/{}/messages/{}',
      (c) => ({ body: messageOf(channelOf(c.params[0]!).id, c.params[1]!).message }),
    ],
    [
      'PATCH',
      '/channels/{}/messages/{}',
      async (c) => {
        const stored = messageOf(channelOf(c.params[0]!).id, c.params[1]!);
        if (stored.only) throw unknown(10008, 'Message');
        if (stored.message.author.id !== world.bot.id)
          throw new Refused(403, 50005, 'Cannot edit a message authored by another user');
        const body = checked('PATCH /channels/{channel_id}/messages/{message_id}', c, checkMessage);
        return { body: await edit(stored, c, body) };
      },
    ],
    ['POST', '/channels/{}/messages/{}/threads', openThread],
    [
      'POST',
      '/users/@me/channels',
      (c) => {
        const person = String(checked('POST /users/@me/channels', c).recipient_id);
        if (!world.users.has(person)) throw unknown(10013, 'User');
        return { body: channelPayload(world, world.direct(person)) };
      },
    ],
    ['GET', '/guilds/{}', (c) => ({ body: guildPayload(guildOf(c.params[0]!)) })],
    [
      'GET',
      '/guilds/{}/channels',
      (c) => {
        const guild = guildOf(c.params[0]!);
        const own = [...world.channels.values()].filter((x) => x.guild === guild.id && !x.parent);
        return { body: own.map((x) => channelPayload(world, x)) };
      },
    ],
    ['GET', '/guilds/{}/roles', (c) => ({ body: guildOf(c.params[0]!).roles.map(rolePayload) })],
    [
      'GET',
      '/guilds/{}/members/{}',
      (c) => {
        const guild = guildOf(c.params[0]!);
        const user = guild.members.has(c.params[1]!) ? world.users.get(c.params[1]!) : undefined;
        if (!user) throw unknown(10007, 'Member');
        return { body: memberPayload(guild, user) };
      },
    ],
    ['GET', '/attachments/{}/{}/{}', (c) => file(world, c.params[1]!), true],
    ['GET', '/ephemeral-attachments/{}/{}/{}', (c) => file(world, c.params[1]!), true],
  ];
  return table.map(([method, path, run, open]) => ({ method, path, run, open }));
}

function file(world: World, id: string) {
  const found = world.files.get(id);
  if (!found) throw new Refused(404, 0, '404: Not Found');
  return { raw: found };
}

/** Discord gives back options without what is at its default. */
function withoutDefaults(value: unknown): Json {
  const visit = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(visit);
    if (node === null || typeof node !== 'object') return node;
    return Object.fromEntries(
      Object.entries(node)
        .filter(([, v]) => v !== false && !(Array.isArray(v) && v.length === 0))
        .map(([k, v]) => [k, visit(v)]),
    );
  };
  return visit(value) as Json;
}
