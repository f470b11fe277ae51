import type { Monitor, Property, World } from '../../src/sim/scenario.ts';
import { Undisturbed } from '../../src/sim/undisturbed.ts';
import type { FrontState } from './front.ts';
import type { P } from './params.ts';
import { label } from './region.ts';
import { type Sight, Sights, sightsMonitor } from './seen.ts';
import type { IndexState } from './store.ts';

const linearizable: Property<P> = {
  kind: 'always',
  what: 'Strong read-after-write consistency, per key: GET, HEAD and LIST after a successful PUT or DELETE see it (Amazon S3 data consistency model).',
  judged: (p) => p.workload === 'objects',
  promised: (p) => p.consistency === 'strong',
  monitor: sightsMonitor,
};

const atomic: Property<P> = {
  kind: 'always',
  what: 'Read, add a line, put back: as if in one step. Appends and readings are linearizable (Herlihy & Wing 1990).',
  judged: (p) => p.workload === 'conditional',
  promised: (p) => p.condition,
  monitor: sightsMonitor,
};

/** The promise of S3 before December 2020, with its one exception. */
const newKeys: Property<P> = {
  kind: 'always',
  what: 'A key put for the first time, and not asked for before, is read by every later GET (the promise before 2020).',
  judged: (p) => p.workload === 'objects',
  monitor(): Monitor {
    const sights = new Sights();
    const asked = new Map<string, number>();
    const wrong = (read: Sight): string | undefined => {
      const { key, value, invoke, process } = read.op;
      if (read.f === 'list' || value !== null) return undefined;
      const puts = sights.all.filter((s) => s.op.key === key && s.op.f === 'put');
      const first = puts[0];
      if (puts.length !== 1 || first?.op.outcome !== 'ok' || first.op.return! >= invoke) return undefined;
      if ((asked.get(key) ?? Number.POSITIVE_INFINITY) < first.op.return!) return undefined;
      return `${process} gets 404 for ${key}, which was new and had been put ${Math.round((invoke - first.op.return!) / 1000)} ms before.`;
    };
    return {
      listens: ['invoke', 'return'],
      event(event) {
        const reads = sights.hear(event);
        if (event.kind === 'invoke' && (event.f === 'get' || event.f === 'head') && !asked.has(event.key))
          asked.set(event.key, event.at);
        for (const read of reads) {
          const finding = wrong(read);
          if (finding) return finding;
        }
        return undefined;
      },
    };
  },
};

const converged: Property<P> = {
  kind: 'eventually',
  what: 'Once writes have ended, every copy a front end keeps is the newest: the eventual in eventual consistency.',
  judged: (p) => p.workload === 'objects',
  monitor(p) {
    const calm = new Undisturbed();
    let last = 0;
    return {
      listens: ['fault', 'send', 'return'],
      event(event) {
        calm.hear(event);
        if (event.kind === 'return' || (event.kind === 'send' && event.type === 'Changed')) last = event.at;
        return undefined;
      },
      end(world) {
        const index = world.state('index') as IndexState | undefined;
        const since = calm.since(world);
        // A crash takes what was still to be told with it: only a run without faults is judged.
        if (since === undefined || since > 0 || !index || index.due > 0) return undefined;
        if (world.now - last < 20_000 * p.latency.mean) return undefined;
        return behind(world);
      },
    };
  },
};

function behind(world: World): string | undefined {
  const index = world.state('index') as IndexState | undefined;
  if (!index) return undefined;
  for (const { id, part } of world.actors) {
    const s = world.state(id) as FrontState | undefined;
    if (part !== 'front' || !s) continue;
    for (const [key, entry] of Object.entries(s.cache))
      if (entry.version < (index.objects[key]?.version ?? 0))
        return `at the end ${id} still holds ${label({ [key]: entry })}, and the index ${label({ [key]: index.objects[key]! })}`;
  }
  return undefined;
}

/** Over the versions the index had: what was acknowledged stays in every one that follows. */
const noLostUpdate: Property<P> = {
  kind: 'always',
  what: 'No lost update: a line whose writer was told of success is in the object from then on.',
  judged: (p) => p.workload === 'conditional',
  promised: (p) => p.condition,
  monitor(): Monitor {
    const lines = new Map<number, { line: string; by: string }>();
    const kept = new Map<number, { line: string; by: string }>();
    const check = (world: World): string | undefined => {
      const index = world.state('index') as IndexState | undefined;
      if (!index) return undefined;
      const content = String(index.objects.log?.value ?? '');
      for (const [op, { line, by }] of kept)
        if (!content.includes(line)) {
          blamed = op;
          return `${by} was told that ${line.replace(';', '')} is written; it is overwritten and gone: ${content || 'nothing'}`;
        }
      return undefined;
    };
    let blamed: number | undefined;
    return {
      listens: ['invoke', 'return'],
      event(event, world) {
        if (event.kind === 'invoke' && event.f === 'append')
          lines.set(event.op, { line: String(event.value), by: event.process });
        if (event.kind === 'return' && event.outcome === 'ok' && lines.has(event.op)) {
          kept.set(event.op, lines.get(event.op)!);
          return check(world);
        }
        return undefined;
      },
      changed: (node, _before, _after, world) => (node === 'index' ? check(world) : undefined),
      culprit: () => (blamed === undefined ? undefined : [blamed]),
    };
  },
};

export const seen = (what: string, judged: (p: P) => boolean, monitor: () => Monitor): Property<P> => ({
  kind: 'sometimes',
  what,
  judged,
  monitor,
});

export const told = (text: string): Monitor => ({
  listens: ['note'],
  event: (e) => (e.kind === 'note' && e.text.includes(text) ? e.text : undefined),
});

export const region = {
  'new keys are read at once': newKeys,
  'strong read-after-write': linearizable,
  'no lost update': noLostUpdate,
  'an append is one step': atomic,
  'copies catch up': converged,
  'a stale copy is caught': seen(
    'The witness tells a front end that its copy is behind.',
    (p) => p.workload === 'objects' && p.consistency === 'strong',
    () => told('is behind, and reads the index'),
  ),
  'a condition fails': seen(
    'A conditional write gets 412.',
    (p) => p.workload === 'conditional' && p.condition,
    () => told('gets 412'),
  ),
  'writes collide': seen(
    'A conditional write gets 409.',
    (p) => p.workload === 'conditional' && p.condition,
    () => told('gets 409'),
  ),
} satisfies Record<string, Property<P>>;
