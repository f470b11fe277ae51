import { become, later, note, type Protocol, sample, send, set } from '../../src/sim/protocol.ts';
import {
  DRIVER,
  type DriverRules,
  dial,
  isLast,
  type Link,
  lost,
  NO_LINK,
  proven,
  resolved,
} from './driver.ts';
import { type P, patience } from './params.ts';
import {
  type Effects,
  type Hand,
  ignore,
  MS,
  type Msg,
  type Out,
  PROXY_NODE,
  plural,
  TO_COPY,
  TO_DNS,
  TO_RDS,
  TO_WRITER,
} from './protocol.ts';

/**
 * An application server under load. Its sessions are drawn together: what they commit within one tick travels as one group,
 * as a group commit would. Without a connection it fails at once; a new connection is tried with one group first.
 */
export interface AppState {
  readonly kind: 'app';
  /** transactions that come in each tick, all drawn beforehand: the same whatever the database does */
  readonly counts: readonly number[];
  readonly link: Link;
  readonly out: readonly { readonly op: number; readonly n: number; readonly to: string }[];
  /** since the last tick */
  readonly done: number;
  readonly failed: number;
  /** failed in the ticks before: what times out is counted late, and drawn as a mean it is no saw */
  readonly before: readonly number[];
  /** of the whole run */
  readonly total: { readonly committed: number; readonly refused: number; readonly unknown: number };
  readonly well: boolean;
}

export type AppTimer = 'tick' | 'timeout';

export function app(rules: DriverRules = DRIVER): Protocol<AppState, Msg, AppTimer, P> {
  type AppEffects = Effects<AppTimer>;
  const look = (s: AppState, well: boolean, to: string, here: Hand): AppEffects =>
    s.well === well ? [] : [become(well ? 'connected' : here.params.proxy ? 'waiting' : 'failing', to)];
  const failing = (s: AppState, n: number, kind: 'refused' | 'unknown'): AppState => ({
    ...s,
    failed: s.failed + n,
    total: { ...s.total, [kind]: s.total[kind] + n },
  });

  return {
    start: (here) => [
      {
        kind: 'app',
        counts: drawn(here),
        link: NO_LINK,
        out: [],
        done: 0,
        failed: 0,
        before: [0, 0],
        total: { committed: 0, refused: 0, unknown: 0 },
        well: true,
      },
      become('connected', 'db1'),
      ...dial(NO_LINK, false, here, rules).effects,
      set('tick', here.params.tick * MS),
    ],
    on: {
      Resolved(s, m, _from, here) {
        return [{ ...s, link: resolved(s.link, m.addresses, isLast(here, 'app'), here) }];
      },
      Done(s, m, from, here): Out<AppState, AppTimer> {
        const found = s.out.find((o) => o.op === m.op);
        if (!found) return [s];
        return [
          {
            ...s,
            link: proven(s.link, from),
            out: s.out.filter((o) => o.op !== m.op),
            done: s.done + found.n,
            total: { ...s.total, committed: s.total.committed + found.n },
            well: true,
          },
          ...look(s, true, from, here),
          ...(s.well
            ? []
            : [note(`commits again, ${from === PROXY_NODE ? 'through the proxy' : `on ${from}`}`)]),
        ];
      },
      Refused(s, m, from, here): Out<AppState, AppTimer> {
        const found = s.out.find((o) => o.op === m.op);
        if (!found) return [s];
        const next = failing(s, found.n, m.unsure ? 'unknown' : 'refused');
        return [
          { ...next, link: lost(s.link, from), out: s.out.filter((o) => o.op !== m.op), well: false },
          ...look(s, false, from, here),
        ];
      },
      Value: (s) => [s],
      Role: (s) => [s],
      ...ignore(...TO_WRITER, ...TO_COPY, ...TO_RDS, ...TO_DNS),
    },
    after: {
      tick(s, here) {
        const p = here.params;
        const series = seriesOf(here);
        const seconds = p.tick / 1000;
        const n = s.counts[Math.round(here.uptime / (p.tick * MS)) - 1] ?? 0;
        const recent = [...s.before, s.failed];
        const mean = recent.reduce((sum, f) => sum + f, 0) / recent.length / seconds;
        const base: AppState = { ...s, done: 0, failed: 0, before: recent.slice(1) };
        const effects: AppEffects = [
          set('tick', p.tick * MS),
          sample(`committed${series}`, Math.round((s.done / seconds) * 10) / 10),
          sample(`failed${series}`, Math.round(mean * 10) / 10),
        ];
        if (n === 0) return [base, ...effects];
        const dialled = dial(base.link, false, here, rules);
        const { link } = dialled;
        const busy = link.to !== null && !link.proven && s.out.some((o) => o.to === link.to);
        if (link.to === null || busy)
          return [
            { ...failing({ ...base, link }, n, 'refused'), well: false },
            ...effects,
            ...dialled.effects,
            ...look(s, false, link.to ?? 'no address', here),
          ];
        const op = here.unique();
        // behind a proxy nothing fails while it lets requests wait; two unanswered ones tell it
        const well = s.well && !(p.proxy && s.out.length > 1);
        return [
          { ...base, well, link, out: [...s.out, { op, n, to: link.to }] },
          ...effects,
          ...look(s, well, link.to, here),
          send(link.to, { type: 'Write', op, n, key: '', value: op }, plural(n, 'commit')),
          later('timeout', patience(p) * MS, op),
        ];
      },
      timeout(s, here, op): Out<AppState, AppTimer> {
        const found = s.out.find((o) => o.op === op);
        if (!found) return [s];
        const next = failing(s, found.n, 'unknown');
        return [
          { ...next, link: lost(s.link, found.to), out: s.out.filter((o) => o.op !== op), well: false },
          ...look(s, false, found.to, here),
          ...(s.well ? [note(`hears nothing from ${found.to}: ${plural(found.n, 'commit')} in doubt`)] : []),
        ];
      },
    },
  };
}

/** One app is the application; more are numbered. */
const seriesOf = (here: Hand) => (here.part('app')[0] === here.self ? '' : ` ${here.self}`);

/** How many transactions of this server come in each tick of the whole run. */
function drawn(here: Hand): number[] {
  const p = here.params;
  const all = here.part('app');
  const mine = all.indexOf(here.self);
  const counts = new Array<number>(Math.ceil((p.simSeconds * 1000) / p.tick)).fill(0);
  const next = p.arrivals.start(() => here.random());
  let at = 0;
  for (let i = 0; ; i++) {
    const gap = next();
    if (gap === undefined) break;
    at += gap;
    const tick = Math.floor(at / (p.tick * MS));
    if (tick >= counts.length) break;
    // each server has a stream of its own and takes every so-manieth arrival
    if (i % all.length === mine) counts[tick]!++;
  }
  return counts;
}
