import {
  become,
  type Effect,
  type Here,
  invoke,
  note,
  type Protocol,
  returned,
  send,
  set,
} from '../../src/sim/protocol.ts';
import type { P } from './params.ts';
import type { CustomerMessage, Result } from './plan.ts';

/**
 * Places one order, repeats until it is accepted, then asks until it is told. Without an answer by the deadline
 * it raises the alarm: an orchestrator that is down cannot report that it is.
 */
export interface CustomerState {
  readonly order: string;
  readonly op: number;
  readonly phase: 'waiting' | 'placing' | 'accepted' | 'told' | 'alarmed';
  readonly result: Result | undefined;
}

const ASK_EVERY = 120_000;

const frontOf = (here: Here<P>): string =>
  here.part('orchestrator')[0] ?? here.part('orders')[0] ?? 'orchestrator';

export const customer: Protocol<CustomerState, CustomerMessage, 'begin' | 'ask' | 'deadline', P> = {
  start(here) {
    const number = Number(here.self.slice(1));
    return [
      { order: `o${number}`, op: 0, phase: 'waiting', result: undefined },
      set('begin', Math.round((10 + (number - 1) * here.params.gap) * 1000)),
    ];
  },
  on: {
    Accepted: (state) => [state.phase === 'placing' ? { ...state, phase: 'accepted' } : state],
    Outcome(state, m) {
      if (state.phase !== 'placing' && state.phase !== 'accepted') return [state];
      return [{ ...state, phase: 'told', result: m.result }, returned(state.op, OUTCOME[m.result], m.result)];
    },
    Place: (state) => [state],
    Ask: (state) => [state],
  },
  after: {
    begin(state, here) {
      const op = here.unique();
      return [
        { ...state, op, phase: 'placing' },
        invoke(op, 'order', state.order),
        send(frontOf(here), { type: 'Place', saga: state.order }, `place ${state.order}`),
        set('ask', ASK_EVERY),
        set('deadline', Math.round(here.params.deadline * 1000)),
      ];
    },
    ask(state, here) {
      if (state.phase === 'told' || state.phase === 'alarmed') return [state];
      const type = state.phase === 'accepted' ? 'Ask' : 'Place';
      return [
        state,
        send(frontOf(here), { type, saga: state.order }, `${type.toLowerCase()} ${state.order}`),
        set('ask', ASK_EVERY),
      ];
    },
    deadline(state, here) {
      if (state.phase === 'told') return [state];
      const effects: Effect<never, never>[] = [
        note(`hears nothing of ${state.order} for ${here.params.deadline} ms and reports it to an operator`),
        become('alarmed', state.order),
        returned(state.op, 'unknown', 'reported'),
      ];
      return [{ ...state, phase: 'alarmed' }, ...effects];
    },
  },
};

const OUTCOME = { done: 'ok', undone: 'fail', stuck: 'unknown' } as const;
