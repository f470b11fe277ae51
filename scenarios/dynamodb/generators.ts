import type { Generator, Run } from '../../src/sim/scenario.ts';
import { thousands } from '../../src/sim/words.ts';
import { layout } from './engine.ts';
import type { P } from './params.ts';

const seconds = (us: number) => `${Math.round(us / 1e6)} s`;
const percent = (x: number) => `${(x * 100).toFixed(0)} %`;

const told = (run: Run<P>, start: string) =>
  run.events.find((e) => e.kind === 'note' && e.node === 'table' && e.text.startsWith(start));

/** mean of a series over a time */
function mean(run: Run<P>, series: string, from: number, to: number): number {
  const values = run.events.flatMap((e) =>
    e.kind === 'sample' && e.series === series && e.at > from && e.at <= to ? [e.value] : [],
  );
  return values.reduce((sum, v) => sum + v, 0) / Math.max(1, values.length);
}

/** What a split does for one hot key. */
const hotKey: Generator<P> = {
  id: 'dynamodb-hot-key-split',
  topic: 'aws',
  level: 3,
  preset: 'hot-partition',
  make(run) {
    const p = run.params;
    const split = run.events.find(
      (e) => e.kind === 'note' && e.node === 'table' && e.text.includes('to itself'),
    );
    if (split?.kind !== 'note') return undefined;
    const [from, to] = [/p\d+/.exec(split.text)?.[0], /gets (p\d+)/.exec(split.text)?.[1]];
    const hot = [0, split.at, run.durationUs].map((at, i, all) =>
      i === 0 ? 0 : mean(run, 'refused hot', all[i - 1]!, at),
    );
    const others = mean(run, 'refused others', split.at, run.durationUs);
    if (!from || !to || hot[2]! < 50 || others > 20) return undefined;
    const served = mean(run, 'write served', 0, split.at);
    return {
      until: split.at,
      prompt: `${from} throttles: ${thousands(hot[1]!)} units/s of key 1 are refused, and keys that share the partition suffer too. The table serves ${thousands(served)} of its ${thousands(p.writeCapacity)} units. At ${seconds(split.at)} the partition is split and key 1 gets ${to} to itself. What happens to writes to key 1?`,
      choices: [
        {
          text: `They are still throttled: ${to} serves ${thousands(p.partitionWrites)} units/s and no more`,
          right: true,
          why: `${thousands(hot[2]!)} units/s are refused from then on, of the other keys ${thousands(others)}`,
        },
        {
          text: 'All are served: the table has capacity to spare and adaptive capacity hands it over',
          right: false,
          why: 'adaptive capacity moves throughput to a partition up to its ceiling, never past it',
        },
        {
          text: 'All are served after another split or two',
          right: false,
          why: 'one item lives in one partition: there is nothing left to split',
        },
        {
          text: `They are served with a higher writeCapacity`,
          right: false,
          why: 'the ceiling of a partition does not depend on what the table has',
        },
      ],
      explanation:
        'Isolation helps the neighbours of a hot key. The key itself is bounded by one partition: spread it over suffixes, or do not write it so often.',
    };
  },
};

/** How long does what was saved last? */
const burstLength: Generator<P> = {
  id: 'dynamodb-burst-length',
  topic: 'aws',
  level: 2,
  preset: 'burst-then-throttle',
  make(run) {
    const p = run.params;
    const begins = told(run, 'serves more than is provisioned');
    const ends = told(run, 'has used up');
    if (!begins || !ends || ends.kind !== 'note') return undefined;
    const took = Number(/in (\d+) s/.exec(ends.text)?.[1]);
    const from = ends.at - took * 1e6;
    const asked = Math.round(mean(run, 'write asked', from, ends.at) / 10) * 10;
    const saved = p.burstSeconds * p.writeCapacity;
    const right = saved / (asked - p.writeCapacity);
    if (Math.abs(right - took) > 0.1 * took) return undefined;
    const round = (n: number) => Math.round(n / 5) * 5;
    return {
      until: begins.at,
      prompt: `${p.writeCapacity} write units/s are provisioned and ${p.burstSeconds} s of them are saved. From ${seconds(from)} on about ${asked} units/s are asked for. After how long do writes begin to be throttled?`,
      choices: [
        {
          text: `About ${round(right)} s`,
          right: true,
          why: `${thousands(saved)} saved units at ${asked} − ${p.writeCapacity} a second; here it was ${took} s`,
        },
        {
          text: `About ${round(saved / asked)} s`,
          right: false,
          why: `that forgets the ${p.writeCapacity} units each second that go on being provisioned`,
        },
        {
          text: `${p.burstSeconds} s`,
          right: false,
          why: 'that is how much time is saved at the provisioned rate; a burst uses it up faster',
        },
        {
          text: 'At once: more is asked for than is provisioned',
          right: false,
          why: 'what was not used before is kept for up to 300 seconds, best effort',
        },
      ],
      explanation:
        'A token bucket lasts saved / (rate − refill). It hides a peak of minutes and then stops: a table that is fine for two minutes and throttles in the third has no bug, it has used its burst.',
    };
  },
};

/** Which capacity is short? */
const whoIsShort: Generator<P> = {
  id: 'dynamodb-who-is-short',
  topic: 'aws',
  level: 4,
  preset: 'gsi-backpressure',
  make(run) {
    const p = run.params;
    const starts = told(run, 'starts to throttle');
    const refused = run.metrics.throttled_share ?? 0;
    if (!starts || (run.metrics.throttled_index ?? 0) === 0) return undefined;
    const asked = mean(run, 'write asked', 0, starts.at);
    return {
      until: starts.at,
      prompt: `About ${thousands(asked)} write units/s go to a table with ${thousands(p.writeCapacity)} provisioned on ${layout(p)} partitions and one global secondary index with ${thousands(p.indexCapacity)}. At ${seconds(starts.at)} writes to the table begin to be throttled. Why only now, and why at all?`,
      choices: [
        {
          text: 'The index has used up what it saved and is too far behind: the table must wait for it',
          right: true,
          why: `the exception names the index; ${percent(refused)} of the writes of this run are refused although the table is at ${percent(asked / p.writeCapacity)}`,
        },
        {
          text: 'A partition of the table is at its ceiling',
          right: false,
          why: `${thousands(asked)} units over ${layout(p)} partitions are far below 1,000 each`,
        },
        {
          text: "The table has used up the table's saved capacity",
          right: false,
          why: 'the table is asked for less than is provisioned and saves all the time',
        },
        {
          text: 'It cannot be the index: an index is updated asynchronously and only falls behind',
          right: false,
          why: 'it may fall behind only so far; then back-pressure throttles writes to the table',
        },
      ],
      explanation:
        'Give an index at least the write capacity of its table, and an index key that spreads. The throttling reason IndexWriteProvisionedThroughputExceeded and the ARN in the exception tell which index it is.',
    };
  },
};

export const generators: readonly Generator<P>[] = [hotKey, burstLength, whoIsShort];
