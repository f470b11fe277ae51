import { choice, distribution, int, number, type Values } from '../../../src/sim/params.ts';
import { COPIES } from '../constants.ts';

/** Times that AWS documents no number for are parameters; the defaults keep the proportions and fit a picture. */
export const copiesParams = {
  copies: choice({
    what: 'for view=copies: three replicas of one partition, a table with a global secondary index, transactions over three items, or a global table in three Regions',
    choices: ['partition', 'index', 'transactions', 'regions'],
    default: 'partition',
  }),
  consistency: choice({
    what: 'for copies=partition: which reads the applications ask for (`read` is eventually, `get` strongly consistent)',
    choices: ['eventual', 'strong', 'both'],
    default: 'both',
  }),
  globalMode: choice({
    what: 'for copies=regions: multi-Region eventual (mrec) or strong consistency (mrsc)',
    choices: ['mrec', 'mrsc'],
    default: 'mrec',
  }),
  apps: int({ what: 'applications, one operation at a time each', default: 3, min: 1, max: 6, unit: 'apps' }),
  think: distribution({
    what: 'pause of an application between two operations',
    default: 'uniform:8:24',
    max: 60_000,
  }),
  azDelay: distribution({
    what: 'one-way delay between Availability Zones (AWS says single-digit ms for a round trip, no more)',
    default: 'uniform:0.5:1.5',
    max: 60_000,
  }),
  appDelay: distribution({
    what: 'one-way delay between an application and DynamoDB in its Region',
    default: 'uniform:0.3:0.9',
    max: 60_000,
  }),
  heartbeat: number({
    what: 'for copies=partition: how often a leader speaks to its replicas; they learn then what is committed',
    default: 10,
    min: 0.5,
    max: 60_000,
    unit: 'ms',
  }),
  lease: number({
    what: 'for copies=partition: how long a leader may serve after a majority last answered it (not documented)',
    default: 60,
    min: 1,
    max: 60_000,
    unit: 'ms',
  }),
  detect: distribution({
    what: 'for copies=partition: silence after which a replica stands as leader (not documented)',
    default: 'uniform:25:45',
    max: 60_000,
  }),
  indexLag: distribution({
    what: 'for copies=index: time until a change of the table is applied to the index (no bound is documented)',
    default: 'exp:25',
    max: 600_000,
  }),
  amount: int({ what: 'for copies=transactions: what one transfer moves', default: 10, min: 1, max: 100 }),
  opening: int({
    what: 'for copies=transactions: what each of the accounts A, B, C has at first',
    default: 100,
    min: 0,
    max: 10_000,
  }),
  tokens: choice({
    what: 'for copies=transactions: whether a retry carries the client request token of the first try',
    choices: ['same', 'new'],
    default: 'same',
  }),
  tokenMinutes: number({
    what: `for copies=transactions: ${COPIES.tokenMinutes.what} (${COPIES.tokenMinutes.source}), here from its beginning`,
    default: COPIES.tokenMinutes.value,
    min: 0,
    max: 1440,
    unit: 'minutes',
  }),
  patience: number({
    what: 'time after which an application stops waiting for an answer',
    default: 30,
    min: 0.5,
    max: 60_000,
    unit: 'ms',
  }),
  regionDelay: distribution({
    what: 'for copies=regions: one-way delay between Regions',
    default: 'uniform:18:34',
    max: 60_000,
  }),
  regionLag: distribution({
    what: 'for copies=regions, mrec: how long a change waits before it is shipped (documented: usually within a second)',
    default: 'exp:60',
    max: 600_000,
  }),
  settle: number({
    what: 'for view=copies: time before the end in which no operation begins',
    default: 60,
    min: 0,
    max: 600_000,
    unit: 'ms',
  }),
  copiesMs: number({
    what: 'for view=copies: length of the run',
    default: 300,
    min: 10,
    max: 600_000,
    unit: 'ms',
  }),
} as const;

export type P = Values<typeof copiesParams>;

/** Availability Zones, items and Regions by name: they are the lanes of the picture. */
export const ZONES = ['az1', 'az2', 'az3'];
export const ACCOUNTS = ['A', 'B', 'C'];
/** an MRSC table lives in exactly three Regions; these three are one of the sets offered */
export const REGIONS = ['virginia', 'ohio', 'oregon'];

export const MS = 1000;

/** An operation that begins later could not be judged: it may have no time to end. */
export const isOver = (uptimeUs: number, p: P): boolean => uptimeUs > (p.copiesMs - p.settle) * MS;
