import type { Here } from '../../../src/sim/protocol.ts';
import type { Value } from '../../../src/sim/trace.ts';
import { ACCOUNTS, type P } from './params.ts';
import type { F } from './wire.ts';

/** What the applications do. Every value written is new in the run, so that a read names the write it saw. */
export interface Ask {
  readonly f: F;
  readonly key: string;
  readonly value: Value;
}

const ask = (f: F, key: string, value: Value = null): Ask => ({ f, key, value });

export const STATUS = ['placed', 'paid', 'packed', 'shipped', 'delivered'];

export function plan(here: Here<P>, begun: number, op: number): Ask | undefined {
  const me = Number(here.self.slice(3));
  switch (here.params.copies) {
    // app1 (and app4) write, the others read: app3 eventually, as DynamoDB does unless it is told otherwise.
    case 'partition': {
      const { consistency } = here.params;
      if (me === 1 || me === 4) return begun % 3 === 2 ? ask('get', 'x') : ask('put', 'x', op);
      const eventually = consistency === 'eventual' || (consistency === 'both' && me === 3);
      return ask(eventually ? 'read' : 'get', 'x');
    }
    // One order moves on in the table, status after status; the others look for it in the index.
    case 'index':
      if (me > 1) return ask('query', STATUS[here.between(0, STATUS.length - 1)]!);
      return begun < STATUS.length ? ask('put', 'o1', STATUS[begun]!) : undefined;
    // Transfers round the three accounts, and somebody who adds them up: in one transaction, then item by item.
    case 'transactions': {
      const all = ACCOUNTS.join('+');
      if (me === 3) return ask(begun % 2 === 0 ? 'transact-get' : 'get-each', all);
      const from = here.between(0, ACCOUNTS.length - 1);
      const to = (from + here.between(1, ACCOUNTS.length - 1)) % ACCOUNTS.length;
      return ask('transfer', `${ACCOUNTS[from]}→${ACCOUNTS[to]}`, here.params.amount);
    }
    case 'regions':
      return begun % 2 === 0 ? ask('put', 'x', op) : ask('get', 'x');
  }
}
