import type { Twin } from '../../src/sim/scenario.ts';
import type { params } from './params.ts';
import { logPart, producerParts, streamParts, tablePart, workerPart } from './protocol.ts';

export const twins: Readonly<Record<string, Twin<typeof params>>> = {
  'counts-calls': {
    what: 'the limit counts PutRecords calls, not records',
    breaks: 'within the write limit',
    parts: streamParts({ countsRecords: false }),
    preset: 'shard-limits',
  },
  'free-reads': {
    what: 'GetRecords calls are not counted',
    breaks: 'within the read limit',
    parts: streamParts({ countsReads: false }),
    preset: 'enhanced-fan-out',
    set: { idleTimeBetweenReadsInMillis: 200 },
  },
  'all-or-nothing': {
    what: 'producers take a PutRecords call that came back for done and do not look at each record',
    breaks: 'what is acknowledged is stored',
    parts: producerParts({ readsFailures: false }),
    preset: 'shard-limits',
  },
  'age-of-the-call': {
    what: 'the age is the time since the last GetRecords call',
    breaks: 'the age is that of the last record read',
    parts: streamParts({ ageOfRecord: false }),
    preset: 'iterator-age',
  },
  'checkpoints-first': {
    what: 'a worker checkpoints a batch before it processes it',
    breaks: 'no record is skipped',
    parts: workerPart({ processesFirst: false }),
    preset: 'worker-crash-lease',
  },
  'writes-without-condition': {
    what: 'the lease table takes renewals and checkpoints from whoever sends them',
    breaks: 'only the owner moves a checkpoint, forwards',
    parts: tablePart({ conditional: false }),
    preset: 'zombie-worker',
  },
  impatient: {
    what: 'a lease is taken although its owner renews it',
    breaks: 'a lease is taken only when it has run out',
    parts: workerPart({ waitsForExpiry: false }),
    preset: 'worker-crash-lease',
  },
  'reads-children-early': {
    what: 'children are leased as soon as they exist',
    breaks: 'each key in order',
    parts: workerPart({ waitsForParents: false }),
    preset: 'split',
  },
  'leases-children-early': {
    what: 'children are leased as soon as they exist',
    breaks: 'children wait for their parents',
    parts: workerPart({ waitsForParents: false }),
    preset: 'merge',
  },
  'newest-first': {
    what: 'a worker goes through a batch from its end',
    breaks: 'each key in order',
    parts: workerPart({ inOrder: false }),
    preset: 'split',
  },
  'forgets-children': {
    what: 'nobody creates the leases of children',
    breaks: 'every record is processed',
    parts: workerPart({ createsChildren: false }),
    preset: 'split',
    set: { simSeconds: 60 },
  },
  'split-with-a-gap': {
    what: 'the second child of a split starts a little too high',
    breaks: 'hash ranges partition the key space',
    parts: { ...logPart({ noGap: false }), ...streamParts({ noGap: false }) },
    preset: 'split',
  },
  'merge-keeps-a-parent': {
    what: 'a merge leaves one of the parents open',
    breaks: 'hash ranges partition the key space',
    parts: { ...logPart({ closesBoth: false }), ...streamParts({ closesBoth: false }) },
    preset: 'merge',
  },
};
