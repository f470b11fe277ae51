import type { Look, Track } from '../../src/sim/scenario.ts';
import { thousands } from '../../src/sim/words.ts';
import { detailed, type P, records, slows } from './params.ts';

const TONES = ['strong', 'warm', 'odd', 'second', 'good', 'bad'] as const;
/** shards a run can have in the end: eight and the children of one split */
const SHARDS = 10;
const eachShard = (name: (id: string) => string, legend: (i: number) => string) =>
  Array.from({ length: SHARDS }, (_, i) => ({
    name: name(`shard${i}`),
    legend: legend(i),
    tone: TONES[i % TONES.length]!,
    as: 'line' as const,
  }));

const tracks: readonly Track[] = [
  {
    title: 'records',
    unit: 'per second',
    series: [
      { name: 'accepted', legend: 'taken', tone: 'good', as: 'area' },
      { name: 'offered', legend: 'offered', tone: 'strong' },
      { name: 'could take', legend: 'all shards could take', tone: 'quiet', as: 'step' },
      { name: 'worked off', legend: 'worked off by the consumer', tone: 'warm', as: 'step' },
    ],
  },
  {
    title: 'taken by shard',
    unit: 'per second',
    series: eachShard(
      (id) => `in ${id}`,
      (i) => `${i}`,
    ),
    limit: { legend: 'limit', param: 'recordsPerSecond' },
  },
  {
    title: 'throttled',
    unit: 'tries per second',
    series: [{ name: 'refused', legend: 'refused, retries included', tone: 'bad', as: 'area' }],
  },
  {
    title: 'held back by the producers',
    unit: 'records',
    series: [{ name: 'held back', legend: 'wait to be sent again', tone: 'warm', as: 'area' }],
  },
  {
    title: 'from shard to consumer',
    unit: 'ms',
    series: [
      { name: 'polled delay', legend: 'polled', tone: 'strong' },
      { name: 'pushed delay', legend: 'pushed', tone: 'odd' },
    ],
  },
  {
    title: 'iterator age',
    unit: 's',
    series: [
      { name: 'age', legend: 'now − last record read', tone: 'second', as: 'area' },
      ...eachShard(
        (id) => `age ${id}`,
        (i) => `shard${i}`,
      ),
    ],
  },
  {
    title: 'iterator age',
    unit: 'h',
    series: [{ name: 'age in hours', legend: 'now − last record read', tone: 'second', as: 'area' }],
    limit: { legend: 'retention', param: 'retentionPeriodHours' },
  },
  {
    title: 'expired unread',
    unit: 'records',
    series: [{ name: 'expired', legend: 'gone for good', tone: 'bad', as: 'area' }],
  },
  {
    title: 'shards',
    unit: 'open',
    series: [{ name: 'open', legend: 'open', tone: 'good', as: 'step' }],
  },
];

export const look: Omit<Look<P>, 'headline' | 'span'> = {
  lanes: ['producers', 'stream', 'consumer', 'enhanced', 'writer', 'log', 'leases', 'worker'],
  states: {
    sending: { tone: 'quiet', legend: 'producers' },
    accepting: { tone: 'good', legend: 'takes every record' },
    throttling: { tone: 'bad', legend: 'refuses records' },
    polling: { tone: 'strong', legend: 'polls' },
    subscribed: { tone: 'odd', legend: 'enhanced fan-out' },
    slow: { tone: 'warm', legend: 'slow' },
    producing: { tone: 'quiet', legend: 'producer' },
    open: { tone: 'good', legend: 'open shards' },
    table: { tone: 'quiet', legend: 'lease table', says: 'now list' },
    reads: { tone: 'strong', legend: 'holds the lease', says: 'reads' },
    spare: { tone: 'faded', legend: 'no lease' },
  },
  messages: {
    PutRecords: { ink: 'decide', legend: 'PutRecords' },
    PutRecordsResult: { ink: 'reply', legend: 'answer' },
    PartialFailure: { ink: 'bad', legend: 'refused' },
    GetRecords: { ink: 'quiet', legend: 'GetRecords' },
    Records: { ink: 'data', legend: 'records' },
    Exceeded: { ink: 'bad', legend: 'over 5 reads/s' },
    Subscribe: { ink: 'quiet', legend: 'subscribe' },
    Push: { ink: 'grant', legend: 'pushed' },
    PutRecord: { ink: 'quiet', legend: 'PutRecord' },
    Stored: { ink: 'reply', legend: 'answer' },
    ListShards: { ink: 'quiet', legend: 'scan' },
    Shards: { ink: 'reply', legend: 'answer' },
    Scan: { ink: 'quiet', legend: 'scan' },
    Rows: { ink: 'reply', legend: 'answer' },
    Create: { ink: 'decide', legend: 'creates a lease' },
    Take: { ink: 'decide', legend: 'takes a lease' },
    Renew: { ink: 'quiet', legend: 'renews' },
    Checkpoint: { ink: 'grant', legend: 'checkpoint' },
    Written: { ink: 'reply', legend: 'answer' },
    Refused: { ink: 'bad', legend: 'condition failed' },
  },
  tracks,
  footer: (p) => {
    if (p.source === 'workers')
      return 'Each worker takes expired leases itself (KCL 1 and 2; in KCL 3 a leader assigns them). No graceful hand-off.';
    const what = `Aggregated: about ${thousands(records(p))} records. `;
    if (slows(p)) return `${what}The consumer works on one record of a shard after another.`;
    if (detailed(p))
      return 'About 70 ms for a push is documented; the wait for a poll follows from five reads a second and shard.';
    return `${what}AWS says "per second", not how it counts: calendar seconds here. No burst capacity.`;
  },
};
