import type { Generator } from '../../src/sim/scenario.ts';
import { seconds } from './messages.ts';
import type { P } from './params.ts';

/** What a visibility timeout does to a consumer that is merely slow, from this run's first such moment. */
const slowConsumer: Generator<P> = {
  id: 'sqs-slow-consumer',
  topic: 'aws',
  level: 2,
  preset: 'visibility-timeout',
  make(run) {
    const i = run.events.findIndex((e) => e.kind === 'state' && e.state === 'overdue');
    const late = run.events[i];
    if (late?.kind !== 'state') return undefined;
    const { node, detail: key } = late;
    const began = run.events
      .slice(0, i)
      .findLast((e) => e.kind === 'state' && e.node === node && e.detail === key);
    if (began?.kind !== 'state' || began.state !== 'working') return undefined;
    return {
      until: late.at - 1,
      prompt: `${node} received ${key} ${seconds(late.at - began.at)} ago and is still working on it: the visibility timeout ends now. What becomes of ${key}?`,
      choices: [
        {
          text: `The queue shows ${key} again, and ${node} goes on without knowing`,
          right: true,
          why: 'the timeout is all the queue knows of a consumer; nobody calls the consumer off, so both may apply the effect',
        },
        {
          text: `The queue tells ${node} to stop and gives ${key} to another consumer`,
          right: false,
          why: 'consumers poll; the queue has no way to call one off',
        },
        {
          text: `The queue waits: ${node} is alive and still polls`,
          right: false,
          why: 'being alive extends nothing; only ChangeMessageVisibility does',
        },
        {
          text: `${key} goes to the dead-letter queue`,
          right: false,
          why: `that takes maxReceiveCount (${run.params.maxReceives}) receives; this was the first`,
        },
      ],
      explanation: `${key} is visible again from ${seconds(late.at)} on. Make the timeout longer than processing takes, extend it while working, and make the effect idempotent, since neither is a guarantee.`,
    };
  },
};

/** When the poison message leaves, counted in this run. */
const poisoned: Generator<P> = {
  id: 'sqs-poison-receives',
  topic: 'aws',
  level: 2,
  preset: 'dead-letter',
  make(run) {
    const failed = run.events.find((e) => e.kind === 'note' && e.text.startsWith('cannot process'));
    const moved = run.events.find((e) => e.kind === 'note' && e.text.includes('to the dead-letter queue'));
    if (failed?.kind !== 'note' || moved?.kind !== 'note' || moved.at <= failed.at) return undefined;
    const key = /cannot process (\S+)/.exec(failed.text)?.[1];
    const receives = Number(/after (\d+) receives/.exec(moved.text)?.[1]);
    if (!key || !moved.text.includes(` ${key} `) || !(receives > 1)) return undefined;
    const times = (n: number) => `${n} receive${n === 1 ? '' : 's'} in all`;
    return {
      until: failed.at,
      prompt: `No consumer can process ${key}: the first has just failed on it. maxReceiveCount is ${run.params.maxReceives}. After how many receives is ${key} in the dead-letter queue?`,
      choices: [
        { text: times(receives), right: true, why: `it was moved at ${seconds(moved.at)}` },
        {
          text: times(receives + 1),
          right: false,
          why: 'the count is of receives, not of retries after the first',
        },
        {
          text: times(receives - 1),
          right: false,
          why: 'the count must be used up: another receive is allowed',
        },
        {
          text: 'Never, unless a consumer sends it there',
          right: false,
          why: 'the queue counts receives by itself and moves the message',
        },
      ],
      explanation: `Every receive counts, whether the consumer failed, crashed or was slow. Between two of them the visibility timeout of ${seconds(run.params.visibility * 1000)} passes, so ${key} took ${seconds(moved.at - failed.at)} more to leave.`,
    };
  },
};

/** Who is served next while one group's message is in the hands of a dead consumer. */
const blockedGroup: Generator<P> = {
  id: 'sqs-blocked-group',
  topic: 'aws',
  level: 3,
  preset: 'fifo-groups',
  make(run) {
    const crash = run.events.find((e) => e.kind === 'fault' && e.fault === 'crash');
    if (crash?.kind !== 'fault') return undefined;
    const dead = crash.nodes[0];
    const held = run.events.findLast(
      (e) => e.kind === 'state' && e.node === dead && e.at < crash.at && e.state !== 'polling',
    );
    const back = run.events.find(
      (e) =>
        e.kind === 'note' &&
        e.at > crash.at &&
        e.text.startsWith('shows ') &&
        e.text.includes(`${dead} did not`),
    );
    if (held?.kind !== 'state' || back?.kind !== 'note' || !back.text.startsWith(`shows ${held.detail} `))
      return undefined;
    const key = held.detail;
    const group = key[0]!;
    const next = `${group}${Number(key.slice(1)) + 1}`;
    const handed = (k: string) =>
      run.events.find((e) => e.kind === 'send' && e.type === 'Delivery' && e.label.split(' ')[0] === k);
    const later = handed(next);
    const other = run.events.find(
      (e) => e.kind === 'send' && e.type === 'Delivery' && e.at > crash.at && !e.label.startsWith(group),
    );
    if (!later || later.at < back.at || other?.kind !== 'send' || other.at > back.at) return undefined;
    return {
      until: crash.at,
      prompt: `${dead} has just died with ${key} in its hands, and other consumers are free. When is ${next}, the next of group ${group}, handed out?`,
      choices: [
        {
          text: `Only once ${key} has come back after its timeout and was done`,
          right: true,
          why: `${key} was shown again at ${seconds(back.at)}, and ${next} was handed out at ${seconds(later.at)}`,
        },
        {
          text: `At once, to a free consumer: ${key} is skipped`,
          right: false,
          why: 'while one message of a group is in flight, no later one of that group is handed out',
        },
        {
          text: `As soon as the queue notices that ${dead} is gone`,
          right: false,
          why: 'the queue watches no consumers: only the timeout ends',
        },
        {
          text: 'Never: no message of any group moves until the timeout',
          right: false,
          why: `only its own group waits: ${other.label} was handed out at ${seconds(other.at)}`,
        },
      ],
      explanation: `Order is kept per message group, so a group is as slow as its slowest message: here group ${group} stood still until ${seconds(back.at)}. More groups mean smaller traffic jams.`,
    };
  },
};

export const generators = [slowConsumer, poisoned, blockedGroup];
