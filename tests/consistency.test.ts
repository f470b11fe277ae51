import { describe, expect, it } from 'vitest';
import { ladder, levels, promises } from '../scenarios/consistency/params.ts';
import consistency from '../scenarios/consistency/scenario.ts';
import { randomFaults } from '../src/sim/fuzz.ts';
import { recipe, simulate } from '../src/sim/run.ts';
import type { Recipe, Run } from '../src/sim/scenario.ts';

const run = (preset: string, more: Partial<Recipe> = {}) =>
  simulate(consistency, recipe(consistency, preset, more));
const broken = (r: Run) => r.verdicts.filter((v) => !v.holds).map((v) => v.property);

/** What each rung implies: Herlihy & Wing 1990; Ahamad et al. 1995; Brzeziński et al. 2004 for the sessions. */
const sessions = ['read-your-writes', 'monotonic reads', 'monotonic writes', 'writes-follow-reads'];
const implied: readonly (readonly [string, readonly string[]])[] = [
  ['linearizable', ['sequential']],
  ['sequential', ['causal']],
  ['causal', sessions],
];

describe('the ladder', () => {
  it.each([
    ['linearizable', []],
    ['linearizable-violated', ['linearizable']],
    ['sequential', ['linearizable']],
    ['sequential-violated', ['sequential', 'linearizable']],
    ['causal', ['linearizable']],
    ['causal-violated', ['writes-follow-reads', 'causal', 'sequential', 'linearizable']],
    ['read-your-writes', []],
    ['read-your-writes-violated', ['read-your-writes', 'causal', 'sequential', 'linearizable']],
    ['monotonic-reads', ['linearizable']],
    ['monotonic-reads-violated', ['monotonic reads', 'causal', 'sequential', 'linearizable']],
    ['eventual', ['linearizable']],
    ['eventual-violated', ['linearizable', 'converged']],
  ])('%s breaks %j and keeps the rest', (preset, expected) => {
    const r = run(preset);
    expect(broken(r)).toEqual(expected);
    expect(r.verdicts.map((v) => v.property).sort()).toEqual([...ladder, 'converged'].sort());
    const done = r.metrics.operations ?? 0;
    expect(done).toBeGreaterThanOrEqual(8);
    expect(done).toBeLessThanOrEqual(14);
  });

  it('each rung implies the next, in every history of every level, with faults and roaming clients', () => {
    const wrong: string[] = [];
    const kinds = new Set<string>();
    for (const preset of ['linearizable', 'sequential', 'causal', 'read-your-writes', 'monotonic-reads'])
      for (const level of levels)
        for (let seed = 1; seed <= 14; seed++) {
          const roaming: Record<string, string> =
            seed % 4 < 2 && preset !== 'monotonic-reads'
              ? { roaming: 'all', keys: '2', operations: '8' }
              : {};
          const plain = { ...recipe(consistency, preset, { set: { level, ...roaming } }), seed };
          const faults = seed % 2 === 0 ? randomFaults(consistency, plain, seed) : [];
          const r = simulate(consistency, { ...plain, interventions: faults }, { traceLimit: 0 });
          const holds = new Map(r.verdicts.map((v) => [v.property, v.holds]));
          kinds.add(ladder.map((name) => (holds.get(name) ? '1' : '0')).join(''));
          for (const [strong, weaker] of implied)
            for (const weak of weaker)
              if (holds.get(strong) && !holds.get(weak))
                wrong.push(`${preset} ${level} seed ${seed}: ${strong} without ${weak}`);
        }
    expect(wrong).toEqual([]);
    // Histories of many kinds were met, or this would show nothing.
    expect(kinds.size).toBeGreaterThan(6);
  });

  it('a level that promises a model promises what it implies', () => {
    for (const promised of Object.values(promises))
      for (const [strong, weaker] of implied)
        if (promised.some((name) => name === strong))
          expect(promised).toEqual(expect.arrayContaining([...weaker]));
  });
});

describe('what consistency costs', () => {
  it('asking majorities waits for the network, answering alone does not', () => {
    const get = (level: string) => run('linearizable', { set: { level } }).metrics.get_ms ?? 0;
    const [near, far] = [8, 2 * 5];
    expect(get('linearizable')).toBeGreaterThan(far);
    for (const level of ['sequential', 'causal', 'eventual']) expect(get(level)).toBeLessThanOrEqual(near);
  });

  it('behind a partition a majority store refuses where a lazy one answers', () => {
    const cut = 'partition:n1|n2.n3:0';
    const { ops_unknown = 0, ops_failed = 0 } = run('linearizable', { set: { faults: cut } }).metrics;
    expect(ops_unknown + ops_failed).toBeGreaterThan(0);
    expect(run('eventual', { set: { faults: cut } }).metrics).toMatchObject({ operations: 12 });
  });

  it('a session waits for its replica only where it must', () => {
    expect(run('read-your-writes').seen['a session waits']).toBe(true);
    expect(run('read-your-writes', { set: { faults: 'none' } }).seen['a session waits']).toBe(false);
  });
});

it('two puts that one replica coordinates at the same time never share a stamp', () => {
  const set = { operations: '12', keys: '2', roaming: 'all', think: 'uniform:1:15' };
  for (let seed = 1; seed <= 60; seed++) {
    const plain = recipe(consistency, 'linearizable', { seed, set });
    const r = simulate(consistency, { ...plain, interventions: randomFaults(consistency, plain, seed) });
    expect(broken(r).filter((name) => name !== 'converged')).toEqual([]);
  }
});

it.each([
  [{ program: 'flags', clients: '1' }, /program=flags needs at least 2 clients/],
  [{ program: 'reply', clients: '2' }, /program=reply needs at least 3 clients/],
  [{ level: 'strong' }, /level must be one of linearizable, sequential/],
])('refuses %j', (set, message) => {
  expect(() => run('linearizable', { set: set as Record<string, string> })).toThrow(message);
});
