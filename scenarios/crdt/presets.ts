import type { Preset } from '../../src/sim/scenario.ts';
import type { params } from './params.ts';

const partition = [
  { at: 220, fault: 'partition', groups: [['n1', 'n2'], ['@rest']] },
  { at: 600, fault: 'heal' },
] as const;

export const presets: Readonly<Record<string, Preset<typeof params>>> = {
  'g-counter': {
    title: 'A counter that only grows',
    what: 'Both sides of a partition go on counting. Messages arrive twice and in any order; the sum is right all the same.',
    set: { type: 'g-counter', duplicate: 0.2 },
    faults: partition,
  },
  'pn-counter': {
    title: 'A stock that each replica guards alone',
    what: 'No replica sells what it does not see. After healing the stock is below zero: a merge keeps counts, not rules.',
    set: { type: 'pn-counter', floor: true },
    faults: partition,
    seed: 5,
  },
  'or-set': {
    title: 'Add wins over a remove that has not seen it',
    what: 'One side removes an element while the other adds it again. After healing it is there: the remove hit only old tags.',
    set: { type: 'or-set' },
    faults: partition,
    seed: 3,
  },
  'lww-register': {
    title: 'Last writer wins: equal everywhere, and half is gone',
    what: 'Both sides write and are told ok. All replicas agree after healing, on one of the two.',
    set: { type: 'lww-register' },
    faults: partition,
  },
  'wrong-merge': {
    title: 'Adding instead of taking the greater',
    what: 'The same counter with + in its merge. Every state that is told again is counted again.',
    set: { type: 'g-counter', sync: 'delta', gossip: 80, duplicate: 0.3, duration: 900, settle: 400 },
    twin: 'sum-merge',
  },
  'replica-lost': {
    title: 'A replica comes back with an empty disk',
    what: 'n2 loses its disk and takes a new identity. Its old slot lives on in the others, and nothing is counted twice or lost.',
    set: { type: 'g-counter', gossip: 70 },
    faults: [
      { at: 330, fault: 'crash', nodes: ['n2'] },
      { at: 430, fault: 'restart', nodes: ['n2'], wipe: true },
    ],
  },
};
