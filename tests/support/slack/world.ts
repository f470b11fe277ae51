import { randomBytes } from 'node:crypto';
import type { FileState, Json } from './blockkit.ts';

/** The workspace: who and what exists in it. */

export interface User {
  readonly id: string;
  readonly name: string;
  readonly admin: boolean;
  home?: Json;
}

export interface Channel {
  readonly id: string;
  readonly name: string;
  readonly kind: 'public' | 'private' | 'im';
  readonly archived: boolean;
  readonly members: Set<string>;
  readonly creator: string;
}

export interface Message {
  readonly channel: string;
  readonly ts: string;
  readonly thread?: string;
  readonly user: string;
  readonly byBot: boolean;
  /** the one person who sees it */
  readonly only?: string;
  text: string;
  blocks: Json[];
  metadata?: Json;
  edited: boolean;
  gone: boolean;
  /** what people picked in its inputs */
  readonly state: Record<string, Record<string, Json>>;
  readonly files: string[];
}

export interface File {
  readonly id: string;
  readonly name: string;
  title: string;
  readonly alt: string;
  readonly length: number;
  bytes?: Uint8Array;
  /** epoch milliseconds when Slack is through with it */
  readyAt?: number;
}

export interface View {
  readonly id: string;
  hash: string;
  readonly user: string;
  content: Json;
  open: boolean;
}

export interface ResponseUrl {
  readonly channel: string;
  readonly user: string;
  readonly at: number;
  uses: number;
  /** the message an action came from; a command has none and cannot replace anything */
  readonly message?: Message;
}

export const TEAM = { id: 'T0QUORUM01', domain: 'study-group', name: 'Study Group' };
export const APP = 'A0QUORUM01';
export const BOT = { user: 'U0QUORUMB', id: 'B0QUORUM01', name: 'quorum' };

export const id = (letter: string) => letter + randomBytes(5).toString('hex').slice(0, 9).toUpperCase();

export class World {
  readonly users = new Map<string, User>();
  readonly channels = new Map<string, Channel>();
  readonly messages: Message[] = [];
  readonly files = new Map<string, File>();
  readonly views = new Map<string, View>();
  readonly triggers = new Map<string, { readonly user: string; readonly at: number; used: boolean }>();
  readonly responseUrls = new Map<string, ResponseUrl>();
  /** milliseconds Slack looks through a file */
  processing = 120;
  /** milliseconds a trigger lives */
  triggerLife = 3000;
  private last = 0;

  constructor() {
    for (const [channel, name, kind, archived, bot] of [
      ['C0STUDY0001', 'study', 'public', false, true],
      ['C0OTHER0001', 'elsewhere', 'public', false, false],
      ['C0OLD000001', 'old', 'public', true, true],
      ['G0SECRET001', 'secret', 'private', false, false],
    ] as const)
      this.channels.set(channel, {
        id: channel,
        name,
        kind,
        archived,
        members: new Set(bot ? [BOT.user] : []),
        creator: 'U0FOUNDER1',
      });
  }

  /** a direct conversation of two people, without the bot */
  between(a: User, b: User): Channel {
    const channel: Channel = {
      id: id('D'),
      name: 'directmessage',
      kind: 'im',
      archived: false,
      members: new Set([a.id, b.id]),
      creator: a.id,
    };
    this.channels.set(channel.id, channel);
    return channel;
  }

  user(name: string): User {
    const known = [...this.users.values()].find((u) => u.name === name);
    if (known) return known;
    const user: User = { id: id('U'), name, admin: name === 'Admin' };
    this.users.set(user.id, user);
    for (const channel of this.channels.values()) if (channel.kind === 'public') channel.members.add(user.id);
    return user;
  }

  im(user: string): Channel {
    const known = [...this.channels.values()].find(
      (c) => c.kind === 'im' && c.members.has(user) && c.members.has(BOT.user),
    );
    if (known) return known;
    const channel: Channel = {
      id: id('D'),
      name: 'directmessage',
      kind: 'im',
      archived: false,
      members: new Set([user, BOT.user]),
      creator: user,
    };
    this.channels.set(channel.id, channel);
    return channel;
  }

  /** As Slack's: seconds with six digits, never twice. */
  ts(): string {
    this.last = Math.max(Date.now() * 1000, this.last + 1);
    return `${Math.floor(this.last / 1_000_000)}.${String(this.last % 1_000_000).padStart(6, '0')}`;
  }

  add(message: Omit<Message, 'ts' | 'edited' | 'gone' | 'state' | 'files'> & { files?: string[] }): Message {
    const added = { files: [], ...message, ts: this.ts(), edited: false, gone: false, state: {} };
    this.messages.push(added);
    return added;
  }

  message(channel: string, ts: string): Message | undefined {
    return this.messages.find((m) => m.channel === channel && m.ts === ts && !m.gone);
  }

  trigger(user: string): string {
    const trigger = `${Date.now()}.${TEAM.id.length}${Math.floor(Math.random() * 1e9)}.${randomBytes(16).toString('hex')}`;
    this.triggers.set(trigger, { user, at: Date.now(), used: false });
    return trigger;
  }

  fileState(file: string): FileState {
    const known = this.files.get(file);
    if (known?.readyAt === undefined) return 'unknown';
    return Date.now() >= known.readyAt ? 'ready' : 'processing';
  }
}

export function imageType(bytes: Uint8Array | undefined): string {
  const head = Buffer.from(bytes ?? []).toString('latin1', 0, 6);
  return head.startsWith('\x89PNG')
    ? 'image/png'
    : head.startsWith('GIF8')
      ? 'image/gif'
      : 'application/octet-stream';
}
