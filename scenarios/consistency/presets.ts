import type { PlannedFault, Preset } from '../../src/sim/scenario.ts';
import type { params } from './params.ts';

type Presets = Readonly<Record<string, Preset<typeof params>>>;

/** The replica that took a write nobody else has yet dies, and comes back later. */
const failover: readonly PlannedFault[] = [
  { at: 0, fault: 'crash', nodes: ['@ahead'] },
  { at: 150, fault: 'restart', nodes: ['@crashed'] },
];

/** Each model twice, by the same clients: a store that promises it, and a weaker one that does not keep it. */
/** One client puts and gets at its own replica, another reads from one replica after the other. */
const balanced = {
  program: 'mixed',
  roaming: 'readers',
  clients: 2,
  writers: 1,
  operations: 6,
  lag: 'uniform:5:100',
  sync: 400,
} as const;

/** The way from n1 to n3 is cut for a while: what n2 says about it arrives first. */
const overtaking = { lag: 'uniform:2:10', sync: 105 };
const detour: readonly PlannedFault[] = [
  { at: 0, fault: 'cut', from: ['n1'], to: ['n3'] },
  { at: 112, fault: 'heal' },
];

export const presets: Presets = {
  linearizable: {
    title: 'Linearizable: as if there were one copy',
    what: 'Each operation asks a majority. Once a put has returned, every later get sees it, whichever replica is asked.',
    set: { level: 'linearizable', program: 'mixed' },
  },
  'linearizable-violated': {
    title: 'Sequential, not linearizable: an old value after the put has returned',
    what: 'One order for everybody, but each replica is as far along as it happens to be. A get returns what had been overwritten before it began.',
    set: { level: 'sequential', program: 'mixed' },
  },
  sequential: {
    title: 'Sequential: one order, in which nobody is surprised',
    what: 'Each client raises its flag, then looks at the other’s. In one order of all operations they cannot both miss it.',
    set: { level: 'sequential', program: 'flags', clients: 2, operations: 4 },
  },
  'sequential-violated': {
    title: 'Causal, not sequential: both look and neither sees the other’s flag',
    what: 'The two puts know nothing of each other, so each replica may apply its own first. No single order explains both gets.',
    set: { level: 'causal', program: 'flags', clients: 2, operations: 4 },
  },
  causal: {
    title: 'Causal: no reply without its post',
    what: 'The post cannot get from n1 to n3, the reply to it comes by way of n2. n3 holds it back until the post is there.',
    set: { level: 'causal', program: 'reply', ...overtaking },
    faults: detour,
    seed: 4,
  },
  'causal-violated': {
    title: 'Eventual, not causal: a reply to nothing',
    what: 'The reply reaches n3 before the post it answers. c3 reads the reply, then looks for the post, and there is none.',
    set: { level: 'eventual', program: 'reply', ...overtaking },
    faults: detour,
    seed: 4,
  },
  'read-your-writes': {
    title: 'Read your writes, through a failover',
    what: 'c1 puts, its replica dies, another takes over that has not heard of the put. It knows from the session what is missing and lets the get wait.',
    set: { level: 'read-your-writes', program: 'own', clients: 2, patience: 50, duration: 1300 },
    faults: failover,
    seed: 2,
  },
  'read-your-writes-violated': {
    title: 'A failover loses sight of the client’s own put',
    what: 'The same failover without a session: the other replica answers at once with what it has, and c1 does not see what it wrote.',
    set: { level: 'eventual', program: 'own', clients: 2, patience: 50, duration: 1300 },
    faults: failover,
    seed: 2,
  },
  'monotonic-reads': {
    title: 'Monotonic reads, behind a load balancer',
    what: 'Each get of c2 goes to the next replica. One that is behind what the session has seen lets it wait.',
    set: { level: 'monotonic-reads', ...balanced },
  },
  'monotonic-reads-violated': {
    title: 'Time runs backwards behind a load balancer',
    what: 'The same clients. c2 reads the new value from one replica, then the old one from the next.',
    set: { level: 'eventual', ...balanced },
  },
  eventual: {
    title: 'Eventual: different answers now, one answer in the end',
    what: 'Every replica answers at once from its own copy. They differ for a while; the largest stamp wins everywhere.',
    set: { level: 'eventual', program: 'mixed', writes: 0.5 },
  },
  'eventual-violated': {
    title: 'Replicas that never agree',
    what: 'Each replica keeps what arrived last instead of the larger stamp. The puts have ended, all messages have arrived, and the copies differ for ever.',
    set: { level: 'eventual', program: 'mixed', writes: 0.5 },
    twin: 'last-to-arrive',
  },
};
