import type { Finding, Meter, Monitor, Property, World } from '../../src/sim/scenario.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import type { CustomerState } from './customer.ts';
import type { Entry, Ledger } from './ledger.ts';
import type { P } from './params.ts';
import { RESERVE, STEPS, title } from './plan.ts';
import type { OrchestratorState } from './protocol.ts';

interface Effected extends Entry {
  readonly node: string;
  readonly at: number;
}

/**
 * Follows what the services have committed, across all of them, in order. A write lost in a crash leaves again
 * when the service comes back without it.
 */
class Books {
  log: Effected[] = [];
  readonly #seen = new Map<string, number>();
  readonly told = new Map<string, string>();
  readonly customers = new Map<string, CustomerState>();

  /** new entries, oldest first */
  see(node: string, after: unknown, world: World): Effected[] {
    const state = after as { ledger?: Ledger; order?: string } | undefined;
    if (state?.order !== undefined) {
      const c = after as CustomerState;
      this.customers.set(node, c);
      if (c.phase === 'told' && c.result) this.told.set(c.order, c.result);
    }
    if (!state?.ledger) return [];
    const before = this.#seen.get(node) ?? 0;
    const { entries } = state.ledger;
    this.#seen.set(node, entries.length);
    if (entries.length < before) {
      let kept = 0;
      this.log = this.log.filter((e) => e.node !== node || kept++ < entries.length);
      return [];
    }
    const fresh = entries.slice(before).map((e) => ({ ...e, node, at: world.now }));
    this.log.push(...fresh);
    return fresh;
  }

  /** how often a step's effect stands: 1 done, 0 never or undone, 2 twice, -1 undone without having run */
  balance(saga: string, index: number): number {
    let n = 0;
    for (const e of this.log)
      if (e.saga === saga && e.step === index) n += e.kind === 'do' ? 1 : e.kind === 'undo' ? -1 : 0;
    return n;
  }
  standing(saga: string): number[] {
    return STEPS.flatMap((_, i) => (this.balance(saga, i) > 0 ? [i] : []));
  }
  whole(saga: string): boolean {
    return STEPS.every((_, i) => this.balance(saga, i) === 1);
  }
  clean(saga: string): boolean {
    return STEPS.every((_, i) => this.balance(saga, i) === 0);
  }
  left(saga: string): string {
    const names = this.standing(saga).map((i) => title(i, 'do'));
    return names.length === 0
      ? 'an effect was undone twice'
      : `${names.join(' and ')} ${names.length > 1 ? 'stand' : 'stands'}`;
  }
}

const ms = (us: number) => `${Math.round(us / 1000)} ms`;

const watch = (
  each: (e: Effected, books: Books, world: World) => Finding,
  also?: (books: Books, world: World) => Finding,
): Monitor => {
  const books = new Books();
  return {
    changed(node, _before, after, world) {
      for (const e of books.see(node, after, world)) {
        const found = each(e, books, world);
        if (found) return found;
      }
      return also?.(books, world);
    },
  };
};

/** Orders the coordinator itself declares stuck. */
const declaredStuck = (world: World): Set<string> => {
  const node = world.actors.find((a) => a.part === 'orchestrator');
  const state = node && (world.state(node.id) as OrchestratorState | undefined);
  return new Set(
    Object.values(state?.sagas ?? {})
      .filter((s) => s.phase.at === 'stuck')
      .map((s) => s.id),
  );
};

/** Notices whether, and since when, nothing is broken any more. */
class Calm {
  since = 0;
  #broken = new Set<string>();
  #rate = 0;
  event(e: TraceEvent): void {
    if (e.kind !== 'fault') return;
    this.since = e.at;
    if (e.fault === 'partition' || e.fault === 'cut') this.#broken.add('network');
    else if (e.fault === 'heal') this.#broken.delete('network');
    else if (e.fault === 'byzantine') this.#broken.add('byzantine');
    else if (e.fault === 'loss') this.#rate = e.rate;
    for (const n of e.nodes) {
      if (e.fault === 'crash' || e.fault === 'pause') this.#broken.add(n);
      if (e.fault === 'restart' || e.fault === 'resume') this.#broken.delete(n);
      if (e.fault === 'restart' && e.wipe) this.#broken.add('wiped');
      if (e.fault === 'slow-disk' || e.fault === 'delay') this.#broken.add('slow');
    }
    if (e.fault === 'delay') this.#broken.add('slow');
  }
  get holds(): boolean {
    return this.#broken.size === 0 && this.#rate <= 0.3;
  }
}

export const properties: Record<string, Property<P>> = {
  'never silently half-done': {
    kind: 'eventually',
    what: 'in the end each order is T1…T4, or T1…Tj Cj…C1, or somebody has been told that it is stuck (Garcia-Molina & Salem 1987)',
    monitor() {
      const books = new Books();
      return {
        changed: (node, _b, after, world) => {
          books.see(node, after, world);
          return undefined;
        },
        end(world) {
          const stuck = declaredStuck(world);
          for (const c of books.customers.values()) {
            const { order } = c;
            if (books.whole(order) || books.clean(order)) continue;
            const told = c.phase === 'alarmed' || c.result === 'stuck' || stuck.has(order);
            if (!told) return `${order} ends half-done and nobody is told: ${books.left(order)}`;
          }
          return undefined;
        },
      };
    },
  },
  'every saga ends': {
    kind: 'eventually',
    what: 'with every node up again for a second, no accepted order is left open: it is done, undone or declared stuck',
    monitor(params) {
      const books = new Books();
      const calm = new Calm();
      return {
        changed: (node, _b, after, world) => {
          books.see(node, after, world);
          return undefined;
        },
        event: (e) => {
          calm.event(e);
          return undefined;
        },
        end(world) {
          const rested = world.now - calm.since >= 1_000_000 && params.loss <= 0.3;
          if (!calm.holds || !rested || world.actors.some((a) => !world.up(a.id))) return undefined;
          const stuck = declaredStuck(world);
          for (const c of books.customers.values()) {
            if (c.phase === 'told' || stuck.has(c.order)) continue;
            if (c.phase === 'waiting' || c.phase === 'placing') continue;
            return `${c.order} was accepted and is still open although all nodes are up: ${books.clean(c.order) ? 'nothing stands' : books.left(c.order)}`;
          }
          return undefined;
        },
      };
    },
  },
  'no effect twice': {
    kind: 'always',
    what: 'each step and each compensation of an order takes effect at most once, however often it is asked for',
    monitor: () =>
      watch((e, books) => {
        const n = books.balance(e.saga, e.step);
        if (n > 1) return `${e.node} did ${title(e.step, 'do')} for ${e.saga} twice, at ${ms(e.at)}`;
        if (n < 0) return `${e.node} did ${title(e.step, 'undo')} for ${e.saga} twice, at ${ms(e.at)}`;
        return undefined;
      }),
  },
  'a late original is blocked': {
    kind: 'always',
    what: 'a step never takes effect after its compensation was answered',
    monitor: () =>
      watch((e, books) => {
        if (e.kind !== 'do') return undefined;
        const gone = books.log.find(
          (x) =>
            x.saga === e.saga && x.step === e.step && (x.kind === 'undo' || x.kind === 'block') && x !== e,
        );
        return gone
          ? `${title(e.step, 'do')} for ${e.saga} took effect at ${ms(e.at)}, after its compensation at ${ms(gone.at)}: nobody will undo it`
          : undefined;
      }),
  },
  'compensations in reverse order': {
    kind: 'always',
    what: 'Ck takes effect only when no later step of the same order stands (T1…Tj, Cj…C1)',
    monitor: () =>
      watch((e, books) => {
        if (e.kind !== 'undo' && e.kind !== 'block') return undefined;
        const later = books.standing(e.saga).find((i) => i > e.step);
        return later === undefined
          ? undefined
          : `${title(e.step, 'undo')} for ${e.saga} took effect at ${ms(e.at)} while ${title(later, 'do')} still stood`;
      }),
  },
  'the answer is true': {
    kind: 'always',
    what: 'a customer told "done" has all four effects, one told "undone" has none, from then on',
    monitor: () => {
      const check = (books: Books, world: World): Finding => {
        for (const [saga, result] of books.told) {
          if (result === 'done' && !books.whole(saga))
            return `${saga} was reported done at ${ms(world.now)}, but ${books.clean(saga) ? 'nothing stands' : `only ${books.left(saga)}`}`;
          if (result === 'undone' && !books.clean(saga))
            return `${saga} was reported undone, but at ${ms(world.now)} ${books.left(saga)}`;
        }
        return undefined;
      };
      return watch((_e, books, world) => check(books, world), check);
    },
  },
  'no decision on a pending value': {
    kind: 'always',
    what: 'no order is refused because of an effect that is later undone (isolation, which a saga lacks; a semantic lock restores it)',
    promised: (p) => p.lock,
    monitor: () =>
      watch((e, books) => {
        if (e.kind !== 'undo' || e.step !== RESERVE) return undefined;
        const misled = books.log.find((x) => x.kind === 'refuse' && x.because.includes(e.saga));
        return misled
          ? `${misled.saga} was sent away at ${ms(misled.at)} because ${e.saga} held the item, and ${e.saga} gave it back at ${ms(e.at)}`
          : undefined;
      }),
  },
  'a step that never ran is compensated': {
    kind: 'sometimes',
    what: 'an unknown outcome turns out to be a step that never ran, and its compensation blocks it',
    monitor: () => watch((e) => (e.kind === 'block' ? `${e.saga} at ${ms(e.at)}` : undefined)),
  },
  'a repeat is absorbed': {
    kind: 'sometimes',
    what: 'a request arrives twice and the second one changes nothing',
    monitor: () => ({
      changed: (_node, _before, after) => {
        const n = (after as { ledger?: Ledger } | undefined)?.ledger?.absorbed ?? 0;
        return n > 0 ? 'absorbed' : undefined;
      },
    }),
  },
};

export const metrics = {
  orders_done: { unit: 'orders', what: 'orders whose customers were told they are done' },
  orders_undone: { unit: 'orders', what: 'orders compensated as a whole' },
  orders_stuck: { unit: 'orders', what: 'orders reported to an operator' },
  misled: { unit: 'orders', what: 'orders refused because of an item that was given back later' },
  effects: { unit: 'effects', what: 'steps that took effect' },
  compensations: { unit: 'effects', what: 'compensations that took effect' },
  left_standing: { unit: 'effects', what: 'effects that stand at the end of orders that are not done' },
  blocked: { unit: 'steps', what: 'steps compensated before they ran' },
  repeats_absorbed: { unit: 'requests', what: 'repeated requests answered from the record' },
  answer_ms: { unit: 'ms', what: 'mean time from placing an order to its answer' },
  undo_ms: { unit: 'ms', what: 'longest time from the first compensation to the last of one order' },
} as const;

export function meter(): Meter {
  const books = new Books();
  const placed = new Map<number, number>();
  const answers: number[] = [];
  const absorbed = new Map<string, number>();
  return {
    changed(node, _before, after, world) {
      books.see(node, after, world);
      const n = (after as { ledger?: Ledger } | undefined)?.ledger?.absorbed;
      if (n !== undefined) absorbed.set(node, n);
      return undefined;
    },
    event(e) {
      if (e.kind === 'invoke') placed.set(e.op, e.at);
      if (e.kind === 'return') {
        const from = placed.get(e.op);
        if (from !== undefined && e.outcome !== 'unknown') answers.push((e.at - from) / 1000);
      }
      return undefined;
    },
    end() {
      const all = [...books.customers.values()];
      const count = (kind: Entry['kind']) => books.log.filter((e) => e.kind === kind).length;
      const misled = books.log.filter(
        (e) =>
          e.kind === 'refuse' &&
          e.because.some((s) =>
            books.log.some((x) => x.kind === 'undo' && x.saga === s && x.step === RESERVE),
          ),
      ).length;
      const undo = all.map((c) => {
        const times = books.log
          .filter((e) => e.saga === c.order && (e.kind === 'undo' || e.kind === 'block'))
          .map((e) => e.at);
        return times.length ? (Math.max(...times) - Math.min(...times)) / 1000 : 0;
      });
      return {
        orders_done: all.filter((c) => c.result === 'done').length,
        orders_undone: all.filter((c) => c.result === 'undone').length,
        orders_stuck: all.filter((c) => c.result === 'stuck' || c.phase === 'alarmed').length,
        misled,
        effects: count('do'),
        compensations: count('undo'),
        left_standing: all
          .filter((c) => c.result !== 'done')
          .reduce((n, c) => n + books.standing(c.order).length, 0),
        blocked: count('block'),
        repeats_absorbed: [...absorbed.values()].reduce((a, b) => a + b, 0),
        ...(answers.length && { answer_ms: answers.reduce((a, b) => a + b, 0) / answers.length }),
        ...(count('undo') > 0 && { undo_ms: Math.max(0, ...undo) }),
      };
    },
  };
}
