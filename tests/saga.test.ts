import { describe, expect, it } from 'vitest';
import saga from '../scenarios/saga/scenario.ts';
import { stream } from '../src/sim/chance.ts';
import { explore } from '../src/sim/explore.ts';
import { recipe, simulate } from '../src/sim/run.ts';
import type { Intervention, Recipe, Run } from '../src/sim/scenario.ts';
import { verdictLine } from '../src/sim/summary.ts';

const broken = (run: Run) => run.verdicts.filter((v) => v.promised && !v.holds).map(verdictLine);

const shown = (run: Run) =>
  `${run.recipe.preset} seed=${run.recipe.seed} ${JSON.stringify(run.recipe.set)} ${run.recipe.interventions
    .map((i) => `${i.fault} ${i.nodes} at ${i.atUs}`)
    .join(', ')}`;

function check(recipes: Iterable<Recipe>) {
  const wrong: string[] = [];
  let runs = 0;
  for (const r of recipes) {
    const run = simulate(saga, r);
    runs++;
    const found = broken(run);
    if (found.length > 0) wrong.push(`${shown(run)}: ${found.join('; ')}`);
  }
  expect(wrong.slice(0, 5)).toEqual([]);
  return runs;
}

const nodesOf = (run: Run) => run.actors.filter((a) => a.part !== 'customer').map((a) => a.id);

/** The base run, with every node crashed at every instant something happens, with and without a later restart. */
function* crashes(preset: string, set: Record<string, string> = {}): Generator<Recipe> {
  const base = simulate(saga, recipe(saga, preset, { set }));
  const end = base.scenario.look.window?.(base)?.to ?? base.durationUs;
  const instants = [...new Set(base.events.map((e) => e.at))].filter((at) => at <= end);
  for (const atUs of instants)
    for (const node of nodesOf(base)) {
      const crash: Intervention = { atUs, fault: 'crash', nodes: [node] };
      yield recipe(saga, preset, { set, interventions: [crash] });
      yield recipe(saga, preset, {
        set,
        interventions: [crash, { atUs: atUs + 170_000, fault: 'restart', nodes: [node] }],
      });
    }
}

describe('every crash point', () => {
  it.each([
    ['orchestrated-commit', {}],
    ['orchestrated-compensate', {}],
    ['orchestrated-compensate', { duplicate: '0.4', faults: 'reorder:0.4x120:0' }],
    ['choreographed', {}],
    ['choreographed', { refuse: 'shipping', duplicate: '0.3' }],
  ])('%s %j ends whole, undone or reported', (preset, set) => {
    expect(check(crashes(preset, set as Record<string, string>))).toBeGreaterThan(100);
  });

  it('two crashes, slow disks and a lossy, reordering network', () => {
    const random = stream(11, 'double crashes');
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    function* many(): Generator<Recipe> {
      for (let seed = 1; seed <= 400; seed++) {
        const style = pick(['orchestrated', 'choreographed']);
        const nodes = ['stock', 'payment', 'shipping', style === 'orchestrated' ? 'orchestrator' : 'orders'];
        const slow: Intervention = { atUs: 0, fault: 'slow-disk', nodes: [pick(nodes)], delay: 'exp:4' };
        const interventions = [1, 2].flatMap((): Intervention[] => {
          const node = pick(nodes);
          const atUs = Math.floor(random() * 250_000);
          const back = pick([undefined, 40_000, 300_000]);
          return [
            { atUs, fault: 'crash', nodes: [node] },
            ...(back ? [{ atUs: atUs + back, fault: 'restart', nodes: [node] } as Intervention] : []),
          ];
        });
        yield recipe(saga, 'orchestrated-commit', {
          seed,
          interventions: [slow, ...interventions],
          set: {
            style,
            orders: pick(['1', '3']),
            refuse: pick(['none', 'stock', 'payment', 'shipping']),
            duplicate: '0.2',
            loss: pick(['0', '0.15']),
            deadline: '8000',
            faults: 'reorder:0.3x100:0',
          },
        });
      }
    }
    expect(check(many())).toBe(400);
  });
});

describe('every order of events', () => {
  it('one crash anywhere, one message twice: nothing promised breaks', () => {
    const seen = explore(saga, recipe(saga, 'orchestrated-compensate'), {
      timers: 6,
      crashes: 1,
      duplicates: 1,
      states: 60_000,
    });
    expect(seen.violation).toBeUndefined();
    expect(seen.properties).toContain('compensations in reverse order');
  });

  it('finds the shortest way to a charge made twice', () => {
    const seen = explore(
      saga,
      { ...recipe(saga, 'orchestrated-commit'), twin: 'charges-twice' },
      { duplicates: 1 },
    );
    expect(seen.violation?.property).toBe('no effect twice');
    expect(seen.depth).toBeLessThan(8);
  });
});

describe('what must hold over seeds', () => {
  it.each(Object.keys(saga.presets))('%s, 200 seeds', (preset) => {
    const all = Array.from({ length: 200 }, (_, i) => recipe(saga, preset, { seed: i + 1 }));
    check(all);
  });

  it('shows what the presets are there to show', () => {
    const metric = (preset: string, set: Record<string, string> = {}) =>
      simulate(saga, recipe(saga, preset, { set })).metrics;
    expect(metric('orchestrated-commit')).toMatchObject({ orders_done: 1, effects: 4, compensations: 0 });
    expect(metric('orchestrated-compensate')).toMatchObject({
      orders_undone: 1,
      effects: 2,
      compensations: 2,
    });
    expect(metric('stuck-compensation')).toMatchObject({ orders_stuck: 1, orders_done: 0, orders_undone: 0 });
    expect(metric('duplicate-message').repeats_absorbed).toBeGreaterThan(0);
    expect(metric('late-original').blocked).toBe(1);
    expect(metric('dirty-read').misled).toBe(1);
    expect(metric('dirty-read', { lock: 'on' })).toMatchObject({
      misled: 0,
      orders_done: 1,
      orders_undone: 1,
    });
  });

  it('a stuck order is finished when the operator lets it try again', () => {
    const run = simulate(
      saga,
      recipe(saga, 'stuck-compensation', {
        set: { operator: '400', faults: 'crash:@refunding:0,restart:@crashed:1000' },
      }),
    );
    expect(run.metrics).toMatchObject({ compensations: 2 });
    expect(broken(run)).toEqual([]);
  });

  it('something of each kind is seen', () => {
    const seen = new Set<string>();
    for (const preset of Object.keys(saga.presets))
      for (const [name, yes] of Object.entries(simulate(saga, recipe(saga, preset)).seen))
        if (yes) seen.add(name);
    expect([...seen].sort()).toEqual(['a repeat is absorbed', 'a step that never ran is compensated']);
  });
});

describe('broken twins', () => {
  it.each(Object.entries(saga.twins))('%s is caught by its property', (name, twin) => {
    let caught: string | undefined;
    for (let seed = 1; seed <= 60 && caught === undefined; seed++) {
      const run = simulate(saga, recipe(saga, twin.preset, { twin: name, seed }));
      caught = run.verdicts.find((v) => v.property === twin.breaks && !v.holds)?.detail;
    }
    expect(caught).toBeDefined();
  });
});

describe('questions made from runs', () => {
  it.each(saga.generators ?? [])('$id has one right choice, asked before the answer is seen', (generator) => {
    let made = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const run = simulate(saga, recipe(saga, generator.preset, { seed }));
      const q = generator.make(run, stream(seed, 'question'));
      if (!q) continue;
      made++;
      expect(q.choices.filter((c) => c.right)).toHaveLength(1);
      expect(new Set(q.choices.map((c) => c.text)).size).toBe(q.choices.length);
      expect(q.until).toBeLessThan(run.durationUs);
    }
    expect(made).toBeGreaterThan(10);
  });
});

describe('bad input', () => {
  it.each([
    [{ style: 'choreographed', operator: '100' }, /operator works with style=orchestrated/],
    [{ deadline: '100', timeout: '90' }, /deadline \(100 ms\) must leave room/],
    [{ refuse: 'bank' }, /refuse must be one of none, stock, payment, shipping/],
  ])('%j', (set, message) => {
    expect(() =>
      simulate(saga, recipe(saga, 'orchestrated-commit', { set: set as Record<string, string> })),
    ).toThrow(message);
  });
});
