import { arrivals, choice, distribution, flag, int, number, type Values } from '../../src/sim/params.ts';
import { ASSUMED, RDS } from './constants.ts';

export const params = {
  mode: choice({
    what: 'Multi-AZ instance (one standby, synchronous), Multi-AZ cluster (two readers, one must acknowledge), read replica (asynchronous), or Aurora (six copies)',
    choices: ['instance', 'cluster', 'replica', 'aurora'],
    default: 'instance',
  }),
  replicas: int({
    what: 'asynchronous read replicas, beside the standby or the readers; with mode=aurora the readers on the shared volume',
    unit: 'instances',
    default: 0,
    min: 0,
    max: 3,
  }),
  arrivals: arrivals({ what: 'write transactions of the application', default: 'poisson:40' }),
  apps: int({
    what: 'application servers; the load is spread over them',
    unit: 'servers',
    default: 1,
    min: 1,
    max: 3,
  }),
  tick: int({
    what: 'transactions of one application server that come within so long travel and commit as one group',
    unit: 'ms',
    default: 2000,
    min: 100,
    max: 10_000,
  }),
  clients: int({
    what: 'clients that write a row and read it back, one operation at a time',
    unit: 'clients',
    default: 1,
    min: 0,
    max: 4,
  }),
  think: distribution({ what: 'pause of a client between two operations', default: 'uniform:1000:3000' }),
  reads: choice({
    what: 'where clients read: the writer endpoint, or the reader endpoint (readers and read replicas)',
    choices: ['writer', 'reader'],
    default: 'writer',
  }),
  simSeconds: number({ what: 'length of the run', unit: 's', default: 120, min: 5, max: 3600 }),
  latency: distribution({ what: 'one-way delay between Availability Zones', default: 'uniform:0.5:1.5' }),
  disk: distribution({ what: 'time a durable write takes', default: 'uniform:0.5:1.5' }),
  loss: number({ what: 'share of messages lost', unit: 'share', default: 0, min: 0, max: 0.5 }),
  apply: distribution({
    what: 'time a reader or read replica needs to apply one transaction; they apply one after another',
    default: `fixed:${ASSUMED.apply.value}`,
  }),
  link: number({
    what: 'transactions per second the link to an asynchronous replica carries (another Region, say); 0 for no limit',
    unit: 'per second',
    default: 0,
    min: 0,
    max: 100_000,
  }),
  heartbeat: int({
    what: `how often the primary reports to RDS (not documented)`,
    unit: 'ms',
    default: ASSUMED.heartbeat.value,
    min: 100,
    max: 60_000,
  }),
  lease: int({
    what: 'how long the primary may serve after its last answered report (assumed way of fencing)',
    unit: 'ms',
    default: ASSUMED.lease.value,
    min: 200,
    max: 120_000,
  }),
  deadAfter: int({
    what: 'silence after which RDS calls the primary dead (not documented)',
    unit: 'ms',
    default: ASSUMED.deadAfter.value,
    min: 300,
    max: 300_000,
  }),
  operator: number({
    what: 'mode=replica: time until a person decides to promote the replica; 0 for never. RDS does not do it by itself',
    unit: 's',
    default: 15,
    min: 0,
    max: 3600,
  }),
  promoteInstance: distribution({
    what: `mode=instance: time to start the database on the standby (the whole: ${RDS.instanceFailoverLeast.value}–${RDS.instanceFailoverMost.value} s documented)`,
    default: ASSUMED.promoteInstance.value,
  }),
  promoteCluster: distribution({
    what: `mode=cluster: time to turn a reader into the writer (the whole: typically under ${RDS.clusterFailoverMost.value} s)`,
    default: ASSUMED.promoteCluster.value,
  }),
  promoteReplica: distribution({
    what: 'mode=replica: time to promote a read replica, restart included (documented: several minutes or longer)',
    default: ASSUMED.promoteReplica.value,
  }),
  promoteAurora: distribution({
    what: `mode=aurora: time to turn a reader into the writer (the whole: typically within ${RDS.auroraFailoverMost.value} s)`,
    default: ASSUMED.promoteAurora.value,
  }),
  syncTimeout: int({
    what: 'mode=instance: how long the primary waits for the standby before it asks RDS to go on alone (not documented)',
    unit: 'ms',
    default: ASSUMED.syncTimeout.value,
    min: 100,
    max: 120_000,
  }),
  ttl: number({
    what: 'time to live of the endpoint’s DNS record',
    unit: 's',
    default: RDS.ttl.value,
    min: 0,
    max: 3600,
  }),
  clientTtl: number({
    what: 'how long the last application server and the last client cache the address whatever the record says; -1 to obey it',
    unit: 's',
    default: -1,
    min: -1,
    max: 86_400,
  }),
  timeout: int({
    what: 'how long a caller waits for an answer before it gives up its connection',
    unit: 'ms',
    default: 3000,
    min: 50,
    max: 60_000,
  }),
  proxy: flag({
    what: 'RDS Proxy between application and database: it finds the writer itself and lets requests wait',
    default: false,
  }),
  borrow: number({
    what: 'proxy=on: how long a request may wait for a connection to the database (ConnectionBorrowTimeout)',
    unit: 's',
    default: RDS.borrowTimeout.value,
    min: 1,
    max: 300,
  }),
};

export type P = Values<typeof params>;

/** The instances that can become writer, in order; the first begins as one. */
export function members(p: P): string[] {
  const n = { instance: 2, cluster: 3, replica: 1, aurora: 1 + p.replicas }[p.mode];
  return Array.from({ length: n }, (_, i) => `db${i + 1}`);
}

/** Asynchronous read replicas. */
export function replicas(p: P): string[] {
  if (p.mode === 'aurora') return [];
  const first = members(p).length;
  return Array.from({ length: p.replicas }, (_, i) => `db${first + i + 1}`);
}

export const stores = (p: P): string[] =>
  p.mode === 'aurora' ? Array.from({ length: RDS.auroraCopies.value }, (_, i) => `s${i + 1}`) : [];

/** How long a caller waits for an answer, ms: behind a proxy as long as that lets it wait. */
export const patience = (p: P): number => (p.proxy ? p.borrow * 1000 + p.timeout : p.timeout);

/** Is the old primary kept from serving before another one does? Promoting a read replica does not touch its source. */
export const fenced = (p: P): boolean => p.mode !== 'replica';
