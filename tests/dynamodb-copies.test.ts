import { describe, expect, it } from 'vitest';
import type { AccountState } from '../scenarios/dynamodb/copies/account.ts';
import dynamodb from '../scenarios/dynamodb/scenario.ts';
import { historyOf } from '../src/sim/history.ts';
import { prepare, recipe, simulate } from '../src/sim/run.ts';
import type { Run } from '../src/sim/scenario.ts';

const run = (preset: string, more: Parameters<typeof recipe>[2] = {}, traceLimit?: number): Run =>
  simulate(dynamodb, recipe(dynamodb, preset, more), traceLimit === undefined ? {} : { traceLimit });
const broken = (r: Run) =>
  r.verdicts.filter((v) => v.promised && !v.holds).map((v) => `${v.property}: ${v.detail}`);
const holds = (r: Run, property: string) => r.verdicts.find((v) => v.property === property)?.holds;
const seeds = Array.from({ length: 20 }, (_, i) => i + 1);

/** The last balance each item showed. */
function balances(r: Run): Record<string, number> {
  const last: Record<string, number> = {};
  for (const e of r.events)
    if (e.kind === 'state' && (e.state === 'item' || e.state === 'prepared')) last[e.node] = Number(e.detail);
  return last;
}
const total = (r: Run) => Object.values(balances(r)).reduce((a, b) => a + b, 0);

describe('transactions', () => {
  const points = Array.from({ length: 100 }, (_, i) => i * 500);

  it.each(['tc1', 'tc2', 'A', 'B', 'C'])(
    'whenever %s crashes and comes back, each is whole or not at all, and all end',
    (node) => {
      for (const atUs of points) {
        const r = run('transaction-conflict', {
          interventions: [
            { atUs, fault: 'crash', nodes: [node] },
            { atUs: atUs + 6000, fault: 'restart', nodes: [node] },
          ],
        });
        expect(broken(r), `${node} at ${atUs} µs`).toEqual([]);
        expect(total(r), `${node} at ${atUs} µs`).toBe(300);
      }
    },
  );

  it('a retry moves the money once with its token, and again without', () => {
    const moved = (tokens: string) => {
      const r = run('transaction-retry', { set: { tokens } });
      const asked = historyOf(r.events, (f) => f === 'transfer').length;
      const applied = r.events.filter((e) => e.kind === 'send' && e.type === 'Commit').length / 2;
      return { asked, applied: Math.round(applied), once: holds(r, 'a retry is applied once') };
    };
    const same = moved('same');
    expect(same).toEqual({ asked: same.asked, applied: same.asked, once: true });
    const fresh = moved('new');
    expect(fresh.applied).toBeGreaterThan(fresh.asked);
    expect(fresh.once).toBe(false);
  });

  it('a balance never falls below zero, however little there is', () => {
    for (const seed of seeds) {
      const r = run('transaction-conflict', { seed, set: { opening: '12' } });
      expect(Math.min(...Object.values(balances(r)))).toBeGreaterThanOrEqual(0);
      expect(total(r)).toBe(36);
    }
  });

  it('in the order of their timestamps the transactions explain every item', () => {
    for (const seed of seeds) {
      const stamps: Record<string, number[]> = {};
      const watched = {
        ...dynamodb,
        properties: {
          stamps: {
            kind: 'always' as const,
            what: 'collects',
            monitor: () => ({
              changed(node: string, before: AccountState | undefined, after: AccountState | undefined) {
                if (after?.kind === 'account' && before && before.version !== after.version)
                  stamps[node] = [...(stamps[node] ?? []), after.stamp.us];
                return undefined;
              },
            }),
          },
        },
      };
      simulate(
        watched,
        { ...recipe(dynamodb, 'transaction-conflict', { seed }), scenario: dynamodb.id },
        { traceLimit: 0 },
      );
      for (const list of Object.values(stamps)) expect(list).toEqual(list.toSorted((a, b) => a - b));
    }
  });
});

describe('a partition', () => {
  it('has no strong read from the old leader after a write by the new one', () => {
    for (const seed of seeds) {
      const r = run('leader-cut-off', { seed });
      const heal = r.events.find((e) => e.kind === 'fault' && e.fault === 'heal')!.at;
      const serves = r.events.find((e) => e.kind === 'note' && /^leads term/.test(e.text));
      if (!serves || serves.at > heal) continue;
      const answered = new Map(r.events.flatMap((e) => (e.kind === 'send' ? [[e.id, e] as const] : [])));
      const late = r.events.filter(
        (e) =>
          e.kind === 'deliver' &&
          e.at < heal &&
          answered.get(e.id)?.from === 'az1' &&
          answered.get(e.id)?.type === 'Answer' &&
          answered.get(e.id)!.at > serves.at,
      );
      expect(late).toEqual([]);
    }
  });

  it('survives the loss of any one Availability Zone for good, and not of two', () => {
    for (const seed of seeds)
      for (const zone of ['az1', 'az2', 'az3']) {
        const one = run('eventual-vs-strong-read', {
          seed,
          set: { copiesMs: '360', settle: '80' },
          interventions: [{ atUs: 40_000, fault: 'crash', nodes: [zone] }],
        });
        expect(broken(one)).toEqual([]);
        const puts = historyOf(one.events).filter(
          (op) => op.f === 'put' && op.outcome === 'ok' && op.invoke > 140_000,
        );
        expect(puts.length, `${zone}, seed ${seed}`).toBeGreaterThan(0);
      }
    const two = run('eventual-vs-strong-read', {
      set: { copiesMs: '360', settle: '80' },
      interventions: [{ atUs: 40_000, fault: 'crash', nodes: ['az2', 'az3'] }],
    });
    expect(broken(two)).toEqual([]);
    const after = historyOf(two.events).filter((op) => op.invoke > 110_000 && op.outcome === 'ok');
    expect(after.filter((op) => op.f !== 'read')).toEqual([]);
    expect(after.filter((op) => op.f === 'read').length).toBeGreaterThan(0);
  });
});

describe('a global table', () => {
  it('loses nothing with strong consistency when a Region is lost at any moment, and something with eventual', () => {
    let lost = 0;
    for (const seed of seeds)
      for (const region of ['virginia', 'ohio', 'oregon']) {
        const interventions = [{ atUs: 300_000 + seed * 5000, fault: 'crash' as const, nodes: [region] }];
        expect(broken(run('global-tables-strong', { seed, interventions }))).toEqual([]);
        lost += run('global-tables', { seed, interventions }, 0).metrics.lost_updates ?? 0;
      }
    expect(lost).toBeGreaterThan(0);
  });

  it('writes at the speed of its Region or of another one', () => {
    for (const seed of seeds) {
      const set = { regionDelay: 'fixed:20' };
      const eventual = run('global-tables', { seed, set }, 0).metrics;
      const strong = run('global-tables', { seed, set: { ...set, globalMode: 'mrsc' } }, 0).metrics;
      expect(eventual.write_ms).toBeLessThan(3);
      expect(strong.write_ms).toBeGreaterThan(80);
      expect(strong.strong_read_ms).toBeGreaterThan(40);
      expect(strong.stale_strong_reads).toBe(0);
    }
  });
});

describe('parameters that contradict each other', () => {
  it.each([
    [
      'eventual-vs-strong-read',
      { heartbeat: '80' },
      /heartbeat \(80 ms\) must be shorter than lease \(60 ms\)/,
    ],
    ['eventual-vs-strong-read', { settle: '200' }, /settle \(200 ms\) must be shorter than copiesMs/],
    ['eventual-vs-strong-read', { detect: 'fixed:4' }, /must be shorter than detect/],
    ['eventual-vs-strong-read', { think: 'fixed:0' }, /think must be above 0 ms/],
    ['eventual-vs-strong-read', { copiesMs: '600000' }, /too many operations to judge/],
    [
      'global-tables-strong',
      { patience: '30' },
      /patience \(30 ms\) must be at least four times regionDelay/,
    ],
  ])('%s %o is refused', (preset, set, words) => {
    expect(() => prepare(dynamodb, recipe(dynamodb, preset, { set: set as Record<string, string> }))).toThrow(
      words,
    );
  });
});
