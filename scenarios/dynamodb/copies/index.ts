import type {
  Actor,
  AnyProtocol,
  Generator,
  Look,
  Meter,
  MetricInfo,
  Network,
  Property,
  Run,
  Scenario,
  Track,
} from '../../../src/sim/scenario.ts';
import { account } from './account.ts';
import { app } from './app.ts';
import { coordinator } from './coordinator.ts';
import { generators } from './generators.ts';
import { base, index } from './gsi.ts';
import { footer, headline, span, window } from './headline.ts';
import { isReplica } from './judge.ts';
import { meter, metrics } from './meter.ts';
import { mrec } from './mrec.ts';
import { mrsc } from './mrsc.ts';
import { ACCOUNTS, type P, REGIONS, ZONES } from './params.ts';
import { replica } from './partition.ts';
import { presets, twins } from './presets.ts';
import { properties } from './properties.ts';

/**
 * Copies of the data: replicas of a partition and what they return, an index that lags, transactions over items on
 * different partitions, Regions. `copies` chooses which of them runs.
 */
export { copiesParams } from './params.ts';
export type CopiesP = P;

export const copiesPresets = presets;
export const copiesTwins = twins;
export const copiesParts: Readonly<Record<string, AnyProtocol>> = {
  replica: replica(),
  base: base(),
  gsi: index(),
  coordinator: coordinator(),
  account: account(),
  region: mrec(),
  strong: mrsc(),
  app,
};
/** parts with a lane; operations of applications are drawn below */
export const copiesLanes = ['replica', 'base', 'gsi', 'coordinator', 'account', 'region', 'strong'];
export const copiesProperties: Readonly<Record<string, Property<P>>> = properties;
export const copiesMetrics: Readonly<Record<string, MetricInfo>> = metrics;
export const copiesMeter = (p: P): Meter => meter(p);

export const copiesTracks: readonly Track[] = [
  {
    title: 'index behind the table',
    unit: 'ms',
    series: [{ name: 'index behind', legend: 'oldest change the index lacks', tone: 'warm', as: 'area' }],
  },
  {
    title: 'not shipped yet',
    unit: 'ms',
    series: REGIONS.map((region, i) => ({
      name: `${region} not shipped`,
      legend: `${region}’s oldest`,
      tone: (['strong', 'second', 'warm'] as const)[i] ?? 'quiet',
      as: 'line' as const,
    })),
  },
];

export const copiesMessages: Look<P>['messages'] = {
  Request: { ink: 'ask', legend: 'call' },
  Answer: { ink: 'reply', legend: 'answer' },
  Refusal: { ink: 'bad', legend: 'refused' },
  Replicate: { ink: 'quiet', legend: 'replication' },
  Stored: { ink: 'quiet', legend: 'stored' },
  Elect: { ink: 'ask', legend: 'election' },
  Elected: { ink: 'grant', legend: 'vote' },
  Change: { ink: 'data', legend: 'change' },
  Applied: { ink: 'quiet', legend: 'stored' },
  Prepare: { ink: 'ask', legend: 'prepare' },
  Prepared: { ink: 'grant', legend: 'prepared' },
  Refused: { ink: 'bad', legend: 'refused' },
  Commit: { ink: 'decide', legend: 'commit' },
  Cancel: { ink: 'bad', legend: 'cancel' },
  Ended: { ink: 'reply', legend: 'done' },
  Look: { ink: 'quiet', legend: 'read' },
  Looked: { ink: 'quiet', legend: 'read' },
  Ship: { ink: 'data', legend: 'replication' },
  Got: { ink: 'quiet', legend: 'stored' },
  Claim: { ink: 'ask', legend: 'claim' },
  Claimed: { ink: 'grant', legend: 'claimed' },
  Accept: { ink: 'data', legend: 'replication' },
  Accepted: { ink: 'reply', legend: 'stored' },
  Latest: { ink: 'quiet', legend: 'strong read' },
  Have: { ink: 'quiet', legend: 'strong read' },
};

export const copiesStates: Look<P>['states'] = {
  leader: { tone: 'strong', legend: 'leader' },
  follower: { tone: 'faded', legend: 'replica' },
  candidate: { tone: 'warm', legend: 'stands for leader' },
  'waits for the lease': { tone: 'odd', legend: 'waits for the old lease' },
  empty: { tone: 'quiet', legend: 'no order yet' },
  placed: { tone: 'faded', legend: 'placed' },
  paid: { tone: 'second', legend: 'paid' },
  packed: { tone: 'warm', legend: 'packed' },
  shipped: { tone: 'strong', legend: 'shipped' },
  delivered: { tone: 'good', legend: 'delivered' },
  item: { tone: 'faded', legend: 'item', says: 'holds' },
  prepared: { tone: 'warm', legend: 'prepared', says: 'is prepared, from' },
  idle: { tone: 'quiet', legend: 'idle' },
  coordinates: { tone: 'strong', legend: 'transaction under way', says: 'coordinates' },
  Region: { tone: 'strong', legend: 'serves', says: 'has' },
  'cut off': { tone: 'bad', legend: 'refuses' },
};

export const copiesGenerators: readonly Generator<P>[] = generators;

export const copiesTargets: NonNullable<Scenario['targets']> = {
  leader: (world) =>
    world.actors
      .map(({ id }) => ({ id, state: world.state(id) as unknown }))
      .filter(({ state }) => isReplica(state) && state.role === 'leader')
      .map(({ id }) => id),
  replica: (world) =>
    world.actors
      .map(({ id }) => ({ id, state: world.state(id) as unknown }))
      .filter(({ state }) => isReplica(state) && state.role !== 'leader')
      .map(({ id }) => id),
};

const named = (part: string, ids: readonly string[]): Actor[] => ids.map((id) => ({ id, part }));

export function copiesActors(p: P): readonly Actor[] {
  const apps = named(
    'app',
    Array.from({ length: p.apps }, (_, i) => `app${i + 1}`),
  );
  switch (p.copies) {
    case 'partition':
      return [...named('replica', ZONES), ...apps];
    case 'index':
      return [...named('base', ['table']), ...named('gsi', ['index']), ...apps];
    case 'transactions':
      return [...named('coordinator', ['tc1', 'tc2']), ...named('account', ACCOUNTS), ...apps];
    case 'regions':
      return [...named(p.globalMode === 'mrec' ? 'region' : 'strong', REGIONS), ...apps];
  }
}

export const copiesNetwork = (p: P): Network => ({
  latency: p.copies === 'regions' ? p.regionDelay : p.azDelay,
  near: { app: p.appDelay },
});

export const copiesLength = (p: P): number => p.copiesMs;

export function copiesCheck(p: P): string | undefined {
  if (p.settle >= p.copiesMs)
    return `settle (${p.settle} ms) must be shorter than copiesMs (${p.copiesMs} ms), or no operation ever begins.`;
  if (p.copies === 'partition' && p.heartbeat >= p.lease)
    return `heartbeat (${p.heartbeat} ms) must be shorter than lease (${p.lease} ms), or the leader loses it between two.`;
  if (p.copies === 'partition' && p.heartbeat >= p.detect.mean)
    return `heartbeat (${p.heartbeat} ms) must be shorter than detect (mean ${p.detect.mean} ms), or replicas stand against a leader that lives.`;
  if (p.copies === 'regions' && p.globalMode === 'mrsc' && p.patience < 4 * p.regionDelay.mean)
    return `patience (${p.patience} ms) must be at least four times regionDelay (mean ${p.regionDelay.mean} ms): a write goes to another Region and back twice.`;
  if (p.think.mean <= 0) return 'think must be above 0 ms, or the applications never stop asking.';
  if (p.think.mean * 3000 < p.copiesMs * p.apps)
    return `copiesMs (${p.copiesMs} ms) with think of ${p.think.mean} ms is too many operations to judge: at most 3,000.`;
  return undefined;
}

export const copiesHeadline = (run: Run<P>): string => headline(run);
export const copiesSpan = (run: Run<P>): ReturnType<NonNullable<Look<P>['span']>> => span(run);
export const copiesWindow = (run: Run<P>): ReturnType<NonNullable<Look<P>['window']>> => window(run);
export const copiesFooter = (p: P): string => footer(p);
