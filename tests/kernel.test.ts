import { describe, expect, it } from 'vitest';
import { parseArrivals, parseDistribution, stream } from '../src/sim/chance.ts';
import { int, ParamError } from '../src/sim/params.ts';
import { become, type Protocol, save, send, sendAll, set } from '../src/sim/protocol.ts';
import { recipe, simulate } from '../src/sim/run.ts';
import { type Preset, type Scenario, scenario } from '../src/sim/scenario.ts';

type Msg = { type: 'Ping'; n: number } | { type: 'Pong'; n: number };
interface State {
  readonly got: number;
  readonly saved: number;
}

/** Everybody pings everybody every 10 ms; a pong is sent once the count is on disk. */
const pinger: Protocol<State, Msg, 'tick'> = {
  start: (_, disk) => [
    { got: 0, saved: (disk as number | undefined) ?? 0 },
    become('running', disk === undefined ? 'first boot' : `found ${disk}`),
    set('tick', 10_000),
  ],
  on: {
    Ping: (s, m, from) => [
      { ...s, saved: s.saved + 1 },
      save(s.saved + 1, 2_000),
      send(from, { type: 'Pong', n: m.n }),
    ],
    Pong: (s) => [{ ...s, got: s.got + 1 }],
  },
  after: {
    tick: (s, here) => [
      s,
      ...sendAll(here.peers, { type: 'Ping' as const, n: here.clock }),
      set('tick', 10_000),
    ],
  },
};

const pings = (presets: Record<string, Preset<{ nodes: ReturnType<typeof int> }>>): Scenario =>
  scenario({
    id: 'pings',
    title: 'Pings',
    summary: 'Pings',
    topic: 'clocks',
    sources: [],
    params: { nodes: int({ what: 'how many', min: 1, max: 9, default: 2 }) },
    presets,
    parts: { node: pinger },
    actors: (p) => Array.from({ length: p.nodes }, (_, i) => ({ id: `n${i + 1}`, part: 'node' })),
    length: () => 100,
    network: () => ({ latency: parseDistribution('fixed:1') }),
    properties: {},
    twins: {},
    metrics: { got: { unit: '', what: 'pongs n1 got' } },
    meter: () => ({ end: (world) => ({ got: world.state('n1')?.got ?? -1 }) }),
    look: { lanes: ['node'], states: {}, messages: {}, headline: () => 'pings' },
  });

const plain = { title: '', what: '' };
const run = (preset: Omit<Preset<never>, 'title' | 'what'>, more = {}) => {
  const s = pings({ only: { ...plain, ...preset } });
  return simulate(s, recipe(s, 'only', more));
};

describe('kernel', () => {
  it('answers after the disk has it, and loses both in a crash', () => {
    const quiet = run({});
    // Pings at 10 … 90 ms, answered 1 + 2 + 1 ms later; the one of 100 ms is out of time.
    expect(quiet.metrics.got).toBe(9);
    const crashed = run({
      faults: [
        { at: 12, fault: 'crash', nodes: ['n2'] },
        { at: 55, fault: 'restart', nodes: ['@crashed'] },
      ],
    });
    // n2 dies while its first write (11 to 13 ms) is under way: no pong, and nothing on the disk it finds again.
    expect(crashed.events.find((e) => e.kind === 'state' && e.at === 55_000)).toMatchObject({
      detail: 'first boot',
    });
    expect(crashed.metrics.got).toBe(4);
  });

  it.each([
    ['crash', [{ at: 0, fault: 'crash', nodes: ['n2'] }], 0],
    [
      'partition and heal',
      [
        { at: 5, fault: 'partition', groups: [['n1'], ['@rest']] },
        { at: 55, fault: 'heal' },
      ],
      4,
    ],
    ['one-way cut: the pong cannot come back', [{ at: 0, fault: 'cut', from: ['n2'], to: ['n1'] }], 0],
    ['total loss', [{ at: 0, fault: 'loss', rate: 1 }], 0],
    ['duplication doubles both ways', [{ at: 0, fault: 'duplicate', rate: 1 }], 36],
    [
      'pause: what came is done on resuming',
      [
        { at: 5, fault: 'pause', nodes: ['n2'] },
        { at: 85, fault: 'resume', nodes: ['@paused'] },
      ],
      7,
    ],
    ['silence', [{ at: 0, fault: 'byzantine', nodes: ['n2'], behaviour: 'silent' }], 0],
    ['a fast oscillator', [{ at: 0, fault: 'clock', nodes: ['n1'], driftPpm: 1_000_000 }], 18],
    ['slow link', [{ at: 0, fault: 'delay', delay: 'fixed:60' }], 0],
  ] as const)('%s', (_, faults, got) => {
    expect(run({ faults }).metrics.got).toBeGreaterThanOrEqual(Math.max(0, got - 1));
    expect(run({ faults }).metrics.got).toBeLessThanOrEqual(got + 1);
  });

  it('repeats itself byte for byte, and another seed differs only in its dice', () => {
    const lossy = { faults: [{ at: 0, fault: 'loss' as const, rate: 0.5 }] };
    const text = (seed: number) => JSON.stringify(run(lossy, { seed }).events);
    expect(text(7)).toBe(text(7));
    expect(text(7)).not.toBe(text(8));
  });

  it('forks: an injected fault leaves everything before it as it was', () => {
    const before = run({}, { seed: 3 });
    const after = run({}, { seed: 3, interventions: [{ atUs: 41_000, fault: 'crash', nodes: ['n2'] }] });
    const fault = after.events.findIndex((e) => e.kind === 'fault');
    expect(after.events.slice(0, fault)).toEqual(before.events.slice(0, fault));
    expect(after.events.slice(fault + 1)).not.toEqual(before.events.slice(fault));
  });

  it('stops at its limits and says so', () => {
    const s = pings({ only: plain });
    expect(simulate(s, recipe(s), { stepLimit: 5 }).cut).toMatch(/stopped after 5 steps/);
    expect(simulate(s, recipe(s), { traceLimit: 5 })).toMatchObject({
      cut: expect.stringMatching(/cut after 5 events/),
      metrics: { got: 9 },
    });
  });

  it.each([
    [{ preset: 'onyl' }, /did you mean only/],
    [{ set: { node: '3' } }, /did you mean nodes/],
    [{ set: { nodes: '1000000' } }, /nodes must be a whole number from 1 to 9; got `1000000`/],
    [{ set: { nodes: '2.5' } }, /whole number/],
    [{ seed: -1 }, /seed must be a whole number/],
    [{ set: { faults: 'crash:n7:10' } }, /No node `n7`.*n1, n2/],
    [{ set: { faults: 'crsh:n1:10' } }, /did you mean crash/],
    [{ set: { faults: 'crash:n1:soon' } }, /number of ms/],
    [{ set: { faults: 'partition:n1:10' } }, /two groups/],
    [{ twin: 'evil' }, /no twin `evil`/],
  ])('refuses %j', (more, message) => {
    const s = pings({ only: plain });
    expect(() => simulate(s, { ...recipe(s), ...more } as never)).toThrow(ParamError);
    expect(() => simulate(s, { ...recipe(s), ...more } as never)).toThrow(message);
  });
});

describe('chance', () => {
  it.each([
    'fixed:5',
    'uniform:1.5:3.5',
    'exp:10',
    'normal:10:2',
    'lognormal:2:0.5',
    'pareto:2:4',
    'mix:0.9*exp:2+0.1*fixed:50',
  ])('%s has the mean it says', (text) => {
    const sampler = parseDistribution(text);
    const random = stream(1, text);
    let sum = 0;
    for (let i = 0; i < 200_000; i++) sum += sampler.sample(random);
    expect(sum / 200_000 / sampler.mean).toBeCloseTo(1, 1);
    expect(parseDistribution(sampler.text).text).toBe(sampler.text);
  });

  it.each(['constant:100', 'poisson:100', 'burst:100:5:2'])('%s arrives at its rate', (text) => {
    const process = parseArrivals(text);
    const next = process.start(stream(1, text));
    let us = 0;
    for (let i = 0; i < 50_000; i++) us += next()!;
    expect(50_000 / (us / 1e6) / process.rate).toBeCloseTo(1, 1);
  });

  it.each([
    '',
    'fixed',
    'fixed:-1',
    'uniform:3:1',
    'exp:abc',
    'mix:0.5*exp:2',
    'mix:0.5*mix:1*exp:1+0.5*exp:1',
    'beta:1:2',
    'pareto:0:1',
    'fixed:1e12',
  ])('refuses the distribution `%s` and says what would do', (text) =>
    expect(() => parseDistribution(text, 'latency')).toThrow(/latency: .*Write fixed:5/),
  );
  it.each(['poisson:0', 'poisson:1000000000', 'trace:/etc/passwd', 'burst:1', 'often'])(
    'refuses the arrivals `%s`',
    (text) => expect(() => parseArrivals(text)).toThrow(ParamError),
  );
});
