import { answer } from '../../src/sim/client.ts';
import { become, type Effect, type Here, later, note, type Protocol, send } from '../../src/sim/protocol.ts';
import type { P } from './params.ts';
import { COORDINATOR, force, type Msg, pretend, START_BALANCE } from './protocol.ts';

export interface LogRecord {
  readonly is: 'prepared' | 'committed' | 'aborted';
  readonly amount: number;
}

export interface ParticipantLog {
  /** the row, as committed */
  readonly balance: number;
  readonly records: Readonly<Record<string, LogRecord>>;
}

export type Stage =
  /** waits for the lock */
  | 'queued'
  | 'working'
  /** done, not asked yet: may still abort alone */
  | 'ready'
  | 'preparing'
  /** voted yes: in doubt until it hears the decision */
  | 'prepared'
  | 'committing'
  | 'aborting'
  | 'committed'
  | 'aborted';

export interface Branch {
  readonly is: Stage;
  readonly amount: number;
  /** participants to be told once the abort is on disk */
  readonly askers: readonly string[];
}

export interface Reader {
  readonly from: string;
  readonly serial: number;
}

export interface ParticipantState {
  /** as memory has it; what is not forced is on disk only after the next forced write */
  readonly log: ParticipantLog;
  /** as the disk is known to have it */
  readonly disk: ParticipantLog;
  readonly branches: Readonly<Record<string, Branch>>;
  /** who holds the row's lock */
  readonly lock: string | null;
  /** who waits for it, in order */
  readonly waiting: readonly (string | Reader)[];
}

/** The rules a broken twin breaks. */
export interface ParticipantRules {
  readonly forcesVote: boolean;
  readonly forcesCommit: boolean;
  /** when the decision does not come */
  readonly inDoubt: 'ask' | 'wait' | 'abort' | 'commit';
  readonly keepsLock: boolean;
}

export const PARTICIPANT_RULES: ParticipantRules = {
  forcesVote: true,
  forcesCommit: true,
  inDoubt: 'ask',
  keepsLock: true,
};

type Timer = 'logged' | 'work' | 'unasked' | 'doubt';
type Out = Effect<Msg, Timer>;
type Next = readonly [ParticipantState, ...Out[]];
interface Logged {
  readonly tx: string;
  readonly is: LogRecord['is'];
  readonly image: ParticipantLog;
}

/** Until it votes a participant may abort whenever it likes. */
export const FREE: readonly Stage[] = ['queued', 'working', 'ready'];

/** The row as it stands in the table: writes are done in place, which is why it is locked. */
const row = (s: ParticipantState): number =>
  Object.values(s.branches).reduce(
    (sum, b) => (b.is === 'ready' || b.is === 'preparing' || b.is === 'prepared' ? sum + b.amount : sum),
    s.log.balance,
  );

export function participant(
  rules: ParticipantRules = PARTICIPANT_RULES,
): Protocol<ParticipantState, Msg, Timer, P> {
  const put = (s: ParticipantState, tx: string, b: Branch): ParticipantState => ({
    ...s,
    branches: { ...s.branches, [tx]: b },
  });
  const stage = (s: ParticipantState, tx: string, is: Stage): ParticipantState =>
    put(s, tx, { ...(s.branches[tx] ?? { amount: 0, askers: [] }), is });
  const record = (s: ParticipantState, tx: string, is: LogRecord['is']): ParticipantState => {
    const amount = s.branches[tx]?.amount ?? 0;
    const balance = is === 'committed' ? s.log.balance + amount : s.log.balance;
    return { ...s, log: { balance, records: { ...s.log.records, [tx]: { is, amount } } } };
  };

  /** Gives the row to whoever waits first; readers are served and gone. */
  const release = (s: ParticipantState, tx: string, here: Here<P>): Next => {
    const waiting = s.waiting.filter((w) => w !== tx);
    if (s.lock !== tx) return [{ ...s, waiting }];
    return grant({ ...s, lock: null, waiting }, here);
  };
  const grant = (s: ParticipantState, here: Here<P>): Next => {
    const [first, ...waiting] = s.waiting;
    if (first === undefined || s.lock !== null) return [s];
    if (typeof first !== 'string') {
      const [next, ...effects] = grant({ ...s, waiting }, here);
      return [next, answer(first.from, first.serial, row(s), String(row(s))), ...effects];
    }
    return [
      stage({ ...s, lock: first, waiting }, first, 'working'),
      become('working', first),
      later<Timer>('work', here.draw(here.params.work), first),
    ];
  };

  /** An abort that nobody else hears from here need not be forced: to have no record means the same. */
  const abort = (s: ParticipantState, tx: string, here: Here<P>): Next => {
    const [next, ...effects] = release(record(stage(s, tx, 'aborted'), tx, 'aborted'), tx, here);
    return [next, become('aborted', tx), ...effects];
  };
  const forceAbort = (s: ParticipantState, tx: string, askers: readonly string[]): Next => {
    const amount = s.branches[tx]?.amount ?? 0;
    const next = record(put(s, tx, { is: 'aborting', amount, askers }), tx, 'aborted');
    return [next, ...force(next.log, { tx, is: 'aborted', image: next.log } satisfies Logged)];
  };
  const commit = (s: ParticipantState, tx: string): Next => {
    const next = record(stage(s, tx, 'committing'), tx, 'committed');
    const logged: Logged = { tx, is: 'committed', image: next.log };
    if (rules.forcesCommit) return [next, ...force(next.log, logged)];
    return [next, ...pretend({ ...logged, image: s.disk })];
  };
  const ask = (tx: string, here: Here<P>): Out[] => [
    send<Msg>(COORDINATOR, { type: 'Inquire', tx }, tx),
    ...(here.params.cooperative ? here.peers.map((p) => send<Msg>(p, { type: 'Inquire', tx }, tx)) : []),
    later<Timer>('doubt', here.params.doubt * 1000, tx),
  ];
  const refuses = (here: Here<P>) =>
    here.self === `p${here.params.refuse}` || (here.params.noRate > 0 && here.random() < here.params.noRate);

  return {
    start(here, disk) {
      const log = (disk as ParticipantLog | undefined) ?? { balance: START_BALANCE, records: {} };
      const branches: Record<string, Branch> = {};
      for (const [tx, { is, amount }] of Object.entries(log.records))
        branches[tx] = { is, amount, askers: [] };
      const doubtful = Object.keys(branches).find((tx) => branches[tx]!.is === 'prepared') ?? null;
      const state = { log, disk: log, branches, lock: doubtful, waiting: [] };
      if (doubtful === null) return [state, become('idle')];
      return [
        state,
        become('in doubt', doubtful),
        note(`is back and finds its yes to ${doubtful} in its log: in doubt again, the row locked`),
        ...ask(doubtful, here),
      ];
    },
    on: {
      Work(s, { tx, amount }, _from, here) {
        const known = s.branches[tx];
        if (known) return known.is === 'ready' ? [s, send<Msg>(COORDINATOR, { type: 'Worked', tx })] : [s];
        const queued = put(s, tx, { is: 'queued', amount, askers: [] });
        const [next, ...effects] = grant({ ...queued, waiting: [...s.waiting, tx] }, here);
        return [
          next,
          ...effects,
          ...(next.lock === tx ? [] : [note(`has ${tx} wait: ${s.lock} holds the row`)]),
          later<Timer>('unasked', here.params.unasked * 1000, tx),
        ];
      },
      Prepare(s, { tx }, _from, here) {
        const branch = s.branches[tx];
        const no = (next: ParticipantState, ...effects: Out[]): Next => [
          next,
          ...effects,
          send<Msg>(COORDINATOR, { type: 'No', tx }, tx),
        ];
        // Nothing is known of work done before a crash: it is gone, so the answer is no.
        if (!branch || branch.is === 'aborted') return no(s);
        if (branch.is === 'prepared') return [s, send<Msg>(COORDINATOR, { type: 'Yes', tx }, tx)];
        if (branch.is !== 'ready') return [s];
        if (refuses(here)) {
          // Where nothing is presumed even a no must be found again.
          const [next, ...effects] =
            here.params.presume === 'nothing' ? forceAbort(s, tx, []) : abort(s, tx, here);
          return no(next, note(`cannot commit ${tx} and votes no`), ...effects);
        }
        const next = record(stage(s, tx, 'preparing'), tx, 'prepared');
        const logged: Logged = { tx, is: 'prepared', image: next.log };
        return [
          next,
          ...(rules.forcesVote ? force(next.log, logged) : pretend({ ...logged, image: s.disk })),
        ];
      },
      Commit(s, { tx }, from) {
        const branch = s.branches[tx];
        if (branch?.is === 'prepared') return commit(s, tx);
        if (from === COORDINATOR && (!branch || branch.is === 'committed'))
          return [s, send<Msg>(from, { type: 'Ack', tx })];
        return [s];
      },
      Abort(s, { tx }, from, here) {
        const branch = s.branches[tx];
        const acknowledged = here.params.presume === 'nothing' && from === COORDINATOR;
        const ack: Out[] = acknowledged ? [send<Msg>(from, { type: 'Ack', tx })] : [];
        if (!branch) return [s, ...ack];
        if (branch.is === 'aborted') return [s, ...ack];
        if (branch.is === 'committed' || branch.is === 'committing' || branch.is === 'aborting') return [s];
        if (acknowledged) return forceAbort(s, tx, [from]);
        const [next, ...effects] = abort(s, tx, here);
        return [next, note(`hears that ${tx} is aborted and releases the row`), ...effects];
      },
      Inquire(s, { tx }, from) {
        const branch = s.branches[tx];
        if (branch?.is === 'committed') return [s, send<Msg>(from, { type: 'Commit', tx }, tx)];
        if (branch?.is === 'aborted' && s.disk.records[tx]?.is === 'aborted')
          return [s, send<Msg>(from, { type: 'Abort', tx }, tx)];
        if (branch?.is === 'aborting') return [put(s, tx, { ...branch, askers: [...branch.askers, from] })];
        if (!branch || branch.is === 'aborted' || FREE.includes(branch.is)) {
          const [next, ...effects] = forceAbort(s, tx, [from]);
          return [next, note(`has not voted on ${tx}, so it may abort, and does`), ...effects];
        }
        return [s, send<Msg>(from, { type: 'Unsure', tx }, tx)];
      },
      Request(s, m, from, here) {
        const reader = { from, serial: m.serial };
        return grant({ ...s, waiting: [...s.waiting, reader] }, here);
      },
      Worked: (s) => [s],
      Yes: (s) => [s],
      No: (s) => [s],
      Ack: (s) => [s],
      Unsure: (s) => [s],
      Answer: (s) => [s],
      Refusal: (s) => [s],
    },
    after: {
      work(s, _here, data) {
        const tx = data as string;
        if (s.branches[tx]?.is !== 'working') return [s];
        return [stage(s, tx, 'ready'), send<Msg>(COORDINATOR, { type: 'Worked', tx })];
      },
      unasked(s, here, data) {
        const tx = data as string;
        const branch = s.branches[tx];
        if (!branch || !FREE.includes(branch.is)) return [s];
        const [next, ...effects] = abort(s, tx, here);
        return [next, note(`was never asked to vote on ${tx} and aborts alone`), ...effects];
      },
      doubt(s, here, data) {
        const tx = data as string;
        if (s.branches[tx]?.is !== 'prepared' || rules.inDoubt === 'wait') return [s];
        if (rules.inDoubt === 'commit') {
          const [next, ...effects] = commit(s, tx);
          return [next, note(`has waited long enough and commits ${tx}`), ...effects];
        }
        if (rules.inDoubt === 'abort') {
          const [next, ...effects] = abort(s, tx, here);
          return [next, note(`has waited long enough and aborts ${tx}`), ...effects];
        }
        return [s, note(`still in doubt about ${tx}, asks again`), ...ask(tx, here)];
      },
      logged(s, here, data) {
        const { tx, is, image } = data as Logged;
        const branch = s.branches[tx];
        const durable = { ...s, disk: image };
        if (is === 'prepared') {
          if (branch?.is !== 'preparing') return [durable];
          const [next, ...effects] = rules.keepsLock ? [durable] : release(durable, tx, here);
          return [
            stage(next, tx, 'prepared'),
            become('in doubt', tx),
            note(`votes yes on ${tx}: from now on it must wait for the decision`),
            send<Msg>(COORDINATOR, { type: 'Yes', tx }, tx),
            later<Timer>('doubt', here.params.doubt * 1000, tx),
            ...effects,
          ];
        }
        if (is === 'committed') {
          if (branch?.is !== 'committing') return [durable];
          const [next, ...effects] = release(stage(durable, tx, 'committed'), tx, here);
          return [
            next,
            become('committed', tx),
            note(`commits ${tx}: the row is ${next.log.balance}`),
            send<Msg>(COORDINATOR, { type: 'Ack', tx }),
            ...effects,
          ];
        }
        if (branch?.is !== 'aborting') return [durable];
        const [next, ...effects] = release(
          put(durable, tx, { ...branch, is: 'aborted', askers: [] }),
          tx,
          here,
        );
        const answers = branch.askers.map((to) =>
          to === COORDINATOR ? send<Msg>(to, { type: 'Ack', tx }) : send<Msg>(to, { type: 'Abort', tx }, tx),
        );
        return [next, become('aborted', tx), ...answers, ...effects];
      },
    },
  };
}
