import { stream } from '../../src/sim/chance.ts';
import type { Here } from '../../src/sim/protocol.ts';
import { CAPACITY } from './constants.ts';
import type { P } from './params.ts';

/**
 * The chances of a run, one stream for each purpose and one draw a request, so that two ways to run the table meet the
 * same requests: the same moments, keys, kinds and sizes.
 */
export interface Dice {
  /** µs to the next request, undefined when none is left */
  gap(): number | undefined;
  key(): number;
  suffix(): number;
  isWrite(): boolean;
  indexKey(): number;
  /** a distribution without an end is cut at the largest item */
  sizeKb(): number;
  /** places of items on the hash range */
  readonly place: () => number;
  readonly indexPlace: () => number;
  /** uniform, for backoff */
  readonly jitter: () => number;
}

export function dice(here: Here<P>): Dice {
  const p = here.params;
  const seed = here.between(0, 2 ** 31 - 1);
  const of = (name: string) => stream(seed, name);
  const [keys, suffixes, kinds, sizes] = [of('keys'), of('suffixes'), of('kinds'), of('sizes')];
  const draw = p.skew.start(p.keys);
  const drawIndex = p.indexKeys > 1 ? p.indexSkew.start(p.indexKeys) : () => 0;
  const indexKeys = of('index keys');
  const fixed = p.itemSize.text.startsWith('fixed:');
  return {
    gap: p.arrivals.start(of('arrivals')),
    key: () => draw(keys),
    suffix: p.suffixes === 1 ? () => 0 : () => Math.floor(suffixes() * p.suffixes),
    isWrite: p.writeShare >= 1 ? () => true : p.writeShare <= 0 ? () => false : () => kinds() < p.writeShare,
    indexKey: () => drawIndex(indexKeys),
    sizeKb: fixed ? () => p.itemSize.mean : () => Math.min(CAPACITY.itemMax.value, p.itemSize.sample(sizes)),
    place: of('places'),
    indexPlace: of('index places'),
    jitter: of('jitter'),
  };
}
