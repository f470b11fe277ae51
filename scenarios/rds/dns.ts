import { become, note, type Protocol, save, send } from '../../src/sim/protocol.ts';
import { members, type P, replicas } from './params.ts';
import { type Endpoints, ignore, type Msg, TO_CALLER, TO_COPY, TO_RDS, TO_WRITER } from './protocol.ts';

/** Says what the writer endpoint and the reader endpoint stand for. Who asks may remember the answer for its time to live. */
export interface DnsState {
  readonly kind: 'dns';
  readonly record: Endpoints;
}

/** The endpoints before anything has happened. */
export function first(p: P): Endpoints {
  const others = p.mode === 'instance' ? [] : members(p).slice(1);
  const readers = [...others, ...replicas(p)];
  return { version: 1, writer: 'db1', readers: readers.length > 0 ? readers : ['db1'] };
}

export const dns: Protocol<DnsState, Msg, never, P> = {
  start(here, saved) {
    const record = (saved as Endpoints | undefined) ?? first(here.params);
    return [{ kind: 'dns', record }, become(`→ ${record.writer}`)];
  },
  on: {
    Point(s, m, from) {
      if (m.record.version < s.record.version) return [s];
      const pointed = send<Msg>(from, { type: 'Pointed', version: m.record.version });
      if (m.record.version === s.record.version) return [s, save(s.record), pointed];
      const moved = m.record.writer !== s.record.writer;
      return [
        { ...s, record: m.record },
        save(m.record),
        ...(moved ? [become(`→ ${m.record.writer}`), note(`now answers with ${m.record.writer}`)] : []),
        pointed,
      ];
    },
    Resolve: (s, m, from) => {
      const addresses = m.reader ? s.record.readers : [s.record.writer];
      return [s, send(from, { type: 'Resolved', reader: m.reader, addresses }, addresses.join(' '))];
    },
    ...ignore(...TO_CALLER, ...TO_WRITER, ...TO_COPY, ...TO_RDS),
  },
  after: {},
};
