import type { Generator } from '../../src/sim/scenario.ts';
import type { P } from './params.ts';

const seconds = (us: number) => `${(us / 1e6).toFixed(1)} s`;

/** Who suffers when a dependency that shares the pool turns slow? */
const whoSuffers: Generator<P> = {
  id: 'bulkhead-who-suffers',
  topic: 'patterns',
  level: 3,
  preset: 'shared-pool-collapse',
  make(run) {
    const slow = run.events.find((e) => e.kind === 'note' && e.text.startsWith('turns slow'));
    const refused = run.events.find(
      (e) => e.kind === 'note' && e.text.startsWith('refuses calls to catalogue'),
    );
    const share = run.metrics.rejected_share ?? 0;
    if (!slow || !refused || share === 0) return undefined;
    const p = run.params;
    const permits = p.servers + p.otherServers;
    const need = Math.round((p.otherRate * p.slowService.mean) / 1000);
    return {
      until: slow.at,
      prompt: `reports turns slow at ${seconds(slow.at)}: a call takes ${p.slowService.mean} ms on average, ${p.otherRate} come a second, and both dependencies share ${permits} permits. catalogue itself stays healthy. What happens to calls to catalogue?`,
      choices: [
        {
          text: 'They are refused, soon after',
          right: true,
          why: `reports now wants ${need} permits (rate × time); from ${seconds(refused.at)} on catalogue finds none, and ${(share * 100).toFixed(0)} % of its calls are refused over the run`,
        },
        {
          text: 'Nothing: catalogue is healthy',
          right: false,
          why: 'its calls need a permit, and the slow calls hold them all',
        },
        {
          text: 'They become slow too, but all succeed',
          right: false,
          why:
            p.queue + p.otherQueue === 0 ? 'there is no queue to wait in' : 'the queue is bounded and full',
        },
        {
          text: 'Only calls to reports are refused, since they are the slow ones',
          right: false,
          why: 'a shared pool does not know whose call it refuses',
        },
      ],
      explanation: `Little's law: concurrency = rate × time. ${p.otherRate}/s × ${p.slowService.mean / 1000} s = ${need} in flight, more than the pool holds. A pool for each dependency keeps the damage where it arose.`,
    };
  },
};

/** Enough permits? Little's law on this run's own figures. */
const howMany: Generator<P> = {
  id: 'bulkhead-littles-law',
  topic: 'patterns',
  level: 2,
  preset: 'isolated',
  make(run) {
    const p = run.params;
    const load = (p.arrivals.rate * p.service.mean) / 1000;
    const refused = run.metrics.rejected_share ?? 0;
    return {
      until: run.durationUs * 0.2,
      prompt: `${p.arrivals.rate} calls a second go to catalogue, each takes ${p.service.mean} ms on average. How many permits are in use on average, if none is refused?`,
      choices: [
        { text: `${load}`, right: true, why: "Little's law: rate × time" },
        {
          text: `${p.servers}`,
          right: false,
          why: `that is how many there are; the rest is head-room, and ${(refused * 100).toFixed(1)} % of the calls still find all taken`,
        },
        {
          text: `${p.arrivals.rate}`,
          right: false,
          why: 'that is the rate; each call holds a permit for a fraction of a second',
        },
        {
          text: `${Math.max(1, Math.round(load / 10))}`,
          right: false,
          why: 'mind the units: milliseconds, not hundredths of a second',
        },
      ],
      explanation:
        'Size a bulkhead as rate × time plus head-room for chance (Erlang B says how much), never from a round number.',
    };
  },
};

export const generators = [whoSuffers, howMany];
