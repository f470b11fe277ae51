import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { judgeHistory } from '../src/cli/judge-history.ts';
import { stream } from '../src/sim/chance.ts';
import {
  causal,
  guarantees,
  historyOf,
  linearizable,
  type ModelName,
  models,
  type Op,
  parseHistory,
  sequential,
  sessionGuarantee,
} from '../src/sim/history.ts';
import type { TraceEvent, Value } from '../src/sim/trace.ts';

/**
 * Histories are drawn as in the papers, a line a process: `write 1 [0 10]` is an operation with its call and return,
 * `? ` before it means that its outcome is unknown, `!` that it failed, a name after `@` is its object.
 */
function history(lines: Readonly<Record<string, string>>): Op[] {
  const ops: Op[] = [];
  for (const [process, line] of Object.entries(lines))
    for (const [, sign, f, value, key, call, end] of line.matchAll(
      /([?!]?)(\w+) ?([^@[\s]*(?:,[^@[\s]*)*) ?(?:@(\w+) )?\[(\S+) (\S+)\]/g,
    ))
      ops.push({
        op: ops.length + 1,
        process,
        f: f!,
        key: key ?? 'x',
        value: (value === '' ? null : f === 'cas' ? JSON.parse(`[${value}]`) : JSON.parse(value!)) as Value,
        outcome: sign === '?' ? 'unknown' : sign === '!' ? 'fail' : 'ok',
        invoke: Number(call),
        return: end === 'never' ? null : Number(end),
      });
  return ops;
}

const cases: readonly {
  readonly name: string;
  readonly model: ModelName;
  readonly history: Readonly<Record<string, string>>;
  readonly linearizable: boolean;
  readonly sequential: boolean;
}[] = [
  // Herlihy & Wing 1990, figure 1: FIFO queue histories.
  {
    name: 'H1 (a): both enqueues overlap, so either may come out first',
    model: 'queue',
    history: { A: 'enqueue 1 [0 10] dequeue 2 [20 30]', B: 'enqueue 2 [5 15] dequeue 1 [25 35]' },
    linearizable: true,
    sequential: true,
  },
  {
    name: 'H2 (b): 1 was in the queue before 2, yet 2 comes out first',
    model: 'queue',
    history: { A: 'enqueue 1 [0 10] dequeue 2 [40 50]', B: 'enqueue 2 [20 30]' },
    linearizable: false,
    sequential: true,
  },
  {
    name: 'H3 (c): an element is taken while its enqueue is still under way',
    model: 'queue',
    history: { A: 'enqueue 1 [0 50]', B: 'dequeue 1 [10 20]' },
    linearizable: true,
    sequential: true,
  },
  {
    name: 'H4 (d): the same element comes out twice',
    model: 'queue',
    history: { A: 'enqueue 1 [0 10] dequeue 1 [20 30]', B: 'enqueue 2 [0 10] dequeue 1 [20 30]' },
    linearizable: false,
    sequential: false,
  },
  // In the manner of Herlihy & Wing 1990, figure 2: registers.
  {
    name: 'a read during a write sees it, a later one no longer does',
    model: 'register',
    history: { A: 'write 1 [0 100]', B: 'read 1 [10 20] read 0 [30 40]' },
    linearizable: false,
    sequential: false,
  },
  {
    name: 'a read during two writes sees either of them',
    model: 'register',
    history: {
      A: 'write 0 [0 10] write 1 [20 50]',
      B: 'write 2 [15 40]',
      C: 'read 2 [30 60] read 1 [70 80]',
    },
    linearizable: true,
    sequential: true,
  },
  // Herlihy & Wing 1990, §3.3 (sequential consistency is not local): each queue alone would do, both together do not.
  {
    name: 'two queues, fine one by one and not together',
    model: 'queue',
    history: {
      A: 'enqueue 1 @p [0 1] enqueue 1 @q [2 3] dequeue 2 @p [8 9]',
      B: 'enqueue 2 @q [4 5] enqueue 2 @p [6 7] dequeue 1 @q [10 11]',
    },
    linearizable: false,
    sequential: false,
  },
  {
    name: 'the first of these queues alone is sequentially consistent',
    model: 'queue',
    history: { A: 'enqueue 1 @p [0 1] dequeue 2 @p [8 9]', B: 'enqueue 2 @p [6 7]' },
    linearizable: false,
    sequential: true,
  },
  {
    name: 'and so is the second',
    model: 'queue',
    history: { A: 'enqueue 1 @q [2 3]', B: 'enqueue 2 @q [4 5] dequeue 1 @q [10 11]' },
    linearizable: true,
    sequential: true,
  },
  {
    name: 'a stale read keeps program order and breaks real time',
    model: 'register',
    history: { A: 'write 1 [0 10]', B: 'read 0 [20 30]' },
    linearizable: false,
    sequential: true,
  },
  {
    name: 'equal end points overlap: the read may still come first',
    model: 'register',
    history: { A: 'write 1 [0 10]', B: 'read 0 [10 20]' },
    linearizable: true,
    sequential: true,
  },
  {
    name: 'one unit later it may not',
    model: 'register',
    history: { A: 'write 1 [0 10]', B: 'read 0 [11 20]' },
    linearizable: false,
    sequential: true,
  },
  {
    name: 'two operations at one instant, each the other’s only explanation',
    model: 'register',
    history: { A: 'write 1 [5 5]', B: 'read 1 [5 5]' },
    linearizable: true,
    sequential: true,
  },
  {
    name: 'a write of unknown outcome takes effect long after its client gave up',
    model: 'register',
    history: { A: '?write 1 [0 10]', B: 'read 0 [20 30] read 0 [40 50] read 1 [60 70]' },
    linearizable: true,
    sequential: true,
  },
  {
    name: 'but it takes effect once',
    model: 'register',
    history: { A: '?write 1 [0 never]', B: 'write 2 [20 30] read 1 [40 50] write 2 [60 70] read 1 [80 90]' },
    linearizable: false,
    sequential: false,
  },
  {
    name: 'and not before it began',
    model: 'register',
    history: { A: '?write 1 [50 never]', B: 'read 1 [20 30]' },
    linearizable: false,
    sequential: true,
  },
  {
    name: 'a failed write never shows',
    model: 'register',
    history: { A: '!write 1 [0 10]', B: 'read 1 [20 30]' },
    linearizable: false,
    sequential: false,
  },
  {
    name: 'a read of unknown outcome says nothing',
    model: 'register',
    history: { A: '?read 7 [0 10]', B: 'read 0 [20 30]' },
    linearizable: true,
    sequential: true,
  },
  {
    name: 'of two compare-and-sets from one value one must fail',
    model: 'cas-register',
    history: { A: 'cas 0,1 [0 10]', B: 'cas 0,2 [5 15]' },
    linearizable: false,
    sequential: false,
  },
  {
    name: 'unknown compare-and-sets chain when somebody saw the end of the chain',
    model: 'cas-register',
    history: { A: '?cas 0,1 [0 never]', B: '?cas 1,2 [0 never]', C: 'read 2 [20 30]' },
    linearizable: true,
    sequential: true,
  },
  {
    name: 'appends build a value up in order',
    model: 'map',
    history: { A: 'append "a" [0 10] append "b" [20 30]', B: 'get "ab" [40 50]' },
    linearizable: true,
    sequential: true,
  },
  {
    name: 'a missing key reads as null, and an empty queue gives null',
    model: 'map',
    history: { A: 'get null [0 10]', B: 'put 1 [20 30] get 1 [40 50]' },
    linearizable: true,
    sequential: true,
  },
  {
    name: 'an unknown dequeue may have taken the element',
    model: 'queue',
    history: { A: 'enqueue 1 [0 10] dequeue null [40 50]', B: '?dequeue [20 30]' },
    linearizable: true,
    sequential: true,
  },
];

describe('verdicts', () => {
  it.each(cases)('$name', ({ model, history: lines, ...expected }) => {
    const ops = history(lines);
    expect(linearizable(ops, models(model)).holds).toBe(expected.linearizable);
    expect(sequential(ops, models(model)).holds).toBe(expected.sequential);
  });

  it.each([
    {
      guarantee: 'read-your-writes',
      lines: { A: 'write 1 [0 1] read 0 [2 3]' },
      culprit: [1, 2],
    },
    {
      guarantee: 'monotonic-reads',
      lines: { A: 'write 1 [0 1] write 2 [2 3]', B: 'read 2 [4 5] read 1 [6 7]' },
      culprit: [3, 4],
    },
    {
      guarantee: 'monotonic-writes',
      lines: { A: 'write 1 @x [0 1] write 2 @y [2 3]', B: 'read 2 @y [4 5] read 0 @x [6 7]' },
      culprit: [1, 2, 3, 4],
    },
    {
      guarantee: 'writes-follow-reads',
      lines: {
        A: 'write 1 @x [0 1]',
        B: 'read 1 @x [2 3] write 2 @y [4 5]',
        C: 'read 2 @y [6 7] read 0 @x [8 9]',
      },
      culprit: [2, 3, 4, 5],
    },
  ] as const)('a history that breaks $guarantee and nothing weaker', ({ guarantee, lines, culprit }) => {
    const ops = history(lines as unknown as Record<string, string>);
    const broken = guarantees.filter((g) => sessionGuarantee(g, ops, 0).holds === false);
    expect(broken).toContain(guarantee);
    expect(sessionGuarantee(guarantee, ops, 0).culprit?.ops).toEqual(culprit);
    expect(causal(ops, 0).holds).toBe(false);
  });

  it('writes that knew nothing of each other may be seen in either order', () => {
    const ops = history({
      A: 'write 1 [0 1]',
      B: 'write 2 [0 1]',
      C: 'read 1 [2 3] read 2 [4 5]',
      D: 'read 2 [2 3] read 1 [4 5]',
    });
    expect(guarantees.map((g) => sessionGuarantee(g, ops, 0).holds)).toEqual([true, true, true, true]);
    expect(causal(ops, 0).holds).toBe(true);
    expect(sequential(ops, models('register')).holds).toBe(false);
  });

  it('session guarantees are not judged where a value was written twice', () => {
    const ops = history({ A: 'write 1 [0 1] write 1 [2 3]' });
    expect(sessionGuarantee('monotonic-reads', ops).gaveUp).toMatch(/written before/);
    expect(causal(ops).gaveUp).toMatch(/written before/);
  });
});

/** Herlihy & Wing's definition, tried order by order: for histories of a handful of operations. */
function bruteForce(ops: readonly Op[], name: ModelName, order: (before: Op, after: Op) => boolean): boolean {
  const model = models(name);
  const sure = ops.filter((op) => op.outcome === 'ok');
  const open = ops.filter((op) => op.outcome === 'unknown' && !model.reads(op));
  const fits = (left: readonly Op[], states: ReadonlyMap<string, Value>): boolean => {
    if (left.every((op) => op.outcome === 'unknown')) return true;
    return left.some((op) => {
      if (left.some((other) => other !== op && order(other, op))) return false;
      const after = model.step(states.get(op.key) ?? model.initial, op);
      return (
        after !== undefined &&
        fits(
          left.filter((other) => other !== op),
          new Map(states).set(op.key, after),
        )
      );
    });
  };
  for (let chosen = 0; chosen < 2 ** open.length; chosen++)
    if (fits([...sure, ...open.filter((_, i) => (chosen >> i) & 1)], new Map())) return true;
  return false;
}

const realTime = (before: Op, after: Op) =>
  before.outcome === 'ok' && before.return !== null && before.return < after.invoke;
const programOrder = (before: Op, after: Op) =>
  before.outcome === 'ok' && before.process === after.process && before.invoke < after.invoke;

/** Small histories, process by process, most of them nearly right: values are drawn from few. */
const someHistory = (name: ModelName): fc.Arbitrary<Op[]> => {
  const model = models(name);
  return fc
    .array(
      fc.record({
        process: fc.constantFrom('A', 'B', 'C'),
        f: fc.constantFrom(...model.functions),
        key: fc.constantFrom('x', 'y'),
        value: fc.integer({ min: 0, max: 3 }),
        other: fc.integer({ min: 0, max: 3 }),
        outcome: fc.constantFrom('ok', 'ok', 'ok', 'ok', 'unknown', 'fail'),
        gap: fc.integer({ min: 0, max: 4 }),
        length: fc.integer({ min: 0, max: 12 }),
      }),
      { minLength: 1, maxLength: 7 },
    )
    .map((drawn) => {
      const clock: Record<string, number> = { A: 0, B: 0, C: 0 };
      return drawn.map((d, i): Op => {
        const invoke = clock[d.process]! + d.gap;
        clock[d.process] = invoke + d.length + 1;
        const reads = d.f === 'dequeue' || d.f === 'get' || d.f === 'read';
        const value: Value =
          d.f === 'cas'
            ? [d.other, d.value]
            : reads && d.value === 0 && name !== 'register' && name !== 'cas-register'
              ? null
              : d.value;
        const outcome = d.outcome as Op['outcome'];
        return {
          op: i + 1,
          process: d.process,
          f: d.f,
          key: d.key,
          value: outcome === 'unknown' && reads ? null : value,
          outcome,
          invoke,
          return: outcome === 'unknown' ? null : invoke + d.length,
        };
      });
    });
};

describe('against every order tried one by one', () => {
  it.each(['register', 'cas-register', 'queue', 'map'] as const)('%s', (name) => {
    fc.assert(
      fc.property(someHistory(name), (ops) => {
        const lin = linearizable(ops, models(name));
        const seq = sequential(ops, models(name));
        expect(lin.holds).toBe(bruteForce(ops, name, realTime));
        expect(seq.holds).toBe(bruteForce(ops, name, programOrder));
        // The accused convict by themselves.
        for (const [judgement, order] of [
          [lin, realTime],
          [seq, programOrder],
        ] as const) {
          if (!judgement.culprit) continue;
          const accused = ops.filter((op) => judgement.culprit!.ops.includes(op.op));
          expect(accused.length).toBe(judgement.culprit.ops.length);
          expect(bruteForce(accused, name, order)).toBe(false);
        }
      }),
      { numRuns: 400, seed: 7 },
    );
  });
});

describe('culprits', () => {
  it('is the stale read and what it should have seen, out of a thousand operations', () => {
    const ops = longHistory(1000, 8, 3);
    const good = linearizable(ops, models('register'));
    expect(good.holds).toBe(true);
    const read = ops.find((op, i) => i > 600 && op.f === 'read')!;
    const old = ops.find((op, i) => i > 100 && op.f === 'write')!;
    const spoilt = ops.map((op) => (op === read ? { ...op, value: old.value } : op));
    const { holds, culprit } = linearizable(spoilt, models('register'));
    expect(holds).toBe(false);
    expect(culprit!.ops).toContain(read.op);
    expect(culprit!.ops.length).toBeLessThanOrEqual(4);
    expect(culprit!.detail).toContain(read.process);
  });

  it('says so when it gives up', () => {
    const ops = longHistory(300, 20, 5);
    const judged = linearizable(ops, models('register'), 50);
    expect(judged.holds).toBeUndefined();
    expect(judged.gaveUp).toMatch(/50 placements/);
    expect(sequential(ops, models('register'), 20).gaveUp).toMatch(/20 placements/);
  });
});

/** A history that some register did execute: each operation takes effect somewhere between its call and its return. */
function longHistory(count: number, processes: number, seed: number): Op[] {
  const random = stream(seed, 'history');
  const free = Array.from({ length: processes }, () => 0);
  const ops: (Op & { effect: number })[] = [];
  for (let i = 0; i < count; i++) {
    const p = Math.floor(random() * processes);
    const invoke = free[p]! + Math.floor(random() * 50);
    const end = invoke + 1 + Math.floor(random() * 100);
    free[p] = end + 1;
    ops.push({
      op: i + 1,
      process: `p${p}`,
      f: random() < 0.5 ? 'write' : 'read',
      key: 'x',
      value: i + 1,
      outcome: 'ok',
      invoke,
      return: end,
      effect: invoke + random() * (end - invoke),
    });
  }
  let held: Value = 0;
  const results = new Map<number, Value>();
  for (const op of [...ops].sort((a, b) => a.effect - b.effect)) {
    if (op.f === 'write') held = op.value;
    results.set(op.op, held);
  }
  return ops
    .map(({ effect: _, ...op }) => ({ ...op, value: results.get(op.op)! }))
    .sort((a, b) => a.invoke - b.invoke);
}

it('reads a history off a trace: values of reads from their return, what never returned stays open', () => {
  const events: TraceEvent[] = [
    { at: 1, kind: 'invoke', op: 1, process: 'c1', f: 'put', key: 'x', value: 5 },
    { at: 2, kind: 'invoke', op: 2, process: 'c2', f: 'get', key: 'x', value: null },
    { at: 3, kind: 'return', op: 2, outcome: 'ok', value: 5 },
    { at: 4, kind: 'note', node: 'n1', text: 'is not part of it' },
  ];
  expect(historyOf(events)).toEqual([
    { op: 1, process: 'c1', f: 'put', key: 'x', value: 5, outcome: 'unknown', invoke: 1, return: null },
    { op: 2, process: 'c2', f: 'get', key: 'x', value: 5, outcome: 'ok', invoke: 2, return: 3 },
  ]);
  expect(historyOf(events, (f) => f === 'get')).toHaveLength(1);
});

describe('check-history', () => {
  const folder = mkdtempSync(join(tmpdir(), 'history-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const line = (more: object) =>
    JSON.stringify({
      process: 'c1',
      f: 'write',
      key: 'x',
      value: 1,
      outcome: 'ok',
      invoke: 0,
      return: 10,
      ...more,
    });
  const check = (text: string, ...args: string[]) => {
    const file = join(folder, 'history.jsonl');
    writeFileSync(file, text);
    const { status, output } = judgeHistory([file, ...args]);
    return { status, answer: JSON.parse(output) };
  };

  it('answers as JSON, with the lines that are to blame', () => {
    const good = check(`${line({})}\n\n${line({ process: 'c2', f: 'read', invoke: 20, return: 30 })}\n`);
    expect(good).toEqual({ status: 0, answer: { linearizable: true, sequential: true, culprit: null } });
    const { status, answer } = check(
      [line({}), line({ process: 'c2', f: 'read', value: 0, invoke: 20, return: 30 })].join('\n'),
    );
    expect(status).toBe(1);
    expect(answer).toMatchObject({ linearizable: false, sequential: true, culprit: { ops: [1, 2] } });
    expect(check(line({ f: 'read', value: 7 }), '--initial', '7').status).toBe(0);
    expect(check(line({ f: 'put' }), '--model', 'map').status).toBe(0);
  });

  it.each([
    ['{"process":', /line 1: expected one JSON object/],
    ['[1]', /line 1: expected a JSON object/],
    [line({ f: 'raed' }), /line 1: f must be one of read, write for a register/],
    [line({ outcome: 'maybe' }), /outcome must be ok, fail or unknown/],
    [line({ return: -1 }), /return is before invoke/],
    [line({ return: null }), /has returned/],
    [line({ invoke: 'soon' }), /invoke must be a number/],
    [line({ proces: 1 }), /unknown field proces \(did you mean process\?\)/],
    [`${line({})}\n${line({ value: { a: 1 } })}`, /line 2: value must be/],
  ])('%s is refused by line', (text, message) => {
    expect(() => check(text)).toThrow(message);
  });

  it('names what it would accept', () => {
    expect(() => parseHistory('', 'registre')).toThrow(/register, cas-register, queue, map.*mean register/);
    expect(() => parseHistory(line({ f: 'cas' }), 'cas-register')).toThrow(/\[expected, new\]/);
    expect(() => parseHistory('', 'queue', '3')).toThrow(/JSON list/);
    expect(() => check('', 'another')).toThrow(/takes one file; got 2/);
    expect(() => judgeHistory([join(folder, 'missing')])).toThrow(/cannot read .*ENOENT/);
  });
});
