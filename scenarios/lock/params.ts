import { choice, distribution, flag, int, number, type Values } from '../../src/sim/params.ts';

export const params = {
  servers: int({
    what: 'lock servers that keep copies of the lock',
    unit: 'nodes',
    default: 1,
    min: 1,
    max: 5,
  }),
  quorum: choice({
    what: 'what a lock server needs before it decides: a majority of the servers, or nobody (a backup takes over when it hears nothing)',
    choices: ['majority', 'none'],
    default: 'majority',
  }),
  clients: int({
    what: 'clients that want the lock to change the storage',
    unit: 'clients',
    default: 2,
    min: 1,
    max: 4,
  }),
  fencing: flag({ what: 'the storage refuses a token older than the newest it has seen', default: true }),
  lease: number({ what: 'time a grant is good for', unit: 'ms', default: 150, min: 20, max: 60000 }),
  margin: number({
    what: 'share of the lease a client gives away, against clocks that do not run alike',
    unit: 'share',
    default: 0.05,
    min: 0,
    max: 0.9,
  }),
  drift: number({
    what: 'by how much the servers’ clocks run fast and the clients’ slow: the worst case. Quartz has some tens',
    unit: 'ppm',
    default: 0,
    min: 0,
    max: 200000,
  }),
  renew: flag({ what: 'a client asks for a new term after each third of its lease', default: false }),
  rounds: int({
    what: 'times a client reads, computes and writes while it has the lock',
    default: 2,
    min: 1,
    max: 100,
  }),
  compute: distribution({
    what: 'time from reading to looking at the clock again',
    default: 'uniform:15:30',
    max: 60000,
  }),
  gap: distribution({
    what: 'time from that look at the clock until the write leaves',
    default: 'uniform:6:10',
    max: 60000,
  }),
  guard: number({
    what: 'no write is begun with less of the lease left than this',
    unit: 'ms',
    default: 25,
    min: 0,
    max: 60000,
  }),
  retry: number({
    what: 'a client that has to wait asks again after this long',
    unit: 'ms',
    default: 40,
    min: 1,
    max: 60000,
  }),
  think: distribution({ what: 'pause of a client without the lock', default: 'uniform:20:70', max: 60000 }),
  heartbeat: number({
    what: 'interval of a leader’s heartbeats',
    unit: 'ms',
    default: 40,
    min: 1,
    max: 10000,
  }),
  election: distribution({
    what: 'silence after which a server tries to lead',
    default: 'uniform:100:180',
    max: 60000,
  }),
  latency: distribution({ what: 'one-way network delay', default: 'uniform:3:8', max: 10000 }),
  loss: number({ what: 'share of messages lost', unit: 'share', default: 0, min: 0, max: 0.9 }),
  duplicate: number({ what: 'share of messages delivered twice', unit: 'share', default: 0, min: 0, max: 1 }),
  disk: distribution({ what: 'time a durable write takes', default: 'uniform:1:3', max: 10000 }),
  duration: number({ what: 'length of the run', unit: 'ms', default: 600, min: 50, max: 60000 }),
};

export type P = Values<typeof params>;

/** The margin that covers this drift: the client's clock slow, the server's fast, both by d (Gray & Cheriton 1989). */
export function neededMargin(p: P): number {
  const d = p.drift / 1e6;
  return (2 * d) / (1 + d);
}

/** One authority decides: a single server, or a majority. */
export const oneAuthority = (p: P): boolean => p.servers === 1 || p.quorum === 'majority';
