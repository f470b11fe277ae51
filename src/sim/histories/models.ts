import type { Op } from '../history.ts';
import type { Value } from '../trace.ts';

/**
 * What an object does when it is used by one process at a time. Objects are told apart by their key: a history is
 * linearizable if it is so key by key (Herlihy & Wing 1990, theorem 1), sequential consistency has no such luck.
 */
export interface Model {
  readonly name: ModelName;
  readonly initial: Value;
  readonly functions: readonly string[];
  /** the state after the operation, or undefined where it could not have had this result */
  step(state: Value, op: Op): Value | undefined;
  /** changes nothing: its place can be chosen as soon as its result fits */
  reads(op: Op): boolean;
  /** the value by which others may have noticed the operation; operations of one value are removed together */
  mark(op: Op): Value | undefined;
  /** false where `notices` never holds */
  mayNotice(op: Op): boolean;
  /** would the other operation's result show that a value of this mark was there? */
  notices(op: Op, mark: Value): boolean;
  /** what is wrong with an operation as written, undefined for nothing */
  wrong(f: string, value: unknown): string | undefined;
}

export type ModelName = 'register' | 'cas-register' | 'queue' | 'map';
export const modelNames: readonly ModelName[] = ['register', 'cas-register', 'queue', 'map'];

export function models(name: ModelName, initial?: Value): Model {
  switch (name) {
    case 'register':
      return register('register', ['read', 'write'], initial);
    case 'cas-register':
      return register('cas-register', ['read', 'write', 'cas'], initial);
    case 'queue':
      return queue(initial);
    case 'map':
      return map();
  }
}

export const same = (a: Value, b: Value): boolean =>
  a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));

function register(name: ModelName, functions: readonly string[], initial: Value = 0): Model {
  return {
    name,
    initial,
    functions,
    step(state, op) {
      switch (op.f) {
        case 'read':
          return op.outcome === 'unknown' || same(state, op.value) ? state : undefined;
        case 'cas': {
          const [expected, next] = op.value as readonly [Value, Value];
          if (same(state, expected)) return next;
          return op.outcome === 'unknown' ? state : undefined;
        }
        default:
          return op.value;
      }
    },
    reads: (op) => op.f === 'read',
    mark: (op) =>
      op.f === 'read' ? undefined : op.f === 'cas' ? (op.value as readonly Value[])[1] : op.value,
    mayNotice: (op) => op.f !== 'write',
    notices: (op, mark) =>
      op.f === 'read'
        ? same(op.value, mark)
        : op.f === 'cas' && same((op.value as readonly Value[])[0]!, mark),
    wrong(f, value) {
      if (f === 'cas' && !(Array.isArray(value) && value.length === 2))
        return 'cas takes [expected, new] as its value';
      return undefined;
    },
  };
}

function queue(initial: Value = []): Model {
  return {
    name: 'queue',
    initial,
    functions: ['enqueue', 'dequeue'],
    step(state, op) {
      const items = state as readonly Value[];
      if (op.f === 'enqueue') return [...items, op.value];
      if (op.outcome === 'unknown') return items.slice(1);
      if (items.length === 0) return op.value === null ? items : undefined;
      return op.value !== null && same(items[0]!, op.value) ? items.slice(1) : undefined;
    },
    // Finding it empty is a read; taking something out is not.
    reads: (op) => op.f === 'dequeue' && op.outcome === 'ok' && op.value === null,
    mark: (op) => (op.f === 'dequeue' && op.outcome === 'unknown' ? undefined : op.value),
    mayNotice: (op) => op.f === 'dequeue',
    notices: (op, mark) => op.outcome !== 'unknown' && same(op.value, mark),
    wrong: () => undefined,
  };
}

/** A key that was never written reads as null (or as the empty text). */
function map(): Model {
  const missing = (value: Value) => value === null || value === '';
  return {
    name: 'map',
    initial: null,
    functions: ['get', 'put', 'append'],
    step(state, op) {
      switch (op.f) {
        case 'get':
          if (op.outcome === 'unknown' || same(state, op.value)) return state;
          return missing(state) && missing(op.value) ? state : undefined;
        case 'append':
          if (typeof op.value === 'string' && (typeof state === 'string' || state === null))
            return (state ?? '') + op.value;
          return state === null
            ? [op.value]
            : Array.isArray(state)
              ? [...state, op.value]
              : [state, op.value];
        default:
          return op.value;
      }
    },
    reads: (op) => op.f === 'get',
    mark: (op) => (op.f === 'get' ? undefined : op.value),
    mayNotice: (op) => op.f === 'get',
    notices(op, mark) {
      if (op.f !== 'get') return false;
      if (typeof op.value === 'string' && typeof mark === 'string') return op.value.includes(mark);
      return Array.isArray(op.value) ? op.value.some((v) => same(v, mark)) : same(op.value, mark);
    },
    wrong: () => undefined,
  };
}

/** Gives each different state of a model a small number, and remembers what an operation makes of it. */
export class States {
  readonly #model: Model;
  readonly #values: Value[] = [];
  readonly #ids = new Map<string, number>();
  readonly #next = new Map<number, number>();

  constructor(model: Model) {
    this.#model = model;
  }

  id(value: Value): number {
    const key = JSON.stringify(value);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#values.length;
      this.#values.push(value);
      this.#ids.set(key, id);
    }
    return id;
  }

  /** the state after the operation, -1 where it is not allowed; `index` names the operation */
  step(state: number, op: Op, index: number): number {
    const key = state * 2 ** 26 + index;
    let next = this.#next.get(key);
    if (next === undefined) {
      const value = this.#model.step(this.#values[state]!, op);
      next = value === undefined ? -1 : this.id(value);
      this.#next.set(key, next);
    }
    return next;
  }
}
