import { become, later, note, type Protocol, send, sendAll, set } from '../../src/sim/protocol.ts';
import { members, type P } from './params.ts';
import {
  type Effects,
  type Hand,
  ignore,
  MS,
  type Msg,
  type Out,
  plural,
  TO_COPY,
  TO_DNS,
  TO_RDS,
} from './protocol.ts';

/**
 * RDS Proxy: callers keep one connection to it. It looks for the writer among the instances itself, without DNS, and lets
 * requests wait while there is none. What was under way when the writer died is in doubt, as it would be without a proxy.
 *
 *   Who   proxy → instance   "Are you open for writes?"
 *   Role  instance → proxy
 */
export interface ProxyState {
  readonly kind: 'proxy';
  readonly writer: string | null;
  /** handed to the writer, not answered yet */
  readonly out: readonly Request[];
  readonly waiting: readonly Request[];
}

interface Request {
  readonly serial: number;
  readonly from: string;
  readonly to: string;
  readonly message: Extract<Msg, { type: 'Write' | 'Read' }>;
}

export type ProxyTimer = 'look' | 'silent' | 'borrow';
const LOOK = 1000 * MS;

type ProxyOut = Out<ProxyState, ProxyTimer>;

const pass = (r: Request, here: Hand): Effects<ProxyTimer> => [
  send<Msg>(
    r.to,
    { ...r.message, op: r.serial },
    r.message.type === 'Write' ? plural(r.message.n, 'commit') : 'get',
  ),
  later<ProxyTimer>('silent', here.params.timeout * MS, r.serial),
];

const find = (here: Hand): Effects<ProxyTimer> => [
  ...sendAll<Msg>(
    members(here.params).filter((id) => here.part('db').includes(id)),
    { type: 'Who' },
  ),
  set<ProxyTimer>('look', LOOK),
];

/** The connection to the writer is gone: those it had are in doubt, those that come wait. */
function lose(s: ProxyState, from: string, here: Hand): ProxyOut {
  if (s.writer !== from) return [s];
  return [
    { ...s, writer: null },
    become('holding'),
    note(`has lost ${from}: requests wait while it looks for the writer`),
    ...find(here),
  ];
}

export const proxy: Protocol<ProxyState, Msg, ProxyTimer, P> = {
  start: (here) => [{ kind: 'proxy', writer: null, out: [], waiting: [] }, become('holding'), ...find(here)],
  on: {
    Write: (s, m, from, here) => request(s, m, from, here),
    Read: (s, m, from, here) => request(s, m, from, here),
    Done(s, m): ProxyOut {
      const r = s.out.find((o) => o.serial === m.op);
      if (!r) return [s];
      return [{ ...s, out: s.out.filter((o) => o !== r) }, send(r.from, { type: 'Done', op: r.message.op })];
    },
    Value(s, m): ProxyOut {
      const r = s.out.find((o) => o.serial === m.op);
      if (!r) return [s];
      return [{ ...s, out: s.out.filter((o) => o !== r) }, send(r.from, { ...m, op: r.message.op })];
    },
    Refused(s, m, from, here): ProxyOut {
      const r = s.out.find((o) => o.serial === m.op);
      if (!r) return [s];
      const rest = { ...s, out: s.out.filter((o) => o !== r) };
      if (m.unsure) {
        const [next, ...effects] = lose(rest, from, here);
        return [next, send<Msg>(r.from, { type: 'Refused', op: r.message.op, unsure: true }), ...effects];
      }
      return lose({ ...rest, waiting: [...rest.waiting, r] }, from, here);
    },
    Role(s, m, from, here): ProxyOut {
      if (!m.writable || s.writer !== null) return [s];
      const out = s.waiting.map((r) => ({ ...r, serial: here.unique(), to: from }));
      return [
        { ...s, writer: from, waiting: [], out: [...s.out, ...out] },
        become('connected', from),
        ...(out.length > 0
          ? [note(`finds ${from} and lets ${plural(out.length, 'waiting request')} through`)]
          : []),
        ...out.flatMap((r) => pass(r, here)),
      ];
    },
    Resolved: (s) => [s],
    ...ignore('Ack', 'Lease', 'View', 'Assign', 'Promote', 'Who', ...TO_COPY, ...TO_RDS, ...TO_DNS),
  },
  after: {
    look: (s, here) => (s.writer === null ? [s, ...find(here)] : [s]),
    silent(s, here, serial): ProxyOut {
      const r = s.out.find((o) => o.serial === serial);
      if (!r) return [s];
      const [next, ...effects] = lose({ ...s, out: s.out.filter((o) => o !== r) }, r.to, here);
      return [
        next,
        send<Msg>(r.from, { type: 'Refused', op: r.message.op, unsure: true }, 'in doubt'),
        ...effects,
      ];
    },
    borrow(s, _here, serial): ProxyOut {
      const r = s.waiting.find((w) => w.serial === serial);
      if (!r) return [s];
      return [
        { ...s, waiting: s.waiting.filter((w) => w !== r) },
        send(r.from, { type: 'Refused', op: r.message.op, unsure: false }, 'waited too long'),
      ];
    },
  },
};

function request(s: ProxyState, message: Request['message'], from: string, here: Hand): ProxyOut {
  const r: Request = { serial: here.unique(), from, to: s.writer ?? '', message };
  // a copy the network made of a request is not a second one
  if ([...s.out, ...s.waiting].some((o) => o.from === from && o.message.op === message.op)) return [s];
  if (s.writer === null)
    return [{ ...s, waiting: [...s.waiting, r] }, later('borrow', here.params.borrow * 1000 * MS, r.serial)];
  return [{ ...s, out: [...s.out, r] }, ...pass(r, here)];
}
