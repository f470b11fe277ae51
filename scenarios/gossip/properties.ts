import { parseDistribution } from '../../src/sim/chance.ts';
import type { Finding, Fold, Property, World } from '../../src/sim/scenario.ts';
import type { TraceEvent } from '../../src/sim/trace.ts';
import { Undisturbed } from '../../src/sim/undisturbed.ts';
import type { MemberState } from './membership.ts';
import { type P, pushRounds } from './params.ts';
import { overrides } from './protocol.ts';
import type { RumourState } from './rumour.ts';

export const isRumour = (s: unknown): s is RumourState => typeof s === 'object' && s !== null && 'keen' in s;
export const isMember = (s: unknown): s is MemberState => typeof s === 'object' && s !== null && 'view' in s;

const ms = (us: number) => `${Math.round(us / 1000)} ms`;
const inRumour = (p: P) => p.mode === 'rumour';
const inMembership = (p: P) => p.mode === 'membership';

const nothingInvented: Property<P> = {
  kind: 'always',
  what: 'whoever has a version has the value it was written with',
  judged: inRumour,
  fold: (): Fold<Readonly<Record<number, string>>> => ({
    start: {},
    changed(written, node, before, after) {
      if (!isRumour(after) || !after.item || before?.item === after.item) return written;
      const { version } = after.item;
      const value = after.item.value ?? 'deleted';
      if (written[version] === undefined) return { ...written, [version]: value };
      return written[version] === value
        ? written
        : `${node} has version ${version} as “${value}”, and it was written as “${written[version]}”`;
    },
  }),
};

const noResurrection: Property<P> = {
  kind: 'always',
  what: 'no node goes back to a version older than one it has had: what was deleted or replaced stays so',
  judged: inRumour,
  fold: (): Fold<null> => ({
    start: null,
    changed(seen, node, before, after) {
      if (!isRumour(before) || !isRumour(after) || before.item === after.item || !after.item) return seen;
      if (after.item.version >= before.newest) return seen;
      return `${node} has had version ${before.newest} and takes version ${after.item.version} again`;
    },
  }),
};

/** Rounds after which not even an unlucky rumour is still on its way: the tail of a push shrinks by e a round. */
const patientRounds = (p: P) => 2 * pushRounds(p.nodes) + 16;

const everybodyKnows: Property<P> = {
  kind: 'eventually',
  what: 'once nothing is broken, the newest version reaches every node',
  judged: inRumour,
  promised: (p) => p.interest === 0,
  monitor(p) {
    const calm = new Undisturbed(p.loss > 0.3);
    let newest = 0;
    let written = 0;
    return {
      listens: ['fault'],
      event(e) {
        calm.hear(e);
        return undefined;
      },
      changed(_node, _before, after, world) {
        if (isRumour(after) && after.newest > newest) {
          newest = after.newest;
          written = world.now;
        }
        return undefined;
      },
      end(world) {
        const since = calm.since(world);
        const wait = patientRounds(p) * p.interval * 1000 * (p.loss > 0 ? 2 : 1);
        // A rumour that has lost everybody's interest will not move any more, however long one waits.
        const over = p.interest > 0 ? 0 : wait;
        if (since === undefined || world.now - Math.max(since, written) < over) return undefined;
        // The newest may have died with its only holder's disk; what is left must be everywhere.
        const nodes = world.actors.filter((a) => a.part === 'node').map((a) => a.id);
        const best = Math.max(0, ...nodes.map((id) => (world.state(id) as RumourState).newest));
        const behind = nodes.filter((id) => (world.state(id) as RumourState).newest < best);
        return behind.length > 0
          ? `${behind.length} of ${nodes.length} nodes never hear of version ${best}: ${behind.slice(0, 5).join(', ')}`
          : undefined;
      },
    };
  },
};

const inOrder: Property<P> = {
  kind: 'always',
  what: 'what a node believes of a member only moves forward: by incarnation, then alive, suspect, dead',
  judged: inMembership,
  fold: (): Fold<null> => ({
    start: null,
    changed(seen, node, before, after) {
      if (!isMember(before) || !isMember(after) || before.view === after.view) return seen;
      for (const [of, is] of Object.entries(after.view)) {
        const was = before.view[of];
        if (was && was !== is && overrides(was, is))
          return `${node} believed ${of} ${was.status} in incarnation ${was.incarnation}, and now ${is.status} in ${is.incarnation}`;
      }
      return seen;
    },
  }),
};

/** Periods that a refutation needs to be everywhere. */
const SPREAD = 5;

/** What keeps a member from answering for itself, and when. */
class Weather {
  #bad = Number.NEGATIVE_INFINITY;
  readonly #down = new Set<string>();
  readonly #cuts = { broken: false };
  readonly #rates = new Map<string, number>();
  readonly #paused = new Map<string, number>();
  readonly #allowed: number;
  constructor(p: P) {
    this.#allowed = (p.suspicionTimeout - SPREAD * p.period) * 1000;
    if (p.loss > 0) this.#rates.set('loss', p.loss);
    if (p.latency.mean > p.ackTimeout / 4) this.#rates.set('slow', 1);
  }
  hear(e: TraceEvent): void {
    if (e.kind !== 'fault') return;
    switch (e.fault) {
      case 'pause':
        for (const n of e.nodes) if (!this.#paused.has(n)) this.#paused.set(n, e.at);
        return;
      case 'resume':
        for (const n of e.nodes) {
          // One after another they add up.
          if (e.at - (this.#paused.get(n) ?? e.at) > this.#allowed) this.#bad = e.at;
          this.#paused.delete(n);
        }
        return;
      case 'clock':
      case 'slow-disk':
      case 'duplicate':
        return;
      case 'crash':
        for (const n of e.nodes) this.#down.add(n);
        return;
      case 'restart':
        for (const n of e.nodes) this.#down.delete(n);
        break;
      case 'partition':
      case 'cut':
        this.#cuts.broken = true;
        break;
      case 'heal':
        this.#cuts.broken = false;
        break;
      case 'loss':
      case 'reorder':
        this.#rates.set(e.fault, e.rate);
        break;
      case 'delay':
        this.#rates.set('slow', parseDistribution(e.delay).mean > 0 ? 1 : 0);
        break;
      case 'byzantine':
        this.#rates.set('liar', 1);
        break;
    }
    this.#bad = e.at;
  }
  /** nothing but crashes of others, and naps short enough, for this long, µs */
  fairFor(now: number): number {
    const late = [...this.#paused.values()].some((at) => now - at > this.#allowed);
    const broken = this.#cuts.broken || late || [...this.#rates.values()].some((rate) => rate > 0);
    return broken ? 0 : now - this.#bad;
  }
}

const refutesInTime: Property<P> = {
  kind: 'always',
  what: 'with suspicion, a member is not declared dead while it runs, or sleeps for less than the suspicion timeout leaves room for, and no message is lost (SWIM, section 4.2)',
  judged: inMembership,
  promised: (p) => p.suspicion && p.suspicionTimeout > (SPREAD + 1) * p.period,
  monitor(p) {
    const weather = new Weather(p);
    const memory = (2 * p.suspicionTimeout + 10 * p.period) * 1000 * (p.lifeguard ? 3 : 1);
    return {
      listens: ['fault'],
      event(e) {
        weather.hear(e);
        return undefined;
      },
      changed(node, before, after, world): Finding {
        if (!isMember(before) || !isMember(after) || before.view === after.view) return undefined;
        for (const [of, is] of Object.entries(after.view)) {
          if (is.status !== 'dead' || before.view[of]!.status === 'dead') continue;
          if (world.up(of) && weather.fairFor(world.now) > memory)
            return `${node} declares ${of} dead at ${ms(world.now)}, and ${of} could have refuted it`;
        }
        return undefined;
      },
    };
  },
};

const accuracy: Property<P> = {
  kind: 'always',
  what: 'no live member is ever declared dead. No failure detector can promise it: slow and dead look alike (Fischer, Lynch & Paterson 1985; Chandra & Toueg 1996)',
  judged: inMembership,
  promised: () => false,
  fold: (): Fold<readonly string[]> => ({
    start: [],
    changed(down, node, before, after) {
      if (after === undefined) return [...down, node].sort();
      const now = down.includes(node) ? down.filter((n) => n !== node) : down;
      if (!isMember(before) || !isMember(after) || before.view === after.view) return now;
      for (const [of, is] of Object.entries(after.view))
        if (is.status === 'dead' && before.view[of]!.status !== 'dead' && !now.includes(of))
          return `${node} declares ${of} dead, and it is not`;
      return now;
    },
  }),
};

/** A pass over all members twice, suspicion, and the news everywhere: SWIM's bound on detection, µs. */
export const detectionBound = (p: P): number =>
  (2 * p.nodes + 6 + 2 * Math.ceil(Math.log2(p.nodes + 1))) * p.period * 1000 * (p.lifeguard ? 3 : 1) +
  (p.suspicion ? p.suspicionTimeout : 0) * 1000 * (p.lifeguard ? 3 : 1);

const agreedAtLast: Property<P> = {
  kind: 'eventually',
  what: 'once nothing more happens, every live member knows who is dead and believes nobody dead who is not',
  judged: inMembership,
  monitor(p) {
    const calm = new Undisturbed(p.loss > 0.05);
    return {
      listens: ['fault'],
      event(e) {
        calm.hear(e);
        return undefined;
      },
      end(world) {
        const up = world.actors.filter((a) => world.up(a.id));
        const since = calm.since(aliveOnly(world, up));
        const limit = detectionBound(p) + RECONNECTED * p.period * 1000 * (p.loss > 0 ? 2 : 1);
        if (since === undefined || world.now - since < limit) return undefined;
        for (const { id } of up)
          for (const [of, is] of Object.entries((world.state(id) as MemberState).view)) {
            if (!world.up(of) && is.status !== 'dead') return `${id} still believes ${of} ${is.status}`;
            if (world.up(of) && is.status === 'dead') return `${id} still believes ${of} dead`;
          }
        return undefined;
      },
    };
  },
};

/** periods until two halves of a healed split have found each other */
const RECONNECTED = 20;

/** Members may stay down: to notice it is what this is for. */
const aliveOnly = (world: World, actors: World['actors']): World => ({
  now: world.now,
  traffic: world.traffic,
  actors,
  state: (id) => world.state(id),
  up: (id) => world.up(id),
});

const refuted: Property<P> = {
  kind: 'sometimes',
  what: 'a member that was suspected refutes it in time',
  judged: inMembership,
  monitor: () => ({
    changed(node, before, after) {
      if (!isMember(before) || !isMember(after)) return undefined;
      const of = Object.keys(after.view).find(
        (id) => before.view[id]!.status === 'suspect' && after.view[id]!.status === 'alive',
      );
      return of && `${node} counts ${of} as alive again`;
    },
  }),
};

const wasted: Property<P> = {
  kind: 'sometimes',
  what: 'a node tells the rumour to one that knows it already',
  judged: inRumour,
  monitor: () => {
    const knowing = new Set<string>();
    return {
      listens: ['send'],
      changed(node, _before, after) {
        if (isRumour(after) && after.item) knowing.add(node);
        return undefined;
      },
      event: (e) =>
        e.kind === 'send' && e.type === 'Push' && knowing.has(e.to) ? `${e.from} tells ${e.to}` : undefined,
    };
  },
};

export const properties: Record<string, Property<P>> = {
  'nothing is invented': nothingInvented,
  'no older version comes back': noResurrection,
  'everybody knows in the end': everybodyKnows,
  'beliefs only move forward': inOrder,
  'whoever can refute is not declared dead': refutesInTime,
  'no live member is declared dead': accuracy,
  'everybody agrees who is alive in the end': agreedAtLast,
  'a suspect refutes': refuted,
  'a rumour is told in vain': wasted,
};
