import type { Meter, MetricInfo } from '../../src/sim/scenario.ts';
import { Beliefs, grantOf, isClient, writeOf } from './properties.ts';

export const metrics: Readonly<Record<string, MetricInfo>> = {
  overlap_ms: { unit: 'ms', what: 'time in which two clients or more believed they had the lock' },
  writes_refused: { unit: 'requests', what: 'requests the storage refused because of an older token' },
  wait_ms: { unit: 'ms', what: 'from wanting the lock to having it, mean' },
  free_ms: {
    unit: 'ms',
    what: 'longest time nobody believed to have the lock while somebody wanted it',
  },
  grants: { unit: 'grants', what: 'times the lock was given to a client' },
  updates: { unit: 'updates', what: 'writes the storage accepted' },
  updates_lost: { unit: 'updates', what: 'updates overwritten by a writer that had not seen them' },
};

export function meter(): Meter {
  const beliefs = new Beliefs();
  const wanting = new Map<string, number>();
  const waits: number[] = [];
  let overlap = 0;
  let since: number | undefined;
  let freeSince: number | undefined;
  let free = 0;
  let refused = 0;
  let grants = 0;
  let updates = 0;
  let lost = 0;
  const settle = (now: number) => {
    if (beliefs.leases.size > 1) since ??= now;
    else if (since !== undefined) {
      overlap += now - since;
      since = undefined;
    }
    if (beliefs.leases.size === 0 && wanting.size > 0) freeSince ??= now;
    else if (freeSince !== undefined) {
      free = Math.max(free, now - freeSince);
      freeSince = undefined;
    }
  };
  return {
    listens: ['send'],
    changed(node, before, after, world) {
      if (grantOf(before, after)) grants++;
      const write = writeOf(before, after);
      if (write) {
        updates++;
        if (write.base !== write.over.version) lost++;
      }
      if (!isClient(before ?? after)) return undefined;
      const began = beliefs.see(node, before, after);
      if (isClient(after) && after.asking) {
        if (!wanting.has(node)) wanting.set(node, world.now);
      } else {
        const from = wanting.get(node);
        wanting.delete(node);
        if (from !== undefined && began) waits.push(world.now - from);
      }
      settle(world.now);
      return undefined;
    },
    event(e) {
      if (e.kind === 'send' && e.type === 'Fenced') refused++;
      return undefined;
    },
    end(world) {
      if (since !== undefined) overlap += world.now - since;
      if (freeSince !== undefined) free = Math.max(free, world.now - freeSince);
      return {
        overlap_ms: overlap / 1000,
        writes_refused: refused,
        ...(waits.length > 0 && { wait_ms: waits.reduce((a, b) => a + b, 0) / waits.length / 1000 }),
        free_ms: free / 1000,
        grants,
        updates,
        updates_lost: lost,
      };
    },
  };
}
