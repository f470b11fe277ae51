import { stream } from '../../src/sim/chance.ts';
import { Ends, Histogram, percentiles, TimeAverage } from '../../src/sim/load.ts';
import { become, type Effect, type Here, note, type Protocol, sample, set } from '../../src/sim/protocol.ts';
import { Audit } from './audit.ts';
import { CATALOGUE, type P, REPORTS } from './params.ts';

/**
 * Bulkhead — Nygard, Release It!, ch. 4; the defaults in use are Hystrix's and resilience4j's.
 *
 * A service calls two dependencies, catalogue and reports. A call needs a permit; without a free one it waits in a
 * bounded queue, first come, first served, and when that is full it is refused at once. With `pool=isolated` each
 * dependency has permits of its own, with `pool=shared` the same number serves both.
 *
 * One actor plays the calls, a slice at a time, so that a run may have millions of them. It is an M/M/c/K queue when
 * calls are Poisson and times exponential.
 */
export interface Rules {
  /** a call that fails gives its permit back */
  readonly returnsOnError: boolean;
  readonly boundsQueue: boolean;
  readonly inOrder: boolean;
  /** isolated pools are separate */
  readonly separates: boolean;
}
export const RULES: Rules = { returnsOnError: true, boundsQueue: true, inOrder: true, separates: true };

export const SLICES = 160;

/** Calls that wait, oldest first: a ring that grows. */
class Waiting {
  size = 0;
  #at = new Float64Array(64);
  #id = new Float64Array(64);
  #work = new Float64Array(64);
  #dependency = new Uint8Array(64);
  #head = 0;

  push(at: number, id: number, work: number, dependency: number): void {
    if (this.size === this.#at.length) this.#grow();
    const i = (this.#head + this.size++) % this.#at.length;
    this.#at[i] = at;
    this.#id[i] = id;
    this.#work[i] = work;
    this.#dependency[i] = dependency;
  }

  /** takes one out, the oldest or the newest; its fields are read before the next push */
  take(oldest: boolean): number {
    const length = this.#at.length;
    const i = oldest ? this.#head : (this.#head + this.size - 1) % length;
    if (oldest) this.#head = (this.#head + 1) % length;
    this.size--;
    return i;
  }
  at(i: number): number {
    return this.#at[i]!;
  }
  id(i: number): number {
    return this.#id[i]!;
  }
  work(i: number): number {
    return this.#work[i]!;
  }
  dependency(i: number): number {
    return this.#dependency[i]!;
  }

  #grow(): void {
    const { length } = this.#at;
    const widen = <A extends Float64Array | Uint8Array>(old: A, next: A): A => {
      next.set(old.subarray(this.#head));
      next.set(old.subarray(0, this.#head), length - this.#head);
      return next;
    };
    this.#at = widen(this.#at, new Float64Array(length * 2));
    this.#id = widen(this.#id, new Float64Array(length * 2));
    this.#work = widen(this.#work, new Float64Array(length * 2));
    this.#dependency = widen(this.#dependency, new Uint8Array(length * 2));
    this.#head = 0;
  }
}

interface Pool {
  readonly permits: number;
  readonly room: number;
  inUse: number;
  readonly waiting: Waiting;
}

export class Service {
  readonly audit: Audit;
  /** of catalogue, after the warm-up */
  offered = 0;
  rejected = 0;
  waited = 0;
  failed = 0;
  otherOffered = 0;
  otherRejected = 0;
  readonly latency = new Histogram();
  /** of the slice: from call to answer at catalogue, waiting included */
  readonly lately = new Histogram();
  readonly waits = new Histogram();
  readonly inSystem: TimeAverage;
  /** of the slice, by dependency */
  readonly came = [0, 0];
  readonly refused = [0, 0];
  readonly served = [0, 0];
  now = 0;
  readonly #p: P;
  readonly #rules: Rules;
  readonly #from: number;
  readonly #pools: Pool[];
  readonly #ends = new Ends();
  /** by slot of the ends heap: which dependency, when it came, whether it fails */
  #dependency = new Uint8Array(256);
  #fails = new Uint8Array(256);
  #came = new Float64Array(256);
  readonly #free: number[] = [];
  #slots = 0;
  #present = 0;
  #calls = 0;
  readonly #gap: () => number | undefined;
  readonly #work: () => number;
  readonly #otherGap: () => number;
  readonly #otherWork: (now: number) => number;
  readonly #luck: () => number;
  #next: number;
  #nextOther: number;

  constructor(here: Here<P>, rules: Rules) {
    const p = here.params;
    this.#p = p;
    this.#rules = rules;
    this.#from = p.warmup * 1000;
    this.inSystem = new TimeAverage(this.#from);
    this.audit = new Audit(p);
    const shared = p.pool === 'shared' || !rules.separates;
    const pool = (permits: number, room: number): Pool => ({
      permits,
      room,
      inUse: 0,
      waiting: new Waiting(),
    });
    const one = pool(p.servers + (shared ? p.otherServers : 0), p.queue + (shared ? p.otherQueue : 0));
    this.#pools = [one, shared ? one : pool(p.otherServers, p.otherQueue)];
    const seed = here.between(0, 2 ** 31 - 1);
    const of = (name: string) => stream(seed, name);
    const [work, other, gaps] = [of('work'), of('other work'), of('other')];
    const us = (ms: number) => Math.max(0, Math.round(ms * 1000));
    this.#gap = p.arrivals.start(of('arrivals'));
    this.#work = () => us(p.service.sample(work));
    this.#otherGap = () => Math.max(1, Math.round((-1e6 / p.otherRate) * Math.log(1 - gaps())));
    this.#otherWork = (now) =>
      us((now >= p.slowFrom * 1e6 && now < p.slowUntil * 1e6 ? p.slowService : p.otherService).sample(other));
    this.#luck = of('luck');
    this.now = here.uptime;
    this.#next = this.now + (this.#gap() ?? Number.POSITIVE_INFINITY);
    this.#nextOther = p.otherRate > 0 ? this.now + this.#otherGap() : Number.POSITIVE_INFINITY;
  }

  inUse(dependency: number): number {
    return this.audit.inFlight(dependency);
  }
  queued(dependency: number): number {
    return this.#pools[dependency]!.waiting.size;
  }

  /** Everything due up to and including `until`, in time order; an end comes before a call of its instant. */
  advance(until: number): void {
    this.came.fill(0);
    this.refused.fill(0);
    this.served.fill(0);
    for (;;) {
      const end = this.#ends.next;
      const call = Math.min(this.#next, this.#nextOther);
      if (Math.min(end, call) > until) break;
      if (end <= call) this.#end(end);
      else if (this.#next <= this.#nextOther) {
        this.now = this.#next;
        this.#next += this.#gap() ?? Number.POSITIVE_INFINITY;
        this.#call(CATALOGUE, this.#work());
      } else {
        this.now = this.#nextOther;
        this.#nextOther += this.#otherGap();
        this.#call(REPORTS, this.#otherWork(this.now));
      }
    }
    this.now = until;
  }

  #call(dependency: number, work: number): void {
    const { now } = this;
    const id = ++this.#calls;
    const counted = now >= this.#from;
    const mine = dependency === CATALOGUE;
    this.came[dependency]!++;
    if (counted) {
      if (mine) this.offered++;
      else this.otherOffered++;
    }
    const pool = this.#pools[dependency]!;
    if (pool.inUse < pool.permits) {
      if (mine) this.#enter(1);
      if (mine && counted) this.waits.add(0);
      this.#start(pool, now, id, work, dependency, false);
    } else if (pool.waiting.size < pool.room || !this.#rules.boundsQueue) {
      if (mine) this.#enter(1);
      if (mine && counted) this.waited++;
      pool.waiting.push(now, id, work, dependency);
      this.audit.waits(now, dependency);
    } else {
      this.refused[dependency]!++;
      this.audit.refused(now, dependency);
      if (counted) {
        if (mine) this.rejected++;
        else this.otherRejected++;
      }
    }
  }

  #start(pool: Pool, came: number, id: number, work: number, dependency: number, waited: boolean): void {
    pool.inUse++;
    this.audit.started(this.now, id, dependency, waited);
    const slot = this.#free.pop() ?? this.#slots++;
    if (slot >= this.#came.length) this.#grow();
    this.#dependency[slot] = dependency;
    this.#came[slot] = came;
    this.#fails[slot] = this.#luck() < this.#p.errors ? 1 : 0;
    this.#ends.push(this.now + work, slot);
  }

  #end(at: number): void {
    this.now = at;
    const slot = this.#ends.top;
    this.#ends.pop();
    this.#free.push(slot);
    const dependency = this.#dependency[slot]!;
    const failed = this.#fails[slot] === 1;
    const pool = this.#pools[dependency]!;
    this.served[dependency]!++;
    this.audit.ended(dependency);
    if (dependency === CATALOGUE) {
      this.#enter(-1);
      this.lately.add(at - this.#came[slot]!);
      if (this.#came[slot]! >= this.#from) {
        this.latency.add(at - this.#came[slot]!);
        if (failed) this.failed++;
      }
    }
    if (!failed || this.#rules.returnsOnError) pool.inUse--;
    while (pool.inUse < pool.permits && pool.waiting.size > 0) {
      const i = pool.waiting.take(this.#rules.inOrder);
      const came = pool.waiting.at(i);
      const next = pool.waiting.dependency(i);
      if (next === CATALOGUE && came >= this.#from) this.waits.add(at - came);
      this.#start(pool, came, pool.waiting.id(i), pool.waiting.work(i), next, true);
    }
  }

  /** calls to catalogue in the system */
  #enter(by: number): void {
    this.#present += by;
    this.inSystem.set(this.now, this.#present);
  }

  /** permits and waiting places a call to catalogue can hope for */
  get permits(): number {
    return this.#pools[CATALOGUE]!.permits;
  }
  get places(): number {
    return this.#pools[CATALOGUE]!.room;
  }

  /** permits the pools believe are in use */
  get taken(): number {
    const [a, b] = this.#pools as [Pool, Pool];
    return a === b ? a.inUse : a.inUse + b.inUse;
  }

  #grow(): void {
    const size = this.#came.length * 2;
    const came = new Float64Array(size);
    came.set(this.#came);
    this.#came = came;
    const dependency = new Uint8Array(size);
    dependency.set(this.#dependency);
    this.#dependency = dependency;
    const fails = new Uint8Array(size);
    fails.set(this.#fails);
    this.#fails = fails;
  }
}

export interface ServiceState {
  readonly service: Service;
  readonly sliceUs: number;
  readonly mood: string;
}

export function service(rules: Rules): Protocol<ServiceState, never, 'slice', P> {
  return {
    start(here) {
      const sliceUs = Math.max(1000, Math.floor((here.params.simSeconds * 1e6) / SLICES));
      return [
        { service: new Service(here, rules), sliceUs, mood: 'serving' },
        become('serving'),
        set('slice', sliceUs),
      ];
    },
    on: {},
    after: {
      slice(state, here) {
        const s = state.service;
        s.advance(here.uptime);
        s.audit.balance(s.now, s.taken);
        const perSecond = 1e6 / state.sliceUs;
        const [mine, others] = [s.refused[CATALOGUE]!, s.refused[REPORTS]!];
        // It takes more to enter the worst mood than to stay in it: the bar would flicker.
        const bad = mine * (state.mood === 'refusing' ? 20 : 5) > s.came[CATALOGUE]!;
        const few = (mine + others) * (state.mood === 'shedding' ? 50 : 15) > s.came[CATALOGUE]!;
        const mood = bad ? 'refusing' : few ? 'shedding' : 'serving';
        const effects: Effect<never, 'slice'>[] = [
          sample('catalogue in use', s.inUse(CATALOGUE)),
          sample('catalogue served', Math.round(s.served[CATALOGUE]! * perSecond)),
          sample('catalogue refused', Math.round(mine * perSecond)),
          ...(here.params.otherRate > 0
            ? [
                sample('reports in use', s.inUse(REPORTS)),
                sample('reports refused', Math.round(others * perSecond)),
              ]
            : []),
          ...percentiles(s.lately),
          sample('permits', s.permits),
          ...(s.places > 0 ? [sample('waiting', s.queued(CATALOGUE))] : []),
        ];
        if (mood !== state.mood) {
          effects.push(
            become(
              mood,
              mood === 'refusing' ? 'calls to catalogue' : mood === 'shedding' ? 'a few calls' : '',
            ),
          );
          if (mood === 'refusing')
            effects.push(
              note(
                `refuses calls to catalogue: ${s.inUse(CATALOGUE)} permits at catalogue, ${s.inUse(REPORTS)} held by reports`,
              ),
            );
          else if (state.mood === 'refusing') effects.push(note('takes calls to catalogue again'));
        }
        return [{ ...state, mood }, ...effects, set('slice', state.sliceUs)];
      },
    },
  };
}

/** A dependency as its callers see it: well or slow. */
export const dependency: Protocol<{ readonly slow: boolean }, never, 'slow' | 'well', P> = {
  start(here) {
    const p = here.params;
    const slows =
      here.self === 'reports' && p.slowUntil > p.slowFrom && p.slowFrom < p.simSeconds && p.otherRate > 0;
    return [
      { slow: false },
      become('healthy'),
      ...(slows ? [set('slow', p.slowFrom * 1e6), set('well', p.slowUntil * 1e6)] : []),
    ];
  },
  on: {},
  after: {
    slow: (_state, here) => [
      { slow: true },
      become('slow', `${here.params.slowService.text} ms`),
      note(`turns slow: a call now takes ${here.params.slowService.text} ms`),
    ],
    well: () => [{ slow: false }, become('healthy'), note('is well again')],
  },
};
