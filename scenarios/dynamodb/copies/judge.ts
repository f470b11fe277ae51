import { historyMonitor } from '../../../src/sim/histories/monitor.ts';
import type { Monitor, Property, World } from '../../../src/sim/scenario.ts';
import { Undisturbed } from '../../../src/sim/undisturbed.ts';
import type { AccountState } from './account.ts';
import type { BaseState, IndexState } from './gsi.ts';
import type { RegionState } from './mrec.ts';
import type { StrongState } from './mrsc-state.ts';
import type { P } from './params.ts';
import type { Entry, ReplicaState } from './partition.ts';

/** Shared by the properties: states by kind, histories by kind of read. */

const kindOf = (state: unknown) =>
  typeof state === 'object' && state !== null && 'kind' in state ? state.kind : undefined;
export const isReplica = (s: unknown): s is ReplicaState => kindOf(s) === 'replica';
export const isBase = (s: unknown): s is BaseState => kindOf(s) === 'base';
export const isIndex = (s: unknown): s is IndexState => kindOf(s) === 'index';
export const isAccount = (s: unknown): s is AccountState => kindOf(s) === 'account';
export const isRegion = (s: unknown): s is RegionState => kindOf(s) === 'region';
export const isStrong = (s: unknown): s is StrongState => kindOf(s) === 'strong';

export const statesOf = <S>(world: World, is: (state: unknown) => state is S): { id: string; state: S }[] =>
  world.actors.flatMap(({ id }) => {
    const state: unknown = world.state(id);
    return is(state) ? [{ id, state }] : [];
  });

/** Beyond so many operations a history is judged once, at the end. */
const DATED = 60;

/** Puts and strong reads, or puts and eventual reads, as operations of one map. */
export function history(reads: 'get' | 'read', consistency: Parameters<typeof historyMonitor>[1]): Monitor {
  const inner = historyMonitor('map', consistency, (f) => f === 'put' || f === 'get', DATED);
  const renamed = (f: string) => (f === reads ? 'get' : f === 'put' ? 'put' : 'other');
  // The models of histories know one kind of read.
  const said = (finding: string | undefined) => finding?.replaceAll(' get ', ` ${reads} `);
  return {
    ...inner,
    event: (event, world) =>
      said(inner.event?.(event.kind === 'invoke' ? { ...event, f: renamed(event.f) } : event, world)),
    end: (world) => said(inner.end?.(world)),
  };
}

/** Something that holds at the end, once nothing has been in the way for `needed` ms and no operation has begun. */
export function inTheEnd(needed: (p: P) => number, what: (world: World) => string | undefined) {
  return (p: P): Monitor => {
    const calm = new Undisturbed();
    let last = 0;
    return {
      listens: ['fault', 'invoke', 'return'],
      event(event) {
        calm.hear(event);
        if (event.kind === 'invoke') last = event.at;
        return undefined;
      },
      end(world) {
        const since = calm.since(world);
        if (since === undefined || world.now - Math.max(since, last) < needed(p) * 1000) return undefined;
        return what(world);
      },
    };
  };
}

/** Operations by number as they were asked, and whether they were acknowledged. */
export class Puts {
  readonly acknowledged = new Map<number, { readonly process: string; readonly at: number }>();
  readonly #asked = new Map<number, string>();
  hear(event: Parameters<NonNullable<Monitor['event']>>[0]): number | undefined {
    if (event.kind === 'invoke' && event.f === 'put') this.#asked.set(event.op, event.process);
    else if (event.kind === 'return' && event.outcome === 'ok') {
      const process = this.#asked.get(event.op);
      if (process === undefined) return undefined;
      this.acknowledged.set(event.op, { process, at: event.at });
      return event.op;
    }
    return undefined;
  }
}

export const only =
  (...models: P['copies'][]) =>
  (p: P): boolean =>
    models.includes(p.copies);

export type Prop = Property<P>;
export const sameEntry = (a: Entry, b: Entry) => a.term === b.term && a.op === b.op;
