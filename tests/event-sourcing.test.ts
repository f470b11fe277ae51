import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Account,
  evolve,
  historyOf,
  NOBODY,
  type Stored,
  upcast,
} from '../scenarios/event-sourcing/domain.ts';
import type { P } from '../scenarios/event-sourcing/params.ts';
import es from '../scenarios/event-sourcing/scenario.ts';
import { stream } from '../src/sim/chance.ts';
import { explore } from '../src/sim/explore.ts';
import { randomFaults } from '../src/sim/fuzz.ts';
import { prepare, recipe, simulate } from '../src/sim/run.ts';
import type { Intervention, Recipe, Run } from '../src/sim/scenario.ts';
import { verdictLine } from '../src/sim/summary.ts';

const broken = (run: Run) => run.verdicts.filter((v) => v.promised && !v.holds).map(verdictLine);

function check(recipes: Iterable<Recipe>) {
  const wrong: string[] = [];
  let runs = 0;
  for (const r of recipes) {
    const run = simulate(es, r, { traceLimit: 0 });
    runs++;
    const found = broken(run);
    if (found.length > 0) wrong.push(`${JSON.stringify(r)}: ${found.join('; ')}`);
  }
  expect(wrong.slice(0, 5)).toEqual([]);
  return runs;
}

/** The base run, with every node crashed at every instant something happens, for good and for a while. */
function* crashes(preset: string, set: Record<string, string>): Generator<Recipe> {
  const base = simulate(es, recipe(es, preset, { set }));
  const end = es.look.window?.(base)?.to ?? base.durationUs;
  const nodes = base.actors.filter((a) => es.look.lanes.includes(a.part)).map((a) => a.id);
  for (const atUs of new Set(base.events.map((e) => e.at)))
    for (const node of atUs <= end ? nodes : []) {
      const crash: Intervention = { atUs, fault: 'crash', nodes: [node] };
      yield recipe(es, preset, { set, interventions: [crash] });
      const back: Intervention = { atUs: atUs + 90_000, fault: 'restart', nodes: [node] };
      yield recipe(es, preset, { set, interventions: [crash, back] });
    }
}

/** Deliveries twice and out of order, all through the run. */
const UNRULY = { duplicate: '0.3', faults: 'reorder:0.4x60:0' };

describe('every crash point: no event lost, none counted twice, no invariant broken', () => {
  it.each([
    ['append-and-project', {}],
    ['append-and-project', { ...UNRULY, checkpointEvery: '4' }],
    ['concurrency-conflict', UNRULY],
    ['replay', UNRULY],
    ['snapshot', { history: '12', operations: '2', faults: 'none' }],
    ['store-crash', { ...UNRULY, gap: '5' }],
  ])('%s %j', (preset, set) => {
    expect(check(crashes(preset, set as Record<string, string>))).toBeGreaterThan(300);
  });

  it('any faults it says it withstands, several streams, snapshots, replays, slow disks', () => {
    const random = stream(7, 'event sourcing');
    const pick = (...list: readonly string[]): string => list[Math.floor(random() * list.length)] as string;
    function* many(): Generator<Recipe> {
      for (let seed = 1; seed <= 300; seed++) {
        const set = {
          mailer: pick('on', 'off'),
          snapshotEvery: pick('0', '1', '3'),
          clients: pick('2', '4'),
          handlers: pick('1', '2', '3'),
          accounts: pick('1', '3'),
          operations: '3',
          history: pick('1', '6'),
          oldHistory: pick('on', 'off'),
          rebuildAt: pick('0', '300'),
          checkpointEvery: pick('1', '5', '20'),
          disk: pick('uniform:1:3', 'exp:15'),
          apply: pick('fixed:0', 'uniform:4:10'),
          attempts: pick('1', '5'),
          loss: pick('0', '0.15'),
          duplicate: '0.2',
        };
        const plain = recipe(es, 'append-and-project', { seed, set });
        yield { ...plain, interventions: randomFaults(es, plain, seed, 8) };
      }
    }
    expect(check(many())).toBe(300);
  });
});

/** Small and without waiting, so that every order of events can be walked. */
const TINY = {
  clients: '2',
  handlers: '2',
  operations: '1',
  withdraw: '1',
  amount: 'fixed:60',
  reads: 'off',
  think: 'fixed:0',
  apply: 'fixed:0',
  readEvent: '0',
  checkpointEvery: '2',
};

describe('every order of events', () => {
  it('two commands at once, one crash anywhere, one message twice: nothing promised breaks', () => {
    const seen = explore(es, recipe(es, 'append-and-project', { set: TINY }), {
      timers: 4,
      crashes: 1,
      duplicates: 1,
      states: 40_000,
    });
    expect(seen.violation).toBeUndefined();
    expect(seen.properties).toEqual(
      expect.arrayContaining(['no account below zero', 'nothing before the checkpoint is missing']),
    );
  });

  it.each([
    ['no-expected-version', 'no account below zero', { timers: 2 }],
    ['insists', 'no account below zero', { timers: 2 }],
    ['overwrites', 'append-only, without gaps', { timers: 2 }],
    ['answers-early', 'the answer is true', { timers: 2 }],
    ['double-applies', 'a projection is the fold of its events', { timers: 2, crashes: 1 }],
    ['checkpoint-first', 'nothing before the checkpoint is missing', { timers: 2 }],
    ['forgets-commands', 'a command takes effect once', { timers: 1, duplicates: 1 }],
  ])('finds a shortest way by which %s breaks: %s', (twin, property, bounds) => {
    const amount = twin === 'forgets-commands' ? 'fixed:20' : 'fixed:60';
    const apply = twin === 'checkpoint-first' ? 'fixed:1' : 'fixed:0';
    const set = { ...TINY, amount, apply };
    const chosen = { ...recipe(es, 'append-and-project', { set }), twin };
    const { violation } = explore(es, chosen, { depth: 16, ...bounds });
    expect(violation?.property).toBe(property);
    // The schedule is a recipe like any other: run as written it shows the same.
    expect(broken(simulate(es, violation?.recipe as Recipe)).join()).toContain(property);
  });
});

describe('the domain', () => {
  const params = (set: Record<string, string>) =>
    prepare(es, recipe(es, undefined, { set })).params as unknown as P;
  const fold = (log: readonly Stored[], from: Account = NOBODY) => log.map(upcast).reduce(evolve, from);

  it('a state from any snapshot and the rest is the state from all events', () => {
    const event = fc.record({
      old: fc.boolean(),
      euros: fc.integer({ min: -500, max: 500 }),
      declined: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), fc.nat(), (events, cut) => {
        const log = events.map(({ old, euros, declined }, i): Stored => {
          const place = { position: i + 1, stream: 'A', version: i + 1, command: `x-${i}`, at: i };
          if (old) return { ...place, schema: 1, type: 'Moved', euros };
          const type = declined ? 'Declined' : euros < 0 ? 'Withdrawn' : 'Deposited';
          return { ...place, schema: 2, type, cents: Math.abs(euros) * 100 };
        });
        const at = cut % (log.length + 1);
        const snapshot = JSON.parse(JSON.stringify(fold(log.slice(0, at)))) as Account;
        expect(fold(log.slice(at), snapshot)).toEqual(fold(log));
      }),
    );
  });

  it.each([1, 2, 7, 60])('last year’s %i events mean what today’s would', (history) => {
    const set = { history: String(history), readEvent: '0' };
    const [old, now] = ['on', 'off'].map((oldHistory) => historyOf(params({ ...set, oldHistory })));
    expect(old?.every((e) => e.schema === 1)).toBe(true);
    expect(fold(old ?? [])).toEqual(fold(now ?? []));
    expect(fold(now ?? []).cents).toBe(10_000);
  });
});

describe('what the presets are there to show', () => {
  const metrics = (preset: string, set: Record<string, string> = {}, twin?: string) =>
    simulate(es, { ...recipe(es, preset, { set }), ...(twin && { twin }) }).metrics;

  it('conflicts are refused, decided again, and the third withdrawal declined', () => {
    expect(metrics('concurrency-conflict')).toMatchObject({ conflicts: 3, declined: 1, lowest_balance: 20 });
    expect(metrics('concurrency-conflict', {}, 'insists').lowest_balance).toBe(-20);
  });
  it('a replay folds every event once more in each projection and mails nothing', () => {
    expect(metrics('replay')).toMatchObject({ replayed: 12, mails: 3, mailed_twice: 0 });
    // Keys made of the event save the day for as long as the provider remembers them.
    expect(metrics('replay', {}, 'replay-mails-again').mailed_twice).toBe(3);
    expect(metrics('replay', { remember: '1000000' }, 'replay-mails-again').mailed_twice).toBe(0);
  });
  it('a snapshot saves reading, its loss costs reading only', () => {
    const { most_read, tail_read } = metrics('snapshot');
    expect(most_read).toBeGreaterThan(40);
    expect(tail_read).toBeLessThanOrEqual(2);
  });
  it('waiting for the version ends stale reads', () => {
    expect(metrics('projection-lag').stale_reads).toBe(3);
    expect(metrics('projection-lag', { wait: 'on' }).stale_reads).toBe(0);
  });
  it('events come again after a crash of the projection', () => {
    expect(metrics('projection-crash').delivered_again).toBeGreaterThan(1);
  });
});

describe('bad input', () => {
  it.each([
    [{ remember: '100' }, /remember \(100 ms\) .* needs mailer=on/],
    [{ history: '60', readEvent: '2' }, /timeout \(80 ms\) must be longer than reading a whole stream/],
    [{ amount: 'fixed:2000' }, /amount: its figures must lie between 0 and 1000/],
    [{ opening: '0' }, /opening must be a whole number from 10 to 10000/],
    [{ faults: 'crash:mailer:10' }, /No node `mailer` in this run/],
  ])('%j', (set, message) => {
    expect(() => simulate(es, recipe(es, undefined, { set: set as Record<string, string> }))).toThrow(
      message,
    );
  });
});
