import { type Judgement, type Op, words } from '../history.ts';
import type { Value } from '../trace.ts';

/** Operations beyond which the question is refused: the causal order is a square of bits. */
const MOST = 3_000;

export type Causes = 'cyclic' | 'initial' | 'thin air' | 'overwritten';

/**
 * Causal consistency (Ahamad et al. 1995) of reads and writes with different values: a history has it unless it shows
 * one of the bad patterns of Bouajjani et al. (2017, table 2): a cycle of causes, a read of the initial value or of
 * an overwritten one although a newer write is among the read's causes, or a read of what nobody wrote.
 */
export function causal(ops: readonly Op[], initial: Value = null): Judgement {
  const part = ops
    .filter(
      (op) => op.outcome !== 'fail' && (op.outcome === 'ok' || isWrite(op)) && (isRead(op) || isWrite(op)),
    )
    .sort((a, b) => a.invoke - b.invoke || a.op - b.op);
  if (part.length > MOST)
    return { holds: undefined, gaveUp: `causal order is judged for at most ${MOST} operations` };
  const writer = new Map<string, number>();
  for (const [i, op] of part.entries()) {
    if (!isWrite(op)) continue;
    const version = versionOf(op);
    if (writer.has(version))
      return { holds: undefined, gaveUp: `${words(op)} writes a value written before; values must differ` };
    writer.set(version, i);
  }
  const width = Math.ceil(part.length / 32);
  const causes = part.map(() => new Uint32Array(width));
  const source = part.map((op) => (isRead(op) ? writer.get(versionOf(op)) : undefined));
  for (const [i, op] of part.entries())
    if (isRead(op) && source[i] === undefined && !isInitial(op, initial))
      return bad([op], `${words(op)}, which nobody wrote.`);
  close(part, source, causes);
  for (const [i, op] of part.entries())
    if (has(causes[i]!, i)) return bad([op], `${words(op)} is among its own causes.`);
  for (const [r, read] of part.entries()) {
    if (!isRead(read)) continue;
    const from = source[r];
    for (const [w, write] of part.entries()) {
      if (!isWrite(write) || write.key !== read.key || w === from || !has(causes[r]!, w)) continue;
      if (from === undefined)
        return bad([write, read], `${words(read)} misses ${words(write)}, which is among its causes.`);
      if (has(causes[w]!, from))
        return bad(
          [part[from]!, write, read],
          `${words(read)} although ${words(write)}, which is among its causes, had overwritten that value.`,
        );
    }
  }
  return { holds: true };
}

/** Causes of each operation: its session before it, what it read, and all of theirs. Repeated until nothing is new. */
function close(part: readonly Op[], source: readonly (number | undefined)[], causes: Uint32Array[]): void {
  const previous = new Map<string, number>();
  const direct = part.map((op, i) => {
    const list: number[] = [];
    const before = previous.get(op.process);
    if (before !== undefined) list.push(before);
    if (source[i] !== undefined) list.push(source[i]);
    previous.set(op.process, i);
    return list;
  });
  for (let again = true; again; ) {
    again = false;
    for (const [i, list] of direct.entries()) {
      const mine = causes[i]!;
      for (const j of list) {
        if (!has(mine, j)) {
          mine[j >> 5]! |= 1 << (j & 31);
          again = true;
        }
        const theirs = causes[j]!;
        for (let k = 0; k < mine.length; k++) {
          const both = mine[k]! | theirs[k]!;
          if (both >>> 0 !== mine[k]) {
            mine[k] = both;
            again = true;
          }
        }
      }
    }
  }
}

const has = (set: Uint32Array, i: number) => (set[i >> 5]! & (1 << (i & 31))) !== 0;
const isRead = (op: Op) => op.f === 'read' || op.f === 'get';
const isWrite = (op: Op) => op.f === 'write' || op.f === 'put';
const isInitial = (op: Op, initial: Value) =>
  op.value === null || JSON.stringify(op.value) === JSON.stringify(initial);
const versionOf = (op: Op) => `${op.key}\n${JSON.stringify(op.value)}`;
const bad = (ops: readonly Op[], detail: string): Judgement => ({
  holds: false,
  culprit: { ops: ops.map((op) => op.op), keys: [...new Set(ops.map((op) => op.key))], detail },
});
