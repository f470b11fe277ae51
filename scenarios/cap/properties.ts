import { historyMonitor } from '../../src/sim/histories/monitor.ts';
import type { Monitor, Property, World } from '../../src/sim/scenario.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import { Undisturbed } from '../../src/sim/undisturbed.ts';
import { type Copy, type EventualState, knows } from './eventual.ts';
import type { P } from './params.ts';
import type { QuorumState } from './quorum.ts';

export type Replica = QuorumState | EventualState;
export const isReplica = (state: unknown): state is Replica =>
  typeof state === 'object' && state !== null && 'kind' in state;
const isEventual = (state: unknown): state is EventualState => isReplica(state) && state.kind === 'eventual';

const linearizable: Property<P> = {
  kind: 'always',
  what: 'Linearizable, CAP’s C: the operations fit one order in which each takes effect between its call and its return (Gilbert & Lynch 2002).',
  promised: (p) => p.mode === 'cp',
  monitor: () => historyMonitor('map', 'linearizable'),
};

/**
 * CAP's A is about requests that reach a live node: each gets an answer which is no error. A request or an answer lost
 * between client and node, or a node that stops, is not its concern.
 */
const available: Property<P> = {
  kind: 'always',
  what: 'Available, CAP’s A: every request that reaches a live replica is answered, and not with an error (Gilbert & Lynch 2002).',
  promised: (p) => p.mode === 'ap',
  monitor() {
    const flying = new Map<number, string>();
    /** what became of each client's request */
    const asked = new Map<
      string,
      { node: string; f: string; key: string; reached: boolean; excused: boolean }
    >();
    const ops = new Map<number, string>();
    return {
      event(event, world) {
        switch (event.kind) {
          case 'invoke':
            ops.set(event.op, event.process);
            asked.set(event.process, {
              node: '',
              f: event.f,
              key: event.key,
              reached: false,
              excused: false,
            });
            break;
          case 'send':
            if (event.type === 'Request') flying.set(event.id, event.from);
            else if (event.type === 'Answer') excuse(asked.get(event.to));
            break;
          case 'deliver': {
            const client = flying.get(event.id);
            flying.delete(event.id);
            const request = client === undefined ? undefined : asked.get(client);
            if (request) request.reached = true;
            break;
          }
          case 'drop':
            flying.delete(event.id);
            break;
          case 'fault':
            if (event.fault === 'crash' || event.fault === 'pause' || event.fault === 'byzantine')
              for (const request of asked.values()) excuse(request);
            break;
          case 'return': {
            const client = ops.get(event.op);
            const request = client === undefined ? undefined : asked.get(client);
            if (client !== undefined) asked.delete(client);
            if (event.outcome === 'ok' || !request?.reached || request.excused) break;
            if (world.actors.some((a) => a.part !== 'client' && !world.up(a.id))) break;
            return `${client}’s ${request.f} ${request.key} reached a live replica and got ${
              event.outcome === 'fail' ? 'an error' : 'no answer'
            }`;
          }
        }
        return undefined;
      },
    };
  },
};

function excuse(request: { excused: boolean } | undefined): void {
  if (request) request.excused = true;
}

const converged: Property<P> = {
  kind: 'eventually',
  what: 'Converged: once writes and faults have ended, all replicas hold the same (judged one round of anti-entropy later).',
  judged: (p) => p.mode === 'ap',
  monitor(p) {
    const calm = new Undisturbed(p.loss > 0);
    let lastWrite = 0;
    return {
      event(event) {
        calm.hear(event);
        if (event.kind === 'invoke' && event.f === 'put') lastWrite = event.at;
        return undefined;
      },
      end(world) {
        const since = calm.since(world);
        // A round comes within one and a half periods; a message on its way is given ten mean delays.
        const needed = (1.5 * p.sync + 10 * p.latency.mean) * 1000;
        if (since === undefined || world.now - Math.max(since, lastWrite) < needed) return undefined;
        const held = world.actors.flatMap(({ id }) => {
          const state: unknown = world.state(id);
          return isEventual(state) ? [{ id, words: contents(state) }] : [];
        });
        const first = held[0];
        const other = held.find((h) => h.words !== first?.words);
        return first && other
          ? `${first.id} holds ${first.words} and ${other.id} holds ${other.words}, ${Math.round((world.now - since) / 1000)} ms after the last fault`
          : undefined;
      },
    };
  },
};

export const contents = (state: Replica): string =>
  Object.entries(state.data)
    .map(
      ([key, held]) =>
        `${key}=${Array.isArray(held) ? held.map((c: Copy) => c.value).join('|') : held.value}`,
    )
    .sort()
    .join(' ') || 'nothing';

/** Follows what became of every acknowledged write of the AP side. */
export class Writes {
  readonly #copies = new Map<number, Copy>();
  readonly #acknowledged = new Set<number>();

  changed(after: unknown): void {
    if (!isEventual(after)) return;
    for (const copies of Object.values(after.data))
      for (const copy of copies) if (!this.#copies.has(copy.op)) this.#copies.set(copy.op, copy);
  }
  event(event: TraceEvent): void {
    if (event.kind === 'return' && event.outcome === 'ok') this.#acknowledged.add(event.op);
  }
  /** acknowledged writes that no replica holds and nothing held rests on */
  lost(world: World): Copy[] {
    const held = world.actors.flatMap(({ id }) => {
      const state: unknown = world.state(id);
      return isEventual(state) ? Object.values(state.data).flat() : [];
    });
    return [...this.#copies.values()].filter(
      (copy) => this.#acknowledged.has(copy.op) && !held.some((h) => h.op === copy.op || knows(h, copy)),
    );
  }
}

const kept: Property<P> = {
  kind: 'always',
  what: 'No acknowledged write is lost: at the end it is held, or what replaced it knew of it.',
  judged: (p) => p.mode === 'ap',
  promised: (p) => p.merge === 'siblings',
  monitor() {
    const writes = new Writes();
    return {
      changed(_node, _before, after) {
        writes.changed(after);
        return undefined;
      },
      event(event) {
        writes.event(event);
        return undefined;
      },
      end(world) {
        // A crashed replica may hold what the others miss; it is asked when it is back.
        if (world.actors.some((a) => !world.up(a.id))) return undefined;
        const lost = writes.lost(world);
        const first = lost[0];
        return first
          ? `the write of ${JSON.stringify(first.value)}, acknowledged by ${first.at}, was overwritten by one that knew nothing of it${lost.length > 1 ? ` (and ${lost.length - 1} more)` : ''}`
          : undefined;
      },
    };
  },
};

const seen = (what: string, monitor: () => Monitor): Property<P> => ({ kind: 'sometimes', what, monitor });

const refused = seen('A replica without a majority refuses.', () => ({
  changed: (node, _before, after) =>
    isReplica(after) && after.kind === 'quorum' && after.refusing ? `${node} refuses` : undefined,
}));

const siblings = seen('Versions that knew nothing of each other meet.', () => ({
  changed: (node, _before, after) =>
    isEventual(after) && Object.values(after.data).some((copies) => copies.length > 1)
      ? `${node} holds siblings`
      : undefined,
}));

export const properties = {
  linearizable,
  available,
  converged,
  'no acknowledged write lost': kept,
  'a minority refuses': refused,
  'siblings meet': siblings,
} satisfies Record<string, Property<P>>;
