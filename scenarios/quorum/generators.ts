import type { Generator, Run } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import type { P } from './params.ts';

const ms = (us: number) => `${Math.round(us / 1000)} ms`;
const all = <K extends EventOf<'send' | 'invoke' | 'return' | 'deliver' | 'fault'>['kind']>(
  run: Run<P>,
  kind: K,
) => run.events.filter((e): e is EventOf<K> & { at: number } => e.kind === kind);

/** The last write and the first read after it, each with its call and its return. */
function story(run: Run<P>) {
  const calls = all(run, 'invoke');
  const returns = new Map(all(run, 'return').map((e) => [e.op, e]));
  const write = calls.find((e) => e.f === 'write' && e.value === run.params.writes);
  const commit = write && returns.get(write.op);
  if (!write || commit?.outcome !== 'ok') return undefined;
  const read = calls.find((e) => e.f === 'read' && e.process === write.process && e.at >= commit.at);
  const result = read && returns.get(read.op);
  return read && result?.outcome === 'ok' ? { write, commit, read, result } : undefined;
}

const firstAnswer: Generator<P> = {
  id: 'quorum-first-answer',
  topic: 'consistency',
  level: 2,
  preset: 'r1w1',
  make(run) {
    const told = story(run);
    if (!told) return undefined;
    const { read, result } = told;
    const delivered = new Map(all(run, 'deliver').map((e) => [e.id, e.at]));
    const reply = all(run, 'send').find(
      (e) => e.type === 'Reply' && e.at >= read.at && delivered.get(e.id) === result.at,
    );
    const asked = reply && all(run, 'send').find((e) => e.type === 'Write' && e.to === reply.from);
    const got = asked && delivered.get(asked.id);
    if (!reply || got === undefined) return undefined;
    const has = got <= reply.at;
    return {
      until: reply.at,
      prompt: `x was 0 and is being set to 1. ${reply.from} is the first to answer the read, at ${ms(reply.at)}; the write ${has ? `reached it at ${ms(got)}` : 'has not reached it yet'}. What does the read return?`,
      choices: [
        {
          text: 'x=0',
          right: !has,
          why: has
            ? `${reply.from} had the write when it answered`
            : `with r=1 the first answer decides, and ${reply.from} still held the old value`,
        },
        {
          text: 'x=1',
          right: has,
          why: has
            ? `with r=1 the first answer decides, and ${reply.from} had the write`
            : `the write is committed, but ${reply.from} does not have it and nobody else is waited for`,
        },
        {
          text: 'Nothing yet: it waits until the replicas agree',
          right: false,
          why: 'a read waits for r answers, whatever they say',
        },
        {
          text: 'An error, since the replicas differ',
          right: false,
          why: 'replicas that differ are the normal state of such a store; stamps tell which is newer',
        },
      ],
      explanation:
        'A write is committed once w replicas have it; the others get it later. A read takes the newest of the first r answers. With r + w ≤ n these may all come from replicas that are still waiting for the write.',
    };
  },
};

const smallest: Generator<P> = {
  id: 'quorum-smallest-r',
  topic: 'consistency',
  level: 2,
  preset: 'r1w1',
  make(run, random) {
    const told = story(run);
    if (!told) return undefined;
    const { n } = run.params;
    const w = 1 + Math.floor(random() * n);
    const needed = n - w + 1;
    return {
      until: told.commit.at,
      prompt: `Here n=${n} and the write was committed by one acknowledgement. Had it waited for w=${w}, how many answers would a read need at the least, so that it can never miss a committed write?`,
      choices: Array.from({ length: n }, (_, i) => i + 1).map((r) => ({
        text: `r=${r}`,
        right: r === needed,
        why:
          r < needed
            ? `${r} replicas can all be among the ${n - w} that need not have the write`
            : r > needed
              ? `it suffices, but r=${needed} does too: ${needed} + ${w} > ${n}`
              : `only ${n - w} replica${n - w === 1 ? '' : 's'} may lack the write, so one of ${needed} has it`,
      })),
      explanation:
        'r + w > n makes every read set meet every write set. It is a statement about sets: about writes under way, stand-ins and wrong clocks it says nothing.',
    };
  },
};

const fastClock: Generator<P> = {
  id: 'quorum-fast-clock',
  topic: 'clocks',
  level: 4,
  preset: 'last-writer-wins-loss',
  make(run) {
    const told = story(run);
    const clock = all(run, 'fault').find((e) => e.fault === 'clock');
    if (!told || clock?.fault !== 'clock') return undefined;
    const { write, commit, read, result } = told;
    const seen = Number(result.value);
    const because = (value: number) =>
      value === seen
        ? `x=${value} carries the later stamp: ${clock.nodes.join()}’s clock is ${clock.offsetMs} ms ahead`
        : 'the stamps decide, not who wrote last in real time';
    return {
      until: read.at,
      prompt: `The clock of ${clock.nodes.join()} is ${clock.offsetMs} ms ahead; versions are compared by the writer’s clock. Later ${write.process} wrote x=${write.value}, acknowledged by ${run.params.w} replicas at ${ms(commit.at)}. At ${ms(read.at)} it reads. What does it get?`,
      choices: [
        { text: 'x=1', right: seen === 1, why: because(1) },
        { text: 'x=2', right: seen === 2, why: because(2) },
        {
          text: 'Both, as siblings to be merged',
          right: false,
          why: 'that needs version vectors, which see that neither knew of the other; a clock orders any two writes',
        },
        {
          text: 'An error: the write was refused',
          right: false,
          why: 'a replica acknowledges a write it drops for an older stamp, for it is as if it had been overwritten at once',
        },
      ],
      explanation:
        'Last writer wins means: the largest stamp wins. A write by a slower clock, acknowledged by everybody, is dropped as if it came first. Nothing reports the loss.',
    };
  },
};

const standIns: Generator<P> = {
  id: 'quorum-stand-ins',
  topic: 'consistency',
  level: 3,
  preset: 'sloppy',
  make(run) {
    const told = story(run);
    const heal = all(run, 'fault').find((e) => e.fault === 'heal');
    if (!told || !heal || heal.at > told.read.at) return undefined;
    const { n, r, w } = run.params;
    const hints = all(run, 'send').filter((e) => e.type === 'Hint');
    const helpers = [...new Set(hints.map((e) => e.to))].sort().join(' and ');
    const stale = told.result.value !== told.write.value;
    return {
      until: told.read.at,
      prompt: `n=${n}, r=${r}, w=${w}. ${told.write.process} was cut off from all replicas, and ${helpers} acknowledged its write in their place. The network has healed, and it now reads from n1 to n${n}. What does it see?`,
      choices: [
        {
          text: 'The old value',
          right: stale,
          why: stale
            ? 'the replicas have not got the write back yet: the two sets are sets of different nodes'
            : 'the hints had already been handed over',
        },
        {
          text: 'Its own write, since r + w > n',
          right: !stale,
          why: stale
            ? `r + w > n speaks of the same ${n} nodes; ${helpers} are not among them`
            : 'the hints came home before the read',
        },
        {
          text: 'An error, since the write never had a quorum',
          right: false,
          why: 'the store counted the stand-ins: that is what sloppy means, and the write stays acknowledged',
        },
      ],
      explanation:
        'A sloppy quorum keeps writes available at the price of the intersection. Until the hints come home, a read of the real replicas may miss an acknowledged write, the reader’s own included.',
    };
  },
};

export const generators: readonly Generator<P>[] = [firstAnswer, smallest, fastClock, standIns];
