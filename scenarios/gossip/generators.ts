import type { Generator } from '../../src/sim/scenario.ts';
import { heardAt, notes } from './headline.ts';
import type { P } from './params.ts';

const ms = (us: number) => `${Math.round(us / 1000)} ms`;

/** How fast a pushed rumour can grow. */
const atMostDoubled: Generator<P> = {
  id: 'gossip-next-round',
  topic: 'state',
  level: 2,
  preset: 'spread',
  make(run) {
    const { nodes, interval } = run.params;
    const heard = heardAt(run);
    for (let round = 2; round < 8; round++) {
      const until = (round + 1) * interval * 1000 - 1;
      const know = heard.filter((h) => h.at <= until).length;
      const next = heard.filter((h) => h.at <= until + interval * 1000).length;
      if (know < 3 || 2 * know >= nodes || next === 2 * know || nodes - know === 2 * know) continue;
      return {
        until,
        prompt: `At the end of this round ${know} of ${nodes} nodes know. In the next one each of them tells one other, chosen at random. How many can know afterwards, at most?`,
        choices: [
          {
            text: String(2 * know),
            right: true,
            why: `each of ${know} can win at most one new node; here it becomes ${next}, since some tell the same one, or one that knows`,
          },
          { text: String(know + 1), right: false, why: 'that would be one teller; all who know tell' },
          {
            text: String(nodes),
            right: false,
            why: `${know} tellers reach at most ${know} others in a round`,
          },
        ],
        explanation:
          'While few know, a push nearly doubles their number each round: log2 n rounds. Then most calls meet somebody who knows, and the share of those who do not shrinks only by e a round: another ln n. Together log2 n + ln n (Pittel 1987).',
      };
    }
    return undefined;
  },
};

/** What a failed probe is worth. */
const failedProbe: Generator<P> = {
  id: 'gossip-failed-probe',
  topic: 'state',
  level: 2,
  preset: 'failure-suspicion',
  make(run) {
    const first = notes(run, /^suspects \S+$/)[0];
    if (!first) return undefined;
    const target = first.text.split(' ')[1]!;
    return {
      until: first.at - 1,
      prompt: `${first.node} has probed ${target} and got no answer, neither directly nor through its helpers. The period is over at ${ms(first.at)}. What does ${first.node} do in SWIM?`,
      choices: [
        {
          text: `It suspects ${target}, says so with its next messages, and gives it time to deny`,
          right: true,
          why: 'slow and dead look alike; suspicion costs time and saves the living',
        },
        {
          text: `It declares ${target} dead and removes it`,
          right: false,
          why: 'that is SWIM without suspicion: every pause becomes a failure, and every return a rejoin',
        },
        {
          text: 'It asks all members to vote, and a majority decides',
          right: false,
          why: 'that is consensus; a gossiped membership is only weakly consistent, and needs no majority',
        },
        {
          text: 'Nothing, until its next pass over all members confirms it',
          right: false,
          why: 'the news spreads at once; others need not find out for themselves',
        },
      ],
      explanation:
        'Detection costs a constant load for each node: one probe a period, a few helpers after a failure. The claim rides on probes that are sent anyway. Only after the suspicion timeout, without a denial, does it become “dead”.',
    };
  },
};

/** What clears a suspect. */
const refutation: Generator<P> = {
  id: 'gossip-refutation',
  topic: 'state',
  level: 3,
  preset: 'no-flapping',
  make(run) {
    const refute = notes(run, /refutes it with incarnation/)[0];
    const woke = run.events.findLast(
      (e) => e.kind === 'fault' && e.fault === 'resume' && refute !== undefined && e.at <= refute.at,
    );
    if (!refute || !woke) return undefined;
    const incarnation = Number(refute.text.split(' ').at(-1));
    const before = incarnation - 1;
    return {
      until: woke.at,
      prompt: `${refute.node} wakes at ${ms(woke.at)} and hears that it is suspected in incarnation ${before}. What makes every other member take that back?`,
      choices: [
        {
          text: `It says that it is alive in incarnation ${incarnation}`,
          right: true,
          why: 'a higher incarnation overrides the claim wherever it arrives, in whatever order',
        },
        {
          text: `It says that it is alive in incarnation ${before}`,
          right: false,
          why: 'within one incarnation suspect overrides alive: otherwise an old “alive” could clear a dead member',
        },
        {
          text: 'It answers the next probe',
          right: false,
          why: 'that convinces the one who asked, and the claim goes on travelling among the others',
        },
        {
          text: `The one who suspected it first says that it is alive in incarnation ${incarnation}`,
          right: false,
          why: 'only a member itself may raise its incarnation, else two claims could not be told apart',
        },
      ],
      explanation:
        'Claims are ordered by incarnation, then alive < suspect < dead, and the larger wins. So they can be delivered in any order and any number of times, and all members end up with the same belief: the views form a lattice, like a CRDT.',
    };
  },
};

export const generators = [atMostDoubled, failedProbe, refutation];
