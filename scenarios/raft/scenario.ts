import { parseDistribution } from '../../src/sim/chance.ts';
import { client } from '../../src/sim/client.ts';
import { NO_LIES, scenario, type World } from '../../src/sim/scenario.ts';
import { generators } from './generators.ts';
import { footer, headline, span } from './headline.ts';
import { meter, metrics } from './meter.ts';
import { minimumTimeout, type P, params } from './params.ts';
import { presets } from './presets.ts';
import { properties } from './properties.ts';
import { raft } from './protocol.ts';
import { isServer } from './safety.ts';
import type { State } from './state.ts';
import { twins } from './twins.ts';

const KEYS = ['x', 'y', 'z', 'u', 'v'];

/** Puts and gets on a few registers, at a pace a reader can follow. */
const clients = client<P>({
  servers: (here) => here.part('server').slice(0, here.params.nodes),
  pause: (p) => p.think,
  retryMs: (p) => p.retry,
  patienceMs: (p) => p.patience,
  ask(here, _n, op) {
    const key = KEYS[here.between(0, here.params.keys - 1)]!;
    const reader = Number(here.self.slice(1)) <= here.params.readers;
    const writes = !reader && here.random() < here.params.writes;
    return writes ? { f: 'put', key, value: op } : { f: 'get', key, value: null };
  },
});

/** The operator changes the membership one server at a time, and asks until it is done. */
const operator = client<P>({
  servers: (here) => here.part('server').slice(0, here.params.nodes),
  pause: (p) => parseDistribution(`fixed:${p.changeAt > 0 ? p.changeAt : 0.001}`),
  retryMs: (p) => p.retry,
  patienceMs: (p) => p.duration,
  ask(here, n) {
    const { change, nodes, spare } = here.params;
    if (change === 'grow' && n < spare) return { f: 'add', key: 'members', value: `n${nodes + 1 + n}` };
    if (change === 'remove-leader' && n === 0) return { f: 'remove', key: 'members', value: 'n1' };
    return undefined;
  },
});

const servers = (world: World): { id: string; state: State }[] =>
  world.actors.flatMap(({ id }) => {
    const state: unknown = world.state(id);
    return isServer(state) ? [{ id, state }] : [];
  });

/** the leader of the highest term: an older one may not know yet */
function leader(world: World): string | undefined {
  let best: { id: string; state: State } | undefined;
  for (const s of servers(world))
    if (s.state.role.is === 'leader' && s.state.disk.term > (best?.state.disk.term ?? -1)) best = s;
  return best?.id;
}

function isExposed(s: State): boolean {
  if (s.role.is !== 'leader') return false;
  const held = [s.disk.log.lastIndex, ...s.role.peers.map((p) => p.match)].sort((a, b) => b - a);
  const term = s.disk.log.term(held[Math.floor(held.length / 2)] ?? 0);
  return term !== undefined && term > 0 && term < s.disk.term;
}

export default scenario({
  id: 'raft',
  title: 'Raft',
  summary: 'Consensus by a leader and a replicated log: elections, repair, membership, snapshots, reads.',
  topic: 'consensus',
  sources: [
    'Ongaro, Consensus: Bridging Theory and Practice (dissertation, Stanford, 2014)',
    'Ongaro & Ousterhout, In Search of an Understandable Consensus Algorithm (USENIX ATC 2014)',
  ],
  params,
  check(p) {
    if (p.heartbeat >= p.electionTimeout.mean)
      return `heartbeat (${p.heartbeat} ms) must be shorter than the election timeout (${p.electionTimeout.text} ms), or followers give up on a healthy leader; try heartbeat=${Math.max(1, Math.round(minimumTimeout(p) / 3000) || Math.floor(p.electionTimeout.mean / 4))}.`;
    if (p.change === 'grow' && p.spare === 0)
      return 'change=grow needs servers to add: set spare to 1 or more.';
    if (p.change === 'remove-leader' && p.nodes < 2)
      return 'change=remove-leader needs at least 2 nodes, or nobody is left.';
    return undefined;
  },
  presets,
  parts: { server: raft(), client: clients, operator },
  actors: (p) => [
    ...Array.from({ length: p.nodes + p.spare }, (_, i) => ({ id: `n${i + 1}`, part: 'server' })),
    ...Array.from({ length: p.clients }, (_, i) => ({ id: `c${i + 1}`, part: 'client' })),
    ...(p.change === 'none' ? [] : [{ id: 'operator', part: 'operator' }]),
  ],
  length: (p) => p.duration,
  network: (p) => ({ latency: p.latency, loss: p.loss, duplicate: p.duplicate, disk: p.fsync }),
  targets: {
    leader,
    follower: (world) => {
      const lead = leader(world);
      return servers(world)
        .map((s) => s.id)
        .filter((id) => id !== lead);
    },
    /** a leader with an entry of an older term on a majority: figure 8's moment */
    exposed: (world) => servers(world).find((s) => isExposed(s.state))?.id,
    /** the server whose log is most like that leader's */
    partner: (world) => {
      const exposed = servers(world).find((s) => isExposed(s.state));
      if (!exposed) return undefined;
      const { lastTerm } = exposed.state.disk.log;
      return servers(world)
        .filter((s) => s !== exposed && s.state.disk.log.lastTerm === lastTerm)
        .map((s) => s.id);
    },
    /** a server that voted in an election under way */
    voter: (world) =>
      servers(world).find(
        ({ state: { role, disk } }) =>
          role.is === 'follower' && role.leader === null && disk.votedFor !== null,
      )?.id,
    candidate: (world) => servers(world).find((s) => s.state.role.is === 'candidate')?.id,
  },
  // A client's own affairs, a heartbeat heard, a leader's count of who has what: nothing is applied, written or won.
  quiet: (before: unknown, after: unknown) =>
    !isServer(before) ||
    !isServer(after) ||
    (before.disk === after.disk &&
      before.commit === after.commit &&
      before.machine === after.machine &&
      (before.role === after.role || (before.role.is === 'leader' && after.role.is === 'leader'))),
  withstands: NO_LIES,
  properties,
  twins,
  metrics,
  meter,
  look: {
    lanes: ['server'],
    states: {
      follower: { tone: 'quiet', legend: 'follower' },
      candidate: { tone: 'warm', legend: 'candidate' },
      leader: { tone: 'strong', legend: 'leader', stale: 'stale leader' },
    },
    messages: {
      RequestVote: { ink: 'ask', legend: 'vote request' },
      Vote: { ink: 'grant', legend: 'vote' },
      PreVote: { ink: 'ask', legend: 'pre-vote request' },
      PreVoteAnswer: { ink: 'grant', legend: 'pre-vote' },
      AppendEntries: { ink: 'data', legend: 'append' },
      Heartbeat: { ink: 'quiet', legend: 'heartbeat' },
      Appended: { ink: 'reply', legend: 'reply' },
      InstallSnapshot: { ink: 'decide', legend: 'snapshot' },
      Request: { ink: 'reply', legend: 'client' },
      Answer: { ink: 'reply', legend: 'client' },
      Refusal: { ink: 'reply', legend: 'client' },
    },
    headline,
    span,
    footer,
  },
  generators,
});
