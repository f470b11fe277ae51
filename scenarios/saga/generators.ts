import type { Generator, Run } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import type { P } from './params.ts';
import { STEPS, title } from './plan.ts';

const ms = (us: number) => `${Math.round(us / 1000)} ms`;

const sends = (run: Run<P>, type: string) =>
  run.events.filter((e): e is EventOf<'send'> & { at: number } => e.kind === 'send' && e.type === type);

/** What an orchestrator does after a refusal, from this run's own messages. */
const afterRefusal: Generator<P> = {
  id: 'saga-after-refusal',
  topic: 'patterns',
  level: 3,
  preset: 'orchestrated-compensate',
  make(run) {
    const refused = sends(run, 'Refused')[0];
    const undo = sends(run, 'Undo')[0];
    if (!refused || !undo || undo.at < refused.at) return undefined;
    const ran = STEPS.findIndex((s) => s.service === refused.from && s.refused);
    if (ran < 1) return undefined;
    const order = STEPS.slice(0, ran).map((_, i) => title(i, 'undo'));
    const back = [...order].reverse();
    return {
      until: refused.at,
      prompt: `At ${ms(refused.at)} ${refused.from} refuses ${title(ran, 'do')}. What does the orchestrator send next, and in which order?`,
      choices: [
        {
          text: back.join(', then '),
          right: true,
          why: `the first compensation, ${undo.label}, leaves at ${ms(undo.at)}: last done, first undone`,
        },
        {
          text: `${title(ran, 'undo')}, then ${back.join(', then ')}`,
          right: false,
          why: 'a refused step certainly did nothing; only an unknown outcome is compensated as well',
        },
        ...(order.length > 1
          ? [
              {
                text: order.join(', then '),
                right: false,
                why: 'later steps may rest on earlier ones, so they go first',
              },
            ]
          : []),
        {
          text: `${title(ran, 'do')} again, until it succeeds`,
          right: false,
          why: 'a business refusal is an answer; repeating it changes nothing',
        },
      ],
      explanation:
        'A saga ends as T1…Tn or as T1…Tj followed by Cj…C1. The refused step is not part of T1…Tj, so it has nothing to compensate; had it timed out it might have run, and it would be compensated too.',
    };
  },
};

/** What the customer may be told when a compensation keeps failing. */
const whenStuck: Generator<P> = {
  id: 'saga-stuck-answer',
  topic: 'patterns',
  level: 4,
  preset: 'stuck-compensation',
  make(run) {
    const stuck = run.events.find((e) => e.kind === 'state' && e.state === 'stuck');
    if (!stuck) return undefined;
    const tries = sends(run, 'Undo').length;
    return {
      until: stuck.at - 1,
      prompt: `The orchestrator has asked for the refund ${tries} times and nobody answers. What is the customer told now?`,
      choices: [
        {
          text: 'That the order is in doubt and an operator has been called',
          right: true,
          why: 'the charge may still stand: the only honest answer is "unknown", and a person must finish it',
        },
        {
          text: 'That the order has failed and nothing was charged',
          right: false,
          why: 'the card was charged, and the refund has not been confirmed',
        },
        {
          text: 'That the order is complete',
          right: false,
          why: 'the courier refused, so there will be no delivery',
        },
        {
          text: 'Nothing: the orchestrator rolls the charge back itself',
          right: false,
          why: "the charge is committed in another service's database; nobody else can roll it back",
        },
      ],
      explanation:
        'Compensations are retried until they succeed; when that is not possible the saga is stuck, which has to be visible: an alarm, a dead-letter queue, a person. It is never reported as success, and never as a clean failure.',
    };
  },
};

/** How often an effect happens when the network repeats messages. */
const duplicates: Generator<P> = {
  id: 'saga-duplicate-effects',
  topic: 'patterns',
  level: 2,
  preset: 'duplicate-message',
  make(run) {
    const copies = run.events.filter(
      (e): e is EventOf<'send'> & { at: number } =>
        e.kind === 'send' && e.type === 'Do' && e.to === 'payment',
    );
    const last = copies[copies.length - 1];
    if (!last || copies.length < 2) return undefined;
    return {
      until: last.at,
      prompt: `"Charge card" for o1 has left ${copies.length} times, copies made by the network included. How often is the card charged by the end of this run?`,
      choices: [
        {
          text: 'Once',
          right: true,
          why: 'each request carries (order, step); the service finds the key in its record and answers again without charging',
        },
        {
          text: `${copies.length} times`,
          right: false,
          why: 'that is what happens without an idempotency key',
        },
        {
          text: 'Once, because the network delivers each message exactly once',
          right: false,
          why: 'this network delivered copies; no network can promise exactly-once delivery',
        },
      ],
      explanation:
        'Delivery is at least once, the effect is exactly once: the key is recorded in the same local transaction as the effect.',
    };
  },
};

export const generators = [afterRefusal, whenStuck, duplicates];
