import { type Arrivals, parseArrivals, parseDistribution } from './chance.ts';
import { parseSkew, type Skew } from './keys.ts';
import type { Sampler } from './protocol.ts';
import { nearest, ParamError } from './words.ts';

export { ParamError };

/**
 * Parameters of a scenario: each with unit, range and default, read from text so that chat, command line and
 * presets speak one grammar. Times are ms, rates per second, shares 0..1.
 */
export interface Param<V> {
  readonly type: 'int' | 'number' | 'flag' | 'choice' | 'distribution' | 'arrivals' | 'skew';
  readonly what: string;
  /** ms, nodes, per second, share, … ; empty for none */
  readonly unit: string;
  /** the default, as written */
  readonly default: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** throws ParamError with what would be accepted */
  read(text: string, name: string): V;
}

// biome-ignore lint/suspicious/noExplicitAny: a bag of parameters of different types
export type AnyParams = Readonly<Record<string, Param<any>>>;
export type Params = AnyParams;
export type Values<P extends AnyParams> = {
  readonly [K in keyof P]: P[K] extends Param<infer V> ? V : never;
};

interface Described<D> {
  readonly what: string;
  readonly unit?: string;
  readonly default: D;
}

export const int = (d: Described<number> & { min: number; max: number }): Param<number> => ({
  type: 'int',
  what: d.what,
  unit: d.unit ?? '',
  default: String(d.default),
  min: d.min,
  max: d.max,
  read: (text, name) => ranged(text, name, d, true),
});

export const number = (d: Described<number> & { min: number; max: number }): Param<number> => ({
  type: 'number',
  what: d.what,
  unit: d.unit ?? '',
  default: String(d.default),
  min: d.min,
  max: d.max,
  read: (text, name) => ranged(text, name, d, false),
});

function ranged(
  text: string,
  name: string,
  d: { min: number; max: number; unit?: string },
  whole: boolean,
): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value >= d.min && value <= d.max && (!whole || Number.isInteger(value)))
    return value;
  const kind = whole ? 'a whole number' : 'a number';
  const unit = d.unit ? ` ${d.unit}` : '';
  throw new ParamError(`${name} must be ${kind} from ${d.min} to ${d.max}${unit}; got \`${clip(text)}\`.`);
}

export const flag = (d: Described<boolean>): Param<boolean> => ({
  type: 'flag',
  what: d.what,
  unit: d.unit ?? '',
  default: d.default ? 'on' : 'off',
  choices: ['on', 'off'],
  read(text, name) {
    const word = text.trim().toLowerCase();
    if (['on', 'true', 'yes', '1'].includes(word)) return true;
    if (['off', 'false', 'no', '0'].includes(word)) return false;
    throw new ParamError(`${name} must be on or off; got \`${clip(text)}\`.`);
  },
});

export const choice = <const C extends string>(
  d: Described<NoInfer<C>> & { choices: readonly C[] },
): Param<C> => ({
  type: 'choice',
  what: d.what,
  unit: d.unit ?? '',
  default: d.default,
  choices: d.choices,
  read(text, name) {
    const word = text.trim();
    const found = d.choices.find((c) => c === word);
    if (found !== undefined) return found;
    const hint = nearest(word, d.choices);
    throw new ParamError(
      `${name} must be one of ${d.choices.join(', ')}; got \`${clip(text)}\`.${hint ? ` Did you mean ${hint}?` : ''}`,
    );
  },
});

/** Time or other quantity with a distribution, such as `uniform:150:300`. */
export const distribution = (d: Described<string> & { max?: number }): Param<Sampler> => ({
  type: 'distribution',
  what: d.what,
  unit: d.unit ?? 'ms',
  default: d.default,
  read: (text, name) => parseDistribution(text, name, d.max),
});

/** Arrival process, such as `poisson:100` (per second). */
export const arrivals = (d: Described<string>): Param<Arrivals> => ({
  type: 'arrivals',
  what: d.what,
  unit: d.unit ?? 'per second',
  default: d.default,
  read: (text, name) => parseArrivals(text, name),
});

/** Which keys are asked for, such as `zipf:1`. */
export const skew = (d: Described<string>): Param<Skew> => ({
  type: 'skew',
  what: d.what,
  unit: d.unit ?? '',
  default: d.default,
  read: (text, name) => parseSkew(text, name),
});

const clip = (text: string) => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
