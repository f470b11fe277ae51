import type { AnyParams, Values } from '../../../src/sim/params.ts';
import type {
  Actor,
  AnyProtocol,
  Generator,
  Look,
  Meter,
  MetricInfo,
  Network,
  Preset,
  Property,
  Run,
  Scenario,
  Track,
  Twin,
} from '../../../src/sim/scenario.ts';

/** Copies of the data: replicas and what they return, indexes that lag, transactions, Regions. */
export const copiesParams = {} as const;
export type CopiesP = Values<typeof copiesParams>;

export const copiesPresets: Readonly<Record<string, Preset<AnyParams>>> = {};
export const copiesParts: Readonly<Record<string, AnyProtocol>> = {};
export const copiesProperties: Readonly<Record<string, Property<CopiesP>>> = {};
export const copiesTwins: Readonly<Record<string, Twin<AnyParams>>> = {};
export const copiesMetrics: Readonly<Record<string, MetricInfo>> = {};
export const copiesMeter = (_p: CopiesP): Meter => ({ end: () => ({}) });
export const copiesTracks: readonly Track[] = [];
export const copiesMessages: Look<CopiesP>['messages'] = {};
export const copiesStates: Look<CopiesP>['states'] = {};
export const copiesGenerators: readonly Generator<CopiesP>[] = [];
export const copiesTargets: NonNullable<Scenario['targets']> = {};
export const copiesActors = (_p: CopiesP): readonly Actor[] => [];
export const copiesNetwork = (_p: CopiesP): Network | undefined => undefined;
export const copiesLength = (_p: CopiesP): number => 1000;
export const copiesCheck = (_p: CopiesP): string | undefined => undefined;
export const copiesHeadline = (_run: Run<CopiesP>): string => 'no copies yet';
export const copiesSpan = (_run: Run<CopiesP>): ReturnType<NonNullable<Look<CopiesP>['span']>> => undefined;
export const copiesFooter = (_p: CopiesP): string => '';
