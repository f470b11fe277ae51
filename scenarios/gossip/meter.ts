import type { Meter, MetricInfo } from '../../src/sim/scenario.ts';
import type { P } from './params.ts';
import { isMember, isRumour } from './properties.ts';

export const metrics: Readonly<Record<string, MetricInfo>> = {
  converged_ms: {
    unit: 'ms',
    what: 'from the first write until every node had heard of it; membership: from the first crash until every live member counts the node as dead',
  },
  rounds: { unit: 'rounds', what: 'rounds until every node had heard of the first write' },
  residue: { unit: 'share', what: 'share of the nodes that had not heard of the first write by the end' },
  messages_per_node: {
    unit: 'messages',
    what: 'messages sent per node: of a rumour until all knew (or the end), of membership per second',
  },
  suspicions: { unit: 'members', what: 'times a member began to suspect another' },
  false_positives: {
    unit: 'members',
    what: 'times a live member was declared dead, counted once an incarnation',
  },
  detected_ms: { unit: 'ms', what: 'from a crash until somebody declared the node dead, mean' },
  refutations: { unit: 'claims', what: 'times a member raised its incarnation to refute a claim' },
};

export function meter(p: P): Meter {
  return p.mode === 'rumour' ? rumourMeter(p) : membershipMeter(p);
}

function rumourMeter(p: P): Meter {
  const knowing = new Set<string>();
  let written: number | undefined;
  let converged: number | undefined;
  let sent = 0;
  return {
    listens: ['send'],
    changed(node, _before, after, world) {
      if (!isRumour(after) || after.newest === 0 || knowing.has(node)) return undefined;
      written ??= world.now;
      knowing.add(node);
      if (knowing.size === p.nodes) converged = world.now;
      return undefined;
    },
    event(e) {
      if (e.kind === 'send' && e.type !== 'Write' && e.type !== 'Done' && written !== undefined) {
        if (converged === undefined || p.interest > 0) sent++;
      }
      return undefined;
    },
    end() {
      const interval = p.interval * 1000;
      return {
        ...(written !== undefined &&
          converged !== undefined && {
            converged_ms: (converged - written) / 1000,
            rounds: p.together
              ? Math.floor(converged / interval) - Math.floor(written / interval)
              : Math.ceil((converged - written) / interval),
          }),
        residue: 1 - knowing.size / p.nodes,
        messages_per_node: sent / p.nodes,
      };
    },
  };
}

function membershipMeter(p: P): Meter {
  const crashed = new Map<string, number>();
  const detected: number[] = [];
  const found = new Set<string>();
  const wronged = new Set<string>();
  let first: { node: string; at: number } | undefined;
  let converged: number | undefined;
  let sent = 0;
  let suspicions = 0;
  let refutations = 0;
  return {
    listens: ['send'],
    changed(node, before, after, world) {
      if (!isMember(before ?? after)) return undefined;
      if (after === undefined) {
        crashed.set(node, world.now);
        first ??= { node, at: world.now };
        return undefined;
      }
      if (before === undefined) {
        crashed.delete(node);
        found.delete(node);
        return undefined;
      }
      if (after.incarnation > before.incarnation) refutations++;
      if (before.view === after.view) return undefined;
      for (const [of, is] of Object.entries(
        (after as { view: Record<string, { status: string; incarnation: number }> }).view,
      )) {
        const was = before.view[of]?.status;
        if (was === is.status) continue;
        if (is.status === 'suspect') suspicions++;
        if (is.status !== 'dead') continue;
        const at = crashed.get(of);
        if (at === undefined) wronged.add(`${of} ${is.incarnation}`);
        else if (!found.has(of)) {
          found.add(of);
          detected.push(world.now - at);
        }
      }
      if (first && converged === undefined && crashed.has(first.node)) {
        const all = world.actors.every(({ id }) => {
          const state: unknown = world.state(id);
          return !isMember(state) || id === first!.node || state.view[first!.node]?.status === 'dead';
        });
        if (all) converged = world.now - first.at;
      }
      return undefined;
    },
    event(e) {
      if (e.kind === 'send') sent++;
      return undefined;
    },
    end(world) {
      return {
        ...(converged !== undefined && { converged_ms: converged / 1000 }),
        messages_per_node: sent / p.nodes / Math.max(1e-6, world.now / 1e6),
        suspicions,
        false_positives: wronged.size,
        ...(detected.length > 0 && {
          detected_ms: detected.reduce((a, b) => a + b, 0) / detected.length / 1000,
        }),
        refutations,
      };
    },
  };
}
