import {
  type Effect,
  type Here,
  invoke,
  later,
  note,
  type Protocol,
  returned,
  send,
  sendAll,
  set,
} from '../../src/sim/protocol.ts';
import { BEGIN, type P } from './params.ts';
import { KEY, type Message, newer, newest, type Version, words } from './protocol.ts';

/** A client that coordinates its own operations, one at a time. What it began before a crash is never finished. */
export interface ClientState {
  readonly kind: 'client';
  /** of its last write */
  readonly stamp: number;
  /** reads begun */
  readonly reads: number;
  readonly op: Op | null;
  readonly committed: readonly Version[];
  /** reads that have returned; what arrives late may show who needs repair */
  readonly returned: readonly Returned[];
}

export interface Op {
  readonly id: number;
  readonly f: 'read' | 'write';
  /** ask for stamps first, store a write, read, or store what was read */
  readonly stage: 'ask' | 'store' | 'read' | 'back';
  /** what is written, or was read */
  readonly value: number;
  readonly version: Version | null;
  readonly acks: readonly string[];
  readonly replies: readonly Reply[];
}

interface Reply {
  readonly from: string;
  readonly version: Version;
}

interface Returned {
  readonly id: number;
  readonly version: Version;
  readonly replies: readonly Reply[];
}

/** What a twin may break. */
export interface ClientRules {
  /** acknowledgements that commit a write */
  readonly acks: (p: P) => number;
  /** which of the first r answers a read returns */
  readonly pick: (replies: readonly Version[]) => Version;
  /** what stale replicas are given */
  readonly mend: (replies: readonly Version[]) => Version;
  readonly writesBack: boolean;
  /** with versions=ask, answers that are waited for before a stamp is chosen */
  readonly asks: (p: P) => number;
}

export const clientRules: ClientRules = {
  acks: (p) => p.w,
  pick: newest,
  mend: newest,
  writesBack: true,
  asks: (p) => p.r,
};

export const oldest = (versions: readonly Version[]): Version =>
  versions.reduce((worst, v) => (newer(worst, v) ? v : worst));

type Timer = 'write' | 'read' | 'suspect' | 'timeout';
type Out = Effect<Message, Timer>;
type Next = readonly [ClientState, ...Out[]];

const MS = 1000;
const of = (all: number, some: number) => `${some} of ${all}`;

export function coordinator(rules: ClientRules = clientRules): Protocol<ClientState, Message, Timer, P> {
  const homes = (here: Here<P>) => here.part('replica');
  const number = (here: Here<P>) => Number(here.self.slice(1)) - 1;
  const us = (ms: number) => Math.round(ms * MS);
  /** where others read, a writer only looks once */
  const mine = (here: Here<P>) =>
    here.params.readers > 0 && number(here) < here.params.writers ? 1 : here.params.reads;

  const watch = (id: number, stage: Op['stage'], here: Here<P>): Out[] =>
    here.params.sloppy && stage !== 'back'
      ? [later('suspect', us(here.params.suspectAfter), { id, stage })]
      : [];

  const begin = (s: ClientState, op: Op, here: Here<P>): Next => [
    { ...s, op },
    invoke(op.id, op.f, KEY, op.f === 'write' ? op.value : null),
    ...(here.params.timeout > 0 ? [later<Timer>('timeout', us(here.params.timeout), op.id)] : []),
  ];

  const ask = (s: ClientState, op: Op, here: Here<P>): Next => [
    { ...s, op },
    ...sendAll<Message>(homes(here), { type: 'Read', op: op.id }),
    ...watch(op.id, op.stage, here),
  ];

  const store = (s: ClientState, op: Op, stamp: number, here: Here<P>): Next => {
    const version = { stamp, by: here.self, value: op.value };
    return [
      { ...s, stamp, op: { ...op, stage: 'store', version } },
      ...sendAll<Message>(homes(here), { type: 'Write', op: op.id, version }, `write ${words(version)}`),
      ...watch(op.id, 'store', here),
    ];
  };

  const answered = (s: ClientState, op: Op, here: Here<P>): Next => {
    const versions = op.replies.map((reply) => reply.version);
    if (versions.length < (op.stage === 'ask' ? rules.asks(here.params) : here.params.r))
      return [{ ...s, op }];
    if (op.stage === 'ask') return store(s, op, Math.max(newest(versions).stamp, s.stamp) + 1, here);
    const version = rules.pick(versions);
    if (!here.params.writeBack || !rules.writesBack) return finishRead(s, { ...op, version }, here);
    const holders = op.replies.filter((r) => !newer(version, r.version)).map((r) => r.from);
    const back: Op = { ...op, stage: 'back', version, acks: holders };
    if (holders.length >= here.params.w) return finishRead(s, back, here);
    const missing = homes(here).filter((home) => !holders.includes(home));
    return [
      { ...s, op: back },
      note(`saw ${words(version)} at ${of(here.params.n, holders.length)} and stores it before it answers`),
      ...sendAll<Message>(missing, { type: 'WriteBack', op: op.id, version }, words(version)),
    ];
  };

  const mend = (replies: readonly Reply[], here: Here<P>): Out[] => {
    if (!here.params.readRepair) return [];
    const versions = replies.map((reply) => reply.version);
    const best = newest(versions);
    const given = rules.mend(versions);
    return replies
      .filter((reply) => newer(best, reply.version) && homes(here).includes(reply.from))
      .flatMap((reply): Out[] => [
        note(`repairs ${reply.from} with ${words(given)}`),
        send<Message>(reply.from, { type: 'Repair', version: given }, `repair ${words(given)}`),
      ]);
  };

  const finishRead = (s: ClientState, op: Op, here: Here<P>): Next => {
    const version = op.version!;
    const done: Returned = { id: op.id, version, replies: op.replies };
    const { r, readEvery } = here.params;
    return [
      { ...s, op: null, returned: here.params.readRepair ? [...s.returned, done] : s.returned },
      note(
        `reads ${words(version)}, ${r === 1 ? `the first answer` : `the newest of the first ${r} answers`}`,
      ),
      returned(op.id, 'ok', version.value),
      ...mend(op.replies, here),
      ...(s.reads < mine(here) ? [set<Timer>('read', us(readEvery))] : []),
    ];
  };

  const finishWrite = (s: ClientState, op: Op, here: Here<P>): Next => {
    const { n, writes, readAfter } = here.params;
    return [
      { ...s, op: null, committed: [...s.committed, op.version!] },
      note(`commits ${words(op.version!)}: ${of(n, op.acks.length)} confirmed it`),
      returned(op.id, 'ok', null),
      ...(op.value === writes ? [set<Timer>('read', us(readAfter))] : []),
    ];
  };

  const late = (s: ClientState, id: number, reply: Reply, here: Here<P>): Next => {
    const read = s.returned.find((r) => r.id === id);
    if (!read || read.replies.some((r) => r.from === reply.from)) return [s];
    const replies = [...read.replies, reply];
    // Whoever was repaired already is not repaired again, unless this answer is newer than all before.
    const known = newest(read.replies.map((r) => r.version));
    const stale = newer(reply.version, known) ? replies : [reply, { from: '', version: known }];
    return [
      { ...s, returned: s.returned.map((r) => (r === read ? { ...r, replies } : r)) },
      ...mend(stale, here),
    ];
  };

  return {
    start(here) {
      const state: ClientState = {
        kind: 'client',
        stamp: 0,
        reads: 0,
        op: null,
        committed: [],
        returned: [],
      };
      // A client that comes back after a crash has forgotten its plan; its operation stays open.
      if (here.uptime > 0) return [state];
      const { writers, writes, writeEvery } = here.params;
      const place = number(here);
      if (place >= writers) return [state, set('read', us(BEGIN))];
      const mine = Array.from({ length: writes }, (_, j) => j).filter((j) => j % writers === place);
      return [state, ...mine.map((j) => later<Timer>('write', us(BEGIN + j * writeEvery), j + 1))];
    },
    on: {
      Ack(s, m, from, here) {
        const op = s.op;
        if (op?.id !== m.op || op.acks.includes(from)) return [s];
        const next = { ...op, acks: [...op.acks, from] };
        if (op.stage === 'store' && next.acks.length >= rules.acks(here.params))
          return finishWrite(s, next, here);
        if (op.stage === 'back' && next.acks.length >= here.params.w) return finishRead(s, next, here);
        return [{ ...s, op: next }];
      },
      Reply(s, m, from, here) {
        const reply = { from, version: m.version };
        const op = s.op;
        if (op?.id !== m.op) return late(s, m.op, reply, here);
        const collecting = op.stage === 'ask' || op.stage === 'read';
        if (!collecting || op.replies.some((r) => r.from === from)) return [s];
        return answered(s, { ...op, replies: [...op.replies, reply] }, here);
      },
      Write: (s) => [s],
      WriteBack: (s) => [s],
      Hint: (s) => [s],
      Read: (s) => [s],
      Repair: (s) => [s],
      Handoff: (s) => [s],
      Taken: (s) => [s],
    },
    after: {
      write(s, here, data) {
        // One operation at a time: a write that is due while another is under way waits.
        if (s.op) return [s, later('write', 5 * MS, data)];
        const op = fresh(here, 'write', here.params.versions === 'ask' ? 'ask' : 'store', Number(data));
        const [begun, ...effects] = begin(s, op, here);
        const [next, ...more] =
          op.stage === 'ask'
            ? ask(begun, op, here)
            : store(begun, op, Math.max(here.clock, s.stamp + 1), here);
        return [next, ...effects, ...more];
      },
      read(s, here) {
        if (s.op) return [s, set('read', 5 * MS)];
        const op = fresh(here, 'read', 'read', 0);
        const [begun, ...effects] = begin({ ...s, reads: s.reads + 1 }, op, here);
        const [next, ...more] = ask(begun, op, here);
        return [next, ...effects, ...more];
      },
      suspect(s, here, data) {
        const { id, stage } = data as { id: number; stage: Op['stage'] };
        const op = s.op;
        if (op?.id !== id || op.stage !== stage) return [s];
        const heard = stage === 'store' ? op.acks : op.replies.map((r) => r.from);
        const silent = homes(here).filter((home) => !heard.includes(home));
        const spares = here.part('standin');
        const at = (i: number) => spares[i % spares.length]!;
        if (stage !== 'store')
          return [s, ...sendAll<Message>(spares.slice(0, silent.length), { type: 'Read', op: id })];
        const version = op.version!;
        return [
          s,
          note(`hears nothing from ${silent.join(', ')}: stand-ins take ${words(version)}`),
          ...silent.map((home, i) =>
            send<Message>(at(i), { type: 'Hint', op: id, version, home }, `${words(version)} for ${home}`),
          ),
        ];
      },
      timeout(s, here, id) {
        const op = s.op;
        if (!op || op.id !== id) return [s];
        const write = op.f === 'write';
        const missing = write ? here.params.w - op.acks.length : here.params.r - op.replies.length;
        return [
          { ...s, op: null },
          note(
            `gives up ${op.f} ${write ? `${KEY}=${op.value} ` : ''}for want of ${missing} more answer${missing === 1 ? '' : 's'}`,
          ),
          // Some replica may have the write: it may be seen later or never.
          returned(op.id, write ? 'unknown' : 'fail', null),
          ...(write || s.reads >= mine(here) ? [] : [set<Timer>('read', us(here.params.readEvery))]),
        ];
      },
    },
  };
}

const fresh = (here: Here<P>, f: Op['f'], stage: Op['stage'], value: number): Op => ({
  id: here.unique(),
  f,
  stage,
  value,
  version: null,
  acks: [],
  replies: [],
});
