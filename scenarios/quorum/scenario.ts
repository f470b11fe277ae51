import { parseDistribution } from '../../src/sim/chance.ts';
import type { Sampler } from '../../src/sim/protocol.ts';
import { NO_LIES, scenario } from '../../src/sim/scenario.ts';
import { coordinator } from './coordinator.ts';
import { generators } from './generators.ts';
import { footer, headline, span, window } from './headline.ts';
import { meter, metrics } from './meter.ts';
import { BEGIN, check, type P, params } from './params.ts';
import { presets } from './presets.ts';
import { properties } from './properties.ts';
import { replica } from './replica.ts';
import { twins } from './twins.ts';

/** What one draw in a million exceeds, ms, so that no run ends before its slowest message. */
function tail(leg: Sampler): number {
  const parts = leg.text.startsWith('mix:')
    ? leg.text
        .slice(4)
        .split('+')
        .map((part) => parseDistribution(part.slice(part.indexOf('*') + 1)))
    : [leg];
  return Math.max(...parts.map((part) => part.sample(() => 1 - 1e-6)));
}

/** A tail without end is cut here, ms. */
const LONGEST = 3_600_000;

function length(p: P): number {
  const rounds = tail(p.writeLatency) + tail(p.ackLatency) + tail(p.readLatency) + tail(p.replyLatency);
  const waits = BEGIN + (p.writes - 1) * p.writeEvery + p.readAfter + (p.reads - 1) * p.readEvery;
  return Math.min(LONGEST, waits + rounds * (p.versions === 'ask' || p.writeBack ? 2 : 1) + p.settle);
}

const nodes = (name: string, count: number, part: string) =>
  Array.from({ length: count }, (_, i) => ({ id: `${name}${i + 1}`, part }));

export default scenario({
  id: 'quorum',
  title: 'Quorums: R, W and N',
  summary: 'A Dynamo-style register: how many must answer, how stale a read can be, and what repairs it.',
  topic: 'consistency',
  sources: [
    'DeCandia et al., Dynamo: Amazon’s highly available key-value store (SOSP 2007), §4.5, §4.6, §5, §6.4',
    'Bailis, Venkataraman, Franklin, Hellerstein & Stoica, Probabilistically bounded staleness for practical partial quorums (VLDB 2012)',
    'Attiya, Bar-Noy & Dolev, Sharing memory robustly in message-passing systems (J. ACM 1995)',
    'Gifford, Weighted voting for replicated data (SOSP 1979)',
  ],
  params,
  check,
  presets,
  parts: { client: coordinator(), replica: replica(), standin: replica() },
  actors: (p) => [
    ...nodes('c', p.writers + p.readers, 'client'),
    ...nodes('n', p.n, 'replica'),
    ...nodes('s', p.spares, 'standin'),
  ],
  length,
  network: (p) => ({
    latency: p.writeLatency,
    legs: {
      Ack: p.ackLatency,
      Taken: p.ackLatency,
      Read: p.readLatency,
      Reply: p.replyLatency,
    },
  }),
  withstands: NO_LIES,
  properties,
  twins,
  metrics,
  meter,
  look: {
    lanes: ['client', 'replica', 'standin'],
    states: {
      holding: { tone: 'strong', legend: 'newest so far', stale: 'out of date' },
    },
    messages: {
      Write: { ink: 'data', legend: 'write' },
      Hint: { ink: 'ask', legend: 'hint' },
      Ack: { ink: 'quiet', legend: 'ack' },
      Read: { ink: 'reply', legend: 'read' },
      Reply: { ink: 'grant', legend: 'answer' },
      Repair: { ink: 'decide', legend: 'repair' },
      WriteBack: { ink: 'decide', legend: 'write back' },
      Handoff: { ink: 'decide', legend: 'handoff' },
      Taken: { ink: 'quiet', legend: 'ack' },
    },
    headline,
    span,
    window,
    footer,
  },
  generators,
});
