import type { Look, Run, Tone, Track } from '../../src/sim/scenario.ts';
import { thousands } from '../../src/sim/words.ts';
import { layout } from './engine.ts';
import { LANES, type P } from './params.ts';

const TONES: readonly Tone[] = ['strong', 'second', 'good', 'odd', 'warm', 'bad'];

const units = (kind: 'read' | 'write'): Track[] => [
  {
    title: `${kind} units`,
    unit: 'per second',
    series: [
      { name: `${kind} served`, legend: 'served', tone: 'good', as: 'area' },
      { name: `${kind} asked`, legend: 'asked for', tone: 'strong', as: 'line' },
      { name: `${kind} refused`, legend: 'throttled', tone: 'bad', as: 'line' },
      { name: `${kind} limit`, legend: "table's capacity", tone: 'quiet', as: 'step' },
    ],
  },
  {
    title: `${kind} units served by partition`,
    unit: 'per second',
    series: Array.from({ length: LANES }, (_, i) => ({
      name: `${kind} p${i + 1}`,
      legend: `p${i + 1}`,
      tone: TONES[i] ?? 'quiet',
      as: 'line' as const,
    })),
    limit: {
      legend: 'ceiling of a partition',
      param: kind === 'read' ? 'partitionReads' : 'partitionWrites',
    },
  },
];

export const tracks: readonly Track[] = [
  ...units('write'),
  ...units('read'),
  {
    title: 'saved capacity',
    unit: 's of capacity',
    series: [
      { name: 'write saved', legend: 'saved for bursts', tone: 'second', as: 'area' },
      { name: 'read saved', legend: 'saved for bursts, reads', tone: 'odd', as: 'line' },
      { name: 'index saved', legend: 'saved by the index', tone: 'second', as: 'area' },
    ],
    limit: { legend: 'most that is kept', param: 'burstSeconds' },
  },
  {
    title: 'throttled',
    unit: 'units per second',
    series: [
      { name: 'refused hot', legend: 'the most popular key', tone: 'bad', as: 'line' },
      { name: 'refused others', legend: 'all other keys', tone: 'warm', as: 'line' },
    ],
  },
  {
    title: 'index',
    unit: 'units per second',
    series: [{ name: 'index applied', legend: 'updates applied', tone: 'second', as: 'area' }],
    limit: { legend: 'capacity of the index', param: 'indexCapacity' },
  },
  {
    title: 'index units applied by partition',
    unit: 'per second',
    series: Array.from({ length: LANES }, (_, i) => ({
      name: `index i${i + 1}`,
      legend: `i${i + 1}`,
      tone: TONES[i] ?? 'quiet',
      as: 'line' as const,
    })),
    limit: { legend: 'ceiling of a partition', param: 'partitionWrites' },
  },
  {
    title: 'waiting for the index',
    unit: 'units',
    series: [{ name: 'index waits', legend: 'updates waiting', tone: 'odd', as: 'area' }],
    limit: { legend: 'back-pressure', param: 'indexBuffer' },
  },
];

export const states: Look<P>['states'] = {
  serving: { tone: 'good', legend: 'serving' },
  throttling: { tone: 'bad', legend: 'throttling' },
  full: { tone: 'warm', legend: 'full' },
  none: { tone: 'quiet', legend: 'not there yet' },
};

export const messages: Look<P>['messages'] = {
  Full: { ink: 'bad', legend: 'limit reached' },
  Eased: { ink: 'reply', legend: 'fits again' },
  Split: { ink: 'decide', legend: 'split' },
};

const percent = (x: number) => `${(x * 100).toFixed(x > 0 && x < 0.1 ? 1 : 0)} %`;

export function headline(run: Run<P>): string {
  const m = (name: string) => run.metrics[name] ?? 0;
  const p = run.params;
  const refused = percent(m('throttled_share'));
  const n = layout(p);
  if (m('throttled_share') === 0 && p.indexes > 0)
    return m('index_waits_most') >= 1
      ? `Nothing is throttled: the index lags by up to ${thousands(m('index_waits_most'))} units`
      : 'Nothing is throttled: the index keeps up with the table';
  if (m('throttled_share') === 0)
    return `Nothing is throttled: the hottest of ${m('partitions')} partitions has ${percent(m('hottest_share'))} of the load`;
  const why = (['index', 'index_partition', 'quota', 'capacity', 'partition'] as const)
    .map((name) => ({ name, n: m(`throttled_${name}`) }))
    .reduce((a, b) => (b.n > a.n ? b : a)).name;
  if (p.retries === 'sdk')
    return `${refused} of tries throttled, ${percent(m('failed_share'))} of requests given up`;
  switch (why) {
    case 'index':
      return `${refused} of writes throttled by the index, not the table`;
    case 'index_partition':
      return `${refused} of writes throttled by one hot key of the index`;
    case 'quota':
      return `${refused} throttled at the table's quota`;
    case 'capacity':
      if (!p.adaptive) return `${refused} throttled: each partition has 1/${n} of the capacity`;
      return p.burstAtStart > 0
        ? `Served above its capacity, then ${refused} throttled`
        : `${refused} throttled: more is asked for than is provisioned`;
    default: {
      if (p.mode === 'on-demand') {
        const atOnce = thousands(n * (p.writeShare > 0.5 ? p.partitionWrites : p.partitionReads));
        return m('partitions') > n
          ? `On-demand took ${atOnce}/s at once: ${refused} throttled before it split`
          : `On-demand takes ${atOnce}/s at once: ${refused} throttled`;
      }
      const used = percent(m('served_units') / (p.writeShare > 0.5 ? p.writeCapacity : p.readCapacity));
      return m('hot_throttled_share') > 0.6
        ? `One hot key: ${refused} throttled while the table is ${used} used`
        : `${percent(m('hottest_share'))} of the load is on 1 of ${n} partitions: ${refused} throttled`;
    }
  }
}

/** The longest stretch of throttling, or of living on saved capacity. */
export function span(run: Run<P>) {
  const notes = run.events.flatMap((e) => (e.kind === 'note' && e.node === 'table' ? [e] : []));
  const burst = notes.find((e) => e.text.startsWith('has used up'));
  const seconds = burst && Number(/in (\d+) s/.exec(burst.text)?.[1]);
  if (burst && seconds)
    return { from: burst.at - seconds * 1e6, to: burst.at, label: `${seconds} s on saved capacity` };
  const moods = run.events.flatMap((e) => (e.kind === 'state' && e.node === 'table' ? [e] : []));
  const stretches = moods.flatMap((e, i) =>
    e.state === 'throttling' ? [{ from: e.at, to: moods[i + 1]?.at ?? run.durationUs }] : [],
  );
  const longest = stretches.sort((a, b) => b.to - b.from - (a.to - a.from))[0];
  return longest && longest.to - longest.from > 1e6
    ? { ...longest, label: `${Math.round((longest.to - longest.from) / 1e6)} s of throttling` }
    : undefined;
}

export function footer(p: P): string {
  const requests = `Aggregated: about ${thousands(p.arrivals.rate * p.simSeconds)} requests.`;
  const split = p.splitAfter > 0 ? ` Split after ${p.splitAfter} s: an assumption.` : '';
  const index = p.indexes > 0 ? ' How far an index may lag: an assumption.' : '';
  const retries = p.retries === 'none' ? ' Callers do not retry.' : ' Callers retry as the AWS SDKs do.';
  return `${requests}${retries}${split}${index} DynamoDB guide, 2026-11.`;
}
