/** Which question a channel gets: pure, and drawn from names alone, so that the same date draws the same. */
import { stream } from '../../sim/chance.ts';
import type { Use } from '../../store/index.ts';

export interface Candidate {
  readonly id: string;
  readonly level: number;
}

/**
 * The order in which to try them. No question comes again before every other has come as often; of those, the ones
 * nearest to the wished level, then by chance.
 */
export function inOrder<C extends Candidate>(
  candidates: readonly C[],
  uses: readonly Use[],
  wish: number | undefined,
  seed: string,
): readonly C[] {
  const counted = new Map(uses.map((use) => [use.question, use]));
  const random = stream(0, seed);
  return candidates
    .map((candidate) => {
      const use = counted.get(candidate.id);
      const off = wish === undefined ? 0 : Math.abs(candidate.level - wish);
      return { candidate, count: use?.count ?? 0, off, last: use?.last ?? '', chance: random() };
    })
    .sort(
      (a, b) =>
        a.count - b.count ||
        a.off - b.off ||
        (a.last < b.last ? -1 : a.last > b.last ? 1 : a.chance - b.chance),
    )
    .map(({ candidate }) => candidate);
}

/** whether the date's question is made from a fresh run */
export const fromRun = (share: number, seed: string): boolean => stream(1, seed)() * 100 < share;
