import { App } from '@slack/bolt';
import type { Adapter, Block, Bot, Log } from '../../src/chat.ts';
import { aside, buttons, heading, text } from '../../src/chat.ts';
import { createAnswers } from './answer.ts';
import { connectApi, loggerOn, refusal } from './calls.ts';
import {
  decodeAction,
  decodeCommand,
  decodeHome,
  decodeMention,
  decodeMessage,
  decodeSubmit,
  type Heard,
  originOf,
} from './decode.ts';
import { encoder, modal, OWN } from './encode.ts';
import { createOutbox } from './outbox.ts';
import { people } from './people.ts';
import { httpReceiver, socketReceiver } from './receiver.ts';
import { appTokenRefused, signIn } from './register.ts';

export interface SlackOptions {
  readonly bot: Bot;
  readonly log: Log;
  /** `xoxb-…` */
  readonly botToken: string;
  /** `xapp-…`: Socket Mode; it is preferred where a signing secret is given as well */
  readonly appToken?: string;
  /** deliveries over HTTP, see `handle` */
  readonly signingSecret?: string;
  /** Web API base, ending in `/api/` */
  readonly apiUrl?: string;
  /** epoch milliseconds */
  readonly now?: () => number;
  /** milliseconds between opening the first and the second socket */
  readonly secondSocketAfter?: number;
}

export interface SlackAdapter extends Adapter {
  /** over HTTP: answers requests to /slack/events, undefined for every other path */
  readonly handle?: (request: Request) => Promise<Response> | undefined;
}

export const EVENTS_PATH = '/slack/events';

/**
 * Connects one workspace.
 * @throws Error of one line naming the variable, when Slack accepts a token not
 */
export async function startSlack(options: SlackOptions): Promise<SlackAdapter> {
  const { bot, log, now = Date.now } = options;
  const logger = loggerOn(log);
  const api = connectApi(options.botToken, options.apiUrl, logger);
  const me = await signIn(api.client);
  if (me.missing.length > 0)
    log.warn({ missing: me.missing }, 'the Slack app lacks permissions of adapters/slack/manifest.yaml');

  const http = options.appToken
    ? undefined
    : httpReceiver({ signingSecret: options.signingSecret ?? '', logger, now });
  const sockets = options.appToken
    ? socketReceiver({
        appToken: options.appToken,
        logger,
        secondAfter: options.secondSocketAfter ?? 30_000,
        ...(options.apiUrl && { apiUrl: options.apiUrl }),
      })
    : undefined;
  const app = new App({
    receiver: http ?? sockets,
    // Many workspaces would be told apart here: by the team of the delivery, each with a token of its own.
    authorize: async ({ teamId }) => ({
      botToken: options.botToken,
      botId: me.bot,
      botUserId: me.user,
      teamId: teamId ?? me.space,
    }),
    convoStore: false,
    logger,
    ...(options.apiUrl && { clientOptions: { slackApiUrl: options.apiUrl } }),
  });

  const encode = encoder(bot.commands.map(({ name }) => name));
  const outbox = createOutbox({ api, encode, me, log, now });
  const answers = createAnswers({ api, outbox, encode, me, log });
  const known = people(api.client, log, now);
  const order = inOrder();
  const busy = new Set<Promise<void>>();

  const openForm = async (heard: Heard, form: Parameters<typeof modal>[0]) => {
    try {
      await api.posting.views.open({
        trigger_id: heard.surface.trigger ?? '',
        view: modal(form, originOf(heard)),
      });
    } catch (error) {
      const code = refusal(error);
      // Already used: this delivery is a repetition, and its form is open.
      if (code === 'exchanged_trigger_id') return;
      log.warn({ err: error, form: form.action }, 'a form could not be opened');
      await answers.tell(
        heard,
        code === 'expired_trigger_id'
          ? 'Slack opens a form only within three seconds, and this was too late. Please press again.'
          : 'Slack would not open the form. Please press again.',
      );
    }
  };

  const work = async (heard: Heard, plan: ReturnType<Bot['plan']>) => {
    const incoming = await known.whole(heard.incoming);
    const whole = { ...heard, incoming };
    const reply = await bot.handle(incoming);
    if (incoming.kind === 'home')
      return answers.publish(incoming.person.id, reply?.blocks ?? greeting(bot, me.name));
    if (!reply) return;
    try {
      await answers.show(plan, whole, reply);
    } catch (error) {
      log.error(
        { err: error, kind: incoming.kind, channel: incoming.place.channel },
        'an answer could not be shown',
      );
      await answers.tell(
        whole,
        'Your answer is ready, but Slack would not show it. Please try again in a moment.',
      );
    }
  };

  /** Acknowledges at once, then works; deliveries of one conversation one after the other. */
  const take = async (
    heard: Heard | undefined,
    ack: (response?: FormResponse) => Promise<void>,
  ): Promise<void> => {
    const plan = heard ? bot.plan(heard.incoming) : undefined;
    const acknowledge = (response?: FormResponse) =>
      // The socket may have closed: Slack then delivers again, and the core recognises it.
      ack(response).catch((error: unknown) =>
        log.warn({ err: error }, 'a delivery could not be acknowledged'),
      );
    if (!heard || !plan) return acknowledge();
    if (plan.how === 'form' && heard.incoming.kind === 'submit')
      return acknowledge({ response_action: 'update', view: modal(plan.form, originOf(heard)) });
    const acknowledged = acknowledge();
    const job =
      plan.how === 'form' ? openForm(heard, plan.form) : order(conversation(heard), () => work(heard, plan));
    const quiet = job.catch((error: unknown) =>
      log.error({ err: error, kind: heard.incoming.kind }, 'a delivery failed'),
    );
    busy.add(quiet);
    await Promise.all([acknowledged, quiet]);
    busy.delete(quiet);
  };
  // Bolt acknowledges events itself, before it passes them on.
  const heardEvent = (heard: Heard | undefined) => take(heard, async () => undefined);

  app.command(/^\//, ({ body, ack }) => take(decodeCommand(body), () => ack()));
  app.event('app_mention', ({ event, body }) => heardEvent(decodeMention(event, body.team_id, me.user)));
  app.event('message', ({ event, body }) => heardEvent(decodeMessage(event, body.team_id)));
  app.event('app_home_opened', ({ event, body }) =>
    heardEvent(decodeHome(event, body.team_id, body.event_id)),
  );
  app.action({ type: 'block_actions' }, ({ body, ack }) =>
    take(decodeAction(body, body.team?.id ?? me.space), () => ack()),
  );
  app.view({ type: 'view_submission' }, ({ body, ack }) =>
    take(
      body.type === 'view_submission' ? decodeSubmit(body, body.team?.id ?? me.space) : undefined,
      (response) => (response ? ack(response) : ack()),
    ),
  );
  app.error(async (error) => log.error({ err: error }, 'a delivery failed'));

  if (sockets)
    await app.start().catch((error: unknown) => {
      throw appTokenRefused(error);
    });
  log.info(
    { workspace: me.workspace, by: sockets ? 'Socket Mode' : `HTTP at ${EVENTS_PATH}` },
    'Slack is connected',
  );

  let closed = false;
  return {
    ...outbox,
    ready: () => !closed && (sockets?.ready() ?? true),
    ...(http && {
      handle: (request: Request) =>
        new URL(request.url).pathname === EVENTS_PATH ? http.handle(request) : undefined,
    }),
    async close() {
      closed = true;
      await app.stop();
      await Promise.all(busy);
    },
  };
}

interface FormResponse {
  readonly response_action: 'update';
  readonly view: ReturnType<typeof modal>;
}

/** As the core orders them, so that answers also appear in the order of their questions. */
function conversation({ incoming: { place, person } }: Heard): string {
  return place.thread ? `${place.channel}:${place.thread}` : `${place.channel}:${person.id}`;
}

function inOrder(): (key: string, task: () => Promise<void>) => Promise<void> {
  const last = new Map<string, Promise<void>>();
  return (key, task) => {
    const result = (last.get(key) ?? Promise.resolve()).then(task, task);
    last.set(key, result);
    const clear = () => {
      if (last.get(key) === result) last.delete(key);
    };
    result.then(clear, clear);
    return result;
  };
}

/** What App Home offers to begin with, where the bot has it. */
const STARTS: readonly (readonly [command: string, label: string])[] = [
  ['quiz', 'Ask me something'],
  ['simulate', 'Run a simulation'],
  ['review', 'Review what is due'],
  ['help', 'Everything I can do'],
];

function greeting(bot: Bot, name: string): readonly Block[] {
  const offered = STARTS.filter(([start]) => bot.commands.some((command) => command.name === start));
  return [
    heading('Distributed systems, for the interview'),
    text(
      'I run the real protocols in a deterministic simulator and answer with a picture of what happened and a ' +
        'checker’s verdict on it. Nothing is scripted: break a run and see what breaks.\n\n' +
        '- `/quorum simulate raft preset=leader-crash` runs one and draws it\n' +
        '- `/quorum quiz` asks a question; `/quorum review` asks again when you are about to forget\n' +
        `- in a thread, where Slack has no commands, mention me: \`@${name} quiz\``,
    ),
    buttons(
      ...offered.map(([command, label], i) => ({
        action: `${OWN.command}${command}`,
        label,
        ...(i === 0 && { style: 'primary' as const }),
      })),
    ),
    aside('What you press here is answered in our direct messages, under the Messages tab.'),
  ];
}
