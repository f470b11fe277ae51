import {
  become,
  type Effect,
  type Here,
  later,
  note,
  type Protocol,
  sample,
  save,
  send,
} from '../../src/sim/protocol.ts';
import { plural } from '../../src/sim/words.ts';
import { type Account, effect, historyOf, name, type Stored, upcast, words } from './domain.ts';
import type { P } from './params.ts';
import {
  type CacheMessage,
  type FeedMessage,
  type MailMessage,
  type StoreMessage,
  span,
} from './protocol.ts';

/**
 * The event store: one durable log, in it streams with versions of their own. Whatever it says to anybody is on its
 * disk first, so that nothing once seen can vanish.
 */
export interface StoreState {
  readonly log: readonly Stored[];
  /** who wants to hear of new events; forgotten in a crash, they ask again */
  readonly subscribers: readonly string[];
}

/** The rules a broken twin breaks. */
export interface StoreRules {
  /** what an append does when the stream is not at the expected version */
  readonly mismatch: 'refuse' | 'append' | 'overwrite';
  readonly diskFirst: boolean;
}
export const STORE_RULES: StoreRules = { mismatch: 'refuse', diskFirst: true };

/** Events in one message of a catch-up. */
export const BATCH = 8;

interface Reading {
  readonly to: string;
  readonly account: string;
  readonly after: number;
  readonly ask: string;
}

export const streamOf = (log: readonly Stored[], stream: string): readonly Stored[] =>
  log.filter((e) => e.stream === stream);

type StoreOut = Effect<StoreMessage | FeedMessage, 'read'>;

const posture = (log: readonly Stored[]): Effect<never, never> => {
  const last = log.at(-1);
  const old = log.filter((e) => e.schema === 1).length;
  return become('log', last ? `${name(last)}${old > 0 ? `, ${old} in v1` : ''}` : '');
};

/** What account A holds by its events, for the track. */
const figure = (log: readonly Stored[]): Effect<never, never>[] => [
  sample('by the events', streamOf(log, 'A').reduce((sum, e) => sum + effect(upcast(e)), 0) / 100),
];

export function store(rules: StoreRules): Protocol<StoreState, StoreMessage | FeedMessage, 'read', P> {
  const durable = (log: readonly Stored[], then: readonly StoreOut[]): StoreOut[] =>
    rules.diskFirst ? [save(log), ...then] : [...then, save(log)];
  const answer = (state: StoreState, r: Reading): StoreOut[] => {
    const events = streamOf(state.log, r.account).filter((e) => e.version > r.after);
    const old = events.some((e) => e.schema === 1) ? ', v1' : '';
    const label = events.length === 0 ? 'nothing new' : `${plural(events.length, 'event')}${old}`;
    return durable(state.log, [
      send(r.to, { type: 'Stream', account: r.account, after: r.after, events, ask: r.ask }, label),
    ]);
  };
  return {
    start(here, disk) {
      const log = (disk as readonly Stored[] | undefined) ?? historyOf(here.params);
      return [{ log, subscribers: [] }, save(log), posture(log), ...figure(log)];
    },
    on: {
      Read(state, m, from, here) {
        const reading: Reading = { to: from, account: m.account, after: m.after, ask: m.ask };
        const count = streamOf(state.log, m.account).filter((e) => e.version > m.after).length;
        const us = Math.round(count * here.params.readEvent * 1000);
        return us === 0 ? [state, ...answer(state, reading)] : [state, later('read', us, reading)];
      },
      Append(state, m, from) {
        const { draft, expected } = m;
        const current = streamOf(state.log, draft.stream).length;
        if (current !== expected && rules.mismatch === 'refuse')
          return [
            state,
            note(`refuses ${from}: ${draft.stream} is at version ${current}, not ${expected}`),
            send(
              from,
              { type: 'Conflict', current, ask: m.ask },
              `at ${name({ ...draft, version: current })}`,
            ),
          ];
        const lost =
          rules.mismatch === 'overwrite'
            ? state.log.find((e) => e.stream === draft.stream && e.version === expected + 1)
            : undefined;
        const event: Stored = lost
          ? { ...draft, position: lost.position, version: lost.version }
          : { ...draft, position: state.log.length + 1, version: current + 1 };
        const log = lost ? state.log.map((e) => (e === lost ? event : e)) : [...state.log, event];
        return [
          { ...state, log },
          ...durable(log, [
            posture(log),
            note(`${lost ? 'overwrites' : 'appends'} ${name(event)}: ${words(draft)}`),
            ...figure(log),
            send(from, { type: 'Appended', event, ask: m.ask }, name(event)),
            ...state.subscribers.map((to) =>
              send<FeedMessage>(to, { type: 'Events', events: [event] }, name(event)),
            ),
          ]),
        ];
      },
      Subscribe(state, m, from) {
        const known = state.subscribers.includes(from);
        const next = known ? state : { ...state, subscribers: [...state.subscribers, from].sort() };
        const events = state.log.slice(m.after, m.after + BATCH);
        if (events.length === 0) return [next];
        return [next, ...durable(state.log, [send(from, { type: 'Events', events }, span(events))])];
      },
      Stream: (state) => [state],
      Appended: (state) => [state],
      Conflict: (state) => [state],
      Events: (state) => [state],
    },
    after: { read: (state, _here, data) => [state, ...answer(state, data as Reading)] },
  };
}

/** Snapshots: a cache without a disk. Losing it costs time and nothing else. */
export interface CacheState {
  readonly held: Readonly<Record<string, Account>>;
}

const cacheBar = (held: CacheState['held']): Effect<never, never> => {
  const names = Object.entries(held).map(([stream, { version }]) => name({ stream, version }));
  return names.length === 0 ? become('empty') : become('snapshot', names.join(' '));
};

export const cache: Protocol<CacheState, CacheMessage, never, P> = {
  start: () => [{ held: {} }, cacheBar({})],
  on: {
    Get(state, m, from) {
      const snapshot = state.held[m.account] ?? null;
      const label = snapshot ? name({ stream: m.account, version: snapshot.version }) : 'nothing';
      return [state, send(from, { type: 'Cached', snapshot, ask: m.ask }, label)];
    },
    Put(state, m) {
      if ((state.held[m.account]?.version ?? 0) >= m.snapshot.version) return [state];
      const held = { ...state.held, [m.account]: m.snapshot };
      return [{ held }, cacheBar(held)];
    },
    Cached: (state) => [state],
  },
  after: {},
};

/** The mail provider: what it has sent cannot be called back. It knows a key again for as long as it remembers. */
export interface PostState {
  readonly sent: readonly { readonly about: string; readonly key: string; readonly at: number }[];
}

const postBar = (sent: PostState['sent']): Effect<never, never> =>
  sent.length === 0 ? become('idle') : become('sent', plural(sent.length, 'mail'));

const known = (state: PostState, key: string, here: Here<P>): boolean =>
  state.sent.some((mail) => mail.key === key && here.uptime - mail.at < here.params.remember * 1000);

export const post: Protocol<PostState, MailMessage, never, P> = {
  start(_here, disk) {
    const sent = (disk as PostState['sent'] | undefined) ?? [];
    return [{ sent }, postBar(sent)];
  },
  on: {
    Mail(state, m, from, here) {
      const mailed = send(from, { type: 'Mailed', about: m.about } as const, '');
      if (known(state, m.key, here)) return [state, save(state.sent), mailed];
      const again = state.sent.some((mail) => mail.about === m.about);
      const sent = [...state.sent, { about: m.about, key: m.key, at: here.uptime }];
      return [
        { sent },
        save(sent),
        postBar(sent),
        note(`sends the receipt for ${m.about}${again ? ' a second time' : ''}`),
        mailed,
      ];
    },
    Mailed: (state) => [state],
  },
  after: {},
};
