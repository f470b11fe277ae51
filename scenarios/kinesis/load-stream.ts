import {
  become,
  type Effect,
  type Here,
  later,
  note,
  type Protocol,
  type Step,
  sample,
  save,
  send,
  set,
} from '../../src/sim/protocol.ts';
import { detailed, type P, slows } from './params.ts';
import { nextSequence, type Shard, Store, type StoreRules, sliceUs } from './store.ts';

/**
 * The stream under load: limits, shard map, retention and enhanced fan-out. Messages are calls, not records.
 *
 *    PutRecords       producers → stream   up to 500 records, each for the shard of its key
 *    PutRecordsResult stream → producers   all of them taken
 *    PartialFailure   stream → producers   these were not: ProvisionedThroughputExceededException, record by record
 *    GetRecords       consumer → stream    a shard from a sequence number on
 *    Records          stream → consumer    what there is, at most 10,000 records or 10 MiB
 *    Exceeded         stream → consumer    the sixth call, or the third MiB, of a second
 *    Subscribe        consumer → stream    SubscribeToShard: push from here on
 *    Push             stream → consumer    records as they come (SubscribeToShardEvent)
 */
export type LoadMessage =
  | {
      readonly type: 'PutRecords';
      readonly serial: number;
      readonly keys: readonly number[];
      readonly sizes: readonly number[];
      /** how many records of its key came before, so that an overtaking shows */
      readonly nths: readonly number[];
    }
  | { readonly type: 'PutRecordsResult'; readonly serial: number }
  | { readonly type: 'PartialFailure'; readonly serial: number; readonly failed: readonly number[] }
  | { readonly type: 'GetRecords'; readonly shard: string; readonly from: number; readonly ask: number }
  | Delivery<'Records'>
  | Delivery<'Push'>
  | { readonly type: 'Exceeded'; readonly shard: string; readonly ask: number }
  | { readonly type: 'Subscribe'; readonly shard: string; readonly from: number };

export interface Delivery<T extends string> {
  readonly type: T;
  readonly shard: string;
  readonly ask: number;
  readonly from: number;
  readonly at: readonly number[];
  readonly end: boolean;
  /** open once this shard is read to its end */
  readonly children: readonly string[];
}

export interface StreamState {
  readonly store: Store;
  mood: string;
  /** enhanced consumers: what was pushed of each shard, and when the last push leaves */
  readonly pushes: Map<string, { next: number; leaves: number }>;
}

type StreamTimer = 'slice' | 'reshard' | 'push';
type StreamStep = Step<StreamState, LoadMessage, StreamTimer>;
type Out = Effect<LoadMessage, StreamTimer>;

export function stream(rules: StoreRules): Protocol<StreamState, LoadMessage, StreamTimer, P> {
  const labelOf = (from: number, count: number) =>
    count === 0 ? '' : count === 1 ? `#${from + 1}` : `#${from + 1}–${from + count}`;
  /** One push for each enhanced consumer and shard that has something new. */
  const pushes = (state: StreamState, here: Here<P>): Out[] =>
    [...state.pushes].flatMap(([to, push]): Out[] => {
      const shard = state.store.shards.find((s) => s.id === to.split(' ')[1]);
      if (!shard || push.next >= nextSequence(shard)) return [];
      const now = here.uptime;
      push.leaves = Math.max(push.leaves, now + here.draw(here.params.pushLatency));
      const from = push.next;
      push.next = nextSequence(shard);
      return [later('push', push.leaves - now, { to, from, until: push.next })];
    });

  return {
    start(here, disk): StreamStep {
      const p = here.params;
      const state: StreamState = (disk as StreamState | undefined) ?? {
        store: new Store(p, rules),
        mood: '',
        pushes: new Map(),
      };
      const left = p.reshardAt * 1e6 - here.uptime;
      state.mood = 'accepting';
      return [
        state,
        save(state),
        become('accepting'),
        set('slice', sliceUs(p)),
        ...(p.reshard !== 'none' && !state.store.wasResharded ? [set('reshard', Math.max(0, left))] : []),
      ];
    },
    on: {
      PutRecords(state, m, from, here) {
        const failed = state.store.put(here.uptime, m.keys, m.sizes, m.nths);
        return [
          state,
          ...pushes(state, here),
          failed.length === 0
            ? send(from, { type: 'PutRecordsResult', serial: m.serial } as const, '')
            : send(
                from,
                { type: 'PartialFailure', serial: m.serial, failed } as const,
                `${failed.length} of ${m.keys.length} refused`,
              ),
        ];
      },
      GetRecords(state, m, from, here) {
        const read = state.store.get(here.uptime, from, m.shard, m.from);
        if (!read) return [state, send(from, { type: 'Exceeded', shard: m.shard, ask: m.ask }, 'exceeded')];
        const children = read.end ? childrenOf(state.store, m.shard) : [];
        return [
          state,
          send(
            from,
            { type: 'Records', shard: m.shard, ask: m.ask, ...read, children },
            labelOf(read.from, read.at.length),
          ),
        ];
      },
      Subscribe(state, m, from, here) {
        state.pushes.set(`${from} ${m.shard}`, { next: m.from, leaves: 0 });
        return [state, ...pushes(state, here)];
      },
      PutRecordsResult: (state) => [state],
      PartialFailure: (state) => [state],
      Records: (state) => [state],
      Exceeded: (state) => [state],
      Push: (state) => [state],
    },
    after: {
      push(state, here, data) {
        const { to, from, until } = data as { to: string; from: number; until: number };
        const [consumer, id] = to.split(' ') as [string, string];
        const shard = state.store.shards.find((s) => s.id === id);
        if (!shard) return [state];
        const first = Math.max(from, shard.book.first);
        const start = shard.book.head + first - shard.book.first;
        const at = shard.times.slice(start, start + Math.max(0, until - first));
        state.store.pushed(consumer, id, until, here.uptime);
        const end = !shard.open && until >= nextSequence(shard);
        const children = end ? childrenOf(state.store, id) : [];
        return [
          state,
          send(
            consumer,
            { type: 'Push', shard: id, ask: 0, from: first, at, end, children },
            labelOf(first, at.length),
          ),
        ];
      },
      reshard(state, here): StreamStep {
        const how = here.params.reshard;
        if (how === 'none') return [state];
        const { parents, children } = state.store.reshard(how);
        return [
          state,
          note(
            how === 'split'
              ? `splits ${parents.join()} in the middle into ${children.join(' and ')}`
              : `merges ${parents.join(' and ')} into ${children.join()}`,
          ),
        ];
      },
      slice(state, here): StreamStep {
        const { store } = state;
        const p = here.params;
        const seconds = sliceUs(p) / 1e6;
        const rate = (n: number) => Math.round((n / seconds) * 100) / 100;
        store.trim(here.uptime);
        const books = store.shards.map((s) => ({ s, taken: s.book.taken, refused: s.book.refused }));
        for (const { s } of books) {
          s.book.taken = 0;
          s.book.refused = 0;
        }
        const sum = (of: (b: (typeof books)[number]) => number) => books.reduce((n, b) => n + of(b), 0);
        const throttling = books.filter((b) => b.refused > 0.05 * (b.taken + b.refused));
        const detail = throttling.map((b) => b.s.id).join(' ');
        const mood = throttling.length > 0 ? `throttling ${detail}` : 'accepting';
        const told = mood !== state.mood ? tell(state.mood, throttling[0]?.s, detail, p) : [];
        state.mood = mood;
        const consumers = here.part('consumer').concat(here.part('reader'));
        return [
          state,
          ...(told.length > 0 ? [become(detail ? 'throttling' : 'accepting', detail), ...told] : []),
          ...(detailed(p)
            ? []
            : [
                sample('accepted', rate(sum((b) => b.taken))),
                ...(slows(p)
                  ? []
                  : [
                      sample('refused', rate(sum((b) => b.refused))),
                      sample('could take', store.open.length * perShard(p)),
                    ]),
                ...(store.shards.length > 1
                  ? books
                      .filter((b) => b.s.open || b.taken > 0)
                      .map((b) => sample(`in ${b.s.id}`, rate(b.taken)))
                  : []),
                ...consumers
                  .slice(0, 1)
                  .flatMap((c) => [
                    sample(inHours(p) ? 'age in hours' : 'age', ageOf(store.age(here.uptime, c), p)),
                    ...(inHours(p) ? [sample('expired', store.expired(c))] : []),
                  ]),
              ]),
          set('slice', sliceUs(p)),
        ];
      },
    },
  };
}

/** Ages are told in hours where a run is long enough for the retention period to matter, else in seconds. */
export const inHours = (p: P): boolean => p.simSeconds > p.retentionPeriodHours * 3600;
export const ageOf = (us: number, p: P): number => Math.round(us / (inHours(p) ? 3.6e6 : 1e3)) / 1000;

/** records a second that fit one shard */
export const perShard = (p: P): number =>
  Math.round(Math.min(p.recordsPerSecond, p.bytesPerSecond / Math.max(1, p.recordSize.mean)));

const childrenOf = (store: Store, id: string): string[] =>
  store.shards.filter((s) => s.parents.includes(id)).map((s) => s.id);

function tell(mood: string, shard: Shard | undefined, detail: string, p: P): Effect<never, never>[] {
  if (!shard) return [note('takes every record again')];
  const bytes = p.bytesPerSecond / Math.max(1, p.recordSize.mean) < p.recordsPerSecond;
  const limit = bytes ? `${Math.round(p.bytesPerSecond / 1024)} KiB/s` : `${p.recordsPerSecond} records/s`;
  return [
    note(
      mood === 'accepting'
        ? `starts to refuse records: ${detail} ${detail.includes(' ') ? 'have' : 'has'} reached ${limit}`
        : `now refuses records of ${detail}`,
    ),
  ];
}
