import {
  type APIAttachment,
  type APIInteractionResponse,
  type APIMessage,
  DiscordAPIError,
  type GatewayMessageCreateDispatchData,
  InteractionResponseType,
  InteractionType,
  MessageFlags,
} from 'discord.js';
import type { Block, Bot, Form, HandedFile, Incoming, Log, Option, Plan, Reply } from '../../src/chat.ts';
import { buttons, privately, reply as replyOf, text } from '../../src/chat.ts';
import { type Api, isCode, why } from './api.ts';
import {
  decodeCompletion,
  decodeInteraction,
  decodeMessage,
  type Heard,
  type Surroundings,
} from './decode.ts';
import { encode, encodeChoices, encodeForm, type Part } from './encode.ts';
import { CODES, LIMITS } from './limits.ts';
import { type DiscordOutbox, markerOf } from './outbox.ts';
import { shorten } from './text.ts';

/** An interaction under way: how it was acknowledged decides how its answer is shown. */
interface Open {
  readonly raw: Heard;
  readonly incoming: Incoming;
  readonly plan: Plan;
  /** `place`: the message the component sits on is changed; `fresh`: a new one has been announced */
  readonly mode: 'place' | 'fresh';
  readonly secret: boolean;
  readonly acked: 'done' | 'already' | 'late';
  /** ms, our clock */
  readonly heardAt: number;
}

export interface Answers {
  interaction(raw: Heard): Promise<void>;
  message(raw: GatewayMessageCreateDispatchData, around: Surroundings): Promise<void>;
}

const FORGOTTEN = [CODES.unknownWebhook, CODES.invalidWebhookToken, CODES.unknownInteraction] as const;

/** From an event to what the person sees: plan, acknowledge, handle, show. */
export function createAnswers(
  bot: Bot,
  api: Api,
  outbox: DiscordOutbox,
  log: Log,
  now: () => number,
): Answers {
  const turns = new Map<string, Promise<void>>();

  /** Deliveries of one conversation reach the bot in the order they came, however long each acknowledgement takes. */
  function inTurn(incoming: Incoming, step: () => Promise<void>): Promise<void> {
    const key = incoming.place.thread ?? `${incoming.place.channel}:${incoming.person.id}`;
    const mine = (turns.get(key) ?? Promise.resolve()).then(step);
    const settled = mine
      .catch(() => undefined)
      .then(() => {
        if (turns.get(key) === settled) turns.delete(key);
      });
    turns.set(key, settled);
    return mine;
  }

  async function interaction(raw: Heard): Promise<void> {
    const heardAt = now();
    const completion = decodeCompletion(raw);
    if (completion) return complete(raw, completion);
    const decoded = decodeInteraction(raw);
    if (!decoded) return;
    const { incoming } = decoded;
    const plan = bot.plan(incoming);
    if (plan.how === 'form' && incoming.kind !== 'submit') return openForm(raw, plan.form);

    const onMessage = 'message' in raw && raw.message !== undefined;
    const mode = onMessage && (plan.how === 'update' || plan.how === 'nothing') ? 'place' : 'fresh';
    const secret = mode === 'place' ? isEphemeral(raw.message) : plan.how !== 'reply' || plan.private;
    const acknowledged = api.acknowledge(raw, deferral(mode, secret)).catch((error: unknown) => {
      log.error({ ...why(error), event: raw.id }, 'an interaction could not be acknowledged');
      return 'late' as const;
    });
    let open: Open | undefined;
    let handled: Promise<Reply | undefined> | undefined;
    await inTurn(incoming, async () => {
      open = { raw, incoming, plan, mode, secret, acked: await acknowledged, heardAt };
      handled =
        plan.how === 'form'
          ? Promise.resolve(offerForm(plan.form))
          : fetchFiles(decoded.files).then(
              (files) => bot.handle(incoming.kind === 'command' ? { ...incoming, files } : incoming),
              (error: Error) => privately(text(error.message)),
            );
      if (Object.keys(decoded.files).length > 0) await handled.catch(() => undefined);
    });
    const reply = await handled;
    if (open) await show(open, reply);
  }

  async function show(open: Open, reply: Reply | undefined): Promise<void> {
    const { raw, mode, acked } = open;
    const sent: APIMessage[] = [];
    try {
      if (reply && reply.blocks.length > 0) await deliver(open, reply, sent);
      // nothing to say, so the announced message goes; where it was announced by another delivery, that one answers
      else if (mode === 'fresh' && acked === 'done') await api.deleteOriginal(raw);
    } catch (error) {
      log.error({ ...why(error), event: raw.id }, 'an answer could not be shown');
      // after a server error nobody knows what has been shown already; only a plain refusal is told
      const refused = error instanceof DiscordAPIError || !isRemote(error);
      if (refused && sent.length === 0)
        await deliver(
          open,
          privately(text('Discord did not take this answer. It has been noted in the log.')),
          [],
        ).catch((again: unknown) => log.error({ ...why(again), event: raw.id }, 'nor could that be said'));
    }
  }

  async function deliver(open: Open, reply: Reply, sent: APIMessage[]): Promise<void> {
    const { raw, mode, acked, heardAt } = open;
    const secret = reply.private === true || open.secret;
    const inPlace = mode === 'place' && secret === open.secret;
    let original = inPlace || (mode === 'fresh' && secret === open.secret);
    let gone = acked === 'late' || now() - heardAt > LIMITS.tokenMs;
    // the announced message is public and cannot be made private; a follow-up would take its place, so it goes first
    if (mode === 'fresh' && !original && !gone)
      await api.deleteOriginal(raw).catch((error: unknown) => {
        if (isCode(error, ...FORGOTTEN)) gone = true;
        else if (!isCode(error, CODES.unknownMessage)) throw error;
      });

    const kept = inPlace && 'message' in raw && raw.message ? markerOf(raw.message) : undefined;
    const { parts, main } = encode(reply.blocks, {
      extras: inPlace ? 'first' : 'last',
      marker: reply.marker ?? kept,
    });
    for (const [i, part] of parts.entries()) {
      if (!gone) {
        try {
          sent.push(original ? await api.editOriginal(raw, part) : await api.followUp(raw, part, secret));
          original = false;
          continue;
        } catch (error) {
          if (original && isCode(error, CODES.unknownMessage)) {
            sent.push(await api.followUp(raw, part, secret));
            original = false;
            continue;
          }
          if (!isCode(error, ...FORGOTTEN)) throw error;
          gone = true;
        }
      }
      const message = await elsewhere(open, part, i, secret, inPlace);
      if (!message) return;
      sent.push(message);
    }
    const message = sent[main];
    if (reply.thread && message) await openThread(open, reply.thread, message, secret, gone);
  }

  /** The interaction has run out: as a plain message, or a direct one where only this person may see it. */
  async function elsewhere(open: Open, part: Part, i: number, secret: boolean, inPlace: boolean) {
    const { raw, incoming } = open;
    const channel = incoming.place.thread ?? incoming.place.channel;
    if (inPlace && !secret && i === 0 && 'message' in raw && raw.message)
      return api.edit(channel, raw.message.id, part);
    const to = secret && !incoming.place.direct ? await api.directChannel(incoming.person.id) : channel;
    if (!to) {
      log.warn({ event: raw.id }, 'a late private answer has nowhere to go: direct messages are closed');
      return undefined;
    }
    // nothing else would say whose question this answers; it names the person without pinging
    const content = `-# <@${incoming.person.id}>\n${part.body.content}`;
    const named = i === 0 && !secret && content.length <= LIMITS.text;
    return api.post(to, named ? { ...part, body: { ...part.body, content } } : part, raw.id, i);
  }

  async function openThread(
    { raw, incoming: { place } }: Open,
    thread: NonNullable<Reply['thread']>,
    message: APIMessage,
    secret: boolean,
    gone: boolean,
  ): Promise<void> {
    const below = async (first: readonly Block[]) => {
      const { parts } = encode(first, { extras: 'last' });
      for (const [i, part] of parts.entries()) {
        if (gone) await api.post(message.channel_id, part, `${raw.id}:thread`, i);
        else await api.followUp(raw, part, secret);
      }
    };
    if (secret || place.direct || place.thread) await below(thread.first);
    else await outbox.thread(message, thread, raw.id, below);
  }

  async function openForm(raw: Heard, form: Form): Promise<void> {
    try {
      await api.acknowledge(raw, { type: InteractionResponseType.Modal, data: encodeForm(form) });
    } catch (error) {
      log.error({ ...why(error), event: raw.id, form: form.action }, 'a form could not be opened');
      if (isRemote(error) && !(error instanceof DiscordAPIError)) return;
      const content = 'Discord did not take this form. It has been noted in the log.';
      await api
        .acknowledge(raw, {
          type: InteractionResponseType.ChannelMessageWithSource,
          data: { content, flags: MessageFlags.Ephemeral, allowed_mentions: { parse: [] } },
        })
        .catch(() => undefined);
    }
  }

  async function complete(
    raw: Heard,
    { request, numeric }: NonNullable<ReturnType<typeof decodeCompletion>>,
  ) {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<readonly Option[]>((done) => {
      timer = setTimeout(() => done([]), LIMITS.completionMs);
    });
    const options = await Promise.race([bot.complete(request), patience]);
    clearTimeout(timer);
    try {
      await api.acknowledge(raw, {
        type: InteractionResponseType.ApplicationCommandAutocompleteResult,
        data: { choices: encodeChoices(options, numeric) },
      });
    } catch (error) {
      log.warn({ ...why(error), event: raw.id }, 'completions could not be shown');
    }
  }

  async function message(raw: GatewayMessageCreateDispatchData, around: Surroundings): Promise<void> {
    const incoming = await decodeMessage(raw, around);
    if (!incoming) return;
    const plan = bot.plan(incoming);
    if (plan.how === 'nothing') return;
    void api.typing(raw.channel_id);
    let handled: Promise<Reply | undefined> | undefined;
    await inTurn(incoming, async () => {
      handled = plan.how === 'form' ? Promise.resolve(offerForm(plan.form)) : bot.handle(incoming);
    });
    const reply = await handled;
    if (!reply || reply.blocks.length === 0) return;
    try {
      // Discord shows privately only what answers an interaction
      if (reply.private && !incoming.place.direct) await whisper(incoming, reply);
      else await replyTo(raw, incoming, reply);
    } catch (error) {
      if (!isCode(error, CODES.missingAccess, CODES.missingPermissions)) throw error;
      const obstacle = await outbox.obstacle(incoming.place);
      log.warn(
        { ...why(error), event: raw.id, channel: raw.channel_id },
        'may not answer where it was asked',
      );
      await outbox.direct(incoming.person, {
        blocks: [text(obstacle ?? 'I may not answer where you asked.'), ...reply.blocks],
      });
    }
  }

  async function replyTo(raw: GatewayMessageCreateDispatchData, { place }: Incoming, reply: Reply) {
    const sent = await outbox.say(raw.channel_id, reply, raw.id, raw.id);
    if (!reply.thread) return;
    const below = async (first: readonly Block[]) => {
      await outbox.say(raw.channel_id, { blocks: first }, `${raw.id}:thread`);
    };
    if (place.direct || place.thread) await below(reply.thread.first);
    else await outbox.thread(sent, reply.thread, raw.id, below);
  }

  async function whisper({ id, place, person }: Incoming, reply: Reply): Promise<void> {
    if (await outbox.direct(person, reply)) return;
    const words =
      'That answer is for you alone, and your direct messages are closed to me. Ask with a slash command: its answer can be private here.';
    await outbox.say(place.thread ?? place.channel, replyOf(text(words)), id, id);
  }

  const guarded =
    <A extends readonly unknown[]>(what: string, step: (...args: A) => Promise<void>) =>
    (...args: A) =>
      step(...args).catch((error: unknown) => log.error(why(error), what));
  return {
    interaction: guarded('an interaction could not be answered', interaction),
    message: guarded('a message could not be answered', message),
  };
}

/** A form opens only under a hand that has just pressed something. */
const offerForm = (form: Form): Reply =>
  privately(
    text('One more step:'),
    buttons({ action: form.action, label: shorten(form.title, LIMITS.buttonLabel), style: 'primary' }),
  );

function deferral(mode: Open['mode'], secret: boolean): APIInteractionResponse {
  return mode === 'place'
    ? { type: InteractionResponseType.DeferredMessageUpdate }
    : {
        type: InteractionResponseType.DeferredChannelMessageWithSource,
        data: secret ? { flags: MessageFlags.Ephemeral } : {},
      };
}

const isEphemeral = (message: APIMessage | undefined): boolean =>
  ((message?.flags ?? 0) & MessageFlags.Ephemeral) !== 0;

/** Came from the wire rather than from our own encoding. */
const isRemote = (error: unknown): boolean =>
  error instanceof DiscordAPIError ||
  (error instanceof Error && ('status' in error || 'code' in error || error.name === 'AbortError'));

/** @throws Error in words for the person */
async function fetchFiles(
  files: Readonly<Record<string, APIAttachment>>,
): Promise<Record<string, HandedFile>> {
  const fetched: Record<string, HandedFile> = {};
  for (const [option, file] of Object.entries(files)) {
    const kb = (n: number) => `${Math.ceil(n / 1024)} kB`;
    if (file.size > LIMITS.handedFileBytes)
      throw new Error(
        `\`${file.filename}\` has ${kb(file.size)}; I take ${kb(LIMITS.handedFileBytes)} at most.`,
      );
    try {
      const response = await fetch(file.url, { signal: AbortSignal.timeout(LIMITS.handedFileMs) });
      if (!response.ok) throw new Error(String(response.status));
      fetched[option] = { name: file.filename, bytes: new Uint8Array(await response.arrayBuffer()) };
    } catch {
      throw new Error(`I could not fetch \`${file.filename}\` from Discord. Please hand it in once more.`);
    }
  }
  return fetched;
}

export const isInteraction = (raw: { type: InteractionType }): raw is Heard =>
  raw.type !== InteractionType.Ping;
