import type { Sampler } from './protocol.ts';
import { ParamError } from './words.ts';

/**
 * Seeded chance. Every node, link and purpose has a stream of its own, derived from the seed and its name, so
 * that changing one part of a run leaves the others' dice alone: two policies meet the same arrivals.
 */
export function stream(seed: number, name: string): () => number {
  // FNV-1a over the name, then splitmix32 to fill the state of sfc32 (PractRand; Chris Doty-Humphrey).
  let h = 0x811c9dc5 ^ (seed >>> 0) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b1);
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  const mix = () => {
    h = (h + 0x9e3779b9) | 0;
    let z = h ^ (h >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let a = mix();
  let b = mix();
  let c = mix();
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

const MAX = 1e9;

/**
 * `fixed:5`, `uniform:1.5:3.5`, `exp:10` (its mean), `normal:10:2` (mean, standard deviation; cut at 0),
 * `lognormal:2:0.5` (mean and standard deviation of the logarithm), `pareto:0.235:10` (scale, shape),
 * `mix:0.9*exp:2+0.1*fixed:50`. A bare number is `fixed`.
 */
export function parseDistribution(text: string, name = 'distribution', max = MAX): Sampler {
  const trimmed = text.trim();
  const bad = (why: string): never => {
    throw new ParamError(
      `${name}: ${why}; got \`${trimmed.slice(0, 60)}\`. Write fixed:5, uniform:1.5:3.5, exp:10, normal:10:2, lognormal:2:0.5, pareto:0.235:10 or mix:0.9*exp:2+0.1*fixed:50.`,
    );
  };
  if (trimmed.length > 200) bad('a distribution is at most 200 characters');
  if (trimmed.startsWith('mix:')) return mixture(trimmed, name, max, bad);
  const [kind = '', ...rest] = /^[\d.]/.test(trimmed) ? ['fixed', trimmed] : trimmed.split(':');
  const n = rest.map((r) => (r.trim() === '' ? Number.NaN : Number(r)));
  if (n.some((v) => !Number.isFinite(v))) bad('its figures must be numbers');
  const need = (count: number) => {
    if (n.length !== count) bad(`${kind} takes ${count} figure${count > 1 ? 's' : ''}`);
  };
  const within = (...values: number[]) => {
    if (values.some((v) => v < 0 || v > max)) bad(`its figures must lie between 0 and ${max}`);
  };
  const [p = 0, q = 0] = n;
  const canonical = `${kind}:${n.join(':')}`;
  switch (kind) {
    case 'fixed':
      need(1);
      within(p);
      return { text: canonical, mean: p, sample: () => p };
    case 'uniform':
      need(2);
      within(p, q);
      if (q < p) bad('uniform goes from the lower to the higher figure');
      return { text: canonical, mean: (p + q) / 2, sample: (random) => p + (q - p) * random() };
    case 'exp':
      need(1);
      within(p);
      return { text: canonical, mean: p, sample: (random) => -p * Math.log(1 - random()) };
    case 'normal':
      need(2);
      within(p, q);
      return { text: canonical, mean: p, sample: (random) => Math.max(0, p + q * gauss(random)) };
    case 'lognormal':
      need(2);
      if (Math.abs(p) > 20 || q < 0 || q > 5)
        bad('lognormal takes the mean (-20 to 20) and deviation (0 to 5) of the logarithm');
      return {
        text: canonical,
        mean: Math.exp(p + (q * q) / 2),
        sample: (random) => Math.exp(p + q * gauss(random)),
      };
    case 'pareto':
      need(2);
      within(p);
      if (p <= 0 || q <= 0) bad('pareto takes a scale and a shape above 0');
      return {
        text: canonical,
        mean: q > 1 ? (p * q) / (q - 1) : Number.POSITIVE_INFINITY,
        sample: (random) => p * Math.exp(-Math.log(1 - random()) / q),
      };
    default:
      return bad('unknown kind of distribution');
  }
}

function mixture(text: string, name: string, max: number, bad: (why: string) => never): Sampler {
  const parts = text
    .slice(4)
    .split('+')
    .map((part) => {
      const star = part.indexOf('*');
      const weight = Number(part.slice(0, Math.max(0, star)));
      const inner = part.slice(star + 1);
      if (star < 1 || !(weight >= 0) || inner.startsWith('mix:'))
        bad('a mix is weight*distribution, joined by +');
      return { weight, sampler: parseDistribution(inner, name, max) };
    });
  const total = parts.reduce((sum, p) => sum + p.weight, 0);
  if (Math.abs(total - 1) > 1e-6)
    bad(`the weights of a mix must add up to 1 (they add up to ${Number(total.toFixed(6))})`);
  return {
    text: `mix:${parts.map((p) => `${p.weight}*${p.sampler.text}`).join('+')}`,
    mean: parts.reduce((sum, p) => sum + p.weight * p.sampler.mean, 0),
    sample(random) {
      let u = random();
      for (const p of parts) {
        if (u < p.weight) return p.sampler.sample(random);
        u -= p.weight;
      }
      return parts[parts.length - 1]!.sampler.sample(random);
    },
  };
}

/** Box–Muller, one draw a call so that a stream's use does not depend on what was drawn before. */
function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** When requests come. `next` gives the µs from one arrival to the following, or undefined when none is left. */
export interface Arrivals {
  readonly text: string;
  /** per second, long-run mean */
  readonly rate: number;
  /** state is the time of the last arrival in µs; each call moves one on */
  start(random: () => number): () => number | undefined;
}

/**
 * `constant:100`, `poisson:100`, `burst:100:5:20` (base rate, factor, seconds: every 4 lengths the rate is
 * multiplied by the factor for that long), `trace:FILE` (one arrival time in seconds a line; the file is read
 * by the command line only, which hands its text in).
 */
export function parseArrivals(text: string, name = 'arrivals', files?: (path: string) => string): Arrivals {
  const trimmed = text.trim();
  const bad = (why: string): never => {
    throw new ParamError(
      `${name}: ${why}; got \`${trimmed.slice(0, 60)}\`. Write constant:100, poisson:100, burst:100:5:20 (base rate, factor, seconds) or, on the command line, trace:FILE.`,
    );
  };
  const [kind = '', ...rest] = trimmed.split(':');
  if (kind === 'trace') {
    if (!files) return bad('trace files can only be used on the command line');
    const times = files(rest.join(':'))
      .split(/\s+/)
      .filter((t) => t !== '')
      .map((t) => Math.round(Number(t) * 1e6));
    if (times.length === 0 || times.some((t, i) => !(t >= 0) || (i > 0 && t < times[i - 1]!)))
      return bad('a trace is a list of arrival times in seconds, none before the one above it');
    return {
      text: trimmed,
      rate: (times.length * 1e6) / Math.max(1, times[times.length - 1]!),
      start: () => {
        let i = 0;
        return () => {
          const gap = i < times.length ? times[i]! - (i > 0 ? times[i - 1]! : 0) : undefined;
          i++;
          return gap;
        };
      },
    };
  }
  const n = rest.map((r) => (r.trim() === '' ? Number.NaN : Number(r)));
  if (n.some((v) => !Number.isFinite(v))) bad('its figures must be numbers');
  const [rate = 0, factor = 0, seconds = 0] = n;
  const need = (count: number) => {
    if (n.length !== count) bad(`${kind} takes ${count} figure${count > 1 ? 's' : ''}`);
    if (!(rate > 0 && rate <= 1e6)) bad('a rate must be above 0 and at most 1000000 per second');
  };
  switch (kind) {
    case 'constant':
      need(1);
      return { text: trimmed, rate, start: () => () => Math.round(1e6 / rate) };
    case 'poisson':
      need(1);
      return {
        text: trimmed,
        rate,
        start: (random) => () => Math.round((-1e6 / rate) * Math.log(1 - random())),
      };
    case 'burst': {
      need(3);
      if (!(factor >= 1 && factor <= 1e4)) bad('the factor of a burst must be from 1 to 10000');
      if (!(seconds > 0 && seconds <= 1e5))
        bad('the length of a burst must be above 0 and at most 100000 seconds');
      const period = seconds * 4e6;
      return {
        text: trimmed,
        rate: (rate * (3 + factor)) / 4,
        start(random) {
          let now = 0;
          return () => {
            // Thinning: exponential gaps at the peak rate, kept with the probability of the rate now (Lewis & Shedler 1979).
            const from = now;
            for (;;) {
              now += (-1e6 / (rate * factor)) * Math.log(1 - random());
              const bursting = now % period >= period / 4 && now % period < period / 2;
              if (bursting || random() < 1 / factor) return Math.round(now) - Math.round(from);
            }
          };
        },
      };
    }
    default:
      return bad('unknown kind of arrival process');
  }
}
