import type { Meter, MetricInfo } from '../../src/sim/scenario.ts';
import type { QueueState } from './held.ts';
import { GROUPS, type P } from './params.ts';
import { asQueue, asStore, Reader } from './properties.ts';

export const metrics = {
  sent: { unit: 'messages', what: 'messages stored on the queue' },
  processed: { unit: 'messages', what: 'messages whose effect was applied at least once' },
  receives: { unit: 'receives', what: 'times a message was handed to a consumer' },
  redelivered_share: {
    unit: 'share',
    what: 'receives whose visibility timeout ran out before the delete, of those that ended',
  },
  duplicates: { unit: 'effects', what: 'effects applied beyond the first of each message' },
  absorbed: { unit: 'effects', what: 'repeated effects that a conditional write turned away' },
  dlq: { unit: 'messages', what: 'messages in the dead-letter queue at the end' },
  backlog_max: { unit: 'messages', what: 'most messages waiting to be received' },
  latency_ms: { unit: 'ms', what: 'mean time from being stored to the first effect' },
  latency_max_ms: { unit: 'ms', what: 'longest time from being stored to the first effect' },
  wait_max_ms: { unit: 'ms', what: 'longest time from being stored to the first receive' },
  noisy_wait_max_ms: { unit: 'ms', what: 'the same, of tenant A, who floods the queue' },
  quiet_wait_max_ms: { unit: 'ms', what: 'the same, of the other tenants' },
} as const satisfies Record<string, MetricInfo>;

/** The longest waits before a first receive, ms. */
class Waits {
  #noisy = 0;
  #quiet = 0;

  see(before: QueueState | undefined, after: QueueState): void {
    if (before?.receipts === after.receipts) return;
    for (const m of after.messages) {
      if (m.receives !== 1) continue;
      const ms = (m.receivedAt - m.sentAt) / 1000;
      if (m.body.group === GROUPS[0]) this.#noisy = Math.max(this.#noisy, ms);
      else this.#quiet = Math.max(this.#quiet, ms);
    }
  }

  metrics(p: P): Record<string, number> {
    return {
      wait_max_ms: Math.max(this.#noisy, this.#quiet),
      ...(p.tenants > 0 && { noisy_wait_max_ms: this.#noisy }),
      ...(p.tenants > 1 && { quiet_wait_max_ms: this.#quiet }),
    };
  }
}

export function meter(p: P): Meter {
  const reader = new Reader();
  const waits = new Waits();
  const stored = new Map<string, number>();
  const latency = new Map<string, number>();
  let backlog = 0;
  return {
    changed(_node, before, after, world) {
      reader.see(after);
      const queue = asQueue(after);
      const was = asQueue(before);
      if (queue) {
        backlog = Math.max(backlog, queue.messages.filter((m) => !m.inFlight).length);
        waits.see(was, queue);
        if (was?.stored !== queue.stored)
          for (const key of Object.keys(queue.stored)) if (!stored.has(key)) stored.set(key, world.now);
      }
      const last = asStore(after)?.effects.at(-1);
      const from = last === undefined ? undefined : stored.get(last);
      if (last !== undefined && from !== undefined && !latency.has(last))
        latency.set(last, (world.now - from) / 1000);
      return undefined;
    },
    end() {
      const { queue, store } = reader;
      const effects = store?.effects ?? [];
      const distinct = new Set(effects).size;
      const open = queue?.messages.filter((m) => m.inFlight && !m.missed).length ?? 0;
      const ended = (queue?.receipts ?? 0) - open;
      const times = [...latency.values()];
      return {
        sent: queue ? Object.values(queue.stored).reduce((a, b) => a + b, 0) : 0,
        processed: distinct,
        receives: queue?.receipts ?? 0,
        ...(ended > 0 && { redelivered_share: (queue?.expired ?? 0) / ended }),
        duplicates: effects.length - distinct,
        absorbed: store?.absorbed ?? 0,
        dlq: queue?.dead.length ?? 0,
        backlog_max: backlog,
        ...waits.metrics(p),
        ...(times.length > 0 && {
          latency_ms: times.reduce((a, b) => a + b, 0) / times.length,
          latency_max_ms: Math.max(...times),
        }),
      };
    },
  };
}
