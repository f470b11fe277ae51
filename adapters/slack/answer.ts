import { setTimeout as pause } from 'node:timers/promises';
import { type Block, type Log, type Place, type Plan, type Reply, text } from '../../src/chat.ts';
import { type Api, inWords, once, refusal } from './calls.ts';
import type { Heard, Surface } from './decode.ts';
import { type Encode, heading, home, type Message, messages } from './encode.ts';
import { LIMITS } from './limits.ts';
import type { SlackOutbox } from './outbox.ts';
import type { Identity } from './register.ts';

/**
 * Shows a reply where its delivery came from: to everybody, to one person, in place of a message, on App Home.
 *
 * What one person alone sees in a channel cannot hold a file: Slack has no way to let that person alone see it
 * (https://github.com/slackapi/node-slack-sdk/issues/1790). A private reply with a picture therefore goes to the
 * direct conversation, and a private note in the channel says so.
 */
export interface Answers {
  show(plan: Plan, heard: Heard, reply: Reply): Promise<void>;
  /** a note to the person alone */
  tell(heard: Heard, words: string): Promise<void>;
  publish(user: string, blocks: readonly Block[]): Promise<void>;
}

export function createAnswers(parts: {
  api: Api;
  outbox: SlackOutbox;
  encode: Encode;
  me: Identity;
  log: Log;
}): Answers {
  const { api, outbox, encode, me, log } = parts;

  const publish = async (user: string, blocks: readonly Block[]) => {
    const view = home(encode(blocks, await outbox.pictures(blocks)));
    await api.client.views.publish({ user_id: user, view });
  };

  /** Messages in the words of what only one person sees: without files. */
  const wordsOf = (reply: Reply): Message[] => {
    const { thread } = reply;
    return messages([
      ...encode(reply.blocks, () => undefined),
      ...(thread ? [...heading(thread.title), ...encode(thread.first, () => undefined)] : []),
    ]);
  };

  const ephemeral = async ({ incoming, surface }: Heard, list: readonly Message[]) => {
    const { channel, thread } = incoming.place;
    for (const [i, message] of list.entries()) {
      const inThread = thread !== undefined;
      // Answers to a response_url never reach a thread; elsewhere they need no membership.
      if (
        surface.responseUrl &&
        !inThread &&
        i < LIMITS.responses &&
        (await respond(surface, message, false, log))
      )
        continue;
      await once(
        () =>
          api.posting.chat.postEphemeral({
            channel,
            user: incoming.person.id,
            ...(inThread && { thread_ts: thread }),
            text: message.text,
            blocks: message.blocks,
          }),
        async () => undefined,
      );
    }
  };

  const toDirect = async ({ incoming }: Heard, reply: Reply): Promise<string | undefined> => {
    try {
      const posted = await outbox.direct(incoming.person, { ...reply, private: false });
      if (!posted) return undefined;
      const { permalink } = await api.client.chat.getPermalink({
        channel: posted.place.channel,
        message_ts: posted.message,
      });
      return `Sent to you in a [direct message](${permalink}): in a channel, Slack shows pictures to everybody or nobody.`;
    } catch (error) {
      log.warn({ err: error }, 'a direct message could not be sent');
      return undefined;
    }
  };

  const privately = async (heard: Heard, reply: Reply, replace = false): Promise<void> => {
    const { incoming, surface } = heard;
    if (incoming.place.direct && !replace) {
      try {
        await outbox.post(incoming.place, reply);
        return;
      } catch (error) {
        // Typed in a conversation between two people, where the bot is not.
        if (refusal(error) !== 'channel_not_found' || !surface.responseUrl) throw error;
      }
    }
    const note = hasFiles(reply) ? await toDirect(heard, reply) : undefined;
    const list = wordsOf(note === undefined ? reply : { blocks: [text(note)] });
    if (replace && list.length === 1 && (await respond(surface, list[0]!, true, log))) return;
    await ephemeral(heard, list);
  };

  const publicly = async (heard: Heard, place: Place, reply: Reply) => {
    try {
      await outbox.post(place, reply);
    } catch (error) {
      const code = refusal(error);
      if (code === undefined || !NOT_HERE.test(code)) throw error;
      log.warn({ channel: place.channel, code }, 'may not post; the answer is shown to the person alone');
      const why = place.direct ? 'I am no part of this conversation.' : inWords(error, me.name);
      await privately(heard, { ...reply, blocks: [text(`${why} Only you see this:`), ...reply.blocks] });
    }
  };

  return {
    publish,
    tell: (heard, words) => privately(heard, { blocks: [text(words)] }),
    async show(plan, heard, reply) {
      const { incoming, surface } = heard;
      if (plan.how === 'update' && !reply.private) {
        if (surface.home) return publish(incoming.person.id, reply.blocks);
        if (surface.ephemeral) return privately(heard, reply, true);
        if (surface.message !== undefined) {
          try {
            return await outbox.edit({ place: incoming.place, message: surface.message }, reply);
          } catch (error) {
            if (!GONE.has(refusal(error) ?? '')) throw error;
          }
        }
      }
      if (reply.private || (plan.how === 'reply' && plan.private)) return privately(heard, reply);
      return publicly(heard, incoming.place, reply);
    },
  };
}

const hasFiles = ({ blocks, thread }: Reply) =>
  [...blocks, ...(thread?.first ?? [])].some((b) => b.kind === 'image' || b.kind === 'file');

/** The bot may not post in this channel, whatever the message. */
const NOT_HERE =
  /^(?:not_in_channel|channel_not_found|is_archived|restricted_action|posting_to_channel_denied)/;
/** The message that should be changed cannot be any more: a new one says it. */
const GONE = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed', 'update_failed']);

/** Answers to a delivery's own address. @returns whether Slack took it: an address is good for a while and few uses. */
async function respond(surface: Surface, message: Message, replace: boolean, log: Log): Promise<boolean> {
  if (!surface.responseUrl) return false;
  const body = JSON.stringify({
    response_type: 'ephemeral',
    replace_original: replace,
    text: message.text,
    blocks: message.blocks,
  });
  for (let tries = 0; tries < 3; tries++) {
    try {
      const answer = await fetch(surface.responseUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(10_000),
      });
      if (answer.ok) return true;
      if (answer.status !== 429 && answer.status < 500) {
        log.info(
          { status: answer.status, says: (await answer.text()).slice(0, 100) },
          'a response_url was refused',
        );
        return false;
      }
      await pause(answer.status === 429 ? Number(answer.headers.get('retry-after') ?? 1) * 1000 : 500);
    } catch (error) {
      log.warn({ err: error instanceof Error ? error.name : error }, 'a response_url could not be reached');
      await pause(500);
    }
  }
  return false;
}
