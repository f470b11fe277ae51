import type { Run } from '../../src/sim/scenario.ts';
import { plural } from '../../src/sim/words.ts';
import { seconds } from './messages.ts';
import { isFair, type P } from './params.ts';

const ms = (n: number) => seconds(n * 1000);
/** a backlog shorter than this is no story */
const WORTH_TELLING_US = 5_000_000;

export function headline(run: Run<P>): string {
  const m = (name: string) => run.metrics[name] ?? 0;
  const twice = m('duplicates');
  const late = m('redelivered_share') > 0;
  if (twice > 0 && !late) return `All deleted in time, yet ${plural(twice, 'effect')} applied twice`;
  if (twice > 0) return `${plural(twice, 'effect')} applied twice: the timeout ended too soon`;
  const aside = m('dlq') === 1 ? setAside(run) : undefined;
  if (aside)
    return `${aside.key} is received ${plural(run.params.maxReceives, 'time')} in ${seconds(aside.to - aside.from)}, then set aside`;
  if (m('dlq') > 0)
    return `${plural(m('dlq'), 'message')} set aside after ${plural(run.params.maxReceives, 'receive')}`;
  const again = receivedAgain(run);
  if (run.params.kind === 'fifo' && late && again) {
    const who = run.events.some((e) => e.kind === 'fault' && e.fault === 'crash') ? 'dead' : 'slow';
    const waits = `Group ${again.key[0]} waits ${seconds(again.to - again.from)} for a ${who} consumer`;
    return run.params.groups > 1 ? `${waits}; the others go on` : waits;
  }
  if (run.params.tenants > 1 && run.params.flood > 0)
    return isFair(run.params)
      ? `A sends ${run.params.flood} at once: A waits up to ${ms(m('noisy_wait_max_ms'))}, the others ${ms(m('quiet_wait_max_ms'))}`
      : `A sends ${run.params.flood} at once, and the others wait up to ${ms(m('quiet_wait_max_ms'))}`;
  if (m('absorbed') > 0) return `${plural(m('absorbed'), 'repeat')} absorbed: every effect once`;
  const more = m('receives') - m('sent');
  if (more > 0 && m('processed') < m('sent'))
    return `${plural(more, 'receive')} too many, and ${plural(m('sent') - m('processed'), 'message')} unsettled`;
  if (more > 0) return `${plural(more, 'repeat')} of a receive, every effect once`;
  const backlog = longestBacklog(run);
  if (backlog)
    return `Up to ${m('backlog_max')} messages wait, one for ${ms(m('wait_max_ms'))}: ${plural(run.params.consumers, 'consumer')} cannot keep up`;
  return `${plural(m('processed'), 'message')} processed once each`;
}

/** The life of a message set aside, the wait until one was handed out again, or how long the longest backlog lasts. */
export function span(run: Run<P>) {
  const aside = setAside(run);
  if (aside) return { ...aside, label: `${seconds(aside.to - aside.from)} until ${aside.key} is set aside` };
  const again = receivedAgain(run);
  if (again)
    return { ...again, label: `${seconds(again.to - again.from)} until ${again.key} is handed out again` };
  const backlog = longestBacklog(run);
  return backlog && { ...backlog, label: `${seconds(backlog.to - backlog.from)} until the backlog is gone` };
}

interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** The first message that was handed out again, between its first two receives. */
function receivedAgain(run: Run<P>): (Stretch & { readonly key: string }) | undefined {
  const first = new Map<string, number>();
  for (const e of run.events) {
    if (e.kind !== 'send' || e.type !== 'Delivery' || e.copyOf !== undefined) continue;
    const key = e.label.split(' ')[0]!;
    const from = first.get(key);
    if (from !== undefined) return { key, from, to: e.at };
    first.set(key, e.at);
  }
  return undefined;
}

/** The first message set aside: from its first receive until then. */
function setAside(run: Run<P>): (Stretch & { readonly key: string }) | undefined {
  const moved = run.events.find((e) => e.kind === 'note' && e.text.includes(' to the dead-letter queue'));
  const key = moved?.kind === 'note' ? moved.text.split(' ')[1] : undefined;
  const first = run.events.find(
    (e) => e.kind === 'send' && e.type === 'Delivery' && e.label.split(' ')[0] === key,
  );
  return moved && first && key !== undefined ? { key, from: first.at, to: moved.at } : undefined;
}

function longestBacklog(run: Run<P>): Stretch | undefined {
  let best: Stretch | undefined;
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
