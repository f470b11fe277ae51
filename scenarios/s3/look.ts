import type { Look } from '../../src/sim/scenario.ts';
import { spoken } from '../../src/sim/words.ts';
import type { P } from './params.ts';

export const look: Omit<Look<P>, 'headline' | 'span'> = {
  lanes: ['writer', 'front', 'witness', 'index', 'site', 'bucket', 'uploader', 'vault'],
  states: {
    cache: { tone: 'second', legend: 'front end with cache', says: 'has cached' },
    witness: { tone: 'good', legend: 'witness', says: 'knows of' },
    index: { tone: 'strong', legend: 'persistence tier', says: 'has' },
    idle: { tone: 'quiet', legend: 'idle' },
    reading: { tone: 'faded', legend: 'reads' },
    uploading: { tone: 'warm', legend: 'uploads' },
    replicated: { tone: 'good', legend: 'all copied' },
    pending: { tone: 'warm', legend: 'copies to make' },
    replica: { tone: 'strong', legend: 'replica', says: 'has' },
    serving: { tone: 'good', legend: 'serves all' },
    throttling: { tone: 'bad', legend: '503 Slow Down' },
    completing: { tone: 'second', legend: 'completes' },
    done: { tone: 'good', legend: 'done' },
    gone: { tone: 'faded', legend: 'gave up' },
    holding: { tone: 'warm', legend: 'parts, invisible and billed' },
    settled: { tone: 'strong', legend: 'objects only' },
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
    Put: { ink: 'ask', legend: 'write' },
    Get: { ink: 'quiet', legend: 'read' },
    Done: { ink: 'reply', legend: 'answer' },
    Found: { ink: 'reply', legend: 'answer' },
    Copy: { ink: 'data', legend: 'copy' },
    Copied: { ink: 'reply', legend: 'answer' },
    Create: { ink: 'ask', legend: 'create' },
    Created: { ink: 'reply', legend: 'answer' },
    Part: { ink: 'data', legend: 'part' },
    PartDone: { ink: 'reply', legend: 'answer' },
    PartFailed: { ink: 'bad', legend: 'failed' },
    Complete: { ink: 'decide', legend: 'complete' },
    Completed: { ink: 'grant', legend: 'completed' },
    Invalid: { ink: 'bad', legend: 'failed' },
    NoUpload: { ink: 'bad', legend: 'failed' },
  },
  tracks: [
    {
      title: 'oldest version not yet copied',
      unit: 's',
      series: [{ name: 'oldest', legend: 'its age', tone: 'warm', as: 'area' }],
      limit: { legend: 'RTC threshold', param: 'rtcThreshold' },
    },
    {
      title: 'requests',
      unit: 'per second',
      series: [
        { name: 'attempts', legend: 'attempts', tone: 'warm', as: 'line' },
        { name: '503', legend: '503', tone: 'bad', as: 'line' },
        { name: 'served', legend: 'served', tone: 'good', as: 'area' },
      ],
      limit: { legend: 'one partition', param: 'writeLimit' },
    },
    {
      title: 'partitions',
      unit: 'of the bucket',
      series: [
        { name: 'partitions', legend: 'all', tone: 'strong', as: 'step' },
        { name: 'asked', legend: 'that the requests reach', tone: 'second', as: 'area' },
      ],
    },
    {
      title: 'stored',
      unit: 'MiB',
      series: [
        { name: 'billed', legend: 'parts: billed, invisible', tone: 'warm', as: 'area' },
        { name: 'visible', legend: 'objects: can be read', tone: 'good', as: 'step' },
      ],
    },
  ],
  footer(p) {
    switch (p.workload) {
      case 'conditional':
        return 'An ETag is the number of a version here; front end and index are one node each, the witness is not drawn.';
      case 'replication':
        return 'AWS documents no distribution of the lag: its tail is ours. One rule, one way; source and replica are versioned.';
      case 'load':
        return `Aggregated. Splitting after ${p.splitAfter / 1000} s${p.newDateEvery > 0 ? ` and dates of ${p.newDateEvery} s` : ''} are compressed: AWS says gradual, not how long.`;
      case 'multipart':
        return `Compressed: a lifecycle rule counts in days, here ${p.abortAfter / 1000} s. Part 5 MiB to 5 GiB, 10,000 parts (S3 guide, Nov 2026).`;
      default:
        return p.consistency === 'strong'
          ? 'After Vogels 2021: cache, witness and persistence tier are one node each; LIST reads the index. Delays are ours.'
          : `S3 before December 2020: changes reach other caches after ${spoken(p.propagation.text)} ms (not documented).`;
    }
  },
};
