import type { Audit } from './audit.ts';
import type { P } from './params.ts';

/**
 * The pool of execution environments: which one takes a request, when a new one starts, when a request is
 * refused. It decides and keeps count; time passes elsewhere. Times are µs.
 *
 * Kept in flat arrays, because a run may take millions of requests.
 */
export interface PoolRules {
  /** environments still in INIT count against the limit */
  readonly countsInit: boolean;
  /** an environment leaves the idle list when it takes a request */
  readonly exclusive: boolean;
  readonly heedsScalingRate: boolean;
  /** other functions stay out of the reserved concurrency */
  readonly keepsReserve: boolean;
  /** provisioned environments are never given up */
  readonly keepsProvisioned: boolean;
}

export const POOL: PoolRules = {
  countsInit: true,
  exclusive: true,
  heedsScalingRate: true,
  keepsReserve: true,
  keepsProvisioned: true,
};

export type Refusal = 'concurrency limit' | 'scaling rate' | 'request rate';

/** Our function and the other one of the account. */
export const OURS = 0;
export const NEIGHBOUR = 1;

export class Pool {
  /** of the last `take`: the environment was new */
  cold = false;
  /** of the last `take` that gave -1 */
  why: Refusal = 'concurrency limit';
  /** requests in flight, by function */
  readonly busy = [0, 0];
  /** environments alive, expired ones not yet noticed included, by function */
  readonly alive = [0, 0];
  readonly #rules: PoolRules;
  readonly #audit: Audit;
  readonly #limit: number;
  readonly #reserved: number;
  readonly #provisioned: number;
  readonly #idle: number[][] = [[], []];
  readonly #ready: number[] = [];
  readonly #free: number[] = [];
  #made = 0;
  /** on-demand requests counted against the limit, by function */
  readonly #counted = [0, 0];
  #until = new Float64Array(256);
  #idleFor = new Float64Array(256);
  #owner = new Uint8Array(256);
  #counts = new Uint8Array(256);
  #listed = new Uint8Array(256);
  readonly #growth: Bucket[];
  readonly #rate: Bucket;

  constructor(p: P, rules: PoolRules, audit: Audit) {
    this.#rules = rules;
    this.#audit = audit;
    this.#limit = p.concurrencyLimit;
    this.#reserved = p.reserved;
    this.#provisioned = p.provisioned;
    const growth = p.scalingRate;
    this.#growth = [0, 1].map(() => new Bucket(growth, growth / 10e6));
    // A second's worth can come at once: the quota is stated per second.
    const rate = Math.max(1, p.requestsPerConcurrency * p.concurrencyLimit);
    this.#rate = new Bucket(rate, rate / 1e6);
    for (let i = 0; i < p.provisioned; i++) {
      const env = this.#create(OURS);
      this.#ready.push(env);
    }
    this.#ready.reverse();
  }

  isProvisioned(env: number): boolean {
    return env < this.#provisioned;
  }

  /** An environment for a request of function `fn` at `now`, or -1 if it is refused (`why`). */
  take(now: number, fn: number): number {
    this.cold = false;
    if (!this.#rate.take(now)) return this.#refuse('request rate');
    if (fn === OURS && this.#ready.length > 0) {
      const env = this.#ready.pop() as number;
      this.#counts[env] = 0;
      this.busy[fn]!++;
      return env;
    }
    if (this.#counted[fn]! >= this.#room(fn)) return this.#refuse('concurrency limit');
    const idle = this.#idle[fn]!;
    while (idle.length > 0) {
      const env = idle[idle.length - 1]!;
      if (this.#until[env]! > now) {
        if (this.#rules.exclusive) {
          idle.pop();
          this.#listed[env] = 0;
        }
        return this.#start(env, fn, true);
      }
      idle.pop();
      this.#listed[env] = 0;
      this.#remove(env);
    }
    if (this.#rules.heedsScalingRate && !this.#growth[fn]!.take(now)) return this.#refuse('scaling rate');
    this.cold = true;
    return this.#start(this.#create(fn), fn, this.#rules.countsInit);
  }

  /** After its request `env` is to be kept for this long. */
  keep(env: number, idleUs: number): void {
    this.#idleFor[env] = idleUs;
  }

  /** how long `env` is kept once it is idle, µs */
  kept(env: number): number {
    return this.#idleFor[env]!;
  }

  /** The request in `env` is over. */
  finish(now: number, env: number): void {
    const fn = this.#owner[env]!;
    this.busy[fn]!--;
    if (this.#counts[env] === 1) {
      this.#counted[fn]!--;
      this.#counts[env] = 0;
    }
    if (env < this.#provisioned && this.#rules.keepsProvisioned) {
      this.#ready.push(env);
      return;
    }
    this.#until[env] = now + this.#idleFor[env]!;
    if (this.#listed[env] === 0) {
      this.#listed[env] = 1;
      this.#idle[fn]!.push(env);
    }
  }

  /** The environment is gone together with its request (a timeout or a crash). */
  lose(env: number): void {
    const fn = this.#owner[env]!;
    this.busy[fn]!--;
    if (this.#counts[env] === 1) this.#counted[fn]!--;
    this.#counts[env] = 0;
    this.#remove(env);
  }

  /** environments alive at `now`, busy, idle and provisioned */
  count(now: number): number {
    let expired = 0;
    for (const idle of this.#idle) for (const env of idle) if (this.#until[env]! <= now) expired++;
    return this.alive[0]! + this.alive[1]! - expired;
  }

  /** How many on-demand requests function `fn` may have in flight just now. */
  #room(fn: number): number {
    if (this.#reserved >= 0) {
      if (fn === OURS) return this.#reserved - this.#provisioned;
      return this.#rules.keepsReserve ? this.#limit - this.#reserved : this.#limit;
    }
    return this.#limit - this.#provisioned - this.#counted[1 - fn]!;
  }

  #start(env: number, fn: number, counted: boolean): number {
    this.busy[fn]!++;
    if (counted) {
      this.#counted[fn]!++;
      this.#counts[env] = 1;
    }
    return env;
  }

  #refuse(why: Refusal): number {
    this.why = why;
    return -1;
  }

  #create(fn: number): number {
    const env = this.#free.pop() ?? this.#made++;
    if (env >= this.#until.length) this.#grow();
    this.#owner[env] = fn;
    this.alive[fn]!++;
    return env;
  }

  #remove(env: number): void {
    this.alive[this.#owner[env]!]!--;
    this.#audit.gone(env, this.#owner[env]!);
    this.#free.push(env);
  }

  #grow(): void {
    const size = this.#until.length * 2;
    this.#until = widen(this.#until, size);
    this.#idleFor = widen(this.#idleFor, size);
    this.#owner = widenBytes(this.#owner, size);
    this.#counts = widenBytes(this.#counts, size);
    this.#listed = widenBytes(this.#listed, size);
  }
}

const widen = (old: Float64Array<ArrayBuffer>, size: number) => {
  const next = new Float64Array(size);
  next.set(old);
  return next;
};
const widenBytes = (old: Uint8Array<ArrayBuffer>, size: number) => {
  const next = new Uint8Array(size);
  next.set(old);
  return next;
};

/** A token bucket, full at the start, refilled continuously. */
class Bucket {
  readonly #capacity: number;
  readonly #perUs: number;
  #tokens: number;
  #at = 0;

  constructor(capacity: number, perUs: number) {
    this.#capacity = capacity;
    this.#perUs = perUs;
    this.#tokens = capacity;
  }

  take(now: number): boolean {
    this.#tokens = Math.min(this.#capacity, this.#tokens + (now - this.#at) * this.#perUs);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
