import { describe, expect, it } from 'vitest';
import scenario from '../scenarios/rds/scenario.ts';
import { simulateMany } from '../src/sim/many.ts';
import { prepare, recipe, simulate } from '../src/sim/run.ts';

/** What is special to RDS; the rules for all scenarios are in scenarios.test.ts. */

const one = (preset: string, set: Record<string, string> = {}, seed = 1) =>
  simulate(scenario, { ...recipe(scenario, preset, { seed }), set }, { traceLimit: 0 });
const many = (preset: string, set: Record<string, string> = {}, runs = 20) =>
  simulateMany(scenario, { ...recipe(scenario, preset), seed: 1001, set }, runs);
const broken = (run: ReturnType<typeof one>) => run.verdicts.filter((v) => v.promised && !v.holds);

describe('the documented figures come out', () => {
  it.each([
    ['multi-az-failover', 60_000, 120_000],
    ['cluster-failover', 10_000, 35_000],
  ])('%s', (preset, least, most) => {
    const { downtime_ms, lost_commits } = many(preset).metrics;
    expect(downtime_ms!.min).toBeGreaterThan(least);
    expect(downtime_ms!.max).toBeLessThan(most);
    expect(lost_commits!.max).toBe(0);
  });

  it('Aurora promotes a reader within half a minute', () => {
    const { downtime_ms } = many('aurora', { faults: 'crash:db1:20000' }).metrics;
    expect(downtime_ms!.max).toBeLessThan(30_000);
  });
});

describe('closed forms', () => {
  it('what a promoted replica lacks is what the link could not carry', () => {
    // 40 commits a second against 30, for 40 s; a group of 2 s more or less
    const { lost_commits } = many('promote-replica-loss').metrics;
    expect(lost_commits!.mean).toBeGreaterThan(400 - 60);
    expect(lost_commits!.mean).toBeLessThan(400 + 60);
  });

  it('a replica falls behind by what it cannot apply', () => {
    // (80 − 40) a second for 15 s leave 600, which take 15 s more
    const { replica_lag } = many('replica-lag').metrics;
    expect(replica_lag!.mean).toBeGreaterThan(13);
    expect(replica_lag!.mean).toBeLessThan(17.5);
  });

  it('Aurora writes with four of six copies and not with three', () => {
    for (let down = 0; down <= 6; down++) {
      const faults = Array.from({ length: down }, (_, i) => `crash:s${6 - i}:10000`).join(',') || 'none';
      const run = one('aurora', { faults, simSeconds: '40' });
      expect(run.metrics.downtime_ms! < 10_000, `${down} copies down`).toBe(down <= 2);
      expect(broken(run).filter((v) => v.kind === 'always')).toEqual([]);
    }
  });
});

it('no acknowledged commit is lost at whatever moment the writer dies', () => {
  // around a group of commits: sent at 14 s, shipped and acknowledged within a few ms
  for (const preset of ['multi-az-failover', 'cluster-failover', 'aurora'])
    for (let at = 13_998; at <= 14_012; at += 0.5)
      for (const latency of ['uniform:0.5:1.5', 'uniform:1:4']) {
        const faults = `crash:db1:${at},restart:db1:70000`;
        const run = one(preset, { faults, latency, tick: '2000', simSeconds: '100' });
        expect(broken(run), `${preset}, ${at} ms`).toEqual([]);
      }
});

it('with the standby gone the primary goes on alone, and nobody fails over to what is behind', () => {
  const faults = 'crash:db2:20000,crash:db1:50000,restart:db2:60000';
  const alone = simulate(scenario, { ...recipe(scenario, 'multi-az-failover'), set: { faults } });
  const told = alone.events.flatMap((e) => (e.kind === 'note' ? [e.text] : []));
  expect(told.some((t) => t.startsWith('goes on without db2'))).toBe(true);
  expect(told.some((t) => t.includes('it must wait for db1'))).toBe(true);
  expect(alone.metrics.failovers).toBe(0);
  expect(broken(alone)).toEqual([]);
  const back = one('multi-az-failover', { faults: `${faults},restart:db1:80000` });
  expect(back.metrics.lost_commits).toBe(0);
  expect(back.metrics.downtime_ms).toBeLessThan(50_000);
});

it('compared runs get the same transactions', () => {
  const offered = (mode: string) => {
    const set: Record<string, string> = mode === 'replica' ? { mode, replicas: '1' } : { mode };
    const { committed, refused, unknown } = one('multi-az-failover', set, 7).metrics;
    return committed! + refused! + unknown!;
  };
  // the groups of the last seconds may still be under way
  expect(Math.abs(offered('instance') - offered('cluster'))).toBeLessThan(200);
  expect(Math.abs(offered('instance') - offered('replica'))).toBeLessThan(200);
});

it('a proxy turns errors into waiting', () => {
  const direct = many('rds-proxy', { proxy: 'off' }, 10).metrics;
  const proxied = many('rds-proxy', {}, 10).metrics;
  expect(proxied.refused!.max).toBe(0);
  expect(direct.refused!.min).toBeGreaterThan(100);
  expect(proxied.committed!.min).toBeGreaterThan(direct.committed!.max);
});

it.each([
  [{ lease: '10000' }, /lease \(10000 ms\) must be shorter than deadAfter/],
  [{ heartbeat: '5000' }, /longer than two heartbeats/],
  [{ mode: 'replica' }, /mode=replica needs replicas=1/],
  [{ link: '10' }, /mode=instance replicas=0 has none/],
  [{ proxy: 'on', reads: 'reader' }, /take reads=writer/],
  [{ arrivals: 'poisson:1000000' }, /at most 1000000 are simulated/],
  [{ arrivals: 'poisson:0' }, /a rate must be above 0/],
  [{ simSeconds: '3600', tick: '100' }, /groups of commits; at most 2000/],
  [{ think: 'fixed:0' }, /operations; at most 4000/],
  [{ simSeconds: '1000000000' }, /simSeconds must be a number from 5 to 3600/],
  [{ mode: 'single' }, /mode must be one of instance, cluster, replica, aurora/],
])('%o is refused', (set, words) => {
  const chosen = { ...recipe(scenario, 'multi-az-failover'), set: set as unknown as Record<string, string> };
  expect(() => prepare(scenario, chosen)).toThrow(words);
});
