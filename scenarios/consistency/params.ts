import { choice, distribution, int, number, type Values } from '../../src/sim/params.ts';

export const levels = [
  'linearizable',
  'sequential',
  'causal',
  'monotonic-reads',
  'read-your-writes',
  'eventual',
] as const;
export type Level = (typeof levels)[number];

export const params = {
  level: choice({
    what: 'what the store does: ask majorities, follow one order, respect causes, or share lazily (with or without a session guarantee)',
    choices: levels,
    default: 'linearizable',
  }),
  program: choice({
    what: 'what the clients do: puts and gets at random; each raises its flag and looks at the next one’s; each puts a key of its own and looks at it; a post, a reply to it, and readers',
    choices: ['mixed', 'flags', 'own', 'reply'],
    default: 'mixed',
  }),
  nodes: int({ what: 'replicas', default: 3, min: 1, max: 7 }),
  clients: int({ what: 'clients, each a session of its own', default: 3, min: 1, max: 6 }),
  operations: int({ what: 'operations of each client (all but reply)', default: 4, min: 1, max: 30 }),
  keys: int({ what: 'keys in use (mixed)', default: 1, min: 1, max: 4 }),
  writes: number({ what: 'share of puts (mixed)', unit: 'share', default: 0.4, min: 0, max: 1 }),
  writers: int({ what: 'clients that put at all (mixed)', default: 6, min: 1, max: 6 }),
  roaming: choice({
    what: 'whose operations go to the next replica each time, as behind a load balancer: nobody’s, those of clients that never put (mixed), or all; others stay until their replica fails',
    choices: ['none', 'readers', 'all'],
    default: 'none',
  }),
  think: distribution({
    what: 'pause of a client between operations',
    default: 'uniform:10:25',
    max: 10_000,
  }),
  patience: number({
    what: 'silence after which a client tries another replica with a get, or ends its session over a put',
    unit: 'ms',
    default: 90,
    min: 1,
    max: 10_000,
  }),
  latency: distribution({ what: 'one-way delay between replicas', default: 'uniform:5:15', max: 10_000 }),
  near: distribution({
    what: 'one-way delay between a client and a replica',
    default: 'uniform:2:4',
    max: 10_000,
  }),
  lag: distribution({
    what: 'a replica holds a change back this long before it tells another (not when it asks majorities)',
    default: 'uniform:20:80',
    max: 10_000,
  }),
  sync: number({
    what: 'what was not confirmed is sent again after this',
    unit: 'ms',
    default: 150,
    min: 1,
    max: 10_000,
  }),
  duration: number({ what: 'length of the run', unit: 'ms', default: 800, min: 10, max: 60_000 }),
};

export type P = Values<typeof params>;

/** Does the client of this number, from 0, go from replica to replica? */
export const roams = (p: P, client: number): boolean =>
  p.roaming === 'all' || (p.roaming === 'readers' && client >= p.writers);

/** The models from the strongest to the weaker ones, as their properties are named. */
export const ladder = [
  'linearizable',
  'sequential',
  'causal',
  'read-your-writes',
  'monotonic reads',
  'monotonic writes',
  'writes-follow-reads',
] as const;
export type Model = (typeof ladder)[number];

/** What each level promises beyond convergence. A level promises all that follows from it. */
export const promises: Readonly<Record<Level, readonly Model[]>> = {
  linearizable: ladder,
  sequential: ladder.slice(1),
  causal: ladder.slice(2),
  'monotonic-reads': ['monotonic reads'],
  'read-your-writes': ['read-your-writes'],
  eventual: [],
};

export function check(p: P): string | undefined {
  if (p.program === 'flags' && p.clients < 2)
    return 'program=flags needs at least 2 clients: each looks at the flag of the next.';
  if (p.program === 'reply' && p.clients < 3)
    return 'program=reply needs at least 3 clients: one posts, one replies, the others read.';
  return undefined;
}
