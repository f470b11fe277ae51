import type { Adapter } from '../../../src/chat.ts';
import type { Chat, ChatPerson, Seen } from '../../contracts/adapter.ts';
import { checkView } from './api.ts';
import type { Json } from './blockkit.ts';
import {
  blockActions,
  directMessage,
  homeOpened,
  mention,
  slashCommand,
  viewSubmission,
} from './payloads.ts';
import type { Kind, SlackServer } from './server.ts';
import { BOT, type Channel, id, imageType, type Message, type User } from './world.ts';

/** Slack's client and the people in front of it. */

export interface SlackPerson extends ChatPerson {
  /** types a slash command where it is; Slack's client refuses it inside a thread and sends nothing */
  command(line: string, where?: { channel?: string; thread?: string }): Promise<void>;
  /** writes to the bot directly */
  writes(words: string): Promise<void>;
  opensHome(): Promise<void>;
  home(): { readonly text: string; readonly buttons: readonly string[] } | undefined;
  pressHome(label: string): Promise<void>;
  readonly user: User;
}

export interface SlackChat extends Chat {
  readonly server: SlackServer;
  person(name: string): SlackPerson;
}

export const MAIN = 'C0STUDY0001';

export function slackChat(server: SlackServer, adapter: Adapter, after: () => Promise<void>): SlackChat {
  const people = new Map<string, SlackPerson>();
  return {
    adapter,
    server,
    person(name) {
      const known = people.get(name) ?? slackPerson(server, server.world.user(name));
      people.set(name, known);
      return known;
    },
    async close() {
      await adapter.close();
      await after();
      await server.close();
    },
  };
}

function slackPerson(server: SlackServer, user: User): SlackPerson {
  const { world } = server;
  let last: { readonly kind: Kind; readonly payload: Json } | undefined;
  const deliver = async (kind: Kind, payload: Json): Promise<Json> => {
    last = { kind, payload };
    return server.deliver(kind, payload);
  };
  const responseUrl = (channel: Channel, message?: Message): string => {
    const key = id('R');
    world.responseUrls.set(key, {
      channel: channel.id,
      user: user.id,
      at: Date.now(),
      uses: 0,
      ...(message && { message }),
    });
    return `${server.base}/${message ? 'actions' : 'commands'}/${key}`;
  };
  const find = (seen: Seen): Message => {
    const message = world.messages.find((m) => m.ts === seen.id && !m.gone);
    if (!message) throw new Error(`there is no message ${seen.id}`);
    return message;
  };
  const act = async (message: Message, action: Json) => {
    const channel = world.channels.get(message.channel)!;
    await deliver(
      'interactive',
      blockActions({
        user,
        message,
        channel,
        action,
        trigger: world.trigger(user.id),
        responseUrl: responseUrl(channel, message),
      }),
    );
  };
  const element = (message: Message, wanted: (e: Json) => boolean) => {
    for (const block of message.blocks)
      for (const e of [block.element, ...((block.elements as Json[] | undefined) ?? [])] as (
        | Json
        | undefined
      )[])
        if (e && wanted(e)) return { block, element: e };
    throw new Error('no such button or select on this message');
  };
  const button = (e: Json, block: Json): Json => ({
    action_id: e.action_id,
    block_id: block.block_id,
    text: e.text,
    type: 'button',
    ...(e.value !== undefined && { value: e.value }),
    ...(e.style !== undefined && { style: e.style }),
  });
  const openView = () => [...world.views.values()].reverse().find((v) => v.user === user.id && v.open);
  /** As the client sends what was typed, with should_escape: entities, channels and members by id. */
  const typed = (words: string) =>
    words
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replace(/#([a-z]+)/g, (all, name: string) => {
        const channel = [...world.channels.values()].find((c) => c.name === name);
        return channel ? `<#${channel.id}|${channel.name}>` : all;
      });

  return {
    user,
    async command(line, where = {}) {
      const channel = world.channels.get(where.channel ?? MAIN)!;
      if (where.thread) throw new Error('/quorum is not supported in threads. Sorry!');
      await deliver(
        'slash_commands',
        slashCommand({
          user,
          channel,
          text: typed(line.replace(/^\//, '')),
          trigger: world.trigger(user.id),
          responseUrl: responseUrl(channel),
        }),
      );
    },
    async press(seen, label) {
      const message = find(seen);
      const { block, element: e } = element(
        message,
        (x) => x.type === 'button' && (x.text as Json | undefined)?.text === label,
      );
      await act(message, button(e, block));
    },
    async choose(seen, values) {
      const message = find(seen);
      const { block, element: e } = element(
        message,
        (x) => x.type === 'static_select' || x.type === 'multi_static_select',
      );
      const all = [
        ...((e.options as Json[] | undefined) ?? []),
        ...((e.option_groups as { options: Json[] }[] | undefined) ?? []).flatMap((g) => g.options),
      ];
      const picked = values.map((value) => {
        const option = all.find((o) => o.value === value);
        if (!option) throw new Error(`no option ${value}`);
        return option;
      });
      const action: Json = {
        type: e.type,
        action_id: e.action_id,
        block_id: block.block_id,
        placeholder: e.placeholder,
      };
      if (e.type === 'static_select') return act(message, { ...action, selected_option: picked[0] });
      // Each tick is reported by itself; what is ticked stands in the state of the message.
      const state = { type: e.type, selected_options: picked } satisfies Json;
      message.state[String(block.block_id)] = { [String(e.action_id)]: state };
      const send = message.blocks[message.blocks.indexOf(block) + 1]!;
      await act(message, button((send.elements as Json[])[0]!, send));
    },
    async form() {
      for (let tries = 0; tries < 100 && !openView(); tries++) await pause(20);
      const view = openView();
      if (!view) return undefined;
      const blocks = view.content.blocks as Json[];
      return {
        title: String((view.content.title as Json).text),
        fields: blocks.filter((b) => b.type === 'input').map((b) => String((b.label as Json).text)),
      };
    },
    async submit(fields) {
      const view = openView();
      if (!view) throw new Error('no form is open');
      const values: Record<string, Record<string, Json>> = {};
      for (const block of (view.content.blocks as Json[]).filter((b) => b.type === 'input')) {
        const e = block.element as Json;
        const value = fields[String(block.block_id)];
        if (value === undefined && block.optional !== true)
          throw new Error(`${String(block.block_id)} is required`);
        const options = (e.options as Json[] | undefined) ?? [];
        values[String(block.block_id)] = {
          [String(e.action_id)]:
            e.type === 'plain_text_input'
              ? { type: e.type, value: value ?? null }
              : e.type === 'static_select'
                ? { type: e.type, selected_option: options.find((o) => o.value === value) ?? null }
                : {
                    type: e.type,
                    selected_options: options.filter((o) => value?.split(',').includes(String(o.value))),
                  },
        };
      }
      const answer = await deliver('interactive', viewSubmission(user, view, values, world.trigger(user.id)));
      if (answer.response_action === 'update') {
        checkView(world, answer.view as Json, 'modal');
        view.content = answer.view as Json;
        view.hash = `${Date.now()}.${id('h')}`;
      } else view.open = false;
    },
    async mention(words, thread) {
      const message = world.add({
        channel: MAIN,
        user: user.id,
        byBot: false,
        text: `<@${BOT.user}> ${typed(words)}`,
        blocks: [],
        ...(thread && { thread }),
      });
      await deliver('events_api', mention(message));
    },
    async writes(words) {
      const channel = world.im(user.id);
      const message = world.add({
        channel: channel.id,
        user: user.id,
        byBot: false,
        text: typed(words),
        blocks: [],
      });
      await deliver('events_api', directMessage(message));
    },
    async opensHome() {
      await deliver('events_api', homeOpened(user, world.im(user.id)));
    },
    home() {
      const blocks = user.home?.blocks as Json[] | undefined;
      return blocks && { text: wordsOf(blocks), buttons: buttonsOf(blocks) };
    },
    async pressHome(label) {
      const view = user.home;
      for (const block of (view?.blocks as Json[] | undefined) ?? [])
        for (const e of (block.elements as Json[] | undefined) ?? [])
          if (e.type === 'button' && (e.text as Json).text === label) {
            const action = button(e, { block_id: 'home1' });
            await deliver(
              'interactive',
              blockActions({
                user,
                action,
                trigger: world.trigger(user.id),
                view: { id: id('V'), team_id: 'T', type: 'home', blocks: view?.blocks },
              }),
            );
            return;
          }
      throw new Error(`no button ${label} on App Home`);
    },
    async redeliver() {
      if (!last) throw new Error('nothing was delivered yet');
      await server.deliver(last.kind, last.payload, 1);
    },
    async sees(enough) {
      for (let tries = 0; ; tries++) {
        const seen = visible(server, user);
        if (tries >= 750 || enough(seen)) return seen;
        await pause(20);
      }
    },
  };
}

function visible(server: SlackServer, user: User): Seen[] {
  const { world } = server;
  return world.messages
    .filter((m) => {
      const channel = world.channels.get(m.channel)!;
      if (!m.byBot || m.gone || !channel.members.has(user.id)) return false;
      return m.only === undefined || m.only === user.id;
    })
    .map((m) => {
      const pictures = m.blocks
        .filter((b) => b.type === 'image')
        .map((b) => ({ file: world.files.get(String((b.slack_file as Json).id))!, alt: String(b.alt_text) }));
      const shared = m.files
        .map((f) => world.files.get(f)!)
        .filter((f) => imageType(f.bytes).startsWith('image/'))
        .map((file) => ({ file, alt: file.alt }));
      const selects = m.blocks.flatMap(
        (b) => [b.element, ...((b.elements as Json[] | undefined) ?? [])] as (Json | undefined)[],
      );
      return {
        id: m.ts,
        text: m.blocks.length > 0 ? wordsOf(m.blocks) : shown(m.text),
        private: m.only !== undefined || world.channels.get(m.channel)!.kind === 'im',
        images: [...pictures, ...shared].map(({ file, alt }) => ({
          name: file.name,
          alt,
          bytes: file.bytes ?? new Uint8Array(),
        })),
        buttons: buttonsOf(m.blocks),
        options: selects.flatMap((e) =>
          ((e?.options as Json[] | undefined) ?? []).map((o) => String((o.text as Json).text)),
        ),
        ...(m.thread && { thread: m.thread }),
        edited: m.edited,
      };
    });
}

function wordsOf(blocks: readonly Json[]): string {
  return blocks
    .flatMap(
      (b) =>
        [b.text, ...((b.elements as Json[] | undefined) ?? []).filter((e) => e.type !== 'button')] as (
          | Json
          | undefined
        )[],
    )
    .filter((t): t is Json => t?.type === 'mrkdwn' || t?.type === 'plain_text')
    .map((t) => (t.type === 'mrkdwn' ? shown(String(t.text)) : String(t.text)))
    .join('\n');
}

const buttonsOf = (blocks: readonly Json[]): string[] =>
  blocks
    .flatMap((b) => (b.type === 'actions' ? (b.elements as Json[]) : []))
    .filter((e) => e.type === 'button')
    .map((e) => String((e.text as Json).text));

/** Mark-up as the client shows it; a mention, which would ring somebody, is spelled out. */
function shown(mrkdwn: string): string {
  return mrkdwn
    .replaceAll('\u200b', '')
    .replace(/<([^<>|]*)(?:\|([^<>]*))?>/g, (_, target: string, label?: string) =>
      /^[@#!]/.test(target) ? `MENTION(${target})` : (label ?? target),
    )
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

const pause = (ms: number) => new Promise((r) => setTimeout(r, ms));
