/** Bad input, in words for the person who typed it: what was wrong, what would be accepted. */
export class ParamError extends Error {}

/** The closest of the accepted words by edit distance, if close enough to be what was meant. */
export function nearest(word: string, accepted: readonly string[]): string | undefined {
  const typed = word.slice(0, 60).toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(typed.length / 3)) + 1;
  for (const candidate of accepted) {
    const d = distance(typed, candidate.toLowerCase());
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best ?? accepted.find((c) => typed.length >= 3 && c.toLowerCase().startsWith(typed));
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** A distribution for a reader instead of a parser: `5–15`, `2`, `about 10 (exponential)`; others as written. */
export function spoken(distribution: string): string {
  const [kind, a, b] = distribution.split(':');
  if (kind === 'fixed') return a!;
  if (kind === 'uniform') return `${a}–${b}`;
  if (kind === 'exp') return `about ${a} (exponential)`;
  if (kind === 'normal') return `about ${a} (± ${b})`;
  return distribution;
}

/** `1 message`, `3 messages` */
export const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** `12,400` */
export const thousands = (n: number): string => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');
