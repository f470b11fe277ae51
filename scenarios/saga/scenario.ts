import { NO_LIES, type Run, scenario } from '../../src/sim/scenario.ts';
import { plural } from '../../src/sim/words.ts';
import { broker, MEMBER, member, orders } from './choreography.ts';
import { customer } from './customer.ts';
import { generators } from './generators.ts';
import { RULES } from './ledger.ts';
import { type P, params } from './params.ts';
import { SERVICES, STEPS } from './plan.ts';
import { meter, metrics, properties } from './properties.ts';
import {
  honestOrchestrator,
  honestService,
  ORCHESTRATOR,
  type OrchestratorState,
  orchestrator,
  service,
} from './protocol.ts';

export default scenario({
  id: 'saga',
  title: 'Saga',
  summary: 'An order as local transactions with compensations: orchestrated or by events, under faults.',
  topic: 'patterns',
  sources: [
    'H. Garcia-Molina, K. Salem: Sagas, ACM SIGMOD 1987',
    'C. Richardson: Microservices Patterns, Manning 2018, ch. 3 (outbox) and ch. 4 (sagas, countermeasures)',
    'AWS Prescriptive Guidance: Saga patterns, https://docs.aws.amazon.com/prescriptive-guidance/latest/cloud-design-patterns/saga.html',
    'M. Featonby: Making retries safe with idempotent APIs, Amazon Builders’ Library',
  ],
  params,
  check(p) {
    if (p.style === 'choreographed' && p.operator > 0)
      return 'operator works with style=orchestrated: in a choreography nobody gives up, so nobody waits for an operator.';
    if (p.deadline < p.timeout * 2)
      return `deadline (${p.deadline} ms) must leave room for at least two timeouts (${p.timeout} ms each).`;
    return undefined;
  },
  presets: {
    'orchestrated-commit': {
      title: 'All four steps take',
      what: 'Watch the orchestrator: one step at a time, each decision on its disk before the next message.',
    },
    'orchestrated-compensate': {
      title: 'The courier refuses, everything is undone',
      what: 'Two effects already stand when shipping refuses: they are undone last first.',
      set: { refuse: 'shipping' },
    },
    'stuck-compensation': {
      title: 'The refund cannot be made',
      what: 'Payment goes down before the refund: after the last try an operator is called, and nobody claims success.',
      set: { refuse: 'shipping' },
      faults: [{ at: 0, fault: 'crash', nodes: ['@refunding'] }],
    },
    choreographed: {
      title: 'The same order without a centre',
      what: 'Each service reacts to events; outbox and broker repeat them until acknowledged. Who knows the whole plan?',
      set: { style: 'choreographed', refuse: 'payment' },
    },
    'duplicate-message': {
      title: 'Messages arrive twice',
      what: 'Every request carries (order, step): the second copy finds its key and changes nothing.',
      set: { duplicate: 0.6, refuse: 'shipping' },
    },
    'dirty-read': {
      title: 'Sent away for an item that was free in the end',
      what: 'o1 holds the last item and gives it back; o2 was refused in between. Compare with lock=on.',
      set: { orders: 2, items: 1, refuse: 'shipping', gap: 35 },
    },
    'orchestrator-crash': {
      title: 'The orchestrator dies in the middle',
      what: 'It comes back, reads its log and asks again; keys make the repeat harmless.',
      faults: [
        { at: 62, fault: 'crash', nodes: ['orchestrator'] },
        { at: 200, fault: 'restart', nodes: ['orchestrator'] },
      ],
    },
    'late-original': {
      title: 'The compensation overtakes its step',
      what: 'Messages are held back: a step is given up, compensated, and arrives afterwards to a shut door.',
      set: { attempts: 1, timeout: 30 },
      faults: [{ at: 0, fault: 'reorder', rate: 0.5, byMs: 160 }],
      seed: 2,
    },
  },
  parts: {
    orchestrator: honestOrchestrator,
    orders,
    broker,
    service: honestService,
    member: member(MEMBER),
    customer,
  },
  actors: (p) => [
    ...(p.style === 'orchestrated'
      ? [{ id: 'orchestrator', part: 'orchestrator' }]
      : [
          { id: 'orders', part: 'orders' },
          { id: 'broker', part: 'broker' },
        ]),
    ...SERVICES.map((id) => ({ id, part: p.style === 'orchestrated' ? 'service' : 'member' })),
    ...Array.from({ length: p.orders }, (_, i) => ({ id: `c${i + 1}`, part: 'customer' })),
  ],
  length: (p) => 10 + (p.orders - 1) * p.gap + p.deadline + 1500,
  network: (p) => ({ latency: p.latency, loss: p.loss, duplicate: p.duplicate }),
  targets: {
    coordinator: (world) => world.actors[0]?.id,
    refunding: (world) => {
      const state = world.state('orchestrator') as OrchestratorState | undefined;
      const backward = Object.values(state?.sagas ?? {}).some((s) => s.phase.at === 'backward');
      return backward ? 'payment' : undefined;
    },
  },
  withstands: [...NO_LIES.filter((fault) => fault !== 'clock'), 'delay'],
  properties,
  twins: {
    'compensates-twice': {
      what: 'a repeated compensation is carried out again',
      breaks: 'no effect twice',
      parts: { service: service({ ...RULES, undoIdempotent: false }) },
      preset: 'duplicate-message',
    },
    'charges-twice': {
      what: 'a repeated step is carried out again: no idempotency key',
      breaks: 'no effect twice',
      parts: { service: service({ ...RULES, stepIdempotent: false }) },
      preset: 'duplicate-message',
    },
    forgetful: {
      what: 'the orchestrator keeps its progress in memory only',
      breaks: 'every saga ends',
      parts: { orchestrator: orchestrator({ ...ORCHESTRATOR, persists: false }) },
      preset: 'orchestrator-crash',
    },
    'no-tombstone': {
      what: 'compensating a step that never ran leaves the door open for the late original',
      breaks: 'a late original is blocked',
      parts: { service: service({ ...RULES, tombstone: false }) },
      preset: 'late-original',
    },
    'timeout-means-failed': {
      what: 'a step that never answered is not compensated',
      breaks: 'the answer is true',
      parts: { orchestrator: orchestrator({ ...ORCHESTRATOR, unknownIsCompensated: false }) },
      preset: 'late-original',
    },
    'first-in-first-out': {
      what: 'compensations run in the order of the steps',
      breaks: 'compensations in reverse order',
      parts: { orchestrator: orchestrator({ ...ORCHESTRATOR, order: 'forward' }) },
      preset: 'orchestrated-compensate',
    },
    'all-is-well': {
      what: 'when tries are exhausted the order is reported as settled',
      breaks: 'the answer is true',
      parts: { orchestrator: orchestrator({ ...ORCHESTRATOR, reportsStuck: false }) },
      preset: 'stuck-compensation',
    },
    'dual-write': {
      what: 'the event is sent after the commit, from memory, once: no outbox',
      breaks: 'every saga ends',
      parts: { member: member({ ...MEMBER, outbox: false }) },
      preset: 'choreographed',
      set: { loss: 0.2 },
    },
    'missing-compensation': {
      what: 'nobody reacts to CardRefused',
      breaks: 'every saga ends',
      parts: { member: member({ ...MEMBER, deafTo: 'CardRefused' }) },
      preset: 'choreographed',
    },
    'lock-ignored': {
      what: 'the service decides on an item marked as pending',
      breaks: 'no decision on a pending value',
      parts: { service: service({ ...RULES, heedsLock: false }) },
      preset: 'dirty-read',
      set: { lock: true },
    },
  },
  metrics,
  meter,
  look: {
    lanes: ['orchestrator', 'orders', 'broker', 'service', 'member'],
    states: {
      idle: { tone: 'quiet', legend: 'idle' },
      ...Object.fromEntries(
        STEPS.flatMap((_, i) => [
          [`T${i + 1}`, { tone: 'strong' as const, legend: 'forward' }],
          [`C${i + 1}`, { tone: 'warm' as const, legend: 'compensating' }],
        ]),
      ),
      running: { tone: 'strong', legend: 'forward' },
      stuck: { tone: 'bad', legend: 'stuck' },
      done: { tone: 'good', legend: 'done' },
      undone: { tone: 'faded', legend: 'undone' },
      working: { tone: 'second', legend: 'local transaction' },
      holds: { tone: 'good', legend: 'effect stands', says: 'holds' },
      refused: { tone: 'bad', legend: 'refused' },
      blocked: { tone: 'odd', legend: 'blocked' },
      alarmed: { tone: 'bad', legend: 'alarm' },
    },
    messages: {
      Place: { ink: 'quiet', legend: 'order' },
      Accepted: { ink: 'quiet', legend: 'accepted' },
      Ask: { ink: 'quiet', legend: 'question' },
      Outcome: { ink: 'quiet', legend: 'outcome' },
      Do: { ink: 'ask', legend: 'step' },
      Done: { ink: 'grant', legend: 'done' },
      Refused: { ink: 'bad', legend: 'refused' },
      Busy: { ink: 'quiet', legend: 'wait' },
      Undo: { ink: 'decide', legend: 'compensate' },
      Undone: { ink: 'reply', legend: 'undone' },
      Event: { ink: 'data', legend: 'event' },
      Publish: { ink: 'ask', legend: 'publish' },
      Stored: { ink: 'quiet', legend: 'stored' },
      Ack: { ink: 'quiet', legend: 'ack' },
    },
    headline,
    span,
    window: (run) => ({ from: 0, to: Math.min(run.durationUs, lastActivity(run) + 15_000) }),
    footer: (p) =>
      p.style === 'orchestrated'
        ? 'Local transactions are atomic; databases, prices and people are left out.'
        : 'Broker is one durable log; real brokers replicate it. Events are never reordered per key here.',
  },
  generators,
});

function headline(run: Run<P>): string {
  const m = (name: string) => run.metrics[name] ?? 0;
  if (m('misled') > 0) return `${plural(m('misled'), 'customer')} sent away for an item that came back`;
  if (m('orders_stuck') > 0 && run.params.style === 'choreographed')
    return `Nobody knows how it ends: ${plural(m('left_standing'), 'effect')} left behind`;
  if (m('orders_stuck') > 0 && m('compensations') > 0 && m('left_standing') === 0)
    return `${plural(m('orders_stuck'), 'order')} stuck: an operator is called, then all is undone`;
  if (m('orders_stuck') > 0) return `${plural(m('orders_stuck'), 'order')} stuck: an operator is called`;
  if (m('orders_undone') > 0 && m('left_standing') > 0)
    return `Told undone, yet ${plural(m('left_standing'), 'effect')} still ${m('left_standing') === 1 ? 'stands' : 'stand'}`;
  if (m('orders_undone') > 0 && m('orders_done') > 0)
    return `${m('orders_done')} done, ${m('orders_undone')} undone, none in between`;
  if (run.params.style === 'choreographed' && m('compensations') > 0)
    return `${plural(m('compensations'), 'effect')} undone by events alone, no centre`;
  if (m('blocked') > 0) return 'Undone before it ran: the late step is shut out';
  if (m('orders_undone') > 0 && m('compensations') > 0 && m('repeats_absorbed') > 0)
    return `${plural(m('compensations'), 'effect')} undone once, ${plural(m('repeats_absorbed'), 'repeat')} absorbed`;
  if (m('orders_undone') > 0)
    return m('compensations') > 0
      ? `${plural(m('compensations'), 'effect')} undone, last first`
      : 'Refused at once: nothing to undo';
  if (m('orders_done') > 0)
    return m('repeats_absorbed') > 0
      ? `Done once, though ${plural(m('repeats_absorbed'), 'request')} came twice`
      : `All four steps took effect`;
  return m('left_standing') > 0
    ? `Half-done for good: ${plural(m('left_standing'), 'effect')} left behind`
    : 'No order has ended yet';
}

function span(run: Run<P>) {
  const states = run.events.filter((e) => e.kind === 'state');
  const back = states.find((e) => /^C\d$/.test(e.state) || e.state === 'refused');
  const end = states.filter(
    (e) =>
      (e.node === 'orchestrator' || e.node === 'orders') &&
      (e.state === 'undone' || e.state === 'stuck') &&
      back !== undefined &&
      e.at > back.at,
  )[0];
  if (back && end) {
    const label = `${Math.round((end.at - back.at) / 1000)} ms ${end.state === 'stuck' ? 'until an operator is called' : 'to undo'}`;
    return { from: back.at, to: end.at, label };
  }
  const first = run.events.find((e) => e.kind === 'invoke');
  const last = run.events.find((e) => e.kind === 'return' && e.outcome === 'ok');
  return first && last
    ? { from: first.at, to: last.at, label: `${Math.round((last.at - first.at) / 1000)} ms to an answer` }
    : undefined;
}

/** The empty relay timers of a settled choreography are not worth a picture. */
function lastActivity(run: Run<P>): number {
  let at = 0;
  for (const e of run.events) if (e.kind !== 'fault') at = e.at;
  return at;
}
