import {
  become,
  cancel,
  type Effect,
  type Here,
  invoke,
  later,
  note,
  type Protocol,
  returned,
  type Step,
  sample,
  save,
  send,
  set,
} from '../../src/sim/protocol.ts';
import type { Value } from '../../src/sim/trace.ts';
import { KEYS } from './client.ts';
import type { P } from './params.ts';
import { NOT_FOUND } from './region.ts';
import { spell } from './seen.ts';

/**
 * Cross-Region Replication (Amazon S3 User Guide, Replicating objects): versions written in one bucket are copied to a
 * bucket elsewhere, each by itself, some time after the writer was answered. Within its own Region either is strong.
 *
 *   Put, Get  client → Region    a new version; the current one
 *   Done      Region → client    it is durable here; or what was read
 *   Copy      source → replica   a version with its key and its time
 *   Copied    replica → source   it is durable there, too
 */
export type SiteMessage =
  | { readonly type: 'Put'; readonly serial: number; readonly key: string; readonly value: Value }
  | { readonly type: 'Get'; readonly serial: number; readonly key: string }
  | { readonly type: 'Done'; readonly serial: number; readonly value: Value }
  | { readonly type: 'Copy'; readonly version: Version }
  | { readonly type: 'Copied'; readonly id: number };

export interface Version {
  readonly id: number;
  readonly key: string;
  readonly value: Value;
  /** when it was written, by its Region's clock, µs: the current version is the latest, not the last to arrive */
  readonly stamp: number;
  /** µs since the run began, for what is measured */
  readonly at: number;
}

export interface SiteState {
  readonly kind: 'site';
  readonly current: Readonly<Record<string, Version>>;
  /** written here, and not known to be at the replica */
  readonly queue: readonly Version[];
  /** numbers of versions that were copied here */
  readonly received: readonly number[];
  readonly missed: number;
}

/** What a twin may break. */
export interface SiteRules {
  /** of two versions the later one is current, in whatever order they come */
  readonly latestWins: boolean;
  /** a version is on the list until its copy is confirmed */
  readonly waitsForCopied: boolean;
}
export const SITE: SiteRules = { latestWins: true, waitsForCopied: true };

type Timer = 'depart' | 'repeat' | 'threshold' | 'look';
type SiteStep = Step<SiteState, SiteMessage, Timer>;
type Effects = Effect<SiteMessage, Timer>[];
type Hand = Here<P>;

export const SOURCE = 'us-east-1';
export const REPLICA = 'eu-west-1';
/** A copy that is not confirmed is sent again after so long, then twice as long, up to a bound, µs. */
const REPEAT = 30e6;
const LONGEST_REPEAT = 300e6;
const LOOKS = 120;

const NONE: SiteState = { kind: 'site', current: {}, queue: [], received: [], missed: 0 };

export function site(rules: SiteRules = SITE): Protocol<SiteState, SiteMessage, Timer, P> {
  const source = (here: Hand) => here.self === SOURCE;
  const bar = (s: SiteState, here: Hand) => {
    if (!source(here)) return become('replica', label(s.current));
    return s.queue.length === 0 ? become('replicated') : become('pending', `${s.queue.length} to copy`);
  };
  const changed = (before: SiteState, after: SiteState, here: Hand): Effects => {
    const same = source(here)
      ? before.queue.length === after.queue.length
      : label(before.current) === label(after.current);
    return same ? [] : [bar(after, here)];
  };
  const keep = (s: SiteState, version: Version): SiteState => {
    const had = s.current[version.key];
    if (had && rules.latestWins && had.stamp > version.stamp) return s;
    return { ...s, current: { ...s.current, [version.key]: version } };
  };
  const copy = (version: Version) =>
    send<SiteMessage>(REPLICA, { type: 'Copy', version }, `${version.key}=${version.value}`);
  const levels = (s: SiteState, here: Hand): Effects =>
    source(here)
      ? [
          sample('oldest', s.queue.length > 0 ? seconds(here.uptime - s.queue[0]!.at) : 0),
          sample('pending', s.queue.length),
        ]
      : [];
  const look = (here: Hand) => Math.max(1000, Math.round((here.params.duration * 1000) / LOOKS));

  return {
    start(here, disk) {
      const s = (disk as SiteState | undefined) ?? NONE;
      return [
        s,
        bar(s, here),
        set('look', look(here)),
        ...s.queue.map((v) => later<Timer>('depart', here.draw(here.params.lag), v.id)),
      ];
    },
    on: {
      Put(s, m, from, here) {
        const version: Version = {
          id: m.serial,
          key: m.key,
          value: m.value,
          // Never before what it replaces, whatever the clock says.
          stamp: Math.max(here.clock, (s.current[m.key]?.stamp ?? -1) + 1),
          at: here.uptime,
        };
        const kept = keep(s, version);
        const next = source(here) ? { ...kept, queue: [...kept.queue, version] } : kept;
        const answer = send<SiteMessage>(from, { type: 'Done', serial: m.serial, value: null }, '200');
        const timers: Effects = source(here)
          ? [
              later('depart', here.draw(here.params.lag), version.id),
              later('threshold', here.params.rtcThreshold * 1e6, version.id),
            ]
          : [];
        return [next, ...changed(s, next, here), ...levels(next, here), ...timers, save(next), answer];
      },
      Get: (s, m, from) => [
        s,
        save(s),
        send<SiteMessage>(from, {
          type: 'Done',
          serial: m.serial,
          value: s.current[m.key]?.value ?? NOT_FOUND,
        }),
      ],
      Copy(s, m, from, here) {
        const copied = send<SiteMessage>(from, { type: 'Copied', id: m.version.id });
        if (s.received.includes(m.version.id)) return [s, save(s), copied];
        const next = { ...keep(s, m.version), received: [...s.received, m.version.id] };
        return [next, ...changed(s, next, here), save(next), copied];
      },
      Copied(s, m, _from, here) {
        const late = s.queue.find(
          (v) => v.id === m.id && here.uptime - v.at > here.params.rtcThreshold * 1e6,
        );
        const next = { ...s, queue: s.queue.filter((v) => v.id !== m.id) };
        if (next.queue.length === s.queue.length) return [s];
        return [
          next,
          ...changed(s, next, here),
          ...levels(next, here),
          ...(late
            ? [
                note(
                  `replicates ${late.key}=${late.value} after the threshold, ${spell(here.uptime - late.at)} after it was written`,
                ),
              ]
            : []),
          save(next),
        ];
      },
      Done: (s) => [s],
    },
    after: {
      depart(s, here, id) {
        const version = s.queue.find((v) => v.id === id);
        if (!version) return [s];
        if (rules.waitsForCopied) return [s, copy(version), later('repeat', REPEAT, { id, wait: REPEAT })];
        const next = { ...s, queue: s.queue.filter((v) => v.id !== id) };
        return [next, ...changed(s, next, here), ...levels(next, here), save(next), copy(version)];
      },
      repeat(s, _here, data) {
        const { id, wait } = data as { id: number; wait: number };
        const version = s.queue.find((v) => v.id === id);
        if (!version) return [s];
        const longer = Math.min(LONGEST_REPEAT, wait * 2);
        return [s, copy(version), later('repeat', longer, { id, wait: longer })];
      },
      threshold(s, here, id): SiteStep {
        const version = s.queue.find((v) => v.id === id);
        if (!version) return [s];
        const next = { ...s, missed: s.missed + 1 };
        const first =
          s.missed === 0
            ? [
                note(
                  `misses the threshold: ${version.key}=${version.value} is not replicated after ${spell(here.uptime - version.at)}`,
                ),
              ]
            : [];
        return [next, ...first, save(next)];
      },
      look: (s, here) => [s, ...levels(s, here), set('look', look(here))],
    },
  };
}

const seconds = (us: number) => Math.round(us / 100_000) / 10;
const label = (current: SiteState['current']): string =>
  Object.entries(current)
    .map(([key, version]) => `${key}=${version.value}`)
    .sort()
    .join(' ');

/**
 * The first client writes in the source Region; when it is not answered there it goes on in the other. The second reads
 * in the replica Region.
 */
export interface VisitorState {
  readonly kind: 'visitor';
  readonly n: number;
  readonly at: string;
  readonly op: { readonly id: number; readonly f: 'put' | 'get' } | null;
}

type VisitorTimer = 'think' | 'silence';

export const visitor: Protocol<VisitorState, SiteMessage, VisitorTimer, P> = {
  start: (here) => [
    { kind: 'visitor', n: 0, at: here.self === 'c1' ? SOURCE : REPLICA, op: null },
    set('think', here.draw(here.params.think)),
  ],
  on: {
    Done: (s, m, _from, here) =>
      s.op?.id === m.serial
        ? [
            { ...s, op: null },
            returned(m.serial, 'ok', s.op.f === 'get' ? m.value : null),
            cancel('silence'),
            set('think', here.draw(here.params.think)),
          ]
        : [s],
    Put: (s) => [s],
    Get: (s) => [s],
    Copy: (s) => [s],
    Copied: (s) => [s],
  },
  after: {
    think(s, here) {
      const key = KEYS[s.n % here.params.objects]!;
      if (here.uptime > (here.params.duration - here.params.settle) * 1000) return [s];
      const id = here.unique();
      // In the other Region the writer first looks what is there.
      const f = here.self === 'c1' && (s.at === SOURCE || s.n % 2 === 0) ? 'put' : 'get';
      const value = f === 'put' ? s.n + 1 : null;
      return [
        { ...s, n: s.n + 1, op: { id, f } },
        invoke(id, f, key, value),
        f === 'put'
          ? send<SiteMessage>(s.at, { type: 'Put', serial: id, key, value })
          : send<SiteMessage>(s.at, { type: 'Get', serial: id, key }),
        set('silence', here.params.patience * 1000),
      ];
    },
    silence(s, here) {
      if (!s.op) return [s];
      const moves = s.at === SOURCE;
      return [
        { ...s, op: null, at: REPLICA },
        returned(s.op.id, s.op.f === 'put' ? 'unknown' : 'fail', null),
        ...(moves ? [note(`cannot reach ${SOURCE} and turns to ${REPLICA}`)] : []),
        set('think', here.draw(here.params.think)),
      ];
    },
  },
};
