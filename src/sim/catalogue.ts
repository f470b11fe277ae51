import { type RunOptions, simulate } from './run.ts';
import type { Recipe, Run, Scenario } from './scenario.ts';
import { nearest, ParamError } from './words.ts';

/** The scenarios found at start-up. */
export interface Simulations {
  readonly ids: readonly string[];
  /** throws ParamError naming the nearest id */
  get(id: string): Scenario;
  /** throws ParamError on a recipe that cannot run */
  run(recipe: Recipe, options?: RunOptions): Run;
}

/** Reading the folder is `loadSimulations` in src/content.ts: the simulator does no I/O. */
export function catalogue(scenarios: readonly Scenario[]): Simulations {
  const byId = new Map(scenarios.map((s) => [s.id, s]));
  const ids = [...byId.keys()].sort();
  const get = (id: string) => {
    const found = byId.get(id);
    if (found) return found;
    const hint = nearest(id, ids);
    throw new ParamError(
      `No scenario \`${id.slice(0, 40)}\`${hint ? `; did you mean ${hint}?` : '.'} There are ${ids.join(', ')}.`,
    );
  };
  return { ids, get, run: (recipe, options) => simulate(get(recipe.scenario), recipe, options) };
}
