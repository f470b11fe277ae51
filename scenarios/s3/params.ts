import { arrivals, choice, distribution, flag, int, number } from '../../src/sim/params.ts';
import type { Values } from '../../src/sim/scenario.ts';
import { ASSUMED, S3 } from './constants.ts';

export const params = {
  workload: choice({
    what: 'what is looked at: objects in one Region, writers of one object, a replica Region, request rates, a multipart upload',
    default: 'objects',
    choices: ['objects', 'conditional', 'replication', 'load', 'multipart'],
  }),
  consistency: choice({
    what: 'strong: a witness tells a cache that its copy is behind (since December 2020); eventual: nobody does',
    default: 'strong',
    choices: ['strong', 'eventual'],
  }),
  fronts: int({
    what: 'front ends, each with a metadata cache',
    default: 2,
    min: 1,
    max: 4,
    unit: 'front ends',
  }),
  clients: int({
    what: 'objects: clients, the first of which writes; conditional: readers',
    default: 3,
    min: 1,
    max: 6,
    unit: 'clients',
  }),
  objects: int({ what: 'keys that clients use', default: 1, min: 1, max: 3, unit: 'keys' }),
  think: distribution({ what: 'pause of a client between two operations', default: 'uniform:500:1000' }),
  latency: distribution({ what: 'one-way delay within a Region', default: 'uniform:2:8' }),
  propagation: distribution({
    what: 'until other front ends hear of a write (no documented figure)',
    default: ASSUMED.propagation.value,
  }),
  patience: number({
    what: 'time after which a client gives up waiting',
    default: 1000,
    min: 10,
    max: 600_000,
    unit: 'ms',
  }),
  settle: number({
    what: 'time before the end in which no operation begins',
    default: 2200,
    min: 0,
    max: 3_600_000,
    unit: 'ms',
  }),
  duration: number({
    what: 'length of the run (load: see simSeconds)',
    default: 9000,
    min: 100,
    max: 86_400_000,
    unit: 'ms',
  }),
  writers: int({
    what: 'conditional: writers of the one object',
    default: 2,
    min: 1,
    max: 4,
    unit: 'writers',
  }),
  updates: int({ what: 'conditional: updates of each writer', default: 4, min: 1, max: 20, unit: 'updates' }),
  condition: flag({ what: 'conditional: PUT with If-Match or If-None-Match; off: PUT alone', default: true }),
  upload: distribution({
    what: 'conditional: time the upload of a new version takes',
    default: 'uniform:30:120',
  }),
  lag: distribution({
    what: 'replication: from a write to its copy’s departure to the replica Region (no documented figure)',
    default: ASSUMED.lag.value,
  }),
  rtcThreshold: number({
    what: 'replication: age at which an object that is not yet replicated is reported',
    default: S3.rtcThreshold.value,
    min: 1,
    max: 86_400,
    unit: 's',
  }),
  keys: choice({
    what: 'load: keys begin with the date, or with a hash of the rest',
    default: 'sequential-date',
    choices: ['sequential-date', 'hashed'],
  }),
  arrivals: arrivals({ what: 'load: requests, retries not counted', default: 'poisson:7500' }),
  reads: number({ what: 'load: share of requests that read', default: 0, min: 0, max: 1, unit: 'share' }),
  writeLimit: number({
    what: 'load: writes per second of a partition',
    default: S3.writeLimit.value,
    min: 1,
    max: 1e6,
    unit: 'per second',
  }),
  readLimit: number({
    what: 'load: reads per second of a partition',
    default: S3.readLimit.value,
    min: 1,
    max: 1e6,
    unit: 'per second',
  }),
  splitAfter: number({
    what: 'load: time a partition must be hot before it is split (no documented figure)',
    default: ASSUMED.splitAfter.value,
    min: 100,
    max: 7_200_000,
    unit: 'ms',
  }),
  newDateEvery: number({
    what: 'load: time until keys begin with the next date; 0 for never',
    default: 20,
    min: 0,
    max: 86_400,
    unit: 's',
  }),
  attempts: int({
    what: 'load: attempts of a request at most',
    default: 3,
    min: 1,
    max: 10,
    unit: 'attempts',
  }),
  base: number({
    what: 'load: first wait before a retry is uniform up to this, then doubling',
    default: 100,
    min: 1,
    max: 60_000,
    unit: 'ms',
  }),
  cap: number({ what: 'load: no wait is longer', default: 20_000, min: 1, max: 600_000, unit: 'ms' }),
  simSeconds: number({ what: 'load: length of the run', default: 52, min: 1, max: 86_400, unit: 's' }),
  size: number({ what: 'multipart: size of the object', default: 512, min: 1, max: 1e9, unit: 'MiB' }),
  partSize: number({ what: 'multipart: size of a part', default: 64, min: 1, max: 1e6, unit: 'MiB' }),
  minPart: number({
    what: 'multipart: smallest part, the last excepted',
    default: S3.minPart.value,
    min: 1,
    max: 1e6,
    unit: 'MiB',
  }),
  maxPart: number({
    what: 'multipart: largest part',
    default: S3.maxPart.value,
    min: 1,
    max: 1e6,
    unit: 'MiB',
  }),
  maxParts: int({
    what: 'multipart: parts of an upload',
    default: S3.maxParts.value,
    min: 1,
    max: 1e6,
    unit: 'parts',
  }),
  parallel: int({ what: 'multipart: parts under way at once', default: 3, min: 1, max: 20, unit: 'parts' }),
  speed: distribution({
    what: 'multipart: speed of one connection',
    default: 'uniform:55:130',
    unit: 'MiB per second',
  }),
  partFailures: number({
    what: 'multipart: share of parts whose upload fails and is repeated',
    default: 0.2,
    min: 0,
    max: 0.9,
    unit: 'share',
  }),
  eager: flag({
    what: 'multipart: ask for completion as soon as every part was sent once, answered or not',
    default: false,
  }),
  uploads: int({
    what: 'multipart: uploaders, of different objects',
    default: 2,
    min: 1,
    max: 4,
    unit: 'uploaders',
  }),
  abortAfter: number({
    what: 'multipart: lifecycle rule that aborts an unfinished upload this long after it began (S3 counts in days); 0 for none',
    default: 4500,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
  }),
} as const;

export type P = Values<typeof params>;

export const isRegion = (p: P) => p.workload === 'objects' || p.workload === 'conditional';
export const partsOf = (p: P): number => Math.ceil(p.size / p.partSize);
