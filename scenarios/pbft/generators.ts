import type { Generator, Run } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import { type P, quorum } from './params.ts';

const ms = (us: number) => `${Math.round(us / 1000)} ms`;
type Sent = EventOf<'send'> & { at: number };
const notes = (run: Run<P>) =>
  run.events.filter((e): e is EventOf<'note'> & { at: number } => e.kind === 'note');

/** Messages that arrived, with when. */
function arrivals(run: Run<P>): { sent: Sent; at: number }[] {
  const sent = new Map<number, Sent>();
  return run.events.flatMap((e) => {
    if (e.kind === 'send') sent.set(e.id, e);
    return e.kind === 'deliver' && sent.has(e.id) ? [{ sent: sent.get(e.id)!, at: e.at }] : [];
  });
}

/** What a backup does with a pre-prepare and one prepare of another. */
const prepared: Generator<P> = {
  id: 'pbft-prepared',
  topic: 'consensus',
  level: 3,
  preset: 'normal',
  make(run, random) {
    const arrived = arrivals(run);
    const number = `#${1 + Math.floor(random() * 3)}`;
    const backup = `r${1 + Math.floor(random() * 3)}`;
    const to = (type: string) =>
      arrived.filter((m) => m.sent.type === type && m.sent.to === backup && m.sent.label === number);
    const proposal = to('PrePrepare')[0];
    const votes = to('Prepare');
    const needed = quorum(run.params) - 2;
    const last = votes[needed - 1];
    const commit = run.events.find(
      (e) => e.kind === 'send' && e.type === 'Commit' && e.from === backup && e.label === number,
    );
    if (!proposal || !last || !commit || last.at < proposal.at || commit.at !== last.at) return undefined;
    const { f, replicas } = run.params;
    return {
      until: last.at - 1,
      prompt: `f = ${f}, ${replicas} replicas. ${backup} has the primary’s pre-prepare of ${number} and has sent its own prepare; now the matching prepare of ${last.sent.from} arrives. What does ${backup} do?`,
      choices: [
        {
          text: `It sends commit for ${number} to all`,
          right: true,
          why: `the pre-prepare and 2f = ${2 * f} matching prepares, its own among them, make ${number} prepared: no other request can be prepared under that number in this view`,
        },
        {
          text: `It executes ${number} and replies to the client`,
          right: false,
          why: 'prepared fixes the order within this view only; a new view might not hear of it',
        },
        {
          text: `It waits for the prepare of the third backup`,
          right: false,
          why: `that one may be the traitor and stay silent; waiting for all ${replicas} would let one traitor stop everything`,
        },
        {
          text: `It waits for the primary’s prepare`,
          right: false,
          why: 'the pre-prepare was the primary’s say; it sends no prepare',
        },
      ],
      explanation:
        'Prepare asks: has a quorum the same proposal in this view? Commit asks: does a quorum know that? Only the second answer survives a change of primary, since any 2f + 1 view changes then contain a certificate from an honest replica.',
    };
  },
};

/** Who leads after a primary that says nothing. */
const successor: Generator<P> = {
  id: 'pbft-successor',
  topic: 'consensus',
  level: 2,
  preset: 'silent-primary',
  make(run) {
    const asked = notes(run).find((n) => n.text.startsWith('gives up r0'));
    const next = notes(run).find((n) => n.text.startsWith('is primary of view 1'));
    if (!asked || !next) return undefined;
    const first = asked.node === 'r1' ? 'r3' : asked.node;
    return {
      until: asked.at - 1,
      prompt: `r0, primary of view 0, has been silent for a while, and at ${ms(asked.at)} the first backup loses its patience. Which replica leads view 1, and who decides that?`,
      choices: [
        {
          text: 'r1: the primary of view v is replica v mod n',
          right: true,
          why: `nobody is elected; r1 begins the view once it holds ${quorum(run.params)} view changes, its own included`,
        },
        {
          text: `${first}: the first whose patience ends`,
          right: false,
          why: 'then a traitor could make itself primary whenever it likes by being impatient',
        },
        {
          text: 'The one with the longest log, as a majority votes',
          right: false,
          why: 'that is how Raft elects; here a log could be invented, so proof is carried along instead and the order of primaries is fixed',
        },
        {
          text: 'Whoever the clients name, as they noticed first',
          right: false,
          why: 'clients only repeat their requests to everybody; they have no say in views',
        },
      ],
      explanation:
        'With primaries in turn, f traitors can lead at most f views in a row before an honest replica does. Timeouts double from view to view, so in the end an honest primary gets enough time: liveness needs only that delays stop growing.',
    };
  },
};

/** What becomes of a request prepared at one backup when the primary dies. */
const carried: Generator<P> = {
  id: 'pbft-carried-over',
  topic: 'consensus',
  level: 4,
  preset: 'view-change',
  make(run) {
    const calls = notes(run)
      .map((n) => ({ ...n, count: Number(/asks for view 1, with (\d+) request/.exec(n.text)?.[1] ?? 0) }))
      .filter((n) => n.text.includes('asks for view 1'));
    const begins = notes(run).find((n) => n.text.startsWith('is primary of view 1'));
    const most = Math.max(0, ...calls.map((c) => c.count));
    const holders = calls.filter((c) => c.count === most);
    const owner = notes(run).find((n) => n.text.endsWith(`number ${most}`) && n.node === 'r0');
    const whose =
      owner && /gives (\S+) number/.exec(owner.text.replace('’s ', '’s-'))?.[1]?.replace('-', ' ');
    if (!begins || holders.length !== 1 || !whose || most < 1) return undefined;
    return {
      until: begins.at - 1,
      prompt: `The primary crashed. In their view changes ${holders[0]!.node} proves that ${whose} was prepared as #${most}; the two others have no such certificate, and nobody has executed it. What does the new primary propose as #${most}?`,
      choices: [
        {
          text: `${whose} again, under the same number`,
          right: true,
          why: 'one valid certificate is enough: somebody unheard, such as the crashed primary, might have executed it',
        },
        {
          text: 'Nothing: the null request, since only one of three had it prepared',
          right: false,
          why: 'the null request fills numbers for which nobody shows a certificate; here one does',
        },
        {
          text: 'The oldest request that is still waiting, whichever it is',
          right: false,
          why: `if the dead primary executed ${whose} as #${most}, two replicas would differ there`,
        },
        {
          text: `${whose}, under the next free number in the new view`,
          right: false,
          why: 'numbers survive views; a request executed under one of them must keep it',
        },
      ],
      explanation:
        'The new primary computes its proposals from 2f + 1 signed view changes and sends those along, so every backup repeats the computation. It can neither drop nor reorder what may have been executed.',
    };
  },
};

export const generators: readonly Generator<P>[] = [prepared, successor, carried];
