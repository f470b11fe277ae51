import type { World } from '../../../src/sim/scenario.ts';
import { history, inTheEnd, isRegion, isStrong, only, type Prop, Puts, statesOf } from './judge.ts';

/** What becomes of writes in several Regions. */

export const twoRegions: Prop = {
  kind: 'always',
  what: 'Acknowledged writes are in two Regions (RPO 0): losing one Region loses none of them.',
  judged: (p) => p.copies === 'regions' && p.globalMode === 'mrsc',
  monitor() {
    const puts = new Puts();
    const stored = new Map<number, Set<string>>();
    return {
      listens: ['invoke', 'return'],
      changed(node, _before, after) {
        const ops = isStrong(after)
          ? Object.values(after.slots).flatMap((slot) => slot.held.ops)
          : isRegion(after)
            ? Object.values(after.items).flatMap((v) => [v.op, ...v.knew])
            : [];
        for (const op of ops) {
          const where = stored.get(op) ?? new Set();
          stored.set(op, where.add(node));
        }
        return undefined;
      },
      event(event) {
        const op = puts.hear(event);
        if (op === undefined || (stored.get(op)?.size ?? 0) >= 2) return undefined;
        return `the write of ${op} is acknowledged and in ${[...(stored.get(op) ?? [])][0] ?? 'no Region'} alone`;
      },
    };
  },
};

export const noWriteLost: Prop = {
  kind: 'always',
  what: 'No acknowledged write is lost: in the end it is held, or what replaced it knew of it.',
  judged: only('regions'),
  promised: (p) => p.globalMode === 'mrsc',
  monitor() {
    const puts = new Puts();
    return {
      listens: ['invoke', 'return'],
      event(event) {
        puts.hear(event);
        return undefined;
      },
      end(world) {
        // A Region that is down may hold what the others miss; it is asked when it is back.
        if (world.actors.some((a) => !world.up(a.id))) return undefined;
        const lost = lostWrites(puts, world);
        const [first] = lost;
        return first === undefined
          ? undefined
          : `${first[1].process}’s write of ${first[0]} was acknowledged and overwritten by one that knew nothing of it${lost.length > 1 ? ` (and ${lost.length - 1} more)` : ''}`;
      },
    };
  },
};

export function lostWrites(puts: Puts, world: World) {
  const kept = new Set([
    ...statesOf(world, isRegion).flatMap(({ state }) =>
      [...Object.values(state.items), ...state.outbox.map((p) => p.version)].flatMap((v) => [
        v.op,
        ...v.knew,
      ]),
    ),
    ...statesOf(world, isStrong).flatMap(({ state }) =>
      Object.values(state.slots).flatMap((slot) => slot.held.ops),
    ),
  ]);
  return [...puts.acknowledged].filter(([op]) => !kept.has(op));
}

export const ownWrites: Prop = {
  kind: 'always',
  what: 'Strong reads see the Region’s own writes: what an application wrote there is seen there, or something later.',
  judged: only('regions'),
  monitor: () => history('get', 'read-your-writes'),
};

export const converge: Prop = {
  kind: 'eventually',
  what: 'Regions converge: once writes and faults have ended all Regions have the same version of every item.',
  judged: (p) => p.copies === 'regions' && p.globalMode === 'mrec',
  monitor: inTheEnd(
    // Shipped after the lag, and again every 120 ms; an exponential lag has a tail.
    (p) => 8 * p.regionLag.mean + 380 + 4 * p.regionDelay.mean,
    (world) => {
      const regions = statesOf(world, isRegion);
      const words = regions.map(({ id, state }) => ({
        id,
        text: JSON.stringify(Object.values(state.items).map((v) => v.op)),
        shown: Object.values(state.items).map((v) => v.value),
      }));
      const other = words.find((w) => w.text !== words[0]!.text);
      return other && `${words[0]!.id} has ${words[0]!.shown} and ${other.id} ${other.shown}, for good`;
    },
  ),
};
