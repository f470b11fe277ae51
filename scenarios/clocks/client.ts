import {
  cancel,
  type Here,
  invoke,
  type Protocol,
  returned,
  type Step,
  send,
  set,
} from '../../src/sim/protocol.ts';
import type { P } from './params.ts';
import type { RegisterMessage } from './register.ts';
import { format, less, type Stamp } from './stamps.ts';

/**
 * One operation at a time, each at a replica chosen by chance, as behind a load balancer. It remembers the largest
 * stamp it has been told and shows it with its next write: with lamport and hybrid that makes its writes come after
 * what it has seen, whichever replica takes them.
 */
export interface ClientState {
  readonly kind: 'client';
  readonly seen: Stamp | null;
  /** the operation under way */
  readonly op: number | null;
  /** who answered last, and what */
  readonly answered: { readonly op: number; readonly by: string } | null;
}

const PATIENCE_US = 400_000;

type Timer = 'next' | 'giveUp';

export const client: Protocol<ClientState, RegisterMessage, Timer, P> = {
  start: (here) => [
    { kind: 'client', seen: null, op: null, answered: null },
    set('next', here.draw(here.params.think)),
  ],
  on: {
    Written: (s, m, from, here) =>
      s.op === m.op ? finish(s, m.op, from, m.stamp, `@${format(m.stamp, here.params.clock)}`, here) : [s],
    Value(s, m, from, here) {
      if (s.op !== m.op) return [s];
      const { version } = m;
      const text = version ? `${version.value} @${format(version.stamp, here.params.clock)}` : null;
      return finish(s, m.op, from, version?.stamp ?? null, text, here);
    },
    Write: (s) => [s],
    Read: (s) => [s],
    Share: (s) => [s],
  },
  after: {
    next(s, here) {
      if (here.uptime > (here.params.duration - here.params.settle) * 1000) return [s];
      const replicas = here.part('replica');
      const to = replicas[here.between(0, replicas.length - 1)]!;
      const op = here.unique();
      const reads = here.random() < here.params.reads;
      const message: RegisterMessage = reads
        ? { type: 'Read', op }
        : { type: 'Write', op, value: op, seen: s.seen };
      return [
        { ...s, op },
        invoke(op, reads ? 'get' : 'put', 'x', reads ? null : op),
        send<RegisterMessage>(to, message, reads ? 'x?' : `x=${op}`),
        set<Timer>('giveUp', PATIENCE_US),
      ];
    },
    giveUp(s, here) {
      if (s.op === null) return [s];
      return [{ ...s, op: null }, returned(s.op, 'unknown'), set('next', here.draw(here.params.think))];
    },
  },
};

function finish(
  s: ClientState,
  op: number,
  by: string,
  stamp: Stamp | null,
  value: string | null,
  here: Here<P>,
): Step<ClientState, RegisterMessage, Timer> {
  const newer = stamp && (!s.seen || less(s.seen, stamp, here.params.clock));
  return [
    { kind: 'client', seen: newer ? stamp : s.seen, op: null, answered: { op, by } },
    returned(op, 'ok', value),
    cancel<Timer>('giveUp'),
    set('next', here.draw(here.params.think)),
  ];
}
