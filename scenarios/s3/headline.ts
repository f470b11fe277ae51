import type { Run } from '../../src/sim/scenario.ts';
import { plural } from '../../src/sim/words.ts';
import type { P } from './params.ts';
import { spell } from './seen.ts';

export function headline(run: Run<P>): string {
  const m = (name: string) => run.metrics[name] ?? 0;
  const p = run.params;
  if (p.workload === 'replication') return replicated(run);
  if (p.workload === 'load') return throttled(run);
  if (p.workload === 'multipart') return uploaded(run);
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

function replicated(run: Run<P>): string {
  const m = (name: string) => run.metrics[name] ?? 0;
  if (m('lost_writes') > 0)
    return `Region lost: ${m('lost_writes')} of ${m('versions')} writes gone, the oldest ${spell(m('rpo_s') * 1e6)} old`;
  if (run.metrics.lost_writes === 0)
    return `Region lost, and every one of ${m('versions')} writes had been copied`;
  if (m('missed_threshold') > 0)
    return `${plural(m('missed_threshold'), 'version')} not replicated in time, the slowest after ${spell(m('lag_max_s') * 1e6)}`;
  return m('stale_remote_reads') > 0
    ? `${plural(m('stale_remote_reads'), 'stale read')} in the replica Region, up to ${spell(m('lag_max_s') * 1e6)} behind`
    : `Every copy within ${spell(m('lag_max_s') * 1e6)}, and nobody read too early`;
}

function throttled(run: Run<P>): string {
  const m = (name: string) => run.metrics[name] ?? 0;
  const share = (x: number) => `${(x * 100).toFixed(x < 0.1 ? 1 : 0)} %`;
  if (m('refused_share') === 0) return 'Every request is served at once';
  const refused = `${share(m('refused_share'))} get 503`;
  if (m('partitions') === 1) return `${refused}: one partition for all of it`;
  if (m('late_refused_share') > 0.02)
    return run.params.keys === 'sequential-date' && run.params.newDateEvery > 0
      ? `${refused}: ${m('partitions')} partitions, but a new date begins in one`
      : `${refused}: ${m('partitions')} partitions are not enough`;
  return `${refused}, then none: ${m('partitions')} partitions share the load`;
}

function uploaded(run: Run<P>): string {
  const m = (name: string) => run.metrics[name] ?? 0;
  const broken = run.verdicts.find((v) => !v.holds);
  if (broken)
    return broken.property === 'abandoned parts are removed'
      ? 'Parts nobody finishes are billed for ever'
      : `Violated: ${broken.property}`;
  const whole =
    run.metrics.visible_ms === undefined
      ? ''
      : `${Math.round(run.params.size)} MiB appear at once after ${spell(m('visible_ms') * 1000)}`;
  const swept = m('aborted') > 0 ? `${plural(m('aborted'), 'upload')} aborted by rule` : '';
  return (
    [whole, swept].filter((part) => part !== '').join('; ') || 'Nothing can be read: no upload was completed'
  );
}
