import {
  become,
  type Effect,
  type Here,
  later,
  note,
  type Protocol,
  type Step,
  sample,
  send,
  set,
} from '../../src/sim/protocol.ts';
import { Audit } from './audit.ts';
import { type Dice, dice } from './dice.ts';
import { Figures } from './figures.ts';
import { type Account, type FleetRules, fleet } from './fleet.ts';
import { LANES, type P } from './params.ts';
import { OURS, POOL, Pool } from './pool.ts';

/**
 * AWS Lambda, default functions, as its developer guide describes it (constants.ts has the figures and pages).
 *
 *    Invoke   lambda → environment   a request; a new environment runs INIT first
 *    Result   environment → lambda   the handler is over, the environment is frozen and kept for a while
 *
 * This is the small picture, message by message: `lambda` decides with the pool of pool.ts, environments do the
 * waiting. The large one is fleet.ts, with the same pool and the same dice.
 */
export type LambdaMessage =
  | {
      readonly type: 'Invoke';
      readonly request: number;
      readonly initUs: number;
      readonly workUs: number;
      readonly idleUs: number;
    }
  | { readonly type: 'Result'; readonly request: number };

export class Front implements Account {
  readonly audit: Audit;
  readonly figures: Figures;
  readonly pool: Pool;
  readonly dice: Dice;
  /** request in each environment */
  readonly inside = new Map<number, number>();
  /** what the lane and the track show */
  mood = '';
  shown = 0;

  constructor(here: Here<P>, rules: FleetRules) {
    this.audit = new Audit(here.params);
    this.figures = new Figures(here.params);
    this.pool = new Pool(here.params, rules, this.audit);
    this.dice = dice(here);
  }
}

export interface FrontState {
  readonly account: Front;
}

type FrontTimer = 'arrive' | 'elsewhere' | 'expired' | 'cooled';
type FrontStep = Step<FrontState, LambdaMessage, FrontTimer>;

export function front(rules: FleetRules): Protocol<FrontState, LambdaMessage, FrontTimer, P> {
  const next = (f: Front): Effect<never, FrontTimer>[] => {
    const gap = f.dice.gap();
    return gap === undefined ? [] : [set('arrive', gap)];
  };
  /** The bar changes with the mood alone: lanes of their own show the environments. */
  const bar = (f: Front, mood: string, detail = ''): Effect<never, never>[] => {
    if (f.mood === mood) return [];
    f.mood = mood;
    return [become(mood, detail)];
  };
  /** Both edges of a step, so that the line is upright. */
  const level = (f: Front, here: Here<P>): Effect<never, never>[] => {
    const before = f.shown;
    f.shown = f.pool.busy[OURS]!;
    return [
      ...(before === f.shown ? [] : [sample('in use', before)]),
      sample('in use', f.shown),
      sample('environments', f.pool.count(here.uptime)),
    ];
  };
  const over = (state: FrontState, env: number, here: Here<P>): FrontStep => {
    const f = state.account;
    if (!f.inside.delete(env)) return [state];
    f.pool.finish(here.uptime, env);
    f.audit.finish(here.uptime, env, OURS);
    f.audit.balance(here.uptime);
    f.figures.level(here.uptime, f.audit.inFlight);
    return [{ account: f }, ...bar(f, 'ready'), ...level(f, here), later('cooled', f.pool.kept(env) + 1)];
  };

  return {
    start(here) {
      const f = new Front(here, rules);
      return [{ account: f }, ...bar(f, 'ready'), ...level(f, here), ...next(f)];
    },
    on: {
      Result(state, m, from, here) {
        const env = Number(from.slice(3)) - 1;
        return state.account.inside.get(env) === m.request ? over(state, env, here) : [state];
      },
      Invoke: (state) => [state],
    },
    after: {
      arrive(state, here) {
        const f = state.account;
        const now = here.uptime;
        const more = next(f);
        const work = f.dice.work();
        const request = here.unique();
        f.audit.arrive();
        f.figures.offer(now, OURS);
        const env = f.pool.take(now, OURS);
        if (env < 0) {
          if (rules.answersRefused) f.audit.refuse();
          f.figures.throttle(now, OURS, f.pool.why);
          return [
            { account: f },
            ...bar(f, 'throttling', `429: ${f.pool.why}`),
            note(`refuses request ${request} with 429: ${f.pool.why}`),
            ...more,
          ];
        }
        const { cold } = f.pool;
        const idleUs = f.dice.idle();
        f.pool.keep(env, idleUs);
        f.audit.start(now, env, OURS, cold);
        f.figures.level(now, f.audit.inFlight);
        const initUs = cold ? f.dice.init() : 0;
        const limit = Math.round(here.params.timeout * 1000);
        const workUs = Math.min(work, limit);
        f.figures.serve(now, OURS, cold, !f.pool.isProvisioned(env), initUs + workUs, work > limit);
        f.inside.set(env, request);
        const node = `env${env + 1}`;
        const told = cold
          ? [
              note(
                `has no idle environment for request ${request}: ${node} starts cold, ${Math.round(initUs / 1000)} ms`,
              ),
            ]
          : [];
        if (!here.part('env').includes(node))
          return [
            { account: f },
            ...bar(f, 'ready'),
            ...told,
            ...level(f, here),
            later('elsewhere', initUs + workUs, env),
            ...more,
          ];
        return [
          { account: f },
          ...bar(f, 'ready'),
          ...told,
          ...level(f, here),
          send(node, { type: 'Invoke', request, initUs, workUs, idleUs }, `r${request}`),
          later('expired', initUs + limit + 1000, { env, request }),
          ...more,
        ];
      },
      elsewhere: (state, here, env) => over(state, env as number, here),
      cooled: (state, here) => [state, ...level(state.account, here)],
      /** The environment never answered: it crashed, or it was cut off. The request is over, so is the environment. */
      expired(state, here, data) {
        const { env, request } = data as { env: number; request: number };
        const f = state.account;
        if (f.inside.get(env) !== request) return [state];
        f.inside.delete(env);
        f.pool.lose(env);
        f.audit.finish(here.uptime, env, OURS);
        return [
          { account: f },
          note(`gives up on request ${request}: env${env + 1} never answered`),
          ...level(f, here),
        ];
      },
    },
  };
}

/** One execution environment: INIT once, then one request at a time, then frozen until it is given up. */
export interface EnvState {
  readonly phase: 'none' | 'init' | 'running' | 'idle';
  readonly request: number;
  readonly workUs: number;
  readonly idleUs: number;
}

export const environment: Protocol<EnvState, LambdaMessage, 'ready' | 'done' | 'gone', P> = {
  start: () => [{ phase: 'none', request: 0, workUs: 0, idleUs: 0 }, become('none')],
  on: {
    Invoke(state, m) {
      const next: EnvState = { ...state, request: m.request, workUs: m.workUs, idleUs: m.idleUs };
      return m.initUs > 0
        ? [{ ...next, phase: 'init' }, become('INIT', `r${m.request}`), set('ready', m.initUs)]
        : [{ ...next, phase: 'running' }, become('running', `r${m.request}`), set('done', m.workUs)];
    },
    Result: (state) => [state],
  },
  after: {
    ready: (state) => [
      { ...state, phase: 'running' },
      become('running', `r${state.request}`),
      set('done', state.workUs),
    ],
    done: (state) => [
      { ...state, phase: 'idle' },
      become('idle'),
      send('lambda', { type: 'Result', request: state.request }, ''),
      set('gone', state.idleUs),
    ],
    gone: (state) =>
      state.phase === 'idle'
        ? [{ ...state, phase: 'none' }, become('none'), note('is given up after its idle time')]
        : [state],
  },
};

export const HONEST: FleetRules = { ...POOL, answersRefused: true };
export const broken = (rule: Partial<FleetRules>) => ({
  front: front({ ...HONEST, ...rule }),
  fleet: fleet({ ...HONEST, ...rule }),
});
export const lanes = (p: P): number => Math.min(LANES, p.concurrencyLimit);
