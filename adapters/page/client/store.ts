import type { Busy, ClientEvent, Message, Start } from '../wire.ts';

/** What the page knows, and who wants to hear when it changes. */
export interface Place {
  readonly channel: string;
  readonly thread?: string;
}

/** An event of this person that has not been acknowledged yet. */
export interface Pending {
  readonly event: ClientEvent;
  readonly place: Place;
  readonly at: number;
  readonly files?: Readonly<Record<string, File>>;
  /** why the server will not take it */
  refused?: string;
}

export interface State {
  start: Start;
  me: { readonly id: string; readonly name: string };
  place: Place;
  channels: readonly string[];
  readonly messages: Map<string, Message>;
  /** places whose history was fetched; whether there is more before it */
  readonly loaded: Map<string, { more: boolean; fresh: boolean }>;
  readonly busy: Map<string, Busy>;
  pending: readonly Pending[];
  online: boolean;
  readonly unread: Map<string, number>;
}

export const placeKey = ({ channel, thread }: Place) => (thread ? `${channel}\n${thread}` : channel);
export const samePlace = (a: Place, b: Place) => a.channel === b.channel && a.thread === b.thread;
export const direct = (state: State) => `@${state.me.id}`;
export const channelTitle = (channel: string) => (channel.startsWith('@') ? 'You and Quorum' : `#${channel}`);

type Listener = () => void;
const listeners = new Set<Listener>();
let queued = false;

/** Calls back after changes, once for all that change in one go. */
export function watch(listener: Listener): void {
  listeners.add(listener);
}

export function changed(): void {
  if (queued) return;
  queued = true;
  queueMicrotask(() => {
    queued = false;
    for (const listener of listeners) listener();
  });
}

/** Keeps the newer of two versions. True if this message was not known. */
export function learn(state: State, message: Message): boolean {
  const old = state.messages.get(message.id);
  if (!old || old.rev <= message.rev) state.messages.set(message.id, withOwn(message, old));
  if (message.event !== undefined && message.from.id === state.me.id)
    state.pending = state.pending.filter((p) => p.event.id !== message.event);
  changed();
  return old === undefined;
}

/** What is sent to everybody does not count the replies that only this person sees. */
function withOwn(message: Message, old: Message | undefined): Message {
  const own = message.replies?.own ?? old?.replies?.own;
  return own === undefined ? message : { ...message, replies: { count: 0, ...message.replies, own } };
}

/** What stands in a place, in order; a thread begins with the message it hangs on. */
export function messagesIn(state: State, place: Place): readonly Message[] {
  return [...state.messages.values()]
    .filter(
      (m) =>
        m.channel === place.channel &&
        (place.thread === undefined
          ? m.thread === undefined
          : m.thread === place.thread || m.id === place.thread),
    )
    .sort((a, b) => a.seq - b.seq);
}
