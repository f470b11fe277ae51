import type { Property } from '../../src/sim/scenario.ts';
import { Clockwork } from './oracle.ts';
import type { P } from './params.ts';
import { isState, nodesOf } from './states.ts';

const ms = (us: number) => `${Math.round(us / 1000)} ms`;

export const isLease = (p: P) => p.work === 'lease';

export const oneHolder: Property<P> = {
  kind: 'always',
  what: 'One holder at a time: nobody works under a lease after a newer one was granted.',
  judged: isLease,
  promised: (p) => p.timer === 'monotonic',
  fold: () => ({
    start: { grant: 0, to: '' },
    changed(seen: { grant: number; to: string }, node, before: unknown, after: unknown) {
      if (!isState(after)) return seen;
      if (after.kind === 'lock')
        return after.grant > seen.grant ? { grant: after.grant, to: after.holder ?? '' } : seen;
      if (after.kind !== 'holder' || !after.acted) return seen;
      const fresh = !isState(before) || before.kind !== 'holder' || before.acted !== after.acted;
      return fresh && after.acted.grant < seen.grant
        ? `${node} works under lease #${after.acted.grant} although #${seen.grant} was granted to ${seen.to}`
        : seen;
    },
  }),
};

export const durations: Property<P> = {
  kind: 'always',
  what: 'Durations are true: what a holder measures for a piece of work is what it took, within 1 ms and 0.1 %.',
  judged: isLease,
  promised: (p) => p.timer === 'monotonic',
  monitor() {
    const begun = new Map<string, { piece: number; at: number }>();
    return {
      changed(node, _before, after: unknown, world) {
        if (!isState(after) || after.kind !== 'holder') return undefined;
        const { work, took } = after;
        const start = begun.get(node);
        const done = took && start?.piece === took.piece ? world.now - start.at : undefined;
        if (work && start?.piece !== work.piece) begun.set(node, { piece: work.piece, at: world.now });
        if (took === null || done === undefined || Math.abs(took.us - done) <= 1000 + done / 1000)
          return undefined;
        return `${node} measures ${ms(took.us)} for a piece of work that took ${ms(done)}`;
      },
    };
  },
};

export const halfRoundTrip: Property<P> = {
  kind: 'always',
  what: 'An offset measured by NTP is wrong by at most half the round trip (RFC 5905; Mills 1991).',
  judged: isLease,
  monitor() {
    let clocks: Clockwork | undefined;
    return {
      listens: ['fault'],
      event(event, world) {
        clocks ??= new Clockwork(nodesOf(world));
        if (event.kind === 'fault') clocks.hear(event.at, event);
        return undefined;
      },
      changed(node, before: unknown, after: unknown, world) {
        if (!isState(after) || after.kind !== 'holder' || !after.measured) return undefined;
        if (isState(before) && before.kind === 'holder' && before.measured === after.measured)
          return undefined;
        clocks ??= new Clockwork(nodesOf(world));
        const { offset, roundTrip, correction } = after.measured;
        const truth = clocks.read('ntp', world.now) - (clocks.read(node, world.now) + correction);
        const error = Math.abs(offset - truth);
        // Half a µs of rounding, and clocks that drift while the answer is on its way.
        return error > roundTrip / 2 + 2 + roundTrip / 1000
          ? `${node} measures an offset of ${ms(offset)} in a round trip of ${ms(roundTrip)}; the truth is ${ms(truth)}`
          : undefined;
      },
    };
  },
};
