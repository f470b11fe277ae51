import type { Generator, Run } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import { holdings, notes, overlapOf } from './headline.ts';
import type { P } from './params.ts';

const ms = (us: number) => `${Math.round(us / 1000)} ms`;
type At<E> = E & { readonly at: number };

/** the write a sleeper sends when it wakes */
const lateWrite = (run: Run<P>) => {
  const both = overlapOf(run);
  const woke = run.events.find((e) => e.kind === 'fault' && e.fault === 'resume');
  if (!both || !woke) return undefined;
  const write = run.events.find(
    (e): e is At<EventOf<'send'>> =>
      e.kind === 'send' && e.type === 'Write' && e.from === both.first.node && e.at >= woke.at,
  );
  return write && { both, write };
};

const lateWriteFenced: Generator<P> = {
  id: 'lock-late-write',
  topic: 'clocks',
  level: 2,
  preset: 'fencing-token',
  make(run) {
    const late = lateWrite(run);
    const refused = notes(run, /refuses the write/)[0];
    if (!late || !refused) return undefined;
    const { first, second } = late.both;
    const seen = refused.text.split(' ')[3];
    return {
      until: late.write.at + 1,
      prompt: `${first.node} wakes at ${ms(late.write.at)} and its write leaves, with token ${first.token}. Meanwhile ${second.node} has used the lock. What becomes of the write?`,
      choices: [
        {
          text: `The storage refuses it, for it has seen token ${seen}`,
          right: true,
          why: 'every request carries the token of its grant, and the resource compares',
        },
        {
          text: `The lock server stops it, for the lease of ${first.node} is over`,
          right: false,
          why: 'the write does not pass the lock server; it goes straight to the storage',
        },
        {
          text: `${first.node} stops it, for it looks at its clock first`,
          right: false,
          why: 'it had looked, before it fell asleep; between the look and the write there is always a gap',
        },
        {
          text: `It is written, for ${first.node} believes it has the lock`,
          right: false,
          why: 'that is what happens without fencing: belief is no protection',
        },
      ],
      explanation:
        'A lock service can give out leases, but it cannot reach into a client that is asleep. Safety has to sit where the effect happens: the storage orders requests by token and refuses what comes too late.',
    };
  },
};

const whatIsLost: Generator<P> = {
  id: 'lock-lost-update',
  topic: 'clocks',
  level: 3,
  preset: 'lease-expired-in-pause',
  make(run) {
    const late = lateWrite(run);
    if (!late) return undefined;
    const { first } = late.both;
    const reads = run.events.filter(
      (e): e is At<EventOf<'send'>> => e.kind === 'send' && e.type === 'Value' && e.to === first.node,
    );
    const read = reads.filter((e) => e.at < late.write.at).at(-1);
    const done = run.events.filter(
      (e) => e.kind === 'send' && e.type === 'Written' && e.at <= late.write.at,
    ).length;
    if (!read) return undefined;
    const was = Number(read.label);
    if (done <= was + 1) return undefined;
    return {
      until: late.write.at + 1,
      prompt: `${first.node} read the value ${was} at ${ms(read.at)} and adds 1. While it slept the value became ${done}. Now its write leaves, and this storage compares nothing. What is the value afterwards?`,
      choices: [
        {
          text: String(was + 1),
          right: true,
          why: `it writes what it computed from ${was}: ${done - was} update${done - was > 1 ? 's are' : ' is'} gone, and nobody is told`,
        },
        {
          text: String(done + 1),
          right: false,
          why: 'the addition was done at the client, long ago, on the old value',
        },
        {
          text: String(done),
          right: false,
          why: 'that would take a storage that refuses the old token, or a conditional write',
        },
      ],
      explanation:
        'A read-modify-write under a lock is only as safe as the belief that the lock is still held when the write arrives. Fencing tokens or a conditional write (“only if the version is still the one I read”) make the storage the judge.',
    };
  },
};

const howLong: Generator<P> = {
  id: 'lock-cut-off-holder',
  topic: 'clocks',
  level: 3,
  preset: 'majority',
  make(run) {
    const cut = run.events.find((e) => e.kind === 'fault' && e.fault === 'partition');
    const heal = run.events.find((e) => e.kind === 'fault' && e.fault === 'heal');
    if (!cut || !heal) return undefined;
    const held = holdings(run).find((h) => h.from < cut.at && h.to > cut.at);
    const next = held && holdings(run).find((h) => h.from > held.to);
    const stopped =
      held && notes(run, /^stops: by its own clock|^looks at the clock/).find((n) => n.at === held.to);
    if (!held || !next || !stopped || next.node === held.node || next.from >= heal.at) return undefined;
    return {
      until: cut.at + 20_000,
      prompt: `At ${ms(cut.at)} ${held.node} has the lock and is cut off, together with the old leader, from the majority of the lock servers. It can still reach the storage. Until when may it go on writing?`,
      choices: [
        {
          text: 'Until its lease ends by its own clock, counted from its last successful request',
          right: true,
          why: `it stops at ${ms(held.to)}; the majority gives the lock to ${next.node} at ${ms(next.from)}, not earlier`,
        },
        {
          text: 'As long as the old leader, which it can reach, renews its lease',
          right: false,
          why: 'the old leader can renew nothing: a renewal must be agreed upon by a majority',
        },
        {
          text: 'Until the network heals and somebody tells it',
          right: false,
          why: 'by then another has had the lock for long',
        },
        {
          text: 'Not at all: it must stop the moment the network is cut',
          right: false,
          why: 'it cannot notice a cut at once, and need not: its lease is good until it ends',
        },
      ],
      explanation:
        'A lease is a promise with an end that both sides can compute alone. The holder counts from when it asked, the service from when it heard, and the holder takes off a margin for clocks: so no message is needed to end it.',
    };
  },
};

export const generators = [lateWriteFenced, whatIsLost, howLong];
