import { describe, expect, it } from 'vitest';
import { parseDistribution } from '../src/sim/chance.ts';
import { explore } from '../src/sim/explore.ts';
import { shrink } from '../src/sim/fuzz.ts';
import { int } from '../src/sim/params.ts';
import { become, type Protocol, save, send, sendAll, set } from '../src/sim/protocol.ts';
import { recipe, simulate } from '../src/sim/run.ts';
import { type Intervention, scenario } from '../src/sim/scenario.ts';

/** Leader election alone (Ongaro & Ousterhout 2014, §5.2), small enough to be explored whole. */
interface State {
  readonly role: 'follower' | 'candidate' | 'leader';
  readonly term: number;
  readonly votedFor: string | null;
  readonly votes: readonly string[];
}
type Msg = { type: 'Ask'; term: number } | { type: 'Vote'; term: number };

const election: Protocol<State, Msg, 'election'> = {
  start: (_, disk) => [
    { role: 'follower', term: 0, votedFor: null, votes: [], ...(disk as Partial<State> | undefined) },
    set('election', 150_000),
  ],
  first: (s, m) => (m.term > s.term ? [{ role: 'follower', term: m.term, votedFor: null, votes: [] }] : [s]),
  on: {
    Ask(s, m, from) {
      if (m.term < s.term || (s.votedFor ?? from) !== from) return [s];
      return [
        { ...s, votedFor: from },
        save({ term: s.term, votedFor: from }),
        send(from, { type: 'Vote', term: s.term }),
      ];
    },
    Vote(s, m, from, here) {
      if (s.role !== 'candidate' || m.term !== s.term || s.votes.includes(from)) return [s];
      const votes = [...s.votes, from].sort();
      if (votes.length * 2 <= here.peers.length + 1) return [{ ...s, votes }];
      return [{ ...s, role: 'leader', votes }, become('leader', `term ${s.term}`)];
    },
  },
  after: {
    election: (s, here) => [
      { role: 'candidate', term: s.term + 1, votedFor: here.self, votes: [here.self] },
      save({ term: s.term + 1, votedFor: here.self }),
      ...sendAll(here.peers, { type: 'Ask' as const, term: s.term + 1 }),
    ],
  },
};
const noDisk: typeof election = { ...election, start: (here) => election.start(here, undefined) };

const toy = scenario({
  id: 'toy',
  title: 'Election',
  summary: 'Election',
  topic: 'consensus',
  sources: [],
  params: { nodes: int({ what: 'how many', min: 1, max: 5, default: 3 }) },
  presets: { plain: { title: '', what: '' } },
  parts: { server: election },
  actors: (p) => Array.from({ length: p.nodes }, (_, i) => ({ id: `n${i + 1}`, part: 'server' })),
  length: () => 1000,
  network: () => ({ latency: parseDistribution('fixed:1') }),
  properties: {
    'one leader per term': {
      kind: 'always',
      what: 'At most one leader in a term.',
      fold: () => ({
        start: {} as Readonly<Record<number, string>>,
        changed(leaders, node, before: State | undefined, after: State | undefined) {
          if (after?.role !== 'leader' || before?.role === 'leader') return leaders;
          const other = leaders[after.term];
          if (other !== undefined && other !== node)
            return `${other} and ${node} both lead term ${after.term}`;
          return { ...leaders, [after.term]: node };
        },
      }),
    },
  },
  twins: { forgetful: { what: 'no disk', breaks: 'one leader per term', parts: { server: noDisk } } },
  metrics: {},
  look: { lanes: ['server'], states: {}, messages: {}, headline: () => 'election' },
});

describe('explorer', () => {
  it('sees every order of a small election and finds nothing', () => {
    const seen = explore(toy, recipe(toy), { timers: 2, depth: 40 });
    expect(seen).toMatchObject({ whole: true });
    expect(seen.violation).toBeUndefined();
    expect(seen.states).toBeGreaterThan(500);
  });

  it('finds a shortest violation of the twin, which runs again as a recipe', () => {
    const bounds = { timers: 2, crashes: 1, depth: 20 };
    expect(explore(toy, recipe(toy), bounds).violation).toBeUndefined();
    const { violation } = explore(toy, { ...recipe(toy), twin: 'forgetful' }, bounds);
    // Ask, vote, win; the voter crashes, restarts, votes again in the same term: nothing shorter elects two.
    expect(violation?.recipe.schedule?.map((c) => c.do)).toHaveLength(8);
    const run = simulate(toy, violation!.recipe);
    expect(run.verdicts).toMatchObject([
      { property: 'one leader per term', holds: false, detail: violation!.detail },
    ]);
  });

  it('shrinks a failing run to the faults it needs', () => {
    const faults: Intervention[] = [5, 100, 150, 151, 151, 152, 153, 200].flatMap((at, i) => [
      { atUs: at * 1000, fault: 'crash' as const, nodes: [`n${(i % 2) + 2}`] },
      { atUs: at * 1000 + 400, fault: 'restart' as const, nodes: ['@crashed'] },
    ]);
    const failing = { ...recipe(toy), twin: 'forgetful', interventions: faults };
    const { verdicts } = simulate(toy, failing);
    expect(verdicts[0]?.holds).toBe(false);
    const { recipe: small } = shrink(toy, failing, 'one leader per term');
    // Three crashes with their restarts: one keeps a rival from standing at once, two make voters forget.
    expect(small.interventions).toHaveLength(6);
    expect(simulate(toy, small).verdicts[0]?.holds).toBe(false);
  });

  it('says which bound ended it', () => {
    expect(explore(toy, recipe(toy), { states: 50 })).toMatchObject({
      whole: false,
      ended: expect.stringContaining('50 states'),
    });
    expect(explore(toy, recipe(toy), { depth: 2 })).toMatchObject({
      whole: false,
      ended: expect.stringContaining('2 events'),
    });
  });
});
