import type { Run, Verdict } from './scenario.ts';
import type { EventOf, Fault, TraceEvent, Value } from './trace.ts';

/** What chat says of a run, as plain data that crosses a thread. */
export interface Summary {
  readonly title: string;
  readonly headline: string;
  /** `seed 7 · 5 nodes · 198 messages, 37 lost` */
  readonly recipeLine: string;
  readonly verdicts: readonly Verdict[];
  readonly metrics: readonly Figure[];
  /** one sentence an event worth telling, with its time: the picture's alt text */
  readonly story: readonly string[];
  readonly durationUs: number;
  /** events in the trace */
  readonly events: number;
  /** indices of the events a reader steps through, in order */
  readonly moments: readonly number[];
  /** of those, the ones worth jumping to: state changes, faults, violations */
  readonly turns: readonly number[];
  /** the highlighted event: its sentence and its time */
  readonly step?: { readonly index: number; readonly at: number; readonly text: string };
  readonly cut?: string;
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly what: string;
}

export function summarize(
  run: Run,
  options: { readonly step?: number; readonly until?: number } = {},
): Summary {
  const teller = new Teller(run);
  const story: string[] = [];
  const moments: number[] = [];
  const turns: number[] = [];
  const violated = new Set(run.verdicts.filter((v) => !v.holds && v.at !== undefined).map((v) => v.at!));
  const shows = new Map<string, string>();
  /** A node may tell again what it is already: an idle queue does so at every poll, and nobody steps through that. */
  const again = (event: TraceEvent): boolean => {
    if (event.kind === 'fault') for (const node of event.nodes) shows.delete(node);
    if (event.kind !== 'state') return false;
    const now = `${event.state} ${event.detail ?? ''}`;
    const same = shows.get(event.node) === now;
    shows.set(event.node, now);
    return same;
  };
  run.events.forEach((event, i) => {
    if (options.until !== undefined && event.at > options.until) return;
    if (teller.worthTelling(event)) story.push(`${instant(event.at)}  ${teller.sentence(event)}`);
    // What everybody is at the start is no step and no turn.
    if (again(event) || (event.kind === 'state' && event.at === 0)) return;
    if (teller.worthAStep(event)) moments.push(i);
    if (event.kind === 'fault' || event.kind === 'state') turns.push(i);
    else if (violated.has(event.at) && event.kind !== 'sample') turns.push(i);
  });
  const at = options.step === undefined ? undefined : run.events[options.step];
  return {
    title: run.scenario.title,
    headline: run.scenario.look.headline(run),
    recipeLine: recipeLine(run),
    verdicts: run.verdicts,
    metrics: Object.entries(run.metrics).map(([name, value]) => ({
      name,
      value,
      unit: run.scenario.metrics[name]?.unit ?? '',
      what: run.scenario.metrics[name]?.what ?? name,
    })),
    story: options.until === undefined ? [...story, ...run.verdicts.map(verdictLine)] : story,
    durationUs: run.durationUs,
    events: run.events.length,
    moments,
    turns,
    ...(at && { step: { index: options.step!, at: at.at, text: teller.sentence(at) } }),
    ...(run.cut !== undefined && { cut: run.cut }),
  };
}

/** `linearizable: holds` or what broke it. */
export function verdictLine(verdict: Verdict): string {
  if (verdict.holds) return `${verdict.property}: holds`;
  return `${verdict.property}: violated${verdict.promised ? '' : ' (not promised here)'} — ${verdict.detail}`;
}

export function recipeLine(run: Run): string {
  const { recipe } = run;
  const lanes = run.actors.filter((a) => run.scenario.look.lanes.includes(a.part)).length;
  let sent = 0;
  let lost = 0;
  for (const event of run.events) {
    if (event.kind === 'send') sent++;
    else if (event.kind === 'drop') lost++;
  }
  const changed = Object.entries(recipe.set).map(([name, value]) => `${name}=${value}`);
  return [
    `seed ${recipe.seed}`,
    `${lanes} node${lanes === 1 ? '' : 's'}`,
    ...(sent > 0 ? [`${sent} message${sent === 1 ? '' : 's'}${lost > 0 ? `, ${lost} lost` : ''}`] : []),
    ...(recipe.twin ? [`broken on purpose: ${recipe.twin}`] : []),
    ...changed,
    ...(recipe.interventions.length > 0
      ? [`${recipe.interventions.length} fault${recipe.interventions.length > 1 ? 's' : ''} injected`]
      : []),
  ].join(' · ');
}

/** Tells events in plain words. */
export class Teller {
  readonly #run: Run;
  readonly #sent = new Map<number, EventOf<'send'>>();
  readonly #invoked = new Map<number, EventOf<'invoke'>>();

  constructor(run: Run) {
    this.#run = run;
    for (const event of run.events) {
      if (event.kind === 'send') this.#sent.set(event.id, event);
      else if (event.kind === 'invoke') this.#invoked.set(event.op, event);
    }
  }

  worthTelling(event: TraceEvent): boolean {
    return event.kind === 'note' || event.kind === 'fault' || event.kind === 'return';
  }

  worthAStep(event: TraceEvent): boolean {
    if (event.kind === 'deliver' || event.kind === 'drop') {
      const sent = this.#sent.get(event.id);
      const ink = sent && this.#run.scenario.look.messages[sent.type]?.ink;
      return ink !== undefined && ink !== 'quiet' && ink !== 'reply';
    }
    return event.kind !== 'send' && event.kind !== 'sample';
  }

  sentence(event: TraceEvent): string {
    switch (event.kind) {
      case 'note':
        return `${event.node} ${event.text}`;
      case 'state':
        return `${event.node} ${this.#becomes(event)}`;
      case 'fault':
        return faultSentence(event);
      case 'send':
        return `${event.from} sends ${this.#what(event)} to ${event.to}`;
      case 'deliver': {
        const sent = this.#sent.get(event.id);
        return sent ? `${sent.to} receives ${this.#what(sent)} from ${sent.from}` : 'a message arrives';
      }
      case 'drop': {
        const sent = this.#sent.get(event.id);
        const why = {
          loss: 'lost by the network',
          partition: 'stopped by the partition',
          crashed: 'lost: nobody is there to receive it',
          silenced: 'withheld',
        }[event.why];
        return sent ? `${this.#what(sent)} from ${sent.from} to ${sent.to} is ${why}` : `a message is ${why}`;
      }
      case 'invoke':
        return `${event.process} asks: ${operation(event)}`;
      case 'return': {
        const invoked = this.#invoked.get(event.op);
        if (!invoked) return 'an operation returns';
        const call = operation(invoked);
        if (event.outcome === 'ok')
          return `${invoked.process}: ${call} → ${event.value === null ? nothing(invoked) : show(event.value)}`;
        if (event.outcome === 'fail') return `${invoked.process}: ${call} fails`;
        return `${invoked.process}: ${call} times out, its outcome unknown`;
      }
      case 'sample':
        return `${event.series} is ${event.value}`;
    }
  }

  #becomes({ state, detail }: EventOf<'state'>): string {
    if (!detail) return `is now ${state}`;
    const says = this.#run.scenario.look.states[state]?.says;
    return says ? `${says} ${detail}` : `is now ${state}, ${detail}`;
  }

  #what(sent: EventOf<'send'>): string {
    const look = this.#run.scenario.look.messages[sent.type];
    const name = look?.word ?? look?.legend ?? sent.type;
    return sent.label ? `${name} (${sent.label})` : name;
  }
}

export function operation(op: { readonly f: string; readonly key: string; readonly value: Value }): string {
  const key = op.key === '' ? '' : ` ${op.key}`;
  if (op.value === null) return `${op.f}${key}`;
  if (op.f === 'cas' && Array.isArray(op.value))
    return `cas${key} ${show(op.value[0] ?? null)}→${show(op.value[1] ?? null)}`;
  return `${op.f}${key}${key ? '=' : ' '}${show(op.value)}`;
}

export function faultSentence(fault: Fault): string {
  const who = fault.nodes.join(', ');
  switch (fault.fault) {
    case 'crash':
      return `${who} crash${fault.nodes.length === 1 ? 'es' : ''}`;
    case 'restart':
      return `${who} restart${fault.nodes.length === 1 ? 's' : ''}${fault.wipe ? ' with an empty disk' : ''}`;
    case 'pause':
      return `${who} pause${fault.nodes.length === 1 ? 's' : ''}: it does nothing and does not know it`;
    case 'resume':
      return `${who} resume${fault.nodes.length === 1 ? 's' : ''}`;
    case 'partition':
      return `the network splits: ${fault.groups.map((g) => g.join(' ')).join(' | ')}`;
    case 'cut':
      return `messages from ${fault.from.join(', ')} to ${fault.to.join(', ')} are lost, the other way they pass`;
    case 'heal':
      return 'the network heals';
    case 'loss':
      return `the network loses ${percent(fault.rate)} of the messages`;
    case 'duplicate':
      return `the network repeats ${percent(fault.rate)} of the messages`;
    case 'reorder':
      return `${percent(fault.rate)} of the messages are held back by up to ${fault.byMs} ms`;
    case 'delay':
      return `the delay is now ${fault.delay} ms${who ? ` at ${who}` : ''}`;
    case 'slow-disk':
      return `the disk of ${who} now takes ${fault.delay} ms`;
    case 'clock':
      return `the clock of ${who} ${fault.offsetMs ? `jumps by ${fault.offsetMs} ms` : ''}${fault.offsetMs && fault.driftPpm ? ' and ' : ''}${fault.driftPpm ? `drifts by ${fault.driftPpm} ppm` : ''}`;
    case 'byzantine':
      return `${who} turns traitor: ${fault.behaviour}`;
  }
}

const show = (value: Value): string => (typeof value === 'string' ? value : JSON.stringify(value));
/** What no value means: a read found nothing, anything else is simply done. */
const nothing = (op: EventOf<'invoke'>) => (op.f === 'get' || op.f === 'read' ? 'nil' : 'ok');
const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;

/** A moment of a run, from µs: `431 ms`, from ten seconds on `12.51 s`, from ten minutes on `12.51 min`, then `12.51 h`. */
export function instant(us: number): string {
  if (us < 10_000_000) return `${Math.round(us / 1000)} ms`;
  const [unit, name] =
    us < 600_000_000 ? [1_000_000, 's'] : us < 36_000_000_000 ? [60_000_000, 'min'] : [3_600_000_000, 'h'];
  return `${(us / Number(unit)).toFixed(2)} ${name}`;
}
