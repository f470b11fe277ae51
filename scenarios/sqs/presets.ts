import type { Preset } from '../../src/sim/scenario.ts';
import type { params } from './params.ts';

export const presets: Record<string, Preset<typeof params>> = {
  'visibility-timeout': {
    title: 'Slower than the visibility timeout',
    what: 'A consumer takes longer than the timeout: the queue shows its message to another, and both apply the effect.',
    set: { messages: 4, consumers: 3, work: 'exp:18000' },
    seed: 35,
  },
  duplicate: {
    title: 'Deleted, and delivered again',
    what: 'Nobody is slow and nothing fails: a copy missed the delete, and at-least-once means what it says.',
    set: { messages: 6, work: 'uniform:2000:6000', copies: 0.25, visibility: 15_000 },
    seed: 3,
  },
  'fifo-groups': {
    title: 'One group waits, the other goes on',
    what: 'A consumer dies with a message of one group: that group is blocked until the timeout, the others are not.',
    set: {
      kind: 'fifo',
      messages: 8,
      groups: 2,
      consumers: 3,
      arrivals: 'constant:0.5',
      work: 'uniform:3000:6000',
    },
    faults: [
      { at: 7000, fault: 'crash', nodes: ['@busy'] },
      { at: 60_000, fault: 'restart', nodes: ['@crashed'] },
    ],
  },
  'dead-letter': {
    title: 'A message nobody can process',
    what: 'It is received, fails and comes back, exactly maxReceiveCount times; then it is set aside.',
    set: { messages: 4, poison: 2, work: 'uniform:3000:8000', idempotent: true },
  },
  'slow-consumer': {
    title: 'A burst is over, its backlog is not',
    what: 'Ten busy seconds leave work for a minute: watch the age of the oldest message, not the number of messages.',
    set: {
      messages: 24,
      arrivals: 'burst:0.3:8:8',
      consumers: 2,
      work: 'uniform:1800:2800',
    },
    seed: 7,
  },
  'fair-queues': {
    title: 'One tenant floods the queue',
    what: 'Tenant A sends twenty messages at once. Messages carry their tenant, so the others pass by. Compare with fair=off.',
    set: {
      messages: 12,
      arrivals: 'poisson:0.7',
      consumers: 4,
      work: 'uniform:2000:3000',
      tenants: 6,
      flood: 20,
      floodAt: 4000,
    },
    seed: 8,
  },
};
