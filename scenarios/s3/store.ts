import { become, later, note, type Protocol, type Step, save, send } from '../../src/sim/protocol.ts';
import type { Value } from '../../src/sim/trace.ts';
import type { P } from './params.ts';
import {
  ABSENT,
  type Condition,
  type Contents,
  type Effects,
  type Entry,
  INDEX,
  label,
  type RegionMessage,
  type RegionTimer,
  type Says,
  type Store,
  WITNESS,
} from './region.ts';

/**
 * The persistence tier of the metadata, as one node: what it has saved is replicated over Availability Zones and not
 * lost. It gives each write its place in the order of its key, has the witness note it, and only then lets it be read.
 */
export interface IndexState {
  readonly kind: 'index';
  readonly objects: Contents;
  /** writes on their way to the witness */
  readonly pending: readonly Pending[];
  /** the witness's life it believes in */
  readonly epoch: number;
  /** front ends still to be told of a change */
  readonly due: number;
}

interface Pending {
  readonly id: number;
  readonly from: string;
  readonly key: string;
  readonly entry: Entry;
  readonly conditional: boolean;
}

/** What a twin may break. */
export interface IndexRules {
  /** a version can be read only once the witness knows of it */
  readonly witnessFirst: boolean;
  /** the condition is compared when the write takes effect */
  readonly comparesAtCommit: boolean;
}
export const INDEX_RULES: IndexRules = { witnessFirst: true, comparesAtCommit: true };

type IndexStep = Step<IndexState, RegionMessage, RegionTimer>;

/** How often a write is told to a witness that does not answer, µs. */
const RESEND = 40_000;

export function index(rules: IndexRules = INDEX_RULES): Protocol<IndexState, RegionMessage, RegionTimer, P> {
  const wrote = (s: IndexState, p: Pending) =>
    send<RegionMessage>(
      WITNESS,
      { type: 'Wrote', key: p.key, version: p.entry.version, epoch: s.epoch },
      `${p.key} v${p.entry.version}`,
    );

  const again = (s: IndexState, epoch: number): IndexStep => {
    const next = { ...s, epoch };
    return [next, ...s.pending.map((p) => wrote(next, p))];
  };

  const commit = (s: IndexState, done: Pending, fronts: readonly string[], lag: () => number): IndexStep => {
    const pending = s.pending.filter((p) => p !== done);
    const current = s.objects[done.key] ?? ABSENT;
    const answer = send<RegionMessage>(
      done.from,
      { type: 'Stored', id: done.id, key: done.key, status: 200, entry: done.entry },
      '200',
    );
    // The order was fixed when the write came: one that is late is overwritten the moment it takes effect.
    if (done.entry.version <= current.version) return [{ ...s, pending }, save(s.objects), answer];
    const objects = { ...s.objects, [done.key]: done.entry };
    const effects: Effects = fronts
      .filter((id) => id !== done.from)
      .map((to) => {
        const us = lag();
        return later('changed', us, { to, key: done.key, entry: done.entry, after: us / 1000 });
      });
    return [
      { ...s, pending, objects, due: s.due + effects.length },
      become('index', label(objects)),
      save(objects),
      answer,
      ...effects,
    ];
  };

  return {
    start(here, disk) {
      const objects = (disk as Contents | undefined) ?? {};
      const s: IndexState = { kind: 'index', objects, pending: [], epoch: 0, due: 0 };
      return [
        s,
        become('index', label(objects)),
        ...(here.uptime > 0 ? [note('is back with all it had saved')] : []),
      ];
    },
    on: {
      Load: (s, m, from) => [
        s,
        save(s.objects),
        send<RegionMessage>(
          from,
          { type: 'Loaded', id: m.id, key: m.key, entry: s.objects[m.key] ?? ABSENT },
          `${m.key}=${(s.objects[m.key] ?? ABSENT).value ?? '404'}`,
        ),
      ],
      List: (s, m, from) => [
        s,
        save(s.objects),
        send<RegionMessage>(from, { type: 'Listed', id: m.id, contents: s.objects }, 'list'),
      ],
      Store(s, m, from, here) {
        const refusal = rules.comparesAtCommit ? refuses(s, m) : undefined;
        if (refusal !== undefined)
          return [
            s,
            save(s.objects),
            send<RegionMessage>(
              from,
              { type: 'Stored', id: m.id, key: m.key, status: refusal, entry: ABSENT },
              `${refusal}`,
            ),
          ];
        const entry = { version: nextVersion(s, m.key), value: m.value };
        const p: Pending = { id: m.id, from, key: m.key, entry, conditional: m.condition !== null };
        const next = { ...s, pending: [...s.pending, p] };
        if (here.params.consistency === 'strong' && rules.witnessFirst)
          return [next, wrote(next, p), later('resend', RESEND, m.id)];
        const fronts = here.part('front');
        const [committed, ...effects] = commit(next, p, fronts, () => here.draw(here.params.propagation));
        const late = here
          .part('witness')
          .map((to) =>
            later<RegionTimer>('changed', here.draw(here.params.propagation), { to, key: m.key, entry }),
          );
        return [committed, ...late, ...effects];
      },
      Noted(s, m, _from, here) {
        // A witness that has begun anew remembers nothing of what an earlier one was told.
        if (m.epoch !== s.epoch) return again(s, m.epoch);
        const done = s.pending.find((p) => p.key === m.key && p.entry.version === m.version);
        return done ? commit(s, done, here.part('front'), () => here.draw(here.params.propagation)) : [s];
      },
      Hello: (s, m) => again(s, m.epoch),
      Read: (s) => [s],
      Write: (s) => [s],
      Reply: (s) => [s],
      Refused: (s) => [s],
      Loaded: (s) => [s],
      Listed: (s) => [s],
      Stored: (s) => [s],
      Check: (s) => [s],
      Checked: (s) => [s],
      Wrote: (s) => [s],
      Changed: (s) => [s],
    },
    after: {
      resend(s, _here, id) {
        const p = s.pending.find((x) => x.id === id);
        return p ? [s, wrote(s, p), later('resend', RESEND, id)] : [s];
      },
      changed(s, _here, data) {
        const { to, key, entry, after } = data as { to: string; key: string; entry: Entry; after: number };
        if (to === WITNESS)
          return [
            s,
            send<RegionMessage>(to, { type: 'Wrote', key, version: entry.version, epoch: s.epoch }, key),
          ];
        return [
          { ...s, due: s.due - 1 },
          send<RegionMessage>(to, { type: 'Changed', key, entry, after }, `${key}=${entry.value ?? '404'}`),
        ];
      },
      check: (s) => [s],
      uploaded: (s) => [s],
    },
  };
}

function nextVersion(s: IndexState, key: string): number {
  const waiting = s.pending.filter((p) => p.key === key).map((p) => p.entry.version);
  return Math.max(s.objects[key]?.version ?? 0, ...waiting) + 1;
}

/** 409 while another write of this key is under way: how that ends is not yet known. 412 once it is. */
function refuses(s: IndexState, m: Pick<Store, 'key' | 'condition'>): 412 | 409 | undefined {
  if (m.condition === null) return undefined;
  if (s.pending.some((p) => p.key === m.key)) return 409;
  return met(m.condition, s.objects[m.key] ?? ABSENT) ? undefined : 412;
}

export function met(condition: Condition, current: { version: number; value: Value }): boolean {
  if (condition === null) return true;
  return condition === 'absent'
    ? current.value === null
    : current.value !== null && current.version === condition;
}

/**
 * The witness: the number of the newest write of each key, in memory alone, so that it is quick. What it does not know
 * it does not vouch for.
 */
export interface WitnessState {
  readonly kind: 'witness';
  readonly epoch: number;
  readonly newest: Readonly<Record<string, number>>;
}

/** What a twin may break. */
export interface WitnessRules {
  /** it says of a version that it is the newest only if it is */
  readonly compares: boolean;
}

export const witness = (
  rules: WitnessRules = { compares: true },
): Protocol<WitnessState, RegionMessage, RegionTimer, P> => ({
  start(here) {
    const epoch = here.unique();
    return [
      { kind: 'witness', epoch, newest: {} },
      become('witness'),
      send<RegionMessage>(INDEX, { type: 'Hello', epoch }, 'hello'),
    ];
  },
  on: {
    Wrote(s, m, from) {
      const noted = send<RegionMessage>(
        from,
        { type: 'Noted', key: m.key, version: m.version, epoch: s.epoch },
        'noted',
      );
      if (m.epoch !== s.epoch) return [s, noted];
      const newest = { ...s.newest, [m.key]: Math.max(s.newest[m.key] ?? 0, m.version) };
      return [{ ...s, newest }, become('witness', seen(newest)), noted];
    },
    Check(s, m, from) {
      const newest = s.newest[m.key];
      const says: Says =
        !rules.compares || newest === m.version ? 'newest' : newest === undefined ? 'unknown' : 'behind';
      return [s, send<RegionMessage>(from, { type: 'Checked', id: m.id, says }, says)];
    },
    Read: (s) => [s],
    Write: (s) => [s],
    Reply: (s) => [s],
    Refused: (s) => [s],
    Load: (s) => [s],
    Loaded: (s) => [s],
    List: (s) => [s],
    Listed: (s) => [s],
    Store: (s) => [s],
    Stored: (s) => [s],
    Checked: (s) => [s],
    Noted: (s) => [s],
    Hello: (s) => [s],
    Changed: (s) => [s],
  },
  after: { check: (s) => [s], uploaded: (s) => [s], resend: (s) => [s], changed: (s) => [s] },
});

const seen = (newest: Readonly<Record<string, number>>) =>
  Object.entries(newest)
    .map(([key, version]) => `${key} v${version}`)
    .sort()
    .join(' ');
