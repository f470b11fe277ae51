import { describe, expect, it } from 'vitest';
import { LAMBDA } from '../scenarios/lambda/constants.ts';
import lambda from '../scenarios/lambda/scenario.ts';
import { recipe, simulate } from '../src/sim/run.ts';
import type { Run, Scenario } from '../src/sim/scenario.ts';
import { verdictLine } from '../src/sim/summary.ts';

const run = (preset: string, set: Record<string, string> = {}, seed?: number): Run =>
  simulate(lambda, recipe(lambda, preset, { set, ...(seed !== undefined && { seed }) }));
const holds = (r: Run) => r.verdicts.filter((v) => v.promised && !v.holds).map(verdictLine);
const m = (r: Run, name: string) => r.metrics[name] ?? Number.NaN;

describe('documented figures', () => {
  it.each(Object.entries(LAMBDA))('%s is the default of a parameter and names its source', (name, c) => {
    expect(Number(lambda.params[name]?.default)).toBe(c.value);
    expect(c.url).toMatch(/^https:\/\/docs\.aws\.amazon\.com\/lambda\//);
    expect(c.read).toMatch(/^\d{4}/);
  });
});

describe('the pool', () => {
  it('message by message or aggregated: the same decisions', () => {
    const whole: Scenario = { ...lambda, actors: () => [{ id: 'lambda', part: 'fleet' }] };
    for (let seed = 1; seed <= 40; seed++) {
      const r = recipe(lambda, 'cold-start', { seed });
      const small = simulate(lambda, r).metrics;
      const large = simulate(whole, r).metrics;
      for (const name of ['requests', 'served', 'cold_starts', 'throttled_share', 'concurrency_peak'])
        expect(`${seed} ${name} ${small[name]}`).toBe(`${seed} ${name} ${large[name]}`);
    }
  });

  it('an environment that crashes takes its request along, and the pool goes on', () => {
    const r = run('cold-start', { timeout: '3000', faults: 'crash:env1:5000,restart:env1:6000' });
    expect(holds(r)).toEqual([]);
    expect(r.events.some((e) => e.kind === 'note' && /gives up on request/.test(e.text))).toBe(false);
    const busy = run('cold-start', { timeout: '3000', faults: 'crash:env1:900,restart:env1:6000' });
    expect(holds(busy)).toEqual([]);
    expect(
      busy.events.some((e) => e.kind === 'note' && /gives up on request 1: env1 never answered/.test(e.text)),
    ).toBe(true);
  });

  it('the ramp takes as long as the scaling rate says', () => {
    const r = run('scaling-rate', { coldStart: 'fixed:0' });
    const span = r.scenario.look.span?.(r);
    const throttled = r.events.find((e) => e.kind === 'note' && e.text.startsWith('starts to throttle'));
    const inUse = Number(/(\d+) environments/.exec(throttled?.kind === 'note' ? throttled.text : '')?.[1]);
    // 4,000 in flight are needed; the bucket's 1,000 are used up, then 100 more come each second.
    const expected = (4000 - inUse) / 100;
    expect(((span?.to ?? 0) - (span?.from ?? 0)) / 1e6).toBeGreaterThan(expected * 0.9);
    expect(((span?.to ?? 0) - (span?.from ?? 0)) / 1e6).toBeLessThan(expected * 1.1);
    expect(m(r, 'throttled_concurrency')).toBe(0);
  });

  it('provisioned above the peak: no cold start; without it many', () => {
    expect(m(run('provisioned', { provisioned: '250' }), 'cold_starts')).toBe(0);
    expect(m(run('provisioned', { provisioned: '0' }), 'cold_starts')).toBeGreaterThan(100);
  });

  it('reserved concurrency keeps our share and caps us; 0 stops the function', () => {
    expect(m(run('noisy-neighbour'), 'throttled_share')).toBe(0);
    expect(m(run('noisy-neighbour', { reserved: '-1' }), 'throttled_share')).toBeGreaterThan(0.2);
    const capped = run('noisy-neighbour', { reserved: '50' });
    expect(m(capped, 'throttled_share')).toBeGreaterThan(0.4);
    expect(holds(capped)).toEqual([]);
    expect(m(run('noisy-neighbour', { reserved: '0' }), 'throttled_share')).toBe(1);
  });

  it('short requests meet the request rate before the concurrency', () => {
    const r = run('concurrency-limit', {
      arrivals: 'poisson:4000',
      duration: 'fixed:10',
      coldStart: 'fixed:0',
      concurrencyLimit: '200',
      simSeconds: '30',
    });
    expect(m(r, 'throttled_concurrency')).toBe(0);
    expect(m(r, 'throttled_rate') / m(r, 'requests')).toBeCloseTo(0.5, 1);
  });

  it('an endless idle lifetime and constant arrivals: one cold start for each environment, none after the warm-up', () => {
    const r = run('concurrency-limit', {
      arrivals: 'constant:100',
      duration: 'fixed:95',
      coldStart: 'fixed:0',
      idleLifetime: 'fixed:1000000',
      warmup: '1000',
    });
    expect(m(r, 'cold_share')).toBe(0);
    expect(m(r, 'concurrency_peak')).toBe(10);
    // one each 10 ms, from the second that ends the warm-up to the fortieth, both counted
    expect(m(r, 'requests')).toBe(3901);
  });

  it('a million requests leave a picture-sized trace', () => {
    const r = run('concurrency-limit', { simSeconds: '300', arrivals: 'poisson:4000', duration: 'exp:200' });
    expect(m(r, 'requests')).toBeGreaterThan(1e6);
    expect(r.events.length).toBeLessThan(2000);
    expect(r.cut).toBeUndefined();
    expect(holds(r)).toEqual([]);
  });
});

describe('asynchronous invocation', () => {
  const tries = (r: Run, id: number) =>
    r.events.flatMap((e) =>
      e.kind === 'send' && e.type === 'Run' && e.label.startsWith(`e${id} `) ? [e.at / 1e6] : [],
    );

  it('a failing event is tried after one and after two minutes, then kept', () => {
    const r = run('async-retries-dlq', { duration: 'fixed:1000', coldStart: 'fixed:0' });
    expect(tries(r, 2).map((t) => Math.round(t))).toEqual([40, 101, 222]);
    expect(r.metrics).toMatchObject({ events_dead: 1, events_lost: 0 });
    expect(m(run('async-retries-dlq', { deadLetters: 'off' }), 'events_lost')).toBe(1);
    expect(holds(run('async-retries-dlq', { deadLetters: 'off' }))).toEqual([]);
  });

  it('a throttled event waits 1, 2, 4 … seconds and is given up only when it is too old', () => {
    const r = run('async-retries-dlq', { reserved: '0', arrivals: 'constant:0.01', simSeconds: '190' });
    const gaps = tries(r, 1).map((t, i, all) => Math.round(t - (all[i - 1] ?? t)));
    expect(gaps.slice(1)).toEqual([1, 2, 4, 8, 16, 32]);
    expect(m(r, 'events_waiting')).toBe(1);
    expect(m(run('async-retries-dlq', { reserved: '0', eventAge: '60000' }), 'events_dead')).toBeGreaterThan(
      0,
    );
  });

  it('every event is done, dead or waiting, whatever the errors', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const r = run('async-retries-dlq', { errors: '0.4', arrivals: 'poisson:0.2', simSeconds: '600' }, seed);
      const all = r.metrics;
      expect(holds(r)).toEqual([]);
      const queued = r.events.filter(
        (e) => e.kind === 'send' && e.type === 'Run' && e.label.endsWith('try 1'),
      );
      expect((all.events_done ?? 0) + (all.events_dead ?? 0) + (all.events_waiting ?? 0)).toBe(queued.length);
    }
  });

  it('the queue comes back with every event it had', () => {
    const r = run('async-retries-dlq', { faults: 'crash:queue:60000,restart:queue:80000' });
    expect(holds(r)).toEqual([]);
    expect(tries(r, 2).length).toBeGreaterThan(2);
    expect(m(r, 'events_dead')).toBe(1);
  });

  it('an event whose function died is tried again', () => {
    const r = run('async-retries-dlq', {
      poison: '0',
      timeout: '10000',
      faults: 'crash:function:22000,restart:function:24000',
    });
    expect(holds(r)).toEqual([]);
    expect(tries(r, 1).length).toBe(2);
  });
});

describe('streams', () => {
  it('by default a bad record blocks its shard, and only its shard', () => {
    const r = run('stream-poison-pill');
    expect(m(r, 'bad_shard_age_s')).toBeGreaterThan(25);
    expect(m(r, 'other_shards_age_s')).toBeLessThan(3);
    expect(holds(r)).toEqual([]);
  });

  it('bisecting loses one record; without it the whole batch is set aside', () => {
    const cut = run('stream-poison-pill', { bisect: 'on', streamRetries: '3' });
    const whole = run('stream-poison-pill', { streamRetries: '3' });
    const aside = (r: Run) =>
      r.events.flatMap((e) => (e.kind === 'note' && e.text.startsWith('gives up') ? [e.text] : []));
    expect(aside(cut)).toEqual(['gives up on record #18: 4 failed tries']);
    expect(aside(whole)[0]).toMatch(/^gives up on records #\d+–18/);
    expect(holds(cut)).toEqual([]);
    expect(m(cut, 'behind')).toBeLessThan(20);
  });

  it('an age limit ends the block too', () => {
    const r = run('stream-poison-pill', { recordAge: '8000' });
    expect(m(r, 'discarded')).toBe(1);
    expect(m(r, 'bad_shard_age_s')).toBeLessThan(15);
  });
});

describe('bad input', () => {
  it.each([
    [{ arrivals: 'poisson:1000000', simSeconds: '1000000' }, /at most 20000000 are simulated/],
    [{ arrivals: 'poisson:0' }, /a rate must be above 0/],
    [{ arrivals: 'poisson:1000000000' }, /at most 1000000 per second/],
    [{ reserved: '950' }, /must leave unreservedFloor \(100\)/],
    [{ provisioned: '1001' }, /provisioned \(1001\) cannot exceed concurrencyLimit/],
    [{ reserved: '10', provisioned: '11' }, /cannot exceed reserved \(10\)/],
    [{ warmup: '20000' }, /must be shorter than the run/],
    [{ source: 'async', arrivals: 'poisson:1000' }, /at most 3000 of them/],
    [{ concurrencyLimit: '0' }, /concurrencyLimit must be a whole number from 1/],
    [{ idleTime: '5' }, /no parameter `idleTime`/],
  ])('%j', (set, message) => {
    expect(() => run('cold-start', set as unknown as Record<string, string>)).toThrow(message);
  });
});
