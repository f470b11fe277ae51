import { loadSimulations } from '../src/content.ts';
import { stream } from '../src/sim/chance.ts';
import { explore } from '../src/sim/explore.ts';
import { randomFaults } from '../src/sim/fuzz.ts';
import { linearizable, models, type Op } from '../src/sim/history.ts';
import { recipe, simulate } from '../src/sim/run.ts';
import type { Recipe } from '../src/sim/scenario.ts';
import { benchLarge } from './large.ts';
import type { Row } from './row.ts';

/**
 * The engine: one process, one core, warm. Of a few rounds the median counts, since machines are shared. Then what a
 * large run's picture costs beside a small one's.
 */
export async function benchSim(): Promise<Row[]> {
  const sims = await loadSimulations();
  const raft = sims.get('raft');
  const rows: Row[] = [];
  const above = (name: string, value: number, unit: string, least: number) =>
    rows.push({ name, value, unit, target: `>= ${least}`, ok: value >= least });
  const below = (name: string, value: number, most: number) =>
    rows.push({ name, value, unit: 'ms', target: `<= ${most}`, ok: value <= most });

  // Five nodes, clients at work, the leader crashing and random faults besides, every property checked.
  const plain = { ...recipe(raft, 'leader-crash'), set: { duration: '60000' } };
  const faults = Array.from({ length: 8 }, (_, seed) => randomFaults(raft, plain, seed));
  let steps = 0;
  const round = () => {
    let virtual = 0;
    steps = 0;
    const ms = timed(() => {
      for (const [seed, interventions] of faults.entries()) {
        const run = simulate(raft, { ...plain, seed, interventions }, { traceLimit: 0 });
        virtual += run.durationUs / 1000;
        steps += run.steps;
      }
    });
    return { ratio: virtual / ms, rate: (steps / ms) * 1000 };
  };
  round();
  const rounds = [round(), round(), round(), round(), round()].sort((a, b) => a.ratio - b.ratio);
  const median = rounds[2]!;
  above('raft, 5 nodes, clients, faults, all properties: faster than real time', median.ratio, 'x', 2000);
  rows.push({ name: 'the same: handlers a second', value: median.rate, unit: '/s' });

  const small = { ...recipe(raft, 'election'), set: { nodes: '3', clients: '0' } };
  const bounds = { states: 300_000, depth: 60, timers: 4 };
  explore(raft, small, { ...bounds, states: 50_000 });
  const explored = [0, 1, 2].map(() => {
    let seen = { visited: 0, states: 0 };
    const ms = timed(() => {
      seen = explore(raft, small, bounds);
    });
    return { ...seen, rate: (seen.visited / ms) * 1000 };
  });
  explored.sort((a, b) => a.rate - b.rate);
  above('explore raft, 3 nodes: states visited a second', explored[1]!.rate, '/s', 100_000);
  rows.push({ name: 'the same: distinct states found', value: explored[1]!.states, unit: '' });

  const register = models('register', 0);
  const long = history(1, 1000, 5);
  const many = Array.from({ length: 100 }, (_, i) => history(i + 2, 100, 5));
  if (![long, ...many].every((ops) => linearizable(ops, register).holds))
    throw new Error('the histories are linearizable by making');
  below(
    'linearizable, 1,000 operations on one key',
    timed(() => void linearizable(long, register)),
    1000,
  );
  below(
    'linearizable, 100 histories of 100 operations',
    timed(() => many.forEach((ops) => void linearizable(ops, register))),
    2000,
  );

  for (const [id, set] of [
    [
      'lambda',
      { arrivals: 'poisson:500', duration: 'exp:100', simSeconds: '1000', concurrencyLimit: '1000' },
    ],
    [
      'bulkhead',
      { arrivals: 'poisson:500', service: 'exp:20', servers: '15', simSeconds: '1000', otherRate: '0' },
    ],
  ] as const) {
    const scenario = sims.get(id);
    const chosen: Recipe = { ...recipe(scenario), set: { ...set } };
    simulate(scenario, chosen, { traceLimit: 2000 });
    const requests = 500 * 1000;
    const rates = [0, 1, 2].map(
      () => (requests / timed(() => void simulate(scenario, chosen, { traceLimit: 2000 }))) * 1000,
    );
    above(`${id}: requests simulated a second, metrics on`, rates.sort((a, b) => a - b)[1]!, '/s', 500_000);
  }

  // The trace is bounded, so of two runs beyond the bound the one ten times as long holds no more.
  const heap = (seconds: number) => {
    global.gc?.();
    const before = process.memoryUsage().heapUsed;
    const longer = { ...plain, set: { duration: String(seconds * 1000) } };
    const run = simulate(raft, longer, { traceLimit: 10_000 });
    global.gc?.();
    const held = process.memoryUsage().heapUsed - before;
    return { held, events: run.events.length };
  };
  heap(60);
  const middle = (seconds: number) =>
    [0, 1, 2, 3, 4].map(() => heap(seconds)).sort((a, b) => a.held - b.held)[2]!.held;
  const [shorter, longer] = [middle(300), middle(3000)];
  const growth = Math.max(0, longer) / Math.max(1, shorter);
  rows.push({
    name: 'heap held by a run of 3,000 s over one of 300 s',
    value: growth,
    unit: 'x',
    target: '<= 1.5',
    ok: growth <= 1.5,
  });

  // last: threads that draw disturb what is measured of the heap
  rows.push(...(await benchLarge()));
  return rows;
}

function timed(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

/** A linearizable history of one register by making: each operation takes effect at a moment between its ends. */
function history(seed: number, length: number, processes: number): Op[] {
  const random = stream(seed, 'history');
  const free = new Array<number>(processes).fill(0);
  const made = Array.from({ length }, (_, op) => {
    const process = free.indexOf(Math.min(...free));
    const invoke = free[process]! + Math.floor(random() * 20);
    const effect = invoke + 1 + Math.floor(random() * 40);
    const end = effect + 1 + Math.floor(random() * 40);
    free[process] = end + 1;
    const f = random() < 0.5 ? 'read' : 'write';
    return { op, process: `p${process}`, f, effect, invoke, return: end, value: Math.floor(random() * 5) };
  });
  let value = 0;
  for (const o of [...made].sort((a, b) => a.effect - b.effect)) {
    if (o.f === 'write') value = o.value;
    else o.value = value;
  }
  return made.map(({ effect: _, ...o }) => ({ ...o, id: o.op, key: 'x', outcome: 'ok' as const }));
}
