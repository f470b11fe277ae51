import type { Look, Run } from '../../src/sim/scenario.ts';
import type { EventOf, TraceEvent } from '../../src/sim/trace.ts';
import { plural } from '../../src/sim/words.ts';
import type { P } from './params.ts';
import { BALANCES } from './protocol.ts';

const SHOWN = 'read model';

export const look: Look<P> = {
  lanes: ['handler', 'cache', 'store', 'projection', 'mailer', 'post'],
  states: {
    idle: { tone: 'quiet', legend: 'idle' },
    loads: { tone: 'second', legend: 'loads', says: 'loads' },
    reloads: { tone: 'bad', legend: 'reloads', says: 'reloads' },
    decides: { tone: 'strong', legend: 'decides', says: 'decides on' },
    upcasts: { tone: 'odd', legend: 'upcasts, decides', says: 'upcasts, of its events,' },
    appends: { tone: 'warm', legend: 'appends', says: 'appends' },
    log: { tone: 'faded', legend: 'log', says: 'has logged' },
    empty: { tone: 'quiet', legend: 'empty' },
    snapshot: { tone: 'odd', legend: 'snapshot' },
    current: { tone: 'good', legend: 'up to date' },
    behind: { tone: 'warm', legend: 'behind' },
    replays: { tone: 'odd', legend: 'replays', says: 'replays' },
    sent: { tone: 'faded', legend: 'mailed', says: 'has sent' },
  },
  messages: {
    Command: { ink: 'quiet', legend: 'command' },
    Result: { ink: 'quiet', legend: 'result' },
    Busy: { ink: 'quiet', legend: 'busy' },
    Get: { ink: 'quiet', legend: 'read' },
    Cached: { ink: 'reply', legend: 'answer' },
    Put: { ink: 'decide', legend: 'snapshot' },
    Read: { ink: 'quiet', legend: 'read' },
    Stream: { ink: 'reply', legend: 'answer' },
    Append: { ink: 'ask', legend: 'append' },
    Appended: { ink: 'grant', legend: 'appended' },
    Conflict: { ink: 'bad', legend: 'conflict' },
    Subscribe: { ink: 'quiet', legend: 'subscribe' },
    Events: { ink: 'data', legend: 'events' },
    Query: { ink: 'quiet', legend: 'query' },
    View: { ink: 'quiet', legend: 'view' },
    Mail: { ink: 'decide', legend: 'mail' },
    Mailed: { ink: 'reply', legend: 'answer' },
  },
  tracks: [
    {
      title: 'balance of A',
      unit: '€',
      limit: { legend: 'never below', value: 0 },
      series: [
        { name: 'by the events', legend: 'by the events', tone: 'strong', as: 'step' },
        { name: SHOWN, legend: 'read model', tone: 'warm', as: 'step' },
      ],
    },
  ],
  headline,
  span,
  window: (run) => ({ from: 0, to: Math.min(run.durationUs, lastActivity(run) + 25_000) }),
  footer: 'One store, one log; real stores replicate it and split it by stream. Times are shortened.',
};

/** What a broken rule does, in the words of whom it hits. */
const BROKEN: readonly (readonly [property: string, says: (run: Run<P>) => string])[] = [
  ['no account below zero', (run) => `Overdrawn to ${run.metrics.lowest_balance} €: an old decision stood`],
  ['append-only, without gaps', () => 'A confirmed event is gone: a lost update'],
  ['a command takes effect once', () => 'One command took effect twice'],
  ['the answer is true', () => 'Told of an event that is not there'],
  ['every schema is understood', (run) => `${plural(old(run), 'old event')} skipped in deciding`],
  ['snapshot and tail equal all events', () => 'Snapshot and events disagree'],
  [
    'a replay mails nothing',
    (run) => `The replay mails ${plural(run.metrics.mailed_twice ?? 0, 'receipt')} again`,
  ],
  ['nobody is mailed twice', (run) => `${plural(run.metrics.mailed_twice ?? 0, 'receipt')} mailed twice`],
  ['nothing before the checkpoint is missing', () => 'Checkpoint ahead: an event is lost'],
  ['a projection is the fold of its events', () => 'Counted twice: the balance is wrong'],
  ['a replay gives the same view', () => 'Replayed, and the view is another'],
  ['projections catch up', () => 'Behind for ever: nobody asks again'],
];

const old = (run: Run<P>): number => run.metrics.old_events ?? 0;

const notes = (run: Run<P>, start: string): (EventOf<'note'> & { at: number })[] =>
  run.events.filter(
    (e): e is EventOf<'note'> & { at: number } => e.kind === 'note' && e.text.startsWith(start),
  );

function headline(run: Run<P>): string {
  const m = (name: string) => run.metrics[name] ?? 0;
  for (const [property, says] of BROKEN)
    if (run.verdicts.some((v) => v.property === property && !v.holds)) return says(run);
  if (m('replayed') > 0) {
    const { mailer } = run.params;
    const events = plural(m('replayed') / (mailer ? 2 : 1), 'event');
    return `${events} replayed${mailer ? ' in both: the same view, no mail again' : ': the same view again'}`;
  }
  if (m('stale_reads') > 0)
    return `${m('stale_reads')} of ${m('events_stored')} reads miss their own command`;
  if (m('tail_read') < m('most_read') && run.metrics.tail_read !== undefined)
    return `${plural(m('most_read'), 'event')} to read without a snapshot, at most ${m('tail_read')} with one`;
  if (old(run) > 0) return `${plural(old(run), 'event')} in last year’s schema: understood, not rewritten`;
  const unsure = notes(run, 'does not know').length;
  if (unsure > 0) return `Stored or not, ${plural(unsure, 'time')} in doubt: each command took effect once`;
  const again = notes(run, 'gets ').length;
  if (again > 0) return `${plural(again, 'event')} delivered again after the crash, each counted once`;
  if (m('conflicts') > 0)
    return `${plural(m('conflicts'), 'stale append')} refused and decided again: never below zero`;
  return `${plural(m('events_stored'), 'command')}, ${plural(m('events_stored'), 'event')}; the view follows in ${Math.round(m('lag_ms'))} ms`;
}

const samples = (run: Run<P>, series: string) =>
  run.events.filter(
    (e): e is EventOf<'sample'> & { at: number } => e.kind === 'sample' && e.series === series,
  );

function span(run: Run<P>) {
  const between = (from: TraceEvent | undefined, to: TraceEvent | undefined, what: string) =>
    from && to && to.at > from.at
      ? { from: from.at, to: to.at, label: `${Math.round((to.at - from.at) / 1000)} ms ${what}` }
      : undefined;
  const after = <E extends TraceEvent>(list: readonly E[], at: number | undefined) =>
    at === undefined ? undefined : list.find((e) => e.at > at);
  const on = (start: string, node: string) => notes(run, start).find((e) => e.node === node);
  const replay = between(on('drops its view', BALANCES), on('has replayed', BALANCES), 'to rebuild the view');
  if (replay) return replay;
  const whole = notes(run, 'folds all').at(-1);
  const asked = whole && bars(run, whole.node, 'loads').findLast((e) => e.at < whole.at);
  if (whole) return between(asked, whole, 'to read the whole stream');
  const doubt = notes(run, 'does not know')[0];
  const found = doubt && notes(run, 'finds').find((e) => e.at > doubt.at);
  if (doubt && found) return between(doubt, found, 'to find out');
  const back = on('takes up', BALANCES);
  const late = back && bars(run, BALANCES, 'behind').find((e) => e.at > back.at);
  if (late)
    return between(
      back,
      bars(run, BALANCES, 'current').find((e) => e.at > late.at),
      'to catch up',
    );
  const refused = notes(run, 'is refused')[0];
  if (refused) {
    const again = run.events.filter(
      (e): e is EventOf<'send'> & { at: number } =>
        e.kind === 'send' && e.type === 'Appended' && e.to === refused.node,
    );
    return between(refused, after(again, refused.at), 'to reload, decide again and append');
  }
  if (run.verdicts.some((v) => v.promised && !v.holds)) return undefined;
  const written = samples(run, 'by the events')[1];
  return between(written, after(samples(run, SHOWN).slice(1), written?.at), 'until the view shows it');
}

const bars = (run: Run<P>, node: string, state: string): (EventOf<'state'> & { at: number })[] =>
  run.events.filter(
    (e): e is EventOf<'state'> & { at: number } => e.kind === 'state' && e.node === node && e.state === state,
  );

/** A projection that asks whether there is anything new is not worth a picture. */
function lastActivity(run: Run<P>): number {
  let at = 0;
  const quiet = new Set<number>();
  for (const e of run.events) {
    if (e.kind === 'send' && e.type === 'Subscribe') quiet.add(e.id);
    else if ((e.kind === 'deliver' || e.kind === 'drop') && quiet.has(e.id)) continue;
    else if (e.kind !== 'fault') at = e.at;
  }
  return at;
}
