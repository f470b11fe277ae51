import { describe, expect, it } from 'vitest';
import { corrected, correctionAt, offsetOf, uncorrected } from '../scenarios/clocks/ntp.ts';
import { Causality, type Happened } from '../scenarios/clocks/oracle.ts';
import { LOCAL, RECEIVE, SEND } from '../scenarios/clocks/process.ts';
import clocks from '../scenarios/clocks/scenario.ts';
import { format, less, parse, schemes } from '../scenarios/clocks/stamps.ts';
import { stream } from '../src/sim/chance.ts';
import type { Here } from '../src/sim/protocol.ts';
import { recipe, simulate } from '../src/sim/run.ts';
import type { Intervention, Run } from '../src/sim/scenario.ts';

type Set = Record<string, string>;
const run = (preset: string, set: Set = {}, seed?: number, interventions: Intervention[] = []) =>
  simulate(clocks, recipe(clocks, preset, { set, interventions, ...(seed !== undefined && { seed }) }));
const broken = (r: Run) =>
  r.verdicts.filter((v) => !v.holds && v.promised).map((v) => `${v.property}: ${v.detail}`);
const holds = (r: Run, property: string) => r.verdicts.find((v) => v.property === property)?.holds;

describe('the update rules', () => {
  // own (l, c), message (l, c), wall clock -> receipt; one row for each case of Kulkarni et al. 2014, figure 5
  it.each([
    [[10, 2], [10, 5], 9, [10, 6]],
    [[10, 7], [10, 5], 9, [10, 8]],
    [[12, 2], [10, 5], 9, [12, 3]],
    [[10, 2], [12, 5], 9, [12, 6]],
    [[10, 2], [12, 5], 15, [15, 0]],
    [[10, 2], [10, 5], 10, [10, 6]],
    [[10, 2], [12, 0], 12, [12, 1]],
  ])('hybrid %j receives %j at %i: %j', (own, theirs, pt, next) => {
    expect(schemes.hybrid.receive(own, theirs, { pt, slot: 0 })).toEqual(next);
  });

  it('hybrid ticks the counter while the wall clock stands or has gone back, and restarts it at 0', () => {
    const at = (pt: number) => ({ pt, slot: 0 });
    expect(schemes.hybrid.tick([10, 2], at(10))).toEqual([10, 3]);
    expect(schemes.hybrid.tick([10, 2], at(4))).toEqual([10, 3]);
    expect(schemes.hybrid.tick([10, 2], at(11))).toEqual([11, 0]);
  });

  it.each([
    [[2, 0, 1], [2, 1, 1], true, false],
    [[2, 0, 1], [1, 1, 1], false, false],
    [[2, 0, 1], [2, 0, 1], false, false],
    [[3, 3, 3], [0, 3, 3], false, true],
  ])('vectors %j and %j', (a, b, before, after) => {
    expect([less(a, b, 'vector'), less(b, a, 'vector')]).toEqual([before, after]);
  });

  it('stamps are shown without loss', () => {
    for (const [stamp, clock] of [
      [[1042], 'wall'],
      [[7], 'lamport'],
      [[3, 0, 12], 'vector'],
      [[142, 2], 'hybrid'],
    ] as const)
      expect(parse(format(stamp, clock))).toEqual(stamp);
  });

  it.each([
    [0, 30, 30],
    [-250_000, 8000, 8000],
    [40_000, 2000, 31_000],
    [40_000, 31_000, 2000],
  ])(
    'NTP measures an offset of %i µs over ways of %i and %i with an error of half their difference',
    (offset, out, back) => {
      const t0 = 1_000_000;
      const t1 = t0 + out + offset;
      const t2 = t1 + 500;
      const t3 = t2 - offset + back;
      expect(offsetOf(t0, t1, t2, t3) - offset).toBe((out - back) / 2);
    },
  );

  it('a small offset is slewed at 500 ppm, a large one stepped', () => {
    const here = { uptime: 1_000_000, params: { step: 128 } } as Here<never>;
    const small = corrected(uncorrected, -20_000, here);
    expect(small.steps).toBe(false);
    expect(correctionAt(small.next, 1_000_000)).toBe(0);
    expect(correctionAt(small.next, 2_000_000)).toBe(-500);
    expect(correctionAt(small.next, 1_000_000_000)).toBe(-20_000);
    const large = corrected(uncorrected, -250_000, here);
    expect(large.steps).toBe(true);
    expect(correctionAt(large.next, 1_000_000)).toBe(-250_000);
  });
});

/** Happens-before the slow way: the graph of process order and messages, and reachability in it. */
function reachable(r: Run): {
  events: { node: string; index: number }[];
  precedes: (a: number, b: number) => boolean;
} {
  const events: { node: string; index: number }[] = [];
  const edges: number[][] = [];
  const last = new Map<string, number>();
  const sentBy = new Map<number, number>();
  const waiting = new Map<string, number[]>();
  const sends = new Map<number, string>();
  for (const e of r.events) {
    if (e.kind === 'send' && e.type === 'Event') {
      sends.set(e.id, e.to);
      sentBy.set(e.id, last.get(e.from)!);
    } else if (e.kind === 'deliver' && sends.has(e.id)) {
      const to = sends.get(e.id)!;
      waiting.set(to, [...(waiting.get(to) ?? []), e.id]);
    } else if (e.kind === 'state' && [LOCAL, SEND, RECEIVE].includes(e.state)) {
      const causes = last.has(e.node) ? [last.get(e.node)!] : [];
      if (e.state === RECEIVE) causes.push(sentBy.get(waiting.get(e.node)!.shift()!)!);
      last.set(e.node, events.length);
      events.push({ node: e.node, index: events.filter((x) => x.node === e.node).length + 1 });
      edges.push(causes);
    }
  }
  const past = edges.map(() => new Set<number>());
  edges.forEach((causes, b) => {
    for (const a of causes) {
      past[b]!.add(a);
      for (const c of past[a]!) past[b]!.add(c);
    }
  });
  return { events, precedes: (a, b) => past[b]!.has(a) };
}

describe('true happens-before', () => {
  it.each([1, 2, 3, 4, 5])(
    'the oracle and vector stamps agree with reachability on every pair, seed %i',
    (seed) => {
      const r = run(
        'vector',
        { nodes: '5', duration: '1500', faults: 'duplicate:0.2:0,reorder:0.3x80:0' },
        seed,
      );
      const oracle = new Causality();
      const all = r.events.flatMap((e) => oracle.hear(e) ?? []);
      const { events, precedes } = reachable(r);
      expect(all.map(({ node, index }) => ({ node, index }))).toEqual(events);
      const says = (a: Happened, b: Happened) => (b.past.get(a.node) ?? 0) >= a.index;
      let concurrent = 0;
      const wrong: number[][] = [];
      for (let a = 0; a < all.length; a++)
        for (let b = 0; b < all.length; b++) {
          if (a === b) continue;
          const stamps = less(all[a]!.stamp, all[b]!.stamp, 'vector');
          if (says(all[a]!, all[b]!) !== precedes(a, b) || stamps !== precedes(a, b)) wrong.push([a, b]);
          if (a < b && !precedes(a, b) && !precedes(b, a)) concurrent++;
        }
      expect(wrong).toEqual([]);
      expect(all.length).toBeGreaterThan(50);
      expect(r.metrics.concurrent_pairs).toBe(concurrent);
    },
  );
});

describe('clocks that jump at any moment', () => {
  it.each([
    ['lamport', {}],
    ['vector', {}],
    ['hybrid', { faults: 'none' }],
    ['hybrid', { maxAhead: '80' }],
    ['restart', { clock: 'hybrid' }],
    ['skew', { clock: 'lamport' }],
    ['skew', { clock: 'hybrid', think: 'uniform:1:20' }],
  ])('%s %j keeps its promises', (preset, set) => {
    const random = stream(7, `${preset} jumps`);
    const wrong: string[] = [];
    for (let seed = 1; seed <= 150; seed++) {
      const jumps = Array.from({ length: 1 + Math.floor(random() * 6) }, () => ({
        atUs: Math.floor(random() * 600_000),
        fault: 'clock' as const,
        nodes: [`n${1 + Math.floor(random() * 3)}`],
        offsetMs: Math.round((random() - 0.5) * 1000),
        driftPpm: Math.round((random() - 0.5) * 20_000),
      })).sort((a, b) => a.atUs - b.atUs);
      wrong.push(...broken(run(preset, set as Set, seed, jumps)));
    }
    expect(wrong.slice(0, 3)).toEqual([]);
  });

  it('one clock far ahead drags all hybrid stamps along, unless such stamps are refused', () => {
    const far = 'clock:n1+3000:200';
    expect(run('hybrid', { faults: far, maxAhead: '10000' }).metrics.ahead_ms).toBeGreaterThan(2500);
    const kept = run('hybrid', { faults: far, maxAhead: '200' });
    expect(kept.metrics.ahead_ms).toBeLessThanOrEqual(200);
    expect(broken(kept)).toEqual([]);
  });
});

describe('commit wait', () => {
  it.each(['0', '3', '7', '20'])('takes twice the uncertainty of %s ms', (uncertainty) => {
    const { metrics } = run('commit-wait', {
      uncertainty,
      faults: 'none',
      think: 'uniform:30:60',
      duration: '2000',
      clients: '1',
    });
    // The stamp is rounded up to whole ms.
    expect(metrics.commit_wait_ms).toBeGreaterThan(2 * Number(uncertainty));
    expect(metrics.commit_wait_ms).toBeLessThan(2 * Number(uncertainty) + 1.01);
  });

  it('rests on clocks within their bound', () => {
    expect(holds(run('commit-wait', { uncertainty: '7' }), 'external consistency')).toBe(true);
    const seeds = Array.from({ length: 20 }, (_, i) => i + 1);
    const outside = seeds.filter(
      (seed) => !holds(run('commit-wait', { faults: 'clock:n1+60:0' }, seed), 'external consistency'),
    );
    expect(outside.length).toBeGreaterThan(15);
  });
});

describe('what the presets are there to show', () => {
  it('skew loses acknowledged writes; hybrid stamps lose none that its client had seen', () => {
    expect(run('skew').metrics.lost_writes).toBeGreaterThan(0);
    const hybrid = run('skew', { clock: 'hybrid', clients: '1' });
    expect(hybrid.metrics.lost_writes).toBe(0);
  });

  it('wall stamps put effects before causes where clocks differ by more than a message takes', () => {
    const set = { clock: 'wall', faults: 'clock:n1+60:0' };
    const inversions = (more: Set) => run('lamport', more).metrics.inversions ?? 0;
    // Two events of one millisecond share a stamp even where the clocks agree.
    expect(inversions(set)).toBeGreaterThan(inversions({ clock: 'wall' }) + 1);
    expect(run('lamport', { ...set, clock: 'lamport' }).metrics.inversions).toBe(0);
  });

  it('a clock that is stepped breaks what is measured by it, and nothing else', () => {
    const wall = run('ntp-step');
    expect(wall.metrics.overlap_ms).toBeGreaterThan(100);
    expect(wall.metrics.false_durations).toBe(1);
    const monotonic = run('ntp-step', { timer: 'monotonic' });
    expect(monotonic.metrics).toMatchObject({ overlap_ms: 0, false_durations: 0 });
    expect(monotonic.verdicts.filter((v) => !v.holds)).toEqual([]);
  });

  it('without its wait TrueTime stamps still overlap', () => {
    expect(holds(run('commit-wait', { wait: 'off' }), 'external consistency')).toBe(false);
  });
});

describe('bad input', () => {
  it.each([
    [{ work: 'register', clock: 'vector' }, /cannot decide which of two concurrent writes is last/],
    [{ work: 'messages', clock: 'truetime' }, /needs work=register/],
    [{ work: 'lease', clock: 'lamport' }, /leave clock=wall \(got lamport\)/],
    [{ work: 'lease', margin: '300' }, /margin \(300 ms\) must be shorter than lease/],
    [{ settle: '5000' }, /settle \(5000 ms\) must be shorter than duration/],
    [{ faults: 'clock:n9+10:0' }, /No node `n9`/],
    [{ clock: 'atomic' }, /clock must be one of wall, lamport, vector, hybrid, truetime/],
  ])('%j', (set, message) => {
    expect(() => run('skew', set as Set)).toThrow(message);
  });
});
