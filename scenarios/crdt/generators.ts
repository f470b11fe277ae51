import type { Generator } from '../../src/sim/scenario.ts';
import type { P } from './params.ts';
import { MERGED, OWN } from './protocol.ts';
import { replayed, type Told } from './replay.ts';

const ms = (us: number) => `${Math.round(us / 1000)} ms`;
const pick = <T>(list: readonly T[], random: () => number): T | undefined =>
  list[Math.floor(random() * list.length)];

interface Choice {
  readonly text: string;
  readonly right: boolean;
  readonly why: string;
}

/** Wrong answers that would be right by accident, or twice the same, are left out; the order says nothing. */
function choices(list: readonly Choice[]): readonly Choice[] {
  const unique = list.filter((c, i) => list.findIndex((d) => d.text === c.text) === i);
  return unique.toSorted((a, b) => (a.text < b.text ? -1 : 1));
}

const sumOf = (slots: ReadonlyMap<string, number>) => [...slots.values()].reduce((total, n) => total + n, 0);

const mergedCount: Generator<P> = {
  id: 'crdt-merged-count',
  topic: 'state',
  level: 2,
  preset: 'g-counter',
  make(run, random) {
    const { updates, merges } = replayed(run);
    const slots = (seen: readonly number[]) => {
      const all = new Map(run.actors.filter((a) => a.part === 'replica').map((a) => [a.id, 0]));
      for (const op of seen) {
        const told = updates.get(op);
        if (told) all.set(told.at, (all.get(told.at) ?? 0) + Number(told.arg));
      }
      return all;
    };
    const say = (all: ReadonlyMap<string, number>) => `[${[...all.values()].join(', ')}]`;
    const found = pick(
      merges.filter((m) => {
        const theirs = sumOf(slots(m.theirs));
        return m.mine.length > 1 && m.theirs.length > 1 && m.after !== m.before && Number(m.after) !== theirs;
      }),
      random,
    );
    if (!found) return undefined;
    const mine = slots(found.mine);
    const theirs = slots(found.theirs);
    if (String(sumOf(mine)) !== found.before) return undefined;
    return {
      until: found.at - 1,
      prompt: `${found.to} counts ${say(mine)}, a slot for each replica, and shows ${found.before}. The state ${say(theirs)} arrives from ${found.from}. What does ${found.to} show now?`,
      choices: choices([
        { text: found.after, right: true, why: 'the greater of each slot, then their sum' },
        {
          text: String(sumOf(mine) + sumOf(theirs)),
          right: false,
          why: 'adding counts what both had seen twice, and once more with every repetition',
        },
        {
          text: String(sumOf(theirs)),
          right: false,
          why: 'taking over the other’s state forgets what only this replica had counted',
        },
        {
          text: String(Math.max(sumOf(mine), sumOf(theirs))),
          right: false,
          why: 'the greater total hides that each side had counts the other lacked',
        },
      ]),
      explanation:
        'A slot is written by its own replica only and never goes down, so of two values the greater is the newer. Taking it is commutative, associative and idempotent; adding is not idempotent.',
    };
  },
};

const addAndRemove: Generator<P> = {
  id: 'crdt-add-and-remove',
  topic: 'state',
  level: 3,
  preset: 'or-set',
  make(run, random) {
    const { updates, merges } = replayed(run);
    const has = (value: string, element: string) => value.slice(1, -1).split(' ').includes(element);
    const apart = (a: Told, b: Told) => !a.knew.includes(b.op) && !b.knew.includes(a.op);
    const cases = merges.flatMap((m) => {
      const mine = m.mine.flatMap((op) => updates.get(op) ?? []);
      const theirs = m.theirs.filter((op) => !m.mine.includes(op)).flatMap((op) => updates.get(op) ?? []);
      return mine.flatMap((remove) => {
        const add = theirs.find((u) => u.f === 'add' && u.arg === remove.arg && apart(u, remove));
        return remove.f === 'remove' && add && !has(m.before, add.arg) ? [{ m, add, remove }] : [];
      });
    });
    const found = pick(cases, random);
    if (!found) return undefined;
    const { m, add, remove } = found;
    const there = has(m.after, add.arg);
    return {
      until: m.at - 1,
      prompt: `${m.to} shows ${m.before}; ${remove.at} had removed ${add.arg}. Now ${m.from}’s state arrives. In it is an add of ${add.arg} made at ${add.at}, and neither the add nor the remove had seen the other. Does ${m.to} show ${add.arg} afterwards?`,
      choices: choices([
        {
          text: 'Yes: the remove deleted only tags it had seen',
          right: there,
          why: there
            ? 'the add has a tag of its own, which no remove has seen'
            : 'true of this remove, but another one had seen that tag',
        },
        {
          text: 'No: once removed, an element stays removed',
          right: false,
          why: 'that is a 2P-Set; an OR-Set remembers tags, not names',
        },
        {
          text: 'No: another remove had seen that add',
          right: !there,
          why: there
            ? 'no remove in this state had seen it'
            : 'the state carries that remove’s tombstone for the tag',
        },
        {
          text: 'It depends on which of the two has the later clock',
          right: false,
          why: 'no clock takes part in an OR-Set',
        },
      ]),
      explanation:
        'Observed-remove: each add makes a fresh tag, a remove lists the tags it knows. Whatever arrives in whatever order, an element is in the set if one of its tags has no tombstone.',
    };
  },
};

const whichSurvives: Generator<P> = {
  id: 'crdt-lww-survivor',
  topic: 'state',
  level: 3,
  preset: 'lww-register',
  make(run) {
    const heal = run.events.find((e) => e.kind === 'fault' && e.fault === 'heal');
    if (!heal) return undefined;
    const shown = new Map<string, { value: string; since: number }>();
    const last = new Map<string, string>();
    for (const e of run.events) {
      if (e.kind !== 'state' || (e.state !== OWN && e.state !== MERGED)) continue;
      if (e.at > heal.at && e.state === OWN) return undefined;
      if (e.at <= heal.at && e.state === OWN) shown.set(e.node, { value: e.detail, since: e.at });
      last.set(e.node, e.detail);
    }
    const survivor = last.get('n1');
    const mine = [...shown]
      .filter(([node]) => node === 'n1' || node === 'n2')
      .sort(([, a], [, b]) => b.since - a.since)[0];
    const others = [...shown]
      .filter(([node]) => node !== 'n1' && node !== 'n2')
      .sort(([, a], [, b]) => b.since - a.since)[0];
    if (!mine || !others || (survivor !== mine[1].value && survivor !== others[1].value)) return undefined;
    const winner = survivor === mine[1].value ? mine : others;
    const loser = winner === mine ? others : mine;
    return {
      until: heal.at - 1,
      prompt: `Before the network heals at ${ms(heal.at)}, ${mine[0]} took ${mine[1].value} at ${ms(mine[1].since)} and ${others[0]} took ${others[1].value} at ${ms(others[1].since)}; both clients were told ok. The clocks are right. What do all replicas show in the end?`,
      choices: choices([
        {
          text: `${winner[1].value}; the other write is gone and nobody is told`,
          right: true,
          why: `${winner[1].value} has the later time, and the register keeps nothing else`,
        },
        {
          text: `${loser[1].value}; the other write is gone and nobody is told`,
          right: false,
          why: 'it has the earlier time',
        },
        {
          text: 'both, until a client writes again',
          right: false,
          why: 'that is a multi-value register, which keeps a version vector',
        },
        {
          text: 'n1 and n3 keep their own: they conflict',
          right: false,
          why: 'merge is deterministic, so replicas that have seen the same agree',
        },
      ]),
      explanation:
        'Convergence is not the same as keeping everything. Last-writer-wins converges by throwing one of two acknowledged writes away; use it only where that is harmless.',
    };
  },
};

export const generators: readonly Generator<P>[] = [mergedCount, addAndRemove, whichSurvives];
