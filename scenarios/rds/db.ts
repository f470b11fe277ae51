import {
  become,
  cancel,
  note,
  type Protocol,
  sample,
  save,
  send,
  sendAll,
  set,
} from '../../src/sim/protocol.ts';
import { RDS } from './constants.ts';
import {
  DB,
  type DbDisk,
  type DbEffects,
  type DbOut,
  type DbRules,
  type DbState,
  type DbTimer,
  image,
  label,
  NOTHING,
  nameOf,
} from './instance.ts';
import { firstSight, furthest, type Log, lastGen, take } from './log.ts';
import { members, type P, stores } from './params.ts';
import {
  advance,
  append,
  begin,
  holdsLease,
  renew,
  resend,
  shipTo,
  stepDown,
  stream,
  targets,
  writable,
} from './primary.ts';
import { type Hand, ignore, MS, type Msg, RDS_NODE, TO_CALLER, TO_DNS, TO_RDS } from './protocol.ts';

/** A database instance in all its roles; what it does while it is the writer is in primary.ts. */

/** The row as of a position. */
function row(log: Log, until: number, key: string): { value: number | null; lsn: number } {
  for (let i = Math.min(until, log.length) - 1; i >= 0; i--)
    if (log[i]!.key === key) return { value: log[i]!.value, lsn: log[i]!.lsn };
  return { value: null, lsn: 0 };
}

/** A copy so far behind is drawn as such, s. */
const BEHIND = 4;

export function db(rules: DbRules = DB): Protocol<DbState, Msg, DbTimer, P> {
  const adopt = (s: DbState, gen: number): DbState =>
    gen > s.disk.gen ? { ...s, disk: { ...s.disk, gen } } : s;
  const view = (s: DbState, m: { view: number; inSync: readonly string[] }): DbState =>
    m.view > s.disk.view ? { ...s, disk: { ...s.disk, view: m.view, inSync: m.inSync } } : s;

  /** Readers and read replicas apply what they have, one transaction after another. */
  const apply = (s: DbState, here: Hand): DbEffects => {
    if (s.applied >= s.disk.log.length || nameOf(here.self, here.params) === 'standby') return [];
    const { n } = s.disk.log[s.applied]!;
    return [set('apply', n === 0 ? 0 : here.draw(here.params.apply) * n)];
  };

  /** Opens the database once the time for it has passed and what was outstanding is applied or recovered. */
  const open = (s: DbState, here: Hand): DbOut => {
    if (s.role !== 'promoting' || !s.recovered) return [s];
    const p = here.params;
    if (p.mode === 'aurora') {
      const read = Object.values(s.positions);
      if (read.length < RDS.auroraRead.value) return [s];
      const log = furthest(read);
      return begin({ ...s, disk: { ...s.disk, log }, applied: log.length, positions: {} }, here, [
        note(`reads ${read.length} of 6 copies: the log goes to ${log.length}`),
      ]);
    }
    if (!rules.appliesFirst) return begin(s, here);
    if (nameOf(here.self, p) !== 'standby' && s.applied < s.disk.log.length) return [s];
    return begin({ ...s, applied: s.disk.log.length }, here);
  };

  const demote = (s: DbState, here: Hand): DbOut => (s.role === 'primary' ? stepDown(s, here, 'copy') : [s]);

  return {
    start(here, saved) {
      const p = here.params;
      const disk = saved as DbDisk | undefined;
      if (!disk) {
        const first = here.self === 'db1';
        const all = members(p);
        const fresh: DbState = {
          ...NOTHING,
          kind: 'db',
          role: first ? 'primary' : 'copy',
          ready: first,
          disk: { gen: 1, view: 0, inSync: all, log: [], seen: {}, wrote: first },
          leaseUntil: p.lease * MS,
          sync: first && p.mode === 'instance',
        };
        const serving: DbEffects = first
          ? [
              set('lag', p.tick * MS),
              set('resend', 2000 * MS),
              set('renew', p.heartbeat * MS),
              set('lease', p.lease * MS),
              set('stream', 1000 * MS),
            ]
          : [set('lag', p.tick * MS)];
        return [fresh, save(image(fresh, p)), ...label(fresh, here), ...serving];
      }
      const back: DbState = {
        ...NOTHING,
        kind: 'db',
        role: 'starting',
        disk,
        flushed: disk.log.length,
        applied: disk.log.length,
      };
      // Nobody tells the source of a promoted read replica that there is another primary now.
      if (p.mode === 'replica' && disk.wrote) {
        const [next, ...effects] = begin(back, here);
        return [next, note('comes back and goes on as the primary it was'), ...effects];
      }
      return [
        back,
        ...label(back, here),
        send(RDS_NODE, { type: 'Hello', gen: disk.gen }, 'who am I?'),
        set('hello', p.heartbeat * MS),
        set('lag', p.tick * MS),
      ];
    },
    on: {
      Write(s, m, from, here) {
        const seen = firstSight(s.disk.seen, from, m.op);
        if (!seen) return [s];
        const known: DbState = { ...s, disk: { ...s.disk, seen } };
        if (writable(known, here, rules)) return append(known, m, from, here);
        return [
          known,
          save(image(known, here.params)),
          send(from, { type: 'Refused', op: m.op, unsure: false }, 'not the primary'),
        ];
      },
      Read(s, m, from, here) {
        const as = s.role === 'primary' ? 'primary' : nameOf(here.self, here.params);
        const may =
          s.role === 'primary'
            ? writable(s, here, rules)
            : (s.role === 'copy' || s.role === 'promoting') && (as !== 'standby' || !rules.standbySilent);
        if (!may) return [s, send(from, { type: 'Refused', op: m.op, unsure: false }, 'not readable')];
        const applied = rules.appliesFirst ? s.committed : Math.min(s.committed, s.applied);
        const until = s.role === 'primary' ? applied : as === 'standby' ? s.disk.log.length : s.applied;
        const found = row(s.disk.log, until, m.key);
        return [
          { ...s, read: { as, op: m.op } },
          send(from, { type: 'Value', op: m.op, ...found }, `LSN ${found.lsn}`),
        ];
      },
      Ship(s, m, from, here) {
        if (m.gen < s.disk.gen && rules.heedsGeneration)
          return [s, send(from, { type: 'Ack', gen: s.disk.gen, lsn: 0, fits: false }, 'older generation')];
        if (s.role === 'primary' && m.gen === s.disk.gen) return [s];
        const [down, ...left] = demote(adopt(s, m.gen), here);
        const role = down.role === 'promoting' && m.gen === s.disk.gen ? down.role : 'copy';
        const taken = take(down.disk.log, m, rules);
        const same = taken.log === down.disk.log;
        const disk = same ? down.disk : { ...down.disk, log: taken.log, wrote: false };
        const next: DbState = {
          ...down,
          role,
          disk,
          flushed: taken.log.length,
          applied: Math.min(down.applied, taken.log.length),
          heard: { ...down.heard, [from]: here.uptime },
          end: m.end,
        };
        return [
          next,
          ...left,
          ...(role !== s.role ? [...label(next, here), cancel<DbTimer>('hello')] : []),
          ...(s.applied >= s.disk.log.length ? apply(next, here) : []),
          save(image(next, here.params)),
          send(
            from,
            { type: 'Ack', gen: m.gen, lsn: taken.lsn, fits: taken.fits },
            taken.fits ? '' : `from ${taken.lsn}`,
          ),
        ];
      },
      Ack(s, m, from, here) {
        if (m.gen > s.disk.gen && here.params.mode !== 'replica') {
          const [down, ...left] = stepDown(adopt(s, m.gen), here, 'fenced', true);
          return [down, ...left, save(image(down, here.params))];
        }
        if (s.role !== 'primary' || m.gen !== s.disk.gen) return [s];
        const heard = { ...s.heard, [from]: here.uptime };
        if (!m.fits) return shipTo({ ...s, heard, sent: { ...s.sent, [from]: m.lsn } }, [from], here);
        const lsn = Math.max(s.acked[from] ?? 0, m.lsn);
        const next: DbState = {
          ...s,
          heard,
          acked: { ...s.acked, [from]: lsn },
          sent: { ...s.sent, [from]: Math.max(s.sent[from] ?? 0, lsn) },
        };
        const [after, ...effects] = advance(next, here, rules);
        // mode=instance: the standby has caught up, so commits wait for it again, and then RDS may rely on it
        const { params: p } = here;
        if (
          p.mode !== 'instance' ||
          !after.ready ||
          after.sync ||
          !members(p).includes(from) ||
          lsn < after.flushed
        )
          return [after, ...effects];
        return [
          { ...after, sync: true },
          ...effects,
          send(RDS_NODE, { type: 'Ask', gen: after.disk.gen, view: after.disk.view, sync: true }, 'in step'),
        ];
      },
      Lease(s, m, _from, here) {
        const asked = s.renewals.find((r) => r.n === m.n);
        if (s.role !== 'primary' || m.gen !== s.disk.gen || !asked) return [s];
        const until = Math.max(s.leaseUntil, asked.at + here.params.lease * MS);
        return [{ ...s, leaseUntil: until }, set('lease', Math.max(0, until - here.uptime))];
      },
      View(s, m, _from, here) {
        if (m.gen !== s.disk.gen || m.view <= s.disk.view) return [s];
        const peer = members(here.params).find((id) => id !== here.self);
        const sync = peer !== undefined && m.inSync.includes(peer);
        const next = { ...view(s, m), sync };
        const told = sync
          ? note(`is protected again: ${peer} has every commit`)
          : note(`goes on without ${peer}: RDS will not fail over to it now`);
        if (s.role !== 'primary') return [next, save(image(next, here.params))];
        const [after, ...effects] = advance(next, here, rules);
        return [after, save(image(after, here.params)), told, ...label(after, here), ...effects];
      },
      Assign(s, m, _from, here) {
        if (m.gen < s.disk.gen) return [s];
        const known = view(adopt(s, m.gen), m);
        if (m.writer === here.self) {
          if (s.role !== 'starting' && s.role !== 'fenced') return [s];
          if (here.params.mode === 'aurora') return [s];
          return begin({ ...known, applied: known.disk.log.length }, here);
        }
        const [down, ...left] = demote(known, here);
        const next: DbState = { ...down, role: 'copy' };
        return [
          next,
          cancel('hello'),
          ...left,
          ...label(next, here),
          ...apply(next, here),
          save(image(next, here.params)),
        ];
      },
      Fence(s, m, from, here) {
        if (m.gen < s.disk.gen || (m.gen === s.disk.gen && s.role === 'primary')) return [s];
        const [down, ...left] = demote(adopt(s, m.gen), here);
        const next: DbState =
          m.gen > s.disk.gen && down.role === 'promoting' ? { ...down, role: 'copy' } : down;
        return [
          next,
          ...left,
          ...(next.role !== s.role ? label(next, here) : []),
          save(image(next, here.params)),
          send(
            from,
            { type: 'Position', gen: m.gen, lastGen: lastGen(next.disk.log), log: next.disk.log },
            `LSN ${next.disk.log.length}`,
          ),
        ];
      },
      Position(s, m, from, here) {
        if (s.role !== 'promoting' || m.gen !== s.disk.gen) return [s];
        return open({ ...s, positions: { ...s.positions, [from]: m.log } }, here);
      },
      Promote(s, m, from, here) {
        const p = here.params;
        if (m.gen < s.disk.gen) return [s];
        const same = m.gen === s.disk.gen;
        if (same && s.role === 'primary')
          return s.ready ? [s, send(from, { type: 'Promoted', gen: m.gen }, 'open')] : [s];
        if (same && s.role === 'promoting') return [s];
        const [down, ...left] = demote(view(adopt(s, m.gen), m), here);
        const next: DbState = { ...down, role: 'promoting', recovered: false, positions: {} };
        const takes = {
          instance: p.promoteInstance,
          cluster: p.promoteCluster,
          replica: p.promoteReplica,
          aurora: p.promoteAurora,
        }[p.mode];
        return [
          next,
          ...left,
          ...label(next, here),
          cancel('hello'),
          set('promoted', here.draw(takes)),
          ...apply(next, here),
          save(image(next, p)),
          ...(p.mode === 'aurora'
            ? [
                ...sendAll<Msg>(stores(p), { type: 'Fence', gen: m.gen }, `generation ${m.gen}`),
                set<DbTimer>('again', 2000 * MS),
              ]
            : []),
        ];
      },
      Who: (s, _m, from, here) => [s, send(from, { type: 'Role', writable: writable(s, here, rules) })],
      ...ignore(...TO_CALLER, ...TO_RDS, ...TO_DNS),
    },
    after: {
      hello(s, here) {
        if (s.role !== 'starting' && s.role !== 'fenced') return [s];
        return [
          s,
          send(RDS_NODE, { type: 'Hello', gen: s.disk.gen }, 'who am I?'),
          set('hello', here.params.heartbeat * MS),
        ];
      },
      flushed(s, here, data) {
        const { lsn, gen } = data as { lsn: number; gen: number };
        if (s.role !== 'primary' || gen !== s.disk.gen) return [s];
        const [shipped, ...sends] = shipTo(
          { ...s, flushed: Math.max(s.flushed, Math.min(lsn, s.disk.log.length)) },
          targets(here, 'sync'),
          here,
        );
        const [next, ...effects] = advance(shipped, here, rules);
        return [next, ...sends, ...effects];
      },
      resend,
      stream,
      renew,
      lease(s, here) {
        if (s.role !== 'primary' || !rules.heedsLease || holdsLease(s, here)) return [s];
        return stepDown(s, here, 'fenced');
      },
      apply(s, here) {
        if ((s.role === 'primary' && rules.appliesFirst) || s.applied >= s.disk.log.length) return [s];
        const [next, ...effects] = open({ ...s, applied: s.applied + 1 }, here);
        return [
          next,
          ...effects,
          ...(next.role === 'primary' && rules.appliesFirst ? [] : apply(next, here)),
        ];
      },
      lag(s, here) {
        const p = here.params;
        const again = set<DbTimer>('lag', p.tick * MS);
        const name = nameOf(here.self, p);
        if (s.role === 'primary' || name === 'standby') return [s, again];
        const last = s.disk.log[s.applied - 1]?.at ?? 0;
        const us = s.applied >= s.end ? 0 : Math.max(0, here.uptime - last - p.tick * MS);
        const lag = Math.round(us / 1e5) / 10;
        // a reader that keeps up has no line of its own
        const shown = name === 'read replica' || lag > 0 || s.lag > 0;
        const far = lag > BEHIND;
        const turned = far !== s.lag > BEHIND && s.role === 'copy';
        return [
          lag === s.lag ? s : { ...s, lag },
          ...(shown ? [sample(`lag ${here.self}`, lag)] : []),
          ...(turned ? [become(far ? 'behind' : name)] : []),
          again,
        ];
      },
      promoted: (s, here) => open({ ...s, recovered: true }, here),
      again(s, here) {
        if (s.role !== 'promoting' || Object.keys(s.positions).length >= RDS.auroraRead.value) return [s];
        const missing = stores(here.params).filter((id) => !s.positions[id]);
        return [
          s,
          ...sendAll<Msg>(missing, { type: 'Fence', gen: s.disk.gen }, `generation ${s.disk.gen}`),
          set('again', 2000 * MS),
        ];
      },
    },
  };
}
