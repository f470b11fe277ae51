import type { Monitor, Property, World as Run } from '../../src/sim/scenario.ts';
import type { Table } from './contended.ts';
import type { P } from './params.ts';
import type { State } from './service.ts';

const contended = (p: P) => p.workload === 'contended';
const served = (p: P) => p.workload === 'service';
export const worldOf = (run: Run) => (run.state('service') as State | undefined)?.world;

const audited = (name: string) => (): Monitor => ({
  listens: ['sample'],
  event: (_e, run) => worldOf(run)?.breaches.get(name),
  end: (run) => worldOf(run)?.breaches.get(name),
});

export const properties: Readonly<Record<string, Property<P>>> = {
  'no lost update': {
    kind: 'always',
    what: 'The row counts every write that was acknowledged.',
    judged: contended,
    monitor: () => ({
      changed(_node, _before, after) {
        const t = after as Table | undefined;
        return t && 'written' in t && t.count !== t.written
          ? `the row counts ${t.count}, but ${t.written} writes were acknowledged`
          : undefined;
      },
    }),
  },
  'everybody gets done': {
    kind: 'eventually',
    what: 'Every client’s write takes within the run.',
    judged: contended,
    promised: (p) => p.attempts === 0,
    monitor: () => ({
      end(run) {
        const open = run.actors.filter((a) => a.part === 'client' && !run.state(a.id)?.done);
        return open.length > 0 ? `${open.length} clients are not done at the end` : undefined;
      },
    }),
  },
  'each request ends once': {
    kind: 'always',
    what: 'A request ends well or not, once; a late answer is thrown away.',
    judged: served,
    monitor: audited('each request ends once'),
  },
  'attempts are bounded': {
    kind: 'always',
    what: 'No request makes more attempts than it may.',
    judged: (p) => served(p) && p.attempts > 0,
    monitor: audited('attempts are bounded'),
  },
  'the budget is kept': {
    kind: 'always',
    what: 'A retry is made only while the token bucket holds a token.',
    judged: (p) => served(p) && p.budget > 0,
    monitor: audited('the budget is kept'),
  },
  'no work for nobody': {
    kind: 'always',
    what: 'With deadlines passed on, the service begins nothing whose caller has given up.',
    judged: (p) => served(p) && p.deadline,
    monitor: audited('no work for nobody'),
  },
  'waits keep to the formula': {
    kind: 'always',
    what: 'Every wait lies within what its backoff formula allows, never above the cap.',
    judged: served,
    monitor: audited('waits keep to the formula'),
  },
  'recovers after the trigger': {
    kind: 'eventually',
    what: 'Once the service is as fast as before, requests are answered in time again.',
    judged: (p) => served(p) && p.triggerUntil > p.triggerFrom && p.triggerUntil + 5000 < p.simSeconds * 1000,
    // Nothing but less load promises it: a storm can keep itself going after its trigger is gone.
    promised: (p) => p.timeout > 0 && (p.attempts === 1 || (p.budget > 0 && p.deadline)),
    monitor: () => ({
      end(run) {
        const w = worldOf(run);
        return w && w.recovered === undefined
          ? `at the end requests still are not answered in time: ${w.queued} attempts are queued, and ${w.wasted} were worked on for nobody`
          : undefined;
      },
    }),
  },
  'work is done for nobody': {
    kind: 'sometimes',
    what: 'The service finishes an attempt whose caller has given up.',
    monitor: () => ({ end: (run) => ((worldOf(run)?.wasted ?? 0) > 0 ? 'wasted' : undefined) }),
  },
};
