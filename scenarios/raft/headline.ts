import type { Run } from '../../src/sim/scenario.ts';
import { spoken } from '../../src/sim/words.ts';
import type { P } from './params.ts';

/** What happened, read off the trace. */

interface Reign {
  readonly at: number;
  readonly node: string;
  readonly term: number;
}

interface Loss {
  readonly at: number;
  readonly node: string;
  readonly how: 'crash' | 'partition' | 'pause';
}

export interface Course {
  readonly reigns: readonly Reign[];
  /** the leader was lost to the others */
  readonly loss: Loss | undefined;
  /** the reign that followed the loss */
  readonly successor: Reign | undefined;
  /** terms in which somebody stood */
  readonly stood: ReadonlyMap<number, readonly string[]>;
}

export function course(run: Run<P>): Course {
  const reigns: Reign[] = [];
  const stood = new Map<number, string[]>();
  let loss: Loss | undefined;
  for (const event of run.events) {
    if (event.kind === 'state') {
      const term = Number(event.detail.slice(5));
      if (event.state === 'leader') reigns.push({ at: event.at, node: event.node, term });
      if (event.state === 'candidate') stood.set(term, [...(stood.get(term) ?? []), event.node]);
    }
    const last = reigns.at(-1);
    if (event.kind !== 'fault' || loss || !last) continue;
    if ((event.fault === 'crash' || event.fault === 'pause') && event.nodes.includes(last.node))
      loss = { at: event.at, node: last.node, how: event.fault };
    if (event.fault === 'partition') {
      const own = event.groups.find((g) => g.includes(last.node));
      const others = event.groups.flatMap((g) => (g === own ? [] : g)).filter((id) => id.startsWith('n'));
      if (own && others.length > own.filter((id) => id.startsWith('n')).length)
        loss = { at: event.at, node: last.node, how: 'partition' };
    }
  }
  const { at = Number.POSITIVE_INFINITY } = loss ?? {};
  return { reigns, loss, successor: reigns.find((r) => r.at > at), stood };
}

const ms = (us: number) => Math.round(us / 1000);

/** A violation is always the news. */
const violations: Readonly<Record<string, string>> = {
  linearizable: 'A client reads what is no longer true',
  'one leader per term': 'Two leaders in one term',
  'leader append-only': 'A leader loses its own entries',
  'log matching': 'Two logs part ways and nobody notices',
  'leader completeness': 'A leader without a committed entry',
  'state machine safety': 'Two servers apply different commands',
  'committed entries survive': 'A committed entry is lost',
  'each command once': 'One command takes effect twice',
  'a leader is elected': 'No leader is elected',
  'operations succeed again': 'Clients are never served again',
};

export function headline(run: Run<P>): string {
  const bad = run.verdicts.find((v) => !v.holds);
  const { reigns, loss, successor, stood } = course(run);
  if (bad?.property === 'linearizable' && run.params.reads !== 'read-index')
    return 'A deposed leader answers with old data';
  if (bad) return violations[bad.property] ?? `Violated: ${bad.property}`;
  const notes = run.events.flatMap((e) => (e.kind === 'note' ? [e] : []));
  const told = (words: RegExp) => notes.find((n) => words.test(n.text));
  const snapshot = told(/^takes the leader’s snapshot/);
  if (snapshot) return `${snapshot.node} catches up by a snapshot`;
  const joined = notes.filter((n) => /^commits the change/.test(n.text)).at(-1);
  if (joined) return `The cluster now has ${joined.text.match(/\d+/)?.[0]} members`;
  const dark = run.events.some(
    (e) => e.kind === 'fault' && e.fault === 'crash' && e.nodes.length >= run.params.nodes,
  );
  if (dark && successor) return 'Back after the power cut, with nothing acknowledged lost';
  const overwritten = mostRemoved(notes);
  if (overwritten.servers * 2 > run.params.nodes)
    return `An entry on ${overwritten.servers} of ${run.params.nodes} servers is overwritten`;
  const removed = run.recipe.preset === 'log-repair' ? told(/conflict/) : undefined;
  if (removed && successor) return `${removed.node} removes what was never committed`;
  if (loss && !successor)
    return loss.how === 'crash' ? 'No new leader since the crash' : 'The cut-off leader can commit nothing';
  if (loss && successor)
    return loss.how === 'partition'
      ? 'The majority elects a new leader'
      : `${successor.node} takes over ${ms(successor.at - loss.at)} ms after the ${loss.how}`;
  const first = reigns[0];
  if (!first) return 'No leader was elected';
  const split = [...stood].find(([term, who]) => who.length > 1 && !reigns.some((r) => r.term === term));
  if (split) return `Term ${split[0]} is split; ${first.node} wins term ${first.term}`;
  if (reigns.length > 1) return `${reigns.at(-1)!.node} deposes ${first.node}`;
  if (run.params.logs === 'distinct') return `${first.node} wins: its log is long enough for a majority`;
  const asked = notes.find((n) => n.at > first.at && n.text.startsWith('asks whether'));
  if (run.params.preVote && asked) return `${asked.node} returns and disturbs nobody`;
  return `${first.node} leads term ${first.term} after ${ms(first.at)} ms`;
}

export function span(run: Run<P>) {
  const { reigns, loss, successor, stood } = course(run);
  // With several changes of leader none of them is the key figure.
  if (reigns.length > 3) return undefined;
  if (loss && successor)
    return { from: loss.at, to: successor.at, label: `${ms(successor.at - loss.at)} ms to a new leader` };
  const first = reigns[0];
  if (loss || !first) return undefined;
  const tried = [...stood.keys()].filter((term) => term <= first.term).length;
  const terms = tried > 1 ? `, ${tried} terms` : '';
  return { from: 0, to: first.at, label: `${ms(first.at)} ms to a leader${terms}` };
}

/** In how many logs the same entry, by index and term, was removed. */
function mostRemoved(notes: readonly { readonly node: string; readonly text: string }[]): {
  servers: number;
} {
  const removed = new Map<string, Set<string>>();
  for (const { node, text } of notes) {
    const entry = /^removes entr(?:y|ies) (\d+).* term (\d+)/.exec(text);
    if (!entry) continue;
    const key = `${entry[1]} ${entry[2]}`;
    removed.set(key, (removed.get(key) ?? new Set()).add(node));
  }
  return { servers: Math.max(0, ...[...removed.values()].map((nodes) => nodes.size)) };
}

export const footer = (p: P): string =>
  `Raft after Ongaro (2014). One-way delay ${spoken(p.latency.text)} ms, election timeout ${spoken(p.electionTimeout.text)} ms, heartbeat ${p.heartbeat} ms.`;
