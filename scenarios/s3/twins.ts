import type { Twin } from '../../src/sim/scenario.ts';
import { FRONT, front } from './front.ts';
import { bucket, LOAD } from './load.ts';
import { VAULT, vault } from './multipart.ts';
import type { params } from './params.ts';
import { SITE, site } from './replication.ts';
import { INDEX_RULES, index, witness } from './store.ts';
import { WRITER, writer } from './writer.ts';

/** A part of the run is enough to catch what a load model does wrong. */
const SHORT = { simSeconds: 20 };

export const twins: Readonly<Record<string, Twin<typeof params>>> = {
  'trusts-its-cache': {
    what: 'a front end answers from its cache without asking the witness',
    breaks: 'strong read-after-write',
    parts: { front: front({ ...FRONT, asksWitness: false }) },
  },
  'witness-nods': {
    what: 'the witness calls every copy the newest',
    breaks: 'strong read-after-write',
    parts: { witness: witness({ compares: false }) },
  },
  'tells-the-witness-late': {
    what: 'a write is acknowledged first, and the witness told as late as any cache',
    breaks: 'strong read-after-write',
    parts: { index: index({ ...INDEX_RULES, witnessFirst: false }) },
  },
  'guesses-404': {
    what: 'on a miss a front end says 404 unless it has heard of the key',
    breaks: 'new keys are read at once',
    parts: { front: front({ ...FRONT, loadsMisses: false }) },
    preset: 'eventual-before-2020',
    set: { objects: 3 },
  },
  'hears-nothing': {
    what: 'changes never reach other front ends',
    breaks: 'copies catch up',
    parts: { front: front({ ...FRONT, hears: false }) },
    preset: 'eventual-before-2020',
  },
  'condition-ignored': {
    what: 'the condition of a write is not compared when it takes effect',
    breaks: 'no lost update',
    parts: { index: index({ ...INDEX_RULES, comparesAtCommit: false }) },
    preset: 'conditional-write',
  },
  'forces-its-version': {
    what: 'after a 412 a writer takes the new ETag but puts what it had built before',
    breaks: 'no lost update',
    parts: { writer: writer({ ...WRITER, rebuilds: false }) },
    preset: 'conditional-write',
  },
  'last-to-arrive-wins': {
    what: 'in the replica Region the copy that arrives last becomes the current version',
    breaks: 'a replica never goes back',
    parts: { site: site({ ...SITE, latestWins: false }) },
    preset: 'cross-region-replication',
  },
  'sends-copies-once': {
    what: 'a version is off the list as soon as its copy was sent',
    breaks: 'no version is forgotten on the way',
    parts: { site: site({ ...SITE, waitsForCopied: false }) },
    preset: 'replication-stall',
  },
  'no-limit': {
    what: 'a partition serves whatever it is asked for',
    breaks: 'a partition keeps to its limits',
    parts: { bucket: bucket({ ...LOAD, limits: false }) },
    preset: 'prefix-throttle',
    set: SHORT,
  },
  'gives-up-silently': {
    what: 'a request out of attempts ends without an error',
    breaks: 'every request is accounted for',
    parts: { bucket: bucket({ ...LOAD, reportsFailure: false }) },
    preset: 'prefix-throttle',
    set: SHORT,
  },
  'leaves-a-gap': {
    what: 'the two halves of a split partition do not meet',
    breaks: 'every key has one partition',
    parts: { bucket: bucket({ ...LOAD, cutsClean: false }) },
    preset: 'prefix-throttle',
    set: SHORT,
  },
  'visible-early': {
    what: 'the parts of an upload can be read before it is completed',
    breaks: 'invisible until complete',
    parts: { vault: vault({ ...VAULT, hidesParts: false }) },
    preset: 'multipart',
  },
  'order-of-arrival': {
    what: 'parts are put together in the order in which they came',
    breaks: 'parts in order of their numbers',
    parts: { vault: vault({ ...VAULT, byNumber: false }) },
    preset: 'multipart',
  },
  'accepts-a-missing-part': {
    what: 'an upload is completed although a listed part is not there',
    breaks: 'a complete object is whole',
    parts: { vault: vault({ ...VAULT, checksList: false }) },
    preset: 'multipart',
    set: { eager: true },
  },
  'never-sweeps': {
    what: 'the lifecycle rule is not carried out',
    breaks: 'abandoned parts are removed',
    parts: { vault: vault({ ...VAULT, sweeps: false }) },
    preset: 'multipart',
  },
};
