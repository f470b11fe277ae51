import { become, note, type Protocol, save, send, sendAll, set } from '../../src/sim/protocol.ts';
import { first } from './dns.ts';
import { furthest, type Log } from './log.ts';
import { members, type P, replicas } from './params.ts';
import {
  DNS_NODE,
  type Effects,
  type Endpoints,
  type Hand,
  ignore,
  MS,
  type Msg,
  type Out,
  TO_CALLER,
  TO_DNS,
  TO_WRITER,
} from './protocol.ts';

/**
 * The control plane, from outside: it hears whether the primary serves, decides a failover, and has the endpoint moved. It
 * decides alone and remembers on disk what it decided; that it is itself replicated is left out.
 */
export interface RdsDisk {
  readonly gen: number;
  readonly writer: string;
  readonly view: number;
  /** mode=instance: who holds every acknowledged commit */
  readonly inSync: readonly string[];
  readonly phase: 'watching' | 'fencing' | 'promoting' | 'alarm';
  readonly endpoints: Endpoints;
}

export interface RdsState {
  readonly kind: 'rds';
  readonly disk: RdsDisk;
  /** mode=cluster: what the readers hold, while fencing */
  readonly positions: Readonly<Record<string, Log>>;
  readonly live: readonly string[];
  /** version of the endpoints that DNS has confirmed */
  readonly pointed: number;
  /** uptime when the phase began */
  readonly since: number;
}

export type RdsTimer = 'watch' | 'again' | 'operator';

/** The rules a broken twin breaks. */
export interface RdsRules {
  /** it fails over only to a standby that holds every commit */
  readonly heedsInSync: boolean;
  /** of the readers it promotes the one with the most recent record, once a majority has answered */
  readonly takesFurthest: boolean;
  /** silence of the primary leads to a failover */
  readonly decides: boolean;
  /** DNS is told who the writer is now */
  readonly movesEndpoint: boolean;
}
export const RDS_RULES: RdsRules = {
  heedsInSync: true,
  takesFurthest: true,
  decides: true,
  movesEndpoint: true,
};

const AGAIN = 2000 * MS;

export function rds(rules: RdsRules = RDS_RULES): Protocol<RdsState, Msg, RdsTimer, P> {
  type RdsOut = Out<RdsState, RdsTimer>;
  type RdsEffects = Effects<RdsTimer>;

  const readersOf = (s: RdsState, writer: string, p: P): string[] => {
    const read = p.mode === 'instance' ? replicas(p) : [...members(p), ...replicas(p)];
    const live = read.filter((id) => id !== writer && s.live.includes(id));
    return live.length > 0 ? live : [writer];
  };
  const point = (endpoints: Endpoints): RdsEffects => [
    send(DNS_NODE, { type: 'Point', record: endpoints }, `writer ${endpoints.writer}`),
    set('again', AGAIN),
  ];
  const promote = (d: RdsDisk): RdsEffects => [
    send(d.writer, { type: 'Promote', gen: d.gen, view: d.view, inSync: d.inSync }, `generation ${d.gen}`),
    set('again', AGAIN),
  ];
  const enter = (s: RdsState, change: Partial<RdsDisk>, here: Hand): RdsState => ({
    ...s,
    disk: { ...s.disk, ...change },
    positions: {},
    since: here.uptime,
  });

  /** Promotes one that may be: its generation begins. */
  const choose = (s: RdsState, writer: string, gen: number, here: Hand, why: string): RdsOut => {
    const next = enter(s, { gen, writer, phase: 'promoting', inSync: [writer], view: s.disk.view + 1 }, here);
    return [next, become('failing over', writer), note(why), save(next.disk), ...promote(next.disk)];
  };

  const failOver = (s: RdsState, here: Hand): RdsOut => {
    const { params: p } = here;
    const { writer, gen } = s.disk;
    const silence = `${Math.round(p.deadAfter / 1000)} s`;
    const others = members(p).filter((id) => id !== writer);
    switch (p.mode) {
      case 'instance': {
        const standby = others[0]!;
        if (rules.heedsInSync && !s.disk.inSync.includes(standby))
          return [
            s,
            become('waiting', writer),
            note(`hears nothing of ${writer}, but ${standby} misses commits: it must wait for ${writer}`),
            set('watch', p.deadAfter * MS),
          ];
        return choose(
          s,
          standby,
          gen + 1,
          here,
          `hears nothing of ${writer} for ${silence}: fails over to ${standby}`,
        );
      }
      case 'cluster': {
        const next = enter(s, { gen: gen + 1, phase: 'fencing' }, here);
        return [
          next,
          become('failing over', 'asks the readers'),
          note(`hears nothing of ${writer} for ${silence}: which reader has the most recent record?`),
          save(next.disk),
          ...sendAll<Msg>(members(p), { type: 'Fence', gen: gen + 1 }, `generation ${gen + 1}`),
          set('again', AGAIN),
        ];
      }
      case 'replica': {
        const next = enter(s, { phase: 'alarm' }, here);
        return [
          next,
          become('alarm', writer),
          note(`hears nothing of ${writer} for ${silence}; nobody fails over to a read replica by itself`),
          save(next.disk),
          ...(p.operator > 0 ? [set<RdsTimer>('operator', p.operator * 1000 * MS)] : []),
        ];
      }
      case 'aurora': {
        const all = members(p);
        const turn = all[(all.indexOf(writer) + 1) % all.length]!;
        return choose(s, turn, gen + 1, here, `hears nothing of ${writer} for ${silence}: promotes ${turn}`);
      }
    }
  };

  return {
    start(here, saved) {
      const p = here.params;
      const disk = (saved as RdsDisk | undefined) ?? {
        gen: 1,
        writer: 'db1',
        view: 0,
        inSync: members(p),
        phase: 'watching',
        endpoints: first(p),
      };
      const s: RdsState = {
        kind: 'rds',
        disk,
        positions: {},
        live: first(p).readers,
        pointed: saved ? 0 : 1,
        since: here.uptime,
      };
      const { phase } = disk;
      return [
        s,
        become(phase === 'watching' ? 'watching' : phase === 'alarm' ? 'alarm' : 'failing over', ''),
        save(disk),
        set('watch', p.deadAfter * MS),
        ...(saved ? [set<RdsTimer>('again', 0)] : []),
        ...(phase === 'alarm' && p.operator > 0 ? [set<RdsTimer>('operator', p.operator * 1000 * MS)] : []),
      ];
    },
    on: {
      Renew(s, m, from, here) {
        const { disk } = s;
        const p = here.params;
        if (m.gen < disk.gen) {
          const { gen, writer, view, inSync } = disk;
          return p.mode === 'replica'
            ? [s]
            : [s, send(from, { type: 'Assign', gen, writer, view, inSync }, `${writer} writes`)];
        }
        if (m.gen !== disk.gen || from !== disk.writer || disk.phase === 'fencing') return [s];
        const calm = disk.phase === 'alarm' ? enter(s, { phase: 'watching' }, here) : s;
        const known = { ...calm, live: m.live.length > 0 || disk.phase === 'watching' ? m.live : calm.live };
        const readers = readersOf(known, disk.writer, p);
        const moved = disk.phase === 'watching' && readers.join() !== disk.endpoints.readers.join();
        const endpoints = moved
          ? { ...disk.endpoints, readers, version: disk.endpoints.version + 1 }
          : disk.endpoints;
        const next: RdsState = moved || calm !== s ? { ...known, disk: { ...known.disk, endpoints } } : known;
        return [
          next,
          send(from, { type: 'Lease', gen: m.gen, n: m.n }),
          set('watch', p.deadAfter * MS),
          ...(calm === s ? [] : [become('watching')]),
          ...(next.disk === disk ? [] : [save(next.disk)]),
          ...(moved ? point(endpoints) : []),
        ];
      },
      Ask(s, m, from, here) {
        const { disk } = s;
        if (m.gen !== disk.gen || from !== disk.writer || here.params.mode !== 'instance') return [s];
        const reply = (d: RdsDisk) =>
          send<Msg>(from, { type: 'View', gen: d.gen, view: d.view, inSync: d.inSync }, d.inSync.join('+'));
        if (m.view !== disk.view) return [s, save(disk), reply(disk)];
        const next: RdsDisk = {
          ...disk,
          view: disk.view + 1,
          inSync: m.sync ? members(here.params) : [disk.writer],
        };
        return [{ ...s, disk: next }, save(next), reply(next)];
      },
      Hello(s, _m, from, here) {
        const { disk } = s;
        const p = here.params;
        const serves = disk.phase === 'watching' || disk.phase === 'alarm';
        if (from === disk.writer && disk.phase === 'promoting') return [s, ...promote(disk)];
        // Its memory of the log is gone: it recovers from the storage nodes, as a new generation.
        if (from === disk.writer && serves && p.mode === 'aurora')
          return choose(s, from, disk.gen + 1, here, `has ${from} recover from the storage nodes`);
        if (from !== disk.writer || !serves) {
          if (disk.phase === 'fencing') return [s];
          const { gen, writer, view, inSync } = disk;
          return [
            s,
            save(disk),
            send(from, { type: 'Assign', gen, writer, view, inSync }, `${writer} writes`),
          ];
        }
        const next: RdsDisk = { ...disk, view: disk.view + 1, phase: 'watching' };
        const { gen, writer, view, inSync } = next;
        return [
          { ...s, disk: next },
          save(next),
          become('watching'),
          set('watch', p.deadAfter * MS),
          send(from, { type: 'Assign', gen, writer, view, inSync }, 'go on'),
        ];
      },
      Position(s, m, from, here) {
        const { disk } = s;
        if (disk.phase !== 'fencing' || m.gen !== disk.gen) return [s];
        const positions = { ...s.positions, [from]: m.log };
        const known = { ...s, positions };
        const asked = members(here.params);
        const heard = asked.filter((id) => positions[id]);
        if (heard.length < (rules.takesFurthest ? Math.floor(asked.length / 2) + 1 : 1)) return [known];
        // The old writer only if it knows more than the others.
        const order = [
          ...heard.filter((id) => id !== disk.writer),
          ...heard.filter((id) => id === disk.writer),
        ];
        const best = furthest(order.map((id) => positions[id]!));
        const chosen = rules.takesFurthest
          ? (order.find(
              (id) =>
                positions[id]!.length === best.length && positions[id]!.at(-1)?.gen === best.at(-1)?.gen,
            ) ?? order[0]!)
          : order[0]!;
        return choose(
          known,
          chosen,
          disk.gen,
          here,
          `promotes ${chosen}: its log goes furthest, to ${best.length}`,
        );
      },
      Promoted(s, m, from, here) {
        const { disk } = s;
        if (m.gen !== disk.gen || from !== disk.writer || disk.phase !== 'promoting') return [s];
        const live = { ...s, live: s.live.filter((id) => id !== from) };
        const endpoints: Endpoints = {
          version: disk.endpoints.version + 1,
          writer: rules.movesEndpoint ? from : disk.endpoints.writer,
          readers: readersOf(live, from, here.params),
        };
        const next = enter(live, { phase: 'watching', endpoints }, here);
        return [
          next,
          become('watching'),
          save(next.disk),
          set('watch', here.params.deadAfter * MS),
          ...point(endpoints),
        ];
      },
      Pointed: (s, m) => [m.version > s.pointed ? { ...s, pointed: m.version } : s],
      Ship: (s) => [s],
      Fence: (s) => [s],
      ...ignore(...TO_CALLER, ...TO_WRITER, ...TO_DNS),
    },
    after: {
      watch(s, here) {
        const { phase } = s.disk;
        if (phase === 'watching' && rules.decides) return failOver(s, here);
        if (phase !== 'promoting' || here.params.mode === 'instance' || here.params.mode === 'replica')
          return [s, set('watch', here.params.deadAfter * MS)];
        // Whoever was to take over is itself gone: another round, in a newer generation.
        const takes = (
          here.params.mode === 'cluster' ? here.params.promoteCluster : here.params.promoteAurora
        ).mean;
        const patience = (here.params.deadAfter + 3 * takes) * MS;
        return here.uptime - s.since > patience
          ? failOver(s, here)
          : [s, set('watch', here.params.deadAfter * MS)];
      },
      again(s, here) {
        const { disk } = s;
        if (disk.phase === 'fencing') {
          const missing = members(here.params).filter((id) => !s.positions[id]);
          return [
            s,
            ...sendAll<Msg>(missing, { type: 'Fence', gen: disk.gen }, `generation ${disk.gen}`),
            set('again', AGAIN),
          ];
        }
        // A promotion takes its time: it is asked for again, but not every other second.
        if (disk.phase === 'promoting') return [s, ...promote(disk), set('again', 10 * AGAIN)];
        return s.pointed < disk.endpoints.version ? [s, ...point(disk.endpoints)] : [s];
      },
      operator(s, here) {
        const { disk } = s;
        if (disk.phase !== 'alarm') return [s];
        const replica = replicas(here.params).find((id) => s.live.includes(id)) ?? replicas(here.params)[0];
        if (replica === undefined) return [s];
        return choose(s, replica, disk.gen + 1, here, `is told by an operator to promote ${replica}`);
      },
    },
  };
}
