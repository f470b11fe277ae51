import type { Outcome, Value } from './trace.ts';

/**
 * A protocol decides; the kernel acts. A handler gets a state and what happened and returns
 * `[nextState, ...effects]`: no clock of its own, no dice of its own, no `await`. So one seed is one story,
 * and the same handlers serve the simulator, the state explorer and the grader.
 *
 * States are treated as immutable (the checkers compare before and after, the explorer keeps many). A protocol
 * for load (millions of requests, never explored) may keep a mutable state and return the same object.
 */
export interface Protocol<S, M extends Message, T extends string = string, P = unknown> {
  /** First boot (`disk` undefined) and every restart (`disk` is what the last finished `save` wrote). */
  start(here: Here<P>, disk: unknown): Step<S, M, T>;
  /** What is done on every message before its handler, such as adopting a higher term. */
  first?(state: S, message: M, from: string, here: Here<P>): Step<S, M, T>;
  on: {
    [K in M['type']]: (
      state: S,
      message: Extract<M, { type: K }>,
      from: string,
      here: Here<P>,
    ) => Step<S, M, T>;
  };
  after: { [K in T]: (state: S, here: Here<P>, data: unknown) => Step<S, M, T> };
}

export interface Message {
  readonly type: string;
}

export type Step<S, M extends Message, T extends string = string> = readonly [S, ...Effect<M, T>[]];

/** What a handler may know. One object a node, valid only during the call. */
export interface Here<P = unknown> {
  readonly self: string;
  /** every other node of the same part, in order */
  readonly peers: readonly string[];
  /** every node of a part, in order */
  part(name: string): readonly string[];
  readonly params: P;
  /** the node's own wall clock in µs: may be skewed, drift and jump */
  readonly clock: number;
  /** µs since the run began by the node's own oscillator: drifts, never jumps */
  readonly uptime: number;
  /** uniform in [0, 1), from this node's own seeded stream */
  random(): number;
  /** uniform whole number in [low, high] */
  between(low: number, high: number): number;
  /** one value of a distribution given in ms, as whole µs, at least 0 */
  draw(ms: Sampler): number;
  /** a number unique in the run, for operations */
  unique(): number;
}

/** A distribution in its written unit; see chance.ts for the grammar. */
export interface Sampler {
  readonly text: string;
  /** the mean where it exists, else Infinity */
  readonly mean: number;
  sample(random: () => number): number;
}

export type Effect<M extends Message = Message, T extends string = string> =
  | { readonly do: 'send'; readonly to: string; readonly message: M; readonly label: string | undefined }
  /** start or restart the timer of that name; one of a name runs at a time. `us` by the node's own oscillator */
  | { readonly do: 'set'; readonly timer: T; readonly us: number; readonly data: unknown }
  /** one more independent firing of `after[timer]`, not replaced by others and not cancellable */
  | { readonly do: 'later'; readonly timer: T; readonly us: number; readonly data: unknown }
  | { readonly do: 'cancel'; readonly timer: T }
  /** durable write: the effects after it in the list happen once the disk has it; a crash before loses both */
  | { readonly do: 'save'; readonly disk: unknown; readonly us: number | undefined }
  | { readonly do: 'become'; readonly state: string; readonly detail: string }
  | { readonly do: 'note'; readonly text: string }
  | { readonly do: 'sample'; readonly series: string; readonly value: number }
  | {
      readonly do: 'invoke';
      readonly op: number;
      readonly f: string;
      readonly key: string;
      readonly value: Value;
    }
  | { readonly do: 'return'; readonly op: number; readonly outcome: Outcome; readonly value: Value };

/** `label` is the short text on the picture's arrow, built only where it is needed. */
export const send = <M extends Message>(to: string, message: M, label?: string): Effect<M, never> => ({
  do: 'send',
  to,
  message,
  label,
});
export const sendAll = <M extends Message>(
  to: readonly string[],
  message: M,
  label?: string,
): Effect<M, never>[] => to.map((node) => send(node, message, label));
export const set = <T extends string>(timer: T, us: number, data?: unknown): Effect<never, T> => ({
  do: 'set',
  timer,
  us,
  data,
});
export const later = <T extends string>(timer: T, us: number, data?: unknown): Effect<never, T> => ({
  do: 'later',
  timer,
  us,
  data,
});
export const cancel = <T extends string>(timer: T): Effect<never, T> => ({ do: 'cancel', timer });
/**
 * `us` overrides the disk's own write time for this write. Saving the very object that was saved last writes nothing:
 * what follows waits only until that write is done. So "durable before it is answered" can be said before every answer.
 */
export const save = (disk: unknown, us?: number): Effect<never, never> => ({ do: 'save', disk, us });
/** The label of the node's bar in the picture, such as `leader`, `term 3`. */
export const become = (state: string, detail = ''): Effect<never, never> => ({ do: 'become', state, detail });
/** One sentence of the story, in the third person without the node's name: `stands for term 2`. */
export const note = (text: string): Effect<never, never> => ({ do: 'note', text });
export const sample = (series: string, value: number): Effect<never, never> => ({
  do: 'sample',
  series,
  value,
});
/** A client operation begins; `op` comes from `here.unique()`. */
export const invoke = (op: number, f: string, key: string, value: Value = null): Effect<never, never> => ({
  do: 'invoke',
  op,
  f,
  key,
  value,
});
/** It ends. `unknown` leaves it open for ever: it may take effect later or never. */
export const returned = (op: number, outcome: Outcome, value: Value = null): Effect<never, never> => ({
  do: 'return',
  op,
  outcome,
  value,
});
