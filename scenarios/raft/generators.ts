import type { Generator, Run } from '../../src/sim/scenario.ts';
import type { EventOf, TraceEvent } from '../../src/sim/trace.ts';
import { course } from './headline.ts';
import type { P } from './params.ts';

/** Questions made from what happened in a run: the picture is drawn up to the telling moment, the rest is the answer. */

const notes = (run: Run<P>): EventOf<'note'>[] => run.events.flatMap((e) => (e.kind === 'note' ? [e] : []));
const ms = (us: number) => `${Math.round(us / 1000)} ms`;
const isFault = (name: string) => (e: TraceEvent) => e.kind === 'fault' && e.fault === name;

/** Count the yellow arrows: is it a majority? */
const whoWins: Generator<P> = {
  id: 'raft-who-wins',
  topic: 'consensus',
  level: 2,
  preset: 'split-vote',
  make(run) {
    const { reigns, stood } = course(run);
    const [term, candidates] = [...stood][0] ?? [];
    if (term === undefined || candidates === undefined || candidates.length < 2) return undefined;
    const winner = reigns.find((r) => r.term === term);
    const next = run.events.find(
      (e) => e.kind === 'state' && e.state !== 'follower' && e.detail === `term ${term + 1}`,
    );
    const until = (winner?.at ?? next?.at ?? 0) - 1;
    if (until <= 0) return undefined;
    const votes = (node: string) =>
      1 + notes(run).filter((n) => n.at <= until && n.text === `votes for ${node} in term ${term}`).length;
    const majority = Math.floor(run.params.nodes / 2) + 1;
    const count = (node: string) =>
      `${node} has ${votes(node)} of ${run.params.nodes} votes, its own included`;
    return {
      until,
      prompt: `${candidates.join(' and ')} stand for term ${term}. Who will lead it?`,
      choices: [
        ...candidates.map((node) => ({
          text: node,
          right: winner?.node === node,
          why:
            winner?.node === node ? `${count(node)}: a majority.` : `${count(node)}; ${majority} are needed.`,
        })),
        {
          text: 'Nobody',
          right: !winner,
          why: winner
            ? `${count(winner.node)}: a majority.`
            : `${candidates.map(count).join(', ')}; ${majority} are needed, and nobody votes twice in a term.`,
        },
      ],
      explanation: winner
        ? 'A majority of all members decides, whoever else stands. The loser hears of the new leader and follows it.'
        : 'A split vote costs one election timeout. It ends because each server draws its next wait at random: somebody will be first by more than a round trip.',
    };
  },
};

/** A write sent to a leader that no longer has a majority. */
const cutOffWrite: Generator<P> = {
  id: 'raft-cut-off-write',
  topic: 'consensus',
  level: 3,
  preset: 'partition',
  make(run) {
    const cut = run.events.find(isFault('partition'));
    const { loss } = course(run);
    if (!cut || !loss) return undefined;
    const returns = new Map(run.events.flatMap((e) => (e.kind === 'return' ? [[e.op, e] as const] : [])));
    const write = run.events.find(
      (e): e is EventOf<'invoke'> =>
        e.kind === 'invoke' && e.f === 'put' && e.at > cut.at && returns.get(e.op)?.outcome === 'unknown',
    );
    const end = write && returns.get(write.op);
    if (!write || !end) return undefined;
    const asked = run.events.find((e) => e.kind === 'send' && e.from === write.process && e.at === write.at);
    if (asked?.kind !== 'send' || asked.to !== loss.node) return undefined;
    return {
      until: end.at - 1,
      prompt: `At ${ms(cut.at)} the leader ${loss.node} was cut off with a minority. ${write.process} has sent it ${write.f} ${write.key}=${write.value} and now gives up. What may it conclude?`,
      choices: [
        {
          text: 'Nothing: the write may have happened, may happen later, or never',
          right: true,
          why: 'No answer is not a no. The request may be in some log that wins, or in none.',
        },
        {
          text: 'It failed: the old leader could not commit it',
          right: false,
          why: `${loss.node} could not, but the client tried again elsewhere, and the entry may sit in a log that is committed later.`,
        },
        {
          text: 'It succeeded: a leader had accepted it',
          right: false,
          why: 'A leader accepts before it commits. Only the answer says that a majority holds the entry.',
        },
        {
          text: 'It is safe to send it again as a new command',
          right: false,
          why: 'As a new command it could be executed twice. The same serial number must go with the repeat.',
        },
      ],
      explanation:
        'A timeout leaves the outcome open for ever. That is why each command carries a client id and a serial, and the state machine remembers the last reply: the repeat is then harmless.',
    };
  },
};

/** What becomes of the entries that the cut-off leader collected. */
const afterHealing: Generator<P> = {
  id: 'raft-after-healing',
  topic: 'consensus',
  level: 3,
  preset: 'partition',
  make(run) {
    const heal = run.events.find(isFault('heal'));
    const { loss, successor, reigns } = course(run);
    if (!heal || !loss || !successor || successor.at > heal.at) return undefined;
    const { term } = reigns.findLast((r) => r.node === loss.node && r.at < loss.at) ?? { term: 1 };
    const removed = notes(run).find(
      (n) => n.at > heal.at && n.node === loss.node && n.text.startsWith('removes'),
    );
    if (!removed) return undefined;
    return {
      until: heal.at,
      prompt: `The network heals. ${loss.node}, leader of term ${term}, has taken writes from clients since the cut; ${successor.node} leads term ${successor.term}. What becomes of the entries that only ${loss.node}’s side has?`,
      choices: [
        {
          text: `They are removed and replaced by ${successor.node}’s`,
          right: true,
          why: `${loss.node} ${removed.text}. Nobody had been told that they succeeded.`,
        },
        {
          text: `They are sent to ${successor.node}, which appends them`,
          right: false,
          why: 'Entries flow one way only, from the leader. A leader never takes entries from a follower.',
        },
        {
          text: 'Both logs are merged in the order of their times',
          right: false,
          why: 'There are no times in a Raft log, and an entry never changes its place.',
        },
        {
          text: `${loss.node} takes over again, since its log is longer`,
          right: false,
          why: 'Not the length decides but the term of the last entry, and a higher term makes it a follower at once.',
        },
      ],
      explanation:
        'The consistency check finds where the two logs part, and from there on the leader’s entries replace the follower’s. Only uncommitted entries can be lost this way: a committed one is on a majority, and no leader is elected without it.',
    };
  },
};

/** The vote rule on logs of different length. */
const whoCannotWin: Generator<P> = {
  id: 'raft-who-cannot-win',
  topic: 'consensus',
  level: 3,
  preset: 'distinct-logs',
  make(run, random) {
    const first = run.events.find((e) => e.kind === 'state' && e.state === 'candidate');
    const { nodes } = run.params;
    if (!first || nodes < 4) return undefined;
    const majority = Math.floor(nodes / 2) + 1;
    // n1 … nk have 1 … k entries of one term: nk gets the votes of n1 … nk.
    const loser = 1 + Math.floor(random() * (majority - 1));
    const able = Array.from({ length: nodes - majority + 1 }, (_, i) => majority + i).slice(-3);
    return {
      until: first.at - 1,
      prompt: `${Array.from({ length: nodes }, (_, i) => `n${i + 1} has ${i + 1}`).join(', ')} entries, all of term 1. All are up. Which of these servers cannot win the coming election, however the timers fall?`,
      choices: [
        {
          text: `n${loser}`,
          right: true,
          why: `Only servers whose log ends no later vote for it: ${loser} of ${nodes}, itself included, and ${majority} are needed.`,
        },
        ...able.map((k) => ({
          text: `n${k}`,
          right: false,
          why: `n1 to n${k} may vote for it: ${k} of ${nodes}, enough for a majority of ${majority}.`,
        })),
      ],
      explanation:
        'A vote is refused to a candidate whose last entry has a lower term, or the same term and a smaller index. So the winner’s log holds everything that a majority holds, and with it all that is committed. It need not be the longest.',
    };
  },
};

export const generators: readonly Generator<P>[] = [whoWins, cutOffWrite, afterHealing, whoCannotWin];
