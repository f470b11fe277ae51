import { describe, expect, it } from 'vitest';
import { MOST_MESSAGES } from '../src/draw/view/messages.ts';
import { ticks } from '../src/draw/view/time.ts';
import { MOST_LANES, timelineView } from '../src/draw/view.ts';
import { faultsRun, partitionRun, raftLook, staleRead } from './support/draw-runs.ts';
import { tellView } from './support/tell-view.ts';
import { TraceBuilder, verdict } from './support/trace.ts';

const golden = (name: string) => `golden/draw/${name}.txt`;

describe('view data', () => {
  it.each([
    ['partition', () => timelineView(partitionRun())],
    ['faults', () => timelineView(faultsRun())],
    ['until', () => timelineView(partitionRun(), { until: 600_000 })],
    ['step', () => timelineView(partitionRun(), { step: 120 })],
    ['blame', () => timelineView(staleRead())],
  ])('of %s reads as its page', async (name, view) => {
    await expect(tellView(view())).toMatchFileSnapshot(golden(name));
  });

  it('says nothing of what comes after the cut', () => {
    const view = timelineView(partitionRun(), { until: 600_000 });
    const all = JSON.stringify(view);
    expect(all).not.toMatch(/majority|new leader|safety|stale|leader · term 2|151 messages/);
    expect(view.badge).toBeUndefined();
    const times = [
      ...view.lanes.flatMap((lane) => lane.bars.map((bar) => bar.to)),
      ...view.messages.map((message) => message.ended),
      ...view.faults.map((fault) => fault.to),
      ...view.processes.flatMap((process) => process.operations.map((op) => op.to)),
    ];
    expect(Math.max(...times)).toBeLessThanOrEqual(600_000);
  });

  it('marks what a verdict blames where rows are left out or operations counted, and never before the cut', () => {
    const blamed = (view: ReturnType<typeof timelineView>) =>
      view.processes.flatMap((p) => p.operations.filter((op) => op.blamed).map((op) => op.words.at(-1)));
    const others = (n: number) => Array.from({ length: n }, (_, i) => `a${i}`);
    const crowded = timelineView(staleRead(others(8)));
    expect(crowded.processes.map((p) => p.process)).toEqual(expect.arrayContaining(['c1', 'c2', 'c3']));
    expect(blamed(crowded)).toHaveLength(3);
    const counted = timelineView(staleRead(others(200)));
    expect(counted.tracks[0]!.title).toBe('204 operations');
    expect(counted.processes.flatMap((p) => p.operations)).toHaveLength(3);
    expect(blamed(counted)).toHaveLength(3);
    const cut = timelineView(staleRead(), { until: 280_000 });
    expect([blamed(cut), cut.blame]).toEqual([[], undefined]);
  });

  it.each([
    [[verdict('a'), verdict('b')], 'safety holds ✓', 'good'],
    [[verdict('a', true, { kind: 'eventually' })], 'liveness holds ✓', 'good'],
    [[verdict('a'), verdict('b', true, { kind: 'eventually' })], 'safety and liveness hold ✓', 'good'],
    [[verdict('a'), verdict('linearizable', false)], 'linearizable: violated ×', 'bad'],
    [[verdict('linearizable', false, { promised: false })], 'linearizable: violated (not promised)', 'warm'],
    [
      [verdict('lesson', false, { promised: false }), verdict('real', false), verdict('too', false)],
      'real +1: violated ×',
      'bad',
    ],
  ])('gives the verdicts a badge: %#', (verdicts, text, tone) => {
    const run = new TraceBuilder().run({ nodes: ['n1'], lengthMs: 10, verdicts });
    expect(timelineView(run).badge).toEqual({ text, tone });
  });

  it('has no badge without a verdict, and draws a run in which nothing happened', () => {
    const view = timelineView(new TraceBuilder().run({ nodes: ['n1'], lengthMs: 0 }));
    expect(view.badge).toBeUndefined();
    expect(view.to).toBeGreaterThan(view.from);
  });

  it('keeps the loud messages of many and says how many it leaves out', () => {
    const t = new TraceBuilder();
    for (let i = 0; i < 3000; i++) t.message(i / 10, 'n1', 'n2', i % 10 === 0 ? 'Vote' : 'Heartbeat', 2);
    const view = timelineView(t.run({ nodes: ['n1', 'n2'], lengthMs: 320, look: raftLook }));
    expect(view.messages).toHaveLength(MOST_MESSAGES);
    expect(view.messages.filter((m) => m.ink === 'grant')).toHaveLength(300);
    const quiet = view.messages.filter((m) => m.ink === 'quiet').map((m) => m.sent);
    expect(Math.max(...quiet) - Math.min(...quiet)).toBeGreaterThan(290_000);
    expect(view.footer.join()).toContain(`${MOST_MESSAGES} of 3000 messages drawn`);
  });

  it('counts operations too many to draw, and loses none', () => {
    const t = new TraceBuilder();
    for (let i = 0; i < 1000; i++)
      t.operation(i, 'c1', 'get', 0.5, { outcome: i % 4 === 0 ? 'fail' : 'ok', answer: 1 });
    const view = timelineView(t.run({ nodes: ['n1'], clients: ['c1'], lengthMs: 1001 }));
    expect(view.processes).toEqual([]);
    const sums = view.tracks[0]!.series.map((s) => s.points.reduce((sum, [, n]) => sum + n, 0));
    expect(sums).toEqual([750, 250]);
  });

  it('keeps the peaks of a series it thins', () => {
    const t = new TraceBuilder();
    for (let i = 0; i < 20_000; i++) t.sample(i / 10, 'queue', i === 12_345 ? 999 : i % 7);
    const track = {
      title: 'Queue',
      unit: '',
      series: [{ name: 'queue', legend: 'queue', tone: 'warm' as const }],
    };
    const view = timelineView(t.run({ nodes: ['n1'], lengthMs: 2000, look: { tracks: [track] } }));
    const { points } = view.tracks[0]!.series[0]!;
    expect(points.length).toBeLessThan(1000);
    expect(points.some(([, value]) => value === 999)).toBe(true);
  });

  it('names the nodes it has no room for', () => {
    const nodes = Array.from({ length: 30 }, (_, i) => `n${i}`);
    const view = timelineView(new TraceBuilder().run({ nodes, lengthMs: 10 }));
    expect(view.lanes).toHaveLength(MOST_LANES);
    expect(view.footer).toContain(`${MOST_LANES} of 30 nodes drawn`);
  });

  it('widens a window for the step looked at', () => {
    const t = new TraceBuilder().state(5, 'n1', 'leader').state(900, 'n1', 'follower');
    const run = t.run({
      nodes: ['n1'],
      lengthMs: 1000,
      look: { window: () => ({ from: 100_000, to: 200_000 }) },
    });
    expect(timelineView(run)).toMatchObject({ from: 100_000, to: 200_000 });
    expect(timelineView(run, { step: 0 })).toMatchObject({ from: 5000, step: { at: 5000, lane: 0 } });
    expect(timelineView(run, { step: 1 })).toMatchObject({ to: 900_000 });
  });

  it.each([
    [0, 1_000_000, ['0 ms', '200 ms', '400 ms', '600 ms', '800 ms', '1000 ms']],
    [0, 4000, ['0 ms', '1 ms', '2 ms', '3 ms', '4 ms']],
    [250_000, 900_000, ['300 ms', '400 ms', '500 ms', '600 ms', '700 ms', '800 ms', '900 ms']],
    [0, 40_000_000, ['0 s', '10 s', '20 s', '30 s', '40 s']],
    [0, 3_600_000_000, ['0 min', '10 min', '20 min', '30 min', '40 min', '50 min', '60 min']],
  ])('puts round moments on the axis from %i to %i µs', (from, to, labels) => {
    const { at, label } = ticks(from, to, 6.5);
    expect(at.map(label)).toEqual(labels);
  });
});
