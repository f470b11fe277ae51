import { choice, distribution, flag, int, number, type Values } from '../../src/sim/params.ts';

export const params = {
  work: choice({
    what: 'what the nodes do: send each other messages and stamp events; keep a last-writer-wins register; take turns with a lease',
    choices: ['messages', 'register', 'lease'],
    default: 'register',
  }),
  clock: choice({
    what: 'what stamps are made of; vector stamps need work=messages, truetime needs work=register',
    choices: ['wall', 'lamport', 'vector', 'hybrid', 'truetime'],
    default: 'wall',
  }),
  nodes: int({ what: 'processes, replicas or lease holders', default: 3, min: 2, max: 7, unit: 'nodes' }),
  latency: distribution({ what: 'one-way delay of a message', default: 'uniform:8:25' }),
  loss: number({ what: 'share of messages lost', default: 0, min: 0, max: 1, unit: 'share' }),
  think: distribution({
    what: 'pause of a process between two events, of a client between two operations; length of a piece of work',
    default: 'uniform:30:90',
  }),
  local: number({
    what: 'for work=messages: share of a process’s own events that send nothing',
    default: 0.3,
    min: 0,
    max: 1,
    unit: 'share',
  }),
  maxAhead: number({
    what: 'for clock=hybrid: a message stamped further than this ahead of the receiver’s wall clock is refused',
    default: 500,
    min: 1,
    max: 3_600_000,
    unit: 'ms',
  }),
  clients: int({ what: 'for work=register: clients', default: 2, min: 1, max: 6, unit: 'clients' }),
  near: distribution({
    what: 'for work=register: one-way delay between a client and a replica',
    default: 'uniform:2:6',
  }),
  reads: number({
    what: 'for work=register: share of operations that read',
    default: 0.3,
    min: 0,
    max: 1,
    unit: 'share',
  }),
  sync: number({
    what: 'for work=register: how often a replica repeats what it holds to the others',
    default: 250,
    min: 1,
    max: 600_000,
    unit: 'ms',
  }),
  uncertainty: number({
    what: 'for clock=truetime: half the width of the interval that contains the true time',
    default: 7,
    min: 0,
    max: 10_000,
    unit: 'ms',
  }),
  wait: flag({
    what: 'for clock=truetime: acknowledge a write only when its stamp has certainly passed',
    default: true,
  }),
  timer: choice({
    what: 'for work=lease: the clock by which a holder measures its lease and its work',
    choices: ['wall', 'monotonic'],
    default: 'wall',
  }),
  lease: number({
    what: 'for work=lease: length of a lease',
    default: 200,
    min: 10,
    max: 600_000,
    unit: 'ms',
  }),
  margin: number({
    what: 'for work=lease: a holder stops this much before its lease ends',
    default: 5,
    min: 0,
    max: 60_000,
    unit: 'ms',
  }),
  poll: number({
    what: 'for work=lease: time between two questions to the time server',
    default: 120,
    min: 10,
    max: 3_600_000,
    unit: 'ms',
  }),
  step: number({
    what: 'for work=lease: an offset above this is corrected at once (stepped), a smaller one gradually (slewed)',
    default: 128,
    min: 0,
    max: 3_600_000,
    unit: 'ms',
  }),
  settle: number({
    what: 'time before the end in which nothing new begins',
    default: 60,
    min: 0,
    max: 600_000,
    unit: 'ms',
  }),
  duration: number({ what: 'length of the run', default: 800, min: 10, max: 600_000, unit: 'ms' }),
} as const;

export type P = Values<typeof params>;

/** Contradictions, in words for the person who wrote them. */
export function check(p: P): string | undefined {
  if (p.settle >= p.duration)
    return `settle (${p.settle} ms) must be shorter than duration (${p.duration} ms), or nothing ever begins.`;
  if (p.work === 'register' && p.clock === 'vector')
    return 'clock=vector cannot decide which of two concurrent writes is last, so work=register needs wall, lamport, hybrid or truetime (scenario crdt keeps or merges both).';
  if (p.clock === 'truetime' && p.work !== 'register')
    return `clock=truetime is about commits and needs work=register; got work=${p.work}.`;
  if (p.work === 'lease' && p.clock !== 'wall')
    return `work=lease measures durations, which logical stamps cannot: choose timer=wall or timer=monotonic and leave clock=wall (got ${p.clock}).`;
  if (p.work === 'lease' && p.margin >= p.lease)
    return `margin (${p.margin} ms) must be shorter than lease (${p.lease} ms), or no lease is ever used.`;
  if (p.work === 'messages' && p.think.mean < 0.05)
    return `think (${p.think.text}) must be 0.05 ms or more in the mean for work=messages.`;
  return undefined;
}
