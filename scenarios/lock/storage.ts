import { become, note, type Protocol, save, send } from '../../src/sim/protocol.ts';
import type { P } from './params.ts';
import { ignore, type Msg, TO_CLIENT, TO_SERVER } from './protocol.ts';

export interface StorageDisk {
  readonly version: number;
  readonly value: number;
  /** the newest token seen, on a read or a write */
  readonly fence: number;
  /** the newest request of each client that was carried out: a copy is answered again, not done again */
  readonly done: Readonly<Record<string, number>>;
  /** who wrote last; for the checks */
  readonly last: {
    readonly client: string;
    readonly token: number;
    readonly base: number;
    readonly n: number;
  } | null;
}

export interface StorageState {
  readonly disk: StorageDisk;
}

/** The rules a broken twin breaks. */
export interface StorageRules {
  readonly checksTokens: boolean;
  /** a read shows a token, too: whoever comes with an older one afterwards is late */
  readonly fencesReads: boolean;
}

export const STORAGE_RULES: StorageRules = { checksTokens: true, fencesReads: true };

const EMPTY: StorageDisk = { version: 0, value: 0, fence: 0, done: {}, last: null };

export function storage(rules: StorageRules = STORAGE_RULES): Protocol<StorageState, Msg, never, P> {
  const late = (s: StorageState, token: number, p: P) =>
    p.fencing && rules.checksTokens && token < s.disk.fence;
  return {
    start(_here, disk) {
      const mine = (disk as StorageDisk | undefined) ?? EMPTY;
      return [{ disk: mine }, become('storage', `value ${mine.value}`)];
    },
    on: {
      Read(s, { n, token }, from, here) {
        if (late(s, token, here.params))
          return [
            s,
            become('refused', `token ${token}`),
            send<Msg>(from, { type: 'Fenced', n }, `token ${token}`),
          ];
        const fence = rules.fencesReads ? Math.max(s.disk.fence, token) : s.disk.fence;
        const disk = fence === s.disk.fence ? s.disk : { ...s.disk, fence };
        const { version, value } = disk;
        return [{ disk }, save(disk), send<Msg>(from, { type: 'Value', n, version, value }, String(value))];
      },
      Write(s, { n, token, base, value }, from, here) {
        if (n <= (s.disk.done[from] ?? 0)) return [s, save(s.disk), send<Msg>(from, { type: 'Written', n })];
        if (late(s, token, here.params))
          return [
            s,
            become('refused', `token ${token}`),
            note(`has seen token ${s.disk.fence} and refuses the write of ${from} with token ${token}`),
            send<Msg>(from, { type: 'Fenced', n }, `token ${token}`),
          ];
        const disk: StorageDisk = {
          version: s.disk.version + 1,
          value,
          fence: Math.max(s.disk.fence, token),
          done: { ...s.disk.done, [from]: n },
          last: { client: from, token, base, n },
        };
        const lost = base !== s.disk.version;
        const told = lost
          ? [
              become('update lost', `value ${value}`),
              note(`writes ${value} for ${from}, over an update ${from} has not seen: it is lost`),
            ]
          : [become('storage', `value ${value}`)];
        return [{ disk }, save(disk), ...told, send<Msg>(from, { type: 'Written', n })];
      },
      ...ignore(...TO_SERVER, ...TO_CLIENT),
    },
    after: {},
  };
}
