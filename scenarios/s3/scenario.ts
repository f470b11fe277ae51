import { parseDistribution } from '../../src/sim/chance.ts';
import type { Sampler } from '../../src/sim/protocol.ts';
import { type Actor, scenario } from '../../src/sim/scenario.ts';
import { check } from './check.ts';
import { client } from './client.ts';
import { FRONT, front } from './front.ts';
import { generators } from './generators.ts';
import { headline } from './headline.ts';
import { bucket } from './load.ts';
import { look } from './look.ts';
import { meter, metrics } from './meter.ts';
import { vault } from './multipart.ts';
import { type P, params } from './params.ts';
import { presets } from './presets.ts';
import { properties } from './properties.ts';
import { INDEX, WITNESS } from './region.ts';
import { REPLICA, SOURCE, site, visitor } from './replication.ts';
import { span } from './span.ts';
import { index, witness } from './store.ts';
import { twins } from './twins.ts';
import { uploader, VAULT_ID, viewer } from './uploader.ts';
import { reader, writer } from './writer.ts';

const many = (n: number, prefix: string, part: string): Actor[] =>
  Array.from({ length: n }, (_, i) => ({ id: `${prefix}${i + 1}`, part }));

export default scenario({
  id: 's3',
  title: 'S3',
  summary:
    'Consistency then and now, conditional writes, replication lag, request rates per prefix, multipart uploads.',
  topic: 'aws',
  sources: [
    'Amazon S3 User Guide: What is Amazon S3? (Amazon S3 data consistency model), https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html',
    'W. Vogels: Diving Deep on S3 Consistency, All Things Distributed, April 2021, https://www.allthingsdistributed.com/2021/04/s3-strong-consistency.html',
    'Amazon S3 User Guide: How to prevent object overwrites with conditional writes, https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html',
    'Amazon S3 User Guide: Best practices design patterns: optimizing Amazon S3 performance, https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html',
    'Amazon S3 User Guide: Amazon S3 multipart upload limits, https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html',
  ],
  params,
  check,
  presets,
  parts: {
    client,
    writer: writer(),
    reader,
    front: front(FRONT),
    witness: witness(),
    barrier: witness(),
    index: index(),
    site: site(),
    visitor,
    bucket: bucket(),
    vault: vault(),
    uploader,
    viewer,
  },
  actors(p) {
    switch (p.workload) {
      case 'replication':
        return [
          { id: SOURCE, part: 'site' },
          { id: REPLICA, part: 'site' },
          ...many(Math.min(2, p.clients), 'c', 'visitor'),
        ];
      case 'load':
        return [{ id: 'bucket', part: 'bucket' }];
      case 'multipart':
        return [
          ...many(p.uploads, 'u', 'uploader'),
          { id: VAULT_ID, part: 'vault' },
          ...many(p.clients, 'c', 'viewer'),
        ];
      default: {
        const writes = p.workload === 'conditional';
        // Beside writers the witness is at work as always, but has no lane.
        const barrier = { id: WITNESS, part: writes ? 'barrier' : 'witness' };
        return [
          ...(writes ? many(p.writers, 'w', 'writer') : []),
          ...many(p.fronts, 'front', 'front'),
          ...(p.consistency === 'strong' ? [barrier] : []),
          { id: INDEX, part: 'index' },
          ...many(p.clients, 'c', writes ? 'reader' : 'client'),
        ];
      }
    }
  },
  length: (p) => (p.workload === 'load' ? p.simSeconds * 1000 : p.duration),
  network: (p) => ({
    latency: p.latency,
    ...(p.workload === 'replication' && { near: { visitor: NEAR } }),
    ...(p.workload === 'multipart' && { legs: { Part: transfer(p) } }),
  }),
  pointless: (p) =>
    p.workload === 'load'
      ? 'One actor plays the bucket and its callers in this run: a fault has nothing to act on. Change the load with arrivals or keys, or break a front end in strong-today.'
      : undefined,
  withstands: [
    'crash',
    'restart',
    'pause',
    'resume',
    'partition',
    'cut',
    'heal',
    'loss',
    'reorder',
    'slow-disk',
    'clock',
  ],
  properties,
  twins,
  metrics,
  meter,
  look: { ...look, headline, span },
  generators,
});

const NEAR = parseDistribution('uniform:5:15');

/** The time a part is on its way: its size over the speed of its connection. */
const transfer = (p: P): Sampler => ({
  text: `${p.partSize} MiB at ${p.speed.text}`,
  mean: (1000 * p.partSize) / p.speed.mean,
  sample: (random) => (1000 * p.partSize) / Math.max(0.001, p.speed.sample(random)),
});
