import { describe, expect, it } from 'vitest';
import dynamodb from '../scenarios/dynamodb/scenario.ts';
import { readUnits, writeUnits } from '../scenarios/dynamodb/units.ts';
import { stream } from '../src/sim/chance.ts';
import { parseSkew } from '../src/sim/keys.ts';
import { recipe, simulate } from '../src/sim/run.ts';
import type { Run } from '../src/sim/scenario.ts';
import { burstSeconds } from '../src/sim/theory.ts';

const run = (preset: string, set: Record<string, string> = {}, seed = 1): Run =>
  simulate(dynamodb, recipe(dynamodb, preset, { set, seed }));
const m = (r: Run, name: string) => r.metrics[name] ?? Number.NaN;
const average = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;

describe('key skew', () => {
  it('shares: 1/k of the harmonic sum, one hot key, or all the same', () => {
    const harmonic = Array.from({ length: 500 }, (_, k) => 1 / (k + 1)).reduce((a, b) => a + b);
    const zipf = parseSkew('zipf:1').shares(500);
    expect(zipf[0]).toBeCloseTo(1 / harmonic, 12);
    expect(zipf[9]).toBeCloseTo(1 / harmonic / 10, 12);
    expect([...parseSkew('hot:0.5').shares(3)]).toEqual([0.5, 0.25, 0.25]);
    expect([...parseSkew('uniform').shares(4)]).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it.each(['uniform', 'zipf:1', 'zipf:2', 'hot:0.5', 'hot:0'])(
    '%s: draws are as frequent as their shares',
    (text) => {
      const skew = parseSkew(text);
      const [shares, draw, random] = [skew.shares(40), skew.start(40), stream(7, text)];
      const seen = new Float64Array(40);
      const n = 200_000;
      for (let i = 0; i < n; i++) seen[draw(random)]!++;
      for (const [k, share] of shares.entries())
        expect(Math.abs(seen[k]! / n - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / n) + 1e-9);
    },
  );

  it.each([
    ['zipf', /zipf takes one figure/],
    ['zipf:9', /exponent must be from 0 to 5/],
    ['hot:1.5', /share of the hot key must be from 0 to 1/],
    ['uniform:3', /uniform takes no figure/],
    ['heavy:1', /unknown kind of skew; got `heavy:1`\. Write uniform, zipf:1 .* or hot:0\.5/],
  ])('%s is refused', (text, message) => expect(() => parseSkew(text)).toThrow(message));
});

describe('units of an item', () => {
  it.each([
    // KB, eventual, strong, transactional read; standard, transactional write
    [0, 0.5, 1, 2, 1, 2],
    [1, 0.5, 1, 2, 1, 2],
    [1.001, 0.5, 1, 2, 2, 4],
    [4, 0.5, 1, 2, 4, 8],
    [4.1, 1, 2, 4, 5, 10],
    [20, 2.5, 5, 10, 20, 40],
    [400, 50, 100, 200, 400, 800],
  ])('%d KB', (kb, eventual, strong, transactional, write, transaction) => {
    expect(readUnits(kb, 'eventual')).toBe(eventual);
    expect(readUnits(kb, 'strong')).toBe(strong);
    expect(readUnits(kb, 'transactional')).toBe(transactional);
    expect(writeUnits(kb, 'standard')).toBe(write);
    expect(writeUnits(kb, 'transactional')).toBe(transaction);
  });
});

describe('capacity against closed forms', () => {
  it.each([
    [100, 300],
    [100, 150],
    [250, 1000],
  ])('what was saved at %d units/s lasts saved / (rate − refill) at %d', (capacity, rate) => {
    const r = run('burst-then-throttle', {
      arrivals: `constant:${rate}`,
      writeCapacity: String(capacity),
      simSeconds: '700',
    });
    const expected = burstSeconds(300 * capacity, capacity, rate);
    // A second is the grain of an allowance.
    expect(Math.abs(m(r, 'first_throttle_s') - expected)).toBeLessThanOrEqual(1.5);
    // All that was provisioned and saved has been served, and nothing more.
    expect(m(r, 'served_units') * 700).toBeCloseTo(capacity * (300 + 700), -3);
  });

  const flat = { splitAfter: '0', writeCapacity: '40000', partitionWrites: '100000', simSeconds: '10' };

  it('the partition of a hot key gets its share and an equal part of the rest', () => {
    for (const [partitions, share] of [
      [4, 0.5],
      [10, 0.3],
    ] as const) {
      const seen = Array.from({ length: 40 }, (_, seed) =>
        m(
          run('hot-partition', { ...flat, partitions: String(partitions), skew: `hot:${share}` }, seed),
          'hottest_share',
        ),
      );
      expect(average(seen)).toBeCloseTo(share + (1 - share) / partitions, 2);
    }
  });

  it('100 equal keys on two partitions: the larger half is 1/2 + C(100, 50) / 2^101 on average', () => {
    let central = 1;
    for (let i = 1; i <= 50; i++) central *= (50 + i) / (4 * i);
    const seen = Array.from({ length: 200 }, (_, seed) =>
      m(
        run('hot-partition', { ...flat, partitions: '2', skew: 'uniform', keys: '100' }, seed),
        'hottest_share',
      ),
    );
    expect(Math.abs(average(seen) - (0.5 + central / 2))).toBeLessThan(0.008);
  });

  it('Zipf: the hottest partition has at least its most popular key and never less than an equal part', () => {
    const top = parseSkew('zipf:1').shares(500)[0]!;
    const seen = Array.from({ length: 30 }, (_, seed) =>
      m(run('key-distribution', { simSeconds: '10' }, seed), 'hottest_share'),
    );
    // The partition of the most popular key has p₁ + (1 − p₁)/n on average, the hottest no less.
    expect(average(seen)).toBeGreaterThan(top + (1 - top) / 5 - 0.01);
    expect(Math.min(...seen)).toBeGreaterThan(top);
  });
});

describe('a table under load', () => {
  it('a hot key is bounded by one partition, whatever the table has; suffixes lift the bound', () => {
    const plain = run('hot-partition');
    const more = run('hot-partition', { writeCapacity: '40000' });
    const spread = run('hot-partition', { suffixes: '10' });
    expect(m(plain, 'throttled_share')).toBeGreaterThan(0.15);
    expect(m(more, 'throttled_share')).toBe(m(plain, 'throttled_share'));
    expect(m(spread, 'throttled_share')).toBeLessThan(0.01);
    expect(m(spread, 'requests')).toBe(m(plain, 'requests'));
    // After the split nobody but the hot key is refused.
    const late = plain.events.filter(
      (e) => e.kind === 'sample' && e.series === 'refused others' && e.at > 62e6,
    );
    expect(late.every((e) => e.kind === 'sample' && e.value === 0)).toBe(true);
  });

  it('adaptive capacity serves what equal parts would refuse, on the same requests', () => {
    const set = { writeCapacity: '2500', arrivals: 'poisson:900' };
    const adaptive = run('key-distribution', set);
    const equal = run('key-distribution', { ...set, adaptive: 'off' });
    expect(m(adaptive, 'requests')).toBe(m(equal, 'requests'));
    expect(m(adaptive, 'throttled_share')).toBe(0);
    expect(m(equal, 'throttled_share')).toBeGreaterThan(0.03);
    expect(
      equal.verdicts.find((v) => v.property === 'nothing is refused that could be served'),
    ).toMatchObject({
      holds: false,
      promised: false,
    });
  });

  it('on-demand: a new table takes 4,000 at once, one that is warm takes the spike', () => {
    const cold = run('on-demand-spike');
    expect(m(cold, 'throttled_partition')).toBeGreaterThan(1000);
    expect(m(cold, 'first_throttle_s')).toBeGreaterThan(120);
    // Twice the peak of 6,000 fits afterwards.
    expect(m(cold, 'partitions')).toBeGreaterThanOrEqual(12);
    expect(m(run('on-demand-spike', { warmWrites: '8000' }), 'throttled_share')).toBeLessThan(0.005);
    expect(m(run('on-demand-spike', { splitAfter: '0' }), 'partitions')).toBe(4);
  });

  it('an index with as much as is written throttles nothing', () => {
    expect(m(run('gsi-backpressure'), 'throttled_index')).toBeGreaterThan(1000);
    expect(m(run('gsi-backpressure', { indexCapacity: '700' }), 'throttled_share')).toBe(0);
  });

  it('retries bring a short peak through and a long one to nothing but more tries', () => {
    const short = { arrivals: 'burst:60:4:2', burstAtStart: '0', burstSeconds: '0', simSeconds: '80' };
    const without = run('burst-then-throttle', short);
    const helped = run('burst-then-throttle', { ...short, retries: 'sdk' });
    expect(m(without, 'failed_share')).toBeGreaterThan(0.1);
    expect(m(helped, 'failed_share')).toBeLessThan(m(without, 'failed_share') / 2);
    const long = { arrivals: 'poisson:300', burstAtStart: '0', simSeconds: '120' };
    const lost = run('burst-then-throttle', { ...long, retries: 'sdk' });
    expect(m(lost, 'failed_share')).toBeGreaterThan(0.55);
    expect(m(lost, 'tries_per_request')).toBeGreaterThan(2.5);
    expect(m(lost, 'served_units')).toBeLessThanOrEqual(101);
    expect(lost.verdicts.every((v) => v.holds)).toBe(true);
  });

  it('a million requests leave a picture-sized trace', () => {
    const r = run('key-distribution', {
      arrivals: 'poisson:5000',
      writeCapacity: '40000',
      simSeconds: '220',
    });
    expect(m(r, 'requests')).toBeGreaterThan(1e6);
    expect(r.events.length).toBeLessThan(3000);
    expect(r.cut).toBeUndefined();
  });

  it.each([
    [{ arrivals: 'poisson:1000000', simSeconds: '100000' }, /at most 20000000 are simulated/],
    [{ arrivals: 'poisson:1e9' }, /a rate must be above 0 and at most 1000000/],
    [{ arrivals: 'poisson:0' }, /a rate must be above 0/],
    [{ warmup: '60000' }, /must be shorter than the run/],
    [{ keys: '100000', suffixes: '200' }, /keys × suffixes is 20000000; at most 1000000/],
    [{ burstSeconds: '10', burstAtStart: '20' }, /cannot exceed burstSeconds/],
    [{ mode: 'on-demand', warmWrites: '50000' }, /cannot exceed tableQuota/],
    [{ mode: 'on-demand', indexes: '1' }, /indexes works with mode=provisioned/],
    [{ retries: 'sdk', throttleBase: '30000' }, /backoffCap \(20000 ms\) must be at least/],
    [{ itemSize: 'fixed:500' }, /between 0 and 400/],
    [{ writeCapacity: '0' }, /writeCapacity must be a number from 1/],
  ])('bad input %j', (set, message) => {
    expect(() => run('key-distribution', set as unknown as Record<string, string>)).toThrow(message);
  });
});
