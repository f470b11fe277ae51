import { durable } from '../../src/sim/durable.ts';
import {
  become,
  type Effect,
  type Here,
  note,
  type Protocol,
  type Step,
  sample,
  send,
  set,
} from '../../src/sim/protocol.ts';
import type { KclMessage, Kin, Rec } from './kcl-messages.ts';
import type { P } from './params.ts';
import { even, hashKey, type MapRules, merge, owner, type ShardInfo, split } from './shards.ts';

export interface LogShard extends ShardInfo {
  readonly records: readonly Rec[];
  /** records given to somebody who asked; the age of the shard is that of the last of them */
  readonly read: number;
  /** GetRecords calls in this second */
  readonly second: number;
  readonly calls: number;
}

export interface LogState {
  readonly shards: readonly LogShard[];
  readonly resharded: boolean;
}

type LogTimer = 'reshard' | 'report';
type LogStep = Step<LogState, KclMessage, LogTimer>;

const empty = (info: ShardInfo): LogShard => ({ ...info, records: [], read: 0, second: -1, calls: 0 });
const kin = ({ id, parents, open }: ShardInfo): Kin => ({ id, parents, open });

/** The stream with few records: each is kept. */
export function log(rules: MapRules): Protocol<LogState, KclMessage, LogTimer, P> {
  const put = (state: LogState, shard: LogShard): LogState => ({
    ...state,
    shards: state.shards.map((s) => (s.id === shard.id ? shard : s)),
  });
  const bar = (state: LogState): Effect<never, never> =>
    become(
      'open',
      state.shards
        .filter((s) => s.open)
        .map((s) => s.id)
        .join(' '),
    );
  const ages = (state: LogState, here: Here<P>): Effect<never, never>[] =>
    state.shards.flatMap((s) => {
      if (s.records.length === 0 && !s.open) return [];
      const behind = s.read < s.records.length;
      if (!s.open && !behind) return [];
      const since = s.records[Math.max(0, s.read - 1)]?.at ?? here.uptime;
      return [sample(`age ${s.id}`, behind ? Math.round((here.uptime - since) / 1e4) / 100 : 0)];
    });

  return durable({
    start(here, disk): LogStep {
      const p = here.params;
      const state = (disk as LogState | undefined) ?? { shards: even(p.shards).map(empty), resharded: false };
      const left = Math.max(0, p.reshardAt * 1e6 - here.uptime);
      return [
        state,
        bar(state),
        ...(p.reshard === 'none' ? [] : [sample('open', state.shards.filter((s) => s.open).length)]),
        ...(p.reshard !== 'none' && !state.resharded ? [set('reshard', left)] : []),
        set('report', REPORT_US),
      ];
    },
    on: {
      PutRecord(state, m, from, here) {
        const shard = owner(state.shards, hashKey(m.key)) ?? state.shards.at(-1)!;
        const record = { key: m.key, nth: m.nth, at: here.uptime };
        const next = put(state, { ...shard, records: [...shard.records, record] });
        return [next, send(from, { type: 'Stored', serial: m.serial }, '')];
      },
      ListShards: (state, _m, from) => [
        state,
        send(from, { type: 'Shards', shards: state.shards.map(kin) }, ''),
      ],
      GetRecords(state, m, from, here) {
        const shard = state.shards.find((s) => s.id === m.shard);
        if (!shard) return [state];
        const second = Math.floor(here.uptime / 1e6);
        const calls = shard.second === second ? shard.calls : 0;
        if (calls >= here.params.readsPerSecond)
          return [state, send(from, { type: 'Exceeded', shard: m.shard, ask: m.ask }, 'exceeded')];
        const records = shard.records.slice(m.from, m.from + here.params.maxRecords);
        const until = m.from + records.length;
        const end = !shard.open && until >= shard.records.length;
        const children = state.shards.filter((s) => s.parents.includes(m.shard)).map(kin);
        const next = put(state, { ...shard, read: Math.max(shard.read, until), second, calls: calls + 1 });
        const label = records.length > 0 ? span(m.from, until) : end ? 'end' : '';
        return [
          next,
          send(
            from,
            {
              type: 'Records',
              shard: m.shard,
              ask: m.ask,
              from: m.from,
              records,
              end,
              children: end ? children : [],
            },
            label,
          ),
        ];
      },
      Stored: (state) => [state],
      Shards: (state) => [state],
      Records: (state) => [state],
      Exceeded: (state) => [state],
      Scan: (state) => [state],
      Rows: (state) => [state],
      Create: (state) => [state],
      Take: (state) => [state],
      Renew: (state) => [state],
      Checkpoint: (state) => [state],
      Written: (state) => [state],
      Refused: (state) => [state],
    },
    after: {
      reshard(state, here): LogStep {
        const how = here.params.reshard;
        if (how === 'none' || state.resharded) return [state];
        const first = state.shards[0]!.id;
        const change = how === 'split' ? split : merge;
        const next = { shards: change(state.shards, first, empty, rules), resharded: true };
        const closed = state.shards.filter((s) => !next.shards.find((n) => n.id === s.id)?.open);
        const children = next.shards.slice(state.shards.length);
        const names = (list: readonly ShardInfo[]) => list.map((s) => s.id).join(' and ');
        return [
          next,
          bar(next),
          note(
            how === 'split'
              ? `splits ${names(closed)} into ${names(children)}; ${unread(closed)} of its records are unread`
              : `merges ${names(closed)} into ${names(children)}; ${unread(closed)} of their records are unread`,
          ),
          sample('open', next.shards.filter((s) => s.open).length),
        ];
      },
      report: (state, here) => [state, ...ages(state, here), set('report', REPORT_US)],
    },
  });
}

const REPORT_US = 250_000;
const unread = (shards: readonly LogShard[]) => shards.reduce((n, s) => n + s.records.length - s.read, 0);
export const span = (from: number, until: number): string =>
  until - from === 1 ? `#${until}` : `#${from + 1}–${until}`;
