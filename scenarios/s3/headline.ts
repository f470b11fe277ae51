import type { Run } from '../../src/sim/scenario.ts';
import type { P } from './params.ts';
import { missed, Sights } from './seen.ts';

const plural = (n: number, one: string, more = `${one}s`) => `${n} ${n === 1 ? one : more}`;

export function headline(run: Run<P>): string {
  const m = (name: string) => run.metrics[name] ?? 0;
  const p = run.params;
  if (p.workload === 'conditional') {
    if (m('lost_updates') > 0) return `${m('lost_updates')} of ${m('updates')} acknowledged updates are gone`;
    const refused = m('refused_412') + m('refused_409');
    return refused > 0
      ? `${plural(m('updates'), 'update')}, none lost: ${m('refused_412')} × 412, ${m('refused_409')} × 409`
      : `${plural(m('updates'), 'update')}, none lost, nobody in the way`;
  }
  const wrong = m('stale_reads') + m('false_404') + m('deleted_reads') + m('wrong_lists');
  if (wrong > 0) {
    const kinds = [
      m('false_404') > 0 ? plural(m('false_404'), 'false 404') : '',
      m('stale_reads') > 0 ? `${m('stale_reads')} old` : '',
      m('deleted_reads') > 0 ? `${m('deleted_reads')} deleted` : '',
      m('wrong_lists') > 0 ? plural(m('wrong_lists'), 'LIST') : '',
    ];
    return `${wrong} of ${m('readings')} readings wrong: ${kinds.filter((kind) => kind !== '').join(', ')}`;
  }
  return m('stale_copies') > 0
    ? `No stale read: ${plural(m('stale_copies'), 'old copy', 'old copies')} caught by the witness`
    : 'No stale read, and no stale copy either';
}

export function span(run: Run<P>) {
  if (run.params.workload === 'conditional') return longest(run);
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
      label: `still stale ${Math.round((worst.to - worst.from) / 1000)} ms after the write`,
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
