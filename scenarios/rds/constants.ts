/**
 * Every figure of Amazon RDS and Aurora this scenario rests on, with its unit, source and the date of the text read. Where AWS
 * publishes only a total (how long a failover takes), the parts it is made of are our assumption and stand in ASSUMED.
 */
export interface Constant {
  readonly value: number;
  readonly unit: string;
  readonly what: string;
  readonly source: string;
  readonly url: string;
  /** year and month of the text read */
  readonly read: string;
}

const guide = (page: string) => `https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/${page}.html`;
const aurora = (page: string) => `https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/${page}.html`;

const constant = (
  value: number,
  unit: string,
  what: string,
  source: string,
  url: string,
  read: string,
): Constant => ({ value, unit, what, source, url, read });

export const RDS = {
  instanceFailoverLeast: constant(
    60,
    's',
    'Multi-AZ DB instance: a failover typically takes 60 to 120 s; long recovery or large transactions can make it longer',
    'Failing over a Multi-AZ DB instance',
    guide('Concepts.MultiAZ.Failover'),
    '2026-11',
  ),
  instanceFailoverMost: constant(
    120,
    's',
    'the upper end of the same typical range',
    'Failing over a Multi-AZ DB instance',
    guide('Concepts.MultiAZ.Failover'),
    '2026-11',
  ),
  clusterFailoverMost: constant(
    35,
    's',
    'Multi-AZ DB cluster: typically under this; complete once the readers have applied the outstanding transactions',
    'Failing over a Multi-AZ DB cluster',
    guide('multi-az-db-clusters-concepts-failover'),
    '2026-11',
  ),
  clusterAcks: constant(
    1,
    'reader',
    'readers that must acknowledge a change before it is committed (semi-synchronous); receipt, not application',
    'Multi-AZ DB cluster deployments',
    guide('multi-az-db-clusters-concepts'),
    '2026-11',
  ),
  auroraFailoverMost: constant(
    30,
    's',
    'Aurora with a replica to promote: typically within this',
    'Aurora MySQL Database Administrator’s Handbook: designing for fault tolerance and quick recovery',
    'https://docs.aws.amazon.com/whitepapers/latest/amazon-aurora-mysql-db-admin-handbook/designing-for-fault-tolerance-and-quick-recovery.html',
    '2026-11',
  ),
  auroraCopies: constant(
    6,
    'copies',
    'copies of each segment, two in each of three Availability Zones',
    'Verbitski et al., SIGMOD 2017, §2.1; High availability for Amazon Aurora',
    aurora('Concepts.AuroraHighAvailability'),
    '2026-11',
  ),
  auroraWrite: constant(
    4,
    'copies',
    'write quorum: a log record is durable once so many copies have it',
    'Verbitski et al., SIGMOD 2017, §2.1; Aurora under the hood: quorums and correlated failure',
    'https://aws.amazon.com/blogs/database/amazon-aurora-under-the-hood-quorum-and-correlated-failure/',
    '2026-11',
  ),
  auroraRead: constant(
    3,
    'copies',
    'read quorum, used in recovery and repair; 3 + 4 > 6',
    'Verbitski et al., SIGMOD 2017, §2.1; Aurora under the hood: quorums and correlated failure',
    'https://aws.amazon.com/blogs/database/amazon-aurora-under-the-hood-quorum-and-correlated-failure/',
    '2026-11',
  ),
  ttl: constant(
    5,
    's',
    'time to live of an Aurora endpoint’s DNS record; for RDS endpoints AWS asks clients to cache no longer than 60 s',
    'AWS re:Post knowledge center: redirected to the reader instance; Setting the JVM TTL for DNS name lookups',
    'https://repost.aws/knowledge-center/aurora-mysql-redirected-endpoint-writer',
    '2026-11',
  ),
  clientTtlMost: constant(
    60,
    's',
    'a client should cache the address no longer than this; some JVM configurations cache it until they are restarted',
    'Failing over a Multi-AZ DB cluster: setting the JVM TTL for DNS name lookups',
    guide('multi-az-db-clusters-concepts-failover'),
    '2026-11',
  ),
  borrowTimeout: constant(
    120,
    's',
    'RDS Proxy: how long a request waits for a connection of the pool before it is given up (default; at most 300); here also while there is no writer',
    'RDS Proxy: connection considerations (ConnectionBorrowTimeout)',
    guide('rds-proxy-connections'),
    '2026-11',
  ),
  replicasMost: constant(
    15,
    'read replicas',
    'of one source, RDS for MySQL, MariaDB and PostgreSQL',
    'Amazon RDS Read Replicas',
    'https://aws.amazon.com/rds/features/read-replicas/',
    '2026-11',
  ),
} as const satisfies Record<string, Constant>;

/** What AWS does not publish: our assumptions, parameters all of them. */
export const ASSUMED = {
  heartbeat: { value: 4000, unit: 'ms', why: 'how often RDS looks after an instance is not documented' },
  deadAfter: {
    value: 10_000,
    unit: 'ms',
    why: 'how long it waits before it calls an instance dead is not documented',
  },
  lease: {
    value: 9000,
    unit: 'ms',
    why: 'how the old primary is fenced is not documented; here it may serve only while RDS has answered it lately',
  },
  promoteInstance: {
    value: 'uniform:52000:78000',
    unit: 'ms',
    why: 'starting the database on the standby’s volume, with crash recovery; chosen so that the whole takes 60–120 s',
  },
  promoteCluster: {
    value: 'uniform:8000:14000',
    unit: 'ms',
    why: 'a reader runs already and only turns writer; chosen so that the whole stays under 35 s',
  },
  promoteReplica: {
    value: 'uniform:20000:30000',
    unit: 'ms',
    why: 'AWS says several minutes or longer, with a restart; shortened to fit a picture',
  },
  promoteAurora: {
    value: 'uniform:4000:8000',
    unit: 'ms',
    why: 'no log to replay: the storage does that; chosen so that the whole stays under 30 s',
  },
  syncTimeout: {
    value: 6000,
    unit: 'ms',
    why: 'how long a primary waits for its standby before it asks to go on alone is not documented',
  },
  apply: { value: 2, unit: 'ms', why: 'depends on the transactions, on indexes and on parallel apply' },
} as const;
