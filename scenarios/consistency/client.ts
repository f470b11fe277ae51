import {
  cancel,
  type Here,
  invoke,
  note,
  type Protocol,
  returned,
  send,
  set,
} from '../../src/sim/protocol.ts';
import type { Value } from '../../src/sim/trace.ts';
import { type P, roams } from './params.ts';
import { type Ask, type Memory, next, numberOf } from './programs.ts';
import { type Answer, type Causes, later, NEVER, type Past, type Request, type Stamp } from './protocol.ts';

/**
 * A session: one operation at a time, and a memory of what it has seen. A get that is not answered is asked of another
 * replica. A put is asked once: whether it took effect nobody knows, and the session ends there.
 */
export interface ClientState {
  readonly kind: 'client';
  readonly memory: Memory;
  readonly token: Token;
  /** index of the replica it talks to */
  readonly at: number;
  readonly op: {
    readonly id: number;
    readonly ask: Ask;
    readonly value: Value;
    readonly tries: number;
  } | null;
}

interface Token {
  readonly count: number;
  readonly position: number;
  readonly causes: Causes;
  /** newest version read and written, by key */
  readonly reads: Readonly<Record<string, Stamp>>;
  readonly writes: Readonly<Record<string, Stamp>>;
}

type Message = Request | Answer;
type Timer = 'think' | 'silence';

const MS = 1000;
/** A get goes round the replicas so often, then it fails. */
const ROUNDS = 3;

const replicas = (here: Here<P>) =>
  (['majority', 'ordered', 'mailed'] as const).map((part) => here.part(part)).find((ids) => ids.length > 0)!;

/** What must not be missing from the answer, under this store's guarantee. */
function floor(token: Token, key: string, here: Here<P>): Stamp {
  const { level } = here.params;
  const least = level === 'read-your-writes' ? token.writes : level === 'monotonic-reads' ? token.reads : {};
  return least[key] ?? NEVER;
}

const newest = (a: Stamp | undefined, b: Stamp): Stamp => (a && later(a, b) ? a : b);

function ask(s: ClientState, here: Here<P>) {
  const { id, ask: asked, value } = s.op!;
  const { count, position, causes } = s.token;
  const after: Past = { count, position, causes, floor: floor(s.token, asked.key, here) };
  const to = replicas(here)[s.at]!;
  return [
    s,
    send<Message>(
      to,
      { type: 'Request', serial: id, ...asked, value, after },
      asked.f === 'put' ? `put ${asked.key}=${value}` : `get ${asked.key}`,
    ),
    set<Timer>('silence', here.params.patience * MS),
  ] as const;
}

export const client: Protocol<ClientState, Message, Timer, P> = {
  start(here) {
    const state: ClientState = {
      kind: 'client',
      memory: { begun: 0, read: {}, wrote: [], polls: 0 },
      token: { count: 0, position: 0, causes: {}, reads: {}, writes: {} },
      at: numberOf(here) % replicas(here).length,
      op: null,
    };
    // A session that was cut off by a crash does not go on.
    return here.uptime > 0 ? [state] : [state, set('think', here.draw(here.params.think))];
  },
  on: {
    Request: (s) => [s],
    Answer(s, m, _from, here) {
      const { op, token, memory } = s;
      if (op?.id !== m.serial) return [s];
      const { f, key } = op.ask;
      const mine = f === 'put' ? token.writes : token.reads;
      const seen = { ...mine, [key]: newest(mine[key], m.stamp) };
      const found = f === 'get' && m.value !== null && memory.read[key] == null;
      const all = replicas(here).length;
      return [
        {
          ...s,
          op: null,
          at: roams(here.params, numberOf(here)) ? (s.at + 1) % all : s.at,
          token: {
            count: Math.max(token.count, m.stamp.count),
            position: Math.max(token.position, m.past.position ?? 0),
            causes: merge(token.causes, m.past.causes ?? {}),
            reads: f === 'get' ? seen : token.reads,
            writes: f === 'put' ? seen : token.writes,
          },
          memory: {
            ...memory,
            read: f === 'get' ? { ...memory.read, [key]: m.value } : memory.read,
            wrote: f === 'put' ? [...memory.wrote, key] : memory.wrote,
            polls: f === 'put' || found ? 0 : memory.polls + 1,
          },
        },
        returned(op.id, 'ok', f === 'get' ? m.value : null),
        cancel('silence'),
        set('think', here.draw(here.params.think)),
      ];
    },
  },
  after: {
    think(s, here) {
      const asked = next(s.memory, here);
      if (!asked) return [s];
      const id = here.unique();
      const value = asked.f === 'put' ? id : null;
      const memory = { ...s.memory, begun: s.memory.begun + 1 };
      const [state, ...effects] = ask({ ...s, memory, op: { id, ask: asked, value, tries: 1 } }, here);
      return [state, invoke(id, asked.f, asked.key, value), ...effects];
    },
    silence(s, here) {
      const { op } = s;
      if (!op) return [s];
      const all = replicas(here);
      const here_ = all[s.at]!;
      if (op.ask.f === 'put')
        return [
          { ...s, op: null },
          note(`hears nothing of its put from ${here_} and ends the session`),
          returned(op.id, 'unknown', null),
        ];
      const at = (s.at + 1) % all.length;
      if (op.tries >= ROUNDS * all.length)
        return [
          { ...s, op: null, at },
          returned(op.id, 'fail', null),
          set('think', here.draw(here.params.think)),
        ];
      const [state, ...effects] = ask({ ...s, at, op: { ...op, tries: op.tries + 1 } }, here);
      return [state, note(`hears nothing from ${here_} and asks ${all[at]}`), ...effects];
    },
  },
};

export function merge(a: Causes, b: Causes): Causes {
  const both: Record<string, number> = { ...a };
  for (const [id, seen] of Object.entries(b)) both[id] = Math.max(both[id] ?? 0, seen);
  return both;
}
