import type { Here } from '../../src/sim/protocol.ts';
import type { P } from './params.ts';

/**
 * A holder’s wall clock as NTP keeps it (RFC 5905): the machine’s clock plus a correction learnt from a server.
 *
 *   Poll  holder → server   t0, the holder’s clock when it leaves
 *   Time  server → holder   t0 again, t1 and t2: the server’s clock at receipt and at departure
 *
 * At t3 the holder computes the offset ((t1 − t0) + (t2 − t3)) / 2 and the round trip (t3 − t0) − (t2 − t1) (§8). An
 * offset above the threshold is corrected at once: the clock steps, backwards too. A smaller one is worked off at 500 ppm.
 */
export interface Correction {
  /** µs added when it was last set */
  readonly from: number;
  /** µs to be added in the end */
  readonly to: number;
  /** the oscillator when it was last set, µs */
  readonly since: number;
}

export interface Measured {
  /** µs the holder’s clock is behind the server’s, as measured */
  readonly offset: number;
  /** µs */
  readonly roundTrip: number;
  /** µs the correction was when it was measured */
  readonly correction: number;
}

/** RFC 5905, §11.3: the largest rate at which a clock is slewed. */
export const SLEW = 500e-6;

export const uncorrected: Correction = { from: 0, to: 0, since: 0 };

/** µs to add to the machine’s clock now. */
export function correctionAt(c: Correction, uptime: number): number {
  const most = (uptime - c.since) * SLEW;
  return Math.round(c.from + Math.min(most, Math.max(-most, c.to - c.from)));
}

export const wallClock = (c: Correction, here: Here<P>): number => here.clock + correctionAt(c, here.uptime);

/** The honest measurement: the time on the way cancels out as far as both ways take as long. */
export const offsetOf = (t0: number, t1: number, t2: number, t3: number): number =>
  Math.round((t1 - t0 + (t2 - t3)) / 2);

export function corrected(
  c: Correction,
  offset: number,
  here: Here<P>,
): { next: Correction; steps: boolean } {
  const now = correctionAt(c, here.uptime);
  const steps = Math.abs(offset) > here.params.step * 1000;
  const to = now + offset;
  return { next: { from: steps ? to : now, to, since: here.uptime }, steps };
}
