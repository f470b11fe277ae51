import type { EventOf } from '../../sim/trace.ts';
import { clean } from '../text.ts';
import type { Frame } from '../view.ts';
import { groupsOf } from './messages.ts';

/** A stretch of time under a fault of the network or of a node's surroundings. Crashes and pauses are bars. */
export interface FaultView {
  readonly from: number;
  readonly to: number;
  /** wordings for the name above, longest first */
  readonly words: readonly string[];
  /** the lanes it touches; all of them if absent */
  readonly lanes?: readonly number[];
  /** partition: lanes with a cut just above them */
  readonly cuts: readonly number[];
}

interface Open {
  readonly event: EventOf<'fault'>;
  readonly words: readonly string[];
}

export function faultsOf(frame: Frame): FaultView[] {
  const { run, from, end, lanes } = frame;
  const open = new Map<string, Open>();
  const found: FaultView[] = [];
  const close = (key: string, at: number) => {
    const fault = open.get(key);
    open.delete(key);
    if (fault === undefined || at <= from) return;
    found.push({
      from: Math.max(from, fault.event.at),
      to: at,
      words: fault.words.map((word) => clean(word, 80)),
      ...touched(fault.event, lanes),
      cuts: fault.event.fault === 'partition' ? cutsOf(fault.event.groups, lanes) : [],
    });
  };
  for (const event of run.events) {
    if (event.at > end) break;
    if (event.kind !== 'fault') continue;
    const ends = endsOf(event);
    for (const key of [...open.keys()]) if (ends(key)) close(key, event.at);
    const words = wordsOf(event, lanes);
    if (words.length > 0) open.set(keyOf(event), { event, words });
  }
  for (const key of [...open.keys()]) close(key, end);
  return found.sort((a, b) => a.from - b.from || b.to - a.to);
}

/** Faults of one key replace each other. */
function keyOf(event: EventOf<'fault'>): string {
  if (event.fault === 'cut') return `cut ${event.from.join()} ${event.to.join()}`;
  if (event.fault === 'crash' || event.fault === 'pause') return `down ${event.nodes.join()}`;
  return event.nodes.length > 0 && event.fault !== 'partition'
    ? `${event.fault} ${event.nodes.join()}`
    : event.fault;
}

function endsOf(event: EventOf<'fault'>): (key: string) => boolean {
  if (event.fault === 'heal') return (key) => key === 'partition' || key.startsWith('cut ');
  const key =
    event.fault === 'restart' || event.fault === 'resume' ? `down ${event.nodes.join()}` : keyOf(event);
  return (other) => other === key;
}

function wordsOf(event: EventOf<'fault'>, lanes: ReadonlyMap<string, number>): string[] {
  const who = event.nodes.join(' ');
  const to = who === '' ? '' : ` ${who}`;
  switch (event.fault) {
    case 'crash':
    case 'pause': {
      // a node with a lane shows this on it
      const others = event.nodes.filter((node) => !lanes.has(node));
      return others.length === 0
        ? []
        : [`${others.join(' ')} ${event.fault === 'crash' ? 'crashed' : 'paused'}`];
    }
    case 'partition': {
      const shown = event.groups.map((group) => group.filter((node) => lanes.has(node)));
      const groups = shown.every((group) => group.length > 0) ? shown : event.groups;
      const rank = (node: string) => lanes.get(node) ?? lanes.size;
      const sides = groups.map((group) => [...group].sort((a, b) => rank(a) - rank(b)));
      sides.sort((a, b) => rank(a[0] ?? '') - rank(b[0] ?? ''));
      return [`partition ${sides.map((side) => side.join(' ')).join(' | ')}`, 'partition'];
    }
    case 'cut':
      return [`one-way cut ${event.from.join(' ')} → ${event.to.join(' ')}`, 'one-way cut', 'cut'];
    case 'loss':
      return event.rate > 0 ? [`${percent(event.rate)} of messages lost`, `loss ${percent(event.rate)}`] : [];
    case 'duplicate':
      return event.rate > 0 ? [`${percent(event.rate)} of messages doubled`, 'duplicates'] : [];
    case 'reorder':
      return event.rate > 0
        ? [`${percent(event.rate)} of messages held back up to ${event.byMs} ms`, 'reordering']
        : [];
    case 'delay':
      return [`delay${to} ${distribution(event.delay)}`, `delay${to}`, 'delay'];
    case 'slow-disk':
      return [`slow disk${to}: ${distribution(event.delay)} a write`, `slow disk${to}`, 'slow disk'];
    case 'clock':
      return [`clock${to} ${clock(event)}`, `clock${to}`, 'clock'];
    case 'byzantine':
      return event.behaviour === 'silent'
        ? [`${who} silent`, 'silent']
        : [`${who} lies: ${event.behaviour}`, `${who} lies`, 'lies'];
    case 'restart':
    case 'resume':
    case 'heal':
      return [];
  }
}

function clock(event: { readonly offsetMs: number; readonly driftPpm: number }): string {
  const sign = (value: number) => (value > 0 ? `+${value}` : `−${-value}`);
  return [
    ...(event.offsetMs ? [`${sign(event.offsetMs)} ms`] : []),
    ...(event.driftPpm ? [drift(event.driftPpm)] : []),
  ].join(', ');
}

const drift = (ppm: number): string =>
  Math.abs(ppm) < 1000
    ? `${ppm > 0 ? '+' : '−'}${Math.abs(ppm)} ppm`
    : `${percent(Math.abs(ppm) / 1e6)} ${ppm > 0 ? 'fast' : 'slow'}`;

function touched(event: EventOf<'fault'>, lanes: ReadonlyMap<string, number>): { lanes?: number[] } {
  const everywhere = ['partition', 'cut', 'loss', 'duplicate', 'reorder'].includes(event.fault);
  if (everywhere || event.nodes.length === 0) return {};
  return { lanes: event.nodes.flatMap((node) => lanes.get(node) ?? []) };
}

function cutsOf(groups: readonly (readonly string[])[], lanes: ReadonlyMap<string, number>): number[] {
  const group = groupsOf(groups, lanes);
  const cuts: number[] = [];
  let last: number | undefined;
  for (let lane = 0; lane < lanes.size; lane++) {
    const mine = group.get(lane);
    if (mine === undefined) continue;
    if (last !== undefined && last !== mine) cuts.push(lane);
    last = mine;
  }
  return cuts;
}

/** `20 ms`, `1.5–3.5 ms`; other distributions as they are written. */
function distribution(text: string): string {
  const fixed = /^fixed:([\d.]+)$/.exec(text);
  if (fixed) return `${fixed[1]} ms`;
  const uniform = /^uniform:([\d.]+):([\d.]+)$/.exec(text);
  return uniform ? `${uniform[1]}–${uniform[2]} ms` : `${text} ms`;
}

const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;
