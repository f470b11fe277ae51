/** Small words of time and length. */

/** Cut at a word where one is near. */
export function cut(words: string, length: number): string {
  if (words.length <= length) return words;
  const head = words.slice(0, length - 1);
  return `${head.slice(0, Math.max(head.lastIndexOf(' '), length / 2))}…`;
}

/** Markdown as plain words: emphasis means nothing in a label or a picture. */
export const bare = (markdown: string): string =>
  markdown.replace(/[*`]/g, '').replace(/\[([^\]]+)\]\([^)]*\)/g, '$1');

/** What a person calls themselves, safe in Markdown: nothing of it is mark-up or an address. */
export const safeName = (name: string): string =>
  name.replace(/[\\*_`~[\]|]/g, '\\$&').replaceAll('://', ': //');

const UNITS = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** `3 days`, rounded to what a person would say */
export function span(ms: number): string {
  for (const [unit, length] of UNITS) {
    const count = Math.round(ms / length);
    if (count >= 1 && ms >= 0.95 * length) return `${count} ${unit}${count === 1 ? '' : 's'}`;
  }
  return 'a moment';
}

/** `in 3 days`, or `now` */
export const until = (ms: number): string => (ms <= 0 ? 'now' : `in ${span(ms)}`);
