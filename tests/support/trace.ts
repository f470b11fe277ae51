import type { Look, Run, Scenario, Verdict } from '../../src/sim/scenario.ts';
import type { DropReason, Fault, Outcome, TraceEvent, Value } from '../../src/sim/trace.ts';

/** Builds a run by hand, in ms, where a test wants an exact picture and not a protocol's own course. */
export class TraceBuilder {
  readonly #events: (TraceEvent & { readonly order: number })[] = [];
  #ids = 0;
  #ops = 0;

  #add(at: number, event: Record<string, unknown>): void {
    const order = this.#events.length;
    this.#events.push({ ...event, at: Math.round(at * 1000), order } as TraceEvent & { order: number });
  }

  /** A message that arrives `took` ms later, is dropped then (`why`), or is still under way at the end (`null`). */
  message(
    at: number,
    from: string,
    to: string,
    type: string,
    took: number | null = 10,
    { label = '', why }: { label?: string; why?: DropReason } = {},
  ): this {
    const id = ++this.#ids;
    this.#add(at, { kind: 'send', id, from, to, type, label });
    if (took !== null) this.#add(at + took, why ? { kind: 'drop', id, why } : { kind: 'deliver', id });
    return this;
  }

  state(at: number, node: string, state: string, detail = ''): this {
    this.#add(at, { kind: 'state', node, state, detail });
    return this;
  }

  fault(at: number, fault: Fault): this {
    this.#add(at, { kind: 'fault', ...fault });
    return this;
  }

  /** `took` null: never answered */
  operation(
    at: number,
    process: string,
    f: string,
    took: number | null,
    {
      key = 'x',
      value = null,
      outcome = 'ok',
      answer = null,
    }: {
      key?: string;
      value?: Value;
      outcome?: Outcome;
      answer?: Value;
    } = {},
  ): this {
    const op = ++this.#ops;
    this.#add(at, { kind: 'invoke', op, process, f, key, value });
    if (took !== null) this.#add(at + took, { kind: 'return', op, outcome, value: answer });
    return this;
  }

  note(at: number, node: string, text: string): this {
    this.#add(at, { kind: 'note', node, text });
    return this;
  }

  sample(at: number, series: string, value: number): this {
    this.#add(at, { kind: 'sample', series, value });
    return this;
  }

  run(options: {
    readonly nodes: readonly string[];
    readonly clients?: readonly string[];
    readonly lengthMs: number;
    readonly look?: Partial<Look<unknown>>;
    readonly verdicts?: readonly Verdict[];
    readonly params?: Readonly<Record<string, unknown>>;
    readonly title?: string;
    readonly cut?: string;
  }): Run {
    const events = [...this.#events]
      .sort((a, b) => a.at - b.at || a.order - b.order)
      .map(({ order: _, ...event }) => event as TraceEvent);
    const scenario = {
      id: 'made-up',
      title: options.title ?? 'A made-up protocol',
      presets: { usual: { title: 'The usual', what: '' } },
      metrics: {},
      look: {
        lanes: ['server'],
        states: {},
        messages: {},
        headline: () => 'Something happened',
        ...options.look,
      },
    } as unknown as Scenario;
    return {
      recipe: { scenario: 'made-up', preset: 'usual', seed: 7, set: {}, interventions: [] },
      scenario,
      params: options.params ?? {},
      durationUs: options.lengthMs * 1000,
      events,
      verdicts: options.verdicts ?? [],
      seen: {},
      metrics: {},
      actors: [
        ...options.nodes.map((id) => ({ id, part: 'server' })),
        ...(options.clients ?? []).map((id) => ({ id, part: 'client' })),
      ],
      steps: events.length,
      ...(options.cut !== undefined && { cut: options.cut }),
    };
  }
}

export const verdict = (property: string, holds = true, more: Partial<Verdict> = {}): Verdict => ({
  property,
  holds,
  detail: holds ? 'checked' : 'found',
  kind: 'always',
  promised: true,
  ...more,
});
