import type { Monitor, Property, World } from '../../src/sim/scenario.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import { type P, phase1, phase2 } from './params.ts';
import { isPart } from './seen.ts';

/** What Paxos reaches once the network behaves: no protocol promises more (Fischer, Lynch & Paterson 1985). */

/** The network as it is: undisturbed since when? */
class Calm {
  #since = 0;
  #disturbed: Set<string> = new Set();

  constructor(p: P) {
    if (p.loss > 0) this.#disturbed.add('loss');
  }

  hear(event: TraceEvent): void {
    if (event.kind !== 'fault') return;
    this.#since = event.at;
    const { fault } = event;
    if (fault === 'partition' || fault === 'cut') this.#disturbed.add('cut');
    if (fault === 'heal') this.#disturbed.delete('cut');
    if (fault === 'loss' || fault === 'reorder')
      if (event.rate > 0) this.#disturbed.add(fault);
      else this.#disturbed.delete(fault);
    if (fault === 'delay' || fault === 'slow-disk' || fault === 'byzantine') this.#disturbed.add(fault);
    if (fault === 'pause') for (const id of event.nodes) this.#disturbed.add(id);
    if (fault === 'resume') for (const id of event.nodes) this.#disturbed.delete(id);
  }

  /** µs since when nothing is in the way of both quorums; undefined while something is */
  since(world: World, p: P): number | undefined {
    const up = world.actors.filter((a) => a.part === 'acceptor' && world.up(a.id)).length;
    const others = world.actors.every((a) => a.part === 'acceptor' || a.part === 'learner' || world.up(a.id));
    const enough = up >= Math.max(phase1(p), phase2(p)) && (others || p.multi);
    return this.#disturbed.size > 0 || !enough ? undefined : this.#since;
  }
}

/** Watches until the end and asks then, if calm has lasted long enough for the protocol to have finished. */
const inTheEnd =
  (enoughMs: (p: P) => number, ask: (world: World, sinceUs: number, lastOk: number) => string | undefined) =>
  (p: P): Monitor => {
    const calm = new Calm(p);
    let lastOk = -1;
    return {
      event(event) {
        calm.hear(event);
        if (event.kind === 'return' && event.outcome === 'ok') lastOk = event.at;
        return undefined;
      },
      end(world) {
        const since = calm.since(world, p);
        if (since === undefined || world.now - since < enoughMs(p) * 1000) return undefined;
        return ask(world, since, lastOk);
      },
    };
  };

const ms = (us: number) => `${Math.round(us / 1000)} ms`;
/** One ballot, undisturbed: two round trips and two writes. */
const ballot = (p: P) => 4 * p.latency.mean + 2 * p.fsync.mean;
const starts = (p: P) => (p.proposers - 1) * p.gap;

export const liveness: Readonly<Record<string, Property<P>>> = {
  'a value is chosen and learned': {
    kind: 'eventually',
    what: 'Once faults have ended, a value is chosen and every learner that is up knows it. Duelling proposers that never wait are promised nothing.',
    judged: (p) => !p.multi,
    promised: (p) => p.proposers === 1 || (p.backoff === 'random' && !p.wait.text.startsWith('fixed')),
    monitor: inTheEnd(
      (p) =>
        p.proposers === 1
          ? 3 * ballot(p) + p.timeout + 2 * p.catchUp
          : p.backoff === 'none'
            ? 3 * ballot(p) + starts(p)
            : (10 + 6 * p.proposers) * ballot(p) + 10 * p.wait.mean + starts(p),
      (world) => {
        const done = world.actors.some((a) => {
          const state: unknown = world.state(a.id);
          return isPart(state, 'proposer') && state.phase === 'done';
        });
        if (!done) return `at ${ms(world.now)} no proposer has seen a ballot succeed`;
        const ignorant = world.actors.find((a) => {
          const state: unknown = world.state(a.id);
          return isPart(state, 'learner') && state.replica.applied.length === 0;
        });
        return ignorant && `${ignorant.id} does not know at ${ms(world.now)} what was chosen`;
      },
    ),
  },
  'operations succeed again': {
    kind: 'eventually',
    what: 'Once faults have ended and a leader has had time to take over, clients’ operations succeed.',
    judged: (p) => p.multi && p.clients > 0,
    monitor: inTheEnd(
      (p) => 4 * p.patience.mean + 4 * ballot(p) + 3 * p.heartbeat + p.think.mean + p.retry,
      (world, since, lastOk) =>
        lastOk > since
          ? undefined
          : `no operation succeeded in the ${ms(world.now - since)} since the last fault`,
    ),
  },
  'learners catch up': {
    kind: 'eventually',
    what: 'Once faults have ended, every learner that is up applies all that was chosen while it was away.',
    judged: (p) => p.multi && p.learners > 0,
    monitor(p) {
      const grace = (3 * p.catchUp + 3 * p.heartbeat + 6 * p.latency.mean) * 1000;
      const reached: { at: number; slots: number }[] = [];
      return {
        ...inTheEnd(
          () => 4 * p.patience.mean + grace / 1000,
          (world) => {
            const target = reached.findLast((r) => r.at <= world.now - grace)?.slots ?? 0;
            for (const { id } of world.actors) {
              const state: unknown = world.state(id);
              if (isPart(state, 'learner') && state.replica.applied.length < target)
                return `${id} has applied ${state.replica.applied.length} slots; ${target} were applied elsewhere ${ms(grace)} ago`;
            }
            return undefined;
          },
        )(p),
        changed(_node, _before, after, world) {
          const slots = isPart(after, 'leader') ? after.replica.applied.length : 0;
          if (slots > (reached.at(-1)?.slots ?? 0)) reached.push({ at: world.now, slots });
          return undefined;
        },
      };
    },
  },
};
