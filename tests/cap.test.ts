import { describe, expect, it } from 'vitest';
import scenario from '../scenarios/cap/scenario.ts';
import { simulateMany } from '../src/sim/many.ts';
import { prepare, recipe, simulate } from '../src/sim/run.ts';

/** What is special to CAP; the rules for all scenarios are in scenarios.test.ts. */

const SEEDS = 200;
const many = (preset: string, set: Record<string, string> = {}, runs = SEEDS) =>
  simulateMany(scenario, { ...recipe(scenario, preset), seed: 1001, set }, runs);
const verdict = (m: ReturnType<typeof many>, property: string) =>
  m.verdicts.find((v) => v.property === property);

describe('the choice', () => {
  it('cp is never wrong, and every partition makes somebody wait in vain', () => {
    const runs = many('cp-partition');
    expect(verdict(runs, 'linearizable')).toMatchObject({ holds: true, promised: true });
    expect(verdict(runs, 'available')).toMatchObject({ holds: false, promised: false, count: SEEDS });
    expect(runs.metrics.stale_reads?.max).toBe(0);
  });

  it('ap always answers, agrees again, and is not linearizable', () => {
    const runs = many('ap-partition');
    expect(verdict(runs, 'available')).toMatchObject({ holds: true, promised: true });
    expect(verdict(runs, 'converged')).toMatchObject({ holds: true, promised: true, runs: SEEDS });
    expect(verdict(runs, 'linearizable')).toMatchObject({ holds: false, promised: false });
    expect(runs.metrics.ops_failed?.max).toBe(0);
    expect(runs.metrics.ops_unknown?.max).toBe(0);
    expect(runs.metrics.lost_writes?.max).toBeGreaterThan(0);
  });

  it('siblings lose nothing', () => {
    const runs = many('heal-and-merge');
    expect(verdict(runs, 'no acknowledged write lost')).toMatchObject({ holds: true, promised: true });
    expect(verdict(runs, 'converged')).toMatchObject({ holds: true });
    expect(runs.metrics.lost_writes?.max).toBe(0);
    expect(runs.metrics.siblings?.max).toBeGreaterThan(1);
  });

  it('without a fault cp pays two rounds for a write and ap none', () => {
    const cp = many('pacelc-latency', { latency: 'fixed:40', near: 'fixed:1' }, 50);
    const ap = many('pacelc-latency', { latency: 'fixed:40', near: 'fixed:1', mode: 'ap' }, 50);
    expect(cp.metrics.put_ms!.min).toBe(1 + 4 * 40 + 1);
    expect(cp.metrics.get_ms!.min).toBe(1 + 2 * 40 + 1);
    expect(ap.metrics.put_ms!.max).toBe(2);
    expect(ap.metrics.stale_reads!.mean).toBeGreaterThan(0);
    expect(cp.verdicts.filter((v) => v.kind !== 'sometimes' && !v.holds)).toEqual([]);
  });

  it('last writer wins goes by the clock, not by who was last', () => {
    const skewed = simulate(scenario, {
      ...recipe(scenario, 'ap-partition', { seed: 2 }),
      set: { faults: 'clock:n1+5000:0,partition:n1.n2|n3.n4.n5:350,heal::700' },
    });
    const drops = skewed.events.flatMap((e) => (e.kind === 'note' && e.text.startsWith('drops') ? [e] : []));
    // n1's clock is five seconds ahead: whatever its side wrote wins.
    expect(drops.length).toBeGreaterThan(0);
    expect(drops.every((e) => ['n3', 'n4', 'n5'].includes(e.node))).toBe(true);
  });
});

it('serves with one replica, and with a minority down', () => {
  for (const mode of ['cp', 'ap']) {
    const one = simulate(scenario, { ...recipe(scenario, 'pacelc-latency'), set: { nodes: '1', mode } });
    expect(one.verdicts.every((v) => v.holds)).toBe(true);
    expect(one.metrics.ops_ok).toBeGreaterThan(5);
    const down = simulate(scenario, {
      ...recipe(scenario, 'pacelc-latency'),
      set: { mode, nodes: '5', faults: 'crash:n3:100,crash:n5:300' },
    });
    expect(down.verdicts.filter((v) => v.promised && !v.holds)).toEqual([]);
    expect(down.metrics.ops_ok).toBeGreaterThan(5);
  }
});

it.each([
  [{ quorumTimeout: '200' }, /quorumTimeout \(200 ms\) must be shorter than patience/],
  [{ settle: '5000' }, /settle \(5000 ms\) must be shorter than duration/],
  [{ mode: 'ca' }, /mode must be one of cp, ap/],
])('%o is refused', (set, words) => {
  const chosen = { ...recipe(scenario, 'cp-partition'), set: set as unknown as Record<string, string> };
  expect(() => prepare(scenario, chosen)).toThrow(words);
});
