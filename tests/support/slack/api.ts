import { blockErrors, type Json, viewErrors, wordsIn } from './blockkit.ts';
import contract from './contract.json' with { type: 'json' };
import { viewOutput } from './payloads.ts';
import { APP, BOT, type Channel, id, imageType, type Message, TEAM, type World } from './world.ts';

/** The Web API's methods, as far as the adapter calls them, with Slack's own refusals. */

export class Refused extends Error {
  readonly more: Json;
  constructor(error: string, more: Json = {}) {
    super(error);
    this.more = more;
  }
}

interface MethodFacts {
  readonly bot: readonly string[];
  readonly json: boolean;
  readonly required: readonly string[];
  readonly groups: readonly { readonly args: readonly string[] }[];
  readonly noScope?: boolean;
}

export interface Call {
  readonly world: World;
  readonly base: string;
  /** a string as sent, or what JSON held */
  arg(name: string): unknown;
  text(name: string): string;
  json(name: string): unknown;
}

export const factsOf = (method: string): MethodFacts | undefined => {
  const methods: Readonly<Record<string, MethodFacts>> = contract.methods;
  return methods[method];
};

/** The scope a call needs; conversations need the one of their kind. */
export function scopeFor(method: string, facts: MethodFacts, world: World, args: Json): string | undefined {
  if (facts.noScope || facts.bot.length === 0) return undefined;
  if (facts.bot.length === 1) return facts.bot[0];
  const kind =
    world.channels.get(String(args.channel))?.kind ?? (method === 'conversations.open' ? 'im' : 'public');
  const prefix = { public: 'channels:', private: 'groups:', im: 'im:' }[kind];
  return facts.bot.find((scope) => scope.startsWith(prefix));
}

export function missingArguments(facts: MethodFacts, args: Json): string[] {
  const has = (name: string) => args[name] !== undefined && args[name] !== '';
  return [
    ...facts.required.filter((name) => !has(name)).map((name) => `[ERROR] missing required field: ${name}`),
    ...facts.groups
      .filter((g) => !g.args.some(has))
      .map((g) => `[ERROR] one of ${g.args.join(', ')} is required`),
  ];
}

/** What a message may hold, whichever way it is sent. */
export function checkMessage(
  world: World,
  text: unknown,
  blocks: unknown,
  where: 'message' | 'ephemeral',
): Json[] {
  if (typeof text === 'string' && text.length > 40_000) throw new Refused('msg_too_long');
  if (blocks === undefined) {
    if (typeof text !== 'string' || text === '') throw new Refused('no_text');
    return [];
  }
  const errors = blockErrors(blocks, where, (file) => world.fileState(file));
  if (errors.length > 0)
    throw new Refused('invalid_blocks', {
      errors,
      response_metadata: { messages: errors.map((e) => `[ERROR] ${e}`) },
    });
  if (wordsIn(blocks) > 12_000) throw new Refused('msg_blocks_too_long');
  return (blocks as Json[]).map((block) => ({ block_id: id('b').slice(0, 5), ...block }));
}

function channelFor(call: Call, posting: boolean): Channel {
  const name = call.text('channel');
  const channel = posting && call.world.users.has(name) ? call.world.im(name) : call.world.channels.get(name);
  const member = channel?.members.has(BOT.user) ?? false;
  if (!channel || (channel.kind !== 'public' && !member)) throw new Refused('channel_not_found');
  if (posting && channel.archived) throw new Refused('is_archived');
  if (!member) throw new Refused('not_in_channel');
  return channel;
}

function metadataOf(call: Call): Json | undefined {
  const metadata = call.json('metadata') as Json | undefined;
  if (metadata === undefined) return undefined;
  if (typeof metadata.event_type !== 'string' || typeof metadata.event_payload !== 'object')
    throw new Refused('invalid_metadata_format');
  if (JSON.stringify(metadata).length > 16_000) throw new Refused('metadata_too_large');
  return metadata;
}

export function messageOutput(m: Message): Json {
  return {
    type: 'message',
    user: m.user,
    ts: m.ts,
    text: m.text,
    team: TEAM.id,
    blocks: m.blocks,
    ...(m.byBot && { bot_id: BOT.id, app_id: APP }),
    ...(m.thread && { thread_ts: m.thread, parent_user_id: m.user }),
  };
}

function history(call: Call, list: readonly Message[]): Json {
  const all = call.arg('include_all_metadata');
  const oldest = Number(call.arg('oldest') ?? 0);
  const limit = Math.min(Number(call.arg('limit') ?? 100), 999);
  const from = Number(call.arg('cursor') || 0);
  const found = list.filter((m) => Number(m.ts) > oldest);
  const more = found.length > from + limit;
  return {
    messages: found.slice(from, from + limit).map((m) => ({
      ...messageOutput(m),
      ...(m.metadata && (all === 'true' || all === true) && { metadata: m.metadata }),
    })),
    has_more: more,
    response_metadata: { next_cursor: more ? String(from + limit) : '' },
  };
}

export const METHODS: Readonly<Record<string, (call: Call) => Json>> = {
  'auth.test': () => ({
    url: `https://${TEAM.domain}.slack.com/`,
    team: TEAM.name,
    user: BOT.name,
    team_id: TEAM.id,
    user_id: BOT.user,
    bot_id: BOT.id,
    is_enterprise_install: false,
  }),

  'chat.postMessage'(call) {
    const { world } = call;
    const channel = channelFor(call, true);
    const thread = call.text('thread_ts');
    if (thread !== '' && !world.message(channel.id, thread)) throw new Refused('thread_not_found');
    const blocks = checkMessage(world, call.arg('text'), call.json('blocks'), 'message');
    const metadata = metadataOf(call);
    const message = world.add({
      channel: channel.id,
      user: BOT.user,
      byBot: true,
      text: call.text('text'),
      blocks,
      ...(thread !== '' && { thread }),
      ...(metadata && { metadata }),
    });
    return { channel: channel.id, ts: message.ts, message: messageOutput(message) };
  },

  'chat.postEphemeral'(call) {
    const { world } = call;
    const channel = channelFor(call, true);
    const user = call.text('user');
    if (!channel.members.has(user)) throw new Refused('user_not_in_channel');
    const thread = call.text('thread_ts');
    const blocks = checkMessage(world, call.arg('text'), call.json('blocks'), 'ephemeral');
    const message = world.add({
      channel: channel.id,
      user: BOT.user,
      byBot: true,
      only: user,
      text: call.text('text'),
      blocks,
      ...(thread !== '' && { thread }),
    });
    return { message_ts: message.ts };
  },

  'chat.update'(call) {
    const { world } = call;
    const channel = channelFor(call, true);
    const message = world.message(channel.id, call.text('ts'));
    if (!message || message.only !== undefined) throw new Refused('message_not_found');
    if (!message.byBot) throw new Refused('cant_update_message');
    message.blocks = checkMessage(world, call.arg('text'), call.json('blocks'), 'message');
    message.text = call.text('text');
    message.metadata = metadataOf(call) ?? message.metadata;
    message.edited = true;
    return { channel: channel.id, ts: message.ts, text: message.text, message: messageOutput(message) };
  },

  'chat.getPermalink'(call) {
    const channel = channelFor(call, false);
    if (!call.world.message(channel.id, call.text('message_ts'))) throw new Refused('message_not_found');
    const ts = call.text('message_ts').replace('.', '');
    return {
      channel: channel.id,
      permalink: `https://${TEAM.domain}.slack.com/archives/${channel.id}/p${ts}`,
    };
  },

  'conversations.open'(call) {
    const user = call.text('users');
    if (user === '') throw new Refused('users_list_not_supplied');
    if (!call.world.users.has(user)) throw new Refused('user_not_found');
    return { channel: { id: call.world.im(user).id } };
  },

  'conversations.info'(call) {
    const channel = call.world.channels.get(call.text('channel'));
    const member = channel?.members.has(BOT.user) ?? false;
    if (!channel || (channel.kind !== 'public' && !member)) throw new Refused('channel_not_found');
    return {
      channel: {
        id: channel.id,
        name: channel.name,
        is_channel: channel.kind === 'public',
        is_group: channel.kind === 'private',
        is_im: channel.kind === 'im',
        is_private: channel.kind !== 'public',
        is_archived: channel.archived,
        is_member: member && !channel.archived,
        creator: channel.creator,
      },
    };
  },

  'conversations.history'(call) {
    const channel = channelFor(call, false);
    const list = call.world.messages.filter(
      (m) => m.channel === channel.id && m.only === undefined && m.thread === undefined && !m.gone,
    );
    return history(call, list.reverse());
  },

  'conversations.replies'(call) {
    const channel = channelFor(call, false);
    const ts = call.text('ts');
    if (!call.world.message(channel.id, ts)) throw new Refused('thread_not_found');
    const list = call.world.messages.filter(
      (m) => m.channel === channel.id && m.only === undefined && (m.ts === ts || m.thread === ts) && !m.gone,
    );
    return history(call, list);
  },

  'files.getUploadURLExternal'(call) {
    const length = Number(call.text('length'));
    if (!Number.isInteger(length) || length <= 0) throw new Refused('invalid_arguments');
    if (call.text('alt_txt').length > 1000) throw new Refused('alt_txt_too_large');
    const file = id('F');
    call.world.files.set(file, {
      id: file,
      name: call.text('filename'),
      title: call.text('filename'),
      alt: call.text('alt_txt'),
      length,
    });
    return { upload_url: `${call.base}/upload/v1/${file}`, file_id: file };
  },

  'files.completeUploadExternal'(call) {
    const { world } = call;
    const given = (call.json('files') as { id: string; title?: string }[]).map((f) => {
      const file = world.files.get(f.id);
      if (!file?.bytes || file.readyAt !== undefined) throw new Refused('file_not_found');
      return { file, title: f.title };
    });
    const shared = call.text('channel_id');
    const channel = shared === '' ? undefined : channelFor({ ...call, text: () => shared }, true);
    const thread = call.text('thread_ts');
    for (const { file, title } of given) {
      file.title = title ?? file.name;
      file.readyAt = Date.now() + world.processing;
    }
    if (channel)
      world.add({
        channel: channel.id,
        user: BOT.user,
        byBot: true,
        text: '',
        blocks: [],
        files: given.map(({ file }) => file.id),
        ...(thread !== '' && { thread }),
      });
    return { files: given.map(({ file }) => ({ id: file.id, title: file.title })) };
  },

  'files.info'(call) {
    const file = call.world.files.get(call.text('file'));
    if (!file || file.readyAt === undefined) throw new Refused('file_not_found');
    const ready = call.world.fileState(file.id) === 'ready';
    return {
      file: {
        id: file.id,
        name: file.name,
        title: file.title,
        mimetype: ready ? imageType(file.bytes) : '',
        size: file.length,
      },
    };
  },

  'users.info'(call) {
    const user = call.world.users.get(call.text('user'));
    if (!user) throw new Refused('user_not_found');
    return {
      user: {
        id: user.id,
        team_id: TEAM.id,
        name: user.name.toLowerCase(),
        real_name: `${user.name} Real`,
        locale: 'en-US',
        tz: 'Europe/Lisbon',
        is_admin: user.admin,
        is_owner: false,
        profile: { display_name: user.name, real_name: `${user.name} Real` },
      },
    };
  },

  'views.open'(call) {
    const { world } = call;
    const content = call.json('view') as Json;
    const trigger = world.triggers.get(call.text('trigger_id'));
    if (!trigger) throw new Refused('invalid_trigger_id');
    if (trigger.used) throw new Refused('exchanged_trigger_id');
    if (Date.now() - trigger.at >= world.triggerLife) throw new Refused('expired_trigger_id');
    checkView(world, content, 'modal');
    trigger.used = true;
    const view = { id: id('V'), hash: `${Date.now()}.${id('h')}`, user: trigger.user, content, open: true };
    world.views.set(view.id, view);
    return { view: viewOutput(view) };
  },

  'views.publish'(call) {
    const content = call.json('view') as Json;
    const user = call.world.users.get(call.text('user_id'));
    if (!user) throw new Refused('invalid_arguments');
    checkView(call.world, content, 'home');
    user.home = content;
    return { view: viewOutput({ id: id('V'), hash: '1', user: user.id, content, open: true }) };
  },
};

export function checkView(world: World, view: Json, type: 'modal' | 'home'): void {
  const errors = viewErrors(view, (file) => world.fileState(file));
  if (view.type !== type) errors.push('unsupported type [json-pointer:/view/type]');
  if (errors.length > 0)
    throw new Refused('invalid_arguments', {
      response_metadata: { messages: errors.map((e) => `[ERROR] ${e}`) },
    });
}
