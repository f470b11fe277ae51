import type { Logger } from '@slack/bolt';
import {
  type App,
  AuthorizationError,
  type Receiver,
  SocketModeReceiver,
  verifySlackRequest,
} from '@slack/bolt';
import { LIMITS } from './limits.ts';

/** How deliveries reach Bolt: over HTTP on the project's own server, or over web sockets it opens itself. */

export interface HttpReceiver extends Receiver {
  /** Answers one request of Slack's at /slack/events: events, commands and interactions alike. Never rejects. */
  handle(request: Request): Promise<Response>;
}

/**
 * Checks the signature, answers Slack's check of the address, and answers everything else as soon as it is
 * acknowledged; the work goes on after that.
 * https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export function httpReceiver(options: {
  signingSecret: string;
  logger: Logger;
  now: () => number;
}): HttpReceiver {
  const { signingSecret, logger, now } = options;
  let app: App | undefined;

  const handle = async (request: Request): Promise<Response> => {
    if (request.method !== 'POST')
      return new Response('POST only', { status: 405, headers: { allow: 'POST' } });
    const body = await bodyOf(request);
    if (body === undefined) return new Response('too large', { status: 413 });
    if (!genuine(request.headers, body, signingSecret, now())) {
      logger.warn('a request to /slack/events was refused: its signature or its time is not Slack’s');
      return new Response('not signed by Slack', { status: 401 });
    }
    const payload = parse(request.headers.get('content-type') ?? '', body);
    if (payload === undefined) return new Response('neither JSON nor a form', { status: 400 });
    if (payload.ssl_check !== undefined) return new Response('');
    if (payload.type === 'url_verification') return new Response(String(payload.challenge ?? ''));
    if (!app) return new Response('starting', { status: 503 });
    return dispatch(app, payload, request.headers, logger);
  };

  return {
    init: (bolt) => {
      app = bolt;
    },
    start: async () => undefined,
    stop: async () => undefined,
    handle: (request) =>
      handle(request).catch((error: unknown) => {
        logger.error('a delivery failed', error);
        return new Response('', { status: 500 });
      }),
  };
}

async function bodyOf(request: Request): Promise<string | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > LIMITS.delivery) return undefined;
  const body = await request.text();
  return body.length <= LIMITS.delivery ? body : undefined;
}

function genuine(headers: Headers, body: string, signingSecret: string, now: number): boolean {
  const time = Number(headers.get('x-slack-request-timestamp') ?? Number.NaN);
  // Bolt refuses what is too old; a time as far in the future could be replayed for as long, so it is refused too.
  if (!Number.isFinite(time) || time - now / 1000 > LIMITS.signatureAge) return false;
  try {
    verifySlackRequest({
      signingSecret,
      body,
      headers: {
        'x-slack-signature': headers.get('x-slack-signature') ?? '',
        'x-slack-request-timestamp': time,
      },
      nowMilliseconds: now,
    });
    return true;
  } catch {
    return false;
  }
}

/** JSON for events; a form for commands; a form with JSON in `payload` for interactions. */
function parse(type: string, body: string): Record<string, unknown> | undefined {
  try {
    if (!type.startsWith('application/x-www-form-urlencoded')) return object(JSON.parse(body));
    const form = new URLSearchParams(body);
    const payload = form.get('payload');
    return payload === null ? Object.fromEntries(form) : object(JSON.parse(payload));
  } catch {
    return undefined;
  }
}

const object = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;

function dispatch(
  app: App,
  body: Record<string, unknown>,
  headers: Headers,
  logger: Logger,
): Promise<Response> {
  const retry = headers.get('x-slack-retry-num');
  const reason = headers.get('x-slack-retry-reason');
  return new Promise((answer) => {
    app
      .processEvent({
        body,
        ...(retry !== null && { retryNum: Number(retry) }),
        ...(reason !== null && { retryReason: reason }),
        ack: async (response?: unknown) => {
          if (response === undefined || response === '') answer(new Response(''));
          else if (typeof response === 'string') answer(new Response(response));
          else answer(Response.json(response));
        },
      })
      // What was answered already stays answered: a promise resolves once.
      .then(() => answer(new Response('', { status: 404 })))
      .catch((error: unknown) => {
        logger.error('a delivery failed', error);
        answer(new Response('', { status: error instanceof AuthorizationError ? 401 : 500 }));
      });
  });
}

export interface SocketReceiver extends Receiver {
  ready(): boolean;
}

/**
 * Two sockets, because Slack closes each from time to time and the client waits seconds before it opens another:
 * what is typed meanwhile is delivered on the other one. Slack allows ten.
 * https://docs.slack.dev/apis/events-api/using-socket-mode#connections
 */
export function socketReceiver(options: {
  appToken: string;
  apiUrl?: string;
  logger: Logger;
  /** milliseconds before the second socket opens: opened together, both would also be closed together */
  secondAfter: number;
}): SocketReceiver {
  const { logger } = options;
  const up = new Set<SocketModeReceiver>();
  const open = () => {
    const receiver = new SocketModeReceiver({
      appToken: options.appToken,
      logger,
      ...(options.apiUrl && { installerOptions: { clientOptions: { slackApiUrl: options.apiUrl } } }),
    });
    const { client } = receiver;
    client.on('connected', () => up.add(receiver));
    client.on('close', () => up.delete(receiver));
    const start = client.start.bind(client);
    let started = false;
    // The client reconnects by calling its own start() and leaves a failure to nobody, which would end the process.
    client.start = async () => {
      try {
        const connection = await start();
        started = true;
        return connection;
      } catch (error) {
        if (!started) throw error;
        logger.error('Slack refused a new connection; this socket stays closed until the next start', error);
        return { ok: false };
      }
    };
    return receiver;
  };
  const first = open();
  const second = open();
  let waiting: NodeJS.Timeout | undefined;
  const openSecond = () =>
    second.start().then(
      () => undefined,
      (error: unknown) => logger.warn('the second socket could not be opened; one is left', error),
    );
  return {
    init: (app) => {
      first.init(app);
      second.init(app);
    },
    start: async () => {
      await first.start();
      if (options.secondAfter > 0) waiting = setTimeout(openSecond, options.secondAfter).unref();
      else await openSecond();
    },
    stop: async () => {
      clearTimeout(waiting);
      await Promise.all([first, second].map((receiver) => receiver.client.disconnect()));
    },
    ready: () => up.size > 0,
  };
}
