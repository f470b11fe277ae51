import { describe, expect, it } from 'vitest';
import { KeySpace } from '../scenarios/s3/keyspace.ts';
import s3 from '../scenarios/s3/scenario.ts';
import { recipe, simulate } from '../src/sim/run.ts';
import type { PlannedFault, Run } from '../src/sim/scenario.ts';

const run = (preset: string, set: Record<string, string> = {}, seed?: number): Run =>
  simulate(s3, recipe(s3, preset, { set, ...(seed !== undefined && { seed }) }));
const m = (r: Run, name: string) => r.metrics[name] ?? Number.NaN;
const verdict = (r: Run, name: string) => r.verdicts.find((v) => v.property === name);
const asked = (r: Run) =>
  r.events.flatMap((e) => (e.kind === 'invoke' ? [`${e.process} ${e.f} ${e.key} ${e.value}`] : []));

describe('consistency then and now', () => {
  it('the same clients ask the same, and only the answers differ', () => {
    const before = run('eventual-before-2020');
    const today = run('strong-today');
    expect(asked(before).sort()).toEqual(asked(today).sort());
    expect(m(before, 'false_404')).toBeGreaterThan(0);
    expect(m(before, 'stale_reads')).toBeGreaterThan(0);
    expect(m(before, 'wrong_lists')).toBeGreaterThan(0);
    for (const kind of ['false_404', 'stale_reads', 'deleted_reads', 'wrong_lists'])
      expect(m(today, kind)).toBe(0);
    expect(verdict(before, 'strong read-after-write')).toMatchObject({ holds: false, promised: false });
  });

  it('one front end is its own newest copy: without others nothing is stale but the listing', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const r = run('eventual-before-2020', { fronts: '1' }, seed);
      for (const kind of ['false_404', 'stale_reads', 'deleted_reads']) expect(m(r, kind)).toBe(0);
    }
  });

  const outage = (nodes: string[]): PlannedFault[] => [
    { at: 2500, fault: 'crash', nodes },
    { at: 4000, fault: 'restart', nodes },
  ];
  it.each(['witness', 'index', 'front1'])('a crash of %s costs answers, never a stale one', (node) => {
    const [crash, restart] = outage([node]);
    for (let seed = 1; seed <= 60; seed++) {
      const r = simulate(s3, {
        ...recipe(s3, 'strong-today', { seed }),
        interventions: [crash!, restart!].map(({ at, ...fault }) => ({ ...fault, atUs: at * 1000 })),
      });
      expect(verdict(r, 'strong read-after-write')?.holds, `seed ${seed}`).toBe(true);
    }
  });
});

describe('conditional writes', () => {
  it('whatever is lost without the condition is kept with it', () => {
    let lost = 0;
    for (let seed = 1; seed <= 40; seed++) {
      expect(m(run('conditional-write', {}, seed), 'lost_updates')).toBe(0);
      lost += m(run('conditional-write', { condition: 'off' }, seed), 'lost_updates');
    }
    expect(lost).toBeGreaterThan(20);
  });

  it('a writer that got no answer finds its own line, or writes it, never twice', () => {
    let found = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const r = run('conditional-write', { faults: 'loss:0.15:0', duration: '6000' }, seed);
      expect(verdict(r, 'no lost update')?.holds).toBe(true);
      expect(verdict(r, 'an append is one step')?.holds).toBe(true);
      if (r.events.some((e) => e.kind === 'note' && e.text.includes('finds its own'))) found++;
    }
    expect(found).toBeGreaterThan(5);
  });
});

describe('replication', () => {
  it('a copy that leaves at once still leaves after the answer', () => {
    const quick = { lag: 'fixed:500' };
    expect(m(run('cross-region-replication', quick), 'lost_writes')).toBe(0);
    // The Region is lost in the half second after a write.
    const r = run('cross-region-replication', quick);
    const put = r.events.find((e) => e.kind === 'return' && e.at > 600e6 && e.outcome === 'ok');
    const at = Math.round(put!.at / 1000) + 100;
    let lost = 0;
    for (let ms = at - 2000; ms <= at + 2000; ms += 100)
      lost +=
        m(run('cross-region-replication', { ...quick, faults: `crash:us-east-1:${ms}` }), 'lost_writes') || 0;
    expect(lost).toBeGreaterThan(0);
  });

  it('after a stall every version arrives, and those older than the threshold are counted', () => {
    const r = run('replication-stall');
    expect(m(r, 'missed_threshold')).toBeGreaterThan(0);
    expect(m(r, 'replicated')).toBe(m(r, 'versions'));
    expect(m(run('replication-stall', { rtcThreshold: '3600' }), 'missed_threshold')).toBe(0);
  });
});

describe('request rates', () => {
  it('one partition serves its limit to the request, whatever is asked', () => {
    const r = run('prefix-throttle', {
      arrivals: 'constant:7000',
      attempts: '1',
      splitAfter: '600000',
      newDateEvery: '0',
      simSeconds: '20',
    });
    expect(m(r, 'served_rate')).toBeCloseTo(3500, -2);
    expect(m(r, 'refused_share')).toBeCloseTo(0.5, 2);
    expect(m(r, 'failed_share')).toBeCloseTo(0.5, 2);
  });

  it('reads have their own, higher limit', () => {
    const quiet = {
      attempts: '1',
      splitAfter: '600000',
      newDateEvery: '0',
      simSeconds: '10',
      arrivals: 'constant:5500',
    };
    expect(m(run('prefix-throttle', { ...quiet, reads: '1' }), 'refused_share')).toBeLessThan(0.001);
    expect(m(run('prefix-throttle', quiet), 'refused_share')).toBeCloseTo(1 - 3500 / 5500, 2);
  });

  it('hashed keys are split once for good, dates again and again, on the same arrivals', () => {
    const dates = run('prefix-throttle');
    const hashed = run('prefix-throttle', { keys: 'hashed' });
    expect(m(dates, 'requests')).toBe(m(hashed, 'requests'));
    expect(m(hashed, 'late_refused_share')).toBe(0);
    expect(m(hashed, 'partitions')).toBeLessThanOrEqual(4);
    expect(m(dates, 'partitions')).toBeGreaterThan(m(hashed, 'partitions'));
    expect(m(dates, 'late_refused_share')).toBeGreaterThan(0.3);
    expect(verdict(dates, 'the 503s end')).toMatchObject({ holds: false, promised: false });
    expect(verdict(hashed, 'the 503s end')).toMatchObject({ holds: true, promised: true });
  });

  it('after splits every key has one owner', () => {
    const space = new KeySpace(100, 100, { limits: true, cutsClean: true });
    let now = 0;
    for (let i = 0; i < 20_000; i++) {
      now += 1000;
      space.ask(now, ((i * 7919) % 10_007) / 10_007, false);
      if (i % 100 === 0) space.look(now, 100_000, 300_000);
    }
    expect(space.partitions.length).toBeGreaterThan(8);
    expect(space.hole()).toBeUndefined();
    for (let k = 0; k < 1000; k++) expect(space.find(k / 1000)).toBeGreaterThanOrEqual(0);
  });
});

describe('multipart', () => {
  it('is seen whole or not at all, whatever fails and however early completion is asked for', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const r = run(
        'multipart',
        { eager: seed % 2 ? 'on' : 'off', partFailures: '0.5', abortAfter: '10000', duration: '12000' },
        seed,
      );
      const seen = r.events.flatMap((e) =>
        e.kind === 'return' && typeof e.value === 'string' ? [e.value] : [],
      );
      expect(new Set(seen)).toEqual(new Set(['404', '512 MiB']));
      for (const v of r.verdicts) expect(v.holds, `${v.property}, seed ${seed}`).toBe(true);
    }
  });

  it('what nobody finishes costs until the rule aborts it, and for ever without one', () => {
    const none = run('multipart', { abortAfter: '0' });
    expect(verdict(none, 'abandoned parts are removed')).toMatchObject({ holds: false, promised: false });
    expect(m(none, 'billed_mib_s')).toBeGreaterThan(m(run('multipart'), 'billed_mib_s'));
  });
});

it.each([
  ['multipart', { partSize: '4' }, /less than the smallest part, 5 MiB/],
  ['multipart', { size: '60000000', partSize: '5000' }, /12000 parts; an upload has at most 10000/],
  ['multipart', { size: '60000', partSize: '6000' }, /more than the largest part, 5120 MiB/],
  ['multipart', { size: '512', partSize: '0' }, /partSize must be a number from 1/],
  ['prefix-throttle', { arrivals: 'poisson:1000000000' }, /at most 1000000 per second/],
  ['prefix-throttle', { arrivals: 'poisson:0' }, /above 0/],
  ['prefix-throttle', { simSeconds: '80000' }, /at most 10000000 are simulated/],
  ['prefix-throttle', { base: '500', cap: '100' }, /base .* must be at most cap/],
  ['conditional-write', { consistency: 'eventual' }, /had no conditional writes/],
  ['strong-today', { settle: '9000' }, /settle .* must be shorter than duration/],
  ['strong-today', { think: 'fixed:0.1' }, /more than 5000 operations/],
])('%s refuses %j', (preset, set, message) => {
  expect(() => run(preset, set as unknown as Record<string, string>)).toThrow(message);
});
