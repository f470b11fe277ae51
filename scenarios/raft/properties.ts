import type { Monitor, Property } from '../../src/sim/scenario.ts';
import { Undisturbed } from '../../src/sim/undisturbed.ts';
import type { P } from './params.ts';
import { agreement, isServer, safety, servers } from './safety.ts';

/** What must happen in the end, and what should be seen now and then. */

/** Election timeouts that a calm cluster may need before the absence of a leader is called a failure. */
const PATIENCE = 20;
const longEnough = (p: P) => p.duration >= PATIENCE * p.electionTimeout.mean;

const leaderAgain: Property<P> = {
  kind: 'eventually',
  what: `Once faults have ended, a leader is elected (judged ${PATIENCE} mean election timeouts later).`,
  judged: longEnough,
  monitor(p) {
    const calm = new Undisturbed(p.loss > 0 || p.duplicate > 0);
    return {
      listens: ['fault'],
      event(event) {
        calm.hear(event);
        return undefined;
      },
      end(world) {
        const since = calm.since(world);
        if (since === undefined || world.now - since < PATIENCE * p.electionTimeout.mean * 1000)
          return undefined;
        const leads = world.actors.some((a) => {
          const state: unknown = world.state(a.id);
          return isServer(state) && state.role.is === 'leader';
        });
        return leads
          ? undefined
          : `no server leads ${Math.round((world.now - since) / 1000)} ms after the last fault`;
      },
    };
  },
};

const served: Property<P> = {
  kind: 'eventually',
  what: 'Once faults have ended, clients’ operations succeed again.',
  judged: (p) => longEnough(p) && p.clients > 0,
  monitor(p) {
    const calm = new Undisturbed(p.loss > 0 || p.duplicate > 0);
    let lastOk = 0;
    return {
      listens: ['fault', 'return'],
      event(event) {
        calm.hear(event);
        if (event.kind === 'return' && event.outcome === 'ok') lastOk = event.at;
        return undefined;
      },
      end(world) {
        const since = calm.since(world);
        const long = (PATIENCE * p.electionTimeout.mean + 4 * p.think.mean + 10 * p.latency.mean) * 1000;
        if (since === undefined || world.now - since < long || lastOk > since) return undefined;
        return `no operation succeeded in the ${Math.round((world.now - since) / 1000)} ms since the last fault`;
      },
    };
  },
};

const sometimes = (what: string, monitor: () => Monitor): Property<P> => ({
  kind: 'sometimes',
  what,
  monitor,
});

const splitVote = sometimes('A term passes in which two or more stand and nobody wins.', () => {
  const standing = new Map<number, Set<string>>();
  const won = new Set<number>();
  return servers((node, before, after) => {
    if (!after) return undefined;
    const { term } = after.disk;
    if (after.role.is === 'leader') won.add(term);
    if (after.role.is === 'candidate' && !after.role.pre && before?.disk.term !== term) {
      standing.set(term, (standing.get(term) ?? new Set()).add(node));
      if ((standing.get(term - 1)?.size ?? 0) > 1 && !won.has(term - 1))
        return `term ${term - 1} ended without a leader`;
    }
    return undefined;
  });
});

const twoLeaders = sometimes('Two servers believe that they lead, in different terms.', () =>
  servers((node, before, after, world) => {
    if (after?.role.is !== 'leader' || before?.role.is === 'leader') return undefined;
    const other = world.actors.find((a) => {
      const state: unknown = a.id === node ? undefined : world.state(a.id);
      return isServer(state) && state.role.is === 'leader';
    });
    return other && `${other.id} still believes it leads when ${node} takes term ${after.disk.term}`;
  }),
);

const conflict = sometimes('A follower removes entries that conflict with the leader’s.', () =>
  servers((node, before, after) => {
    if (!before || !after || before.disk.log === after.disk.log) return undefined;
    const kept = agreement(before.disk.log, after.disk.log);
    return kept < before.disk.log.lastIndex && kept >= after.disk.log.base.index
      ? `${node} removed its entries from ${kept + 1} on`
      : undefined;
  }),
);

export const properties = {
  ...safety,
  'a leader is elected': leaderAgain,
  'operations succeed again': served,
  'a vote is split': splitVote,
  'two leaders, in different terms': twoLeaders,
  'conflicting entries removed': conflict,
} satisfies Record<string, Property<P>>;
