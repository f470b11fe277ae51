import type { Preset } from '../../src/sim/scenario.ts';
import type { params } from './params.ts';

/** Situations, made by parameters and planned faults alone; the seeds were chosen among many for a readable picture. */
export const presets: Readonly<Record<string, Preset<typeof params>>> = {
  normal: {
    title: 'Three phases, nobody lies',
    what: 'The primary numbers a request, all tell all that they have it, all tell all that enough have it.',
    set: { duration: 320 },
  },
  'silent-primary': {
    title: 'The primary says nothing any more',
    what: 'Clients turn to everybody, the backups’ patience ends, and the next replica in turn becomes primary.',
    set: { duration: 600, think: 'uniform:60:160' },
    faults: [{ at: 90, fault: 'byzantine', nodes: ['r0'], behaviour: 'silent' }],
  },
  'equivocating-primary': {
    title: 'The primary tells everyone a different story',
    what: 'Each backup gets the same requests in another order. No order finds enough believers, so nothing is executed.',
    set: { duration: 330, think: 'uniform:20:60' },
    faults: [{ at: 0, fault: 'byzantine', nodes: ['r0'], behaviour: 'equivocate' }],
  },
  'view-change': {
    title: 'Prepared, not executed, and the primary dies',
    what: 'The certificate of one backup carries the request into the next view, under the number it had.',
    set: { duration: 480, think: 'uniform:30:70' },
    faults: [
      { at: 120, fault: 'partition', groups: [['@exposed'], ['r1'], ['r2'], ['r3']] },
      { at: 120, fault: 'crash', nodes: ['@exposed'] },
      { at: 200, fault: 'heal' },
    ],
  },
  'lying-primary': {
    title: 'The primary makes requests up',
    what: 'It alters what clients asked, answers them falsely and votes for nonsense; signatures and quorums see through it.',
    set: { duration: 480 },
    faults: [{ at: 0, fault: 'byzantine', nodes: ['r0'], behaviour: 'lie' }],
  },
  'lying-successor': {
    title: 'The next primary denies what was prepared',
    what: 'r0 executes a request and can no longer tell anybody. r1 takes over and proposes nothing in its place; the proof it must show gives it away.',
    set: { duration: 560, think: 'uniform:30:80' },
    faults: [
      { at: 0, fault: 'byzantine', nodes: ['r1'], behaviour: 'lie' },
      { at: 40, fault: 'cut', from: ['@exposed'], to: ['@rest'] },
      { at: 320, fault: 'heal' },
    ],
  },
  'too-many-traitors': {
    title: 'Three replicas, one traitor (n = 3f)',
    what: 'Two of three must be enough, or one silent traitor stops everything; but two quorums then share only the traitor.',
    set: { replicas: 3, unsafe: true, duration: 240, think: 'uniform:30:50' },
    faults: [{ at: 0, fault: 'byzantine', nodes: ['r0'], behaviour: 'equivocate' }],
  },
};
