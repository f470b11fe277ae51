import type { Finding, Meter, Property, World } from '../../src/sim/scenario.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import { type Books, balance, clean, type Effected, left, NO_BOOKS, read, standing, whole } from './books.ts';
import type { CustomerState } from './customer.ts';
import type { Entry, Ledger } from './ledger.ts';
import type { P } from './params.ts';
import { RESERVE, title } from './plan.ts';
import type { OrchestratorState } from './protocol.ts';

/** A property of each new entry in the books, and of the books as a whole: a fold, so that the explorer checks it too. */
const booked = (
  what: string,
  each: (e: Effected, books: Books) => Finding,
  all: (books: Books) => Finding = () => undefined,
): Pick<Property<P>, 'what' | 'fold'> => ({
  what,
  fold: () => ({
    start: NO_BOOKS,
    changed(seen: Books, node, _before, after) {
      const books = read(seen, node, after);
      if (books === seen) return seen;
      for (let i = seen.log.length; i < books.log.length; i++) {
        const found = each(books.log[i] as Effected, books);
        if (found) return found;
      }
      return all(books) ?? books;
    },
  }),
});

/** The books and the customers as the run goes on. */
class Reader {
  books = NO_BOOKS;
  readonly customers = new Map<string, CustomerState>();
  /** when each entry of the log was made, µs */
  readonly at = new Map<Effected, number>();

  see(node: string, after: unknown, world: World): void {
    if ((after as CustomerState | undefined)?.order !== undefined)
      this.customers.set(node, after as CustomerState);
    const before = this.books;
    this.books = read(before, node, after);
    for (const e of this.books.log.slice(before.log.length)) this.at.set(e, world.now);
  }
}

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

/**
 * Whether, and since when, every node is up and connected. Repeated, reordered and a few lost messages do not count as
 * trouble here: a saga must end under them all the same.
 */
class Repaired {
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
      const reader = new Reader();
      return {
        changed: (node, _b, after, world) => {
          reader.see(node, after, world);
          return undefined;
        },
        end(world) {
          const stuck = declaredStuck(world);
          for (const c of reader.customers.values()) {
            const { order } = c;
            if (whole(reader.books, order) || clean(reader.books, order)) continue;
            const told = c.phase === 'alarmed' || c.result === 'stuck' || stuck.has(order);
            if (!told) return `${order} ends half-done and nobody is told: ${left(reader.books, order)}`;
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
      const reader = new Reader();
      const repaired = new Repaired();
      return {
        changed: (node, _b, after, world) => {
          reader.see(node, after, world);
          return undefined;
        },
        event: (e) => {
          repaired.event(e);
          return undefined;
        },
        end(world) {
          const rested = world.now - repaired.since >= 1_000_000 && params.loss <= 0.3;
          if (!repaired.holds || !rested || world.actors.some((a) => !world.up(a.id))) return undefined;
          const stuck = declaredStuck(world);
          for (const c of reader.customers.values()) {
            if (c.phase === 'told' || stuck.has(c.order)) continue;
            if (c.phase === 'waiting' || c.phase === 'placing') continue;
            return `${c.order} was accepted and is still open although all nodes are up: ${clean(reader.books, c.order) ? 'nothing stands' : left(reader.books, c.order)}`;
          }
          return undefined;
        },
      };
    },
  },
  'no effect twice': {
    kind: 'always',
    ...booked(
      'each step and each compensation of an order takes effect at most once, however often it is asked for',
      (e, books) => {
        const n = balance(books, e.saga, e.step);
        if (n > 1) return `${e.node} did ${title(e.step, 'do')} for ${e.saga} twice`;
        if (n < 0) return `${e.node} did ${title(e.step, 'undo')} for ${e.saga} twice`;
        return undefined;
      },
    ),
  },
  'a late original is blocked': {
    kind: 'always',
    ...booked('a step never takes effect after its compensation was answered', (e, books) => {
      const gone = books.log.some(
        (x) => x.saga === e.saga && x.step === e.step && (x.kind === 'undo' || x.kind === 'block'),
      );
      return e.kind === 'do' && gone
        ? `${title(e.step, 'do')} for ${e.saga} took effect after its compensation: nobody will undo it`
        : undefined;
    }),
  },
  'compensations in reverse order': {
    kind: 'always',
    ...booked(
      'Ck takes effect only when no later step of the same order stands (T1…Tj, Cj…C1)',
      (e, books) => {
        if (e.kind !== 'undo' && e.kind !== 'block') return undefined;
        const later = standing(books, e.saga).find((i) => i > e.step);
        return later === undefined
          ? undefined
          : `${title(e.step, 'undo')} for ${e.saga} took effect while ${title(later, 'do')} still stood`;
      },
    ),
  },
  'the answer is true': {
    kind: 'always',
    ...booked(
      'a customer told "done" has all four effects, one told "undone" has none, from then on',
      () => undefined,
      (books) => {
        for (const [saga, result] of Object.entries(books.told)) {
          if (result === 'done' && !whole(books, saga))
            return `${saga} was reported done, but ${clean(books, saga) ? 'nothing stands' : `only ${left(books, saga)}`}`;
          if (result === 'undone' && !clean(books, saga))
            return `${saga} was reported undone, but ${left(books, saga)}`;
        }
        return undefined;
      },
    ),
  },
  'no decision on a pending value': {
    kind: 'always',
    promised: (p) => p.lock,
    ...booked(
      'no order is refused because of an effect that is later undone (isolation, which a saga lacks; a semantic lock restores it)',
      (e, books) => {
        if (e.kind !== 'undo' || e.step !== RESERVE) return undefined;
        const misled = books.log.find((x) => x.kind === 'refuse' && x.because.includes(e.saga));
        return misled
          ? `${misled.saga} was sent away because ${e.saga} held the item, and now ${e.saga} gives it back`
          : undefined;
      },
    ),
  },
  'a step that never ran is compensated': {
    kind: 'sometimes',
    ...booked(
      'an unknown outcome turns out to be a step that never ran, and its compensation blocks it',
      (e) => (e.kind === 'block' ? `${title(e.step, 'undo')} of ${e.saga}` : undefined),
    ),
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
  const reader = new Reader();
  const placed = new Map<number, number>();
  const answers: number[] = [];
  const absorbed = new Map<string, number>();
  return {
    changed(node, _before, after, world) {
      reader.see(node, after, world);
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
      const all = [...reader.customers.values()];
      const count = (kind: Entry['kind']) => reader.books.log.filter((e) => e.kind === kind).length;
      const misled = reader.books.log.filter(
        (e) =>
          e.kind === 'refuse' &&
          e.because.some((s) =>
            reader.books.log.some((x) => x.kind === 'undo' && x.saga === s && x.step === RESERVE),
          ),
      ).length;
      const undo = all.map((c) => {
        const times = reader.books.log
          .filter((e) => e.saga === c.order && (e.kind === 'undo' || e.kind === 'block'))
          .map((e) => reader.at.get(e) ?? 0);
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
          .reduce((n, c) => n + standing(reader.books, c.order).length, 0),
        blocked: count('block'),
        repeats_absorbed: [...absorbed.values()].reduce((a, b) => a + b, 0),
        ...(answers.length && { answer_ms: answers.reduce((a, b) => a + b, 0) / answers.length }),
        ...(count('undo') > 0 && { undo_ms: Math.max(0, ...undo) }),
      };
    },
  };
}
