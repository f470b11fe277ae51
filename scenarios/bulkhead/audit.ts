import { CATALOGUE, type P, REPORTS } from './params.ts';

const NAMES = ['catalogue', 'reports'];

/**
 * An independent account of calls: told of each start, wait, refusal and end, it keeps books of its own and notes
 * the first breach of each rule. It never asks the bulkhead.
 */
export class Audit {
  readonly breaches = new Map<string, string>();
  readonly #p: P;
  readonly #flying = [0, 0];
  readonly #waiting = [0, 0];
  /** highest number of a call that has started, by pool */
  readonly #last = [0, 0];

  constructor(p: P) {
    this.#p = p;
  }

  inFlight(dependency: number): number {
    return this.#flying[dependency]!;
  }

  waits(now: number, dependency: number): void {
    const queue = this.#pool(dependency);
    const n = ++this.#waiting[queue]!;
    const room = this.#shared
      ? this.#p.queue + this.#p.otherQueue
      : dependency === CATALOGUE
        ? this.#p.queue
        : this.#p.otherQueue;
    if (n > room)
      this.#breach('the queue is bounded', now, `${n} calls wait for ${NAMES[dependency]}, ${room} may`);
  }

  started(now: number, id: number, dependency: number, waited: boolean): void {
    this.#flying[dependency]!++;
    const queue = this.#pool(dependency);
    if (waited) this.#waiting[queue]!--;
    const before = this.#last[queue]!;
    if (id < before)
      this.#breach(
        'first come, first served',
        now,
        `call ${id} to ${NAMES[dependency]} starts after call ${before}`,
      );
    else this.#last[queue] = id;
    if (!waited && this.#waiting[queue]! > 0)
      this.#breach(
        'first come, first served',
        now,
        `call ${id} to ${NAMES[dependency]} starts while others wait`,
      );
    const permits = this.#shared
      ? this.#p.servers + this.#p.otherServers
      : dependency === CATALOGUE
        ? this.#p.servers
        : this.#p.otherServers;
    const all = this.#shared ? this.#flying[0]! + this.#flying[1]! : this.#flying[dependency]!;
    if (all > permits)
      this.#breach('permits are bounded', now, `${all} calls are in flight with ${permits} permits`);
  }

  ended(dependency: number): void {
    this.#flying[dependency]!--;
  }

  refused(now: number, dependency: number): void {
    if (dependency !== CATALOGUE) return;
    const mine = this.#flying[CATALOGUE]!;
    if (mine < this.#p.servers)
      this.#breach(
        'slow calls keep to their own permits',
        now,
        `a call to catalogue was refused with ${mine} of its ${this.#p.servers} permits in use: reports held ${this.#flying[REPORTS]}`,
      );
  }

  /** Between two slices what the pools believe is taken is what is in flight. */
  balance(now: number, taken: number): void {
    const flying = this.#flying[0]! + this.#flying[1]!;
    if (taken !== flying)
      this.#breach(
        'every permit comes back',
        now,
        `${taken} permits are taken, but ${flying} calls are in flight`,
      );
  }

  get #shared(): boolean {
    return this.#p.pool === 'shared';
  }
  #pool(dependency: number): number {
    return this.#shared ? CATALOGUE : dependency;
  }

  #breach(property: string, now: number, text: string): void {
    if (!this.breaches.has(property)) this.breaches.set(property, `at ${(now / 1e6).toFixed(2)} s ${text}`);
  }
}
