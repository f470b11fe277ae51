import type { Twin } from '../../src/sim/scenario.ts';
import {
  type Counts,
  type Data,
  type Kind,
  kinds,
  seenIn,
  type Tags,
  type Type,
  type Update,
} from './kinds.ts';
import type { params } from './params.ts';
import { type Rules, replica, rules } from './protocol.ts';

const broken = (changes: Partial<Rules>) => ({ replica: replica({ ...rules, ...changes }) });

/** one operation of one kind replaced */
function kind(type: Type, changes: Partial<Kind<Data>>) {
  const wrong: Kind<Data> = { ...kinds[type], ...changes };
  return broken({ kindOf: (asked) => (asked === type ? wrong : kinds[asked]) });
}

const asCounts = (data: Data) => data as Counts;
const asTags = (data: Data) => data as Tags;

function added(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const all: Record<string, number> = { ...a };
  for (const [by, n] of Object.entries(b)) all[by] = (all[by] ?? 0) + n;
  return all;
}

export const twins: Readonly<Record<string, Twin<typeof params>>> = {
  'sum-merge': {
    what: 'merge adds the slots instead of taking the greater: not idempotent',
    breaks: 'nothing is invented',
    parts: kind('g-counter', {
      merge: (mine, theirs) => ({ inc: added(asCounts(mine).inc, asCounts(theirs).inc) }),
    }),
    preset: 'wrong-merge',
  },
  'one-slot': {
    what: 'all replicas count in the same slot and merge takes the greater: concurrent counts swallow each other',
    breaks: 'value as specified',
    parts: kind('g-counter', {
      update: (data, u: Update) => kinds['g-counter'].update(data, { ...u, by: 'all' }),
    }),
    preset: 'g-counter',
  },
  'reused-id': {
    what: 'a replica that lost its disk counts on under its old identity',
    breaks: 'value as specified',
    parts: broken({ identity: (here) => here.self }),
    preset: 'replica-lost',
  },
  'remove-by-name': {
    what: 'a remove forbids the element, not the tags it has seen: it kills concurrent and later adds too (2P-Set)',
    breaks: 'value as specified',
    parts: kind('or-set', {
      update(data, u) {
        const next = asTags(kinds['or-set'].update(data, u));
        return forbidden(u.f === 'add' ? next : { ...next, gone: { ...next.gone, [String(u.arg)]: u.dot } });
      },
      merge: (mine, theirs) => forbidden(asTags(kinds['or-set'].merge(mine, theirs))),
    }),
    preset: 'or-set',
    set: { collect: false },
  },
  'tombstone-too-early': {
    what: 'a replica drops its tombstones as soon as one other has them',
    breaks: 'value as specified',
    parts: broken({
      stable: (s, here, of) => here.peers.some((peer) => seenIn(s.heard[peer]?.versions ?? {}, of)),
    }),
    preset: 'or-set',
  },
  'no-tie-break': {
    what: 'of two writes with the same time each replica keeps its own',
    breaks: 'same updates, same state',
    parts: kind('lww-register', {
      merge(mine, theirs) {
        if (!('latest' in mine) || !('latest' in theirs) || !theirs.latest) return mine;
        return !mine.latest || theirs.latest.time > mine.latest.time ? theirs : mine;
      },
    }),
    preset: 'lww-register',
    set: { resolution: 100 },
  },
  'sent-means-received': {
    what: 'a delta counts as received once it is sent: a lost one is never sent again',
    breaks: 'converged',
    parts: broken({ trusting: true }),
    preset: 'g-counter',
    set: { sync: 'delta' },
  },
  'tells-once': {
    what: 'each replica tells each other once, and never again',
    breaks: 'converged',
    parts: broken({ repeats: false }),
    preset: 'g-counter',
  },
};

/** with every tag gone whose element was removed by name */
function forbidden(data: Tags): Tags {
  const gone: Record<string, string> = { ...data.gone };
  for (const [tag, element] of Object.entries(data.adds)) {
    const by = gone[element];
    if (by !== undefined) gone[tag] = by;
  }
  return { ...data, gone };
}
