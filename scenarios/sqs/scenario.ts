import { NO_LIES, scenario, type World } from '../../src/sim/scenario.ts';
import { CONSUMER, type ConsumerState, consumer } from './consumer.ts';
import { generators } from './generators.ts';
import { headline, lastActivity, span } from './headline.ts';
import { seconds } from './messages.ts';
import { meter, metrics } from './meter.ts';
import { check, isFair, lengthOf, params } from './params.ts';
import { presets } from './presets.ts';
import { producer } from './producer.ts';
import { properties } from './properties.ts';
import { QUEUE, queue } from './queue.ts';
import { STORE, store } from './store.ts';
import { twins } from './twins.ts';

const consumers = (world: World) => world.actors.filter((a) => a.part === 'consumer').map((a) => a.id);

export default scenario({
  id: 'sqs',
  title: 'Amazon SQS',
  summary:
    'A queue between sender and consumers: visibility timeout, duplicates, FIFO groups, dead letters, fair queues.',
  topic: 'aws',
  sources: [
    'Amazon SQS Developer Guide: Visibility timeout; At-least-once delivery; FIFO delivery logic; Dead-letter queues; Short and long polling (read 2026)',
    'Amazon SQS Developer Guide: Using the message deduplication ID; How Amazon SQS fair queues work; Available CloudWatch metrics; quotas (read 2026)',
    'M. Featonby: Making retries safe with idempotent APIs, Amazon Builders’ Library',
  ],
  params,
  check,
  presets,
  parts: {
    producer,
    queue: queue(QUEUE),
    consumer: consumer(CONSUMER),
    store: store(STORE),
  },
  actors: (p) => [
    { id: 'sender', part: 'producer' },
    { id: 'queue', part: 'queue' },
    ...Array.from({ length: p.consumers }, (_, i) => ({ id: `c${i + 1}`, part: 'consumer' })),
    { id: 'table', part: 'store' },
  ],
  length: lengthOf,
  network: (p) => ({ latency: p.latency, loss: p.loss }),
  targets: {
    busy: (world) => consumers(world).find((id) => (world.state(id) as ConsumerState | undefined)?.job),
    crashed: (world) => consumers(world).find((id) => !world.up(id)),
  },
  withstands: [...NO_LIES, 'delay'],
  properties,
  twins,
  metrics,
  meter,
  look: {
    lanes: ['producer', 'queue', 'consumer', 'store'],
    states: {
      empty: { tone: 'quiet', legend: 'empty' },
      backlog: { tone: 'warm', legend: 'waiting' },
      'in flight': { tone: 'second', legend: 'in flight' },
      'dead letters': { tone: 'bad', legend: 'dead letter' },
      polling: { tone: 'quiet', legend: 'polling' },
      working: { tone: 'strong', legend: 'working' },
      'tenant A': { tone: 'odd', legend: 'working for A' },
      again: { tone: 'odd', legend: 'received again' },
      overdue: { tone: 'bad', legend: 'past its timeout' },
      effects: { tone: 'good', legend: 'effect' },
      twice: { tone: 'bad', legend: 'effect twice' },
      absorbed: { tone: 'faded', legend: 'repeat absorbed' },
    },
    messages: {
      Send: { ink: 'data', legend: 'send' },
      Sent: { ink: 'quiet', legend: 'stored' },
      Receive: { ink: 'quiet', legend: 'poll' },
      Delivery: { ink: 'ask', legend: 'message' },
      Empty: { ink: 'quiet', legend: 'empty' },
      Extend: { ink: 'reply', legend: 'extend' },
      Delete: { ink: 'decide', legend: 'delete' },
      Deleted: { ink: 'quiet', legend: 'deleted' },
      Expired: { ink: 'bad', legend: 'too late' },
      Write: { ink: 'grant', legend: 'effect' },
      Written: { ink: 'quiet', legend: 'written' },
    },
    tracks: [
      {
        title: 'Messages on the queue',
        unit: 'messages',
        series: [
          { name: 'visible', legend: 'visible', tone: 'warm', as: 'step' },
          { name: 'in flight', legend: 'in flight', tone: 'second', as: 'step' },
          { name: 'dead', legend: 'dead letters', tone: 'bad', as: 'step' },
        ],
      },
      {
        title: 'Age of the oldest message',
        unit: 's',
        series: [
          { name: 'age', legend: 'age', tone: 'strong' },
          { name: 'age A', legend: 'of tenant A', tone: 'odd' },
          { name: 'age others', legend: 'of the others', tone: 'strong' },
        ],
      },
    ],
    headline,
    span,
    window: (run) => ({ from: 0, to: Math.min(run.durationUs, lastActivity(run) * 1.06 + 1_000_000) }),
    footer: (p) =>
      isFair(p)
        ? `Recent processing time: the last ${seconds(p.noisyWindow * 1000)} (assumed, AWS names no window). Source: Amazon SQS Developer Guide, 2026.`
        : 'Retention, throughput quotas, batches and the 12 h cap on extensions are left out. Source: Amazon SQS Developer Guide, 2026.',
  },
  generators,
});
