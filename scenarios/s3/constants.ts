/**
 * Every figure of Amazon S3 this scenario uses, with its unit, source and the date it was last read. Each is the
 * default of a parameter of the same name, so a run can use another value. They are those of general purpose buckets;
 * directory buckets (S3 Express One Zone) follow other rules.
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

const guide = (page: string) => `https://docs.aws.amazon.com/AmazonS3/latest/userguide/${page}.html`;
const READ = '2026-11';

const constant = (
  value: number,
  unit: string,
  what: string,
  source: string,
  url: string,
  read = READ,
): Constant => ({ value, unit, what, source, url, read });

export const S3 = {
  writeLimit: constant(
    3500,
    'requests per second',
    'PUT, COPY, POST and DELETE a partitioned prefix serves at least',
    'Best practices design patterns: optimizing Amazon S3 performance',
    guide('optimizing-performance'),
  ),
  readLimit: constant(
    5500,
    'requests per second',
    'GET and HEAD a partitioned prefix serves at least',
    'Best practices design patterns: optimizing Amazon S3 performance',
    guide('optimizing-performance'),
  ),
  rtcThreshold: constant(
    900,
    's',
    'Replication Time Control: designed to replicate 99.99 % of objects within 15 minutes, and an event for those that miss it',
    'Meeting compliance requirements with S3 Replication Time Control; Receiving replication failure events',
    guide('replication-time-control'),
  ),
  minPart: constant(
    5,
    'MiB',
    'smallest part of a multipart upload, the last one excepted',
    'Amazon S3 multipart upload limits',
    guide('qfacts'),
  ),
  maxPart: constant(
    5120,
    'MiB',
    'largest part (5 GiB)',
    'Amazon S3 multipart upload limits',
    guide('qfacts'),
  ),
  maxParts: constant(
    10_000,
    'parts',
    'parts of one upload, numbered from 1',
    'Amazon S3 multipart upload limits',
    guide('qfacts'),
  ),
} as const satisfies Record<string, Constant>;

/** Figures AWS does not publish: our assumptions, parameters all of them. */
export const ASSUMED = {
  propagation: {
    value: 'uniform:700:1800',
    unit: 'ms',
    why: 'how long a cached copy stayed behind before December 2020 was never promised: usually short, without a bound',
  },
  splitAfter: {
    value: 5_000,
    unit: 'ms',
    why: 'AWS says that scaling is gradual and gives no time; practitioners on re:Post report 30 to 60 minutes. Compressed',
  },
  lag: {
    value: 'mix:0.75*exp:12000+0.25*uniform:60000:420000',
    unit: 'ms',
    why: 'AWS says most objects replicate in seconds, some take hours; the shape of the tail is ours',
  },
} as const;
