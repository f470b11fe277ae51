import type {
  BlockAction,
  BlockElementAction,
  SlackEventMiddlewareArgs,
  SlashCommand,
  ViewSubmitAction,
} from '@slack/bolt';
import type { Incoming, Person, Place } from '../../src/chat.ts';
import { actionOf, OWN } from './encode.ts';
import { LIMITS } from './limits.ts';
import { plainWords } from './mrkdwn.ts';

/** What Slack delivers, as the core hears it, and where an answer goes. */
export interface Heard {
  readonly incoming: Incoming;
  readonly surface: Surface;
}

/** Where an answer can be shown. */
export interface Surface {
  /** answers there reach the place without membership, and alone can change a message only one person sees */
  readonly responseUrl?: string;
  /** the message a button or select sits on */
  readonly message?: string;
  /** that message is seen by one person alone */
  readonly ephemeral?: boolean;
  /** App Home: it is published, not posted to */
  readonly home?: boolean;
  /** good for opening one form within three seconds */
  readonly trigger?: string;
}

type Mention = SlackEventMiddlewareArgs<'app_mention'>['event'];
type DirectMessage = SlackEventMiddlewareArgs<'message'>['event'];
type HomeOpened = SlackEventMiddlewareArgs<'app_home_opened'>['event'];

interface Who {
  readonly space: string;
  readonly user: string;
  readonly name?: string;
}

const person = ({ space, user, name }: Who): Person => ({
  platform: 'slack',
  space,
  id: user,
  name: name || user,
});

const place = (space: string, channel: string, thread?: string): Place => ({
  platform: 'slack',
  space,
  channel,
  ...(thread !== undefined && { thread }),
  ...(channel.startsWith('D') && { direct: true }),
});

/** `/quorum simulate raft`: the first word is the command, the rest its line. Alone it asks for help. */
export function decodeCommand(body: SlashCommand): Heard {
  const words = plainWords(body.text ?? '').trim();
  const [, first = '', rest = ''] = /^(\S*)\s*([\s\S]*)$/.exec(words) ?? [];
  return {
    incoming: {
      kind: 'command',
      // Slack repeats the trigger with a repeated delivery, and gives another to every typed command.
      id: `command:${body.trigger_id}`,
      place: place(body.team_id, body.channel_id),
      person: person({ space: body.team_id, user: body.user_id, name: body.user_name }),
      name: first.replace(/^\//, '').toLowerCase() || 'help',
      line: rest,
    },
    surface: { responseUrl: body.response_url, trigger: body.trigger_id },
  };
}

export function decodeMention(event: Mention, space: string, bot: string): Heard | undefined {
  if (event.user === undefined) return undefined;
  const thread = event.thread_ts !== event.ts ? event.thread_ts : undefined;
  return {
    incoming: {
      kind: 'say',
      id: said(event.channel, event.ts),
      place: place(space, event.channel, thread),
      person: person({ space, user: event.user }),
      text: plainWords(event.text.replaceAll(new RegExp(`<@${bot}(?:\\|[^>]*)?>`, 'g'), ' '))
        .replace(/[ \t]+/g, ' ')
        .trim(),
    },
    surface: {},
  };
}

/** A message in the bot's own direct conversation; undefined for edits, joins and everything no person said. */
export function decodeMessage(event: DirectMessage, space: string): Heard | undefined {
  if (event.channel_type !== 'im') return undefined;
  if (event.subtype !== undefined && event.subtype !== 'file_share' && event.subtype !== 'thread_broadcast')
    return undefined;
  if ('bot_id' in event && event.bot_id) return undefined;
  const thread = 'thread_ts' in event && event.thread_ts !== event.ts ? event.thread_ts : undefined;
  return {
    incoming: {
      kind: 'say',
      id: said(event.channel, event.ts),
      place: place(space, event.channel, thread),
      person: person({ space, user: event.user }),
      text: plainWords(event.text ?? '').trim(),
    },
    surface: {},
  };
}

/**
 * A message is known by where and when it was said, which every delivery repeats. Its event id was seen to differ
 * between deliveries of one message (https://github.com/slackapi/node-slack-sdk/issues/2141).
 */
const said = (channel: string, ts: string) => `say:${channel}:${ts}`;

export function decodeHome(event: HomeOpened, space: string, eventId: string): Heard | undefined {
  if (event.tab !== 'home') return undefined;
  return {
    incoming: {
      kind: 'home',
      id: `event:${eventId}`,
      place: place(space, event.channel),
      person: person({ space, user: event.user }),
    },
    surface: { home: true },
  };
}

/** A button or a select; undefined for what only changes what Slack itself shows. */
export function decodeAction(body: BlockAction, space: string): Heard | undefined {
  const element = body.actions[0];
  if (!element || element.action_id.startsWith(OWN.hold)) return undefined;
  const {
    channel_id: inChannel,
    message_ts: message,
    thread_ts: thread,
    is_ephemeral: ephemeral,
  } = body.container;
  const channel: unknown = body.channel?.id ?? inChannel;
  const atHome = typeof channel !== 'string';
  const common = {
    id: `action:${body.trigger_id}`,
    place: atHome
      ? { ...place(space, body.user.id), direct: true }
      : // The first message of a thread names itself as the thread; it stands in the channel.
        place(space, channel, typeof thread === 'string' && thread !== message ? thread : undefined),
    person: person({ space, user: body.user.id, name: body.user.username ?? body.user.name }),
    ...(typeof message === 'string' && { message }),
  };
  const surface: Surface = {
    trigger: body.trigger_id,
    ...(body.response_url && { responseUrl: body.response_url }),
    ...(typeof message === 'string' && { message }),
    ...(ephemeral === true && { ephemeral: true }),
    ...(atHome && { home: true }),
  };
  if (element.action_id.startsWith(OWN.command)) {
    const name = element.action_id.slice(OWN.command.length);
    return { incoming: { ...common, kind: 'command', name, line: '' }, surface };
  }
  const id = actionOf(element.action_id);
  if (id.startsWith(OWN.send)) {
    const action = id.slice(OWN.send.length);
    const block = OWN.hold + action + element.action_id.slice(id.length);
    return { incoming: { ...common, kind: 'choose', action, values: held(body, block, action) }, surface };
  }
  const values = chosen(element);
  return {
    incoming: values
      ? { ...common, kind: 'choose', action: id, values }
      : { ...common, kind: 'press', action: id },
    surface,
  };
}

function chosen(element: BlockElementAction): readonly string[] | undefined {
  if (element.type === 'static_select') return element.selected_option ? [element.selected_option.value] : [];
  return undefined;
}

/** What was ticked in a select of several when its button was pressed. */
function held(body: BlockAction, block: string, action: string): readonly string[] {
  const value = body.state?.values[block]?.[OWN.hold + action];
  return (value?.selected_options ?? []).map((o) => o.value);
}

/** What a form must remember of the place it was opened from; it is no part of any channel itself. */
export interface Origin {
  readonly channel: string;
  readonly thread?: string;
  readonly message?: string;
  readonly responseUrl?: string;
  readonly ephemeral?: boolean;
  readonly home?: boolean;
}

export function originOf({ incoming, surface }: Heard): string {
  const origin: Origin = {
    channel: incoming.place.channel,
    ...(incoming.place.thread !== undefined && { thread: incoming.place.thread }),
    ...(surface.message !== undefined && { message: surface.message }),
    ...(surface.responseUrl !== undefined && { responseUrl: surface.responseUrl }),
    ...(surface.ephemeral && { ephemeral: true }),
    ...(surface.home && { home: true }),
  };
  const words = JSON.stringify(origin);
  return words.length <= LIMITS.privateMetadata
    ? words
    : JSON.stringify({ ...origin, responseUrl: undefined });
}

/** undefined for a view that is not one of ours */
export function decodeSubmit(body: ViewSubmitAction, space: string): Heard | undefined {
  const origin = readOrigin(body.view.private_metadata);
  if (!origin) return undefined;
  const fields: Record<string, string | readonly string[]> = {};
  for (const block of Object.values(body.view.state.values))
    for (const [name, value] of Object.entries(block))
      fields[name] =
        value.type === 'multi_static_select'
          ? (value.selected_options ?? []).map((o) => o.value)
          : value.type === 'static_select'
            ? (value.selected_option?.value ?? '')
            : (value.value ?? '');
  const at = place(space, origin.channel, origin.thread);
  return {
    incoming: {
      kind: 'submit',
      // A second press on a slow form has another trigger, yet is the same form in the same state.
      id: `submit:${body.view.id}:${body.view.hash}`,
      place: origin.home ? { ...at, direct: true } : at,
      person: person({ space, user: body.user.id, name: body.user.name }),
      action: body.view.callback_id,
      fields,
      ...(origin.message !== undefined && { message: origin.message }),
    },
    surface: {
      ...(body.trigger_id && { trigger: body.trigger_id }),
      ...(origin.responseUrl !== undefined && { responseUrl: origin.responseUrl }),
      ...(origin.message !== undefined && { message: origin.message }),
      ...(origin.ephemeral && { ephemeral: true }),
      ...(origin.home && { home: true }),
    },
  };
}

function readOrigin(metadata: string): Origin | undefined {
  try {
    const origin: unknown = JSON.parse(metadata);
    return typeof origin === 'object' && origin !== null && 'channel' in origin
      ? (origin as Origin)
      : undefined;
  } catch {
    return undefined;
  }
}
