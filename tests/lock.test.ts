import { describe, expect, it } from 'vitest';
import { neededMargin } from '../scenarios/lock/params.ts';
import lock from '../scenarios/lock/scenario.ts';
import { prepare, recipe, simulate } from '../src/sim/run.ts';
import type { Run } from '../src/sim/scenario.ts';

const broken = (run: Run, promised: boolean) =>
  run.verdicts.filter((v) => v.promised === promised && !v.holds).map((v) => v.property);

/** One client put to sleep at every instant something happens to it, for longer than a lease. */
function* sleeps(set: Record<string, string>) {
  const base = simulate(lock, recipe(lock, 'holder-crash', { set: { ...set, faults: 'none' } }));
  const instants = new Set(base.events.map((e) => e.at));
  for (const node of ['c1', 'c2'])
    for (const atUs of instants) {
      if (atUs > 350_000) continue;
      yield simulate(
        lock,
        recipe(lock, 'holder-crash', {
          set: { ...set, faults: 'none' },
          interventions: [
            { atUs, fault: 'pause', nodes: [node] },
            { atUs: atUs + 220_000, fault: 'resume', nodes: [node] },
          ],
        }),
      );
    }
}

describe('a pause at any instant', () => {
  it('loses no update where the storage fences, though two clients often believe in the lock', () => {
    let overlaps = 0;
    let runs = 0;
    for (const run of sleeps({})) {
      runs++;
      expect(broken(run, true)).toEqual([]);
      if ((run.metrics.overlap_ms ?? 0) > 0) overlaps++;
    }
    expect(runs).toBeGreaterThan(100);
    expect(overlaps).toBeGreaterThan(10);
  });

  it('loses updates where it does not: looking at the clock before each write is not enough', () => {
    const lost = [...sleeps({ fencing: 'off' })].filter((run) =>
      broken(run, false).includes('no update is lost'),
    );
    expect(lost.length).toBeGreaterThan(0);
  });
});

/** Gray & Cheriton 1989: with clocks wrong by a rate of d in opposite directions the holder gives away 2d / (1 + d). */
describe('the margin for drift', () => {
  it.each([20_000, 50_000, 100_000])('%d ppm', (drift) => {
    const margin = neededMargin(
      prepare(lock, recipe(lock, 'drift', { set: { drift: `${drift}` } })).params as never,
    );
    const runs = (share: number) =>
      Array.from({ length: 40 }, (_, i) =>
        simulate(
          lock,
          recipe(lock, 'drift', {
            seed: i + 1,
            set: {
              drift: `${drift}`,
              margin: share.toFixed(6),
              lease: '900',
              duration: '3000',
              retry: '18',
              rounds: '60',
            },
          }),
          { traceLimit: 0 },
        ),
      ).filter((run) => run.verdicts.some((v) => v.property === 'leases do not overlap' && !v.holds)).length;
    expect(runs(margin + 1e-5)).toBe(0);
    expect(runs(margin / 4)).toBeGreaterThan(0);
  });
});
