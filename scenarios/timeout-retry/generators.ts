import type { Generator } from '../../src/sim/scenario.ts';
import type { P } from './params.ts';

const afterTrigger: Generator<P> = {
  id: 'after-the-trigger',
  topic: 'patterns',
  level: 4,
  preset: 'metastable',
  make(run) {
    const verdict = run.verdicts.find((v) => v.property === 'recovers after the trigger');
    if (!verdict) return undefined;
    const recovers = verdict.holds;
    const { triggerUntil, attempts } = run.params;
    return {
      until: triggerUntil * 1000 + 1,
      prompt: `Up to ${attempts} attempts a request, no wait between them. The slow spell has just ended: the service is as fast as before and would easily carry the requests that come. What happens next?`,
      choices: [
        {
          text: 'The queue drains within a second or two and everything is as before',
          right: recovers,
          why: recovers
            ? 'This time the retries stayed below what the service can carry.'
            : 'It would, if only fresh requests came. But every timed-out one comes again.',
        },
        {
          text: 'Nothing changes: retries keep the queue full of attempts whose callers have given up',
          right: !recovers,
          why: recovers
            ? 'That was possible, but this run was lucky.'
            : 'The service is busy all the time, with work nobody waits for. That is a metastable failure.',
        },
        {
          text: 'The service crashes, since its queue is longer than its memory',
          right: false,
          why: 'A queue of this length is no matter of memory; it is a matter of time.',
        },
        {
          text: 'Callers notice that the service is well and stop retrying',
          right: false,
          why: 'A caller sees only its own timeouts.',
        },
      ],
      explanation:
        'A trigger starts an overload, a sustaining effect keeps it going. Remove the effect (budget, deadlines, shedding), not only the trigger.',
    };
  },
};

const attempts: Generator<P> = {
  id: 'how-many-attempts',
  topic: 'patterns',
  level: 3,
  preset: 'backoff-no-jitter',
  make(run) {
    const calls = run.metrics.calls;
    if (calls === undefined) return undefined;
    const n = run.params.clients;
    const options = [...new Set([n, calls, n * n, Math.round(calls / 2 + n / 2)])].sort((a, b) => a - b);
    if (options.length < 3) return undefined;
    return {
      until: 60_000,
      prompt: `${n} clients want to write one row by compare-and-set. All begin at once; who loses waits min(cap, ${run.params.base} ms · 2ⁿ), without jitter. How many attempts are made in all?`,
      choices: options.map((count) => ({
        text: `${count}`,
        right: count === calls,
        why:
          count === calls
            ? 'Counted in this run.'
            : count === n
              ? 'That would be one attempt each: only the first write of a round can win.'
              : count === n * n
                ? 'The upper end: as if every round cost everyone an attempt.'
                : 'Counted differently in this run.',
      })),
      explanation:
        'Without jitter the losers of one race are the racers of the next. A random part in the wait spreads them out.',
    };
  },
};

export const generators = [afterTrigger, attempts];
