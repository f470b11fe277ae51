import type { Look, Run } from '../../src/sim/scenario.ts';
import { TraceBuilder, verdict } from './trace.ts';

/** Raft as a picture knows it. */
export const raftLook: Partial<Look<unknown>> = {
  states: {
    follower: { tone: 'quiet' },
    candidate: { tone: 'warm' },
    leader: { tone: 'strong', stale: 'stale leader' },
  },
  messages: {
    RequestVote: { ink: 'ask', legend: 'vote request' },
    Vote: { ink: 'grant', legend: 'vote' },
    Append: { ink: 'data', legend: 'append' },
    Heartbeat: { ink: 'quiet', legend: 'heartbeat' },
    Reply: { ink: 'reply', legend: 'reply' },
  },
};

const servers = (n: number) => Array.from({ length: n }, (_, i) => `n${i + 1}`);
const spread = (i: number) => 8 + ((i * 7) % 9);

/** An election, then a leader's heartbeats and appends until `to`. */
function reign(
  t: TraceBuilder,
  nodes: readonly string[],
  leader: string,
  term: number,
  from: number,
  to: number,
  reached: (node: string, at: number) => boolean = () => true,
): void {
  const others = nodes.filter((node) => node !== leader);
  t.state(from, leader, 'candidate', `term ${term}`).note(from, leader, `stands for term ${term}`);
  others.forEach((node, i) => {
    const why = reached(node, from) ? undefined : ('partition' as const);
    t.message(from + i, leader, node, 'RequestVote', spread(i) / (why ? 2 : 1), { why });
    if (!why) t.message(from + i + spread(i), node, leader, 'Vote', spread(i + 1));
  });
  const leads = from + 32;
  t.state(leads, leader, 'leader', `term ${term}`);
  for (let at = leads, beat = 0; at < to; at += 48, beat++)
    others.forEach((node, i) => {
      const why = reached(node, at) ? undefined : ('partition' as const);
      const data = beat % 3 === 2;
      t.message(at + i, leader, node, data ? 'Append' : 'Heartbeat', spread(i + beat) / (why ? 2 : 1), {
        why,
      });
      if (!why && at + 30 < to)
        t.message(at + i + spread(i + beat), node, leader, 'Reply', spread(i + beat + 3));
    });
}

/** Five servers, a partition that strands the leader in the minority, clients. */
export function partitionRun(): Run {
  const nodes = servers(5);
  const t = new TraceBuilder();
  const minority = ['n1', 'n2'];
  for (const node of nodes) t.state(0, node, 'follower', 'term 0');
  reign(t, nodes, 'n2', 1, 162, 790, (node, at) => at < 430 || at > 760 || minority.includes(node));
  t.fault(430, { fault: 'partition', nodes, groups: [minority, ['n3', 'n4', 'n5']] });
  reign(t, nodes, 'n4', 2, 595, 1000, (node, at) => at > 760 || !minority.includes(node));
  t.fault(760, { fault: 'heal', nodes: [] });
  t.state(798, 'n2', 'follower', 'term 2');
  t.operation(60, 'c1', 'put', 160, { value: 1, outcome: 'fail' });
  t.operation(330, 'c1', 'get', 38, { answer: null });
  t.operation(620, 'c1', 'get', 158, { outcome: 'unknown' });
  t.operation(908, 'c1', 'get', 40, { answer: 3 });
  t.operation(172, 'c2', 'put', 158, { value: 2, outcome: 'fail' });
  t.operation(420, 'c2', 'get', 158, { outcome: 'unknown' });
  t.operation(630, 'c2', 'get', 45, { answer: null });
  t.operation(850, 'c2', 'put', 28, { value: 3 });
  return t.run({
    nodes,
    clients: ['c1', 'c2'],
    lengthMs: 1000,
    title: 'Raft',
    look: {
      ...raftLook,
      headline: () => 'Raft: the majority elects a new leader',
      span: () => ({ from: 430_000, to: 627_000, label: '197 ms to a new leader' }),
      footer: 'Membership is fixed; snapshots are left out. Ongaro & Ousterhout 2014.',
    },
    verdicts: [verdict('election safety'), verdict('leader completeness')],
  });
}

/** The same cluster and seed without a partition: the leader crashes, and one client fewer is left waiting. */
export function crashRun(): Run {
  const nodes = servers(5);
  const t = new TraceBuilder();
  for (const node of nodes) t.state(0, node, 'follower', 'term 0');
  reign(t, nodes, 'n2', 1, 162, 430);
  t.fault(430, { fault: 'crash', nodes: ['n2'] });
  t.fault(830, { fault: 'restart', nodes: ['n2'] });
  reign(t, nodes, 'n5', 2, 640, 1000, (node, at) => node !== 'n2' || at > 830);
  t.operation(60, 'c1', 'put', 160, { value: 1, outcome: 'fail' });
  t.operation(330, 'c1', 'get', 38, { answer: null });
  t.operation(620, 'c1', 'get', 90, { answer: null });
  t.operation(908, 'c1', 'put', 40, { value: 3 });
  t.operation(172, 'c2', 'put', 158, { value: 2, outcome: 'fail' });
  t.operation(420, 'c2', 'get', 158, { outcome: 'unknown' });
  const run = t.run({
    nodes,
    clients: ['c1', 'c2'],
    lengthMs: 1000,
    title: 'Raft',
    look: {
      ...raftLook,
      headline: () => 'n5 takes over 242 ms after the crash',
      span: () => ({ from: 430_000, to: 672_000, label: '242 ms to a new leader' }),
      footer: 'Membership is fixed; snapshots are left out. Ongaro & Ousterhout 2014.',
    },
    verdicts: [verdict('election safety'), verdict('leader completeness')],
  });
  return { ...run, recipe: { ...run.recipe, preset: 'crash' } };
}

/** Clients that disagree, and a verdict that says which of their operations cannot all be. */
export function staleRead(more: readonly string[] = []): Run {
  const t = new TraceBuilder();
  t.operation(10, 'c1', 'put', 60, { value: 1 });
  t.operation(100, 'c2', 'put', 60, { value: 2 });
  t.operation(200, 'c1', 'get', 30, { answer: 2 });
  t.operation(210, 'c3', 'get', 40, { answer: 1 });
  for (const client of more) t.operation(5, client, 'get', 20, { answer: null });
  return t.run({
    nodes: ['n1'],
    clients: [...more, 'c1', 'c2', 'c3'],
    lengthMs: 300,
    verdicts: [
      verdict('no data lost', false, { at: 300_000 }),
      verdict('linearizable', false, {
        at: 300_000,
        ops: [1, 2, 4],
        detail: 'c3 get x → 1, although c2 put x 2 had returned before: a stale read.',
      }),
    ],
  });
}

/** Four nodes and one of everything else: crash, pause, slow disk, loss, byzantine, tracks, a violation. */
export function faultsRun(): Run {
  const nodes = servers(4);
  const t = new TraceBuilder();
  reign(t, nodes, 'n1', 1, 40, 400);
  t.fault(400, { fault: 'crash', nodes: ['n1'] });
  t.message(405, 'n2', 'n1', 'Append', 12, { why: 'crashed' });
  t.fault(700, { fault: 'restart', nodes: ['n1'] });
  t.fault(300, { fault: 'pause', nodes: ['n3'] }).fault(520, { fault: 'resume', nodes: ['n3'] });
  t.fault(100, { fault: 'slow-disk', nodes: ['n2'], delay: 'fixed:20' });
  t.fault(560, { fault: 'loss', nodes: [], rate: 0.1 }).fault(820, { fault: 'loss', nodes: [], rate: 0 });
  t.fault(850, { fault: 'byzantine', nodes: ['n4'], behaviour: 'equivocate' });
  reign(t, nodes, 'n2', 2, 600, 980, (node, at) => node !== 'n1' || at > 700);
  t.message(612, 'n2', 'n4', 'Append', 6, { why: 'loss' });
  t.message(880, 'n4', 'n3', 'Append', 4, { why: 'silenced' });
  for (let at = 0; at <= 1000; at += 20) {
    t.sample(at, 'queue', Math.round(20 + 18 * Math.sin(at / 90)));
    t.sample(at, 'running', Math.min(30, Math.round(at / 25)));
  }
  t.operation(500, 'c1', 'cas', 4, { value: [1, 2], outcome: 'fail' }).operation(940, 'c1', 'put', null, {
    value: 9,
  });
  return t.run({
    nodes,
    clients: ['c1'],
    lengthMs: 1000,
    params: { concurrency: 35 },
    look: {
      ...raftLook,
      tracks: [
        {
          title: 'Concurrency',
          unit: 'executions',
          series: [
            { name: 'running', legend: 'running', tone: 'strong', as: 'step' },
            { name: 'queue', legend: 'queued', tone: 'warm', as: 'area' },
          ],
          limit: { legend: 'limit', param: 'concurrency' },
        },
      ],
      headline: () => 'Everything at once',
    },
    verdicts: [
      verdict('linearizable', false, { at: 640_000, promised: false }),
      verdict('progress', true, { kind: 'eventually' }),
    ],
  });
}
