import type { Monitor, Property, World } from '../../src/sim/scenario.ts';
import { seen, told } from './judge-region.ts';
import type { P } from './params.ts';
import { REPLICA, type SiteState, SOURCE, type Version } from './replication.ts';
import { sightsMonitor, spell } from './seen.ts';

const judged = (p: P) => p.workload === 'replication';
const siteOf = (world: World, id: string) => world.state(id) as SiteState | undefined;

/** Follows what the source had still to copy when it was lost. */
export class Tail {
  #queue: readonly Version[] = [];
  #lostAt = 0;
  #down = false;

  changed(node: string, before: unknown, after: unknown, now: number): void {
    if (node !== SOURCE) return;
    this.#down = after === undefined;
    if (after !== undefined) return;
    this.#queue = (before as SiteState).queue;
    this.#lostAt = now;
  }

  /** what is nowhere but in the Region that is lost; the oldest first */
  lost(world: World): { versions: readonly Version[]; at: number } | undefined {
    const replica = siteOf(world, REPLICA);
    if (!this.#down || !replica) return undefined;
    const versions = this.#queue.filter((v) => !replica.received.includes(v.id));
    return { versions, at: this.#lostAt };
  }
}

export const replication = {
  'a replica never goes back': {
    kind: 'always',
    what: 'In the replica Region the current version of a key is never followed by an older one, in whatever order copies arrive.',
    judged,
    fold: () => ({
      start: {} as Readonly<Record<string, number>>,
      changed(newest: Readonly<Record<string, number>>, node, _before, after) {
        if (node !== REPLICA || !after) return newest;
        let next = newest;
        for (const version of Object.values((after as SiteState).current)) {
          const was = newest[version.key] ?? Number.NEGATIVE_INFINITY;
          if (version.stamp < was)
            return `${REPLICA} goes back to ${version.key}=${version.value}, an older version`;
          if (version.stamp > was) next = { ...next, [version.key]: version.stamp };
        }
        return next;
      },
    }),
  },
  'no version is forgotten on the way': {
    kind: 'always',
    what: 'A version leaves the source’s list only when the replica has it durably.',
    judged,
    monitor: () => ({
      changed(node, before, after, world) {
        const was = (before as SiteState | undefined)?.queue;
        const is = (after as SiteState | undefined)?.queue;
        const replica = siteOf(world, REPLICA);
        if (node !== SOURCE || !was || !is || !replica) return undefined;
        const gone = was.find(
          (v) => !is.includes(v) && !is.some((q) => q.id === v.id) && !replica.received.includes(v.id),
        );
        return (
          gone && `${gone.key}=${gone.value} is off the list of ${SOURCE}, and ${REPLICA} does not have it`
        );
      },
    }),
  },
  'no acknowledged write is lost': {
    kind: 'always',
    what: 'What a client was told is written survives the loss of its Region: a recovery point objective (RPO) of zero.',
    judged,
    // Copies are made after the answer: nothing promises that the last ones were in time.
    promised: () => false,
    monitor(): Monitor {
      const tail = new Tail();
      return {
        changed(node, before, after, world) {
          tail.changed(node, before, after, world.now);
          return undefined;
        },
        end(world) {
          const lost = tail.lost(world);
          const first = lost?.versions[0];
          if (!lost || !first) return undefined;
          return `${lost.versions.length} version${lost.versions.length === 1 ? ' is' : 's are'} lost with ${SOURCE}: acknowledged, not yet copied, the oldest ${spell(lost.at - first.at)} old`;
        },
      };
    },
  },
  'both Regions read as one': {
    kind: 'always',
    what: 'A GET in either Region sees every acknowledged PUT in the other: linearizable across Regions.',
    judged,
    promised: () => false,
    monitor: sightsMonitor,
  },
  'the threshold is missed': seen('A version is not replicated within the threshold.', judged, () =>
    told('misses the threshold'),
  ),
} satisfies Record<string, Property<P>>;
