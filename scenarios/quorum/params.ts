import { choice, distribution, flag, int, number, type Values } from '../../src/sim/params.ts';

const leg = (what: string, unset: string) => distribution({ what, default: unset, max: 60_000 });

export const params = {
  n: int({ what: 'replicas of the item; every write is sent to all of them', default: 3, min: 1, max: 9 }),
  r: int({ what: 'answers a read waits for', unit: 'replicas', default: 1, min: 1, max: 9 }),
  w: int({
    what: 'acknowledgements after which a write is committed',
    unit: 'replicas',
    default: 1,
    min: 1,
    max: 9,
  }),
  writeLatency: leg('W: coordinator to replica with the write, drawn per replica and operation', 'exp:20'),
  ackLatency: leg('A: replica to coordinator with the acknowledgement', 'exp:4'),
  readLatency: leg('R: coordinator to replica with the read', 'exp:4'),
  replyLatency: leg('S: replica to coordinator with the value', 'exp:4'),
  readAfter: number({
    what: 'from the commit of the newest write to the start of the read',
    unit: 'ms',
    default: 5,
    min: 0,
    max: 60_000,
  }),
  writes: int({ what: 'writes, one after another', default: 1, min: 1, max: 6 }),
  writeEvery: number({
    what: 'from the start of one write to the next',
    unit: 'ms',
    default: 60,
    min: 1,
    max: 60_000,
  }),
  writers: int({ what: 'clients that take turns in writing', default: 1, min: 1, max: 3 }),
  readers: int({ what: 'further clients, which read from the start', default: 0, min: 0, max: 3 }),
  reads: int({
    what: 'reads of the last writer, or of each reader where there are some',
    default: 1,
    min: 1,
    max: 10,
  }),
  readEvery: number({
    what: 'from the end of one read to the next',
    unit: 'ms',
    default: 30,
    min: 0,
    max: 60_000,
  }),
  versions: choice({
    what: "a write's stamp: the client's wall clock (last writer wins), or one more than r replicas are asked for first",
    choices: ['clock', 'ask'],
    default: 'clock',
  }),
  readRepair: flag({ what: 'stale answers, late ones too, are overwritten', default: false }),
  writeBack: flag({
    what: 'a read is stored at w replicas before it returns (Attiya, Bar-Noy & Dolev)',
    default: false,
  }),
  sloppy: flag({ what: 'a stand-in takes the place of a replica that does not answer', default: false }),
  spares: int({ what: 'nodes that can stand in', unit: 'nodes', default: 0, min: 0, max: 5 }),
  suspectAfter: number({
    what: 'silence after which a replica is taken for down, with sloppy=on',
    unit: 'ms',
    default: 25,
    min: 1,
    max: 60_000,
  }),
  handoff: number({
    what: 'a stand-in tries to hand its hints over this often; 0 for never',
    unit: 'ms',
    default: 0,
    min: 0,
    max: 60_000,
  }),
  timeout: number({
    what: 'an operation is given up after this; 0 for never',
    unit: 'ms',
    default: 0,
    min: 0,
    max: 60_000,
  }),
  settle: number({
    what: 'time left at the end for repair and handoff',
    unit: 'ms',
    default: 100,
    min: 0,
    max: 60_000,
  }),
};

export type P = Values<typeof params>;

/** The first operation begins then, ms. */
export const BEGIN = 5;

/** Read and write sets meet: r + w > n. */
export const meet = (p: P): boolean => p.r + p.w > p.n;

/** The stamps of writes follow real time: a lone writer never steps back, others must ask first. */
export const inOrder = (p: P): boolean => (p.versions === 'ask' ? meet(p) : p.writers === 1);

export function check(p: P): string | undefined {
  for (const name of ['r', 'w'] as const)
    if (p[name] > p.n)
      return `${name} (${p[name]}) must be at most n (${p.n}): only ${p.n} replica${p.n === 1 ? '' : 's'} can answer.`;
  if (p.sloppy && p.spares === 0)
    return 'sloppy=on needs nodes that can stand in: set spares to 1 or more, or sloppy=off.';
  if (p.handoff > 0 && !p.sloppy) return 'handoff hands over what stand-ins took: it needs sloppy=on.';
  return undefined;
}
