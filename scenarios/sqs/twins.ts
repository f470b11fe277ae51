import type { Twin } from '../../src/sim/scenario.ts';
import { CONSUMER, consumer } from './consumer.ts';
import type { params } from './params.ts';
import { QUEUE, queue } from './queue.ts';
import { STORE, store } from './store.ts';

export const twins: Record<string, Twin<typeof params>> = {
  'deletes-first': {
    what: 'a consumer deletes the message when it receives it, and processes it afterwards',
    breaks: 'no message lost',
    parts: { consumer: consumer({ ...CONSUMER, deletesAfter: false }) },
  },
  'hides-nothing': {
    what: 'a received message stays visible',
    breaks: 'invisible while in flight',
    parts: { queue: queue({ ...QUEUE, hides: false }) },
  },
  'never-again': {
    what: 'a received message never comes back',
    breaks: 'every message is settled',
    parts: { queue: queue({ ...QUEUE, reappears: false }) },
    preset: 'fifo-groups',
  },
  'groups-ignored': {
    what: 'a group with a message in flight is not blocked',
    breaks: 'order within a group',
    parts: { queue: queue({ ...QUEUE, groupsBlock: false }) },
    preset: 'fifo-groups',
  },
  'no-deduplication': {
    what: 'a FIFO queue stores every send, whatever its deduplication id',
    breaks: 'stored once',
    parts: { queue: queue({ ...QUEUE, deduplicates: false }) },
    preset: 'fifo-groups',
    set: { loss: 0.2 },
  },
  'one-receive-more': {
    what: 'maxReceiveCount is taken as retries after the first receive',
    breaks: 'dead letter after exactly maxReceives',
    parts: { queue: queue({ ...QUEUE, extraReceives: 1 }) },
    preset: 'dead-letter',
  },
  'forgets-receives': {
    what: 'the count of receives starts anew each time the message comes back',
    breaks: 'dead letter after exactly maxReceives',
    parts: { queue: queue({ ...QUEUE, remembersReceives: false }) },
    preset: 'dead-letter',
  },
  'oldest-first': {
    what: 'a fair queue hands out the oldest message, whosever it is',
    breaks: 'quiet tenants first',
    parts: { queue: queue({ ...QUEUE, quietFirst: false }) },
    preset: 'fair-queues',
  },
  'unconditional-write': {
    what: 'the effect is written without the condition on its key',
    breaks: 'side effect once',
    parts: { store: store({ ...STORE, conditional: false }) },
    preset: 'visibility-timeout',
    set: { idempotent: true },
  },
};
