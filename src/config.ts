import { z } from 'zod';

/**
 * The environment, read and checked once. A missing or malformed value stops the start with one line that names
 * it; values are never repeated, since they may be secrets.
 */
const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const url = (what: string, ending: string) =>
  z
    .string()
    .refine(
      (v) => /^https?:\/\/[^\s]+$/.test(v) && v.endsWith(ending),
      `must be ${what} that ends in ${ending}`,
    );

const environment = z.object({
  DISCORD_TOKEN: z.string().optional(),
  DISCORD_API_URL: url('an http(s) address', '/api').optional(),
  DISCORD_GUILD_ID: z
    .string()
    .regex(/^\d{15,21}$/, 'must be a server id of 15 to 21 digits')
    .optional(),
  DISCORD_SHARDS: z
    .string()
    .regex(/^(auto|\d+(-\d+)?\/\d+)$/, 'must be auto, or this process’s shards of a total such as 0-3/16')
    .optional(),
  SLACK_BOT_TOKEN: z.string().startsWith('xoxb-', 'must be a bot token, which begins with xoxb-').optional(),
  SLACK_APP_TOKEN: z
    .string()
    .startsWith('xapp-', 'must be an app-level token, which begins with xapp-')
    .optional(),
  SLACK_SIGNING_SECRET: z.string().optional(),
  SLACK_API_URL: url('an http(s) address', '/api/').optional(),
  DATABASE_URL: z
    .string()
    .regex(/^(file:.+|postgres(ql)?:\/\/.+)$/, 'must be file:PATH or postgres://…')
    .default('file:./data/quorum.db'),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce
    .number()
    .int('must be a port from 0 to 65535')
    .min(0, 'must be a port from 0 to 65535')
    .max(65535, 'must be a port from 0 to 65535')
    .default(3000),
  WEB_TOKEN: z.string().min(8, 'must have at least 8 characters').optional(),
  LOG_LEVEL: z.enum(levels, `must be one of ${levels.join(', ')}`).default('info'),
});

export type Config = z.infer<typeof environment>;

/** What stops the start, one line. */
export class ConfigError extends Error {}

export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  // An empty value in an .env file means “not set”.
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new ConfigError(
      `${String(issue.path[0])} ${issue.code === 'invalid_type' ? 'must be a port from 0 to 65535' : issue.message}.`,
    );
  }
  const config = parsed.data;
  if (config.SLACK_BOT_TOKEN && !config.SLACK_APP_TOKEN && !config.SLACK_SIGNING_SECRET)
    throw new ConfigError(
      'SLACK_BOT_TOKEN needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) beside it.',
    );
  if (!config.SLACK_BOT_TOKEN && (config.SLACK_APP_TOKEN || config.SLACK_SIGNING_SECRET))
    throw new ConfigError(
      'SLACK_BOT_TOKEN is missing: SLACK_APP_TOKEN and SLACK_SIGNING_SECRET only work with it.',
    );
  if (!isLoopback(config.HOST) && !config.WEB_TOKEN)
    throw new ConfigError(`WEB_TOKEN is missing: it is required to open the page when HOST is not loopback.`);
  return config;
}

export const isLoopback = (host: string) => /^(127(\.\d{1,3}){3}|localhost|::1|\[::1\])$/.test(host);

/** `0-3/16` as discord.js takes it. Throws ConfigError. */
export function readShards(text: string | undefined): 'auto' | { ids: number[]; total: number } | undefined {
  if (text === undefined || text === 'auto') return text;
  const [range = '', count = ''] = text.split('/');
  const [first = '', last = first] = range.split('-');
  const [from, to, total] = [Number(first), Number(last), Number(count)];
  if (!(from <= to && to < total))
    throw new ConfigError('DISCORD_SHARDS must name shards below their total, such as 0-3/16.');
  return { ids: Array.from({ length: to - from + 1 }, (_, i) => from + i), total };
}
