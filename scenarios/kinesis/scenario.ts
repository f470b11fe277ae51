import { NO_LIES, scenario } from '../../src/sim/scenario.ts';
import { generators } from './generators.ts';
import { headline, span } from './headline.ts';
import { kclMeter, kclMetrics, kclProperties } from './kcl-properties.ts';
import type { WorkerState } from './kcl-worker.ts';
import { loadMeter, loadMetrics, loadProperties } from './load-properties.ts';
import { look } from './look.ts';
import { check, detailed, type P, params, slows } from './params.ts';
import { presets } from './presets.ts';
import { parts } from './protocol.ts';
import { twins } from './twins.ts';

const many = (n: number, part: string, name: string) =>
  Array.from({ length: n }, (_, i) => ({ id: n === 1 ? name : `${name}${i + 1}`, part }));

function loadActors(p: P) {
  const small = detailed(p);
  return [
    { id: 'producers', part: small ? 'producers' : 'crowd' },
    { id: 'stream', part: slows(p) && !small ? 'backstage' : 'stream' },
    ...many(p.consumers, small || slows(p) ? 'consumer' : 'reader', 'consumer'),
    ...many(p.enhancedConsumers, small ? 'enhanced' : 'enhanced reader', 'enhanced'),
  ];
}

const workerActors = (p: P) => [
  { id: 'producer', part: 'writer' },
  { id: 'stream', part: 'log' },
  { id: 'leases', part: 'leases' },
  ...Array.from({ length: p.workers }, (_, i) => ({ id: `w${i + 1}`, part: 'worker' })),
];

const hasLease = (state: unknown): boolean =>
  Object.keys((state as Partial<WorkerState> | undefined)?.held ?? {}).length > 0;

/** between two checkpoints: some of the batch is done, and not yet all */
const inTheMiddle = (state: unknown): boolean =>
  Object.values((state as Partial<WorkerState> | undefined)?.held ?? {}).some(
    (h) => h.done >= 2 && h.done < h.batch.length,
  );

export default scenario({
  id: 'kinesis',
  title: 'Kinesis Data Streams',
  summary: 'Shard limits, hot keys, split and merge, leases and checkpoints, enhanced fan-out, iterator age.',
  topic: 'aws',
  sources: [
    'Amazon Kinesis Data Streams Developer Guide: Quotas and limits, https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html (read 2026-11)',
    'Amazon Kinesis Data Streams Developer Guide: Develop enhanced fan-out consumers with dedicated throughput, https://docs.aws.amazon.com/streams/latest/dev/enhanced-consumers.html (read 2026-11)',
    'Amazon Kinesis Data Streams Developer Guide: Complete the resharding action, https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html (read 2026-11)',
    'Amazon Kinesis Client Library: Lease lifecycle, https://github.com/awslabs/amazon-kinesis-client/blob/master/docs/lease-lifecycle.md (read 2026-11)',
  ],
  params,
  check,
  presets,
  parts,
  actors: (p) => (p.source === 'load' ? loadActors(p) : workerActors(p)),
  length: (p) => p.simSeconds * 1000,
  network: (p) => ({ latency: p.latency }),
  targets: {
    processing: (world) => world.actors.find((a) => inTheMiddle(world.state(a.id)))?.id,
    owner: (world) => world.actors.find((a) => hasLease(world.state(a.id)))?.id,
  },
  pointless: (p) =>
    p.source === 'load'
      ? 'Records are aggregated into calls in this run, and the stream does not fail: a fault has nothing to act on. Change the load with arrivals=burst:600:5:10, or break workers in worker-crash-lease.'
      : undefined,
  withstands: NO_LIES,
  properties: { ...loadProperties, ...kclProperties },
  twins,
  metrics: { ...loadMetrics, ...kclMetrics },
  meter: (p) => (p.source === 'load' ? loadMeter(p) : kclMeter()),
  look: { ...look, headline, span },
  generators,
});
