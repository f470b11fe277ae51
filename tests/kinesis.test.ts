import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KINESIS } from '../scenarios/kinesis/constants.ts';
import { md5 } from '../scenarios/kinesis/md5.ts';
import scenario from '../scenarios/kinesis/scenario.ts';
import {
  even,
  flaw,
  hashKey,
  MAP,
  merge,
  owner,
  type ShardInfo,
  split,
} from '../scenarios/kinesis/shards.ts';
import { recipe, simulate } from '../src/sim/run.ts';
import type { Run } from '../src/sim/scenario.ts';
import { verdictLine } from '../src/sim/summary.ts';

const run = (preset: string, set: Record<string, string> = {}, seed = 1): Run =>
  simulate(scenario, recipe(scenario, preset, { set, seed }));
const broken = (r: Run) => r.verdicts.filter((v) => v.promised && !v.holds).map(verdictLine);
const m = (r: Run, name: string) => r.metrics[name] ?? Number.NaN;
const samples = (r: Run, series: string) =>
  r.events.flatMap((e) =>
    e.kind === 'sample' && e.series === series ? [[e.at / 1e6, e.value] as const] : [],
  );

describe('documented figures', () => {
  it.each(Object.entries(KINESIS))('%s is the default of a parameter and names its source', (name, c) => {
    expect(Number(scenario.params[name]?.default)).toBe(c.value);
    expect(c.url).toMatch(/^https:\/\/(docs\.aws\.amazon\.com\/|github\.com\/awslabs\/)/);
    expect(c.read).toMatch(/^\d{4}-\d{2}$/);
  });
});

describe('the shard map', () => {
  it('hashes with the real MD5', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        expect(md5(text)).toBe(createHash('md5').update(text).digest('hex'));
      }),
    );
  });

  it('whatever is split and merged, every key has exactly one open shard', () => {
    const fresh = (info: ShardInfo) => info;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.tuple(fc.boolean(), fc.nat()), { maxLength: 12 }),
        fc.string(),
        (n, steps, key) => {
          let shards = even(n);
          for (const [splits, pick] of steps) {
            const open = shards.filter((s) => s.open);
            const { id } = open[pick % open.length]!;
            shards = (splits ? split : merge)(shards, id, fresh, MAP);
            expect(flaw(shards)).toBeUndefined();
          }
          const hash = hashKey(key);
          expect(shards.filter((s) => s.open && s.lo <= hash && hash <= s.hi)).toEqual([owner(shards, hash)]);
        },
      ),
    );
  });

  it('a gap and an overlap are found', () => {
    const fresh = (info: ShardInfo) => info;
    expect(flaw(split(even(2), 'shard0', fresh, { ...MAP, noGap: false }))).toMatch(/no open shard/);
    expect(flaw(merge(even(2), 'shard0', fresh, { ...MAP, closesBoth: false }))).toMatch(/both have/);
    expect(flaw(even(3).slice(0, 2))).toMatch(/highest/);
  });
});

describe('limits of a shard', () => {
  it('a burst is worked off as fast as the shard has room', () => {
    // 10 s at `rate` above the limit leave a backlog that drains at limit − base.
    const [base, factor, limit] = [600, 3, 1000];
    const r = run('shard-limits', { recordTtl: '600000', simSeconds: '39' });
    expect(broken(r)).toEqual([]);
    const excess = (factor * base - limit) * 10;
    const backlog = Math.max(...samples(r, 'held back').map(([, n]) => n));
    expect(backlog / excess).toBeGreaterThan(0.85);
    expect(backlog / excess).toBeLessThan(1.05);
    const full = samples(r, 'accepted').filter(([, n]) => n >= limit).length;
    expect(full).toBeGreaterThan(10 + (0.85 * excess) / (limit - base) - 2);
    expect(m(run('shard-limits', { shards: '4' }), 'throttled_share')).toBe(0);
  });

  it('bytes bind before records when records are large', () => {
    const r = run('shard-limits', { arrivals: 'constant:600', recordSize: 'fixed:4096', recordTtl: '1000' });
    expect(Math.max(...samples(r, 'accepted').map(([, n]) => n))).toBe(256);
    expect(m(r, 'given_up_share')).toBeCloseTo(1 - 256 / 600, 1);
  });

  it('one key has the limit of one shard, and a split gives it no more', () => {
    const r = run('hot-shard', { skew: 'hot:1', arrivals: 'constant:1500' });
    expect(m(r, 'hot_key_before')).toBeCloseTo(1000, -2);
    expect(m(r, 'hot_key_after')).toBeCloseTo(1000, -1);
    const many = run('hot-shard', { skew: 'uniform', shards: '1', arrivals: 'constant:1500' });
    expect(m(many, 'taken_before')).toBeLessThanOrEqual(1000);
    expect(m(many, 'taken_after')).toBeGreaterThan(1400);
  });

  it('what producers give up and what they have had taken is all there was', () => {
    const r = run('hot-shard', {
      simSeconds: '60',
      recordTtl: '2000',
      arrivals: 'burst:300:5:10',
      reshard: 'none',
      shards: '1',
    });
    expect(broken(r)).toEqual([]);
    expect(m(r, 'given_up_share')).toBeGreaterThan(0);
    expect(r.seen['a retry is overtaken']).toBe(true);
  });
});

describe('from shard to consumer', () => {
  const delays = (set: Record<string, string>) =>
    run('enhanced-fan-out', { arrivals: 'poisson:50', simSeconds: '120', latency: 'fixed:1', ...set });

  it.each([
    [1, 200],
    [5, 1000],
  ])('%i that share five reads a second wait half of %i ms on average, all of it at worst', (n, idle) => {
    const r = delays({ consumers: String(n), idleTimeBetweenReadsInMillis: String(idle), work: 'fixed:0' });
    expect(broken(r)).toEqual([]);
    expect(m(r, 'propagation_mean_ms') / (idle / 2)).toBeCloseTo(1, 1);
    expect(m(r, 'propagation_max_ms')).toBeGreaterThan(0.98 * idle);
    expect(m(r, 'propagation_max_ms')).toBeLessThan(idle + 10);
    expect(m(r, 'reads_exceeded')).toBe(0);
    expect(m(r, 'pushed_mean_ms')).toBeGreaterThan(65);
    expect(m(r, 'pushed_mean_ms')).toBeLessThan(80);
  });

  it('five that ask five times a second each are refused four times of five', () => {
    const r = delays({ consumers: '5', idleTimeBetweenReadsInMillis: '198', work: 'fixed:0' });
    expect(broken(r)).toEqual([]);
    expect(m(r, 'reads_exceeded') / (120 * 25)).toBeCloseTo(0.8, 1);
  });

  it('an answer of 10 MiB uses up five seconds of reading', () => {
    const r = run('shard-limits', {
      arrivals: 'constant:10',
      recordSize: 'fixed:104857',
      consumers: '1',
      idleTimeBetweenReadsInMillis: '12000',
      work: 'fixed:0',
      simSeconds: '40',
    });
    const often = run('shard-limits', {
      arrivals: 'constant:10',
      recordSize: 'fixed:104857',
      consumers: '2',
      idleTimeBetweenReadsInMillis: '11900',
      work: 'fixed:0',
      simSeconds: '600',
    });
    expect(m(r, 'reads_exceeded')).toBe(0);
    expect(m(often, 'reads_exceeded')).toBeGreaterThan(0);
    expect(broken(often)).toEqual([]);
  });

  it('the age of a slow consumer grows by 1 − capacity / arrivals', () => {
    const r = run('iterator-age', {
      slowFrom: '1',
      slowUntil: '216000',
      slowWork: 'fixed:4000',
      simSeconds: '108000',
    });
    const ages = samples(r, 'age in hours');
    const [at, age] = ages.at(-1)!;
    // 250 records take 1,000 s and one pause of 120 s; one comes every 2 s
    const capacity = 250 / 1120 / 0.5;
    expect(age / (at / 3600)).toBeGreaterThan(1 - capacity - 0.03);
    expect(age / (at / 3600)).toBeLessThan(1 - capacity + 0.03);
  });
});

describe('leases', () => {
  it('wherever an owner crashes: no record skipped, none out of order, all processed in the end', () => {
    for (let at = 300; at <= 12_000; at += 260) {
      const r = run(
        'split',
        { simSeconds: '50', work: 'fixed:100', faults: `crash:@owner:${at},restart:@crashed:${at + 900}` },
        3,
      );
      expect(broken(r).map((line) => `crash at ${at}: ${line}`)).toEqual([]);
      expect(r.verdicts.find((v) => v.property === 'every record is processed')?.holds).toBe(true);
    }
  });

  it('takes from two to five thirds of failoverTimeMillis until another worker has the lease', () => {
    // The last write was up to a third before the crash; it is seen up to a third late, and so is its end.
    const times = Array.from({ length: 40 }, (_, i) =>
      m(run('worker-crash-lease', { failoverTimeMillis: '3000' }, i + 1), 'takeover_ms'),
    );
    expect(Math.min(...times)).toBeGreaterThan(2000 - 20);
    expect(Math.max(...times)).toBeLessThan(5000 + 20);
  });

  it('a paused owner repeats at most the batch in its hand', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const r = run('zombie-worker', {}, seed);
      expect(broken(r)).toEqual([]);
      // the batch once more by the new owner, and its rest by the old one
      expect(m(r, 'processed_twice')).toBeLessThanOrEqual(r.params.maxRecords);
    }
  });

  it('the twin that checkpoints first loses what the right one repeats', () => {
    const lost = Array.from({ length: 20 }, (_, i) =>
      simulate(scenario, recipe(scenario, 'worker-crash-lease', { seed: i + 1, twin: 'checkpoints-first' })),
    ).filter((r) => r.verdicts.some((v) => v.property === 'no record is skipped' && !v.holds));
    expect(lost.length).toBeGreaterThan(10);
  });
});

describe('bad input', () => {
  it.each([
    ['shard-limits', { arrivals: 'poisson:1000000', simSeconds: '100' }, /at most 2000000/],
    ['shard-limits', { recordSize: 'fixed:2000000' }, /maxRecordSize/],
    ['shard-limits', { maxRecordSize: '10485760' }, /burst capacity/],
    ['shard-limits', { simSeconds: '1000000', arrivals: 'constant:1' }, /calls; at most/],
    ['shard-limits', { cap: '1' }, /cap .* must be at least base/],
    ['hot-shard', { reshardAt: '30' }, /before the run ends/],
    ['hot-shard', { reshard: 'merge', shards: '1' }, /two adjacent/],
    ['split', { arrivals: 'poisson:100' }, /record by record/],
    ['split', { enhancedConsumers: '1' }, /source=load/],
    ['shard-limits', { retentionPeriodHours: '1' }, /from 24 to 8760/],
    ['shard-limits', { arrivals: 'poisson:0' }, /above 0/],
    ['shard-limits', { skew: 'zipf' }, /zipf/],
  ])('%s %o is refused with why', (preset, set, why) => {
    expect(() => run(preset, set as Record<string, string>)).toThrow(why);
  });
});
