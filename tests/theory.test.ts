import { describe, expect, it } from 'vitest';
import { compare, THEORY } from '../bench/theory.ts';
import {
  burstSeconds,
  coldShare,
  erlangB,
  erlangC,
  mmck,
  mmcWait,
  nestedCalls,
  redeliveryShare,
} from '../src/sim/theory.ts';

const near = (value: number, digits = 6) => Number(value.toFixed(digits));

describe('closed forms', () => {
  it('Erlang B and C: published table values', () => {
    // Cooper, Introduction to Queueing Theory, appendix; and B(1,1) = 1/2 by hand.
    expect(near(erlangB(1, 1))).toBe(0.5);
    expect(near(erlangB(2, 2))).toBe(0.4);
    expect(near(erlangB(10, 10), 4)).toBe(0.2146);
    expect(near(erlangC(0.5, 1))).toBe(0.5);
    expect(near(erlangC(8, 10), 4)).toBe(0.4092);
    expect(erlangC(10, 10)).toBe(1);
  });

  it('M/M/c/K has Erlang B and Erlang C as its ends', () => {
    expect(mmck(8, 1, 10, 10).rejected).toBeCloseTo(erlangB(8, 10), 12);
    expect(mmck(8, 1, 10, 2000).waited).toBeCloseTo(erlangC(8, 10), 10);
    expect(mmck(8, 1, 10, 2000).meanWait).toBeCloseTo(mmcWait(8, 1, 10), 10);
    // Little's law inside: calls in the system = accepted rate × (wait + service)
    const q = mmck(18, 0.5, 10, 16);
    expect(q.meanInSystem).toBeCloseTo(18 * (1 - q.rejected) * (q.meanWait + 0.5), 10);
    expect(mmck(1000, 1, 10, 100_000).rejected).toBeCloseTo(0.99, 6);
  });

  it('cold share: against exact hand values and its limits', () => {
    // m = 0 alone
    expect(coldShare({ rate: 0.1, meanService: 1e-9, idle: 10 })).toBeCloseTo(Math.exp(-1), 6);
    // idle lifetime 0: every request is cold; endless: none
    expect(coldShare({ rate: 3, meanService: 1, idle: 0 })).toBeCloseTo(1, 9);
    expect(coldShare({ rate: 3, meanService: 1, idle: 1e4, limit: 3 })).toBeCloseTo(0, 9);
    // limit 1: only m = 0 counts, whatever the load
    expect(coldShare({ rate: 2, meanService: 5, idle: 0.7, limit: 1 })).toBeCloseTo(Math.exp(-1.4), 9);
    // limit 2, by hand: T from 1 to 2 is phase type with rates λ=1, µ=1: solve the 2×2 system numerically
    const t = 1.3;
    const h = 1e-5;
    let [a, b] = [0, 1]; // in flight 0 and 1
    for (let x = 0; x < t; x += h) [a, b] = [a + h * (b - a), b + h * (a - 2 * b)];
    const expected = (Math.exp(-t) + (a + b)) / 2;
    expect(coldShare({ rate: 1, meanService: 1, idle: t, limit: 2 })).toBeCloseTo(expected, 3);
  });

  it('bursts, redelivery, nested retries', () => {
    expect(burstSeconds(300 * 1000, 1000, 3000)).toBe(150);
    expect(burstSeconds(100, 10, 10)).toBe(Number.POSITIVE_INFINITY);
    expect(redeliveryShare(10, 30)).toBeCloseTo(Math.exp(-3), 12);
    expect(nestedCalls(5, 3, 1)).toBe(243);
    expect(nestedCalls(1, 3, 0.5)).toBeCloseTo(1.75, 12);
    expect(nestedCalls(4, 3, 0)).toBe(1);
  });
});

describe('simulation agrees with theory', () => {
  it.each(THEORY)('$name', (c) => {
    const row = compare(c);
    expect(row, `${row.simulated} simulated, ${row.theory} expected`).toMatchObject({ agrees: true });
  });
});
