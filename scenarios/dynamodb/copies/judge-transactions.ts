import { inTheEnd, isAccount, only, type Prop, statesOf } from './judge.ts';
import { ACCOUNTS } from './params.ts';

/** Atomicity, isolation and idempotence of transactions. */

type Ends = Readonly<Record<string, Readonly<Record<string, number>>>>;
export const allOrNothing: Prop = {
  kind: 'always',
  what: 'All or nothing: no transaction is applied to one of its items and cancelled at another.',
  judged: only('transactions'),
  fold: () => ({
    start: {} as Ends,
    changed(seen: Ends, node, before, after) {
      if (!isAccount(after) || (isAccount(before) && before.ended === after.ended)) return seen;
      for (const [tx, delta] of Object.entries(after.ended))
        for (const [other, ended] of Object.entries(seen))
          if (other !== node && tx in ended && (ended[tx] === 0) !== (delta === 0)) {
            const [yes, no] = delta === 0 ? [other, node] : [node, other];
            return `${tx} is applied to ${yes} and cancelled at ${no}: the money is half-way`;
          }
      return { ...seen, [node]: after.ended };
    },
  }),
};

export const noLostUpdate: Prop = {
  kind: 'always',
  what: 'No update is lost: an item is what it was at first plus what the transactions applied to it come to.',
  judged: only('transactions'),
  fold: () => ({
    start: null,
    changed(seen, node, _before, after) {
      if (!isAccount(after)) return seen;
      const sum = Object.values(after.ended).reduce((total, delta) => total + delta, after.opening);
      return sum === after.balance
        ? seen
        : `${node} is ${after.balance}, its transactions come to ${sum}: one overwrote another`;
    },
  }),
};

export const once: Prop = {
  kind: 'always',
  what: 'A retry is applied once: tries of one transfer with the same client token are one transaction.',
  judged: only('transactions'),
  promised: (p) => p.tokens === 'same' && p.tokenMinutes * 60_000 > p.copiesMs,
  fold: () => ({
    start: null,
    changed(seen, node, _before, after) {
      if (!isAccount(after)) return seen;
      const applied = Object.entries(after.ended).flatMap(([tx, delta]) =>
        delta === 0 ? [] : [tx.split('.')[0]!],
      );
      const twice = applied.find((tx, i) => applied.indexOf(tx) < i);
      return twice ? `${twice} is applied to ${node} twice: the retry was taken for another transfer` : seen;
    },
  }),
};

export const addsUp = (f: 'transact-get' | 'get-each', what: string, promised: boolean): Prop => ({
  kind: 'always',
  what,
  judged: only('transactions'),
  promised: () => promised,
  monitor(p) {
    const total = p.opening * ACCOUNTS.length;
    const asked = new Map<number, string>();
    return {
      listens: ['invoke', 'return'],
      event(event) {
        if (event.kind === 'invoke' && event.f === f) asked.set(event.op, event.process);
        if (event.kind !== 'return' || event.outcome !== 'ok') return undefined;
        const process = asked.get(event.op);
        return process === undefined || event.value === total
          ? undefined
          : `${process} adds up ${event.value} instead of ${total}: half of a transfer`;
      },
    };
  },
});

export const ends: Prop = {
  kind: 'eventually',
  what: 'Transactions end: no item stays prepared once faults and calls have ended.',
  judged: only('transactions'),
  monitor: inTheEnd(
    (p) => 60 + 20 * p.azDelay.mean,
    (world) => {
      const stuck = statesOf(world, isAccount).find(({ state }) => state.pending.length > 0);
      return stuck && `${stuck.id} is still prepared for ${stuck.state.pending[0]!.tx}`;
    },
  ),
};
