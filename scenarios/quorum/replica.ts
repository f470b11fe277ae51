import {
  become,
  type Effect,
  type Here,
  note,
  type Protocol,
  save,
  send,
  set,
} from '../../src/sim/protocol.ts';
import type { P } from './params.ts';
import { FIRST, type Message, newer, newest, type Version, words } from './protocol.ts';

/** A home of the item, or a stand-in that keeps what homes should have got. */
export interface ReplicaState {
  readonly kind: 'replica';
  readonly disk: Disk;
}

interface Disk {
  readonly version: Version;
  readonly hints: readonly Hint[];
}

interface Hint {
  readonly home: string;
  readonly version: Version;
}

/** What a twin may break. */
export interface ReplicaRules {
  /** an older version never replaces a newer one */
  readonly compares: boolean;
  /** a hint is dropped only when its home has confirmed it */
  readonly keepsHint: boolean;
  /** on disk before it is acknowledged */
  readonly durable: boolean;
}

export const replicaRules: ReplicaRules = { compares: true, keepsHint: true, durable: true };

type Effects = Effect<Message, 'handoff'>[];

const isStandIn = (here: Here<P>) => !here.part('replica').includes(here.self);

function posture(here: Here<P>, disk: Disk): Effect<never, never> {
  if (!isStandIn(here)) return become('holding', words(disk.version));
  const [hint] = disk.hints;
  if (hint === undefined) return become('empty');
  return become('holding', `${words(hint.version)} for ${disk.hints.map((h) => h.home).join(' ')}`);
}

export function replica(rules: ReplicaRules = replicaRules): Protocol<ReplicaState, Message, 'handoff', P> {
  const keep = (disk: Disk): Effects => (rules.durable ? [save(disk)] : []);

  const store = (s: ReplicaState, version: Version, here: Here<P>): readonly [ReplicaState, ...Effects] => {
    const held = s.disk.version;
    if (rules.compares && !newer(version, held)) {
      const late =
        version.value > held.value
          ? [note(`drops ${words(version)}: ${words(held)} has the later stamp`)]
          : [];
      return [s, ...late, ...keep(s.disk)];
    }
    const disk = { ...s.disk, version };
    return [{ ...s, disk }, posture(here, disk), ...keep(disk)];
  };

  const acknowledged = (
    s: ReplicaState,
    m: { op: number; version: Version },
    from: string,
    here: Here<P>,
  ) => {
    const [next, ...effects] = store(s, m.version, here);
    return [next, ...effects, send<Message>(from, { type: 'Ack', op: m.op })] as const;
  };

  const again = (here: Here<P>): Effects =>
    here.params.handoff > 0 ? [set('handoff', Math.round(here.params.handoff * 1000))] : [];

  return {
    start(here, stored) {
      const disk = (stored as Disk | undefined) ?? { version: FIRST, hints: [] };
      return [{ kind: 'replica', disk }, posture(here, disk), ...(disk.hints.length > 0 ? again(here) : [])];
    },
    on: {
      Write: acknowledged,
      WriteBack: acknowledged,
      Repair: (s, m, _from, here) => store(s, m.version, here),
      Read: (s, m, from) => {
        const version = newest([s.disk.version, ...s.disk.hints.map((h) => h.version)]);
        // What is not durable yet must not be shown: a crash could make it unseen.
        return [s, ...keep(s.disk), send(from, { type: 'Reply', op: m.op, version }, words(version))];
      },
      Hint(s, m, from, here) {
        const ack = send<Message>(from, { type: 'Ack', op: m.op });
        const known = s.disk.hints.find((h) => h.home === m.home);
        if (known && !newer(m.version, known.version)) return [s, ...keep(s.disk), ack];
        const hint = { home: m.home, version: m.version };
        const disk = { ...s.disk, hints: [...s.disk.hints.filter((h) => h !== known), hint] };
        return [{ ...s, disk }, posture(here, disk), ...again(here), ...keep(disk), ack];
      },
      Handoff(s, m, from, here) {
        const [next, ...effects] = store(s, m.version, here);
        return [next, ...effects, send(from, { type: 'Taken', version: m.version })];
      },
      Taken(s, m, from, here) {
        const hints = s.disk.hints.filter((h) => h.home !== from || newer(h.version, m.version));
        if (hints.length === s.disk.hints.length) return [s];
        const disk = { ...s.disk, hints };
        return [
          { ...s, disk },
          note(`drops its hint: ${from} has ${words(m.version)}`),
          posture(here, disk),
          ...keep(disk),
        ];
      },
      Ack: (s) => [s],
      Reply: (s) => [s],
    },
    after: {
      handoff(s, here) {
        if (s.disk.hints.length === 0) return [s];
        const sends = s.disk.hints.map((h) =>
          send<Message>(h.home, { type: 'Handoff', version: h.version }, `hint ${words(h.version)}`),
        );
        if (rules.keepsHint) return [s, ...sends, ...again(here)];
        const disk = { ...s.disk, hints: [] };
        return [{ ...s, disk }, posture(here, disk), ...keep(disk), ...sends];
      },
    },
  };
}
