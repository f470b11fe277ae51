import { stream } from './chance.ts';
import { prepare, simulate } from './run.ts';
import type { Intervention, Recipe, Scenario } from './scenario.ts';

/**
 * Random fault schedules: what a scenario says it withstands, at random moments, on random nodes of its lanes. They
 * are interventions, so a run that fails under them is a recipe like any other.
 */
export function randomFaults(scenario: Scenario, recipe: Recipe, seed: number, most = 6): Intervention[] {
  const kinds = scenario.withstands ?? [];
  if (kinds.length === 0) return [];
  const { actors, until } = prepare(scenario, recipe);
  const lanes = actors.filter((a) => scenario.look.lanes.includes(a.part)).map((a) => a.id);
  const random = stream(seed, 'faults');
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!;
  const faults: Intervention[] = [];
  const count = 1 + Math.floor(random() * most);
  for (let i = 0; i < count; i++) {
    const atUs = Math.floor(random() * until * 0.8);
    const laterUs = Math.min(until - 1, atUs + Math.floor(random() * until * 0.3));
    const node = pick(lanes);
    switch (pick(kinds)) {
      case 'crash':
      case 'restart':
        faults.push(
          { atUs, fault: 'crash', nodes: [node] },
          { atUs: laterUs, fault: 'restart', nodes: [node] },
        );
        break;
      case 'pause':
      case 'resume':
        faults.push(
          { atUs, fault: 'pause', nodes: [node] },
          { atUs: laterUs, fault: 'resume', nodes: [node] },
        );
        break;
      case 'partition': {
        const side = lanes.filter(() => random() < 0.5);
        if (side.length === 0 || side.length === lanes.length) break;
        faults.push(
          { atUs, fault: 'partition', groups: [side, ['@rest']] },
          { atUs: laterUs, fault: 'heal' },
        );
        break;
      }
      case 'cut':
        faults.push(
          { atUs, fault: 'cut', from: [node], to: [pick(lanes)] },
          { atUs: laterUs, fault: 'heal' },
        );
        break;
      case 'loss':
        faults.push({ atUs, fault: 'loss', rate: random() * 0.4 }, { atUs: laterUs, fault: 'loss', rate: 0 });
        break;
      case 'duplicate':
        faults.push({ atUs, fault: 'duplicate', rate: random() * 0.4 });
        break;
      case 'reorder':
        faults.push({
          atUs,
          fault: 'reorder',
          rate: random() * 0.4,
          byMs: 1 + Math.floor(random() * (until / 10_000)),
        });
        break;
      case 'slow-disk':
        faults.push({
          atUs,
          fault: 'slow-disk',
          nodes: [node],
          delay: `fixed:${1 + Math.floor(random() * 40)}`,
        });
        break;
      case 'clock':
        faults.push({
          atUs,
          fault: 'clock',
          nodes: [node],
          offsetMs: Math.round((random() - 0.5) * 1000),
          driftPpm: 0,
        });
        break;
      default:
        break;
    }
  }
  return faults.sort((a, b) => a.atUs - b.atUs);
}

/**
 * The smallest part of a failing run's injected faults that still violates the property (Zeller & Hildebrandt 2002,
 * ddmin: halves first, then pieces, then pairs). `tries` bounds the runs made.
 */
export function shrink(
  scenario: Scenario,
  recipe: Recipe,
  property: string,
  tries = 400,
): { recipe: Recipe; tried: number } {
  let tried = 0;
  const fails = (interventions: readonly Intervention[]) => {
    if (tried >= tries) return false;
    tried++;
    const { verdicts } = simulate(scenario, { ...recipe, interventions }, { traceLimit: 0 });
    return verdicts.some((v) => v.property === property && !v.holds);
  };
  let kept = recipe.interventions;
  const cuts = function* () {
    for (let size = kept.length; size >= 1; size >>= 1)
      for (let from = 0; from < kept.length; from += size)
        yield [...kept.slice(0, from), ...kept.slice(from + size)];
    // A crash and its restart often only go together.
    for (let a = 0; a < kept.length; a++)
      for (let b = a + 1; b < kept.length; b++) yield kept.filter((_, i) => i !== a && i !== b);
  };
  for (let smaller = true; smaller && kept.length > 0; ) {
    smaller = false;
    for (const without of cuts())
      if (fails(without)) {
        kept = without;
        smaller = true;
        break;
      }
  }
  return { recipe: { ...recipe, interventions: kept }, tried };
}
