import {
  type APIApplicationCommandOption,
  type APIInteraction,
  type APIMessage,
  ComponentType,
  GatewayIntentBits,
  InteractionType,
  MessageFlags,
  MessageType,
  ApplicationCommandOptionType as Option,
} from 'discord.js';
import type { ChatPerson, Seen } from '../../contracts/adapter.ts';
import type { Gateway } from './gateway.ts';
import { memberPayload } from './payloads.ts';
import {
  type Channel,
  fixedSnowflake,
  type Guild,
  type Json,
  type OpenInteraction,
  type World,
} from './world.ts';

/** A person with Discord's client in hand: what that client would not let them do throws. */
export interface DiscordPerson extends ChatPerson {
  readonly id: string;
  /** files by option name go with the command; `thread` or `direct` instead of the main channel */
  command(
    line: string,
    how?: { readonly files?: Record<string, Uint8Array>; readonly direct?: boolean },
  ): Promise<void>;
  redeliver(): Promise<void>;
  /** what the client offers after typing that much of a command: `/simulate raft preset=lea` */
  completes(line: string): Promise<readonly { name: string; value: string | number }[]>;
  /** writes to the bot alone */
  direct(words: string): Promise<void>;
  /** writes in the main channel without mentioning anybody */
  says(words: string): Promise<void>;
  /** placeholders “Quorum is thinking…” in front of this person */
  thinking(): number;
}

const PATIENCE_MS = 15_000;
const LOOK_MS = 15;

export function personOn(
  world: World,
  gateway: Gateway,
  name: string,
  guild: Guild,
  manager: boolean,
): DiscordPerson {
  const user = world.join(name, guild, manager);
  let last: (() => void) | undefined;
  let current: OpenInteraction | undefined;

  const interact = (type: InteractionType, channel: Channel, more: Json): OpenInteraction => {
    const id = world.snowflake();
    const token = `${fixedSnowflake(`token:${id}`)}-local-secret`;
    const raw = {
      id,
      application_id: world.application,
      type,
      token,
      version: 1,
      channel: {
        id: channel.id,
        type: channel.type,
        name: channel.name,
        ...(channel.parent ? { parent_id: channel.parent } : {}),
      },
      channel_id: channel.id,
      locale: 'en-GB',
      app_permissions: String(world.permissions(world.bot.id, channel)),
      entitlements: [],
      attachment_size_limit: 10_485_760,
      authorizing_integration_owners: channel.guild ? { '0': channel.guild } : {},
      context: channel.guild ? 0 : 1,
      ...(channel.guild
        ? {
            guild_id: channel.guild,
            guild_locale: 'en-US',
            guild: { id: channel.guild, locale: 'en-US', features: [] },
            member: {
              ...memberPayload(guild, user),
              permissions: String(world.permissions(user.id, channel)),
            },
          }
        : { user }),
      ...more,
    } as unknown as APIInteraction;
    const open: OpenInteraction = { raw, person: user.id, at: Date.now() };
    world.interactions.set(token, open);
    last = () => gateway.dispatch('INTERACTION_CREATE', raw as unknown as Json, { guild: channel.guild });
    last();
    current = open;
    return open;
  };

  const until = async <T>(what: string, look: () => T | undefined): Promise<T> => {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (Date.now() > end) throw new Error(`${name} waited in vain: ${what}`);
      await new Promise((r) => setTimeout(r, LOOK_MS));
    }
  };

  const visible = (): APIMessage[] =>
    [...world.messages.values()]
      .filter(({ message, only }) => {
        const channel = world.channels.get(message.channel_id)!;
        if (only ? only !== user.id : channel.person && channel.person !== user.id) return false;
        return message.author.id === world.bot.id;
      })
      .map((m) => m.message);
  const isLoading = (m: APIMessage) => ((m.flags ?? 0) & MessageFlags.Loading) !== 0;
  const seen = (): Seen[] =>
    visible()
      .filter((m) => !isLoading(m))
      .map((m) => asSeen(world, m));
  const messageOf = ({ id }: Seen): APIMessage => {
    const message = visible().find((m) => m.id === id);
    if (!message) throw new Error(`${name} does not see message ${id}`);
    return message;
  };

  const component = (message: APIMessage, type: ComponentType, data: Json) =>
    interact(InteractionType.MessageComponent, world.channels.get(message.channel_id)!, {
      message: { ...message },
      data: { component_type: type, ...data },
    });

  const write = (channel: Channel, content: string) => {
    const { message } = world.addMessage(channel, user, { content }, { type: MessageType.Default });
    const direct = channel.person !== undefined;
    const mentioned = message.mentions.some((m) => m.id === world.bot.id);
    const { user: _, ...member } = memberPayload(guild, user);
    last = () =>
      gateway.dispatch(
        'MESSAGE_CREATE',
        { ...message, ...(direct ? {} : { guild_id: channel.guild, member }) } as unknown as Json,
        {
          guild: channel.guild,
          intent: direct ? GatewayIntentBits.DirectMessages : GatewayIntentBits.GuildMessages,
          hides: !direct && !mentioned,
        },
      );
    last();
  };

  return {
    id: user.id,
    async command(line, how = {}) {
      const typed = type(world, guild, line, how.files);
      interact(InteractionType.ApplicationCommand, how.direct ? world.direct(user.id) : world.main, typed);
    },
    async press(on, label) {
      const message = messageOf(on);
      const button = parts(message).find((c) => c.type === ComponentType.Button && c.label === label);
      if (!button) throw new Error(`no button “${label}” on: ${asSeen(world, message).buttons.join(', ')}`);
      if (button.disabled) throw new Error(`the button “${label}” is disabled`);
      component(message, ComponentType.Button, { id: button.id, custom_id: button.custom_id });
    },
    async choose(on, values) {
      const message = messageOf(on);
      const select = parts(message).find(
        (c) =>
          c.type === ComponentType.StringSelect && values.every((v) => c.options!.some((o) => o.value === v)),
      );
      if (!select) throw new Error(`no select offers ${values.join(', ')}`);
      if (values.length < (select.min_values ?? 1) || values.length > (select.max_values ?? 1))
        throw new Error(`that select takes ${select.min_values ?? 1} to ${select.max_values ?? 1} values`);
      component(message, ComponentType.StringSelect, { id: select.id, custom_id: select.custom_id, values });
    },
    async form() {
      const open = current;
      if (!open) return undefined;
      await until('an answer to the last action', () => open.acked);
      return (
        open.modal && {
          title: open.modal.title,
          fields: inputs(open.modal as unknown as Json).map((c) => bare(c.custom_id!)),
        }
      );
    },
    async submit(fields) {
      const open = current;
      const modal = open && (await until('a form', () => open.modal));
      if (!open || !modal) throw new Error('no form is open');
      const unknown = Object.keys(fields).filter(
        (k) => !inputs(modal as unknown as Json).some((c) => bare(c.custom_id!) === k),
      );
      if (unknown.length > 0) throw new Error(`the form has no field ${unknown.join(', ')}`);
      const from = 'message' in open.raw ? open.raw.message : undefined;
      interact(InteractionType.ModalSubmit, world.channels.get(open.raw.channel!.id)!, {
        data: { custom_id: modal.custom_id, components: filled(modal as unknown as Json, fields) },
        ...(from ? { message: from } : {}),
      });
    },
    async mention(words, thread) {
      const channel = thread ? world.channels.get(thread) : world.main;
      if (!channel) throw new Error(`no thread ${thread}`);
      write(channel, `<@${world.bot.id}> ${words}`);
    },
    async direct(words) {
      write(world.direct(user.id), words);
    },
    async says(words) {
      write(world.main, words);
    },
    async redeliver() {
      last?.();
    },
    async completes(line) {
      const typed = type(world, guild, line, {}, true);
      const open = interact(InteractionType.ApplicationCommandAutocomplete, world.main, typed);
      return until('completions', () => open.choices);
    },
    async sees(enough) {
      try {
        return await until('what it hoped to see', () => {
          const now = seen();
          return enough(now) ? now : undefined;
        });
      } catch (error) {
        const list = seen().map((m) => `${m.private ? '(private) ' : ''}${m.text}`);
        throw new Error(`${(error as Error).message}; it sees ${JSON.stringify(list)}`);
      }
    },
    thinking: () => visible().filter(isLoading).length,
  };
}

interface Part extends Json {
  readonly type: ComponentType;
  readonly custom_id?: string;
  readonly label?: string;
  readonly min_values?: number;
  readonly max_values?: number;
  readonly required?: boolean;
  readonly max_length?: number;
  readonly options?: { readonly value: string; readonly label: string; readonly default?: boolean }[];
  readonly component?: Part;
  readonly components?: Part[];
}

const parts = (message: APIMessage): Part[] =>
  ((message.components ?? []) as unknown as Part[]).flatMap((row) => row.components ?? []);
const inputs = (modal: Json): Part[] =>
  (modal.components as Part[]).flatMap((row) => row.component ?? row.components ?? []);
/** a field's name, whatever the custom_id says of its kind */
const bare = (id: string) => id.replace(/\[\]$/, '');

function asSeen(world: World, m: APIMessage): Seen {
  const channel = world.channels.get(m.channel_id);
  return {
    id: m.id,
    text: m.content,
    private: ((m.flags ?? 0) & MessageFlags.Ephemeral) !== 0 || channel?.person !== undefined,
    images: m.attachments
      .filter((a) => a.content_type?.startsWith('image/'))
      .map((a) => ({ name: a.filename, alt: a.description ?? '', bytes: world.files.get(a.id)!.bytes })),
    buttons: parts(m).flatMap((c) => (c.type === ComponentType.Button ? [c.label ?? ''] : [])),
    options: parts(m).flatMap((c) => (c.options ?? []).map((o) => o.label)),
    ...(channel?.parent ? { thread: channel.id } : {}),
    edited: m.edited_timestamp !== null,
  };
}

function filled(modal: Json, fields: Readonly<Record<string, string>>): Json[] {
  const fill = (c: Part): Json => {
    const said = fields[bare(c.custom_id!)];
    const { type, custom_id, id } = c;
    if (c.type === ComponentType.TextInput) {
      const value = said ?? String(c.value ?? '');
      if (c.required !== false && value === '') throw new Error(`the field ${custom_id} must be filled in`);
      if (value.length > (c.max_length ?? 4000)) throw new Error(`the field ${custom_id} is too long`);
      return { type, custom_id, id, value };
    }
    const preset = c.options?.filter((o) => o.default).map((o) => o.value) ?? [];
    const values = said === undefined ? preset : said.split(',').filter((v) => v !== '');
    const foreign = values.filter((v) => !c.options?.some((o) => o.value === v));
    if (foreign.length > 0) throw new Error(`the field ${custom_id} does not offer ${foreign.join(', ')}`);
    if (values.length > (c.max_values ?? 1)) throw new Error(`the field ${custom_id} takes fewer values`);
    return { type, custom_id, id, values };
  };
  return (modal.components as Part[]).map((row) =>
    row.component
      ? { type: row.type, id: row.id, component: fill(row.component) }
      : { type: row.type, id: row.id, components: (row.components ?? []).map(fill) },
  );
}

/** `/name [sub] value name=value "two words"` as Discord's client turns what is typed into options. */
function type(
  world: World,
  guild: Guild,
  line: string,
  files: Record<string, Uint8Array> = {},
  completing = false,
): Json {
  const words = [...line.replace(/^\//, '').matchAll(/(?:[^\s"]|"[^"]*")+/g)].map((m) =>
    m[0].replaceAll('"', ''),
  );
  if (completing && /\s$/.test(line)) words.push('');
  const name = words.shift();
  const all = [...(world.commands.get(guild.id) ?? []), ...(world.commands.get('global') ?? [])];
  const command = all.find((c) => c.name === name);
  if (!command) throw new Error(`Discord knows no command /${name}`);
  let specs = (command.options ?? []) as APIApplicationCommandOption[];
  let sub: APIApplicationCommandOption | undefined;
  if (specs[0]?.type === Option.Subcommand) {
    const typed = words.shift();
    sub = specs.find((s) => s.name === typed);
    if (!sub)
      throw new Error(`Discord does not send /${name} without one of ${specs.map((s) => s.name).join(', ')}`);
    specs = ('options' in sub && sub.options ? sub.options : []) as APIApplicationCommandOption[];
  }
  const given: Json[] = [];
  const attachments: Record<string, unknown> = {};
  const open = () =>
    specs.filter((s) => !given.some((g) => g.name === s.name) && s.type !== Option.Attachment);
  for (const [i, word] of words.entries()) {
    const [, key, rest] = /^(\w[\w-]*)=([\s\S]*)$/.exec(word) ?? [];
    const spec = specs.find((s) => s.name === key) ?? open()[0];
    const last = given.at(-1);
    if (!spec && last?.type === Option.String) {
      last.value = `${last.value} ${word}`;
      continue;
    }
    if (!spec) throw new Error(`/${name} has no option for “${word}”`);
    const said = spec.name === key ? rest! : word;
    const focused = completing && i === words.length - 1;
    given.push({
      name: spec.name,
      type: spec.type,
      value: focused ? said : typedValue(world, spec, said),
      ...(focused ? { focused } : {}),
    });
  }
  for (const [option, bytes] of Object.entries(files)) {
    const file = world.handIn(`${option}.ts`, bytes);
    attachments[file.id] = file;
    given.push({ name: option, type: Option.Attachment, value: file.id });
  }
  const missing = specs.filter((s) => 'required' in s && s.required && !given.some((g) => g.name === s.name));
  if (!completing && missing.length > 0)
    throw new Error(`Discord does not send /${name} without ${missing.map((m) => m.name).join(', ')}`);
  return {
    data: {
      id: command.id,
      name,
      type: 1,
      ...(command.guild_id ? { guild_id: command.guild_id } : {}),
      options: sub ? [{ name: sub.name, type: Option.Subcommand, options: given }] : given,
      ...(Object.keys(attachments).length > 0 ? { resolved: { attachments } } : {}),
    },
  };
}

function typedValue(
  world: World,
  spec: APIApplicationCommandOption,
  said: string,
): string | number | boolean {
  const refuse = (why: string) => new Error(`Discord does not send ${spec.name}=${said}: ${why}`);
  switch (spec.type) {
    case Option.Boolean:
      return /^(true|on|yes|1)$/i.test(said);
    case Option.Integer:
    case Option.Number: {
      const n = Number(said);
      if (!Number.isFinite(n) || (spec.type === Option.Integer && !Number.isInteger(n)))
        throw refuse('not such a number');
      if ((spec.min_value ?? -Infinity) > n || (spec.max_value ?? Infinity) < n) throw refuse('out of range');
      return n;
    }
    case Option.String:
      if (spec.choices?.length && !spec.choices.some((c) => c.value === said))
        throw refuse('not on the list');
      if (said.length > (spec.max_length ?? 6000)) throw refuse('too long');
      return said;
    case Option.Channel:
      return [...world.channels.values()].find((c) => `#${c.name}` === said || c.id === said)?.id ?? said;
    case Option.User:
      return world.user(said.replace(/^@/, '')).id;
    default:
      return said;
  }
}
