import { type RunOptions, simulate } from './run.ts';
import type { Recipe, Scenario } from './scenario.ts';

export interface Distribution {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly min: number;
  readonly max: number;
}

/** A property over many seeds. */
export interface Tally {
  readonly property: string;
  readonly kind: 'always' | 'eventually' | 'sometimes';
  /** no run violated it; for `sometimes`, at least one run showed it */
  readonly holds: boolean;
  readonly detail: string;
  readonly promised: boolean;
  /** runs in which it was judged */
  readonly runs: number;
  /** runs that violated it; for `sometimes`, that showed it */
  readonly count: number;
  /** the first such seed */
  readonly seed?: number;
}

export interface Many {
  readonly runs: number;
  readonly verdicts: readonly Tally[];
  readonly metrics: Readonly<Record<string, Distribution>>;
  /** runs stopped at the step limit */
  readonly stopped: number;
}

/** Runs seed … seed+runs-1. `tick` is told how many are done and may throw to stop. */
export function simulateMany(
  scenario: Scenario,
  recipe: Recipe,
  runs: number,
  options: RunOptions = {},
  tick: (done: number) => void = () => {},
): Many {
  const tallies = new Map<string, { -readonly [K in keyof Tally]: Tally[K] }>();
  const samples = new Map<string, number[]>();
  let stopped = 0;
  for (let i = 0; i < runs; i++) {
    const seed = recipe.seed + i;
    const run = simulate(scenario, { ...recipe, seed }, { ...options, traceLimit: 0 });
    if (run.cut !== undefined) stopped++;
    for (const { property, kind, holds, detail, promised } of run.verdicts) {
      let tally = tallies.get(property);
      if (!tally) {
        tally = { property, kind, holds: true, detail, promised, runs: 0, count: 0 };
        tallies.set(property, tally);
      }
      tally.runs++;
      if (holds) continue;
      if (tally.count++ === 0) Object.assign(tally, { holds: false, detail, seed });
    }
    for (const [property, shown] of Object.entries(run.seen)) {
      let tally = tallies.get(property);
      if (!tally) {
        const detail = scenario.properties[property]?.what ?? '';
        tally = { property, kind: 'sometimes', holds: false, detail, promised: true, runs: 0, count: 0 };
        tallies.set(property, tally);
      }
      tally.runs++;
      if (shown && tally.count++ === 0) Object.assign(tally, { holds: true, seed });
    }
    for (const [name, value] of Object.entries(run.metrics)) {
      const list = samples.get(name);
      if (list) list.push(value);
      else samples.set(name, [value]);
    }
    tick(i + 1);
  }
  return {
    runs,
    verdicts: [...tallies.values()],
    metrics: Object.fromEntries([...samples].map(([name, values]) => [name, distribution(values)])),
    stopped,
  };
}

/** Percentiles by the nearest-rank method. */
export function distribution(values: readonly number[]): Distribution {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
  const mean = sorted.reduce((sum, v) => sum + v, 0) / sorted.length;
  return {
    mean: Math.round(mean * 1e6) / 1e6,
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    min: sorted[0]!,
    max: sorted[sorted.length - 1]!,
  };
}
