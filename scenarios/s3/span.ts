import type { Run } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import type { P } from './params.ts';
import { SOURCE } from './replication.ts';
import { missed, Sights, spell } from './seen.ts';

export function span(run: Run<P>) {
  switch (run.params.workload) {
    case 'conditional':
      return longest(run);
    case 'replication':
      return recovery(run);
    case 'load':
      return refusing(run);
    case 'multipart':
      return orphaned(run);
  }
  const sights = new Sights();
  for (const event of run.events) sights.hear(event);
  const all = sights.all;
  const stale = all.flatMap((read) => {
    const write = missed(read, all);
    return write ? [{ from: write.op.return!, to: read.op.invoke }] : [];
  });
  const worst = stale.sort((a, b) => b.to - b.from - (a.to - a.from))[0];
  return (
    worst && {
      ...worst,
      label: `still stale ${spell(worst.to - worst.from)} after the write`,
    }
  );
}

/** The update that took most tries. */
function longest(run: Run<P>) {
  const begun = new Map<number, { from: number; by: string }>();
  let worst: { from: number; to: number; by: string } | undefined;
  for (const e of run.events) {
    if (e.kind === 'invoke' && e.f === 'append') begun.set(e.op, { from: e.at, by: e.process });
    const call = e.kind === 'return' ? begun.get(e.op) : undefined;
    if (call && (!worst || e.at - call.from > worst.to - worst.from)) worst = { ...call, to: e.at };
  }
  if (!worst || run.metrics.refused_412 === undefined || !run.params.condition) return undefined;
  const { from, to, by } = worst;
  const refused = run.events.filter(
    (e) => e.kind === 'note' && e.node === by && e.at > from && e.at < to && e.text.includes(' 4'),
  ).length;
  return refused > 0
    ? { from, to, label: `${by} needs ${refused + 1} tries, ${Math.round((to - from) / 1000)} ms` }
    : undefined;
}

/** From the oldest write that is lost to the loss of its Region. */
function recovery(run: Run<P>) {
  const crash = run.events.find((e) => e.kind === 'fault' && e.fault === 'crash' && e.nodes.includes(SOURCE));
  const rpo = run.metrics.rpo_s;
  if (crash && rpo !== undefined)
    return { from: crash.at - rpo * 1e6, to: crash.at, label: `${spell(rpo * 1e6)} of writes at risk` };
  const cut = run.events.find((e) => e.kind === 'fault' && (e.fault === 'partition' || e.fault === 'cut'));
  const late = run.events.find((e) => e.kind === 'note' && e.text.startsWith('misses the threshold'));
  return cut && late
    ? { from: cut.at, to: late.at, label: `${spell(late.at - cut.at)} until the first alarm` }
    : undefined;
}

/** The longest stretch of 503s. */
function refusing(run: Run<P>) {
  const states = run.events.filter((e): e is EventOf<'state'> => e.kind === 'state');
  const stretches = states.flatMap((e, i) =>
    e.state === 'throttling' ? [{ from: e.at, to: states[i + 1]?.at ?? run.durationUs }] : [],
  );
  const worst = stretches.sort((a, b) => b.to - b.from - (a.to - a.from))[0];
  return worst && { ...worst, label: `${spell(worst.to - worst.from)} of 503s` };
}

/** How long the parts of an upload that was aborted were there for nothing. */
function orphaned(run: Run<P>) {
  const crash = run.events.find(
    (e) => e.kind === 'fault' && e.fault === 'crash' && !e.nodes.includes('bucket'),
  );
  const abort = run.events.find((e) => e.kind === 'note' && e.text.startsWith('aborts'));
  if (!crash || run.metrics.billed_mib_s === undefined) return undefined;
  const to = abort?.at ?? run.durationUs;
  return to > crash.at
    ? { from: crash.at, to, label: `${spell(to - crash.at)} of parts nobody will finish` }
    : undefined;
}
