import { become, type Effect, note, type Protocol, sample, send, set } from '../../src/sim/protocol.ts';
import { thousands } from '../../src/sim/words.ts';
import { layout, Table, type TableRules } from './engine.ts';
import { REASONS, type Refusal } from './figures.ts';
import { LANES, type P } from './params.ts';
import { readUnits, writeUnits } from './units.ts';

/**
 * DynamoDB's admission of requests: provisioned and on-demand capacity, burst and adaptive capacity, the ceiling of a
 * partition and its split, back-pressure of an index. Constants and pages are in constants.ts; the design is
 * Elhemali et al., USENIX ATC 2022, §4.
 *
 *    Full    table → partition, index   "what you are asked for does not fit"
 *    Eased   table → partition, index   "it fits again"
 *    Split   table → partition          "you take over part of another's keys"
 *
 * One actor keeps the whole table. It wakes once a slice, works off every request due in it in time order and reports
 * samples, so the trace stays small however many requests there are. Partitions and index have lanes to show their state.
 */
export type Report =
  | { readonly type: 'Full'; readonly text: string }
  | { readonly type: 'Eased' }
  | { readonly type: 'Split'; readonly text: string };

export const RULES: TableRules = {
  capsBurst: true,
  keepsCeiling: true,
  shares: true,
  roundsUp: true,
  chargesServedOnly: true,
  appliesServedOnly: true,
  keepsQuota: true,
  answersRefused: true,
  limitsIndex: true,
  heedsIndex: true,
};

/** Points of a track: as many as a picture can show, whole seconds apart. */
const SLICES = 160;

export interface TableState {
  readonly table: Table;
  readonly sliceUs: number;
  readonly mood: string;
  /** lanes that were told they are full, and for how many slices they were not */
  readonly full: ReadonlyMap<string, number>;
  /** µs since which saved capacity is being used up, -1 while it is not */
  readonly burstFrom: number;
  readonly burstEmpty: boolean;
}

/** Slices without a refusal after which a bar turns back: it would flicker. */
const CALM = 4;
/** Share of a limit that must be refused before a lane counts as full. */
const FEW = 0.02;

export const sliceOf = (p: P): number => Math.max(1, Math.ceil(p.simSeconds / SLICES)) * 1e6;

/** Lanes for partitions: those at the start, and a few that splits may bring. */
export function lanesOf(p: P): number {
  const spare = p.splitAfter > 0 ? (p.mode === 'on-demand' ? 2 : 1) : 0;
  return apart(p) ? Math.min(LANES, layout(p) + spare) : 0;
}

/** The index, or its partitions where its key decides which of them is short. */
export const indexLanes = (p: P): readonly string[] =>
  p.indexes === 0
    ? []
    : p.indexKeys === 0
      ? ['index']
      : Array.from({ length: Math.min(LANES, p.indexPartitions) }, (_, i) => `i${i + 1}`);

/** units a second that are asked for, mean: reads, writes */
const demand = (p: P): readonly [number, number] => [
  p.arrivals.rate * (1 - p.writeShare) * readUnits(p.itemSize.mean, p.reads),
  p.arrivals.rate * p.writeShare * writeUnits(p.itemSize.mean, p.writes),
];

/** Whether a single partition can be what is short: else they are not worth showing one by one. */
function apart(p: P): boolean {
  const [reads, writes] = demand(p);
  if (p.indexes > 0 && p.skew.text === 'uniform') return false;
  return !p.adaptive || reads >= p.partitionReads * 0.9 || writes >= p.partitionWrites * 0.9;
}

/** Whether saved capacity plays a part in the run. */
function bursting(p: P): boolean {
  const [reads, writes] = demand(p);
  if (p.mode === 'on-demand' || p.burstSeconds === 0) return false;
  return p.burstAtStart > 0 || reads > p.readCapacity * 0.9 || writes > p.writeCapacity * 0.9;
}

export function table(rules: TableRules): Protocol<TableState, Report, 'slice', P> {
  return {
    start(here) {
      const sliceUs = sliceOf(here.params);
      const t = new Table(here, rules);
      return [
        { table: t, sliceUs, mood: 'serving', full: new Map(), burstFrom: -1, burstEmpty: false },
        become('serving'),
        set('slice', sliceUs),
      ];
    },
    on: { Full: (s) => [s], Eased: (s) => [s], Split: (s) => [s] },
    after: {
      slice(state, here) {
        const p = here.params;
        const t = state.table;
        t.advance(here.uptime);
        const told = [...samples(t, p, state.sliceUs), ...splitsOf(t, p, here.part('partition'))];
        const lanes = fullness(state, t, p, here.part('partition'), here.part('index'));
        const burst = burstStory(state, t, p);
        const mood = moodOf(state, t);
        if (mood !== state.mood) told.push(...turns(mood, state, t, p));
        return [
          { ...state, mood, full: lanes.full, ...burst.state },
          ...told,
          ...lanes.effects,
          ...burst.effects,
          set('slice', state.sliceUs),
        ];
      },
    },
  };
}

type Effects = Effect<Report, never>[];

function samples(t: Table, p: P, sliceUs: number): Effects {
  const perSecond = (n: number) => Math.round((n * 1e7) / sliceUs) / 10;
  const told: Effects = [];
  for (const [kind, name] of [
    [1, 'write'],
    [0, 'read'],
  ] as const) {
    if (kind === 1 ? p.writeShare <= 0 : p.writeShare >= 1) continue;
    told.push(
      sample(`${name} asked`, perSecond(t.asked[kind]!)),
      sample(`${name} served`, perSecond(t.servedUnits[kind]!)),
      sample(`${name} refused`, perSecond(t.refusedUnits[kind]!)),
      sample(`${name} limit`, t.limit(kind === 1)),
    );
    const by = t.servedBy[kind];
    for (let i = 0; apart(p) && i < Math.min(LANES, t.partitions.count); i++)
      told.push(sample(`${name} p${i + 1}`, perSecond(by[i]!)));
    if (bursting(p) && !t.index)
      told.push(sample(`${name} saved`, Math.round(t.saved(kind === 1) * 10) / 10));
  }
  if (p.skew.text !== 'uniform')
    told.push(
      sample('refused hot', perSecond(t.refusedHot[0]! + t.refusedHot[1]!)),
      sample(
        'refused others',
        perSecond(t.refusedUnits[0]! + t.refusedUnits[1]! - t.refusedHot[0]! - t.refusedHot[1]!),
      ),
    );
  if (t.index) {
    told.push(sample('index waits', Math.round(t.indexPeak)));
    if (p.indexKeys === 0)
      told.push(
        sample('index applied', perSecond(t.indexApplied)),
        sample('index saved', Math.round((t.index.allowance.saved / p.indexCapacity) * 10) / 10),
      );
    else
      for (const [i, lane] of indexLanes(p).entries())
        told.push(sample(`index ${lane}`, perSecond(t.appliedBy[i]!)));
  }
  return told;
}

function splitsOf(t: Table, p: P, lanes: readonly string[]): Effects {
  const many = t.splits.length > 2;
  const told: Effects = many
    ? [note(`splits ${t.splits.length} times: ${t.partitions.count} partitions in all`)]
    : [];
  for (const split of t.splits) {
    const [from, to] = [`p${split.from + 1}`, `p${split.to + 1}`];
    const alone = split.alone >= 0 ? nameOf(split.alone, p) : undefined;
    if (!many)
      told.push(
        note(
          `splits ${from}: ${alone ? `${alone} gets ${to} to itself` : `half of its load moves to ${to}`}`,
        ),
      );
    if (lanes.includes(to)) {
      const text = alone ? `${alone} alone` : `half of the load of ${from}`;
      told.push(send(to, { type: 'Split', text }, 'split'));
    }
  }
  return told;
}

export const nameOf = (item: number, p: P): string =>
  p.suffixes === 1 ? `key ${item + 1}` : `key ${Math.floor(item / p.suffixes) + 1}#${item % p.suffixes}`;

/** Lanes whose requests were refused in this slice, and those where that is over. */
function fullness(
  state: TableState,
  t: Table,
  p: P,
  lanes: readonly string[],
  index: readonly string[],
): { full: ReadonlyMap<string, number>; effects: Effects } {
  const full = new Map(state.full);
  const effects: Effects = [];
  const seconds = state.sliceUs / 1e6;
  const least = Math.min(p.writeCapacity, p.partitionWrites) * FEW * seconds;
  const tell = (lane: string, refused: number, text: string) => {
    const calm = full.get(lane);
    if (refused > least) {
      if (calm === undefined) effects.push(send(lane, { type: 'Full', text }, ''));
      full.set(lane, 0);
    } else if (calm !== undefined) {
      if (calm + 1 < CALM) full.set(lane, calm + 1);
      else {
        full.delete(lane);
        effects.push(send(lane, { type: 'Eased' }, ''));
      }
    }
  };
  for (const lane of lanes) {
    const refused = t.refusedBy[Number(lane.slice(1)) - 1]!;
    tell(lane, refused, `${thousands(refused / seconds)}/s too many`);
  }
  for (const [i, lane] of index.entries()) tell(lane, t.refusedFor[i]!, 'the table must wait');
  return { full, effects };
}

/** It takes more to turn than to stay. */
function moodOf(state: TableState, t: Table): string {
  const refused = t.refusedUnits[0]! + t.refusedUnits[1]!;
  const asked = t.asked[0]! + t.asked[1]!;
  return refused * (state.mood === 'throttling' ? 100 : 25) > asked ? 'throttling' : 'serving';
}

function turns(mood: string, state: TableState, t: Table, p: P): Effects {
  if (mood === 'serving') return [become('serving'), note('throttles no more')];
  const perSecond = (n: number) => thousands((n * 1e6) / state.sliceUs);
  const why = (Object.keys(t.why) as Refusal[]).reduce((a, b) => (t.why[b] > t.why[a] ? b : a));
  const kind = t.refusedUnits[1]! >= t.refusedUnits[0]! ? 1 : 0;
  const units = kind === 1 ? 'write units' : 'read units';
  const worst = t.refusedBy.indexOf(t.refusedBy.reduce((a, b) => Math.max(a, b), 0)) + 1;
  const text = {
    partition: `p${worst} is at its ceiling of ${thousands(kind === 1 ? p.partitionWrites : p.partitionReads)} ${units}/s, the table serves ${perSecond(t.servedUnits[kind]!)} of ${thousands(t.limit(kind === 1))}`,
    capacity: p.adaptive
      ? `${perSecond(t.asked[kind]!)} ${units}/s are asked, ${thousands(kind === 1 ? p.writeCapacity : p.readCapacity)} are provisioned and nothing is saved`
      : `p${worst} has used its part of the capacity`,
    quota: `the table is at its quota of ${thousands(p.tableQuota)} ${units}/s`,
    index: `${thousands(t.indexPeak)} units wait for the index, so writes to the table are refused`,
    indexPartition: `a partition of the index is at its ceiling of ${thousands(p.partitionWrites)} write units/s, ${thousands(t.indexPeak)} units wait for it`,
  }[why];
  return [become('throttling', REASONS[why]), note(`starts to throttle: ${text}`)];
}

/** When saved capacity begins to be used, and when it is gone. */
function burstStory(state: TableState, t: Table, p: P) {
  if (p.mode !== 'provisioned' || p.burstSeconds === 0) return { state: {}, effects: [] as Effects };
  const isWrite = p.writeShare > 0;
  const kind = isWrite ? 1 : 0;
  const seconds = state.sliceUs / 1e6;
  const limit = isWrite ? p.writeCapacity : p.readCapacity;
  const over = bursting(p) && t.servedUnits[kind]! > limit * seconds * 1.05;
  const saved = t.saved(isWrite);
  const effects: Effects = [];
  let { burstFrom, burstEmpty } = state;
  if (over && burstFrom < 0 && !burstEmpty) {
    burstFrom = t.now - state.sliceUs;
    effects.push(note(`serves more than is provisioned from ${Math.round(saved)} s of saved capacity`));
  }
  if (burstFrom >= 0 && saved < 0.5) {
    effects.push(note(`has used up what was saved, in ${Math.round((t.now - burstFrom) / 1e6)} s`));
    burstFrom = -1;
    burstEmpty = true;
  } else if (burstFrom >= 0 && t.servedUnits[kind]! < limit * seconds * 0.95) burstFrom = -1;
  if (burstEmpty && saved > p.burstSeconds / 20) burstEmpty = false;
  return { state: { burstFrom, burstEmpty }, effects };
}

/** A partition or an index as the picture shows it: what it is told is what it is. */
export const lane: Protocol<{ readonly there: boolean; readonly holds: string }, Report, never, P> = {
  start(here) {
    const there = here.part('index').includes(here.self) || Number(here.self.slice(1)) <= layout(here.params);
    return [{ there, holds: '' }, there ? become('serving') : become('none')];
  },
  on: {
    Full(s, m, _from, here) {
      const text = s.holds ? `${s.holds}, ${m.text}` : m.text;
      return s.there
        ? [s, become(here.part('index').includes(here.self) ? 'full' : 'throttling', text)]
        : [s];
    },
    Eased: (s) => (s.there ? [s, become('serving', s.holds)] : [s]),
    Split: (_s, m) => [{ there: true, holds: m.text }, become('serving', m.text)],
  },
  after: {},
};
