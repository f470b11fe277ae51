import {
  type APIChannel,
  type APIDMChannel,
  type APIInteractionResponse,
  type APIMessage,
  DiscordAPIError,
  HTTPError,
  MessageFlags,
  type REST,
  Routes,
} from 'discord.js';
import type { Heard } from './decode.ts';
import type { Part } from './encode.ts';
import { nonce } from './encode.ts';
import { CODES, LIMITS } from './limits.ts';

/** The calls this adapter makes; the client's REST keeps the rate limits and tries server errors again. */
export type Api = ReturnType<typeof createApi>;

/**
 * @param rest retries server errors; only for calls that may safely be made twice
 * @param once never retries those; for calls whose repetition somebody would see
 */
export function createApi(rest: REST, once: REST, application: () => string) {
  const original = (raw: Heard) => Routes.webhookMessage(application(), raw.token, '@original');

  /** whether a follow-up of unknown outcome did arrive: it names its interaction in the history */
  async function arrived(raw: Heard, part: Part): Promise<APIMessage | undefined> {
    const channel = raw.channel?.id ?? raw.channel_id;
    if (!channel) return undefined;
    const query = new URLSearchParams({ after: raw.id, limit: String(LIMITS.history) });
    const list = (await rest.get(Routes.channelMessages(channel), { query }).catch(() => [])) as APIMessage[];
    const words = part.body.content.trim();
    return list.find((m) => m.interaction_metadata?.id === raw.id && m.content.trim() === words);
  }

  return {
    /** `already`: this delivery or another of the same event was answered; `late`: Discord has given it up */
    async acknowledge(raw: Heard, body: APIInteractionResponse): Promise<'done' | 'already' | 'late'> {
      try {
        await rest.post(Routes.interactionCallback(raw.id, raw.token), { body, auth: false });
        return 'done';
      } catch (error) {
        if (isCode(error, CODES.alreadyAcknowledged)) return 'already';
        if (isCode(error, CODES.unknownInteraction)) return 'late';
        throw error;
      }
    },

    async editOriginal(raw: Heard, { body, files }: Part): Promise<APIMessage> {
      return (await rest.patch(original(raw), { body, files, auth: false })) as APIMessage;
    },

    async deleteOriginal(raw: Heard): Promise<void> {
      await rest.delete(original(raw), { auth: false });
    },

    /**
     * A follow-up carries no nonce, so one that failed on the way is looked for before it is sent again. A private
     * one is in no history; it is sent again unseen, since twice read is better than silence.
     */
    async followUp(raw: Heard, part: Part, secret: boolean): Promise<APIMessage> {
      const body = { ...part.body, flags: secret ? MessageFlags.Ephemeral : undefined };
      const route = Routes.webhook(application(), raw.token);
      const query = new URLSearchParams({ wait: 'true' });
      for (let attempt = 1; ; attempt++) {
        try {
          return (await once.post(route, { body, files: part.files, query, auth: false })) as APIMessage;
        } catch (error) {
          if (error instanceof DiscordAPIError || attempt === 3) throw error;
          const there = secret ? undefined : await arrived(raw, part);
          if (there) return there;
        }
      }
    },

    /** `key` names the post: within minutes Discord takes the same key in the same channel only once */
    async post(channel: string, { body, files }: Part, key: string, part: number, replyTo?: string) {
      const message_reference = replyTo ? { message_id: replyTo, fail_if_not_exists: false } : undefined;
      const once = { nonce: nonce(channel, key, part), enforce_nonce: true };
      const sent = await rest.post(Routes.channelMessages(channel), {
        body: { ...body, ...once, message_reference },
        files,
      });
      return sent as APIMessage;
    },

    async edit(channel: string, message: string, { body, files }: Part): Promise<APIMessage> {
      return (await rest.patch(Routes.channelMessage(channel, message), { body, files })) as APIMessage;
    },

    async message(channel: string, message: string): Promise<APIMessage> {
      return (await rest.get(Routes.channelMessage(channel, message))) as APIMessage;
    },

    async recent(channel: string): Promise<readonly APIMessage[]> {
      const query = new URLSearchParams({ limit: String(LIMITS.history) });
      return (await rest.get(Routes.channelMessages(channel), { query })) as APIMessage[];
    },

    /** The thread under a message, opened now or before: it bears the message's id. */
    async thread(channel: string, message: string, name: string): Promise<string> {
      try {
        const body = { name, auto_archive_duration: LIMITS.threadArchiveMinutes };
        return ((await rest.post(Routes.threads(channel, message), { body })) as APIChannel).id;
      } catch (error) {
        if (isCode(error, CODES.threadExists)) return message;
        throw error;
      }
    },

    /** Undefined where the person cannot be written to. */
    async directChannel(person: string): Promise<string | undefined> {
      try {
        const body = { recipient_id: person };
        return ((await rest.post(Routes.userChannels(), { body })) as APIDMChannel).id;
      } catch (error) {
        if (isCode(error, CODES.cannotMessagePerson, CODES.noSharedServer)) return undefined;
        throw error;
      }
    },

    async channel(channel: string): Promise<APIChannel> {
      return (await rest.get(Routes.channel(channel))) as APIChannel;
    },

    /** “Quorum is typing…”; decoration, so its failure is nobody's concern */
    async typing(channel: string): Promise<void> {
      await rest.post(Routes.channelTyping(channel)).catch(() => undefined);
    },
  };
}

export const isCode = (error: unknown, ...codes: readonly number[]): boolean =>
  error instanceof DiscordAPIError && codes.includes(Number(error.code));

/** An error as it may be logged: the addresses of interactions hold a token that acts for the bot. */
export function why(error: unknown): object {
  if (error instanceof DiscordAPIError || error instanceof HTTPError) {
    const code = error instanceof DiscordAPIError ? error.code : undefined;
    const { status, method } = error;
    return { status, code, method, route: bare(error.url), reason: bare(error.message) };
  }
  return { reason: bare(error instanceof Error ? error.message : String(error)) };
}

const bare = (words: string): string =>
  words.replace(/\/(webhooks|interactions)\/(\d+)\/[^/?\s]+/g, '/$1/$2/…').replace(/^https?:\/\/[^/]+/, '');
