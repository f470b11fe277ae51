import { stream } from '../../src/sim/chance.ts';
import { Ends } from '../../src/sim/load.ts';
import { become, type Effect, type Here, note, type Protocol, sample, set } from '../../src/sim/protocol.ts';
import { KeySpace, type SpaceRules } from './keyspace.ts';
import type { P } from './params.ts';

/**
 * Requests against a bucket: one actor plays clients and bucket, so that a run may hold millions. A request that gets
 * 503 Slow Down waits, a random time up to a bound that doubles (full jitter), and asks again until its attempts are
 * used up, as the SDKs do.
 */
export interface LoadRules extends SpaceRules {
  /** a request out of attempts ends as failed */
  readonly reportsFailure: boolean;
}
export const LOAD: LoadRules = { limits: true, cutsClean: true, reportsFailure: true };

const SLICES = 240;

/** Mutable: the state of a load model, never explored. */
export class Load {
  readonly space: KeySpace;
  readonly breaches = new Map<string, string>();
  came = 0;
  attempts = 0;
  served = 0;
  failed = 0;
  refused = 0;
  /** in the last third of the run */
  readonly late = { came: 0, refused: 0 };
  lastRefusal = 0;
  firstRefusal = 0;
  slice = { came: 0, attempts: 0, served: 0, refused: 0 };
  splits = 0;
  active = 1;
  mostActive = 1;
  lookedAt: number;
  readonly #p: P;
  readonly #rules: LoadRules;
  readonly #gap: () => number | undefined;
  readonly #dice: () => number;
  readonly #keyDice: () => number;
  #next: number;
  /** requests between two attempts: their numbers, and when they ask again */
  readonly #waiting = new Ends();
  readonly #keys: number[] = [];
  readonly #reads: boolean[] = [];
  readonly #tries: number[] = [];
  readonly #free: number[] = [];

  constructor(here: Here<P>, rules: LoadRules) {
    const p = here.params;
    const seed = here.between(0, 2 ** 31 - 1);
    this.#p = p;
    this.#rules = rules;
    this.space = new KeySpace(p.writeLimit, p.readLimit, rules);
    this.#gap = p.arrivals.start(stream(seed, 'arrivals'));
    this.#dice = stream(seed, 'waits');
    this.#keyDice = stream(seed, 'keys');
    this.lookedAt = here.uptime;
    this.#next = here.uptime + (this.#gap() ?? Number.POSITIVE_INFINITY);
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Where in the alphabet a key falls. A date first: everything of a day lies in one stretch behind all days before,
   * spread within it by what follows the date. A hash first: anywhere, whatever the date.
   */
  #key(now: number): number {
    const spread = this.#keyDice();
    if (this.#p.keys === 'hashed') return spread;
    return this.date(now) + spread;
  }

  date(now: number): number {
    const { newDateEvery } = this.#p;
    return newDateEvery > 0 ? Math.floor(now / (newDateEvery * 1e6)) : 0;
  }

  advance(until: number): void {
    this.slice = { came: 0, attempts: 0, served: 0, refused: 0 };
    for (;;) {
      const retry = this.#waiting.next;
      if (Math.min(retry, this.#next) > until) break;
      if (retry <= this.#next) {
        const request = this.#waiting.top;
        this.#waiting.pop();
        this.#ask(retry, request);
      } else {
        const now = this.#next;
        this.#next += this.#gap() ?? Number.POSITIVE_INFINITY;
        const request = this.#free.pop() ?? this.#keys.length;
        this.#keys[request] = this.#key(now);
        this.#reads[request] = this.#p.reads > 0 && this.#dice() < this.#p.reads;
        this.#tries[request] = 0;
        this.came++;
        this.slice.came++;
        this.#ask(now, request);
      }
    }
  }

  #ask(now: number, request: number): void {
    const p = this.#p;
    this.attempts++;
    this.slice.attempts++;
    const tries = ++this.#tries[request]!;
    const late = now * 3 > p.simSeconds * 2e6;
    if (late) this.late.came++;
    if (this.space.ask(now, this.#keys[request]!, this.#reads[request]!)) {
      this.served++;
      this.slice.served++;
      this.#free.push(request);
      return;
    }
    this.refused++;
    this.slice.refused++;
    if (late) this.late.refused++;
    if (this.refused === 1) this.firstRefusal = now;
    this.lastRefusal = now;
    if (tries >= p.attempts) {
      if (this.#rules.reportsFailure) this.failed++;
      this.#free.push(request);
      return;
    }
    const most = Math.min(p.cap, p.base * 2 ** (tries - 1)) * 1000;
    const wait = Math.round(this.#dice() * most);
    this.#waiting.push(now + wait, request);
  }

  breach(property: string, what: string): void {
    if (!this.breaches.has(property)) this.breaches.set(property, what);
  }

  /** Nothing is lost in the counting, nor in the alphabet. */
  audit(): void {
    const ends = this.served + this.failed + this.waiting;
    if (ends !== this.came)
      this.breach(
        'every request is accounted for',
        `${this.came} requests came; ${this.served} were served, ${this.failed} failed and ${this.waiting} wait: ${this.came - ends} are missing`,
      );
    const hole = this.space.hole();
    if (hole) this.breach('every key has one partition', hole);
    if (this.space.overServed) this.breach('a partition keeps to its limits', this.space.overServed);
  }
}

export interface LoadState {
  readonly kind: 'load';
  readonly load: Load;
  readonly mood: string;
}

type Timer = 'slice';
type Effects = Effect<never, Timer>[];
const sliceOf = (p: P) => Math.max(1000, Math.floor((p.simSeconds * 1e6) / SLICES));

export function bucket(rules: LoadRules = LOAD): Protocol<LoadState, never, Timer, P> {
  return {
    start: (here) => [
      { kind: 'load', load: new Load(here, rules), mood: 'serving' },
      become('serving', '1 partition'),
      set('slice', sliceOf(here.params)),
    ],
    on: {},
    after: {
      slice(s, here) {
        const { load } = s;
        const p = here.params;
        const us = sliceOf(p);
        // Longer than a slice where the node was paused and has to catch up.
        const since = Math.max(1, here.uptime - load.lookedAt);
        load.lookedAt = here.uptime;
        const date = load.date(here.uptime - since);
        load.advance(here.uptime);
        const { active, split } = load.space.look(here.uptime, since, p.splitAfter * 1000);
        load.splits += split;
        load.active = active;
        load.mostActive = Math.max(load.mostActive, active);
        load.audit();
        const { slice } = load;
        const rate = (n: number) => Math.round((n * 1e6) / since);
        const throttling = slice.refused * 100 > slice.attempts;
        const mood = throttling ? 'throttling' : 'serving';
        const all = load.space.partitions.length;
        const effects: Effects = [
          sample('attempts', rate(slice.attempts)),
          sample('served', rate(slice.served)),
          sample('503', rate(slice.refused)),
          sample('partitions', all),
          sample('asked', active),
        ];
        const at = `${all} partition${all === 1 ? '' : 's'}, ${active} of them asked`;
        if (split > 0) effects.push(note(`splits the hot partition: ${at}`));
        if (p.keys === 'sequential-date' && load.date(here.uptime) > date)
          effects.push(note('keys begin with a new date: all of them fall into the last partition'));
        if (mood !== s.mood)
          effects.push(
            become(mood, throttling ? '503 Slow Down' : `${all} partitions`),
            note(
              throttling
                ? `answers 503 Slow Down: ${rate(slice.attempts)} requests a second, ${active} partition${active === 1 ? '' : 's'} to serve them`
                : `serves every request again, ${active} partitions share them`,
            ),
          );
        return [{ ...s, mood }, ...effects, set('slice', us)];
      },
    },
  };
}
