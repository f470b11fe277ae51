import type { Run } from '../../src/sim/scenario.ts';
import type { P } from './params.ts';

const plural = (n: number, one: string, more = `${one}s`) => `${n} ${n === 1 ? one : more}`;

export function headline(run: Run<P>): string {
  const m = (name: string) => run.metrics[name] ?? 0;
  const p = run.params;
  if (p.workload === 'conditional') {
    if (m('lost_updates') > 0) return `${m('lost_updates')} of ${m('updates')} acknowledged updates are gone`;
    const refused = m('refused_412') + m('refused_409');
    return refused > 0
      ? `${plural(m('updates'), 'update')}, none lost: ${plural(m('refused_412'), '412')}, ${plural(m('refused_409'), '409')}`
      : `${plural(m('updates'), 'update')}, none lost, nobody in the way`;
  }
  const wrong = m('stale_reads') + m('false_404') + m('deleted_reads');
  if (wrong + m('wrong_lists') > 0)
    return [
      m('false_404') > 0 ? plural(m('false_404'), 'false 404', 'false 404s') : '',
      m('stale_reads') > 0 ? `${plural(m('stale_reads'), 'old version')} read` : '',
      m('deleted_reads') > 0 ? `${m('deleted_reads')} deleted` : '',
      m('wrong_lists') > 0 ? plural(m('wrong_lists'), 'wrong LIST') : '',
    ]
      .filter((part) => part !== '')
      .join(', ');
  return m('stale_copies') > 0
    ? `No stale read: ${plural(m('stale_copies'), 'old copy', 'old copies')} caught by the witness`
    : 'No stale read, and no stale copy either';
}
