import type { PlannedFault, Scenario, World } from './scenario.ts';
import type { Fault } from './trace.ts';

/** A run with its nodes as they are. */
interface Cluster extends World {
  readonly nodes: readonly { readonly self: string; readonly up: boolean; readonly paused: boolean }[];
}

/** The fault with its targets as node ids; undefined while a target (`@leader`) does not exist. */
export function resolveFault(planned: PlannedFault, world: Cluster, scenario: Scenario): Fault | undefined {
  const named = new Set<string>();
  let missing = false;
  const resolve = (words: readonly string[] | undefined): string[] => {
    const ids: string[] = [];
    for (const word of words ?? []) {
      if (word === '@rest') continue;
      if (!word.startsWith('@')) ids.push(word);
      else {
        const found = target(word.slice(1), world, scenario, named);
        if (found.length === 0) missing = true;
        ids.push(...found);
      }
      for (const id of ids) named.add(id);
    }
    return ids;
  };
  const nodes = resolve(planned.nodes);
  const groups = (planned.groups ?? []).map(resolve);
  const from = resolve(planned.from);
  const to = resolve(planned.to);
  if (missing) return undefined;
  const lanes = world.actors.filter((a) => scenario.look.lanes.includes(a.part)).map((a) => a.id);
  const rest = lanes.filter((id) => !named.has(id));
  planned.groups?.forEach((group, i) => {
    if (group.includes('@rest')) groups[i]!.push(...rest);
  });
  if (planned.from?.includes('@rest')) from.push(...rest);
  if (planned.to?.includes('@rest')) to.push(...rest);
  switch (planned.fault) {
    case 'crash':
    case 'pause':
    case 'resume':
      return { fault: planned.fault, nodes };
    case 'restart':
      return planned.wipe ? { fault: 'restart', nodes, wipe: true } : { fault: 'restart', nodes };
    case 'partition':
      return { fault: 'partition', nodes: groups.flat(), groups };
    case 'cut':
      return { fault: 'cut', nodes: [...from, ...to], from, to };
    case 'heal':
      return { fault: 'heal', nodes: [] };
    case 'loss':
    case 'duplicate':
      return { fault: planned.fault, nodes, rate: planned.rate ?? 0 };
    case 'reorder':
      return { fault: 'reorder', nodes, rate: planned.rate ?? 0, byMs: planned.byMs ?? 0 };
    case 'delay':
    case 'slow-disk':
      return { fault: planned.fault, nodes, delay: planned.delay ?? 'fixed:0' };
    case 'clock':
      return { fault: 'clock', nodes, offsetMs: planned.offsetMs ?? 0, driftPpm: planned.driftPpm ?? 0 };
    case 'byzantine':
      return { fault: 'byzantine', nodes, behaviour: planned.behaviour ?? 'silent' };
  }
}

function target(name: string, world: Cluster, scenario: Scenario, named: ReadonlySet<string>): string[] {
  if (name === 'crashed') return world.nodes.filter((n) => !n.up).map((n) => n.self);
  if (name === 'paused') return world.nodes.filter((n) => n.paused).map((n) => n.self);
  const found = scenario.targets?.[name]?.(world);
  if (found === undefined) return [];
  const list = typeof found === 'string' ? [found] : found;
  // A list is candidates in order of preference: the first not yet named, so `@leader @follower` are two nodes.
  if (typeof found === 'string') return [...list];
  const free = list.find((id) => !named.has(id));
  return free === undefined ? [] : [free];
}
