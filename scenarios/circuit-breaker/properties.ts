import type { Monitor, Property, World } from '../../src/sim/scenario.ts';
import { Undisturbed } from '../../src/sim/undisturbed.ts';
import type { P } from './params.ts';
import { type Caller, type Outcome, reaches } from './protocol.ts';

/**
 * The breaker is judged from outside: the monitor keeps a window of its own from the results the caller got, and
 * watches which calls really left.
 */
const callerOf = (world: World) => world.state('web') as Caller | undefined;
const isCaller = (state: unknown): state is Caller =>
  typeof state === 'object' && state !== null && 'breaker' in state;

/** Results since the breaker last closed, as the monitor counts them. */
function watchWindow(
  p: P,
  judge: (window: readonly Outcome[], before: Caller, after: Caller) => string | undefined,
): Monitor {
  let window: Outcome[] = [];
  return {
    changed(_node, before, after) {
      if (!isCaller(before) || !isCaller(after)) return undefined;
      if (after.results > before.results && after.last && before.breaker.is === 'closed')
        window = [...window, after.last].slice(-p.window);
      const finding = judge(window, before, after);
      if (after.breaker.is !== 'closed' || before.breaker.is !== 'closed') window = [];
      return finding;
    },
  };
}

const on = (p: P) => p.breaker === 'on';
const enough = (window: readonly Outcome[], p: P) => window.length >= Math.min(p.minimumCalls, p.window);
const shown = (window: readonly Outcome[]) =>
  `${window.filter((o) => o.failed).length} of ${window.length} calls had failed`;

export const properties: Readonly<Record<string, Property<P>>> = {
  'opens only on evidence': {
    kind: 'always',
    what: 'It opens only when enough calls were seen and the share of failed or slow ones reached its threshold.',
    judged: on,
    monitor: (p) =>
      watchWindow(p, (window, before, after) =>
        before.breaker.is === 'closed' &&
        after.breaker.is === 'open' &&
        !(enough(window, p) && reaches(window, p))
          ? `it opened when ${shown(window)}; it needs ${Math.min(p.minimumCalls, p.window)} calls and a share of ${p.failureThreshold}`
          : undefined,
      ),
  },
  'opens in time': {
    kind: 'always',
    what: 'It does not stay closed once the threshold is reached. A call without an answer in time is a failure.',
    judged: on,
    monitor(p) {
      let window: Outcome[] = [];
      let waited = 0;
      return {
        changed(_node, before, after) {
          if (!isCaller(before) || !isCaller(after)) return undefined;
          const timedOut = after.tally.timedOut > waited;
          waited = after.tally.timedOut;
          if (after.results > before.results && after.last && before.breaker.is === 'closed')
            window = [...window, timedOut ? { failed: true, slow: true } : after.last].slice(-p.window);
          if (after.breaker.is !== 'closed' || before.breaker.is !== 'closed') {
            window = [];
            return undefined;
          }
          return enough(window, p) && reaches(window, p)
            ? `it is still closed although ${shown(window)}`
            : undefined;
        },
      };
    },
  },
  'lets nothing through while open': {
    kind: 'always',
    what: 'While it is open, calls are rejected at once and the dependency is left alone.',
    judged: on,
    monitor: () => ({
      listens: ['send'],
      event(e, world) {
        if (e.kind !== 'send' || e.type !== 'Call') return undefined;
        return callerOf(world)?.breaker.is === 'open'
          ? 'a call was sent while the breaker was open'
          : undefined;
      },
    }),
  },
  'few probes': {
    kind: 'always',
    what: 'While it is half-open, no more calls are under way or judged than it allows.',
    judged: on,
    monitor: (p) => ({
      listens: ['send'],
      event(e, world) {
        const web = callerOf(world);
        if (e.kind !== 'send' || e.type !== 'Call' || web?.breaker.is !== 'half-open') return undefined;
        const probes =
          Object.values(web.open).filter((call) => call.turn === web.turn).length +
          web.breaker.results.length;
        return probes > p.halfOpenCalls
          ? `${probes} probes were out while half-open; ${p.halfOpenCalls} are allowed`
          : undefined;
      },
    }),
  },
  'closes again': {
    kind: 'eventually',
    what: 'Some time after the dependency is well, calls go through again.',
    judged: (p) =>
      on(p) &&
      p.sickUntil + 2 * p.openFor + 2 * p.timeout + (20 * 1000) / p.arrivals.rate < p.simSeconds * 1000,
    monitor: (p) => {
      const calm = new Undisturbed();
      const patience = (2 * p.openFor + 2 * p.timeout + (20 * 1000) / p.arrivals.rate) * 1000;
      return {
        event(event) {
          calm.hear(event);
          return undefined;
        },
        listens: ['fault'],
        end(world) {
          const web = callerOf(world);
          const since = calm.since(world);
          if (!web || web.breaker.is === 'closed' || since === undefined) return undefined;
          // a fault that ended late leaves the breaker no time to find out
          if (since > 0 && world.now - since < patience) return undefined;
          return `the breaker is still ${web.breaker.is} at the end, long after the dependency got well`;
        },
      };
    },
  },
  'it opens': {
    kind: 'sometimes',
    what: 'The breaker opens.',
    monitor: () => ({
      changed: (_n, before, after) =>
        isCaller(after) && isCaller(before) && before.breaker.is === 'closed' && after.breaker.is === 'open'
          ? 'opened'
          : undefined,
    }),
  },
  'a probe fails and it opens again': {
    kind: 'sometimes',
    what: 'Half-open, it finds the dependency still sick.',
    monitor: () => ({
      changed: (_n, before, after) =>
        isCaller(after) &&
        isCaller(before) &&
        before.breaker.is === 'half-open' &&
        after.breaker.is === 'open'
          ? 'again'
          : undefined,
    }),
  },
};
