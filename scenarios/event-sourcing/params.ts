import { distribution, flag, int, number, type Values } from '../../src/sim/params.ts';

export const params = {
  clients: int({
    what: 'clients, each with one command at a time',
    unit: 'clients',
    default: 2,
    min: 1,
    max: 6,
  }),
  operations: int({ what: 'commands a client gives', unit: 'commands', default: 2, min: 1, max: 12 }),
  handlers: int({ what: 'command handlers, which share nothing but the store', default: 2, min: 1, max: 4 }),
  accounts: int({ what: 'accounts, each a stream of its own', unit: 'streams', default: 1, min: 1, max: 3 }),
  opening: int({
    what: 'balance of each account at the start',
    unit: '€',
    default: 100,
    min: 10,
    max: 10000,
  }),
  history: int({
    what: 'events already in each stream at the start',
    unit: 'events',
    default: 1,
    min: 1,
    max: 60,
  }),
  oldHistory: flag({
    what: 'those events were written by last year’s release, in schema v1',
    default: false,
  }),
  withdraw: number({ what: 'share of commands that withdraw', unit: 'share', default: 0.5, min: 0, max: 1 }),
  amount: distribution({
    what: 'what a command moves, in whole euros',
    unit: '€',
    default: 'uniform:10:60',
    max: 1000,
  }),
  gap: number({
    what: 'time between the first commands of two clients',
    unit: 'ms',
    default: 60,
    min: 0,
    max: 1000,
  }),
  pause: distribution({
    what: 'time from an answer to the client’s next command',
    default: 'uniform:80:160',
    max: 5000,
  }),
  think: distribution({ what: 'time a handler takes to decide', default: 'uniform:6:14', max: 2000 }),
  attempts: int({
    what: 'tries of a handler before it tells the client to come back',
    default: 5,
    min: 1,
    max: 20,
  }),
  timeout: number({
    what: 'wait of a handler for the store before it reads again; a client waits four times as long',
    unit: 'ms',
    default: 80,
    min: 5,
    max: 2000,
  }),
  readEvent: number({
    what: 'time the store takes to read one event of a stream',
    unit: 'ms',
    default: 0.5,
    min: 0,
    max: 20,
  }),
  snapshotEvery: int({
    what: 'events after which a handler leaves a snapshot in the cache; 0 for none',
    unit: 'events',
    default: 0,
    min: 0,
    max: 50,
  }),
  cacheWait: number({
    what: 'wait for the snapshot cache before the whole stream is read',
    unit: 'ms',
    default: 30,
    min: 1,
    max: 1000,
  }),
  apply: distribution({
    what: 'time a projection takes to apply one event',
    default: 'uniform:4:10',
    max: 1000,
  }),
  checkpointEvery: int({
    what: 'events after which a projection moves its checkpoint',
    unit: 'events',
    default: 3,
    min: 1,
    max: 20,
  }),
  ask: number({
    what: 'time after which a projection asks again for what follows: mends what was lost',
    unit: 'ms',
    default: 200,
    min: 10,
    max: 5000,
  }),
  reads: flag({ what: 'a client reads its balance after each command', default: true }),
  wait: flag({
    what: 'such a read names the version its command returned, and the read model waits for it',
    default: true,
  }),
  rebuildAt: number({
    what: 'when the projections are dropped and replayed from the first event; 0 for never',
    unit: 'ms',
    default: 0,
    min: 0,
    max: 10000,
  }),
  mailer: flag({ what: 'a second projection mails a receipt for each event', default: false }),
  remember: number({
    what: 'how long the mail provider remembers the keys of mails it sent',
    unit: 'ms',
    default: 1_000_000,
    min: 1,
    max: 1_000_000,
  }),
  latency: distribution({ what: 'one-way network delay', default: 'uniform:3:8', max: 2000 }),
  disk: distribution({ what: 'time one durable write takes', default: 'uniform:2:5', max: 2000 }),
  loss: number({ what: 'share of messages lost', unit: 'share', default: 0, min: 0, max: 0.9 }),
  duplicate: number({ what: 'share of messages delivered twice', unit: 'share', default: 0, min: 0, max: 1 }),
};

export type P = Values<typeof params>;

/** The virtual length of a run: the commands, then time for the read side to catch up. ms */
export function lengthOf(p: P): number {
  const mean = (m: number) => (Number.isFinite(m) ? m : 1000);
  const events = p.accounts * p.history + p.clients * p.operations;
  const turn = 2 * mean(p.pause.mean) + 6 * p.timeout + 4 * mean(p.think.mean) + p.history * p.readEvent;
  const catchUp = 2 * events * mean(p.apply.mean) * (p.rebuildAt > 0 ? 2 : 1);
  return Math.max(p.rebuildAt, p.clients * p.gap + p.operations * turn) + catchUp + 2000;
}
