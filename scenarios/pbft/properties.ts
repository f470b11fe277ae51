import { historyMonitor } from '../../src/sim/histories/monitor.ts';
import type { Property } from '../../src/sim/scenario.ts';
import type { Value } from '../../src/sim/trace.ts';
import { enough, type P } from './params.ts';
import { idOf, type Order, type State } from './state.ts';
import { Calm, honest, isClient, isReplica } from './watch.ts';

/**
 * What must hold of PBFT, of its honest replicas alone (Castro & Liskov 1999, §3). Who is honest shows only in the faults
 * of a run, so these are monitors.
 */

const agreement: Property<P> = {
  kind: 'always',
  what: 'Agreement: no two honest replicas execute different requests under one number (Castro & Liskov 1999, §4.2).',
  promised: enough,
  monitor(p) {
    const first = new Map<number, { id: string; node: string }>();
    return honest(p, (node, before, after) => {
      for (const { seq, order } of news(before, after)) {
        const id = idOf(order);
        const known = first.get(seq);
        if (!known) first.set(seq, { id, node });
        else if (known.id !== id)
          return `${node} executes ${id} as #${seq}; ${known.node} executed ${known.id} there`;
      }
      return undefined;
    });
  },
};

/** What this change executed. A copy of the state taken from others brings nothing of its own. */
const news = (before: State | undefined, after: State) =>
  after.done.slice(before?.done.length ?? after.done.length);

const oneCertificate: Property<P> = {
  kind: 'always',
  what: 'Honest replicas never hold proof that two requests were prepared in one view under one number (§4.2, prepared).',
  promised: enough,
  monitor(p) {
    const first = new Map<string, { id: string; node: string }>();
    return honest(p, (node, before, after) => {
      if (before?.certificates === after.certificates) return undefined;
      for (const c of Object.values(after.certificates)) {
        if (before?.certificates[c.seq] === c) continue;
        const key = `${c.view}.${c.seq}`;
        const id = idOf(c.order);
        const known = first.get(key);
        if (!known) first.set(key, { id, node });
        else if (known.id !== id)
          return `${node} has ${id} prepared as #${c.seq} of view ${c.view}, ${known.node} has ${known.id}`;
      }
      return undefined;
    });
  },
};

const validity: Property<P> = {
  kind: 'always',
  what: 'Validity: an honest replica executes only what a client has asked for, as it asked (§4.1).',
  monitor(p) {
    const asked = new Map<string, string>();
    const words = (f: string, key: string, value: Value) =>
      `${f} ${key}${value === null ? '' : `=${JSON.stringify(value)}`}`;
    return honest(
      p,
      (node, before, after) => {
        for (const { seq, order } of news(before, after)) {
          if (order === null) continue;
          const said = words(order.f, order.key, order.value);
          const meant = asked.get(idOf(order));
          if (meant !== said)
            return `${node} executes “${said}” as #${seq}; ${order.client} ${meant === undefined ? 'asked for nothing' : `asked for “${meant}”`}`;
        }
        return undefined;
      },
      (e) => {
        if (e.kind === 'invoke') asked.set(`${e.process}.${e.op}`, words(e.f, e.key, e.value));
        return undefined;
      },
    );
  },
};

const once: Property<P> = {
  kind: 'always',
  what: 'A request takes effect once at each honest replica, however often it was proposed (§4.1).',
  monitor(p) {
    const had = new Map<string, Set<string>>();
    return honest(p, (node, before, after) => {
      for (const { seq, order, again } of news(before, after)) {
        if (order === null || again) continue;
        const ids = had.get(node) ?? new Set();
        had.set(node, ids);
        if (ids.has(idOf(order))) return `${node} executes ${idOf(order)} a second time, as #${seq}`;
        ids.add(idOf(order));
      }
      return undefined;
    });
  },
};

const trueResult: Property<P> = {
  kind: 'always',
  what: 'A client believes only what an honest replica has computed for its request (§4.1: f + 1 equal replies).',
  promised: enough,
  monitor(p) {
    const results = new Map<string, Value[]>();
    const calls = new Map<number, string>();
    return honest(
      p,
      (_node, before, after) => {
        for (const { order, value, again } of news(before, after))
          if (order && !again) results.set(idOf(order), [...(results.get(idOf(order)) ?? []), value]);
        return undefined;
      },
      (e, traitors) => {
        if (e.kind === 'invoke') calls.set(e.op, e.process);
        if (e.kind !== 'return' || e.outcome !== 'ok') return undefined;
        const computed = results.get(`${calls.get(e.op)}.${e.op}`) ?? [];
        return computed.includes(e.value)
          ? undefined
          : `${calls.get(e.op)} believes ${JSON.stringify(e.value)}; honest replicas computed ${computed.length > 0 ? JSON.stringify(computed[0]) : 'nothing'}${traitors.excuse(p)}`;
      },
    );
  },
};

const linearizable: Property<P> = {
  kind: 'always',
  what: 'Linearizable: the clients’ operations fit one order in which each takes effect between its call and its return (§3; Herlihy & Wing 1990).',
  promised: enough,
  monitor: () => historyMonitor('map', 'linearizable'),
};

const served: Property<P> = {
  kind: 'eventually',
  what: 'Once messages are timely and at most f replicas fail, every request is executed and answered (§4.5.2).',
  promised: enough,
  monitor(p) {
    const calm = new Calm(p);
    const open = new Map<number, { at: number; process: string; f: string }>();
    return {
      event(e) {
        calm.hear(e);
        if (e.kind === 'invoke') open.set(e.op, { at: e.at, process: e.process, f: e.f });
        if (e.kind === 'return') open.delete(e.op);
        return undefined;
      },
      end(world) {
        const since = calm.since(world, p);
        if (since === undefined) return undefined;
        const tries = Math.max(
          0,
          ...world.actors.map((a) => {
            const state: unknown = world.state(a.id);
            return isReplica(state) ? state.tries : 0;
          }),
        );
        // One view change for each traitor that may lead in turn, each as patient as the doubling has made it.
        const grace =
          p.retry +
          p.timeout * 2 ** (p.f + 1) +
          16 * (p.f + 1) * p.latency.mean +
          (tries > 1 ? 2 * p.timeout * 2 ** Math.min(6, tries) : 0);
        for (const { at, process, f } of open.values()) {
          const state: unknown = world.state(process);
          const waited = world.now - Math.max(at, since);
          if (isClient(state) && waited > grace * 1000)
            return `${process} has waited ${Math.round((world.now - at) / 1000)} ms for its ${f}`;
        }
        return undefined;
      },
    };
  },
};

const sometimes = (what: string, watch: (p: P) => ReturnType<typeof honest>): Property<P> => ({
  kind: 'sometimes',
  what,
  monitor: watch,
});

export const properties: Readonly<Record<string, Property<P>>> = {
  'honest replicas agree': agreement,
  'one certificate a number': oneCertificate,
  'only what clients asked': validity,
  'each request once': once,
  'clients get the true result': trueResult,
  linearizable,
  'every request is executed': served,
  'a primary is replaced': sometimes('A view begins under a new primary.', (p) =>
    honest(p, (node, _before, after) =>
      after.view > 0 && after.mode === 'normal' ? `${node} enters view ${after.view}` : undefined,
    ),
  ),
  'two requests claim one number': sometimes(
    'Two honest replicas hold different pre-prepares for one number of a view.',
    (p) => {
      const claims = new Map<string, Order | null>();
      return honest(p, (node, before, after) => {
        if (before?.log === after.log) return undefined;
        for (const [seq, entry] of Object.entries(after.log)) {
          if (entry.digest === null) continue;
          const key = `${after.view}.${seq}`;
          if (!claims.has(key)) claims.set(key, entry.order);
          else if (idOf(claims.get(key)!) !== idOf(entry.order)) return `${node} has another #${seq}`;
        }
        return undefined;
      });
    },
  ),
  'a prepared request is proposed again': sometimes(
    'A new primary carries a prepared request into its view.',
    (p) =>
      honest(p, (node, _before, after) =>
        after.mode === 'normal' && after.newView?.proposals.some((proposal) => proposal.order !== null)
          ? `${node} carries one into view ${after.view}`
          : undefined,
      ),
  ),
};
