import type { Run } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import { RDS } from './constants.ts';
import { type P, stores } from './params.ts';
import { plural } from './protocol.ts';

type At<E> = E & { readonly at: number };
const m = (run: Run<P>, name: string) => run.metrics[name] ?? 0;
const s = (ms: number) => `${Math.round(ms / 1000)} s`;

/** The longest time without a commit of an application server: when it began and when it ended. */
export function gap(run: Run<P>): { from: number; to: number; open: boolean } | undefined {
  const flying = new Map<number, string>();
  const last = new Map<string, number>();
  let best: { from: number; to: number; open: boolean } | undefined;
  const see = (from: number, to: number, open: boolean) => {
    if (!best || to - from > best.to - best.from) best = { from, to, open };
  };
  for (const e of run.events) {
    if (e.kind === 'send' && e.type === 'Done' && e.to.startsWith('app')) flying.set(e.id, e.to);
    else if (e.kind === 'deliver') {
      const app = flying.get(e.id);
      if (app === undefined) continue;
      see(last.get(app) ?? e.at, e.at, false);
      last.set(app, e.at);
    }
  }
  for (const at of last.values()) see(at, run.durationUs, true);
  return best;
}

export function headline(run: Run<P>): string {
  const p = run.params;
  const broken = run.verdicts.find((v) => !v.holds && v.promised);
  if (broken) return VIOLATIONS[broken.property] ?? `Violated: ${broken.property}`;
  const lost = m(run, 'lost_commits');
  const down = m(run, 'downtime_ms');
  const failed = m(run, 'failovers') > 0;
  if (lost > 0)
    return `${plural(lost, 'acknowledged commit')} gone: the replica never had ${lost === 1 ? 'it' : 'them'}`;
  if (p.mode === 'replica' && m(run, 'replica_lag') > 5)
    return `Replica ${Math.round(m(run, 'replica_lag'))} s behind: ${m(run, 'stale_reads')} of ${plural(m(run, 'reads'), 'read')} stale`;
  if (failed) return `${s(down)} without a commit, and none is lost`;
  return `${plural(m(run, 'committed'), 'commit')}, none lost`;
}

const VIOLATIONS: Readonly<Record<string, string>> = {
  'no acknowledged commit is lost': 'Acknowledged, and gone after the failover',
  'one primary at a time': 'Two primaries take writes at once',
  'the standby answers no reads': 'The standby answers a read',
  'logs in order, without gaps': 'A copy of the log has a hole',
  'read your writes': 'A client does not find its own write',
  'callers come back': 'A primary is open, and a caller never finds it',
  'writes come back': 'No primary comes back',
};

export function span(run: Run<P>) {
  const p = run.params;
  if (p.mode === 'replica' && m(run, 'failovers') === 0) return undefined;
  const found = gap(run);
  if (!found || found.to - found.from < 3 * p.tick * 1000) return undefined;
  return { ...found, label: `${s((found.to - found.from) / 1000)} without a commit` };
}

export function footer(p: P): string {
  const { instanceFailoverLeast: least, instanceFailoverMost: most, clusterFailoverMost: cluster } = RDS;
  switch (p.mode) {
    case 'instance':
      return `AWS: typically ${least.value}–${most.value} s. Parts of it, heartbeat and fencing are assumed. One arrow: the commits of ${p.tick / 1000} s.`;
    case 'cluster':
      return `AWS: typically under ${cluster.value} s. Parts of it, heartbeat and fencing are assumed. One arrow: the commits of ${p.tick / 1000} s.`;
    case 'replica':
      return `Promotion takes minutes at AWS; here it is shortened. One arrow: the commits of ${p.tick / 1000} s.`;
    case 'aurora':
      return `One segment of ${stores(p).length} copies; real volumes have thousands. One arrow: the commits of ${p.tick / 1000} s.`;
  }
}

export const notes = (run: Run<P>, words: RegExp): At<EventOf<'note'>>[] =>
  run.events.filter((e): e is At<EventOf<'note'>> => e.kind === 'note' && words.test(e.text));
