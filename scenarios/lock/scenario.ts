import { NO_LIES, scenario, type World } from '../../src/sim/scenario.ts';
import { CLIENT_RULES, client } from './client.ts';
import { generators } from './generators.ts';
import { footer, headline, span } from './headline.ts';
import { meter, metrics } from './meter.ts';
import { params } from './params.ts';
import { isClient, isServer, properties } from './properties.ts';
import { STORAGE } from './protocol.ts';
import { SERVER_RULES, type ServerState, server } from './server.ts';
import { STORAGE_RULES, storage } from './storage.ts';

const servers = (world: World): { id: string; state: ServerState }[] =>
  world.actors.flatMap(({ id }) => {
    const state: unknown = world.state(id);
    return isServer(state) ? [{ id, state }] : [];
  });

/** the leader of the highest ballot */
const leader = (world: World) =>
  servers(world)
    .filter((s) => s.state.role.is === 'leader')
    .sort((a, b) => b.state.disk.promised - a.state.disk.promised)[0]?.id;

const clients = (world: World, step?: string) =>
  world.actors.flatMap(({ id }) => {
    const state: unknown = world.state(id);
    return isClient(state) && state.lease && (step === undefined || state.job?.step === step) ? [id] : [];
  });

const CUT = {
  servers: 3,
  duration: 900,
  renew: true,
  lease: 240,
  rounds: 4,
  compute: 'uniform:30:50',
  retry: 60,
  heartbeat: 60,
  election: 'uniform:150:220',
};
const SPLIT = [
  {
    at: 110,
    fault: 'partition',
    groups: [
      ['@leader', '@holder'],
      ['@replica', '@replica', '@waiter'],
    ],
  },
  { at: 760, fault: 'heal' },
] as const;
const SLEEP = [
  { at: 60, fault: 'pause', nodes: ['@writing'] },
  { at: 340, fault: 'resume', nodes: ['@paused'] },
] as const;

export default scenario({
  id: 'lock',
  title: 'Distributed lock',
  summary:
    'Leases, pauses and fencing tokens: what a lock service can promise, and what only the storage can.',
  topic: 'clocks',
  sources: [
    'M. Kleppmann: How to do distributed locking, 2016, https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html',
    'M. Burrows: The Chubby Lock Service for Loosely-Coupled Distributed Systems, OSDI 2006',
    'C. Gray, D. Cheriton: Leases, SOSP 1989',
    'Amazon Builders’ Library: Leader election in distributed systems',
  ],
  params,
  check(p) {
    if (p.guard >= p.lease * (1 - p.margin))
      return `guard (${p.guard} ms) must be shorter than what is left of the lease (${p.lease} ms) after the margin, or no write is ever begun.`;
    if (p.election.mean <= 2 * p.heartbeat && p.servers > 1)
      return `election (${p.election.text} ms) must be more than two heartbeats (${p.heartbeat} ms each), or replicas give up on a healthy leader.`;
    const trip = 2 * p.latency.mean + 2 * p.disk.mean + (p.servers > 1 ? 2 * p.latency.mean : 0);
    if (p.retry <= trip)
      return `retry (${p.retry} ms) must be longer than a grant takes (about ${Math.ceil(trip)} ms), or a client gives up each request before its answer.`;
    if (p.servers === 1 && p.quorum === 'none')
      return 'quorum=none says that a backup takes over alone: it needs servers=2 or more.';
    return undefined;
  },
  presets: {
    'lease-expired-in-pause': {
      title: 'The holder sleeps through its lease',
      what: 'c1 looks at its clock, is paused before the write leaves, and wakes when the lock has gone to another. Nothing stops its write.',
      set: { fencing: false, lease: 180, rounds: 3, duration: 500 },
      faults: SLEEP,
      seed: 11,
    },
    'fencing-token': {
      title: 'The storage refuses the older token',
      what: 'The same pause. Every request carries the token of its grant, and the storage has seen a newer one.',
      set: { lease: 180, rounds: 3, duration: 500 },
      faults: SLEEP,
      seed: 11,
    },
    'split-brain': {
      title: 'A backup takes over without asking a majority',
      what: 'Cut off from each other, two servers lead and both give out the lock, with the same tokens: not even fencing helps.',
      set: { ...CUT, quorum: 'none' },
      faults: SPLIT,
      seed: 11,
    },
    majority: {
      title: 'The same cut, decided by majority',
      what: 'The leader that is cut off can prolong nothing. Its client stops by its own clock; the majority gives the lock on.',
      set: CUT,
      faults: SPLIT,
      seed: 11,
    },
    renewal: {
      title: 'Renewing, until the service is out of reach',
      what: 'The work takes longer than one lease. Renewed at every third it goes on; when renewals fail the holder stops before anybody else may start.',
      set: { renew: true, rounds: 12, duration: 800, think: 'uniform:20:40' },
      faults: [
        { at: 330, fault: 'cut', from: ['@holder'], to: ['l1'] },
        { at: 640, fault: 'heal' },
      ],
      seed: 11,
    },
    drift: {
      title: 'Clocks that do not run alike',
      what: 'Server clocks 5 % fast, client clocks 5 % slow, far beyond quartz. The holder gives away a margin of its lease, and that is enough.',
      set: { drift: 50000, margin: 0.1, lease: 240, rounds: 20, retry: 18, duration: 720 },
      seed: 11,
    },
    'server-restart': {
      title: 'The lock server restarts',
      what: 'Its disk knows the last token and holder, but not how long ago it said so: it waits a whole lease before it gives the lock on.',
      set: { duration: 720, lease: 220, think: 'uniform:20:40', rounds: 4 },
      faults: [
        { at: 90, fault: 'crash', nodes: ['l1'] },
        { at: 120, fault: 'restart', nodes: ['l1'] },
      ],
      seed: 11,
    },
    'holder-crash': {
      title: 'The holder dies',
      what: 'Nobody releases the lock. Without a lease it would be held for ever; with one, the next client waits for its end.',
      set: { duration: 600 },
      faults: [{ at: 80, fault: 'crash', nodes: ['@holder'] }],
      seed: 11,
    },
  },
  parts: { server: server(), storage: storage(), client: client() },
  actors: (p) => [
    ...Array.from({ length: p.servers }, (_, i) => ({ id: `l${i + 1}`, part: 'server' })),
    ...Array.from({ length: p.clients }, (_, i) => ({ id: `c${i + 1}`, part: 'client' })),
    { id: STORAGE, part: 'storage' },
  ],
  length: (p) => p.duration,
  network: (p) => ({ latency: p.latency, loss: p.loss, duplicate: p.duplicate, disk: p.disk }),
  targets: {
    leader,
    replica(world) {
      const lead = leader(world);
      return servers(world)
        .map((s) => s.id)
        .filter((id) => id !== lead);
    },
    holder: (world) => clients(world)[0],
    /** a client without the lock */
    waiter(world) {
      const holders = clients(world);
      return world.actors.filter((a) => a.part === 'client' && !holders.includes(a.id)).map((a) => a.id);
    },
    /** a holder between its look at the clock and its write */
    writing: (world) => clients(world, 'sending')[0],
  },
  withstands: NO_LIES,
  properties,
  twins: {
    'token-not-checked': {
      what: 'the storage gets the token and does not look at it',
      breaks: 'the storage refuses older tokens',
      parts: { storage: storage({ ...STORAGE_RULES, checksTokens: false }) },
      preset: 'fencing-token',
    },
    'reads-not-fenced': {
      what: 'only writes show the storage a token: a late write may slip in between another’s read and its first write',
      breaks: 'no update is lost',
      parts: { storage: storage({ ...STORAGE_RULES, fencesReads: false }) },
      preset: 'fencing-token',
      set: { rounds: 1, compute: 'uniform:60:90' },
    },
    'token-forgotten': {
      what: 'the lock server keeps the lock in memory only: after a restart tokens begin at 1 again',
      breaks: 'tokens only grow',
      parts: { server: server({ ...SERVER_RULES, remembersLock: false }) },
      preset: 'server-restart',
    },
    'no-waiting-out': {
      what: 'a lock server that has taken over gives the lock on at once',
      breaks: 'leases do not overlap',
      parts: { server: server({ ...SERVER_RULES, waitsOut: false }) },
      preset: 'server-restart',
    },
    'no-expiry': {
      what: 'a grant is for ever, until it is released',
      breaks: 'the lock becomes free again',
      parts: { server: server({ ...SERVER_RULES, expires: false }) },
      preset: 'holder-crash',
      set: { duration: 2000 },
    },
    'no-margin': {
      what: 'the holder uses its lease to the end, as if all clocks ran alike',
      breaks: 'leases do not overlap',
      parts: { client: client({ ...CLIENT_RULES, keepsMargin: false }) },
      preset: 'drift',
    },
    'counts-from-answer': {
      what: 'the holder counts its lease from when the grant arrived, not from when it asked',
      breaks: 'leases do not overlap',
      parts: { client: client({ ...CLIENT_RULES, countsFromAsking: false }) },
      preset: 'drift',
      set: { drift: 0, margin: 0, retry: 100, latency: 'mix:0.5*fixed:3+0.5*fixed:40' },
    },
    'never-looks': {
      what: 'the holder works on until it is done and never looks at the clock',
      breaks: 'leases do not overlap',
      parts: { client: client({ ...CLIENT_RULES, stopsInTime: false }) },
      preset: 'drift',
    },
  },
  metrics,
  meter,
  look: {
    lanes: ['server', 'client', 'storage'],
    states: {
      replica: { tone: 'quiet', legend: 'idle' },
      candidate: { tone: 'warm', legend: 'candidate' },
      free: { tone: 'second', legend: 'lock free' },
      held: { tone: 'strong', legend: 'lock given', stale: 'stale lock' },
      'lease over': { tone: 'faded', legend: 'lease over' },
      idle: { tone: 'quiet', legend: 'idle' },
      waits: { tone: 'warm', legend: 'waits' },
      holds: { tone: 'good', legend: 'has the lock', stale: 'believes it' },
      storage: { tone: 'quiet', legend: 'idle' },
      refused: { tone: 'odd', legend: 'refused a write' },
      'update lost': { tone: 'bad', legend: 'update lost' },
    },
    messages: {
      Acquire: { ink: 'quiet', legend: 'acquire' },
      Granted: { ink: 'grant', legend: 'granted' },
      Busy: { ink: 'quiet', legend: 'not now' },
      Renew: { ink: 'reply', legend: 'renew, release' },
      Renewed: { ink: 'reply', legend: 'renew, release' },
      Lost: { ink: 'bad', legend: 'lost' },
      Release: { ink: 'reply', legend: 'renew, release' },
      Elsewhere: { ink: 'quiet', legend: 'not now' },
      Read: { ink: 'quiet', legend: 'read, done' },
      Value: { ink: 'quiet', legend: 'read, done' },
      Write: { ink: 'data', legend: 'write' },
      Written: { ink: 'quiet', legend: 'read, done' },
      Fenced: { ink: 'bad', legend: 'refused' },
      Prepare: { ink: 'decide', legend: 'election' },
      Promise: { ink: 'decide', legend: 'election' },
      Accept: { ink: 'reply', legend: 'replication' },
      Accepted: { ink: 'reply', legend: 'replication' },
      Nack: { ink: 'quiet', legend: 'replication' },
      Heartbeat: { ink: 'quiet', legend: 'replication' },
    },
    headline,
    span,
    footer,
  },
  generators,
});
