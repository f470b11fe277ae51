import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Entry, Log } from '../scenarios/raft/log.ts';
import { emptyMachine } from '../scenarios/raft/machine.ts';
import { type P, params } from '../scenarios/raft/params.ts';
import { raft } from '../scenarios/raft/protocol.ts';
import scenario from '../scenarios/raft/scenario.ts';
import type { Appended, Hand, Msg, State } from '../scenarios/raft/state.ts';
import { explore } from '../src/sim/explore.ts';
import { simulateMany } from '../src/sim/many.ts';
import type { Effect } from '../src/sim/protocol.ts';
import { prepare, recipe, simulate } from '../src/sim/run.ts';
import type { Recipe, Run } from '../src/sim/scenario.ts';

/** What is special to Raft; the rules for all scenarios are in scenarios.test.ts. */

const SEEDS = 200;
const run = (preset: string, set: Record<string, string> = {}, more: Partial<Recipe> = {}): Run =>
  simulate(scenario, { ...recipe(scenario, preset), set, ...more });
const notes = (r: Run) => r.events.flatMap((e) => (e.kind === 'note' ? [`${e.node} ${e.text}`] : []));
const reigns = (r: Run) =>
  r.events.flatMap((e) => (e.kind === 'state' && e.state === 'leader' ? [`${e.node}, ${e.detail}`] : []));

describe('presets', () => {
  const names = Object.keys(scenario.presets);
  it.each(names)('%s keeps its promises over many seeds', (name) => {
    const many = simulateMany(scenario, { ...recipe(scenario, name), seed: 1001 }, SEEDS);
    const broken = many.verdicts.filter((v) => v.kind !== 'sometimes' && v.promised && !v.holds);
    expect(broken.map((v) => `${v.property}, seed ${v.seed}: ${v.detail}`)).toEqual([]);
  });

  it.each([
    { preset: 'election', headline: /^n\d leads term 1 after \d+ ms$/, notes: [/stands for term 1/] },
    { preset: 'split-vote', headline: /^Term 1 is split; n\d wins term 2$/, notes: [/stands for term 2/] },
    { preset: 'leader-crash', headline: /^n\d takes over \d+ ms after the crash$/, notes: [/leads term 2/] },
    { preset: 'partition', headline: /^The majority elects a new leader$/, notes: [/removes entr/] },
    { preset: 'log-repair', headline: /removes what was never committed/, notes: [/removes entries/] },
    { preset: 'figure-8', headline: /^An entry on [345] of 5 servers is overwritten$/, notes: [] },
    { preset: 'stale-leader-read', headline: /^A deposed leader answers with old data$/, notes: [] },
    { preset: 'pre-vote', headline: /^n\d returns and disturbs nobody$/, notes: [/asks whether/] },
    {
      preset: 'membership',
      headline: /^The cluster now has 5 members$/,
      notes: [/up to date before it may/],
    },
    { preset: 'snapshot', headline: /^n\d catches up by a snapshot$/, notes: [/replaces its log/] },
    { preset: 'power-cut', headline: /nothing acknowledged lost$/, notes: [] },
    { preset: 'lease-too-long', headline: /^A deposed leader answers with old data$/, notes: [] },
  ])('$preset shows what it is named after', ({ preset, headline, notes: expected }) => {
    const shown = run(preset);
    expect(scenario.look.headline(shown)).toMatch(headline);
    for (const words of expected) expect(notes(shown).join('\n')).toMatch(words);
  });

  it('finds, with the rule removed, what each preset is safe from', () => {
    const caught = run('figure-8', {}, { twin: 'counts-old-terms' }).verdicts.filter((v) => !v.holds);
    expect(caught.map((v) => v.property)).toContain('leader completeness');
    // Without pre-vote the server that returns deposes a healthy leader; with it the leader stays.
    expect(reigns(run('pre-vote'))).toHaveLength(1);
    expect(reigns(run('pre-vote', { preVote: 'off' })).length).toBeGreaterThan(1);
    // Read index and lease are both current; asking nobody is not.
    for (const reads of ['read-index', 'lease'])
      expect(run('stale-leader-read', { reads }).verdicts.every((v) => v.holds)).toBe(true);
  });
});

describe('figures', () => {
  const mean = (set: Record<string, string>, metric: string, preset = 'election') =>
    simulateMany(scenario, { ...recipe(scenario, preset), seed: 1, set }, 60).metrics[metric]!.mean;

  it('a leader takes the shortest wait, two message delays and two writes', () => {
    const exact = run('election', {
      electionTimeout: 'uniform:150:300',
      latency: 'fixed:10',
      voteDelay: 'fixed:7',
      fsync: 'fixed:1',
    });
    const stands = exact.events.find((e) => e.kind === 'state' && e.state === 'candidate')!;
    expect(exact.metrics.leader_elected_ms).toBe(stands.at / 1000 + 1 + 10 + 7 + 10);
  });

  it('a narrow range of timeouts splits votes more often', () => {
    expect(mean({ electionTimeout: 'uniform:150:155' }, 'terms_tried')).toBeGreaterThan(
      1.2 * mean({ electionTimeout: 'uniform:150:300' }, 'terms_tried'),
    );
  });

  it('logs of different length keep some servers from winning', () => {
    expect(mean({ logs: 'distinct' }, 'terms_tried')).toBeGreaterThan(mean({ logs: 'equal' }, 'terms_tried'));
  });

  it('is unavailable for at least the rest of the shortest timeout', () => {
    const many = simulateMany(scenario, { ...recipe(scenario, 'leader-crash'), seed: 1 }, 100);
    const { min, p50 } = many.metrics.unavailable_ms!;
    expect(min).toBeGreaterThan(150 - 50);
    expect(p50).toBeGreaterThan(150);
    expect(p50).toBeLessThan(300);
  });

  it('a lease saves the round that read index needs', () => {
    const heartbeats = (reads: string) => mean({ reads, writes: '0.1', think: 'fixed:20' }, 'sent_heartbeat');
    expect(heartbeats('lease')).toBeLessThan(0.7 * heartbeats('read-index'));
    expect(mean({ reads: 'lease' }, 'get_ms')).toBeLessThan(mean({ reads: 'read-index' }, 'get_ms'));
  });

  it('stepping back a term at a time needs fewer refusals than an entry at a time', () => {
    const refused = (backtrack: string) =>
      run('log-repair', { backtrack }).events.filter((e) => e.kind === 'send' && e.label === 'no').length;
    expect(refused('term')).toBeLessThan(refused('entry'));
  });
});

describe('configurations at the edge', () => {
  it.each([
    [{ nodes: '1' }, 1],
    [{ nodes: '1', fsync: 'fixed:5' }, 1],
    [{ nodes: '2' }, 1],
    [{ nodes: '4', spare: '1', change: 'grow' }, 5],
    [{ nodes: '3', change: 'remove-leader', duration: '2000' }, 2],
    [{ nodes: '3', snapshotEvery: '1', loss: '0.1', duplicate: '0.2' }, 3],
    [{ nodes: '3', preVote: 'on', reads: 'lease', keys: '3', clients: '5', batch: '1' }, 3],
  ])('%o serves its clients', (set, members) => {
    const served = run('election', set as Record<string, string>);
    expect(served.verdicts.filter((v) => !v.holds)).toEqual([]);
    expect(served.metrics.ops_ok).toBeGreaterThan(3);
    const changes = served.events.filter((e) => e.kind === 'invoke' && ['add', 'remove'].includes(e.f));
    if (changes.length > 0) expect(notes(served).join('\n')).toContain(`${members} members`);
  });

  it.each([
    [
      { heartbeat: '400' },
      /heartbeat \(400 ms\) must be shorter than the election timeout.*try heartbeat=50/,
    ],
    [{ change: 'grow' }, /set spare to 1 or more/],
    [{ nodes: '1000000' }, /nodes must be a whole number from 1 to 15/],
    [{ electionTimeout: 'uniform:300:150' }, /from the lower to the higher/],
  ])('%o is refused', (set, words) => {
    expect(() => prepare(scenario, { ...recipe(scenario, 'election'), set })).toThrow(words);
  });

  it('is safe in every order of a small configuration, and the explorer sees a twin break', () => {
    const small = { ...recipe(scenario, 'election'), set: { nodes: '3', clients: '0' } };
    const bounds = { states: 30_000, depth: 40, timers: 3, crashes: 1, duplicates: 1 };
    expect(explore(scenario, small, bounds).violation).toBeUndefined();
    const broken = explore(scenario, { ...small, twin: 'votes-twice' }, bounds);
    expect(broken.violation?.property).toBe('one leader per term');
    const replayed = simulate(scenario, broken.violation!.recipe);
    expect(replayed.verdicts.find((v) => v.property === 'one leader per term')?.holds).toBe(false);
  });
});

/** Handlers asked directly, as in the rules of figure 3.1. */
describe('rules', () => {
  const values = Object.fromEntries(
    Object.entries(params).map(([name, p]) => [name, p.read(p.default as never, name)]),
  ) as unknown as P;
  const here: Hand = {
    self: 'n1',
    peers: ['n2', 'n3'],
    part: () => ['n1', 'n2', 'n3'],
    params: values,
    clock: 1e6,
    uptime: 1e6,
    random: () => 0.5,
    between: (low, high) => Math.floor((low + high) / 2),
    draw: (d) => d.mean * 1000,
    unique: () => 1,
  };
  const protocol = raft();
  const entry = (term: number, serial: number): Entry => ({
    term,
    command: { kind: 'put', key: 'x', value: serial, client: 'c1', serial },
  });
  const base = { index: 0, term: 0, members: ['n1', 'n2', 'n3'], machine: emptyMachine };
  const follower = (term: number, terms: readonly number[], more: Partial<State> = {}): State => ({
    disk: { term, votedFor: null, log: new Log(base).append(terms.map((t, i) => entry(t, i + 1))) },
    role: { is: 'follower', leader: null },
    commit: 0,
    machine: emptyMachine,
    heard: null,
    seen: {},
    ...more,
  });
  /** what the kernel does with a message: `first`, then its handler, their effects in one list */
  const deliver = (state: State, message: Msg, from = 'n2') => {
    const [adopted, ...before] = protocol.first!(state, message, from, here);
    const handler = protocol.on[message.type] as (s: State, m: Msg, from: string, here: Hand) => unknown;
    const [next, ...after] = handler(adopted, message, from, here) as [State, ...Effect<Msg, string>[]];
    const effects = [...before, ...after] as Effect<Msg, string>[];
    return { next, effects, sent: effects.flatMap((e) => (e.do === 'send' ? [e.message] : [])) };
  };
  const terms = (s: State) => Array.from({ length: s.disk.log.lastIndex }, (_, i) => s.disk.log.term(i + 1));
  const append = (term: number, prev: [number, number], entries: readonly Entry[], commit = 0): Msg => ({
    type: entries.length > 0 ? 'AppendEntries' : 'Heartbeat',
    term,
    prevIndex: prev[0],
    prevTerm: prev[1],
    entries,
    commit,
    at: 1,
  });
  const answer = (sent: readonly Msg[]) => sent.find((m) => m.type === 'Appended') as Appended;

  it('a delayed shorter message does not undo a longer one', () => {
    const { next, sent } = deliver(follower(1, [1, 1, 1]), append(1, [0, 0], [entry(1, 1)]));
    expect(terms(next)).toEqual([1, 1, 1]);
    expect(answer(sent)).toMatchObject({ ok: true, index: 1 });
  });

  it('entries that conflict go, with all that follow them', () => {
    const { next } = deliver(follower(1, [1, 1, 1]), append(2, [1, 1], [entry(2, 9)]));
    expect(terms(next)).toEqual([1, 2]);
  });

  it('a gap or another term just before is refused, with where to try next', () => {
    expect(answer(deliver(follower(1, [1]), append(1, [3, 1], [entry(1, 4)])).sent)).toMatchObject({
      ok: false,
      hint: 1,
    });
    expect(answer(deliver(follower(2, [1, 1]), append(2, [2, 2], [entry(2, 3)])).sent)).toMatchObject({
      ok: false,
      hint: 1,
    });
  });

  it('commits no further than the message has shown to agree', () => {
    expect(deliver(follower(1, [1, 1, 1]), append(1, [1, 1], [], 3)).next.commit).toBe(1);
    expect(deliver(follower(1, [1, 1, 1]), append(1, [3, 1], [], 2)).next.commit).toBe(2);
  });

  it.each([
    { who: 'the same log', own: [1, 2], last: [2, 2], granted: true },
    { who: 'a shorter log of a later term', own: [1, 1, 1], last: [2, 2], granted: true },
    { who: 'a longer log of an older term', own: [1, 2], last: [5, 1], granted: false },
    { who: 'a shorter log of the same term', own: [1, 2, 2], last: [2, 2], granted: false },
  ])('a candidate with $who: vote $granted', ({ own, last, granted }) => {
    const ask: Msg = { type: 'RequestVote', term: 9, lastIndex: last[0]!, lastTerm: last[1]! };
    const { sent, next } = deliver(follower(8, own), ask);
    expect(sent).toEqual([{ type: 'Vote', term: 9, granted }]);
    expect(next.disk).toMatchObject({ term: 9, votedFor: granted ? 'n2' : null });
  });

  it('one vote a term, again to the same candidate, and durable before it is sent', () => {
    const ask: Msg = { type: 'RequestVote', term: 2, lastIndex: 0, lastTerm: 0 };
    const { next, effects } = deliver(follower(1, []), ask, 'n2');
    const order = effects.map((e) => e.do);
    expect(order.indexOf('save')).toBeLessThan(order.indexOf('send'));
    expect(deliver(next, ask, 'n3').sent).toEqual([{ type: 'Vote', term: 2, granted: false }]);
    expect(deliver(next, ask, 'n2').sent).toEqual([{ type: 'Vote', term: 2, granted: true }]);
  });

  it('only a vote given, or the current leader heard, resets the patience', () => {
    const resets = (state: State, m: Msg) =>
      deliver(state, m).effects.some((e) => e.do === 'set' && e.timer === 'election');
    expect(resets(follower(1, [1]), { type: 'RequestVote', term: 2, lastIndex: 0, lastTerm: 0 })).toBe(false);
    expect(resets(follower(1, []), { type: 'RequestVote', term: 2, lastIndex: 0, lastTerm: 0 })).toBe(true);
    expect(resets(follower(5, []), append(4, [0, 0], []))).toBe(false);
    expect(resets(follower(5, []), append(5, [0, 0], []))).toBe(true);
  });

  it('who hears a leader neither votes nor adopts the candidate’s term', () => {
    const hearing = follower(3, [], { heard: here.uptime - 100_000 });
    const { next, sent } = deliver(hearing, { type: 'RequestVote', term: 9, lastIndex: 9, lastTerm: 9 });
    expect([next.disk.term, sent]).toEqual([3, []]);
    const quiet = follower(3, [], { heard: here.uptime - 200_000 });
    expect(
      deliver(quiet, { type: 'RequestVote', term: 9, lastIndex: 9, lastTerm: 9 }).next.disk.votedFor,
    ).toBe('n2');
  });

  it('a pre-vote spends no term and is not given by who hears a leader', () => {
    const ask: Msg = { type: 'PreVote', term: 4, lastIndex: 0, lastTerm: 0 };
    const { next, sent } = deliver(follower(3, []), ask);
    expect(next.disk).toMatchObject({ term: 3, votedFor: null });
    expect(sent).toEqual([{ type: 'PreVoteAnswer', term: 3, to: 4, granted: true }]);
    expect(deliver(follower(3, [], { heard: here.uptime }), ask).sent).toMatchObject([{ granted: false }]);
  });
});

/** Logs share their arrays: nothing done to one may show in another. */
it('a log is what a plain list would be, whatever was made from it', () => {
  const plain = { base: 0, entries: [] as number[] };
  const step = fc.oneof(
    fc.record({ do: fc.constant('append' as const), n: fc.integer({ min: 0, max: 3 }), on: fc.nat(20) }),
    fc.record({ do: fc.constant('cut' as const), n: fc.nat(8), on: fc.nat(20) }),
    fc.record({ do: fc.constant('compact' as const), n: fc.nat(8), on: fc.nat(20) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const made = [{ log: new Log({ index: 0, term: 0, members: ['n1'], machine: emptyMachine }), plain }];
      let term = 0;
      for (const { do: what, n, on } of steps) {
        const from = made[on % made.length]!;
        const end = from.plain.base + from.plain.entries.length;
        if (what === 'append') {
          const more = Array.from({ length: n }, () => ++term);
          made.push({
            log: from.log.append(more.map((t) => ({ term: t, command: { kind: 'noop' } }))),
            plain: { base: from.plain.base, entries: [...from.plain.entries, ...more] },
          });
        } else {
          const index = Math.min(end, from.plain.base + n);
          const kept = index - from.plain.base;
          made.push(
            what === 'cut'
              ? {
                  log: from.log.cut(index),
                  plain: { base: from.plain.base, entries: from.plain.entries.slice(0, kept) },
                }
              : {
                  log: from.log.compact(index, emptyMachine),
                  plain: { base: index, entries: from.plain.entries.slice(kept) },
                },
          );
        }
      }
      for (const { log, plain: list } of made) {
        const { base, entries } = JSON.parse(JSON.stringify(log));
        expect(base.index).toBe(list.base);
        expect(entries.map((e: Entry) => e.term)).toEqual(list.entries);
        expect(log.lastIndex).toBe(list.base + list.entries.length);
        expect(log.from(list.base + 1, 100).map((e) => e.term)).toEqual(list.entries);
      }
    }),
    { numRuns: 200, seed: 3 },
  );
});
