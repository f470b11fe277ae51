import type { Run } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import { neededMargin, type P } from './params.ts';

/** What happened, read off the trace. */

const ms = (us: number) => Math.round(us / 1000);
type At<E> = E & { readonly at: number };

export const notes = (run: Run<P>, words: RegExp): At<EventOf<'note'>>[] =>
  run.events.filter((e): e is At<EventOf<'note'>> => e.kind === 'note' && words.test(e.text));

export interface Holding {
  readonly node: string;
  readonly token: number;
  readonly from: number;
  /** end of the belief, or of the run */
  readonly to: number;
}

/** Every stretch in which a client believed to have the lock. */
export function holdings(run: Run<P>): Holding[] {
  const open = new Map<string, { token: number; from: number }>();
  const found: Holding[] = [];
  const close = (node: string, to: number) => {
    const held = open.get(node);
    open.delete(node);
    if (held) found.push({ node, ...held, to });
  };
  for (const e of run.events) {
    if (e.kind === 'state' && e.node.startsWith('c')) {
      close(e.node, e.at);
      if (e.state === 'holds') open.set(e.node, { token: Number(e.detail.slice(6)), from: e.at });
    } else if (e.kind === 'fault' && e.fault === 'crash') for (const node of e.nodes) close(node, e.at);
  }
  for (const node of [...open.keys()]) close(node, run.durationUs);
  return found.sort((a, b) => a.from - b.from);
}

export interface Overlap {
  readonly first: Holding;
  readonly second: Holding;
  readonly from: number;
  readonly to: number;
}

/** the longest time two clients believed it together */
export function overlapOf(run: Run<P>): Overlap | undefined {
  const all = holdings(run);
  let best: Overlap | undefined;
  for (const first of all)
    for (const second of all) {
      if (second.from <= first.from || second.node === first.node) continue;
      const to = Math.min(first.to, second.to);
      if (to > second.from && to - second.from > (best ? best.to - best.from : 0))
        best = { first, second, from: second.from, to };
    }
  return best;
}

const violations: Readonly<Record<string, string>> = {
  'tokens only grow': 'One token is given out twice',
  'the storage refuses older tokens': 'The storage accepts an old token',
  'no update is lost': 'An update is lost in spite of the lock',
  'leases do not overlap': 'Two clients have the lock, and both are awake',
  'the lock becomes free again': 'The lock is never free again',
};

export function headline(run: Run<P>): string {
  const bad = run.verdicts.find((v) => !v.holds && v.promised);
  if (bad) return violations[bad.property] ?? `Violated: ${bad.property}`;
  const m = (name: string) => run.metrics[name] ?? 0;
  const both = overlapOf(run);
  const broken = run.verdicts.find((v) => !v.holds)?.property;
  const twice = notes(run, /^gives \S+ the lock with token/).map((n) => n.text.split(' ').at(-1));
  if (broken === 'tokens only grow' && new Set(twice).size < twice.length)
    return `Two lock servers, two holders: token ${twice.find((t, i) => twice.indexOf(t) < i)} twice`;
  if (broken === 'tokens only grow') return 'Two lock servers lead, each with a holder of its own';
  const refused = notes(run, /^has seen token/)[0];
  if (both && refused)
    return `Two believe they have the lock; the storage believes token ${both.second.token}`;
  if (both && m('updates_lost') > 0)
    return `${both.first.node} sleeps through its lease, wakes and destroys an update`;
  if (both) return `Two clients believe they have the lock for ${ms(both.to - both.from)} ms`;
  const out = notes(run, /^takes over with token [1-9].*run out/)[0];
  const gap = gapOf(run);
  if (leaders(run) > 1 && gap) return 'Only the majority’s side can give the lock on';
  if (out && gap) return 'The lock service comes back and waits out the old lease';
  const { drift, margin } = run.params;
  if (drift > 0 && gap)
    return `Clocks ${drift / 10_000} % wrong, a margin of ${Math.round(margin * 100)} %: ${margin >= neededMargin(run.params) ? 'leases stay apart' : 'apart, by luck'}`;
  const stopped = notes(run, /^stops: by its own clock/)[0];
  if (stopped && gap) return `${gap.node} stops ${ms(gap.to - gap.from)} ms before ${gap.next} may begin`;
  const dead = run.events.find((e) => e.kind === 'fault' && e.fault === 'crash');
  if (dead && gap) return `The holder dies, and its lease frees the lock after ${ms(gap.to - gap.from)} ms`;
  if (m('grants') === 0) return 'Nobody gets the lock';
  return `${m('grants')} grants, ${m('updates')} updates, none lost`;
}

const leaders = (run: Run<P>) =>
  new Set(run.events.flatMap((e) => (e.kind === 'note' && /^leads term/.test(e.text) ? [e.node] : []))).size;

/** from the end of a belief that did not end by release to the next one */
function gapOf(run: Run<P>) {
  const all = holdings(run);
  const released = new Set(notes(run, /releases the lock/).map((n) => `${n.node} ${n.at}`));
  const gaps = all.flatMap((h, i) => {
    const next = all[i + 1];
    if (!next || next.node === h.node || next.from <= h.to || released.has(`${h.node} ${h.to}`)) return [];
    return [{ node: h.node, next: next.node, from: h.to, to: next.from }];
  });
  return gaps.sort((a, b) => b.to - b.from - (a.to - a.from))[0];
}

export function span(run: Run<P>) {
  const both = overlapOf(run);
  if (both)
    return { from: both.from, to: both.to, label: `${ms(both.to - both.from)} ms: two believe they have it` };
  const gap = gapOf(run);
  if (gap) return { from: gap.from, to: gap.to, label: `${ms(gap.to - gap.from)} ms: nobody has it` };
  return undefined;
}

export const footer = (p: P): string =>
  `Lease ${p.lease} ms, ${Math.round(p.margin * 100)} % margin${p.drift > 0 ? `, clocks ${p.drift / 10000} % apart from true` : ''}; delay ${p.latency.text} ms. Clients count from asking, servers from hearing.`;
