import {
  type Answer,
  answer,
  firstSight,
  giveUp,
  type Refusal,
  type Request,
  refuse,
  type Seen,
} from '../../src/sim/client.ts';
import {
  become,
  type Effect,
  type Here,
  later,
  note,
  type Protocol,
  save,
  send,
  sendAll,
} from '../../src/sim/protocol.ts';
import type { Value } from '../../src/sim/trace.ts';
import type { P } from './params.ts';

/**
 * The CP side: a linearizable register over majorities — Attiya, Bar-Noy & Dolev, "Sharing memory robustly in
 * message-passing systems" (J. ACM 1995), with several writers as in Lynch & Shvartsman (FTCS 1997).
 *
 *   Query    coordinator → all   "What is your newest version?"
 *   Version  replica → coordinator
 *   Store    coordinator → all   a write's new version; or a read's result once more, so that it cannot be unseen
 *   Stored   replica → coordinator, when it is durable
 *
 * Whoever a client asks coordinates: ask a majority, then tell a majority. Without a majority there is no answer.
 */
export type QuorumMessage =
  | { readonly type: 'Query'; readonly round: number; readonly key: string }
  | { readonly type: 'Version'; readonly round: number; readonly version: Version }
  | { readonly type: 'Store'; readonly round: number; readonly key: string; readonly version: Version }
  | { readonly type: 'Stored'; readonly round: number }
  | Request
  | Answer
  | Refusal;

/** Newer by count, then by the operation's number, which no two writes share. */
export interface Version {
  readonly count: number;
  readonly op: number;
  readonly value: Value;
}

const none: Version = { count: 0, op: 0, value: null };
export const newer = (a: Version, b: Version): boolean =>
  a.count > b.count || (a.count === b.count && a.op > b.op);

export interface QuorumState {
  readonly kind: 'quorum';
  readonly data: Readonly<Record<string, Version>>;
  readonly rounds: readonly Round[];
  readonly seen: Seen;
  /** the last request it coordinated found no majority */
  readonly refusing: boolean;
}

/** One operation this replica coordinates. */
export interface Round {
  readonly id: number;
  readonly from: string;
  readonly request: Request;
  /** a write has begun to be stored: its end is not certain any more */
  readonly storing: boolean;
  readonly best: Version;
  /** who has answered in this phase, itself included */
  readonly answered: readonly string[];
  /** every answer so far had the same version: a read need not store it again */
  readonly agreed: boolean;
}

/** What a twin may break. */
export interface QuorumRules {
  majority(nodes: number): number;
  /** a read is stored at a majority before it is answered, unless a majority had it already */
  readonly writesBack: boolean;
  /** a read asks a majority */
  readonly asksForReads: boolean;
}

export const quorumRules: QuorumRules = {
  majority: (nodes) => Math.floor(nodes / 2) + 1,
  writesBack: true,
  asksForReads: true,
};

type Timer = 'timeout';
type Effects = Effect<QuorumMessage, Timer>[];
type Next = readonly [QuorumState, ...Effects];
type Hand = Here<P>;

export function quorum(rules: QuorumRules = quorumRules): Protocol<QuorumState, QuorumMessage, Timer, P> {
  const enough = (round: Round, here: Hand) => round.answered.length >= rules.majority(here.peers.length + 1);

  /** enough have answered the question: store, or answer a read that a majority agrees on */
  const asked = (s: QuorumState, round: Round, here: Hand): Next => {
    if (!enough(round, here)) return [withRound(s, round)];
    const { request } = round;
    const reading = request.f === 'get';
    if (reading && (round.agreed || !rules.writesBack)) return finish(s, round, here);
    const version = reading
      ? round.best
      : { count: round.best.count + 1, op: request.serial, value: request.value };
    const storing: Round = { ...round, storing: true, best: version, answered: [here.self] };
    const [kept, ...effects] = keep(withRound(s, storing), request.key, version);
    const store = sendAll<QuorumMessage>(
      here.peers,
      { type: 'Store', round: round.id, key: request.key, version },
      `${request.key}=${version.value}`,
    );
    const [done, ...more] = stored(kept, storing, here);
    return [done, ...effects, ...store, ...more];
  };

  const stored = (s: QuorumState, round: Round, here: Hand): Next =>
    enough(round, here) ? finish(s, round, here) : [withRound(s, round)];

  const finish = (s: QuorumState, round: Round, _here: Hand): Next => {
    const { request, from, best } = round;
    const effects: Effects = [answer(from, request.serial, request.f === 'get' ? best.value : null)];
    if (s.refusing) effects.push(become('serving', label(s.data)), note('has a majority again'));
    return [{ ...without(s, round.id), refusing: false }, ...effects];
  };

  return {
    start(_here, disk) {
      const data = (disk as QuorumState['data'] | undefined) ?? {};
      return [
        { kind: 'quorum', data, rounds: [], seen: {}, refusing: false },
        become('serving', label(data)),
      ];
    },
    on: {
      Request(s, m, from, here) {
        const seen = firstSight(s.seen, from, m);
        if (!seen) return [s];
        const known = { ...s, seen };
        const best = s.data[m.key] ?? none;
        if (m.f === 'get' && !rules.asksForReads) return [known, answer(from, m.serial, best.value)];
        const round: Round = {
          id: here.unique(),
          from,
          request: m,
          storing: false,
          best,
          answered: [here.self],
          agreed: true,
        };
        const [next, ...effects] = asked(withRound(known, round), round, here);
        return [
          next,
          later('timeout', here.params.quorumTimeout * 1000, round.id),
          ...sendAll<QuorumMessage>(here.peers, { type: 'Query', round: round.id, key: m.key }, `${m.key}?`),
          ...effects,
        ];
      },
      Query: (s, m, from) => [
        s,
        send(from, { type: 'Version', round: m.round, version: s.data[m.key] ?? none } as const),
      ],
      Version(s, m, from, here) {
        const round = s.rounds.find((r) => r.id === m.round);
        if (!round || round.storing || round.answered.includes(from)) return [s];
        const same = m.version.count === round.best.count && m.version.op === round.best.op;
        return asked(
          s,
          {
            ...round,
            best: newer(m.version, round.best) ? m.version : round.best,
            agreed: round.agreed && same,
            answered: [...round.answered, from],
          },
          here,
        );
      },
      Store(s, m, from) {
        const [next, ...effects] = keep(s, m.key, m.version);
        return [next, ...effects, save(next.data), send(from, { type: 'Stored', round: m.round } as const)];
      },
      Stored(s, m, from, here) {
        const round = s.rounds.find((r) => r.id === m.round);
        if (!round?.storing || round.answered.includes(from)) return [s];
        return stored(s, { ...round, answered: [...round.answered, from] }, here);
      },
      Answer: (s) => [s],
      Refusal: (s) => [s],
    },
    after: {
      timeout(s, _here, id) {
        const round = s.rounds.find((r) => r.id === id);
        if (!round) return [s];
        const { request, from, storing } = round;
        // Nothing was stored, or only what had been stored before: that operation certainly did not happen.
        const certain = !storing || request.f === 'get';
        const effects: Effects = [certain ? refuse(from, request, null) : giveUp(from, request)];
        if (!s.refusing)
          effects.push(become('refusing', label(s.data)), note('finds no majority and refuses'));
        return [{ ...without(s, round.id), refusing: true }, ...effects];
      },
    },
  };
}

/** The version is kept if it is newer; durable before anything is said of it. */
function keep(s: QuorumState, key: string, version: Version): Next {
  if (!newer(version, s.data[key] ?? none)) return [s, save(s.data)];
  const data = { ...s.data, [key]: version };
  return [{ ...s, data }, become(s.refusing ? 'refusing' : 'serving', label(data)), save(data)];
}

const withRound = (s: QuorumState, round: Round): QuorumState => ({
  ...s,
  rounds: [...s.rounds.filter((r) => r.id !== round.id), round],
});
const without = (s: QuorumState, id: number): QuorumState => ({
  ...s,
  rounds: s.rounds.filter((r) => r.id !== id),
});

const label = (data: QuorumState['data']): string =>
  Object.entries(data)
    .map(([key, version]) => `${key}=${version.value}`)
    .join(' ');
