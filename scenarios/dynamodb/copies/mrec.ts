import {
  become,
  type Effect,
  type Here,
  later,
  note,
  type Protocol,
  sample,
  save,
  send,
  set,
} from '../../../src/sim/protocol.ts';
import type { Value } from '../../../src/sim/trace.ts';
import { MS, type P } from './params.ts';
import { type AppMessage, answer, firstSight, refuse, type Seen } from './wire.ts';

/**
 * A global table with multi-Region eventual consistency — Developer Guide, "How DynamoDB global tables work": a write
 * is acknowledged by its Region alone and shipped afterwards; of versions of one item the latest internal timestamp
 * stays, item by item. A strongly consistent read is strong within its Region. What a Region has not shipped when it is
 * cut off is shipped when it is back. Each Region stands for a whole table there.
 *
 *   Ship   Region → Region   this version of the item
 *   Got    Region → Region   I have it, or a later one
 */
export type MrecMessage =
  | { readonly type: 'Ship'; readonly key: string; readonly version: Version }
  | { readonly type: 'Got'; readonly op: number }
  | AppMessage;

export interface Version {
  readonly value: Value;
  /** the operation that wrote it */
  readonly op: number;
  /** wall clock of the Region that took it, µs; then the Region’s name */
  readonly stamp: number;
  readonly region: string;
  /** operations this version replaced knowingly: what its Region had when it was written */
  readonly knew: readonly number[];
}

export interface RegionState {
  readonly kind: 'region';
  readonly items: Readonly<Record<string, Version>>;
  /** what each other Region has not confirmed */
  readonly outbox: readonly Parcel[];
  readonly seen: Seen;
}
interface Parcel {
  readonly to: string;
  readonly key: string;
  readonly version: Version;
  readonly at: number;
}

export interface MrecRules {
  wins(theirs: Version, mine: Version): boolean;
  /** what was not confirmed is shipped again */
  readonly repeats: boolean;
  /** a Region gives its own write a later stamp than what it replaces */
  readonly stampsLater: boolean;
}
export const MREC: MrecRules = {
  wins: (theirs, mine) =>
    theirs.stamp > mine.stamp || (theirs.stamp === mine.stamp && theirs.region > mine.region),
  repeats: true,
  stampsLater: true,
};

type Timer = 'ship' | 'again' | 'sample';
type Disk = Pick<RegionState, 'items' | 'outbox'>;
const AGAIN_MS = 120;
const SAMPLE_US = 10 * MS;

const label = (items: RegionState['items']) =>
  Object.entries(items)
    .map(([key, v]) => `${key}=${v.value}`)
    .join(' ');

export function mrec(rules: MrecRules = MREC): Protocol<RegionState, MrecMessage, Timer, P> {
  const disk = ({ items, outbox }: RegionState): Disk => ({ items, outbox });
  const ship = ({ to, key, version }: Parcel) =>
    send<MrecMessage>(to, { type: 'Ship', key, version }, `${key}=${version.value}`);
  const lag = (s: RegionState, here: Here<P>): Effect<never, never> =>
    sample(`${here.self} not shipped`, Math.max(0, ...s.outbox.map((p) => (here.uptime - p.at) / MS)));
  return {
    start(_here, saved) {
      const kept = (saved as Disk | undefined) ?? { items: {}, outbox: [] };
      const state: RegionState = { kind: 'region', ...kept, seen: {} };
      return [
        state,
        become('Region', label(state.items)),
        set('sample', SAMPLE_US),
        ...(rules.repeats ? [set<Timer>('again', AGAIN_MS * MS)] : []),
      ];
    },
    on: {
      Request(s, m, from, here) {
        const seen = firstSight(s.seen, from, m);
        if (!seen) return [s];
        const known: RegionState = { ...s, seen };
        const held = s.items[m.key];
        if (m.f === 'get' || m.f === 'read') return [known, answer(from, m, held?.value ?? null)];
        if (m.f !== 'put') return [known, refuse(from, m, 'unavailable')];
        const stamp = rules.stampsLater ? Math.max(here.clock, (held?.stamp ?? 0) + 1) : here.clock;
        const version: Version = {
          value: m.value,
          op: m.serial,
          stamp,
          region: here.self,
          knew: held ? [...held.knew, held.op] : [],
        };
        if (held && !rules.stampsLater && !rules.wins(version, held)) return [known, answer(from, m, null)];
        const parcels = here.peers
          .filter((to) => here.part('region').includes(to))
          .map((to) => ({ to, key: m.key, version, at: here.uptime }));
        const next: RegionState = {
          ...known,
          items: { ...s.items, [m.key]: version },
          outbox: [...s.outbox, ...parcels],
        };
        return [
          next,
          become('Region', label(next.items)),
          save(disk(next)),
          answer(from, m, null),
          ...parcels.map((parcel) => later<Timer>('ship', here.draw(here.params.regionLag), parcel)),
        ];
      },
      Ship(s, m, from) {
        const held = s.items[m.key];
        const got = send(from, { type: 'Got', op: m.version.op } as const);
        if (held?.op === m.version.op || (held && !rules.wins(m.version, held))) {
          const lost = held && held.op !== m.version.op && !held.knew.includes(m.version.op);
          const story = lost
            ? [
                note(
                  `keeps ${m.key}=${held.value}: ${m.key}=${m.version.value} from ${from} has an earlier timestamp`,
                ),
              ]
            : [];
          return [s, ...story, save(disk(s)), got];
        }
        const next: RegionState = { ...s, items: { ...s.items, [m.key]: m.version } };
        const story =
          held && !m.version.knew.includes(held.op)
            ? [
                note(
                  `overwrites ${m.key}=${held.value} with ${m.key}=${m.version.value} from ${from}, whose timestamp is later`,
                ),
              ]
            : [];
        return [next, become('Region', label(next.items)), ...story, save(disk(next)), got];
      },
      Got(s, m, from, here) {
        const outbox = s.outbox.filter((p) => !(p.to === from && p.version.op === m.op));
        if (outbox.length === s.outbox.length) return [s];
        const next: RegionState = { ...s, outbox };
        return [next, save(disk(next)), lag(next, here)];
      },
      Answer: (s) => [s],
      Refusal: (s) => [s],
    },
    after: {
      ship: (s, _here, parcel) => [s, ship(parcel as Parcel)],
      again: (s, here) => [
        s,
        ...s.outbox.filter((p) => here.uptime - p.at > 2 * AGAIN_MS * MS).map(ship),
        set('again', AGAIN_MS * MS),
      ],
      sample: (s, here) => [s, lag(s, here), set('sample', SAMPLE_US)],
    },
  };
}
