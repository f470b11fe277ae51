import { become, type Protocol, save, send } from '../../src/sim/protocol.ts';
import { COPY, type CopyRules, type Log, lastGen, take } from './log.ts';
import type { P } from './params.ts';
import { ignore, type Msg, TO_CALLER, TO_DNS, TO_RDS, TO_WRITER } from './protocol.ts';

/**
 * A storage node of Aurora: one of six copies of the log (Verbitski et al. 2017, §2 and §4). It takes log records from the
 * writer of the newest generation it knows, and tells a recovering writer what it has.
 */
export interface StoreDisk {
  readonly gen: number;
  readonly log: Log;
}
export interface StoreState {
  readonly kind: 'store';
  readonly disk: StoreDisk;
}

export function store(rules: CopyRules = COPY): Protocol<StoreState, Msg, never, P> {
  return {
    start(here, saved) {
      const disk = (saved as StoreDisk | undefined) ?? { gen: 1, log: [] };
      return [{ kind: 'store', disk }, become('copy', zone(here.self))];
    },
    on: {
      Ship(s, m, from) {
        if (m.gen < s.disk.gen && rules.heedsGeneration)
          return [s, send(from, { type: 'Ack', gen: s.disk.gen, lsn: 0, fits: false }, 'older generation')];
        const taken = take(s.disk.log, m, rules);
        const gen = Math.max(m.gen, s.disk.gen);
        const disk = taken.log === s.disk.log && gen === s.disk.gen ? s.disk : { gen, log: taken.log };
        return [
          disk === s.disk ? s : { ...s, disk },
          save(disk),
          send(from, { type: 'Ack', gen: m.gen, lsn: taken.lsn, fits: taken.fits }),
        ];
      },
      Fence(s, m, from) {
        if (m.gen < s.disk.gen) return [s];
        const disk = m.gen > s.disk.gen ? { ...s.disk, gen: m.gen } : s.disk;
        const { log } = disk;
        return [
          { ...s, disk },
          save(disk),
          send(from, { type: 'Position', gen: m.gen, lastGen: lastGen(log), log }, `LSN ${log.length}`),
        ];
      },
      Position: (s) => [s],
      ...ignore(...TO_CALLER, ...TO_WRITER, ...TO_RDS, ...TO_DNS),
    },
    after: {},
  };
}

/** Two copies in each of three zones. */
export const zone = (id: string): string => `AZ ${'abc'[Math.floor((Number(id.slice(1)) - 1) / 2)]}`;
