import { refusal, type WebClient } from './calls.ts';

/**
 * What the app must be allowed and told, as in manifest.yaml: Slack has no call to register a command with a bot's
 * token, so registration is the manifest, and this checks at the start that it was followed.
 */
export const SCOPES: Readonly<Record<string, string>> = {
  'app_mentions:read': 'hear @mentions, the only way to talk to the bot inside a thread',
  'channels:history': 'find its own question of the day again after a crash',
  'channels:read': 'know whether it may post in a channel, and who made it',
  'chat:write': 'answer',
  commands: '/quorum',
  'files:read': 'know when Slack has finished with a picture it uploaded',
  'files:write': 'upload pictures',
  'groups:history': 'as channels:history, in private channels it was invited to',
  'groups:read': 'as channels:read, in private channels it was invited to',
  'im:history': 'read what is written to it directly',
  'im:write': 'write to a person directly',
  'users:read': 'names, language, and who manages the workspace',
};

export const EVENTS: readonly string[] = ['app_home_opened', 'app_mention', 'message.im'];

/** Who the token belongs to. */
export interface Identity {
  /** the workspace's id */
  readonly space: string;
  readonly workspace: string;
  readonly user: string;
  readonly bot: string;
  /** the bot's name, as one mentions it */
  readonly name: string;
  /** scopes of the manifest the token was not granted */
  readonly missing: readonly string[];
}

/**
 * Signs in with the bot's token.
 * @throws Error of one line that names the variable, when the token is not accepted
 */
export async function signIn(client: WebClient): Promise<Identity> {
  try {
    const who = await client.auth.test();
    const granted = who.response_metadata?.scopes;
    return {
      space: who.team_id ?? '',
      workspace: who.team ?? '',
      user: who.user_id ?? '',
      bot: who.bot_id ?? '',
      name: who.user ?? 'quorum',
      missing: granted === undefined ? [] : Object.keys(SCOPES).filter((scope) => !granted.includes(scope)),
    };
  } catch (error) {
    const code = refusal(error);
    throw new Error(
      code === undefined
        ? `Slack could not be reached to sign in: ${error instanceof Error ? error.message : String(error)}`
        : `SLACK_BOT_TOKEN was refused by Slack (${code}): it must be the Bot User OAuth Token of the installed app, beginning with xoxb-`,
    );
  }
}

/** The start-up line for an app token that was not accepted. */
export function appTokenRefused(error: unknown): Error {
  const code = refusal(error);
  return new Error(
    code === undefined
      ? `Slack's Socket Mode could not be reached: ${error instanceof Error ? error.message : String(error)}`
      : `SLACK_APP_TOKEN was refused by Slack (${code}): it must be an app-level token with the scope connections:write, beginning with xapp-, of an app with Socket Mode on`,
  );
}
