import type { Run } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import { type P, phase1, phase2 } from './params.ts';

/** What happened, read off the trace. */

const ms = (us: number) => `${Math.round(us / 1000)} ms`;

/** A violation is always the news. */
const violations: Readonly<Record<string, string>> = {
  'only one value is chosen': 'Two different values are chosen',
  'a chosen value stays chosen': 'A chosen value is overridden by a later ballot',
  'one value per ballot': 'One ballot number, two values',
  'promises survive restarts': 'An acceptor forgets what it told',
  'only what was proposed': 'A value is accepted that nobody proposed',
  'learned means chosen': 'A value is learned that was never chosen',
  'applied in order': 'A copy applies the log out of order',
  linearizable: 'A client reads what is no longer true',
  'operations succeed again': 'Clients are never served again',
  'learners catch up': 'A learner never catches up',
};

interface Course {
  readonly states: readonly (EventOf<'state'> & { at: number })[];
  readonly notes: readonly (EventOf<'note'> & { at: number })[];
  /** first Prepare */
  readonly begun: number | undefined;
  /** a proposer saw its ballot succeed */
  readonly done: (EventOf<'state'> & { at: number }) | undefined;
  readonly ballots: number;
  readonly leaders: readonly (EventOf<'state'> & { at: number })[];
  /** the leader crashed */
  readonly lost: { readonly at: number; readonly node: string } | undefined;
  readonly healed: number | undefined;
}

function course(run: Run<P>): Course {
  const states = run.events.flatMap((e) => (e.kind === 'state' ? [e] : []));
  const notes = run.events.flatMap((e) => (e.kind === 'note' ? [e] : []));
  const leaders = states.filter((e) => e.state === 'leader');
  const crash = run.events.find(
    (e): e is typeof e & EventOf<'fault'> =>
      e.kind === 'fault' &&
      e.fault === 'crash' &&
      leaders.some((l) => l.at < e.at && e.nodes.includes(l.node)),
  );
  const begins = states.filter((e) => e.state === 'phase 1' || e.state === 'preparing');
  return {
    states,
    notes,
    begun: begins[0]?.at,
    done: states.find((e) => e.state === 'done'),
    ballots: begins.length,
    leaders,
    lost: crash && { at: crash.at, node: crash.nodes[0]! },
    healed: run.events.find((e) => e.kind === 'fault' && e.fault === 'heal')?.at,
  };
}

export function headline(run: Run<P>): string {
  const bad = run.verdicts.find((v) => !v.holds);
  const c = course(run);
  if (bad && bad.property !== 'a value is chosen and learned')
    return violations[bad.property] ?? `Violated: ${bad.property}`;
  return run.params.multi ? logHeadline(run, c) : decreeHeadline(c);
}

function decreeHeadline(c: Course): string {
  if (!c.done) return `${c.ballots} ballot${c.ballots === 1 ? '' : 's'}, and nothing is chosen`;
  const adopted = c.notes.find((n) => n.text.startsWith('must propose'));
  if (adopted) {
    const [, theirs, own] = /propose (\S+), not its own (\S+):/.exec(adopted.text) ?? [];
    return `${adopted.node} wants ${own}, hears of ${theirs}, and carries ${theirs} on`;
  }
  if (c.ballots > 1) return `${c.done.detail} is chosen after ${c.ballots} ballots`;
  const knows = c.states.filter((e) => e.state === 'knows').length;
  return `${c.done.detail} is chosen in two round trips${knows > 0 ? `; ${knows} learner${knows > 1 ? 's know' : ' knows'} it` : ''}`;
}

function logHeadline(run: Run<P>, c: Course): string {
  const { lost, leaders, notes } = c;
  const next = lost && leaders.find((l) => l.at > lost.at);
  if (lost && !next) return `${lost.node} is gone and nobody can lead`;
  if (lost && next) {
    const two = phase1(run.params) !== phase2(run.params);
    if (two)
      return `${phase2(run.params)} acceptors keep a leader going, ${phase1(run.params)} make a new one`;
    const gap = notes.find((n) => n.node === next.node && n.at === next.at && n.text.startsWith('fills'));
    if (gap) return `${next.node} takes over and ${gap.text}`;
    return `${next.node} takes over ${ms(next.at - lost.at)} after the crash`;
  }
  const late = caughtUp(c);
  if (late) return `${late.node} ${late.text}`;
  const first = leaders[0];
  return first ? `${first.node} leads: phase 1 once, for every slot to come` : 'Nobody leads yet';
}

/** The learner that had most to catch up with. */
function caughtUp(c: Course): (EventOf<'note'> & { at: number }) | undefined {
  const size = (text: string) => {
    const [, from, to] = /^applies slots (\d+) to (\d+)/.exec(text) ?? [];
    return from === undefined ? 0 : Number(to) - Number(from) + 1;
  };
  return c.notes.filter((n) => size(n.text) > 2).sort((a, b) => size(b.text) - size(a.text))[0];
}

export function span(run: Run<P>) {
  const c = course(run);
  if (c.begun === undefined) return undefined;
  if (!run.params.multi) {
    if (!c.done)
      return {
        from: c.begun,
        to: run.durationUs,
        label: `${ms(run.durationUs - c.begun)}, ${c.ballots} ballots, none succeeds`,
      };
    const adopted = c.notes.find((n) => n.text.startsWith('must propose'));
    const own = c.states.filter((e) => e.node === adopted?.node);
    const from = own.find((e) => e.state === 'phase 1')?.at;
    const to = own.find((e) => e.state === 'done')?.at;
    if (from !== undefined && to !== undefined && c.done.at < from)
      return { from, to, label: `${ms(to - from)}: a later ballot finds the same value` };
    return { from: c.begun, to: c.done.at, label: `${ms(c.done.at - c.begun)} until a proposer knows` };
  }
  const { lost, healed } = c;
  const next = lost && c.leaders.find((l) => l.at > lost.at);
  if (lost && next) return { from: lost.at, to: next.at, label: `${ms(next.at - lost.at)} without a leader` };
  const late = caughtUp(c);
  if (healed !== undefined && late && late.at > healed)
    return { from: healed, to: late.at, label: `${ms(late.at - healed)} to catch up` };
  const first = c.leaders[0];
  return first && { from: c.begun, to: first.at, label: `${ms(first.at - c.begun)} for phase 1` };
}

/** A single value is decided quickly; the empty rest is not worth a picture. */
export function window(run: Run<P>) {
  if (run.params.multi) return undefined;
  const last = run.events.findLast((e) => e.kind === 'deliver' || e.kind === 'state')?.at ?? run.durationUs;
  return { from: 0, to: Math.min(run.durationUs, Math.round(last * 1.25)) };
}

export const footer = (p: P): string =>
  `Paxos after Lamport (2001). One-way delay ${p.latency.text} ms, acceptor writes ${p.fsync.text} ms, quorums ${phase1(p)} and ${phase2(p)} of ${p.acceptors}.`;
