import {
  become,
  cancel,
  type Effect,
  type Here,
  later,
  note,
  type Protocol,
  type Step,
  save,
  send,
  set,
} from '../../src/sim/protocol.ts';
import {
  type Committed,
  compensate,
  emptyLedger,
  type Ledger,
  type LedgerRules,
  perform,
  RULES,
  standing,
} from './ledger.ts';
import { MOST_ORDERS, type P } from './params.ts';
import { type Answer, type Command, type CustomerMessage, LAST, PIVOT, step, title } from './plan.ts';

/**
 * Orchestrated saga — Garcia-Molina & Salem, Sagas (SIGMOD 1987); Richardson, Microservices Patterns, ch. 4.
 *
 *    Place    customer → orchestrator    "I order." Accepted only once the saga is on disk.
 *    Do       orchestrator → service     "Run step k of saga s." Keyed, so a repeat is harmless.
 *    Undo     orchestrator → service     "Compensate step k of saga s."
 *    Outcome  orchestrator → customer    done, undone, or stuck with an operator called
 *
 * Every decision is on disk before the message that follows from it leaves.
 */
export type Phase =
  | { readonly at: 'forward'; readonly step: number }
  /** `until` is the last step to compensate */
  | { readonly at: 'backward'; readonly step: number; readonly until: number }
  | { readonly at: 'stuck'; readonly step: number; readonly was: Pursuit }
  | { readonly at: 'done' }
  | { readonly at: 'undone' };

type Pursuit =
  | { readonly at: 'forward'; readonly step: number }
  | { readonly at: 'backward'; readonly step: number; readonly until: number };

export interface Saga {
  readonly id: string;
  readonly customer: string;
  readonly phase: Phase;
  /** tries of the current request, from 1 */
  readonly attempt: number;
  /** times the current request met a lock */
  readonly waits: number;
}

export interface OrchestratorState {
  readonly sagas: Readonly<Record<string, Saga>>;
}

/** The rules a broken twin breaks. */
export interface OrchestratorRules {
  readonly persists: boolean;
  readonly unknownIsCompensated: boolean;
  readonly order: 'reverse' | 'forward';
  readonly reportsStuck: boolean;
}

export const ORCHESTRATOR: OrchestratorRules = {
  persists: true,
  unknownIsCompensated: true,
  order: 'reverse',
  reportsStuck: true,
};

type ToOrchestrator = CustomerMessage | Answer | Command;
/** A saga waits for one thing at a time, so it has one timer, and what it waits for is the timer's data. */
type Timer = `wait ${string}`;
type Wait = 'answer' | 'lock' | 'operator';
const timerOf = (saga: string): Timer => `wait ${saga}`;

type Out = Effect<ToOrchestrator, Timer>;

/** An order that keeps meeting a lock gives up in the end: two orders waiting on each other would wait for ever. */
const MAX_WAITS = 25;

export function orchestrator(
  rules: OrchestratorRules,
): Protocol<OrchestratorState, ToOrchestrator, Timer, P> {
  const persist = (sagas: OrchestratorState['sagas']): Out[] => (rules.persists ? [save(sagas)] : []);

  const posture = (sagas: OrchestratorState['sagas']): Out => {
    const all = Object.values(sagas);
    const active = all.find((s) => s.phase.at === 'backward') ?? all.find((s) => s.phase.at === 'forward');
    const stuck = all.find((s) => s.phase.at === 'stuck');
    if (active?.phase.at === 'backward')
      return become(`C${active.phase.step + 1}`, step(active.phase.step).undo);
    if (active?.phase.at === 'forward')
      return become(`T${active.phase.step + 1}`, step(active.phase.step).name);
    if (stuck) return become('stuck', `operator called for ${stuck.id}`);
    if (all.length === 0) return become('idle');
    const last = all[all.length - 1];
    return last?.phase.at === 'undone' ? become('undone', last.id) : become('done', last?.id ?? '');
  };

  /** Sends the request the saga's phase asks for, and waits for its answer. */
  const request = (saga: Saga, here: Here<P>): Out[] => {
    const { phase } = saga;
    if (phase.at !== 'forward' && phase.at !== 'backward') return [];
    const kind = phase.at === 'forward' ? 'do' : 'undo';
    const us = here.params.timeout * 1000 * 2 ** Math.min(saga.attempt - 1, 4);
    return [
      send(
        step(phase.step).service,
        { type: kind === 'do' ? 'Do' : 'Undo', saga: saga.id, step: phase.step },
        title(phase.step, kind),
      ),
      set(timerOf(saga.id), Math.round(us + here.between(0, Math.round(us / 4))), 'answer' satisfies Wait),
    ];
  };

  const put = (state: OrchestratorState, saga: Saga): OrchestratorState => ({
    sagas: { ...state.sagas, [saga.id]: saga },
  });

  const answer = (saga: Saga): Out[] => {
    const at = saga.phase.at;
    return at === 'done' || at === 'undone' || at === 'stuck'
      ? [send(saga.customer, { type: 'Outcome', saga: saga.id, result: at }, at)]
      : [];
  };

  const move = (
    state: OrchestratorState,
    saga: Saga,
    phase: Phase,
    here: Here<P>,
    said: string,
  ): Step<OrchestratorState, ToOrchestrator, Timer> => {
    const next: Saga = { ...saga, phase, attempt: 1, waits: 0 };
    const after = put(state, next);
    return [
      after,
      ...persist(after.sagas),
      posture(after.sagas),
      ...(said ? [note(said)] : []),
      cancel(timerOf(saga.id)),
      ...request(next, here),
      ...answer(next),
      ...(phase.at === 'stuck' && here.params.operator > 0
        ? [set(timerOf(saga.id), Math.round(here.params.operator * 1000), 'operator' satisfies Wait)]
        : []),
    ];
  };

  /** Turns round: `from` is the last step that ran or may have run. */
  const turnBack = (state: OrchestratorState, saga: Saga, from: number, here: Here<P>, why: string) => {
    if (from < 0) return move(state, saga, { at: 'undone' }, here, `${why}; nothing to undo for ${saga.id}`);
    const [first, until] = rules.order === 'reverse' ? [from, 0] : [0, from];
    return move(state, saga, { at: 'backward', step: first, until }, here, `${why}; compensates ${saga.id}`);
  };

  const giveUp = (state: OrchestratorState, saga: Saga, here: Here<P>) => {
    const { phase } = saga;
    if (phase.at !== 'forward' && phase.at !== 'backward') return [state] as const;
    if (phase.at === 'forward' && phase.step < PIVOT)
      return turnBack(
        state,
        saga,
        rules.unknownIsCompensated ? phase.step : phase.step - 1,
        here,
        `${title(phase.step, 'do')} never answered, so it may have run`,
      );
    if (!rules.reportsStuck)
      return move(state, saga, { at: phase.at === 'forward' ? 'done' : 'undone' }, here, '');
    return move(
      state,
      saga,
      { at: 'stuck', step: phase.step, was: phase },
      here,
      `gives up on ${title(phase.step, phase.at === 'forward' ? 'do' : 'undo')} after ${saga.attempt} tries and calls an operator for ${saga.id}`,
    );
  };

  const current = (state: OrchestratorState, m: { saga: string; step: number }, at: Phase['at']) => {
    const saga = state.sagas[m.saga];
    return saga && saga.phase.at === at && 'step' in saga.phase && saga.phase.step === m.step
      ? saga
      : undefined;
  };

  /** What a saga waited for has not come, or the wait is over. */
  const waited = (
    state: OrchestratorState,
    id: string,
    here: Here<P>,
    what: Wait,
  ): Step<OrchestratorState, ToOrchestrator, Timer> => {
    const saga = state.sagas[id];
    if (!saga) return [state];
    const { phase } = saga;
    if (phase.at === 'stuck')
      return what === 'operator'
        ? move(state, saga, phase.was, here, `is told by the operator to try ${id} again`)
        : [state];
    if (phase.at !== 'forward' && phase.at !== 'backward') return [state];
    if (what === 'lock') return [state, ...request(saga, here)];
    const { attempts, compensationAttempts } = here.params;
    const limit = phase.at === 'forward' && phase.step < PIVOT ? attempts : compensationAttempts;
    if (saga.attempt >= limit) return giveUp(state, saga, here);
    const again = { ...saga, attempt: saga.attempt + 1 };
    const name = title(phase.step, phase.at === 'forward' ? 'do' : 'undo');
    return [
      put(state, again),
      note(`has no answer and repeats ${name} (try ${again.attempt})`),
      ...request(again, here),
    ];
  };

  return {
    start(here, disk) {
      const stored = (disk ?? {}) as OrchestratorState['sagas'];
      const sagas: Record<string, Saga> = {};
      for (const s of Object.values(stored)) sagas[s.id] = { ...s, attempt: 1, waits: 0 };
      const open = Object.values(sagas).filter((s) => s.phase.at === 'forward' || s.phase.at === 'backward');
      return [
        { sagas },
        posture(sagas),
        ...(open.length
          ? [note(`reads its log and takes up ${open.map((s) => s.id).join(', ')} again`)]
          : []),
        ...Object.values(sagas).flatMap((s) => [...request(s, here), ...answer(s)]),
      ];
    },
    on: {
      Place(state, m, from, here) {
        if (state.sagas[m.saga]) return [state, send(from, { type: 'Accepted', saga: m.saga }, 'accepted')];
        const saga: Saga = {
          id: m.saga,
          customer: from,
          phase: { at: 'forward', step: 0 },
          attempt: 1,
          waits: 0,
        };
        const after = put(state, saga);
        return [
          after,
          ...persist(after.sagas),
          send(from, { type: 'Accepted', saga: m.saga }, 'accepted'),
          posture(after.sagas),
          ...request(saga, here),
        ];
      },
      Ask(state, m) {
        const saga = state.sagas[m.saga];
        return [state, ...(saga ? answer(saga) : [])];
      },
      Done(state, m, _from, here) {
        const saga = current(state, m, 'forward');
        if (!saga) return [state];
        return m.step === LAST
          ? move(state, saga, { at: 'done' }, here, `${saga.id} is complete`)
          : move(state, saga, { at: 'forward', step: m.step + 1 }, here, '');
      },
      Refused(state, m, from, here) {
        const saga = current(state, m, 'forward');
        return saga ? turnBack(state, saga, m.step - 1, here, `${from} refuses: ${m.why}`) : [state];
      },
      Busy(state, m, from, here) {
        const saga = current(state, m, 'forward');
        if (!saga) return [state];
        if (saga.waits >= MAX_WAITS) return turnBack(state, saga, m.step - 1, here, `${from} stays locked`);
        const waiting = { ...saga, waits: saga.waits + 1 };
        const us = Math.round(here.params.timeout * 500);
        return [put(state, waiting), set(timerOf(saga.id), us + here.between(0, us), 'lock' satisfies Wait)];
      },
      Undone(state, m, _from, here) {
        const saga = current(state, m, 'backward');
        if (!saga) return [state];
        if (saga.phase.at !== 'backward') return [state];
        const { until } = saga.phase;
        if (m.step === until) return move(state, saga, { at: 'undone' }, here, `${saga.id} is undone`);
        const next = m.step + (until > m.step ? 1 : -1);
        return move(state, saga, { at: 'backward', step: next, until }, here, '');
      },
      Accepted: (state) => [state],
      Outcome: (state) => [state],
      Do: (state) => [state],
      Undo: (state) => [state],
    },
    after: Object.fromEntries(
      Array.from({ length: MOST_ORDERS }, (_, i) => `o${i + 1}`).map((id) => [
        timerOf(id),
        (state: OrchestratorState, here: Here<P>, data: unknown) => waited(state, id, here, data as Wait),
      ]),
    ),
  };
}

export interface ServiceState {
  readonly ledger: Ledger;
}

interface Work {
  readonly kind: 'do' | 'undo';
  readonly saga: string;
  readonly step: number;
  readonly from: string;
}

/** The label of a service's bar: what stands there. */
export function serviceBar(ledger: Ledger): Effect<never, never> {
  const held = [...new Set(ledger.entries.map((e) => e.step))].flatMap((k) => standing(ledger, k));
  const holds = [...new Set(held)];
  const last = ledger.entries[ledger.entries.length - 1];
  if (holds.length > 0 && last?.kind === 'refuse' && last.because.length > 0)
    return become('holds', `${holds.join(' ')} (${last.saga} refused)`);
  if (holds.length > 0) return become('holds', holds.length > 3 ? `${holds.length} orders` : holds.join(' '));
  if (last?.kind === 'undo') return become('undone', last.saga);
  if (last?.kind === 'block') return become('blocked', last.saga);
  if (last?.kind === 'refuse') return become('refused', last.saga);
  return become('idle');
}

/** One sentence about a local transaction. */
export function tell(c: Committed, w: { kind: 'do' | 'undo'; saga: string; step: number }): string {
  const what = w.kind === 'do' ? step(w.step).name : step(w.step).undo;
  if (!c.fresh) return `sees ${what} for ${w.saga} again and changes nothing (${c.why})`;
  if (c.answer === 'refused') return `refuses to ${what} for ${w.saga}: ${c.why}`;
  if (c.answer === 'busy') return `makes ${w.saga} wait: ${c.why}`;
  return c.why ? `${what} for ${w.saga}: ${c.why}` : `commits: ${what} for ${w.saga}`;
}

/** A service: look up the key, change the books and record the key in one durable write, then answer. */
export function service(rules: LedgerRules): Protocol<ServiceState, Command | Answer, 'commit', P> {
  const begin = (
    state: ServiceState,
    w: Work,
    here: Here<P>,
  ): Step<ServiceState, Command | Answer, 'commit'> => [
    state,
    become('working', title(w.step, w.kind)),
    later('commit', here.draw(here.params.work), w),
  ];
  return {
    start: (_here, disk) => {
      const ledger = (disk as Ledger | undefined) ?? emptyLedger;
      return [{ ledger }, serviceBar(ledger)];
    },
    on: {
      Do: (state, m, from, here) => begin(state, { kind: 'do', saga: m.saga, step: m.step, from }, here),
      Undo: (state, m, from, here) => begin(state, { kind: 'undo', saga: m.saga, step: m.step, from }, here),
      Done: (state) => [state],
      Refused: (state) => [state],
      Busy: (state) => [state],
      Undone: (state) => [state],
    },
    after: {
      commit(state, here, data) {
        const w = data as Work;
        const c =
          w.kind === 'do'
            ? perform(state.ledger, here.self, w.saga, w.step, here.params, rules)
            : compensate(state.ledger, w.saga, w.step, rules);
        const key = { saga: w.saga, step: w.step };
        const reply: Answer =
          c.answer === 'refused'
            ? { type: 'Refused', ...key, why: c.why }
            : { type: c.answer === 'done' ? 'Done' : c.answer === 'busy' ? 'Busy' : 'Undone', ...key };
        return [
          { ledger: c.ledger },
          save(c.ledger),
          serviceBar(c.ledger),
          note(tell(c, w)),
          send(w.from, reply, c.answer),
        ];
      },
    },
  };
}

export const honestService = service(RULES);
export const honestOrchestrator = orchestrator(ORCHESTRATOR);
