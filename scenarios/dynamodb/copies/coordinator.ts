import {
  become,
  type Effect,
  type Here,
  later,
  note,
  type Protocol,
  type Step,
  save,
  send,
} from '../../../src/sim/protocol.ts';
import { MS, type P } from './params.ts';
import { accountsOf, deltas, ignored, type Stamp, type TransactionMessage } from './transactions.ts';
import { answer, firstSight, type Request, refuse, type Seen, type Why } from './wire.ts';

/** A transaction coordinator with its ledger: its disk. In DynamoDB the ledger is a replicated table that all share. */
export interface CoordinatorState {
  readonly kind: 'coordinator';
  readonly ledger: Readonly<Record<string, Line>>;
  /** the newest timestamp it gave; none is given twice */
  readonly last: number;
  readonly looks: Readonly<Record<string, Looking>>;
  /** who waits for which transaction; forgotten in a crash */
  readonly waiting: Readonly<Record<string, { readonly from: string; readonly request: Request }>>;
  readonly seen: Seen;
}

/** One transaction, from before its first message on. */
export interface Line {
  readonly stamp: Stamp;
  readonly key: string;
  readonly parts: Readonly<Record<string, number>>;
  readonly decision: 'open' | 'commit' | 'cancel';
  readonly why: Why;
  readonly prepared: readonly string[];
  readonly ended: readonly string[];
  readonly tries: number;
}

interface Looking {
  readonly from: string;
  readonly request: Request;
  readonly phase: 1 | 2;
  readonly found: Readonly<Record<string, { readonly version: number; readonly balance: number }>>;
  readonly first: Readonly<Record<string, { readonly version: number; readonly balance: number }>>;
}

export interface CoordinatorRules {
  /** two phases; else each item is written as it is asked */
  readonly prepares: boolean;
  /** a token it has a line for is answered from the ledger */
  readonly heedsToken: boolean;
  /** TransactGetItems looks twice */
  readonly looksTwice: boolean;
}
export const COORDINATOR: CoordinatorRules = { prepares: true, heedsToken: true, looksTwice: true };

type Disk = Pick<CoordinatorState, 'ledger' | 'last'>;
type Next = Step<CoordinatorState, TransactionMessage, 'again'>;
type Effects = Effect<TransactionMessage, 'again'>[];
type Hand = Here<P>;

const AGAIN_MS = 12;
/** Prepares are repeated so often; an item that still has not answered cancels the transaction. */
const TRIES = 3;

export function coordinator(
  rules: CoordinatorRules = COORDINATOR,
): Protocol<CoordinatorState, TransactionMessage, 'again', P> {
  const disk = ({ ledger, last }: CoordinatorState): Disk => ({ ledger, last });
  const again = (tx: string) => later<'again'>('again', AGAIN_MS * MS, tx);
  const bar = (s: CoordinatorState) => {
    const under = Object.entries(s.ledger).filter(
      ([, line]) => line.ended.length < Object.keys(line.parts).length,
    );
    const open = under.filter(([, line]) => line.decision !== 'cancel');
    return become(open.length > 0 ? 'coordinates' : 'idle', open.map(([tx]) => tx).join(' '));
  };
  const withLine = (s: CoordinatorState, tx: string, line: Line): CoordinatorState => ({
    ...s,
    ledger: { ...s.ledger, [tx]: line },
  });

  /** what the transaction still needs, to those who have not answered it */
  const push = (tx: string, line: Line): Effects =>
    Object.entries(line.parts).flatMap(([to, delta]): Effects => {
      if (line.decision === 'open')
        return line.prepared.includes(to)
          ? []
          : [
              send(
                to,
                { type: 'Prepare', tx, stamp: line.stamp, delta, atOnce: !rules.prepares } as const,
                tx,
              ),
            ];
      if (line.ended.includes(to)) return [];
      return line.decision === 'commit'
        ? [send(to, { type: 'Commit', tx } as const, tx)]
        : [send(to, { type: 'Cancel', tx } as const, tx)];
    });

  const decide = (s: CoordinatorState, tx: string, decision: 'commit' | 'cancel', why: Why): Next => {
    const line: Line = { ...s.ledger[tx]!, decision, why };
    const wait = s.waiting[tx];
    const next = withLine(s, tx, line);
    const told: Effects = decision === 'cancel' && wait ? [refuse(wait.from, wait.request, why)] : [];
    return [
      next,
      save(disk(next)),
      bar(next),
      ...(decision === 'cancel' ? [note(`cancels ${tx}: ${why}`)] : []),
      ...push(tx, line),
      ...told,
      again(tx),
    ];
  };

  const begin = (s: CoordinatorState, m: Request, from: string, here: Hand): Next => {
    const named = `T${m.serial}`;
    const expired =
      named in s.ledger && here.clock - s.ledger[named]!.stamp.us > here.params.tokenMinutes * 60_000 * MS;
    const fresh = m.token % 100 > 0 || !rules.heedsToken || expired;
    const tx = fresh ? `${named}.${m.attempt}` : named;
    const waiting = { ...s.waiting, [tx]: { from, request: m } };
    const line = s.ledger[tx];
    if (line) {
      const known = { ...s, waiting };
      const done = line.ended.length === Object.keys(line.parts).length;
      if (line.decision === 'cancel') return [known, refuse(from, m, line.why)];
      if (!done) return [known];
      return [known, note(`has ${tx} in its ledger: done already`), answer(from, m, null)];
    }
    const last = Math.max(here.clock, s.last + 1);
    const opened: Line = {
      stamp: { us: last, by: here.self },
      key: m.key,
      parts: deltas(m.key, m.value),
      decision: 'open',
      why: 'conflict',
      prepared: [],
      ended: [],
      tries: 0,
    };
    const next = withLine({ ...s, waiting, last }, tx, opened);
    return [next, save(disk(next)), bar(next), ...push(tx, opened), again(tx)];
  };

  const look = (s: CoordinatorState, m: Request, from: string, here: Hand): Next => {
    const tx = `G${m.serial}.${m.attempt}`;
    const looking: Looking = { from, request: m, phase: 1, found: {}, first: {} };
    return [
      { ...s, looks: { ...s.looks, [tx]: looking } },
      ...accountsOf(m.key)
        .filter((id) => here.part('account').includes(id))
        .map((to) => send<TransactionMessage>(to, { type: 'Look', tx, phase: 1 }, 'look')),
    ];
  };

  return {
    start(here, saved) {
      const kept = (saved as Disk | undefined) ?? { ledger: {}, last: here.clock };
      const state: CoordinatorState = { kind: 'coordinator', ...kept, looks: {}, waiting: {}, seen: {} };
      // Whatever was not decided when it crashed is cancelled: nobody can have been told otherwise.
      let next = state;
      const effects: Effects = [];
      for (const [tx, line] of Object.entries(state.ledger)) {
        if (line.decision === 'open') {
          const [after, ...more] = decide(next, tx, 'cancel', 'unavailable');
          next = after;
          effects.push(...more);
        } else if (line.ended.length < Object.keys(line.parts).length)
          effects.push(...push(tx, line), again(tx));
      }
      return [next, bar(next), ...effects];
    },
    on: {
      ...ignored,
      Request(s, m, from, here) {
        const seen = firstSight(s.seen, from, m);
        if (!seen) return [s];
        const known = { ...s, seen };
        return m.f === 'transfer' ? begin(known, m, from, here) : look(known, m, from, here);
      },
      Prepared(s, m, from) {
        const line = s.ledger[m.tx];
        if (line?.decision !== 'open' || line.prepared.includes(from)) return [s];
        const prepared = [...line.prepared, from];
        const next = withLine(s, m.tx, { ...line, prepared });
        return prepared.length === Object.keys(line.parts).length
          ? decide(next, m.tx, 'commit', 'conflict')
          : [next];
      },
      Refused(s, m) {
        const line = s.ledger[m.tx];
        if (line?.decision !== 'open') return [s];
        return decide(s, m.tx, 'cancel', m.why === 'condition' ? 'condition' : 'conflict');
      },
      Ended(s, m, from) {
        const line = s.ledger[m.tx];
        if (!line || line.decision === 'open' || line.ended.includes(from)) return [s];
        const ended = [...line.ended, from];
        const next = withLine(s, m.tx, { ...line, ended });
        if (ended.length < Object.keys(line.parts).length) return [next];
        const wait = s.waiting[m.tx];
        const told: Effects =
          line.decision === 'commit' && wait ? [answer(wait.from, wait.request, null)] : [];
        return [next, save(disk(next)), bar(next), ...told];
      },
      Looked(s, m, from) {
        const looking = s.looks[m.tx];
        if (!looking || looking.phase !== m.phase) return [s];
        const { [m.tx]: _done, ...others } = s.looks;
        const busy = m.busy && rules.looksTwice;
        const moved = looking.phase === 2 && looking.first[from]!.version !== m.version;
        if (busy || moved)
          return [
            { ...s, looks: others },
            note(
              `cancels a TransactGetItems: ${from} ${busy ? 'has a transaction under way' : 'changed meanwhile'}`,
            ),
            refuse(looking.from, looking.request, 'conflict'),
          ];
        const found = { ...looking.found, [from]: { version: m.version, balance: m.balance } };
        const names = accountsOf(looking.request.key);
        if (Object.keys(found).length < names.length)
          return [{ ...s, looks: { ...s.looks, [m.tx]: { ...looking, found } } }];
        if (looking.phase === 1 && rules.looksTwice)
          return [
            { ...s, looks: { ...s.looks, [m.tx]: { ...looking, phase: 2, first: found, found: {} } } },
            ...names.map((to) => send<TransactionMessage>(to, { type: 'Look', tx: m.tx, phase: 2 }, 'same?')),
          ];
        const sum = Object.values(found).reduce((total, { balance }) => total + balance, 0);
        return [{ ...s, looks: others }, answer(looking.from, looking.request, sum)];
      },
    },
    after: {
      again(s, _here, tx) {
        const line = s.ledger[tx as string];
        if (!line || line.ended.length === Object.keys(line.parts).length) return [s];
        if (line.decision === 'open' && line.tries >= TRIES)
          return decide(s, tx as string, 'cancel', 'unavailable');
        const next = withLine(s, tx as string, { ...line, tries: line.tries + 1 });
        return [next, ...push(tx as string, line), again(tx as string)];
      },
    },
  };
}
