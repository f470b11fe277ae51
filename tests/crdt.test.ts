import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Data,
  dot,
  joined,
  type Kind,
  kinds,
  type Type,
  type Versions,
} from '../scenarios/crdt/kinds.ts';
import crdt from '../scenarios/crdt/scenario.ts';
import { type Known, type Registry, specified } from '../scenarios/crdt/spec.ts';
import { recipe, simulate } from '../src/sim/run.ts';
import type { Run } from '../src/sim/scenario.ts';

type Settings = Record<string, string>;
const run = (preset: string, set: Settings = {}, seed?: number) =>
  simulate(crdt, recipe(crdt, preset, { set, ...(seed !== undefined && { seed }) }));
const broken = (r: Run) =>
  r.verdicts.filter((v) => !v.holds && v.promised).map((v) => `${v.property}: ${v.detail}`);

/** What three replicas may do: an update at one, or one hearing another. */
const IDS = ['r1', 'r2', 'r3'] as const;
const step = fc.oneof(
  fc.record({
    do: fc.constant('update' as const),
    at: fc.nat(2),
    f: fc.boolean(),
    arg: fc.integer({ min: 1, max: 3 }),
    time: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ do: fc.constant('merge' as const), to: fc.nat(2), from: fc.nat(2) }),
);
const story = fc.array(step, { maxLength: 40 });
type Step = typeof story extends fc.Arbitrary<infer S> ? S : never;

interface Held {
  data: Data;
  versions: Versions;
  seen: readonly number[];
}

const NAMES = {
  'g-counter': ['inc', 'inc'],
  'pn-counter': ['inc', 'dec'],
  'or-set': ['add', 'remove'],
  'lww-register': ['write', 'write'],
} as const;

/** Plays a story; gives every state reached on the way and all updates made. */
function play(type: Type, steps: Step, kind: Kind<Data> = kinds[type]): { states: Held[]; all: Registry } {
  const held: Held[] = IDS.map(() => ({ data: kind.empty, versions: {}, seen: [] }));
  const states: Held[] = [...held];
  const all: Record<number, Known> = {};
  let op = 0;
  for (const s of steps) {
    if (s.do === 'update') {
      const by = IDS[s.at]!;
      const mine = held[s.at]!;
      const n = (mine.versions[by] ?? 0) + 1;
      const f = NAMES[type][s.f ? 0 : 1];
      const arg = type === 'or-set' ? 'abc'[s.arg - 1]! : type === 'lww-register' ? `v${op + 1}` : s.arg;
      // As the protocol does: a write comes after what its replica held.
      const latest = 'latest' in mine.data ? mine.data.latest : null;
      const time = Math.max(s.time, latest ? latest.time + 1 : 0);
      const made: Known = { op: ++op, f, arg, dot: dot(by, n), by, time, knew: mine.seen };
      all[op] = made;
      held[s.at] = {
        data: kind.update(mine.data, made),
        versions: { ...mine.versions, [by]: n },
        seen: [...mine.seen, op],
      };
      states.push(held[s.at]!);
    } else {
      const mine = held[s.to]!;
      const theirs = held[s.from]!;
      held[s.to] = {
        data: kind.merge(mine.data, theirs.data),
        versions: joined(mine.versions, theirs.versions),
        seen: [...new Set([...mine.seen, ...theirs.seen])],
      };
      states.push(held[s.to]!);
    }
  }
  return { states, all };
}

/** Equal as states, whatever the order of their keys. */
const same = (a: Data, b: Data) => canonical(a) === canonical(b);
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, v: unknown) =>
    v !== null && typeof v === 'object' && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  );

const types = Object.keys(kinds) as Type[];
const some = (steps: Step, type: Type, at: readonly number[], kind?: Kind<Data>) => {
  const { states, all } = play(type, steps, kind);
  return { all, picked: at.map((i) => states[i % states.length]!) };
};
const places = fc.tuple(fc.nat(), fc.nat(), fc.nat());

describe.each(types)('%s is a join semilattice', (type) => {
  const { merge, part, value } = kinds[type];
  it('merge is commutative, associative and idempotent on all states that can be reached', () => {
    fc.assert(
      fc.property(story, places, (steps, at) => {
        const [a, b, c] = some(steps, type, at).picked.map((s) => s.data) as [Data, Data, Data];
        return (
          same(merge(a, b), merge(b, a)) &&
          same(merge(merge(a, b), c), merge(a, merge(b, c))) &&
          same(merge(a, a), a) &&
          same(merge(merge(a, b), b), merge(a, b))
        );
      }),
      { numRuns: 300 },
    );
  });

  it('updates only move upwards, and a state shows what the specification says of its updates', () => {
    fc.assert(
      fc.property(story, (steps) => {
        const { states, all } = play(type, steps);
        return states.every((s) => value(s.data) === specified(type, s.seen, all));
      }),
      { numRuns: 300 },
    );
  });

  it('a delta cut for what somebody has is worth the whole state to them', () => {
    fc.assert(
      fc.property(story, places, (steps, at) => {
        const [a, b, older] = some(steps, type, at).picked as [Held, Held, Held];
        // Whoever has more than it was cut for may have it too.
        const ahead = { data: merge(a.data, older.data), versions: joined(a.versions, older.versions) };
        return [older, ahead].every((to) =>
          same(merge(to.data, part(b.data, older.versions, b.versions)), merge(to.data, b.data)),
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe('the laws can fail', () => {
  const wrong = (type: Type, merge: Kind<Data>['merge']): Kind<Data> => ({ ...kinds[type], merge });
  const sums = wrong('g-counter', (a, b) => {
    const all: Record<string, number> = { ...('inc' in a ? a.inc : {}) };
    for (const [by, n] of Object.entries('inc' in b ? b.inc : {})) all[by] = (all[by] ?? 0) + n;
    return { inc: all };
  });
  const keeps = wrong('lww-register', (a, b) => {
    if (!('latest' in a) || !('latest' in b) || !b.latest) return a;
    return !a.latest || b.latest.time > a.latest.time ? b : a;
  });
  it.each([
    ['adding is not idempotent', 'g-counter', sums, (k: Kind<Data>, a: Data) => same(k.merge(a, a), a)],
    [
      'keeping one’s own in a tie is not commutative',
      'lww-register',
      keeps,
      (k: Kind<Data>, a: Data, b: Data) => same(k.merge(a, b), k.merge(b, a)),
    ],
  ] as const)('%s', (_name, type, kind, law) => {
    const found = fc.check(
      fc.property(story, places, (steps, at) => {
        const [a, b] = some(steps, type, at, kind).picked as [Held, Held, Held];
        return law(kind, a.data, b.data);
      }),
      { numRuns: 500, seed: 1 },
    );
    expect(found.failed).toBe(true);
  });
});

describe('deltas', () => {
  it('end in the same value as whole states, for fewer bytes', () => {
    for (const preset of ['g-counter', 'or-set', 'lww-register'])
      for (const seed of [1, 2, 3]) {
        const whole = run(preset, { faults: 'none' }, seed);
        const delta = run(preset, { faults: 'none', sync: 'delta' }, seed);
        expect(broken(whole)).toEqual([]);
        expect(broken(delta)).toEqual([]);
        expect(delta.metrics.updates).toBe(whole.metrics.updates);
        expect(delta.metrics.state_bytes).toBeLessThan(whole.metrics.state_bytes! * 0.75);
      }
  });

  it.each(['g-counter', 'pn-counter', 'or-set', 'lww-register'])(
    '%s survives loss, copies, reordering and crashes by deltas',
    (preset) => {
      const wrong: string[] = [];
      for (let seed = 1; seed <= 60; seed++)
        wrong.push(
          ...broken(
            run(
              preset,
              {
                sync: 'delta',
                loss: '0.2',
                duplicate: '0.3',
                faults:
                  'reorder:0.4x120:0,slow-disk:exp(6)@n2:0,crash:n2:240,restart:n2:380,crash:n3:410,restart:n3:560,clock:n1-300:200',
              },
              seed,
            ),
          ),
        );
      expect(wrong.slice(0, 3)).toEqual([]);
    },
  );
});

describe('tombstones', () => {
  it('are dropped in the end where everybody has them, and kept where not', () => {
    const left = (set: Settings) => {
      const r = run('or-set', { ...set, think: 'uniform:20:60', duration: '2500', settle: '1800' }, 1);
      expect(broken(r)).toEqual([]);
      return r;
    };
    const kept = left({ collect: 'off', faults: 'none' });
    const dropped = left({ faults: 'none' });
    expect(dropped.seen['a tombstone is dropped']).toBe(true);
    expect(dropped.metrics.state_bytes).toBeLessThan(kept.metrics.state_bytes! / 2);
    // One replica is away: it may still bring back what it has not heard is gone.
    const away = left({ faults: 'crash:n4:5' });
    expect(away.seen['a tombstone is dropped']).toBe(false);
  });
});

describe('what the presets are there to show', () => {
  it('counts once, merges, keeps adds, drops writes, double counts', () => {
    expect(run('g-counter').metrics).toMatchObject({ excess: 0, lost: 0 });
    expect(run('pn-counter').metrics.lowest).toBeLessThan(0);
    expect(run('or-set').metrics.add_wins).toBeGreaterThan(0);
    expect(run('lww-register').metrics.overwritten).toBeGreaterThan(0);
    expect(run('wrong-merge').metrics.excess).toBeGreaterThan(0);
    expect(run('replica-lost').metrics.excess).toBeLessThanOrEqual(0);
  });
});

describe('bad input', () => {
  it.each([
    [{ settle: '2000' }, /settle \(2000 ms\) must be shorter than duration/],
    [{ floor: 'on' }, /needs type=pn-counter; got g-counter/],
    [{ type: 'gcounter' }, /type must be one of g-counter, pn-counter, or-set, lww-register/],
    [{ nodes: '1000' }, /nodes must be a whole number from 2 to 8/],
  ])('%j', (set, message) => {
    expect(() => run('g-counter', set as Settings)).toThrow(message);
  });
});
