import type { Recipe, Run, Scenario } from './scenario.ts';

/** The scenarios found at start-up. */
export interface Simulations {
  readonly ids: readonly string[];
  /** throws ParamError naming the nearest id */
  get(id: string): Scenario;
  /** throws ParamError on a recipe that cannot run */
  run(recipe: Recipe): Run;
}
