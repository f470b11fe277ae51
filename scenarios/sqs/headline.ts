import type { Run } from '../../src/sim/scenario.ts';
import { seconds } from './messages.ts';
import { isFair, type P } from './params.ts';

const plural = (n: number, one: string) => `${n} ${one}${n === 1 ? '' : 's'}`;
const ms = (n: number) => seconds(n * 1000);
/** a backlog shorter than this is no story */
const WORTH_TELLING_US = 5_000_000;

export function headline(run: Run<P>): string {
  const m = (name: string) => run.metrics[name] ?? 0;
  const twice = m('duplicates');
  const late = m('redelivered_share') > 0;
  if (twice > 0 && !late) return `All deleted in time, yet ${plural(twice, 'effect')} applied twice`;
  if (twice > 0) return `${plural(twice, 'effect')} applied twice: the timeout ended too soon`;
  if (m('dlq') > 0)
    return `${plural(m('dlq'), 'message')} set aside after ${plural(run.params.maxReceives, 'receive')}`;
  if (run.params.kind === 'fifo' && late)
    return `Its group waits ${seconds(run.params.visibility * 1000)} for a dead consumer; others go on`;
  if (run.params.tenants > 1 && run.params.flood > 0)
    return isFair(run.params)
      ? `A sends ${run.params.flood} at once: A waits up to ${ms(m('noisy_wait_max_ms'))}, the others ${ms(m('quiet_wait_max_ms'))}`
      : `A sends ${run.params.flood} at once, and the others wait up to ${ms(m('quiet_wait_max_ms'))}`;
  if (m('absorbed') > 0) return `${plural(m('absorbed'), 'repeat')} absorbed: every effect once`;
  if (m('receives') > m('sent'))
    return `${plural(m('receives') - m('sent'), 'message')} handed out again, every effect once`;
  const backlog = longestBacklog(run);
  if (backlog)
    return `Up to ${m('backlog_max')} messages wait, one for ${ms(m('wait_max_ms'))}: ${plural(run.params.consumers, 'consumer')} cannot keep up`;
  return `${plural(m('processed'), 'message')} processed once each`;
}

/** From the first receive of the message that first came back to its second; or how long the longest backlog lasts. */
export function span(run: Run<P>) {
  const first = new Map<string, number>();
  for (const e of run.events) {
    if (e.kind !== 'send' || e.type !== 'Delivery' || e.copyOf !== undefined) continue;
    const key = e.label.split(' ')[0]!;
    const from = first.get(key);
    if (from !== undefined)
      return { from, to: e.at, label: `${seconds(e.at - from)} until ${key} is handed out again` };
    first.set(key, e.at);
  }
  const backlog = longestBacklog(run);
  return backlog && { ...backlog, label: `${seconds(backlog.to - backlog.from)} until the backlog is gone` };
}

function longestBacklog(run: Run<P>): { from: number; to: number } | undefined {
  let best: { from: number; to: number } | undefined;
  let from: number | undefined;
  for (const e of run.events) {
    if (e.kind !== 'sample' || e.series !== 'visible') continue;
    if (e.value > 0) from ??= e.at;
    else if (from !== undefined) {
      if (e.at - from > (best ? best.to - best.from : WORTH_TELLING_US)) best = { from, to: e.at };
      from = undefined;
    }
  }
  return best;
}

/** What follows the last effect or dead letter are polls of an empty queue. */
export function lastActivity(run: Run<P>): number {
  let at = 0;
  for (const e of run.events)
    if (e.kind === 'note' || (e.kind === 'send' && (e.type === 'Delete' || e.type === 'Write'))) at = e.at;
  return at;
}
