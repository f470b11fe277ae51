import type { Generator, Run } from '../../../src/sim/scenario.ts';
import type { EventOf } from '../../../src/sim/trace.ts';
import { leaderless, operations } from './headline.ts';
import type { P } from './params.ts';

/** Questions made from what a run did. */

const ms = (us: number) => `${Math.round(us / 1000)} ms`;
const pick = <T>(list: readonly T[], random: () => number): T | undefined =>
  list[Math.floor(random() * list.length)];
type Note = EventOf<'note'> & { readonly at: number };
const notes = (run: Run<P>, words: RegExp) =>
  run.events.filter((e): e is Note => e.kind === 'note' && words.test(e.text));

const strongOrEventual: Generator<P> = {
  id: 'dynamodb-strong-or-eventual',
  topic: 'aws',
  level: 2,
  preset: 'eventual-vs-strong-read',
  make(run, random) {
    const done = operations(run).filter(({ end }) => end.outcome === 'ok');
    const puts = done.filter(({ call }) => call.f === 'put');
    const moments = done.flatMap((read) => {
      if (read.call.f !== 'read' || read.end.value === null) return [];
      // A write under way could be seen by a strong read or not: no question has two right answers.
      if (puts.some((put) => put.call.at < read.end.at && put.end.at > read.call.at)) return [];
      const newest = puts.findLast((put) => put.end.at < read.call.at);
      return newest && newest.call.value !== read.end.value ? [{ read, newest }] : [];
    });
    const moment = pick(moments, random);
    if (!moment) return undefined;
    const old = `x=${moment.read.end.value}`;
    const now = `x=${moment.newest.call.value}`;
    return {
      until: moment.read.call.at,
      prompt: `${moment.newest.call.process}’s put of ${now} was acknowledged at ${ms(moment.newest.end.at)}. At ${ms(moment.read.call.at)} ${moment.read.call.process} reads x without ConsistentRead, and its call reaches a replica that still holds ${old}. What does it get, and what would ConsistentRead=true have given?`,
      choices: [
        {
          text: `${old}; a strong read ${now}`,
          right: true,
          why: 'Any replica answers an eventual read from what it has; a strong one goes to the leader.',
        },
        {
          text: `${now} both times: the write was acknowledged`,
          right: false,
          why: 'Acknowledged means two of three have it in their logs, not that all three have applied it.',
        },
        {
          text: `${old} both times: reads go to the nearest replica`,
          right: false,
          why: 'Strong reads are served by the leader alone, which has every acknowledged write.',
        },
        {
          text: `${now}; a strong read waits until all three replicas have it`,
          right: false,
          why: 'Nothing waits for the third replica: neither writes nor strong reads.',
        },
      ],
      explanation: `The replica learns what is committed with the leader’s next message. Until then it answers ${old}. A strong read costs twice the units and needs the leader.`,
    };
  },
};

const whenServes: Generator<P> = {
  id: 'dynamodb-lease',
  topic: 'aws',
  level: 4,
  preset: 'leader-cut-off',
  make(run) {
    const gap = leaderless(run);
    const elected = gap && notes(run, /^is elected/).find((n) => n.at > gap.from && n.node === gap.node);
    const heal = run.events.find((e) => e.kind === 'fault' && e.fault === 'heal');
    if (!gap || !elected || !heal || gap.waited < 5) return undefined;
    return {
      until: elected.at,
      prompt: `az1 led and is cut off at ${ms(gap.from)}. ${gap.node} has the votes of two of three at ${ms(elected.at)}. When does it serve its first write?`,
      choices: [
        {
          text: `At about ${ms(gap.to)}, when every lease its voters granted to az1 has run out`,
          right: true,
          why: `Until then az1 may answer strong reads. ${gap.node} waited ${gap.waited} ms.`,
        },
        {
          text: `At once, at ${ms(elected.at)}: two of three are a majority`,
          right: false,
          why: 'Then az1, within its lease, could answer a strong read without the new write: stale.',
        },
        {
          text: `At ${ms(heal.at)}, when the network heals and az1 steps down`,
          right: false,
          why: 'A lease needs no message to end. That is what it is for.',
        },
        {
          text: 'Never by itself: an operator must confirm that az1 is gone',
          right: false,
          why: 'Nobody needs to know that az1 is gone; time is enough.',
        },
      ],
      explanation:
        'A lease trades a wait at failover for strong reads from one node, without asking the others each time. It rests on clocks that run at nearly the same rate, not on clocks that agree.',
    };
  },
};

const twoAtOnce: Generator<P> = {
  id: 'dynamodb-transaction-conflict',
  topic: 'aws',
  level: 3,
  preset: 'transaction-conflict',
  make(run, random) {
    const refusal = pick(notes(run, /^has a transaction under way and refuses/), random);
    if (!refusal) return undefined;
    const second = refusal.text.split(' ').at(-1)!;
    const item = refusal.node;
    return {
      until: refusal.at - 1,
      prompt: `${second} asks item ${item} to prepare while ${item} is prepared for another transaction that is not decided yet. What becomes of ${second}?`,
      choices: [
        {
          text: `It is cancelled as a whole, at once; its application may try again`,
          right: true,
          why: 'TransactionCanceledException with TransactionConflict. No item of it is changed.',
        },
        {
          text: `It waits in a queue at ${item} until the first one has ended`,
          right: false,
          why: 'That would be locking. DynamoDB refuses instead: no waiting, no deadlock.',
        },
        {
          text: `Its other item is written, ${item} is left as it is`,
          right: false,
          why: 'All or nothing: its other item gives up what it had prepared.',
        },
        {
          text: `It takes ${item} over, and the first one is cancelled`,
          right: false,
          why: 'What is prepared stays until its coordinator decides.',
        },
      ],
      explanation:
        'Optimistic, and without waiting: the price is a retry, paid in twice the write units each time. Contended items are better changed by single-item conditional writes.',
    };
  },
};

const lastWriter: Generator<P> = {
  id: 'dynamodb-last-writer',
  topic: 'aws',
  level: 3,
  preset: 'global-tables',
  make(run, random) {
    const puts = operations(run).filter(({ call, end }) => call.f === 'put' && end.outcome === 'ok');
    const moments = notes(run, /^overwrites x=/).flatMap((n) => {
      const [, old, by, from] = /x=(\d+) with x=(\d+) from (\w+)/.exec(n.text) ?? [];
      const mine = puts.find(({ call, end }) => String(call.value) === old && end.at < n.at);
      const theirs = puts.find(({ call, end }) => String(call.value) === by && end.at < n.at);
      return mine && theirs && from ? [{ n, mine, theirs, from }] : [];
    });
    const moment = pick(moments, random);
    if (!moment) return undefined;
    const { n, mine, theirs, from } = moment;
    const [lost, kept] = [`x=${mine.call.value}`, `x=${theirs.call.value}`];
    return {
      until: n.at - 1,
      prompt: `The table is global, with multi-Region eventual consistency. ${mine.call.process} had ${lost} acknowledged at ${ms(mine.end.at)}, ${theirs.call.process} ${kept} at ${ms(theirs.end.at)} in another Region. Neither knew of the other. Now ${kept} arrives from ${from} at ${n.node}, which has ${lost}. What happens?`,
      choices: [
        {
          text: `${kept} replaces ${lost}, and nobody is told`,
          right: true,
          why: 'The later timestamp stays, item by item. The earlier write was acknowledged and is gone.',
        },
        {
          text: `${lost} stays: ${n.node} acknowledged it first`,
          right: false,
          why: 'First writer wins would keep it. The rule is the last one, by timestamp.',
        },
        {
          text: 'Both are kept, for the application to merge',
          right: false,
          why: 'That is Dynamo of 2007. A global table keeps one version of an item.',
        },
        {
          text: 'The second write fails with ReplicatedWriteConflictException',
          right: false,
          why: 'It was acknowledged long ago. That exception belongs to multi-Region strong consistency.',
        },
      ],
      explanation:
        'Whoever cannot lose writes gives each item one home Region, writes conditionally there, or pays for strong consistency.',
    };
  },
};

export const generators: readonly Generator<P>[] = [strongOrEventual, whenServes, twoAtOnce, lastWriter];
