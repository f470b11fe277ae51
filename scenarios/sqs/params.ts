import { arrivals, choice, distribution, flag, int, number, type Values } from '../../src/sim/params.ts';
import { ASSUMED, BOUNDS, SQS } from './constants.ts';

/** A longer run would show nothing more than a shorter one, only later. */
const LONGEST_MS = 4 * 3_600_000;
/** Message groups and tenants, so that `A7` is the seventh of the first. */
export const GROUPS = ['A', 'B', 'C', 'D', 'E', 'F'] as const;

const documented = (name: keyof typeof SQS) => `${SQS[name].what} (${SQS[name].source})`;

export const params = {
  kind: choice({
    what: 'standard: at least once, order as best it can; fifo: in order per group, sends deduplicated',
    choices: ['standard', 'fifo'],
    default: 'standard',
  }),
  messages: int({ what: 'messages sent', unit: 'messages', default: 6, min: 1, max: 400 }),
  arrivals: arrivals({ what: 'when they are sent', default: 'constant:0.1' }),
  consumers: int({ what: 'consumers polling', unit: 'consumers', default: 2, min: 1, max: 5 }),
  work: distribution({ what: 'time to process one message', default: 'exp:15000', max: 3_600_000 }),
  visibility: number({
    what: documented('visibility'),
    unit: 'ms',
    default: SQS.visibility.value,
    min: 100,
    max: BOUNDS.visibility.value,
  }),
  heartbeat: number({
    what: 'a consumer at work extends the timeout this often (ChangeMessageVisibility); 0 for never',
    unit: 'ms',
    default: 0,
    min: 0,
    max: BOUNDS.visibility.value,
  }),
  wait: number({
    what: 'long poll: wait for a message at most this long; 0 for short polls, one a second',
    unit: 'ms',
    default: SQS.wait.value,
    min: 0,
    max: SQS.wait.value,
  }),
  inFlightLimit: int({
    what: documented('inFlightLimit'),
    unit: 'messages',
    default: SQS.inFlightLimit.value,
    min: 1,
    max: SQS.inFlightLimit.value,
  }),
  maxReceives: int({
    what: `maxReceiveCount: after so many receives without a delete a message goes to the dead-letter queue; ${ASSUMED.maxReceives.why}`,
    unit: 'receives',
    default: ASSUMED.maxReceives.value,
    min: 1,
    max: BOUNDS.maxReceives.value,
  }),
  poison: int({
    what: 'number of the message that no consumer can process; 0 for none',
    default: 0,
    min: 0,
    max: 400,
  }),
  failure: number({
    what: 'share of processings that fail before their effect',
    unit: 'share',
    default: 0,
    min: 0,
    max: 0.95,
  }),
  idempotent: flag({
    what: 'the effect is a conditional write on the message’s key: a second one changes nothing',
    default: false,
  }),
  groups: int({
    what: 'fifo: message groups, taken in turn by the sender',
    unit: 'groups',
    default: 2,
    min: 1,
    max: GROUPS.length,
  }),
  dedupWindow: number({
    what: documented('dedupWindow'),
    unit: 'ms',
    default: SQS.dedupWindow.value,
    min: 0,
    max: 3_600_000,
  }),
  copies: number({
    what: `standard: share of deletes that miss a stored copy, which comes back after its timeout; ${ASSUMED.copies.why}`,
    unit: 'share',
    default: ASSUMED.copies.value,
    min: 0,
    max: 1,
  }),
  tenants: int({
    what: 'standard: tenants that share the queue, sending in turn; 0 for messages that belong to nobody',
    unit: 'tenants',
    default: 0,
    min: 0,
    max: GROUPS.length,
  }),
  flood: int({
    what: 'messages that tenant A sends at once besides',
    unit: 'messages',
    default: 0,
    min: 0,
    max: 400,
  }),
  floodAt: number({ what: 'when it does', unit: 'ms', default: 5000, min: 0, max: 600_000 }),
  fair: flag({
    what: 'standard: messages carry their tenant as MessageGroupId, which makes the queue a fair queue',
    default: true,
  }),
  noisyShare: number({
    what: documented('noisyShare'),
    unit: 'share',
    default: SQS.noisyShare.value,
    min: 0,
    max: 1,
  }),
  noisyInFlight: int({
    what: documented('noisyInFlight'),
    unit: 'messages',
    default: SQS.noisyInFlight.value,
    min: 1,
    max: 10_000,
  }),
  noisySilence: number({
    what: documented('noisySilence'),
    unit: 'ms',
    default: SQS.noisySilence.value,
    min: 0,
    max: 3_600_000,
  }),
  noisyWindow: number({
    what: `fair queue: how far back processing time is looked at; ${ASSUMED.noisyWindow.why}`,
    unit: 'ms',
    default: ASSUMED.noisyWindow.value,
    min: 100,
    max: 3_600_000,
  }),
  latency: distribution({
    what: `one-way network delay; ${ASSUMED.latency.why}`,
    default: ASSUMED.latency.value,
    max: 10_000,
  }),
  loss: number({ what: 'share of network messages lost', unit: 'share', default: 0, min: 0, max: 0.5 }),
};

export type P = Values<typeof params>;

/** Whether the queue knows tenants and puts the quiet ones first. */
export const isFair = (p: P): boolean => p.kind === 'standard' && p.tenants > 0 && p.fair;

/** Time for every message to be sent, tried as often as it may be, and settled, ms. */
export function lengthOf(p: P): number {
  const all = p.messages + p.flood;
  const mean = Number.isFinite(p.work.mean) ? p.work.mean : p.visibility;
  const tries = p.poison > 0 || p.failure > 0 || p.copies > 0 ? Math.min(p.maxReceives, 6) : 3;
  const alone = Math.max(p.visibility, mean * 3) + p.wait / 4;
  const lanes = p.kind === 'fifo' ? Math.min(p.groups, p.consumers) : p.consumers;
  return Math.ceil(
    (p.messages / p.arrivals.rate) * 1000 +
      (p.flood > 0 ? p.floodAt : 0) +
      (tries + 2) * alone +
      (all * mean * 2) / Math.min(lanes, p.inFlightLimit) +
      (p.poison > 0 ? p.maxReceives * alone : 0) +
      30_000,
  );
}

export function check(p: P): string | undefined {
  if (p.copies > 0 && p.kind === 'fifo')
    return `copies (${p.copies}) works with kind=standard: a FIFO queue does not bring back what was deleted.`;
  if (p.tenants > 0 && p.kind === 'fifo')
    return `tenants (${p.tenants}) works with kind=standard: in a FIFO queue a MessageGroupId orders messages, see groups.`;
  if (p.flood > 0 && p.tenants === 0)
    return `flood (${p.flood}) is sent by tenant A: set tenants to at least 1.`;
  if (p.poison > p.messages)
    return `poison (message ${p.poison}) must be one of the ${p.messages} messages, or 0 for none.`;
  if (p.heartbeat > 0 && p.heartbeat >= p.visibility)
    return `heartbeat (${p.heartbeat} ms) must be shorter than visibility (${p.visibility} ms): later it extends nothing.`;
  const ms = lengthOf(p);
  if (ms > LONGEST_MS)
    return `these values make a run of ${(ms / 3_600_000).toFixed(1)} h, and the longest is ${LONGEST_MS / 3_600_000} h: lower visibility, maxReceives, work or messages, or raise the rate of arrivals.`;
  return undefined;
}
