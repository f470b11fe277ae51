import { type Judgement, type Op, words } from '../history.ts';
import type { Value } from '../trace.ts';

/**
 * The session guarantees of Terry et al. (1994), judged from what clients saw; a session is a process. Writes must
 * have different values, key by key, so that a read names the write it saw.
 *
 * Which of two writes is older is taken only from what the sessions themselves did: the initial value before every
 * write, a session's own writes in its order, and a value a session had seen before it wrote. Writes of different
 * sessions that knew nothing of each other have no order, and no read of either breaks a guarantee.
 */
export type SessionGuarantee =
  | 'read-your-writes'
  | 'monotonic-reads'
  | 'monotonic-writes'
  | 'writes-follow-reads';

export const guarantees: readonly SessionGuarantee[] = [
  'read-your-writes',
  'monotonic-reads',
  'monotonic-writes',
  'writes-follow-reads',
];

export function sessionGuarantee(
  guarantee: SessionGuarantee,
  ops: readonly Op[],
  initial: Value = null,
): Judgement {
  const sessions = new Sessions(ops, initial);
  if (sessions.ambiguous) return { holds: undefined, gaveUp: sessions.ambiguous };
  const finding = checks[guarantee](sessions);
  if (!finding) return { holds: true };
  const found = [...new Set(finding.ops)].sort((a, b) => a.invoke - b.invoke || a.op - b.op);
  return {
    holds: false,
    culprit: {
      ops: found.map((op) => op.op),
      keys: [...new Set(found.map((op) => op.key))],
      detail: finding.detail,
    },
  };
}

interface Finding {
  readonly ops: readonly Op[];
  readonly detail: string;
}

const isRead = (op: Op) => op.f === 'read' || op.f === 'get';
const isWrite = (op: Op) => op.f === 'write' || op.f === 'put';
const versionOf = (key: string, value: Value) => `${key}\n${JSON.stringify(value)}`;

class Sessions {
  /** reads and writes of each session in its order; failed operations and reads without a result left out */
  readonly all: Op[][] = [];
  readonly writes = new Map<string, Op>();
  readonly initial: Value;
  ambiguous: string | undefined;
  readonly #older = new Map<string, Set<string>>();

  constructor(ops: readonly Op[], initial: Value) {
    this.initial = initial;
    const sessions = new Map<string, Op[]>();
    for (const op of [...ops].sort((a, b) => a.invoke - b.invoke)) {
      if (op.outcome === 'fail' || (isRead(op) && op.outcome !== 'ok') || !(isRead(op) || isWrite(op)))
        continue;
      const session = sessions.get(op.process);
      if (session) session.push(op);
      else sessions.set(op.process, [op]);
      if (!isWrite(op)) continue;
      const version = versionOf(op.key, op.value);
      if (this.writes.has(version))
        this.ambiguous ??= `${words(op)} writes a value written before; session guarantees need different values`;
      this.writes.set(version, op);
    }
    this.all = [...sessions.values()];
    for (const session of this.all) this.#learn(session);
  }

  /** the last write or seen value of each key is older than the session's next write of it */
  #learn(session: readonly Op[]): void {
    const last = new Map<string, string>();
    for (const op of session) {
      const version = versionOf(op.key, op.value);
      const before = last.get(op.key);
      if (isWrite(op) && before !== undefined && before !== version) {
        const older = this.#older.get(version);
        if (older) older.add(before);
        else this.#older.set(version, new Set([before]));
      }
      last.set(op.key, version);
    }
  }

  /** is the value seen by this read older than the other version of its key? */
  older(read: Op, than: Op): boolean {
    const seen = versionOf(read.key, read.value);
    const start = versionOf(than.key, than.value);
    if (seen === start) return false;
    if (!this.writes.has(seen)) return this.isInitial(read) && this.writes.has(start);
    const visited = new Set<string>();
    const waiting = [start];
    for (let version = waiting.pop(); version !== undefined; version = waiting.pop()) {
      for (const before of this.#older.get(version) ?? []) {
        if (before === seen) return true;
        if (!visited.has(before)) {
          visited.add(before);
          waiting.push(before);
        }
      }
    }
    return false;
  }

  isInitial(read: Op): boolean {
    return JSON.stringify(read.value) === JSON.stringify(this.initial) || read.value === null;
  }
}

/** The first read of a session that misses an earlier operation of the same session. */
function regress(sessions: Sessions, earlier: (op: Op) => boolean, say: (read: Op, before: Op) => string) {
  for (const session of sessions.all)
    for (let i = 0; i < session.length; i++) {
      const read = session[i]!;
      if (!isRead(read)) continue;
      for (let j = i - 1; j >= 0; j--) {
        const before = session[j]!;
        if (before.key !== read.key || !earlier(before) || before.outcome !== 'ok') continue;
        if (sessions.older(read, before)) return { ops: [before, read], detail: say(read, before) };
      }
    }
  return undefined;
}

/**
 * Somebody saw an effect (`later`) and after that a state without what must come before it (`first`): the two
 * operations are one session's, in this order, the first of them perhaps a read.
 */
function missing(
  sessions: Sessions,
  leads: (op: Op) => boolean,
  say: (first: Op, later: Op, saw: Op, missed: Op) => string,
): Finding | undefined {
  /** for each write, what its session did before it that must be visible wherever it is */
  const before = new Map<Op, Op[]>();
  for (const session of sessions.all) {
    const led: Op[] = [];
    for (const op of session) {
      if (isWrite(op)) before.set(op, led.slice());
      if (leads(op)) led.push(op);
    }
  }
  for (const session of sessions.all)
    for (let i = 0; i < session.length; i++) {
      const saw = session[i]!;
      const later = isRead(saw) ? sessions.writes.get(versionOf(saw.key, saw.value)) : undefined;
      if (!later) continue;
      for (let j = i + 1; j < session.length; j++) {
        const missed = session[j]!;
        if (!isRead(missed)) continue;
        for (const first of before.get(later) ?? [])
          if (first.key === missed.key && (sessions.older(missed, first) || undone(missed, first, later)))
            return { ops: [first, later, saw, missed], detail: say(first, later, saw, missed) };
      }
    }
  return undefined;
}

/** of one key: the first of two writes is seen after the second */
const undone = (missed: Op, first: Op, later: Op) =>
  first.key === later.key && JSON.stringify(missed.value) === JSON.stringify(first.value);

const checks: Record<SessionGuarantee, (sessions: Sessions) => Finding | undefined> = {
  'read-your-writes': (sessions) =>
    regress(
      sessions,
      isWrite,
      (read, write) => `${words(read)} does not see its own earlier ${words(write)}.`,
    ),
  'monotonic-reads': (sessions) =>
    regress(
      sessions,
      isRead,
      (read, seen) => `${words(read)} goes back behind what ${words(seen)} had seen.`,
    ),
  'monotonic-writes': (sessions) =>
    missing(
      sessions,
      isWrite,
      (first, later, saw, missed) =>
        `${words(saw)} saw ${words(later)}, yet ${words(missed)} misses ${words(first)}, which that session wrote before.`,
    ),
  'writes-follow-reads': (sessions) =>
    missing(
      sessions,
      isRead,
      (first, later, saw, missed) =>
        `${words(saw)} saw ${words(later)}, yet ${words(missed)} misses what its writer had read before it (${words(first)}).`,
    ),
};
