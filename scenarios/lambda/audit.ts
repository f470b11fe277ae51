import type { P } from './params.ts';
import { NEIGHBOUR, OURS } from './pool.ts';

/**
 * An independent account of what happened to requests and environments. It is told of each arrival, start, end
 * and refusal, keeps books of its own, and notes the first breach of each rule: the properties are read from here.
 * It never asks the pool.
 */
export class Audit {
  readonly breaches = new Map<string, string>();
  arrived = 0;
  started = 0;
  finished = 0;
  refused = 0;
  /** highest number of requests in flight, both functions */
  peak = 0;
  readonly #p: P;
  readonly #inFlight = [0, 0];
  readonly #environments = [0, 0];
  #requests = new Uint8Array(256);
  #provisionedBusy = 0;
  /** virtual scheduling (GCRA): the time at which the next new environment would be on schedule, by function */
  readonly #due = [0, 0];

  constructor(p: P) {
    this.#p = p;
    this.#environments[OURS] = p.provisioned;
  }

  get inFlight(): number {
    return this.#inFlight[0]! + this.#inFlight[1]!;
  }
  of(fn: number): number {
    return this.#inFlight[fn]!;
  }

  arrive(): void {
    this.arrived++;
  }

  refuse(): void {
    this.refused++;
  }

  start(now: number, env: number, fn: number, cold: boolean): void {
    const p = this.#p;
    this.started++;
    const mine = ++this.#inFlight[fn]!;
    const all = this.#inFlight[0]! + this.#inFlight[1]!;
    if (all > this.peak) this.peak = all;
    if (env >= this.#requests.length) {
      const wider = new Uint8Array(Math.max(env + 1, this.#requests.length * 2));
      wider.set(this.#requests);
      this.#requests = wider;
    }
    if (++this.#requests[env]! > 1)
      this.#breach(
        'one request at a time',
        now,
        `environment ${env + 1} has ${this.#requests[env]} requests`,
      );
    if (all > p.concurrencyLimit)
      this.#breach(
        'within the concurrency limit',
        now,
        `${all} requests are in flight, ${p.concurrencyLimit} allowed`,
      );
    if (env < p.provisioned && fn === OURS) {
      this.#provisionedBusy++;
      if (cold)
        this.#breach(
          'provisioned environments stay ready',
          now,
          `environment ${env + 1} is initialised again`,
        );
    } else if (fn === OURS && cold && this.#provisionedBusy < p.provisioned)
      this.#breach(
        'provisioned environments stay ready',
        now,
        `a request starts cold with ${p.provisioned - this.#provisionedBusy} of ${p.provisioned} provisioned environments not in use`,
      );
    if (p.reserved >= 0) {
      if (fn === OURS && mine > p.reserved)
        this.#breach(
          'reserved concurrency is kept',
          now,
          `the function has ${mine} requests in flight, ${p.reserved} reserved`,
        );
      if (fn === NEIGHBOUR && mine > p.concurrencyLimit - p.reserved)
        this.#breach(
          'reserved concurrency is kept',
          now,
          `another function has ${mine} requests in flight and takes from the ${p.reserved} reserved`,
        );
    }
    if (cold) this.#grows(now, fn);
  }

  finish(now: number, env: number, fn: number): void {
    this.finished++;
    this.#inFlight[fn]!--;
    if (env < this.#p.provisioned && fn === OURS) this.#provisionedBusy--;
    if (this.#requests[env]! > 0) this.#requests[env]!--;
    else this.#breach('one request at a time', now, `environment ${env + 1} ends a request it never had`);
  }

  gone(env: number, fn: number): void {
    if (env >= this.#p.provisioned) this.#environments[fn]!--;
  }

  /** Every request that came was refused, is over, or is in flight. */
  balance(now: number): void {
    const flying = this.started - this.finished;
    if (this.arrived !== this.refused + this.started || flying !== this.inFlight)
      this.#breach(
        'every request is accounted for',
        now,
        `${this.arrived} came, ${this.refused} were refused and ${this.started} started: ${this.arrived - this.refused - this.started} are missing`,
      );
  }

  #grows(now: number, fn: number): void {
    const n = ++this.#environments[fn]!;
    if (n > this.#p.concurrencyLimit)
      this.#breach(
        'within the concurrency limit',
        now,
        `a function has ${n} environments, ${this.#p.concurrencyLimit} allowed`,
      );
    const every = 10e6 / this.#p.scalingRate;
    const due = this.#due[fn]!;
    // One rounding error of slack: the bucket and the schedule count in different units.
    if (due - now > 10e6 - every + 1e-3 * every + 1)
      this.#breach(
        'no faster than the scaling rate',
        now,
        `more than ${this.#p.scalingRate} environments were added in ten seconds, beyond what had been refilled`,
      );
    this.#due[fn] = Math.max(now, due) + every;
  }

  #breach(property: string, now: number, text: string): void {
    if (!this.breaches.has(property)) this.breaches.set(property, `at ${(now / 1e6).toFixed(2)} s ${text}`);
  }
}
