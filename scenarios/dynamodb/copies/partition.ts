import {
  become,
  cancel,
  type Effect,
  type Here,
  note,
  type Protocol,
  type Step,
  save,
  send,
  sendAll,
  set,
} from '../../../src/sim/protocol.ts';
import type { Value } from '../../../src/sim/trace.ts';
import { MS, type P } from './params.ts';
import { type AppMessage, answer, firstSight, type Request, refuse, type Seen } from './wire.ts';

/**
 * One partition: a replication group over three Availability Zones — Elhemali et al., Amazon DynamoDB (USENIX ATC
 * 2022), §3. Only the leader serves writes and strongly consistent reads; any replica serves eventually consistent
 * ones. A write is acknowledged once two of three have it in their logs. The paper says Multi-Paxos with leader leases
 * and no more; terms and logs here follow Ongaro & Ousterhout (2014), which chooses the same entries.
 *
 *   Replicate  leader → replicas  new entries, and what is committed; an answer to it renews the lease
 *   Stored     replica → leader   it is in my log
 *   Elect      candidate → all    "I stand for this term."
 *   Elected    replica → candidate  my vote, and how long the lease I last granted still runs
 *
 * A new leader serves nothing until every lease its voters granted has run out.
 */
export type PartitionMessage =
  | {
      readonly type: 'Replicate';
      readonly term: number;
      /** entries before the first of these, and the term of the last of those */
      readonly after: number;
      readonly afterTerm: number;
      readonly entries: readonly Entry[];
      readonly commit: number;
      /** when it was sent, by the leader's oscillator */
      readonly sent: number;
    }
  | {
      readonly type: 'Stored';
      readonly term: number;
      readonly ok: boolean;
      readonly length: number;
      readonly sent: number;
    }
  | { readonly type: 'Elect'; readonly term: number; readonly length: number; readonly lastTerm: number }
  | { readonly type: 'Elected'; readonly term: number; readonly granted: boolean; readonly leaseUs: number }
  | AppMessage;

export interface Entry {
  readonly term: number;
  /** the operation; 0 for the entry with which a leader begins its term */
  readonly op: number;
  readonly key: string;
  readonly value: Value;
}

interface Disk {
  readonly term: number;
  readonly votedFor: string | null;
  readonly log: readonly Entry[];
}

export interface ReplicaState {
  readonly kind: 'replica';
  readonly role: 'follower' | 'candidate' | 'leader';
  readonly disk: Disk;
  readonly commit: number;
  readonly leader: string | null;
  /** the lease it granted runs until then, by its own oscillator, µs */
  readonly granted: number;
  /** candidate: who voted, and what is left of the lease each granted */
  readonly votes: Readonly<Record<string, number>>;
  /** leader: old leases have run out and an entry of its own term is committed */
  readonly ready: boolean;
  /** leader: how much of its log each replica has, and when it sent what that replica last answered */
  readonly has: Readonly<Record<string, number>>;
  readonly heard: Readonly<Record<string, number>>;
  /** leader: writes that wait for a second copy, by index into the log */
  readonly waiting: Readonly<Record<number, { readonly from: string; readonly request: Request }>>;
  readonly seen: Seen;
}

/** What a twin may break. */
export interface PartitionRules {
  /** copies, the leader's own included, before a write is acknowledged */
  readonly copies: number;
  /** a strong read asks for the leader */
  readonly onlyLeaderReads: boolean;
  /** a new leader waits until leases granted before its election have run out */
  readonly waitsForLease: boolean;
}
export const PARTITION: PartitionRules = { copies: 2, onlyLeaderReads: true, waitsForLease: true };

type Timer = 'heartbeat' | 'silence' | 'begin';
type Next = Step<ReplicaState, PartitionMessage, Timer>;
type Effects = Effect<PartitionMessage, Timer>[];
type Hand = Here<P>;

/** Oscillators differ by parts per million; a leader stops this much before the lease it was granted ends. */
const MARGIN = 0.98;

/** The value of a key after so many entries. */
export function valueAt(log: readonly Entry[], commit: number, key: string): Value {
  for (let i = Math.min(commit, log.length) - 1; i >= 0; i--) if (log[i]!.key === key) return log[i]!.value;
  return null;
}

export const holdsLease = (s: ReplicaState, uptime: number, p: P, majority = 2): boolean => {
  const heard = Object.values(s.heard).sort((a, b) => b - a)[majority - 2];
  return heard !== undefined && uptime < heard + p.lease * MS * MARGIN;
};

export function replica(
  rules: PartitionRules = PARTITION,
): Protocol<ReplicaState, PartitionMessage, Timer, P> {
  const watch = (here: Hand) => set('silence', here.draw(here.params.detect));
  const bar = (s: ReplicaState) =>
    become(
      s.role === 'leader' ? (s.ready ? 'leader' : 'waits for the lease') : s.role,
      `x=${valueAt(s.disk.log, s.commit, 'x') ?? 'nil'}`,
    );

  const replicate = (s: ReplicaState, to: readonly string[], here: Hand, label?: string): Effects =>
    to.map((node) => {
      const after = s.has[node] ?? 0;
      const entries = s.disk.log.slice(after);
      return send<PartitionMessage>(
        node,
        {
          type: 'Replicate',
          term: s.disk.term,
          after,
          afterTerm: s.disk.log[after - 1]?.term ?? 0,
          entries,
          commit: s.commit,
          sent: here.uptime,
        },
        entries.length > 0 ? label : undefined,
      );
    });

  const append = (s: ReplicaState, entry: Entry): ReplicaState => ({
    ...s,
    disk: { ...s.disk, log: [...s.disk.log, entry] },
  });

  /** What enough replicas have is committed, and whoever waits for it is answered. */
  const settle = (s: ReplicaState, here: Hand): Next => {
    const { log, term } = s.disk;
    const lengths = [log.length, ...here.peers.map((node) => Math.min(s.has[node] ?? 0, log.length))];
    const commit = lengths.sort((a, b) => b - a)[rules.copies - 1] ?? 0;
    if (commit <= s.commit || log[commit - 1]?.term !== term) return [s];
    const waiting = { ...s.waiting };
    const effects: Effects = [];
    for (let i = s.commit; i < commit; i++) {
      const wait = waiting[i];
      if (wait) effects.push(answer(wait.from, wait.request, null));
      delete waiting[i];
    }
    const next: ReplicaState = { ...s, commit, waiting, ready: true };
    return [next, bar(next), ...(s.ready ? [] : [note(`leads term ${term} and serves`)]), ...effects];
  };

  const stepDown = (s: ReplicaState, term: number, here: Hand): Next => {
    const disk = term > s.disk.term ? { term, votedFor: null, log: s.disk.log } : s.disk;
    if (s.role === 'follower') return [{ ...s, disk }];
    const next: ReplicaState = {
      ...s,
      disk,
      role: 'follower',
      votes: {},
      ready: false,
      waiting: {},
      has: {},
      heard: {},
    };
    const story: Effects = s.role === 'leader' ? [note('hears of a newer term and steps down')] : [];
    return [next, bar(next), cancel('heartbeat'), cancel('begin'), ...story, watch(here)];
  };

  const lead = (s: ReplicaState, here: Hand): Next => {
    const left = Math.max(...Object.values(s.votes), 0);
    const wait = rules.waitsForLease ? left : 0;
    const next: ReplicaState = {
      ...s,
      role: 'leader',
      leader: here.self,
      ready: false,
      has: {},
      heard: {},
      waiting: {},
    };
    // What the others lack it finds out from their answers; to begin with it assumes they have what it has.
    const has = Object.fromEntries(here.peers.map((node) => [node, s.disk.log.length]));
    const told = { ...next, has };
    return [
      told,
      bar(told),
      cancel('silence'),
      note(
        wait > 0
          ? `is elected for term ${s.disk.term} and waits ${Math.ceil(wait / MS)} ms for the old lease to run out`
          : `is elected for term ${s.disk.term}`,
      ),
      ...replicate(told, here.peers, here),
      set('heartbeat', here.params.heartbeat * MS),
      set('begin', wait),
    ];
  };

  return {
    start(here, saved) {
      const first = here.part('replica')[0]!;
      const disk = (saved as Disk | undefined) ?? { term: 1, votedFor: first, log: [] };
      const state: ReplicaState = {
        kind: 'replica',
        role: 'follower',
        disk,
        commit: 0,
        leader: null,
        // Which lease it had granted before it crashed it does not remember.
        granted: here.uptime > 0 ? here.uptime + here.params.lease * MS : 0,
        votes: {},
        ready: false,
        has: {},
        heard: {},
        waiting: {},
        seen: {},
      };
      if (here.uptime > 0 || here.self !== first) return [state, bar(state), watch(here)];
      // The group has been running: the first replica leads term 1.
      const led = append({ ...state, role: 'leader', leader: first, ready: true }, begins(disk.term));
      return [led, bar(led), save(led.disk), ...replicate(led, here.peers, here), set('heartbeat', 1)];
    },

    first: (s, m, _from, here) => ('term' in m && m.term > s.disk.term ? stepDown(s, m.term, here) : [s]),

    on: {
      Replicate(s, m, from, here) {
        if (m.term < s.disk.term)
          return [
            s,
            send(from, { type: 'Stored', term: s.disk.term, ok: false, length: 0, sent: m.sent } as const),
          ];
        const [follower, ...effects] = stepDown(s, m.term, here);
        const mine = follower.disk.log;
        const granted = Math.max(follower.granted, here.uptime + here.params.lease * MS);
        const heard: ReplicaState = { ...follower, leader: from, granted };
        if (m.after > 0 && mine[m.after - 1]?.term !== m.afterTerm)
          return [
            heard,
            ...effects,
            watch(here),
            save(heard.disk),
            send(from, {
              type: 'Stored',
              term: m.term,
              ok: false,
              length: Math.min(mine.length, m.after - 1),
              sent: m.sent,
            } as const),
          ];
        const log = merged(mine, m.after, m.entries);
        const length = m.after + m.entries.length;
        const commit = Math.max(heard.commit, Math.min(m.commit, length));
        const next: ReplicaState = {
          ...heard,
          disk: log === mine ? heard.disk : { ...heard.disk, log },
          commit,
        };
        return [
          next,
          ...effects,
          ...(commit > heard.commit ? [bar(next)] : []),
          watch(here),
          save(next.disk),
          send(from, { type: 'Stored', term: m.term, ok: true, length, sent: m.sent } as const),
        ];
      },
      Stored(s, m, from, here) {
        if (s.role !== 'leader' || m.term !== s.disk.term) return [s];
        const heard = { ...s.heard, [from]: Math.max(s.heard[from] ?? 0, m.sent) };
        if (!m.ok) {
          const behind = { ...s, heard, has: { ...s.has, [from]: m.length } };
          return [behind, ...replicate(behind, [from], here, 'catch up')];
        }
        const next = { ...s, heard, has: { ...s.has, [from]: Math.max(s.has[from] ?? 0, m.length) } };
        return settle(next, here);
      },
      Elect(s, m, from, here) {
        const { disk } = s;
        const last = disk.log.at(-1)?.term ?? 0;
        const granted =
          m.term === disk.term &&
          (disk.votedFor ?? from) === from &&
          (m.lastTerm > last || (m.lastTerm === last && m.length >= disk.log.length));
        const next: ReplicaState = granted ? { ...s, disk: { ...disk, votedFor: from } } : s;
        const leaseUs = Math.max(0, s.granted - here.uptime);
        return [
          next,
          ...(granted ? [watch(here)] : []),
          save(next.disk),
          send(
            from,
            { type: 'Elected', term: disk.term, granted, leaseUs } as const,
            granted ? 'vote' : 'no',
          ),
        ];
      },
      Elected(s, m, from, here) {
        if (s.role !== 'candidate' || m.term !== s.disk.term || !m.granted) return [s];
        const next = { ...s, votes: { ...s.votes, [from]: m.leaseUs } };
        return Object.keys(next.votes).length >= 2 ? lead(next, here) : [next];
      },
      Request(s, m, from, here) {
        const seen = firstSight(s.seen, from, m);
        if (!seen) return [s];
        const known: ReplicaState = { ...s, seen };
        const held = valueAt(s.disk.log, s.commit, m.key);
        if (m.f === 'read') return [known, answer(from, m, held)];
        if (m.f === 'get' && !rules.onlyLeaderReads) return [known, answer(from, m, held)];
        if (s.role !== 'leader') {
          const leader = s.leader === here.self ? null : s.leader;
          return [known, refuse(from, m, leader ? 'elsewhere' : 'unavailable', leader)];
        }
        if (!s.ready) return [known, refuse(from, m, 'unavailable')];
        if (m.f === 'get') {
          if (holdsLease(s, here.uptime, here.params)) return [known, answer(from, m, held)];
          return [
            known,
            note('holds no lease any more and refuses a strong read'),
            refuse(from, m, 'unavailable'),
          ];
        }
        // A copy of the request that outlived a crash of this replica.
        if (s.disk.log.some((e) => e.op === m.serial)) return [known];
        const entry: Entry = { term: s.disk.term, op: m.serial, key: m.key, value: m.value };
        const put = append(known, entry);
        const waiting = { ...put.waiting, [put.disk.log.length - 1]: { from, request: m } };
        const [next, ...effects] = settle({ ...put, waiting }, here);
        return [
          next,
          save(next.disk),
          ...effects,
          ...replicate(next, here.peers, here, `${m.key}=${m.value}`),
        ];
      },
      Answer: (s) => [s],
      Refusal: (s) => [s],
    },

    after: {
      heartbeat: (s, here) =>
        s.role === 'leader'
          ? [s, ...replicate(s, here.peers, here, 'again'), set('heartbeat', here.params.heartbeat * MS)]
          : [s],
      silence(s, here) {
        if (s.role === 'leader') return [s];
        const term = s.disk.term + 1;
        const disk = { ...s.disk, term, votedFor: here.self };
        const votes = { [here.self]: Math.max(0, s.granted - here.uptime) };
        const next: ReplicaState = { ...s, role: 'candidate', disk, votes, leader: null };
        return [
          next,
          bar(next),
          note(`hears no leader and stands for term ${term}`),
          save(disk),
          ...sendAll<PartitionMessage>(
            here.peers,
            { type: 'Elect', term, length: disk.log.length, lastTerm: disk.log.at(-1)?.term ?? 0 },
            `term ${term}`,
          ),
          watch(here),
        ];
      },
      begin(s, here) {
        if (s.role !== 'leader' || s.ready) return [s];
        const [next, ...effects] = settle(append(s, begins(s.disk.term)), here);
        return [next, save(next.disk), ...effects, ...replicate(next, here.peers, here, 'begin')];
      },
    },
  };
}

const begins = (term: number): Entry => ({ term, op: 0, key: '', value: null });

/** The log with these entries from there on; the same object where it has them already. */
function merged(mine: readonly Entry[], after: number, entries: readonly Entry[]): readonly Entry[] {
  for (const [i, entry] of entries.entries())
    if (mine[after + i]?.term !== entry.term) return [...mine.slice(0, after), ...entries];
  return mine;
}
