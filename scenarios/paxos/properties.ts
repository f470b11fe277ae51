import { historyMonitor } from '../../src/sim/histories/monitor.ts';
import type { Fold, Property } from '../../src/sim/scenario.ts';
import { liveness } from './liveness.ts';
import { intersects, type P, phase2 } from './params.ts';
import type { Replica } from './replica.ts';
import { type Ballot, changedSlots, chosen, isPart, nothing, observe, type Seen } from './seen.ts';
import { NO_OP } from './state.ts';

/** What must hold of Paxos, as folds over what its parts are, so that a run and the explorer are judged alike. */

const always = (what: string, fold: (p: P) => Fold, promised?: (p: P) => boolean): Property<P> => ({
  kind: 'always',
  what,
  fold,
  ...(promised && { promised }),
});

/** A check of the slots that one state change touched. */
const slotwise =
  (check: (slot: number, seen: Seen, before: Seen, p: P) => string | undefined) =>
  (p: P): Fold<Seen> => ({
    start: nothing,
    changed(before, node, old, now) {
      const seen = observe(before, node, old, now);
      if (seen === before) return before;
      for (const slot of changedSlots(before, seen)) {
        const found = check(slot, seen, before, p);
        if (found !== undefined) return found;
      }
      return seen;
    },
  });

const where = (slot: number, p: P) => (p.multi ? ` in slot ${slot}` : '');
const who = (b: Ballot) => `${b.id} (ballot ${b.ballot}, accepted by ${b.by.join(' and ')})`;

const oneValue = always(
  'Agreement: a value is chosen when a phase-2 quorum accepts it under one ballot; no second value ever is (Lamport 2001, §2.1).',
  slotwise((slot, seen, _before, p) => {
    const quorums = (seen.votes[slot] ?? []).filter((b) => b.by.length >= phase2(p));
    const other = quorums.find((b) => b.id !== quorums[0]!.id);
    return other && `two values are chosen${where(slot, p)}: ${who(quorums[0]!)} and ${who(other)}`;
  }),
  intersects,
);

const staysChosen = always(
  'Once a value is chosen, every proposal with a higher ballot carries it (Lamport 2001, §2.2, P2b).',
  slotwise((slot, seen, _before, p) => {
    const first = chosen(seen, slot, phase2(p));
    const other =
      first && seen.votes[slot]!.find((b) => b.proposed && b.ballot > first.ballot && b.id !== first.id);
    return (
      other && `${who(first)} was chosen${where(slot, p)}, yet ballot ${other.ballot} proposes ${other.id}`
    );
  }),
  intersects,
);

const oneValuePerBallot = always(
  'A ballot belongs to one proposer and carries one value (Lamport 2001, §2.4).',
  slotwise((slot, seen, _before, p) => {
    const ballots = seen.votes[slot] ?? [];
    const twice = ballots.find((b, i) => b.ballot === ballots[i + 1]?.ballot);
    const other = twice && ballots.find((b) => b.ballot === twice.ballot && b !== twice);
    return other && `ballot ${other.ballot} carries both ${twice.id} and ${other.id}${where(slot, p)}`;
  }),
);

const remembered = always(
  'A promise or acceptance that was answered is durable: no acceptor ever goes back behind it (Lamport 2001, §2.5).',
  () => ({
    start: nothing,
    changed(seen: Seen, node, before, after) {
      if (isPart(after, 'acceptor')) {
        const { disk } = after;
        if (isPart(before, 'acceptor') && before.disk.promised > disk.promised)
          return `${node} had promised ballot ${before.disk.promised} and goes back to ${disk.promised}`;
        const told = before ? undefined : seen.told[node];
        if (told && told.promised > disk.promised)
          return `${node} told a proposer that it promised ballot ${told.promised}; it restarted and remembers ${disk.promised || 'none'}`;
        for (const [slot, ballot] of Object.entries(told?.accepted ?? {}))
          if ((disk.accepted[Number(slot)]?.ballot ?? 0) < ballot)
            return `${node} told that it accepted a value under ballot ${ballot}; it restarted without it`;
      }
      return observe(seen, node, before, after);
    },
  }),
);

interface Asked {
  readonly ids: readonly string[];
}

const validity = always(
  'Validity: only what somebody proposed is ever accepted (Lamport 2001, §2.1); in a log also a no-op.',
  () => ({
    start: { ids: [NO_OP.id] } as Asked,
    changed(asked: Asked, node, before, after) {
      const add = (id: string) => (asked.ids.includes(id) ? asked : { ids: [...asked.ids, id] });
      if (isPart(after, 'proposer')) return add(after.own.id);
      const busy = (after as { busy?: { op: number } | null } | undefined)?.busy;
      if (busy) return add(`${node}.${busy.op}`);
      if (!isPart(after, 'acceptor') || !isPart(before, 'acceptor')) return asked;
      if (before.disk.accepted === after.disk.accepted) return asked;
      const strange = Object.values(after.disk.accepted).find((v) => !asked.ids.includes(v.command.id));
      return strange ? `${node} accepts ${strange.command.id}, which nobody asked for` : asked;
    },
  }),
);

const replicaOf = (state: unknown): Replica | undefined =>
  isPart(state, 'learner') || isPart(state, 'leader') ? state.replica : undefined;

const learned = always(
  'Whoever takes a value for chosen is right: a phase-2 quorum has accepted it under one ballot.',
  (p) => ({
    start: nothing,
    changed(before: Seen, node, old, now) {
      const seen = observe(before, node, old, now);
      const wrong = (slot: number, id: string) => {
        const by = seen.votes[slot]?.filter((b) => b.id === id).map((b) => b.by.length) ?? [];
        return Math.max(0, ...by) >= phase2(p)
          ? undefined
          : `${node} takes ${id} for chosen${where(slot, p)}; no ballot of it was accepted by ${phase2(p)} acceptors`;
      };
      if (
        isPart(now, 'proposer') &&
        now.phase === 'done' &&
        now.phase !== (old as typeof now | undefined)?.phase
      )
        return wrong(1, now.command!.id) ?? seen;
      const [known, had] = [replicaOf(now)?.log, replicaOf(old)?.log];
      if (known && known !== had)
        for (const [slot, command] of Object.entries(known)) {
          const found = had?.[Number(slot)] ? undefined : wrong(Number(slot), command.id);
          if (found !== undefined) return found;
        }
      return seen;
    },
  }),
);

/** ids applied, by slot, as the first who got there applied them */
type Applied = readonly string[];

const inOrder: Property<P> = {
  ...always(
    'Slots may be chosen in any order; every copy applies slot 1, 2, 3 … and the same command in each (Lamport 2001, §3).',
    () => ({
      start: [] as Applied,
      changed(first: Applied, node, before, after) {
        const [now, was] = [replicaOf(after)?.applied, replicaOf(before)?.applied];
        if (!now || now === was) return first;
        let next = first;
        for (let i = was?.length ?? 0; i < now.length; i++) {
          const { slot, command } = now[i]!;
          if (slot !== i + 1) return `${node} applies slot ${slot} when slot ${i + 1} is due`;
          if (next[i] === undefined) next = [...next, command.id];
          else if (next[i] !== command.id)
            return `${node} applies ${command.id} in slot ${slot}; another copy applied ${next[i]} there`;
        }
        return next;
      },
    }),
    intersects,
  ),
  judged: (p) => p.multi,
};

const linearizable: Property<P> = {
  kind: 'always',
  what: 'Linearizable: the clients’ operations fit one order in which each takes effect between its call and its return (Herlihy & Wing 1990).',
  judged: (p) => p.multi && p.clients > 0,
  promised: intersects,
  monitor: () => historyMonitor('map', 'linearizable'),
};

const sometimes = (what: string, fold: (p: P) => Fold): Property<P> => ({ kind: 'sometimes', what, fold });

const adopts = sometimes('A proposer must carry on with a value that is not its own.', () => ({
  start: 0,
  changed: (seen: number, node, before, after) =>
    isPart(after, 'proposer') &&
    after.command &&
    after.command.id !== after.own.id &&
    (before as typeof after | undefined)?.command !== after.command
      ? `${node} proposes ${after.command.id} instead of ${after.own.id}`
      : seen,
}));

const refused = sometimes('A ballot is given up because a higher one came in between.', () => ({
  start: 0,
  changed: (seen: number, node, before, after) =>
    isPart(after, 'proposer') && isPart(before, 'proposer') && after.lost > before.lost
      ? `${node} gives ballot ${before.ballot} up`
      : seen,
}));

const outOfOrder = sometimes('A slot is chosen before one that precedes it.', (p) => ({
  start: nothing,
  changed(before: Seen, node, old, now) {
    const seen = observe(before, node, old, now);
    for (const slot of changedSlots(before, seen))
      if (slot > 1 && chosen(seen, slot, phase2(p)) && !chosen(before, slot, phase2(p)))
        for (let earlier = slot - 1; earlier > 0; earlier--)
          if (!chosen(seen, earlier, phase2(p))) return `slot ${slot} is chosen before slot ${earlier}`;
    return seen;
  },
}));

const gap = sometimes('A new leader fills a slot nobody reported with a no-op.', () => ({
  start: 0,
  changed: (seen: number, node, before, after) =>
    isPart(after, 'leader') &&
    after.role === 'leading' &&
    (before as typeof after | undefined)?.role !== 'leading' &&
    Object.values(after.flight).some((p) => p.command.id === NO_OP.id)
      ? `${node} plugs a gap`
      : seen,
}));

export const properties: Readonly<Record<string, Property<P>>> = {
  'only one value is chosen': oneValue,
  'a chosen value stays chosen': staysChosen,
  'one value per ballot': oneValuePerBallot,
  'promises survive restarts': remembered,
  'only what was proposed': validity,
  'learned means chosen': learned,
  'applied in order': inOrder,
  linearizable,
  ...liveness,
  'another’s value is adopted': { ...adopts, judged: (p) => !p.multi },
  'a ballot is refused': { ...refused, judged: (p) => !p.multi },
  'slots are chosen out of order': { ...outOfOrder, judged: (p) => p.multi },
  'a gap is filled with a no-op': { ...gap, judged: (p) => p.multi },
};
