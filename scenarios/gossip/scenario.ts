import { NO_LIES, scenario, type World } from '../../src/sim/scenario.ts';
import { generators } from './generators.ts';
import { footer, headline, span, window } from './headline.ts';
import { MEMBER_RULES, member } from './membership.ts';
import { meter, metrics } from './meter.ts';
import { params } from './params.ts';
import { isRumour, properties } from './properties.ts';
import { RUMOUR_RULES, rumour, writer } from './rumour.ts';

const last = (world: World) => world.actors.filter((a) => a.part !== 'writer').at(-1)?.id;

export default scenario({
  id: 'gossip',
  title: 'Gossip',
  summary:
    'A rumour that reaches everybody in a logarithm of rounds, and SWIM: who is alive, who is only slow.',
  topic: 'state',
  sources: [
    'A. Demers et al.: Epidemic Algorithms for Replicated Database Maintenance, PODC 1987',
    'B. Pittel: On Spreading a Rumor, SIAM Journal on Applied Mathematics 1987',
    'A. Das, I. Gupta, A. Motivala: SWIM, DSN 2002',
    'A. Dadgar, J. Phillips, J. Currey: Lifeguard, DSN workshops 2018, arXiv 1707.00788',
  ],
  params,
  check(p) {
    if (p.interest > 0 && p.exchange !== 'push')
      return 'interest works with exchange=push: who pulls does not tell, so it cannot lose interest in telling.';
    if (p.mode === 'membership' && p.ackTimeout >= p.period)
      return `ackTimeout (${p.ackTimeout} ms) must be shorter than the period (${p.period} ms): the rest of it is for the helpers.`;
    if (p.mode === 'rumour' && p.latency.mean >= p.interval)
      return `interval (${p.interval} ms) must be longer than the delay (${p.latency.text} ms), or a round ends before its messages arrive.`;
    return undefined;
  },
  presets: {
    spread: {
      title: 'A rumour among ten',
      what: 'Each round everybody who knows tells one other at random. First it doubles, then the last ones are hard to find.',
      seed: 3,
    },
    'push-pull': {
      title: 'The same, asking and telling',
      what: 'Those who do not know ask as well: the last ones find the rumour themselves, and the tail is gone.',
      set: { exchange: 'push-pull' },
    },
    'interest-lost': {
      title: 'A rumour dies out',
      what: 'A teller that meets somebody who knew loses interest half of the time. It saves messages, and some never hear.',
      set: { interest: 2, nodes: 10 },
      seed: 8,
    },
    'death-certificate': {
      title: 'A deletion, and one who was away',
      what: 'A node is cut off while the item is deleted. It comes back with the old copy, meets the death certificate, and the item stays deleted.',
      set: { story: 'delete', exchange: 'push-pull', nodes: 8, gap: 360, duration: 3200 },
      faults: [
        { at: 330, fault: 'partition', groups: [['@last'], ['@rest']] },
        { at: 720, fault: 'heal' },
      ],
    },
    'failure-suspicion': {
      title: 'SWIM: a member dies',
      what: 'A probe fails, helpers fail, the member is suspected; the news rides on other probes, and nobody refutes it.',
      set: { mode: 'membership', nodes: 6, duration: 6000 },
      faults: [{ at: 400, fault: 'crash', nodes: ['@last'] }],
    },
    flapping: {
      title: 'A sleepy member, without suspicion',
      what: 'It only sleeps, twice. Whoever gets no answer declares it dead at once, it comes back and denies, and the cluster flaps.',
      set: { mode: 'membership', nodes: 6, duration: 5200, suspicion: false },
      faults: [
        { at: 400, fault: 'pause', nodes: ['@last'] },
        { at: 590, fault: 'resume', nodes: ['@last'] },
        { at: 1100, fault: 'pause', nodes: ['@last'] },
        { at: 1290, fault: 'resume', nodes: ['@last'] },
      ],
      seed: 3,
    },
    'no-flapping': {
      title: 'The same sleep, with suspicion',
      what: 'It is suspected, wakes, hears of it and refutes with a higher incarnation, before anybody has declared it dead.',
      set: { mode: 'membership', nodes: 6, duration: 5200 },
      faults: [
        { at: 400, fault: 'pause', nodes: ['@last'] },
        { at: 590, fault: 'resume', nodes: ['@last'] },
        { at: 1100, fault: 'pause', nodes: ['@last'] },
        { at: 1290, fault: 'resume', nodes: ['@last'] },
      ],
      seed: 3,
    },
    'slow-observer': {
      title: 'The slow one accuses everybody',
      what: 'One member’s messages take long. Its own probes fail, so it suspects the others, who are well. Compare with lifeguard=on.',
      set: { mode: 'membership', nodes: 6, duration: 1600 },
      faults: [{ at: 400, fault: 'delay', nodes: ['@last'], delay: 'fixed:60' }],
    },
  },
  parts: { node: rumour(), writer, member: member() },
  actors: (p) => [
    ...Array.from({ length: p.nodes }, (_, i) => ({
      id: `n${i + 1}`,
      part: p.mode === 'rumour' ? 'node' : 'member',
    })),
    ...(p.mode === 'rumour' ? [{ id: 'c1', part: 'writer' }] : []),
  ],
  length: (p) => p.duration,
  network: (p) => ({ latency: p.latency, loss: p.loss, duplicate: p.duplicate }),
  targets: {
    last,
    /** a node that has not heard the rumour */
    ignorant: (world) =>
      world.actors.flatMap(({ id }) => {
        const state: unknown = world.state(id);
        return isRumour(state) && !state.item ? [id] : [];
      }),
  },
  withstands: NO_LIES,
  properties,
  twins: {
    'last-told-wins': {
      what: 'a node takes whatever it was told last, newer or not',
      breaks: 'no older version comes back',
      parts: { node: rumour({ ...RUMOUR_RULES, compares: false }) },
      preset: 'push-pull',
      set: { story: 'rewrite', gap: 150 },
    },
    'no-death-certificate': {
      what: 'a deleted item is simply gone, with nothing to show that it was deleted',
      breaks: 'no older version comes back',
      parts: { node: rumour({ ...RUMOUR_RULES, certificates: false }) },
      preset: 'death-certificate',
    },
    'number-before-value': {
      what: 'a node that hears of a newer version number takes the number before it has the value',
      breaks: 'nothing is invented',
      parts: { node: rumour({ ...RUMOUR_RULES, whole: false }) },
      preset: 'spread',
      set: { exchange: 'pull' },
    },
    'keeps-it': {
      what: 'who is told keeps it for itself: only the first node tells',
      breaks: 'everybody knows in the end',
      parts: { node: rumour({ ...RUMOUR_RULES, retells: false }) },
      preset: 'spread',
      set: { nodes: 30, duration: 3000 },
    },
    'no-incarnations': {
      what: 'claims carry no incarnation: the last word counts',
      breaks: 'beliefs only move forward',
      parts: { member: member({ ...MEMBER_RULES, incarnations: false }) },
      preset: 'no-flapping',
    },
    'never-refutes': {
      what: 'a member that hears it is suspected says nothing',
      breaks: 'whoever can refute is not declared dead',
      parts: { member: member({ ...MEMBER_RULES, refutes: false }) },
      preset: 'no-flapping',
    },
    'no-suspicion': {
      what: 'a failed probe declares dead at once',
      breaks: 'whoever can refute is not declared dead',
      parts: { member: member({ ...MEMBER_RULES, suspects: false }) },
      preset: 'no-flapping',
    },
    'never-confirms': {
      what: 'suspects stay suspects: nobody ever declares one dead',
      breaks: 'everybody agrees who is alive in the end',
      parts: { member: member({ ...MEMBER_RULES, confirms: false }) },
      preset: 'failure-suspicion',
    },
  },
  metrics,
  meter,
  look: {
    lanes: ['node', 'member'],
    states: {
      ignorant: { tone: 'quiet', legend: 'has not heard' },
      knows: { tone: 'strong', legend: 'knows' },
      'knows the second': { tone: 'second', legend: 'knows the second' },
      deleted: { tone: 'odd', legend: 'death certificate' },
      'lost interest': { tone: 'faded', legend: 'lost interest' },
      'all alive': { tone: 'quiet', legend: 'believes all alive' },
      suspects: { tone: 'warm', legend: 'suspects' },
      dead: { tone: 'bad', legend: 'counts as dead' },
    },
    messages: {
      Write: { ink: 'quiet', legend: 'client' },
      Done: { ink: 'quiet', legend: 'client' },
      Push: { ink: 'data', legend: 'push' },
      Pull: { ink: 'quiet', legend: 'pull' },
      Swap: { ink: 'quiet', legend: 'push and pull' },
      News: { ink: 'grant', legend: 'news' },
      Known: { ink: 'quiet', legend: 'knew it' },
      Ping: { ink: 'quiet', legend: 'probe' },
      Ack: { ink: 'reply', legend: 'ack' },
      Ask: { ink: 'ask', legend: 'probe through a helper' },
    },
    tracks: [
      {
        title: 'spread',
        unit: 'nodes',
        series: [
          {
            name: 'know',
            legend: 'know',
            tone: 'strong',
            as: 'step',
            states: ['knows', 'knows the second', 'lost interest'],
          },
          {
            name: 'gone',
            legend: 'hold the death certificate',
            tone: 'odd',
            as: 'step',
            states: ['deleted'],
          },
        ],
      },
      {
        title: 'beliefs',
        unit: 'members',
        series: [
          { name: 'suspect', legend: 'suspect somebody', tone: 'warm', as: 'step', states: ['suspects'] },
          { name: 'dead', legend: 'count somebody as dead', tone: 'bad', as: 'step', states: ['dead'] },
        ],
      },
    ],
    headline,
    span,
    window,
    footer,
  },
  generators,
});
