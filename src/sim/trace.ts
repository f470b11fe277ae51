/**
 * What a run leaves behind. `at` is integer microseconds of virtual time; events stand in (time, sequence)
 * order. The same lines become the picture, its alt text, the story and the checkers' input.
 */
export type Outcome = 'ok' | 'fail' | 'unknown';

export type TraceEvent = { readonly at: number } & (
  | {
      readonly kind: 'send';
      readonly id: number;
      readonly from: string;
      readonly to: string;
      readonly type: string;
      readonly label: string;
      /** set when the network made this copy of an earlier message */
      readonly copyOf?: number;
    }
  | { readonly kind: 'deliver'; readonly id: number }
  | { readonly kind: 'drop'; readonly id: number; readonly why: DropReason }
  | { readonly kind: 'state'; readonly node: string; readonly state: string; readonly detail: string }
  | ({ readonly kind: 'fault' } & Fault)
  | {
      readonly kind: 'invoke';
      readonly op: number;
      readonly process: string;
      readonly f: string;
      readonly key: string;
      readonly value: Value;
    }
  | { readonly kind: 'return'; readonly op: number; readonly outcome: Outcome; readonly value: Value }
  | { readonly kind: 'note'; readonly node: string; readonly text: string }
  | { readonly kind: 'sample'; readonly series: string; readonly value: number }
);

export type EventOf<K extends TraceEvent['kind']> = Extract<TraceEvent, { kind: K }>;

/** A JSON value an operation carries: `null` for nothing, `[expected, new]` for compare-and-set. */
export type Value = null | boolean | number | string | readonly Value[];

export type DropReason = 'loss' | 'partition' | 'crashed' | 'silenced';

/** A fault with its targets resolved to node ids. `crash` keeps the disk unless the restart says `wipe`. */
export type Fault =
  | { readonly fault: 'crash' | 'pause' | 'resume'; readonly nodes: readonly string[] }
  | { readonly fault: 'restart'; readonly nodes: readonly string[]; readonly wipe?: boolean }
  /** nodes in different groups cannot talk; a node in no group can talk to every group */
  | {
      readonly fault: 'partition';
      readonly nodes: readonly string[];
      readonly groups: readonly (readonly string[])[];
    }
  /** one way: messages from `from` to `to` are lost, answers get through */
  | {
      readonly fault: 'cut';
      readonly nodes: readonly string[];
      readonly from: readonly string[];
      readonly to: readonly string[];
    }
  /** ends every partition and cut */
  | { readonly fault: 'heal'; readonly nodes: readonly string[] }
  /** share of messages lost (0..1), from now on, on every link */
  | { readonly fault: 'loss' | 'duplicate'; readonly nodes: readonly string[]; readonly rate: number }
  /** a share of messages is held back by up to `byMs` more, so that later ones overtake them */
  | {
      readonly fault: 'reorder';
      readonly nodes: readonly string[];
      readonly rate: number;
      readonly byMs: number;
    }
  /** one-way delay from now on, a distribution in ms; `nodes` empty for every link, else links touching them */
  | { readonly fault: 'delay'; readonly nodes: readonly string[]; readonly delay: string }
  /** time one write to the disk takes from now on, a distribution in ms */
  | { readonly fault: 'slow-disk'; readonly nodes: readonly string[]; readonly delay: string }
  /** the wall clock jumps by `offsetMs` and runs fast by `driftPpm` parts per million from now on */
  | {
      readonly fault: 'clock';
      readonly nodes: readonly string[];
      readonly offsetMs: number;
      readonly driftPpm: number;
    }
  /** from now on the node's messages pass through the scenario's behaviour of that name (`silent` always exists) */
  | { readonly fault: 'byzantine'; readonly nodes: readonly string[]; readonly behaviour: string };

export type FaultName = Fault['fault'];
