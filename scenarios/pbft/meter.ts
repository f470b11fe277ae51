import type { Meter, MetricInfo } from '../../src/sim/scenario.ts';
import { isReplica, Traitors } from './watch.ts';

/** What papers report of PBFT: messages by phase, and what a client waits. */

const sent: Readonly<Record<string, string>> = {
  Request: 'sent_request',
  PrePrepare: 'sent_pre_prepare',
  Prepare: 'sent_prepare',
  Commit: 'sent_commit',
  Reply: 'sent_reply',
  Checkpoint: 'sent_checkpoint',
  ViewChange: 'sent_view_change',
  NewView: 'sent_new_view',
  Fetch: 'sent_state',
  State: 'sent_state',
};

const count = (what: string): MetricInfo => ({ unit: 'messages', what });

export const metrics: Readonly<Record<string, MetricInfo>> = {
  request_ms: { unit: 'ms', what: 'what a client waited until it could believe an answer, mean' },
  request_max_ms: { unit: 'ms', what: 'the longest of these waits' },
  ops_ok: { unit: 'operations', what: 'operations answered' },
  ops_open: { unit: 'operations', what: 'operations still waiting at the end' },
  executed: { unit: 'requests', what: 'numbers executed, by the replica that got furthest' },
  view_changes: { unit: 'views', what: 'views begun by honest replicas after the first' },
  view_change_ms: {
    unit: 'ms',
    what: 'from the first call for a new view until an honest replica began one',
  },
  agreement_messages: {
    unit: 'messages per request',
    what: 'pre-prepare, prepare and commit together, for each number executed; 2n(n-1) where nothing fails',
  },
  messages: count('all messages sent'),
  messages_lost: count('messages that did not arrive'),
  sent_request: count('requests of clients, repeated and passed on'),
  sent_pre_prepare: count('PrePrepare: n-1 a request'),
  sent_prepare: count('Prepare: (n-1)² a request'),
  sent_commit: count('Commit: n(n-1) a request'),
  sent_reply: count('Reply: n a request'),
  sent_checkpoint: count('Checkpoint'),
  sent_view_change: count('ViewChange'),
  sent_new_view: count('NewView'),
  sent_state: count('Fetch and State'),
};

export function meter(): Meter {
  const figures: Record<string, number> = {};
  const add = (name: string, by = 1) => {
    figures[name] = (figures[name] ?? 0) + by;
  };
  const open = new Map<number, number>();
  const waits: number[] = [];
  const began: Set<number> = new Set();
  const traitors = new Traitors();
  let asked: number | undefined;
  return {
    changed(node, before, after, world) {
      if (!isReplica(after) || traitors.has(node)) return undefined;
      if (after.executed > (figures.executed ?? 0)) figures.executed = after.executed;
      const entered = isReplica(before) && (before.mode === 'changing' || before.view < after.view);
      if (after.mode === 'changing' && !began.has(after.view)) asked ??= world.now;
      if (after.mode === 'normal' && entered && !began.has(after.view)) {
        began.add(after.view);
        if (asked !== undefined) figures.view_change_ms ??= (world.now - asked) / 1000;
        asked = undefined;
      }
      return undefined;
    },
    event(event) {
      traitors.hear(event);
      if (event.kind === 'send') {
        add('messages');
        add(sent[event.type] ?? 'messages');
      } else if (event.kind === 'drop') add('messages_lost');
      else if (event.kind === 'invoke') open.set(event.op, event.at);
      else if (event.kind === 'return') {
        const from = open.get(event.op);
        open.delete(event.op);
        if (from !== undefined) waits.push((event.at - from) / 1000);
      }
      return undefined;
    },
    end() {
      figures.ops_ok = waits.length;
      figures.ops_open = open.size;
      figures.view_changes = began.size;
      if (waits.length > 0) {
        figures.request_ms = waits.reduce((sum, w) => sum + w, 0) / waits.length;
        figures.request_max_ms = Math.max(...waits);
      }
      if (figures.executed) {
        const { sent_pre_prepare: first = 0, sent_prepare: second = 0, sent_commit: third = 0 } = figures;
        figures.agreement_messages = (first + second + third) / figures.executed;
      }
      return figures;
    },
  };
}
