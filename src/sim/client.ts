import {
  cancel,
  type Here,
  invoke,
  later,
  type Message,
  type Protocol,
  returned,
  type Sampler,
  send,
  set,
} from './protocol.ts';
import type { Outcome, Value } from './trace.ts';

/**
 * A client as most protocols meet it: one operation at a time, a pause for thought between them, another try
 * after silence or a refusal, and a limit after which it stops asking.
 *
 * How it ends is what the checkers need to know. `ok`: answered. `fail`: every try was refused by a server that
 * vouches it did nothing, so the operation never happens. `unknown`: some try went unanswered, so it may have
 * happened, may happen later, or never.
 *
 *   Request  client → server   (client, serial) names the operation: a retry carries the same serial
 *   Answer   server → client   done, with its result
 *   Refusal  server → client   not done by this server, perhaps with the name of one that could
 */
export type ClientMessage = Request | Answer | Refusal;

export interface Request extends Message {
  readonly type: 'Request';
  readonly serial: number;
  /** counts the tries of this operation from 1, so that a server can tell a copy of an old try from a new one */
  readonly attempt: number;
  readonly f: string;
  readonly key: string;
  readonly value: Value;
}

export interface Answer extends Message {
  readonly type: 'Answer';
  readonly serial: number;
  readonly value: Value;
}

export interface Refusal extends Message {
  readonly type: 'Refusal';
  readonly serial: number;
  readonly attempt: number;
  /** who could do it, where the server knows */
  readonly leader: string | null;
  /** the server cannot vouch that nothing happened */
  readonly unsure?: boolean;
}

export const answer = (to: string, serial: number, value: Value, label?: string) =>
  send<Answer>(to, { type: 'Answer', serial, value }, label);

export const refuse = (to: string, request: Pick<Request, 'serial' | 'attempt'>, leader: string | null) =>
  send<Refusal>(to, { type: 'Refusal', serial: request.serial, attempt: request.attempt, leader });

/** The server began it and cannot say how it ended. */
export const giveUp = (to: string, request: Pick<Request, 'serial' | 'attempt'>) =>
  send<Refusal>(to, {
    type: 'Refusal',
    serial: request.serial,
    attempt: request.attempt,
    leader: null,
    unsure: true,
  });

export interface Ask {
  readonly f: string;
  readonly key: string;
  readonly value: Value;
}

export interface ClientPlan<P> {
  /** whom it may ask, in order */
  servers(here: Here<P>): readonly string[];
  /** the server it asks first; default: spread over the servers by the client's number */
  home?(here: Here<P>): string;
  /** ms from the end of one operation (or the start of the run) to the next */
  pause(params: P): Sampler;
  /** ms until an unanswered try is repeated elsewhere */
  retryMs(params: P): number;
  /** ms until the operation is given up */
  patienceMs(params: P): number;
  /** this client's `n`th operation (from 0), undefined to stop; `op` is unique in the run, a good value to write */
  ask(here: Here<P>, n: number, op: number): Ask | undefined;
  /** after silence or a refusal that names nobody: `next` server (default), the `same`, or give `up` at once */
  otherwise?: 'next' | 'same' | 'up';
}

export interface ClientState {
  /** index into the servers of the one it asks */
  readonly server: number;
  /** operations begun since it started */
  readonly begun: number;
  readonly busy: Busy | null;
}

interface Busy {
  /** names the operation in the history and, as its serial, to the servers */
  readonly op: number;
  readonly ask: Ask;
  readonly attempt: number;
  /** the last try has not been refused */
  readonly open: boolean;
  /** an earlier try went unanswered */
  readonly doubt: boolean;
}

export type ClientTimer = 'pause' | 'retry' | 'giveUp';

const MS = 1000;
/** A refusal that names nobody means an election or the like is going on: asking at once would only flood. */
const BACKOFF_MS = 30;

export function client<P>(plan: ClientPlan<P>): Protocol<ClientState, ClientMessage, ClientTimer, P> {
  const place = (here: Here<P>) => [...here.peers, here.self].sort().indexOf(here.self);
  const attempt = (state: ClientState, busy: Busy, server: number, here: Here<P>) => {
    const next = { ...busy, attempt: busy.attempt + 1, open: true };
    const { f, key, value } = busy.ask;
    const request: Request = { type: 'Request', serial: busy.op, attempt: next.attempt, f, key, value };
    return [
      { ...state, server, busy: next },
      send<ClientMessage>(plan.servers(here)[server]!, request, value === null ? f : `${f} ${value}`),
      set<ClientTimer>('retry', plan.retryMs(here.params) * MS),
    ] as const;
  };
  const finish = (state: ClientState, outcome: Outcome, value: Value, here: Here<P>) =>
    [
      { ...state, busy: null },
      returned(state.busy!.op, outcome, value),
      cancel<ClientTimer>('retry'),
      set<ClientTimer>('pause', here.draw(plan.pause(here.params))),
    ] as const;
  const another = (server: number, here: Here<P>) =>
    plan.otherwise === 'same' ? server : (server + 1) % plan.servers(here).length;

  return {
    start(here) {
      const servers = plan.servers(here);
      const home = plan.home?.(here);
      const server = home === undefined ? place(here) % servers.length : Math.max(0, servers.indexOf(home));
      return [
        { server, begun: 0, busy: null },
        set<ClientTimer>('pause', here.draw(plan.pause(here.params))),
      ];
    },
    on: {
      Request: (state) => [state],
      Answer(state, m, _from, here) {
        return state.busy?.op === m.serial ? finish(state, 'ok', m.value, here) : [state];
      },
      Refusal(state, m, _from, here) {
        const busy = state.busy;
        if (busy?.op !== m.serial || busy.attempt !== m.attempt || !busy.open) return [state];
        const refused = { ...busy, open: false, doubt: busy.doubt || m.unsure === true };
        const named = m.leader === null ? -1 : plan.servers(here).indexOf(m.leader);
        if (named >= 0 && named !== state.server) return attempt(state, refused, named, here);
        if (plan.otherwise === 'up') return finish(state, refused.doubt ? 'unknown' : 'fail', null, here);
        return [
          { ...state, server: another(state.server, here), busy: refused },
          set<ClientTimer>('retry', BACKOFF_MS * MS),
        ];
      },
    },
    after: {
      pause(state, here) {
        const op = here.unique();
        const ask = plan.ask(here, state.begun, op);
        if (!ask) return [state];
        const busy = { op, ask, attempt: 0, open: false, doubt: false };
        const [asking, ...effects] = attempt({ ...state, begun: state.begun + 1 }, busy, state.server, here);
        return [
          asking,
          invoke(op, ask.f, ask.key, ask.value),
          ...effects,
          later<ClientTimer>('giveUp', plan.patienceMs(here.params) * MS, op),
        ];
      },
      retry(state, here) {
        const busy = state.busy;
        if (!busy) return [state];
        if (!busy.open) return attempt(state, busy, state.server, here);
        if (plan.otherwise === 'up') return finish(state, 'unknown', null, here);
        return attempt(state, { ...busy, doubt: true }, another(state.server, here), here);
      },
      giveUp(state, here, op) {
        const busy = state.busy;
        if (!busy || busy.op !== op) return [state];
        return finish(state, busy.open || busy.doubt ? 'unknown' : 'fail', null, here);
      },
    },
  };
}

/**
 * What a server keeps of its clients' tries to see each at most once, as a connection would: a copy the network
 * made of a refused try must not be executed later. Forgotten in a crash, as a connection is.
 */
export type Seen = Readonly<Record<string, number>>;

/** undefined for a try seen before, or older than one seen */
export function firstSight(seen: Seen, from: string, request: Pick<Request, 'serial' | 'attempt'>) {
  const order = request.serial * 1000 + request.attempt;
  return order > (seen[from] ?? 0) ? { ...seen, [from]: order } : undefined;
}
