import type { Twin } from '../../src/sim/scenario.ts';
import { app } from './app.ts';
import { client } from './client.ts';
import { DB, type DbRules, db } from './db.ts';
import type { params } from './params.ts';

const instance = (changes: Partial<DbRules>) => ({ db: db({ ...DB, ...changes }) });

export const twins: Readonly<Record<string, Twin<typeof params>>> = {
  'acknowledges-early': {
    what: 'the primary acknowledges a commit before the standby has it',
    breaks: 'no acknowledged commit is lost',
    parts: instance({ waits: false }),
    preset: 'multi-az-failover',
    set: { latency: 'uniform:300:900' },
  },
  'zero-acks': {
    what: 'the writer of the cluster waits for no reader',
    breaks: 'no acknowledged commit is lost',
    parts: instance({ waits: false }),
    preset: 'cluster-failover',
    set: { latency: 'uniform:300:900' },
  },
  'reads-the-standby': {
    what: 'the standby answers reads, and an old connection finds it',
    breaks: 'the standby answers no reads',
    parts: instance({ standbySilent: false }),
    preset: 'multi-az-failover',
    set: { clientTtl: 600 },
  },
  'skips-a-record': {
    what: 'a replica passes over a record it could not apply',
    breaks: 'logs in order, without gaps',
    parts: instance({ takesAll: false }),
    preset: 'replica-lag',
  },
  'never-resolves': {
    what: 'the driver looks the name up once and never again',
    breaks: 'callers come back',
    parts: { app: app({ resolves: false }), client: client({ resolves: false }) },
    preset: 'cluster-failover',
  },
};
