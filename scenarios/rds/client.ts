import { invoke, later, type Protocol, returned, send, set } from '../../src/sim/protocol.ts';
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
import { type Hand, ignore, MS, type Msg, type Out, TO_COPY, TO_DNS, TO_RDS, TO_WRITER } from './protocol.ts';

/** Writes its own row and reads it back, one operation after another: what the checkers of histories look at. */
export interface ClientState {
  readonly kind: 'client';
  readonly begun: number;
  readonly writer: Link;
  readonly reader: Link;
  readonly busy: {
    readonly op: number;
    readonly f: 'put' | 'get';
    readonly side: 'writer' | 'reader';
    readonly to: string | null;
  } | null;
}

export type ClientTimer = 'next' | 'giveUp';

const rowOf = (self: string) => `r${self.slice(1)}`;

export function client(rules: DriverRules = DRIVER): Protocol<ClientState, Msg, ClientTimer, P> {
  type ClientOut = Out<ClientState, ClientTimer>;
  const pause = (here: Hand) => set<ClientTimer>('next', here.draw(here.params.think));

  /** Over the connection there is; else a new one to the cached address; else DNS is asked and answers soon. */
  const ask = (s: ClientState, here: Hand): ClientOut => {
    const { busy } = s;
    if (!busy) return [s];
    const { link, effects } = dial(s[busy.side], busy.side === 'reader', here, rules);
    const next: ClientState = { ...s, [busy.side]: link, busy: { ...busy, to: link.to } };
    if (link.to === null) return [next, ...effects];
    const message: Msg =
      busy.f === 'put'
        ? { type: 'Write', op: busy.op, n: 1, key: rowOf(here.self), value: busy.op }
        : { type: 'Read', op: busy.op, key: rowOf(here.self) };
    return [next, send(link.to, message, busy.f)];
  };
  const finish = (s: ClientState): ClientState => ({
    ...s,
    busy: null,
    begun: s.begun + 1,
  });

  return {
    start: (here) => [
      { kind: 'client', begun: 0, writer: NO_LINK, reader: NO_LINK, busy: null },
      pause(here),
    ],
    on: {
      Resolved(s, m, _from, here) {
        const side = m.reader ? 'reader' : 'writer';
        const known = { ...s, [side]: resolved(s[side], m.addresses, isLast(here, 'client'), here) };
        return known.busy?.side === side && known.busy.to === null ? ask(known, here) : [known];
      },
      Done(s, m, from, here): ClientOut {
        if (s.busy?.op !== m.op) return [s];
        const link = proven(s[s.busy.side], from);
        return [{ ...finish(s), [s.busy.side]: link }, returned(m.op, 'ok'), pause(here)];
      },
      Value(s, m, from, here): ClientOut {
        if (s.busy?.op !== m.op) return [s];
        const link = proven(s[s.busy.side], from);
        return [{ ...finish(s), [s.busy.side]: link }, returned(m.op, 'ok', m.value), pause(here)];
      },
      Refused(s, m, from, here): ClientOut {
        if (s.busy?.op !== m.op) return [s];
        const link = lost(s[s.busy.side], from);
        return [
          { ...finish(s), [s.busy.side]: link },
          returned(m.op, m.unsure ? 'unknown' : 'fail'),
          pause(here),
        ];
      },
      Role: (s) => [s],
      ...ignore(...TO_WRITER, ...TO_COPY, ...TO_RDS, ...TO_DNS),
    },
    after: {
      next(s, here): ClientOut {
        const op = here.unique();
        const f = s.begun % 2 === 0 ? 'put' : 'get';
        const side = f === 'get' && here.params.reads === 'reader' ? 'reader' : 'writer';
        const [asking, ...effects] = ask({ ...s, busy: { op, f, side, to: null } }, here);
        return [
          asking,
          invoke(op, f, rowOf(here.self), f === 'put' ? op : null),
          ...effects,
          later('giveUp', patience(here.params) * MS, op),
        ];
      },
      giveUp(s, here, op): ClientOut {
        const { busy } = s;
        if (!busy || busy.op !== op) return [s];
        const link = busy.to === null ? s[busy.side] : lost(s[busy.side], busy.to);
        const outcome = busy.f === 'put' && busy.to !== null ? 'unknown' : 'fail';
        return [{ ...finish(s), [busy.side]: link }, returned(busy.op, outcome), pause(here)];
      },
    },
  };
}
