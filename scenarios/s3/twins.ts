import type { Twin } from '../../src/sim/scenario.ts';
import { FRONT, front } from './front.ts';
import type { params } from './params.ts';
import { INDEX_RULES, index, witness } from './store.ts';
import { WRITER, writer } from './writer.ts';

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
};
