import type { P } from './params.ts';

/**
 * Waits in ms before attempt n+1, n ≥ 1 attempts having failed — M. Brooker, Exponential Backoff and Jitter, AWS
 * Architecture Blog 2015, and its aws-arch-backoff-simulator.
 *   exponential   min(cap, base·2ⁿ)
 *   full          uniform(0, that)
 *   equal         half of it + uniform(0, half of it)
 *   decorrelated  min(cap, uniform(base, 3·previous wait))
 */
export function wait(p: P, n: number, previous: number, random: () => number, capped = true): number {
  const cap = capped ? p.cap : Number.MAX_SAFE_INTEGER;
  const ceiling = Math.min(cap, p.base * 2 ** Math.min(n, 40));
  switch (p.backoff) {
    case 'none':
      return 0;
    case 'exponential':
      return ceiling;
    case 'full-jitter':
      return random() * ceiling;
    case 'equal-jitter':
      return ceiling / 2 + (random() * ceiling) / 2;
    case 'decorrelated':
      return Math.min(cap, p.base + random() * Math.max(0, 3 * Math.max(p.base, previous) - p.base));
  }
}

/** the least and the most that wait may be */
export function bounds(p: P, n: number, previous: number): readonly [number, number] {
  const ceiling = Math.min(p.cap, p.base * 2 ** Math.min(n, 40));
  switch (p.backoff) {
    case 'none':
      return [0, 0];
    case 'exponential':
      return [ceiling, ceiling];
    case 'full-jitter':
      return [0, ceiling];
    case 'equal-jitter':
      return [ceiling / 2, ceiling];
    case 'decorrelated':
      return [Math.min(p.cap, p.base), Math.min(p.cap, 3 * Math.max(p.base, previous))];
  }
}
