import type { Option } from '../../../src/chat.ts';
import type { Ack, ClientEvent, CompletionQuery, Events, History, Refused, Start } from '../wire.ts';
import { announce, notice, session } from './dom.ts';
import { changed, learn, type Pending, type Place, placeKey, type State, samePlace } from './store.ts';

/** The server said no, in words for the person. */
export class Refusal extends Error {
  readonly retry: number | undefined;
  readonly status: number;
  constructor(status: number, { error, retry }: Refused) {
    super(error);
    this.status = status;
    this.retry = retry;
  }
}

/** No answer came, or one from something between here and the server. */
class Unreachable extends Error {}

/** The browser's, empty where it does not tell. */
const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone ?? '';

async function call<T>(path: string, body?: object | FormData): Promise<T> {
  const json = body !== undefined && !(body instanceof FormData);
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'x-timezone': zone(), ...(json && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: json ? JSON.stringify(body) : (body as FormData) }),
      signal: AbortSignal.timeout(20_000),
    });
    answer = await response.json();
  } catch {
    throw new Unreachable();
  }
  if (response.ok) return answer as T;
  if (response.status >= 500) throw new Unreachable();
  throw new Refusal(response.status, answer as Refused);
}

export const getStart = () => call<Start>('/api/start');
export const join = (name: string) => call<{ id: string; name: string }>('/api/join', { name });
export const addChannel = (name: string) => call<{ name: string }>('/api/channels', { name });

let asking: AbortController | undefined;
/** Values that could follow; an earlier question still open is dropped. */
export async function complete(query: CompletionQuery): Promise<readonly Option[]> {
  asking?.abort();
  asking = new AbortController();
  try {
    const response = await fetch('/api/complete', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(query),
      signal: asking.signal,
    });
    return response.ok ? ((await response.json()) as readonly Option[]) : [];
  } catch {
    return [];
  }
}

/** Fetches what was said in a place; what is no longer kept there goes. */
export async function load(state: State, place: Place, before?: number): Promise<void> {
  const key = placeKey(place);
  const query = new URLSearchParams({ channel: place.channel });
  if (place.thread !== undefined) query.set('thread', place.thread);
  if (before !== undefined) query.set('before', String(before));
  let found: History;
  try {
    found = await call<History>(`/api/history?${query}`);
  } catch (error) {
    if (error instanceof Refusal) notice(error.message);
    return;
  }
  const kept = new Set(found.messages.map((m) => m.id));
  const first = found.messages[0]?.seq ?? 0;
  const last = found.messages.at(-1)?.seq ?? 0;
  for (const m of state.messages.values())
    if (
      m.channel === place.channel &&
      m.thread === place.thread &&
      m.seq >= first &&
      m.seq <= last &&
      !kept.has(m.id)
    )
      state.messages.delete(m.id);
  for (const message of found.messages) learn(state, message);
  state.loaded.set(key, { more: found.more, fresh: true });
  changed();
}

const OUTBOX = 'outbox';
const waiting = new Map<string, { resolve(ack: Ack): void; reject(error: unknown): void }>();
let sending = false;
let retry: ReturnType<typeof setTimeout> | undefined;
let failures = 0;

/**
 * Sends one event after the other, each until the server has it: the same id each time, so that it is handled once.
 * What is written outlives a reload.
 */
export function send(
  state: State,
  event: ClientEvent,
  place: Place,
  files?: Readonly<Record<string, File>>,
): Promise<Ack> {
  state.pending = [...state.pending, { event, place, at: Date.now(), ...(files && { files }) }];
  keepOutbox(state);
  changed();
  const acknowledged = new Promise<Ack>((resolve, reject) => waiting.set(event.id, { resolve, reject }));
  void flush(state);
  return acknowledged;
}

export function discard(state: State, pending: Pending): void {
  state.pending = state.pending.filter((p) => p !== pending);
  keepOutbox(state);
  changed();
}

export function restoreOutbox(state: State): void {
  try {
    const kept: unknown = JSON.parse(session.get(OUTBOX) ?? '[]');
    if (Array.isArray(kept)) state.pending = kept as Pending[];
  } catch {
    session.set(OUTBOX, undefined);
  }
  void flush(state);
}

function keepOutbox(state: State): void {
  const written = state.pending.filter((p) => p.event.kind === 'write' && !p.refused && !p.files);
  session.set(OUTBOX, written.length > 0 ? JSON.stringify(written) : undefined);
}

export async function flush(state: State): Promise<void> {
  clearTimeout(retry);
  if (sending) return;
  sending = true;
  try {
    for (;;) {
      const next = state.pending.find((p) => !p.refused);
      if (!next) return;
      try {
        const ack = await call<Ack>('/api/event', packed(next));
        failures = 0;
        state.pending = state.pending.filter((p) => p.event.id !== next.event.id);
        if (ack.message) learn(state, ack.message);
        settle(next.event.id)?.resolve(ack);
      } catch (error) {
        if (error instanceof Refusal && error.retry === undefined) {
          if (next.event.kind === 'write') next.refused = error.message;
          else {
            state.pending = state.pending.filter((p) => p !== next);
            if (next.event.kind !== 'submit') notice(error.message);
          }
          settle(next.event.id)?.reject(error);
        } else {
          failures += 1;
          const seconds = error instanceof Refusal ? error.retry! : Math.min(15, 2 ** (failures - 1));
          if (error instanceof Refusal) notice(error.message);
          else if (failures > 1) setOnline(state, false);
          retry = setTimeout(() => void flush(state), seconds * 1000);
          return;
        }
      } finally {
        keepOutbox(state);
        changed();
      }
    }
  } finally {
    sending = false;
  }
}

function settle(id: string) {
  const who = waiting.get(id);
  waiting.delete(id);
  return who;
}

function packed({ event, files }: Pending): object | FormData {
  if (!files) return event;
  const form = new FormData();
  form.set('event', JSON.stringify(event));
  for (const [option, file] of Object.entries(files)) form.set(`file:${option}`, file);
  return form;
}

function setOnline(state: State, online: boolean): void {
  if (state.online === online) return;
  state.online = online;
  announce(online ? 'Connected again.' : 'Connection lost. What you write is kept.');
  changed();
}

/** The event stream, taken up again where it broke off; longer and longer waits between tries. */
export function connect(state: State): { again(): void } {
  let source: EventSource | undefined;
  let last: string | undefined;
  let tries = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let watchdog: ReturnType<typeof setTimeout> | undefined;

  const alive = () => {
    clearTimeout(watchdog);
    // two signs of life missed: the connection is dead, whatever the browser thinks
    watchdog = setTimeout(fail, 50_000);
  };
  const fail = () => {
    source?.close();
    clearTimeout(watchdog);
    clearTimeout(timer);
    tries += 1;
    if (tries > 1) setOnline(state, false);
    timer = setTimeout(open, Math.min(15_000, 250 * 2 ** tries) * (0.75 + Math.random() / 2));
  };
  const open = () => {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(`/api/stream${last === undefined ? '' : `?after=${encodeURIComponent(last)}`}`);
    source.onerror = fail;
    alive();
    const on = <E extends keyof Events>(name: E, hear: (data: Events[E]) => void) =>
      source!.addEventListener(name, (event: MessageEvent<string>) => {
        alive();
        if (event.lastEventId) last = event.lastEventId;
        hear(JSON.parse(event.data) as Events[E]);
        changed();
      });
    on('hello', ({ channels, busy, missed }) => {
      tries = 0;
      setOnline(state, true);
      state.channels = channels;
      state.busy.clear();
      for (const b of busy) state.busy.set(b.id, b);
      if (missed) for (const was of state.loaded.values()) was.fresh = false;
      for (const place of visible(state))
        if (!state.loaded.get(placeKey(place))?.fresh) void load(state, place);
      void flush(state);
    });
    on('message', (message) => {
      const isNew = learn(state, message);
      const seen =
        document.visibilityState === 'visible' &&
        visible(state).some((p) => samePlace(p, { channel: message.channel, thread: message.thread }));
      if (isNew && !seen && message.from.id !== state.me.id)
        state.unread.set(message.channel, (state.unread.get(message.channel) ?? 0) + 1);
    });
    on('gone', ({ id }) => {
      state.messages.delete(id);
    });
    on('busy', (busy) => {
      state.busy.set(busy.id, busy);
    });
    on('idle', ({ id }) => {
      state.busy.delete(id);
    });
    on('channel', ({ name }) => {
      if (!state.channels.includes(name)) state.channels = [...state.channels, name];
    });
    on('beat', () => {});
  };
  const again = () => {
    tries = 0;
    open();
    void flush(state);
  };
  window.addEventListener('online', again);
  window.addEventListener('offline', () => setOnline(state, false));
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && !state.online) again();
  });
  open();
  return { again };
}

/** The places on screen: the channel, and the thread beside it. */
export const visible = ({ place }: State): readonly Place[] =>
  place.thread === undefined ? [place] : [{ channel: place.channel }, place];
