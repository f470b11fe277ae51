import { durable } from '../../src/sim/durable.ts';
import { become, type Protocol, type Step, send } from '../../src/sim/protocol.ts';
import type { KclMessage, Lease, Write } from './kcl-messages.ts';
import type { P } from './params.ts';

export interface TableState {
  readonly rows: readonly Lease[];
  /** who wrote the last checkpoint of each row: for the checks, not for the protocol */
  readonly by: Readonly<Record<string, string>>;
}

/** The rules a broken twin breaks. */
export interface TableRules {
  readonly conditional: boolean;
}
export const TABLE: TableRules = { conditional: true };

type TableStep = Step<TableState, KclMessage, never>;

/** The lease table in DynamoDB: it stores rows and checks conditions, and knows nothing of workers. */
export function leases(rules: TableRules): Protocol<TableState, KclMessage, never, P> {
  const write = (
    state: TableState,
    from: string,
    kind: Write,
    shard: string,
    change: (row: Lease) => Lease | undefined,
  ): TableStep => {
    const row = state.rows.find((r) => r.shard === shard);
    const next = row && change(row);
    if (!next)
      return [state, send(from, { type: 'Refused', write: kind, row: row ?? null, shard }, 'refused')];
    return [
      {
        rows: state.rows.map((r) => (r.shard === shard ? next : r)),
        by: kind === 'Checkpoint' ? { ...state.by, [shard]: from } : state.by,
      },
      ...(next.owner !== row.owner || next.ended ? [bar(state, next)] : []),
      send(from, { type: 'Written', write: kind, row: next }, kind === 'Take' ? `${shard} is yours` : ''),
    ];
  };
  return durable<TableState, KclMessage, never, P>({
    start(_here, disk): TableStep {
      return [(disk as TableState | undefined) ?? { rows: [], by: {} }, become('table')];
    },
    on: {
      Scan: (state, _m, from) => [state, send(from, { type: 'Rows', rows: state.rows }, '')],
      Create(state, m, from) {
        const known = state.rows.find((r) => r.shard === m.id);
        if (known)
          return [state, send(from, { type: 'Refused', write: 'Create', row: known, shard: m.id }, 'exists')];
        const row: Lease = {
          shard: m.id,
          parents: m.parents,
          owner: null,
          counter: 0,
          epoch: 0,
          checkpoint: 0,
          ended: false,
          children: [],
        };
        const next = { ...state, rows: [...state.rows, row] };
        return [next, bar(next, row), send(from, { type: 'Written', write: 'Create', row }, '')];
      },
      Take: (state, m, from) =>
        write(state, from, 'Take', m.shard, (row) =>
          row.counter === m.counter && !row.ended
            ? { ...row, owner: from, counter: row.counter + 1, epoch: row.epoch + 1 }
            : undefined,
        ),
      Renew: (state, m, from) =>
        write(state, from, 'Renew', m.shard, (row) =>
          !rules.conditional || (row.counter === m.counter && row.owner === from)
            ? { ...row, counter: row.counter + 1 }
            : undefined,
        ),
      Checkpoint: (state, m, from) =>
        write(state, from, 'Checkpoint', m.shard, (row) =>
          !rules.conditional || (row.counter === m.counter && row.owner === from)
            ? {
                ...row,
                counter: row.counter + 1,
                checkpoint: m.checkpoint,
                ended: m.ended,
                children: m.children,
              }
            : undefined,
        ),
      PutRecord: (state) => [state],
      Stored: (state) => [state],
      ListShards: (state) => [state],
      Shards: (state) => [state],
      GetRecords: (state) => [state],
      Records: (state) => [state],
      Exceeded: (state) => [state],
      Rows: (state) => [state],
      Written: (state) => [state],
      Refused: (state) => [state],
    },
    after: {},
  });
}

/** Shows where each shard stands. */
function bar(state: TableState, changed: Lease) {
  const rows = state.rows.map((r) => (r.shard === changed.shard ? changed : r)).filter((r) => !r.ended);
  return become('table', rows.map((r) => `${r.shard} ${r.owner ?? '–'}`).join(', '));
}
