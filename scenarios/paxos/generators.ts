import type { Generator, Run } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import type { P } from './params.ts';

const ms = (us: number) => `${Math.round(us / 1000)} ms`;
const notes = (run: Run<P>) =>
  run.events.filter((e): e is EventOf<'note'> & { at: number } => e.kind === 'note');
const sends = (run: Run<P>, type: string) =>
  run.events.filter((e): e is EventOf<'send'> & { at: number } => e.kind === 'send' && e.type === type);

/** What a proposer may propose once a quorum has reported. */
const adopt: Generator<P> = {
  id: 'paxos-adopt',
  topic: 'consensus',
  level: 3,
  preset: 'acceptor-crash',
  make(run) {
    const must = notes(run).find((n) => n.text.startsWith('must propose'));
    const [, theirs, own] = /propose (\S+), not its own (\S+):/.exec(must?.text ?? '') ?? [];
    if (!must || theirs === undefined || own === undefined) return undefined;
    const told = sends(run, 'Promise').filter((m) => m.to === must.node);
    const report = told.find((m) => m.label.startsWith(theirs));
    const silent = told.find((m) => m.label === 'none yet');
    if (!report || !silent) return undefined;
    const before = Number(report.label.split(' at ')[1]);
    const ballot = sends(run, 'Accept')
      .find((m) => m.from === must.node)
      ?.label.split(' at ')[1];
    if (ballot === undefined) return undefined;
    return {
      until: must.at - 1,
      prompt: `${must.node} wants ${own}. ${report.from} promises its ballot ${ballot} and reports “${theirs}, accepted under ballot ${before}”; ${silent.from} promises and reports nothing. What does ${must.node} send in phase 2?`,
      choices: [
        {
          text: `Accept ${theirs} under ballot ${ballot}`,
          right: true,
          why: `${theirs} may have been chosen by ${report.from} together with an acceptor nobody can ask now; whoever carries it on can do no harm`,
        },
        {
          text: `Accept ${own} under ballot ${ballot}`,
          right: false,
          why: `that is allowed only if nobody in the quorum reported anything; ${theirs} was in fact chosen already, so this would choose a second value`,
        },
        {
          text: `Accept ${theirs} under ballot ${before}`,
          right: false,
          why: `a proposer uses its own ballot; ${report.from} has just promised to refuse anything below ${ballot}`,
        },
        {
          text: `Nothing until the third acceptor is back, for one report of two is no majority`,
          right: false,
          why: 'a quorum has answered, and waiting for more would let one crash stop everything; one report is enough to bind',
        },
      ],
      explanation:
        'Phase 1 does not ask what *was* chosen but what *may* have been: any quorum that chose something shares an acceptor with this one. So a single report binds, and of several the one with the highest ballot.',
    };
  },
};

/** What an acceptor does with an Accept that comes after a higher promise. */
const duel: Generator<P> = {
  id: 'paxos-late-accept',
  topic: 'consensus',
  level: 2,
  preset: 'dueling',
  make(run, random) {
    const refusals = notes(run).filter((n) => n.text.startsWith('finds its Accept'));
    const lost = refusals[Math.floor(random() * Math.min(6, refusals.length))];
    const [, mine, theirs] = /ballot (\d+) refused: ballot (\d+)/.exec(lost?.text ?? '') ?? [];
    const accept = sends(run, 'Accept').find((m) => m.from === lost?.node && m.label.endsWith(` at ${mine}`));
    if (!lost || !accept) return undefined;
    const value = accept.label.split(' at ')[0];
    return {
      until: accept.at,
      prompt: `At ${ms(accept.at)} ${accept.from} has its promises and sends Accept ${value} under ballot ${mine}. A Prepare for ballot ${theirs} reaches the acceptors first. What becomes of ballot ${mine}?`,
      choices: [
        {
          text: `The acceptors refuse it: they have promised ballot ${theirs}`,
          right: true,
          why: `the promise to ballot ${theirs} is exactly that nothing below it is accepted any more`,
        },
        {
          text: `The acceptors accept ${value}: they promised ballot ${mine} before ballot ${theirs}`,
          right: false,
          why: 'the newer promise counts; keeping both could choose two values',
        },
        {
          text: `The acceptors accept ${value} and tell the other proposer to carry it on`,
          right: false,
          why: `what was not accepted before the promise to ballot ${theirs} can no longer be`,
        },
        {
          text: `The acceptors keep it and accept it if ballot ${theirs} fails`,
          right: false,
          why: 'acceptors queue nothing; a proposer must come back with a higher ballot',
        },
      ],
      explanation:
        'So a Prepare can kill a ballot whose phase 2 is under way, and two eager proposers can go on killing each other’s. Safety never depends on who wins; progress needs one proposer left alone for two round trips, hence random backoff or one distinguished leader.',
    };
  },
};

/** What may be applied when a slot is chosen out of order. */
const order: Generator<P> = {
  id: 'paxos-apply-order',
  topic: 'consensus',
  level: 3,
  preset: 'multi',
  make(run) {
    const seen = notes(run).find((n) => /^sees slot \d+ chosen before/.test(n.text));
    const [, slot, due] = /slot (\d+) chosen before slot (\d+)/.exec(seen?.text ?? '') ?? [];
    if (!seen || slot === undefined || due === undefined || Number(due) < 2) return undefined;
    const before = Number(due) - 1;
    const done = `slots 1 to ${before}`;
    return {
      until: seen.at,
      prompt: `${seen.node} leads. At ${ms(seen.at)} a quorum has accepted slot ${slot}, but not yet slot ${due}. What can its copy of the state machine have applied?`,
      choices: [
        {
          text: `Only ${done}`,
          right: true,
          why: `slot ${slot} is chosen and can never change, but it waits until slot ${due} is known`,
        },
        {
          text: `${done[0]!.toUpperCase()}${done.slice(1)}, and slot ${slot}`,
          right: false,
          why: `a copy that learns of slot ${due} first would apply the two the other way round, and they would differ`,
        },
        {
          text: `${done[0]!.toUpperCase()}${done.slice(1)}, then slot ${slot} moved into slot ${due}`,
          right: false,
          why: 'a chosen slot never moves: other acceptors hold it where it is',
        },
        {
          text: `Nothing: choosing out of order means slot ${due} has failed`,
          right: false,
          why: `slot ${due} is only slower; its acceptances are still on their way`,
        },
      ],
      explanation:
        'Multi-Paxos decides each slot on its own, so the log may have holes for a while; every copy applies it without holes. Raft forbids holes altogether, which makes recovery simpler and a lost message costlier.',
    };
  },
};

export const generators: readonly Generator<P>[] = [adopt, duel, order];
