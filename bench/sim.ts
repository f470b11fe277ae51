import { loadSimulations } from '../src/content.ts';
import { explore } from '../src/sim/explore.ts';
import { randomFaults } from '../src/sim/fuzz.ts';
import { recipe, simulate } from '../src/sim/run.ts';
import type { Recipe } from '../src/sim/scenario.ts';
import type { Row } from './row.ts';

/** The engine, one process, one core. */
export async function benchSim(): Promise<Row[]> {
  const sims = await loadSimulations();
  const raft = sims.get('raft');
  const rows: Row[] = [];

  // Five nodes, clients at work, a crash and random faults, every property checked.
  const plain = { ...recipe(raft, 'leader-crash'), set: { duration: '10000' } };
  const runs: Recipe[] = Array.from({ length: 60 }, (_, seed) => ({
    ...plain,
    seed,
    interventions: randomFaults(raft, plain, seed),
  }));
  for (const r of runs.slice(0, 10)) simulate(raft, r, { traceLimit: 0 });
  let virtual = 0;
  let steps = 0;
  const began = performance.now();
  for (const r of runs) {
    const run = simulate(raft, r, { traceLimit: 0 });
    virtual += run.durationUs / 1000;
    steps += run.steps;
  }
  const wall = performance.now() - began;
  rows.push({
    name: 'raft, 5 nodes, clients and faults, all properties: faster than real time',
    value: virtual / wall,
    unit: 'x',
    target: '>= 2000',
    ok: virtual / wall >= 2000,
  });
  rows.push({ name: 'raft: handlers a second', value: (steps / wall) * 1000, unit: '/s' });

  const small = { ...recipe(raft, 'election'), set: { nodes: '3', clients: '0' } };
  explore(raft, small, { states: 20_000 });
  const from = performance.now();
  const seen = explore(raft, small, { states: 400_000, depth: 60 });
  const seconds = (performance.now() - from) / 1000;
  rows.push({
    name: 'explore raft, 3 nodes: states visited a second',
    value: seen.visited / seconds,
    unit: '/s',
    target: '>= 100000',
    ok: seen.visited / seconds >= 100_000,
  });
  rows.push({ name: 'explore raft, 3 nodes: distinct states', value: seen.states, unit: '' });
  return rows;
}
