import type { Monitor, Property } from '../../src/sim/scenario.ts';
import { Causality, Clockwork, type Happened } from './oracle.ts';
import type { P } from './params.ts';
import type { ProcessState } from './process.ts';
import { less } from './stamps.ts';
import { CAUSAL, isState, nodesOf } from './states.ts';

const told = (h: Happened) => `${h.node}’s event ${h.index} (stamped ${h.text})`;
/** the last event of each node that happened before this one */
function* frontier(h: Happened, history: ReadonlyMap<string, readonly Happened[]>) {
  for (const [node, count] of h.past) {
    const before = history.get(node)?.[(node === h.node ? h.index - 1 : count) - 1];
    if (before) yield before;
  }
}

/** Judges each event as it happens, with all that truly happened before it. */
function causal(finding: (h: Happened, oracle: Causality) => string | undefined): Monitor {
  const oracle = new Causality();
  return {
    listens: CAUSAL,
    event(event) {
      const happened = oracle.hear(event);
      return happened && finding(happened, oracle);
    },
  };
}

/** With the last event before it in each process all are covered: stamps grow along each process or that is found first. */
export const causeFirst: Property<P> = {
  kind: 'always',
  what: 'Clock condition: if a happened before b, a is stamped less than b (Lamport 1978).',
  judged: (p) => p.work === 'messages',
  promised: (p) => p.clock !== 'wall',
  monitor: (p) =>
    causal((b, { history }) => {
      for (const a of frontier(b, history))
        if (!less(a.stamp, b.stamp, p.clock))
          return `${told(a)} happened before ${told(b)}, whose stamp is not greater`;
      return undefined;
    }),
};

export const onlyCause: Property<P> = {
  kind: 'always',
  what: 'The converse: if a is stamped less than b, a happened before b (vector clocks: Fidge 1988, Mattern 1988).',
  judged: (p) => p.work === 'messages' && (p.clock === 'lamport' || p.clock === 'vector'),
  promised: (p) => p.clock === 'vector',
  monitor: (p) =>
    causal((b, { history }) => {
      for (const [node, all] of history) {
        if (node === b.node) continue;
        // The first it does not know has the least stamp of those, the last the greatest.
        const unknown = all[b.past.get(node) ?? 0];
        if (!unknown) continue;
        const last = all[all.length - 1]!;
        if (less(unknown.stamp, b.stamp, p.clock))
          return `${told(unknown)} is stamped less than ${told(b)}, and neither knew of the other`;
        if (less(b.stamp, last.stamp, p.clock))
          return `${told(b)} is stamped less than ${told(last)}, and neither knew of the other`;
      }
      return undefined;
    }),
};

export const monotone: Property<P> = {
  kind: 'always',
  what: 'The stamps of one node only grow, whatever its wall clock does.',
  judged: (p) => p.work === 'messages' && (p.clock === 'hybrid' || p.clock === 'wall'),
  promised: (p) => p.clock === 'hybrid',
  monitor: (p) =>
    causal((b, { history }) => {
      const before = history.get(b.node)?.[b.index - 2];
      return before && !less(before.stamp, b.stamp, p.clock)
        ? `${b.node} stamps ${before.text} and then ${b.text}`
        : undefined;
    }),
};

/** Compares each new stamp of a process with the wall clocks as they truly are. */
function againstClocks(
  finding: (
    node: string,
    before: ProcessState | undefined,
    after: ProcessState,
    pt: number,
    high: number,
  ) => string | undefined,
): Monitor {
  let clocks: Clockwork | undefined;
  return {
    listens: ['fault'],
    event(event, world) {
      clocks ??= new Clockwork(nodesOf(world));
      if (event.kind === 'fault') clocks.hear(event.at, event);
      return undefined;
    },
    changed(node, before: unknown, after: unknown, world) {
      if (!isState(after) || after.kind !== 'process' || before === undefined) return undefined;
      clocks ??= new Clockwork(nodesOf(world));
      clocks.look(world.now);
      const pt = Math.floor(clocks.read(node, world.now) / 1000);
      const was = isState(before) && before.kind === 'process' ? before : undefined;
      return finding(node, was, after, pt, Math.floor(clocks.high / 1000));
    },
  };
}

export const isHybrid = (p: P) => p.work === 'messages' && p.clock === 'hybrid';

export const notBehind: Property<P> = {
  kind: 'always',
  what: 'A hybrid stamp is never behind its node’s wall clock: l ≥ pt (Kulkarni et al. 2014, theorem 2).',
  judged: isHybrid,
  monitor: () =>
    againstClocks((node, _before, after, pt) =>
      after.stamp[0]! < pt ? `${node} stamps ${after.stamp[0]} while its clock reads ${pt}` : undefined,
    ),
};

export const notAhead: Property<P> = {
  kind: 'always',
  what: 'A hybrid stamp is never ahead of every clock: l is what some wall clock has read, so l − pt is at most their skew (Kulkarni et al. 2014, corollary 1).',
  judged: isHybrid,
  monitor: () =>
    againstClocks((node, _before, after, _pt, high) =>
      after.stamp[0]! > high
        ? `${node} stamps ${after.stamp[0]}, and no clock has ever read more than ${high}`
        : undefined,
    ),
};

export const badClockOut: Property<P> = {
  kind: 'always',
  what: 'A stamp too far ahead is not taken over: no node’s l is moved more than maxAhead beyond its own wall clock by a message.',
  judged: isHybrid,
  monitor: (p) =>
    againstClocks((node, before, after, pt) =>
      before && after.stamp[0]! > before.stamp[0]! && after.stamp[0]! - pt > p.maxAhead
        ? `${node} lets a message move it ${after.stamp[0]! - pt} ms ahead of its clock`
        : undefined,
    ),
};
