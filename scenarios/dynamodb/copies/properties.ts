import type { Monitor } from '../../../src/sim/scenario.ts';
import { isReplica, only, type Prop } from './judge.ts';
import { indexCatchesUp, indexForward, indexReads } from './judge-index.ts';
import { eventualReads, monotonic, replicasAgree, strongReads, survive } from './judge-partition.ts';
import { converge, noWriteLost, ownWrites, twoRegions } from './judge-regions.ts';
import { addsUp, allOrNothing, ends, noLostUpdate, once } from './judge-transactions.ts';
import type { P } from './params.ts';

const seen = (what: string, judged: (p: P) => boolean, monitor: () => Monitor): Prop => ({
  kind: 'sometimes',
  what,
  judged,
  monitor,
});

export const properties = {
  'strong reads are linearizable': strongReads,
  'eventual reads never go back': monotonic,
  'eventual reads see the latest write': eventualReads,
  'replicas agree': replicasAgree,
  'acknowledged writes survive': survive,
  'index queries see the latest write': indexReads,
  'the index never goes back': indexForward,
  'the index catches up': indexCatchesUp,
  'all or nothing': allOrNothing,
  'no update is lost': noLostUpdate,
  'a retry is applied once': once,
  'transactional reads add up': addsUp(
    'transact-get',
    'Transactional reads add up: TransactGetItems sees all of a transaction or nothing.',
    true,
  ),
  'item by item reads add up': addsUp(
    'get-each',
    'Item by item reads add up: strong reads of several items are one moment. Nobody promises that.',
    false,
  ),
  'transactions end': ends,
  'strong reads see the Region’s own writes': ownWrites,
  'acknowledged writes are in two Regions': twoRegions,
  'no acknowledged write is lost': noWriteLost,
  'Regions converge': converge,
  'a new leader waits for the lease': seen(
    'A new leader is elected while the lease of the old one still runs.',
    only('partition'),
    () => ({
      changed: (node, _before, after) =>
        isReplica(after) && after.role === 'leader' && !after.ready ? `${node} waits` : undefined,
    }),
  ),
  'a transaction is cancelled by another': seen(
    'An item refuses a transaction because another is under way.',
    only('transactions'),
    () => ({
      event: (event) =>
        event.kind === 'note' && event.text.startsWith('has a transaction') ? event.text : undefined,
    }),
  ),
} satisfies Record<string, Prop>;
