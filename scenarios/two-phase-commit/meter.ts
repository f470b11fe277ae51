import type { Meter, MetricInfo } from '../../src/sim/scenario.ts';
import { Doubts, isCoordinator, isParticipant } from './properties.ts';
import { COMMIT_PROTOCOL, COORDINATOR } from './protocol.ts';

export const metrics: Readonly<Record<string, MetricInfo>> = {
  blocked_ms: { unit: 'ms', what: 'longest time one participant was in doubt, its row locked' },
  decided_ms: {
    unit: 'ms',
    what: 'from the coordinator’s first word on a transaction to the last participant’s decision, mean',
  },
  read_ms: { unit: 'ms', what: 'longest time a local read had to wait for its answer' },
  messages: { unit: 'messages', what: 'messages of the commit protocol: 4 a participant for a commit' },
  forced_writes: { unit: 'writes', what: 'log records the protocol waited for' },
  committed: { unit: 'transactions', what: 'transactions committed' },
  aborted: { unit: 'transactions', what: 'transactions aborted' },
  inquiries: { unit: 'messages', what: 'questions asked in doubt' },
};

const FORCED = ['starting', 'committing', 'aborting', 'preparing'];
const PROTOCOL: readonly string[] = COMMIT_PROTOCOL;

export function meter(): Meter {
  const doubts = new Doubts();
  let blocked = 0;
  let forced = 0;
  let messages = 0;
  let inquiries = 0;
  let read = 0;
  const begun = new Map<string, number>();
  const ended = new Map<string, number>();
  const outcome = new Map<string, string>();
  const reads = new Map<number, number>();
  const stages = (state: unknown): Record<string, string> => {
    if (isParticipant(state))
      return Object.fromEntries(Object.entries(state.branches).map(([tx, b]) => [tx, b.is]));
    if (isCoordinator(state))
      return Object.fromEntries(Object.entries(state.transactions).map(([tx, t]) => [tx, t.phase]));
    return {};
  };
  return {
    listens: ['send', 'invoke', 'return'],
    changed(node, before, after, world) {
      for (const d of doubts.see(node, after, world.now)) blocked = Math.max(blocked, d.us);
      if (after === undefined) return undefined;
      const old = stages(before);
      for (const [tx, stage] of Object.entries(stages(after))) {
        if (old[tx] === stage) continue;
        if (FORCED.includes(stage)) forced++;
        if (node === COORDINATOR && !begun.has(tx)) begun.set(tx, world.now);
        if (stage !== 'committed' && stage !== 'aborted') continue;
        if (node !== COORDINATOR && before !== undefined) ended.set(tx, world.now);
        outcome.set(tx, stage);
      }
      return undefined;
    },
    event(e) {
      if (e.kind === 'send') {
        if (PROTOCOL.includes(e.type)) messages++;
        if (e.type === 'Inquire') inquiries++;
      } else if (e.kind === 'invoke' && e.f === 'get') reads.set(e.op, e.at);
      else if (e.kind === 'return' && reads.has(e.op)) {
        read = Math.max(read, e.at - reads.get(e.op)!);
        reads.delete(e.op);
      }
      return undefined;
    },
    end(world) {
      for (const d of doubts.since.values()) blocked = Math.max(blocked, world.now - d.at);
      for (const at of reads.values()) read = Math.max(read, world.now - at);
      const times = [...ended].flatMap(([tx, at]) => (begun.has(tx) ? [at - begun.get(tx)!] : []));
      const count = (what: string) => [...outcome.values()].filter((o) => o === what).length;
      return {
        blocked_ms: blocked / 1000,
        ...(times.length > 0 && {
          decided_ms: times.reduce((a, b) => a + b, 0) / times.length / 1000,
        }),
        ...(read > 0 && { read_ms: read / 1000 }),
        messages,
        forced_writes: forced,
        committed: count('committed'),
        aborted: count('aborted'),
        inquiries,
      };
    },
  };
}
