import {
  become,
  type Effect,
  note,
  type Protocol,
  type Step,
  save,
  send,
} from '../../../src/sim/protocol.ts';
import type { P } from './params.ts';
import { before, DAWN, ignored, type Stamp, type TransactionMessage } from './transactions.ts';
import { answer, firstSight, refuse, type Seen } from './wire.ts';

/** An item with a number in it, on a storage node of its own: one participant. It stands for a replicated partition. */
export interface AccountState {
  readonly kind: 'account';
  readonly balance: number;
  readonly opening: number;
  /** counts the writes */
  readonly version: number;
  /** of the last transaction that wrote it */
  readonly stamp: Stamp;
  /** the transactions under way: one, unless a twin lets more in */
  readonly pending: readonly Pending[];
  /** what each transaction that ended here came to: its delta, 0 for cancelled */
  readonly ended: Readonly<Record<string, number>>;
  readonly seen: Seen;
}

interface Pending {
  readonly tx: string;
  readonly stamp: Stamp;
  readonly delta: number;
  /** what the item will be, computed when it was prepared */
  readonly next: number;
}

export interface AccountRules {
  /** an item with a transaction under way takes no other */
  readonly heedsConflicts: boolean;
}
export const ACCOUNT: AccountRules = { heedsConflicts: true };

type Disk = Omit<AccountState, 'kind' | 'seen'>;
type Next = Step<AccountState, TransactionMessage, never>;

export function account(rules: AccountRules = ACCOUNT): Protocol<AccountState, TransactionMessage, never, P> {
  const bar = (s: AccountState) => become(s.pending.length > 0 ? 'prepared' : 'item', `${s.balance}`);
  const disk = ({ kind: _kind, seen: _seen, ...kept }: AccountState): Disk => kept;
  const end = (s: AccountState, tx: string, from: string, commits: boolean): Next => {
    const ended = send(from, { type: 'Ended', tx } as const);
    const mine = s.pending.find((p) => p.tx === tx);
    if (!mine || tx in s.ended) {
      // A cancel may overtake the prepare it is about: that one must then be refused.
      const next = tx in s.ended || commits ? s : { ...s, ended: { ...s.ended, [tx]: 0 } };
      return [next, save(disk(next)), ended];
    }
    const next: AccountState = {
      ...s,
      pending: s.pending.filter((p) => p !== mine),
      ended: { ...s.ended, [tx]: commits ? mine.delta : 0 },
      ...(commits && { balance: mine.next, version: s.version + 1, stamp: mine.stamp }),
    };
    return [next, bar(next), save(disk(next)), ended];
  };
  return {
    start(here, saved) {
      const { opening } = here.params;
      const kept = (saved as Disk | undefined) ?? {
        balance: opening,
        opening,
        version: 0,
        stamp: DAWN,
        pending: [],
        ended: {},
      };
      const state: AccountState = { kind: 'account', ...kept, seen: {} };
      return [state, bar(state)];
    },
    on: {
      ...ignored,
      Prepare(s, m, from) {
        const yes = send(from, { type: 'Prepared', tx: m.tx } as const, 'yes');
        if (s.pending.some((p) => p.tx === m.tx)) return [s, save(disk(s)), yes];
        if (m.tx in s.ended)
          return s.ended[m.tx] === 0
            ? [s, send(from, { type: 'Refused', tx: m.tx, why: 'conflict' } as const)]
            : [s, save(disk(s)), yes];
        const why =
          s.pending.length > 0 && rules.heedsConflicts
            ? 'conflict'
            : before(s.stamp, m.stamp) || !rules.heedsConflicts
              ? s.balance + m.delta < 0
                ? 'condition'
                : undefined
              : 'timestamp';
        if (why) {
          const next = { ...s, ended: { ...s.ended, [m.tx]: 0 } };
          return [
            next,
            note(
              why === 'conflict'
                ? `has a transaction under way and refuses ${m.tx}`
                : `refuses ${m.tx}: ${why}`,
            ),
            save(disk(next)),
            send(from, { type: 'Refused', tx: m.tx, why } as const, why),
          ];
        }
        const pending: Pending = { tx: m.tx, stamp: m.stamp, delta: m.delta, next: s.balance + m.delta };
        const prepared: AccountState = { ...s, pending: [...s.pending, pending] };
        if (m.atOnce) {
          const [next] = end(prepared, m.tx, from, true);
          return [next, bar(next), save(disk(next)), yes];
        }
        return [prepared, bar(prepared), save(disk(prepared)), yes];
      },
      Commit: (s, m, from) => end(s, m.tx, from, true),
      Cancel: (s, m, from) => end(s, m.tx, from, false),
      Look: (s, m, from) => [
        s,
        send(
          from,
          {
            type: 'Looked',
            tx: m.tx,
            phase: m.phase,
            busy: s.pending.length > 0,
            version: s.version,
            balance: s.balance,
          } as const,
          `${s.balance}`,
        ),
      ],
      // GetItem and PutItem outside a transaction: a read is always served, a write not while one is under way.
      Request(s, m, from) {
        const seen = firstSight(s.seen, from, m);
        if (!seen) return [s];
        const known = { ...s, seen };
        const reads: Effect<TransactionMessage, never> = answer(from, m, s.balance);
        return m.f === 'get-each' ? [known, reads] : [known, refuse(from, m, 'unavailable')];
      },
    },
    after: {},
  };
}
