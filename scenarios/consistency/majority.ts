import {
  type Effect,
  type Here,
  note,
  type Protocol,
  save,
  send,
  sendAll,
  set,
} from '../../src/sim/protocol.ts';
import type { P } from './params.ts';
import {
  type Answer,
  later,
  posture,
  type Request,
  type Stamp,
  type Store,
  UNWRITTEN,
  type Version,
} from './protocol.ts';

/** Linearizable: ask a majority, tell a majority; see protocol.ts. Whoever is asked coordinates. */
export type MajorityMessage =
  | Request
  | Answer
  | { readonly type: 'Query'; readonly round: number; readonly key: string }
  | { readonly type: 'Newest'; readonly round: number; readonly version: Version }
  | { readonly type: 'Store'; readonly round: number; readonly key: string; readonly version: Version }
  | { readonly type: 'Stored'; readonly round: number };

export interface MajorityState {
  readonly kind: 'majority';
  readonly disk: Disk;
  readonly rounds: readonly Round[];
}

interface Disk {
  readonly store: Store;
  /** of each client the last put begun here: a copy of it that comes late is not executed again */
  readonly puts: Readonly<Record<string, number>>;
}

interface Round {
  readonly id: number;
  readonly from: string;
  readonly request: Request;
  readonly storing: boolean;
  readonly best: Version;
  /** who has answered in this phase, itself included */
  readonly heard: readonly string[];
  /** all answers were the same version: a majority has it already */
  readonly agreed: boolean;
}

/** What a twin may break. */
export interface MajorityRules {
  readonly enough: (nodes: number) => number;
  readonly writesBack: boolean;
}

export const majorityRules: MajorityRules = {
  enough: (nodes) => Math.floor(nodes / 2) + 1,
  writesBack: true,
};

type Out = Effect<MajorityMessage, 'again'>[];
type Next = readonly [MajorityState, ...Out];

const same = (a: Stamp, b: Stamp) => a.count === b.count && a.by === b.by;

export function majority(
  rules: MajorityRules = majorityRules,
): Protocol<MajorityState, MajorityMessage, 'again', P> {
  const put = (s: MajorityState, round: Round): MajorityState => ({
    ...s,
    rounds: [...s.rounds.filter((r) => r.id !== round.id), round],
  });

  const store = (s: MajorityState, key: string, version: Version): Next => {
    if (!later(version.stamp, (s.disk.store[key] ?? UNWRITTEN).stamp)) return [s, save(s.disk)];
    const disk = { ...s.disk, store: { ...s.disk.store, [key]: version } };
    return [{ ...s, disk }, posture(disk.store), save(disk)];
  };

  const tell = (round: Round, to: readonly string[]): Out =>
    round.storing
      ? sendAll<MajorityMessage>(
          to,
          { type: 'Store', round: round.id, key: round.request.key, version: round.best },
          `${round.request.key}=${round.best.value}`,
        )
      : sendAll<MajorityMessage>(
          to,
          { type: 'Query', round: round.id, key: round.request.key },
          `${round.request.key}?`,
        );

  const go = (s: MajorityState, round: Round, here: Here<P>): Next => {
    if (round.heard.length < rules.enough(here.peers.length + 1)) return [put(s, round)];
    const { request, best } = round;
    const reading = request.f === 'get';
    if (round.storing || (reading && (round.agreed || !rules.writesBack))) {
      const done = send<MajorityMessage>(round.from, {
        type: 'Answer',
        serial: request.serial,
        value: reading ? best.value : null,
        stamp: best.stamp,
        past: {},
      });
      return [{ ...s, rounds: s.rounds.filter((r) => r.id !== round.id) }, done];
    }
    // Another put may have been given a place here since this one asked: no two may have the same stamp.
    const own = (s.disk.store[request.key] ?? UNWRITTEN).stamp;
    const count = Math.max(best.stamp.count, own.count) + 1;
    const version = reading ? best : { stamp: { count, by: here.self }, value: request.value };
    const storing: Round = { ...round, storing: true, best: version, heard: [here.self] };
    const [kept, ...effects] = store(s, request.key, version);
    const [next, ...more] = go(put(kept, storing), storing, here);
    return [
      next,
      ...(reading
        ? [
            note(
              `met ${request.key}=${version.value} on the way to a majority and stores it before it answers`,
            ),
          ]
        : []),
      ...effects,
      ...tell(storing, here.peers),
      ...more,
    ];
  };

  return {
    start(_here, stored) {
      const disk = (stored as Disk | undefined) ?? { store: {}, puts: {} };
      return [{ kind: 'majority', disk, rounds: [] }, posture(disk.store)];
    },
    on: {
      Request(s, m, from, here) {
        if (m.f === 'put' && m.serial <= (s.disk.puts[from] ?? 0)) return [s];
        const known =
          m.f === 'put' ? { ...s, disk: { ...s.disk, puts: { ...s.disk.puts, [from]: m.serial } } } : s;
        const round: Round = {
          id: m.serial,
          from,
          request: m,
          storing: false,
          best: s.disk.store[m.key] ?? UNWRITTEN,
          heard: [here.self],
          agreed: true,
        };
        const [next, ...effects] = go(put(known, round), round, here);
        return [
          next,
          save(next.disk),
          ...tell(round, here.peers),
          ...effects,
          set('again', here.params.sync * 1000),
        ];
      },
      Query: (s, m, from) => [
        s,
        save(s.disk),
        send(from, { type: 'Newest', round: m.round, version: s.disk.store[m.key] ?? UNWRITTEN }),
      ],
      Newest(s, m, from, here) {
        const round = s.rounds.find((r) => r.id === m.round);
        if (!round || round.storing || round.heard.includes(from)) return [s];
        const { stamp } = m.version;
        return go(
          s,
          {
            ...round,
            best: later(stamp, round.best.stamp) ? m.version : round.best,
            agreed: round.agreed && same(stamp, round.best.stamp),
            heard: [...round.heard, from],
          },
          here,
        );
      },
      Store(s, m, from) {
        const [next, ...effects] = store(s, m.key, m.version);
        return [next, ...effects, send(from, { type: 'Stored', round: m.round })];
      },
      Stored(s, m, from, here) {
        const round = s.rounds.find((r) => r.id === m.round);
        if (!round?.storing || round.heard.includes(from)) return [s];
        return go(s, { ...round, heard: [...round.heard, from] }, here);
      },
      Answer: (s) => [s],
    },
    after: {
      again(s, here) {
        if (s.rounds.length === 0) return [s];
        const missing = (round: Round) => here.peers.filter((peer) => !round.heard.includes(peer));
        return [
          s,
          save(s.disk),
          ...s.rounds.flatMap((r) => tell(r, missing(r))),
          set('again', here.params.sync * 1000),
        ];
      },
    },
  };
}
