import type { Json } from './blockkit.ts';
import contract from './contract.json' with { type: 'json' };
import { APP, BOT, type Channel, id, type Message, TEAM, type User, type View } from './world.ts';

/** What Slack delivers. Every field is one that was recorded in real deliveries: `recorded` throws for any other. */

const token = 'verification-token-deprecated';
const team = { id: TEAM.id, domain: TEAM.domain };
const person = (user: User) => ({
  id: user.id,
  username: user.name.toLowerCase(),
  name: user.name.toLowerCase(),
  team_id: TEAM.id,
});

export function slashCommand(o: {
  user: User;
  channel: Channel;
  text: string;
  trigger: string;
  responseUrl: string;
}): Json {
  return recorded('slash_command', {
    token,
    team_id: TEAM.id,
    team_domain: TEAM.domain,
    channel_id: o.channel.id,
    channel_name: o.channel.kind === 'private' ? 'privategroup' : o.channel.name,
    user_id: o.user.id,
    user_name: o.user.name.toLowerCase(),
    command: '/quorum',
    text: o.text,
    api_app_id: APP,
    is_enterprise_install: 'false',
    response_url: o.responseUrl,
    trigger_id: o.trigger,
  });
}

function event(kind: string, inner: Json): Json {
  return recorded(`event:${kind}`, {
    token,
    team_id: TEAM.id,
    api_app_id: APP,
    event: inner,
    type: 'event_callback',
    event_id: id('Ev'),
    event_time: Math.floor(Date.now() / 1000),
    authorizations: [
      {
        enterprise_id: null,
        team_id: TEAM.id,
        user_id: BOT.user,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
    event_context: '4-eyJldCI6ImFwcF9tZW50aW9uIn0',
  });
}

export function mention(message: Message): Json {
  return event('app_mention', {
    client_msg_id: '5f1b3a0e-0000-4000-8000-000000000000',
    type: 'app_mention',
    text: message.text,
    user: message.user,
    ts: message.ts,
    team: TEAM.id,
    ...(message.thread && { thread_ts: message.thread }),
    channel: message.channel,
    event_ts: message.ts,
  });
}

export function directMessage(message: Message): Json {
  return event('message', {
    client_msg_id: '5f1b3a0e-0000-4000-8000-000000000001',
    type: 'message',
    text: message.text,
    user: message.user,
    ts: message.ts,
    team: TEAM.id,
    ...(message.thread && { thread_ts: message.thread }),
    channel: message.channel,
    event_ts: message.ts,
    channel_type: 'im',
  });
}

export function homeOpened(user: User, channel: Channel): Json {
  return event('app_home_opened', {
    type: 'app_home_opened',
    user: user.id,
    channel: channel.id,
    tab: 'home',
    event_ts: String(Date.now() / 1000),
  });
}

export function blockActions(o: {
  user: User;
  trigger: string;
  action: Json;
  message?: Message;
  channel?: Channel;
  responseUrl?: string;
  view?: Json;
}): Json {
  const { message, channel } = o;
  return recorded('block_actions', {
    type: 'block_actions',
    user: person(o.user),
    api_app_id: APP,
    token,
    container: message
      ? {
          type: 'message',
          message_ts: message.ts,
          channel_id: message.channel,
          is_ephemeral: message.only !== undefined,
          ...(message.thread && { thread_ts: message.thread }),
        }
      : { type: 'view', view_id: o.view?.id },
    trigger_id: o.trigger,
    team,
    enterprise: null,
    is_enterprise_install: false,
    ...(channel && { channel: { id: channel.id, name: channel.name } }),
    // Slack leaves the message out where one person alone sees it.
    ...(message &&
      message.only === undefined && {
        message: {
          user: message.user,
          type: 'message',
          ts: message.ts,
          bot_id: BOT.id,
          app_id: APP,
          text: message.text,
          team: TEAM.id,
          blocks: message.blocks,
          ...(message.thread && { thread_ts: message.thread }),
        },
      }),
    ...(o.view && { view: o.view }),
    state: { values: message?.state ?? {} },
    ...(o.responseUrl && { response_url: o.responseUrl }),
    actions: [{ ...o.action, action_ts: String(Date.now() / 1000) }],
  });
}

export function viewSubmission(
  user: User,
  view: View,
  state: Record<string, Record<string, Json>>,
  trigger: string,
): Json {
  return recorded('view_submission', {
    type: 'view_submission',
    team,
    user: person(user),
    api_app_id: APP,
    token,
    trigger_id: trigger,
    view: viewOutput(view, state),
    is_enterprise_install: false,
    enterprise: null,
  });
}

export function viewOutput(view: View, values: Record<string, Record<string, Json>> = {}): Json {
  return {
    id: view.id,
    team_id: TEAM.id,
    type: view.content.type,
    blocks: view.content.blocks,
    private_metadata: view.content.private_metadata ?? '',
    callback_id: view.content.callback_id ?? '',
    state: { values },
    hash: view.hash,
    ...(view.content.title !== undefined && { title: view.content.title }),
    ...(view.content.submit !== undefined && { submit: view.content.submit }),
    ...(view.content.close !== undefined && { close: view.content.close }),
    clear_on_close: false,
    notify_on_close: false,
    previous_view_id: null,
    root_view_id: view.id,
    app_id: APP,
    external_id: '',
    app_installed_team_id: TEAM.id,
    bot_id: BOT.id,
  };
}

/** Parts of a delivery whose inside is the app's own or differs with it. */
const OPEN =
  /^(?:message\.blocks|view\.blocks|view\.state|state|event\.blocks)(?:[.[]|$)|^actions\[\]\.selected_options/;

function recorded(kind: string, payload: Json): Json {
  const shapes: Readonly<Record<string, readonly string[]>> = contract.payloads;
  const known = new Set(shapes[kind]);
  const walk = (value: unknown, at: string): void => {
    if (OPEN.test(at)) return;
    if (at !== '' && !at.endsWith('[]') && !known.has(at))
      throw new Error(`Slack's ${kind} has no field ${at}`);
    if (Array.isArray(value)) for (const v of value) walk(v, `${at}[]`);
    else if (typeof value === 'object' && value !== null)
      for (const [key, v] of Object.entries(value)) walk(v, at === '' ? key : `${at}.${key}`);
  };
  walk(payload, '');
  return payload;
}
