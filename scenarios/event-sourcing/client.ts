import {
  cancel,
  type Effect,
  type Here,
  invoke,
  note,
  type Protocol,
  returned,
  type Step,
  save,
  send,
  set,
} from '../../src/sim/protocol.ts';
import { accountNames, euros, type Kind, name, type Order } from './domain.ts';
import type { P } from './params.ts';
import { BALANCES, type CommandMessage, type QueryMessage } from './protocol.ts';

/**
 * A client: a command, then a look at the balance, then a pause. It repeats a command under the same id until it is
 * told how it ended, at another handler each time.
 */
export interface ClientState {
  /** commands begun, ever: part of their ids */
  readonly begun: number;
  readonly open: Open | null;
  /** what it was told last */
  readonly told: Told | null;
  /** its last look at the read model, and the version of its own command by then */
  readonly read: Read | null;
}

type Open = { readonly op: number; readonly tries: number } & (
  | { readonly is: 'command'; readonly order: Order }
  | { readonly is: 'query'; readonly account: string; readonly need: number }
);

export interface Told {
  readonly id: string;
  readonly account: string;
  readonly kind: Kind;
  readonly version: number;
  readonly position: number;
}

export interface Read {
  readonly op: number;
  readonly account: string;
  readonly cents: number;
  readonly version: number;
  readonly need: number;
}

type Message = CommandMessage | QueryMessage;
type Timer = 'next' | 'again';
type To = Step<ClientState, Message, Timer>;

/** Tries of a client before it stops asking: by then the outcome is unknown to it. */
const MOST_TRIES = 8;

const number = (here: Here<P>): number => Number(here.self.slice(1)) - 1;

/** Sends what is open, and waits for the answer. */
function ask(state: ClientState, open: Open, here: Here<P>, ...said: Effect<never, Timer>[]): To {
  const next: Open = { ...open, tries: open.tries + 1 };
  const handlers = here.part('handler');
  const handler = handlers[(number(here) + open.tries) % handlers.length] as string;
  const effect: Effect<Message, never> =
    next.is === 'command'
      ? send(handler, { type: 'Command', order: next.order }, `${next.order.f} ${euros(next.order.cents)}`)
      : send(
          BALANCES,
          { type: 'Query', account: next.account, min: here.params.wait ? next.need : 0, ask: next.op },
          here.params.wait ? name({ stream: next.account, version: next.need }) : next.account,
        );
  return [{ ...state, open: next }, ...said, effect, set('again', Math.round(here.params.timeout * 4000))];
}

const rest = (here: Here<P>): Effect<never, Timer> => set('next', here.draw(here.params.pause));

export const client: Protocol<ClientState, Message, Timer, P> = {
  start(here, disk) {
    const begun = (disk as number | undefined) ?? 0;
    const first = Math.round((10 + number(here) * here.params.gap) * 1000);
    return [
      { begun, open: null, told: null, read: null },
      set('next', begun === 0 ? first : here.draw(here.params.pause)),
    ];
  },
  on: {
    Result(state, m, _from, here) {
      const { open } = state;
      if (open?.is !== 'command' || open.order.id !== m.id) return [state];
      const { account } = open.order;
      const told: Told = { id: m.id, account, kind: m.kind, version: m.version, position: m.position };
      const ends = returned(
        open.op,
        m.kind === 'Declined' ? 'fail' : 'ok',
        name({ stream: account, version: m.version }),
      );
      const next: ClientState = { ...state, open: null, told };
      if (!here.params.reads) return [next, ends, cancel('again'), rest(here)];
      const op = here.unique();
      const [asking, ...effects] = ask(
        next,
        { op, tries: 0, is: 'query', account, need: m.version },
        here,
        invoke(op, 'read', account),
      );
      return [asking, ends, ...effects];
    },
    View(state, m, _from, here) {
      const { open } = state;
      if (open?.is !== 'query' || open.op !== m.ask) return [state];
      const { op, account, need } = open;
      const read: Read = { op, account, cents: m.cents, version: m.version, need };
      return [
        { ...state, open: null, read },
        returned(op, 'ok', m.cents / 100),
        ...(m.version < need
          ? [
              note(
                `reads ${name({ stream: account, version: m.version })}, but its own command is ${account}@${need}`,
              ),
            ]
          : []),
        cancel('again'),
        rest(here),
      ];
    },
    Busy: (state) => [state],
    Command: (state) => [state],
    Query: (state) => [state],
  },
  after: {
    next(state, here) {
      const { operations, withdraw, amount } = here.params;
      if (state.open || state.begun >= operations) return [state];
      const begun = state.begun + 1;
      const names = accountNames(here.params);
      const account = names[here.between(0, names.length - 1)] as string;
      const f = here.random() < withdraw ? 'withdraw' : 'deposit';
      const cents = Math.max(1, Math.round(amount.sample(() => here.random()))) * 100;
      const op = here.unique();
      const order: Order = { id: `${here.self}-${begun}`, account, f, cents };
      const [next, ...effects] = ask(
        { ...state, begun },
        { op, tries: 0, is: 'command', order },
        here,
        invoke(op, f, account, cents / 100),
      );
      return [next, save(begun, 0), ...effects];
    },
    again(state, here) {
      const { open } = state;
      if (!open) return [state];
      if (open.tries < MOST_TRIES) return ask(state, open, here);
      return [{ ...state, open: null }, returned(open.op, 'unknown'), rest(here)];
    },
  },
};
