import { describe, expect, it } from 'vitest';
import paxos from '../scenarios/paxos/scenario.ts';
import { explore } from '../src/sim/explore.ts';
import { recipe, simulate } from '../src/sim/run.ts';

/** What the suite over all scenarios cannot say of Paxos. */
describe('paxos', () => {
  /**
   * Equal one-way delay L and acceptors that write for d, proposers that never wait. A Prepare kills the other's ballot if
   * it overtakes its Accept: x < 2L + d after the other's Prepare. The one killed prepares again 4L + d after its first
   * Prepare, so it kills in turn if x > 2L. Then the same holds for ever, with 4L + d - x for x.
   */
  it.each([5, 15, 19, 21, 25, 29, 31, 45])(
    'a duel of equals %i ms apart ends as the arithmetic says',
    (gap) => {
      const L = 10;
      const d = 10;
      const set = { gap: String(gap), latency: `fixed:${L}`, fsync: `fixed:${d}`, duration: '2000' };
      const run = simulate(paxos, recipe(paxos, 'dueling', { set }));
      const winner = run.events.find((e) => e.kind === 'state' && e.state === 'done');
      if (gap > 2 * L && gap < 2 * L + d) expect(winner).toBeUndefined();
      else expect(winner).toMatchObject({ node: gap < 2 * L ? 'p2' : 'p1' });
    },
  );

  it('decides in three delays and two writes, one delay before anybody knows', () => {
    const set = { latency: 'fixed:10', fsync: 'fixed:3' };
    const { metrics, events } = simulate(paxos, recipe(paxos, 'basic', { set }));
    expect(metrics.chosen_ms).toBe(33);
    expect(metrics.learned_ms).toBe(46);
    expect(events.find((e) => e.kind === 'state' && e.state === 'done')?.at).toBe(49_000);
  });

  it('sends two messages an acceptor and command once a leader is in place', () => {
    const set = { faults: 'none', proposers: '1', learners: '0', duration: '5000' };
    const { metrics } = simulate(paxos, recipe(paxos, 'multi', { set }), { traceLimit: 0 });
    expect(metrics.sent_prepare).toBe(3);
    expect(metrics.sent_accept! / metrics.slots_chosen!).toBeCloseTo(3, 0);
    expect(metrics.slots_chosen).toBeGreaterThan(50);
  });

  const small = { proposers: '2', learners: '0', acceptors: '3', gap: '0' };

  it('holds in every order of events of a small configuration', () => {
    const found = explore(paxos, recipe(paxos, 'basic', { set: small }), {
      timers: 2,
      depth: 24,
      states: 25_000,
    });
    expect(found.violation).toBeUndefined();
    expect(found.properties).toContain('only one value is chosen');
    expect(found.states).toBeGreaterThan(10_000);
  });

  it.each([
    ['own-value', 'a chosen value stays chosen'],
    ['accepts-anything', 'a chosen value stays chosen'],
    ['forgets-all', 'promises survive restarts'],
  ])('the explorer finds a shortest run in which %s breaks', (twin, property) => {
    const chosen = recipe(paxos, 'basic', { set: small, twin });
    const bounds = { timers: 2, depth: 24, states: 120_000, crashes: twin === 'forgets-all' ? 1 : 0 };
    const { violation } = explore(paxos, chosen, bounds);
    expect(violation?.property).toBe(property);
    expect(simulate(paxos, violation!.recipe).verdicts.find((v) => v.property === property)?.holds).toBe(
      false,
    );
  });

  it('refuses quorums that need not meet, and says why', () => {
    const run = (set: Record<string, string>) => () => simulate(paxos, recipe(paxos, 'flexible', { set }));
    expect(run({ phase1: '3' })).toThrow(/need not share one.*must exceed 5.*unsafe=on/);
    expect(run({ phase1: '7' })).toThrow(/phase1=7 asks for more than the 5 acceptors/);
    expect(run({ phase1: '3', unsafe: 'on' })).not.toThrow();
  });
});
