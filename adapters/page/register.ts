import type { Bot, CommandSpec } from '../../src/chat.ts';

/** The grammar as the page's client reads it for completion and hints: the definitions themselves. */
export function grammar(bot: Bot): readonly CommandSpec[] {
  return [...bot.commands].sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

/** Where people meet on a new page; anybody may add more. */
export const CHANNELS = ['general', 'raft', 'consistency', 'aws', 'interviews'] as const;

/** A channel name as it is kept: lower case words joined by dashes; undefined if nothing is left of it. */
export function channelName(typed: string, longest: number): string | undefined {
  const name = typed
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '');
  return name.length > 0 && name.length <= longest ? name : undefined;
}

/** A person's own channel with the bot. The sign cannot be part of a channel's name. */
export const direct = (person: string) => `@${person}`;
export const isDirect = (channel: string) => channel.startsWith('@');
