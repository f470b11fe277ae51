import { client } from '../../src/sim/client.ts';
import type { Here } from '../../src/sim/protocol.ts';
import { NO_LIES, scenario } from '../../src/sim/scenario.ts';
import { generators } from './generators.ts';
import { headline, span, window } from './headline.ts';
import { meter, metrics } from './meter.ts';
import { check, type P, params } from './params.ts';
import { presets } from './presets.ts';
import { properties } from './properties.ts';
import { EMPTY, MERGED, OWN, replica } from './protocol.ts';
import { twins } from './twins.ts';

const ELEMENTS = ['a', 'b', 'c'];

/** Each client has a replica near it and asks no other. */
const clients = client<P>({
  servers: (here) => here.part('replica'),
  home: (here) => homeOf(here.self, here.params),
  pause: (p) => p.think,
  retryMs: () => 200,
  patienceMs: () => 200,
  otherwise: 'up',
  ask(here, _n, op) {
    if (here.uptime > (here.params.duration - here.params.settle) * 1000) return undefined;
    return here.random() < here.params.reads ? { f: 'read', key: '', value: null } : update(here, op);
  },
});

function update(here: Here<P>, op: number) {
  switch (here.params.type) {
    case 'g-counter':
      return { f: 'inc', key: '', value: here.between(1, 3) };
    case 'pn-counter':
      return { f: here.random() < 0.5 ? 'inc' : 'dec', key: '', value: here.between(1, 3) };
    case 'or-set': {
      const element = ELEMENTS[here.between(0, ELEMENTS.length - 1)]!;
      return { f: here.random() < 0.6 ? 'add' : 'remove', key: '', value: element };
    }
    case 'lww-register':
      return { f: 'write', key: '', value: `v${op}` };
  }
}

/** Clients spread over the replicas, so that a partition has some on each side. */
export const homeOf = (name: string, p: P): string =>
  `n${1 + Math.floor(((Number(name.slice(1)) - 1) * p.nodes) / Math.max(1, p.clients))}`;

export default scenario({
  id: 'crdt',
  title: 'CRDTs',
  summary:
    'Counters, sets and registers that merge without agreement: what converges, and what that does not promise.',
  topic: 'state',
  sources: [
    'Shapiro, Preguiça, Baquero & Zawirski, A comprehensive study of convergent and commutative replicated data types (INRIA RR-7506, 2011)',
    'Almeida, Shoker & Baquero, Delta state replicated data types (JPDC 2018)',
    'Bailis et al., Coordination avoidance in database systems (VLDB 2014)',
  ],
  params,
  check,
  presets,
  parts: { replica: replica(), client: clients },
  actors: (p) => [
    ...Array.from({ length: p.nodes }, (_, i) => ({ id: `n${i + 1}`, part: 'replica' })),
    ...Array.from({ length: p.clients }, (_, i) => ({ id: `c${i + 1}`, part: 'client' })),
  ],
  length: (p) => p.duration,
  network: (p) => ({ latency: p.latency, loss: p.loss, duplicate: p.duplicate, near: { client: p.near } }),
  targets: {
    replica: (world) => world.actors.filter((a) => a.part === 'replica' && world.up(a.id)).map((a) => a.id),
  },
  withstands: NO_LIES,
  properties,
  twins,
  metrics,
  meter,
  look: {
    lanes: ['replica'],
    states: {
      [EMPTY]: { tone: 'quiet', legend: 'empty' },
      [OWN]: { tone: 'second', legend: 'own update' },
      [MERGED]: { tone: 'strong', legend: 'after a merge' },
    },
    messages: {
      State: { ink: 'data', legend: 'state' },
      Digest: { ink: 'quiet', legend: 'nothing new' },
      Request: { ink: 'ask', legend: 'client' },
      Answer: { ink: 'reply', legend: 'client' },
      Refusal: { ink: 'bad', legend: 'refusal' },
    },
    headline,
    span,
    window,
    footer: (p: P) => FOOTER[p.type],
  },
  generators,
});

const FOOTER: Readonly<Record<P['type'], string>> = {
  'g-counter':
    'One slot a replica, merge takes the greater of each, the value is their sum (RR-7506, spec. 6).',
  'pn-counter':
    'Two grow-only counters, one for each direction; the value is their difference (RR-7506, spec. 7).',
  'or-set':
    'Every add has a tag of its own; a remove deletes the tags it has seen, and no others (RR-7506, §3.3.5).',
  'lww-register': 'The greater (time, replica) is kept; the other write is gone (RR-7506, spec. 8).',
};
