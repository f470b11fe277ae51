import type { Run } from '../../src/sim/scenario.ts';
import { thousands } from '../../src/sim/words.ts';
import { perShard } from './load-stream.ts';
import { detailed, type P, slows } from './params.ts';

const percent = (x: number) => `${(x * 100).toFixed(x > 0 && x < 0.1 ? 1 : 0)} %`;
const time = (ms: number) => (ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms)} ms`);

export function headline(run: Run<P>): string {
  const m = (name: string) => run.metrics[name] ?? 0;
  const p = run.params;
  if (p.source === 'workers') return ofWorkers(run);
  if (m('expired_unread') > 0)
    return `The age meets ${p.retentionPeriodHours} h: ${thousands(m('expired_unread'))} records expire unread`;
  if (slows(p)) return `A slow consumer: iterator age up to ${lasting(m('iterator_age_max_s'))}`;
  if (detailed(p) && p.enhancedConsumers > 0 && p.consumers > 0)
    return `Pushed after ${time(m('pushed_mean_ms'))}, polled after ${time(m('propagation_mean_ms'))} on average`;
  if (detailed(p) && p.consumers > 0)
    return `Polled after ${time(m('propagation_mean_ms'))} on average, ${time(m('propagation_max_ms'))} at worst`;
  const before = run.metrics.taken_before;
  const hot = (p.skew.shares(p.keys)[0] ?? 0) * p.arrivals.rate;
  if (before !== undefined && hot > perShard(p))
    return `One key wants ${thousands(hot)}/s and gets ${thousands(m('hot_key_before'))}, after the ${p.reshard} ${thousands(m('hot_key_after'))}`;
  if (before !== undefined)
    return `${thousands(before)}/s taken before the ${p.reshard}, ${thousands(m('taken_after'))}/s after it`;
  const shards = `${p.shards} shard${p.shards > 1 ? 's' : ''}`;
  if (m('throttled_share') > 0)
    return `${shards} against ${thousands(m('offered_peak'))}/s: a record waits up to ${time(m('put_p99_ms'))} (p99)`;
  return `Nothing refused: ${percent(m('capacity_used_share'))} of ${shards} used`;
}

function ofWorkers(run: Run<P>): string {
  const { takeover_ms, child_wait_ms, parent_unread = 0, processed_twice = 0, processed = 0 } = run.metrics;
  const twice =
    processed_twice === 0
      ? 'nothing processed twice'
      : `${processed_twice} record${processed_twice === 1 ? '' : 's'} processed twice`;
  const paused = run.events.some((e) => e.kind === 'fault' && e.fault === 'resume');
  if (takeover_ms !== undefined && paused && processed_twice > 0)
    return `Taken over after ${time(takeover_ms)}; the old owner wakes: ${processed_twice} records twice`;
  if (takeover_ms !== undefined) return `Nobody reads for ${time(takeover_ms)}, then ${twice}`;
  const reader = run.params.reshard === 'merge' ? 'The child waits' : 'Children wait';
  if (child_wait_ms !== undefined)
    return parent_unread === 0
      ? `${reader} ${time(child_wait_ms)} for a lease`
      : `${reader} ${time(child_wait_ms)} until ${parent_unread} record${parent_unread === 1 ? '' : 's'} of the past ${parent_unread === 1 ? 'is' : 'are'} read`;
  return `${processed} record${processed === 1 ? '' : 's'} processed, ${twice}`;
}

const lasting = (seconds: number) =>
  seconds >= 7200 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds)} s`;

/** the record that was longest on its way to a consumer that polls */
function slowestPoll(run: Run<P>) {
  const delays = run.events.flatMap((e) =>
    e.kind === 'sample' && e.series === 'polled delay' ? [{ at: e.at, ms: e.value }] : [],
  );
  const worst = delays.sort((a, b) => b.ms - a.ms)[0];
  return (
    worst && {
      from: worst.at - worst.ms * 1000,
      to: worst.at,
      label: `${time(worst.ms)} until polled`,
    }
  );
}

/** from the fault to the new owner, or from the split or merge to the first record of a child */
function waiting(run: Run<P>) {
  const { takeover_ms, child_wait_ms } = run.metrics;
  const fault = run.events.find((e) => e.kind === 'fault' && (e.fault === 'crash' || e.fault === 'pause'));
  if (takeover_ms !== undefined && fault)
    return {
      from: fault.at,
      to: fault.at + takeover_ms * 1000,
      label: `${time(takeover_ms)} without an owner`,
    };
  const from = run.params.reshardAt * 1e6;
  return child_wait_ms === undefined
    ? undefined
    : { from, to: from + child_wait_ms * 1000, label: `${time(child_wait_ms)}: the past first` };
}

export function span(run: Run<P>) {
  if (run.params.source === 'workers') return waiting(run);
  if (run.params.source === 'load' && detailed(run.params)) return slowestPoll(run);
  const after = run.metrics.hot_key_after;
  if (after !== undefined && (run.params.skew.shares(run.params.keys)[0] ?? 0) > 0.2)
    return {
      from: run.params.reshardAt * 1e6,
      to: run.durationUs,
      label: `after the ${run.params.reshard}: ${thousands(after)}/s of that key`,
    };
  const states = run.events.flatMap((e) => (e.kind === 'state' ? [e] : []));
  const slow = states.find((e) => e.state === 'slow');
  const bad = slow ?? states.find((e) => e.state === 'throttling');
  if (!bad) return undefined;
  const end = states.find((e) => e.node === bad.node && e.at > bad.at && e.state !== bad.state)?.at;
  const to = end ?? run.durationUs;
  const seconds = (to - bad.at) / 1e6;
  const told = lasting(seconds);
  return { from: bad.at, to, label: slow ? `${told} slow` : `${told} of refused records` };
}
