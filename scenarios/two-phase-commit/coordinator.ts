import { answer, firstSight, giveUp, type Request, refuse, type Seen } from '../../src/sim/client.ts';
import {
  become,
  type Effect,
  type Here,
  later,
  note,
  type Protocol,
  save,
  send,
  sendAll,
} from '../../src/sim/protocol.ts';
import type { P } from './params.ts';
import { amountFor, force, type Msg, pretend } from './protocol.ts';

/** What is on the coordinator's disk. A transaction that is not in it was never committed, or is over everywhere. */
export interface CoordinatorLog {
  /** tells transactions of this life from those of earlier ones, of which memory knows nothing */
  readonly boot: number;
  readonly records: Readonly<Record<string, 'started' | 'committed' | 'aborted'>>;
}

export type Phase =
  /** forcing the start record (only where nothing is presumed) */
  | 'starting'
  | 'work'
  | 'vote'
  /** forcing the decision */
  | 'committing'
  | 'aborting'
  | 'committed'
  | 'aborted';

export interface Transaction {
  readonly phase: Phase;
  /** participants heard in this phase */
  readonly heard: readonly string[];
  /** who asked for it; lost in a crash */
  readonly client: { readonly id: string; readonly request: Pick<Request, 'serial' | 'attempt'> } | null;
  readonly refused: readonly string[];
}

export interface CoordinatorState {
  readonly log: CoordinatorLog;
  readonly transactions: Readonly<Record<string, Transaction>>;
  readonly seen: Seen;
}

/** The rules a broken twin breaks. */
export interface CoordinatorRules {
  readonly forcesDecision: boolean;
  readonly onSilence: 'abort' | 'commit';
  readonly enough: (votes: number, participants: number) => boolean;
  readonly waitsForAcks: boolean;
  readonly answersAfterForce: boolean;
}

export const COORDINATOR_RULES: CoordinatorRules = {
  forcesDecision: true,
  onSilence: 'abort',
  enough: (votes, participants) => votes === participants,
  waitsForAcks: true,
  answersAfterForce: true,
};

type Timer = 'logged' | 'deadline' | 'resend';
type Out = Effect<Msg, Timer>;
type Next = readonly [CoordinatorState, ...Out[]];
type Logged = { readonly tx: string; readonly record: 'started' | 'committed' | 'aborted' };

const UNDECIDED: readonly Phase[] = ['starting', 'work', 'vote'];

export function coordinator(
  rules: CoordinatorRules = COORDINATOR_RULES,
): Protocol<CoordinatorState, Msg, Timer, P> {
  const participants = (here: Here<P>) => here.part('participant');
  const put = (s: CoordinatorState, tx: string, t: Transaction): CoordinatorState => ({
    ...s,
    transactions: { ...s.transactions, [tx]: t },
  });
  const write = (s: CoordinatorState, tx: string, record: Logged['record']): CoordinatorState => ({
    ...s,
    log: { ...s.log, records: { ...s.log.records, [tx]: record } },
  });
  /** In a later life a request may be a copy of one that committed in an earlier life: “no” would be too much said. */
  const tellClient = (s: CoordinatorState, t: Transaction, ok: boolean, tx: string): Out[] => {
    if (t.client === null) return [];
    const { id, request } = t.client;
    if (ok) return [answer(id, request.serial, s.log.boot === 1 ? null : tx, 'committed')];
    return [s.log.boot === 1 ? refuse(id, request, null) : giveUp(id, request)];
  };

  const beginWork = (s: CoordinatorState, tx: string, t: Transaction, here: Here<P>): Next => {
    const all = participants(here);
    return [
      put(s, tx, { ...t, phase: 'work', heard: [] }),
      become('working', tx),
      ...all.map((p, i) => send<Msg>(p, { type: 'Work', tx, amount: amountFor(i, all.length) })),
    ];
  };

  const commit = (s: CoordinatorState, tx: string, t: Transaction): Next => {
    const logged: Logged = { tx, record: 'committed' };
    const next = put(write(s, tx, 'committed'), tx, { ...t, phase: 'committing', heard: [] });
    return [
      next,
      become('deciding', tx),
      ...(rules.forcesDecision ? [note(`has every yes on ${tx} and writes its decision`)] : []),
      ...(rules.answersAfterForce ? [] : tellClient(s, t, true, tx)),
      ...(rules.forcesDecision ? force(next.log, logged) : pretend(logged)),
    ];
  };

  /** With presumed abort nothing is written and nothing acknowledged: to be forgotten means the same. */
  const abort = (s: CoordinatorState, tx: string, t: Transaction, here: Here<P>): Next => {
    if (here.params.presume === 'nothing') {
      const next = put(write(s, tx, 'aborted'), tx, { ...t, phase: 'aborting', heard: t.refused });
      return [next, become('deciding', tx), ...force(next.log, { tx, record: 'aborted' })];
    }
    return aborted(s, tx, t, here);
  };

  const aborted = (s: CoordinatorState, tx: string, t: Transaction, here: Here<P>): Next => {
    const told = participants(here).filter((p) => !t.refused.includes(p));
    return [
      put(s, tx, { ...t, phase: 'aborted', heard: t.refused, client: null }),
      become('aborted', tx),
      note(`decides to abort ${tx}`),
      ...sendAll(told, { type: 'Abort', tx } as Msg, tx),
      ...tellClient(s, t, false, tx),
      ...(here.params.presume === 'nothing' ? [later<Timer>('resend', here.params.resend * 1000, tx)] : []),
    ];
  };

  const committed = (s: CoordinatorState, tx: string, t: Transaction, here: Here<P>): Next => {
    const told: Out[] = [
      become('committed', tx),
      note(`has decided to commit ${tx} and tells everybody`),
      ...sendAll(participants(here), { type: 'Commit', tx } as Msg, tx),
      ...(rules.answersAfterForce ? tellClient(s, t, true, tx) : []),
    ];
    if (!rules.waitsForAcks) return [forget(s, tx), ...told];
    return [
      put(s, tx, { ...t, phase: 'committed', client: null }),
      ...told,
      later<Timer>('resend', here.params.resend * 1000, tx),
    ];
  };

  /** The end record is not forced: lost, it only means that the decision is told once more. */
  const forget = (s: CoordinatorState, tx: string): CoordinatorState => {
    const { [tx]: _over, ...transactions } = s.transactions;
    const { [tx]: _done, ...records } = s.log.records;
    return { ...s, transactions, log: { ...s.log, records } };
  };

  return {
    start(here, disk) {
      const old = (disk as CoordinatorLog | undefined) ?? { boot: 0, records: {} };
      const log = { ...old, boot: old.boot + 1 };
      const all = participants(here);
      const transactions: Record<string, Transaction> = {};
      const effects: Out[] = [];
      let state: CoordinatorState = { log, transactions, seen: {} };
      const lost = { heard: [], client: null, refused: [] };
      for (const [tx, record] of Object.entries(log.records)) {
        if (record === 'started') {
          const [next, ...more] = abort(state, tx, { phase: 'vote', ...lost }, here);
          state = next;
          effects.push(note(`finds ${tx} begun and undecided`), ...more);
          continue;
        }
        state = put(state, tx, { phase: record, ...lost });
        const type = record === 'committed' ? 'Commit' : 'Abort';
        effects.push(
          become(record, tx),
          note(`finds in its log that ${tx} is ${record}, and says so again`),
          ...sendAll(all, { type, tx } as Msg, tx),
          later<Timer>('resend', here.params.resend * 1000, tx),
        );
      }
      if (old.boot > 0 && effects.length === 0)
        effects.push(become('idle'), note('is back and finds no decision in its log'));
      else if (effects.length === 0) effects.push(become('idle'));
      return [state, save(log, 0), ...effects];
    },
    on: {
      Request(s, m, from, here) {
        const seen = firstSight(s.seen, from, m);
        if (!seen) return [s];
        const tx = s.log.boot === 1 ? m.key : `${m.key}/${s.log.boot}`;
        if (s.transactions[tx]) return [{ ...s, seen }];
        const { serial, attempt } = m;
        const t: Transaction = {
          phase: 'starting',
          heard: [],
          client: { id: from, request: { serial, attempt } },
          refused: [],
        };
        const deadline = later<Timer>('deadline', here.params.timeout * 1000, tx);
        if (here.params.presume === 'nothing') {
          const next = put(write({ ...s, seen }, tx, 'started'), tx, t);
          return [next, deadline, ...force(next.log, { tx, record: 'started' })];
        }
        const [next, ...effects] = beginWork({ ...s, seen }, tx, t, here);
        return [next, deadline, ...effects];
      },
      Worked(s, { tx }, from, here) {
        const t = s.transactions[tx];
        if (t?.phase !== 'work' || t.heard.includes(from)) return [s];
        const heard = [...t.heard, from];
        const all = participants(here);
        if (heard.length < all.length) return [put(s, tx, { ...t, heard })];
        return [
          put(s, tx, { ...t, phase: 'vote', heard: [] }),
          become('voting', tx),
          note(`asks everybody to vote on ${tx}`),
          ...sendAll(all, { type: 'Prepare', tx } as Msg, tx),
        ];
      },
      Yes(s, { tx }, from, here) {
        const t = s.transactions[tx];
        // A yes that comes after the abort changes nothing: its sender is told already, or will ask.
        if (t?.phase !== 'vote' || t.heard.includes(from)) return [s];
        const heard = [...t.heard, from];
        const voted = { ...t, heard };
        return rules.enough(heard.length, participants(here).length)
          ? commit(s, tx, voted)
          : [put(s, tx, voted)];
      },
      No(s, { tx }, from, here) {
        const t = s.transactions[tx];
        if (!t || !UNDECIDED.includes(t.phase)) return [s];
        return abort(s, tx, { ...t, refused: [...t.refused, from] }, here);
      },
      Ack(s, { tx }, from, here) {
        const t = s.transactions[tx];
        if (!t || (t.phase !== 'committed' && t.phase !== 'aborted') || t.heard.includes(from)) return [s];
        const heard = [...t.heard, from];
        if (heard.length < participants(here).length) return [put(s, tx, { ...t, heard })];
        return [forget(s, tx), note(`has every acknowledgement of ${tx} and forgets it`)];
      },
      Inquire(s, { tx }, from) {
        const t = s.transactions[tx];
        if (t?.phase === 'committed') return [s, send<Msg>(from, { type: 'Commit', tx }, tx)];
        if (t?.phase === 'aborted') return [s, send<Msg>(from, { type: 'Abort', tx }, tx)];
        // Still undecided: the asker will hear.
        if (t) return [s];
        return [
          put(s, tx, { phase: 'aborted', heard: [], client: null, refused: [] }),
          become('aborted', tx),
          note(`knows nothing of ${tx}, so it was never committed: abort`),
          send<Msg>(from, { type: 'Abort', tx }, tx),
        ];
      },
      Work: (s) => [s],
      Prepare: (s) => [s],
      Commit: (s) => [s],
      Abort: (s) => [s],
      Unsure: (s) => [s],
      Answer: (s) => [s],
      Refusal: (s) => [s],
    },
    after: {
      logged(s, here, data) {
        const { tx, record } = data as Logged;
        const t = s.transactions[tx];
        if (record === 'started') return t?.phase === 'starting' ? beginWork(s, tx, t, here) : [s];
        if (record === 'committed' && t?.phase === 'committing') return committed(s, tx, t, here);
        if (record === 'aborted' && t?.phase === 'aborting') return aborted(s, tx, t, here);
        return [s];
      },
      deadline(s, here, data) {
        const tx = data as string;
        const t = s.transactions[tx];
        if (!t || !UNDECIDED.includes(t.phase)) return [s];
        if (rules.onSilence === 'commit' && t.phase === 'vote') return commit(s, tx, t);
        const silent = participants(here).filter((p) => !t.heard.includes(p));
        const what = t.phase === 'vote' ? 'vote' : 'word';
        const [next, ...effects] = abort(s, tx, t, here);
        return [next, note(`has no ${what} from ${silent.join(' and ')} in time`), ...effects];
      },
      resend(s, here, data) {
        const tx = data as string;
        const t = s.transactions[tx];
        if (t?.phase !== 'committed' && t?.phase !== 'aborted') return [s];
        const type = t.phase === 'committed' ? 'Commit' : 'Abort';
        const silent = participants(here).filter((p) => !t.heard.includes(p));
        if (silent.length === 0) return [forget(s, tx)];
        return [
          s,
          ...sendAll(silent, { type, tx } as Msg, tx),
          later<Timer>('resend', here.params.resend * 1000, tx),
        ];
      },
    },
  };
}
