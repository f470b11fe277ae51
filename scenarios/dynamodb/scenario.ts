import { parseDistribution } from '../../src/sim/chance.ts';
import { type Property, type Run, scenario } from '../../src/sim/scenario.ts';
import {
  copiesActors,
  copiesCheck,
  copiesFooter,
  copiesGenerators,
  copiesHeadline,
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
} from './copies/index.ts';
import { type P, params } from './params.ts';
import { table } from './table.ts';

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
    return undefined;
  },
  presets: {
    'key-distribution': {
      title: 'Keys over partitions',
      what: 'Each partition key belongs to one partition.',
    },
    ...inCopies,
  },
  parts: { table, ...copiesParts },
  actors: (p) => (copies(p) ? copiesActors(p) : [{ id: 'table', part: 'table' }]),
  length: (p) => (copies(p) ? copiesLength(p) : p.simSeconds * 1000),
  network: (p) => (copies(p) ? copiesNetwork(p) : undefined) ?? { latency: NEAR },
  targets: { ...copiesTargets },
  properties: {
    ...side('capacity', {}),
    ...side('copies', copiesProperties),
  },
  twins: { ...copiesTwins },
  metrics: { ...copiesMetrics },
  meter: (p) => (copies(p) ? copiesMeter(p) : { end: () => ({}) }),
  look: {
    lanes: ['table', ...Object.keys(copiesParts)],
    states: { serving: { tone: 'good', legend: 'serving' }, ...copiesStates },
    messages: { ...copiesMessages },
    tracks: [
      {
        title: 'requests',
        unit: 'per second',
        series: [{ name: 'offered', legend: 'offered', tone: 'strong', as: 'line' }],
      },
      ...copiesTracks,
    ],
    headline: (run: Run<P>) => (copies(run.params) ? copiesHeadline(run) : 'Requests come'),
    span: (run: Run<P>) => (copies(run.params) ? copiesSpan(run) : undefined),
    footer: (p: P) => (copies(p) ? copiesFooter(p) : 'Simplified.'),
  },
  generators: [...copiesGenerators],
});
