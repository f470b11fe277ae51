import type { Run } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import type { P } from './params.ts';

/** What happened, read off the trace. */

const ms = (us: number) => Math.round(us / 1000);
type At<E> = E & { readonly at: number };

export const notes = (run: Run<P>, words: RegExp): At<EventOf<'note'>>[] =>
  run.events.filter((e): e is At<EventOf<'note'>> => e.kind === 'note' && words.test(e.text));

const violations: Readonly<Record<string, string>> = {
  'nothing is invented': 'A node has a value nobody wrote',
  'no older version comes back': 'What was deleted comes back',
  'everybody knows in the end': 'The rumour does not reach everybody',
  'beliefs only move forward': 'An old claim overrides a newer one',
  'whoever can refute is not declared dead': 'A member that lives is declared dead all the same',
  'everybody agrees who is alive in the end': 'The members never agree who is alive',
};

/** When each node first knew, in order. */
export function heardAt(run: Run<P>): { node: string; at: number }[] {
  const first = new Map<string, number>();
  for (const e of run.events)
    if (e.kind === 'state' && e.state !== 'ignorant' && !first.has(e.node)) first.set(e.node, e.at);
  return [...first].map(([node, at]) => ({ node, at })).sort((a, b) => a.at - b.at);
}

/** the fault the run is about: the first crash or pause of a member */
export function blow(run: Run<P>): { node: string; at: number; fault: 'crash' | 'pause' } | undefined {
  for (const e of run.events)
    if (e.kind === 'fault' && (e.fault === 'crash' || e.fault === 'pause'))
      return { node: e.nodes[0]!, at: e.at, fault: e.fault };
  return undefined;
}

/** when each other member first believed this one dead */
export function buried(run: Run<P>, node: string, from: number): { node: string; at: number }[] {
  const first = new Map<string, number>();
  for (const e of notes(run, new RegExp(`^declares ${node} dead`)))
    if (e.at >= from && !first.has(e.node)) first.set(e.node, e.at);
  return [...first].map(([id, at]) => ({ node: id, at }));
}

export function headline(run: Run<P>): string {
  const bad = run.verdicts.find((v) => !v.holds && v.promised);
  if (bad) return violations[bad.property] ?? `Violated: ${bad.property}`;
  return run.params.mode === 'rumour' ? ofRumour(run) : ofMembership(run);
}

function ofRumour(run: Run<P>): string {
  const { nodes, exchange, story, interest } = run.params;
  const { rounds, residue = 1 } = run.metrics;
  const deaf = Math.round(residue * nodes);
  if (story === 'delete') {
    const last = notes(run, /^hears v2: deleted/).at(-1);
    return last ? `The deletion reaches ${last.node} too, and nothing comes back` : 'The item is deleted';
  }
  if (deaf > 0 && interest > 0) return `The rumour dies out: ${deaf} of ${nodes} never hear it`;
  if (deaf > 0) return `${nodes - deaf} of ${nodes} have heard so far`;
  return `${exchange}: all ${nodes} nodes know after ${rounds} round${rounds === 1 ? '' : 's'}`;
}

function ofMembership(run: Run<P>): string {
  const { false_positives: wronged = 0, refutations = 0, detected_ms: detected } = run.metrics;
  const hit = blow(run);
  const slow = run.events.find((e) => e.kind === 'fault' && e.fault === 'delay');
  if (slow?.kind === 'fault' && slow.nodes[0]) {
    const by = notes(run, /^suspects/).filter(
      (n) => n.node === slow.nodes[0] && !n.text.includes('says'),
    ).length;
    return `${slow.nodes[0]} is slow and suspects others ${by} times; ${wronged} declared dead`;
  }
  if (hit?.fault === 'pause') {
    if (wronged > 0)
      return `${hit.node} only sleeps, and is declared dead ${wronged} time${wronged === 1 ? '' : 's'}`;
    if (refutations > 0)
      return `${hit.node} sleeps, is suspected and refutes ${refutations} time${refutations === 1 ? '' : 's'}: nobody buries it`;
    return `${hit.node} sleeps and nobody notices`;
  }
  if (hit && detected !== undefined)
    return `${hit.node} dies and is declared dead after ${Math.round(detected)} ms`;
  if (hit) return `${hit.node} dies and nobody has declared it dead yet`;
  return wronged > 0 ? `${wronged} live members declared dead` : 'All members believe all others alive';
}

export function span(run: Run<P>) {
  if (run.params.mode === 'rumour') {
    const all = heardAt(run);
    if (run.params.story === 'delete') {
      const from = notes(run, /^deletes/)[0];
      const to = notes(run, /^hears v2: deleted/).at(-1);
      return from && to
        ? { from: from.at, to: to.at, label: `${ms(to.at - from.at)} ms until the deletion is everywhere` }
        : undefined;
    }
    const [first, last] = [all[0], all.at(-1)];
    if (!first || !last || last === first) return undefined;
    const who =
      all.length === run.params.nodes ? `all ${all.length}` : `${all.length} of ${run.params.nodes}`;
    return { from: first.at, to: last.at, label: `${ms(last.at - first.at)} ms until ${who} know` };
  }
  const hit = blow(run);
  if (!hit) return undefined;
  if (hit.fault === 'crash') {
    const all = buried(run, hit.node, hit.at);
    const to = all.at(-1);
    return (
      to && {
        from: hit.at,
        to: to.at,
        label: `${ms(to.at - hit.at)} ms until ${all.length} count it as dead`,
      }
    );
  }
  const said = notes(run, new RegExp(`^(suspects|declares) ${hit.node}`))[0];
  const back = said && notes(run, new RegExp(`^counts ${hit.node} as alive`)).find((n) => n.at > said.at);
  const what = run.params.suspicion ? 'under suspicion' : 'counted as dead';
  return said && back
    ? { from: said.at, to: back.at, label: `${hit.node}: ${ms(back.at - said.at)} ms ${what}` }
    : undefined;
}

/** The part in which something happens. */
export function window(run: Run<P>) {
  let at = 0;
  let from = 0;
  if (run.params.mode === 'rumour') {
    for (const e of run.events)
      if (e.kind === 'state' || (e.kind === 'fault' && e.fault !== 'heal')) at = e.at;
    at += run.params.interval * 1500;
  } else {
    const hit = blow(run);
    if (!hit) return undefined;
    from = Math.max(0, hit.at - run.params.period * 2000);
    for (const e of run.events)
      if (e.kind === 'state' || (e.kind === 'fault' && e.fault !== 'heal')) at = e.at;
    at += run.params.period * 2000;
  }
  return { from, to: Math.min(run.durationUs, at) };
}

export const footer = (p: P): string =>
  p.mode === 'rumour'
    ? `Demers et al. 1987: one call a node and round of ${p.interval} ms, ${p.exchange}${p.interest > 0 ? `, interest lost with 1/${p.interest}` : ''}. Delay ${p.latency.text} ms.`
    : `SWIM 2002: period ${p.period} ms, ${p.suspicion ? `suspicion ${p.suspicionTimeout} ms` : 'no suspicion'}, ${p.helpers} helpers${p.lifeguard ? ', local health' : ''}. Delay ${p.latency.text} ms.`;
