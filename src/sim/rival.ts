import { recipe as recipeOf } from './run.ts';
import type { Recipe, Scenario } from './scenario.ts';
import { nearest, ParamError } from './words.ts';

/** `nodes=5`, `loss=0.1` as parameters. Throws ParamError. */
export function settings(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 1)
        throw new ParamError(
          `Parameters are written name=value, such as nodes=5; got \`${pair.slice(0, 40)}\`.`,
        );
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

/** What `against` names: another preset, a broken twin, or other parameters of the same run. Throws ParamError. */
export function rival(against: string, recipe: Recipe, scenario: Scenario): Recipe {
  const word = against.trim();
  if (word.includes('=')) return { ...recipe, set: { ...recipe.set, ...settings(word.split(/\s+/)) } };
  if (Object.hasOwn(scenario.presets, word))
    return recipeOf(scenario, word, { seed: recipe.seed, set: recipe.set });
  if (Object.hasOwn(scenario.twins, word)) return { ...recipe, twin: word };
  const names = [...Object.keys(scenario.presets), ...Object.keys(scenario.twins)];
  const hint = nearest(word, names);
  throw new ParamError(
    `against must be a preset (${Object.keys(scenario.presets).join(', ')}), a twin (${Object.keys(scenario.twins).join(', ')}) or name=value; got \`${word.slice(0, 40)}\`.${hint ? ` Did you mean ${hint}?` : ''}`,
  );
}
