import type { Twin } from '../../src/sim/scenario.ts';
import { app } from './app.ts';
import { client } from './client.ts';
import { db } from './db.ts';
import { DRIVER } from './driver.ts';
import { DB, type DbRules } from './instance.ts';
import type { params } from './params.ts';
import { RDS_RULES, type RdsRules, rds } from './rds.ts';

const instances = (changes: Partial<DbRules>) => ({ db: db({ ...DB, ...changes }) });
const plane = (changes: Partial<RdsRules>) => ({ rds: rds({ ...RDS_RULES, ...changes }) });

export const twins: Readonly<Record<string, Twin<typeof params>>> = {
  'acknowledges-early': {
    what: 'the primary acknowledges a commit before the standby has it',
    breaks: 'no acknowledged commit is lost',
    parts: instances({ waits: false }),
    preset: 'partition',
  },
  'zero-acks': {
    what: 'the writer of the cluster waits for no reader',
    breaks: 'no acknowledged commit is lost',
    parts: instances({ waits: false }),
    preset: 'cluster-failover',
    set: { loss: 0.3 },
  },
  'any-reader': {
    what: 'the first reader that answers is promoted, whatever it has',
    breaks: 'no acknowledged commit is lost',
    parts: plane({ takesFurthest: false }),
    preset: 'cluster-failover',
    set: { loss: 0.3 },
  },
  'half-of-six': {
    what: 'Aurora’s writer is content with three copies: a read quorum of three may miss them',
    breaks: 'no acknowledged commit is lost',
    parts: instances({ writeQuorum: 3 }),
    preset: 'aurora-split',
  },
  'no-fencing': {
    what: 'a primary that RDS no longer answers goes on',
    breaks: 'one primary at a time',
    parts: instances({ heedsLease: false }),
    preset: 'partition',
  },
  'reads-the-standby': {
    what: 'the standby answers reads, and an old connection finds it',
    breaks: 'the standby answers no reads',
    parts: instances({ standbySilent: false }),
    preset: 'multi-az-failover',
    set: { clientTtl: 600 },
  },
  'skips-a-record': {
    what: 'a replica passes over a record it could not apply',
    breaks: 'logs in order, without gaps',
    parts: instances({ takesAll: false }),
    preset: 'replica-lag',
  },
  'opens-early': {
    what: 'a reader opens for writes before it has applied what it had received',
    breaks: 'read your writes',
    parts: instances({ appliesFirst: false }),
    preset: 'cluster-failover',
    set: { reads: 'writer', apply: 'fixed:40' },
  },
  'never-resolves': {
    what: 'the driver looks the name up once and never again',
    breaks: 'callers come back',
    parts: { app: app({ ...DRIVER, resolves: false }), client: client({ ...DRIVER, resolves: false }) },
    preset: 'cached-dns',
    set: { clientTtl: -1 },
  },
  'forgets-dns': {
    what: 'after the promotion nobody changes the DNS record',
    breaks: 'callers come back',
    parts: plane({ movesEndpoint: false }),
    preset: 'cached-dns',
    set: { clientTtl: -1 },
  },
  'fails-over-never': {
    what: 'RDS watches, and never decides',
    breaks: 'writes come back',
    parts: plane({ decides: false }),
    preset: 'cached-dns',
  },
};
