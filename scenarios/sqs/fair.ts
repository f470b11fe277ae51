import type { QueueState, Span, Stored } from './held.ts';
import { isFair, type P } from './params.ts';

/**
 * Fair queues — Amazon SQS Developer Guide, How Amazon SQS fair queues work (read 2026). A tenant with a backlog is
 * noisy once it takes more than a tenth of recent processing time, or of what is in flight with at least 30 messages
 * of its own, until its backlog is gone or it has sent nothing for five minutes. Quiet tenants come first; of several
 * noisy ones the one with the fewest messages in flight.
 */

/** Noisy tenants as of now, and the processing times that still count as recent. */
export function listen(s: QueueState, now: number, p: P): Pick<QueueState, 'noisy' | 'worked'> {
  if (!isFair(p)) return s;
  const since = now - p.noisyWindow * 1000;
  const worked = s.worked.some((w) => w.to < since) ? s.worked.filter((w) => w.to >= since) : s.worked;
  const backlog = new Set(s.messages.filter((m) => !m.inFlight).map((m) => m.body.group));
  const loud = loudest(s.messages, worked, since, now, p);
  const noisy = [...backlog]
    .filter((g) => s.noisy.includes(g) || loud.has(g))
    .filter((g) => now - (s.sent[g] ?? now) < p.noisySilence * 1000);
  const same = noisy.length === s.noisy.length && noisy.every((g) => s.noisy.includes(g));
  return { worked, noisy: same ? s.noisy : noisy };
}

function loudest(
  messages: readonly Stored[],
  worked: readonly Span[],
  since: number,
  now: number,
  p: P,
): Set<string> {
  const flying = messages.filter((m) => m.inFlight);
  const spans = [...worked, ...flying.map((m) => ({ group: m.body.group, from: m.receivedAt, to: now }))];
  const time = new Map<string, number>();
  let total = 0;
  for (const { group, from, to } of spans) {
    const took = to - Math.max(from, since);
    time.set(group, (time.get(group) ?? 0) + took);
    total += took;
  }
  const loud = new Set<string>();
  for (const [group, took] of time) {
    const own = flying.filter((m) => m.body.group === group).length;
    const crowds = own >= p.noisyInFlight && own > p.noisyShare * flying.length;
    if (crowds || took > p.noisyShare * total) loud.add(group);
  }
  return loud;
}

/** Whom a fair queue serves: messages of quiet tenants if there are any, else of the noisy one with the fewest in flight. */
export function quietFirst(visible: readonly Stored[], s: QueueState): readonly Stored[] {
  const quiet = visible.filter((m) => !s.noisy.includes(m.body.group));
  if (quiet.length > 0 || visible.length === 0) return quiet;
  const inFlight = (group: string) => s.messages.filter((m) => m.inFlight && m.body.group === group).length;
  const groups = [...new Set(visible.map((m) => m.body.group))];
  const [first] = groups.sort((a, b) => inFlight(a) - inFlight(b));
  return visible.filter((m) => m.body.group === first);
}
