import { describe, expect, it } from 'vitest';
import bulkhead from '../scenarios/bulkhead/scenario.ts';
import { recipe, simulate } from '../src/sim/run.ts';
import type { Run } from '../src/sim/scenario.ts';
import { erlangB } from '../src/sim/theory.ts';

const run = (preset: string, set: Record<string, string> = {}, seed = 1): Run =>
  simulate(bulkhead, recipe(bulkhead, preset, { set, seed }));
const m = (r: Run, name: string) => r.metrics[name] ?? Number.NaN;

describe('bulkhead', () => {
  it('isolated, catalogue does not notice; in one pool it does, on the same calls', () => {
    const apart = run('isolated');
    const shared = run('shared-pool-collapse');
    expect(m(apart, 'calls')).toBe(m(shared, 'calls'));
    expect(m(apart, 'rejected_share')).toBeLessThan(3 * erlangB(10, 20));
    expect(m(shared, 'rejected_share')).toBeGreaterThan(0.2);
    const verdict = shared.verdicts.find((v) => v.property === 'slow calls keep to their own permits');
    expect(verdict).toMatchObject({ holds: false, promised: false });
    expect(verdict?.at).toBeGreaterThan(8e6);
  });

  it('a longer queue refuses fewer and makes everybody wait', () => {
    const short = run('queue-bound');
    const long = run('queue-bound', { queue: '5000' });
    expect(m(long, 'rejected_share')).toBe(0);
    expect(m(short, 'rejected_share')).toBeGreaterThan(0.1);
    expect(m(long, 'wait_p99_ms')).toBeGreaterThan(10 * m(short, 'wait_p99_ms'));
    // A full queue of 30 before 20 permits of 100 ms: nobody waits much longer than 30/20 × 100 ms.
    expect(m(short, 'wait_p99_ms')).toBeLessThan(300);
  });

  it('fixed arrivals and times leave nothing to chance', () => {
    const exact = { arrivals: 'constant:100', service: 'fixed:95', otherRate: '0', simSeconds: '20' };
    expect(run('isolated', { ...exact, servers: '10' }).metrics).toMatchObject({
      rejected_share: 0,
      waited_share: 0,
      latency_p50_ms: expect.closeTo(95, -1),
    });
    // Nine permits serve nine calls in the time ten come.
    expect(m(run('isolated', { ...exact, servers: '9' }), 'rejected_share')).toBeCloseTo(0.1, 2);
  });

  it('a million calls leave a picture-sized trace', () => {
    const r = run('isolated', { arrivals: 'poisson:5000', servers: '600', simSeconds: '240' });
    expect(m(r, 'calls')).toBeGreaterThan(1e6);
    expect(r.events.length).toBeLessThan(2000);
    expect(r.cut).toBeUndefined();
  });

  it.each([
    [{ arrivals: 'poisson:1000000', simSeconds: '100000' }, /at most 20000000 are simulated/],
    [{ warmup: '30000' }, /must be shorter than the run/],
    [{ servers: '0' }, /servers must be a whole number from 1/],
    [{ service: 'exp:-5' }, /its figures must lie between 0/],
  ])('bad input %j', (set, message) => {
    expect(() => run('isolated', set as unknown as Record<string, string>)).toThrow(message);
  });
});
