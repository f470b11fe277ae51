import { describe, expect, it } from 'vitest';
import { hash, sign } from '../scenarios/pbft/authentic.ts';
import pbft from '../scenarios/pbft/scenario.ts';
import { changeText, digestOf, type Msg } from '../scenarios/pbft/state.ts';
import { randomFaults } from '../src/sim/fuzz.ts';
import { recipe, simulate } from '../src/sim/run.ts';

const broken = (run: ReturnType<typeof simulate>) =>
  run.verdicts.filter((v) => v.promised && !v.holds).map((v) => `${v.property}: ${v.detail}`);

/** What the suite over all scenarios cannot say of PBFT. */
describe('pbft', () => {
  it.each([
    [4, 1],
    [7, 2],
    [10, 3],
  ])(
    '%i replicas send n-1, (n-1)², n(n-1) and n messages a request, and answer after five delays',
    (n, f) => {
      const set = {
        replicas: String(n),
        f: String(f),
        clients: '1',
        checkpoint: '1000',
        latency: 'fixed:10',
        think: 'fixed:100',
        duration: '1490',
      };
      const { metrics } = simulate(pbft, recipe(pbft, 'normal', { set }), { traceLimit: 0 });
      const requests = metrics.executed!;
      expect(requests).toBeGreaterThan(5);
      expect(metrics).toMatchObject({
        request_ms: 50,
        sent_pre_prepare: requests * (n - 1),
        sent_prepare: requests * (n - 1) ** 2,
        sent_commit: requests * n * (n - 1),
        sent_reply: requests * n,
        agreement_messages: 2 * n * (n - 1),
      });
    },
  );

  const traitors = ['silent', 'equivocate', 'lie'].flatMap((behaviour) =>
    [0, 1, 3].map((i) => ({ behaviour, node: `r${i}` })),
  );

  it.each(traitors)(
    'one traitor ($node, $behaviour) of four: safe under any faults, live without others',
    (t) => {
      const faults = `byzantine:${t.node}/${t.behaviour}:0`;
      for (let seed = 1; seed <= 12; seed++) {
        const calm = { ...recipe(pbft, 'normal', { set: { faults, duration: '2500' } }), seed };
        const run = simulate(pbft, calm, { traceLimit: 0 });
        expect(broken(run)).toEqual([]);
        expect(run.metrics.ops_ok).toBeGreaterThan(10);
        const stormy = { ...calm, interventions: randomFaults(pbft, calm, seed) };
        const safety = simulate(pbft, stormy, { traceLimit: 0 }).verdicts.filter(
          (v) => v.kind === 'always' && !v.holds,
        );
        expect(safety.map((v) => `seed ${seed}, ${v.property}: ${v.detail}`)).toEqual([]);
      }
    },
  );

  it('survives two traitors of seven, both of which get to lead', () => {
    for (const pair of [
      ['equivocate', 'silent'],
      ['lie', 'equivocate'],
    ]) {
      const faults = pair.map((behaviour, i) => `byzantine:r${i}/${behaviour}:0`).join();
      const set = { replicas: '7', f: '2', faults, duration: '4000' };
      const run = simulate(pbft, recipe(pbft, 'normal', { set }));
      expect(broken(run)).toEqual([]);
      expect(run.metrics.ops_ok).toBeGreaterThan(10);
      expect(run.events).toContainEqual(
        expect.objectContaining({ kind: 'state', node: 'r2', state: 'primary', detail: 'view 2' }),
      );
    }
  });

  it('believes no certificate that the others have not signed', () => {
    // It claims that another request was prepared as #1, in others' names but with signatures of its own making.
    const forge = (message: { type: string }, _to: string, here: { self: string }) => {
      const m = message as Msg;
      if (m.type !== 'ViewChange') return m;
      const order = { client: 'c1', serial: 99, f: 'put', key: 'x', value: 99, signature: hash('made up') };
      const prepares = ['r1', 'r2', 'r3'].map((by) => ({ by, signature: sign(here.self, by) }));
      const prepared = [
        { view: 0, seq: 1, digest: digestOf(order), order, prePrepare: hash('made up'), prepares },
      ];
      return { ...m, prepared, signature: sign(here.self, changeText({ ...m, prepared })) };
    };
    const scenario = { ...pbft, behaviours: { forge } };
    const set = { faults: 'byzantine:r3/forge:0,crash:r0:100,restart:r0:500', duration: '2500' };
    const run = simulate(scenario, recipe(scenario, 'normal', { set }));
    expect(broken(run)).toEqual([]);
    expect(run.metrics.view_changes).toBeGreaterThan(0);
  });

  it('brings a replica that missed a stable checkpoint up to date', () => {
    const set = {
      checkpoint: '3',
      think: 'uniform:10:30',
      duration: '1500',
      faults: 'partition:r3|r0.r1.r2.c1.c2:50,heal::700',
    };
    const run = simulate(pbft, recipe(pbft, 'normal', { set }));
    expect(broken(run)).toEqual([]);
    const taken = run.events.find((e) => e.kind === 'note' && e.text.startsWith('takes its state'));
    expect(taken).toMatchObject({ node: 'r3' });
  });

  it('refuses too few replicas unless told to, and says how many it takes', () => {
    const run = (set: Record<string, string>) => () => simulate(pbft, recipe(pbft, 'normal', { set }));
    expect(run({ f: '2' })).toThrow(/replicas=4 cannot survive f=2: 7 are needed.*unsafe=on/);
    expect(run({ f: '2', unsafe: 'on' })).not.toThrow();
  });
});
