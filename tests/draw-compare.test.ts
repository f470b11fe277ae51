import { beforeAll, describe, expect, it } from 'vitest';
import { useFonts } from '../src/draw/fonts.ts';
import { layoutComparison } from '../src/draw/layout/comparison.ts';
import { toPng } from '../src/draw/png.ts';
import { renderTimeline } from '../src/draw/render.ts';
import { comparisonView } from '../src/draw/view/comparison.ts';
import { captionsOf, contrast, firstDifference } from '../src/draw/view/contrast.ts';
import type { Recipe, Run, Verdict } from '../src/sim/scenario.ts';
import { crashRun, faultsRun, partitionRun } from './support/draw-runs.ts';
import { collisions, outside } from './support/draw-sheet.ts';
import { tellComparison } from './support/tell-view.ts';
import { TraceBuilder, verdict } from './support/trace.ts';

beforeAll(() => {
  useFonts();
});

const short = () => new TraceBuilder().state(1, 'n1', 'leader').state(5, 'n1', 'follower');
const made = (change: Partial<Run> = {}, recipe: Partial<Recipe> = {}, t = short()): Run => {
  const run = t.run({ nodes: ['n1'], lengthMs: 10 });
  return { ...run, ...change, recipe: { ...run.recipe, ...recipe } };
};

describe('two runs', () => {
  it('read as their page', async () => {
    const view = comparisonView(partitionRun(), crashRun());
    await expect(tellComparison(view)).toMatchFileSnapshot('golden/draw/compare.txt');
  });

  it.each<[string, TraceBuilder, number | undefined]>([
    ['nothing', short(), undefined],
    ['another state', new TraceBuilder().state(1, 'n1', 'leader').state(5, 'n1', 'candidate'), 5000],
    ['another moment', new TraceBuilder().state(1, 'n1', 'leader').state(4, 'n1', 'follower'), 4000],
    ['one event more', short().state(7, 'n1', 'leader'), 7000],
    ['one event fewer', new TraceBuilder().state(1, 'n1', 'leader'), 5000],
  ])('part where there is %s', (_, other, at) => {
    const events = (t: TraceBuilder) => made({}, {}, t).events;
    expect(firstDifference(events(short()), events(other))).toBe(at);
    expect(firstDifference(events(other), events(short()))).toBe(at);
  });

  it('part by what a fault or an operation carries', () => {
    const split = (groups: string[][]) =>
      made({}, {}, new TraceBuilder().fault(3, { fault: 'partition', nodes: [], groups })).events;
    expect(firstDifference(split([['a'], ['b']]), split([['a'], ['b']]))).toBeUndefined();
    expect(firstDifference(split([['a'], ['b']]), split([['a', 'b']]))).toBe(3000);
  });

  it.each<[Run, Run, string, string]>([
    [made(), made({}, { preset: 'other' }), 'usual', 'other'],
    [made(), made({}, { twin: 'forgets-vote' }), 'as it is', 'broken: forgets-vote'],
    [
      made({ params: { preVote: false, loss: 0 } }),
      made({ params: { preVote: true, loss: 0 } }, { set: { preVote: 'on' } }),
      'preVote=off',
      'preVote=on',
    ],
    [
      made({ params: { delay: { text: 'fixed:5' } } }),
      made({ params: { delay: { text: 'exp:5' } } }, { set: { delay: 'exp:5' }, seed: 8 }),
      'delay=fixed:5 · seed 7',
      'delay=exp:5 · seed 8',
    ],
    [
      made(),
      made({}, { interventions: [{ atUs: 2000, fault: 'crash', nodes: ['n1'] }] }),
      'nothing injected',
      'crash at 2 ms',
    ],
    [made(), made({}, { set: { faults: 'crash:n1:4' } }), 'faults as planned', 'faults=crash:n1:4'],
    [made(), made(), 'first run', 'second run'],
  ])('are called by what differs: %#', (a, b, above, below) => {
    expect(captionsOf(a, b)).toEqual([above, below]);
  });

  it.each<[string, [Verdict[], Record<string, number>], [Verdict[], Record<string, number>], string]>([
    [
      'a property kept',
      [[verdict('safe')], {}],
      [[verdict('safe', false)], {}],
      'safe holds above, not below',
    ],
    [
      'each its own',
      [[verdict('safe'), verdict('live', false)], {}],
      [[verdict('safe', false), verdict('live')], {}],
      'safe holds above only, live below only',
    ],
    [
      'a figure far apart',
      [[], { down_ms: 186, cold_share: 0.1 }],
      [[], { down_ms: 402, cold_share: 0.1 }],
      'down 186 ms against 402 ms',
    ],
    [
      'the furthest',
      [[], { down_ms: 186, cold_share: 0 }],
      [[], { down_ms: 402, cold_share: 0.2 }],
      'cold 0 % against 20 %',
    ],
    ['a figure of one', [[], {}], [[], { down_ms: 402 }], 'down 402 ms below, none above'],
    ['much alike', [[], { down_ms: 186 }], [[], { down_ms: 190 }], 'down 186 ms against 190 ms'],
    ['nothing measured', [[], {}], [[], {}], 'Something happened | Something happened'],
  ])('are told by %s', (_, [av, am], [bv, bm], words) => {
    const scenario = {
      ...made().scenario,
      metrics: { down_ms: { unit: 'ms', what: '' }, cold_share: { unit: 'share', what: '' } },
    };
    const a = made({ scenario, verdicts: av, metrics: am });
    const b = made({ scenario, verdicts: bv, metrics: bm });
    expect(contrast(a, b, 5000)).toBe(words);
    expect(contrast(a, b, undefined)).toMatch(/^No difference/);
  });

  it('share the axis of a track: the first solid, the second dashed, each with its own limit', () => {
    const other = { ...faultsRun(), params: { concurrency: 20 } };
    const view = comparisonView(faultsRun(), other);
    expect(view.tracks[0]!.series.map((s) => [s.legend, s.run])).toEqual([
      ['running', 0],
      ['queued', 0],
      ['running', 1],
      ['queued', 1],
    ]);
    expect(view.tracks[0]!.limits.map((l) => [l.value, l.run])).toEqual([
      [35, 0],
      [20, 1],
    ]);
    expect(comparisonView(faultsRun(), faultsRun()).tracks[0]!.limits).toEqual([
      { legend: 'limit', value: 35 },
    ]);
    const { links } = layoutComparison(view);
    const lines = links.filter((link) => link.strokeWidth === 2.6 && link.fill === undefined);
    expect(lines.slice(-4).map((link) => link.dash !== undefined)).toEqual([false, false, true, true]);
  });

  it.each<[string, Run, Run]>([
    ['a partition and a crash', partitionRun(), crashRun()],
    ['everything', faultsRun(), faultsRun()],
    ['different scenarios', partitionRun(), faultsRun()],
    ['twelve nodes', ...twelve()],
  ])('fit one picture: %s', async (_, a, b) => {
    const sheet = layoutComparison(comparisonView(a, b));
    expect(sheet.width).toBe(1200);
    expect(sheet.height).toBeLessThanOrEqual(1300);
    expect(outside(sheet)).toEqual([]);
    expect(collisions(sheet)).toEqual([]);
    const svg = await renderTimeline(a, { format: 'svg', against: b });
    expect(await renderTimeline(a, { format: 'svg', against: b })).toBe(svg);
    expect(svg).not.toMatch(/ opacity="0/);
    expect((await toPng(svg)).height).toBe(sheet.height);
  });

  it('end where they end, on an axis for the longer', () => {
    const run = (lengthMs: number) =>
      new TraceBuilder().state(1, 'n1', 'leader').run({ nodes: ['n1'], lengthMs });
    const view = comparisonView(run(10), run(25));
    expect([view.to, ...view.runs.map((r) => r.lanes[0]!.bars.at(-1)!.to)]).toEqual([25_000, 10_000, 25_000]);
  });

  it('of five servers are no taller than wide', () => {
    expect(layoutComparison(comparisonView(partitionRun(), crashRun())).height).toBeLessThanOrEqual(1200);
  });

  it('say what they leave out, and of which', () => {
    const { footer } = comparisonView(...twelve());
    expect(footer).toContain('10 of 12 nodes drawn');
    const longer = { ...partitionRun(), cut: 'the trace was cut' };
    expect(comparisonView(partitionRun(), longer).footer).toContain('below: the trace was cut');
  });
});

function twelve(): [Run, Run] {
  const nodes = Array.from({ length: 12 }, (_, i) => `n${i + 1}`);
  const run = (at: number) => new TraceBuilder().state(at, 'n1', 'leader').run({ nodes, lengthMs: 10 });
  return [run(2), run(4)];
}
