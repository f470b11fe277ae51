import type { Run, Verdict } from './scenario.ts';
import type { TraceEvent } from './trace.ts';

/** What chat says of a run, as plain data that crosses a thread. */
export interface Summary {
  readonly title: string;
  readonly headline: string;
  /** `seed 7 · 5 nodes · 198 messages, 37 lost` */
  readonly recipeLine: string;
  readonly verdicts: readonly Verdict[];
  readonly metrics: readonly {
    readonly name: string;
    readonly value: number;
    readonly unit: string;
    readonly what: string;
  }[];
  /** one sentence an event worth telling, with its time: the picture's alt text */
  readonly story: readonly string[];
  readonly durationUs: number;
  /** events in the trace */
  readonly events: number;
  /** indices of the events a reader steps through (told events), in order */
  readonly moments: readonly number[];
  /** the sentence of the highlighted event */
  readonly stepText?: string;
  readonly cut?: string;
}

export type { Run, TraceEvent };
