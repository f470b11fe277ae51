import { history, isReplica, only, type Prop, Puts, sameEntry } from './judge.ts';
import type { Entry } from './partition.ts';

/** What one replicated partition promises, and what its eventual reads do not. */

export const strongReads: Prop = {
  kind: 'always',
  what: 'Strong reads are linearizable: writes and strongly consistent reads fit one order in which each takes effect between its call and its return.',
  judged: only('partition', 'regions'),
  promised: (p) => p.copies === 'partition' || p.globalMode === 'mrsc',
  monitor: () => history('get', 'linearizable'),
};

export const eventualReads: Prop = {
  kind: 'always',
  what: 'Eventual reads see the latest write: nobody promises that.',
  judged: (p) => p.copies === 'partition' && p.consistency !== 'strong',
  promised: () => false,
  monitor: () => history('read', 'linearizable'),
};

export const monotonic: Prop = {
  kind: 'always',
  what: 'Eventual reads never go back behind what the same application has seen (Terry et al. 1994): nobody promises that.',
  judged: (p) => p.copies === 'partition' && p.consistency !== 'strong',
  promised: () => false,
  monitor: () => history('read', 'monotonic-reads'),
};

export const replicasAgree: Prop = {
  kind: 'always',
  what: 'Replicas agree: no two ever have different entries committed at one place of the log.',
  judged: only('partition'),
  fold: () => ({
    start: [] as readonly Entry[],
    changed(seen: readonly Entry[], node, _before, after) {
      if (!isReplica(after)) return seen;
      const committed = after.disk.log.slice(0, after.commit);
      const i = committed.findIndex((entry, at) => seen[at] && !sameEntry(entry, seen[at]));
      if (i >= 0)
        return `${node} has committed ${said(committed[i]!)} as entry ${i + 1}, another replica ${said(seen[i]!)}`;
      return committed.length > seen.length ? committed : seen;
    },
  }),
};
const said = (e: Entry) => (e.op === 0 ? `the beginning of term ${e.term}` : `${e.key}=${e.value}`);

export const survive: Prop = {
  kind: 'always',
  what: 'Acknowledged writes survive: whoever leads and serves has every one of them in its log.',
  judged: only('partition'),
  monitor() {
    const puts = new Puts();
    return {
      listens: ['invoke', 'return'],
      event(event) {
        puts.hear(event);
        return undefined;
      },
      changed(node, before, after) {
        if (!isReplica(after) || !after.ready || (isReplica(before) && before.ready)) return undefined;
        const ops = new Set(after.disk.log.map((e) => e.op));
        for (const [op, { process }] of puts.acknowledged)
          if (!ops.has(op)) return `${node} leads without ${process}’s acknowledged write of ${op}`;
        return undefined;
      },
    };
  },
};
