import { ParamError } from './words.ts';

/** Which of n keys a request asks for; key 0 is the most popular. */
export interface Skew {
  readonly text: string;
  /** the share of requests each of n keys gets, the largest first; they add up to 1 */
  shares(n: number): Float64Array;
  /** draws keys 0..n-1 in constant time, one uniform number a key */
  start(n: number): (random: () => number) => number;
}

/**
 * `uniform`, `zipf:1` (key k gets a share proportional to 1/k^s, with the exponent s from 0 to 5) or `hot:0.5` (one key
 * gets that share of all requests, the others the rest in equal parts).
 */
export function parseSkew(text: string, name = 'skew'): Skew {
  const trimmed = text.trim();
  const bad = (why: string): never => {
    throw new ParamError(
      `${name}: ${why}; got \`${trimmed.slice(0, 60)}\`. Write uniform, zipf:1 (its exponent) or hot:0.5 (the share of one hot key).`,
    );
  };
  const [kind = '', ...rest] = trimmed.split(':');
  const figure = () => {
    const value = rest.length === 1 && rest[0]!.trim() !== '' ? Number(rest[0]) : Number.NaN;
    if (!Number.isFinite(value)) bad(`${kind} takes one figure`);
    return value;
  };
  switch (kind) {
    case 'uniform':
      if (rest.length > 0) bad('uniform takes no figure');
      return skew(trimmed, () => 1);
    case 'zipf': {
      const s = figure();
      if (s < 0 || s > 5) bad('the exponent must be from 0 to 5');
      return skew(`zipf:${s}`, (k) => (k + 1) ** -s);
    }
    case 'hot': {
      const share = figure();
      if (share < 0 || share > 1) bad('the share of the hot key must be from 0 to 1');
      return skew(`hot:${share}`, (k, n) => (n === 1 ? 1 : k === 0 ? share : (1 - share) / (n - 1)));
    }
    default:
      return bad('unknown kind of skew');
  }
}

function skew(text: string, weight: (k: number, n: number) => number): Skew {
  const shares = (n: number) => {
    const all = Float64Array.from({ length: n }, (_, k) => weight(k, n));
    const total = all.reduce((sum, w) => sum + w, 0);
    return all.map((w) => w / total);
  };
  return { text, shares, start: (n) => alias(shares(n)) };
}

/** The alias method (Walker 1977, built as by Vose 1991): each column holds a share of its own key and of one other. */
function alias(shares: Float64Array): (random: () => number) => number {
  const n = shares.length;
  const keep = shares.map((p) => p * n);
  const other = new Int32Array(n);
  const small: number[] = [];
  const large: number[] = [];
  for (let k = 0; k < n; k++) (keep[k]! < 1 ? small : large).push(k);
  while (small.length > 0 && large.length > 0) {
    const low = small.pop()!;
    const high = large.pop()!;
    other[low] = high;
    keep[high] = keep[high]! - (1 - keep[low]!);
    (keep[high]! < 1 ? small : large).push(high);
  }
  for (const k of [...small, ...large]) keep[k] = 1;
  return (random) => {
    const u = random() * n;
    const column = Math.min(n - 1, Math.floor(u));
    return u - column < keep[column]! ? column : other[column]!;
  };
}
