import {
  become,
  type Effect,
  type Here,
  later,
  note,
  type Protocol,
  type Step,
  save,
  send,
  sendAll,
} from '../../../src/sim/protocol.ts';
import type { Value } from '../../../src/sim/trace.ts';
import { MS, type P } from './params.ts';
import { type AppMessage, answer, firstSight, type Request, refuse, type Seen } from './wire.ts';

/**
 * A global table with multi-Region strong consistency: three Regions, a write is in two of them before it is
 * acknowledged, a strong read anywhere returns the latest, and a write of an item that another Region is writing fails
 * with ReplicatedWriteConflictException (Developer Guide, "How DynamoDB global tables work"). How AWS does it is not
 * published; this is one protocol that does the same: an item is a Paxos register, changed by one round of two phases
 * over a majority of Regions (Rystsov, CASPaxos, 2018).
 *
 *   Claim     Region → all   may I write this item, under this number?
 *   Claimed   Region → it    yes, and this is what I have | no: another Region is writing it
 *   Accept    Region → all   the item is this now, under my number
 *   Accepted  Region → it    stored | no, a higher number was here
 *   Latest    Region → all   for a strong read: what do you have?
 *   Have      Region → it    two that agree are an answer
 */
export type MrscMessage =
  | {
      readonly type: 'Claim';
      readonly round: number;
      readonly key: string;
      readonly ballot: Ballot;
      readonly fixes: boolean;
    }
  | {
      readonly type: 'Claimed';
      readonly round: number;
      readonly ok: boolean;
      /** another Region's write is under way, and not just a higher number promised */
      readonly busy: boolean;
      readonly high: number;
      readonly held: Held;
    }
  | { readonly type: 'Accept'; readonly round: number; readonly key: string; readonly held: Held }
  | { readonly type: 'Accepted'; readonly round: number; readonly ok: boolean; readonly high: number }
  | { readonly type: 'Latest'; readonly round: number; readonly key: string }
  | { readonly type: 'Have'; readonly round: number; readonly held: Held; readonly busy: boolean }
  | AppMessage;

export interface Ballot {
  readonly n: number;
  readonly region: string;
}
export interface Held {
  readonly ballot: Ballot;
  readonly value: Value;
  /** the writes this value stands on, its own last */
  readonly ops: readonly number[];
}
const NONE: Ballot = { n: 0, region: '' };
const EMPTY: Held = { ballot: NONE, value: null, ops: [] };
export const above = (a: Ballot, b: Ballot): boolean => a.n > b.n || (a.n === b.n && a.region > b.region);

/** One item at one Region. */
interface Slot {
  readonly promised: Ballot;
  readonly held: Held;
  /** since when (µs) a write of the promised number is under way; 0 for none */
  readonly since: number;
}
const FRESH: Slot = { promised: NONE, held: EMPTY, since: 0 };

export interface StrongState {
  readonly kind: 'strong';
  readonly slots: Readonly<Record<string, Slot>>;
  readonly rounds: readonly Round[];
  readonly seen: Seen;
  readonly alone: boolean;
}

interface Round {
  readonly id: number;
  readonly from: string;
  readonly request: Request;
  readonly phase: 'claim' | 'accept' | 'read';
  readonly ballot: Ballot;
  /** after an uncertain end: finds out what became of the write instead of writing it */
  readonly fixes: boolean;
  readonly held: Held;
  readonly yes: readonly string[];
  readonly no: readonly string[];
  /** somebody refused because another write is under way */
  readonly busy: boolean;
  /** the highest number heard of in refusals */
  readonly high: number;
  /** read: what each Region has */
  readonly haves: readonly Held[];
  readonly tries: number;
}

export interface MrscRules {
  /** Regions that must have a write before it is acknowledged */
  readonly copies: number;
  /** a strong read asks another Region, too */
  readonly asks: boolean;
  /** an item that another Region is writing refuses a claim, and a lower number is refused */
  readonly heedsClaims: boolean;
}
export const MRSC: MrscRules = { copies: 2, asks: true, heedsClaims: true };

type Timer = 'timeout' | 'again';
type Next = Step<StrongState, MrscMessage, Timer>;
type Effects = Effect<MrscMessage, Timer>[];
type Hand = Here<P>;
type Disk = StrongState['slots'];

const MAJORITY = 2;

/** What two Regions have in common was chosen, and nothing acknowledged since can be missing from it. */
function agreeing(haves: readonly Held[]): Held | undefined {
  return haves.find((a, i) =>
    haves.some((b, j) => j > i && a.ballot.n === b.ballot.n && a.ballot.region === b.ballot.region),
  );
}

export function mrsc(rules: MrscRules = MRSC): Protocol<StrongState, MrscMessage, Timer, P> {
  const slot = (s: StrongState, key: string) => s.slots[key] ?? FRESH;
  const put = (s: StrongState, key: string, changed: Slot): StrongState => ({
    ...s,
    slots: { ...s.slots, [key]: changed },
  });
  const bar = (s: StrongState) =>
    become(
      s.alone ? 'cut off' : 'Region',
      Object.entries(s.slots)
        .filter(([, { held }]) => held.ops.length > 0)
        .map(([key, { held }]) => `${key}=${held.value}`)
        .join(' '),
    );
  const withRound = (s: StrongState, round: Round): StrongState => ({
    ...s,
    rounds: [...s.rounds.filter((r) => r.id !== round.id), round],
  });
  const without = (s: StrongState, id: number): StrongState => ({
    ...s,
    rounds: s.rounds.filter((r) => r.id !== id),
  });
  /** A write that takes longer than this is taken to be abandoned. */
  const fresh = (since: number, here: Hand) =>
    since > 0 && here.uptime - since < 4 * here.params.regionDelay.mean * MS;

  const end = (s: StrongState, round: Round, effect: Effects[number]): Next => {
    const next = without({ ...s, alone: false }, round.id);
    return [next, ...(s.alone ? [bar(next), note('reaches another Region again')] : []), effect];
  };

  const claim = (
    s: StrongState,
    from: string,
    request: Request,
    fixes: boolean,
    tries: number,
    here: Hand,
  ): Next => {
    const { promised, held, since } = slot(s, request.key);
    if (!fixes && rules.heedsClaims && fresh(since, here))
      return [
        s,
        note(`refuses a write: another one of ${request.key} is under way`),
        refuse(from, request, 'conflict'),
      ];
    const ballot = { n: promised.n + 1, region: here.self };
    const round: Round = {
      id: here.unique(),
      from,
      request,
      phase: 'claim',
      ballot,
      fixes,
      held,
      yes: [here.self],
      no: [],
      busy: false,
      high: 0,
      haves: [],
      tries,
    };
    const next = withRound(
      put(s, request.key, { promised: ballot, held, since: fixes ? 0 : here.uptime }),
      round,
    );
    return [
      next,
      save(next.slots),
      later('timeout', here.params.patience * MS * 0.8, round.id),
      ...sendAll<MrscMessage>(
        here.peers.filter((to) => here.part('strong').includes(to)),
        { type: 'Claim', round: round.id, key: request.key, ballot, fixes },
        fixes ? 'what is it?' : `${request.key}?`,
      ),
    ];
  };

  /** A majority has promised: the number is ours, and the newest value it has is the one to build on. */
  const accept = (s: StrongState, round: Round, here: Hand): Next => {
    const { request, ballot, held: base } = round;
    const held: Held =
      round.fixes || request.f === 'get'
        ? { ...base, ballot }
        : { ballot, value: request.value, ops: [...base.ops, request.serial] };
    const mine = slot(s, request.key);
    // A higher number was promised meanwhile: this round is over.
    if (above(mine.promised, ballot)) return lost(s, round, here);
    const storing: Round = { ...round, phase: 'accept', held, yes: [here.self], no: [] };
    const stored = put(withRound(s, storing), request.key, { promised: ballot, held, since: mine.since });
    const sent = sendAll<MrscMessage>(
      here.peers.filter((to) => here.part('strong').includes(to)),
      { type: 'Accept', round: round.id, key: request.key, held },
      `${request.key}=${held.value}`,
    );
    if (rules.copies === 1) {
      const [done, ...effects] = finish(stored, storing);
      return [done, save(done.slots), bar(done), ...sent, ...effects];
    }
    return [stored, save(stored.slots), bar(stored), ...sent];
  };

  const finish = (s: StrongState, round: Round): Next => {
    const { request, from, held } = round;
    const mine = slot(s, request.key);
    const done = mine.held.ballot === held.ballot ? free(s, round) : s;
    if (request.f === 'get') return end(done, round, answer(from, request, held.value));
    if (!held.ops.includes(request.serial)) return end(done, round, refuse(from, request, 'conflict'));
    return end(done, round, answer(from, request, null));
  };

  /** Another number came between. Before the second phase nothing was written; after it, find out. */
  const lost = (s: StrongState, round: Round, here: Hand): Next => {
    const { request, from } = round;
    const gone = raise(without(s, round.id), request.key, round.high, here.self);
    const unwritten = round.phase === 'claim' && !round.fixes && request.f === 'put';
    if (unwritten && (round.busy || fresh(slot(free(gone, round), request.key).since, here))) {
      const [next, ...effects] = end(free(gone, round), round, refuse(from, request, 'conflict'));
      return [
        next,
        note(`gives up ${request.key}=${request.value}: ${request.key} is being written elsewhere`),
        ...effects,
      ];
    }
    if (round.tries >= 3)
      return [gone, refuse(from, request, unwritten || request.f === 'get' ? 'unavailable' : 'unsure')];
    // Its numbers were only behind: the next one is higher.
    if (unwritten) return claim(free(gone, round), from, request, false, round.tries + 1, here);
    return [gone, ...retry(round, here)];
  };
  /** the write under this number is over here */
  const free = (s: StrongState, round: Round): StrongState => {
    const mine = slot(s, round.request.key);
    return above(mine.promised, round.ballot) ? s : put(s, round.request.key, { ...mine, since: 0 });
  };
  const retry = (round: Round, here: Hand): Effects => [
    later('again', here.draw(here.params.regionDelay), [round.request, round.from, round.tries + 1]),
  ];

  return {
    start(_here, saved) {
      const slots = (saved as Disk | undefined) ?? {};
      const state: StrongState = { kind: 'strong', slots, rounds: [], seen: {}, alone: false };
      return [state, bar(state)];
    },
    on: {
      Request(s, m, from, here) {
        const seen = firstSight(s.seen, from, m);
        if (!seen) return [s];
        const known: StrongState = { ...s, seen };
        const { held } = slot(s, m.key);
        if (m.f === 'put') return claim(known, from, m, false, 0, here);
        if (m.f === 'read' || !rules.asks) return [known, answer(from, m, held.value)];
        return look(known, from, m, 0, here);
      },
      Claim(s, m, from, here) {
        const mine = slot(s, m.key);
        // Of two that knew nothing of each other, one must win: they have the same number, the name decides.
        const tied = m.ballot.n === mine.promised.n && above(m.ballot, mine.promised);
        const busy = fresh(mine.since, here) && mine.promised.region !== from && !tied;
        const ok = !above(mine.promised, m.ballot) && !(busy && !m.fixes);
        const yes = ok || !rules.heedsClaims;
        const next = yes
          ? put(s, m.key, {
              ...mine,
              promised: ok ? m.ballot : mine.promised,
              since: m.fixes ? 0 : here.uptime,
            })
          : s;
        return [
          next,
          save(next.slots),
          send(
            from,
            {
              type: 'Claimed',
              round: m.round,
              ok: yes,
              busy,
              high: mine.promised.n,
              held: mine.held,
            } as const,
            yes ? 'yes' : 'busy',
          ),
        ];
      },
      Claimed(s, m, from, here) {
        const round = s.rounds.find((r) => r.id === m.round);
        if (round?.phase !== 'claim' || round.yes.includes(from) || round.no.includes(from)) return [s];
        if (!m.ok) {
          const no = [...round.no, from];
          const next: Round = {
            ...round,
            no,
            busy: round.busy || m.busy,
            high: Math.max(round.high, m.high),
          };
          return no.length >= MAJORITY ? lost(s, next, here) : [withRound(s, next)];
        }
        const held = above(m.held.ballot, round.held.ballot) ? m.held : round.held;
        const next: Round = { ...round, held, yes: [...round.yes, from] };
        return next.yes.length >= MAJORITY ? accept(s, next, here) : [withRound(s, next)];
      },
      Accept(s, m, from) {
        const mine = slot(s, m.key);
        const ok = !above(mine.promised, m.held.ballot) || !rules.heedsClaims;
        if (!ok)
          return [
            s,
            send(from, { type: 'Accepted', round: m.round, ok, high: mine.promised.n } as const, 'no'),
          ];
        const next = put(s, m.key, { promised: m.held.ballot, held: m.held, since: 0 });
        return [
          next,
          bar(next),
          save(next.slots),
          send(from, { type: 'Accepted', round: m.round, ok, high: 0 } as const, 'stored'),
        ];
      },
      Accepted(s, m, from, here) {
        const round = s.rounds.find((r) => r.id === m.round);
        if (round?.phase !== 'accept' || round.yes.includes(from) || round.no.includes(from)) return [s];
        if (!m.ok) {
          const no = [...round.no, from];
          const next: Round = { ...round, no, high: Math.max(round.high, m.high) };
          return no.length >= MAJORITY ? lost(s, next, here) : [withRound(s, next)];
        }
        const next: Round = { ...round, yes: [...round.yes, from] };
        return next.yes.length >= rules.copies ? finish(s, next) : [withRound(s, next)];
      },
      Latest: (s, m, from) => {
        const mine = slot(s, m.key);
        return [
          s,
          send(
            from,
            { type: 'Have', round: m.round, held: mine.held, busy: mine.since > 0 } as const,
            `${mine.held.value ?? 'nil'}`,
          ),
        ];
      },
      Have(s, m, from, here) {
        const round = s.rounds.find((r) => r.id === m.round);
        if (round?.phase !== 'read' || round.yes.includes(from)) return [s];
        const yes = [...round.yes, from];
        const haves = [...round.haves, m.held];
        const two = agreeing([slot(s, round.request.key).held, ...haves]);
        if (two) return end(s, round, answer(round.from, round.request, two.value));
        if (yes.length < 3) return [withRound(s, { ...round, yes, haves })];
        // No two agree yet: a write is on its way. Look again, and at last decide it.
        const gone = without(s, round.id);
        return round.tries >= 2
          ? claim(gone, round.from, round.request, true, round.tries, here)
          : [gone, ...retry(round, here)];
      },
      Answer: (s) => [s],
      Refusal: (s) => [s],
    },
    after: {
      timeout(s, _here, id) {
        const round = s.rounds.find((r) => r.id === id);
        if (!round) return [s];
        const unsure = round.phase === 'accept' || round.fixes;
        const gone = { ...without(s, round.id), alone: true };
        const freed = unsure || round.phase === 'read' ? gone : free(gone, round);
        const why = unsure && round.request.f === 'put' ? 'unsure' : 'unavailable';
        const story = s.alone
          ? []
          : [
              bar(gone),
              note(`reaches no other Region and ${unsure ? 'cannot say how the write ends' : 'refuses'}`),
            ];
        return [freed, ...story, refuse(round.from, round.request, why)];
      },
      again(s, here, data) {
        const [request, from, tries] = data as [Request, string, number];
        if (request.f === 'get' && tries < 3) return look(s, from, request, tries, here);
        return claim(s, from, request, true, tries, here);
      },
    },
  };

  function look(s: StrongState, from: string, request: Request, tries: number, here: Hand): Next {
    const { held, promised } = slot(s, request.key);
    const round: Round = {
      id: here.unique(),
      from,
      request,
      phase: 'read',
      ballot: promised,
      fixes: false,
      held,
      yes: [here.self],
      no: [],
      busy: false,
      high: 0,
      haves: [],
      tries,
    };
    return [
      withRound(s, round),
      later('timeout', here.params.patience * MS * 0.8, round.id),
      ...sendAll<MrscMessage>(
        here.peers.filter((to) => here.part('strong').includes(to)),
        { type: 'Latest', round: round.id, key: request.key },
        `${request.key}?`,
      ),
    ];
  }

  /** A refused number is too low: the next one must be higher than what refused it. */
  function raise(s: StrongState, key: string, high: number, self: string): StrongState {
    const mine = slot(s, key);
    return high > mine.promised.n ? put(s, key, { ...mine, promised: { n: high, region: self } }) : s;
  }
}
