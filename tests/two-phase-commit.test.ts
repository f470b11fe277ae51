import { describe, expect, it } from 'vitest';
import commit from '../scenarios/two-phase-commit/scenario.ts';
import { explore } from '../src/sim/explore.ts';
import { recipe, simulate } from '../src/sim/run.ts';
import type { Recipe, Run } from '../src/sim/scenario.ts';
import { verdictLine } from '../src/sim/summary.ts';

const broken = (run: Run) => run.verdicts.filter((v) => v.promised && !v.holds).map(verdictLine);

/**
 * Mohan, Lindsay & Obermarck 1986, section 5: what a transaction costs that writes at n participants, without faults.
 * A coordinator that presumes nothing also forces a start record, and a participant that says no forces its abort.
 */
const costs = [
  { presume: 'abort', refuse: 0, messages: (n: number) => 4 * n, forced: (n: number) => 2 * n + 1 },
  { presume: 'abort', refuse: 1, messages: (n: number) => 3 * n - 1, forced: (n: number) => n - 1 },
  { presume: 'nothing', refuse: 0, messages: (n: number) => 4 * n, forced: (n: number) => 2 * n + 2 },
  { presume: 'nothing', refuse: 1, messages: (n: number) => 4 * n - 2, forced: (n: number) => 2 * n + 1 },
];

describe('what two-phase commit costs', () => {
  it.each(costs)('presumed $presume, participant $refuse says no', (cost) => {
    for (const n of [2, 3, 5, 8]) {
      // Equal delays: everybody has voted before the coordinator decides.
      const set = {
        participants: String(n),
        presume: cost.presume,
        refuse: String(cost.refuse),
        latency: 'fixed:5',
        disk: cost.refuse > 0 ? 'fixed:0' : 'fixed:4',
        work: 'fixed:10',
        readers: '0',
      };
      const { metrics } = simulate(commit, recipe(commit, 'commit', { set }));
      expect({ n, messages: metrics.messages, forced: metrics.forced_writes }).toEqual({
        n,
        messages: cost.messages(n),
        forced: cost.forced(n),
      });
    }
  });
});

/** The run of a preset, with every node crashed at every instant something happens, and restarted later. */
function* crashes(preset: string, set: Record<string, string>): Generator<Recipe> {
  const base = simulate(commit, recipe(commit, preset, { set }));
  const nodes = base.actors.filter((a) => commit.look.lanes.includes(a.part)).map((a) => a.id);
  for (const atUs of new Set(base.events.map((e) => e.at))) {
    if (atUs > 130_000) continue;
    for (const node of nodes)
      yield recipe(commit, preset, {
        set: { ...set, duration: '900' },
        interventions: [
          { atUs, fault: 'crash', nodes: [node] },
          { atUs: atUs + 150_000, fault: 'restart', nodes: [node] },
        ],
      });
  }
}

describe('every crash point', () => {
  it.each([
    ['commit', {}],
    ['commit', { presume: 'nothing', duplicate: '0.5' }],
    ['commit', { cooperative: 'on', duplicate: '0.5' }],
    ['abort', { cooperative: 'on' }],
    ['participant-timeout', { cooperative: 'on', faults: 'cut:coordinator>@unasked:0,heal::190' }],
  ] as [string, Record<string, string>][])('%s %j is decided, and the same everywhere', (preset, set) => {
    const wrong: string[] = [];
    let runs = 0;
    for (const r of crashes(preset, set)) {
      runs++;
      const found = broken(simulate(commit, r, { traceLimit: 0 }));
      if (found.length > 0) wrong.push(`${JSON.stringify(r.interventions)} ${found.join('; ')}`);
    }
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(runs).toBeGreaterThanOrEqual(100);
  });
});

describe('every order of events', () => {
  const set = (participants: number) => ({
    participants: String(participants),
    readers: '0',
    cooperative: 'on',
  });
  const bounds = { depth: 60, states: 150_000, timers: 8, crashes: 1 };

  it.each([
    { participants: 1, timers: 8, crashes: 1 },
    { participants: 2, timers: 7, crashes: 0 },
  ])('%o: no order breaks a promise', ({ participants, timers, crashes }) => {
    const chosen = recipe(commit, 'commit', { set: set(participants) });
    const found = explore(commit, chosen, { ...bounds, timers, crashes });
    expect(found.violation).toBeUndefined();
    expect(found.whole).toBe(true);
  });

  it.each([
    ['silence-is-consent', 'commit needs every yes'],
    ['vote-not-forced', 'commit needs every yes'],
    ['impatient', 'a yes-voter never aborts alone'],
    ['forgets-too-soon', 'a commit is remembered until it is everywhere'],
    ['acks-too-soon', 'a commit is remembered until it is everywhere'],
  ])('%s: some order breaks “%s”', (twin, property) => {
    const { violation } = explore(commit, recipe(commit, 'commit', { set: set(1), twin }), bounds);
    expect(violation?.property).toBe(property);
  });
});
