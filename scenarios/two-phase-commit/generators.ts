import type { Generator } from '../../src/sim/scenario.ts';
import { notes, states } from './headline.ts';
import type { P } from './params.ts';
import { COORDINATOR } from './protocol.ts';

const ms = (us: number) => `${Math.round(us / 1000)} ms`;

/** The moment of commitment is a disk write, not a message. */
const committedWhen: Generator<P> = {
  id: '2pc-commit-point',
  topic: 'consensus',
  level: 3,
  preset: 'commit',
  make(run) {
    const decided = states(run).find((e) => e.node === COORDINATOR && e.state === 'committed');
    const votes = notes(run, /^votes yes/);
    const done = states(run).filter((e) => e.node !== COORDINATOR && e.state === 'committed');
    const voting = states(run).find((e) => e.node === COORDINATOR && e.state === 'voting');
    const ended = run.events.find((e) => e.kind === 'note' && e.text.includes('forgets it'));
    if (!decided || !voting || !ended || votes.length < 2 || done.length < votes.length) return undefined;
    const tx = decided.detail;
    const choices = [
      {
        text: `${ms(decided.at)}: the coordinator’s record is on its disk`,
        right: true,
        why: 'from this instant no crash can make it an abort, whoever has heard of it or not',
      },
      {
        text: `${ms(votes.at(-1)!.at)}: the last participant votes yes`,
        right: false,
        why: 'had the coordinator died before its write, it would have come back to an abort',
      },
      {
        text: `${ms(done.at(-1)!.at)}: the last participant has committed`,
        right: false,
        why: 'by then it had long been unavoidable; participants only learn of it',
      },
      {
        text: `${ms(ended.at)}: the last acknowledgement arrives`,
        right: false,
        why: 'acknowledgements only allow the coordinator to forget',
      },
    ];
    if (new Set(choices.map((c) => c.text)).size < choices.length) return undefined;
    return {
      until: ended.at + 1000,
      prompt: `In this run, when exactly is ${tx} committed, so that nothing can change it any more?`,
      choices,
      explanation:
        'The commit point is one forced write at the coordinator. Before it every crash leads to abort; after it every crash leads to commit. That one node knows first is also why the others can be blocked.',
    };
  },
};

/** Everybody has promised and the coordinator is gone. */
const inDoubt: Generator<P> = {
  id: '2pc-blocked',
  topic: 'consensus',
  level: 3,
  preset: 'coordinator-crash',
  make(run) {
    const crash = run.events.find((e) => e.kind === 'fault' && e.fault === 'crash');
    const ask = run.events.find((e) => e.kind === 'send' && e.type === 'Inquire' && e.at > (crash?.at ?? 0));
    if (!crash || ask?.kind !== 'send') return undefined;
    const node = ask.from;
    const tx = ask.label;
    return {
      until: ask.at + 1000,
      prompt: `The coordinator is down. ${node} voted yes on ${tx} and asks in vain at ${ms(ask.at)}. What may ${node} do about its locked row?`,
      choices: [
        {
          text: 'Keep it locked and ask again, however long it takes',
          right: true,
          why: 'its yes promised to follow either decision, and only the coordinator’s log knows which',
        },
        {
          text: `Abort ${tx} and unlock: the coordinator cannot have committed`,
          right: false,
          why: 'it may have written commit and told another participant just before it died',
        },
        {
          text: `Commit ${tx}: it voted yes, so the decision can only be commit`,
          right: false,
          why: 'another participant may have voted no, or its vote may never have arrived',
        },
        {
          text: 'Unlock the row and keep the transaction open',
          right: false,
          why: 'others would read or overwrite what may have to be undone',
        },
      ],
      explanation:
        'Between its yes and the decision a participant is in doubt: it can neither commit nor abort alone. Two-phase commit is therefore blocking. The cure is a coordinator that does not stay dead: one whose log is replicated by consensus.',
    };
  },
};

/** One has promised nothing. */
const mayAbort: Generator<P> = {
  id: '2pc-who-may-abort',
  topic: 'consensus',
  level: 2,
  preset: 'participant-timeout',
  make(run) {
    const alone = notes(run, /was never asked/)[0];
    const votes = notes(run, /^votes yes/).filter((v) => alone !== undefined && v.at < alone.at);
    if (!alone || votes.length < 2) return undefined;
    const [first, second] = votes.map((v) => v.node);
    const tx = votes[0]!.text.split(' ')[3]?.replace(':', '') ?? 'it';
    return {
      until: alone.at - 1,
      prompt: `Time passes and no decision on ${tx} arrives anywhere. Which participant may abort without asking anybody?`,
      choices: [
        {
          text: `Only ${alone.node}`,
          right: true,
          why: 'it has not voted, so nobody can have committed: the coordinator needs its yes',
        },
        { text: `Only ${first}`, right: false, why: `${first} voted yes and gave that right away` },
        {
          text: `${first} and ${second}`,
          right: false,
          why: 'both have voted yes: for all they know the decision is commit',
        },
        {
          text: 'All of them: their own timeout has run out',
          right: false,
          why: 'a timeout says nothing about what was decided',
        },
      ],
      explanation:
        'Until it votes a participant may abort at any time, and that is the only moment it may. Its yes moves the decision to the coordinator.',
    };
  },
};

export const generators = [committedWhen, inDoubt, mayAbort];
