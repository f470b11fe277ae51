import type { Run } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import type { P } from './params.ts';
import { COMMIT_PROTOCOL, COORDINATOR } from './protocol.ts';

/** What happened, read off the trace. */

const ms = (us: number) => Math.round(us / 1000);
type At<E> = E & { readonly at: number };

export const notes = (run: Run<P>, words: RegExp): At<EventOf<'note'>>[] =>
  run.events.filter((e): e is At<EventOf<'note'>> => e.kind === 'note' && words.test(e.text));

export const states = (run: Run<P>): At<EventOf<'state'>>[] =>
  run.events.filter((e): e is At<EventOf<'state'>> => e.kind === 'state');

export interface Doubt {
  readonly node: string;
  readonly tx: string;
  readonly from: number;
  readonly to: number;
  /** undefined while it lasts */
  readonly ended?: string;
}

/** Every stretch in doubt; one that a crash interrupts counts on, since the lock stays. */
export function doubtsOf(run: Run<P>): Doubt[] {
  const open = new Map<string, { tx: string; from: number }>();
  const found: Doubt[] = [];
  for (const e of states(run)) {
    const before = open.get(e.node);
    if (e.state === 'in doubt') {
      if (!before) open.set(e.node, { tx: e.detail, from: e.at });
    } else if (before && (e.state === 'committed' || e.state === 'aborted')) {
      open.delete(e.node);
      found.push({ node: e.node, ...before, to: e.at, ended: e.state });
    }
  }
  for (const [node, d] of open) found.push({ node, ...d, to: run.durationUs });
  return found;
}

const longest = (run: Run<P>): Doubt | undefined =>
  doubtsOf(run).sort((a, b) => b.to - b.from - (a.to - a.from))[0];

const violations: Readonly<Record<string, string>> = {
  atomicity: 'One participant commits what another aborts',
  'no decision is reversed': 'A decision is taken back',
  'commit needs every yes': 'Committed without everybody’s durable yes',
  'a yes-voter never aborts alone': 'A participant breaks its promise and aborts alone',
  'a commit is remembered until it is everywhere': 'The coordinator forgets a commit too soon',
  'clients are told the truth': 'A client is told what is not so',
  'only committed data is read': 'A client reads what was never committed',
  'decided once everybody is up': 'Everybody is up and still nothing is decided',
};

const crashed = (run: Run<P>, who: (node: string) => boolean) =>
  run.events.find((e) => e.kind === 'fault' && e.fault === 'crash' && e.nodes.some(who));

/** two transactions, each waiting at some participant for the other */
function deadlock(run: Run<P>): readonly [string, string] | undefined {
  const waits = notes(run, /^has .* wait: /).flatMap((n) => {
    const found = /^has (\S+) wait: (\S+) holds/.exec(n.text);
    return found ? [[found[1]!, found[2]!] as const] : [];
  });
  return waits.find(([a, b]) => waits.some(([c, d]) => a === d && b === c));
}

export function headline(run: Run<P>): string {
  const bad = run.verdicts.find((v) => !v.holds && v.promised);
  if (bad) return violations[bad.property] ?? `Violated: ${bad.property}`;
  const d = longest(run);
  const peer = run.events.find(
    (e) => e.kind === 'send' && (e.type === 'Commit' || e.type === 'Abort') && e.from !== COORDINATOR,
  );
  if (peer?.kind === 'send' && d)
    return `${peer.to} learns the decision from ${peer.from}: ${ms(d.to - d.from)} ms in doubt`;
  if (d && d.to - d.from > 2000 * run.params.doubt && crashed(run, (n) => n === COORDINATOR)) {
    const who = doubtsOf(run).filter((x) => x.tx === d.tx).length;
    const all = who === run.params.participants ? `All ${who}` : `${who} of ${run.params.participants}`;
    return d.ended
      ? `${all} in doubt for ${ms(d.to - d.from)} ms, until the coordinator is back`
      : `${all} in doubt, their rows locked, and nobody to decide`;
  }
  const circle = deadlock(run);
  if (circle) return `${circle[0]} and ${circle[1]} wait for each other until a timeout ends it`;
  const alone = notes(run, /was never asked/)[0];
  if (alone) return `${alone.node} has not voted and aborts alone; the others must wait`;
  const back = notes(run, /in doubt again/)[0];
  if (back) return `${back.node} comes back in doubt and asks what was decided`;
  const no = notes(run, /votes no/)[0];
  const { committed = 0, aborted = 0 } = run.metrics;
  if (committed + aborted > 1) return `${committed} committed everywhere, ${aborted} aborted everywhere`;
  if (no) return `${no.node} votes no, so nobody commits`;
  if (aborted > 0) return 'Aborted everywhere: not all could vote in time';
  if (committed > 0)
    return `All vote yes: committed everywhere after ${ms((run.metrics.decided_ms ?? 0) * 1000)} ms`;
  return 'Nothing is decided yet';
}

export function span(run: Run<P>) {
  const d = longest(run);
  if (d && d.to - d.from > 1000 * run.params.doubt)
    return { from: d.from, to: d.to, label: `${d.node}: ${ms(d.to - d.from)} ms in doubt` };
  const first = run.events.find((e) => e.kind === 'invoke' && e.f === 'transfer');
  const tx = first?.kind === 'invoke' ? first.key : undefined;
  const ends = states(run).filter(
    (e) => e.node !== COORDINATOR && e.detail === tx && (e.state === 'committed' || e.state === 'aborted'),
  );
  const last = ends.at(-1);
  if (!first || !last) return undefined;
  const what = last.state === 'committed' ? 'to commit' : 'to abort';
  return { from: first.at, to: last.at, label: `${ms(last.at - first.at)} ms ${what} everywhere` };
}

/** Up to where something still happens: silence is not worth a picture. */
export function window(run: Run<P>) {
  let at = 0;
  for (const e of run.events) {
    const commit = e.kind === 'send' && COMMIT_PROTOCOL.some((type) => type === e.type);
    if (commit || e.kind === 'state' || (e.kind === 'return' && e.outcome === 'unknown')) at = e.at;
  }
  return { from: 0, to: Math.min(run.durationUs, at + 45_000) };
}

export const footer = (p: P): string =>
  `One row a participant; presumed ${p.presume}. Forced write ${p.disk.text} ms, one-way delay ${p.latency.text} ms.`;
