import type { CapacityP } from './params.ts';
import { MOST_PARTITIONS } from './partitions.ts';

/** Why a request was refused, with the reason DynamoDB's exception names (Diagnosing throttling). */
export type Refusal = 'partition' | 'capacity' | 'quota' | 'index' | 'indexPartition';

export const REASONS: Readonly<Record<Refusal, string>> = {
  partition: 'KeyRangeThroughputExceeded',
  capacity: 'ProvisionedThroughputExceeded',
  quota: 'AccountLimitExceeded',
  index: 'IndexWriteProvisionedThroughputExceeded',
  indexPartition: 'IndexWriteKeyRangeThroughputExceeded',
};

/** What is measured, requests before the warm-up left out. */
export class Figures {
  requests = 0;
  tries = 0;
  throttled = 0;
  served = 0;
  failed = 0;
  hot = 0;
  hotThrottled = 0;
  readonly why: Record<Refusal, number> = {
    partition: 0,
    capacity: 0,
    quota: 0,
    index: 0,
    indexPartition: 0,
  };
  /** units asked for on first tries, by partition */
  readonly asked = new Float64Array(MOST_PARTITIONS);
  servedUnits = 0;
  indexMost = 0;
  /** µs, of the first refusal and of the first in the longest unbroken use of saved units */
  firstThrottle = -1;
  waited = 0;
  readonly from: number;

  constructor(p: CapacityP) {
    this.from = p.warmup * 1000;
  }

  come(now: number, partition: number, units: number, hot: boolean): void {
    if (now < this.from) return;
    this.requests++;
    if (hot) this.hot++;
    this.asked[partition]! += units;
  }

  serve(now: number, came: number, units: number): void {
    if (now < this.from) return;
    this.tries++;
    this.served++;
    this.servedUnits += units;
    this.waited += now - came;
  }

  refuse(now: number, why: Refusal, hot: boolean, last: boolean): void {
    if (now < this.from) return;
    if (this.firstThrottle < 0) this.firstThrottle = now;
    this.tries++;
    this.throttled++;
    this.why[why]++;
    if (hot) this.hotThrottled++;
    if (last) this.failed++;
  }

  /** share of the partition that was asked for most */
  get hottestShare(): number {
    let all = 0;
    let most = 0;
    for (const units of this.asked) {
      all += units;
      if (units > most) most = units;
    }
    return all > 0 ? most / all : 0;
  }
}
