import type { Run } from '../../src/sim/scenario.ts';
import { meet, type P } from './params.ts';

const ms = (us: number) => `${Math.round(us / 1000)} ms`;

const violations: Readonly<Record<string, string>> = {
  'fresh reads': 'The sets meet, and yet a committed write is missed',
  'w copies before the ack': 'Acknowledged before enough replicas have it',
  'no acknowledged write lost': 'An acknowledged write is gone',
  'a replica never goes back': 'A replica goes back to an older version',
  linearizable: 'A client sees the new value, then the old one',
  converged: 'The replicas never agree',
};

const after = (p: P) => (p.readAfter === 0 ? 'right after the commit' : `${p.readAfter} ms after the commit`);

export function headline(run: Run<P>): string {
  const { params: p, metrics: m } = run;
  const promised = run.verdicts.find((v) => !v.holds && v.promised);
  if (promised) return violations[promised.property] ?? `Violated: ${promised.property}`;
  const broken = (name: string) => run.verdicts.some((v) => v.property === name && !v.holds);
  const down = run.events.some((e) => e.kind === 'fault' && e.fault === 'crash');
  if (broken('no acknowledged write lost')) return 'Acknowledged by all, kept by none: a write is lost';
  if (m.fresh === undefined) return 'The write is not committed, so nobody reads it';
  const sets = `R+W ${p.r + p.w > p.n ? '>' : p.r + p.w === p.n ? '=' : '<'} N`;
  if (broken('fresh reads')) {
    if (p.sloppy && meet(p)) return `${sets}, and yet the read is stale: stand-ins have the write`;
    if ((m.repairs ?? 0) > 0) return 'A stale read shows who missed the write, and mends it';
    return `${sets}: a read ${after(p)} misses the write`;
  }
  if (broken('linearizable')) return 'Seen, then unseen: R+W > N is not linearizable';
  if (p.writeBack) return 'Once seen, never unseen: the reader stores it first';
  if (p.versions === 'ask') return 'A stamp asked for beats every committed write';
  if ((m.hints ?? 0) > 0) return 'The stand-ins bring home what two replicas missed';
  if (down) return 'All lost power; what was acknowledged is still there';
  if ((m.repairs ?? 0) > 0) return 'The read mends the replica that missed the write';
  return meet(p) ? `${sets}: the read cannot miss the write` : `${sets}, yet a read ${after(p)} is fresh`;
}

/** The inconsistency window, from the commit until the last replica has it; or what a reader waits to store what it saw. */
export function span(run: Run<P>) {
  if (run.params.writeBack) return storing(run);
  const returned = new Map(run.events.flatMap((e) => (e.kind === 'return' ? [[e.op, e] as const] : [])));
  const write = run.events.find(
    (e) => e.kind === 'invoke' && e.f === 'write' && e.value === run.params.writes,
  );
  const commit = write?.kind === 'invoke' ? returned.get(write.op) : undefined;
  const window = run.metrics.window_ms;
  if (commit?.outcome !== 'ok' || window === undefined || window * 20_000 < commit.at) return undefined;
  const to = commit.at + Math.round(window * 1000);
  return { from: commit.at, to, label: `${ms(to - commit.at)} until all ${run.params.n} have it` };
}

function storing(run: Run<P>) {
  const began = run.events.find((e) => e.kind === 'note' && e.text.includes('stores it before'));
  if (began?.kind !== 'note') return undefined;
  const ended = run.events.find(
    (e) => e.kind === 'note' && e.node === began.node && e.at > began.at && e.text.startsWith('reads'),
  );
  if (!ended) return undefined;
  return { from: began.at, to: ended.at, label: `${ms(ended.at - began.at)} to store what it saw` };
}

/** Up to the last thing that happens, with a little air. */
export function window(run: Run<P>) {
  const last = run.events.findLast((e) => e.kind !== 'fault')?.at ?? run.durationUs;
  return { from: 0, to: Math.min(run.durationUs, Math.round(last * 1.04) + 1000) };
}

export const footer = (p: P): string => {
  const [a, r, s] = [p.ackLatency.text, p.readLatency.text, p.replyLatency.text];
  const others = a === r && r === s ? `A, R, S ${a}` : `A ${a}, R ${r}, S ${s}`;
  return `n=${p.n} r=${p.r} w=${p.w}. Delays in ms: W ${p.writeLatency.text}, ${others} (WARS, Bailis et al. 2012).`;
};
