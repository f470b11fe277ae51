import type { Run } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import { type P, quorum } from './params.ts';

/** What happened, read off the trace. */

type Timed<K extends 'state' | 'note' | 'fault'> = EventOf<K> & { at: number };
const ms = (us: number) => `${Math.round(us / 1000)} ms`;

/** A violation is always the news. */
const violations: Readonly<Record<string, string>> = {
  'one certificate a number': 'Two requests are prepared under one number',
  'only what clients asked': 'A request is executed that no client sent',
  'each request once': 'A request is executed twice',
  'clients get the true result': 'A client believes a lie',
  linearizable: 'Clients see what fits no single order',
  'every request is executed': 'A client waits for ever',
};

interface Course {
  readonly traitor: (Timed<'fault'> & { behaviour: string }) | undefined;
  readonly crash: Timed<'fault'> | undefined;
  /** who became primary later than view 0 */
  readonly successor: Timed<'state'> | undefined;
  readonly again: Timed<'note'> | undefined;
  readonly cut: Timed<'fault'> | undefined;
}

function course(run: Run<P>): Course {
  const faults = run.events.flatMap((e) => (e.kind === 'fault' ? [e] : []));
  const liars = faults.flatMap((e) => (e.fault === 'byzantine' ? e.nodes : []));
  return {
    traitor: faults.find(
      (e): e is Timed<'fault'> & { fault: 'byzantine'; behaviour: string; nodes: string[] } =>
        e.fault === 'byzantine',
    ),
    crash: faults.find((e) => e.fault === 'crash'),
    successor: run.events.find(
      (e): e is Timed<'state'> =>
        e.kind === 'state' && e.state === 'primary' && e.detail !== 'view 0' && !liars.includes(e.node),
    ),
    cut: faults.find((e) => e.fault === 'partition' || e.fault === 'cut'),
    again: run.events.find((e): e is Timed<'note'> => e.kind === 'note' && / to propose again$/.test(e.text)),
  };
}

export function headline(run: Run<P>): string {
  const bad = run.verdicts.find((v) => !v.holds);
  const { traitor, crash, successor, again } = course(run);
  if (bad?.property === 'honest replicas agree') {
    const number = /#(\d+)/.exec(bad.detail)?.[1];
    return `Two honest replicas execute different requests as #${number}`;
  }
  if (bad) return violations[bad.property] ?? `Violated: ${bad.property}`;
  const who = traitor?.nodes.join(', ');
  if (traitor && successor) {
    if (traitor.behaviour === 'silent')
      return `${who} falls silent; the backups make ${successor.node} primary`;
    if (traitor.behaviour === 'equivocate')
      return `${who} tells every backup another story; none is executed`;
    return `${who} lies and is found out; ${successor.node} takes over`;
  }
  if (traitor) return `${who} turns traitor and nothing comes of it`;
  if (again) return `${again.node} takes over and carries on what was prepared`;
  if (crash && successor) return `${successor.node} takes over from ${crash.nodes.join(', ')}`;
  const { executed = 0, agreement_messages: each = 0 } = run.metrics;
  return executed > 0
    ? `${executed} request${executed === 1 ? '' : 's'} executed, ${Math.round(each)} messages each to agree`
    : 'Nothing is executed yet';
}

export function span(run: Run<P>) {
  const { traitor, crash, cut, successor } = course(run);
  const calls = run.events.flatMap((e) => (e.kind === 'invoke' ? [e] : []));
  // A traitor is missed only once there is something to do.
  const missed = traitor && calls.find((c) => c.at >= traitor.at);
  const lost = crash?.at ?? cut?.at ?? missed?.at;
  if (successor && lost !== undefined && lost < successor.at)
    return { from: lost, to: successor.at, label: `${ms(successor.at - lost)} to a new primary` };
  if (traitor || crash) return undefined;
  const first = calls[0];
  const done = first && run.events.find((e) => e.kind === 'return' && e.op === first.op);
  return done && { from: first.at, to: done.at, label: `${ms(done.at - first.at)}: five message delays` };
}

export const footer = (p: P): string =>
  `PBFT (OSDI 1999), f = ${p.f}, quorums of ${quorum(p)}, delay ${p.latency.text} ms. Signatures are simulated: nobody lies in another’s name.`;
