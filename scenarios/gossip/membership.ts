import {
  become,
  type Effect,
  type Here,
  later,
  note,
  type Protocol,
  save,
  send,
  set,
} from '../../src/sim/protocol.ts';
import type { P } from './params.ts';
import { type Claim, type MembershipMessage as Msg, overrides } from './protocol.ts';

export interface Belief {
  readonly status: Claim['status'];
  readonly incarnation: number;
}

interface Probe {
  readonly target: string;
  readonly seq: number;
  readonly acked: boolean;
}

export interface MemberState {
  /** its own; on its disk, so that a restart does not reuse one */
  readonly incarnation: number;
  /** of every other member */
  readonly view: Readonly<Record<string, Belief>>;
  /** who is still to be probed in this pass over all */
  readonly order: readonly string[];
  readonly probe: Probe | null;
  readonly seq: number;
  /** periods so far */
  readonly periods: number;
  /** claims still to be told, and how often */
  readonly news: readonly { readonly claim: Claim; readonly left: number }[];
  /** probes made for others: own number → whose, and their number */
  readonly errands: Readonly<Record<number, { readonly to: string; readonly seq: number }>>;
  /** Lifeguard: 0 for well; waits grow with it */
  readonly illness: number;
  /** what its bar says */
  readonly shown: string;
}

/** The rules a broken twin breaks. */
export interface MemberRules {
  readonly refutes: boolean;
  readonly suspects: boolean;
  readonly incarnations: boolean;
  readonly confirms: boolean;
}

export const MEMBER_RULES: MemberRules = {
  refutes: true,
  suspects: true,
  incarnations: true,
  confirms: true,
};

type Timer = 'period' | 'overdue' | 'suspicion';
type Out = Effect<Msg, Timer>;
type Next = readonly [MemberState, ...Out[]];

/** claims on one message */
const PIGGYBACK = 6;
/** a claim is told this often times log2 of the members (SWIM section 4.1) */
const LAMBDA = 3;
/** Lifeguard's limit of local health */
const SICKEST = 8;
/** every so many periods a member believed dead is called as well: else two halves of a split would never meet again */
const RECONNECT = 5;

export function member(rules: MemberRules = MEMBER_RULES): Protocol<MemberState, Msg, Timer, P> {
  const scaled = (ms: number, s: MemberState, here: Here<P>) =>
    Math.round(ms * 1000 * (here.params.lifeguard ? 1 + s.illness : 1));
  const sicker = (s: MemberState, by: number): MemberState => ({
    ...s,
    illness: Math.min(SICKEST, Math.max(0, s.illness + by)),
  });

  /** What the bar says: the worst it believes of anybody. */
  const show = (s: MemberState, effects: readonly Out[] = []): Next => {
    const of = (status: Belief['status']) =>
      Object.keys(s.view).filter((id) => s.view[id]!.status === status);
    const [dead, suspect] = [of('dead'), of('suspect')];
    const [state, who] =
      dead.length > 0 ? ['dead', dead] : suspect.length > 0 ? ['suspects', suspect] : ['all alive', []];
    const detail = who.length > 3 ? `${who.length} members` : who.join(' ');
    const shown = `${state} ${detail}`;
    if (shown === s.shown) return [s, ...effects];
    return [{ ...s, shown }, become(state as string, detail), ...effects];
  };

  const tell = (s: MemberState, claim: Claim, here: Here<P>): MemberState => ({
    ...s,
    news: [
      { claim, left: LAMBDA * Math.ceil(Math.log2(here.peers.length + 2)) },
      ...s.news.filter((n) => n.claim.of !== claim.of),
    ],
  });

  /** Takes a claim about another member, and passes it on. */
  const believe = (s: MemberState, claim: Claim, why: string, here: Here<P>): Next => {
    const { of, status, incarnation } = claim;
    const next = tell({ ...s, view: { ...s.view, [of]: { status, incarnation } } }, claim, here);
    const words = {
      alive: `counts ${of} as alive again`,
      suspect: `suspects ${of}`,
      dead: `declares ${of} dead`,
    };
    return [
      next,
      ...(s.view[of]!.status === status ? [] : [note(`${words[status]}${why}`)]),
      ...(status === 'suspect' && rules.confirms
        ? [later<Timer>('suspicion', scaled(here.params.suspicionTimeout, s, here), { of, incarnation })]
        : []),
    ];
  };

  const hearAll = (s: MemberState, claims: readonly Claim[], from: string, here: Here<P>): Next => {
    let state = s;
    const effects: Out[] = [];
    for (const claim of claims) {
      const [next, ...more] = hear(state, claim, from, here);
      state = next;
      effects.push(...more);
    }
    return [state, ...effects];
  };

  const hear = (s: MemberState, claim: Claim, from: string, here: Here<P>): Next => {
    if (claim.of === here.self) {
      if (claim.status === 'alive' || claim.incarnation < s.incarnation || !rules.refutes) return [s];
      const incarnation = rules.incarnations ? claim.incarnation + 1 : 0;
      const alive: Claim = { of: here.self, status: 'alive', incarnation };
      return [
        sicker(tell({ ...s, incarnation }, alive, here), 1),
        save(incarnation),
        note(`hears that it is ${claim.status}, and refutes it with incarnation ${incarnation}`),
      ];
    }
    const known = s.view[claim.of];
    if (!known) return [s];
    const newer = rules.incarnations ? overrides(claim, known) : claim.status !== known.status;
    return newer ? believe(s, claim, `, says ${from}`, here) : [s];
  };

  /** The news told least often, and always what is believed of the receiver, so that it can answer for itself. */
  const claimsFor = (s: MemberState, to: string): { claims: Claim[]; state: MemberState } => {
    const first = [...s.news].sort((a, b) => b.left - a.left).slice(0, PIGGYBACK);
    const claims = first.map((n) => n.claim);
    const of = s.view[to];
    if (of && of.status !== 'alive' && !claims.some((c) => c.of === to)) claims.unshift({ of: to, ...of });
    const news = s.news
      .map((n) => (first.includes(n) ? { ...n, left: n.left - 1 } : n))
      .filter((n) => n.left > 0);
    return { claims, state: { ...s, news } };
  };

  const post = (s: MemberState, to: string, make: (claims: readonly Claim[]) => Msg): Next => {
    const { claims, state } = claimsFor(s, to);
    return [state, send<Msg>(to, make(claims), claims.map(brief).join(' '))];
  };

  const shuffled = (ids: readonly string[], here: Here<P>): string[] => {
    const list = [...ids];
    for (let i = list.length - 1; i > 0; i--) {
      const j = here.between(0, i);
      [list[i], list[j]] = [list[j]!, list[i]!];
    }
    return list;
  };
  const believed = (s: MemberState, dead: boolean) =>
    Object.keys(s.view).filter((id) => (s.view[id]!.status === 'dead') === dead);

  /** The probe has failed: nobody has heard from the target in a whole period. */
  const fail = (s: MemberState, target: string, here: Here<P>): Next => {
    const known = s.view[target]!;
    if (known.status !== 'alive') return [sicker(s, 1)];
    const status = here.params.suspicion && rules.suspects ? 'suspect' : 'dead';
    return believe(sicker(s, 1), { of: target, status, incarnation: known.incarnation }, '', here);
  };

  const probe = (s: MemberState, target: string): Next => {
    const seq = s.seq + 1;
    return post({ ...s, seq, probe: { target, seq, acked: false } }, target, (claims) => ({
      type: 'Ping',
      seq,
      claims,
    }));
  };

  return {
    start(here, disk) {
      const back = disk !== undefined;
      const incarnation = back ? (disk as number) + 1 : 0;
      const view = Object.fromEntries(
        here.peers.map((id): [string, Belief] => [id, { status: 'alive', incarnation: 0 }]),
      );
      const state: MemberState = {
        incarnation,
        view,
        order: [],
        probe: null,
        seq: 0,
        periods: 0,
        news: [],
        errands: {},
        illness: 0,
        shown: '',
      };
      const known = back ? tell(state, { of: here.self, status: 'alive', incarnation }, here) : state;
      const [next, ...effects] = show(known);
      return [
        next,
        save(incarnation, 0),
        ...effects,
        ...(back ? [note(`is back with incarnation ${incarnation}`)] : []),
        set('period', here.between(1, here.params.period * 1000)),
      ];
    },
    on: {
      Ping(s, { seq, claims }, from, here) {
        const [heard, ...effects] = hearAll(s, claims, from, here);
        const [next, ...more] = post(heard, from, (mine) => ({ type: 'Ack', seq, claims: mine }));
        return show(next, [...effects, ...more]);
      },
      Ack(s, { seq, claims }, from, here) {
        const [heard, ...effects] = hearAll(s, claims, from, here);
        const errand = heard.errands[seq];
        if (errand) {
          const { [seq]: _done, ...errands } = heard.errands;
          const [next, ...more] = post({ ...heard, errands }, errand.to, (mine) => ({
            type: 'Ack',
            seq: errand.seq,
            claims: mine,
          }));
          return show(next, [...effects, ...more]);
        }
        if (heard.probe?.seq !== seq || heard.probe.acked) return show(heard, effects);
        return show(sicker({ ...heard, probe: { ...heard.probe, acked: true } }, -1), effects);
      },
      Ask(s, { seq, target, claims }, from, here) {
        const [heard, ...effects] = hearAll(s, claims, from, here);
        const own = heard.seq + 1;
        const errands = { ...heard.errands, [own]: { to: from, seq } };
        const [next, ...more] = post({ ...heard, seq: own, errands }, target, (mine) => ({
          type: 'Ping',
          seq: own,
          claims: mine,
        }));
        return show(next, [...effects, ...more]);
      },
    },
    after: {
      period(s, here) {
        const effects: Out[] = [];
        let state: MemberState = { ...s, periods: s.periods + 1 };
        if (state.probe && !state.probe.acked) {
          const [next, ...more] = fail(state, state.probe.target, here);
          state = next;
          effects.push(...more);
        }
        const living = believed(state, false);
        const waiting = state.order.filter((id) => living.includes(id));
        const order = waiting.length > 0 ? waiting : shuffled(living, here);
        const [target, ...rest] = order;
        if (target === undefined) state = { ...state, order: rest, probe: null };
        else {
          const [next, ...more] = probe({ ...state, order: rest }, target);
          state = next;
          effects.push(
            ...more,
            set<Timer>('overdue', scaled(here.params.ackTimeout, state, here), state.seq),
          );
        }
        const lost = believed(state, true);
        if (lost.length > 0 && state.periods % RECONNECT === 0) {
          const to = lost[here.between(0, lost.length - 1)]!;
          const seq = state.seq + 1;
          const [next, ...more] = post({ ...state, seq }, to, (claims) => ({ type: 'Ping', seq, claims }));
          state = next;
          effects.push(...more);
        }
        effects.push(set<Timer>('period', scaled(here.params.period, state, here)));
        return show(state, effects);
      },
      overdue(s, here, data) {
        if (!s.probe || s.probe.seq !== data || s.probe.acked) return [s];
        const { target, seq } = s.probe;
        const helpers = shuffled(
          believed(s, false).filter((id) => id !== target),
          here,
        ).slice(0, here.params.helpers);
        let state = s;
        const effects: Out[] = [];
        for (const helper of helpers) {
          const [next, ...more] = post(state, helper, (claims) => ({ type: 'Ask', seq, target, claims }));
          state = next;
          effects.push(...more);
        }
        return [state, ...effects];
      },
      suspicion(s, here, data) {
        const { of, incarnation } = data as { of: string; incarnation: number };
        const known = s.view[of];
        if (known?.status !== 'suspect' || known.incarnation !== incarnation) return [s];
        const [next, ...effects] = believe(
          s,
          { of, status: 'dead', incarnation },
          ': it has not refuted',
          here,
        );
        return show(next, effects);
      },
    },
  };
}

const SIGN = { alive: '+', suspect: '?', dead: '†' } as const;
const brief = (c: Claim) => `${c.of}${SIGN[c.status]}${c.incarnation > 0 ? c.incarnation : ''}`;
