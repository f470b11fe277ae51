import { NO_LIES, scenario } from '../../src/sim/scenario.ts';
import { client } from './client.ts';
import { generators } from './generators.ts';
import { headline, span, window } from './headline.ts';
import { holder, lock, timeServer } from './lease.ts';
import { meter, metrics } from './meter.ts';
import { check, type P, params } from './params.ts';
import { presets } from './presets.ts';
import { LOCAL, process, RECEIVE, REFUSE, SEND } from './process.ts';
import { properties } from './properties.ts';
import { HOLDS, LOSES, register, WAITS } from './register.ts';
import { twins } from './twins.ts';

export default scenario({
  id: 'clocks',
  title: 'Clocks and order',
  summary: 'What a timestamp can and cannot say: wall, Lamport, vector, hybrid clocks, NTP and commit wait.',
  topic: 'clocks',
  sources: [
    'Lamport, Time, clocks, and the ordering of events in a distributed system (CACM 1978)',
    'Fidge, Timestamps in message-passing systems that preserve the partial ordering (1988); Mattern, Virtual time and global states (1988)',
    'Kulkarni, Demirbas, Madappa, Avva & Leone, Logical physical clocks (OPODIS 2014)',
    'Mills et al., Network Time Protocol version 4, RFC 5905 (2010)',
    'Corbett et al., Spanner: Google’s globally-distributed database (OSDI 2012)',
  ],
  params,
  check,
  presets,
  parts: {
    process: process(),
    replica: register(),
    client,
    time: timeServer,
    lock,
    holder: holder(),
  },
  actors: (p) => {
    const part = PART[p.work];
    return [
      ...(p.work === 'lease'
        ? [
            { id: 'ntp', part: 'time' },
            { id: 'lock', part: 'lock' },
          ]
        : []),
      ...Array.from({ length: p.nodes }, (_, i) => ({ id: `n${i + 1}`, part })),
      ...(p.work === 'register'
        ? Array.from({ length: p.clients }, (_, i) => ({ id: `c${i + 1}`, part: 'client' }))
        : []),
    ];
  },
  length: (p) => p.duration,
  network: (p) => ({ latency: p.latency, loss: p.loss, near: { client: p.near } }),
  targets: {
    node: (world) => world.actors.filter((a) => a.part !== 'client' && world.up(a.id)).map((a) => a.id),
  },
  // Clocks that jump are not among them: commit wait and NTP rest on clocks within their bounds. That hybrid clocks
  // and the logical ones stand any jump is tested by itself.
  withstands: NO_LIES.filter((fault) => fault !== 'clock'),
  properties,
  twins,
  metrics,
  meter,
  look: {
    lanes: ['process', 'replica', 'time', 'lock', 'holder'],
    states: {
      [LOCAL]: { tone: 'second', legend: 'local event' },
      [SEND]: { tone: 'strong', legend: 'send' },
      [RECEIVE]: { tone: 'good', legend: 'receive' },
      [REFUSE]: { tone: 'bad', legend: 'refused' },
      empty: { tone: 'quiet', legend: 'empty' },
      [HOLDS]: { tone: 'strong', legend: 'holds' },
      [LOSES]: { tone: 'bad', legend: 'gave up a write' },
      [WAITS]: { tone: 'warm', legend: 'commit wait' },
      'true time': { tone: 'quiet', legend: 'time server' },
      free: { tone: 'quiet', legend: 'free' },
      'lease granted': { tone: 'second', legend: 'granted' },
      'waiting for it': { tone: 'quiet', legend: 'waiting' },
      'holds the lease': { tone: 'strong', legend: 'holds the lease', stale: 'holds an old lease' },
    },
    messages: {
      Event: { ink: 'data', legend: 'message' },
      Write: { ink: 'ask', legend: 'write' },
      Written: { ink: 'reply', legend: 'acknowledged' },
      Read: { ink: 'quiet', legend: 'read' },
      Value: { ink: 'reply', legend: 'value' },
      Share: { ink: 'data', legend: 'share' },
      Acquire: { ink: 'ask', legend: 'acquire' },
      Granted: { ink: 'grant', legend: 'granted' },
      Busy: { ink: 'quiet', legend: 'busy' },
      Poll: { ink: 'data', legend: 'ntp poll' },
      Time: { ink: 'reply', legend: 'time' },
    },
    headline,
    span,
    window,
    footer: (p: P) =>
      FOOTER[p.work === 'messages' ? p.clock : p.work === 'lease' ? 'lease' : `register ${p.clock}`],
  },
  generators,
});

const PART = { messages: 'process', register: 'replica', lease: 'holder' } as const;

const FOOTER: Readonly<Record<string, string>> = {
  wall: 'Stamps are each node’s own wall clock, in ms.',
  lamport: 'Lamport 1978: +1 an event, on receive the maximum of both, then +1.',
  vector: 'Fidge, Mattern 1988: own slot +1 an event, on receive the maximum slot by slot, then own slot +1.',
  hybrid: 'l.c as Kulkarni et al. 2014, fig. 5: l in ms, c counts events that share it.',
  lease:
    'Offset as RFC 5905 §8; above 128 ms the clock is stepped. Filters and poll back-off of NTP are left out.',
  'register wall': 'Stamps are the replica’s own wall clock in ms; the greater stamp wins.',
  'register lamport': 'Lamport stamps; clients carry the largest they have seen.',
  'register hybrid': 'Hybrid stamps; clients carry the largest they have seen.',
  'register truetime':
    'Corbett et al. 2012, §4.1.2: stamp = latest, acknowledged once earliest is beyond it. Locks and Paxos are left out.',
};
