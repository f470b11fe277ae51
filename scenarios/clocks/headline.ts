import type { Run } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import { plural } from '../../src/sim/words.ts';
import type { P } from './params.ts';
import { LOCAL, RECEIVE, REFUSE, SEND } from './process.ts';
import { WAITS } from './register.ts';
import { parse } from './stamps.ts';

type Bar = EventOf<'state'> & { readonly at: number };

const round = (n: number | undefined) => Math.round(n ?? 0);

/** One sentence of what this run shows, at most 72 characters. */
export function headline(run: Run<P>): string {
  const { work, clock } = run.params;
  const { inversions = 0, concurrent_pairs = 0, skew_ms = 0, lost_writes = 0, overlap_ms = 0 } = run.metrics;
  const broken = run.verdicts.find((v) => !v.holds && v.promised);
  if (work === 'lease') {
    if (overlap_ms > 0) return `Two holders for ${round(overlap_ms)} ms: one trusts a clock that was set`;
    if (broken) return `Violated: ${broken.property}`;
    return (run.metrics.false_durations ?? 0) > 0
      ? 'A clock is set, and a piece of work ends before it began'
      : `The wall clock was ${round(skew_ms)} ms off; the lease did not notice`;
  }
  if (work === 'register') {
    if (lost_writes > 0)
      return `${plural(lost_writes, 'acknowledged write')} lost to ${clock === 'lamport' ? 'a greater count' : `a clock ${round(skew_ms)} ms ahead`}`;
    if (broken) return `Violated: ${broken.property}`;
    const waited = run.metrics.commit_wait_ms;
    return waited === undefined
      ? 'No later write lost, this time'
      : `Writes wait ${round(waited)} ms, and stamps follow real time`;
  }
  if (broken)
    return inversions > 0 ? 'An effect is stamped before its cause' : `Violated: ${broken.property}`;
  switch (clock) {
    case 'wall':
      return inversions > 0
        ? `${plural(inversions, 'effect')} stamped no later than the cause`
        : 'Wall clocks close enough, this time';
    case 'vector':
      return `${concurrent_pairs} concurrent pairs, every one recognised`;
    case 'hybrid': {
      const refused = run.events.filter((e) => e.kind === 'state' && e.state === REFUSE).length;
      if (refused > 0) return `${plural(refused, 'stamp')} refused: too far ahead of the clock`;
      const back = setBack(run);
      return back
        ? `A clock is set back ${-back.offsetMs} ms and no stamp goes back`
        : `Clocks ${round(skew_ms)} ms apart, and causes still come first`;
    }
    default: {
      const back = run.events.find((e) => e.kind === 'fault' && e.fault === 'restart');
      if (back?.kind === 'fault')
        return `${back.nodes[0]} is back from a crash, and its stamps go on where they were`;
      return `Causes come first, but ${concurrent_pairs} unrelated pairs look ordered too`;
    }
  }
}

/** The first time a clock is set back while the processes are at work. */
export function setBack(run: Run<P>) {
  for (const event of run.events)
    if (event.kind === 'fault' && event.fault === 'clock' && event.offsetMs < 0 && event.at > 0)
      return { at: event.at, node: event.nodes[0] ?? '', offsetMs: event.offsetMs };
  return undefined;
}

/** The key figure as a stretch of time. */
export function span(run: Run<P>) {
  const states = run.events.filter((e): e is Bar => e.kind === 'state');
  const ms = (from: number, to: number) => `${round((to - from) / 1000)} ms`;
  if (run.params.work === 'lease') {
    const overlap = run.metrics.overlap_ms ?? 0;
    if (overlap === 0) return undefined;
    const grants = states.filter((e) => e.state === 'lease granted');
    const stale = grants.find((g, i) => i > 0 && holdsOld(states, g.at, grants[i - 1]!.detail));
    return (
      stale && {
        from: stale.at,
        to: stale.at + overlap * 1000,
        label: `${round(overlap)} ms with two holders`,
      }
    );
  }
  if (run.params.work === 'register') {
    const waits = states.flatMap((e, i) => {
      if (e.state !== WAITS) return [];
      const next = states.slice(i + 1).find((n) => n.node === e.node);
      return next ? [{ from: e.at, to: next.at, label: `${ms(e.at, next.at)} commit wait` }] : [];
    });
    return waits[0];
  }
  const back = run.params.clock === 'hybrid' ? setBack(run) : undefined;
  if (!back) return undefined;
  const own = states.filter((e) => e.node === back.node && [LOCAL, SEND, RECEIVE].includes(e.state));
  const before = own.filter((e) => e.at <= back.at).at(-1);
  const moves = before && own.find((e) => e.at > back.at && parse(e.detail)[0]! > parse(before.detail)[0]!);
  return moves && { from: back.at, to: moves.at, label: `${ms(back.at, moves.at)} in which only c counts` };
}

/** Whether the holder of this grant (`n1 #3`) still says so at that time. */
function holdsOld(states: readonly Bar[], at: number, grant: string): boolean {
  const [node, number] = grant.split(' ');
  const last = states.filter((e) => e.node === node && e.at <= at).at(-1);
  return last?.state === 'holds the lease' && last.detail.split(',')[0] === number;
}

/** Once the last operation has ended, replicas only repeat themselves. */
export function window(run: Run<P>) {
  if (run.params.work !== 'register') return undefined;
  let last = 0;
  for (const event of run.events) if (event.kind === 'return' || event.kind === 'invoke') last = event.at;
  const settle = run.params.settle * 1000;
  return { from: 0, to: Math.min(run.durationUs, Math.max(last, run.durationUs - settle) + settle * 0.15) };
}
