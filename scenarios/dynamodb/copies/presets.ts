import type { Preset, Twin } from '../../../src/sim/scenario.ts';
import { ACCOUNT, account } from './account.ts';
import { COORDINATOR, coordinator } from './coordinator.ts';
import { base, INDEX, index } from './gsi.ts';
import { MREC, mrec } from './mrec.ts';
import { MRSC, mrsc } from './mrsc.ts';
import type { copiesParams } from './params.ts';
import { PARTITION, replica } from './partition.ts';

type Mine = typeof copiesParams;

const REGIONS_RUN = {
  copies: 'regions',
  think: 'uniform:70:170',
  patience: 260,
  copiesMs: 2400,
  settle: 1300,
} as const;
const oregonCut = [
  {
    at: 260,
    fault: 'partition',
    groups: [
      ['oregon', 'app3'],
      ['@rest', 'app1', 'app2'],
    ],
  },
  { at: 780, fault: 'heal' },
] as const;

export const presets = {
  'eventual-vs-strong-read': {
    title: 'Eventually or strongly consistent',
    what: 'app1 writes. app2 reads strongly, from the leader; app3 eventually, from any of three replicas, at half the price.',
    seed: 23,
    set: { copies: 'partition', think: 'uniform:4:13', heartbeat: 12, copiesMs: 130, settle: 20 },
  },
  'leader-lost': {
    title: 'The leader’s Availability Zone fails',
    what: 'What was acknowledged is in a second zone. Another replica leads, after the old lease has run out.',
    seed: 11,
    set: { copies: 'partition', consistency: 'strong', patience: 18 },
    faults: [
      { at: 90, fault: 'crash', nodes: ['az1'] },
      { at: 230, fault: 'restart', nodes: ['az1'] },
    ],
  },
  'leader-cut-off': {
    title: 'A leader that nobody hears',
    what: 'Cut off with an application beside it, the old leader may serve strong reads until its lease ends: the new one waits that long.',
    seed: 38,
    set: {
      copies: 'partition',
      apps: 4,
      consistency: 'strong',
      patience: 14,
      heartbeat: 14,
      lease: 90,
      copiesMs: 320,
      detect: 'uniform:22:32',
      think: 'uniform:7:17',
    },
    faults: [
      {
        at: 90,
        fault: 'partition',
        groups: [
          ['az1', 'app2', 'app4'],
          ['az2', 'az3', 'app1', 'app3'],
        ],
      },
      { at: 250, fault: 'heal' },
    ],
  },
  'gsi-lag': {
    title: 'An index that is behind',
    what: 'The table answers at once, the index learns later: a query misses what was just written, and still finds what is no more.',
    seed: 20,
    set: {
      copies: 'index',
      apps: 2,
      think: 'uniform:16:40',
      indexLag: 'uniform:5:30',
      copiesMs: 560,
      settle: 330,
    },
    faults: [
      { at: 95, fault: 'partition', groups: [['index'], ['table']] },
      { at: 150, fault: 'heal' },
    ],
  },
  'transaction-conflict': {
    title: 'Two transactions want the same item',
    what: 'Nobody waits for a lock: the second is cancelled whole, and its application tries again.',
    seed: 3,
    set: { copies: 'transactions', apps: 2, think: 'uniform:4:10', copiesMs: 90, settle: 40 },
  },
  'transactional-read': {
    title: 'Adding up while money moves',
    what: 'app3 adds up three accounts, now with TransactGetItems, now item by item: only the first is one moment.',
    seed: 44,
    set: { copies: 'transactions', apps: 3, think: 'uniform:4:10', copiesMs: 120, settle: 50 },
  },
  'transaction-retry': {
    title: 'A retry with its client token',
    what: 'The answer is lost, the SDK asks again. The token finds the first try in the ledger; without it the money moves twice.',
    seed: 4,
    set: { copies: 'transactions', apps: 1, think: 'uniform:10:25', patience: 14, copiesMs: 160, settle: 60 },
    faults: [
      { at: 20, fault: 'cut', from: ['tc1'], to: ['app1'] },
      { at: 48, fault: 'heal' },
    ],
  },
  'global-tables': {
    title: 'A global table, eventually consistent',
    what: 'Each Region answers alone and ships afterwards. Of two writes of one item at a time the later timestamp stays, silently.',
    seed: 43,
    set: REGIONS_RUN,
  },
  'global-tables-eventual': {
    title: 'Eventual consistency and a Region cut off',
    what: 'Oregon goes on alone, reading and writing. When it is back, one side’s acknowledged writes are gone.',
    seed: 3,
    set: REGIONS_RUN,
    faults: oregonCut,
  },
  'global-tables-strong': {
    title: 'Strong consistency and a Region cut off',
    what: 'Each write waits for a second Region, concurrent ones conflict, and Oregon alone refuses: never wrong, nothing lost.',
    seed: 6,
    set: { ...REGIONS_RUN, globalMode: 'mrsc' },
    faults: oregonCut,
  },
  'global-tables-clock-skew': {
    title: 'The last writer by a clock that is fast',
    what: 'Oregon’s clock is 400 ms ahead: its older writes win over newer ones until the others have seen them.',
    seed: 108,
    set: REGIONS_RUN,
    faults: [{ at: 0, fault: 'clock', nodes: ['oregon'], offsetMs: 400, driftPpm: 0 }],
  },
} satisfies Readonly<Record<string, Preset<Mine>>>;

export const twins = {
  'strong-read-anywhere': {
    what: 'a follower serves strongly consistent reads, too',
    breaks: 'strong reads are linearizable',
    parts: { replica: replica({ ...PARTITION, onlyLeaderReads: false }) },
    preset: 'eventual-vs-strong-read',
  },
  'one-copy': {
    what: 'a write is acknowledged when the leader alone has it',
    breaks: 'acknowledged writes survive',
    parts: { replica: replica({ ...PARTITION, copies: 1 }) },
    preset: 'leader-cut-off',
  },
  'no-lease-wait': {
    what: 'a new leader serves at once, although the old one’s lease still runs',
    breaks: 'strong reads are linearizable',
    parts: { replica: replica({ ...PARTITION, waitsForLease: false }) },
    preset: 'leader-cut-off',
  },
  'index-by-arrival': {
    what: 'the index applies changes as they arrive, whatever their version',
    breaks: 'the index never goes back',
    parts: { gsi: index({ ...INDEX, heedsVersion: false }) },
    preset: 'gsi-lag',
  },
  'index-forgets': {
    what: 'a change is sent to the index once',
    breaks: 'the index catches up',
    parts: { base: base({ ...INDEX, repeats: false }) },
    preset: 'gsi-lag',
  },
  'item-by-item': {
    what: 'no first phase: each item is written as soon as it is asked',
    breaks: 'all or nothing',
    parts: { coordinator: coordinator({ ...COORDINATOR, prepares: false }) },
    preset: 'transaction-conflict',
    set: { opening: 15 },
  },
  'ignores-conflicts': {
    what: 'an item prepares a second transaction while one is under way',
    breaks: 'no update is lost',
    parts: { account: account({ ...ACCOUNT, heedsConflicts: false }) },
    preset: 'transaction-conflict',
  },
  'ignores-tokens': {
    what: 'a retry is taken for a new transaction',
    breaks: 'a retry is applied once',
    parts: { coordinator: coordinator({ ...COORDINATOR, heedsToken: false }) },
    preset: 'transaction-retry',
  },
  'looks-once': {
    what: 'TransactGetItems reads each item once and does not ask what is under way',
    breaks: 'transactional reads add up',
    parts: { coordinator: coordinator({ ...COORDINATOR, looksTwice: false }) },
    preset: 'transactional-read',
  },
  'arrival-order': {
    what: 'the version that arrives last wins, not the one written last',
    breaks: 'Regions converge',
    parts: { region: mrec({ ...MREC, wins: () => true }) },
    preset: 'global-tables',
  },
  'raw-clock': {
    what: 'a Region stamps a write with its bare clock, even below the stamp of what it replaces',
    breaks: 'strong reads see the Region’s own writes',
    parts: { region: mrec({ ...MREC, stampsLater: false }) },
    preset: 'global-tables-clock-skew',
  },
  'acknowledges-locally': {
    what: 'a write is acknowledged when its own Region has it',
    breaks: 'acknowledged writes are in two Regions',
    parts: { strong: mrsc({ ...MRSC, copies: 1 }) },
    preset: 'global-tables-strong',
  },
  'reads-locally': {
    what: 'a strong read is answered by its own Region alone',
    breaks: 'strong reads are linearizable',
    parts: { strong: mrsc({ ...MRSC, asks: false }) },
    preset: 'global-tables-strong',
  },
  'ignores-claims': {
    what: 'a Region lets a second write begin and stores whatever comes',
    breaks: 'no acknowledged write is lost',
    parts: { strong: mrsc({ ...MRSC, heedsClaims: false }) },
    preset: 'global-tables-strong',
  },
} satisfies Readonly<Record<string, Twin<Mine>>>;
