/**
 * Closed forms the simulations must agree with. Rates are per second, times seconds, loads in Erlang
 * (rate × mean service time). Nothing here looks at a simulation.
 */

/** Share of calls lost by M/G/c/c: Erlang B (Erlang 1917), by its recursion. Holds for any service distribution. */
export function erlangB(load: number, servers: number): number {
  let b = 1;
  for (let c = 1; c <= servers; c++) b = (load * b) / (c + load * b);
  return b;
}

/** Share of calls that wait in M/M/c: Erlang C (Erlang 1917). Needs load < servers. */
export function erlangC(load: number, servers: number): number {
  if (load >= servers) return 1;
  const b = erlangB(load, servers);
  return b / (1 - (load / servers) * (1 - b));
}

export interface Mmck {
  /** share of calls refused: all `capacity` places taken */
  readonly rejected: number;
  /** share of all calls that have to wait before they are served */
  readonly waited: number;
  /** mean number of calls waiting or in service */
  readonly meanInSystem: number;
  /** mean wait of an accepted call, s */
  readonly meanWait: number;
}

/** M/M/c/K: Poisson calls, exponential service, c servers, K places in all (Kleinrock 1975, §3.5 for the balance). */
export function mmck(rate: number, meanService: number, servers: number, capacity: number): Mmck {
  const load = rate * meanService;
  // Weights relative to the largest so far, so that long queues neither overflow nor vanish.
  let total = 1;
  let weight = 1;
  let inSystem = 0;
  let queued = 0;
  let waits = servers === 0 ? 1 : 0;
  for (let n = 1; n <= capacity; n++) {
    weight *= load / Math.min(n, servers);
    total += weight;
    inSystem += n * weight;
    if (n > servers) queued += (n - servers) * weight;
    if (n >= servers && n < capacity) waits += weight;
    if (weight > 1e200) {
      total /= weight;
      inSystem /= weight;
      queued /= weight;
      waits /= weight;
      weight = 1;
    }
  }
  const rejected = weight / total;
  const accepted = rate * (1 - rejected);
  return {
    rejected,
    waited: waits / total,
    meanInSystem: inSystem / total,
    meanWait: accepted > 0 ? queued / total / accepted : 0,
  };
}

/** Mean wait in M/M/c, s (Little's law on Erlang C). */
export function mmcWait(rate: number, meanService: number, servers: number): number {
  const load = rate * meanService;
  return (erlangC(load, servers) * meanService) / (servers - load);
}

/**
 * Share of requests that start cold, for Poisson requests, exponential handler times, a fixed idle lifetime and
 * the most recently used environment taken first; cold starts take no time; `limit` refuses the rest.
 *
 * Taking the last environment to fall idle matches each start with a fall of the number in flight as brackets
 * match: the environment taken when the number goes from m to m+1 has been idle since it last went from m+1 to m.
 * So the start is cold exactly when the number in flight, from m, took longer than the idle lifetime to reach m+1:
 *
 *    P(cold) = Σ π(m) P(T(m→m+1) > idle) / Σ π(m),   m = 0 … limit-1,   π Poisson(load) cut at the limit
 *
 * For m = 0 alone (so little load that requests never overlap) this is exp(-rate × idle), for any service time.
 */
export function coldShare(o: {
  readonly rate: number;
  readonly meanService: number;
  readonly idle: number;
  readonly limit?: number;
}): number {
  const load = o.rate * o.meanService;
  const limit = o.limit ?? Number.POSITIVE_INFINITY;
  let weight = 1;
  let total = 0;
  let cold = 0;
  for (let m = 0; m < limit; m++) {
    if (m > 0) weight *= load / m;
    total += weight;
    // What is left out is smaller than the weight of the states not looked at.
    if (m > load && weight < 1e-10 * total) break;
    cold += weight * climbsLate(m, o.rate, o.meanService, o.idle);
  }
  return cold / total;
}

/**
 * P(T(m→m+1) > t) for the number in flight of M/M/∞: the chain on 0…m with m+1 absorbing, its transition matrix
 * over a short time by uniformisation (Jensen 1953), squared up to t. All entries stay positive: no cancellation.
 */
function climbsLate(m: number, rate: number, meanService: number, t: number): number {
  const n = m + 1;
  const mu = 1 / meanService;
  const speed = rate + m * mu;
  if (m === 0 || speed * t === 0) return Math.exp(-rate * t);
  const squarings = Math.max(0, Math.ceil(Math.log2(speed * t)));
  const jumps = (speed * t) / 2 ** squarings;
  let power = identity(n);
  let matrix = new Float64Array(n * n);
  let term = Math.exp(-jumps);
  for (let k = 0; k <= 30; k++) {
    for (let i = 0; i < n * n; i++) matrix[i] = matrix[i]! + term * power[i]!;
    term *= jumps / (k + 1);
    const next = new Float64Array(n * n);
    for (let row = 0; row < n; row++)
      for (let i = 0; i < n; i++) {
        const here = power[row * n + i]!;
        if (here === 0) continue;
        const up = rate / speed;
        const down = (i * mu) / speed;
        if (i < m) next[row * n + i + 1] = next[row * n + i + 1]! + here * up;
        if (i > 0) next[row * n + i - 1] = next[row * n + i - 1]! + here * down;
        next[row * n + i] = next[row * n + i]! + here * Math.max(0, 1 - up - down);
      }
    power = next;
  }
  for (let k = 0; k < squarings; k++) matrix = square(matrix, n);
  let survives = 0;
  for (let i = 0; i < n; i++) survives += matrix[m * n + i]!;
  return Math.min(1, survives);
}

function identity(n: number): Float64Array<ArrayBuffer> {
  const one = new Float64Array(n * n);
  for (let i = 0; i < n; i++) one[i * n + i] = 1;
  return one;
}

function square(a: Float64Array<ArrayBuffer>, n: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++) {
      const x = a[i * n + k]!;
      if (x === 0) continue;
      for (let j = 0; j < n; j++) out[i * n + j] = out[i * n + j]! + x * a[k * n + j]!;
    }
  return out;
}

/** How long a full token bucket lasts at a rate above its refill, s; for ever below it. */
export function burstSeconds(capacity: number, refill: number, rate: number): number {
  return rate > refill ? capacity / (rate - refill) : Number.POSITIVE_INFINITY;
}

/** Share of a message's processings that outlast the visibility timeout, so that it is delivered again (exponential times). */
export function redeliveryShare(meanProcessing: number, visibility: number): number {
  return Math.exp(-visibility / meanProcessing);
}

/**
 * Calls that reach the bottom for each call at the top, when every one of `layers` makes up to `attempts` tries
 * and a try at the bottom fails with probability `failure`: attempts^layers when everything fails.
 */
export function nestedCalls(layers: number, attempts: number, failure: number): number {
  let fails = failure;
  let calls = 1;
  for (let layer = 0; layer < layers; layer++) {
    calls *= fails >= 1 ? attempts : (1 - fails ** attempts) / (1 - fails);
    fails **= attempts;
  }
  return calls;
}

/** Mean concurrency (Little's law). */
export const little = (rate: number, meanTime: number): number => rate * meanTime;
