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
import {
  above,
  agreeing,
  free,
  type Held,
  type MrscMessage,
  put,
  type Round,
  raise,
  type StrongState,
  slot,
  without,
  withRound,
} from './mrsc-state.ts';
import { MS, type P } from './params.ts';
import { answer, firstSight, type Request, refuse } from './wire.ts';

/** One Region of a table with multi-Region strong consistency: the messages are in mrsc-state.ts. */
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

export function mrsc(rules: MrscRules = MRSC): Protocol<StrongState, MrscMessage, Timer, P> {
  const bar = (s: StrongState) =>
    become(
      s.alone ? 'cut off' : 'Region',
      Object.entries(s.slots)
        .filter(([, { held }]) => held.ops.length > 0)
        .map(([key, { held }]) => `${key}=${held.value}`)
        .join(' '),
    );
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
            { type: 'Have', round: m.round, held: mine.held } as const,
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
}
