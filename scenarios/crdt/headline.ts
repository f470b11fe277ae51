import type { Run } from '../../src/sim/scenario.ts';
import { plural } from '../../src/sim/words.ts';
import type { P } from './params.ts';
import { MERGED, OWN } from './protocol.ts';

/** One sentence of what this run shows, at most 72 characters. */
export function headline(run: Run<P>): string {
  const {
    updates = 0,
    converged_ms,
    overwritten = 0,
    add_wins = 0,
    excess = 0,
    lowest = 0,
    lost = 0,
  } = run.metrics;
  const broken = run.verdicts.find((v) => !v.holds && v.promised);
  const shown = lastShown(run);
  if (excess > 0) {
    const most = Math.max(...[...shown.values()].map(Number));
    return `${most - excess} counted, ${most} shown: merging again counts again`;
  }
  if (broken)
    return broken.property === 'converged' ? 'The replicas never agree' : `Violated: ${broken.property}`;
  if (converged_ms === undefined) return 'The replicas have not agreed yet';
  const value = [...shown.values()][0] ?? '';
  if (run.events.some((e) => e.kind === 'fault' && e.fault === 'restart' && e.wipe))
    return lost > 0
      ? `${plural(lost, 'update')} gone with a disk, none counted twice`
      : `A disk is lost, and all still agree on ${value}`;
  switch (run.params.type) {
    case 'lww-register':
      return overwritten > 0
        ? `All agree, and ${overwritten} of ${plural(updates, 'write')} are gone unseen`
        : `All agree on ${value}, this time without a conflict`;
    case 'or-set':
      return add_wins > 0
        ? `${plural(add_wins, 'add')} outlive${add_wins === 1 ? 's' : ''} a remove that had not seen ${add_wins === 1 ? 'it' : 'them'}`
        : `All agree on ${value}`;
    case 'pn-counter':
      return lowest < 0
        ? `Each guards its own view; together they are ${-lowest} below zero`
        : `All agree on ${value}, and it stayed above zero`;
    default:
      return `Nobody was asked, and all count ${value} in the end`;
  }
}

/** What each replica showed last. */
function lastShown(run: Run<P>): Map<string, string> {
  const shown = new Map<string, string>();
  for (const e of run.events)
    if (e.kind === 'state' && (e.state === OWN || e.state === MERGED)) shown.set(e.node, e.detail);
  return shown;
}

/** From the last healing or update until all were equal. */
export function span(run: Run<P>) {
  const since = lastDisturbance(run);
  const ms = run.metrics.converged_ms;
  if (ms === undefined || since === undefined) return undefined;
  return { from: since, to: since + ms * 1000, label: `${Math.round(ms)} ms to agree` };
}

function lastDisturbance(run: Run<P>): number | undefined {
  let at: number | undefined;
  for (const e of run.events)
    if ((e.kind === 'state' && e.state === OWN) || (e.kind === 'fault' && e.fault === 'heal')) at = e.at;
  return at;
}

/** Once all are equal they only repeat themselves. */
export function window(run: Run<P>) {
  const agreed = span(run);
  return agreed && { from: 0, to: Math.min(run.durationUs, agreed.to + 150_000) };
}
