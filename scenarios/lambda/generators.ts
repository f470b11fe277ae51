import type { Generator, Run } from '../../src/sim/scenario.ts';
import type { P } from './params.ts';

const seconds = (us: number) => `${(us / 1e6).toFixed(1)} s`;
const percent = (share: number) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;

const notes = (run: Run<P>) =>
  run.events.flatMap((e) => (e.kind === 'note' ? [{ at: e.at, node: e.node, text: e.text }] : []));

/** Will this request start cold? From the lanes of this run. */
const willItBeCold: Generator<P> = {
  id: 'lambda-cold-or-warm',
  topic: 'aws',
  level: 2,
  preset: 'cold-start',
  make(run, random) {
    const starts = run.events.flatMap((e) =>
      e.kind === 'state' && e.node.startsWith('env') && (e.state === 'INIT' || e.state === 'running')
        ? [{ at: e.at, node: e.node, state: e.state, request: e.detail }]
        : [],
    );
    // Each request once: INIT is followed by `running` of the same request.
    const first = starts.filter(
      (s, i) => !starts.slice(0, i).some((x) => x.node === s.node && x.request === s.request),
    );
    const later = first.slice(3);
    const pick = later[Math.floor(random() * later.length)];
    if (!pick) return undefined;
    const before = (node: string) =>
      run.events.filter((e) => e.kind === 'state' && e.node === node && e.at < pick.at - 10).at(-1);
    const lanes = run.actors.filter((a) => a.part === 'env').map((a) => before(a.id));
    const idle = lanes.filter((e) => e?.kind === 'state' && e.state === 'idle').length;
    const busy = lanes.filter(
      (e) => e?.kind === 'state' && (e.state === 'running' || e.state === 'INIT'),
    ).length;
    const cold = pick.state === 'INIT';
    if (cold !== (idle === 0)) return undefined;
    return {
      until: pick.at - 10,
      prompt: `At ${seconds(pick.at)} request ${pick.request.slice(1)} arrives. Does it meet a cold start?`,
      choices: [
        {
          text: 'Yes: every environment that exists is busy, or none is left',
          right: cold,
          why: cold
            ? `${busy} environment${busy === 1 ? ' is' : 's are'} busy and none is idle`
            : `${idle} environment${idle === 1 ? ' is' : 's are'} idle and can take it`,
        },
        {
          text: 'No: an idle environment takes it',
          right: !cold,
          why: cold
            ? 'a busy environment cannot take a second request, and those given up are gone'
            : `${pick.node} was used last and is taken first`,
        },
        {
          text: 'No: only the first request after a deployment starts cold',
          right: false,
          why: 'a cold start belongs to an environment, not to a deployment',
        },
      ],
      explanation:
        'A request starts cold exactly when no initialised environment is idle at that moment: after a quiet time, and at every step up in concurrency.',
    };
  },
};

/** Which limit is it? From a run that hits one. */
const whichLimit: Generator<P> = {
  id: 'lambda-which-limit',
  topic: 'aws',
  level: 4,
  preset: 'scaling-rate',
  make(run) {
    const told = notes(run).find((n) => n.text.startsWith('starts to throttle'));
    if (!told) return undefined;
    const used = /(\d+) environments/.exec(told.text)?.[1] ?? '';
    const { concurrencyLimit, scalingRate } = run.params;
    const scaling = told.text.includes('scaling rate');
    return {
      until: told.at,
      prompt: `The burst is answered with 429 from ${seconds(told.at)} on. The limit is ${concurrencyLimit} and ${used} environments are in use. What refuses the requests?`,
      choices: [
        {
          text: 'The scaling rate: environments cannot be added that fast',
          right: scaling,
          why: `a function adds at most ${scalingRate} environments in ten seconds, refilled continuously`,
        },
        {
          text: 'The concurrency limit',
          right: !scaling,
          why: `${used} in use of ${concurrencyLimit} allowed`,
        },
        {
          text: 'Nothing: requests wait until an environment is free',
          right: false,
          why: 'a synchronous request is never queued by Lambda; it is served or refused',
        },
      ],
      explanation:
        'Two ceilings: how many at once (the account concurrency, shared by all functions) and how fast more are added (per function). Raising the quota does not help against the second; provisioned concurrency or a queue in front does.',
    };
  },
};

/** Where is the event after its last try? */
const afterThreeTries: Generator<P> = {
  id: 'lambda-async-given-up',
  topic: 'aws',
  level: 3,
  preset: 'async-retries-dlq',
  make(run) {
    const first = notes(run).find((n) => /puts e\d+ back for 60 s/.test(n.text));
    const id = first && /e(\d+)/.exec(first.text)?.[1];
    const end = id && notes(run).find((n) => n.text.startsWith(`gives up on e${id} `));
    if (!first || !id || !end) return undefined;
    return {
      until: first.at,
      prompt: `e${id} has failed once at ${seconds(first.at)}. It is an event that can never succeed. When is it given up?`,
      choices: [
        {
          text: `After two more tries, at about ${seconds(end.at)}`,
          right: true,
          why: 'one minute, then two minutes, each plus the time the function runs',
        },
        {
          text: 'After six hours',
          right: false,
          why: 'six hours is the limit for throttled events; function errors are tried three times in all',
        },
        {
          text: 'At once: errors are not retried',
          right: false,
          why: 'an asynchronous event is tried twice more',
        },
        {
          text: 'Never: it blocks the events behind it',
          right: false,
          why: 'the queue is not ordered; only a stream is blocked by a bad record',
        },
      ],
      explanation: `Overall ${percent(run.metrics.events_dead ? run.metrics.events_dead / Math.max(1, run.metrics.events_done! + run.metrics.events_dead) : 0)} of this run's finished events ended in the dead-letter queue. Without one they would be gone.`,
    };
  },
};

export const generators = [willItBeCold, whichLimit, afterThreeTries];
