import { type ClientMessage, type ClientState, type ClientTimer, client } from '../../src/sim/client.ts';
import type { Here, Protocol } from '../../src/sim/protocol.ts';
import type { P } from './params.ts';
import { COORDINATOR, type Msg } from './protocol.ts';

/** Clients meet nothing but answers and refusals: the protocol's own messages never reach them. */
const deaf = (
  plain: Protocol<ClientState, ClientMessage, ClientTimer, P>,
): Protocol<ClientState, Msg, ClientTimer, P> => {
  const ignore = (s: ClientState) => [s] as const;
  return {
    ...plain,
    on: {
      ...plain.on,
      Work: ignore,
      Worked: ignore,
      Prepare: ignore,
      Yes: ignore,
      No: ignore,
      Commit: ignore,
      Abort: ignore,
      Ack: ignore,
      Inquire: ignore,
      Unsure: ignore,
    },
  };
};

const number = (here: Here<P>) => Number(here.self.slice(1)) - 1;

/**
 * Starts transactions `a1`, `a2` … (the second application `b1` …). It asks once: a transaction asked for twice
 * would be two, so silence leaves the outcome unknown.
 */
export const application = deaf(
  client<P>({
    servers: () => [COORDINATOR],
    pause: (p) => p.think,
    retryMs: (p) => p.patience,
    patienceMs: (p) => p.patience,
    otherwise: 'up',
    ask(here, n) {
      if (n >= here.params.transactions) return undefined;
      return { f: 'transfer', key: `${'abcd'[number(here)]}${n + 1}`, value: null };
    },
  }),
);

/** Reads one row at one participant, which has it wait while a transaction holds the lock. */
export const reader = deaf(
  client<P>({
    servers: (here) => here.part('participant'),
    home: (here) => {
      const all = here.part('participant');
      return all[(number(here) + 1) % all.length]!;
    },
    pause: (p) => p.readEvery,
    retryMs: (p) => p.patience,
    patienceMs: (p) => p.patience,
    otherwise: 'up',
    ask(here) {
      const all = here.part('participant');
      return { f: 'get', key: all[(number(here) + 1) % all.length]!, value: null };
    },
  }),
);
