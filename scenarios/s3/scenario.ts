import { type Run, scenario } from '../../src/sim/scenario.ts';
import { spoken } from '../../src/sim/words.ts';
import { client } from './client.ts';
import { FRONT, front } from './front.ts';
import { headline, span } from './headline.ts';
import { metrics, regionMeter } from './meter.ts';
import { type P, params } from './params.ts';
import { presets } from './presets.ts';
import { properties } from './properties.ts';
import { INDEX, WITNESS } from './region.ts';
import { index, witness } from './store.ts';
import { twins } from './twins.ts';
import { reader, writer } from './writer.ts';

const many = (n: number, prefix: string, part: string) =>
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
  ],
  params,
  check(p) {
    if (p.workload !== 'load' && p.settle >= p.duration)
      return `settle (${p.settle} ms) must be shorter than duration (${p.duration} ms), or no operation ever begins.`;
    if (p.workload === 'conditional' && p.consistency === 'eventual')
      return 'consistency=eventual is S3 before December 2020, which had no conditional writes (August 2024); use workload=objects with it.';
    return undefined;
  },
  presets,
  parts: {
    client,
    writer: writer(),
    reader,
    front: front(FRONT),
    witness: witness(),
    barrier: witness(),
    index: index(),
  },
  actors(p) {
    // Beside writers the witness is at work as always, but has no lane.
    const barrier = p.workload === 'conditional' ? 'barrier' : 'witness';
    const strong = p.consistency === 'strong' ? [{ id: WITNESS, part: barrier }] : [];
    return [
      ...(p.workload === 'conditional' ? many(p.writers, 'w', 'writer') : []),
      ...many(p.fronts, 'front', 'front'),
      ...strong,
      { id: INDEX, part: 'index' },
      ...many(p.clients, 'c', p.workload === 'conditional' ? 'reader' : 'client'),
    ];
  },
  length: (p) => p.duration,
  network: (p) => ({ latency: p.latency }),
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
  meter: regionMeter,
  look: {
    lanes: ['writer', 'front', 'witness', 'index'],
    states: {
      cache: { tone: 'second', legend: 'front end with cache' },
      witness: { tone: 'good', legend: 'witness' },
      index: { tone: 'strong', legend: 'persistence tier' },
      idle: { tone: 'quiet', legend: 'idle' },
      reading: { tone: 'faded', legend: 'reads' },
      uploading: { tone: 'warm', legend: 'uploads' },
    },
    messages: {
      Read: { ink: 'quiet', legend: 'read' },
      Write: { ink: 'ask', legend: 'write' },
      Reply: { ink: 'reply', legend: 'answer' },
      Refused: { ink: 'bad', legend: '412 or 409' },
      Load: { ink: 'quiet', legend: 'read' },
      Loaded: { ink: 'reply', legend: 'answer' },
      List: { ink: 'quiet', legend: 'read' },
      Listed: { ink: 'reply', legend: 'answer' },
      Store: { ink: 'ask', legend: 'write' },
      Stored: { ink: 'reply', legend: 'answer' },
      Check: { ink: 'grant', legend: 'still the newest?' },
      Checked: { ink: 'reply', legend: 'answer' },
      Wrote: { ink: 'decide', legend: 'tells the witness' },
      Noted: { ink: 'reply', legend: 'answer' },
      Hello: { ink: 'quiet', legend: 'read' },
      Changed: { ink: 'data', legend: 'change, later' },
    },
    headline,
    span,
    footer,
  },
});

function footer(p: P): string {
  if (p.workload === 'conditional')
    return 'An ETag is the number of a version here; front end and index are one node each, the witness is not drawn.';
  return p.consistency === 'strong'
    ? 'After Vogels 2021: cache, witness and persistence tier are one node each; LIST reads the index. Delays are ours.'
    : `S3 before December 2020: changes reach other caches after ${spoken(p.propagation.text)} ms (not documented).`;
}

export type S3Run = Run<P>;
