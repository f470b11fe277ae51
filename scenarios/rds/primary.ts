import { become, cancel, later, note, save, send, set } from '../../src/sim/protocol.ts';
import {
  type DbEffects,
  type DbOut,
  type DbRules,
  type DbState,
  type DbTimer,
  image,
  label,
} from './instance.ts';
import { lastGen } from './log.ts';
import { fenced, members, replicas, stores } from './params.ts';
import { type Hand, MS, type Msg, RDS_NODE, type Rec } from './protocol.ts';

/** What an instance does while it is the writer: it appends, ships, counts copies, and stops when it may no longer. */

/** `sync`: those whose acknowledgement can make a commit; `instances`: all others that run a database. */
export function targets(here: Hand, which: 'sync' | 'async' | 'instances' | 'all'): string[] {
  const p = here.params;
  // a promoted read replica stands alone: its old source and the other replicas are no longer its own
  if (p.mode === 'replica' && here.self !== 'db1') return [];
  const others = members(p).filter((id) => id !== here.self);
  const async = replicas(p).filter((id) => id !== here.self);
  if (which === 'async') return async;
  if (which === 'instances') return [...others, ...async];
  const copies = [...others, ...stores(p)];
  return which === 'sync' ? copies : [...copies, ...async];
}

export const holdsLease = (s: DbState, here: Hand): boolean =>
  !fenced(here.params) || here.uptime < s.leaseUntil;

export const writable = (s: DbState, here: Hand, rules: DbRules): boolean =>
  s.role === 'primary' && s.ready && (!rules.heedsLease || holdsLease(s, here));

/** Up to where enough copies have it, as this configuration understands enough. */
function durable(s: DbState, here: Hand, rules: DbRules): number {
  const p = here.params;
  if (!rules.waits) return s.flushed;
  const acks = (ids: readonly string[]) => ids.map((id) => s.acked[id] ?? 0).sort((a, b) => b - a);
  const others = members(p).filter((id) => id !== here.self);
  switch (p.mode) {
    case 'instance':
      return s.sync ? Math.min(s.flushed, ...acks(others)) : s.flushed;
    case 'cluster':
      return Math.min(s.flushed, acks(others)[0] ?? 0);
    case 'replica':
      return s.flushed;
    case 'aurora':
      return acks(stores(p))[rules.writeQuorum - 1] ?? 0;
  }
}

/** Acknowledges what has become durable. */
export function advance(s: DbState, here: Hand, rules: DbRules): DbOut {
  const reached = Math.min(durable(s, here, rules), s.disk.log.length);
  if (s.role !== 'primary' || reached < s.barrier || reached <= s.committed) return [s];
  const done = s.pending.filter((w) => w.lsn <= reached);
  const next: DbState = {
    ...s,
    committed: reached,
    ready: true,
    pending: done.length > 0 ? s.pending.filter((w) => w.lsn > reached) : s.pending,
    stuckSince: here.uptime,
  };
  const answers = done.map((w) => send<Msg>(w.from, { type: 'Done', op: w.op }));
  const opened: DbEffects = s.ready
    ? []
    : [
        ...label(next, here),
        note(`is open for writes as generation ${s.disk.gen}`),
        send(RDS_NODE, { type: 'Promoted', gen: s.disk.gen }, 'open'),
      ];
  if (here.params.link > 0) return [next, ...answers, ...opened];
  const [shipped, ...sends] = shipTo(next, targets(here, 'async'), here);
  return [shipped, ...answers, ...opened, ...sends];
}

/** Sends each of them what it has not been sent yet. A read replica gets only what is committed. */
export function shipTo(s: DbState, to: readonly string[], here: Hand, even = false): DbOut {
  const { log, gen } = s.disk;
  const async = replicas(here.params);
  const sent: Record<string, number> = {};
  const tried: Record<string, number> = {};
  const credit: Record<string, number> = {};
  const sends: DbEffects = [];
  for (const id of to) {
    const from = Math.min(s.sent[id] ?? 0, log.length);
    // one that has long been silent is only tried from time to time
    if (!even && here.uptime - (s.heard[id] ?? 0) > 4000 * MS && (s.acked[id] ?? 0) < from) continue;
    let end = async.includes(id) ? s.committed : s.flushed;
    if (async.includes(id) && here.params.link > 0) {
      // a group larger than what is left goes, too, and is paid for by the next seconds
      let left = s.credit[id] ?? 0;
      let reach = from;
      while (reach < end && left > 0) left -= log[reach++]!.n;
      end = reach;
      credit[id] = left;
    }
    if (from >= end && !even) continue;
    const records = log.slice(from, end);
    sends.push(
      send<Msg>(
        id,
        { type: 'Ship', gen, prev: from, prevGen: log[from - 1]?.gen ?? 0, records, end: s.flushed },
        records.length === 0 ? '' : records.length === 1 ? `LSN ${end}` : `LSN ${from + 1}–${end}`,
      ),
    );
    sent[id] = Math.max(from, end);
    tried[id] = here.uptime;
  }
  if (sends.length === 0) return [s];
  return [
    {
      ...s,
      sent: { ...s.sent, ...sent },
      tried: { ...s.tried, ...tried },
      credit: { ...s.credit, ...credit },
    },
    ...sends,
  ];
}

/** Puts a record at the end of the log and on the disk; it is shipped once it is there. */
function write(s: DbState, rec: Omit<Rec, 'lsn' | 'gen' | 'at'>, here: Hand): DbOut {
  const { log, gen } = s.disk;
  const lsn = log.length + 1;
  const next: DbState = {
    ...s,
    disk: { ...s.disk, log: [...log, { ...rec, lsn, gen, at: here.uptime }] },
    stuckSince: s.committed === s.flushed ? here.uptime : s.stuckSince,
  };
  // with mode=aurora the writer has no disk of its own to wait for
  return [next, save(image(next, here.params)), later<DbTimer>('flushed', 0, { lsn, gen })];
}

export function append(s: DbState, m: Extract<Msg, { type: 'Write' }>, from: string, here: Hand): DbOut {
  const [next, ...effects] = write(s, { op: m.op, n: m.n, key: m.key, value: m.value }, here);
  return [{ ...next, pending: [...next.pending, { op: m.op, from, lsn: next.disk.log.length }] }, ...effects];
}

/**
 * Takes over as the writer of its generation. It answers nobody before a record of its own time is durable: until then it
 * cannot know which of the older ones are (Ongaro & Ousterhout 2014, §5.4.2 and §8).
 */
export function begin(s: DbState, here: Hand, told: DbEffects = []): DbOut {
  const p = here.params;
  const peer = members(p).find((id) => id !== here.self) ?? '';
  const base = s.disk.log.length;
  const reach = Object.fromEntries(targets(here, 'all').map((id) => [id, base]));
  const [next, ...effects] = write(
    {
      ...s,
      role: 'primary',
      ready: false,
      disk: { ...s.disk, wrote: true },
      flushed: base,
      committed: 0,
      barrier: base + 1,
      sync: p.mode === 'instance' && s.disk.inSync.includes(peer),
      sent: reach,
      acked: {},
      credit: {},
      // whoever it was heard of is taken to be there until it is found silent
      heard: Object.fromEntries(Object.keys(reach).map((id) => [id, here.uptime])),
      tried: {},
      pending: [],
      leaseUntil: 0,
      renewals: [{ n: here.uptime, at: here.uptime }],
      stuckSince: here.uptime,
    },
    { op: 0, n: 0, key: '', value: 0 },
    here,
  );
  return [
    next,
    ...told,
    cancel<DbTimer>('hello'),
    set<DbTimer>('resend', 2000 * MS),
    set<DbTimer>('renew', p.heartbeat * MS),
    set<DbTimer>('lease', p.lease * MS),
    set<DbTimer>('stream', 1000 * MS),
    send(RDS_NODE, { type: 'Renew', gen: s.disk.gen, n: here.uptime, live: [] }),
    ...effects,
  ];
}

/** It serves no longer. What is under way may or may not survive. */
export function stepDown(s: DbState, here: Hand, to: 'fenced' | 'copy', newer = to === 'copy'): DbOut {
  if (s.role !== 'primary') return [s];
  const next: DbState = { ...s, role: to, ready: false, pending: [], applied: s.disk.log.length };
  return [
    next,
    become(to === 'fenced' ? 'fenced' : 'demoted', `generation ${lastGen(s.disk.log)}`),
    note(
      newer
        ? 'learns of a newer primary and serves no longer'
        : 'has not been answered by RDS for too long and serves no longer',
    ),
    ...s.pending.map((w) => send<Msg>(w.from, { type: 'Refused', op: w.op, unsure: true }, 'unsure')),
    ...(to === 'fenced' ? [set<DbTimer>('hello', here.params.heartbeat * MS)] : []),
  ];
}

/** Looks after copies that have not answered, and after what the control plane should know of the standby. */
export function resend(s: DbState, here: Hand): DbOut {
  if (s.role !== 'primary') return [s];
  const { params: p, uptime } = here;
  const quiet = (id: string) => uptime - Math.max(s.heard[id] ?? 0, s.tried[id] ?? 0);
  const due = targets(here, 'all').filter((id) => {
    const known = uptime - (s.heard[id] ?? 0) < 10_000 * MS;
    const behind = (s.acked[id] ?? 0) < (s.sent[id] ?? 0);
    return quiet(id) > (known ? (behind ? 1900 : 3900) : 5000) * MS;
  });
  const back = Object.fromEntries(due.map((id) => [id, Math.min(s.acked[id] ?? 0, s.sent[id] ?? 0)]));
  const [next, ...sends] = shipTo({ ...s, sent: { ...s.sent, ...back } }, due, here, true);
  const { gen, view: now } = s.disk;
  const stuck =
    p.mode === 'instance' && s.sync && s.committed < s.flushed && uptime - s.stuckSince > p.syncTimeout * MS;
  const peer = members(p).find((id) => id !== here.self) ?? '';
  const unsaid = p.mode === 'instance' && s.sync && !stuck && s.ready && !s.disk.inSync.includes(peer);
  const ask: DbEffects =
    stuck || unsaid
      ? [send(RDS_NODE, { type: 'Ask', gen, view: now, sync: !stuck }, stuck ? 'alone?' : 'in step')]
      : [];
  return [next, ...sends, ...ask, set('resend', 2000 * MS)];
}

/** Sends asynchronous replicas what their link carries in a second. */
export function stream(s: DbState, here: Hand): DbOut {
  const { link } = here.params;
  if (s.role !== 'primary' || link === 0) return [s];
  const to = targets(here, 'async');
  const credit = Object.fromEntries(to.map((id) => [id, Math.min(link, (s.credit[id] ?? 0) + link)]));
  const [next, ...sends] = shipTo({ ...s, credit }, to, here);
  return [next, ...sends, set('stream', 1000 * MS)];
}

/** Reports to the control plane: I serve, and these copies answer me. */
export function renew(s: DbState, here: Hand): DbOut {
  if (s.role !== 'primary') return [s];
  const n = (s.renewals.at(-1)?.n ?? 0) + 1;
  const live = targets(here, 'instances').filter((id) => here.uptime - (s.heard[id] ?? -1e9) < 7000 * MS);
  return [
    { ...s, renewals: [...s.renewals.slice(-2), { n, at: here.uptime }] },
    send(RDS_NODE, { type: 'Renew', gen: s.disk.gen, n, live }),
    set('renew', here.params.heartbeat * MS),
  ];
}
