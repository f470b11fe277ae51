import type { Meter, MetricInfo, World } from '../../src/sim/scenario.ts';
import type { P } from './params.ts';
import { isServer } from './safety.ts';
import type { State } from './state.ts';

/** What papers report of Raft, and what a client feels. */

const sent: Readonly<Record<string, string>> = {
  RequestVote: 'sent_request_vote',
  Vote: 'sent_vote',
  PreVote: 'sent_pre_vote',
  PreVoteAnswer: 'sent_pre_vote_answer',
  AppendEntries: 'sent_append_entries',
  Heartbeat: 'sent_heartbeat',
  Appended: 'sent_appended',
  InstallSnapshot: 'sent_install_snapshot',
  Request: 'sent_client',
  Answer: 'sent_client',
  Refusal: 'sent_client',
};

const count = (what: string): MetricInfo => ({ unit: 'messages', what });

export const metrics: Readonly<Record<string, MetricInfo>> = {
  leader_elected_ms: { unit: 'ms', what: 'from the start to the first leader' },
  unavailable_ms: {
    unit: 'ms',
    what: 'from the crash of the leader (or its being cut off from a majority) until the others have heard a new one',
  },
  terms_tried: {
    unit: 'terms',
    what: 'terms begun until there was a new leader after the loss of one; without a loss, until the first leader',
  },
  commit_ms: {
    unit: 'ms',
    what: 'from a leader appending an entry to its knowing that it is committed, mean',
  },
  put_ms: { unit: 'ms', what: 'what a client waited for a successful write, mean' },
  get_ms: { unit: 'ms', what: 'what a client waited for a successful read, mean' },
  ops_ok: { unit: 'operations', what: 'operations that succeeded' },
  ops_failed: { unit: 'operations', what: 'operations that certainly did not happen' },
  ops_unknown: { unit: 'operations', what: 'operations nobody can say of whether they happened' },
  messages: count('all messages sent'),
  messages_lost: count('messages that did not arrive'),
  sent_request_vote: count('RequestVote'),
  sent_vote: count('Vote'),
  sent_pre_vote: count('PreVote'),
  sent_pre_vote_answer: count('PreVoteAnswer'),
  sent_append_entries: count('AppendEntries with entries'),
  sent_heartbeat: count('AppendEntries without entries'),
  sent_appended: count('answers to AppendEntries and InstallSnapshot'),
  sent_install_snapshot: count('InstallSnapshot'),
  sent_client: count('requests and answers of clients'),
};

export function meter(params: P): Meter {
  const figures: Record<string, number> = {};
  const add = (name: string, by = 1) => {
    figures[name] = (figures[name] ?? 0) + by;
  };
  const calls = new Map<number, { f: string; at: number }>();
  const means = { put: new Mean(), get: new Mean(), commit: new Mean() };
  const firstTerm = params.logs === 'distinct' ? 1 : 0;
  /** when each entry of the current leader was appended */
  const appended = new Map<number, number>();
  let lost: { at: number; term: number; waiting: Set<string> } | undefined;

  const lose = (leader: string, term: number, world: World, others: readonly string[]) => {
    if (lost) return;
    lost = { at: world.now, term, waiting: new Set(others.filter((id) => id !== leader && world.up(id))) };
  };

  return {
    changed(node, before: State | undefined, after: State | undefined, world) {
      if (!isServer(before ?? after)) return undefined;
      if (!after) {
        if (before?.role.is === 'leader') lose(node, before.disk.term, world, before.disk.log.members);
        lost?.waiting.delete(node);
        return undefined;
      }
      const leads = after.role.is === 'leader';
      if (leads && before?.role.is !== 'leader') {
        appended.clear();
        const { term } = after.disk;
        if (figures.leader_elected_ms === undefined) {
          figures.leader_elected_ms = world.now / 1000;
          figures.terms_tried = term - firstTerm;
        }
      }
      if (leads) {
        const { lastIndex } = after.disk.log;
        for (let i = Math.max(before?.disk.log.lastIndex ?? 0, after.commit) + 1; i <= lastIndex; i++)
          appended.set(i, world.now);
        for (let i = (before?.commit ?? after.commit) + 1; i <= after.commit; i++) {
          const at = appended.get(i);
          if (at !== undefined) means.commit.add(world.now - at);
          appended.delete(i);
        }
      }
      if (lost && figures.unavailable_ms === undefined && after.disk.term > lost.term) {
        if (leads || (after.role.is === 'follower' && after.role.leader !== null)) lost.waiting.delete(node);
        if (leads) figures.terms_tried = after.disk.term - lost.term;
        if (lost.waiting.size === 0) figures.unavailable_ms = (world.now - lost.at) / 1000;
      }
      return undefined;
    },
    listens: ['invoke', 'return', 'fault'],
    event(event, world) {
      switch (event.kind) {
        case 'invoke':
          calls.set(event.op, { f: event.f, at: event.at });
          break;
        case 'return': {
          const call = calls.get(event.op);
          calls.delete(event.op);
          if (!call || (call.f !== 'put' && call.f !== 'get')) break;
          add(event.outcome === 'ok' ? 'ops_ok' : event.outcome === 'fail' ? 'ops_failed' : 'ops_unknown');
          if (event.outcome === 'ok') means[call.f].add(event.at - call.at);
          break;
        }
        case 'fault':
          if (event.fault === 'partition') {
            const cut = cutOff(event.groups, world);
            if (cut) lose(cut.leader, cut.term, world, cut.others);
          }
          break;
      }
      return undefined;
    },
    end(world) {
      for (const [type, number] of world.traffic.sent) {
        add('messages', number);
        add(sent[type] ?? 'messages_other', number);
      }
      if (world.traffic.lost > 0) add('messages_lost', world.traffic.lost);
      for (const [name, mean] of Object.entries(means))
        if (mean.count > 0) figures[`${name}_ms`] = mean.value / 1000;
      return figures;
    },
  };
}

/** The leader that this partition leaves with less than half of the members, and those on another side. */
function cutOff(groups: readonly (readonly string[])[], world: World) {
  for (const group of groups)
    for (const id of group) {
      const state: unknown = world.state(id);
      if (!isServer(state) || state.role.is !== 'leader') continue;
      const { members } = state.disk.log;
      const elsewhere = groups.filter((g) => g !== group).flat();
      const others = members.filter((member) => elsewhere.includes(member));
      if (others.length * 2 > members.length) return { leader: id, term: state.disk.term, others };
    }
  return undefined;
}

class Mean {
  count = 0;
  #sum = 0;
  add(value: number): void {
    this.count++;
    this.#sum += value;
  }
  get value(): number {
    return this.#sum / this.count;
  }
}
