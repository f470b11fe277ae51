import { stream } from '../../src/sim/chance.ts';
import { Histogram, percentiles } from '../../src/sim/load.ts';
import {
  become,
  type Effect,
  type Here,
  later,
  note,
  type Protocol,
  type Step,
  sample,
  set,
} from '../../src/sim/protocol.ts';
import { bounds, wait } from './backoff.ts';
import { failedAtItsLayer, mostAttempts, type P } from './params.ts';

/**
 * Requests to a service that queues — one actor plays callers and service, so that runs may be large. A request makes
 * attempts; an attempt that its caller has given up goes on at the service all the same, unless the deadline
 * travelled with it: that is the wasted work which feeds a retry storm (Bronson et al., Metastable Failures in
 * Distributed Systems, HotOS 2021; Brooker, Timeouts, retries, and backoff with jitter, Amazon Builders' Library).
 */
interface Request {
  readonly came: number;
  attempt: number;
  waited: number;
  /** ended, well or not */
  over: boolean;
}

interface Attempt {
  readonly request: Request;
  /** number of the attempt within its request */
  readonly n: number;
  /** when its caller gives it up, µs */
  readonly until: number;
}

export interface Rules {
  readonly keepsBudget: boolean;
  readonly dropsExpired: boolean;
  readonly boundsAttempts: boolean;
  readonly capsWaits: boolean;
  /** an answer after the end of its request ends nothing */
  readonly endsOnce: boolean;
}
export const RULES: Rules = {
  keepsBudget: true,
  dropsExpired: true,
  boundsAttempts: true,
  capsWaits: true,
  endsOnce: true,
};

/** Mutable: the state of a load model, never explored. */
export class World {
  came = 0;
  attempts = 0;
  ok = 0;
  failed = 0;
  busy = 0;
  waiting: Attempt[] = [];
  head = 0;
  /** work done for nobody */
  wasted = 0;
  tokens = 0;
  retrying = 0;
  readonly latency = new Histogram();
  /** of the slice: what callers waited until they had an answer or gave up */
  readonly ended = new Histogram();
  lastEnd = 0;
  /** since when answers come in time again after the trigger */
  recovered: number | undefined;
  badSince: number | undefined;
  readonly breaches = new Map<string, string>();
  sliced = { came: 0, attempts: 0, ok: 0 };
  /** requests and good answers of the last second or so, slice by slice */
  readonly lately: { came: number; ok: number }[] = [];
  readonly gap: () => number | undefined;
  readonly work: () => number;

  constructor(gap: () => number | undefined, work: () => number) {
    this.gap = gap;
    this.work = work;
  }
  get queued(): number {
    return this.waiting.length - this.head;
  }
  breach(property: string, what: string): void {
    if (!this.breaches.has(property)) this.breaches.set(property, what);
  }
}

type Timer = 'arrive' | 'done' | 'timeout' | 'retry' | 'slice';
type Effects = Effect<never, Timer>[];
export interface State {
  readonly world: World;
  readonly mood: string;
}

const SLICES = 120;
const LATELY = 6;
/** µs in which a dip passes */
const DIP = 2_000_000;
const BUDGET_TOKENS = 20;
const ms = (us: number) => Math.round(us / 1000);

export function service(rules: Rules): Protocol<State, never, Timer, P> {
  const begin = (w: World, attempt: Attempt, now: number, p: P): Effects => {
    w.busy++;
    if (p.deadline && now >= attempt.until)
      w.breach(
        'no work for nobody',
        `at ${ms(now)} ms the service begins a request whose caller gave up ${ms(now - attempt.until)} ms ago`,
      );
    const us = Math.max(1, Math.round(w.work() * (isSlow(p, now) ? p.slowdown : 1) * 1000));
    return [later('done', us, attempt)];
  };
  /** the next of the queue that is worth beginning */
  const next = (w: World, now: number, p: P): Effects => {
    while (w.head < w.waiting.length) {
      const attempt = w.waiting[w.head++]!;
      if (w.head > 1024 && w.head * 2 > w.waiting.length) {
        w.waiting = w.waiting.slice(w.head);
        w.head = 0;
      }
      // What could not be finished in time is not begun: the service knows how long a request takes it, on average.
      if (p.deadline && rules.dropsExpired && now + p.service.mean * 1000 >= attempt.until) continue;
      return begin(w, attempt, now, p);
    }
    return [];
  };
  const call = (w: World, request: Request, now: number, p: P): Effects => {
    w.attempts++;
    if (p.attempts > 0 && request.attempt > mostAttempts(p))
      w.breach('attempts are bounded', `a request made attempt ${request.attempt} of ${mostAttempts(p)}`);
    const until = p.timeout > 0 ? now + p.timeout * 1000 : Number.POSITIVE_INFINITY;
    const attempt: Attempt = { request, n: request.attempt, until };
    const effects: Effects = p.timeout > 0 ? [later('timeout', p.timeout * 1000, attempt)] : [];
    if (w.busy < p.servers) effects.push(...begin(w, attempt, now, p));
    else w.waiting.push(attempt);
    return effects;
  };
  const end = (w: World, request: Request, good: boolean, now: number): void => {
    if (request.over) w.breach('each request ends once', 'a request that had ended was answered again');
    request.over = true;
    w.lastEnd = now;
    w.ended.add(now - request.came);
    if (good) {
      w.ok++;
      w.latency.add(now - request.came);
    } else w.failed++;
  };

  /** An attempt timed out or was answered with an error. */
  const failed = (s: State, request: Request, here: Here<P>): Step<State, never, Timer> => {
    const { world: w } = s;
    const p = here.params;
    const more = p.attempts === 0 || request.attempt < mostAttempts(p) || !rules.boundsAttempts;
    if (!more || (p.budget > 0 && rules.keepsBudget && w.tokens < 1)) {
      end(w, request, false, here.uptime);
      return [s];
    }
    if (p.budget > 0) {
      w.tokens -= 1;
      if (w.tokens < 0)
        w.breach('the budget is kept', `at ${ms(here.uptime)} ms a retry was made with no token left`);
    }
    const n = failedAtItsLayer(p, request.attempt);
    const waited = wait(p, n, request.waited, () => here.random(), rules.capsWaits);
    const [least, most] = bounds(p, n, request.waited);
    if (waited < least - 1e-6 || waited > most + 1e-6)
      w.breach(
        'waits keep to the formula',
        `after attempt ${n} it waits ${Math.round(waited)} ms; between ${Math.round(least)} and ${Math.round(most)} were allowed`,
      );
    request.attempt++;
    request.waited = waited;
    w.retrying++;
    return [s, later('retry', Math.round(waited * 1000), request)];
  };

  return {
    start(here) {
      const p = here.params;
      const seed = here.between(0, 2 ** 31 - 1);
      const work = stream(seed, 'work');
      const w = new World(p.arrivals.start(stream(seed, 'arrivals')), () => p.service.sample(work));
      const gap = w.gap();
      return [
        { world: w, mood: 'calm' },
        become('calm'),
        ...(gap === undefined ? [] : [set('arrive' as const, gap)]),
        set('slice', slice(p)),
      ];
    },
    on: {},
    after: {
      arrive(s, here) {
        const { world: w } = s;
        const p = here.params;
        w.came++;
        w.tokens = Math.min(BUDGET_TOKENS, w.tokens + p.budget);
        const request: Request = { came: here.uptime, attempt: 1, waited: 0, over: false };
        const gap = w.gap();
        return [
          s,
          ...call(w, request, here.uptime, p),
          ...(gap === undefined ? [] : [set('arrive' as const, gap)]),
        ];
      },
      done(s, here, data) {
        const { world: w } = s;
        const p = here.params;
        const attempt = data as Attempt;
        w.busy--;
        const inTime = here.uptime < attempt.until;
        // Too late, or overtaken by a later attempt that was answered first: nobody hears it.
        if (!inTime || attempt.request.over) {
          w.wasted++;
          if (!rules.endsOnce) end(w, attempt.request, true, here.uptime);
        } else if (p.errors > 0 && here.random() < p.errors) {
          const [, ...effects] = failed(s, attempt.request, here);
          return [s, ...effects, ...next(w, here.uptime, p)];
        } else end(w, attempt.request, true, here.uptime);
        return [s, ...next(w, here.uptime, p)];
      },
      timeout(s, here, data) {
        const { request, n } = data as Attempt;
        return request.over || n !== request.attempt ? [s] : failed(s, request, here);
      },
      retry(s, here, data) {
        s.world.retrying--;
        return [s, ...call(s.world, data as Request, here.uptime, here.params)];
      },
      slice(s, here) {
        const { world: w } = s;
        const p = here.params;
        const perSecond = 1e6 / slice(p);
        const came = w.came - w.sliced.came;
        const ok = w.ok - w.sliced.ok;
        const attempts = w.attempts - w.sliced.attempts;
        w.sliced = { came: w.came, attempts: w.attempts, ok: w.ok };
        const after = here.uptime > p.triggerUntil * 1000 && triggered(p);
        w.lately.push({ came, ok });
        if (w.lately.length > LATELY) w.lately.shift();
        const recent = w.lately.reduce((sum, l) => ({ came: sum.came + l.came, ok: sum.ok + l.ok }));
        const good = w.lately.length < LATELY || recent.ok >= 0.85 * recent.came;
        if (!after || good) w.badSince = undefined;
        else w.badSince ??= here.uptime;
        // A dip that passes by itself is the chance of arrivals, not the storm come back.
        if (after && good) w.recovered ??= here.uptime;
        else if (w.badSince !== undefined && here.uptime - w.badSince >= DIP) w.recovered = undefined;
        const mood = good ? 'calm' : recent.ok < 0.3 * recent.came ? 'collapsed' : 'struggling';
        return [
          { ...s, mood },
          sample('requests', Math.round(came * perSecond)),
          sample('attempts', Math.round(attempts * perSecond)),
          sample('answered in time', Math.round(ok * perSecond)),
          sample('queue', w.queued),
          ...percentiles(w.ended),
          set('slice', slice(p)),
          ...(mood === s.mood ? [] : [become(mood), note(MOODS[mood]!)]),
        ];
      },
    },
  };
}

/** What the service stands on, as its own lane: the trigger comes and goes whatever the callers do. */
export const backend: Protocol<{ readonly slow: boolean }, never, 'slow' | 'well', P> = {
  start({ params: p }) {
    return [
      { slow: false },
      become('as ever'),
      ...(triggered(p) ? [set('slow', p.triggerFrom * 1000), set('well', p.triggerUntil * 1000)] : []),
    ];
  },
  on: {},
  after: {
    slow: (_state, { params: p }) => [
      { slow: true },
      become('slow', `${p.slowdown} ×`),
      note(`turns ${p.slowdown} times slower`),
    ],
    well: () => [{ slow: false }, become('as ever'), note('is as fast as before')],
  },
};

const triggered = (p: P): boolean => p.triggerUntil > p.triggerFrom && p.triggerFrom < p.simSeconds * 1000;
const isSlow = (p: P, now: number): boolean => now >= p.triggerFrom * 1000 && now < p.triggerUntil * 1000;

const MOODS: Readonly<Record<string, string>> = {
  calm: 'answers nearly every request in time',
  struggling: 'leaves many requests without an answer in time',
  collapsed: 'answers hardly any request in time',
};

const slice = (p: P) => Math.max(1000, Math.floor((p.simSeconds * 1e6) / SLICES));
