import { InteractionResponseType, InteractionType, MessageFlags } from 'discord.js';
import type { Call } from './http.ts';
import { checked, type Mail } from './mail.ts';
import type { Row } from './routes.ts';
import { checkMessage, checkModal, invalidForm, Refused, unknown } from './rules.ts';
import type { Json, OpenInteraction, StoredMessage, World } from './world.ts';

/** An interaction not acknowledged in this time is lost, ms. */
const ACKNOWLEDGE_MS = 3_000;

/** Interactions and what follows them: https://docs.discord.com/developers/interactions/receiving-and-responding */
export function interactionRoutes(world: World, { edit, create }: Mail): Row[] {
  const ownership = (i: OpenInteraction): Json => ({
    webhook_id: world.application,
    application_id: world.application,
    interaction_metadata: {
      id: i.raw.id,
      type: i.raw.type,
      user: world.users.get(i.person),
      authorizing_integration_owners: { '0': i.raw.guild_id ?? '0' },
      ...(i.raw.type === InteractionType.MessageComponent ? { interacted_message_id: i.raw.message.id } : {}),
      ...(i.raw.type === InteractionType.ModalSubmit
        ? {
            triggering_interaction_metadata: {
              id: i.raw.id,
              type: InteractionType.ApplicationCommand,
              user: world.users.get(i.person),
              authorizing_integration_owners: {},
            },
          }
        : {}),
    },
  });
  const channelOfInteraction = (i: OpenInteraction) => world.channels.get(i.raw.channel!.id)!;

  const callback = async (call: Call) => {
    const [id, token] = call.params as [string, string];
    const i = world.interactions.get(token);
    if (!i || i.raw.id !== id || (!i.acked && Date.now() - i.at > ACKNOWLEDGE_MS))
      throw unknown(10062, 'interaction');
    if (i.acked) throw new Refused(400, 40060, 'Interaction has already been acknowledged.');
    const body = checked('POST /interactions/{interaction_id}/{interaction_token}/callback', call);
    const type = Number(body.type) as InteractionResponseType;
    const data = (body.data ?? {}) as Json;
    if (!allowed(i, type)) {
      const message = 'This callback type does not answer this interaction.';
      throw invalidForm({ type: { _errors: [{ code: 'BASE_TYPE_CHOICES', message }] } });
    }
    const only = Number(data.flags ?? 0) & MessageFlags.Ephemeral ? i.person : undefined;
    const channel = channelOfInteraction(i);
    if (type === InteractionResponseType.ChannelMessageWithSource) {
      checkMessage(data);
      i.original = (await create(channel, call, data, { only, ...ownership(i) })).id;
      i.acked = 'message';
    } else if (type === InteractionResponseType.DeferredChannelMessageWithSource) {
      const flags = MessageFlags.Loading;
      i.original = world.addMessage(channel, world.bot, { flags }, { only, ...ownership(i) }).message.id;
      i.acked = 'loading';
    } else if (type === InteractionResponseType.DeferredMessageUpdate) {
      i.original = i.raw.message!.id;
      i.acked = 'update';
    } else if (type === InteractionResponseType.Modal) {
      checkModal(data);
      i.modal = data as unknown as OpenInteraction['modal'];
      i.acked = 'modal';
    } else {
      i.choices = (data.choices ?? []) as OpenInteraction['choices'];
      i.acked = 'choices';
    }
    if (call.query.get('with_response') !== 'true') return {};
    const resource = i.original ? { type, message: world.messages.get(i.original)?.message } : { type };
    return { body: { interaction: { id, type: i.raw.type, response_message_id: i.original }, resource } };
  };

  const opened = (call: Call): OpenInteraction => {
    const [application, token] = call.params;
    const i = world.interactions.get(token!);
    if (application !== world.application || !i || i.expired)
      throw new Refused(401, 50027, 'Invalid Webhook Token');
    if (!i.acked || i.acked === 'choices') throw unknown(10015, 'Webhook');
    return i;
  };
  const followed = (call: Call): { i: OpenInteraction; stored: StoredMessage } => {
    const i = opened(call);
    const id = call.params[2] === '@original' ? i.original : call.params[2];
    const stored = id === undefined ? undefined : world.messages.get(id);
    if (!stored) throw unknown(10008, 'Message');
    return { i, stored };
  };
  const finishLoading = (stored: StoredMessage, call: Call, body: Json) => {
    const loading = ((stored.message.flags ?? 0) & MessageFlags.Loading) !== 0;
    const done = edit(stored, call, body, loading);
    return done.then((message) => {
      message.flags = (message.flags ?? 0) & ~MessageFlags.Loading;
      return message;
    });
  };

  const followUp = async (call: Call) => {
    const i = opened(call);
    const body = checked('POST /webhooks/{webhook_id}/{webhook_token}', call, checkMessage);
    const original = world.messages.get(i.original ?? '');
    // the first follow-up to a deferred reply becomes that reply, seen by whom it announced itself to
    if (i.acked === 'loading' && original && (original.message.flags ?? 0) & MessageFlags.Loading)
      return { body: await finishLoading(original, call, body) };
    const only = Number(body.flags ?? 0) & MessageFlags.Ephemeral ? i.person : undefined;
    return { body: await create(channelOfInteraction(i), call, body, { only, ...ownership(i) }) };
  };

  return [
    ['POST', '/interactions/{}/{}/callback', callback, true],
    ['POST', '/webhooks/{}/{}', followUp, true],
    ['GET', '/webhooks/{}/{}/messages/{}', (c) => ({ body: followed(c).stored.message }), true],
    [
      'PATCH',
      '/webhooks/{}/{}/messages/{}',
      async (c) => {
        const { stored } = followed(c);
        const body = checked(
          'PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}',
          c,
          checkMessage,
        );
        return { body: await finishLoading(stored, c, body) };
      },
      true,
    ],
    [
      'DELETE',
      '/webhooks/{}/{}/messages/{}',
      (c) => {
        const { stored } = followed(c);
        world.messages.delete(stored.message.id);
        return {};
      },
      true,
    ],
  ];
}

/** https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-interaction-callback-type */
function allowed({ raw }: OpenInteraction, type: InteractionResponseType): boolean {
  const completing = raw.type === InteractionType.ApplicationCommandAutocomplete;
  switch (type) {
    case InteractionResponseType.ApplicationCommandAutocompleteResult:
      return completing;
    case InteractionResponseType.Modal:
      return !completing && raw.type !== InteractionType.ModalSubmit;
    case InteractionResponseType.DeferredMessageUpdate:
      return !completing && 'message' in raw && raw.message !== undefined;
    case InteractionResponseType.ChannelMessageWithSource:
    case InteractionResponseType.DeferredChannelMessageWithSource:
      return !completing;
    default:
      return false;
  }
}
