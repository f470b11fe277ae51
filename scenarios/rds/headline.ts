import type { Run } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import { RDS } from './constants.ts';
import { type P, stores } from './params.ts';
import { plural } from './protocol.ts';

type At<E> = E & { readonly at: number };
export type Told = Run<P>;
const m = (run: Told, name: string) => run.metrics[name] ?? 0;
const s = (us: number) => `${Math.round(us / 1e6)} s`;

export interface Gap {
  readonly app: string;
  readonly from: number;
  readonly to: number;
}

/** Of each application server, its longest time without an acknowledged commit; the longest first. */
export function gaps(run: Told): Gap[] {
  const flying = new Map<number, string>();
  const last = new Map<string, number>();
  const worst = new Map<string, Gap>();
  const see = (app: string, from: number, to: number) => {
    const known = worst.get(app);
    if (!known || to - from > known.to - known.from) worst.set(app, { app, from, to });
  };
  for (const e of run.events) {
    if (e.kind === 'send' && e.type === 'Done' && e.to.startsWith('app')) flying.set(e.id, e.to);
    else if (e.kind === 'deliver') {
      const app = flying.get(e.id);
      if (app === undefined) continue;
      see(app, last.get(app) ?? e.at, e.at);
      last.set(app, e.at);
    }
  }
  for (const [app, at] of last) see(app, at, run.durationUs);
  return [...worst.values()].sort((a, b) => b.to - b.from - (a.to - a.from));
}

export const notes = (run: Told, words: RegExp): At<EventOf<'note'>>[] =>
  run.events.filter((e): e is At<EventOf<'note'>> => e.kind === 'note' && words.test(e.text));

/** The first fault of that name. */
export const faultOf = (run: Told, name: string) =>
  run.events.find((e) => e.kind === 'fault' && e.fault === name);

/** The most storage nodes that were down at once. */
function copiesDown(run: Told): number {
  const down = new Set<string>();
  let most = 0;
  for (const e of run.events) {
    if (e.kind !== 'fault' || (e.fault !== 'crash' && e.fault !== 'restart')) continue;
    for (const id of e.nodes.filter((n) => /^s\d$/.test(n))) {
      if (e.fault === 'crash') down.add(id);
      else down.delete(id);
    }
    most = Math.max(most, down.size);
  }
  return most;
}

/** ReplicaLag as last measured before that time, s. */
export function lagAt(run: Told, at: number): number {
  let lag = 0;
  for (const e of run.events)
    if (e.kind === 'sample' && e.series.startsWith('lag ') && e.at <= at) lag = e.value;
  return lag;
}

/** When the old primary stopped by itself, and when RDS turned to another one. */
export function fencing(run: Told): { node: string; stopped: number; chosen: number } | undefined {
  // A writer that was never cut off and stops all the same is another story.
  if (!faultOf(run, 'partition') && !faultOf(run, 'cut')) return undefined;
  const stop = notes(run, /^has not been answered by RDS/)[0];
  const choice = stop && notes(run, /: fails over to|^promotes /).find((n) => n.at > stop.at);
  return stop && choice ? { node: stop.node, stopped: stop.at, chosen: choice.at } : undefined;
}

export function headline(run: Told): string {
  const p = run.params;
  const broken = run.verdicts.find((v) => !v.holds && v.promised);
  if (broken) return VIOLATIONS[broken.property] ?? `Violated: ${broken.property}`;
  const lost = m(run, 'lost_commits');
  const split = run.verdicts.find((v) => v.property === 'one primary at a time' && !v.holds);
  if (split && lost > 0) return `Two primaries: ${plural(lost, 'commit')} stand only on the old one`;
  const crash = faultOf(run, 'crash');
  if (lost > 0)
    return `${plural(lost, 'acknowledged commit')} gone: the replica was ${Math.round(lagAt(run, crash?.at ?? 0))} s behind`;
  const behind = m(run, 'replica_lag');
  if (p.mode === 'replica' && behind > 3 && m(run, 'failovers') === 0)
    return p.reads === 'reader'
      ? `Replica ${Math.round(behind)} s behind: ${m(run, 'stale_reads')} of ${plural(m(run, 'reads'), 'read')} stale`
      : `Replica ${Math.round(behind)} s behind, and nobody reads from it`;
  const all = gaps(run);
  const [worst, best] = [all[0], all.at(-1)];
  if (!worst || !best) return 'Nothing is committed';
  const length = (g: Gap) => g.to - g.from;
  if (p.mode === 'aurora' && faultOf(run, 'partition'))
    return `No side has four of six copies: ${s(length(worst))} without a write, none lost`;
  const fence = fencing(run);
  if (fence && m(run, 'failovers') > 0)
    return `Cut off, ${fence.node} fences itself ${((fence.chosen - fence.stopped) / 1e6).toFixed(1)} s before RDS fails over`;
  if (p.proxy && m(run, 'failovers') > 0)
    return `Requests wait ${s(length(worst))}: ${m(run, 'refused')} refused, ${m(run, 'unknown')} in doubt`;
  if (all.length > 1 && length(worst) > length(best) + 15e6)
    return `${best.app} is back after ${s(length(best))}, ${worst.app} after ${s(length(worst))}: cached DNS`;
  const down = copiesDown(run);
  if (down > 0) {
    const left = ['none', 'one', 'two', 'three', 'four', 'five'][stores(p).length - down] ?? 'some';
    return down > 2
      ? `Down to ${left} copies of six: ${s(length(worst))} without a write, none lost`
      : `Down to ${left} copies of six, and writes go on`;
  }
  // A run that ends without a writer has measured only how long nobody came back.
  if (worst.to === run.durationUs && length(worst) > 4 * p.tick * 1000)
    return `${s(length(worst))} without a commit and no end of it: none is lost`;
  if (length(worst) > 4 * p.tick * 1000) return `${s(length(worst))} without a commit, and none is lost`;
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

export function span(run: Told) {
  const p = run.params;
  if (p.mode === 'replica' && m(run, 'failovers') === 0) return undefined;
  const all = gaps(run);
  // a server that is cut off itself tells nothing of the database
  const found = fencing(run) ? all.at(-1) : all[0];
  if (!found || found.to - found.from < 3 * p.tick * 1000) return undefined;
  const who = all.length > 1 ? ` (${found.app})` : '';
  return { from: found.from, to: found.to, label: `${s(found.to - found.from)} without a commit${who}` };
}

export function footer(p: P): string {
  const { instanceFailoverLeast: least, instanceFailoverMost: most, clusterFailoverMost: cluster } = RDS;
  const group = `One arrow: the commits of ${p.tick / 1000} s.`;
  switch (p.mode) {
    case 'instance':
      return `AWS: typically ${least.value}–${most.value} s; what it is made of, heartbeat and fencing are assumed. ${group}`;
    case 'cluster':
      return `AWS: typically under ${cluster.value} s; what it is made of, heartbeat and fencing are assumed. ${group}`;
    case 'replica':
      return `AWS: a promotion takes minutes; here it is shortened. ${group}`;
    case 'aurora':
      return `One segment and its six copies (Verbitski 2017); a volume has thousands. RDS and DNS not drawn. ${group}`;
  }
}
