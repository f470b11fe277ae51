import { stream } from './chance.ts';
import { recipe as recipeOf, simulate } from './run.ts';
import type { Recipe, Scenario } from './scenario.ts';

/** A question made from one run, as plain data that crosses a thread. Nothing in it was written beforehand. */
export interface Generated {
  readonly topic: string;
  readonly level: 1 | 2 | 3 | 4 | 5;
  readonly recipe: Recipe;
  /** the run is shown up to here (µs), then asked about */
  readonly until: number;
  readonly prompt: string;
  /** exactly one is right */
  readonly choices: readonly { readonly text: string; readonly right: boolean; readonly why: string }[];
  readonly explanation: string;
  readonly sources: readonly string[];
}

/**
 * Runs the generator's preset with that seed and asks. The same names give the same question; undefined where this
 * run has no such moment, or where there is no generator of that name.
 */
export function generated(scenario: Scenario, generator: string, seed: number): Generated | undefined {
  const found = scenario.generators?.find((g) => g.id === generator);
  if (found === undefined) return undefined;
  const recipe = recipeOf(scenario, found.preset, { seed });
  const made = found.make(simulate(scenario, recipe), stream(seed, `ask ${generator}`));
  if (made === undefined) return undefined;
  const { topic, level } = found;
  return { topic, level, recipe, sources: scenario.sources, ...made };
}
