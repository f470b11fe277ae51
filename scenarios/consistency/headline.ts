import type { Run } from '../../src/sim/scenario.ts';
import type { EventOf } from '../../src/sim/trace.ts';
import type { P } from './params.ts';

const ms = (us: number) => `${Math.round(us / 1000)} ms`;

const isBroken = (run: Run<P>, property: string) =>
  run.verdicts.some((v) => v.property === property && !v.holds);

/** A broken promise is always the news; else what this level gave, or what it did not. */
export function headline(run: Run<P>): string {
  const promised = run.verdicts.find((v) => !v.holds && v.promised);
  if (promised)
    return promised.property === 'converged'
      ? 'The puts have ended, and the replicas never agree'
      : `Promised and broken: ${promised.property}`;
  const broken = (property: string) => isBroken(run, property);
  const noted = (words: RegExp) => run.events.some((e) => e.kind === 'note' && words.test(e.text));
  const longest = Math.round(run.metrics.longest_get_ms ?? 0);
  switch (run.params.level) {
    case 'linearizable':
      return 'Whoever asks sees the last put: as if there were one copy';
    case 'sequential':
      if (run.params.program === 'flags') return 'One order for all: nobody misses both flags';
      return broken('linearizable')
        ? 'Sequential, not linearizable: an old value is read'
        : 'One order for all, and nobody noticed a delay';
    case 'causal':
      if (broken('sequential')) return 'Causal, not sequential: no single order explains it';
      return noted(/^holds .* back/)
        ? 'The reply waits for its post: no effect without its cause'
        : 'No effect without its cause';
    case 'monotonic-reads':
      if (broken('read-your-writes')) return 'Never backwards, yet a client misses its own put';
      return noted(/^lets/)
        ? 'Never backwards: a replica that is behind lets the client wait'
        : 'Never backwards, whichever replica is asked';
    case 'read-your-writes':
      return noted(/^lets/)
        ? `A get waits ${longest} ms until the client’s own put is there`
        : 'Every client sees its own puts';
    case 'eventual':
      if (broken('monotonic reads')) return 'Time runs backwards: the new value, then the old';
      if (broken('read-your-writes')) return 'A client does not see its own put';
      if (broken('causal')) return 'A reply without its post: the effect before its cause';
      if (run.metrics.converged_ms === undefined) return 'The copies still differ';
      return `Copies differ, and agree ${Math.round(run.metrics.converged_ms)} ms after the last put`;
  }
}

interface Done {
  readonly call: EventOf<'invoke'>;
  readonly end: EventOf<'return'>;
}

export function operations(run: Run<P>): Done[] {
  const ends = new Map(run.events.flatMap((e) => (e.kind === 'return' ? [[e.op, e] as const] : [])));
  return run.events.flatMap((call) => {
    const end = call.kind === 'invoke' ? ends.get(call.op) : undefined;
    return call.kind === 'invoke' && end ? [{ call, end }] : [];
  });
}

/** How old the stale read was; how long a session waited; how long until the copies agreed. */
export function span(run: Run<P>) {
  const done = operations(run);
  const { level } = run.params;
  const stale = run.verdicts.find((v) => v.property === 'linearizable' && !v.holds)?.ops;
  if (level === 'sequential' && stale) {
    const blamed = done.filter(({ call }) => stale.includes(call.op));
    const get = blamed.findLast(({ call }) => call.f === 'get');
    const put = blamed.find(({ call, end }) => call.f === 'put' && get && end.at < get.call.at);
    if (put && get)
      return {
        from: put.end.at,
        to: get.end.at,
        label: `still old ${ms(get.end.at - put.end.at)} after the put`,
      };
  }
  if (level === 'read-your-writes' || level === 'monotonic-reads') {
    const [longest] = done
      .filter(({ call, end }) => call.f === 'get' && end.outcome === 'ok')
      .sort((a, b) => b.end.at - b.call.at - (a.end.at - a.call.at));
    const took = longest && longest.end.at - longest.call.at;
    if (longest && took && took > 20_000)
      return { from: longest.call.at, to: longest.end.at, label: `${ms(took)} for one get` };
  }
  const last = done.findLast(({ call, end }) => call.f === 'put' && end.outcome === 'ok')?.end.at;
  const agreed = run.metrics.converged_ms;
  if (last === undefined || agreed === undefined || agreed < 5) return undefined;
  const to = last + Math.round(agreed * 1000);
  return { from: last, to, label: `${ms(to - last)} to agree` };
}

export const footer = (p: P): string =>
  p.level === 'linearizable'
    ? `Each operation asks a majority (Attiya, Bar-Noy & Dolev 1995). Delay ${p.latency.text} ms; clients are ${p.near.text} ms away.`
    : `A replica tells the others after ${p.lag.text} ms. Delay ${p.latency.text} ms; clients are ${p.near.text} ms away.`;
