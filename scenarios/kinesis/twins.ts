import type { Twin } from '../../src/sim/scenario.ts';
import type { params } from './params.ts';
import { producerParts, streamParts } from './protocol.ts';

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
};
