import type { Generator, Run } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import { Causality, Clockwork, type Happened } from './oracle.ts';
import type { P } from './params.ts';
import { RECEIVE } from './process.ts';
import { HOLDS, LOSES } from './register.ts';
import { format, less, parse, type Stamp, schemes } from './stamps.ts';

const ms = (us: number) => `${Math.round(us / 1000)} ms`;

interface Receipt extends Happened {
  /** the receiver’s stamp before, and the message’s */
  readonly own: Stamp;
  readonly theirs: Stamp;
  readonly from: string;
}

/** Every receipt of a run with what went into it. */
function receipts(run: Run<P>): { all: Happened[]; received: Receipt[] } {
  const oracle = new Causality();
  const all: Happened[] = [];
  const received: Receipt[] = [];
  const flying = new Map<number, EventOf<'send'>>();
  let delivered: EventOf<'send'> | undefined;
  for (const event of run.events) {
    if (event.kind === 'send') flying.set(event.id, event);
    if (event.kind === 'deliver') delivered = flying.get(event.id);
    const happened = oracle.hear(event);
    if (!happened) continue;
    all.push(happened);
    const before = oracle.history.get(happened.node)?.[happened.index - 2];
    if (happened.kind === RECEIVE && delivered?.to === happened.node && before)
      received.push({ ...happened, own: before.stamp, theirs: parse(delivered.label), from: delivered.from });
  }
  return { all, received };
}

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

const lamportReceipt: Generator<P> = {
  id: 'clocks-lamport-receipt',
  topic: 'clocks',
  level: 2,
  preset: 'lamport',
  make(run, random) {
    const found = pick(
      receipts(run).received.filter((r) => r.theirs[0]! > r.own[0]! + 1),
      random,
    );
    if (!found) return undefined;
    const own = found.own[0]!;
    const theirs = found.theirs[0]!;
    return {
      until: found.at - 1,
      prompt: `By ${ms(found.at)} ${found.node} has stamped its last event ${own}. Now a message from ${found.from} arrives, stamped ${theirs}. Which Lamport stamp does its receipt get?`,
      choices: choices([
        {
          text: `${theirs + 1}`,
          right: true,
          why: `max(${own}, ${theirs}) + 1: the receipt comes after both`,
        },
        {
          text: `${own + 1}`,
          right: false,
          why: 'then the receipt would be stamped before the sending that caused it',
        },
        {
          text: `${theirs}`,
          right: false,
          why: 'cause and effect would share a stamp: the receipt is an event too',
        },
        { text: `${own + theirs}`, right: false, why: 'counts are not added: only the greater one matters' },
      ]),
      explanation:
        'On receive a process takes the maximum of its own count and the message’s, and adds one. That is all it takes for "a happened before b" to imply a smaller stamp (Lamport 1978).',
    };
  },
};

const concurrentWith: Generator<P> = {
  id: 'clocks-vector-concurrent',
  topic: 'clocks',
  level: 3,
  preset: 'vector',
  make(run, random) {
    const { all } = receipts(run);
    const before = (a: Happened, b: Happened) => a !== b && (b.past.get(a.node) ?? 0) >= a.index;
    const candidates = all.flatMap((b) => {
      const apart = all.filter((a) => a !== b && !before(a, b) && !before(b, a));
      const related = all.filter((a) => a.node !== b.node && (before(a, b) || before(b, a)));
      return apart.length > 0 && related.length >= 3 ? [{ b, apart, related }] : [];
    });
    const found = pick(candidates.slice(0, -1), random);
    if (!found) return undefined;
    const { b } = found;
    const right = pick(found.apart, random)!;
    const wrong = [found.related[0]!, found.related[found.related.length >> 1]!, found.related.at(-1)!];
    const name = (h: Happened) => `${h.text} of ${h.node}`;
    const last = Math.max(...[b, right, ...wrong].map((h) => h.at));
    if (last >= run.durationUs) return undefined;
    return {
      until: last,
      prompt: `Which of these events is concurrent with ${name(b)}?`,
      choices: choices([
        {
          text: name(right),
          right: true,
          why: 'each has a slot in which it is ahead of the other: neither knew of the other',
        },
        ...wrong.map((h) => ({
          text: name(h),
          right: false,
          why: before(h, b)
            ? `it is smaller or equal in every slot: it happened before ${name(b)}`
            : `it is greater or equal in every slot: ${name(b)} happened before it`,
        })),
      ]),
      explanation:
        'Compare slot by slot. All at most as large and one smaller: happened before. Ahead in one slot and behind in another: concurrent. This holds in both directions, which is what a vector buys over a single number.',
    };
  },
};

const hybridReceipt: Generator<P> = {
  id: 'clocks-hybrid-receipt',
  topic: 'clocks',
  level: 4,
  preset: 'hybrid',
  make(run, random) {
    const clocks = new Clockwork(run.actors.map((a) => a.id));
    const reads = new Map<Happened['at'], number>();
    const { received } = receipts(run);
    for (const event of [...run.events]) {
      if (event.kind === 'fault') clocks.hear(event.at, event);
      for (const r of received)
        if (r.at === event.at) reads.set(r.at, Math.floor(clocks.read(r.node, r.at) / 1000));
    }
    const found = pick(
      received.filter((r) => r.stamp[1]! > 0),
      random,
    );
    if (!found) return undefined;
    const pt = reads.get(found.at)!;
    const see = { pt, slot: 0 };
    const say = (stamp: Stamp) => format(stamp, 'hybrid');
    const [l = 0, c = 0] = found.stamp;
    if (say(schemes.hybrid.receive(found.own, found.theirs, see)) !== say(found.stamp)) return undefined;
    return {
      until: found.at - 1,
      prompt: `${found.node} has last stamped ${say(found.own)} (l.c). Its wall clock reads ${pt} when a message stamped ${say(found.theirs)} arrives. Which hybrid stamp does the receipt get?`,
      choices: choices([
        {
          text: say([l, c]),
          right: true,
          why: `l is the greatest of ${found.own[0]}, ${found.theirs[0]} and ${pt}; c counts on from whoever had that l`,
        },
        {
          text: say([l, 0]),
          right: false,
          why: 'the counter starts at 0 only when l moves on to the wall clock',
        },
        {
          text: say([l + 1, 0]),
          right: false,
          why: 'l never ticks by itself, or it would run ahead of every clock',
        },
        {
          text: say([pt, 0]),
          right: false,
          why: 'the wall clock is behind l: taking it would put the effect before its cause',
        },
        {
          text: say([l, found.own[1]! + found.theirs[1]! + 2]),
          right: false,
          why: 'the counters are not added',
        },
      ]),
      explanation:
        'l’ = max(l, l of the message, wall clock). Same l on both sides: c = max of both + 1. Same as one side only: that side’s c + 1. Moved on to the wall clock: c = 0 (Kulkarni et al. 2014).',
    };
  },
};

const survivor: Generator<P> = {
  id: 'clocks-skew-survivor',
  topic: 'clocks',
  level: 3,
  preset: 'skew',
  make(run) {
    const { events } = run;
    const index = events.findIndex((e) => e.kind === 'state' && e.state === LOSES);
    const loses = events[index];
    if (loses?.kind !== 'state') return undefined;
    const [, value = '', stamp = ''] = /^x=(\d+) @(\d+)$/.exec(loses.detail) ?? [];
    const reply = events
      .slice(index)
      .find((e) => e.kind === 'send' && e.type === 'Written' && e.from === loses.node);
    if (reply?.kind !== 'send') return undefined;
    const call = events.findLast((e) => e.kind === 'invoke' && e.process === reply.to && e.at <= loses.at);
    if (call?.kind !== 'invoke') return undefined;
    const taken = Number(call.value);
    const now = parse(reply.label.slice(1))[0]!;
    if (!less([now], [Number(stamp)], 'wall') || !events.some((e) => e.kind === 'state' && e.state === HOLDS))
      return undefined;
    return {
      until: loses.at - 1,
      prompt: `${loses.node} holds x=${value}, stamped ${stamp}. Its own clock reads ${now} when ${reply.to} asks it to put x=${taken}, and it will answer ok. What will a read at ${loses.node} return right after that?`,
      choices: choices([
        {
          text: `${value}`,
          right: true,
          why: `${stamp} is greater than ${now}, so by last-writer-wins x=${value} is "later"; the new write is gone although it was acknowledged`,
        },
        {
          text: `${taken}`,
          right: false,
          why: 'it was written last in real time, but the rule looks at stamps, and this replica’s clock is behind the one that stamped the old value',
        },
        {
          text: 'an error: the write conflicts',
          right: false,
          why: 'last-writer-wins never refuses; it silently picks',
        },
        {
          text: 'both, for the client to choose',
          right: false,
          why: 'keeping both is what version vectors allow; a single timestamp cannot tell a conflict',
        },
      ]),
      explanation:
        'Last-writer-wins by wall clock is a race between clocks. Lost are acknowledged writes, without any fault of the network. Versions, conditional writes or hybrid stamps that carry what the client has seen avoid it.',
    };
  },
};

export const generators: readonly Generator<P>[] = [lamportReceipt, concurrentWith, hybridReceipt, survivor];
