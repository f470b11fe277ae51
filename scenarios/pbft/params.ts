import { distribution, flag, int, number, type Values } from '../../src/sim/params.ts';

export const params = {
  replicas: int({ what: 'replicas', default: 4, min: 3, max: 13, unit: 'nodes' }),
  f: int({
    what: 'traitors the group is built to survive; it needs 3f + 1 replicas',
    default: 1,
    min: 0,
    max: 4,
    unit: 'nodes',
  }),
  unsafe: flag({ what: 'allow fewer than 3f + 1 replicas', default: false }),
  latency: distribution({ what: 'one-way delay of a message', default: 'uniform:5:11' }),
  timeout: number({
    what: 'how long a backup waits for a request to be executed before it gives the primary up; doubles with each try',
    default: 100,
    min: 1,
    max: 60_000,
    unit: 'ms',
  }),
  checkpoint: int({
    what: 'requests from one checkpoint to the next; the log holds two such stretches at most',
    default: 8,
    min: 1,
    max: 1000,
    unit: 'requests',
  }),
  loss: number({ what: 'share of messages lost', default: 0, min: 0, max: 1, unit: 'share' }),
  duplicate: number({ what: 'share of messages delivered twice', default: 0, min: 0, max: 1, unit: 'share' }),
  clients: int({
    what: 'clients, one operation at a time each',
    default: 2,
    min: 1,
    max: 9,
    unit: 'clients',
  }),
  think: distribution({ what: 'pause of a client between two operations', default: 'uniform:40:120' }),
  writes: number({
    what: 'share of the operations that write',
    default: 0.6,
    min: 0,
    max: 1,
    unit: 'share',
  }),
  retry: number({
    what: 'silence after which a client sends its request to every replica',
    default: 80,
    min: 1,
    max: 60_000,
    unit: 'ms',
  }),
  duration: number({ what: 'length of the run', default: 500, min: 10, max: 20_000, unit: 'ms' }),
} as const;

export type P = Values<typeof params>;

/**
 * Two quorums of this size share more than f replicas, so an honest one: 2f + 1 of 3f + 1. Never more than can answer
 * while f are silent, which is where fewer than 3f + 1 replicas run out of luck.
 */
export const quorum = (p: P): number =>
  Math.min(Math.ceil((p.replicas + p.f + 1) / 2), Math.max(1, p.replicas - p.f));

export const enough = (p: P): boolean => p.replicas >= 3 * p.f + 1;

export function check(p: P): string | undefined {
  if (!enough(p) && !p.unsafe)
    return `replicas=${p.replicas} cannot survive f=${p.f}: ${3 * p.f + 1} are needed, or two quorums could have only traitors in common. Set unsafe=on to see it happen.`;
  if (p.retry > p.timeout * 10)
    return `retry (${p.retry} ms) must not exceed ten timeouts (${p.timeout} ms each), or backups never hear what a silent primary withholds.`;
  return undefined;
}
