import type { Meter, MetricInfo } from '../../src/sim/scenario.ts';
import { type P, phase2 } from './params.ts';
import { changedSlots, chosen, isPart, nothing, observe, type Seen } from './seen.ts';
import { NO_OP } from './state.ts';

/** What papers report of Paxos, and what a client feels. */

const sent: Readonly<Record<string, string>> = {
  Prepare: 'sent_prepare',
  Promise: 'sent_promise',
  Accept: 'sent_accept',
  Accepted: 'sent_accepted',
  Refused: 'sent_refused',
  Chosen: 'sent_chosen',
  Heartbeat: 'sent_heartbeat',
  Missing: 'sent_missing',
  Request: 'sent_client',
  Answer: 'sent_client',
  Refusal: 'sent_client',
};

const count = (what: string): MetricInfo => ({ unit: 'messages', what });

export const metrics: Readonly<Record<string, MetricInfo>> = {
  chosen_ms: {
    unit: 'ms',
    what: 'from the first Prepare until a quorum had accepted one ballot (first slot)',
  },
  learned_ms: { unit: 'ms', what: 'from the first Prepare until every learner knew the first choice' },
  ballots: { unit: 'ballots', what: 'ballots begun' },
  ballots_lost: { unit: 'ballots', what: 'ballots given up, refused or unanswered' },
  slots_chosen: { unit: 'slots', what: 'slots with a chosen value' },
  out_of_order: { unit: 'slots', what: 'slots chosen before one that precedes them' },
  no_ops: { unit: 'slots', what: 'slots a new leader filled with a no-op' },
  unavailable_ms: { unit: 'ms', what: 'from the crash of the leader until another one led' },
  put_ms: { unit: 'ms', what: 'what a client waited for a successful write, mean' },
  get_ms: { unit: 'ms', what: 'what a client waited for a successful read, mean' },
  ops_ok: { unit: 'operations', what: 'operations that succeeded' },
  ops_failed: { unit: 'operations', what: 'operations that certainly did not happen' },
  ops_unknown: { unit: 'operations', what: 'operations nobody can say of whether they happened' },
  messages: count('all messages sent'),
  messages_lost: count('messages that did not arrive'),
  sent_prepare: count('Prepare'),
  sent_promise: count('Promise'),
  sent_accept: count('Accept'),
  sent_accepted: count('Accepted, to proposers and learners'),
  sent_refused: count('Refused'),
  sent_chosen: count('Chosen'),
  sent_heartbeat: count('Heartbeat'),
  sent_missing: count('Missing'),
  sent_client: count('requests and answers of clients'),
};

export function meter(p: P): Meter {
  const figures: Record<string, number> = {};
  const add = (name: string, by = 1) => {
    figures[name] = (figures[name] ?? 0) + by;
  };
  const calls = new Map<number, { f: string; at: number }>();
  const waits = { put: [] as number[], get: [] as number[] };
  let seen: Seen = nothing;
  let begun: number | undefined;
  let lost: number | undefined;
  const ignorant = new Set(Array.from({ length: p.learners }, (_, i) => `l${i + 1}`));

  return {
    changed(node, before, after, world) {
      const old = seen;
      seen = observe(seen, node, before, after);
      for (const slot of changedSlots(old, seen)) {
        if (!chosen(seen, slot, phase2(p)) || chosen(old, slot, phase2(p))) continue;
        add('slots_chosen');
        if (slot === 1 && begun !== undefined) figures.chosen_ms = (world.now - begun) / 1000;
        for (let earlier = slot - 1; earlier > 0; earlier--)
          if (!chosen(seen, earlier, phase2(p))) {
            add('out_of_order');
            break;
          }
      }
      if (isPart(after, 'learner') && after.replica.log[1] && ignorant.delete(node) && ignorant.size === 0)
        if (begun !== undefined) figures.learned_ms = (world.now - begun) / 1000;
      if (isPart(after, 'proposer') && isPart(before, 'proposer') && after.lost > before.lost)
        add('ballots_lost', after.lost - before.lost);
      if (isPart(before, 'leader') && before.role === 'leading' && !after) lost ??= world.now;
      if (
        isPart(after, 'leader') &&
        after.role === 'leading' &&
        (before as typeof after).role !== 'leading'
      ) {
        add('no_ops', Object.values(after.flight).filter((f) => f.command.id === NO_OP.id).length);
        if (lost !== undefined) figures.unavailable_ms ??= (world.now - lost) / 1000;
      }
      for (const part of ['proposer', 'leader'] as const)
        if (isPart(after, part) && isPart(before, part) && after.ballot > before.ballot) {
          begun ??= world.now;
          add('ballots');
        }
      return undefined;
    },
    event(event) {
      if (event.kind === 'send') {
        add('messages');
        add(sent[event.type] ?? 'messages');
      } else if (event.kind === 'drop') add('messages_lost');
      else if (event.kind === 'invoke') calls.set(event.op, { f: event.f, at: event.at });
      else if (event.kind === 'return') {
        const call = calls.get(event.op);
        if (!call) return undefined;
        add(event.outcome === 'ok' ? 'ops_ok' : event.outcome === 'fail' ? 'ops_failed' : 'ops_unknown');
        if (event.outcome === 'ok') waits[call.f === 'get' ? 'get' : 'put'].push(event.at - call.at);
      }
      return undefined;
    },
    end() {
      for (const [f, times] of Object.entries(waits))
        if (times.length > 0) figures[`${f}_ms`] = times.reduce((sum, t) => sum + t, 0) / times.length / 1000;
      return figures;
    },
  };
}
