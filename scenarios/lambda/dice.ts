import { stream } from '../../src/sim/chance.ts';
import type { Here } from '../../src/sim/protocol.ts';
import type { P } from './params.ts';

/**
 * The chances of a run, one stream for each purpose: two policies meet the same arrivals and the same amounts of
 * work, and a refused request uses up its draw like any other. All in µs.
 */
export interface Dice {
  /** gap to the next request of our function, undefined when none is left */
  gap(): number | undefined;
  neighbourGap(): number;
  work(): number;
  neighbourWork(): number;
  init(): number;
  idle(): number;
  /** uniform, for errors */
  luck(): number;
}

export function dice(here: Here<P>): Dice {
  const p = here.params;
  const seed = here.between(0, 2 ** 31 - 1);
  const of = (name: string) => stream(seed, name);
  const us = (ms: number) => Math.max(0, Math.round(ms * 1000));
  const [work, other, init, idle, gaps] = [of('work'), of('other work'), of('init'), of('idle'), of('other')];
  const perUs = p.neighbour / 1e6;
  return {
    gap: p.arrivals.start(of('arrivals')),
    neighbourGap: () => Math.max(1, Math.round(-Math.log(1 - gaps()) / perUs)),
    work: () => us(p.duration.sample(work)),
    neighbourWork: () => us(p.duration.sample(other)),
    init: () => us(p.coldStart.sample(init)),
    idle: () => us(p.idleLifetime.sample(idle)),
    luck: of('luck'),
  };
}
