import { describe, expect, it } from 'vitest';
import { pushRounds } from '../scenarios/gossip/params.ts';
import gossip from '../scenarios/gossip/scenario.ts';
import { simulateMany } from '../src/sim/many.ts';
import { recipe, simulate } from '../src/sim/run.ts';

const mean = (preset: string, set: Record<string, string>, metric: string, runs = 150) =>
  simulateMany(gossip, { ...recipe(gossip, preset, { set }), seed: 1 }, runs).metrics[metric]!.mean;

describe('a rumour, against theory', () => {
  // The constant is known to lie between −1.1 and 2.8 (Doerr & Künnemann 2014); for these sizes it is about 1.
  it.each([8, 16, 32, 60])('pushed to %d nodes: log2 n + ln n rounds (Pittel 1987), within 1.2', (n) => {
    const rounds = mean('spread', { nodes: `${n}`, duration: '4000' }, 'rounds');
    expect(Math.abs(rounds - pushRounds(n))).toBeLessThan(1.2);
  });

  it.each([8, 32, 60])('%d nodes: pull has no tail, push-pull beats both', (n) => {
    const rounds = (exchange: string) =>
      mean('spread', { nodes: `${n}`, exchange, duration: '4000' }, 'rounds', 80);
    const [push, pull, both] = [rounds('push'), rounds('pull'), rounds('push-pull')];
    expect(pull).toBeLessThan(push);
    expect(both).toBeLessThan(pull);
    // Karp et al. 2000: log3 n, and a double logarithm on top
    expect(both - Math.log(n) / Math.log(3)).toBeLessThan(2);
  });

  // Demers et al. 1987, section 1.4: the share s that never hears solves s = exp(−(k+1)(1−s)).
  it.each([1, 2, 3])(
    'interest lost with probability 1/%d leaves the residue of the theory, within 0.03',
    (k) => {
      let s = 0.1;
      for (let i = 0; i < 200; i++) s = Math.exp(-(k + 1) * (1 - s));
      const residue = mean('interest-lost', { nodes: '60', interest: `${k}`, duration: '4000' }, 'residue');
      expect(Math.abs(residue - s)).toBeLessThan(0.03);
    },
  );
});

describe('SWIM, against its promises', () => {
  it('the time to detect a death and the load of a node do not grow with the group', () => {
    const figures = [6, 20, 40].map((n) => ({
      detected: mean('failure-suspicion', { nodes: `${n}` }, 'detected_ms', 15),
      load: mean('failure-suspicion', { nodes: `${n}` }, 'messages_per_node', 4),
    }));
    for (const metric of ['detected', 'load'] as const) {
      const values = figures.map((f) => f[metric]);
      expect(Math.max(...values) / Math.min(...values)).toBeLessThan(1.25);
    }
  });

  it('local health keeps a slow member from accusing the others', () => {
    const suspicions = (lifeguard: string) =>
      mean('slow-observer', { lifeguard, duration: '4000' }, 'suspicions', 20);
    expect(suspicions('on')).toBeLessThan(suspicions('off') / 2);
  });

  it('suspicion is the difference between a nap and a funeral', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const wronged = (suspicion: string) =>
        simulate(gossip, recipe(gossip, 'flapping', { seed, set: { suspicion } }), { traceLimit: 0 }).metrics
          .false_positives;
      expect(wronged('on')).toBe(0);
    }
    expect(mean('flapping', {}, 'false_positives', 20)).toBeGreaterThan(1);
  });
});
