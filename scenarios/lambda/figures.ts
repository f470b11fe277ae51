import { Histogram, TimeAverage } from '../../src/sim/load.ts';
import type { P } from './params.ts';
import { OURS, type Refusal } from './pool.ts';

/** What is measured of our function, requests before the warm-up left out. */
export class Figures {
  offered = 0;
  served = 0;
  cold = 0;
  spilled = 0;
  throttled = 0;
  timedOut = 0;
  readonly why: Record<Refusal, number> = { 'concurrency limit': 0, 'scaling rate': 0, 'request rate': 0 };
  neighbourOffered = 0;
  neighbourThrottled = 0;
  readonly latency = new Histogram();
  readonly #from: number;
  readonly #provisioned: boolean;
  readonly #inFlight: TimeAverage;

  constructor(p: P) {
    this.#from = p.warmup * 1000;
    this.#inFlight = new TimeAverage(this.#from);
    this.#provisioned = p.provisioned > 0;
  }

  offer(now: number, fn: number): void {
    if (now < this.#from) return;
    if (fn === OURS) this.offered++;
    else this.neighbourOffered++;
  }

  throttle(now: number, fn: number, why: Refusal): void {
    if (now < this.#from) return;
    if (fn === OURS) {
      this.throttled++;
      this.why[why]++;
    } else this.neighbourThrottled++;
  }

  serve(
    now: number,
    fn: number,
    cold: boolean,
    spilled: boolean,
    latencyUs: number,
    timedOut: boolean,
  ): void {
    if (now < this.#from || fn !== OURS) return;
    this.served++;
    if (cold) this.cold++;
    if (spilled) this.spilled++;
    if (timedOut) this.timedOut++;
    this.latency.add(latencyUs);
  }

  /** in flight from now on, for the time average */
  level(now: number, inFlight: number): void {
    this.#inFlight.set(now, inFlight);
  }

  metrics(now: number, peak: number): Record<string, number> {
    const share = (n: number, of: number) => (of > 0 ? n / of : 0);
    return {
      requests: this.offered,
      served: this.served,
      cold_share: share(this.cold, this.served),
      cold_starts: this.cold,
      throttled_share: share(this.throttled, this.offered),
      throttled_concurrency: this.why['concurrency limit'],
      throttled_scaling: this.why['scaling rate'],
      throttled_rate: this.why['request rate'],
      ...(this.latency.count > 0 && {
        latency_mean_ms: this.latency.mean / 1000,
        latency_p50_ms: this.latency.quantile(0.5) / 1000,
        latency_p90_ms: this.latency.quantile(0.9) / 1000,
        latency_p99_ms: this.latency.quantile(0.99) / 1000,
        latency_p999_ms: this.latency.quantile(0.999) / 1000,
      }),
      concurrency_peak: peak,
      concurrency_mean: this.#inFlight.at(now),
      ...(this.timedOut > 0 && { timed_out: this.timedOut }),
      ...(this.#provisioned && { spillover_share: share(this.spilled, this.served) }),
      ...(this.neighbourOffered > 0 && {
        neighbour_throttled_share: share(this.neighbourThrottled, this.neighbourOffered),
      }),
    };
  }
}
