import type { Monitor, Property, World } from '../../src/sim/scenario.ts';
import { seen } from './judge-region.ts';
import type { Load, LoadState } from './load.ts';
import type { P } from './params.ts';

const judged = (p: P) => p.workload === 'load';
export const loadOf = (world: World): Load | undefined =>
  (world.state('bucket') as LoadState | undefined)?.load;

/** What the model noted of itself: looked at whenever it reports something, and at the end. */
const audited = (name: string) => (): Monitor => ({
  listens: ['sample'],
  event: (_e, world) => loadOf(world)?.breaches.get(name),
  end: (world) => loadOf(world)?.breaches.get(name),
});

/** Splits until each partition is below its limit, and the time they take, µs. */
function scaled(p: P): number {
  const writes = (p.arrivals.rate * (1 - p.reads)) / p.writeLimit;
  const reads = (p.arrivals.rate * p.reads) / p.readLimit;
  const rounds = Math.ceil(Math.log2(Math.max(1, writes, reads))) + 1;
  return rounds * p.splitAfter * 1000;
}

export const load = {
  'a partition keeps to its limits': {
    kind: 'always',
    what: 'No partition serves more requests than its write and read limits allow (3,500 and 5,500 a second by default).',
    judged,
    monitor: audited('a partition keeps to its limits'),
  },
  'every request is accounted for': {
    kind: 'always',
    what: 'Each request is served, waits for another attempt, or failed after its last.',
    judged,
    monitor: audited('every request is accounted for'),
  },
  'every key has one partition': {
    kind: 'always',
    what: 'The partitions cover all keys, without gap or overlap, before and after each split.',
    judged,
    monitor: audited('every key has one partition'),
  },
  'the 503s end': {
    kind: 'eventually',
    what: 'Once the bucket has had time to split, requests at a steady rate are served: hardly a 503 in the last third of the run.',
    // A rate that rises has to be followed again and again: only one that stays is judged, and only after time enough.
    judged: (p) =>
      judged(p) && !p.arrivals.text.startsWith('burst') && scaled(p) * 1.2 < (p.simSeconds * 2e6) / 3,
    // Keys that begin with the date leave behind what was split for the last one.
    promised: (p) => p.keys === 'hashed' || p.newDateEvery === 0,
    monitor: () => ({
      end(world) {
        const l = loadOf(world);
        if (!l || l.late.refused * 50 <= l.late.came) return undefined;
        return `${Math.round((100 * l.late.refused) / l.late.came)} % of the requests in the last third of the run get 503, though ${l.space.partitions.length} partitions exist`;
      },
    }),
  },
  'the bucket splits': seen('A hot partition is split.', judged, () => ({
    end: (world) => ((loadOf(world)?.splits ?? 0) > 0 ? 'split' : undefined),
  })),
} satisfies Record<string, Property<P>>;
