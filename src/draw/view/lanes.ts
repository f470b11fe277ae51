import type { Tone } from '../../sim/scenario.ts';
import { clean } from '../text.ts';
import type { Frame } from '../view.ts';

export interface LaneView {
  readonly node: string;
  /** without gaps from the window's start to what is drawn of it */
  readonly bars: readonly BarView[];
}

export interface BarView {
  readonly kind: 'state' | 'crashed' | 'paused';
  readonly from: number;
  readonly to: number;
  readonly tone: Tone;
  /** word in the legend; empty before the first state */
  readonly legend: string;
  /** wordings for the bar, longest first; the first that fits is drawn */
  readonly words: readonly string[];
}

interface Open {
  kind: BarView['kind'];
  since: number;
  state: string;
  detail: string;
  stale: boolean;
}

/** One bar a stretch of one state; a crash or pause cuts the state's bar. */
export function lanesOf(frame: Frame): LaneView[] {
  const { run, from, end, lanes } = frame;
  const { states } = run.scenario.look;
  const bars: BarView[][] = [...lanes].map(() => []);
  const open: Open[] = [...lanes].map(() => ({
    kind: 'state',
    since: 0,
    state: '',
    detail: '',
    stale: false,
  }));

  const close = (lane: number, at: number) => {
    const bar = open[lane]!;
    if (at > from && at > bar.since) push(bars[lane]!, barOf(bar, Math.max(from, bar.since), at, states));
  };
  const change = (lane: number, at: number, to: Partial<Open>) => {
    close(lane, at);
    Object.assign(open[lane]!, { since: at }, to);
  };

  for (const event of run.events) {
    if (event.at > end) break;
    if (event.kind === 'state') {
      const lane = lanes.get(event.node);
      if (lane === undefined) continue;
      const down = open[lane]!.kind === 'crashed' ? ({ kind: 'state' } as const) : {};
      change(lane, event.at, { state: event.state, detail: event.detail, stale: false, ...down });
      if (states[event.state]?.stale === undefined) continue;
      const number = numberOf(event.detail);
      open.forEach((other, i) => {
        if (i === lane || other.state !== event.state || other.stale || number === undefined) return;
        if ((numberOf(other.detail) ?? number) < number) change(i, event.at, { stale: true });
      });
    } else if (event.kind === 'fault') {
      for (const node of event.nodes) {
        const lane = lanes.get(node);
        if (lane === undefined) continue;
        if (event.fault === 'crash') change(lane, event.at, { kind: 'crashed', state: '', detail: '' });
        else if (event.fault === 'restart') change(lane, event.at, { kind: 'state', state: '', detail: '' });
        else if (event.fault === 'pause') change(lane, event.at, { kind: 'paused' });
        else if (event.fault === 'resume') change(lane, event.at, { kind: 'state' });
      }
    }
  }
  open.forEach((_, lane) => {
    close(lane, end);
  });
  return [...lanes.keys()].map((node, i) => ({ node: clean(node, 40), bars: bars[i]! }));
}

type States = Frame['run']['scenario']['look']['states'];

function barOf(open: Open, from: number, to: number, states: States): BarView {
  if (open.kind !== 'state')
    return { kind: open.kind, from, to, tone: 'bad', legend: open.kind, words: [open.kind] };
  const look = Object.hasOwn(states, open.state) ? states[open.state] : undefined;
  if (open.stale) {
    const word = clean(look?.stale ?? 'stale', 40);
    return { kind: 'state', from, to, tone: 'faded', legend: word, words: [word, 'stale'] };
  }
  return {
    kind: 'state',
    from,
    to,
    tone: look?.tone ?? 'quiet',
    legend: clean(look?.legend ?? open.state, 40),
    words: wordings(clean(open.state, 80), clean(open.detail, 80)),
  };
}

/** `leader · term 3`, `leader T3`, `T3` */
function wordings(state: string, detail: string): string[] {
  if (detail === '') return state === '' ? [] : [state];
  const short = /^(\p{L})\p{L}*\s+(\d+)$/u.exec(detail);
  if (!short) return [`${state} · ${detail}`, detail.length < state.length ? detail : state];
  const abbreviated = `${short[1]!.toUpperCase()}${short[2]}`;
  return [`${state} · ${detail}`, `${state} ${abbreviated}`, abbreviated];
}

const numberOf = (detail: string): number | undefined => {
  const found = /\d+/.exec(detail);
  return found ? Number(found[0]) : undefined;
};

/** A node that says again what it is has not changed. */
function push(bars: BarView[], bar: BarView): void {
  const last = bars.at(-1);
  const same =
    last !== undefined &&
    last.to === bar.from &&
    last.kind === bar.kind &&
    last.legend === bar.legend &&
    last.tone === bar.tone &&
    (bar.tone === 'quiet' || last.words[0] === bar.words[0]);
  if (same) bars[bars.length - 1] = { ...last, to: bar.to };
  else bars.push(bar);
}
