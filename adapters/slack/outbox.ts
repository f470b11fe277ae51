import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Block, Log, Outbox, Person, Place, Posted, Reply } from '../../src/chat.ts';
import { type Api, inWords, lacks, once, pictureNotReady, refusal } from './calls.ts';
import { type Encode, type Message, messages, type Pictures } from './encode.ts';
import { LIMITS } from './limits.ts';
import { escaped, split } from './mrkdwn.ts';
import type { Identity } from './register.ts';
import { settled, upload } from './upload.ts';

/** Posting where everybody sees it: exactly once, with the pictures in the message they belong to. */

type ImageBlock = Extract<Block, { kind: 'image' }>;

export interface SlackOutbox extends Outbox {
  /** uploads what the blocks hold; what could not be uploaded is shown in words */
  pictures(blocks: readonly Block[]): Promise<Pictures>;
}

/** What Slack keeps with a message and gives back with the channel's history. */
const MARK = 'quorum_marker';
/** Milliseconds of history in which a marker is looked for. */
const RECENT = 72 * 60 * 60_000;
const PAGES = 10;
/** Milliseconds before a message is sent again whose picture was not ready. */
const WAITS = [500, 1500, 3000];

export function createOutbox(parts: {
  api: Api;
  encode: Encode;
  me: Identity;
  log: Log;
  now: () => number;
}): SlackOutbox {
  const { api, encode, me, log, now } = parts;
  const { client, posting } = api;

  const pictures = async (blocks: readonly Block[]): Promise<Pictures> => {
    const images = blocks.filter((b): b is ImageBlock => b.kind === 'image');
    const ids = new Map<ImageBlock, string>();
    await Promise.all(
      images.map(async (image) => {
        try {
          const id = await upload(client, image);
          await settled(client, id, log);
          ids.set(image, id);
        } catch (error) {
          log.warn(
            { err: error, picture: image.name },
            'a picture could not be uploaded; its words are shown',
          );
        }
      }),
    );
    return (image) => ids.get(image);
  };

  /** The message of our own that carries this in its metadata, the newest first. */
  const look = async (place: Place, key: 'marker' | 'nonce', value: string, oldest: number) => {
    const query = {
      channel: place.channel,
      include_all_metadata: true,
      limit: 200,
      oldest: String(oldest / 1000),
    };
    for (let page = 0, cursor: string | undefined; page < PAGES; page++) {
      const at = { ...query, ...(cursor && { cursor }) };
      const found = place.thread
        ? await client.conversations.replies({ ...at, ts: place.thread })
        : await client.conversations.history(at);
      for (const message of found.messages ?? []) {
        const payload = new Map<string, unknown>(Object.entries(message.metadata?.event_payload ?? {}));
        if (message.bot_id === me.bot && message.metadata?.event_type === MARK && payload.get(key) === value)
          return message.ts;
      }
      cursor = found.response_metadata?.next_cursor;
      if (!cursor) return undefined;
    }
    return undefined;
  };

  const postMessage = async (place: Place, message: Message, marker?: string) => {
    const nonce = randomUUID();
    const since = now() - 60_000;
    const sent = await once(
      () =>
        posting.chat.postMessage({
          channel: place.channel,
          ...(place.thread !== undefined && { thread_ts: place.thread }),
          text: message.text,
          blocks: message.blocks,
          unfurl_links: false,
          unfurl_media: false,
          metadata: { event_type: MARK, event_payload: { nonce, ...(marker !== undefined && { marker }) } },
        }),
      async () => {
        const ts = await look(place, 'nonce', nonce, since);
        return ts === undefined ? undefined : { ok: true, ts, channel: place.channel };
      },
    );
    return { channel: sent.channel ?? place.channel, ts: sent.ts ?? '' };
  };

  /** Sends a message; while Slack refuses its pictures, again after a while; at last with their words instead. */
  const withPictures = async <T>(
    message: Message,
    send: (m: Message) => Promise<T>,
  ): Promise<{ sent: T; shown: boolean }> => {
    for (const wait of WAITS) {
      try {
        return { sent: await send(message), shown: true };
      } catch (error) {
        if (!pictureNotReady(error)) throw error;
        await pause(wait);
      }
    }
    log.warn({}, 'Slack does not show a picture in its message; it is shared in the thread');
    return { sent: await send(inWordsOnly(message)), shown: false };
  };

  const shareFiles = async (blocks: readonly Block[], channel: string, thread: string, all: boolean) => {
    for (const block of blocks)
      if (block.kind === 'file' || (all && block.kind === 'image'))
        await upload(client, block, { channel, thread });
  };

  const openThread = async (place: Place, thread: string, { title, first }: NonNullable<Reply['thread']>) => {
    await post({ ...place, thread }, { blocks: [{ kind: 'heading', text: title }, ...first] });
  };

  const post = async (place: Place, reply: Reply): Promise<Posted> => {
    const all = messages(encode(reply.blocks, await pictures(reply.blocks)));
    let at: { channel: string; ts: string } | undefined;
    let everythingShown = true;
    for (const message of all) {
      const { sent, shown } = await withPictures(message, (m) =>
        postMessage(place, m, at ? undefined : reply.marker),
      );
      at ??= sent;
      everythingShown &&= shown;
    }
    const { channel, ts } = at!;
    const thread = place.thread ?? ts;
    await shareFiles(reply.blocks, channel, thread, !everythingShown);
    if (reply.thread) await openThread({ ...place, channel }, thread, reply.thread);
    return { place: { ...place, channel }, message: ts };
  };

  /** What does not fit into the changed message follows it as new ones. */
  const edit = async (posted: Posted, reply: Reply): Promise<void> => {
    const { place, message: ts } = posted;
    const [first, ...more] = messages(encode(reply.blocks, await pictures(reply.blocks)));
    const marked = reply.marker !== undefined && {
      metadata: { event_type: MARK, event_payload: { marker: reply.marker } },
    };
    const { shown } = await withPictures(first!, (m) =>
      client.chat.update({ channel: place.channel, ts, text: m.text, blocks: m.blocks, ...marked }),
    );
    for (const message of more) await withPictures(message, (m) => postMessage(place, m));
    const thread = place.thread ?? ts;
    await shareFiles(reply.blocks, place.channel, thread, !shown);
    if (reply.thread) await openThread(place, thread, reply.thread);
  };

  return {
    platform: 'slack',
    pace: LIMITS.perSecond,
    pictures,
    post,
    edit,
    async direct(person: Person, reply: Reply) {
      try {
        const { channel } = await client.conversations.open({ users: person.id });
        if (!channel?.id) return undefined;
        return await post(
          { platform: 'slack', space: person.space, channel: channel.id, direct: true },
          reply,
        );
      } catch (error) {
        if (UNREACHABLE.has(refusal(error) ?? '')) return undefined;
        throw error;
      }
    },
    async find(place, marker) {
      const ts = await look(place, 'marker', marker, now() - RECENT);
      return ts === undefined ? undefined : { place, message: ts };
    },
    async obstacle(place) {
      if (me.missing.includes('chat:write')) return lacks('chat:write');
      // Slack asks for one more permission to look at direct conversations, and nobody can close those to the bot.
      if (place.direct) return undefined;
      try {
        const { channel } = await client.conversations.info({ channel: place.channel });
        if (channel?.is_archived) return 'This channel is archived: nobody can post in it.';
        if (!channel?.is_member) return `I am not in this channel. Invite me with \`/invite @${me.name}\`.`;
        return undefined;
      } catch (error) {
        return inWords(error, me.name);
      }
    },
  };
}

/** A person who cannot be written to: gone, not visible to the app, or a bot. */
const UNREACHABLE = new Set([
  'cannot_dm_bot',
  'channel_not_found',
  'messages_tab_disabled',
  'user_disabled',
  'user_not_found',
  'user_not_visible',
]);

function inWordsOnly(message: Message): Message {
  const blocks = message.blocks.flatMap((block): Message['blocks'] =>
    block.type === 'image'
      ? split(escaped(block.alt_text), LIMITS.section).map((words) => ({
          type: 'section',
          text: { type: 'mrkdwn', text: words, verbatim: true },
        }))
      : [block],
  );
  return { text: message.text, blocks: blocks.slice(0, LIMITS.blocks) };
}
