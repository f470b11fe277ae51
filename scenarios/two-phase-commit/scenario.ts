import { NO_LIES, scenario, type World } from '../../src/sim/scenario.ts';
import { application, reader } from './clients.ts';
import { COORDINATOR_RULES, coordinator } from './coordinator.ts';
import { generators } from './generators.ts';
import { footer, headline, span, window } from './headline.ts';
import { meter, metrics } from './meter.ts';
import { params } from './params.ts';
import { PARTICIPANT_RULES, participant, type Stage } from './participant.ts';
import { isCoordinator, isParticipant, properties } from './properties.ts';
import { COORDINATOR } from './protocol.ts';

const branches = (world: World, is: Stage) =>
  world.actors.flatMap(({ id }) => {
    const state: unknown = world.state(id);
    if (!isParticipant(state)) return [];
    return Object.keys(state.branches)
      .filter((tx) => state.branches[tx]!.is === is)
      .map((tx) => ({ id, tx }));
  });

const transactions = (world: World) => {
  const state: unknown = world.state(COORDINATOR);
  return isCoordinator(state) ? Object.entries(state.transactions) : [];
};

export default scenario({
  id: 'two-phase-commit',
  title: 'Two-phase commit',
  summary:
    'One transaction over several databases: votes, forced writes, and why a yes-voter can be blocked.',
  topic: 'consensus',
  sources: [
    'J. Gray: Notes on Data Base Operating Systems, 1978, section 5.8.3',
    'P. Bernstein, V. Hadzilacos, N. Goodman: Concurrency Control and Recovery in Database Systems, 1987, ch. 7',
    'C. Mohan, B. Lindsay, R. Obermarck: Transaction Management in the R* Distributed Database Management System, TODS 1986',
    'D. Skeen: Nonblocking Commit Protocols, SIGMOD 1981',
  ],
  params,
  check(p) {
    if (p.refuse > p.participants)
      return `refuse=${p.refuse} names a participant that does not exist: there are ${p.participants}.`;
    return undefined;
  },
  presets: {
    commit: {
      title: 'Everybody votes yes',
      what: 'Watch the order: vote on disk, then the yes; decision on disk, then the commit. Four messages a participant.',
    },
    abort: {
      title: 'One participant votes no',
      what: 'One no is enough. The yes-voters hear it and release their rows; with presumed abort nobody has to write it.',
      set: { refuse: 2 },
    },
    'coordinator-crash': {
      title: 'The coordinator dies while it writes its decision',
      what: 'All have voted yes and nobody knows the outcome: they ask, hold their locks and wait until it is back.',
      set: { duration: 740, disk: 'uniform:6:9' },
      faults: [
        { at: 0, fault: 'crash', nodes: ['@undecided'] },
        { at: 340, fault: 'restart', nodes: [COORDINATOR] },
      ],
    },
    'participant-timeout': {
      title: 'One is never asked, two wait',
      what: 'The request to vote does not reach one participant. It may abort alone, since it has promised nothing; the others may not.',
      set: { duration: 460 },
      faults: [
        { at: 0, fault: 'cut', from: [COORDINATOR], to: ['@unasked'] },
        { at: 190, fault: 'heal' },
      ],
    },
    'participant-crash': {
      title: 'A participant dies after its yes',
      what: 'It comes back, finds its yes in the log, takes its lock again and asks what was decided.',
      set: { duration: 520 },
      faults: [
        { at: 0, fault: 'crash', nodes: ['@doubtful'] },
        { at: 150, fault: 'restart', nodes: ['@crashed'] },
      ],
    },
    'cooperative-termination': {
      title: 'The coordinator dies, but somebody knows',
      what: 'The decision reached all but one before the coordinator died. The one in doubt asks the others and need not wait.',
      set: { cooperative: true, duration: 640 },
      faults: [
        { at: 0, fault: 'cut', from: [COORDINATOR], to: ['@doubtful'] },
        { at: 1, fault: 'crash', nodes: ['@decided'] },
        { at: 340, fault: 'heal' },
        { at: 340, fault: 'restart', nodes: [COORDINATOR] },
      ],
    },
    deadlock: {
      title: 'Two transactions wait for each other',
      what: 'Each holds a row the other needs, at different databases. Nobody sees the whole circle, so a timeout has to break it.',
      set: { clients: 2, readers: 0, transactions: 2, think: 'uniform:10:16', duration: 560 },
      seed: 4,
    },
  },
  parts: { coordinator: coordinator(), participant: participant(), application, reader },
  actors: (p) => [
    { id: COORDINATOR, part: 'coordinator' },
    ...Array.from({ length: p.participants }, (_, i) => ({ id: `p${i + 1}`, part: 'participant' })),
    ...Array.from({ length: p.clients }, (_, i) => ({ id: `c${i + 1}`, part: 'application' })),
    ...Array.from({ length: p.readers }, (_, i) => ({ id: `r${i + 1}`, part: 'reader' })),
  ],
  length: (p) => p.duration,
  network: (p) => ({ latency: p.latency, loss: p.loss, duplicate: p.duplicate, disk: p.disk }),
  targets: {
    coordinator: () => COORDINATOR,
    /** the coordinator while it has every yes and its decision is not on disk yet */
    undecided: (world) =>
      transactions(world).some(([, t]) => t.phase === 'committing') ? COORDINATOR : undefined,
    /** the coordinator while it has decided to commit and somebody has not heard */
    decided(world) {
      const promised = branches(world, 'prepared');
      const found = transactions(world).some(
        ([tx, t]) => t.phase === 'committed' && promised.some((b) => b.tx === tx),
      );
      return found ? COORDINATOR : undefined;
    },
    /** participants that have done their work and have not been asked to vote */
    unasked: (world) => branches(world, 'ready').map((b) => b.id),
    doubtful: (world) => branches(world, 'prepared').map((b) => b.id),
  },
  withstands: NO_LIES,
  properties,
  twins: {
    impatient: {
      what: 'a participant that voted yes aborts alone when the decision does not come',
      breaks: 'a yes-voter never aborts alone',
      parts: { participant: participant({ ...PARTICIPANT_RULES, inDoubt: 'abort' }) },
      preset: 'coordinator-crash',
    },
    hopeful: {
      what: 'a participant that voted yes commits when the decision does not come: everybody surely agreed',
      breaks: 'atomicity',
      parts: { participant: participant({ ...PARTICIPANT_RULES, inDoubt: 'commit' }) },
      preset: 'participant-timeout',
    },
    silent: {
      what: 'a participant in doubt never asks',
      breaks: 'decided once everybody is up',
      parts: { participant: participant({ ...PARTICIPANT_RULES, inDoubt: 'wait' }) },
      preset: 'coordinator-crash',
    },
    'vote-not-forced': {
      what: 'the yes is said before it is on disk',
      breaks: 'commit needs every yes',
      parts: { participant: participant({ ...PARTICIPANT_RULES, forcesVote: false }) },
      preset: 'participant-crash',
    },
    'acks-too-soon': {
      what: 'a commit is acknowledged before it is on disk',
      breaks: 'a commit is remembered until it is everywhere',
      parts: { participant: participant({ ...PARTICIPANT_RULES, forcesCommit: false }) },
      preset: 'commit',
    },
    'unlocks-too-soon': {
      what: 'the row is unlocked at the vote, not at the decision',
      breaks: 'only committed data is read',
      parts: { participant: participant({ ...PARTICIPANT_RULES, keepsLock: false }) },
      preset: 'coordinator-crash',
    },
    'decision-not-forced': {
      what: 'the coordinator tells its decision without having written it',
      breaks: 'atomicity',
      parts: { coordinator: coordinator({ ...COORDINATOR_RULES, forcesDecision: false }) },
      preset: 'cooperative-termination',
      set: { cooperative: false },
    },
    'silence-is-consent': {
      what: 'votes that do not come in time count as yes',
      breaks: 'commit needs every yes',
      parts: { coordinator: coordinator({ ...COORDINATOR_RULES, onSilence: 'commit' }) },
      preset: 'participant-timeout',
    },
    'majority-rules': {
      what: 'more than half of the votes are enough, as in consensus',
      breaks: 'commit needs every yes',
      parts: {
        coordinator: coordinator({ ...COORDINATOR_RULES, enough: (votes, all) => votes * 2 > all }),
      },
      preset: 'participant-timeout',
    },
    'forgets-too-soon': {
      what: 'the coordinator forgets a commit as soon as it has told it',
      breaks: 'atomicity',
      parts: { coordinator: coordinator({ ...COORDINATOR_RULES, waitsForAcks: false }) },
      preset: 'participant-crash',
    },
    'answers-too-soon': {
      what: 'the client is told “committed” before the decision is on disk',
      breaks: 'clients are told the truth',
      parts: { coordinator: coordinator({ ...COORDINATOR_RULES, answersAfterForce: false }) },
      preset: 'coordinator-crash',
    },
  },
  metrics,
  meter,
  look: {
    lanes: ['coordinator', 'participant'],
    states: {
      idle: { tone: 'quiet', legend: 'idle' },
      working: { tone: 'second', legend: 'working' },
      voting: { tone: 'strong', legend: 'collects votes' },
      deciding: { tone: 'strong', legend: 'collects votes' },
      'in doubt': { tone: 'warm', legend: 'in doubt, locked' },
      committed: { tone: 'good', legend: 'committed' },
      aborted: { tone: 'bad', legend: 'aborted' },
    },
    messages: {
      Work: { ink: 'quiet', legend: 'work' },
      Worked: { ink: 'quiet', legend: 'work' },
      Prepare: { ink: 'ask', legend: 'prepare' },
      Yes: { ink: 'grant', legend: 'yes' },
      No: { ink: 'bad', legend: 'no' },
      Commit: { ink: 'decide', legend: 'commit' },
      Abort: { ink: 'bad', legend: 'abort' },
      Ack: { ink: 'reply', legend: 'ack' },
      Inquire: { ink: 'data', legend: 'what was decided?' },
      Unsure: { ink: 'quiet', legend: 'in doubt too' },
      Request: { ink: 'quiet', legend: 'client' },
      Answer: { ink: 'quiet', legend: 'client' },
      Refusal: { ink: 'quiet', legend: 'client' },
    },
    headline,
    span,
    window,
    footer,
  },
  generators,
});
