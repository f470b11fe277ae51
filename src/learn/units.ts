/**
 * Numbers as people write them: `287 ms`, `0.287 s`, `99.9 %`, `1,000`, `1.5e3`, `10k`, `5 GiB`, `3 servers`.
 * Within a family (time, size, share, rate) units are converted; outside it a unit is only a word to compare.
 */
import type { NumberAnswer } from './question.ts';

interface Unit {
  readonly family: string;
  /** in the family's base */
  readonly factor: number;
}

const families: Record<string, Record<string, number>> = {
  time: {
    ns: 1e-9,
    us: 1e-6,
    µs: 1e-6,
    μs: 1e-6,
    ms: 1e-3,
    millisecond: 1e-3,
    s: 1,
    sec: 1,
    second: 1,
    min: 60,
    minute: 60,
    h: 3600,
    hr: 3600,
    hour: 3600,
    d: 86_400,
    day: 86_400,
  },
  size: {
    b: 1,
    byte: 1,
    kb: 1e3,
    mb: 1e6,
    gb: 1e9,
    tb: 1e12,
    pb: 1e15,
    kib: 1024,
    mib: 1024 ** 2,
    gib: 1024 ** 3,
    tib: 1024 ** 4,
  },
  share: { '%': 0.01, percent: 0.01 },
};

const units = new Map<string, Unit>(
  Object.entries(families).flatMap(([family, all]) =>
    Object.entries(all).map(([name, factor]) => [name, { family, factor }] as const),
  ),
);

const known = (unit: string): Unit | undefined => {
  const word = unit.toLowerCase();
  const plain = units.get(word) ?? units.get(word.replace(/s$/, ''));
  if (plain) return plain;
  // A rate: MB/s, requests per minute. What is counted is left alone unless it is a size.
  const rate = /^(.*?)\s*(?:\/|\bper\b)\s*(\p{L}+)$/u.exec(word);
  const per = rate && known(rate[2]!);
  if (!rate || per?.family !== 'time') return undefined;
  const counted = known(rate[1]!);
  return { family: counted ? `${counted.family} rate` : 'rate', factor: (counted?.factor ?? 1) / per.factor };
};

// Thousands may be set apart in threes. A letter right behind the digits multiplies (10k, 3M); "5 m" and "5min" are
// left to the units.
const NUMBER =
  /^([-−+]?(?:\d+(?:[,\s_'’]\d{3})*(?:,\d+)?)?(?:\.\d+)?(?:[eE][-+]?\d+)?)(?:([kKM])(?![A-Za-z]))?\s*([^\d\s].*)?$/;

export interface Quantity {
  readonly value: number;
  readonly unit: string;
}

/** Throws with what would be accepted. */
export function parseQuantity(written: string, example = '287 ms'): Quantity {
  const match = NUMBER.exec(written.trim().replace(/^[~≈=$€]\s*/, ''));
  const digits = (match?.[1] ?? '').replaceAll('−', '-').replace(/[\s_'’]/g, '');
  const plain = /^[-+]?\d+,(?!\d{3}$)\d+$/.test(digits)
    ? digits.replace(',', '.')
    : digits.replaceAll(',', '');
  const value = Number(plain) * (match?.[2] === undefined ? 1 : match[2] === 'M' ? 1e6 : 1e3);
  if (match === null || !/\d/.test(plain) || !Number.isFinite(value))
    throw new Error(`a number was expected, such as ${example}; got \`${written.trim().slice(0, 40)}\``);
  return { value, unit: (match[3] ?? '').trim() };
}

/** `287 ms ± 10 %`, `2 servers ± 0`, `0.25 ± 0.01`: the tolerance in % of the value or in the value's unit. */
export function parseAnswer(written: string): NumberAnswer {
  const [left = '', right, more] = written.split(/±|\+\/?-/);
  if (right === undefined || more !== undefined)
    throw new Error(
      `answer: must be a number with its tolerance, such as 287 ms ± 10 % or 3 ± 0; got \`${written}\``,
    );
  const answer = parseQuantity(left);
  const margin = parseQuantity(right, '10 %');
  if (margin.value < 0) throw new Error('answer: the tolerance may not be below 0');
  const relative = margin.unit === '%' && answer.unit !== '%';
  const inUnit = relative
    ? (Math.abs(answer.value) * margin.value) / 100
    : convert(margin.unit === '' ? { ...margin, unit: answer.unit } : margin, answer.unit);
  if (inUnit === undefined)
    throw new Error(
      `answer: the tolerance must be in % or in ${answer.unit || 'plain numbers'}; got \`${right.trim()}\``,
    );
  return { value: answer.value, unit: answer.unit, tolerance: inUnit, written: written.trim() };
}

/** The quantity in another unit; undefined if the two do not measure the same. */
export function convert({ value, unit }: Quantity, to: string): number | undefined {
  if (unit.toLowerCase() === to.toLowerCase()) return value;
  const from = known(unit);
  const into = known(to);
  if (from && into) return from.family === into.family ? (value * from.factor) / into.factor : undefined;
  // A share may be written 99.9 % where 0.999 is asked.
  if (from?.family === 'share' && to === '') return value * from.factor;
  // "3 nodes" for "3 servers" is the same answer: words that are no unit are not compared.
  return from || into ? undefined : value;
}
