import { client } from '../../src/sim/client.ts';
import type { Here } from '../../src/sim/protocol.ts';
import { NO_LIES, type Run, scenario } from '../../src/sim/scenario.ts';
import { plural, spoken } from '../../src/sim/words.ts';
import { eventual } from './eventual.ts';
import { generators } from './generators.ts';
import { meter, metrics } from './meter.ts';
import { type P, params } from './params.ts';
import { properties } from './properties.ts';
import { quorum } from './quorum.ts';
import { twins } from './twins.ts';

const KEYS = ['x', 'y', 'z'];

/** Each client has a replica near it and asks no other: whether that one answers is the whole question. */
const clients = client<P>({
  servers: replicas,
  home: (here) => homeOf(here.self, here.params.nodes, here.params.clients),
  pause: (p) => p.think,
  retryMs: (p) => p.patience,
  patienceMs: (p) => p.patience,
  otherwise: 'up',
  ask(here, _n, op) {
    if (here.uptime > (here.params.duration - here.params.settle) * 1000) return undefined;
    const key = KEYS[here.between(0, here.params.keys - 1)]!;
    const writes = here.random() < here.params.writes;
    return writes ? { f: 'put', key, value: op } : { f: 'get', key, value: null };
  },
});

function replicas(here: Here<P>): readonly string[] {
  return here.part(here.params.mode === 'cp' ? 'quorum' : 'eventual');
}

/** Clients spread over the replicas, so that a partition has some on each side. */
const homeOf = (name: string, nodes: number, all: number): string =>
  `n${1 + Math.floor(((Number(name.slice(1)) - 1) * nodes) / Math.max(1, all))}`;

const partition = [
  { at: 350, fault: 'partition', groups: [['n1', 'n2'], ['@rest']] },
  { at: 700, fault: 'heal' },
] as const;

export default scenario({
  id: 'cap',
  title: 'CAP',
  summary: 'One replicated register under a partition: consistent and refusing, or available and diverging.',
  topic: 'consistency',
  sources: [
    'Gilbert & Lynch, Brewer’s conjecture and the feasibility of consistent, available, partition-tolerant web services (2002)',
    'Attiya, Bar-Noy & Dolev, Sharing memory robustly in message-passing systems (J. ACM 1995)',
    'Abadi, Consistency tradeoffs in modern distributed database system design: PACELC (IEEE Computer 2012)',
    'DeCandia et al., Dynamo: Amazon’s highly available key-value store (SOSP 2007)',
  ],
  params,
  presets: {
    'cp-partition': {
      title: 'Consistent under a partition',
      what: 'Two replicas are cut off from three. The clients of the two are refused; nobody ever reads a wrong value.',
      set: { mode: 'cp' },
      faults: partition,
    },
    'ap-partition': {
      title: 'Available under a partition',
      what: 'The same cut. Everybody is answered at once, the two sides drift apart, and after healing some writes are gone.',
      set: { mode: 'ap' },
      faults: partition,
    },
    'heal-and-merge': {
      title: 'What happens when the sides meet again',
      what: 'Versions that knew nothing of each other are kept as siblings: nothing is lost, and a client has to decide.',
      set: { mode: 'ap', merge: 'siblings', settle: 450 },
      faults: partition,
    },
    'pacelc-latency': {
      title: 'Else: latency or consistency',
      what: 'No fault at all. Each operation still waits for a majority an ocean away; compare with mode=ap.',
      set: { mode: 'cp', nodes: 3, latency: 'uniform:30:50', quorumTimeout: 300, patience: 400 },
    },
  },
  parts: { quorum: quorum(), eventual: eventual(), client: clients },
  actors: (p) => [
    ...Array.from({ length: p.nodes }, (_, i) => ({
      id: `n${i + 1}`,
      part: p.mode === 'cp' ? 'quorum' : 'eventual',
    })),
    ...Array.from({ length: p.clients }, (_, i) => ({ id: `c${i + 1}`, part: 'client' })),
  ],
  check(p) {
    if (p.mode === 'cp' && p.quorumTimeout >= p.patience)
      return `quorumTimeout (${p.quorumTimeout} ms) must be shorter than patience (${p.patience} ms), or clients leave before they are refused.`;
    if (p.settle >= p.duration)
      return `settle (${p.settle} ms) must be shorter than duration (${p.duration} ms), or no operation ever begins.`;
    return undefined;
  },
  length: (p) => p.duration,
  network: (p) => ({ latency: p.latency, loss: p.loss, near: { client: p.near } }),
  targets: {
    replica: (world) => world.actors.filter((a) => a.part !== 'client' && world.up(a.id)).map((a) => a.id),
  },
  withstands: NO_LIES,
  properties,
  twins,
  metrics,
  meter,
  look: {
    lanes: ['quorum', 'eventual'],
    states: {
      serving: { tone: 'strong', legend: 'answers' },
      refusing: { tone: 'bad', legend: 'no majority' },
      siblings: { tone: 'odd', legend: 'siblings' },
    },
    messages: {
      Query: { ink: 'quiet', legend: 'question' },
      Version: { ink: 'reply', legend: 'reply' },
      Store: { ink: 'data', legend: 'store' },
      Stored: { ink: 'reply', legend: 'reply' },
      Share: { ink: 'data', legend: 'share' },
      Request: { ink: 'ask', legend: 'client' },
      Answer: { ink: 'reply', legend: 'client' },
      Refusal: { ink: 'bad', legend: 'refusal' },
    },
    headline,
    span(run) {
      const healed = run.events.find((e) => e.kind === 'fault' && e.fault === 'heal');
      const ms = run.metrics.converged_ms;
      if (healed && ms !== undefined && run.params.mode === 'ap')
        return { from: healed.at, to: healed.at + ms * 1000, label: `${Math.round(ms)} ms to agree again` };
      return undefined;
    },
    footer: (p) =>
      p.mode === 'cp'
        ? `Each operation asks a majority, then tells one (Attiya, Bar-Noy & Dolev 1995). One-way delay ${spoken(p.latency.text)} ms.`
        : `Replicas answer alone and share every ${p.sync} ms; conflicts: ${p.merge === 'lww' ? 'the later clock wins' : 'both are kept'}. One-way delay ${spoken(p.latency.text)} ms.`,
  },
  generators,
});

function headline(run: Run<P>): string {
  const { mode } = run.params;
  const {
    ops_failed = 0,
    ops_unknown = 0,
    lost_writes = 0,
    siblings = 0,
    stale_reads = 0,
    put_ms = 0,
  } = run.metrics;
  const broken = run.verdicts.find((v) => !v.holds && v.promised);
  if (broken)
    return broken.property === 'linearizable'
      ? 'A client reads what is no longer true'
      : `Violated: ${broken.property}`;
  const partitioned = run.events.some(
    (e) => e.kind === 'fault' && (e.fault === 'partition' || e.fault === 'cut'),
  );
  if (mode === 'cp') {
    const refused = ops_failed + ops_unknown;
    if (partitioned && refused > 0) return `Never wrong, but ${plural(refused, 'operation')} refused`;
    if (partitioned) return 'The majority goes on as if nothing had happened';
    return `No partition, and a write still takes ${Math.round(put_ms)} ms`;
  }
  if (siblings > 1) return `Both sides kept: ${siblings} siblings to resolve`;
  if (lost_writes > 0) return `Always answered, ${plural(lost_writes, 'write')} lost`;
  if (stale_reads > 0) return `Always answered, ${plural(stale_reads, 'stale read')}`;
  return 'Always answered, and this time nobody noticed';
}
