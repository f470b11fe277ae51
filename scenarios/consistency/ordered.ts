import {
  later as after,
  type Effect,
  type Here,
  note,
  type Protocol,
  save,
  send,
  set,
} from '../../src/sim/protocol.ts';
import type { Value } from '../../src/sim/trace.ts';
import type { P } from './params.ts';
import { type Answer, NEVER, posture, type Request } from './protocol.ts';

/**
 * Sequential: the first replica gives every put its place in one order, all replicas follow it, gets are answered from
 * the local copy; see protocol.ts. A put is answered once the replica it was sent to has got that far: so a client
 * reads what it wrote, and all clients see all puts in one order. That they see them late is allowed.
 */
export type OrderedMessage =
  | Request
  | Answer
  | { readonly type: 'Forward'; readonly entry: Entry }
  | { readonly type: 'Log'; readonly from: number; readonly entries: readonly Entry[] }
  | { readonly type: 'Have'; readonly length: number };

export interface Entry {
  readonly serial: number;
  readonly key: string;
  readonly value: Value;
  /** the replica whose client waits for it */
  readonly origin: string;
}

export interface OrderedState {
  readonly kind: 'ordered';
  readonly log: readonly Entry[];
  /** the sequencer's view of how far each replica is */
  readonly have: Readonly<Record<string, number>>;
  /** puts sent here that are not in the log yet */
  readonly puts: readonly { readonly entry: Entry; readonly client: string }[];
  /** gets that wait for this replica to catch up with their session */
  readonly gets: readonly { readonly request: Request; readonly client: string }[];
}

/** What a twin may break. */
export interface OrderedRules {
  /** a put is answered when it has its place, not before */
  readonly waitsForOrder: boolean;
  /** a get waits until this replica is as far as its session */
  readonly waitsForSession: boolean;
}

export const orderedRules: OrderedRules = { waitsForOrder: true, waitsForSession: true };

type Out = Effect<OrderedMessage, 'ship' | 'again'>[];
type Next = readonly [OrderedState, ...Out];

const sequencer = (here: Here<P>) => here.part('ordered')[0]!;

const storeOf = (log: readonly Entry[]): Record<string, { value: Value }> => {
  const store: Record<string, { value: Value }> = {};
  for (const { key, value } of log) store[key] = { value };
  return store;
};

const words = (entries: readonly Entry[]) => entries.map((e) => `${e.key}=${e.value}`).join(' ');

export function ordered(
  rules: OrderedRules = orderedRules,
): Protocol<OrderedState, OrderedMessage, 'ship' | 'again', P> {
  const reply = (client: string, serial: number, value: Value, length: number) =>
    send<OrderedMessage>(client, {
      type: 'Answer',
      serial,
      value,
      stamp: NEVER,
      past: { position: length },
    });
  const read = (s: OrderedState, request: Request, client: string) =>
    reply(client, request.serial, storeOf(s.log)[request.key]?.value ?? null, s.log.length);

  /** The log has grown: whoever waited for that is answered. */
  const grown = (s: OrderedState): Next => {
    const placed = s.puts.filter((p) => s.log.some((e) => e.serial === p.entry.serial));
    const ready = s.gets.filter((g) => s.log.length >= g.request.after.position);
    return [
      {
        ...s,
        puts: s.puts.filter((p) => !placed.includes(p)),
        gets: s.gets.filter((g) => !ready.includes(g)),
      },
      posture(storeOf(s.log)),
      save(s.log),
      ...(rules.waitsForOrder ? placed.map((p) => reply(p.client, p.entry.serial, null, s.log.length)) : []),
      ...ready.map((g) => read(s, g.request, g.client)),
    ];
  };

  const ship = (s: OrderedState, peer: string): Out => {
    const from = s.have[peer] ?? 0;
    const entries = s.log.slice(from);
    return entries.length === 0 ? [] : [send(peer, { type: 'Log', from, entries }, words(entries))];
  };

  /** The sequencer gives a put its place. Its replica hears of it at once, the others after a while. */
  const place = (s: OrderedState, entry: Entry, here: Here<P>): Next => {
    if (s.log.some((e) => e.serial === entry.serial)) return [s, save(s.log), ...ship(s, entry.origin)];
    const [next, ...effects] = grown({ ...s, log: [...s.log, entry] });
    return [
      next,
      ...effects,
      ...here.peers.flatMap(
        (peer): Out =>
          peer === entry.origin ? ship(next, peer) : [after('ship', here.draw(here.params.lag), peer)],
      ),
      set('again', here.params.sync * 1000),
    ];
  };

  return {
    start(here, disk) {
      const log = (disk as readonly Entry[] | undefined) ?? [];
      return [
        { kind: 'ordered', log, have: {}, puts: [], gets: [] },
        posture(storeOf(log)),
        ...(here.self === sequencer(here) && log.length > 0 ? [set('again' as const, 0)] : []),
      ];
    },
    on: {
      Request(s, m, from, here) {
        if (m.f === 'get') {
          if (!rules.waitsForSession || s.log.length >= m.after.position)
            return [s, save(s.log), read(s, m, from)];
          return [
            { ...s, gets: [...s.gets, { request: m, client: from }] },
            note(`lets ${from} wait: it has seen more of the order than this replica`),
          ];
        }
        if (s.puts.some((p) => p.entry.serial === m.serial)) return [s];
        if (s.log.some((e) => e.serial === m.serial))
          return [s, save(s.log), reply(from, m.serial, null, s.log.length)];
        const entry = { serial: m.serial, key: m.key, value: m.value, origin: here.self };
        const waiting = { ...s, puts: [...s.puts, { entry, client: from }] };
        const early = rules.waitsForOrder ? [] : [reply(from, m.serial, null, s.log.length)];
        if (here.self === sequencer(here)) {
          const [next, ...effects] = place(waiting, entry, here);
          return [next, ...early, ...effects];
        }
        return [
          waiting,
          ...early,
          send(sequencer(here), { type: 'Forward', entry }, `${m.key}=${m.value}`),
          set('again', here.params.sync * 1000),
        ];
      },
      Forward: (s, m, _from, here) => place(s, m.entry, here),
      Log(s, m, from) {
        const have = (length: number) => send<OrderedMessage>(from, { type: 'Have', length });
        const fresh = m.entries.slice(Math.max(0, s.log.length - m.from));
        if (m.from > s.log.length || fresh.length === 0) return [s, save(s.log), have(s.log.length)];
        const [next, ...effects] = grown({ ...s, log: [...s.log, ...fresh] });
        return [next, ...effects, have(next.log.length)];
      },
      Have: (s, m, from) => [{ ...s, have: { ...s.have, [from]: Math.max(s.have[from] ?? 0, m.length) } }],
      Answer: (s) => [s],
    },
    after: {
      ship: (s, _here, peer) => [s, save(s.log), ...ship(s, String(peer))],
      again(s, here) {
        const first = sequencer(here);
        const behind = here.self === first ? here.peers.filter((p) => (s.have[p] ?? 0) < s.log.length) : [];
        const lost = here.self === first ? [] : s.puts;
        if (behind.length === 0 && lost.length === 0) return [s];
        return [
          s,
          // Nobody may hear of a place that a crash could take back.
          save(s.log),
          ...behind.flatMap((peer) => ship(s, peer)),
          ...lost.map((p) =>
            send<OrderedMessage>(
              first,
              { type: 'Forward', entry: p.entry },
              `${p.entry.key}=${p.entry.value}`,
            ),
          ),
          set('again', here.params.sync * 1000),
        ];
      },
    },
  };
}
