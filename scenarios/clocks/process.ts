import {
  become,
  type Effect,
  type Here,
  note,
  type Protocol,
  save,
  send,
  set,
} from '../../src/sim/protocol.ts';
import type { P } from './params.ts';
import { format, type Scheme, type Sight, type Stamp, schemes } from './stamps.ts';

/**
 * Processes that do things and tell each other; every event gets a stamp (Lamport, CACM 1978).
 *
 *   Event  process → process   carries the stamp of its sending
 */
export interface EventMessage {
  readonly type: 'Event';
  readonly stamp: Stamp;
}

export interface ProcessState {
  readonly kind: 'process';
  readonly stamp: Stamp;
}

/** Names of the bars; the oracle reads them as the kinds of events. */
export const LOCAL = 'local event';
export const SEND = 'send event';
export const RECEIVE = 'receive event';
export const REFUSE = 'refused event';

/** What a twin may break; the honest scheme is the one the parameter names. */
export interface ProcessRules {
  readonly scheme: Scheme | undefined;
  /** the stamp is on disk before anybody hears of it */
  readonly persists: boolean;
  /** a stamp too far ahead of the own wall clock is refused */
  readonly refuses: boolean;
}

export const processRules: ProcessRules = { scheme: undefined, persists: true, refuses: true };

export const sight = (here: Here<P>): Sight => ({
  pt: Math.floor(here.clock / 1000),
  slot: [...here.peers, here.self].sort().indexOf(here.self),
});

export function process(rules: ProcessRules = processRules): Protocol<ProcessState, EventMessage, 'act', P> {
  const schemeOf = (here: Here<P>) => rules.scheme ?? schemes[here.params.clock];
  const again = (here: Here<P>) => set('act', here.draw(here.params.think));
  /** durable, then seen: what comes after `save` has happened for good */
  const happened = (
    stamp: Stamp,
    bar: string,
    here: Here<P>,
  ): [ProcessState, ...Effect<EventMessage, 'act'>[]] => {
    const next: ProcessState = { kind: 'process', stamp };
    const shown = become(bar, format(stamp, here.params.clock));
    return rules.persists ? [next, save(next), shown] : [next, shown];
  };
  return {
    start(here, disk) {
      const first = schemeOf(here).first(here.peers.length + 1);
      const state = (disk as ProcessState | undefined) ?? { kind: 'process', stamp: first };
      return [state, again(here)];
    },
    on: {
      Event(s, m, from, here) {
        const see = sight(here);
        const ahead = m.stamp[0]! - see.pt;
        if (rules.refuses && here.params.clock === 'hybrid' && ahead > here.params.maxAhead)
          return [
            s,
            become(REFUSE, format(m.stamp, 'hybrid')),
            note(`refuses a stamp of ${from} that is ${ahead} ms ahead of its own clock`),
          ];
        const stamp = schemeOf(here).receive(s.stamp, m.stamp, see);
        return [
          ...happened(stamp, RECEIVE, here),
          note(receipt(here.params.clock, from, s.stamp, m.stamp, stamp, see)),
        ];
      },
    },
    after: {
      act(s, here) {
        if (here.uptime > (here.params.duration - here.params.settle) * 1000) return [s];
        const stamp = schemeOf(here).tick(s.stamp, sight(here));
        if (here.random() < here.params.local) return [...happened(stamp, LOCAL, here), again(here)];
        const to = here.peers[here.between(0, here.peers.length - 1)]!;
        const message = send<EventMessage>(to, { type: 'Event', stamp }, format(stamp, here.params.clock));
        return [...happened(stamp, SEND, here), message, again(here)];
      },
    },
  };
}

/** What went into the stamp of a receipt, so that the rule can be followed. */
function receipt(
  clock: P['clock'],
  from: string,
  own: Stamp,
  theirs: Stamp,
  next: Stamp,
  see: Sight,
): string {
  const say = (stamp: Stamp) => format(stamp, clock);
  switch (clock) {
    case 'vector':
      return `merges ${say(theirs)} of ${from} into ${say(own)} and stamps ${say(next)}`;
    case 'hybrid':
      return `has ${say(own)}, hears ${say(theirs)} of ${from}, its clock reads ${see.pt}: stamps ${say(next)}`;
    case 'lamport':
      return `has ${say(own)}, hears ${say(theirs)} of ${from}: stamps ${say(next)}`;
    default:
      return `stamps ${say(next)} what ${from} sent at ${say(theirs)}`;
  }
}
