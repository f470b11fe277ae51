import type { AnyParams, Params, Values } from './params.ts';
import type { Here, Message, Protocol, Sampler } from './protocol.ts';
import type { FaultName, TraceEvent } from './trace.ts';

/**
 * A scenario is one protocol with what must hold of it, how it can be broken, and how to look at it.
 * It lives in `scenarios/<id>/scenario.ts` as the default export and is found at start-up.
 */

// biome-ignore lint/suspicious/noExplicitAny: parts of one scenario share messages but not states; each is typed where it is written
export type AnyProtocol = Protocol<any, any, any, any>;

export interface Actor {
  readonly id: string;
  /** key into the scenario's `parts` */
  readonly part: string;
}

/** For `withstands`: whatever can happen to honest nodes and their network, short of a wiped disk. */
export const NO_LIES: readonly FaultName[] = [
  'crash',
  'restart',
  'pause',
  'resume',
  'partition',
  'cut',
  'heal',
  'loss',
  'duplicate',
  'reorder',
  'slow-disk',
  'clock',
];

/** The run as monitors, targets and headlines see it. */
export interface World {
  /** µs of virtual time */
  readonly now: number;
  readonly actors: readonly Actor[];
  /** the state of a node as of its last handler; undefined while it is down */
  // biome-ignore lint/suspicious/noExplicitAny: a scenario reads its own states
  state(node: string): any;
  up(node: string): boolean;
  /** messages by type, and how many did not arrive, counted without anybody listening */
  readonly traffic: { readonly sent: ReadonlyMap<string, number>; readonly lost: number };
}

export type Finding = string | undefined;

/** Watches a run. A returned text is a violation, in words a learner understands, with the node and time named. */
export interface Monitor {
  /** after a handler changed a node's state (identity), or after it crashed (`after` undefined) */
  // biome-ignore lint/suspicious/noExplicitAny: a scenario reads its own states
  changed?(node: string, before: any, after: any, world: World): Finding;
  event?(event: TraceEvent, world: World): Finding;
  /** the kinds `event` is told of, all if left out; where nobody listens, events cost nothing */
  readonly listens?: readonly TraceEvent['kind'][];
  /** once, when the run is over */
  end?(world: World): Finding;
  /** the operations to blame, after a finding: the picture marks them */
  culprit?(): readonly number[] | undefined;
}

export interface Property<P> {
  /**
   * always: a safety property, a finding at any instant breaks it.
   * eventually: judged at the end (liveness within the run's length).
   * sometimes: must be seen in some runs of many; a monitor returns the sighting. Never fails a single run.
   */
  readonly kind: 'always' | 'eventually' | 'sometimes';
  /** the definition, with its source where it has one */
  readonly what: string;
  /** false where this configuration does not promise it (then it is left out of the verdicts). Default: always judged. */
  judged?(params: P): boolean;
  /**
   * false where the protocol in this configuration makes no such promise and the run is there to show it:
   * the verdict is still given, but a violation is the lesson, not a bug. Default true.
   */
  promised?(params: P): boolean;
  /** watches a run … */
  monitor?(params: P): Monitor;
  /** … or is a pure fold over state changes: then the explorer can check it too. One of the two. */
  fold?(params: P): Fold;
}

/**
 * A monitor as a pure function: what it has seen so far and one state change give what it has seen now, or the
 * violation as text. What it has seen is plain data (JSON), returned as the same object where nothing changed.
 */
// biome-ignore lint/suspicious/noExplicitAny: a scenario reads its own states
export interface Fold<G = any> {
  readonly start: G;
  // biome-ignore lint/suspicious/noExplicitAny: a scenario reads its own states
  changed(seen: G, node: string, before: any, after: any): G | string;
}

/** A planned fault. `at` in ms. A node may be a target in `@` form (`@leader`): resolved when it happens, waiting for one. */
export interface PlannedFault {
  readonly at: number;
  readonly fault: FaultName;
  readonly nodes?: readonly string[];
  /** partition: groups of nodes; `@rest` is every node of a lane not yet named */
  readonly groups?: readonly (readonly string[])[];
  readonly from?: readonly string[];
  readonly to?: readonly string[];
  readonly rate?: number;
  readonly byMs?: number;
  readonly delay?: string;
  readonly wipe?: boolean;
  readonly offsetMs?: number;
  readonly driftPpm?: number;
  readonly behaviour?: string;
}

export interface Preset<P extends AnyParams> {
  readonly title: string;
  /** one sentence: what to look at */
  readonly what: string;
  readonly set?: Partial<Record<keyof P & string, string | number | boolean>>;
  readonly faults?: readonly PlannedFault[];
  /** the seed shown when the learner names none; default 1 */
  readonly seed?: number;
  /** run a broken twin: the preset exists to show the violation */
  readonly twin?: string;
}

export interface Twin<P extends AnyParams> {
  /** the one rule that was removed */
  readonly what: string;
  /** property name it breaks */
  readonly breaks: string;
  /** protocols that replace the parts of the same name */
  readonly parts: Readonly<Record<string, AnyProtocol>>;
  /** where it is caught soonest; default: the first preset */
  readonly preset?: string;
  readonly set?: Partial<Record<keyof P & string, string | number | boolean>>;
}

export interface MetricInfo {
  readonly unit: string;
  readonly what: string;
}

/** Collects figures during the run; a figure that does not apply is left out. */
export interface Meter extends Omit<Monitor, 'end'> {
  end(world: World): Readonly<Record<string, number>>;
}

/** How a state or a message is drawn. Colours and marks belong to src/draw; a scenario names the role. */
export type Tone = 'quiet' | 'warm' | 'strong' | 'faded' | 'good' | 'bad' | 'odd' | 'second';
export type Ink = 'quiet' | 'reply' | 'ask' | 'grant' | 'data' | 'decide' | 'bad';

export interface Look<P> {
  /** parts whose actors get a lane, in order; the others' operations are drawn below */
  readonly lanes: readonly string[];
  /**
   * State name -> tone and legend word; a state not listed is quiet. `stale` is the word for a node that still holds
   * this state after another took it with a higher number in its detail (`leader, term 1` once there is a term 2).
   * `says` is how the story tells a state with a detail whose name is no adjective: `holds` makes it `stock holds o1`
   * instead of `stock is now holds, o1`.
   */
  readonly states: Readonly<Record<string, { tone: Tone; legend?: string; stale?: string; says?: string }>>;
  /** message type -> ink and legend word; `word` for the story where several types share one entry of the legend */
  readonly messages: Readonly<Record<string, { ink: Ink; legend: string; word?: string }>>;
  /** metric tracks under the lanes, for `sample` events */
  readonly tracks?: readonly Track[];
  /** what happened, from the run, at most ~60 characters: `The majority elects a new leader` */
  headline(run: Run<P>): string;
  /** the key figure as a measured span */
  span?(run: Run<P>): { readonly from: number; readonly to: number; readonly label: string } | undefined;
  /** what is simplified, and the source of the constants, one line */
  readonly footer?: string | ((params: P) => string | undefined);
  /** the window worth drawing in µs; default the whole run */
  window?(run: Run<P>): { readonly from: number; readonly to: number } | undefined;
}

export interface Track {
  readonly title: string;
  readonly unit: string;
  /** series names drawn on one axis */
  readonly series: readonly {
    readonly name: string;
    readonly legend: string;
    readonly tone: Tone;
    readonly as?: 'line' | 'area' | 'step';
    /** instead of samples: how many nodes are in one of these states */
    readonly states?: readonly string[];
  }[];
  /** a limit drawn as a line, from the parameters */
  readonly limit?: { readonly legend: string; readonly param?: string; readonly value?: number };
}

/** A question made from a run of this scenario: nothing in it is written beforehand. */
export interface Generator<P> {
  readonly id: string;
  readonly topic: string;
  readonly level: 1 | 2 | 3 | 4 | 5;
  readonly preset: string;
  /** undefined where this seed's run has no such moment */
  make(
    run: Run<P>,
    random: () => number,
  ):
    | {
        /** draw the run up to here (µs), then ask */
        readonly until: number;
        readonly prompt: string;
        readonly choices: readonly { readonly text: string; readonly right: boolean; readonly why: string }[];
        readonly explanation: string;
      }
    | undefined;
}

export interface Scenario<P extends AnyParams = AnyParams> {
  readonly id: string;
  readonly title: string;
  /** one line for lists */
  readonly summary: string;
  readonly topic: string;
  readonly sources: readonly string[];
  readonly params: P;
  /** contradictory parameters: which and why */
  check?(params: Values<P>): string | undefined;
  readonly presets: Readonly<Record<string, Preset<P>>>;
  readonly parts: Readonly<Record<string, AnyProtocol>>;
  actors(params: Values<P>): readonly Actor[];
  /** virtual length of the run, ms */
  length(params: Values<P>): number;
  network?(params: Values<P>): Network;
  /** `@name` in fault plans: the node it means now, or undefined while there is none */
  readonly targets?: Readonly<Record<string, (world: World) => string | readonly string[] | undefined>>;
  /** Byzantine behaviours: what becomes of a message the liar sends */
  readonly behaviours?: Readonly<
    Record<string, (message: Message, to: string, here: Here<Values<P>>) => Message | undefined>
  >;
  /**
   * Why a fault somebody asks for would show nothing true, and what to change instead: where one actor plays callers and
   * service alike, its crash takes the figures along and a cut has no messages to lose. Undefined lets it happen.
   */
  pointless?(params: Values<P>, fault: Pick<PlannedFault, 'fault' | 'nodes'>): string | undefined;
  /** faults at any moment and in any number under which every promised `always` property must still hold */
  readonly withstands?: readonly FaultName[];
  /**
   * true for a change of state that no property and no metric looks at, such as a leader's heartbeat being heard. Asked
   * before any of them, so that the commonest changes cost one call. Neither state is undefined.
   */
  // biome-ignore lint/suspicious/noExplicitAny: a scenario reads its own states
  quiet?(before: any, after: any): boolean;
  readonly properties: Readonly<Record<string, Property<Values<P>>>>;
  readonly twins: Readonly<Record<string, Twin<P>>>;
  readonly metrics: Readonly<Record<string, MetricInfo>>;
  meter?(params: Values<P>): Meter;
  readonly look: Look<Values<P>>;
  readonly generators?: readonly Generator<Values<P>>[];
}

export interface Network {
  /** one-way delay in ms */
  readonly latency: Sampler;
  /** share lost, 0..1 */
  readonly loss?: number;
  readonly duplicate?: number;
  /** one-way delay of links that touch an actor of this part, such as clients near their server */
  readonly near?: Readonly<Record<string, Sampler>>;
  /** one-way delay by type of message, where requests and replies are told apart; others take `latency` */
  readonly legs?: Readonly<Record<string, Sampler>>;
  /** time one `save` takes, ms; default none */
  readonly disk?: Sampler;
}

export interface Verdict {
  readonly property: string;
  readonly holds: boolean;
  /** what was found and when, or what was checked */
  readonly detail: string;
  readonly kind: 'always' | 'eventually';
  /** false: this configuration does not promise it, the violation is the lesson */
  readonly promised: boolean;
  /** µs of the first violation */
  readonly at?: number;
  /** the operations to blame, by number */
  readonly ops?: readonly number[];
}

/** A run is a recipe; everything else about it is computed again on demand. */
export interface Recipe {
  readonly scenario: string;
  readonly preset: string;
  readonly seed: number;
  /** parameters over the preset's, as written */
  readonly set: Readonly<Record<string, string>>;
  readonly twin?: string;
  readonly interventions: readonly Intervention[];
  /** what happens next, step by step, as the explorer found it; then latencies and timers do not count */
  readonly schedule?: readonly Choice[];
}

/** One event of a schedule. Messages are named by their content, since nothing else tells two apart. */
export type Choice =
  | {
      readonly do: 'deliver' | 'repeat';
      readonly from: string;
      readonly to: string;
      readonly message: string;
    }
  | {
      readonly do: 'fire';
      readonly node: string;
      readonly timer: string;
      /** what the timer carries, as JSON: tells several of one name apart */
      readonly data?: string;
    }
  | { readonly do: 'crash'; readonly node: string }
  | { readonly do: 'restart'; readonly node: string };

/** A fault injected after everything that happens at `atUs`. */
export type Intervention = Omit<PlannedFault, 'at'> & { readonly atUs: number };

// biome-ignore lint/suspicious/noExplicitAny: a run is read by code that does not know its scenario's parameters
export interface Run<P = any> {
  readonly recipe: Recipe;
  readonly scenario: Scenario;
  readonly params: P;
  readonly durationUs: number;
  readonly events: readonly TraceEvent[];
  readonly verdicts: readonly Verdict[];
  /** sightings of `sometimes` properties */
  readonly seen: Readonly<Record<string, boolean>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly actors: readonly Actor[];
  /** why the run or its trace was cut short, in words; undefined if it was not */
  readonly cut?: string;
  readonly steps: number;
}

/** Gives a scenario its type; every rule about scenarios is checked where they are loaded. */
export const scenario = <const P extends AnyParams>(definition: Scenario<P>): Scenario =>
  definition as unknown as Scenario;

export type { AnyParams, Params, Values };
