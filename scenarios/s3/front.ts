import { become, type Here, later, note, type Protocol, type Step, send } from '../../src/sim/protocol.ts';
import type { P } from './params.ts';
import {
  ABSENT,
  type Contents,
  type Effects,
  type Entry,
  INDEX,
  label,
  listing,
  NOT_FOUND,
  type Read,
  type RegionMessage,
  type RegionTimer,
  shown,
  WITNESS,
  type Write,
} from './region.ts';

/**
 * A front end and its part of the metadata cache. It answers from what it has read before, a 404 included; with a
 * witness it asks whether that is still the newest, and if not, or if nobody answers, it reads the persistence tier.
 */
export interface FrontState {
  readonly kind: 'front';
  readonly cache: Contents;
  /** keys it would list without asking: learned from others' word only */
  readonly listing: Contents;
  readonly open: readonly Open[];
  /** requests begun: a copy of one is not begun again */
  readonly last: Readonly<Record<string, number>>;
}

interface Open {
  readonly id: number;
  readonly from: string;
  readonly request: Read | Write;
  /** what would be answered if the witness agrees */
  readonly candidate: Entry | null;
}

/** What a twin may break. */
export interface FrontRules {
  /** asks the witness before it answers from its cache */
  readonly asksWitness: boolean;
  /** on a miss it asks the index, whatever it would list */
  readonly loadsMisses: boolean;
  /** takes others' word of a change */
  readonly hears: boolean;
}
export const FRONT: FrontRules = { asksWitness: true, loadsMisses: true, hears: true };

type FrontStep = Step<FrontState, RegionMessage, RegionTimer>;
type Hand = Here<P>;

const EMPTY: FrontState = { kind: 'front', cache: {}, listing: {}, open: [], last: {} };
/** The read of a front end's listing after its own restart: no client waits for it. */
const OWN = 0;

export function front(rules: FrontRules = FRONT): Protocol<FrontState, RegionMessage, RegionTimer, P> {
  const bar = (s: FrontState) => become('cache', label(s.cache));
  const without = (s: FrontState, id: number): FrontState => ({
    ...s,
    open: s.open.filter((o) => o.id !== id),
  });
  const keep = (s: FrontState, key: string, entry: Entry): FrontState =>
    entry.version >= (s.cache[key]?.version ?? 0) ? { ...s, cache: { ...s.cache, [key]: entry } } : s;
  const reply = (open: Open, entry: Entry) =>
    send<RegionMessage>(
      open.from,
      { type: 'Reply', serial: open.id, value: shown(entry), etag: entry.value === null ? 0 : entry.version },
      entry.value === null ? NOT_FOUND : `200 ${entry.value}`,
    );
  const load = (s: FrontState, id: number): FrontStep => {
    const open = s.open.find((o) => o.id === id);
    if (!open) return [s];
    const asking = s.open.map((o) => (o.id === id ? { ...o, candidate: null } : o));
    return [
      { ...s, open: asking },
      send<RegionMessage>(INDEX, { type: 'Load', id, key: open.request.key }, `${open.request.key}?`),
    ];
  };

  const read = (s: FrontState, m: Read, from: string, here: Hand): FrontStep => {
    const strong = here.params.consistency === 'strong' && rules.asksWitness;
    const open: Open = { id: m.serial, from, request: m, candidate: null };
    if (m.f === 'list') {
      if (strong)
        return [
          { ...s, open: [...s.open, open] },
          send<RegionMessage>(INDEX, { type: 'List', id: m.serial }, 'list'),
        ];
      const value = listing(s.listing);
      return [s, send<RegionMessage>(from, { type: 'Reply', serial: m.serial, value, etag: 0 }, value)];
    }
    const cached = s.cache[m.key];
    if (cached && !strong) return [s, reply(open, cached)];
    if (cached)
      return [
        { ...s, open: [...s.open, { ...open, candidate: cached }] },
        send<RegionMessage>(
          WITNESS,
          { type: 'Check', id: m.serial, key: m.key, version: cached.version },
          `${m.key}=${shown(cached)}?`,
        ),
        later('check', here.params.patience * 200, m.serial),
      ];
    if (!rules.loadsMisses && s.listing[m.key] === undefined) return [s, reply(open, ABSENT)];
    return load({ ...s, open: [...s.open, open] }, m.serial);
  };

  const store = (s: FrontState, id: number): FrontStep => {
    const request = s.open.find((o) => o.id === id)?.request;
    if (request?.type !== 'Write') return [s];
    const { key, value, condition } = request;
    return [s, send<RegionMessage>(INDEX, { type: 'Store', id, key, value, condition }, words(request))];
  };

  const told = (s: FrontState, key: string, entry: Entry, after: number): FrontStep => {
    const had = s.cache[key];
    const listed = s.listing[key];
    const newer = entry.version > (listed?.version ?? 0);
    const next: FrontState = {
      ...s,
      listing: newer ? { ...s.listing, [key]: entry } : s.listing,
    };
    if (!had || had.version >= entry.version) return [next];
    const kept = keep(next, key, entry);
    return [
      kept,
      bar(kept),
      note(`hears of ${key}=${shown(entry)} only now, ${Math.round(after)} ms after the write`),
    ];
  };

  return {
    start: (here) => [
      EMPTY,
      bar(EMPTY),
      ...(here.uptime > 0 ? [send<RegionMessage>(INDEX, { type: 'List', id: OWN }, 'list')] : []),
    ],
    on: {
      Read(s, m, from, here) {
        const known = begun(s, from, m.serial);
        return known ? read(known, m, from, here) : [s];
      },
      Write(s, m, from, here) {
        const known = begun(s, from, m.serial);
        if (!known) return [s];
        const open: Open = { id: m.serial, from, request: m, candidate: null };
        const next = { ...known, open: [...known.open, open] };
        if (here.params.workload !== 'conditional') return store(next, m.serial);
        return [next, later('uploaded', here.draw(here.params.upload), m.serial)];
      },
      Checked(s, m) {
        const open = s.open.find((o) => o.id === m.id);
        if (!open?.candidate) return [s];
        if (m.says === 'newest') return [without(s, m.id), reply(open, open.candidate)];
        const [next, ...effects] = load(s, m.id);
        if (m.says === 'unknown') return [next, ...effects];
        const copy = label({ [open.request.key]: open.candidate });
        return [next, note(`is told that its copy ${copy} is behind, and reads the index`), ...effects];
      },
      Loaded(s, m) {
        const kept = keep(s, m.key, m.entry);
        const open = s.open.find((o) => o.id === m.id);
        const next = without(kept, m.id);
        return [next, ...(kept === s ? [] : [bar(next)]), ...(open ? [reply(open, m.entry)] : [])];
      },
      Listed(s, m) {
        if (m.id === OWN) return [{ ...s, listing: m.contents }];
        const open = s.open.find((o) => o.id === m.id);
        if (!open) return [s];
        const value = listing(m.contents);
        return [
          without(s, m.id),
          send<RegionMessage>(open.from, { type: 'Reply', serial: m.id, value, etag: 0 }, value),
        ];
      },
      Stored(s, m) {
        const open = s.open.find((o) => o.id === m.id);
        if (m.status !== 200) {
          if (!open) return [s];
          const { status } = m;
          return [
            without(s, m.id),
            send<RegionMessage>(open.from, { type: 'Refused', serial: m.id, status }, `${status}`),
          ];
        }
        const kept = keep(s, m.key, m.entry);
        const next = without(kept, m.id);
        const effects: Effects = kept === s ? [] : [bar(next)];
        if (open)
          effects.push(
            send(open.from, { type: 'Reply', serial: m.id, value: null, etag: m.entry.version }, '200'),
          );
        return [next, ...effects];
      },
      Changed: (s, m) => (rules.hears ? told(s, m.key, m.entry, m.after) : [s]),
      Reply: (s) => [s],
      Refused: (s) => [s],
      Load: (s) => [s],
      List: (s) => [s],
      Store: (s) => [s],
      Check: (s) => [s],
      Wrote: (s) => [s],
      Noted: (s) => [s],
      Hello: (s) => [s],
    },
    after: {
      // A barrier that does not answer is no reason to answer without it.
      check: (s, _here, id) => (s.open.find((o) => o.id === id)?.candidate ? load(s, id as number) : [s]),
      uploaded: (s, _here, id) => store(s, id as number),
      resend: (s) => [s],
      changed: (s) => [s],
    },
  };
}

function begun(s: FrontState, from: string, serial: number): FrontState | undefined {
  return serial > (s.last[from] ?? 0) ? { ...s, last: { ...s.last, [from]: serial } } : undefined;
}

export function words({ key, value, condition }: Pick<Write, 'key' | 'value' | 'condition'>): string {
  const what = value === null ? `delete ${key}` : `put ${key}=${value}`;
  if (condition === null) return what;
  return `${what}, ${condition === 'absent' ? 'if none' : `if v${condition}`}`;
}
