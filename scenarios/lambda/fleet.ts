import { Ends, Histogram, percentiles } from '../../src/sim/load.ts';
import { become, type Effect, type Here, note, type Protocol, sample, set } from '../../src/sim/protocol.ts';
import { Audit } from './audit.ts';
import { type Dice, dice } from './dice.ts';
import { Figures } from './figures.ts';
import type { P } from './params.ts';
import { NEIGHBOUR, OURS, Pool, type PoolRules, type Refusal } from './pool.ts';

/**
 * The whole pool as one actor, for runs of any size. It wakes once a slice, works off everything that happened in
 * it in time order, and reports one sample of each series: the trace stays small however many requests there are.
 */
export interface FleetRules extends PoolRules {
  /** a refused request gets its 429 */
  readonly answersRefused: boolean;
}

/** Slices of a run: as many points as a picture can show. */
export const SLICES = 160;

export interface Account {
  readonly audit: Audit;
  readonly figures: Figures;
}

export class Fleet implements Account {
  readonly audit: Audit;
  readonly figures: Figures;
  readonly pool: Pool;
  readonly #dice: Dice;
  readonly #rules: FleetRules;
  readonly #timeout: number;
  /** when each busy environment is done */
  readonly #ends = new Ends();
  #owner = new Uint8Array(256);
  #next: number;
  #nextOther: number;
  now = 0;
  /** of the slice */
  offered = 0;
  served = 0;
  refused = 0;
  cold = 0;
  peak = 0;
  peakOther = 0;
  why: Refusal | undefined;
  /** INIT and run of our requests that began in the slice */
  readonly takes = new Histogram();

  constructor(here: Here<P>, rules: FleetRules) {
    const p = here.params;
    this.audit = new Audit(p);
    this.figures = new Figures(p);
    this.pool = new Pool(p, rules, this.audit);
    this.#dice = dice(here);
    this.#rules = rules;
    this.#timeout = Math.round(p.timeout * 1000);
    this.now = here.uptime;
    this.#next = this.now + (this.#dice.gap() ?? Number.POSITIVE_INFINITY);
    this.#nextOther = p.neighbour > 0 ? this.now + this.#dice.neighbourGap() : Number.POSITIVE_INFINITY;
  }

  /** Everything due up to and including `until`, in time order; an end comes before an arrival of its instant. */
  advance(until: number): void {
    this.offered = 0;
    this.served = 0;
    this.refused = 0;
    this.cold = 0;
    this.peak = this.pool.busy[OURS]!;
    this.peakOther = this.pool.busy[NEIGHBOUR]!;
    this.why = undefined;
    for (;;) {
      const end = this.#ends.next;
      const arrival = Math.min(this.#next, this.#nextOther);
      if (Math.min(end, arrival) > until) break;
      if (end <= arrival) this.#end();
      else if (this.#next <= this.#nextOther) {
        const now = this.#next;
        this.#next += this.#dice.gap() ?? Number.POSITIVE_INFINITY;
        this.#arrive(now, OURS, this.#dice.work());
      } else {
        const now = this.#nextOther;
        this.#nextOther += this.#dice.neighbourGap();
        this.#arrive(now, NEIGHBOUR, this.#dice.neighbourWork());
      }
    }
    this.now = until;
  }

  #arrive(now: number, fn: number, work: number): void {
    const { audit, figures, pool } = this;
    this.now = now;
    audit.arrive();
    figures.offer(now, fn);
    if (fn === OURS) this.offered++;
    const env = pool.take(now, fn);
    if (env < 0) {
      if (this.#rules.answersRefused) audit.refuse();
      figures.throttle(now, fn, pool.why);
      if (fn === OURS) {
        this.refused++;
        this.why = pool.why;
      }
      return;
    }
    const { cold } = pool;
    pool.keep(env, this.#dice.idle());
    audit.start(now, env, fn, cold);
    figures.level(now, audit.inFlight);
    const busy = pool.busy[fn]!;
    if (fn === OURS) {
      if (cold) this.cold++;
      if (busy > this.peak) this.peak = busy;
    } else if (busy > this.peakOther) this.peakOther = busy;
    const runs = Math.min(work, this.#timeout);
    const takes = runs + (cold ? this.#dice.init() : 0);
    if (fn === OURS) this.takes.add(takes);
    figures.serve(now, fn, cold, !pool.isProvisioned(env), takes, work > this.#timeout);
    if (env >= this.#owner.length) {
      const owner = new Uint8Array(Math.max(env + 1, this.#owner.length * 2));
      owner.set(this.#owner);
      this.#owner = owner;
    }
    this.#owner[env] = fn;
    this.#ends.push(now + takes, env);
  }

  #end(): void {
    const env = this.#ends.top;
    const at = this.#ends.next;
    const fn = this.#owner[env]!;
    this.#ends.pop();
    this.now = at;
    this.pool.finish(at, env);
    this.audit.finish(at, env, fn);
    this.figures.level(at, this.audit.inFlight);
    if (fn === OURS) this.served++;
  }
}

interface FleetState {
  readonly account: Fleet;
  readonly sliceUs: number;
  readonly mood: string;
}

export function fleet(rules: FleetRules): Protocol<FleetState, never, 'slice', P> {
  return {
    start(here) {
      const sliceUs = Math.max(1000, Math.floor((here.params.simSeconds * 1e6) / SLICES));
      return [
        { account: new Fleet(here, rules), sliceUs, mood: 'serving' },
        become('serving'),
        set('slice', sliceUs),
      ];
    },
    on: {},
    after: {
      slice(state, here) {
        const f = state.account;
        f.advance(here.uptime);
        f.audit.balance(f.now);
        const perSecond = 1e6 / state.sliceUs;
        const mood = f.refused > 0 ? 'throttling' : f.cold * 5 > f.offered ? 'warming up' : 'serving';
        const effects: Effect<never, 'slice'>[] = [
          sample('offered', Math.round(f.offered * perSecond)),
          sample('served', Math.round(f.served * perSecond)),
          sample('throttled', Math.round(f.refused * perSecond)),
          sample('in use', f.peak),
          sample('environments', f.pool.count(f.now)),
          sample('cold starts', Math.round(f.cold * perSecond * 10) / 10),
          ...percentiles(f.takes),
          ...(here.params.neighbour > 0 ? [sample('neighbour', f.peakOther)] : []),
        ];
        if (mood !== state.mood) {
          effects.push(become(mood, mood === 'throttling' && f.why ? `429: ${f.why}` : ''));
          if (mood === 'throttling')
            effects.push(note(`starts to throttle: ${f.why}, ${f.peak} environments in use`));
          else if (state.mood === 'throttling')
            effects.push(note(`takes every request again, ${f.peak} environments in use`));
        }
        return [{ ...state, mood }, ...effects, set('slice', state.sliceUs)];
      },
    },
  };
}
