import { scenario } from '../../src/sim/scenario.ts';
import { headline, span } from './headline.ts';
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
  actors: (p) => loadActors(p),
  length: (p) => p.simSeconds * 1000,
  network: (p) => ({ latency: p.latency }),
  properties: loadProperties,
  twins,
  metrics: loadMetrics,
  meter: loadMeter,
  look: { ...look, headline, span },
});
