import { choice, distribution, flag, int, number, type Values } from '../../src/sim/params.ts';

export const MOST_ORDERS = 8;

export const params = {
  style: choice({
    what: 'who knows the plan: one orchestrator, or every service reacting to events',
    choices: ['orchestrated', 'choreographed'],
    default: 'orchestrated',
  }),
  orders: int({
    what: 'orders placed, one a customer',
    unit: 'orders',
    default: 1,
    min: 1,
    max: MOST_ORDERS,
  }),
  gap: number({ what: 'time between two orders', unit: 'ms', default: 60, min: 0, max: 2000 }),
  refuse: choice({
    what: 'the service that refuses the first order for a business reason',
    choices: ['none', 'stock', 'payment', 'shipping'],
    default: 'none',
  }),
  items: int({ what: 'items in stock', unit: 'items', default: 10, min: 0, max: 100 }),
  lock: flag({
    what: 'semantic lock: an item another unfinished order holds is waited for, not decided upon',
    default: false,
  }),
  work: distribution({
    what: 'time a local transaction takes at a service',
    default: 'uniform:6:14',
    max: 10000,
  }),
  latency: distribution({ what: 'one-way network delay', default: 'uniform:4:10', max: 10000 }),
  loss: number({ what: 'share of messages lost', unit: 'share', default: 0, min: 0, max: 0.9 }),
  duplicate: number({ what: 'share of messages delivered twice', unit: 'share', default: 0, min: 0, max: 1 }),
  timeout: number({
    what: 'wait for an answer before the first repeat; it doubles with every repeat',
    unit: 'ms',
    default: 50,
    min: 1,
    max: 5000,
  }),
  attempts: int({ what: 'tries of a step before it counts as unknown', default: 3, min: 1, max: 10 }),
  compensationAttempts: int({
    what: 'tries of a compensation, or of a step from the pivot on, before an operator is called',
    default: 4,
    min: 1,
    max: 12,
  }),
  operator: number({
    what: 'time until an operator lets a stuck order try again; 0 for nobody',
    unit: 'ms',
    default: 0,
    min: 0,
    max: 10000,
  }),
  redeliver: number({
    what: 'time after which an unacknowledged event is published or delivered again',
    unit: 'ms',
    default: 60,
    min: 5,
    max: 5000,
  }),
  deadline: number({
    what: "a customer without an answer for this long raises the alarm: the orchestrator's own watchdog",
    unit: 'ms',
    default: 3000,
    min: 100,
    max: 30000,
  }),
};

export type P = Values<typeof params>;
