import { NO_LIES, scenario } from '../../src/sim/scenario.ts';
import { client } from './client.ts';
import { generators } from './generators.ts';
import { HANDLER_RULES, handler } from './handler.ts';
import { look } from './look.ts';
import { meter, metrics } from './metrics.ts';
import { lengthOf, params } from './params.ts';
import { PROJECTION_RULES, projection } from './projection.ts';
import { properties } from './properties.ts';
import { BALANCES, MAILER, POST, SNAPSHOTS, STORE } from './protocol.ts';
import { cache, post, STORE_RULES, store } from './store.ts';
import { mailer, twins } from './twins.ts';

export default scenario({
  id: 'event-sourcing',
  title: 'Event sourcing and CQRS',
  summary: 'Accounts as streams of events: appends with an expected version, projections, replay, snapshots.',
  topic: 'patterns',
  sources: [
    'G. Young: CQRS Documents, 2010; Versioning in an Event Sourced System, 2017',
    'M. Fowler: Event Sourcing, 2005, and CQRS, 2011, martinfowler.com',
    'Kurrent (EventStoreDB) docs: appending events, expected revision, catch-up subscriptions, https://docs.kurrent.io',
    'AWS Prescriptive Guidance: Event sourcing pattern, https://docs.aws.amazon.com/prescriptive-guidance/latest/cloud-design-patterns/event-sourcing.html',
  ],
  params,
  check(p) {
    if (p.remember < 1_000_000 && !p.mailer)
      return `remember (${p.remember} ms) is how long the mail provider knows a mail again: it needs mailer=on.`;
    const longest = p.history * p.readEvent;
    if (longest > p.timeout)
      return `timeout (${p.timeout} ms) must be longer than reading a whole stream (history × readEvent = ${longest} ms).`;
    return undefined;
  },
  presets: {
    'append-and-project': {
      title: 'Decide on events, read from a projection',
      what: 'Each command becomes one event; the read model follows a moment later, and readers wait for their version.',
    },
    'concurrency-conflict': {
      title: 'Two decide on the same version',
      what: 'Three withdrawals at once, money for two: the store refuses stale appends, and who is refused decides again.',
      set: { clients: 3, handlers: 3, operations: 1, gap: 4, withdraw: 1, amount: 'fixed:40' },
    },
    replay: {
      title: 'The read side is thrown away and rebuilt',
      what: 'Both projections start again at position 0. The view comes out the same, and no receipt is mailed again.',
      set: { mailer: true, rebuildAt: 480, clients: 1, handlers: 1, operations: 3, history: 3 },
    },
    snapshot: {
      title: 'Forty events, or one snapshot and one event',
      what: 'The first command reads the whole stream. Then the cache dies: slower for one command, never wrong.',
      set: { history: 40, snapshotEvery: 2, readEvent: 1, operations: 3 },
      faults: [{ at: 420, fault: 'crash', nodes: ['snapshots'] }],
    },
    'projection-lag': {
      title: 'The client does not see its own withdrawal',
      what: 'The projection is slow and the client does not wait for the version it was told. Compare with wait=on.',
      set: {
        wait: false,
        apply: 'fixed:70',
        clients: 1,
        handlers: 1,
        operations: 3,
        withdraw: 1,
        amount: 'fixed:20',
      },
    },
    upcast: {
      title: 'Last year’s events, today’s code',
      what: 'The stream was written in schema v1. It is understood on reading and never rewritten.',
      set: { history: 6, oldHistory: true, clients: 2, operations: 2 },
    },
    'projection-crash': {
      title: 'The projection dies with its checkpoint behind',
      what: 'It takes up from the checkpoint, gets events again that it had applied, and counts each once.',
      set: { operations: 3, checkpointEvery: 5, apply: 'fixed:16' },
      faults: [
        { at: 316, fault: 'crash', nodes: ['balances'] },
        { at: 480, fault: 'restart', nodes: ['balances'] },
      ],
    },
    'store-crash': {
      title: 'Was it stored?',
      what: 'One answer is lost, then the store dies in the middle of an append: the handler reads again to find out.',
      set: { disk: 'uniform:10:20', gap: 200, handlers: 2, operations: 1 },
      faults: [
        { at: 45, fault: 'cut', from: ['store'], to: ['h1'] },
        { at: 110, fault: 'heal' },
        { at: 255, fault: 'crash', nodes: ['store'] },
        { at: 330, fault: 'restart', nodes: ['store'] },
      ],
    },
  },
  parts: {
    handler: handler(HANDLER_RULES),
    cache,
    store: store(STORE_RULES),
    projection: projection(PROJECTION_RULES),
    mailer,
    post,
    client,
  },
  actors: (p) => [
    ...Array.from({ length: p.handlers }, (_, i) => ({ id: `h${i + 1}`, part: 'handler' })),
    ...(p.snapshotEvery > 0 ? [{ id: SNAPSHOTS, part: 'cache' }] : []),
    { id: STORE, part: 'store' },
    { id: BALANCES, part: 'projection' },
    ...(p.mailer
      ? [
          { id: MAILER, part: 'mailer' },
          { id: POST, part: 'post' },
        ]
      : []),
    ...Array.from({ length: p.clients }, (_, i) => ({ id: `c${i + 1}`, part: 'client' })),
  ],
  length: lengthOf,
  network: (p) => ({ latency: p.latency, loss: p.loss, duplicate: p.duplicate, disk: p.disk }),
  targets: {
    appending: (world) =>
      world.actors.find((a) => a.part === 'handler' && world.state(a.id)?.work?.phase === 'append')?.id,
  },
  withstands: [...NO_LIES, 'delay'],
  properties,
  twins,
  metrics,
  meter,
  look,
  generators,
});
