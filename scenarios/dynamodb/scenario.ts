import { parseDistribution } from '../../src/sim/chance.ts';
import { NO_LIES, type Property, type Run, scenario } from '../../src/sim/scenario.ts';
import {
  copiesActors,
  copiesCheck,
  copiesFooter,
  copiesGenerators,
  copiesHeadline,
  copiesLanes,
  copiesLength,
  copiesMessages,
  copiesMeter,
  copiesMetrics,
  copiesNetwork,
  copiesParts,
  copiesPresets,
  copiesProperties,
  copiesSpan,
  copiesStates,
  copiesTargets,
  copiesTracks,
  copiesTwins,
  copiesWindow,
} from './copies/index.ts';
import type { TableRules } from './engine.ts';
import { generators } from './generators.ts';
import { footer, headline, messages, span, states, tracks } from './look.ts';
import { type P, params, requests } from './params.ts';
import { meter, metrics, properties } from './properties.ts';
import { indexLanes, lane, lanesOf, RULES, table } from './table.ts';

const MOST_REQUESTS = 20_000_000;
const MOST_ITEMS = 1_000_000;

const broken = (rule: Partial<TableRules>) => ({ table: table({ ...RULES, ...rule }) });

const NEAR = parseDistribution('fixed:1');

/** A property of one side is judged where that side runs. */
const side = (view: P['view'], properties: Readonly<Record<string, Property<P>>>) =>
  Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [
      name,
      { ...property, judged: (p: P) => p.view === view && (property.judged?.(p) ?? true) },
    ]),
  );

const inCopies = Object.fromEntries(
  Object.entries(copiesPresets).map(([name, preset]) => [
    name,
    { ...preset, set: { ...preset.set, view: 'copies' } },
  ]),
);

const copies = (p: P): boolean => p.view === 'copies';

export default scenario({
  id: 'dynamodb',
  title: 'DynamoDB',
  summary: 'Partitions, hot keys, bursts and throttling; replicas, indexes, transactions and Regions.',
  topic: 'aws',
  sources: [
    'Amazon DynamoDB Developer Guide: Burst and adaptive capacity, https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html',
    'M. Elhemali et al.: Amazon DynamoDB: A Scalable, Predictably Performant, and Fully Managed NoSQL Database Service, USENIX ATC 2022',
  ],
  params,
  check(p) {
    if (copies(p)) return copiesCheck(p);
    const n = requests(p);
    if (n > MOST_REQUESTS)
      return `arrivals × simSeconds is about ${Math.round(n)} requests; at most ${MOST_REQUESTS} are simulated in a run. Shorten simSeconds or lower the rate.`;
    if (p.keys * p.suffixes > MOST_ITEMS)
      return `keys × suffixes is ${p.keys * p.suffixes}; at most ${MOST_ITEMS} are kept apart. Lower one of them.`;
    if (p.warmup >= p.simSeconds * 1000)
      return `warmup (${p.warmup} ms) must be shorter than the run (simSeconds=${p.simSeconds}): nothing would be left to measure.`;
    if (p.burstAtStart > p.burstSeconds)
      return `burstAtStart (${p.burstAtStart} s) cannot exceed burstSeconds (${p.burstSeconds} s), the most that is kept.`;
    if (p.mode === 'on-demand' && (p.warmWrites > p.tableQuota || p.warmReads > p.tableQuota))
      return `warmWrites (${p.warmWrites}) and warmReads (${p.warmReads}) cannot exceed tableQuota (${p.tableQuota}).`;
    if (p.mode === 'on-demand' && p.indexes > 0)
      return 'indexes works with mode=provisioned: an on-demand index has no capacity of its own to run out of.';
    if (p.backoffCap < p.throttleBase)
      return `backoffCap (${p.backoffCap} ms) must be at least throttleBase (${p.throttleBase} ms).`;
    return undefined;
  },
  presets: {
    'key-distribution': {
      title: 'Popular keys share a partition',
      what: 'Zipf: a few keys get most of the traffic. Their partition is full while the table is not. Compare with skew=uniform.',
      set: {
        arrivals: 'poisson:1600',
        itemSize: 'fixed:2',
        keys: 500,
        skew: 'zipf:1',
        partitions: 5,
        writeCapacity: 5000,
        simSeconds: 60,
      },
    },
    'hot-partition': {
      title: 'One hot key',
      what: 'Half of all writes go to one key. Adaptive capacity and a split help its neighbours, not the key. Compare with suffixes=10.',
      set: {
        arrivals: 'poisson:600',
        itemSize: 'fixed:5',
        keys: 500,
        skew: 'hot:0.5',
        partitions: 4,
        writeCapacity: 4000,
        splitAfter: 60,
        simSeconds: 150,
      },
      seed: 8,
    },
    'burst-then-throttle': {
      title: 'Saved capacity runs out',
      what: 'Five minutes of unused capacity carry a peak of three times what is provisioned, until they are used up.',
      set: {
        arrivals: 'burst:50:6:240',
        keys: 500,
        writeCapacity: 100,
        burstAtStart: 300,
        simSeconds: 720,
      },
    },
    'on-demand-spike': {
      title: 'On-demand is not instant either',
      what: 'A new table serves 4,000 writes at once. A spike beyond that waits for partitions. Compare with warmWrites=8000.',
      set: {
        mode: 'on-demand',
        arrivals: 'burst:150:4:120',
        itemSize: 'fixed:10',
        keys: 5000,
        splitAfter: 60,
        simSeconds: 360,
      },
    },
    'gsi-backpressure': {
      title: 'The index throttles the table',
      what: 'The table has capacity to spare; its index has not, and writes to the table are refused. Compare with indexCapacity=1000.',
      set: {
        arrivals: 'poisson:600',
        keys: 500,
        writeCapacity: 1000,
        indexes: 1,
        indexCapacity: 400,
        burstAtStart: 30,
        simSeconds: 120,
      },
    },
    'gsi-hot-key': {
      title: 'An index by status',
      what: 'Four of five items are open: their updates meet in one partition of the index. Compare with indexKeys=500 indexSkew=uniform.',
      set: {
        arrivals: 'poisson:450',
        itemSize: 'fixed:4',
        keys: 500,
        indexes: 1,
        indexKeys: 3,
        indexSkew: 'hot:0.8',
        simSeconds: 60,
      },
      seed: 2,
    },
    ...inCopies,
  },
  parts: { table: table(RULES), partition: lane, index: lane, ...copiesParts },
  actors: (p) =>
    copies(p)
      ? copiesActors(p)
      : [
          { id: 'table', part: 'table' },
          ...Array.from({ length: lanesOf(p) }, (_, i) => ({ id: `p${i + 1}`, part: 'partition' })),
          ...indexLanes(p).map((id) => ({ id, part: 'index' })),
        ],
  length: (p) => (copies(p) ? copiesLength(p) : p.simSeconds * 1000),
  network: (p) => (copies(p) ? copiesNetwork(p) : undefined) ?? { latency: NEAR },
  pointless: (p) =>
    copies(p)
      ? undefined
      : 'One actor plays the table and its callers in this run: a fault has nothing to act on. Change the load with arrivals, skew or writeShare, or break a replica in leader-lost.',
  withstands: NO_LIES,
  targets: { ...copiesTargets },
  properties: {
    ...side('capacity', properties),
    ...side('copies', copiesProperties),
  },
  twins: {
    'keeps-all-it-saves': {
      what: 'unused capacity is saved without a limit',
      breaks: 'no more than capacity and what was saved',
      parts: broken({ capsBurst: false }),
      preset: 'burst-then-throttle',
    },
    'lifts-the-ceiling': {
      what: 'adaptive capacity gives a hot partition whatever the table has left',
      breaks: 'no partition above its ceiling',
      parts: broken({ keepsCeiling: false }),
      preset: 'hot-partition',
    },
    'static-shares': {
      what: 'each partition has an equal part of the capacity, used or not',
      breaks: 'nothing is refused that could be served',
      parts: broken({ shares: false }),
      preset: 'key-distribution',
      set: { writeCapacity: 2500, arrivals: 'poisson:1000' },
    },
    'charges-the-refused': {
      what: 'units are taken from the table before the partition is asked, and not given back',
      breaks: 'a refused request costs and changes nothing',
      parts: broken({ chargesServedOnly: false }),
      preset: 'hot-partition',
    },
    'writes-and-refuses': {
      what: 'a write takes effect although it is answered with an exception',
      breaks: 'a refused request costs and changes nothing',
      parts: broken({ appliesServedOnly: false }),
      preset: 'hot-partition',
    },
    'forgets-to-answer': {
      what: 'a refused request gets no answer',
      breaks: 'every request is answered',
      parts: broken({ answersRefused: false }),
      preset: 'hot-partition',
    },
    'rounds-down': {
      what: 'a unit that is begun does not count',
      breaks: 'units are rounded up',
      parts: broken({ roundsUp: false }),
      preset: 'key-distribution',
      set: { itemSize: 'uniform:0.5:3' },
    },
    'above-quota': {
      what: "the table's quota is not kept",
      breaks: 'the table keeps to its quota',
      parts: broken({ keepsQuota: false }),
      preset: 'on-demand-spike',
      set: {
        tableQuota: 12_000,
        arrivals: 'poisson:1800',
        warmWrites: 12_000,
        splitAfter: 3,
        simSeconds: 20,
      },
    },
    'floods-the-index': {
      what: 'updates are applied to the index whatever its capacity',
      breaks: 'the index keeps to its capacity',
      parts: broken({ limitsIndex: false }),
      preset: 'gsi-backpressure',
    },
    'leaves-the-index-behind': {
      what: 'the table takes writes however far behind the index is',
      breaks: 'the index falls no further behind than allowed',
      parts: broken({ heedsIndex: false }),
      preset: 'gsi-backpressure',
    },
    ...copiesTwins,
  },
  metrics: { ...metrics, ...copiesMetrics },
  meter: (p) => (copies(p) ? copiesMeter(p) : meter(p)),
  look: {
    lanes: ['table', 'partition', 'index', ...copiesLanes],
    states: { ...states, ...copiesStates },
    messages: { ...messages, ...copiesMessages },
    tracks: [...tracks, ...copiesTracks],
    headline: (run: Run<P>) => (copies(run.params) ? copiesHeadline(run) : headline(run)),
    span: (run: Run<P>) => (copies(run.params) ? copiesSpan(run) : span(run)),
    window: (run: Run<P>) => (copies(run.params) ? copiesWindow(run) : undefined),
    footer: (p: P) => (copies(p) ? copiesFooter(p) : footer(p)),
  },
  generators: [...generators, ...copiesGenerators],
});
