import { setTimeout as pause } from 'node:timers/promises';
import { type Logger, LogLevel, webApi } from '@slack/bolt';
import type { Log } from '../../src/chat.ts';

/** Calls to the Web API: what may be repeated, what may not, and what its refusals mean. */

const { WebClient } = webApi;
export type WebClient = webApi.WebClient;

/** Times a call that was told to wait (429) waits. */
const WAITS = 8;

export interface Api {
  /** for calls that do no harm twice: waits when told to, and tries again when Slack or the way to it fails */
  readonly client: WebClient;
  /** for posting: every failure comes back at once, see `once` */
  readonly posting: WebClient;
}

export function connectApi(token: string, apiUrl: string | undefined, logger: Logger): Api {
  const common = { logger, timeout: 30_000, ...(apiUrl && { slackApiUrl: apiUrl }) };
  return {
    client: new WebClient(token, {
      ...common,
      retryConfig: { retries: WAITS, minTimeout: 300, maxTimeout: 5000 },
    }),
    posting: new WebClient(token, { ...common, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true }),
  };
}

/**
 * Posts exactly once. Told to wait, it waits. When Slack fails without saying whether the message was taken, it looks
 * for the message before it posts again, one time.
 */
export async function once<T>(post: () => Promise<T>, taken: () => Promise<T | undefined>): Promise<T> {
  let failed = false;
  for (let waits = 0; ; ) {
    try {
      return await post();
    } catch (error) {
      if (error instanceof webApi.WebAPIRateLimitedError && waits++ < WAITS) {
        await pause(error.retryAfter * 1000);
      } else if (!failed && unsure(error)) {
        failed = true;
        await pause(500);
        const already = await taken().catch(() => undefined);
        if (already !== undefined) return already;
      } else throw error;
    }
  }
}

const unsure = (error: unknown) =>
  (error instanceof webApi.WebAPIHTTPError && error.statusCode >= 500) ||
  error instanceof webApi.WebAPIRequestError;

/** Slack's word for what went wrong, `not_in_channel` for example; undefined when it was not Slack that refused. */
export function refusal(error: unknown): string | undefined {
  return error instanceof webApi.WebAPIPlatformError ? error.data.error : undefined;
}

/** A further field of Slack's refusal. */
function detail(error: unknown, name: string): string | undefined {
  const data: object = error instanceof webApi.WebAPIPlatformError ? error.data : {};
  const value = new Map<string, unknown>(Object.entries(data)).get(name);
  return typeof value === 'string' ? value : undefined;
}

/** A picture that Slack has not finished looking at is refused like one that does not exist. */
export function pictureNotReady(error: unknown): boolean {
  return (
    error instanceof webApi.WebAPIPlatformError &&
    error.data.error === 'invalid_blocks' &&
    JSON.stringify(error.data).includes('slack file')
  );
}

/** Why something could not be shown, and what would help, in words. */
export function inWords(error: unknown, botName: string): string {
  const invite = `Invite me with \`/invite @${botName}\`.`;
  switch (refusal(error)) {
    case 'not_in_channel':
    case 'user_not_in_channel':
      return `I am not in this channel. ${invite}`;
    case 'channel_not_found':
      return `I cannot see this channel: it is private, or it is not there any more. ${invite}`;
    case 'is_archived':
      return 'This channel is archived: nobody can post in it.';
    case 'missing_scope':
      return lacks(detail(error, 'needed') ?? 'it needs');
    case 'restricted_action':
    case 'restricted_action_read_only_channel':
    case 'restricted_action_thread_only_channel':
    case 'restricted_action_non_threadable_channel':
    case 'restricted_action_thread_locked':
    case 'posting_to_channel_denied':
      return 'The settings of this channel do not let me post here.';
    case 'account_inactive':
    case 'invalid_auth':
    case 'not_authed':
    case 'token_expired':
    case 'token_revoked':
      return 'Slack no longer accepts this app’s token: it was removed from the workspace or renewed.';
    case undefined:
      return 'Slack could not be reached.';
    default:
      return `Slack refused it (${refusal(error)}).`;
  }
}

export const lacks = (scope: string) =>
  `This app lacks the permission \`${scope}\`. Add it under OAuth & Permissions in the app's settings and install the app again.`;

const SECRETS = /xox[a-z]-[\w-]+|xapp-[\w-]+|wss?:\/\/\S+|https:\/\/hooks\.slack\.com\/\S+/g;
const clean = (words: string) => words.replaceAll(SECRETS, '(hidden)');

/** Bolt's logger on the project's. Debugging is left out: Bolt would write whole deliveries, with what they allow. */
export function loggerOn(log: Log): Logger {
  const write =
    (level: 'info' | 'warn' | 'error') =>
    (...parts: unknown[]) => {
      const words = parts.map((p) =>
        p instanceof Error ? p.message : typeof p === 'string' ? p : JSON.stringify(p),
      );
      log[level]({ from: 'slack' }, clean(words.join(' ')));
    };
  return {
    debug: () => {},
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    setLevel: () => {},
    getLevel: () => LogLevel.INFO,
    setName: () => {},
  };
}
