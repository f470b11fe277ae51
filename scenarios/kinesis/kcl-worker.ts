import {
  become,
  type Effect,
  type Here,
  later,
  note,
  type Protocol,
  type Step,
  send,
  set,
} from '../../src/sim/protocol.ts';
import type { KclMessage, Kin, Lease, Rec, Write } from './kcl-messages.ts';
import { span } from './kcl-stream.ts';
import type { P } from './params.ts';

/** A lease in this worker's hand. */
export interface Held {
  readonly shard: string;
  readonly counter: number;
  readonly epoch: number;
  /** records before it are done */
  readonly position: number;
  readonly batch: readonly Rec[];
  /** records of the batch that are done */
  readonly done: number;
  /** number of the GetRecords call whose answer counts */
  readonly ask: number;
  /** a conditional write on its way: one at a time, or it would refuse itself */
  readonly write: { readonly kind: 'Renew' | 'Checkpoint'; readonly at: number; readonly tag: number } | null;
  /** a checkpoint that waits for such a write */
  readonly due: boolean;
  readonly ended: boolean;
  readonly children: readonly Kin[];
  /** by this worker's own clock, when the last write that succeeded was sent */
  readonly renewedAt: number;
  /** taken by another; the batch in hand is still worked through */
  readonly lost: boolean;
}

export interface WorkerState {
  readonly held: Readonly<Record<string, Held>>;
  readonly rows: readonly Lease[];
  /** since when a counter has stood still, by this worker's own clock */
  readonly seen: Readonly<Record<string, { readonly counter: number; readonly since: number }>>;
  /** what was done with records: in a real application, effects elsewhere */
  readonly processed: readonly Processed[];
  readonly tag: number;
}

export interface Processed {
  readonly shard: string;
  /** place in the shard, from 0 */
  readonly sequence: number;
  readonly key: string;
  readonly nth: number;
  /** of the lease it was processed under */
  readonly epoch: number;
}

/** The rules a broken twin breaks. */
export interface WorkerRules {
  readonly processesFirst: boolean;
  readonly waitsForParents: boolean;
  readonly createsChildren: boolean;
  readonly inOrder: boolean;
  /** a lease is taken only when its counter has stood still for failoverTimeMillis */
  readonly waitsForExpiry: boolean;
}
export const WORKER: WorkerRules = {
  processesFirst: true,
  waitsForParents: true,
  createsChildren: true,
  inOrder: true,
  waitsForExpiry: true,
};

type WorkerTimer = 'scan' | 'renew' | 'read' | 'work' | 'unread' | 'unwritten';
type WorkerStep = Step<WorkerState, KclMessage, WorkerTimer>;
type Out = Effect<KclMessage, WorkerTimer>;

/** An unanswered call is repeated after this long, µs. */
const ANSWER_US = 1_500_000;

export function worker(rules: WorkerRules): Protocol<WorkerState, KclMessage, WorkerTimer, P> {
  const third = (here: Here<P>) => Math.round((here.params.failoverTimeMillis * 1000) / 3);
  const put = (state: WorkerState, h: Held): WorkerState => ({
    ...state,
    held: { ...state.held, [h.shard]: h },
  });
  const drop = (state: WorkerState, shard: string): WorkerState => {
    const { [shard]: _gone, ...held } = state.held;
    return { ...state, held };
  };
  const bar = (state: WorkerState): Out => {
    const shards = Object.keys(state.held);
    return shards.length === 0 ? become('spare') : become('reads', shards.join(' '));
  };

  const read = (state: WorkerState, h: Held, here: Here<P>): WorkerStep => {
    if (here.uptime - h.renewedAt > here.params.failoverTimeMillis * 1000) {
      const next = drop(state, h.shard);
      return [next, note(`lets ${h.shard} go: it could not renew the lease in time`), bar(next)];
    }
    const ask = h.ask + 1;
    return [
      put(state, { ...h, ask, batch: [], done: 0 }),
      send('stream', { type: 'GetRecords', shard: h.shard, from: h.position, ask }, ''),
      later('unread', ANSWER_US, { shard: h.shard, epoch: h.epoch, ask }),
    ];
  };

  /** Sends a conditional write, or leaves it for when the one on its way is answered. */
  const write = (state: WorkerState, h: Held, kind: 'Renew' | 'Checkpoint', here: Here<P>): WorkerStep => {
    if (h.write) return [put(state, { ...h, due: h.due || kind === 'Checkpoint' })];
    const tag = state.tag + 1;
    const next: Held = {
      ...h,
      write: { kind, at: here.uptime, tag },
      due: kind === 'Checkpoint' ? false : h.due,
    };
    const { shard, counter, ended, children } = h;
    const message: KclMessage =
      kind === 'Renew'
        ? { type: 'Renew', shard, counter }
        : { type: 'Checkpoint', shard, counter, checkpoint: upTo(h), ended, children };
    const label = kind === 'Renew' ? shard : ended ? `${shard} end` : `${shard} #${upTo(h)}`;
    return [
      put({ ...state, tag }, next),
      send('leases', message, label),
      later('unwritten', ANSWER_US, { shard, tag }),
    ];
  };
  const upTo = (h: Held) => h.position + (rules.processesFirst ? h.done : h.batch.length);

  const start = (state: WorkerState, h: Held, here: Here<P>): WorkerStep => [
    state,
    later('work', here.draw(here.params.work), { shard: h.shard, epoch: h.epoch, ask: h.ask, i: 0 }),
  ];

  const lose = (state: WorkerState, h: Held): WorkerStep => {
    const said = note(`is refused: the lease of ${h.shard} has another owner`);
    // What is in work is worked through: nobody can call it back.
    if (h.done < h.batch.length) return [put(state, { ...h, lost: true, write: null }), said];
    const next = drop(state, h.shard);
    return [next, said, bar(next)];
  };

  const observe = (state: WorkerState, row: Lease, here: Here<P>): WorkerState => ({
    ...state,
    rows: state.rows.some((r) => r.shard === row.shard)
      ? state.rows.map((r) => (r.shard === row.shard ? row : r))
      : [...state.rows, row],
    seen:
      state.seen[row.shard]?.counter === row.counter
        ? state.seen
        : { ...state.seen, [row.shard]: { counter: row.counter, since: here.uptime } },
  });

  /** Which leases of the table to take now. */
  const takes = (state: WorkerState, here: Here<P>): Out[] => {
    const live = state.rows.filter((r) => !r.ended);
    const share = Math.ceil(live.length / (here.peers.length + 1));
    let mine = Object.keys(state.held).length;
    const out: Out[] = [];
    for (const row of live) {
      if (state.held[row.shard]) continue;
      const still = here.uptime - (state.seen[row.shard]?.since ?? here.uptime);
      const expired = still >= here.params.failoverTimeMillis * 1000;
      const free = row.owner === null && mine < share;
      const eager = !rules.waitsForExpiry && row.owner !== here.self && still > 0;
      if (!free && !expired && !eager) continue;
      mine++;
      out.push(
        send('leases', { type: 'Take', shard: row.shard, counter: row.counter }, row.shard),
        ...(row.owner === null
          ? []
          : [note(`sees no renewal of ${row.shard} by ${row.owner} for ${Math.round(still / 1e5) / 10} s`)]),
      );
    }
    return out;
  };

  /** Leases of children whose parents have all reached SHARD_END. */
  const creates = (state: WorkerState): Out[] => {
    if (!rules.createsChildren) return [];
    const known = new Set(state.rows.map((r) => r.shard));
    const kin = new Map(state.rows.flatMap((r) => r.children).map((k) => [k.id, k]));
    return [...kin.values()]
      .filter((k) => !known.has(k.id))
      .filter((k) => k.parents.every((id) => state.rows.find((r) => r.shard === id)?.ended))
      .map((k) => send('leases', { type: 'Create', ...k }, k.id));
  };

  return {
    start(here): WorkerStep {
      const state: WorkerState = { held: {}, rows: [], seen: {}, processed: [], tag: 0 };
      return [state, become('spare'), set('scan', here.between(20_000, 400_000)), set('renew', third(here))];
    },
    on: {
      Rows(state, m, _from, here) {
        const next = m.rows.reduce((s, row) => observe(s, row, here), state);
        const missing = m.rows.filter((r) => r.parents.length === 0).length < here.params.shards;
        const sync = missing || !rules.waitsForParents;
        return [
          next,
          ...creates(next),
          ...takes(next, here),
          ...(sync ? [send('stream', { type: 'ListShards' } as const, '')] : []),
        ];
      },
      Shards(state, m) {
        const wanted = m.shards
          .filter((s) => (rules.waitsForParents ? s.parents.length === 0 : true))
          .filter((s) => !state.rows.some((r) => r.shard === s.id));
        return [state, ...wanted.map((s) => send('leases', { type: 'Create', ...s } as const, s.id))];
      },
      Written(state, m, _from, here) {
        const next = observe(state, m.row, here);
        const h = next.held[m.row.shard];
        if (m.write === 'Create') return [next, ...takes(next, here)];
        if (m.write === 'Take') {
          if (m.row.owner !== here.self || (h && h.epoch >= m.row.epoch)) return [next];
          const held: Held = {
            shard: m.row.shard,
            counter: m.row.counter,
            epoch: m.row.epoch,
            position: m.row.checkpoint,
            batch: [],
            done: 0,
            ask: 0,
            write: null,
            due: false,
            ended: false,
            children: [],
            renewedAt: here.uptime,
            lost: false,
          };
          const taken = put(next, held);
          const [after, ...effects] = read(taken, held, here);
          return [
            after,
            note(`takes the lease of ${m.row.shard} and starts at #${m.row.checkpoint + 1}`),
            bar(after),
            ...effects,
          ];
        }
        if (!h?.write || h.write.kind !== m.write || m.row.counter <= h.counter) return [next];
        return written(next, h, m.row, m.write, here);
      },
      Refused(state, m, _from, here) {
        if (!m.row) return [state];
        const next = observe(state, m.row, here);
        const h = next.held[m.shard];
        if (!h?.write || h.write.kind !== m.write) return [next];
        // A repeat of a write that had succeeded: the lease is still this worker's.
        if (m.row.owner === here.self && m.row.epoch === h.epoch) {
          if (m.row.counter <= h.counter) return [next];
          const done = m.row.checkpoint >= upTo(h) && m.row.ended === h.ended;
          if (m.write === 'Renew' || done) return written(next, h, m.row, m.write, here);
          return write(next, { ...h, counter: m.row.counter, write: null }, 'Checkpoint', here);
        }
        return lose(next, h);
      },
      Records(state, m, _from, here) {
        const h = state.held[m.shard];
        if (!h || h.ask !== m.ask || h.lost || h.batch.length > 0 || h.ended) return [state];
        if (m.records.length === 0) {
          const end = m.end && { ended: true, children: m.children };
          const next = { ...h, ...end };
          if (m.end) return write(state, next, 'Checkpoint', here);
          return [state, later('read', idle(here), { shard: h.shard, epoch: h.epoch, ask: h.ask })];
        }
        const next = { ...h, batch: m.records };
        if (!rules.processesFirst) return write(state, next, 'Checkpoint', here);
        return start(put(state, next), next, here);
      },
      Exceeded(state, m, _from, here) {
        const h = state.held[m.shard];
        if (!h || h.ask !== m.ask) return [state];
        return [state, later('read', idle(here), { shard: h.shard, epoch: h.epoch, ask: h.ask })];
      },
      PutRecord: (state) => [state],
      Stored: (state) => [state],
      ListShards: (state) => [state],
      GetRecords: (state) => [state],
      Scan: (state) => [state],
      Create: (state) => [state],
      Take: (state) => [state],
      Renew: (state) => [state],
      Checkpoint: (state) => [state],
    },
    after: {
      scan: (state, here) => [state, send('leases', { type: 'Scan' }, ''), set('scan', third(here))],
      renew(state, here) {
        let next = state;
        const out: Out[] = [];
        for (const h of Object.values(state.held)) {
          if (h.lost || h.write) continue;
          const [after, ...effects] = write(next, h, 'Renew', here);
          next = after;
          out.push(...effects);
        }
        return [next, ...out, set('renew', third(here))];
      },
      read(state, here, data) {
        const h = current(state, data);
        return h && h.batch.length === 0 && !h.ended ? read(state, h, here) : [state];
      },
      unread(state, here, data) {
        const h = current(state, data);
        return h && h.batch.length === 0 && !h.ended && !h.lost ? read(state, h, here) : [state];
      },
      unwritten(state, here, data) {
        const { shard, tag } = data as { shard: string; tag: number };
        const h = state.held[shard];
        if (h?.write?.tag !== tag || h.lost) return [state];
        return write(state, { ...h, write: null }, h.write.kind, here);
      },
      work(state, here, data) {
        const { i } = data as { i: number };
        const h = current(state, data);
        if (!h || h.done !== i || i >= h.batch.length) return [state];
        const place = rules.inOrder ? i : h.batch.length - 1 - i;
        const record = h.batch[place]!;
        const done: Processed = {
          shard: h.shard,
          sequence: h.position + place,
          key: record.key,
          nth: record.nth,
          epoch: h.epoch,
        };
        const next = { ...h, done: i + 1 };
        const after = put({ ...state, processed: [...state.processed, done] }, next);
        if (next.done < next.batch.length)
          return [after, later('work', here.draw(here.params.work), { ...(data as object), i: i + 1 })];
        if (h.lost) {
          const gone = drop(after, h.shard);
          return [
            gone,
            note(
              `has worked through ${span(h.position, h.position + h.batch.length)} of ${h.shard}, which is no longer its own`,
            ),
            bar(gone),
          ];
        }
        if (!rules.processesFirst) return resume(after, next, here);
        return write(after, next, 'Checkpoint', here);
      },
    },
  };

  function current(state: WorkerState, data: unknown): Held | undefined {
    const { shard, epoch, ask } = data as { shard: string; epoch: number; ask: number };
    const h = state.held[shard];
    return h && h.epoch === epoch && h.ask === ask ? h : undefined;
  }

  /** The batch is done and checkpointed: the next one after a pause. */
  function resume(state: WorkerState, h: Held, here: Here<P>): WorkerStep {
    const next: Held = { ...h, position: h.position + h.batch.length, batch: [], done: 0 };
    return [put(state, next), later('read', idle(here), { shard: h.shard, epoch: h.epoch, ask: h.ask })];
  }

  function written(state: WorkerState, h: Held, row: Lease, kind: Write, here: Here<P>): WorkerStep {
    const kept: Held = { ...h, counter: row.counter, renewedAt: h.write!.at, write: null };
    if (kind === 'Renew') return kept.due ? write(state, kept, 'Checkpoint', here) : [put(state, kept)];
    if (row.ended) {
      const next = drop(state, h.shard);
      return [
        next,
        note(`has read ${h.shard} to its end (SHARD_END)`),
        bar(next),
        send('leases', { type: 'Scan' }, ''),
      ];
    }
    if (!rules.processesFirst && kept.done < kept.batch.length) return start(put(state, kept), kept, here);
    return resume(state, kept, here);
  }
}

const idle = (here: Here<P>): number => Math.round(here.params.idleTimeBetweenReadsInMillis * 1000);
