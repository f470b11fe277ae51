import type { Finding, Monitor, World } from '../../src/sim/scenario.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import type { ClientState } from './client.ts';
import { enough, type P } from './params.ts';
import type { State } from './state.ts';

/** What checkers and meters share: who is honest, and since when nothing is in the way. */

export const isReplica = (state: unknown): state is State =>
  (state as { is?: string } | undefined)?.is === 'replica';
export const isClient = (state: unknown): state is ClientState =>
  (state as { is?: string } | undefined)?.is === 'client';

/** Traitors are known by the fault that makes them so: nothing is asked of them, from then on. */
export class Traitors {
  readonly #ids: Set<string> = new Set();

  hear(event: TraceEvent): void {
    if (event.kind === 'fault' && event.fault === 'byzantine')
      for (const id of event.nodes) this.#ids.add(id);
  }
  has(id: string): boolean {
    return this.#ids.has(id);
  }
  get all(): readonly string[] {
    return [...this.#ids];
  }
  /** what a finding adds where there are more of them than the group is built for */
  excuse(p: P): string {
    const n = this.#ids.size;
    return n > p.f || !enough(p)
      ? ` (${n} of ${p.replicas} ${n === 1 ? 'is a traitor' : 'are traitors'})`
      : '';
  }
}

/** A monitor of honest replicas; `before` undefined on a start, and never called for a crash. */
export const honest = (
  p: P,
  watch: (node: string, before: State | undefined, after: State, world: World) => Finding,
  event?: (event: TraceEvent, traitors: Traitors) => Finding,
): Monitor => {
  const traitors = new Traitors();
  return {
    event(e) {
      traitors.hear(e);
      return event?.(e, traitors);
    },
    changed(node, before, after, world) {
      if (!isReplica(after) || traitors.has(node)) return undefined;
      const found = watch(node, isReplica(before) ? before : undefined, after, world);
      return found === undefined ? undefined : found + traitors.excuse(p);
    },
  };
};

/** The network and the replicas as they are: since when do enough of them work undisturbed? */
export class Calm {
  #since = 0;
  readonly #disturbed: Set<string> = new Set();
  readonly #paused: Set<string> = new Set();
  readonly traitors = new Traitors();

  constructor(p: P) {
    if (p.loss > 0) this.#disturbed.add('loss');
  }

  hear(event: TraceEvent): void {
    this.traitors.hear(event);
    if (event.kind !== 'fault') return;
    this.#since = event.at;
    const { fault } = event;
    if (fault === 'partition' || fault === 'cut') this.#disturbed.add('cut');
    if (fault === 'heal') this.#disturbed.delete('cut');
    if (fault === 'loss' || fault === 'reorder')
      if (event.rate > 0) this.#disturbed.add(fault);
      else this.#disturbed.delete(fault);
    if (fault === 'delay' || fault === 'slow-disk') this.#disturbed.add(fault);
    if (fault === 'pause') for (const id of event.nodes) this.#paused.add(id);
    if (fault === 'resume') for (const id of event.nodes) this.#paused.delete(id);
    if (fault === 'restart' && event.wipe) this.#disturbed.add('wipe');
  }

  /** µs since when at most f replicas fail and the network is undisturbed; undefined while it is not so */
  since(world: World, p: P): number | undefined {
    const failing = world.actors.filter(
      (a) => a.part === 'replica' && (!world.up(a.id) || this.#paused.has(a.id) || this.traitors.has(a.id)),
    ).length;
    return this.#disturbed.size > 0 || failing > p.f ? undefined : this.#since;
  }
}
