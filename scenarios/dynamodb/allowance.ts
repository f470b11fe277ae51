/**
 * Throughput by the second: so many units in each, and of those not used up to `seconds` × rate are saved for later
 * (Burst and adaptive capacity). A request takes what is left of this second first, then from what was saved.
 */
export class Allowance {
  left: number;
  saved: number;
  rate: number;
  readonly #seconds: number;
  readonly #caps: boolean;

  /** `atStart` in seconds' worth; without `caps` the saved units grow without bound (a broken bucket) */
  constructor(rate: number, seconds: number, atStart: number, caps = true) {
    this.rate = rate;
    this.left = rate;
    this.#seconds = seconds;
    this.saved = rate * Math.min(seconds, atStart);
    this.#caps = caps;
  }

  /** A new second begins. */
  tick(): void {
    const saved = this.saved + this.left;
    this.saved = this.#caps || this.#seconds === 0 ? Math.min(saved, this.rate * this.#seconds) : saved;
    this.left = this.rate;
  }

  has(units: number): boolean {
    return this.left + this.saved >= units;
  }

  /** Whoever takes has asked `has` first. */
  take(units: number): void {
    if (units <= this.left) this.left -= units;
    else {
      this.saved -= units - this.left;
      this.left = 0;
    }
  }
}
