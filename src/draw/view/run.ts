import type { Run, Tone, Verdict } from '../../sim/scenario.ts';
import { clean } from '../text.ts';
import type { BadgeView, Frame, LegendView, RunView, ViewOptions } from '../view.ts';
import { faultsOf } from './faults.ts';
import { lanesOf } from './lanes.ts';
import { messagesOf } from './messages.ts';
import { operationsOf } from './operations.ts';
import { type TrackView, tracksOf } from './tracks.ts';

/** Drawn at most: a taller picture could not be read in a chat. */
export interface Most {
  readonly lanes: number;
  /** rows of operations */
  readonly processes: number;
}

/** What one run shows, and what it adds to the parts two runs share. */
export interface Parts {
  readonly shown: RunView;
  readonly tracks: readonly TrackView[];
  readonly legend: LegendView;
  /** what was left out */
  readonly notices: readonly string[];
  /** the number of the step's message in `messages` */
  readonly marked?: number;
}

/** [from, to] of the scenario's choice, in µs; never empty. */
export function windowOf(run: Run): { from: number; to: number } {
  const wanted = run.scenario.look.window?.(run) ?? { from: 0, to: run.durationUs };
  const from = Math.max(0, wanted.from);
  return { from, to: Math.max(wanted.to, from + 1) };
}

export function frameOf(
  run: Run,
  { from, to }: { readonly from: number; readonly to: number },
  options: ViewOptions,
  most: Most,
): Frame {
  const drawn = nodesOf(run).slice(0, most.lanes);
  return {
    run,
    from,
    to,
    // beside a longer run, this one must not seem to go on
    end: Math.min(options.until ?? to, to, Math.max(run.durationUs, from + 1)),
    lanes: new Map(drawn.map((actor, i) => [actor.id, i])),
    blamed: new Set(options.until === undefined ? accusing(run)?.ops : []),
    options,
    most,
  };
}

const nodesOf = (run: Run) =>
  run.scenario.look.lanes.flatMap((part) => run.actors.filter((actor) => actor.part === part));

export function partsOf(frame: Frame): Parts {
  const { run, from, to, most } = frame;
  const hidden = frame.options.until !== undefined;
  const lanes = lanesOf(frame);
  const faults = faultsOf(frame);
  const sent = messagesOf(frame);
  const operations = operationsOf(frame);
  const span = hidden ? undefined : spanOf(run, from, to);
  const badge = hidden ? undefined : badgeOf(run);
  const nodes = nodesOf(run).length;
  return {
    shown: {
      ...(badge && { badge }),
      from,
      to,
      lanes,
      messages: sent.messages,
      faults,
      violations: hidden ? [] : violationsOf(run, from, to),
      ...(span && { span }),
      processes: operations.processes,
      ...(operations.processes.some((p) => p.operations.some((op) => op.blamed)) && { blame: blameOf(run) }),
    },
    tracks: [...tracksOf(frame), ...operations.tracks],
    legend: {
      states: inOrder(
        lanes.flatMap((lane) => lane.bars.filter((bar) => bar.kind === 'state')),
        Object.entries(run.scenario.look.states).flatMap(([name, state]) => [
          state.legend ?? name,
          state.stale,
        ]),
      ),
      down: (['crashed', 'paused'] as const).filter((kind) =>
        lanes.some((lane) => lane.bars.some((bar) => bar.kind === kind)),
      ),
      fault: faults.length > 0,
      outcomes: OUTCOMES.filter((outcome) =>
        operations.processes.some((p) => p.operations.some((op) => op.outcome === outcome)),
      ),
      messages: sent.legend,
      lost: sent.messages.some((message) => message.fate === 'lost'),
    },
    notices: [
      sent.total > sent.messages.length && `${sent.messages.length} of ${sent.total} messages drawn`,
      nodes > most.lanes && `${most.lanes} of ${nodes} nodes drawn`,
      operations.total > operations.processes.length &&
        operations.processes.length > 0 &&
        `${operations.processes.length} of ${operations.total} clients drawn`,
    ].filter((notice): notice is string => notice !== false),
    ...(sent.marked !== undefined && { marked: sent.marked }),
  };
}

const OUTCOMES = ['ok', 'fail', 'unknown', 'open'] as const;

function spanOf(run: Run, from: number, to: number): RunView['span'] {
  const span = run.scenario.look.span?.(run);
  if (span === undefined || span.to <= span.from || span.to <= from || span.from >= to) return undefined;
  return { from: Math.max(from, span.from), to: Math.min(to, span.to), label: clean(span.label, 80) };
}

/** Safety is what always holds, liveness what eventually does (Alpern & Schneider 1985). */
function badgeOf(run: Run): BadgeView | undefined {
  const { verdicts } = run;
  if (verdicts.length === 0) return undefined;
  const broken = verdicts.filter((verdict) => !verdict.holds);
  const worst = worstOf(broken);
  if (worst === undefined) {
    const safety = verdicts.some((verdict) => verdict.kind === 'always');
    const liveness = verdicts.some((verdict) => verdict.kind === 'eventually');
    const text = safety && liveness ? 'safety and liveness hold' : `${safety ? 'safety' : 'liveness'} holds`;
    return { text: `${text} ✓`, tone: 'good' };
  }
  const alike = broken.filter((verdict) => verdict.promised === worst.promised).length - 1;
  const name = clean(worst.property, 48) + (alike > 0 ? ` +${alike}` : '');
  return worst.promised
    ? { text: `${name}: violated ×`, tone: 'bad' }
    : { text: `${name}: violated (not promised)`, tone: 'warm' };
}

const worstOf = (broken: readonly Verdict[]): Verdict | undefined =>
  broken.find((verdict) => verdict.promised) ?? broken[0];

/** The verdict the badge names if it blames operations, else the worst that does. */
const accusing = (run: Run): Verdict | undefined => {
  const broken = run.verdicts.filter((verdict) => !verdict.holds);
  return [worstOf(broken), worstOf(broken.filter((v) => v.ops))].find((v) => v?.ops && v.ops.length > 0);
};

function blameOf(run: Run): string {
  const verdict = accusing(run)!;
  const named = verdict === worstOf(run.verdicts.filter((v) => !v.holds));
  return clean(named ? verdict.detail : `${verdict.property}: ${verdict.detail}`, 240);
}

function violationsOf(run: Run, from: number, to: number): RunView['violations'] {
  // what only the whole history shows has no moment of its own: it is found when the run is over
  return run.verdicts
    .filter((v) => !v.holds && v.kind === 'always' && v.at !== undefined && v.at < run.durationUs)
    .filter((v) => v.at! >= from && v.at! <= to)
    .slice(0, 3)
    .map((v) => ({ at: v.at!, text: clean(v.property, 48), promised: v.promised }));
}

/** The scenario's own words on what it simplifies, then what this picture leaves out. */
export function footerOf(run: Run, notices: readonly string[]): string[] {
  const { footer } = run.scenario.look;
  const text = typeof footer === 'function' ? footer(run.params) : footer;
  return [text, ...notices, run.cut].filter((line): line is string => !!line).map((line) => clean(line, 240));
}

function inOrder(
  bars: readonly { readonly legend: string; readonly tone: Tone }[],
  wanted: readonly (string | undefined)[],
): LegendView['states'] {
  const found = new Map<string, Tone>();
  for (const bar of bars) if (bar.legend !== '' && !found.has(bar.legend)) found.set(bar.legend, bar.tone);
  const order = [...wanted, ...found.keys()];
  return [...found]
    .map(([word, tone]) => ({ word, tone }))
    .sort((a, b) => order.indexOf(a.word) - order.indexOf(b.word));
}
