import type { Generator, Run } from '../../src/sim/scenario.ts';
import type { P } from './params.ts';

const seconds = (us: number) => `${(us / 1e6).toFixed(1)} s`;
const notes = (run: Run<P>) =>
  run.events.flatMap((e) => (e.kind === 'note' ? [{ at: e.at, node: e.node, text: e.text }] : []));

/** The owner has crashed in the middle of a batch: where does the next one begin? */
const whereItStarts: Generator<P> = {
  id: 'kinesis-where-the-next-owner-starts',
  topic: 'aws',
  level: 3,
  preset: 'worker-crash-lease',
  make(run) {
    const crash = run.events.find((e) => e.kind === 'fault' && e.fault === 'crash');
    const take = notes(run).find((n) => crash && n.at > crash.at && n.text.startsWith('takes the lease'));
    const start = Number(/#(\d+)/.exec(take?.text ?? '')?.[1]);
    const read = run.events.flatMap((e) =>
      e.kind === 'send' && e.type === 'Records' && crash && e.at < crash.at
        ? [Number(/#(?:\d+–)?(\d+)/.exec(e.label)?.[1] ?? 0)]
        : [],
    );
    const given = Math.max(0, ...read);
    if (crash?.kind !== 'fault' || !take || !(given >= start + 1)) return undefined;
    const dead = crash.nodes[0]!;
    return {
      until: crash.at,
      prompt: `${dead} crashes at ${seconds(crash.at)} in the middle of a batch. It had been given records up to #${given}; its last checkpoint says #${start - 1} is done. Where does the next owner of the lease begin?`,
      choices: [
        {
          text: `At #${start}: what ${dead} processed since the checkpoint is processed again`,
          right: true,
          why: `${take.node} ${take.text}`,
        },
        {
          text: `At #${given + 1}: what was delivered counts as done`,
          right: false,
          why: 'delivery is not recorded anywhere; only a checkpoint is',
        },
        {
          text: 'Exactly after the last record that was processed',
          right: false,
          why: 'the effect of a record and the checkpoint are in two systems: nobody knows that place',
        },
        {
          text: 'At #1: without its owner the position is lost',
          right: false,
          why: 'the checkpoint is in the lease table, not in the worker',
        },
      ],
      explanation:
        'Checkpoints are written after a batch, so a crash between two of them repeats work. At least once: the consumer has to be idempotent.',
    };
  },
};

/** When is a child of a split read? */
const whenTheChildIsRead: Generator<P> = {
  id: 'kinesis-when-a-child-is-read',
  topic: 'aws',
  level: 3,
  preset: 'split',
  make(run) {
    const all = notes(run);
    const split = all.find((n) => n.text.startsWith('splits'));
    const end = all.find((n) => split && n.at > split.at && n.text.includes('SHARD_END'));
    const unread = run.metrics.parent_unread ?? 0;
    if (!split || !end || unread < 3) return undefined;
    return {
      until: split.at,
      prompt: `At ${seconds(split.at)} shard0 is split into shard1 and shard2; ${unread} of its records are still to be processed. w2 has nothing to do. When does it start on a child?`,
      choices: [
        {
          text: `When shard0 has been read to its end, at about ${seconds(end.at)}, and the lease exists`,
          right: true,
          why: 'the lease of a child is created only after SHARD_END of its parents',
        },
        {
          text: 'At once: the children hold other hash keys',
          right: false,
          why: 'they hold the same keys as the parent: a later record of a key would overtake an earlier one',
        },
        {
          text: `After failoverTimeMillis, ${run.params.failoverTimeMillis} ms`,
          right: false,
          why: 'no lease has to run out: it does not exist yet',
        },
        {
          text: `When the records of shard0 have expired, after ${run.params.retentionPeriodHours} h`,
          right: false,
          why: 'the parent keeps them that long, but reading them is enough',
        },
      ],
      explanation:
        'A split adds capacity for new records. It does not shorten the backlog: the past is read first, by one worker.',
    };
  },
};

/** What will the split of a hot shard change? */
const whatTheSplitHelps: Generator<P> = {
  id: 'kinesis-split-of-a-hot-key',
  topic: 'aws',
  level: 4,
  preset: 'hot-shard',
  make(run) {
    const split = notes(run).find((n) => n.text.startsWith('splits'));
    const { hot_key_before: before, hot_key_after: after } = run.metrics;
    if (!split || before === undefined || after === undefined) return undefined;
    const parent = /shard\d+/.exec(split.text)?.[0] ?? '';
    const share = Math.round((run.params.skew.shares(run.params.keys)[0] ?? 0) * 100);
    return {
      until: split.at,
      prompt: `${run.params.shards} shards, about ${Math.round(run.params.arrivals.rate)} records a second, ${share} % of them with one partition key. ${parent} refuses records; about ${Math.round(before)} a second of that key are taken. At ${seconds(split.at)} ${parent} is split in the middle. How many of that key are taken afterwards?`,
      choices: [
        {
          text: `About as many: ${Math.round(after / 10) * 10} a second`,
          right: true,
          why: 'the key lies in one of the two halves, and that child has the limits of any shard',
        },
        {
          text: 'Twice as many: there are two shards now',
          right: false,
          why: 'a split divides a range of hash keys; one key is one point in it',
        },
        {
          text: `All of them: ${(run.params.shards + 1) * run.params.recordsPerSecond} a second is more than enough`,
          right: false,
          why: 'the limit is that of a shard, not of the stream',
        },
      ],
      explanation:
        'A hot key needs another key: a suffix that spreads it (and gives up order across suffixes), aggregation in the producer, or a stream of its own.',
    };
  },
};

export const generators = [whereItStarts, whenTheChildIsRead, whatTheSplitHelps];
