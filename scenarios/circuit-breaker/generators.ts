import type { Generator, Run } from '../../src/sim/scenario.ts';
import type { P } from './params.ts';

const states = (run: Run<P>) =>
  run.events.flatMap((e) => (e.kind === 'state' && e.node === 'web' ? [e] : []));

/** What a half-open breaker does next, from what its probes met in this run. */
const afterProbes: Generator<P> = {
  id: 'after-probes',
  topic: 'patterns',
  level: 3,
  preset: 'half-open-probes',
  make(run) {
    const changes = states(run);
    const i = changes.findIndex((e) => e.state === 'half-open');
    const half = changes[i];
    const next = changes[i + 1];
    if (!half || !next) return undefined;
    const closes = next.state === 'closed';
    const n = run.params.halfOpenCalls;
    return {
      until: half.at + 1,
      prompt: `The breaker has just become half-open: it lets ${n} probes through. The dependency is ${half.at < run.params.sickUntil * 1000 ? 'still sick' : 'well again'}. What does the breaker do next?`,
      choices: [
        {
          text: 'It opens again and waits its full time before the next probes',
          right: !closes,
          why: closes
            ? 'The probes were answered well.'
            : 'The probes failed; they are judged by the same threshold as any window.',
        },
        {
          text: 'It closes: every call goes through again',
          right: closes,
          why: closes
            ? 'All probes were judged and found good.'
            : 'It closes only when the probes, judged together, are good.',
        },
        {
          text: 'It stays half-open and sends one more probe at a time until one succeeds',
          right: false,
          why: 'A half-open breaker decides once its probes are in: open or closed.',
        },
        {
          text: 'It waits for the dependency to announce that it is well',
          right: false,
          why: 'A breaker knows only what its own calls meet.',
        },
      ],
      explanation:
        'Half-open is a question asked with few calls: the answer is closed or open, never a flood.',
    };
  },
};

const whatIsRejected: Generator<P> = {
  id: 'call-while-open',
  topic: 'patterns',
  level: 2,
  preset: 'trip-and-recover',
  make(run) {
    const open = states(run).find((e) => e.state === 'open');
    if (!open) return undefined;
    return {
      until: open.at + 1,
      prompt: `The breaker opened at ${Math.round(open.at / 1000)} ms and stays open for ${run.params.openFor} ms. A user’s call comes 100 ms later. What happens to it?`,
      choices: [
        {
          text: 'It fails at once, without a message to the dependency',
          right: true,
          why: 'That is the point: callers are freed and the dependency gets room to recover.',
        },
        {
          text: `It waits up to ${run.params.timeout} ms for the dependency`,
          right: false,
          why: 'That is what a timeout alone would do.',
        },
        {
          text: 'It is queued until the breaker closes',
          right: false,
          why: 'A breaker holds nothing back; a queue would hit the dependency all at once later.',
        },
        {
          text: 'It is sent as a probe',
          right: false,
          why: 'Probes go out only after the open time has passed.',
        },
      ],
      explanation:
        'An open breaker turns slow failures into fast ones. What the caller then shows (a default, a cached value, an error) is the fallback’s business.',
    };
  },
};

export const generators = [afterProbes, whatIsRejected];
