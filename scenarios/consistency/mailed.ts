import {
  later as after,
  become,
  type Effect,
  type Here,
  note,
  type Protocol,
  save,
  send,
  set,
} from '../../src/sim/protocol.ts';
import type { Value } from '../../src/sim/trace.ts';
import { merge } from './client.ts';
import type { P } from './params.ts';
import {
  type Answer,
  type Causes,
  later,
  posture,
  type Request,
  type Stamp,
  type Store,
  UNWRITTEN,
} from './protocol.ts';

/**
 * Lazy replication: a put is answered by the replica it was sent to and mailed to the others; see protocol.ts. The
 * larger Lamport stamp wins everywhere, so that all replicas end alike. With level=causal a write carries what it rests
 * on, and waits where that is missing; with a session guarantee a get waits for the version its session must be shown.
 */
export type MailedMessage =
  | Request
  | Answer
  | { readonly type: 'Update'; readonly write: Write }
  | { readonly type: 'Got'; readonly seq: number };

export interface Write {
  readonly origin: string;
  /** counts the origin's writes from 1 */
  readonly seq: number;
  readonly key: string;
  readonly value: Value;
  readonly stamp: Stamp;
  /** of each replica, how many of its writes came before this one */
  readonly causes: Causes;
}

export interface MailedState {
  readonly kind: 'mailed';
  readonly disk: Disk;
  /** `n2 3`: n2 has confirmed the third write of this replica */
  readonly got: Readonly<Record<string, true>>;
  readonly requests: readonly { readonly request: Request; readonly client: string }[];
}

interface Disk {
  readonly store: Store;
  readonly count: number;
  /** of each replica, how many of its writes were applied here (causal: all up to there) */
  readonly applied: Causes;
  readonly mine: readonly Write[];
  /** writes that wait for their causes */
  readonly waiting: readonly Write[];
  /** `n2 3`: the third write of n2 has arrived */
  readonly seen: Readonly<Record<string, true>>;
  /** of each client the last put executed here */
  readonly puts: Readonly<Record<string, number>>;
}

/** What a twin may break. */
export interface MailedRules {
  /** causes of a write, as its replica states them */
  readonly causes: (applied: Causes, self: string) => Causes;
  /** of two versions the larger stamp is kept */
  readonly compares: boolean;
  /** a request waits for what its session has seen */
  readonly heedsSession: boolean;
  /** what was not confirmed is sent again */
  readonly repeats: boolean;
}

export const mailedRules: MailedRules = {
  causes: (applied) => applied,
  compares: true,
  heedsSession: true,
  repeats: true,
};

type Timer = 'mail' | 'again';
type Out = Effect<MailedMessage, Timer>[];
type Next = readonly [MailedState, ...Out];

const EMPTY: Disk = { store: {}, count: 0, applied: {}, mine: [], waiting: [], seen: {}, puts: {} };

const covers = (applied: Causes, causes: Causes) =>
  Object.entries(causes).every(([id, seen]) => (applied[id] ?? 0) >= seen);

/** What is hidden shows more than what is there. */
const show = (disk: Disk) =>
  disk.waiting.length > 0 ? become('holding back', disk.waiting.map(words).join(' ')) : posture(disk.store);

const words = (write: Write) => `${write.key}=${write.value}`;

export function mailed(rules: MailedRules = mailedRules): Protocol<MailedState, MailedMessage, Timer, P> {
  const apply = (disk: Disk, write: Write): Disk => {
    const held = disk.store[write.key] ?? UNWRITTEN;
    const wins = !rules.compares || later(write.stamp, held.stamp);
    const version = { stamp: write.stamp, value: write.value };
    return {
      ...disk,
      store: wins ? { ...disk.store, [write.key]: version } : disk.store,
      count: Math.max(disk.count, write.stamp.count),
      applied: merge(disk.applied, { [write.origin]: write.seq }),
      waiting: disk.waiting.filter((w) => w !== write),
    };
  };

  /** Whatever no longer waits for a cause is applied, until nothing moves. */
  const release = (disk: Disk): Disk => {
    const ready = disk.waiting.find((w) => covers(disk.applied, w.causes));
    return ready ? release(apply(disk, ready)) : disk;
  };

  const ready = (s: MailedState, request: Request, here: Here<P>): boolean => {
    if (!rules.heedsSession) return true;
    if (here.params.level === 'causal') return covers(s.disk.applied, request.after.causes);
    if (request.f === 'put') return true;
    return !later(request.after.floor, (s.disk.store[request.key] ?? UNWRITTEN).stamp);
  };

  const answer = (s: MailedState, request: Request, client: string): Out => {
    const { stamp, value } = s.disk.store[request.key] ?? UNWRITTEN;
    return [
      send(client, {
        type: 'Answer',
        serial: request.serial,
        value: request.f === 'get' ? value : null,
        stamp,
        past: { causes: s.disk.applied },
      }),
    ];
  };

  const perform = (s: MailedState, request: Request, client: string, here: Here<P>): Next => {
    const { disk } = s;
    if (request.f === 'get') return [s, save(disk), ...answer(s, request, client)];
    if (request.serial <= (disk.puts[client] ?? 0)) return [s];
    const write: Write = {
      origin: here.self,
      seq: disk.mine.length + 1,
      key: request.key,
      value: request.value,
      stamp: { count: Math.max(disk.count, request.after.count) + 1, by: here.self },
      causes: here.params.level === 'causal' ? rules.causes(disk.applied, here.self) : {},
    };
    const written: Disk = {
      ...apply(disk, write),
      mine: [...disk.mine, write],
      puts: { ...disk.puts, [client]: request.serial },
    };
    const next = { ...s, disk: written };
    const done = send<MailedMessage>(client, {
      type: 'Answer',
      serial: request.serial,
      value: null,
      stamp: write.stamp,
      past: { causes: written.applied },
    });
    return [
      next,
      show(written),
      save(written),
      done,
      ...here.peers.map((peer) => after<Timer>('mail', here.draw(here.params.lag), { peer, seq: write.seq })),
      set('again', here.params.sync * 1000),
    ];
  };

  /** The copy has changed: requests that waited for it are taken up again. */
  const resume = (s: MailedState, here: Here<P>): Next => {
    const able = s.requests.filter((w) => ready(s, w.request, here));
    let state: MailedState = { ...s, requests: s.requests.filter((w) => !able.includes(w)) };
    const effects: Out = [];
    for (const { request, client } of able) {
      const [next, ...more] = perform(state, request, client, here);
      state = next;
      effects.push(...more);
    }
    return [state, ...effects];
  };

  const mail = (s: MailedState, seq: number, peer: string): Out => {
    const write = s.disk.mine[seq - 1];
    if (!write || s.got[`${peer} ${seq}`]) return [];
    return [send(peer, { type: 'Update', write }, words(write))];
  };

  return {
    start(_here, stored) {
      const disk = (stored as Disk | undefined) ?? EMPTY;
      return [
        { kind: 'mailed', disk, got: {}, requests: [] },
        show(disk),
        ...(disk.mine.length > 0 && rules.repeats ? [set<Timer>('again', 0)] : []),
      ];
    },
    on: {
      Request(s, m, from, here) {
        if (ready(s, m, here)) return perform(s, m, from, here);
        const why =
          here.params.level === 'causal' ? 'what its session rests on' : `the ${m.key} its session has seen`;
        return [
          { ...s, requests: [...s.requests, { request: m, client: from }] },
          note(`lets ${from} wait: ${why} has not arrived here`),
        ];
      },
      Update(s, m, from, here) {
        const { write } = m;
        const { disk } = s;
        const got = send<MailedMessage>(from, { type: 'Got', seq: write.seq });
        const name = `${write.origin} ${write.seq}`;
        if (disk.seen[name]) return [s, save(disk), got];
        const seen = { ...disk.seen, [name]: true as const };
        const next = release({ ...disk, seen, waiting: [...disk.waiting, write] });
        const held = next.waiting.includes(write);
        const state = { ...s, disk: next };
        const [resumed, ...effects] = resume(state, here);
        return [
          resumed,
          ...(held ? [note(`holds ${words(write)} back: what it rests on has not arrived`)] : []),
          ...(next.store === disk.store && !held ? [] : [show(next)]),
          save(next),
          got,
          ...effects,
        ];
      },
      Got: (s, m, from) => [{ ...s, got: { ...s.got, [`${from} ${m.seq}`]: true } }],
      Answer: (s) => [s],
    },
    after: {
      mail(s, _here, data) {
        const { peer, seq } = data as { peer: string; seq: number };
        return [s, ...mail(s, seq, peer)];
      },
      again(s, here) {
        if (!rules.repeats) return [s];
        const open = here.peers.flatMap((peer) => s.disk.mine.flatMap((write) => mail(s, write.seq, peer)));
        return open.length === 0
          ? [s]
          : [s, save(s.disk), ...open, set<Timer>('again', here.params.sync * 1000)];
      },
    },
  };
}
