import type { Finding, Property } from '../../src/sim/scenario.ts';
import { Undisturbed } from '../../src/sim/undisturbed.ts';
import type { QueueState, Stored } from './held.ts';
import { seconds } from './messages.ts';
import { isFair, type P } from './params.ts';
import type { ProducerState } from './producer.ts';
import type { StoreState } from './store.ts';

type AnyState = { readonly role?: string } | undefined;
export const asQueue = (s: unknown) => ((s as AnyState)?.role === 'queue' ? (s as QueueState) : undefined);
export const asStore = (s: unknown) => ((s as AnyState)?.role === 'store' ? (s as StoreState) : undefined);
const asProducer = (s: unknown) => ((s as AnyState)?.role === 'producer' ? (s as ProducerState) : undefined);

/** A property of two consecutive states of the queue: needs no memory, so the explorer checks it too. */
const ofQueue = (
  what: string,
  each: (before: QueueState | undefined, after: QueueState, params: P) => Finding,
): Pick<Property<P>, 'what' | 'fold'> => ({
  what,
  fold: (params) => ({
    start: null,
    changed(seen, _node, before, after) {
      const now = asQueue(after);
      return (now && each(asQueue(before), now, params)) ?? seen;
    },
  }),
});

/** Messages that were handed out in this step, each with what it was before; nothing if it has only just come. */
function handedOut(
  before: QueueState | undefined,
  after: QueueState,
): (readonly [Stored | undefined, Stored])[] {
  if (!before || before.receipts === after.receipts) return [];
  const old = new Map(before.messages.map((m) => [m.id, m]));
  return after.messages.flatMap((m) => {
    const was = old.get(m.id);
    return m.receipt !== (was?.receipt ?? 0) ? [[was, m] as const] : [];
  });
}

/** The last known state of whoever keeps something, also while it is down: a disk does not forget. */
export class Reader {
  queue: QueueState | undefined;
  store: StoreState | undefined;
  producer: ProducerState | undefined;
  see(after: unknown): void {
    this.queue = asQueue(after) ?? this.queue;
    this.store = asStore(after) ?? this.store;
    this.producer = asProducer(after) ?? this.producer;
  }
}

interface Kept {
  readonly confirmed: readonly string[];
  readonly held: readonly string[];
  readonly effects: readonly string[];
}

export const properties: Record<string, Property<P>> = {
  'no message lost': {
    kind: 'always',
    what: 'a confirmed message is on the queue, in the dead-letter queue, or its effect is stored',
    fold: () => ({
      start: { confirmed: [], held: [], effects: [] } as Kept,
      changed(seen: Kept, _node, before, after) {
        const [q, s, p] = [asQueue(after), asStore(after), asProducer(after)];
        const was = asQueue(before);
        let next = seen;
        // what may be lost by this step: what left the queue, and what was confirmed just now
        const suspects: string[] = [];
        if (q && (q.messages !== was?.messages || q.dead !== was?.dead)) {
          const held = [...q.messages, ...q.dead].map((m) => m.body.key);
          suspects.push(...seen.held.filter((k) => !held.includes(k) && seen.confirmed.includes(k)));
          next = { ...next, held };
        }
        if (s && s.effects !== seen.effects) next = { ...next, effects: s.effects };
        if (p && p.confirmed !== seen.confirmed) {
          suspects.push(...p.confirmed.slice(seen.confirmed.length));
          next = { ...next, confirmed: p.confirmed };
        }
        const lost = suspects.find((k) => !next.held.includes(k) && !next.effects.includes(k));
        return lost
          ? `${lost} was confirmed and deleted, and its effect is stored nowhere: a crash now loses it`
          : next;
      },
    }),
  },
  'invisible while in flight': {
    kind: 'always',
    ...ofQueue(
      'a received message is handed to nobody else before its visibility timeout has passed (SQS visibility timeout)',
      (before, after, p) => {
        for (const [was, is] of handedOut(before, after)) {
          if (was === undefined || was.receipt === 0) continue;
          const since = is.receivedAt - was.receivedAt;
          if (since < p.visibility * 1000)
            return `${is.body.key} was handed to ${is.holder} ${seconds(since)} after ${was.holder} received it; the timeout is ${seconds(p.visibility * 1000)}`;
        }
        return undefined;
      },
    ),
  },
  'order within a group': {
    kind: 'always',
    judged: (p) => p.kind === 'fifo',
    ...ofQueue(
      'FIFO: no message is handed out while an earlier one of its group is neither deleted nor set aside',
      (before, after) => {
        for (const [, is] of handedOut(before, after)) {
          const earlier = after.messages.find((m) => m.id < is.id && m.body.group === is.body.group);
          if (earlier)
            return `${is.body.key} was handed to ${is.holder} before ${earlier.body.key} of the same group was done`;
        }
        return undefined;
      },
    ),
  },
  'stored once': {
    kind: 'always',
    judged: (p) => p.kind === 'fifo',
    // a sender repeats itself for half a minute at most, and a crashed one comes back within two
    promised: (p) => p.dedupWindow >= 120_000,
    ...ofQueue(
      'FIFO: sends with one deduplication id within the window store one message',
      (before, after) => {
        if (before?.stored === after.stored) return undefined;
        const twice = Object.entries(after.stored).find(([, n]) => n > 1);
        return twice ? `${twice[0]} is on the queue twice although both sends carry one id` : undefined;
      },
    ),
  },
  'dead letter after exactly maxReceives': {
    kind: 'always',
    what: 'a message is set aside after exactly maxReceiveCount receives without a delete, never sooner or later (redrive policy)',
    // counts for itself: what the queue believes it counted is what is checked
    fold: (p) => ({
      start: {} as Readonly<Record<string, number>>,
      changed(seen: Readonly<Record<string, number>>, _node, before, after) {
        const now = asQueue(after);
        const was = asQueue(before);
        if (!now) return seen;
        let count = seen;
        for (const [, m] of handedOut(was, now)) {
          const n = (count[m.id] ?? 0) + 1;
          if (n > p.maxReceives)
            return `${m.body.key} is received for the ${n}th time; ${p.maxReceives} are allowed`;
          count = { ...count, [m.id]: n };
        }
        if (was?.dead === now.dead) return count;
        const off = now.dead.find((m) => count[m.id] !== p.maxReceives);
        return off ? `${off.body.key} was set aside after ${count[off.id] ?? 0} receives` : count;
      },
    }),
  },
  'quiet tenants first': {
    kind: 'always',
    judged: isFair,
    ...ofQueue(
      'fair queue: no message of a noisy tenant is handed out while one of a quiet tenant waits (How SQS fair queues work)',
      (before, after) => {
        const loud = handedOut(before, after).find(([, m]) => after.noisy.includes(m.body.group));
        const quiet = after.messages.find((m) => !m.inFlight && !after.noisy.includes(m.body.group));
        return loud && quiet
          ? `${loud[1].body.key} of noisy tenant ${loud[1].body.group} was handed to ${loud[1].holder} while ${quiet.body.key} waited`
          : undefined;
      },
    ),
  },
  'side effect once': {
    kind: 'always',
    what: 'the effect of a message is applied once: what at-least-once delivery promises only together with idempotency',
    promised: (p) => p.idempotent,
    fold: () => ({
      start: null,
      changed(seen, _node, _before, after) {
        const effects = asStore(after)?.effects;
        if (!effects) return seen;
        const last = effects[effects.length - 1];
        return last !== undefined && effects.indexOf(last) < effects.length - 1
          ? `the effect of ${last} was applied twice`
          : seen;
      },
    }),
  },
  'every message is settled': {
    kind: 'eventually',
    what: 'in the end every confirmed message is processed or set aside, and a poison message is set aside',
    promised: (p) => p.loss <= 0.1 && (p.heartbeat > 0 || p.work.mean <= p.visibility),
    monitor(p) {
      const reader = new Reader();
      const calm = new Undisturbed();
      return {
        event(event) {
          calm.hear(event);
          return undefined;
        },
        listens: ['fault'],
        changed: (_node, _before, after) => {
          reader.see(after);
          return undefined;
        },
        end(world) {
          // one consumer left is enough for every message
          if (!world.actors.some((a) => a.part === 'consumer' && world.up(a.id))) return undefined;
          const since = calm.since({
            now: world.now,
            actors: world.actors.filter((a) => a.part !== 'consumer'),
            state: (id) => world.state(id),
            up: (id) => world.up(id),
            traffic: world.traffic,
          });
          const patience = (p.maxReceives + 1) * p.visibility * 1000;
          if (since === undefined || (since > 0 && world.now - since < patience)) return undefined;
          const dead = new Set(reader.queue?.dead.map((m) => m.body.key));
          const effects = new Set(reader.store?.effects);
          const open = reader.producer?.confirmed.find((k) => !dead.has(k) && !effects.has(k));
          return open ? `${open} is neither processed nor set aside when the run ends` : undefined;
        },
      };
    },
  },
  'a message is handed out again': {
    kind: 'sometimes',
    ...ofQueue('a consumer receives a message that was received before', (_before, after) =>
      after.messages.some((m) => m.receives > 1) ? 'handed out again' : undefined,
    ),
  },
  'a message waits behind others': {
    kind: 'sometimes',
    ...ofQueue('every consumer is busy when a message comes', (_before, after) =>
      after.messages.some((m) => m.receives === 0) ? 'backlog' : undefined,
    ),
  },
};
