import { randomBytes } from 'node:crypto';
import type { SSEStreamingApi } from 'hono/streaming';
import { BEAT, QUEUE, REPLAY, STREAMS, STREAMS_EACH } from './limits.ts';
import { sees } from './people.ts';
import type { Busy, Events } from './wire.ts';

/** Who may see an event. */
export interface Audience {
  readonly channel?: string;
  readonly to?: string;
  /** everybody but this person */
  readonly not?: string;
}

interface Sent {
  readonly n: number;
  readonly event: string;
  readonly data: string;
  readonly audience: Audience;
}

interface Stream {
  readonly person: string;
  push(sent: Sent): void;
  end(): void;
}

/** The open event streams and the last events, so that a dropped connection goes on where it was. */
export interface Hub {
  send<E extends keyof Events>(event: E, data: Events[E], audience?: Audience): void;
  /** shows work in progress until the returned function is called */
  busy(busy: Busy, audience: Audience): () => void;
  /** serves one connection until it ends; `last` is the id of the last event it saw */
  serve(stream: SSEStreamingApi, person: string, last: string | undefined): Promise<void>;
  close(): void;
}

export function hub(channels: () => readonly string[]): Hub {
  // a restart counts anew: ids of an earlier life must not match
  const life = randomBytes(4).toString('hex');
  const recent: Sent[] = [];
  const streams = new Set<Stream>();
  const working = new Map<string, { busy: Busy; audience: Audience }>();
  let n = 0;

  const hears = (person: string, { channel = '', to, not }: Audience) =>
    sees(person, { channel, to }) && person !== not;

  const send: Hub['send'] = (event, data, audience = {}) => {
    n += 1;
    const sent = { n, event, data: JSON.stringify(data), audience };
    recent.push(sent);
    if (recent.length > REPLAY) recent.shift();
    for (const stream of streams) if (hears(stream.person, audience)) stream.push(sent);
  };

  /** what was sent since; undefined when that is not known any more */
  const since = (last: string | undefined): readonly Sent[] | undefined => {
    const [when, at = ''] = last?.split('.') ?? [];
    const seen = Number(at);
    if (when !== life || !/^\d+$/.test(at) || seen > n) return undefined;
    if (seen < n && (recent[0]?.n ?? n + 1) > seen + 1) return undefined;
    return recent.filter((sent) => sent.n > seen);
  };

  return {
    send,
    busy(busy, audience) {
      working.set(busy.id, { busy, audience });
      send('busy', busy, audience);
      return () => {
        working.delete(busy.id);
        send('idle', { id: busy.id }, audience);
      };
    },
    async serve(out, person, last) {
      const missed = since(last);
      const queue: Sent[] = [];
      let wake = () => {};
      let over = false;
      const stream: Stream = {
        person,
        push(sent) {
          queue.push(sent);
          if (queue.length > QUEUE) stream.end();
          wake();
        },
        end() {
          over = true;
          wake();
        },
      };
      const mine = [...streams].filter((s) => s.person === person);
      if (mine.length >= STREAMS_EACH) mine[0]!.end();
      if (streams.size >= STREAMS) streams.values().next().value!.end();
      streams.add(stream);
      out.onAbort(() => stream.end());
      // the snapshot and the stream begin at the same moment: no await in between
      const hello: Events['hello'] = {
        channels: channels(),
        busy: [...working.values()].filter((w) => hears(person, w.audience)).map((w) => w.busy),
        missed: missed === undefined,
      };
      queue.push(...(missed ?? []).filter((sent) => hears(person, sent.audience)));
      const from = missed === undefined ? `${life}.${n}` : last;
      const beat = setInterval(() => {
        if (queue.length === 0) queue.push({ n: -1, event: 'beat', data: '{}', audience: {} });
        wake();
      }, BEAT);
      try {
        await out.writeSSE({ event: 'hello', data: JSON.stringify(hello), id: from, retry: 1000 });
        while (!over && !out.aborted) {
          const sent = queue.shift();
          if (sent)
            await out.writeSSE({
              event: sent.event,
              data: sent.data,
              ...(sent.n >= 0 && { id: `${life}.${sent.n}` }),
            });
          else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
      } finally {
        clearInterval(beat);
        streams.delete(stream);
      }
    },
    close() {
      for (const stream of streams) stream.end();
    },
  };
}
